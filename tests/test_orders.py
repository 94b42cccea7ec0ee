"""Orders on a real PostgreSQL: who sees them, how they move on, what the old program makes of them."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta

import psycopg
import pytest

from models import base, orders
from models.customers import merge
from models.values import Money, Refused
from tests.factories import FEE, NOW, a_customer, a_product, an_order, order_id, stock_of
from tests.shops import run, shop

__all__ = ["shop"]  # a fixture


LATER = NOW + timedelta(minutes=31)


def state_of(number: str) -> str:
    return str(run("""SELECT state FROM orders WHERE "orderNumber" = %s""", number)[0][0])


def events_of(number: str) -> list[tuple]:
    return run("""SELECT what, who, detail->>'from' FROM order_events WHERE "orderId" = %s ORDER BY id""", order_id(number))


def an_old_order(status: str | None, payment: str | None, method: str = "Paystack", *, user: int | None = None) -> int:
    """An order as the old program writes it: without any of our columns."""
    if user is None:
        user = run('INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")'
                   " VALUES ('Old', gen_random_uuid(), 'x', '+2348030001001', now(), now()) RETURNING id")[0][0]  # fmt: skip
    return int(
        run(
            """INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "paymentStatus", "shippingAddress",
                   "createdAt", "updatedAt") VALUES (%s, %s, 1050.3000000000002, %s, %s, 'To be provided', now(), now())
               RETURNING id""",
            user,
            status,
            method,
            payment,
        )[0][0]
    )


# --------------------------------------------------------------------------------------------------- reading


def test_an_order_shows_what_was_bought_at_the_price_of_that_day() -> None:
    ada, ref = a_customer(), a_product("Omeprazole 20mg", price="1850.25")
    number = an_order(ada, {ref: 2})
    run("UPDATE products SET price = 9999, name = 'Renamed' WHERE id = %s", int(ref[1:]))

    order = orders.get(ada, number)

    assert order is not None
    assert (order.status, order.payment, order.payment_status, order.cancellable) == ("processing", "cash", "pending", True)
    assert [(x.name, x.quantity, x.price, x.line_total) for x in order.lines] == [
        ("Omeprazole 20mg", 2, Money(185_025), Money(370_050))
    ]
    assert (order.total, order.delivery_fee, order.placed_at) == (Money(370_050) + FEE, FEE, NOW)


def test_somebody_elses_order_is_as_unknown_as_none() -> None:
    ada, bola = a_customer(), a_customer()
    number = an_order(ada)

    assert orders.get(bola, number) is None
    assert orders.get(ada, "1234567890123") is None
    assert orders.get(bola, str(order_id(number))) is None
    with pytest.raises(Refused, match="unknown"):
        orders.cancel(bola, number, now=NOW)
    assert state_of(number) == "processing"


@pytest.mark.parametrize("typed", [" {} ", "#{}", "# {}"])
def test_a_number_is_understood_as_people_write_it(typed: str) -> None:
    ada = a_customer()
    number = an_order(ada)

    found = orders.get(ada, typed.format(number))

    assert found is not None
    assert found.number == number


@pytest.mark.parametrize("typed", ["", "%", "1' OR '1'='1", "\x00", "9" * 5000, "١٢٣"])
def test_nonsense_for_a_number_finds_nothing(typed: str) -> None:
    assert orders.get(a_customer(), typed) is None


def test_history_is_paged_newest_first_with_the_whole_count() -> None:
    ada, bola = a_customer(), a_customer()
    mine = [an_order(ada) for _ in range(3)]
    an_order(bola)

    first, second, beyond = (orders.of(ada, limit=2, offset=offset) for offset in (0, 2, 50))

    assert [order.number for order in (*first.orders, *second.orders)] == mine[::-1]
    assert (first.total, second.total, beyond.total, beyond.orders) == (3, 3, 3, ())
    assert orders.of(a_customer()) == orders.OrderPage()


def test_orders_of_the_old_system_are_seen_once_its_account_was_claimed_and_never_by_phone_number() -> None:
    old = an_old_order("Processing", "Pending")
    user = run('SELECT "userId" FROM orders WHERE id = %s', old)[0][0]
    ada = a_customer(number="2348030001001", registered=False)
    assert orders.of(ada).total == 0

    an_old_order("Processing", "Pending")  # of somebody else with the same number
    run('UPDATE customers SET "userId" = %s WHERE id = %s', user, ada)

    (order,) = orders.of(ada).orders
    assert (order.number, order.status, order.total, order.lines) == (str(old), "pending_payment", Money(105_030), ())


def test_two_customers_who_had_an_account_each_keep_the_old_orders_of_either() -> None:
    ada, other = a_customer(), a_customer()
    old = [
        str(an_old_order("Delivered", "Paid", user=run('SELECT "userId" FROM customers WHERE id = %s', who)[0][0]))
        for who in (ada, other)
    ]

    with base.connection().transaction():
        merge(base.connection(), source=other, target=ada)

    assert sorted(order.number for order in orders.of(ada).orders) == sorted(old)


def test_a_line_of_the_old_system_is_named_after_its_product() -> None:
    old, ref = an_old_order("Delivered", "Paid"), a_product("Old Antacid", active=False)
    user = run('SELECT "userId" FROM orders WHERE id = %s', old)[0][0]
    run("""INSERT INTO order_items ("orderId", "productId", quantity, price, "createdAt", "updatedAt")
           VALUES (%s, %s, 3, 350.1, now(), now())""", old, int(ref[1:]))  # fmt: skip
    ada = a_customer(registered=False)
    run('UPDATE customers SET "userId" = %s WHERE id = %s', user, ada)

    order = orders.get(ada, str(old))

    assert order is not None
    assert [(x.name, x.price, x.line_total) for x in order.lines] == [("Old Antacid", Money(35_010), Money(105_030))]


# --------------------------------------------------------------------------------------------------- moving on


@pytest.mark.parametrize(("was", "to"), list(itertools.product(orders.TRANSITIONS, repeat=2)))
def test_an_order_moves_only_as_the_table_allows(was: str, to: str) -> None:
    number = an_order(a_customer(), payment="paystack")
    run("""UPDATE orders SET state = %s WHERE "orderNumber" = %s""", was, number)

    moved = orders.move(order_id(number), to, who="staff:7", now=LATER)

    assert moved == (to in orders.TRANSITIONS[was])
    assert state_of(number) == (to if moved else was)
    assert (("staff:7", was) in [(who, before) for what, who, before in events_of(number)]) == moved


def test_of_ten_who_move_an_order_at_once_one_does() -> None:
    ref = a_product(stock=10)
    number = an_order(a_customer(), {ref: 4})
    done = []

    def cancelling() -> None:
        done.append(orders.move(order_id(number), "cancelled", who="test", now=NOW))
        base.drop_connection()

    threads = [threading.Thread(target=cancelling) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(done) == [False] * 9 + [True]
    assert stock_of(ref) == 10


@pytest.mark.parametrize("payment", ["cash", "paystack", "flutterwave"])
def test_cancelling_puts_the_stock_back_once_and_is_logged(payment: str) -> None:
    ada, medicine, device = a_customer(), a_product(stock=10), a_product(kind="health", stock=3)
    number = an_order(ada, {medicine: 4, device: 3}, payment=payment)
    assert (stock_of(medicine), stock_of(device)) == (6, 0)

    assert orders.cancel(ada, f"#{number}", now=LATER) == number

    assert (stock_of(medicine), stock_of(device)) == (10, 3)
    assert events_of(number)[-1][:2] == ("cancelled", f"customer:{ada}")
    with pytest.raises(Refused, match="already"):
        orders.cancel(ada, number, now=LATER)
    assert (stock_of(medicine), stock_of(device)) == (10, 3)


@pytest.mark.parametrize("state", ["shipped", "delivered"])
def test_what_left_the_house_cannot_be_cancelled(state: str) -> None:
    ada, ref = a_customer(), a_product(stock=10)
    number = an_order(ada, {ref: 4}, state=state)

    with pytest.raises(Refused, match="too_late"):
        orders.cancel(ada, number, now=LATER)

    assert state_of(number) == state
    assert stock_of(ref) == 6


@pytest.mark.parametrize("state", ["expired", "refunded", "cancelled"])
def test_what_is_over_is_already_over(state: str) -> None:
    ada = a_customer()
    number = an_order(ada)
    run("""UPDATE orders SET state = %s WHERE "orderNumber" = %s""", state, number)

    with pytest.raises(Refused, match="already"):
        orders.cancel(ada, number, now=LATER)


def test_an_unpaid_order_expires_after_half_an_hour_and_its_stock_returns() -> None:
    ada, ref = a_customer(), a_product(stock=10)
    number = an_order(ada, {ref: 4}, payment="paystack")

    early = orders.expire_due(NOW + timedelta(minutes=29))
    late = orders.expire_due(NOW + timedelta(minutes=30))

    assert number not in [one.number for one in early]
    assert (order_id(number), ada, number) in late
    assert (state_of(number), stock_of(ref)) == ("expired", 10)
    assert orders.expire_due(LATER) == []


def test_a_paid_order_and_a_cash_order_keep_their_stock() -> None:
    ada, ref = a_customer(), a_product(stock=10)
    paid, cash = an_order(ada, {ref: 4}, payment="paystack", state="paid"), an_order(ada, {ref: 3})

    orders.expire_due(NOW + timedelta(days=30))

    assert (state_of(paid), state_of(cash), stock_of(ref)) == ("paid", "processing", 3)


def test_refunding_what_was_never_sent_returns_the_stock_and_what_was_sent_does_not() -> None:
    ada, kept, sent = a_customer(), a_product(stock=10), a_product(stock=10)
    first = an_order(ada, {kept: 4}, payment="paystack", state="paid")
    second = an_order(ada, {sent: 4}, state="delivered")

    for number in (first, second):
        assert orders.move(order_id(number), "refunded", who="staff:1", now=LATER)

    assert (stock_of(kept), stock_of(sent)) == (10, 6)


def test_expiring_twice_at_once_returns_the_stock_once() -> None:
    ref = a_product(stock=12)
    numbers = [an_order(a_customer(), {ref: 2}, payment="paystack") for _ in range(6)]
    found: list[orders.Expired] = []

    def expiring() -> None:
        found.extend(orders.expire_due(LATER))
        base.drop_connection()

    threads = [threading.Thread(target=expiring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(one.number for one in found if one.number in numbers) == sorted(numbers)
    assert stock_of(ref) == 12


def test_what_happened_to_an_order_cannot_be_rewritten() -> None:
    number = an_order(a_customer())
    ours = order_id(number)

    with pytest.raises(psycopg.errors.RaiseException):
        run("""UPDATE order_events SET who = 'nobody' WHERE "orderId" = %s""", ours)
    with pytest.raises(psycopg.errors.RaiseException):
        run("""DELETE FROM order_events WHERE "orderId" = %s""", ours)

    run("DELETE FROM orders WHERE id = %s", ours)
    assert run("""SELECT 1 FROM order_events WHERE "orderId" = %s""", ours) == []


# --------------------------------------------------------------------------------------------------- the old program


@pytest.mark.parametrize(
    ("status", "payment", "method", "state"),
    [
        ("Processing", "Pending", "Paystack", "pending_payment"),
        ("Processing", "Failed", "Flutterwave", "pending_payment"),
        (None, None, "Flutterwave", "pending_payment"),
        ("Processing", "Pending", "Cash on Delivery", "processing"),
        (None, "Paid", "Paystack", "paid"),
        ("Processing", "Paid", "Cash on Delivery", "paid"),
        ("Shipped", "Failed", "Paystack", "shipped"),
        ("Delivered", "Paid", "Cash on Delivery", "delivered"),
        ("Cancelled", "Paid", "Paystack", "cancelled"),
    ],
)
def test_an_order_the_old_program_inserts_gets_a_state_and_its_id_as_number(
    status: str | None, payment: str | None, method: str, state: str
) -> None:
    old = an_old_order(status, payment, method)

    assert run("""SELECT state, "orderNumber", status, "paymentStatus" FROM orders WHERE id = %s""", old) == [
        (state, str(old), status, payment)
    ]


@pytest.mark.parametrize(
    ("state", "status", "payment"),
    [
        ("paid", "Processing", "Paid"),
        ("cancelled", "Cancelled", "Pending"),
        ("expired", "Cancelled", "Failed"),
    ],
)
def test_the_old_program_reads_what_we_wrote(state: str, status: str, payment: str) -> None:
    number = an_order(a_customer(), payment="paystack")
    assert run("""SELECT status, "paymentStatus" FROM orders WHERE "orderNumber" = %s""", number) == [("Processing", "Pending")]

    assert orders.move(order_id(number), state, who="test", now=LATER)

    assert run("""SELECT status, "paymentStatus" FROM orders WHERE "orderNumber" = %s""", number) == [(status, payment)]


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("""status = 'Shipped', "paymentStatus" = 'Paid'""", "shipped"),  # what its payment webhook writes
        (""""paymentStatus" = 'Paid'""", "paid"),
        (""""paymentStatus" = 'Failed'""", "pending_payment"),
        ("status = 'Cancelled'", "cancelled"),
        ("status = 'Delivered'", "delivered"),
        ("status = status", "pending_payment"),
        (""""shippingAddress" = 'elsewhere'""", "pending_payment"),
    ],
)
def test_what_the_old_program_writes_moves_the_state_and_is_logged_as_its_doing(written: str, state: str) -> None:
    number = an_order(a_customer(), payment="paystack")

    run(f"UPDATE orders SET {written} WHERE id = %s", order_id(number))

    assert state_of(number) == state
    told = [] if state == "pending_payment" else [(state, "pending_payment")]
    assert [(what, before) for what, who, before in events_of(number) if who == "old system"] == told


def test_a_finer_state_of_ours_survives_what_the_old_program_writes_beside_it() -> None:
    number = an_order(a_customer(), payment="paystack")
    ours = order_id(number)
    orders.move(ours, "expired", who="clock", now=LATER)

    run("""UPDATE orders SET "paymentStatus" = 'Pending' WHERE id = %s""", ours)
    assert state_of(number) == "expired"

    cash = an_order(a_customer())
    run("""UPDATE orders SET "paymentStatus" = 'Paid' WHERE id = %s""", order_id(cash))
    assert state_of(cash) == "processing"


@pytest.mark.parametrize(("status", "left"), [("Cancelled", 10), ("Shipped", 6)])
def test_what_the_old_program_ends_gives_its_reservation_up(status: str, left: int) -> None:
    ref = a_product(stock=10)
    number = an_order(a_customer(), {ref: 4})
    run("UPDATE orders SET status = %s WHERE id = %s", status, order_id(number))

    for _ in range(2):
        orders.expire_due(NOW)

    assert stock_of(ref) == left
    assert run("""SELECT 1 FROM stock_reservations WHERE state = 'held' AND "orderId" = %s""", order_id(number)) == []


def test_the_old_program_may_insert_although_a_number_like_its_id_is_taken() -> None:
    number = an_order(a_customer())
    (following,) = run("SELECT last_value + 1 FROM orders_id_seq")[0]
    run("""UPDATE orders SET "orderNumber" = %s WHERE "orderNumber" = %s""", str(following), number)

    old = an_old_order("Processing", "Pending")

    assert run("""SELECT "orderNumber" FROM orders WHERE id = %s""", old) == [(f"V{old}",)]


def test_a_line_is_either_a_medicine_or_a_health_product() -> None:
    ours = order_id(an_order(a_customer()))
    medicine, device = a_product(), a_product(kind="health")

    for ids in ((None, None), (int(medicine[1:]), int(device[1:]))):
        with pytest.raises(psycopg.errors.CheckViolation):
            run(
                """INSERT INTO order_items (
                       "orderId", "productId", "healthcareProductId", quantity, price, "createdAt", "updatedAt")
                   VALUES (%s, %s, %s, 1, 1, now(), now())""",
                ours,
                *ids,
            )
