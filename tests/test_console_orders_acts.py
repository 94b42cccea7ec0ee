"""What is done with an order on its page: forms in, states, messages and the audit out; stale pages, double clicks, and no button
that the verb would refuse."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from models import fulfilment, orders
from models.base import connection
from models.payments import refunds
from models.values import Money
from tests.console import Desk, a_colleague, audited, form
from tests.console_sheet import desk, own_connection, words
from tests.factories import a_customer, an_order, order_id
from tests.fulfilling import ACTS, a_paid_order, an_order_in, state_of, told
from tests.test_fulfilment import NEXT

__all__ = ["desk", "own_connection"]  # fixtures

RIDER = {"rider": "Sunday Etim", "phone": "0803 123 4567"}


def at(number: str, act: str = "") -> str:
    return f"/console/orders/{number}{f'/{act}' if act else ''}"


def test_an_order_goes_its_way_by_four_clicks_and_every_one_is_in_the_audit(desk: Desk) -> None:
    ada = a_customer()
    number, seat = a_paid_order(ada), desk.seat("support")

    for act, sent in (("process", {}), ("ship", RIDER), ("deliver", {})):
        assert seat.post(at(number, act), sent).headers["Location"] == at(number)

    assert state_of(number) == "delivered"
    assert [each["to"] for each in told(ada)] == ["processing", "shipped", "delivered"]
    for act in ("process", "ship", "deliver"):
        assert audited(f"order.{act}")[-1] == (seat.staff.id, "order", order_id(number), {"number": number})


def test_nothing_of_the_rider_is_in_the_audit_or_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    number, seat = an_order(a_customer()), desk.seat("support")

    seat.post(at(number, "ship"), RIDER)

    kept = connection().execute(
        """SELECT (SELECT string_agg(detail::text, ' ') FROM audit) || (SELECT string_agg(detail::text, ' ') FROM order_events)"""
    )
    assert not re.search("Sunday|8031234567", kept.fetchone()[0] + caplog.text)
    assert "Sunday Etim" in seat.get(at(number)).text


def test_a_wrong_number_comes_back_with_what_was_typed(desk: Desk) -> None:
    number, seat = an_order(a_customer()), desk.seat("support")

    answer = seat.post(at(number, "ship"), {"rider": "Sunday <b>Etim", "phone": "0803"})
    other = seat.post(at(number, "ship"), {"rider": "Sunday Etim", "phone": "0803"})

    assert (answer.status_code, other.status_code, state_of(number)) == (422, 422, "processing")
    assert "Sunday &lt;b&gt;Etim" in answer.text
    assert "Nigerian mobile number" in words(other.text)
    assert form(other.text, at(number, "ship"))["rider"] == "Sunday Etim"


def test_a_pick_up_order_is_ready_by_one_click(desk: Desk) -> None:
    number, seat = an_order(a_customer(), delivery="pickup"), desk.seat("support")
    page = seat.get(at(number)).text

    seat.post(at(number, "ship"))

    assert "Ready for pick-up" in page
    assert 'name="rider"' not in page
    assert "is ready for pick-up" in (after := words(seat.get(at(number)).text))
    assert "Ready for pick-up pick-up" in after


def test_a_cancellation_says_what_comes_of_it_and_needs_a_reason(desk: Desk) -> None:
    number, seat = a_paid_order(), desk.seat("support")
    page = words(seat.get(at(number)).text)

    without = seat.post(at(number, "cancel"))
    done = seat.post(at(number, "cancel"), {"reason": "out_of_stock"})

    total = fulfilment.standing(number).total
    assert f"{total} goes back to the customer" in page
    assert (without.status_code, done.status_code, state_of(number)) == (422, 303, "cancelled")
    assert "Choose a reason." in words(without.text)
    refund = refunds.of_order(number)[0]
    assert audited("order.cancel")[-1][3] == {"number": number, "reason": "out_of_stock", "refunds": [refund.id]}
    assert "Cancelled: out of stock" in words(seat.get(at(number)).text)


# --------------------------------------------------------------------------------------------------------------- refunds


def test_money_goes_back_after_its_amount_was_typed_twice(desk: Desk) -> None:
    number, seat = a_paid_order(), desk.seat("admin")

    sheet = seat.get(at(number, "refund?part=1&amount=1,200.50&reason=damaged")).text
    wrong = seat.post(at(number, "refund"), form(sheet, at(number, "refund")) | {"again": "1,200"})
    before = refunds.of_order(number)
    done = seat.post(at(number, "refund"), form(wrong.text, at(number, "refund")) | {"again": "₦1200.50"})

    assert "Give ₦1,200.50 back?" in words(sheet)
    assert (wrong.status_code, before, done.status_code) == (422, [], 303)
    assert [(each.amount, each.reason) for each in refunds.of_order(number)] == [(Money(120_050), "damaged")]
    assert audited("order.refund")[-1][3]["kobo"] == 120_050


def test_all_that_is_left_goes_back_whatever_the_amount_field_says(desk: Desk) -> None:
    number, seat = a_paid_order(), desk.seat("owner")
    total = fulfilment.standing(number).total

    sheet = seat.get(at(number, "refund?part=&amount=5&reason=goodwill")).text
    seat.post(at(number, "refund"), form(sheet, at(number, "refund")) | {"again": str(total)})

    assert [each.amount for each in refunds.of_order(number)] == [total]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("part=1&amount=&reason=other", "Write an amount in naira"),
        ("part=1&amount=1.234&reason=other", "Write an amount in naira"),
        ("part=1&amount=-5&reason=other", "Write an amount in naira"),
        ("part=1&amount=1,2&reason=other", "Write an amount in naira"),
        ("part=1&amount=900000&reason=other", "more than can be given back"),
        ("part=&amount=&reason=because", "Choose a reason"),
    ],
)
def test_what_cannot_be_given_back_is_said_before_anything_is_typed_twice(desk: Desk, query: str, sentence: str) -> None:
    answer = desk.seat("owner").get(at(a_paid_order(), f"refund?{query}"))

    assert answer.status_code == 422
    assert sentence in words(answer.text)


def test_a_refund_sent_twice_is_one_and_the_second_page_says_so(desk: Desk) -> None:
    number, seat = a_paid_order(), desk.seat("owner")
    sent = form(seat.get(at(number, "refund?part=1&amount=100&reason=goodwill")).text, at(number, "refund")) | {"again": "100"}
    seat.post(at(number, "refund"), sent)

    answer = seat.post(at(number, "refund"), sent)

    assert answer.status_code == 409
    assert "Nothing was changed." in words(answer.text)
    assert len(refunds.of_order(number)) == 1


# --------------------------------------------------------------------------------------------------------------- stale pages


def test_who_comes_second_reads_who_was_first_and_when(desk: Desk) -> None:
    number = an_order(a_customer())
    bisi, musa = desk.seat(a_colleague("support", name="Bisi Cole")), desk.seat("pharmacist")
    bisi.post(at(number, "ship"), RIDER)

    answer = musa.post(at(number, "ship"), RIDER)

    assert answer.status_code == 409
    assert re.search(r"Nothing was changed\. Bisi Cole marked it shipped at \d\d:\d\d\.", words(answer.text))
    assert audited("order.refused")[-1][3] == {"number": number, "act": "ship", "code": "moved"}


def test_a_customer_who_cancelled_meanwhile_is_named_as_the_customer(desk: Desk) -> None:
    ada = a_customer()
    number, seat = a_paid_order(ada), desk.seat("support")
    orders.cancel(ada, number, now=datetime.now(UTC))

    answer = seat.post(at(number, "ship"), RIDER)

    assert "Customer cancelled it at" in words(answer.text)


def test_a_double_click_is_one_act_and_no_reproach(desk: Desk) -> None:
    ada = a_customer()
    number, seat = an_order(ada), desk.seat("support")

    answers = [seat.post(at(number, "ship"), RIDER).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert len(told(ada)) == 1
    assert "That is done already." in words(seat.get(at(number)).text)


# --------------------------------------------------------------------------------------------------------------- the rules


@pytest.mark.parametrize(("state", "payment"), NEXT)
def test_a_page_offers_what_the_verbs_would_do_and_nothing_else(desk: Desk, state: str, payment: str) -> None:
    number = an_order_in(state, payment)

    page = desk.seat("owner").get(at(number)).text

    offered = set(re.findall(rf'action="{at(number)}/(\w+)"', page))
    assert offered == NEXT[state, payment]
    for act in fulfilment.TARGETS:
        try:
            with connection().transaction(force_rollback=True):
                ACTS[act](number, 1)
            done = True
        except fulfilment.Refused:
            done = False
        assert done is (act in offered), act


@pytest.mark.parametrize("act", fulfilment.TARGETS)
def test_no_state_is_changed_without_a_token_or_by_looking(desk: Desk, act: str) -> None:
    number, seat = a_paid_order(), desk.seat("owner")

    posted = seat.client.post(at(number, act), data={"reason": "other", "again": "1", **RIDER}).status_code
    looked = seat.get(at(number, act)).status_code

    assert posted == 400
    assert looked in (404, 405, 422)
    assert state_of(number) == "paid"


def test_an_act_whose_audit_fails_has_not_happened(desk: Desk) -> None:
    ada = a_customer()
    number, seat = a_paid_order(ada), desk.seat("support")
    connection().execute(
        """CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''full''; END';
           CREATE TRIGGER no_audit BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.act = 'order.process') EXECUTE FUNCTION no_audit()"""
    )
    try:
        answer = seat.post(at(number, "process"))
    finally:
        connection().execute("DROP TRIGGER no_audit ON audit; DROP FUNCTION no_audit()")

    assert answer.status_code == 500
    assert (state_of(number), told(ada)) == ("paid", [])
