"""What becomes of a visit when its order is paid, expires, comes to its money late, or was changed by the old program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from jobs.visits import visits_left
from models import orders, visits
from models.payments import accounts, refunds, settling
from models.payments.values import Settled
from models.values import Money
from models.visits import paid
from tests.factories import NOW, a_customer, a_proof, an_attempt, order_id
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked, happened, held_times, reminders, state_of

__all__ = ["shop"]  # a fixture

LATER = NOW + timedelta(minutes=30)  # the quarter of an hour is over, and the last look too


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    """After each test every kobo is accounted for."""
    yield
    assert accounts.violations() == []


def pay(customer: int, number: str, *, now: object = NOW) -> Settled:
    """Money for an order, at a moment; its attempt was begun in time."""
    attempt = an_attempt(customer, number)
    return settling.settle(attempt.id, a_proof(attempt), now=now)


def expired(customer: int, ref: str) -> tuple[str, str, object]:
    """A visit whose quarter of an hour is over: its number, its order's, and the attempt to pay."""
    made = booked(customer, ref)
    attempt = an_attempt(customer, made.order_number)
    assert made.order_number in {one.number for one in orders.expire_due(LATER)}
    return made.number, made.order_number, attempt


def test_a_paid_fee_books_the_visit_and_sets_its_reminders() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)

    settled = pay(ada, made.order_number)

    shown = visits.visit(ada, made.number)
    assert (settled.kind, shown.state, shown.held_until) == ("applied", "booked", None)
    assert (len(reminders(ada)), held_times(ref)) == (2, [TWO])
    assert happened(made.number)[-1] == ("booked", "paystack")


def test_a_paid_lab_test_is_paid_for_the_old_program_too() -> None:
    ada = a_customer()
    made = booked(ada, a_test(price=3500))

    pay(ada, made.order_number)

    assert run("""SELECT "paymentStatus"::text, status::text FROM diagnostic_bookings WHERE number = %s""", made.number) == [
        ("Paid", "Scheduled")
    ]


def test_an_order_that_nobody_pays_frees_the_time() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)

    ended = orders.expire_due(NOW + timedelta(minutes=15))

    assert made.order_number in {one.number for one in ended}
    assert (state_of(made.number), held_times(ref)) == ("expired", [])
    assert visits.visit(ada, made.number).held_until is None
    assert booked(a_customer(), ref).starts_at == TWO


def test_late_money_books_the_visit_if_its_time_is_still_free() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    number, order, attempt = expired(ada, ref)

    settled = settling.settle(attempt.id, a_proof(attempt), now=LATER)

    assert (settled.kind, state_of(number), orders.get(ada, order).status) == ("applied", "booked", "paid")
    assert (held_times(ref), len(reminders(ada))) == ([TWO], 2)


def test_late_money_for_a_time_that_is_somebody_elses_goes_back() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    number, order, attempt = expired(ada, ref)
    other = booked(a_customer(), ref, now=LATER)

    settled = settling.settle(attempt.id, a_proof(attempt), now=LATER)

    assert (settled.kind, settled.refund_id is not None) == ("late", True)
    assert (state_of(number), state_of(other.number), orders.get(ada, order).status) == ("expired", "held", "expired")


def test_late_money_goes_back_when_the_customer_is_elsewhere_by_now_or_the_doctor_is_off() -> None:
    ada, ben = a_customer(), a_customer()
    busy, off = a_doctor(fee=5000), a_doctor(fee=5000)
    (first, _, attempt_1), (second, _, attempt_2) = expired(ada, busy), expired(ben, off)
    booked(ada, a_doctor(), now=LATER)
    run(
        """INSERT INTO doctor_days_off ("doctorId", "firstDay", "lastDay", "createdBy", "createdAt") VALUES (%s, %s, %s, 'x', now())""",
        *(int(off[1:]), TWO.date(), TWO.date()),
    )

    kinds = [settling.settle(each.id, a_proof(each), now=LATER).kind for each in (attempt_1, attempt_2)]

    assert (kinds, state_of(first), state_of(second)) == (["late", "late"], "expired", "expired")


def test_late_money_after_the_visits_time_goes_back() -> None:
    ada = a_customer()
    number, _, attempt = expired(ada, a_doctor(fee=5000))

    settled = settling.settle(attempt.id, a_proof(attempt), now=TWO)

    assert (settled.kind, state_of(number)) == ("late", "expired")


def test_money_that_comes_while_nothing_expired_but_the_time_has_passed_goes_back() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))

    settled = pay(ada, made.order_number, now=TWO + timedelta(hours=1))

    assert (settled.kind, state_of(made.number)) == ("late", "held")


def test_a_visit_that_is_soon_can_be_booked_late_though_nobody_could_book_it_anew() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000), NOW + timedelta(hours=1))
    attempt = an_attempt(ada, made.order_number)
    orders.expire_due(LATER)

    assert settling.settle(attempt.id, a_proof(attempt), now=LATER).kind == "applied"
    assert (state_of(made.number), reminders(ada)) == ("booked", {})


def test_a_fee_that_was_refunded_whole_ends_its_visit() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    pay(ada, made.order_number)
    orders.move(order_id(made.order_number), "refunded", who="staff:1", now=NOW)

    assert (state_of(made.number), held_times(ref), reminders(ada)) == ("cancelled", [], {})


