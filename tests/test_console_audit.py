"""The audit in the console: found by whatever somebody has of it, in pages, and taken away as a file that harms nobody."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from models import audit_search
from models.base import connection
from tests.console import Desk, Seat, audited
from tests.console_sheet import desk, own_connection, words
from tests.factories import a_customer, order_id
from tests.test_console_money import a_short_payment
from tests.visits_made import a_booking, a_doctor, a_test, a_visit
from web.console import audit as pages

__all__ = ["desk", "own_connection"]  # fixtures
FIRST = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def a_row(seat: Seat, act: str = "thing.seen", *, at: datetime = FIRST, **columns: Any) -> int:
    """The id of a row of the audit with this person's name on it."""
    given = {"staffId": seat.staff.id, "staffName": seat.staff.name, "act": act, "at": at} | columns
    names = ", ".join(f'"{name}"' for name in given)
    values = [Jsonb(value) if isinstance(value, dict) else value for value in given.values()]
    marks = ", ".join(["%s"] * len(given))
    return connection().execute(f"INSERT INTO audit ({names}) VALUES ({marks}) RETURNING id", values).fetchone()[0]


def shown(seat: Seat, query: str) -> list[str]:
    page = seat.get(f"/console/audit?{query}").text.partition("<tbody>")[2]
    return [words(row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]


def saved(seat: Seat, query: str = "") -> list[list[str]]:
    """The lines of the file, without those that say what the columns are."""
    answer = seat.get(f"/console/audit/file?{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]


# -------------------------------------------------------------------------------------------------------------- search


def test_an_order_is_found_by_its_number_with_the_tasks_about_its_money(desk: Desk) -> None:
    seat, (task, number) = desk.seat("auditor"), a_short_payment()
    desk.seat("support").get(f"/console/orders/{number}")
    desk.seat("support").get(f"/console/money/{task}")

    found = shown(seat, f"subject=order&id=%23{number}")

    assert [re.search(r"(order|money task) seen", row)[0] for row in found] == ["money task seen", "order seen"]
    assert f"order {order_id(number)}" in found[1]


@pytest.mark.parametrize("typed", ["{id}", "08091230077", "%2B234 809 123 0077"])
def test_all_that_concerns_a_customer_is_found_by_number_and_by_phone(desk: Desk, typed: str) -> None:
    connection().execute("DELETE FROM customer_identities WHERE value = '2348091230077'")
    seat, ada, other = desk.seat("auditor"), a_customer(number="2348091230077"), a_customer()
    for customer, subject in ((ada, "prescription"), (ada, "order"), (other, "order")):
        a_row(seat, customerId=customer, subject=subject, subjectId=7)

    found = shown(seat, f"who={seat.staff.id}&subject=customer&id={typed.format(id=ada)}")

    assert len(found) == 2


def test_what_was_noted_before_two_records_became_one_customer_is_found_from_both(desk: Desk) -> None:
    seat, before, after = desk.seat("auditor"), a_customer(), a_customer()
    for customer in (before, after):
        a_row(seat, customerId=customer)
    connection().execute('UPDATE customers SET "mergedInto" = %s WHERE id = %s', (after, before))

    found = [shown(seat, f"who={seat.staff.id}&subject=customer&id={customer}") for customer in (before, after)]

    assert [len(rows) for rows in found] == [2, 2]


@pytest.mark.parametrize(("act", "count"), [("order", 2), ("order.se", 1), ("Order Seen", 1), ("_rder", 0), ("%", 0), ("zzz", 0)])
def test_an_act_is_found_by_its_first_words_however_they_are_written(desk: Desk, act: str, count: int) -> None:
    seat = desk.seat("auditor")
    for each in ("order.seen", "order.ship", "reorder_wanted"):
        a_row(seat, each)

    assert len(shown(seat, f"who={seat.staff.id}&act={act.replace('%', '%25')}")) == count


@pytest.mark.parametrize(
    "query",
    [
        "subject=order&id=no-such",
        "subject=customer&id=07099999999",
        "subject=prescription&id=abc",
        "id=99999999999999999999",
        "id=%C2%B2",
    ],
)
def test_a_number_that_belongs_to_nothing_is_told_and_shows_nothing_else(desk: Desk, query: str) -> None:
    for path in ("audit", "audit/file"):
        answer = desk.seat("auditor").get(f"/console/{path}?{query}")

        assert answer.status_code == 422
        assert pages.NOT_THERE in words(answer.text)
        assert "<tbody>" not in answer.text


def test_a_search_that_takes_too_long_is_ended_with_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "SEARCH_WITHIN_MS", 20)
    monkeypatch.setitem(audit_search.CLAUSES, "act", "act = %(act)s AND pg_sleep(1) IS NOT NULL")  # as years of rows would
    seat = desk.seat("auditor")
    a_row(seat, "slow")

    answers = [seat.get(f"/console/{path}?act=slow") for path in ("audit", "audit/file")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all(pages.TOO_LONG in words(answer.text) for answer in answers)


# ---------------------------------------------------------------------------------------------------------------- file


def test_the_file_holds_what_the_page_shows_the_newest_first_and_is_never_kept_or_opened(desk: Desk) -> None:
    seat, ada = desk.seat("auditor"), a_customer()
    a_row(seat, "order.seen", subject="order", subjectId=41, customerId=ada, detail={"number": "41"}, address="10.0.0.7")
    a_row(seat, "order.ship", at=FIRST + timedelta(hours=1))

    lines = saved(seat, f"who={seat.staff.id}&act=order&until=2026-03-09")
    answer = seat.get(f"/console/audit/file?who={seat.staff.id}")

    assert [line[5] for line in lines] == ["order.ship", "order.seen"]
    assert lines[1][1:] == [
        "2026-03-09T08:00:00Z",
        "2026-03-09 09:00:00",
        "Hauwa Sani",
        str(seat.staff.id),
        "order.seen",
        "order",
        "41",
        str(ada),
        "number: 41",
        "10.0.0.7",
    ]
    assert re.fullmatch(r'attachment; filename="audit-[\d-]+\.csv"', answer.headers["Content-Disposition"])
    assert (answer.headers["Cache-Control"], answer.content_type) == ("no-store", "text/csv; charset=utf-8")


FORMULAS = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1", "＝1", 'a",=1']


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_the_file_is_a_formula_to_a_spreadsheet(desk: Desk, text: str) -> None:
    seat = desk.seat("auditor")
    a_row(seat, staffName=text, detail={"=x": "y"})

    line = saved(seat, f"who={seat.staff.id}&act=thing")[0]

    assert line[3] == (text if text.startswith("a") else f"'{text}")
    assert line[9] == "'=x: y"
    assert not [cell for cell in line if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))]


