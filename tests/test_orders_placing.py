"""Checkout on a real PostgreSQL: one order, exact money, stock reserved, whoever comes at the same time."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import psycopg
import pytest

from models import base, carts, checkout, orders
from models.base import connection
from models.checkout import Placed, Wish
from models.values import Money, Refused
from tests.children import Children
from tests.factories import FEE, NOW, a_customer, a_product, an_order, order_id, stock_of
from tests.servers import Databases

CASH = Wish("delivery", "cash", "key-1", "12 Allen Avenue, Ikeja")


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[str]:
    """One database for the module: every test brings its own customers and products."""
    with databases.fresh() as url:
        base.bind(url)
        yield url
        base.drop_connection()


def run(statement: str, *values: object) -> list[tuple]:
    done = connection().execute(statement, values)
    return done.fetchall() if done.description else []


def a_cart(lines: dict[str, int], *, customer: int = 0) -> int:
    customer = customer or a_customer()
    for ref, quantity in lines.items():
        carts.add(customer, ref, quantity, now=NOW)
    return customer


def place(customer: int, wish: Wish = CASH) -> Placed:
    return checkout.place(customer, wish, delivery_fee=FEE, now=NOW)


def refusal(customer: int, wish: Wish = CASH) -> Refused:
    before = run("SELECT count(*) FROM orders")
    with pytest.raises(Refused) as caught:
        place(customer, wish)
    assert run("SELECT count(*) FROM orders") == before
    return caught.value


def at_once(work: list[Callable[[], object]]) -> list[object]:
    """What each gave or raised, all begun together, each on a connection of its own."""
    given: list[object] = []
    ready = threading.Barrier(len(work))

    def one(do: Callable[[], object]) -> None:
        base.connection()
        ready.wait(timeout=20)
        try:
            given.append(do())
        except Exception as e:  # noqa: BLE001 - the test looks at what was raised
            given.append(e)
        base.drop_connection()

    threads = [threading.Thread(target=one, args=(do,)) for do in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return given


def test_an_order_fixes_prices_takes_stock_and_empties_the_cart() -> None:
    vitamin, device = a_product(price="1499.9", stock=10), a_product("Thermometer", kind="health", price="2000", stock=3)
    ada = a_cart({vitamin: 3, device: 1})

    placed = place(ada)

    assert placed.total == Money(3 * 149_990 + 200_000) + FEE
    assert (placed.delivery_fee, placed.waiting, placed.payment) == (FEE, (), "cash")
    assert (stock_of(vitamin), stock_of(device)) == (7, 2)
    assert carts.of(ada).empty
    ((old_total, kobo),) = run("""SELECT "totalAmount", "totalKobo" FROM orders WHERE "orderNumber" = %s""", placed.number)
    assert (old_total, kobo) == (7_999.7, 799_970)  # the old program's column says the same


def test_the_total_is_the_sum_of_the_lines_and_the_fee() -> None:
    ada = a_cart({a_product(price=price): quantity for price, quantity in (("0.1", 3), ("0.2", 1), ("33.33", 7))})

    placed = place(ada)

    order = orders.get(ada, placed.number)
    assert order is not None
    assert sum((line.line_total for line in order.lines), order.delivery_fee) == order.total == placed.total
    assert order.total == Money(30 + 20 + 7 * 3_333) + FEE


def test_a_number_is_seven_digits_and_not_the_next_one() -> None:
    numbers = [int(place(a_cart({a_product(): 1})).number) for _ in range(5)]

    assert all(1_000_000 <= number <= 9_999_999 for number in numbers)
    assert len({b - a for a, b in itertools.pairwise(numbers)}) > 1


def test_a_number_that_is_taken_is_drawn_again() -> None:
    taken = place(a_cart({a_product(): 1})).number
    ref = a_product(stock=5)
    ada = a_cart({ref: 2})
    drawn = iter([taken, taken, "7654321"])

    placed = checkout.place(ada, CASH, delivery_fee=FEE, now=NOW, new_number=lambda: next(drawn))

    assert placed.number == "7654321"
    assert stock_of(ref) == 3


def test_when_no_number_is_free_nothing_happened() -> None:
    taken = place(a_cart({a_product(): 1})).number
    ref = a_product(stock=5)
    ada = a_cart({ref: 2})

    with pytest.raises(RuntimeError):
        checkout.place(ada, CASH, delivery_fee=FEE, now=NOW, new_number=lambda: taken)

    assert stock_of(ref) == 5
    assert not carts.of(ada).empty


def test_what_needs_a_prescription_waits_in_the_cart() -> None:
    otc, rx = a_product("Vitamin"), a_product("Amoxicillin", sale_class="pom", stock=9)
    ada = a_cart({otc: 1, rx: 2})

    placed = place(ada)

    assert placed.waiting == ("Amoxicillin",)
    assert [line.product.name for line in carts.of(ada).lines] == ["Amoxicillin"]
    assert stock_of(rx) == 9


def test_a_prescription_line_that_ran_out_does_not_hold_up_the_rest() -> None:
    otc, rx = a_product("Vitamin"), a_product("Amoxicillin", sale_class="pom")
    ada = a_cart({otc: 1, rx: 2})
    run("UPDATE products SET stock = 0 WHERE id = %s", int(rx[1:]))

    assert place(ada).waiting == ("Amoxicillin",)


def test_picking_up_costs_no_delivery_and_needs_no_address() -> None:
    ada = a_cart({a_product(price="100"): 1})

    placed = place(ada, Wish("pickup", "cash", "k"))

    order = orders.get(ada, placed.number)
    assert order is not None
    assert (placed.total, order.delivery, order.delivery_fee) == (Money(10_000), "pickup", Money(0))


def test_a_shared_location_is_an_address() -> None:
    ada = a_cart({a_product(): 1})

    number = place(ada, Wish("delivery", "cash", "k", "", 6.6018, 3.3515)).number

    order = orders.get(ada, number)
    assert order is not None
    assert order.address == "(6.601800, 3.351500)"
    assert run("""SELECT latitude, longitude FROM orders WHERE "orderNumber" = %s""", number) == [(6.6018, 3.3515)]


@pytest.mark.parametrize("payment", ["paystack", "flutterwave"])
def test_an_order_to_be_paid_online_is_reserved_for_half_an_hour(payment: str) -> None:
    ada = a_cart({a_product(): 1})

    number = place(ada, replace(CASH, payment=payment)).number

    assert run("""SELECT state, "reservedUntil" FROM orders WHERE "orderNumber" = %s""", number) == [
        ("pending_payment", NOW + timedelta(minutes=30))
    ]


# --------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "wish",
    [
        replace(CASH, address=""),
        replace(CASH, address="  Ikj  "),
        replace(CASH, address="x" * 501),
        replace(CASH, address="12 Allen\x00 Avenue"),
        replace(CASH, address="", latitude=6.6),
        replace(CASH, latitude=91.0, longitude=3.0),
        replace(CASH, latitude=float("nan"), longitude=3.0),
        replace(CASH, delivery="drone"),
    ],
)
def test_an_address_nobody_can_find_is_refused(wish: Wish) -> None:
    assert refusal(a_cart({a_product(): 1}), wish).code == "bad_address"


def test_an_unknown_way_to_pay_is_refused() -> None:
    assert refusal(a_cart({a_product(): 1}), replace(CASH, payment="cowries")).code == "bad_payment"


def test_who_is_not_registered_cannot_order() -> None:
    stranger = a_cart({a_product(): 1}, customer=a_customer(registered=False))

    assert refusal(stranger).code == "not_registered"
    assert refusal(10**9).code == "not_registered"


def test_an_empty_cart_makes_no_order() -> None:
    assert refusal(a_customer()).code == "empty"


def test_a_cart_of_prescription_medicines_alone_waits_as_a_whole() -> None:
    ada = a_cart({a_product("Insulin", sale_class="pom"): 1})

    no = refusal(ada)

    assert (no.code, no.detail["waiting"]) == ("nothing_payable", ["Insulin"])


@pytest.mark.parametrize(
    ("change", "available"),
    [
        ("stock = 2", 2),
        ("stock = 0", 0),
        ("stock = -4", 0),
        ("""\"isActive\" = false""", 0),
        ("control = 'controlled'", 0),
        ("price = 0", 0),
    ],
)
def test_what_cannot_be_had_any_more_refuses_the_whole(change: str, available: int) -> None:
    ref, other = a_product("Zinc", stock=9), a_product(stock=9)
    ada = a_cart({ref: 3, other: 1})
    run(f"UPDATE products SET {change} WHERE id = %s", int(ref[1:]))

    no = refusal(ada)

    assert (no.code, no.detail["name"], no.detail["available"]) == ("out_of_stock", "Zinc", available)
    assert (len(carts.of(ada).lines), stock_of(other)) == (2, 9)


