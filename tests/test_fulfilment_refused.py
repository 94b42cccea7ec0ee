"""What does not leave the house: medicines nobody approved, orders whose money is not there; and refunds, once and never too much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from models import base, carts, fulfilment, money_desk, order_desk
from models.base import connection
from models.payments import refunds, settling, tasks
from models.prescriptions.approvals import Allowed, allow
from models.values import Money
from tests.factories import NOW, a_colleague, a_customer, a_prescription, a_product, a_proof, an_attempt, an_order, order_id
from tests.fulfilling import ACTS, a_paid_order, refused, state_of, told


@pytest.fixture(autouse=True)
def shop(database_url: str) -> Iterator[None]:
    base.bind(database_url)
    yield
    base.drop_connection()


# --------------------------------------------------------------------------------------------------- prescriptions


def an_approved_order(customer: int, ref: str, quantity: int = 1) -> str:
    signer = a_colleague()
    prescription = a_prescription(customer, state="approved")
    made = connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, reason, "staffId", "staffName", "licenceNumber",
               "pictureSha256", record) VALUES (%s, %s, 'approved', '', %s, %s, %s, '', '') RETURNING id""",
        (prescription, NOW, signer.id, signer.name, signer.licence_number),
    )
    expires = NOW + timedelta(days=30)
    allow(made.fetchone()[0], prescription, customer, [Allowed(0, ref, quantity)], expires_at=expires, now=NOW)
    return an_order(customer, {a_product("Zinc 20mg"): 1})


def test_what_a_pharmacist_approved_for_the_order_leaves_the_house() -> None:
    ada = a_customer()
    number = an_approved_order(ada, a_product("Amlodipine 5mg", sale_class="pom"))

    ACTS["ship"](number, a_colleague().id)

    assert state_of(number) == "shipped"
    lines = {line.name: line for line in order_desk.case(number).lines}
    assert lines["Amlodipine 5mg"].prescription_only
    assert lines["Amlodipine 5mg"].prescription_id is not None
    assert not lines["Zinc 20mg"].prescription_only


@pytest.mark.parametrize(
    "spoil",
    [
        """UPDATE prescription_items SET "orderId" = NULL, "usedAt" = NULL""",
        """UPDATE order_items SET quantity = 2""",
        """UPDATE prescription_items SET "orderId" = (SELECT id FROM orders WHERE "orderNumber" = %s)""",
    ],
)
def test_what_no_pharmacist_approved_for_the_order_does_not(spoil: str) -> None:
    ada = a_customer()
    other = an_order(ada)
    number = an_approved_order(ada, a_product("Amlodipine 5mg", sale_class="pom"))
    connection().execute(spoil, (other,) if "%s" in spoil else ())

    no = refused(lambda: ACTS["ship"](number, a_colleague().id))

    assert (no.code, no.detail) == ("not_approved", {"lines": 1})
    assert state_of(number) == "processing"


def test_what_became_prescription_only_since_it_was_ordered_does_not_leave_unseen() -> None:
    ref = a_product("Cough syrup")
    number = an_order(a_customer(), {ref: 1})
    connection().execute("""UPDATE products SET "saleClass" = 'pom' WHERE id = %s""", (int(ref[1:]),))

    assert refused(lambda: ACTS["ship"](number, a_colleague().id)).code == "not_approved"


def test_an_order_of_the_old_system_leaves_on_the_paper_that_was_verified_there() -> None:
    ref = a_product("Cough syrup")
    number = an_order(ada := a_customer(), {ref: 1})
    connection().execute("""UPDATE products SET "saleClass" = 'pom' WHERE id = %s""", (int(ref[1:]),))
    connection().execute("""UPDATE orders SET "customerId" = NULL WHERE "orderNumber" = %s""", (number,))
    a_prescription(ada, state="approved", orderId=order_id(number), verificationStatus="Verified")

    ACTS["ship"](number, a_colleague().id)

    assert state_of(number) == "shipped"


