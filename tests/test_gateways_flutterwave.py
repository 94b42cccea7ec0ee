"""Flutterwave's answers become our values, and what we ask of it has its shape: naira there, kobo here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from models.values import Money
from tests.payment_payloads import METADATA, REFERENCE, flutterwave_refusal, flutterwave_said, flutterwave_transaction
from tests.payment_peer import PRICE, a_start, asked, provider, sent
from worker.errors import GatewayError
from worker.gateways.payments import Gateway, RefundState, Verified

LINK = "https://checkout.flutterwave.com/v3/hosted/pay/flwlnk-01"
NOT_FOUND = flutterwave_refusal("No transaction was found for this id")
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def refusal(status: int, body: Any, act: str = "start") -> GatewayError:
    acts: dict[str, Callable[[Gateway], object]] = {
        "start": lambda gateway: gateway.start(a_start()),
        "transfer": lambda gateway: gateway.start(a_start(kind="transfer")),
        "ussd": lambda gateway: gateway.start(a_start(kind="ussd")),
        "refund": lambda gateway: gateway.refund("288200108", PRICE, reason="cancelled"),
        "verify": lambda gateway: gateway.verify(REFERENCE),
    }
    with provider("flutterwave", (status, body)) as (gateway, _), pytest.raises(GatewayError) as raised:
        acts[act](gateway)
    return raised.value


def verified(**changes: Any) -> Verified:
    with provider("flutterwave", (200, flutterwave_said(flutterwave_transaction(**changes)))) as (gateway, _):
        return gateway.verify(REFERENCE)


# --------------------------------------------------------------------------------------------------------------- start


@pytest.mark.parametrize(("amount", "naira"), [(PRICE, "7500.50"), (Money(750_000), "7500"), (Money(5), "0.05")])
def test_a_page_is_begun_with_our_reference_in_naira(amount: Money, naira: str) -> None:
    with provider("flutterwave", (200, flutterwave_said({"link": LINK}))) as (gateway, server):
        way = gateway.start(a_start(amount=amount))
    assert (way.kind, way.url) == ("link", LINK)
    assert asked(server) == ["POST /v3/payments"]
    body = sent(server)
    assert (body["tx_ref"], body["amount"], body["currency"]) == (REFERENCE, naira, "NGN")
    assert (body["customer"]["email"], body["configurations"]["session_duration"]) == ("2348031234567@customers.drugs.ng", 30)


def test_what_the_customer_did_not_tell_is_not_sent() -> None:
    with provider("flutterwave", (200, flutterwave_said({"link": LINK}))) as (gateway, server):
        gateway.start(a_start(name="", phone="", return_url=""))
    assert (sent(server)["customer"], "redirect_url" in sent(server)) == ({"email": "2348031234567@customers.drugs.ng"}, False)


def _transfer(**changes: Any) -> dict[str, Any]:
    told = {"transfer_account": "7824822527", "transfer_bank": "WEMA BANK", "transfer_amount": "7605.51", "mode": "banktransfer"}
    told["account_expiration"] = "2026-11-20T10:00:00+01:00"
    return {"status": "success", "message": "Charge initiated", "meta": {"authorization": told | changes}}


def test_an_account_to_transfer_to_is_read() -> None:
    with provider("flutterwave", (200, _transfer())) as (gateway, server):
        way = gateway.start(a_start(kind="transfer"))
    assert (way.account_number, way.bank, way.amount) == ("7824822527", "WEMA BANK", Money(760_551))
    assert way.expires_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert asked(server) == ["POST /v3/charges?type=bank_transfer"]
    assert sent(server)["expires"] == 1800


@pytest.mark.parametrize("told", ["2026-11-20 10:00:00 AM", "N/A", None])
def test_an_account_whose_end_is_in_no_zone_ends_when_we_asked(told: Any) -> None:
    with provider("flutterwave", (200, _transfer(account_expiration=told))) as (gateway, _):
        until = gateway.start(a_start(kind="transfer")).expires_at
    assert until is not None and abs(until - datetime.now(UTC) - timedelta(minutes=30)) < timedelta(seconds=30)


@pytest.mark.parametrize(("bank", "code"), [("", "058"), ("wema", "035")])
def test_a_code_to_dial_is_read(bank: str, code: str) -> None:
    told = flutterwave_said({"id": 288_200_108}, meta={"authorization": {"mode": "ussd", "note": "*737*000*4290#"}})
    with provider("flutterwave", (200, told)) as (gateway, server):
        way = gateway.start(a_start(kind="ussd", bank=bank))
    assert (way.ussd_code, way.provider_id) == ("*737*000*4290#", "288200108")
    assert (asked(server), sent(server)["account_bank"]) == (["POST /v3/charges?type=ussd"], code)


def test_a_bank_without_ussd_is_refused_before_anything_is_sent() -> None:
    with provider("flutterwave", (200, {})) as (gateway, server), pytest.raises(GatewayError) as raised:
        gateway.start(a_start(kind="ussd", bank="moon"))
    assert (raised.value.code, server.requests) == ("not_offered", [])


@pytest.mark.parametrize(
    "message",
    [
        "Duplicate transaction reference. Use a unique tx_ref",
        "tx_ref already used",
        "A transaction with this reference already exists",
        "Duplicate tx_ref",
    ],
)
def test_a_duplicate_reference_has_its_own_code(message: str) -> None:
    error = refusal(400, flutterwave_refusal(message))
    assert (error.code, error.klass, error.retryable) == ("duplicate_reference", "permanent", False)


def test_a_refused_start_is_never_sent_again() -> None:
    error = refusal(400, flutterwave_refusal("customer.email is required"))
    assert (error.klass, error.retryable, error.code, error.detail) == (
        "permanent",
        False,
        "http_400",
        "customer.email is required",
    )


def test_an_error_said_with_status_200_is_ambiguous() -> None:
    error = refusal(200, flutterwave_refusal("An error occurred. Please contact support"))
    assert (error.klass, error.retryable) == ("ambiguous", False)


@pytest.mark.parametrize("data", [None, {}, {"link": ""}, {"link": "ftp://x.example/"}, {"link": ["https://x.example"]}, "text"])
def test_a_success_without_a_link_is_ambiguous(data: Any) -> None:
    assert refusal(200, flutterwave_said(data)).klass == "ambiguous"


@pytest.mark.parametrize("kind", ["transfer", "ussd"])
@pytest.mark.parametrize(
    "meta", [None, {}, {"authorization": "no"}, {"authorization": {"transfer_account": "12", "note": "dial"}}]
)
def test_a_success_without_an_account_or_code_is_ambiguous(kind: str, meta: Any) -> None:
    assert refusal(200, flutterwave_said({}, meta=meta), kind).klass == "ambiguous"


# -------------------------------------------------------------------------------------------------------------- verify


def test_a_success_is_paid_in_kobo() -> None:
    found = verified()
    assert (found.state, found.reference, found.transaction_id) == ("paid", REFERENCE, "288200108")
    assert (found.amount, found.requested, found.fee) == (PRICE, None, Money(10_501))
    assert (found.currency, found.mode, found.channel, found.raw_status) == ("NGN", "test", "card", "successful")


@pytest.mark.parametrize(
    ("amount", "charged", "kobo"), [(100, 100, 10_000), ("7500.50", "7500.50", 750_050), (98.6, 98.6, 9860), (0.29, 0.29, 29)]
)
def test_amounts_are_read_from_int_text_and_float(amount: Any, charged: Any, kobo: int) -> None:
    assert verified(amount=amount, charged_amount=charged).amount == Money(kobo)


@pytest.mark.parametrize(
    ("amount", "charged", "fee", "taken"),
    [
        (1000, 1014, 14, 1000),  # the customer bears the fee
        (1000, 1014.01, 14, 1000),
        (1000, 900, 14, 900),  # less was taken than is said
        (1000, 1500, 14, 1500),  # more than fees explain: too much was sent
        (1000, None, 14, 1000),
        (1000, 1014, None, 1014),
    ],
)
def test_what_counts_as_taken_is_never_more_than_was_charged_and_leaves_fees_out(
    amount: Any, charged: Any, fee: Any, taken: int
) -> None:
    assert verified(amount=amount, charged_amount=charged, app_fee=fee).amount == Money(taken * 100)


@pytest.mark.parametrize(
    ("status", "state"),
    [("successful", "paid"), ("failed", "failed"), ("cancelled", "failed"), ("pending", "pending"), ("SUCCESSFUL", "paid")],
)
def test_words_are_told_apart(status: str, state: str) -> None:
    assert verified(status=status).state == state


@pytest.mark.parametrize("status", ["success", "completed", "succeeded", "", None, 1, ["successful"]])
def test_a_word_nobody_knows_is_pending_and_logged(status: Any) -> None:
    with capture_logs() as lines:
        found = verified(status=status)
    assert (found.state, [line["event"] for line in lines]) == ("pending", ["payment.unknown_status"])


@pytest.mark.parametrize("meta", METADATA)
def test_verify_reads_meta_of_any_shape(meta: Any) -> None:
    assert verified(meta=meta) == verified()


@pytest.mark.parametrize("currency", ["USD", None, "", 566])
def test_another_currency_or_none_never_equals_ours(currency: Any) -> None:
    assert verified(currency=currency).currency != "NGN"


@pytest.mark.parametrize("changes", [{"amount": None}, {"amount": "many"}, {"amount": -1}, {"id": None}])
def test_a_payment_that_cannot_be_read_is_never_paid(changes: Any) -> None:
    error = refusal(200, flutterwave_said(flutterwave_transaction(**changes)), "verify")
    assert (error.code, error.retryable) == ("bad_answer", True)


@pytest.mark.parametrize("status", [400, 404, 200])
def test_a_reference_nobody_tried_is_unknown_and_no_outage(status: int) -> None:
    with provider("flutterwave", (status, NOT_FOUND)) as (gateway, _):
        found = gateway.verify(REFERENCE)
    assert (found.state, found.reference, found.amount) == ("unknown", REFERENCE, Money(0))


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"<html>"), (404, flutterwave_refusal("Wrong route")), (400, flutterwave_refusal("Bad"))]
)
def test_another_refusal_says_nothing_of_the_payment(status: int, body: Any) -> None:
    assert refusal(status, body, "verify").klass == "permanent"


def test_a_known_try_is_asked_for_by_its_id() -> None:
    with provider("flutterwave", (200, flutterwave_said(flutterwave_transaction()))) as (gateway, server):
        gateway.verify(REFERENCE, "288200108")
    assert asked(server) == ["GET /v3/transactions/288200108/verify"]


def test_an_id_nobody_knows_falls_back_to_the_reference() -> None:
    answers = ((400, NOT_FOUND), (200, flutterwave_said(flutterwave_transaction())))
    with provider("flutterwave", *answers) as (gateway, server):
        found = gateway.verify("a b&c", "../1")
    assert found.state == "paid"
    assert asked(server) == ["GET /v3/transactions/..%2F1/verify", "GET /v3/transactions/verify_by_reference?tx_ref=a+b%26c"]


def test_the_sandbox_shows_in_its_references() -> None:
    assert verified(flw_ref="FLW-MOCK-0a1b").mode == "test"


# ------------------------------------------------------------------------------------------------------------- refunds


@pytest.mark.parametrize(("amount", "naira"), [(Money(690_000), 6900), (Money(690_050), 6900.5), (Money(29), 0.29)])
def test_a_refund_is_asked_for_in_naira(amount: Money, naira: Any) -> None:
    made = {"id": 75_923, "tx_id": 288_200_108, "amount_refunded": naira, "status": "completed"}
    with provider("flutterwave", (200, flutterwave_said(made))) as (gateway, server):
        found = gateway.refund("288200108", amount, reason="cancelled")
    assert found == RefundState("done", "75923", amount, "288200108")
    assert (asked(server), sent(server)["amount"]) == (["POST /v3/transactions/288200108/refund"], naira)


def test_refunds_of_a_transaction_are_found_among_all() -> None:
    page = {"page_info": {"total_pages": 2}}
    first = [
        {"id": 1, "tx_id": 5, "amount_refunded": 10, "status": "completed"},
        {"id": 2, "tx_id": 6, "amount_refunded": 20, "status": "completed-mpgs"},
    ]
    second = [first[1], {"id": 3, "tx_id": "6", "amount_refunded": "1.50", "status": "failed"}]
    with provider("flutterwave", (200, flutterwave_said(first, meta=page)), (200, flutterwave_said(second, meta=page))) as (
        gateway,
        _,
    ):
        found = gateway.refunds("6")
    assert found == [RefundState("done", "2", Money(2000), "6"), RefundState("failed", "3", Money(150), "6")]


def test_a_refund_word_nobody_knows_is_pending_and_logged() -> None:
    rows = [{"id": 1, "tx_id": 6, "amount_refunded": 10, "status": "perhaps"}]
    with provider("flutterwave", (200, flutterwave_said(rows))) as (gateway, _), capture_logs() as lines:
        assert [found.state for found in gateway.refunds("6")] == ["pending"]
    assert [line["event"] for line in lines] == ["payment.unknown_refund_status"]


@pytest.mark.parametrize(
    ("status", "body", "klass", "code"),
    [
        (400, NOT_FOUND, "permanent", "no_transaction"),
        (400, flutterwave_refusal("Transaction has already been refunded"), "permanent", "http_400"),
        (200, flutterwave_refusal("An error occurred"), "ambiguous", "bad_answer"),
        (503, flutterwave_refusal("An error occurred"), "ambiguous", "http_503"),
    ],
)
def test_a_refund_that_is_not_made_says_what_is_known(status: int, body: Any, klass: str, code: str) -> None:
    error = refusal(status, body, "refund")
    assert (error.klass, error.code) == (klass, code)


# -------------------------------------------------------------------------------------------------------- reconciliation


def rows(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [flutterwave_transaction(id=n, tx_ref=f"r{n}", **more) for n in numbers]


def test_a_list_is_read_page_by_page_each_row_once() -> None:
    info = {"page_info": {"total_pages": 2}}
    pages = [(200, flutterwave_said(rows(1, 2), meta=info)), (200, flutterwave_said(rows(2, 3), meta=info))]
    with provider("flutterwave", *pages) as (gateway, server):
        found = list(gateway.listed(DAY, DAY + timedelta(days=1)))
    assert [taken.transaction_id for taken in found] == ["1", "2", "3"]
    assert asked(server)[0].startswith("GET /v3/transactions?from=2026-11-19&to=2026-11-22")


def test_a_list_without_page_numbers_ends_when_it_repeats_itself() -> None:
    with provider("flutterwave", (200, flutterwave_said(rows(1, 2)))) as (gateway, server):
        assert len(list(gateway.listed(DAY, DAY + timedelta(days=1)))) == 2
    assert len(server.requests) == 2


def test_rows_outside_the_time_are_left_out() -> None:
    given = rows(1, created_at="2026-11-19T23:59:59Z") + rows(2) + rows(3, created_at="2026-11-21T00:00:00Z")
    with provider("flutterwave", (200, flutterwave_said(given))) as (gateway, _):
        assert [taken.transaction_id for taken in gateway.listed(DAY, DAY + timedelta(days=1))] == ["2"]


def test_a_list_that_breaks_off_may_be_asked_for_again() -> None:
    info = {"page_info": {"total_pages": 2}}
    with (
        provider("flutterwave", (200, flutterwave_said(rows(1), meta=info)), (503, b"")) as (gateway, _),
        pytest.raises(GatewayError) as raised,
    ):
        list(gateway.listed(DAY, DAY + timedelta(days=1)))
    assert (raised.value.klass, raised.value.retryable) == ("retryable", True)