def test_a_total_the_customer_did_not_see_is_refused_with_the_new_one() -> None:
    ref = a_product(price="100")
    ada = a_cart({ref: 2})
    shown = replace(CASH, expected_total=Money(20_000) + FEE)
    run("UPDATE products SET price = 120 WHERE id = %s", int(ref[1:]))

    no = refusal(ada, shown)

    assert (no.code, no.detail["total_kobo"]) == ("price_changed", 24_000 + FEE.kobo)


def test_a_customer_who_saw_the_total_without_it_leaves_in_the_cart_what_is_out() -> None:
    out, fine = a_product("Zinc"), a_product("Vitamin", price="100")
    ada = a_cart({out: 1, fine: 1})
    run("UPDATE products SET stock = 0 WHERE id = %s", int(out[1:]))

    placed = place(ada, replace(CASH, expected_total=Money(10_000) + FEE))

    assert placed.waiting == ()
    assert [line.product.name for line in carts.of(ada).lines] == ["Zinc"]


def test_a_piece_that_went_after_the_total_was_shown_is_named() -> None:
    out, fine = a_product("Zinc", price="50"), a_product("Vitamin", price="100")
    ada = a_cart({out: 1, fine: 1})
    run("UPDATE products SET stock = 0 WHERE id = %s", int(out[1:]))

    no = refusal(ada, replace(CASH, expected_total=Money(15_000) + FEE))

    assert (no.code, no.detail["name"]) == ("out_of_stock", "Zinc")


