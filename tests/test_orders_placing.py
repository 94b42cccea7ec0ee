"""Checkout on a real PostgreSQL: one order, exact money, stock reserved, whoever comes at the same time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from models import carts, checkout, orders
from models.checkout import Placed, Wish
from models.values import Money, Refused
from tests.factories import FEE, NOW, a_cart, a_customer, a_product, an_order, stock_of
from tests.shops import run, shop

__all__ = ["shop"]  # a fixture


CASH = Wish("delivery", "cash", "key-1", "12 Allen Avenue, Ikeja")


def place(customer: int, wish: Wish = CASH) -> Placed:
    return checkout.place(customer, wish, delivery_fee=FEE, now=NOW)


def refusal(customer: int, wish: Wish = CASH) -> Refused:
    before = run("SELECT count(*) FROM orders")
    with pytest.raises(Refused) as caught:
        place(customer, wish)
    assert run("SELECT count(*) FROM orders") == before
    return caught.value


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
