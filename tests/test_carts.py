"""Carts on a real PostgreSQL: what may be put in, how many, and what each line is worth now."""

from __future__ import annotations

import threading

import pytest

from models import base, carts
from models.base import connection
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_product
from tests.shops import shop

__all__ = ["shop"]  # a fixture


def add(customer: int, ref: str, quantity: int = 1) -> carts.Changed:
    return carts.add(customer, ref, quantity, now=NOW)


def refusal(customer: int, ref: str, quantity: int = 1) -> Refused:
    with pytest.raises(Refused) as caught:
        add(customer, ref, quantity)
    return caught.value


def test_a_product_put_in_twice_is_one_line_with_both_quantities() -> None:
    ada, vitamin = a_customer(), a_product("Vitamin C 1000mg", price="1499.90")
    add(ada, vitamin, 2)

    done = add(ada, vitamin, 3)

    assert (done.quantity, done.line_total, done.count) == (5, Money(749_950), 1)
    assert [(line.number, line.product.ref, line.quantity) for line in carts.of(ada).lines] == [(1, vitamin, 5)]


def test_a_cart_adds_up_in_kobo_whatever_noise_the_old_prices_carry() -> None:
    ada = a_customer()
    for price, quantity in (("0.1", 3), ("12999.99", 1), ("2450.5", 2)):
        add(ada, a_product(f"At {price}", price=price), quantity)

    assert carts.of(ada).total == Money(30 + 1_299_999 + 490_100)


def test_a_thermometer_and_an_insulin_of_the_same_number_are_two_lines() -> None:
    ada = a_customer()
    insulin = a_product("Insulin", sale_class="pom")
    connection().execute("SELECT setval('healthcare_products_id_seq', %s, false)", (int(insulin[1:]),))
    thermometer = a_product("Thermometer", kind="health")
    assert insulin[1:] == thermometer[1:]

    add(ada, thermometer)
    assert [line.product.name for line in carts.of(ada).lines] == ["Thermometer"]
    add(ada, insulin, 2)

    assert [(line.product.name, line.quantity) for line in carts.of(ada).lines] == [("Thermometer", 1), ("Insulin", 2)]


def test_lines_say_what_stands_against_ordering_them() -> None:
    ada = a_customer()
    named = {name: a_product(name) for name in ("fine", "short", "out", "free", "off", "turned controlled")}
    named["paper"] = a_product("paper", sale_class="pom")
    for ref in named.values():
        add(ada, ref, 3)
    run = connection().execute
    run("UPDATE products SET stock = 2 WHERE name = 'short'")
    run("UPDATE products SET stock = 0 WHERE name = 'out'")
    run("UPDATE products SET price = 0 WHERE name = 'free'")
    run("""UPDATE products SET "isActive" = false WHERE name = 'off'""")
    run("UPDATE products SET control = 'controlled' WHERE name = 'turned controlled'")

    cart = carts.of(ada)

    assert {line.product.name: line.problem for line in cart.lines} == {
        "fine": "",
        "short": "less_stock",
        "out": "out_of_stock",
        "free": "no_price",
        "off": "gone",
        "turned controlled": "controlled",
        "paper": "needs_prescription",
    }
    assert cart.needs_prescription
    assert cart.payable_total == Money(150_000)


@pytest.mark.parametrize(
    ("product", "code"),
    [
        ({"control": "controlled"}, "controlled"),
        ({"stock": 0}, "out_of_stock"),
        ({"active": False}, "gone"),
        ({"price": "0"}, "no_price"),
        ({"stock": 0, "kind": "health"}, "out_of_stock"),
        ({"name": "Tramadol 50mg"}, "controlled"),
    ],
)
def test_what_cannot_be_sold_cannot_be_put_in(product: dict[str, object], code: str) -> None:
    ada, ref = a_customer(), a_product(**product)  # type: ignore[arg-type]

    no = refusal(ada, ref)

    assert (no.code, no.detail["ref"]) == (code, ref)
    assert carts.of(ada).empty


@pytest.mark.parametrize("ref", ["m99999", "h99999", "", "x1", "m", "m-1", "m1; DROP TABLE users", "m١", "m99999999999", "m01"])
def test_a_reference_to_nothing_is_gone(ref: str) -> None:
    assert refusal(a_customer(), ref).code == "gone"


def test_more_than_there_are_is_refused_with_how_many_there_are() -> None:
    ada, ref = a_customer(), a_product(stock=4)
    add(ada, ref, 3)

    no = refusal(ada, ref, 2)

    assert (no.code, no.detail["available"]) == ("less_stock", 4)
    assert carts.of(ada).lines[0].quantity == 3


def test_stock_nobody_counts_is_sold_up_to_the_cap() -> None:
    ada, ref = a_customer(), a_product(stock=None)

    add(ada, ref, 10)

    assert carts.of(ada).lines[0].problem == ""
    assert refusal(ada, ref).code == "too_many"