def test_ten_unpaid_orders_are_enough() -> None:
    ada, ref = a_customer(), a_product(stock=100)
    numbers = [an_order(ada, {ref: 1}, payment="paystack" if n % 2 else "cash") for n in range(checkout.MOST_OPEN_ORDERS)]
    a_cart({ref: 1}, customer=ada)

    assert refusal(ada).code == "too_many_open"
    orders.cancel(ada, numbers[0], now=NOW)
    assert place(ada).number


# --------------------------------------------------------------------------------------------------- twice, and at once


def test_the_same_key_gives_the_same_order_whatever_the_cart_holds_by_then() -> None:
    ref, rx = a_product(stock=10), a_product("Amoxicillin", sale_class="pom")
    ada = a_cart({ref: 2, rx: 1})
    first = place(ada)
    a_cart({ref: 1}, customer=ada)
    carts.remove(ada, rx)

    assert place(ada) == first
    assert (stock_of(ref), len(carts.of(ada).lines)) == (8, 1)
    assert place(ada, replace(CASH, key="key-2")).number != first.number


def test_the_same_key_of_another_customer_is_another_order() -> None:
    ref = a_product()

    assert place(a_cart({ref: 1})).number != place(a_cart({ref: 1})).number


def test_eight_times_the_same_checkout_at_once_is_one_order() -> None:
    ref = a_product(stock=20)
    ada = a_cart({ref: 3})

    given = at_once([lambda: place(ada)] * 8)

    assert len({placed.number for placed in given if isinstance(placed, Placed)}) == 1, given
    assert len(given) == 8
    assert stock_of(ref) == 17
    assert orders.of(ada).total == 1


