"""What staff do with orders, verb by verb on PostgreSQL: what may follow what, what is refused and why, and who hears of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from models import base, fulfilment, order_desk, orders
from models.base import connection
from models.fulfilment import REASONS, TARGETS, Moved
from models.payments import accounts, refunds
from models.values import Money, Refused
from tests.factories import NOW, a_colleague, a_customer, a_product, an_order, order_id, stock_of
from tests.fulfilling import ACTS, RIDER, a_paid_order, an_order_in, last_event, refused, state_of, told


@pytest.fixture(autouse=True)
def shop(database_url: str) -> Iterator[None]:
    base.bind(database_url)
    yield
    base.drop_connection()


# --------------------------------------------------------------------------------------------------- each act


def test_a_paid_order_is_prepared_shipped_and_delivered_and_its_customer_hears_of_each_step() -> None:
    ada, by = a_customer(), a_colleague().id
    number = a_paid_order(ada)

    made = [ACTS[act](number, by) for act in ("process", "ship", "deliver")]

    assert made == [Moved(number, order_id(number), ada)] * 3
    rider = {"rider": "Sunday Etim", "rider_phone": "+2348031234567"}
    usual = {"order_number": number, "rider": "", "rider_phone": "", "reason": ""}
    assert told(ada) == [
        usual | {"to": "processing"},
        usual | {"to": "shipped"} | rider,
        usual | {"to": "delivered"},
    ]
    shown = orders.get(ada, number)
    assert (shown.status, shown.rider, shown.rider_phone) == ("delivered", "Sunday Etim", "+2348031234567")


def test_each_step_is_in_the_log_under_its_person_and_a_rider_is_not() -> None:
    number, by = a_paid_order(), a_colleague().id
    ACTS["process"](number, by)
    ACTS["ship"](number, by)

    what, who, detail = last_event(number)

    assert (what, who, detail) == ("shipped", f"staff:{by}", {"from": "processing"})


def test_cash_is_received_when_the_order_is_delivered_and_the_log_says_who_took_how_much() -> None:
    ada, by = a_customer(), a_colleague().id
    number = an_order(ada)
    ACTS["ship"](number, by)
    before = orders.get(ada, number).payment_status

    ACTS["deliver"](number, by)

    after = orders.get(ada, number)
    assert (before, after.payment_status, after.status) == ("pending", "paid", "delivered")
    assert last_event(number) == ("delivered", f"staff:{by}", {"from": "shipped", "cash_kobo": after.total.kobo})
    old = connection().execute("""SELECT status, "paymentStatus" FROM orders WHERE "orderNumber" = %s""", (number,)).fetchone()
    assert old == ("Delivered", "Paid")


def test_a_pick_up_order_is_ready_without_a_rider() -> None:
    ada = a_customer()
    number = an_order(ada, delivery="pickup")

    fulfilment.ship(number, "Sunday Etim", "not a number", by=a_colleague().id, now=NOW)

    assert told(ada)[0] == {"order_number": number, "to": "shipped", "rider": "", "rider_phone": "", "reason": ""}
    assert orders.get(ada, number).rider == ""


def test_a_rider_is_not_in_what_an_order_says_of_itself_in_a_log() -> None:
    ada = a_customer()
    number = an_order(ada)
    ACTS["ship"](number, a_colleague().id)

    assert "Sunday" not in repr(orders.get(ada, number)) + repr(order_desk.case(number))


@pytest.mark.parametrize("paid", [True, False])
def test_a_cancelled_order_gives_stock_and_money_back_and_says_whether_there_is_any(paid: bool) -> None:
    ada, ref = a_customer(), a_product(stock=10)
    number = a_paid_order(ada, lines={ref: 3}) if paid else an_order(ada, {ref: 3})

    made = ACTS["cancel"](number, a_colleague().id)

    assert stock_of(ref) == 10
    assert len(made.refunds) == paid
    assert told(ada)[-1] == {
        "order_number": number, "to": "cancelled", "rider": "", "rider_phone": "", "reason": "no_rider", "refund": paid,
    }  # fmt: skip
    assert accounts.violations() == []


def test_all_or_a_part_of_the_money_goes_back_and_the_order_stays_until_it_has_gone() -> None:
    part, whole, by = a_paid_order(), a_paid_order(), a_colleague().id
    total = fulfilment.standing(whole).total

    made = fulfilment.refund(part, Money(40_000), "damaged", by=by, now=NOW).refunds + ACTS["refund"](whole, by).refunds

    found = [refunds.get(refund) for refund in made]
    assert [(each.amount, each.reason, each.requested_by, each.status) for each in found] == [
        (Money(40_000), "damaged", f"staff:{by}", "wanted"),
        (total, "goodwill", f"staff:{by}", "wanted"),
    ]
    assert [state_of(part), state_of(whole)] == ["paid", "paid"]
    refunds.done(refunds.claim(made[1], 30, now=NOW), now=NOW)
    assert state_of(whole) == "refunded"


def test_a_customer_of_the_old_system_who_was_claimed_hears_of_their_old_order() -> None:
    ada = a_customer()
    number = an_order(ada)
    connection().execute("""UPDATE orders SET "customerId" = NULL WHERE "orderNumber" = %s""", (number,))

    made = ACTS["ship"](number, a_colleague().id)

    assert (made.customer_id, len(told(ada))) == (ada, 1)


def test_an_unpaid_order_says_how_long_it_is_held_and_no_other_does() -> None:
    ada = a_customer()
    unpaid, cash = an_order(ada, payment="paystack"), an_order(ada)

    assert orders.get(ada, unpaid).reserved_until == NOW + timedelta(minutes=30)
    assert orders.get(ada, cash).reserved_until is None


# --------------------------------------------------------------------------------------------------- what may follow what

NEXT = {
    ("pending_payment", "paystack"): {"cancel"},
    ("paid", "paystack"): {"process", "ship", "cancel", "refund"},
    ("processing", "paystack"): {"ship", "cancel", "refund"},
    ("processing", "cash"): {"ship", "cancel"},
    ("shipped", "paystack"): {"deliver", "refund"},
    ("shipped", "cash"): {"deliver"},
    ("delivered", "paystack"): {"refund"},
    ("delivered", "cash"): set(),
    ("cancelled", "cash"): set(),
    ("expired", "paystack"): set(),
    ("refunded", "paystack"): set(),
}


@pytest.mark.parametrize(("state", "payment", "act"), [(*key, act) for key, act in itertools.product(NEXT, TARGETS)])
def test_an_act_is_done_where_it_may_be_and_offered_nowhere_else(state: str, payment: str, act: str) -> None:
    number, by = an_order_in(state, payment), a_colleague().id
    offered = fulfilment.standing(number).acts()
    try:
        ACTS[act](number, by)
        done = True
    except Refused:
        done = False

    assert done == (act in offered) == (act in NEXT[state, payment])
    if not done:
        assert state_of(number) == state


@pytest.mark.parametrize(
    ("state", "payment", "act", "code"),
    [
        ("pending_payment", "paystack", "process", "not_paid"),
        ("pending_payment", "paystack", "ship", "not_paid"),
        ("pending_payment", "paystack", "refund", "not_paid"),
        ("paid", "paystack", "deliver", "not_yet"),
        ("shipped", "paystack", "cancel", "moved"),
        ("delivered", "cash", "refund", "cash_by_hand"),
        ("expired", "paystack", "ship", "moved"),
        ("cancelled", "paystack", "refund", "nothing_left"),
    ],
)
def test_what_is_refused_says_why(state: str, payment: str, act: str, code: str) -> None:
    number = an_order_in(state, payment)

    assert refused(lambda: ACTS[act](number, a_colleague().id)).code == code


def test_who_comes_second_is_told_who_was_first_and_when() -> None:
    number, first = an_order(a_customer()), a_colleague().id
    ACTS["ship"](number, first)

    no = refused(lambda: fulfilment.ship(number, *RIDER, by=a_colleague().id, now=NOW + timedelta(minutes=5)))

    assert (no.code, no.detail) == ("moved", {"state": "shipped", "who": f"staff:{first}", "at": NOW})


def test_an_unknown_order_is_refused() -> None:
    for act in ACTS.values():
        assert refused(lambda act=act: act("123", a_colleague().id)).code == "unknown"


@pytest.mark.parametrize("reason", ["", "because", "goodwill"])
def test_a_cancellation_needs_one_of_its_reasons(reason: str) -> None:
    number = an_order(a_customer())

    assert refused(lambda: fulfilment.cancel(number, reason, by=1, now=NOW)).code == "bad_reason"
    assert "goodwill" not in REASONS


# --------------------------------------------------------------------------------------------------- riders


@pytest.mark.parametrize(
    "typed",
    ["08031234567", "0803 123 4567", "+234 803 123 4567", "2348031234567", "+234(0)803-123-4567", "0803.123.4567"],
)
def test_a_mobile_number_is_read_however_it_is_typed(typed: str) -> None:
    assert fulfilment.mobile_number(typed) == "+2348031234567"


@pytest.mark.parametrize("typed", ["", "0803 123 456", "08031234567 8", "+447700900123", "01 123 4567", "call me", "٠٨٠٣١٢٣٤٥٦٧"])
def test_what_is_no_nigerian_mobile_number_is_refused(typed: str) -> None:
    assert refused(lambda: fulfilment.mobile_number(typed)).code == "bad_phone"


@pytest.mark.parametrize("typed", ["Sunday Etim", "  J.  Okafor ", "Adébáyọ̀ Ọláolú", "Aisha Bello-Sani", "O’Neil Ita"])
def test_a_name_is_taken_as_people_write_it(typed: str) -> None:
    assert fulfilment.rider_name(typed)


@pytest.mark.parametrize(
    "typed", ["", "X", "J.", "0803 123 4567", "see https://x.example", "Su\u202enday", "a" * 41, "<b>Su</b>", "--"]
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    number = an_order(a_customer())

    assert refused(lambda: fulfilment.ship(number, typed, RIDER[1], by=1, now=NOW)).code == "bad_rider"
    assert state_of(number) == "processing"
