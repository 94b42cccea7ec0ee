"""Several want the same time at once, or do with one visit what excludes each other: threads and processes on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.visits import Racers
from bench.visits import a_doctor as a_doctor_who_never_sleeps
from models import orders, visits
from models.base import connection
from models.payments import accounts, settling
from models.payments.values import Settled
from models.values import Refused
from models.visits.values import Booked
from tests.factories import NOW, a_customer, a_proof, an_attempt
from tests.shops import at_once, run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked, held_times, reminders, state_of

__all__ = ["shop"]  # a fixture

THREE = TWO + timedelta(hours=1)


def codes(given: list[object]) -> list[str]:
    return sorted(each.code if isinstance(each, Refused) else type(each).__name__ for each in given)


def test_processes_that_race_for_one_time_give_it_to_exactly_one(shop: str) -> None:
    people = [a_customer() for _ in range(12)]
    doctor = a_doctor_who_never_sleeps(connection(), fee=True)
    ((hour,),) = run("SELECT date_trunc('hour', now()) + interval '1 day'")
    racers = Racers(shop, people, 2)
    try:
        rounds = []
        for n in range(4):
            rounds.append(racers.race(doctor, hour + n * timedelta(minutes=30)))
            run(
                "UPDATE appointments SET state = 'done' WHERE \"customerId\" = ANY(%s)", people
            )  # who won has paid, and may win again
    finally:
        racers.end()

    assert [sorted(each.came_to for each in tried) for tried in rounds] == [["booked"] + ["taken"] * 11] * 4
    assert all(each.nearest == 3 for tried in rounds for each in tried if each.came_to == "taken")
    assert run("""SELECT count(*) FROM orders WHERE "deliveryKind" = 'visit' AND "customerId" = ANY(%s)""", people) == [(4,)]


def test_the_same_booking_eight_times_at_once_is_one() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)

    given = at_once([lambda: booked(ada, ref, key="once")] * 8)

    assert len({each for each in given if isinstance(each, Booked)}) == 1, given
    assert (len(given), held_times(ref), orders.of(ada).total) == (8, [TWO], 1)


def test_one_customer_wants_two_doctors_at_the_same_time_and_gets_one() -> None:
    ada, refs = a_customer(), [a_doctor(), a_doctor(), a_test()]

    given = at_once([lambda ref=ref: booked(ada, ref) for ref in refs])

    assert codes(given) == ["Booked", "clash", "clash"]


def test_times_that_overlap_because_the_slots_length_changed_are_one_patients() -> None:
    ref = a_doctor(minutes=60)
    people = [a_customer() for _ in range(6)]
    booked(people[0], ref)
    run("""UPDATE doctors SET "slotMinutes" = 30 WHERE id = %s""", int(ref[1:]))

    given = at_once([lambda who=who: booked(who, ref, TWO + timedelta(minutes=30)) for who in people[1:]])

    assert codes(given) == ["taken"] * 5


def test_two_who_move_to_each_others_time_and_others_who_book_never_lock_each_other_out() -> None:
    ref = a_doctor()
    ada, ben, *others = [a_customer() for _ in range(6)]
    first, second = booked(ada, ref, TWO), booked(ben, ref, THREE)

    given = at_once(
        [
            lambda: visits.reschedule(ada, first.number, THREE, now=NOW),
            lambda: visits.reschedule(ben, second.number, TWO, now=NOW),
            *(lambda who=who, at=at: booked(who, ref, at) for who, at in zip(others, [TWO, THREE, TWO, THREE], strict=True)),
        ]
    )

    assert codes(given) == ["taken"] * 6
    assert held_times(ref) == [TWO, THREE]


def test_a_time_that_becomes_free_while_many_ask_is_had_by_one_at_most() -> None:
    ref = a_doctor()
    ada, *others = [a_customer() for _ in range(6)]
    made = booked(ada, ref)

    given = at_once(
        [lambda: visits.cancel(ada, made.number, now=NOW), *(lambda who=who: booked(who, ref) for who in others)],
    )

    assert set(codes(given)) <= {"tuple", "Booked", "taken"}
    assert codes(given).count("Booked") == len(held_times(ref)) <= 1


@pytest.mark.parametrize("_", range(3))
def test_paid_and_cancelled_at_once_the_money_is_kept_or_goes_back(_: int) -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    attempt = an_attempt(ada, made.order_number)

    given = at_once(
        [lambda: settling.settle(attempt.id, a_proof(attempt), now=NOW), lambda: visits.cancel(ada, made.number, now=NOW)]
    )

    assert sorted(type(each).__name__ for each in given) == ["Settled", "tuple"]
    assert (state_of(made.number), held_times(ref), reminders(ada)) == ("cancelled", [], {})
    assert run("""SELECT sum("amountKobo") FROM refunds r JOIN orders o ON o.id = r."orderId" WHERE "orderNumber" = %s""",
               made.order_number) == [(500_000,)]  # fmt: skip
    assert accounts.violations() == []


@pytest.mark.parametrize("_", range(3))
def test_late_money_and_another_patient_at_once_one_has_the_time_and_no_kobo_is_lost(_: int) -> None:
    ada, ben, ref = a_customer(), a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    attempt = an_attempt(ada, made.order_number)
    later = NOW + timedelta(minutes=30)
    orders.expire_due(later)

    given = at_once(
        [lambda: settling.settle(attempt.id, a_proof(attempt), now=later), lambda: booked(ben, ref, now=later)],
    )

    settled = next(each for each in given if isinstance(each, Settled))
    assert codes(given) in (["Booked", "Settled"], ["Settled", "taken"])
    assert settled.kind == ("late" if "Booked" in codes(given) else "applied")
    assert held_times(ref) == [TWO]
    assert accounts.violations() == []


def test_expiring_moving_and_paying_at_once_leave_a_visit_and_an_order_that_agree() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    attempt = an_attempt(ada, made.order_number)
    later = NOW + timedelta(minutes=30)

    given = at_once(
        [
            lambda: orders.expire_due(later),
            lambda: visits.reschedule(ada, made.number, THREE, now=later),
            lambda: settling.settle(attempt.id, a_proof(attempt), now=later),
        ]
    )

    assert [each for each in given if isinstance(each, Exception) and not isinstance(each, Refused)] == []
    agree = {("booked", "paid"), ("expired", "expired")}
    assert (state_of(made.number), orders.get(ada, made.order_number).status) in agree
    assert len(held_times(ref)) == (state_of(made.number) == "booked")
    assert accounts.violations() == []