def test_two_different_checkouts_of_one_cart_at_once_make_one_order() -> None:
    ref = a_product(stock=20)
    ada = a_cart({ref: 3})

    given = at_once([lambda key=key: place(ada, replace(CASH, key=key)) for key in ("a", "b")])

    assert sorted(type(x).__name__ for x in given) == ["Placed", "Refused"]
    assert stock_of(ref) == 17


@pytest.mark.parametrize("kind", ["medicine", "health"])
def test_the_last_piece_goes_to_exactly_one_of_eight(kind: str) -> None:
    ref = a_product(kind=kind, stock=1)
    people = [a_cart({ref: 1}) for _ in range(8)]

    given = at_once([lambda who=who: place(who) for who in people])

    assert sum(isinstance(x, Placed) for x in given) == 1, given
    assert {x.code for x in given if not isinstance(x, Placed)} == {"out_of_stock"}
    assert stock_of(ref) == 0


def test_carts_that_share_products_in_any_order_never_lock_each_other_out() -> None:
    refs = [a_product(f"Shared {n}", stock=1000, kind="health" if n % 2 else "medicine") for n in range(4)]
    people = [a_cart(dict.fromkeys(refs if n % 2 else refs[::-1], 1)) for n in range(8)]
    numbers = [an_order(a_customer(), dict.fromkeys(refs[::-1], 1)) for _ in range(6)]

    given = at_once(
        [lambda who=who: place(who) for who in people]
        + [lambda number=number: orders.move(order_id(number), "cancelled", who="test", now=NOW) for number in numbers]
    )

    assert [x for x in given if isinstance(x, Exception)] == []
    assert [stock_of(ref) for ref in refs] == [1000 - 8] * 4


BUYER = """
import sys
from datetime import UTC, datetime
from models import base, checkout
from models.values import Money, Refused

base.bind(sys.argv[1])
for customer in map(int, sys.argv[2:]):
    wish = checkout.Wish("pickup", "cash", "only", "")
    try:
        print(checkout.place(customer, wish, delivery_fee=Money(0), now=datetime.now(UTC)).number)
    except Refused as no:
        print(no.code)
"""


def test_processes_that_race_for_five_pieces_sell_five(shop: str, children: Children) -> None:
    ref = a_product(stock=5)
    people = [a_cart({ref: 1}) for _ in range(12)]

    buyers = [children.start([sys.executable, "-c", BUYER, shop, *map(str, people[n::3])]) for n in range(3)]
    assert [buyer.process.wait(30) for buyer in buyers] == [0, 0, 0], [buyer.output() for buyer in buyers]
    said = [line for buyer in buyers for line in buyer.output().split()]

    assert sorted(line for line in said if not line.isdigit()) == ["out_of_stock"] * 7
    assert len({line for line in said if line.isdigit()}) == 5
    assert stock_of(ref) == 0


class Counting(psycopg.Cursor):  # type: ignore[type-arg]
    """A cursor that writes down what it is asked."""

    asked: ClassVar[list[str]] = []

    def execute(self, query, params=None, **more):  # type: ignore[no-untyped-def]
        self.asked.append(str(query))
        return super().execute(query, params, **more)


def test_placing_takes_three_statements_and_a_savepoint() -> None:
    ada = a_cart({a_product(): 1, a_product(kind="health"): 2})
    connection().cursor_factory, plain = Counting, connection().cursor_factory
    try:
        place(ada)
    finally:
        connection().cursor_factory = plain

    assert len(Counting.asked) == 3
