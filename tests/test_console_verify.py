"""The sheet of a prescription: what it shows of the reading, what it refuses, and where."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from models import base, catalogue, vault
from models.base import connection
from models.prescriptions import deciding, receiving, record
from models.readings import Item
from tests.console import MEDIA_KEY, Desk, audited
from tests.console_sheet import (
    AMLODIPINE,
    JSON,
    UNSURE,
    a_paper,
    act,
    amlodipine,
    desk,
    fields,
    opened,
    own_connection,
    row_of,
    state,
    told_customer,
    two_lines,
    words,
)
from tests.factories import KEY, a_customer, a_product, an_item, an_order
from web.console import labels

__all__ = ["amlodipine", "desk", "own_connection"]  # fixtures


# --------------------------------------------------------------------------------------------------------------- what is shown


def test_each_line_shows_its_words_its_products_and_how_sure_they_are(desk: Desk, amlodipine: str) -> None:
    page = desk.seat().get(f"/console/prescriptions/{a_paper(*two_lines(amlodipine))}").text

    assert AMLODIPINE in words(row_of(page, 0))
    assert "both readings agree" in words(row_of(page, 0))
    assert "Amlodipine 5mg Amlodipine" in words(row_of(page, 0))
    assert f"{UNSURE} unsure two readings differ not in the catalogue" in words(row_of(page, 1))
    assert 'data-places="0,100.0,100.0,600.0,40.0"' in row_of(page, 0)


def test_what_others_wrote_cannot_turn_the_page_around(desk: Desk) -> None:
    """A right-to-left override turns all that follows it in the same paragraph, up to the end of what isolates it."""
    turned = "\u202eolA"
    about = {"patient": f"Ada {turned}", "prescriber": f"Dr. {turned}", "patient_age": f"3 {turned}", "facility": f"at {turned}"}
    customer = a_customer(name=f"Obi {turned}")
    item = an_item(f"Tab {turned}", directions=f"take {turned}", second=f"or {turned}")
    number = a_paper(item, customer=customer, about=about, flags=["unsure"])
    other = a_paper(item, customer=customer, about=about)
    ngozi, looker = desk.seat(), desk.seat("auditor")

    pages = [
        ngozi.get(f"/console/prescriptions/{number}").text,
        looker.get(f"/console/prescriptions/{number}").text,
        ngozi.get("/console/prescriptions").text,
        ngozi.get(f"/console/prescriptions/{number}/beside/{other}").text,
    ]

    for page in pages:
        assert turned in page
        shown = re.sub(r'<bdi>[^<]*</bdi>|<(pre|input)[^>]* dir="auto"[^>]*>[^<]*|="[^"]*"', "", page)
        assert turned not in shown, re.findall(rf".{{60}}{turned}", shown)


def test_nothing_is_decided_before_somebody_decides(desk: Desk, amlodipine: str) -> None:
    sent = fields(desk.seat().get(f"/console/prescriptions/{a_paper(*two_lines(amlodipine))}").text)

    assert not [name for name in sent if name.endswith("-outcome")]


@pytest.mark.parametrize(("sure", "packs"), [(True, "3"), (False, "1")])
def test_packs_are_filled_in_only_where_they_are_certain_and_always_explained(
    desk: Desk, amlodipine: str, sure: bool, packs: str
) -> None:
    first, second = two_lines(amlodipine, quantity=60.0)
    number = a_paper(Item(**{**{f: getattr(first, f) for f in first.__dataclass_fields__}, "sure": sure}), second)

    page = desk.seat().get(f"/console/prescriptions/{number}").text

    assert fields(page)["row-0-quantity"] == packs
    assert "60 tablets = 3 packs of 28, 24 over" in words(row_of(page, 0))
    assert ("filled in from the paper" in words(row_of(page, 0))) is sure


def checks_of(page: str) -> list[tuple[str, str]]:
    listed = "".join(re.findall(r'<ul class="checks".*?</ul>', page, re.DOTALL))
    return [(tone, words(text)) for tone, text in re.findall(r'<li class="(\w+)">(.*?)</li>', listed, re.DOTALL)]


def test_what_to_look_at_is_listed_and_red_only_where_something_is_wrong(desk: Desk, amlodipine: str) -> None:
    old = f"{datetime.now(UTC) - timedelta(days=200):%Y-%m-%d}"
    again = an_item(
        "Tab Norvasc", chosen=amlodipine, lines=(0,), quantity=10.0, dose="1 tablet", times_a_day=1.0, duration_days=30
    )
    about = {"written_on": old, "prescriber": "", "patient_age": "3 years, male"}
    customer = a_customer(name="Ngozi Obi")
    an_order(customer, {a_product("Amlong", generic="Amlodipine"): 2}, now=datetime.now(UTC) - timedelta(days=9))
    number = a_paper(two_lines(amlodipine)[0], again, customer=customer, about=about, flags=["blurred", "controlled"])

    found = checks_of(desk.seat().get(f"/console/prescriptions/{number}").text)

    said = " ".join(text for _, text in found)
    assert [tone for tone, _ in found] == sorted((tone for tone, _ in found), key=["bad", "warn", "info", "good"].index)
    for part in (
        "Written 200 days ago",
        "names a controlled medicine",
        "No prescriber",
        "A child (3 years, male)",
        "The picture is blurred",
    ):
        assert part in said
    for part in (
        "10 written, but dose and time make 30",
        "Lines 1 and 2 are both Amlodipine",
        "2 bought on",
        "sent by Ngozi Obi",
    ):
        assert part in said


def test_a_paper_without_fault_has_no_red_line(desk: Desk, amlodipine: str) -> None:
    found = checks_of(desk.seat().get(f"/console/prescriptions/{a_paper(two_lines(amlodipine)[0])}").text)

    assert [tone for tone, _ in found] == ["good"]


def test_a_paper_seen_before_is_compared_side_by_side(desk: Desk) -> None:
    before = a_paper(*two_lines(), minutes=500)
    number = a_paper(*two_lines(), flags=["duplicate"], duplicateOf=before)
    ngozi = desk.seat()

    page = ngozi.get(f"/console/prescriptions/{number}").text
    beside = ngozi.get(f"/console/prescriptions/{number}/beside/{before}").text

    assert f'href="/console/prescriptions/{number}/beside/{before}"' in page
    assert [int(n) for n in re.findall(r'img src="/console/prescriptions/(\d+)/pages/0/flat"', beside)] == [number, before]
    mine = [row for row in audited("prescription.seen") if row[0] == ngozi.staff.id]
    assert {row[2] for row in mine if row[3].get("beside")} == {number, before}


def test_a_paper_that_could_not_be_read_is_approved_with_lines_added_by_hand(desk: Desk, amlodipine: str) -> None:
    number = a_paper(failureReason="encrypted_pdf")
    ngozi = desk.seat()
    page = ngozi.get(f"/console/prescriptions/{number}").text
    found = ngozi.get(f"/console/prescriptions/{number}/products?q=amlodipine").text
    row = ngozi.get(f"/console/prescriptions/{number}/rows/0").text

    sent = fields(page) | {"row-0-line": "-1", "row-0-outcome": "approved", "row-0-ref": amlodipine, "row-0-quantity": "1"}
    answer = act(ngozi, number, "approve", sent)

    assert "The PDF is locked with a password." in words(page)
    assert f'data-ref="{amlodipine}"' in found
    assert 'name="row-0-line" value="-1"' in row
    assert (answer.status_code, state(number)) == (303, "approved")


def test_what_a_key_that_was_lost_has_sealed_is_told_in_a_sentence(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    sent = opened(ngozi, number)
    vault.bind(desk.settings.media_url, (KEY,))

    pages = [ngozi.get(f"/console/prescriptions{path}") for path in ("", f"/{number}")]
    told = act(ngozi, number, "approve", sent, **JSON)

    assert [page.status_code for page in pages] == [200, 503]
    assert "None of the keys this system has opens what was read." in words(pages[1].text)
    assert (told.status_code, "MEDIA_KEYS" in told.json["wrong"]) == (503, True)
    assert (state(number), MEDIA_KEY in pages[1].text) == ("waiting", False)


def test_one_page_asks_the_database_a_handful_of_times(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = a_customer()
    for _ in range(3):
        a_paper(*two_lines(), customer=customer)
    number = a_paper(*[an_item(f"line {n}", chosen=a_product(f"Product {n}")) for n in range(12)], customer=customer)
    ngozi = desk.seat()
    asked: list[str] = []
    real = psycopg.Cursor.execute
    # Counting needs to stand where all statements pass.
    monkeypatch.setattr(psycopg.Cursor, "execute", lambda self, query, *a, **k: asked.append(query) or real(self, query, *a, **k))

    ngozi.get(f"/console/prescriptions/{number}")

    assert len(asked) <= 10, asked


def test_every_code_has_its_words() -> None:
    assert set(labels.OUTCOMES) == set(record.OUTCOMES)
    assert set(labels.CHANGES) == set(record.REASONS_OF["changed"])
    assert set(labels.NOT_DISPENSED) == set(record.REASONS_OF["not_dispensed"])
    assert (set(labels.REJECTIONS), set(labels.QUESTIONS)) == (set(record.REJECTIONS), set(record.QUESTIONS))
    assert (set(labels.FLAGS), set(labels.FAILURES)) == (set(receiving.FLAGS), set(receiving.FAILURES))


# --------------------------------------------------------------------------------------------------------------- refusals


def refused_row(page: str) -> int | None:
    found = re.search(r'<section class="line refused" id="row-(\d+)"', page)
    return int(found[1]) if found else None


@pytest.mark.parametrize(
    ("change", "position", "sentence"),
    [
        ({"row-1-outcome": ""}, 1, "Say what becomes of this line."),
        ({"row-1-reason": ""}, 1, "Choose a reason."),
        ({"row-1-reason": "other"}, 1, "Write a sentence."),
        ({"row-0-ref": ""}, 0, "Choose a product."),
        ({"row-0-quantity": "0"}, 0, "at least 1"),
        ({"row-0-quantity": "many"}, 0, "at least 1"),
        ({"row-0-quantity": "9999"}, 0, "at most"),
        ({"row-0-outcome": "changed"}, 0, "Choose a reason."),
        ({"row-1-outcome": "approved"}, 1, "Choose a product."),
        ({"row-2-line": "-1", "row-2-outcome": "approved"}, 2, "Choose a product."),
        ({"row-7-line": "-1", "row-7-directions": "at night"}, 7, "Say what becomes of this line."),
    ],
)
def test_a_refusal_stands_at_its_line_and_keeps_what_was_typed(
    desk: Desk, amlodipine: str, change: dict[str, str], position: int, sentence: str
) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi = desk.seat()
    sent = opened(ngozi, number) | {"row-0-directions": "typed by hand", "note": "to be told", "checked-date": "1"} | change

    answer = act(ngozi, number, "approve", sent)

    assert answer.status_code == 409
    assert refused_row(answer.text) == position
    assert sentence in words(row_of(answer.text, position))
    kept = fields(answer.text)
    assert (kept["row-0-directions"], kept["note"], kept["checked-date"]) == ("typed by hand", "to be told", "1")
    assert (state(number), told_customer(number)) == ("waiting", [])
    told = act(ngozi, number, "approve", kept | change, **JSON)
    assert (told.status_code, told.json["row"]) == (409, position)


def test_a_controlled_medicine_cannot_be_chosen_nor_forced(desk: Desk) -> None:
    diazepam = a_product("Diazepam 5mg", sale_class="pom", control="controlled")
    number = a_paper(*two_lines(diazepam))
    ngozi = desk.seat()
    page = ngozi.get(f"/console/prescriptions/{number}").text

    answer = act(ngozi, number, "approve", opened(ngozi, number) | {"row-0-ref": diazepam, "row-0-quantity": "1"})

    assert "controlled, cannot be approved" in words(page)
    assert f'value="{diazepam}" checked disabled' in page
    assert refused_row(answer.text) == 0
    assert "never sold here" in words(row_of(answer.text, 0))


def test_a_product_that_went_away_meanwhile_is_refused_at_its_line(
    desk: Desk, amlodipine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi = desk.seat()
    sent = opened(ngozi, number) | {"row-0-outcome": "not_dispensed", "row-0-reason": "not_stocked", "row-0-ref": ""}
    sent |= {"row-2-line": "-1", "row-2-outcome": "approved", "row-2-ref": amlodipine, "row-2-quantity": "1"}
    found = catalogue.find_by_ref(base.db, [amlodipine])
    # Signed as it was a moment ago: the row is deleted between that and the approval.
    monkeypatch.setattr(deciding.catalogue, "find_by_ref", lambda db, refs: found)
    monkeypatch.setattr("web.console.sheet.catalogue.find_by_ref", lambda db, refs: found)
    connection().execute("DELETE FROM products WHERE id = %s", (amlodipine[1:],))

    answer = act(ngozi, number, "approve", sent)

    assert (answer.status_code, refused_row(answer.text), state(number)) == (409, 2, "waiting")
    assert "no longer in the catalogue" in words(row_of(answer.text, 2))


def test_of_more_lines_than_a_sheet_holds_those_on_it_can_be_signed(desk: Desk, amlodipine: str) -> None:
    number = a_paper(*two_lines(amlodipine), *[an_item(f"smudge {n}") for n in range(50)])
    ngozi = desk.seat()
    page = ngozi.get(f"/console/prescriptions/{number}").text
    sent = opened(ngozi, number)
    rows = [int(m[1]) for name in sent if (m := re.fullmatch(r"row-(\d+)-line", name))]
    for n in rows[2:]:
        sent |= {f"row-{n}-outcome": "not_dispensed", f"row-{n}-reason": "unreadable"}

    answer = act(ngozi, number, "approve", sent)

    assert rows == list(range(deciding.READ_LINES_MAX))
    assert "12 more lines were read than this sheet holds" in words(page)
    assert (answer.status_code, state(number)) == (303, "approved")


def test_an_added_line_nobody_filled_in_does_not_stand_in_the_way(desk: Desk, amlodipine: str) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi = desk.seat()
    empty = {"row-2-line": "-1", "row-2-ref": "", "row-2-quantity": "1", "row-2-directions": "", "row-2-note": ""}

    answer = act(ngozi, number, "approve", opened(ngozi, number) | empty)

    assert (answer.status_code, state(number)) == (303, "approved")