@pytest.mark.parametrize(
    ("name", "generic", "limit"),
    [
        ("Vitamin C", "ascorbic acid", 10),
        ("Paracetamol 500mg", None, 6),
        ("Panadol Extra", "Paracetamol; caffeine", 6),
        ("Benylin Four Flu", "paracetamol; pseudoephedrine", 5),
        ("Tuxil D", "DEXTROMETHORPHAN", 5),
    ],
)
def test_a_cap_for_each_substance_holds_over_several_messages(name: str, generic: str | None, limit: int) -> None:
    ada, ref = a_customer(), a_product(name, generic=generic, stock=100)
    add(ada, ref, limit - 1)

    no = refusal(ada, ref, 2)

    assert (no.code, no.detail["limit"]) == ("too_many", limit)
    assert add(ada, ref).quantity == limit


def test_a_prescription_medicine_may_be_put_in_and_waits() -> None:
    ada, ref = a_customer(), a_product(sale_class="pom")

    add(ada, ref)

    assert carts.of(ada).lines[0].problem == "needs_prescription"
    assert carts.of(ada).payable_total == Money(0)


def test_a_medicine_of_unknown_class_counts_as_prescription_only() -> None:
    ada, ref = a_customer(), a_product(sale_class="unknown")

    add(ada, ref)

    assert carts.of(ada).needs_prescription


def test_a_cart_holds_thirty_lines_and_no_more() -> None:
    ada = a_customer()
    for n in range(carts.MOST_LINES):
        last = a_product(f"Product {n}")
        add(ada, last)

    assert refusal(ada, a_product("One more")).code == "cart_full"
    assert add(ada, last).quantity == 2


@pytest.mark.parametrize("quantity", [0, -1, -(10**9)])
def test_less_than_one_cannot_be_put_in(quantity: int) -> None:
    assert refusal(a_customer(), a_product(), quantity).code == "bad_quantity"


def test_an_absurd_quantity_is_too_many_and_not_an_error() -> None:
    assert refusal(a_customer(), a_product(), 10**30).code == "too_many"


def test_a_quantity_is_set_and_zero_takes_the_line_out() -> None:
    ada, ref = a_customer(), a_product()
    add(ada, ref, 2)

    assert carts.change(ada, ref, 7, now=NOW).quantity == 7
    assert carts.change(ada, ref, 0, now=NOW).quantity == 0
    assert carts.of(ada).empty


def test_a_line_is_not_changed_into_being() -> None:
    ada, ref = a_customer(), a_product()

    with pytest.raises(Refused, match="not_in_cart"):
        carts.change(ada, ref, 2, now=NOW)

    assert carts.of(ada).empty


def test_what_is_gone_can_still_be_taken_out() -> None:
    ada, ref = a_customer(), a_product("Old Antacid")
    add(ada, ref)
    connection().execute("""UPDATE products SET "isActive" = false WHERE name = 'Old Antacid'""")

    assert carts.remove(ada, ref).name == "Old Antacid"
    with pytest.raises(Refused, match="not_in_cart"):
        carts.remove(ada, ref)


def test_clearing_says_how_many_lines_there_were() -> None:
    ada = a_customer()
    add(ada, a_product("One"))
    add(ada, a_product("Two"))

    assert carts.clear(ada) == 2
    assert carts.clear(ada) == 0


def test_a_cart_is_its_owners_alone() -> None:
    ada, bola, ref = a_customer(), a_customer(), a_product()
    add(ada, ref)

    with pytest.raises(Refused, match="not_in_cart"):
        carts.remove(bola, ref)
    carts.clear(bola)

    assert carts.of(bola).empty
    assert not carts.of(ada).empty


def test_every_change_makes_a_new_version_and_a_refusal_none() -> None:
    ada, ref = a_customer(), a_product(stock=3)
    versions = [carts.of(ada).version]
    add(ada, ref)
    versions.append(carts.of(ada).version)
    refusal(ada, ref, 9)
    assert carts.of(ada).version == versions[-1]
    carts.change(ada, ref, 3, now=NOW)
    versions.append(carts.of(ada).version)
    carts.remove(ada, ref)
    versions.append(carts.of(ada).version)

    assert versions == sorted(set(versions))


def test_six_additions_at_once_are_six_pieces() -> None:
    ada, ref = a_customer(), a_product()

    def adding() -> None:
        add(ada, ref)
        base.drop_connection()

    threads = [threading.Thread(target=adding) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert carts.of(ada).lines[0].quantity == 6


def test_a_refusal_inside_a_turn_leaves_the_turn_usable() -> None:
    ada, good, bad = a_customer(), a_product("Good"), a_product("Bad", stock=0)

    with base.db.atomic():
        add(ada, good)
        refusal(ada, bad)
        add(ada, good)

    assert carts.of(ada).lines[0].quantity == 2
