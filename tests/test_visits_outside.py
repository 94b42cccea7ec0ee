"""Whoever has a visit at a time at which the doctor is not there any more is on a list, until somebody has moved or cancelled it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from models import visits
from models.roles import Staff
from models.visits import agenda, outside, rows
from tests.factories import NOW, a_colleague, a_customer
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked

__all__ = ["shop"]  # a fixture

DAY = TWO.date()
HOUR = timedelta(hours=1)
# Each closes two o'clock of that Tuesday, not three.
CLOSING: dict[str, Callable[[int, Staff], object]] = {
    "hours": lambda doctor, by: agenda.set_hours(doctor, [(1, 15 * 60, 18 * 60)], by=by, now=NOW),
    "a block": lambda doctor, by: agenda.block(doctor, TWO, TWO + HOUR, "", by=by, now=NOW),
    "another zone": lambda doctor, by: agenda.set_slots(doctor, 30, "Pacific/Kiritimati", False, by=by, now=NOW),
    "a day off": lambda doctor, by: agenda.take_off(doctor, DAY, DAY, "", by=by, now=NOW),
    "a holiday": lambda doctor, by: agenda.announce(DAY, "Day of Rest", by=by, now=NOW),
    "a list that says it is not active": lambda doctor, by: run('UPDATE doctors SET "isActive" = false WHERE id = %s', doctor),
}
CLOSES_THREE = ("another zone", "a day off", "a holiday", "a list that says it is not active")


def by() -> Staff:
    who = a_colleague(name="Bisi Adeyemi", role="admin")
    return Staff(who.id, "bisi@pharmacy.example", who.name, "admin")


def row(ref: str) -> int:
    return int(ref[1:])


@pytest.mark.parametrize("how", CLOSING)
def test_a_visit_in_a_time_that_was_closed_is_named_however_it_was_closed(how: str) -> None:
    ref, other = a_doctor(), a_doctor()
    two, three = booked(a_customer(), ref), booked(a_customer(), ref, TWO + HOUR)
    booked(a_customer(), other, TWO + 2 * HOUR)

    CLOSING[how](row(ref), by())

    assert outside.numbers(row(ref), now=NOW) == ((two.number, three.number) if how in CLOSES_THREE else (two.number,))
    agenda.withdraw(DAY, by=by())


def test_whoever_waits_to_pay_is_on_it_and_who_was_moved_or_cancelled_is_not_any_more() -> None:
    ref = a_doctor(fee=5000)
    people = [a_customer() for _ in range(3)]
    held, moved, cancelled = (booked(who, ref, TWO + n * HOUR) for n, who in enumerate(people))
    agenda.take_off(row(ref), DAY, DAY, "", by=by(), now=NOW)

    visits.reschedule(people[1], moved.number, TWO + timedelta(days=1), now=NOW)
    visits.cancel(people[2], cancelled.number, now=NOW)

    assert outside.numbers(row(ref), now=NOW) == (held.number,)


def test_nobody_is_on_it_where_only_the_length_of_slots_changed_or_the_time_has_passed() -> None:
    ref = a_doctor()
    booked(a_customer(), ref, TWO + timedelta(minutes=30))

    agenda.set_slots(row(ref), 60, "", False, by=by(), now=NOW)
    agenda.take_off(row(a_doctor()), DAY, DAY, "", by=by(), now=NOW)

    assert outside.numbers(row(ref), now=NOW) == ()
    agenda.take_off(row(ref), DAY, DAY, "", by=by(), now=NOW)
    assert outside.numbers(row(ref), now=TWO + HOUR) == ()


def test_of_a_number_it_is_known_which_kind_of_visit_it_is() -> None:
    one, two = (booked(a_customer(), ref).number for ref in (a_doctor(), a_test()))

    assert rows.kinds([one, two, "nobody's"]) == {one: "doctor", two: "test"}
