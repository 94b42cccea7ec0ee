"""How the two providers write a transaction, a refund and their events. Field types are theirs: Paystack's kobo are integers (in
some events strings), Flutterwave's naira are numbers. (Samples of both documentations, read November 2026.)"""

from __future__ import annotations

import hashlib
import time
from decimal import Decimal
from typing import Any

from local.providers.books import ABANDONED, FAILED, PAID, PENDING, REVERSED, Books, Refund, Transaction, stamp
from local.providers.config import Config

Json = dict[str, Any]
PAYSTACK_WORDS = {PAID: "success", FAILED: "failed", PENDING: "ongoing", ABANDONED: "abandoned", REVERSED: "reversed"}
FLUTTERWAVE_WORDS = {PAID: "successful", FAILED: "failed", PENDING: "pending", ABANDONED: "pending", REVERSED: "successful"}
PAYSTACK_ANSWERS = {PAID: "Successful", FAILED: "Declined", REVERSED: "Reversed"}
PAYSTACK_REFUNDS = {"pending": "pending", "done": "processed", "failed": "failed", "needs-attention": "needs-attention"}
FLUTTERWAVE_REFUNDS = {"pending": "pending", "done": "completed", "failed": "failed", "needs-attention": "pending"}
INTEGRATION = 412_829
ACCOUNT_ID = 92_319


def naira(kobo: int) -> int | float:
    """Flutterwave's amounts: whole naira as integers, else a number with decimals."""
    return kobo // 100 if kobo % 100 == 0 else float(Decimal(kobo) / 100)


def paystack_customer(books: Books, transaction: Transaction) -> Json:
    charge = transaction.charge
    number = books.customer(charge.email)
    return {
        "id": number,
        "first_name": charge.name or None,
        "last_name": None,
        "email": charge.email,
        "customer_code": f"CUS_{hashlib.md5(charge.email.encode(), usedforsecurity=False).hexdigest()[:15]}",
        "phone": charge.phone or None,
        "metadata": None,
        "risk_action": "default",
        "international_format_phone": None,
    }


def paystack_transaction(books: Books, config: Config, transaction: Transaction) -> Json:
    """The `data` of verify, of the list and of charge.success."""
    charge, status = transaction.charge, transaction.status
    paid_at = stamp(transaction.paid_at) if transaction.paid_at else None
    created = stamp(transaction.created)
    metadata = charge.metadata
    if metadata is None:
        metadata = (0, "", None)[transaction.id % 3]  # all of these occur
    return {
        "id": transaction.id,
        "domain": config.mode("paystack"),
        "status": PAYSTACK_WORDS[status],
        "reference": charge.reference,
        "receipt_number": None,
        "amount": transaction.kobo,
        "message": transaction.message or None,
        "gateway_response": PAYSTACK_ANSWERS.get(status, "The transaction was not completed"),
        "paid_at": paid_at,
        "created_at": created,
        "channel": transaction.channel,
        "currency": charge.currency,
        "ip_address": "197.210.54.33",
        "metadata": metadata,
        "log": None,
        "fees": transaction.fee if transaction.paid_at else None,
        "fees_split": None,
        "authorization": _authorization(transaction) if transaction.paid_at else {},
        "customer": paystack_customer(books, transaction),
        "plan": None,
        "split": {},
        "order_id": None,
        "paidAt": paid_at,
        "createdAt": created,
        "requested_amount": charge.kobo,
        "pos_transaction_data": None,
        "source": None,
        "fees_breakdown": None,
        "connect": None,
        "transaction_date": created,
        "plan_object": {},
        "subaccount": {},
    }


def _authorization(transaction: Transaction) -> Json:
    kind: Json
    if transaction.channel == "card":
        kind = {"bin": "408408", "last4": "4081", "card_type": "visa ", "bank": "TEST BANK", "brand": "visa", "reusable": True}
    else:
        kind = {"bin": "008XXX", "last4": "X553", "card_type": "transfer", "bank": None, "brand": "Managed Account"}
        kind |= {"reusable": False, "sender_name": "ADA OBI", "narration": transaction.charge.reference}
    return {"authorization_code": f"AUTH_{transaction.id:x}", "channel": transaction.channel, "country_code": "NG", **kind}