def test_a_visit_that_took_place_stays_done_when_its_money_goes_back() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))
    pay(ada, made.order_number)
    run("UPDATE appointments SET state = 'done' WHERE number = %s", made.number)

    orders.move(order_id(made.order_number), "refunded", who="staff:1", now=TWO + timedelta(hours=1))

    assert state_of(made.number) == "done"


def test_paid_twice_the_second_money_goes_back_and_the_visit_stays() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))
    attempt = an_attempt(ada, made.order_number)
    settling.settle(attempt.id, a_proof(attempt), now=NOW)

    again = settling.settle(attempt.id, a_proof(attempt), now=NOW)

    assert (again.kind, state_of(made.number)) == ("double", "booked")


def test_a_refund_of_a_cancelled_visits_fee_that_is_done_changes_nothing_more() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    pay(ada, made.order_number)
    visits.cancel(ada, made.number, now=NOW)
    ((refund,),) = run("""SELECT id FROM refunds WHERE "orderId" = %s""", order_id(made.order_number))
    before = happened(made.number)

    refunds.done(refunds.claim(refund, 30, now=NOW), "r1", now=NOW)

    assert (orders.get(ada, made.order_number).status, state_of(made.number)) == ("refunded", "cancelled")
    assert happened(made.number) == before


# --------------------------------------------------------------------------------------------------- the old program


def test_an_order_the_old_program_was_paid_books_its_visit_in_the_next_sweep() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))
    run("""UPDATE orders SET "paymentStatus" = 'Paid' WHERE "orderNumber" = %s""", made.order_number)

    paid.sweep(NOW, limit=100)

    assert (state_of(made.number), len(reminders(ada))) == ("booked", 2)


def test_an_order_the_old_program_calls_shipped_because_it_was_paid_gives_its_money_back_when_its_visit_is_cancelled() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    pay(ada, made.order_number)
    run("""UPDATE orders SET status = 'Shipped' WHERE "orderNumber" = %s""", made.order_number)

    _, _, refund = visits.cancel(ada, made.number, now=NOW)

    assert (state_of(made.number), held_times(ref), refund) == ("cancelled", [], Money(500_000))
    assert orders.get(ada, made.order_number).status == "shipped"  # until its refund is done


def test_a_visit_whose_time_went_by_before_the_old_program_told_of_its_money_is_not_held_for_ever() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    run("""UPDATE orders SET status = 'Shipped', "paymentStatus" = 'Paid' WHERE "orderNumber" = %s""", made.order_number)

    paid.sweep(TWO, limit=100)

    assert (state_of(made.number), held_times(ref), paid.sweep(TWO, limit=100)) == ("cancelled", [], 0)


@pytest.mark.parametrize("paid_before", [False, True])
def test_an_order_the_old_program_cancelled_frees_the_time_in_the_next_sweep(paid_before: bool) -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    if paid_before:
        pay(ada, made.order_number)
    run("UPDATE orders SET status = 'Cancelled' WHERE \"orderNumber\" = %s", made.order_number)

    paid.sweep(NOW, limit=100)

    assert (state_of(made.number), held_times(ref), reminders(ada)) == ("cancelled", [], {})
    assert len(run("""SELECT id FROM refunds WHERE "orderId" = %s""", order_id(made.order_number))) == paid_before


def test_a_visit_the_old_program_cancelled_takes_its_order_along_and_its_money_goes_back() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    pay(ada, made.order_number)
    run("UPDATE appointments SET status = 'Cancelled' WHERE number = %s", made.number)

    done = paid.sweep(NOW, limit=100), paid.sweep(NOW, limit=100)

    assert (done, held_times(ref), orders.get(ada, made.order_number).status) == ((1, 0), [], "cancelled")
    assert run("""SELECT "amountKobo" FROM refunds WHERE "orderId" = %s""", order_id(made.order_number)) == [(500_000,)]


def test_money_for_a_visit_the_old_program_cancelled_goes_back() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))
    run("UPDATE appointments SET status = 'Cancelled' WHERE number = %s", made.number)

    assert pay(ada, made.order_number).kind == "late"


def test_a_held_visit_whose_order_is_gone_is_not_held_for_ever() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    visits_left()
    run('DELETE FROM orders WHERE "orderNumber" = %s', made.order_number)

    assert (visits_left(), visits_left()) == ("1 settled", "")
    assert (state_of(made.number), held_times(ref)) == ("expired", [])


def test_the_old_program_books_beside_and_its_fee_is_nothing_here() -> None:
    ada, ref = a_customer(), a_doctor()
    booked(ada, ref)
    ((user,),) = run("""SELECT "userId" FROM customers WHERE id = %s""", ada)
    ((state,),) = run(
        """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt") VALUES (%s, %s, %s, now(), now())
           RETURNING state""",
        *(user, int(ref[1:]), TWO),
    )

    assert (state, held_times(ref)) == ("booked", [TWO])
    assert visits.visits(ada, past=False, limit=10, offset=0, now=NOW).total == 2


def test_money_is_shown_with_the_visit() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))

    assert visits.visit(ada, made.number).fee == Money(500_000)
