"""What a pharmacist approved, on a real PostgreSQL: payable once, up to its quantity, until it expires, by its customer alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from models import carts, checkout, orders
from models.checkout import Placed, Wish
from models.prescriptions import approvals
from models.prescriptions.approvals import Allowed
from models.values import Money, Refused
from tests.factories import NOW, a_cart, a_customer, a_product, order_id
from tests.shops import run, shop

__all__ = ["shop"]  # a fixture


FEE = Money(0)
LATER = NOW + timedelta(days=30)
_keys = itertools.count(1)


def a_decision(customer: int) -> tuple[int, int]:
    """The ids of a pharmacist's decision and of the prescription it is about."""
    prescription = run(
        """INSERT INTO prescriptions ("customerId", "fileUrl", state, "createdAt", "updatedAt")
           VALUES (%s, '', 'approved', %s, %s) RETURNING id""",
        customer,
        NOW,
        NOW,
    )[0][0]
    decision = run(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'approved', 1, 'Pharm. Bola', '') RETURNING id""",
        prescription,
        NOW,
    )[0][0]
    return decision, prescription


def approve(customer: int, lines: dict[str, int], *, expires_at=LATER) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    decision, prescription = a_decision(customer)
    allowed = [Allowed(n, ref, quantity) for n, (ref, quantity) in enumerate(lines.items())]
    approvals.allow(decision, prescription, customer, allowed, expires_at=expires_at, now=NOW)
    return decision, prescription


def amoxicillin(**made: object) -> str:
    return a_product("Amoxicillin", sale_class="pom", **made)  # type: ignore[arg-type]


def place(customer: int, *, at=NOW, key: str = "") -> Placed:  # type: ignore[no-untyped-def]
    total = carts.of(customer, now=at).payable_total
    wish = Wish("pickup", "cash", key or f"key-{next(_keys)}", expected_total=total)
    return checkout.place(customer, wish, delivery_fee=FEE, now=at)


def refused(do: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as no:
        do()
    return no.value


def cart(customer: int, *, at=NOW) -> list[tuple[str, int, str]]:  # type: ignore[no-untyped-def]
    return [(line.product.ref, line.quantity, line.problem) for line in carts.of(customer, now=at).lines]


def used(customer: int) -> list[tuple[int, bool]]:
    """Quantity, and whether an order has it, of every approval."""
    return run(
        """SELECT quantity, "orderId" IS NOT NULL AND "usedAt" IS NOT NULL FROM prescription_items
           WHERE "customerId" = %s ORDER BY id""",
        customer,
    )


# --------------------------------------------------------------------------------------------------------- into the cart


def test_what_was_approved_is_in_the_cart_and_can_be_paid() -> None:
    ada, ref, monitor = a_customer(), amoxicillin(price="4800.00"), a_product("Monitor", kind="health", price="28500.00")

    approve(ada, {ref: 2, monitor: 1})

    assert cart(ada) == [(ref, 2, ""), (monitor, 1, "")]
    assert carts.of(ada, now=NOW).payable_total == Money(960_000 + 2_850_000)


def test_what_waited_in_the_cart_becomes_what_was_approved() -> None:
    more, fewer, panadol, zinc = amoxicillin(), amoxicillin(), a_product("Panadol"), a_product("Zinc")
    ada = a_cart({more: 1, fewer: 5, panadol: 3, zinc: 1})

    approve(ada, {more: 2, fewer: 2, panadol: 1, zinc: 2})

    assert cart(ada) == [(more, 2, ""), (fewer, 2, ""), (panadol, 3, ""), (zinc, 2, "")]


def test_two_prescriptions_for_one_product_add_up_in_one_line() -> None:
    ada, ref = a_customer(), amoxicillin()

    approve(ada, {ref: 1})
    approve(ada, {ref: 2})
    number = place(ada).number

    assert cart(ada) == []
    assert used(ada) == [(1, True), (2, True)]
    assert orders.get(ada, number).lines[0].quantity == 3  # type: ignore[union-attr]


def test_an_order_uses_no_more_approvals_than_it_needs() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 2})
    approve(ada, {ref: 1})
    carts.change(ada, ref, 1, now=NOW)

    place(ada)

    assert used(ada) == [(2, False), (1, True)]


def test_the_cart_version_moves_so_that_an_open_summary_is_shown_again() -> None:
    ada = a_cart({a_product(): 1})
    before = carts.of(ada).version

    approve(ada, {amoxicillin(): 1})

    assert carts.of(ada).version > before


def test_the_same_decision_twice_allows_once() -> None:
    ada, ref = a_customer(), amoxicillin()
    decision, prescription = approve(ada, {ref: 1})

    approvals.allow(decision, prescription, ada, [Allowed(0, ref, 1)], expires_at=LATER, now=NOW)

    assert (used(ada), cart(ada)) == ([(1, False)], [(ref, 1, "")])


def test_a_full_cart_stays_as_it_is_and_the_approval_holds() -> None:
    ada, ref = a_cart({a_product(): 1 for _ in range(carts.MOST_LINES)}), amoxicillin()

    approve(ada, {ref: 1})
    full = run("""SELECT count(*) FROM cart_lines WHERE "customerId" = %s""", ada)[0][0]
    carts.clear(ada)
    carts.add(ada, ref, 1, now=NOW)

    assert (full, cart(ada)) == (carts.MOST_LINES, [(ref, 1, "")])


@pytest.mark.parametrize(
    ("quantity", "made", "code"),
    [(1, {"control": "controlled"}, "controlled"), (0, {}, "bad_quantity"), (1, None, "gone")],
)
def test_what_may_never_be_sold_is_not_approved_and_nothing_else_of_that_decision(
    quantity: int, made: dict[str, str] | None, code: str
) -> None:
    ada, good = a_customer(), amoxicillin()
    bad = amoxicillin(**made) if made is not None else "m2147483647"

    no = refused(lambda: approve(ada, {good: 1, bad: quantity}))

    assert (no.code, no.detail["line"], cart(ada), used(ada)) == (code, 1, [], [])


# ---------------------------------------------------------------------------------------------------------------- paying


def test_an_approval_is_good_for_one_order() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 1})
    number = place(ada).number
    carts.add(ada, ref, 1, now=NOW)

    assert cart(ada) == [(ref, 1, "needs_prescription")]
    assert refused(lambda: place(ada)).code == "nothing_payable"
    item = run('SELECT "prescriptionOnly", "prescriptionItemId" > 0 FROM order_items WHERE "orderId" = %s', order_id(number))
    assert item == [(True, True)]


def test_more_than_was_approved_is_refused_with_the_limit() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 2})

    no = refused(lambda: carts.change(ada, ref, 3, now=NOW))

    assert (no.code, no.detail["limit"]) == ("too_many", 2)
    assert cart(ada) == [(ref, 2, "")]


def test_fewer_than_were_approved_can_be_ordered() -> None:
    ada, ref = a_customer(), amoxicillin(price="1000.00")
    approve(ada, {ref: 3})

    carts.change(ada, ref, 1, now=NOW)

    assert place(ada).total == Money(100_000)


def test_an_approval_may_go_beyond_what_is_sold_without_asking() -> None:
    ada, ref = a_customer(), a_product("Paracetamol", stock=50)

    approve(ada, {ref: 12})

    assert (cart(ada), place(ada).waiting) == ([(ref, 12, "")], ())


def test_a_line_that_outgrew_its_approvals_is_not_paid() -> None:
    ada, ref, zinc = a_customer(), amoxicillin(), a_product("Zinc")
    approve(ada, {ref: 1}, expires_at=NOW + timedelta(hours=1))
    approve(ada, {ref: 1})
    carts.add(ada, zinc, 1, now=NOW)
    after = NOW + timedelta(hours=2)

    assert cart(ada, at=after)[0] == (ref, 2, "over_approved")
    whole = Wish("pickup", "cash", "whole")
    assert refused(lambda: checkout.place(ada, whole, delivery_fee=FEE, now=after)).code == "too_many"
    assert place(ada, at=after).waiting == ()
    assert cart(ada, at=after) == [(ref, 2, "over_approved")]


def test_an_expired_approval_waits_for_a_prescription_again() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 1})

    assert cart(ada, at=LATER - timedelta(seconds=1)) == [(ref, 1, "")]
    assert cart(ada, at=LATER) == [(ref, 1, "needs_prescription")]
    assert refused(lambda: place(ada, at=LATER)).code == "nothing_payable"


def test_an_approval_of_somebody_else_is_worth_nothing() -> None:
    ada, bola, ref = a_customer(), a_customer(), amoxicillin()
    approve(ada, {ref: 1})

    carts.add(bola, ref, 1, now=NOW)

    assert cart(bola) == [(ref, 1, "needs_prescription")]


def test_an_approval_of_one_product_is_no_approval_of_another() -> None:
    ada, ref, other = a_customer(), amoxicillin(), amoxicillin()
    approve(ada, {ref: 1})

    carts.add(ada, other, 1, now=NOW)

    assert cart(ada) == [(ref, 1, ""), (other, 1, "needs_prescription")]


def test_a_medicine_that_became_controlled_is_not_sold_on_its_approval() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 1})

    run("UPDATE products SET control = 'controlled' WHERE id = %s", int(ref[1:]))

    assert cart(ada) == [(ref, 1, "controlled")]
    assert refused(lambda: place(ada)).code == "out_of_stock"
    assert refused(lambda: carts.add(ada, ref, 1, now=NOW)).code == "controlled"


def test_price_and_stock_are_those_of_the_checkout_and_not_of_the_approval() -> None:
    ada, ref = a_customer(), amoxicillin(price="1000.00", stock=5)
    approve(ada, {ref: 2})
    shown = Wish("pickup", "cash", "k", expected_total=carts.of(ada, now=NOW).payable_total)

    run("""UPDATE products SET price = 1100, "priceKobo" = 110000 WHERE id = %s""", int(ref[1:]))
    dearer = refused(lambda: checkout.place(ada, shown, delivery_fee=FEE, now=NOW))
    run("UPDATE products SET stock = 1 WHERE id = %s", int(ref[1:]))
    fewer = refused(lambda: checkout.place(ada, Wish("pickup", "cash", "k"), delivery_fee=FEE, now=NOW))

    assert (dearer.code, dearer.detail["total_kobo"]) == ("price_changed", 220_000)
    assert (fewer.code, fewer.detail["available"], used(ada)) == ("out_of_stock", 1, [(2, False)])


def test_what_needs_none_is_ordered_now_and_the_rest_after_the_approval() -> None:
    panadol, ref = a_product("Panadol", price="950.00"), amoxicillin(price="4800.00")
    ada = a_cart({panadol: 1, ref: 1})

    first = place(ada)
    approve(ada, {ref: 1})
    second = place(ada)

    assert (first.total, first.waiting) == (Money(95_000), ("Amoxicillin",))
    assert (second.total, second.waiting, cart(ada)) == (Money(480_000), (), [])


def test_the_same_checkout_repeated_is_the_same_order_and_uses_nothing_more() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 1})
    first = place(ada, key="same")
    approve(ada, {ref: 1})

    again = place(ada, key="same")

    assert (again.number, used(ada)) == (first.number, [(1, True), (1, False)])