def paystack_refund(config: Config, refund: Refund, *, whole: bool) -> Json:
    """`whole`: as POST /refund answers, with the transaction inside; else as the list has it, with its id."""
    of = refund.transaction
    inside: Any = of.id
    if whole:
        inside = {"id": of.id, "domain": config.mode("paystack"), "reference": of.charge.reference, "amount": of.kobo}
        inside |= {"paid_at": stamp(of.paid_at), "channel": of.channel, "currency": of.charge.currency}
    return {
        "id": refund.id,
        "integration": INTEGRATION,
        "transaction": inside,
        "dispute": None,
        "settlement": None,
        "domain": config.mode("paystack"),
        "currency": of.charge.currency,
        "amount": refund.kobo,
        "deducted_amount": refund.kobo if refund.status == "done" else 0,
        "fully_deducted": refund.status == "done",
        "channel": None,
        "status": PAYSTACK_REFUNDS[refund.status],
        "refunded_by": "api@merchant.example",
        "refunded_at": stamp(refund.ended) if refund.status == "done" else None,
        "expected_at": stamp(refund.created + 10 * 86_400),
        "merchant_note": refund.note or f"Refund for transaction {of.charge.reference}",
        "customer_note": refund.note or f"Refund for transaction {of.charge.reference}",
        "createdAt": stamp(refund.created),
        "updatedAt": stamp(refund.ended or refund.created),
    }


def paystack_refund_event(config: Config, refund: Refund, name: str) -> Json:
    """refund.pending and the like. The amount is a string in refund.processed, a number in refund.failed."""
    of = refund.transaction
    amount: int | str = refund.kobo if name == "failed" else str(refund.kobo)
    data: Json = {"status": name, "transaction_reference": of.charge.reference, "refund_reference": None, "amount": amount}
    if name in ("processed", "failed"):
        data["refund_reference"] = f"TRF_{refund.id:x}"
    data |= {"currency": of.charge.currency, "processor": "mpgs_zen", "integration": INTEGRATION}
    data |= {"customer": {"first_name": None, "last_name": None, "email": of.charge.email}, "domain": config.mode("paystack")}
    return {"event": f"refund.{name}", "data": data}


def paystack_rejected(books: Books, transaction: Transaction, kobo: int, why: str) -> Json:
    """bank.transfer.rejected: the amount is a string, and there is no reference of the merchant."""
    told = {"amount": str(kobo), "message": why, "transaction_id": str(transaction.id)}
    told["message_type"] = "INCORRECT_AMOUNT" if "amount" in why else "ACCOUNT_EXPIRED"
    made = stamp(transaction.charge.created)
    customer = paystack_customer(books, transaction) | {"domain": "test", "integration": INTEGRATION}
    customer |= {"createdAt": made, "updatedAt": made}
    return {"event": "bank.transfer.rejected", "data": {"bank_transfer": told, "customer": customer}}


def paystack_dispute(books: Books, config: Config, transaction: Transaction, number: int, name: str) -> Json:
    resolved, now = name == "resolve", time.time()
    card = _authorization(transaction)
    data = {
        "id": number,
        "refund_amount": transaction.kobo,
        "currency": transaction.charge.currency,
        "status": "resolved" if resolved else "awaiting-merchant-feedback",
        "resolution": "merchant-accepted" if resolved else None,
        "domain": config.mode("paystack"),
        "transaction": paystack_transaction(books, config, transaction),
        "transaction_reference": None,
        "category": "chargeback",
        "customer": paystack_customer(books, transaction),
        "bin": card["bin"],
        "last4": card["last4"],
        "dueAt": stamp(now + 16 * 3600),
        "resolvedAt": stamp(now) if resolved else None,
        "evidence": None,
        "attachments": None,
        "note": None,
        "history": [{"status": "pending", "by": transaction.charge.email, "createdAt": stamp(now)}],
        "messages": [{"sender": transaction.charge.email, "body": "I did not get what I paid for", "createdAt": stamp(now)}],
        "created_at": stamp(now),
        "updated_at": stamp(now),
    }
    return {"event": f"charge.dispute.{name}", "data": data}


def _flutterwave_customer(books: Books, transaction: Transaction) -> Json:
    charge = transaction.charge
    number, name = books.customer(charge.email), charge.name or "Anonymous customer"
    made = stamp(charge.created)
    return {"id": number, "name": name, "phone_number": charge.phone or "N/A", "email": charge.email, "created_at": made}


def flutterwave_amounts(transaction: Transaction) -> tuple[int, int]:
    """(`amount`, `charged_amount`) in kobo. When the customer bears the fee it is charged on top; of a transfer of another amount
    than asked both are what came."""
    charge = transaction.charge
    if transaction.status in (PAID, REVERSED) and transaction.kobo != charge.kobo + transaction.fee:
        return transaction.kobo, transaction.kobo
    return charge.kobo, transaction.kobo