# --------------------------------------------------------------------------------------------------- money


def test_nothing_leaves_the_house_when_all_of_its_money_is_going_back() -> None:
    number, by = a_paid_order(), a_colleague().id
    ACTS["refund"](number, by)

    assert [refused(lambda act=act: ACTS[act](number, by)).code for act in ("process", "ship")] == ["refunding"] * 2
    assert "ship" not in fulfilment.standing(number).acts()


def test_nothing_leaves_the_house_for_money_the_provider_took_back() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=NOW)
    gone = a_proof(attempt, state="reversed", transaction_id=proof.transaction_id)
    settling.settle(attempt.id, gone, now=NOW)

    assert refused(lambda: ACTS["ship"](attempt.order_number, a_colleague().id)).code == "reversed"


def test_an_order_whose_payment_the_bank_disputes_is_shipped_only_when_that_is_settled() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=NOW)
    about = {"reference": attempt.reference, "transaction_id": proof.transaction_id, "amount": None, "status": "pending"}
    task = settling.dispute(attempt.provider, "501", **about, now=NOW)

    assert refused(lambda: ACTS["ship"](attempt.order_number, a_colleague().id)).code == "disputed"

    tasks.close(task, by="staff:1", outcome="no_loss", now=NOW)
    ACTS["ship"](attempt.order_number, a_colleague().id)

    assert state_of(attempt.order_number) == "shipped"


def test_an_order_of_which_a_part_went_back_is_shipped() -> None:
    number, by = a_paid_order(), a_colleague().id
    fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW)

    ACTS["ship"](number, by)

    assert state_of(number) == "shipped"


def test_a_refund_asked_for_twice_on_one_page_is_made_once() -> None:
    number, by = a_paid_order(), a_colleague().id
    seen = fulfilment.standing(number).seen
    made = fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW, seen=seen).refunds[0]
    refunds.done(refunds.claim(made, 30, now=NOW), now=NOW)

    no = refused(lambda: fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW, seen=seen))

    assert no.code == "changed"
    assert len(refunds.of_order(number)) == 1


def test_money_whose_refund_failed_goes_back_from_its_task_and_not_a_second_time_from_the_order() -> None:
    number, by = a_paid_order(), a_colleague().id
    made = fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW).refunds[0]
    refunds.failed(refunds.claim(made, 30, now=NOW), "no", now=NOW)

    no = refused(lambda: fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW))
    money_desk.give_back(tasks.of_order(number)[0].id, Money(100), by=by, now=NOW)

    assert no.code == "owed"
    assert "refund" not in fulfilment.standing(number).acts()
    assert [each.status for each in refunds.of_order(number)] == ["failed", "wanted"]


def test_one_refund_at_a_time_and_never_more_than_was_taken() -> None:
    number, by = a_paid_order(), a_colleague().id
    total = fulfilment.standing(number).total

    too_much = refused(lambda: fulfilment.refund(number, total + Money(1), "goodwill", by=by, now=NOW))
    fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW)
    beside = refused(lambda: fulfilment.refund(number, Money(100), "goodwill", by=by, now=NOW))

    assert (too_much.code, too_much.detail) == ("too_much", {"left_kobo": total.kobo})
    assert beside.code == "one_open"


@pytest.mark.parametrize("amount", [Money(0), Money(-5), Money(5, "USD")])
def test_a_refund_is_an_amount_of_naira(amount: Money) -> None:
    number = a_paid_order()

    assert refused(lambda: fulfilment.refund(number, amount, "goodwill", by=1, now=NOW)).code == "bad_amount"


def test_what_may_be_ordered_is_not_touched_by_a_refused_act() -> None:
    ada = a_customer()
    number = an_order(ada)
    before = connection().execute("SELECT count(*) FROM order_events").fetchone()

    refused(lambda: ACTS["deliver"](number, a_colleague().id))

    assert connection().execute("SELECT count(*) FROM order_events").fetchone() == before
    assert told(ada) == []
    assert carts.of(ada).lines == ()
