"""What the desks show in the corners: money of an order that is cancelled while a refund of it runs, names behind prescriptions, pages
of many, and money that comes between a page and its click."""

from __future__ import annotations

import re

import pytest

from models import fulfilment, order_desk
from models.base import connection
from models.payments import refunds, settling
from models.values import Money
from tests.console import Desk, form
from tests.console_sheet import desk, own_connection, words
from tests.factories import NOW, a_colleague, a_customer, a_product, a_proof, an_attempt, an_order, order_id
from tests.fulfilling import ACTS, a_paid_order, state_of
from web.console import order_labels

__all__ = ["desk", "own_connection"]  # fixtures


def test_cancelling_says_that_the_rest_goes_back_while_a_part_is_under_way(desk: Desk) -> None:
    number = a_paid_order()
    found = fulfilment.standing(number)
    fulfilment.refund(number, Money(50_000), "damaged", by=a_colleague().id, now=NOW)

    page = words(desk.seat("owner").get(f"/console/orders/{number}").text)

    assert f"Its stock goes back, {Money(found.total.kobo - 50_000)} goes back when the refund under way has ended" in page


SECRET = "Amlodipine"


def test_no_page_names_a_prescription_medicine_to_who_may_not_read_prescriptions(desk: Desk) -> None:
    customer = a_customer(name="Kemi Balogun")
    number = an_order(customer, {(ref := a_product(f"{SECRET} 5mg")): 2}, payment="paystack")
    connection().execute("""UPDATE order_items SET "prescriptionOnly" = true WHERE "productId" = %s""", (int(ref[1:]),))
    attempt = an_attempt(customer, number)
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    ACTS["cancel"](number, a_colleague(role="support").id)

    pages = {
        (role, path): desk.seat(role).get(path).text
        for role in ("admin", "support")
        for path in (f"/console/orders/{number}", "/console/orders?tab=done", f"/console/orders?q={SECRET}", "/console/orders?q=kemi",
                     "/console/money?tab=refunds", f"/console/orders/{number}/refund?reason=other", "/console")
    }  # fmt: skip

    assert [path for path, page in pages.items() if SECRET in page.replace(f'value="{SECRET}"', "")] == []


@pytest.mark.parametrize("active", [True, False])
def test_a_line_of_the_old_system_is_hidden_by_what_its_product_is_now(desk: Desk, active: bool) -> None:
    number = an_order(a_customer(), {(ref := a_product(f"{SECRET} 10mg")): 1})
    connection().execute("""UPDATE products SET "saleClass" = 'pom', "isActive" = %s WHERE id = %s""", (active, int(ref[1:])))

    assert SECRET not in desk.seat("support").get(f"/console/orders/{number}").text


def test_a_search_of_many_orders_goes_on_to_the_last_of_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_desk, "FOUND", order_desk.FOUND.replace("LIMIT 200", "LIMIT 4"))
    customer = a_customer(name="Folake Oni")
    made = [an_order(customer) for _ in range(9)]

    found, before = [], 0
    for _ in range(9):
        page = order_desk.search(connection(), "folake", before=before, limit=2)
        found += [each.number for each in page]
        before = page[-1].id if page else before

    assert found == made[::-1]


def test_money_that_comes_between_the_page_and_the_click_does_not_go_back_unseen(desk: Desk) -> None:
    customer = a_customer()
    number = an_order(customer, payment="paystack")
    attempt = an_attempt(customer, number)
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    seat = desk.seat("owner")
    sent = form(seat.get(f"/console/orders/{number}/refund?reason=goodwill").text, f"/console/orders/{number}/refund")
    connection().execute(
        """INSERT INTO payments ("orderId", provider, "transactionId", reference, "amountKobo", currency, mode, settled, "createdAt")
           VALUES (%s, 'paystack', 'between', 'x', 100, 'NGN', 'live', 'short', now())""",
        (order_id(number),),
    )

    answer = seat.post(f"/console/orders/{number}/refund", sent | {"again": sent["kobo"][:-2]})

    assert answer.status_code == 409
    assert refunds.of_order(number) == []
    assert state_of(number) == "paid"


def test_every_value_a_table_may_hold_has_its_words(desk: Desk) -> None:
    rows = connection().execute(
        """SELECT conrelid::regclass::text || '.' || a.attname, pg_get_constraintdef(c.oid) FROM pg_constraint c
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'c'"""
    )
    known = {
        "orders.state": order_labels.STATES,
        "payments.settled": order_labels.SETTLED,
        "refunds.status": order_labels.REFUNDS,
        "payment_attempts.status": order_labels.ATTEMPTS,
        "payment_attempts.kind": order_labels.WAYS,
        "payment_attempts.provider": order_labels.PAYMENTS,
    }
    allowed = {name: set(re.findall(r"'(\w+)'::text", text)) for name, text in rows.fetchall() if name in known and "ANY" in text}

    assert set(allowed) == set(known)
    assert [(name, value) for name, values in allowed.items() for value in values if value not in known[name]] == []


def test_the_longest_wait_is_not_hidden_by_an_older_order_that_was_paid_last(desk: Desk) -> None:
    connection().execute("UPDATE orders SET state = 'delivered'")
    first, second = a_paid_order(), a_paid_order()
    connection().execute("ALTER TABLE order_events DISABLE TRIGGER USER")
    for number, hours in ((first, 0), (second, 5)):
        connection().execute(
            """UPDATE order_events SET at = now() - %s * interval '1 hour' WHERE "orderId" = %s""", (hours, order_id(number))
        )
    connection().execute("ALTER TABLE order_events ENABLE TRIGGER USER")

    assert order_desk.counts(connection()).oldest_s // 3600 == 5
