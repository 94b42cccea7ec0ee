"""The clock's part of payments: what is due is found, unpaid orders end, and the night's comparison leaves no difference unseen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from jobs import money
from jobs.schedule import TIMETABLE
from models.base import connection
from models.payments import tasks
from models.payments.reconciling import LAGOS
from tests.factories import stock_of
from tests.payment_counter import Counter, counter, world
from worker import payments, reconciling
from worker.broker import depths
from worker.messages import START_PAYMENT

__all__ = ["counter", "world"]  # fixtures
QUEUE = START_PAYMENT.queue


def waiting() -> int:
    return depths((QUEUE,))[QUEUE]


def today() -> date:
    return datetime.now(LAGOS).date()


def test_with_redis_emptied_the_sweeps_bring_back_whatever_is_due(counter: Counter) -> None:
    counter.begin()
    asked = counter.opened()
    counter.perform(asked.customer_id, "check_payment", number=asked.order_number)
    counter.told(b'{"event":"charge.success","data":{"id":5,"reference":"x-a1"}}', "new")
    refunded = counter.opened()
    counter.providers.pay(refunded.reference)
    payments.check(refunded.id)
    counter.cancel(refunded)
    counter.later(minutes=1)

    outcomes = [job() for job in (money.payments_to_start, money.payments_to_check, money.payment_events, money.due_refunds)]

    assert outcomes == ["1 hinted"] * 4
    assert waiting() == 4


def test_what_is_fresh_is_left_to_its_own_hint(counter: Counter) -> None:
    counter.begin()

    assert money.payments_to_start() == ""


def test_an_unpaid_order_ends_after_its_provider_was_asked_once_more_and_its_customer_hears_it(counter: Counter) -> None:
    attempt = counter.opened()
    ref = line_of(attempt.order_id)
    before = stock_of(ref) or 0
    counter.later(minutes=31)

    assert money.expired_orders() == ""  # somebody may be paying just now
    counter.work()

    assert money.expired_orders() == "1 expired"
    assert (counter.state(attempt), (stock_of(ref) or 0) - before) == ("expired", 2)
    assert counter.heard(attempt)[-1] == "order_expired"
    assert counter.said(attempt, "order_expired") == {"order_number": attempt.order_number}
    assert money.expired_orders() == ""


def test_an_order_that_was_paid_in_its_last_minute_does_not_end(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    counter.later(minutes=31)

    money.expired_orders()
    counter.work()
    money.expired_orders()

    assert counter.state(attempt) == "paid"


def test_money_for_an_order_that_has_ended_takes_it_up_again_or_goes_back(counter: Counter) -> None:
    first, second = counter.opened(), counter.opened()
    counter.later(minutes=31)
    counter.work()
    assert money.expired_orders() == "2 expired"
    ref = line_of(second.order_id)
    connection().execute("UPDATE products SET stock = 0 WHERE id = %s", (int(ref[1:]),))
    for attempt in (first, second):
        counter.providers.pay(attempt.reference, late=True)
        payments.check(attempt.id)

    counter.work()

    assert [counter.state(each) for each in (first, second)] == ["paid", "expired"]
    assert counter.refund(second).reason == "late"
    counter.adds_up()


def line_of(order_id: int) -> str:
    row = connection().execute("""SELECT "productId" FROM order_items WHERE "orderId" = %s""", (order_id,)).fetchone()
    return f"m{row[0]}"


# --------------------------------------------------------------------------------------------------- the night


@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_a_payment_nobody_told_us_of_is_found_at_night_and_settled(counter: Counter, provider: str) -> None:
    attempt = counter.opened(provider)
    counter.providers.pay(attempt.reference)

    reconciling.reconcile(today().toordinal())

    assert counter.state(attempt) == "paid"
    assert tasks.page() == []


def test_a_day_on_which_all_agree_leaves_no_task_however_often_it_is_compared(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)

    nights = [reconciling.reconcile(today().toordinal()) for _ in range(2)]

    assert [[(each.settled, each.tasks) for each in night] for night in nights] == [[(0, 0), (0, 0)]] * 2


def test_money_of_ours_that_the_provider_does_not_know_is_a_task_once(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    connection().execute("""UPDATE payments SET "transactionId" = '99999999', reference = 'GONE-a1'""")

    for _ in range(2):
        reconciling.reconcile(today().toordinal())

    assert "missing_there" in counter.tasks()
    assert len(counter.tasks()) == len(set(counter.tasks()))


def test_another_amount_than_ours_is_a_task(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    connection().execute("""UPDATE payments SET "amountKobo" = "amountKobo" + 500""")

    reconciling.reconcile(today().toordinal())

    assert counter.tasks() == ["amount_differs"]


def test_a_provider_whose_list_cannot_be_read_is_told_to_people_and_the_other_is_compared(counter: Counter) -> None:
    counter.providers.fault(on="list", provider="paystack", http=503, times=None)
    attempt = counter.opened("flutterwave")
    counter.providers.pay(attempt.reference)

    reconciling.reconcile(today().toordinal())

    assert counter.alarms == ["payments: paystack: a day could not be compared"]
    assert counter.state(attempt) == "paid"


def test_what_was_paid_days_after_it_was_begun_is_no_difference(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    day = today() - timedelta(days=3)  # the list of that day does not have it, verify does
    connection().execute("""UPDATE payments SET "paidAt" = "paidAt" - interval '3 days'""")

    reconciling.reconcile(day.toordinal())

    assert tasks.page() == []


@pytest.mark.parametrize(("hour", "asked"), [(1, 0), (2, 1), (5, 1), (6, 0), (14, 0)])
def test_yesterday_is_compared_at_night(counter: Counter, monkeypatch: pytest.MonkeyPatch, hour: int, asked: int) -> None:
    monkeypatch.setattr(money, "_now", lambda conn: datetime(2026, 11, 24, hour, 10, tzinfo=LAGOS).astimezone(UTC))

    told = money.nightly_comparison()

    assert waiting() == asked
    assert told == ("asked for 2026-11-23" if asked else "")


def at_night(monkeypatch: pytest.MonkeyPatch, hour: int = 3) -> None:
    """The clock of the database says so: the job may run at any time of the day of whoever tests it."""
    night = datetime.now(LAGOS).replace(hour=hour, minute=0).astimezone(UTC)
    monkeypatch.setattr(money, "_now", lambda conn: night)


def test_what_the_old_program_cancelled_without_a_refund_goes_back_at_night(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    connection().execute("UPDATE stock_reservations SET state = 'sold'")  # nothing of it is held any more
    connection().execute("UPDATE orders SET status = 'Cancelled' WHERE id = %s", (attempt.order_id,))
    at_night(monkeypatch, hour=12)
    assert money.money_left_behind() == ""

    at_night(monkeypatch)

    assert [money.money_left_behind() for _ in range(2)] == ["1 given back", ""]
    counter.work()
    assert counter.refund(attempt).reason == "cancelled"
    counter.adds_up()


def test_books_that_do_not_add_up_call_people_with_the_ids(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    assert (money.books(), counter.alarms) == ("0 violations", [])
    called: list[dict[str, object]] = []
    monkeypatch.setattr("worker.sentry.alarm", lambda name, **ids: called.append(ids))  # Sentry is outside
    connection().execute("""UPDATE payments SET "appliedKobo" = 0""")

    outcome = money.books()

    (payment,) = connection().execute("SELECT id FROM payments").fetchone()
    assert (outcome, called) == ("1 violations", [{"violations": 1, "ids": f"unaccounted:{payment}"}])


def test_bodies_of_old_webhooks_are_emptied_and_a_replay_is_still_known(counter: Counter) -> None:
    body = b'{"event":"transfer.success","data":{"id":5}}'
    counter.told(body, "old")
    counter.work()
    connection().execute("""UPDATE payment_events SET "handledAt" = now() - interval '31 days'""")

    assert money.old_event_bodies() == "1 emptied"

    assert counter.told(body, "old") is None


def test_all_of_it_is_on_the_timetable() -> None:
    names = {job.run.__name__ for job in TIMETABLE if job.run.__module__ == "jobs.money"}

    assert names == {
        "payments_to_start",
        "payments_to_check",
        "payment_events",
        "due_refunds",
        "expired_orders",
        "nightly_comparison",
        "money_left_behind",
        "books",
        "old_event_bodies",
    }
