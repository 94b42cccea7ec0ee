"""Bodies in the shapes of Paystack and Flutterwave, with values of our own. Each function gives the body; arguments change `data`."""

from __future__ import annotations

import json
from typing import Any

PAYSTACK_KEY = "sk_test_0123456789abcdef0123456789abcdef01234567"
FLUTTERWAVE_KEY = "FLWSECK_TEST-0123456789abcdef0123456789abcdef-X"
REFERENCE = "10017-a1"
METADATA = ({"order": "10017"}, '{"order":"10017"}', 0, "", None)  # the five shapes it comes back in
ADA = {
    "id": 7001,
    "first_name": "Ada",
    "last_name": "Obi",
    "email": "2348031234567@customers.drugs.ng",
    "phone": "+2348031234567",
}


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


def paystack_transaction(**changes: Any) -> dict[str, Any]:
    """The `data` of verify, of a list's row and of charge.success."""
    data: dict[str, Any] = {
        "id": 4_099_260_516,
        "domain": "test",
        "status": "success",
        "reference": REFERENCE,
        "amount": 750_050,
        "requested_amount": 750_050,
        "gateway_response": "Successful",
        "paid_at": "2026-11-20T09:15:02.000Z",
        "created_at": "2026-11-20T09:14:24.000Z",
        "channel": "card",
        "currency": "NGN",
        "metadata": {"order": "10017"},
        "fees": 21_251,
        "authorization": {"bin": "408408", "last4": "4081", "bank": "TEST BANK"},
        "customer": ADA,
    }
    return data | changes


def paystack_charge(**changes: Any) -> dict[str, Any]:
    return {"event": "charge.success", "data": paystack_transaction(**changes)}


def paystack_refund(name: str = "processed", **changes: Any) -> dict[str, Any]:
    data = {
        "status": name,
        "transaction_reference": REFERENCE,
        "refund_reference": "TRF_k2m4p6",
        "amount": "750050",
        "currency": "NGN",
        "customer": ADA,
        "domain": "live",
    }
    return {"event": f"refund.{name}", "data": data | changes}


def paystack_dispute(**changes: Any) -> dict[str, Any]:
    data = {
        "id": 358_951,
        "refund_amount": 750_050,
        "currency": "NGN",
        "status": "awaiting-merchant-feedback",
        "domain": "live",
        "transaction": paystack_transaction(),
        "transaction_reference": None,
        "customer": ADA,
        "dueAt": "2026-11-25T18:00:00.000Z",
    }
    return {"event": "charge.dispute.create", "data": data | changes}


def paystack_rejected() -> dict[str, Any]:
    told = {
        "amount": "30000",
        "message": "incorrect amount sent",
        "message_type": "INCORRECT_AMOUNT",
        "transaction_id": "3103959931",
    }
    return {"event": "bank.transfer.rejected", "data": {"bank_transfer": told, "customer": ADA | {"domain": "test"}}}


def flutterwave_transaction(**changes: Any) -> dict[str, Any]:
    """The `data` of verify, of a list's row and of charge.completed."""
    data: dict[str, Any] = {
        "id": 288_200_108,
        "tx_ref": REFERENCE,
        "flw_ref": "AdaObi/FLW275407301",
        "amount": 7500.5,
        "currency": "NGN",
        "charged_amount": 7500.5,
        "app_fee": 105.01,
        "merchant_fee": 0,
        "status": "successful",
        "payment_type": "card",
        "created_at": "2026-11-20T09:14:24.000Z",
        "card": {"first_6digits": "553188", "last_4digits": "2950"},
        "meta": {"order": "10017"},
        "customer": {"id": 5, "name": "Ada Obi", "phone_number": None, "email": ADA["email"]},
    }
    return data | changes


def flutterwave_charge(**changes: Any) -> dict[str, Any]:
    return {"event": "charge.completed", "data": flutterwave_transaction(**changes), "event.type": "CARD_TRANSACTION"}


def flutterwave_flat(**changes: Any) -> dict[str, Any]:
    body = {
        "id": 288_200_108,
        "txRef": REFERENCE,
        "flwRef": "FLW-MOCK-0a1b2c",
        "amount": 7500.5,
        "charged_amount": 7500.5,
        "status": "successful",
        "currency": "NGN",
        "appfee": 105.01,
        "customer": {"id": 5, "fullName": "Ada Obi", "email": ADA["email"]},
        "entity": {"card6": "553188", "card_last4": "2950"},
        "event.type": "CARD_TRANSACTION",
    }
    return body | changes


def flutterwave_refund(**changes: Any) -> dict[str, Any]:
    body = {
        "id": 89_075,
        "AmountRefunded": 7500.5,
        "status": "completed",
        "FlwRef": "AdaObi/FLW275407301",
        "destination": "payment_source",
        "meta": '{"source":"availablebalance"}',
        "TransactionId": 288_200_108,
    }
    return body | changes


def paystack_said(data: Any, **more: Any) -> dict[str, Any]:
    """A success of Paystack's API."""
    return {"status": True, "message": "Done", "data": data, **more}


def paystack_refusal(message: str, code: str, sort: str = "validation_error") -> dict[str, Any]:
    return {"status": False, "message": message, "meta": {"nextStep": "Look it up"}, "type": sort, "code": code}


def flutterwave_said(data: Any, **more: Any) -> dict[str, Any]:
    """A success of Flutterwave's API."""
    return {"status": "success", "message": "Done", "data": data, **more}


def flutterwave_refusal(message: str) -> dict[str, Any]:
    return {"status": "error", "message": message, "data": None}
