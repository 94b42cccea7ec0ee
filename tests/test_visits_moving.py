"""A visit is put to another time: its fee, order and deadline go along, and old reminders are void."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import orders, visits
from models.values import Money, Refused
from tests.factories import NOW, a_customer, order_id
from tests.shops import run, shop
from tests.visits_world import TOMORROW, TWO, a_doctor, a_test, booked, happened, held_times, reminders, state_of

__all__ = ["shop"]  # a fixture

THREE = TWO + timedelta(hours=1)
IN_A_WEEK = TWO + timedelta(days=7)


def test_a_moved_visit_frees_its_old_time_and_has_new_reminders() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref)

    moved = visits.reschedule(ada, made.number, IN_A_WEEK, now=NOW)

    assert (moved.number, moved.starts_at, moved.ends_at) == (made.number, IN_A_WEEK, IN_A_WEEK + timedelta(minutes=30))
    assert held_times(ref) == [IN_A_WEEK]
    assert reminders(ada) == {
        f"{made.number}:1440": IN_A_WEEK - timedelta(days=1),
        f"{made.number}:60": IN_A_WEEK - timedelta(hours=1),
    }
    assert visits.visit(ada, made.number).moved == 1
    assert happened(made.number)[-1] == ("moved", f"customer:{ada}")


def test_moved_to_this_afternoon_it_has_one_reminder_only() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref, IN_A_WEEK)

    visits.reschedule(ada, made.number, NOW + timedelta(hours=3), now=NOW)

    assert reminders(ada) == {f"{made.number}:60": NOW + timedelta(hours=2)}


def test_a_reminder_that_was_said_is_said_again_for_the_new_time() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref)
    run("""UPDATE timers SET "firedAt" = %s WHERE subject = %s""", NOW, f"{made.number}:1440")

    visits.reschedule(ada, made.number, IN_A_WEEK, now=NOW)

    assert reminders(ada)[f"{made.number}:1440"] == IN_A_WEEK - timedelta(days=1)


def test_a_held_visit_keeps_its_order_and_its_deadline() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)

    moved = visits.reschedule(ada, made.number, THREE, now=NOW + timedelta(minutes=10))

    assert (moved.order_number, moved.held_until, moved.fee) == (made.order_number, made.held_until, Money(500_000))
    assert (state_of(made.number), reminders(ada), orders.of(ada).total) == ("held", {}, 1)


def test_a_paid_visit_takes_its_fee_along() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    orders.move(order_id(made.order_number), "paid", who="paystack", now=NOW)

    moved = visits.reschedule(ada, made.number, THREE, now=NOW)

    assert (state_of(made.number), moved.order_number, moved.held_until) == ("booked", made.order_number, None)
    assert orders.get(ada, made.order_number).status == "paid"


def test_a_time_that_overlaps_the_own_old_one_can_be_had() -> None:
    ada, ref = a_customer(), a_doctor(minutes=60)
    made = booked(ada, ref)
    run("""UPDATE doctors SET "slotMinutes" = 30 WHERE id = %s""", int(ref[1:]))

    moved = visits.reschedule(ada, made.number, TWO + timedelta(minutes=30), now=NOW)

    assert (moved.starts_at, held_times(ref)) == (TWO + timedelta(minutes=30), [TWO + timedelta(minutes=30)])


def test_to_the_time_it_has_already_changes_nothing() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref)

    assert visits.reschedule(ada, made.number, TWO, now=NOW) == made
    assert (visits.visit(ada, made.number).moved, len(happened(made.number))) == (0, 1)


def test_somebody_elses_time_is_refused_and_the_own_one_stays() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref)
    booked(a_customer(), ref, THREE)

    with pytest.raises(Refused) as no:
        visits.reschedule(ada, made.number, THREE, now=NOW)

    assert (no.value.code, len(no.value.detail["nearest"])) == ("taken", 3)
    assert (held_times(ref), visits.visit(ada, made.number).starts_at) == ([TWO, THREE], TWO)


def test_another_own_visit_at_that_time_is_a_clash() -> None:
    ada, ref = a_customer(), a_doctor()
    made, other = booked(ada, ref), booked(ada, a_test(), THREE)

    with pytest.raises(Refused) as no:
        visits.reschedule(ada, made.number, THREE, now=NOW)

    assert (no.value.code, no.value.detail["number"]) == ("clash", other.number)


@pytest.mark.parametrize(
    ("hours", "code"), [(0.5, "too_soon"), (24 * 120, "too_far"), (12, "outside_hours"), (24 * 5, "day_off")]
)
def test_the_rules_of_booking_hold_for_the_new_time(hours: float, code: str) -> None:
    ada = a_customer()
    made = booked(ada, a_doctor())

    with pytest.raises(Refused, match=code):
        visits.reschedule(ada, made.number, NOW + timedelta(hours=hours), now=NOW)


def test_one_that_was_cancelled_or_has_begun_is_over() -> None:
    ada, ref = a_customer(), a_doctor()
    gone, begun = booked(ada, ref), booked(ada, ref, NOW + timedelta(hours=2))
    visits.cancel(ada, gone.number, now=NOW)

    with pytest.raises(Refused, match="over"):
        visits.reschedule(ada, gone.number, THREE, now=NOW)
    with pytest.raises(Refused, match="over"):
        visits.reschedule(ada, begun.number, THREE, now=NOW + timedelta(hours=2))


def test_somebody_elses_visit_is_unknown() -> None:
    made = booked(a_customer(), a_doctor())

    with pytest.raises(Refused, match="unknown"):
        visits.reschedule(a_customer(), made.number, THREE, now=NOW)


def test_a_lab_test_at_home_stays_at_home() -> None:
    ada, ref = a_customer(), a_test()
    made = booked(ada, ref, where="home", address="12 Allen Avenue")
    booked(a_customer(), ref, THREE)  # at the centre: not in the nurse's way

    visits.reschedule(ada, made.number, THREE, now=NOW, who="staff:3")

    shown = visits.visit(ada, made.number)
    assert (shown.starts_at, shown.where, shown.address) == (THREE, "home", "12 Allen Avenue")
    assert happened(made.number)[-1] == ("moved", "staff:3")


def test_a_visit_of_the_old_system_becomes_the_customers_own_and_its_time_nobody_elses() -> None:
    ada, ref = a_customer(), a_doctor()
    ((user,),) = run("""SELECT "userId" FROM customers WHERE id = %s""", ada)
    ((number,),) = run(
        """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt") VALUES (%s, %s, %s, %s, %s)
           RETURNING number""",
        *(user, int(ref[1:]), TOMORROW.replace(hour=10, minute=10), NOW, NOW),
    )

    visits.reschedule(ada, number.lower(), TWO, now=NOW)

    assert len(reminders(ada)) == 2
    with pytest.raises(Refused, match="taken"):
        booked(a_customer(), ref)
