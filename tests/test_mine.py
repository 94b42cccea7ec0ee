"""The link to one's own data: it works once, a preview does not use it up, and what is given is one's own alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import settings
from models import base, tokens
from models.clock import utcnow
from models.maintenance.rounds import Bounds
from models.privacy import asked
from models.values import Refused
from tests.factories import a_customer, an_order
from tests.maintenance_world import ask, one, place, world  # noqa: F401 - fixtures
from web import app, mine


@pytest.fixture
def browser(world: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    given = settings.read({"DATABASE_URL": world, "REDIS_URL": redis_url})
    yield app.create(given).test_client()
    base.drop_connection()


def test_the_page_uses_nothing_up_and_the_button_gives_the_file_once(browser: Any) -> None:
    ada, bola = a_customer(name="Ada Obi"), a_customer(name="Bola Ade")
    an_order(bola)
    address = f"/mine/{asked.link(ada)}"

    looked = [browser.get(address) for _ in range(3)]
    given, again = browser.post(address), browser.post(address)

    assert {page.status_code for page in looked} == {200}
    assert (given.status_code, again.status_code) == (200, 404)
    assert given.get_json()["customer"] == ada
    assert "Ada Obi" in given.text
    assert "Bola" not in given.text
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert {page.headers["Cache-Control"] for page in (*looked, given)} == {"no-store"}
    assert one("SELECT count(*) FROM audit WHERE act = 'customer_exported'") == 1


@pytest.mark.parametrize("token", ["short", "x" * 43, "<script>alert(1)</script>" + "x" * 20])
def test_a_wrong_token_is_answered_like_one_that_is_over_and_nothing_of_it_is_repeated(browser: Any, token: str) -> None:
    page, taken = browser.get(f"/mine/{token}"), browser.post(f"/mine/{token}")

    assert "script" not in page.text + taken.text
    assert taken.status_code == 404


def test_a_new_link_ends_the_one_before_and_no_other_kind_of_token_opens_it(browser: Any) -> None:
    ada = a_customer()
    first, other = asked.link(ada), tokens.issue(ada, "something", minutes=5, once=True)
    second = asked.link(ada)

    assert [browser.post(f"/mine/{token}").status_code for token in (first, other, second)] == [404, 404, 200]
    assert mine.PURPOSE == asked.LINK


def test_who_asked_to_be_erased_is_ten_minutes_later_and_not_before(world: str) -> None:
    ada, bola = a_customer(), a_customer()
    for customer in (ada, bola):
        asked.ask_erasure(customer, utcnow())
    early = asked.work(Bounds(5))
    asked.take_back(bola, utcnow())
    ask("""UPDATE handovers SET "openedAt" = "openedAt" - interval '11 minutes'""")

    assert early == (0, 0)
    assert asked.work(Bounds(5)) == (1, 0)
    assert asked.work(Bounds(5)) == (0, 0)
    assert ask('SELECT DISTINCT "customerId" FROM customer_identities') == [(bola,)]


def test_with_something_open_the_wish_is_refused_and_what_was_ordered_since_makes_it_wait(world: str) -> None:
    ada, bola = a_customer(), a_customer()
    asked.ask_erasure(bola, utcnow())
    an_order(ada)
    an_order(bola)
    ask("""UPDATE handovers SET "openedAt" = "openedAt" - interval '11 minutes'""")

    with pytest.raises(Refused) as no:
        asked.ask_erasure(ada, utcnow())

    assert no.value.detail == {"orders": 1}
    assert asked.work(Bounds(5)) == (0, 1)
    assert one("SELECT count(*) FROM customer_identities") == 2