def test_a_long_record_comes_whole_and_one_that_is_too_long_ends_with_a_sentence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "BLOCK", 3)  # as thousands of rows would
    seat = desk.seat("auditor")
    ids = [a_row(seat) for _ in range(8)]
    wanted = f"who={seat.staff.id}&act=thing"

    results = {}
    for most in (7, 8, 9, 6):
        monkeypatch.setattr(audit_search, "EXPORT_MOST", most)
        results[most] = saved(seat, wanted)

    newest = [str(number) for number in reversed(ids)]
    assert [line[0] for line in results[9]] == [line[0] for line in results[8]] == newest
    for most in (6, 7):
        assert [line[0] for line in results[most]][:-1] == newest[:most]
        assert results[most][-1][0].startswith(f"The file ends here: it holds the newest {most} rows.")


def test_a_file_that_could_not_be_finished_says_so_in_its_last_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "BLOCK", 2)
    seat = desk.seat("auditor")
    for _ in range(3):
        a_row(seat)
    pid = connection().info.backend_pid

    answer = seat.get(f"/console/audit/file?who={seat.staff.id}&act=thing")
    pieces = answer.iter_encoded()
    begun = [next(pieces), next(pieces)]
    with psycopg.connect(desk.settings.database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    rest = [piece.decode() for piece in pieces]

    assert begun[1].count(b"thing.seen") == 2
    assert rest == [f'"{pages.NOT_WHOLE}"\r\n']


def test_that_the_file_was_taken_is_on_record_with_what_was_asked_and_nobodys_number(desk: Desk) -> None:
    connection().execute("DELETE FROM customer_identities WHERE value = '2348091230088'")
    seat, ada = desk.seat("auditor"), a_customer(number="2348091230088")
    a_row(seat, customerId=ada)

    saved(seat, "subject=customer&id=08091230088&act=thing&since=2026-03-01")
    saved(seat, "act=Tell me about Ada!")

    mine = [row[3] for row in audited("audit.exported") if row[0] == seat.staff.id]
    assert mine == [{"since": "2026-03-01", "act": "thing", "subject": "customer", "customers": [ada]}, {}]


def test_the_page_offers_the_file_of_what_it_shows(desk: Desk) -> None:
    page = desk.seat("auditor").get("/console/audit").text

    button = re.search(r'<button formaction="([^"]+)"', page)[1]
    assert html.unescape(button) == "/console/audit/file"


@pytest.mark.parametrize("role", ["admin", "pharmacist", "support"])
def test_only_who_keeps_the_record_reads_it_and_takes_it_away(desk: Desk, role: str) -> None:
    seat = desk.seat(role)

    assert [seat.get(f"/console/audit{path}").status_code for path in ("", "/file")] == [403, 403]


@pytest.mark.parametrize("statement", ["UPDATE audit SET act = 'nothing'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_database_takes_nothing_out_of_the_record(desk: Desk, statement: str) -> None:
    number = a_row(desk.seat("auditor"))

    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        connection().execute(statement)

    assert connection().execute("SELECT act FROM audit WHERE id = %s", (number,)).fetchone() == ("thing.seen",)


def test_an_appointment_and_a_lab_test_are_found_by_their_numbers(desk: Desk) -> None:
    seat, visit, booking = desk.seat("auditor"), a_visit(a_doctor(), FIRST), a_booking(a_test(), FIRST)
    desk.seat("support").get(f"/console/visits/{visit}")
    desk.seat("support").get(f"/console/labs/{booking}")

    found = [shown(seat, f"subject=visit&id={number}") for number in (visit, booking)]

    assert [len(rows) for rows in found] == [1, 1]
    assert ("visit seen" in found[0][0], "lab seen" in found[1][0]) == (True, True)
