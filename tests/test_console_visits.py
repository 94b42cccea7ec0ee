"""Appointments in the console: a day and a week of them, one with its acts, on paper; a doctor's own and no other's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models import visits
from models.visits import desk as visit_desk
from tests.console import Desk, Seat, a_colleague, audited
from tests.console_sheet import desk, own_connection, words
from tests.factories import a_customer
from tests.visits_made import a_doctor, a_visit, minutes_ago, state_of, told

__all__ = ["desk", "own_connection"]  # fixtures

LAGOS = ZoneInfo("Africa/Lagos")


def at(number: str, act: str = "") -> str:
    return f"/console/visits/{number}{f'/{act}' if act else ''}"


def seat_of(desk: Desk, doctor: int) -> Seat:
    return desk.seat(a_colleague("doctor", doctor=doctor))


def shown(page: str) -> list[str]:
    """Numbers of the visits in a list, in their order."""
    return re.findall(r'class="over" href="/console/visits/(\w+)"', page)


def in_days(days: int, hour: int = 10) -> datetime:
    """A working day's time in Lagos, at least so many days ahead."""
    day = datetime.now(LAGOS).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.astimezone(UTC)


# ------------------------------------------------------------------------------------------------------------ lists


def test_a_day_and_a_week_show_who_comes_when_and_to_whom(desk: Desk) -> None:
    doctor, start = a_doctor("Amaka Obi"), datetime(2026, 3, 10, 13, 0, tzinfo=UTC)
    ours = a_visit(doctor, start, customer=a_customer(name="Zainab Musa"))
    later = a_visit(doctor, start + timedelta(days=3))
    seat = desk.seat("support")

    day = seat.get("/console/visits?day=2026-03-10").text
    week = seat.get("/console/visits/week?day=2026-03-12").text

    assert shown(day) == [ours]
    assert "14:00–14:30 Zainab Musa Dr Amaka Obi Booked not marked" in words(day)
    assert shown(week) == [ours, later]
    assert "Tue 10 Mar 2026" in words(week)
    assert "9 Mar to 15 Mar 2026" in words(week)


def test_a_doctor_abroad_has_their_own_clock_and_its_name_stands_there(desk: Desk) -> None:
    doctor = a_doctor("James Ade", zone="America/New_York")
    number = a_visit(doctor, datetime(2026, 7, 8, 1, 30, tzinfo=UTC))  # 02:30 on the 8th in Lagos, 21:30 on the 7th there
    seat = desk.seat("support")

    theirs = words(seat.get(f"/console/visits?doctor={doctor}&day=2026-07-07").text)
    everybodys = words(seat.get("/console/visits?day=2026-07-08").text)
    one = words(seat.get(at(number)).text)

    assert "21:30–22:00 New York time" in theirs
    assert "Tue 7 Jul 2026 21:30–22:00 New York time" in everybodys
    assert "Tue 7 Jul 2026, 21:30–22:00 New York time (Wed 8 Jul 2026, 02:30 here)" in one


def test_a_long_list_comes_in_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_desk, "PAGE", 2)  # as fifty-one appointments of a day would
    doctor, start = a_doctor(), datetime(2026, 3, 17, 8, 0, tzinfo=UTC)
    every = [a_visit(doctor, start + timedelta(hours=n)) for n in range(3)]
    seat = seat_of(desk, doctor)

    first = seat.get("/console/visits?day=2026-03-17").text
    older = re.search(r'rel="next" href="([^"]+after[^"]+)"', first)
    assert shown(first) == every[:2]
    assert shown(seat.get(older[1].replace("&amp;", "&")).text) == every[2:]


def test_the_list_for_a_printer_has_names_and_times_no_menu_and_is_on_record(desk: Desk) -> None:
    doctor = a_doctor()
    a_visit(doctor, datetime(2026, 3, 24, 9, 0, tzinfo=UTC), customer=a_customer(name="Kemi Bello", number="2348031112222"))
    seat = seat_of(desk, doctor)

    page = seat.get("/console/visits/print?day=2026-03-24&span=week").text

    assert "10:00–10:30 Kemi Bello 2348031112222" in words(page)
    assert 'class="places"' not in page
    assert audited("visits.printed")[-1] == (seat.staff.id, "doctor", doctor, {"first": "2026-03-23", "days": 7})
    assert "•••2222" in words(desk.seat("auditor").get(f"/console/visits/print?day=2026-03-24&doctor={doctor}").text)


