"""Paystack's answers become our values, and what we ask of it has its shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from models.values import Money
from tests.payment_payloads import METADATA, REFERENCE, paystack_refusal, paystack_said, paystack_transaction
from tests.payment_peer import PRICE, a_start, asked, provider, sent
from worker.errors import GatewayError
from worker.gateways.payments import Gateway, RefundState, Verified

LINK = "https://checkout.paystack.com/3ni8kdavz62431k"
BEGUN = {"authorization_url": LINK, "access_code": "3ni8kdavz62431k", "reference": REFERENCE}
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def refusal(status: int, body: Any, act: str = "start") -> GatewayError:
    acts: dict[str, Callable[[Gateway], object]] = {
        "start": lambda gateway: gateway.start(a_start()),
        "refund": lambda gateway: gateway.refund("4099260516", PRICE, reason="cancelled"),
        "verify": lambda gateway: gateway.verify(REFERENCE),
    }
    with provider("paystack", (status, body)) as (gateway, _), pytest.raises(GatewayError) as raised:
        acts[act](gateway)
    return raised.value


def verified(**changes: Any) -> Verified:
    with provider("paystack", (200, paystack_said(paystack_transaction(**changes)))) as (gateway, _):
        return gateway.verify(REFERENCE)


# --------------------------------------------------------------------------------------------------------------- start


def test_a_page_is_begun_with_our_reference_in_kobo() -> None:
    with provider("paystack", (200, paystack_said(BEGUN))) as (gateway, server):
        way = gateway.start(a_start())
    assert (way.kind, way.url) == ("link", LINK)
    assert asked(server) == ["POST /transaction/initialize"]
    body = sent(server)
    assert (body["reference"], body["amount"], body["currency"]) == (REFERENCE, "750050", "NGN")
    assert (body["email"], body["callback_url"]) == ("2348031234567@customers.drugs.ng", "https://drugs.example/paid")


def test_an_account_to_transfer_to_is_read() -> None:
    told = {"status": "pending_bank_transfer", "reference": REFERENCE, "amount": 760_050, "account_name": "PAYSTACK CHECKOUT"}
    told |= {"account_number": "1231084927", "bank": {"name": "Test Bank"}, "account_expires_at": "2026-11-20T10:00:00.000Z"}
    with provider("paystack", (200, paystack_said(told))) as (gateway, server):
        way = gateway.start(a_start(kind="transfer"))
    assert (way.kind, way.account_number, way.bank, way.account_name) == (
        "transfer",
        "1231084927",
        "Test Bank",
        "PAYSTACK CHECKOUT",
    )
    assert (way.expires_at, way.amount) == (datetime(2026, 11, 20, 10, tzinfo=UTC), Money(760_050))
    assert asked(server) == ["POST /charge"]


@pytest.mark.parametrize(("minutes", "lives"), [(1, 15), (30, 30), (9999, 480)])
def test_an_account_lives_as_long_as_paystack_allows(minutes: int, lives: int) -> None:
    told = {"status": "pending_bank_transfer", "reference": REFERENCE, "account_number": "1231084927"}
    with provider("paystack", (200, paystack_said(told))) as (gateway, server):
        gateway.start(a_start(kind="transfer", minutes=minutes))
    until = datetime.fromisoformat(sent(server)["bank_transfer"]["account_expires_at"])
    assert abs(until - datetime.now(UTC) - timedelta(minutes=lives)) < timedelta(seconds=30)


@pytest.mark.parametrize(("bank", "sort"), [("", "737"), ("zenith", "966"), ("uba", "919")])
def test_a_code_to_dial_is_read(bank: str, sort: str) -> None:
    told = {"status": "pay_offline", "reference": REFERENCE, "ussd_code": "*737*33*4*18791#", "display_text": "Dial it"}
    with provider("paystack", (200, paystack_said(told))) as (gateway, server):
        way = gateway.start(a_start(kind="ussd", bank=bank))
    assert (way.kind, way.ussd_code) == ("ussd", "*737*33*4*18791#")
    assert sent(server)["ussd"] == {"type": sort}


def test_a_bank_without_ussd_is_refused_before_anything_is_sent() -> None:
    with provider("paystack", (200, {})) as (gateway, server), pytest.raises(GatewayError) as raised:
        gateway.start(a_start(kind="ussd", bank="wema"))
    assert (raised.value.code, raised.value.klass, server.requests) == ("not_offered", "permanent", [])


@pytest.mark.parametrize("status", ["send_otp", "send_pin", "send_birthday", "send_phone"])
def test_a_charge_that_wants_a_secret_of_the_customer_is_left(status: str) -> None:
    with provider("paystack", (200, paystack_said({"status": status, "reference": REFERENCE}))) as (gateway, _):
        with pytest.raises(GatewayError) as raised:
            gateway.start(a_start(kind="transfer"))
    assert (raised.value.code, raised.value.retryable) == ("asks_customer", False)


@pytest.mark.parametrize(
    "body",
    [
        paystack_refusal("Duplicate Transaction Reference", "duplicate_reference"),
        paystack_refusal("Duplicate Transaction Reference", ""),
        {"status": False, "message": "duplicate transaction reference"},
    ],
)
def test_a_duplicate_reference_has_its_own_code(body: Any) -> None:
    error = refusal(400, body)
    assert (error.code, error.klass, error.retryable) == ("duplicate_reference", "permanent", False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (paystack_refusal("Invalid Email Address Passed", "invalid_email_address"), "invalid_email_address"),
        ({"status": False, "message": "No", "type": "processor_error"}, "processor_error"),
        (b"<html>", "http_400"),
        ({"status": False, "code": "two words and more"}, "http_400"),
    ],
)
def test_a_refused_start_is_never_sent_again(body: Any, code: str) -> None:
    error = refusal(400, body)
    assert (error.klass, error.retryable, error.code) == ("permanent", False, code)


_NO_PAGE = [
    {},
    BEGUN | {"authorization_url": ""},
    BEGUN | {"authorization_url": "javascript:alert(1)"},
    BEGUN | {"authorization_url": "https://user@evil.example/"},
    BEGUN | {"authorization_url": "https://x.example/ two"},
    BEGUN | {"authorization_url": 7},
    BEGUN | {"reference": "another"},
    None,
]


@pytest.mark.parametrize("data", _NO_PAGE)
def test_a_success_without_a_page_of_ours_is_ambiguous(data: Any) -> None:
    assert (refusal(200, paystack_said(data)).klass, refusal(200, paystack_said(data)).code) == ("ambiguous", "bad_answer")


def test_a_success_that_says_no_is_ambiguous() -> None:
    assert refusal(200, {"status": False, "message": "Something"}).klass == "ambiguous"


def test_a_start_that_cannot_be_is_a_mistake_of_ours() -> None:
    for wrong in ({"reference": "a b"}, {"reference": ""}, {"amount": Money(0)}, {"email": "ada"}):
        with pytest.raises(ValueError, match=r"reference|amount"):
            a_start(**wrong)


def test_a_start_shows_no_person_in_its_repr() -> None:
    assert not any(word in repr(a_start()) for word in ("Ada", "803"))


# -------------------------------------------------------------------------------------------------------------- verify


def test_a_success_is_paid_with_what_was_taken_and_what_was_asked() -> None:
    found = verified(amount=760_333, requested_amount=750_050, fees="10283")
    assert (found.state, found.reference, found.transaction_id) == ("paid", REFERENCE, "4099260516")
    assert (found.amount, found.requested, found.fee) == (Money(760_333), PRICE, Money(10_283))
    assert (found.currency, found.mode, found.channel, found.raw_status) == ("NGN", "test", "card", "success")
    assert found.paid_at == datetime(2026, 11, 20, 9, 15, 2, tzinfo=UTC)


@pytest.mark.parametrize("metadata", METADATA)
def test_verify_reads_metadata_of_any_shape(metadata: Any) -> None:
    assert verified(metadata=metadata) == verified()


@pytest.mark.parametrize("status", ["abandoned", "ongoing", "pending", "processing", "queued"])
def test_unfinished_words_are_pending(status: str) -> None:
    assert verified(status=status).state == "pending"


@pytest.mark.parametrize(("status", "state"), [("failed", "failed"), ("reversed", "reversed"), ("success", "paid")])
def test_final_words_are_told_apart(status: str, state: str) -> None:
    assert verified(status=status).state == state


@pytest.mark.parametrize("status", ["successful", "paid!", "", None, 1, True, {"status": "success"}])
def test_a_word_nobody_knows_is_pending_and_logged(status: Any) -> None:
    with capture_logs() as lines:
        found = verified(status=status)
    assert found.state == "pending"
    assert [line["event"] for line in lines] == ["payment.unknown_status"]


def test_a_failed_payment_is_failed_although_the_answer_is_a_success() -> None:
    assert verified(status="failed", amount=125_000).state == "failed"


@pytest.mark.parametrize(
    ("domain", "mode"), [("live", "live"), ("test", "test"), (None, "test"), ("Live", "test"), (["live"], "test")]
)
def test_the_mode_is_the_answers_and_else_the_keys(domain: Any, mode: str) -> None:
    assert verified(domain=domain).mode == mode


@pytest.mark.parametrize("changes", [{"amount": None}, {"amount": "1e9"}, {"amount": -5}, {"id": None}, {"id": "  "}])
def test_a_payment_that_cannot_be_read_is_never_paid(changes: Any) -> None:
    error = refusal(200, paystack_said(paystack_transaction(**changes)), "verify")
    assert (error.code, error.klass, error.retryable) == ("bad_answer", "retryable", True)


@pytest.mark.parametrize("currency", ["ngn", "NGN"])
def test_a_currency_is_read_in_capitals(currency: str) -> None:
    assert verified(currency=currency).amount == PRICE


@pytest.mark.parametrize("currency", ["USD", "naira", 7, ["NGN"], None, ""])
def test_another_currency_never_equals_ours(currency: Any) -> None:
    assert verified(currency=currency).currency != "NGN"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, paystack_refusal("Transaction reference not found.", "transaction_not_found")),
        (400, paystack_refusal("Transaction reference not found", "transaction_not_found")),
        (404, {"status": False, "message": "No such thing"}),
    ],
)
def test_a_reference_paystack_does_not_know_is_unknown(status: int, body: Any) -> None:
    with provider("paystack", (status, body)) as (gateway, _):
        found = gateway.verify(REFERENCE)
    assert (found.state, found.reference, found.amount, found.transaction_id) == ("unknown", REFERENCE, Money(0), "")


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"<html>"), (404, {"message": "Route not found"}), (400, {"message": "Invalid"})]
)
def test_another_refusal_says_nothing_of_the_payment(status: int, body: Any) -> None:
    assert refusal(status, body, "verify").klass == "permanent"


def test_references_are_quoted_in_the_address() -> None:
    with provider("paystack", (404, paystack_refusal("Transaction not found", ""))) as (gateway, server):
        gateway.verify("a/../b?c=d")
        gateway.verify("", "4099260516")
    assert asked(server) == ["GET /transaction/verify/a%2F..%2Fb%3Fc%3Dd", "GET /transaction/4099260516"]


# ------------------------------------------------------------------------------------------------------------- refunds


def test_a_refund_is_asked_for_in_kobo() -> None:
    made = {"id": 77, "transaction": {"id": 4_099_260_516}, "amount": 50_000, "status": "pending"}
    with provider("paystack", (200, paystack_said(made))) as (gateway, server):
        found = gateway.refund("4099260516", Money(50_000), reason="cancelled")
    assert found == RefundState("pending", "77", Money(50_000), "4099260516")
    assert (sent(server)["transaction"], sent(server)["amount"]) == ("4099260516", 50_000)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", "pending"),
        ("processing", "pending"),
        ("processed", "done"),
        ("failed", "failed"),
        ("needs-attention", "needs_attention"),
        ("?", "pending"),
    ],
)
def test_refunds_are_listed_with_their_state(word: str, state: str) -> None:
    rows = [{"id": 77, "transaction": 4_099_260_516, "amount": "50000", "status": word}]
    with provider("paystack", (200, paystack_said(rows, meta={"pageCount": 1}))) as (gateway, _):
        assert gateway.refunds("4099260516") == [RefundState(state, "77", Money(50_000), "4099260516")]


def test_refunds_of_another_transaction_are_not_taken_for_ours() -> None:
    rows = [{"id": n, "transaction": n, "amount": 1, "status": "processed"} for n in (1, 2)]
    with provider("paystack", (200, paystack_said(rows))) as (gateway, _):
        assert [found.provider_id for found in gateway.refunds("2")] == ["2"]


def test_a_refund_of_nothing_known_says_so() -> None:
    error = refusal(404, paystack_refusal("Transaction not found", "transaction_not_found"), "refund")
    assert (error.code, error.klass) == ("no_transaction", "permanent")


def test_a_refused_refund_is_permanent_and_a_strange_yes_is_ambiguous() -> None:
    assert (
        refusal(400, paystack_refusal("Transaction has been fully reversed", "transaction_reversed"), "refund").klass
        == "permanent"
    )
    assert refusal(200, {"status": True}, "refund").klass == "ambiguous"


# -------------------------------------------------------------------------------------------------------- reconciliation


def rows(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [paystack_transaction(id=n, reference=f"r{n}", **more) for n in numbers]


def test_a_list_is_read_page_by_page_each_row_once() -> None:
    pages = [(200, paystack_said(rows(1, 2), meta={"pageCount": 2})), (200, paystack_said(rows(2, 3), meta={"pageCount": 2}))]
    with provider("paystack", *pages) as (gateway, server):
        found = list(gateway.listed(DAY, DAY + timedelta(days=1)))
    assert [taken.transaction_id for taken in found] == ["1", "2", "3"]
    assert "from=2026-11-20T00%3A00%3A00.000Z" in asked(server)[0]
    assert "page=2" in asked(server)[1]


def test_a_list_with_a_cursor_follows_it() -> None:
    pages = [(200, paystack_said(rows(1), meta={"next": "dW5"})), (200, paystack_said(rows(2), meta={"next": None}))]
    with provider("paystack", *pages) as (gateway, server):
        found = [taken.reference for taken in gateway.listed(DAY, DAY + timedelta(days=1))]
    assert (found, "next=dW5" in asked(server)[1]) == (["r1", "r2"], True)


def test_rows_outside_the_time_are_left_out_and_rows_without_one_kept() -> None:
    given = rows(1, created_at="2026-11-19T23:59:59Z") + rows(2, created_at=None) + rows(3, created_at="2026-11-21T00:00:00Z")
    with provider("paystack", (200, paystack_said(given))) as (gateway, _):
        assert [taken.transaction_id for taken in gateway.listed(DAY, DAY + timedelta(days=1))] == ["2"]


def test_a_paid_row_without_an_amount_is_shown_with_none() -> None:
    with provider("paystack", (200, paystack_said(rows(1, amount="?")))) as (gateway, _):
        found = list(gateway.listed(DAY, DAY + timedelta(days=1)))
    assert [(taken.state, taken.amount) for taken in found] == [("paid", Money(0))]


def test_a_list_without_end_is_no_list() -> None:
    with provider("paystack", (200, paystack_said(rows(1), meta={"next": "again"}))) as (gateway, server):
        with pytest.raises(GatewayError) as raised:
            list(gateway.listed(DAY, DAY + timedelta(days=1)))
    assert (raised.value.code, len(server.requests)) == ("too_many_rows", 200)
