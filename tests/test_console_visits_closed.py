"""The console's list of visits at whose time nobody is there any more, and their number on the first page."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from models.base import connection
from models.visits import desk as visits_desk
from tests.console import Desk, a_colleague
from tests.console_sheet import desk, own_connection, words
from tests.test_console_visits_hours import a_working_day, ten_oclock
from tests.visits_made import a_booking, a_doctor, a_test, a_visit

__all__ = ["desk", "own_connection"]  # fixtures

CLOSED = "/console/visits/closed"
ROLES = ("owner", "admin", "pharmacist", "support")


@pytest.fixture(autouse=True)
def nobody_else(own_connection: None) -> None:
    """Only what a test makes stands in closed times."""
    connection().execute("UPDATE appointments SET state = 'cancelled' WHERE state IN ('held', 'booked')")
    connection().execute("UPDATE diagnostic_bookings SET state = 'cancelled' WHERE state IN ('held', 'booked')")


def leave(doctor: int, day: date) -> None:
    connection().execute(
        """INSERT INTO doctor_days_off ("doctorId", "firstDay", "lastDay", reason, "createdBy", "createdAt")
           VALUES (%s, %s, %s, '', '', now())""",
        (doctor, day, day),
    )


def a_closed_visit(*, ahead: int = 5) -> str:
    doctor, day = a_doctor(), a_working_day(ahead)
    number = a_visit(doctor, ten_oclock(day))
    leave(doctor, day)
    return number


def listed(page: str) -> list[str]:
    return re.findall(r'href="/console/(?:visits|labs)/(\d+)">', page)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_move_visits_sees_on_the_first_page_how_many_stand_in_closed_times(desk: Desk, role: str) -> None:
    a_closed_visit()
    a_visit(a_doctor(), ten_oclock(a_working_day(5)))
    page = desk.seat(role).get("/console/figures").text
    assert "In closed times 1 move or cancel them" in words(page)
    assert f'href="{CLOSED}"' in page


def test_where_none_does_the_first_page_says_so(desk: Desk) -> None:
    a_visit(a_doctor(), ten_oclock(a_working_day(5)))
    assert "In closed times 0 none in the next 14 days" in words(desk.seat("support").get("/console/figures").text)


@pytest.mark.parametrize("role", ["auditor", "doctor"])
def test_who_may_not_move_them_has_neither_number_nor_list(desk: Desk, role: str) -> None:
    a_closed_visit()
    seat = desk.seat(a_colleague(role, doctor=a_doctor()) if role == "doctor" else role)
    assert "In closed times" not in words(seat.get("/console/figures").text)
    assert seat.get(CLOSED).status_code in (403, 404)


def test_the_list_has_the_visits_of_all_doctors_by_time_each_with_how_to_move_and_cancel_it(desk: Desk) -> None:
    later, sooner = a_closed_visit(ahead=9), a_closed_visit(ahead=3)
    fine = a_visit(a_doctor(), ten_oclock(a_working_day(4)))
    page = desk.seat("support").get(CLOSED).text
    assert listed(page) == [sooner, later]
    assert fine not in page
    for number in (sooner, later):
        assert f'href="/console/visits/{number}/move"' in page
        assert f'href="/console/visits/{number}?change=1#change"' in page


def test_a_lab_test_that_is_not_taken_any_more_is_on_it_with_its_own_pages(desk: Desk) -> None:
    test = a_test()
    number = a_booking(test, ten_oclock(a_working_day(5)))
    connection().execute('UPDATE diagnostic_tests SET "isActive" = false WHERE id = %s', (test,))
    page = desk.seat("owner").get(CLOSED).text
    assert f'href="/console/labs/{number}/move"' in page


def test_cancel_leads_to_the_form_opened_and_what_was_moved_leaves_the_list(desk: Desk) -> None:
    number = a_closed_visit()
    seat = desk.seat("owner")
    page = seat.get(f"/console/visits/{number}?change=1").text
    assert re.search(r'<details class="less" id="change" open>', page)
    seat.post(f"/console/visits/{number}/cancel", {"reason": "doctor_away"})
    assert listed(seat.get(CLOSED).text) == []


def test_a_customer_who_cannot_be_told_here_is_to_be_called(desk: Desk) -> None:
    number = a_closed_visit()
    connection().execute(
        """WITH old AS (UPDATE appointments SET "customerId" = NULL WHERE number = %s RETURNING "userId")
           UPDATE customers SET "userId" = NULL, "consentAt" = NULL FROM old WHERE customers."userId" = old."userId" """,
        (number,),
    )
    page = desk.seat("support").get(CLOSED).text
    assert listed(page) == [number]
    assert f"/console/visits/{number}/move" not in page


def test_many_of_them_come_in_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits_desk, "PAGE", 2)
    numbers = [a_closed_visit(ahead=n) for n in (2, 5, 8)]
    seat = desk.seat("owner")
    first, second = seat.get(CLOSED).text, seat.get(f"{CLOSED}?from=2").text
    assert (listed(first), listed(second)) == (numbers[:2], numbers[2:])
    assert f'href="{CLOSED}?from=2"' in first


@pytest.mark.parametrize("begin", ["-5", "x", "99999999999999999999", "6000"])
def test_an_address_that_asks_for_no_page_is_answered(desk: Desk, begin: str) -> None:
    assert desk.seat("owner").get(f"{CLOSED}?from={begin}").status_code == 200


def test_what_is_over_or_far_ahead_is_not_on_it(desk: Desk) -> None:
    far = a_closed_visit(ahead=20)
    doctor = a_doctor()
    past = a_visit(doctor, datetime.now().astimezone() - timedelta(days=1))
    connection().execute('UPDATE doctors SET "isActive" = false WHERE id = %s', (doctor,))
    page = desk.seat("owner").get(CLOSED).text
    assert far not in page
    assert past not in page
