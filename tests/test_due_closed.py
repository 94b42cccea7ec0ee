"""A visit that stands in a time which was closed since: what is said instead of its reminder, and what the tables say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.base import connection
from models.roles import Staff
from models.values import Money
from models.visits import agenda, outside
from tests.factories import NOW, a_colleague, a_customer
from tests.shops import run, shop
from tests.test_due_flows import body, facts, near, visit_of
from tests.visits_world import TWO, a_doctor, a_test, booked
from worker.flows.entry import turn
from worker.flows.step import Buttons, Place

__all__ = ["shop"]  # a fixture

DAY, HOUR = TWO.date(), timedelta(hours=1)


def ids(then: Any) -> list[str]:
    shown = then.replies[0]
    assert isinstance(shown, Buttons)
    return [button.id for button in shown.buttons]


# ------------------------------------------------------------------------------------------------------ what is said


@pytest.mark.parametrize("minutes", [1440, 60])
def test_instead_of_the_reminder_it_is_said_that_the_time_may_not_hold_with_what_can_be_done(minutes: int) -> None:
    then = turn(Place(), near(minutes), facts(why="closed", before=timedelta(minutes=minutes)))
    assert "your appointment on Tue 24 Nov at *2:00 PM* may not take place" in body(then)
    assert "Dr Amaka Obi (Cardiology)" in body(then)
    assert "Reminder" not in body(then)
    assert ids(then) == ["vmove:V1", "vcancel:V1", "agent"]


def test_no_other_time_is_offered_of_who_is_not_to_be_had_at_all() -> None:
    then = turn(Place(), near(1440), facts(why="gone"))
    assert "it cannot be had any more" in body(then)
    assert ids(then) == ["vcancel:V1", "agent"]


def test_its_day_is_a_date_because_it_may_be_read_on_another_day() -> None:
    then = turn(Place(), near(1440), facts(why="closed"))
    assert "tomorrow" not in body(then)


def test_its_template_does_not_remind_of_it_either() -> None:
    then = turn(Place(), near(1440), facts(why="closed"))
    assert then.outside is not None
    assert then.outside.kind == "visit_changed"


@pytest.mark.parametrize(("order", "said"), [("7654321", True), ("", False)])
def test_whoever_paid_reads_that_the_fee_comes_back(order: str, said: bool) -> None:
    visit = replace(visit_of(), fee=Money(500000), order_number=order)
    assert ("your fee of ₦5,000 comes back whole" in body(turn(Place(), near(1440), facts(visit, why="closed")))) is said


def test_cancel_it_is_then_about_that_appointment() -> None:
    then = turn(Place(), near(1440), facts(why="closed"))
    assert (then.place.flow, then.place.state, then.place.memory["number"]) == ("visits", "opened", "V1")


def test_it_is_said_in_a_persons_thread_too() -> None:
    then = turn(Place("support", "waiting"), near(60), facts(why="closed", before=HOUR, with_agent=True))
    assert "may not take place" in body(then)
    assert then.place == Place("support", "waiting")


def test_what_is_over_or_too_late_stays_unsaid_in_a_closed_time() -> None:
    assert turn(Place(), near(1440), facts(visit_of(state="cancelled"), why="closed")).replies == ()
    assert turn(Place(), near(60), facts(why="closed", before=timedelta(minutes=5))).replies == ()


# ----------------------------------------------------------------------------------------------- what the tables say


def by() -> Staff:
    who = a_colleague(name="Bisi Adeyemi", role="admin")
    return Staff(who.id, "bisi@pharmacy.example", who.name, "admin")


CLOSING: dict[str, tuple[Callable[[str], object], str]] = {
    "nothing": (lambda ref: None, ""),
    "hours": (lambda ref: agenda.set_hours(int(ref[1:]), [(1, 900, 1080)], by=by(), now=NOW), "closed"),
    "a block": (lambda ref: agenda.block(int(ref[1:]), TWO, TWO + HOUR, "", by=by(), now=NOW), "closed"),
    "a block of later": (lambda ref: agenda.block(int(ref[1:]), TWO + HOUR, TWO + 2 * HOUR, "", by=by(), now=NOW), ""),
    "a day off": (lambda ref: agenda.take_off(int(ref[1:]), DAY, DAY, "", by=by(), now=NOW), "closed"),
    "a holiday": (lambda ref: agenda.announce(DAY, "Day of Rest", by=by(), now=NOW), "closed"),
    "longer slots": (lambda ref: agenda.set_slots(int(ref[1:]), 45, "", False, by=by(), now=NOW), ""),
    "not active": (lambda ref: run('UPDATE doctors SET "isActive" = false WHERE id = %s', int(ref[1:])), "gone"),
    "no patients": (lambda ref: run("UPDATE doctors SET available = false WHERE id = %s", int(ref[1:])), "gone"),
}


@pytest.mark.parametrize("how", CLOSING)
def test_one_visit_is_asked_about_at_its_own_time_however_it_was_closed(how: str) -> None:
    ref = a_doctor()
    visit = booked(a_customer(), ref)
    close, expected = CLOSING[how]
    close(ref)
    found = outside.why(ref, TWO, TWO + HOUR / 2)
    listed = visit.number in [each.number for each in outside.standing(now=NOW)]
    agenda.withdraw(DAY, by=by())
    assert (found, listed) == (expected, bool(expected))


def test_of_a_lab_test_a_holiday_closes_it_and_a_test_or_home_visits_given_up_end_it() -> None:
    ref, other = a_test(), a_test()
    at_home = booked(a_customer(), ref, TWO, where="home", address="12 Allen Avenue, Ikeja")
    centre = booked(a_customer(), other, TWO + HOUR)
    before = (outside.why(ref, TWO, TWO + HOUR / 2, where="home"), [each.number for each in outside.standing(now=NOW)])
    run("UPDATE diagnostic_tests SET home = false WHERE id = %s", int(ref[1:]))
    run('UPDATE diagnostic_tests SET "isActive" = false WHERE id = %s', int(other[1:]))
    gone = outside.why(ref, TWO, TWO + HOUR / 2, where="home"), outside.why(other, TWO, TWO + HOUR / 2, where="centre")
    listed = [(each.kind, each.number) for each in outside.standing(now=NOW)]
    run('UPDATE diagnostic_tests SET home = true, "isActive" = true')
    agenda.announce(DAY, "Day of Rest", by=by(), now=NOW)
    closed = outside.why(ref, TWO, TWO + HOUR / 2, where="home"), len(outside.standing(now=NOW))
    agenda.withdraw(DAY, by=by())
    run("UPDATE diagnostic_bookings SET state = 'cancelled'")

    assert before[0] == "" and not {at_home.number, centre.number} & set(before[1])
    assert gone == ("gone", "gone")
    assert [("test", at_home.number), ("test", centre.number)] == [each for each in listed if each[0] == "test"]
    assert closed[0] == "closed"
    assert closed[1] >= 2


def test_what_is_further_than_two_weeks_ahead_is_not_listed_yet() -> None:
    ref = a_doctor()
    number = booked(a_customer(), ref, TWO + timedelta(days=14)).number
    run('UPDATE doctors SET "isActive" = false WHERE id = %s', int(ref[1:]))

    soon, then = ([each.number for each in outside.standing(now=at)].count(number) for at in (NOW, NOW + timedelta(days=2)))

    assert (soon, then) == (0, 1)


def test_the_list_of_everybody_costs_few_statements_however_many_doctors_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        booked(a_customer(), a_doctor())
    asked: list[object] = []
    real = connection()

    class Counting:
        def execute(self, *given: Any) -> Any:
            asked.append(given[0])
            return real.execute(*given)

    monkeypatch.setattr(outside, "connection", Counting)
    monkeypatch.setattr(outside.timetables, "connection", Counting)
    outside.standing(now=NOW)
    assert len(asked) <= 4