def flutterwave_transaction(books: Books, config: Config, transaction: Transaction, *, webhook: bool = False) -> Json:
    """The `data` of verify, of the list and of charge.completed (whose customer without a number has null for it)."""
    charge = transaction.charge
    amount, charged = flutterwave_amounts(transaction)
    customer = _flutterwave_customer(books, transaction)
    if webhook and not charge.phone:
        customer["phone_number"] = None
    found: Json = {
        "id": transaction.id,
        "tx_ref": charge.reference,
        "flw_ref": transaction.flw_ref,
        "device_fingerprint": "N/A",
        "amount": naira(amount),
        "currency": charge.currency,
        "charged_amount": naira(charged),
        "app_fee": naira(transaction.fee),
        "merchant_fee": 0,
        "processor_response": transaction.message or "Approved by Financial Institution",
        "auth_model": "PIN" if transaction.channel == "card" else "USSD" if transaction.channel == "ussd" else "AUTH",
        "ip": "197.210.64.96",
        "narration": "CARD Transaction " if transaction.channel == "card" else charge.title or "Drugs.ng",
        "status": FLUTTERWAVE_WORDS[transaction.status],
        "payment_type": transaction.channel,
        "created_at": stamp(transaction.created),
        "account_id": ACCOUNT_ID,
        "customer": customer,
    }
    if transaction.channel == "card":
        found["card"] = {"first_6digits": "553188", "last_4digits": "2950", "issuer": "MASTERCARD CREDIT", "country": "NG"}
        found["card"] |= {"type": "MASTERCARD", "expiry": "09/32"}
    if not webhook:
        found["meta"] = charge.metadata
        found["amount_settled"] = naira(max(0, charged - transaction.fee))
    return found


def flutterwave_flat(books: Books, transaction: Transaction) -> Json:
    """The older form of charge.completed, which sandboxes still send: no event name, camel case, `event.type`."""
    charge = transaction.charge
    amount, charged = flutterwave_amounts(transaction)
    made = stamp(transaction.created)
    kinds = {"card": "CARD_TRANSACTION", "ussd": "USSD_TRANSACTION", "bank_transfer": "BANK_TRANSFER_TRANSACTION"}
    return {
        "id": transaction.id,
        "txRef": charge.reference,
        "flwRef": transaction.flw_ref,
        "orderRef": f"URF_{int(transaction.created * 1000)}_{transaction.id % 10**7}",
        "paymentPlan": None,
        "paymentPage": None,
        "createdAt": made,
        "amount": naira(amount),
        "charged_amount": naira(charged),
        "status": FLUTTERWAVE_WORDS[transaction.status],
        "IP": "54.75.161.64",
        "currency": charge.currency,
        "appfee": naira(transaction.fee),
        "merchantfee": 0,
        "merchantbearsfee": 1,
        "charge_type": "normal",
        "customer": {
            "id": books.customer(charge.email),
            "phone": charge.phone or None,
            "fullName": charge.name or "Anonymous customer",
            "customertoken": None,
            "email": charge.email,
            "createdAt": made,
            "updatedAt": made,
            "deletedAt": None,
            "AccountId": ACCOUNT_ID,
        },
        "entity": {"card6": "553188", "card_last4": "2950", "card_country_iso": "NG", "createdAt": made},
        "event.type": kinds.get(transaction.channel, "CARD_TRANSACTION"),
    }


def flutterwave_refund(refund: Refund) -> Json:
    of = refund.transaction
    return {
        "id": refund.id,
        "account_id": ACCOUNT_ID,
        "tx_id": of.id,
        "flw_ref": of.flw_ref,
        "wallet_id": 134_244,
        "amount_refunded": naira(refund.kobo),
        "status": FLUTTERWAVE_REFUNDS[refund.status],
        "destination": "payment_source",
        "comments": refund.note,
        "meta": {"source": "availablebalance"},
        "created_at": stamp(refund.created),
    }


def flutterwave_refund_flat(refund: Refund) -> Json:
    """The refund webhook: flat, Pascal case, without an event name and without the merchant's reference."""
    of = refund.transaction
    return {
        "id": refund.id,
        "AmountRefunded": naira(refund.kobo),
        "status": FLUTTERWAVE_REFUNDS[refund.status],
        "FlwRef": of.flw_ref,
        "destination": "payment_source",
        "comments": refund.note,
        "settlement_id": "NEW",
        "meta": '{"source":"availablebalance","uniquereference":"NEW-1"}',
        "createdAt": stamp(refund.created),
        "updatedAt": stamp(refund.ended or refund.created),
        "deletedAt": None,
        "walletId": 134_244,
        "AccountId": ACCOUNT_ID,
        "TransactionId": of.id,
    }
