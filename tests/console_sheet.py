"""A prescription on a desk for tests: papers with pictures in the vault, and what a browser would send from their page.

A module that imports `desk` and `own_connection` has a console on a database of its own for all its tests.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from models import base, vault
from models.base import connection
from models.readings import Candidate, Item
from tests.console import Desk, Seat
from tests.factories import a_customer, a_prescription, a_product, a_reading, an_item
from tests.servers import Databases, ValkeyDatabases

# The smallest picture: what matters here is that it goes through the vault and comes back.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/"
    "wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8Aef/Z"
)
AMLODIPINE = "Tab Amlodipine 5mg od x 30/7"
UNSURE = "Tab Metfornin 500mg bd x 1/12"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def desk(databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[Desk]:
    """One console for the module: every test brings its own colleagues and papers."""
    with databases.fresh() as url, valkey_databases.fresh() as redis_url:
        made = Desk(url, redis_url)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def own_connection(desk: Desk) -> Iterator[None]:
    """Each test begins with the desk's database and ends with the desk's vault, whatever it did to them."""
    base.bind(desk.settings.database_url)
    yield
    vault.bind(desk.settings.media_url, desk.settings.media_keys)
    base.drop_connection()


@pytest.fixture
def amlodipine() -> str:
    """The reference of a product in packs of 28 tablets, as `two_lines` takes it."""
    ref = a_product("Amlodipine 5mg", sale_class="pom", generic="Amlodipine")
    connection().execute("UPDATE products SET pack = '2 x 14', form = 'Tablet' WHERE id = %s", (ref[1:],))
    return ref


def two_lines(ref: str = "", **more: Any) -> tuple[Item, ...]:
    """A line both engines agree on, matched to `ref`, and one that nobody is sure of."""
    found = (Candidate(ref, "Amlodipine 5mg", "Amlodipine", "5 mg", "Tablet", 98.0),) if ref else ()
    sure = an_item(AMLODIPINE, candidates=found, chosen=ref, sure=True, directions="1 tablet once a day for 30 days", **more)
    return sure, an_item(UNSURE, lines=(1,), name="Metfornin", strength="500mg", doubts=("engines_differ", "no_match"))


def a_paper(
    *items: Item, customer: int = 0, minutes: float = 20, pictures: bool = True, about: Any = None, **columns: Any
) -> int:
    """The id of a prescription that was read and waits since so many minutes, with the picture of its one page."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    told = {"patient": "Ada Obi", "prescriber": "Dr. K. Musa", "written_on": f"{datetime.now(UTC):%Y-%m-%d}"} | (about or {})
    customer = customer or a_customer()
    media = (
        connection()
        .execute(
            """INSERT INTO media ("customerId", kind, "mediaId", sha256, purpose, "createdAt", "storedAs", "contentType")
               VALUES (%s, 'image', %s, %s, 'prescription', %s, %s, 'image/jpeg') RETURNING id""",
            (customer, f"m{at.timestamp()}", "ab" * 32, at, vault.vault().put(JPEG, room="t", now=at) if pictures else ""),
        )
        .fetchone()[0]
    )
    number = a_prescription(customer, a_reading(*items, **told) if items else None, at=at, mediaRow=media, **columns)
    if pictures and items:
        names = [vault.vault().put(JPEG, room="t", now=at) for _ in range(2)]
        connection().execute("INSERT INTO prescription_pages VALUES (%s, 0, %s, %s, 1000, 1400)", (number, *names))
    return number


class _Sheet(HTMLParser):
    """The fields of the form `sheet` as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.inside, self.select = False, ""

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        about = dict(given)
        name, kind = about.get("name") or "", about.get("type", "text")
        if tag == "form":
            self.inside = about.get("id") == "sheet"
        if about.get("form", "sheet" if self.inside else "") != "sheet" or "disabled" in about:
            name = ""
        if tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in about):
            self.fields[name] = about.get("value") or ""
        elif tag == "textarea" and name:
            self.fields[name] = ""
        elif tag == "select":
            self.select = name
            self.fields |= {name: ""} if name else {}
        elif tag == "option" and self.select and "selected" in about:
            self.fields[self.select] = about.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = ""


def fields(page: str) -> dict[str, str]:
    """What pressing a button of this page would send, without the page's token."""
    parser = _Sheet()
    parser.feed(page)
    parser.fields.pop("csrf_token", None)
    return parser.fields


def opened(seat: Seat, number: int) -> dict[str, str]:
    """The fields of the page of a paper with `two_lines`, with a decision for each of them."""
    sent = fields(seat.get(f"/console/prescriptions/{number}").text)
    return sent | {"row-0-outcome": "approved", "row-1-outcome": "not_dispensed", "row-1-reason": "unreadable"}


def act(seat: Seat, number: int, verb: str, sent: dict[str, str], **headers: str) -> Any:
    """The answer to pressing the button for this verb: approve, reject, ask, draft..."""
    return seat.post(f"/console/prescriptions/{number}/{verb}", sent, **headers)


def words(page: str) -> str:
    """What is to be read on it. What only sets text apart from its neighbours puts no space there."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</?bdi>", "", page))).split())


def row_of(page: str, position: int) -> str:
    """One line of the sheet, as HTML."""
    return re.search(rf'<section class="line[^>]*id="row-{position}".*?</section>', page, re.DOTALL)[0]


def state(number: int) -> str:
    return connection().execute("SELECT state FROM prescriptions WHERE id = %s", (number,)).fetchone()[0]


def told_customer(number: int) -> list[str]:
    """The names of the events this prescription's customer will hear of."""
    rows = connection().execute(
        """SELECT i.payload->>'name' FROM inbox i JOIN prescriptions p ON p."customerId" = i."customerId"
           WHERE p.id = %s AND i.channel = 'house' ORDER BY i.id""",
        (number,),
    )
    return [row[0] for row in rows]