@pytest.mark.parametrize(
    "query", ["day=nonsense", "day=2026-02-31", "doctor=-4", "doctor=99999999999999999", "after=../x", "day=1500-01-01"]
)
def test_an_address_that_makes_no_sense_is_today(desk: Desk, query: str) -> None:
    answer = desk.seat("support").get(f"/console/visits?{query}")

    assert answer.status_code == 200
    assert "Today, " in words(answer.text)


# ------------------------------------------------------------------------------------------------------------ acts


@pytest.mark.parametrize(
    ("act", "state", "said"), [("done", "done", "Marked: they came"), ("no-show", "no_show", "Marked: nobody came")]
)
def test_who_came_and_who_did_not_is_marked_by_one_click_and_undone_by_another(
    desk: Desk, act: str, state: str, said: str
) -> None:
    doctor = a_doctor()
    number, seat = a_visit(doctor, minutes_ago(20)), seat_of(desk, doctor)

    marked = seat.post(at(number, act))
    page = words(seat.get(at(number)).text)
    after = state_of(number)
    seat.post(at(number, "undo"))

    assert (marked.status_code, after, state_of(number)) == (303, state, "booked")
    assert f"{said} {seat.staff.name}" in page
    assert audited(f"visit.{state}")[-1][0] == seat.staff.id
    assert audited("visit.undo")[-1][3] == {"number": number}


def test_pressing_twice_is_said_and_who_comes_second_reads_who_was_first(desk: Desk) -> None:
    number, first, second = a_visit(a_doctor(), minutes_ago(20)), desk.seat("support"), desk.seat("pharmacist")
    first.post(at(number, "done"))

    twice, other = first.post(at(number, "done")), second.post(at(number, "no-show"))

    assert twice.status_code == 303
    assert "That is done already." in words(first.get(at(number)).text)
    assert other.status_code == 409
    assert f"{first.staff.name} marked that they came at" in words(other.text)
    assert state_of(number) == "done"


def test_what_is_still_to_come_has_no_mark_and_is_not_marked(desk: Desk) -> None:
    number, seat = a_visit(a_doctor(), in_days(3)), desk.seat("support")

    page, answer = seat.get(at(number)).text, seat.post(at(number, "done"))

    assert at(number, "done") not in page
    assert (answer.status_code, state_of(number)) == (409, "booked")
    assert "mark it then" in words(answer.text)


def test_a_note_of_the_patient_is_for_the_doctor_and_not_for_support(desk: Desk) -> None:
    doctor = a_doctor()
    number = a_visit(doctor, in_days(3), note="Chest pain <b>since Monday")

    pages = {role: desk.seat(role).get(at(number)).text for role in ("support", "admin", "pharmacist")}
    own = seat_of(desk, doctor).get(at(number)).text

    assert "Chest pain &lt;b&gt;since Monday" in own
    assert "Chest pain" in pages["pharmacist"]
    assert "Chest pain" not in pages["support"] + pages["admin"]


def test_it_is_cancelled_for_the_customer_who_hears_of_it(desk: Desk) -> None:
    ada = a_customer()
    number, seat = a_visit(a_doctor(), in_days(3), customer=ada), desk.seat("support")

    without = seat.post(at(number, "cancel"))
    done = seat.post(at(number, "cancel"), {"reason": "doctor_away"})

    assert (without.status_code, done.status_code, state_of(number)) == (422, 303, "cancelled")
    assert "Choose a reason." in words(without.text)
    news = told(ada, "visit_changed")
    assert [(each["number"], each["what"], each["reason"], each["refund_kobo"]) for each in news] == [
        (number, "cancelled", "doctor_away", 0)
    ]
    assert audited("visit.cancel")[-1][3] == {"number": number, "reason": "doctor_away"}


def test_it_is_moved_to_a_free_time_and_to_no_other(desk: Desk) -> None:
    ada, doctor = a_customer(), a_doctor()
    start = in_days(4)
    number, seat = a_visit(doctor, start, customer=ada), desk.seat("support")
    taken = a_visit(doctor, start + timedelta(hours=2))

    page = seat.get(at(number, "move")).text
    offered = [datetime.fromisoformat(each) for each in re.findall(r'name="starts" value="([^"]+)"', page)]
    refused = seat.post(at(number, "move"), {"starts": (start + timedelta(hours=2)).isoformat()})
    nonsense = seat.post(at(number, "move"), {"starts": "soon"})
    moved = seat.post(at(number, "move"), {"starts": offered[0].isoformat()})

    assert start + timedelta(hours=2) not in offered
    assert (refused.status_code, nonsense.status_code, moved.status_code) == (409, 422, 303)
    assert "Somebody else has just taken that time." in words(refused.text)
    assert visits.visit(ada, number).starts_at == offered[0]
    assert [(each["what"], each["from"]) for each in told(ada, "visit_changed")] == [("moved", start.isoformat())]
    assert f"Moved from {start.astimezone(LAGOS):%a %-d %b, %H:%M} to" in words(seat.get(at(number)).text)
    assert state_of(taken) == "booked"


def test_what_has_begun_is_neither_moved_nor_cancelled(desk: Desk) -> None:
    number, seat = a_visit(a_doctor(), minutes_ago(5)), desk.seat("support")

    page = seat.get(at(number)).text
    answers = [
        seat.post(at(number, "cancel"), {"reason": "other"}),
        seat.post(at(number, "move"), {"starts": in_days(3).isoformat()}),
    ]

    assert "Move or cancel" not in page
    assert [each.status_code for each in answers] == [409, 409]
    assert state_of(number) == "booked"


# ------------------------------------------------------------------------------------------------------------ a doctor's own


def test_a_doctor_sees_own_patients_only_whatever_the_address_says(desk: Desk) -> None:
    mine, others = a_doctor(), a_doctor()
    day = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
    own, theirs = a_visit(mine, day), a_visit(others, day)
    seat = seat_of(desk, mine)

    for path in ("", "/week", "/print"):
        for query in ("", f"&doctor={others}", f"&doctor=0&after={theirs}", "&doctor="):
            page = seat.get(f"/console/visits{path}?day=2026-04-14{query}").text
            assert theirs not in page
            assert own in page


def test_another_doctors_patient_is_not_there_at_any_address_and_nothing_is_done_to_them(desk: Desk) -> None:
    others = a_doctor()
    over, comes = a_visit(others, minutes_ago(20)), a_visit(others, in_days(3))
    seat = seat_of(desk, a_doctor())

    gone = [seat.get(at(over)), *(seat.post(at(over, act)) for act in ("done", "no-show", "undo"))]
    not_theirs = [
        seat.get(at(comes, "move")),
        seat.post(at(comes, "move"), {"starts": in_days(5).isoformat()}),
        seat.post(at(comes, "cancel"), {"reason": "other"}),
    ]

    assert [each.status_code for each in gone] == [404] * 4
    assert [each.status_code for each in not_theirs] == [403] * 3
    assert (state_of(over), state_of(comes)) == ("booked", "booked")


def test_a_doctor_bound_to_nobody_sees_nobody(desk: Desk) -> None:
    number = a_visit(a_doctor(), datetime(2026, 4, 21, 9, 0, tzinfo=UTC))
    seat = desk.seat("doctor")

    assert shown(seat.get("/console/visits?day=2026-04-21").text) == []
    assert seat.get(at(number)).status_code == 404
    assert number not in seat.get("/console/visits/print?day=2026-04-21").text


def test_a_doctor_reaches_nothing_else_of_the_house(desk: Desk) -> None:
    seat = seat_of(desk, a_doctor())
    paths = ("prescriptions", "orders", "money", "conversations", "labs", "staff", "audit", "conversations/1", "labs/due")

    assert {seat.get(f"/console/{path}").status_code for path in paths} == {403}
    assert "Appointments" in words(seat.get("/console").text)
