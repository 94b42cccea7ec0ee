"""Paystack's API as far as we use it: initialize, verify, charge by transfer or USSD, refund, the lists. Amounts are whole kobo.

What is refused, and in which words, follows its documentation and its official samples (read November 2026).
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, NoReturn

from local.peer.http_server import Request, Response
from local.providers import shapes
from local.providers.books import ABANDONED, PAID, PENDING, REVERSED, Charge, Transaction, account_number, code, stamp
from local.providers.desk import Desk
from local.providers.wire import Call, Refusal, Teller, answer, json_body

Json = dict[str, Any]
MOST_KOBO = 10**12
CURRENCIES = ("NGN",)
CHANNELS = {"card", "bank", "ussd", "qr", "bank_transfer", "mobile_money", "eft", "apple_pay", "payattitude"}
USSD_BANKS = {"737": "*737*33*4*{}#", "919": "*919*4*{}#", "822": "*822*5*{}#", "966": "*966*22*{}#"}
ACCOUNT_LIVES_S = (15 * 60, 8 * 3600)
_REFERENCE = re.compile(r"[A-Za-z0-9.=-]{1,100}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def refused(status: int, message: str, code: str, hint: str, kind: str = "validation_error") -> NoReturn:
    raise Refusal(status, error_body(message, code, hint, kind))


def error_body(message: str, code: str, hint: str, kind: str = "validation_error") -> Json:
    return {"status": False, "message": message, "meta": {"nextStep": hint}, "type": kind, "code": code}


def trouble(status: int) -> Json:
    """The body of a failure that is not about the request."""
    if status == 429:
        return error_body("Rate limit exceeded!", "rate_limited", "Wait a few minutes and try the API call again", "api_error")
    return error_body("An error occurred. Please try again", "unknown", "Try again later", "api_error")


class Paystack:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.teller = Teller(desk, "paystack", trouble, self._absent)

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        given = request.headers.get("authorization", "")
        if given != f"Bearer {self.desk.config.paystack_secret_key}":
            self.desk.books.counts["paystack.bad_key"] += 1
            hint = "Ensure that you provide the correct authorization key for the request"
            return answer(401, error_body("Invalid key", "invalid_Key", hint))
        call = self._route(request)
        if call is None:
            return answer(404, error_body("Route not found", "route_not_found", "Check the address of the call"))
        return self.teller.serve(call)

    def _route(self, request: Request) -> Call | None:
        method, path = request.method, request.path.rstrip("/")
        if method == "POST" and path in ("/transaction/initialize", "/charge", "/refund"):
            body = json_body(request)
            if body is None:
                hint = "Ensure that the request body is valid JSON"
                return Call("api", "bad_json", "", lambda: refused(400, "Invalid JSON", "invalid_json", hint))
            reference = str(body.get("reference", "") or "")
            if path == "/transaction/initialize":
                return Call("start", "initialize", reference, lambda: self._initialize(body, self._base(request)))
            if path == "/charge":
                return Call("charge", "charge", reference, lambda: self._charge(body))
            return Call("refund", "refund", self._reference_of(body.get("transaction")), lambda: self._refund(body))
        if method != "GET":
            return None
        if path.startswith("/transaction/verify/"):
            reference = path.removeprefix("/transaction/verify/")
            return Call("verify", "verify", reference, lambda: self._verify(reference))
        if path == "/transaction":
            return Call("list", "list", "", lambda: self._list(request.query))
        if path == "/refund":
            about = self._reference_of(request.query.get("transaction") or request.query.get("reference"))
            return Call("refunds", "refunds", about, lambda: self._refunds(request.query))
        if path.startswith("/refund/"):
            return Call("refunds", "refund_fetch", "", lambda: self._one_refund(path.rpartition("/")[2]))
        if path.startswith("/transaction/"):
            number = path.rpartition("/")[2]
            return Call("verify", "fetch", self._reference_of(number), lambda: self._fetch(number))
        return None

    def _base(self, request: Request) -> str:
        return self.desk.config.public_url.rstrip("/") or f"http://{request.headers.get('host', '127.0.0.1')}"

    # ----------------------------------------------------------------------------------------------- starting

    def _asked(self, body: Json, kind: str) -> Charge:
        """What a start and a charge have in common, checked and entered in the books."""
        email, amount = body.get("email"), _whole(body.get("amount"))
        if not isinstance(email, str) or not _EMAIL.fullmatch(email):
            refused(400, "Invalid Email Address Passed", "invalid_email_address", "Ensure that you pass a valid email address")
        if amount is None or not 0 < amount <= MOST_KOBO:
            refused(400, "Invalid amount", "invalid_amount", "Ensure that the amount is a whole number of kobo above zero")
        if amount < self.desk.config.paystack_minimum_kobo:
            hint = "Send an amount that is not below the minimum of the currency"
            refused(400, "Amount is below the minimum allowed", "amount_below_minimum", hint)
        currency = body.get("currency") or "NGN"
        if currency not in CURRENCIES:
            refused(403, "Currency not supported by merchant", "unsupported_currency", "Ask for this currency to be enabled")
        reference = body.get("reference") or code(10)
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            hint = "Use alphanumeric characters and - . = only"
            refused(400, "Invalid transaction reference", "invalid_reference", hint)
        if self.desk.books.find("paystack", reference) is not None:
            hint = "Pass a unique transaction reference"
            refused(400, "Duplicate Transaction Reference", "duplicate_reference", hint)
        meta = body.get("metadata")
        details = meta if isinstance(meta, dict) else {}
        charge = Charge("paystack", reference, amount, currency, email, kind, code(), metadata=meta)
        charge.name = str(body.get("first_name") or "")[:100]
        charge.return_url = str(body.get("callback_url") or "")
        charge.leave_url = str(details.get("cancel_action") or "")
        return charge

    def _enter(self, charge: Charge, status: str, channel: str) -> None:
        self.desk.books.add(charge)
        self.desk.books.attempt(charge, status, channel=channel)

    def _initialize(self, body: Json, base: str) -> Json:
        channels = body.get("channels")
        if channels is not None and (not isinstance(channels, list) or not channels or set(map(str, channels)) - CHANNELS):
            refused(400, "Invalid channels", "invalid_params", f"Pass a list of {', '.join(sorted(CHANNELS))}")
        charge = self._asked(body, "link")
        self._enter(charge, ABANDONED, "card")
        url = f"{base}/pay/{charge.code}"
        data = {"authorization_url": url, "access_code": charge.code, "reference": charge.reference}
        return {"status": True, "message": "Authorization URL created", "data": data}

    def _charge(self, body: Json) -> Json:
        transfer, ussd = body.get("bank_transfer"), body.get("ussd")
        if isinstance(transfer, dict):
            return self._by_transfer(body, transfer)
        if isinstance(ussd, dict):
            return self._by_ussd(body, ussd)
        hint = "Here a charge is made by bank_transfer or ussd; cards belong on the hosted page"
        refused(400, "Charge method is not supported", "invalid_params", hint)

    def _by_transfer(self, body: Json, transfer: Json) -> Json:
        expires = time.time() + 3600
        if (wished := transfer.get("account_expires_at")) is not None:
            expires = _time(wished, -1.0)
            low, high = (time.time() + s for s in ACCOUNT_LIVES_S)
            if not low - 5 <= expires <= high + 5:
                hint = "account_expires_at is an ISO time between 15 minutes and 8 hours from now"
                refused(400, "Invalid account expiry", "invalid_params", hint)
        charge = self._asked(body, "transfer")
        charge.expires, charge.account = expires, account_number(self.desk.books)
        self._enter(charge, PENDING, "bank_transfer")
        data = {
            "status": "pending_bank_transfer",
            "display_text": "Please make a transfer to the account specified",
            "reference": charge.reference,
            "amount": charge.kobo,
            "account_name": "PAYSTACK CHECKOUT",
            "account_number": charge.account,
            "bank": {"slug": "test-bank", "name": "Test Bank", "id": 24},
            "account_expires_at": stamp(expires),
        }
        return {"status": True, "message": "Charge attempted", "data": data}

    def _by_ussd(self, body: Json, ussd: Json) -> Json:
        form = USSD_BANKS.get(str(ussd.get("type")))
        if form is None:
            refused(400, "Invalid USSD type", "invalid_params", f"Use one of {', '.join(USSD_BANKS)}")
        charge = self._asked(body, "ussd")
        while not charge.ussd or charge.ussd in self.desk.books.ussds:
            charge.ussd = form.format(int(code(), 36) % 900_000 + 100_000)
        self._enter(charge, PENDING, "ussd")
        words = f"Please dial {charge.ussd} on your mobile phone to complete the transaction"
        data = {"reference": charge.reference, "status": "pay_offline", "display_text": words, "ussd_code": charge.ussd}
        return {"status": True, "message": "Charge attempted", "data": data}

    # ----------------------------------------------------------------------------------------------- looking

    def _shown(self, transaction: Transaction) -> Json:
        return shapes.paystack_transaction(self.desk.books, self.desk.config, transaction)

    def _verify(self, reference: str) -> Json:
        charge = self.desk.books.find("paystack", reference)
        if charge is None:
            self._absent()
        return {"status": True, "message": "Verification successful", "data": self._shown(charge.tries[0])}

    def _fetch(self, number: str) -> Json:
        return {"status": True, "message": "Transaction retrieved", "data": self._shown(self._transaction(number))}

    def _transaction(self, number: object) -> Transaction:
        """By id, or (for refunds) by reference."""
        wanted = _whole(number)
        found = self.desk.books.transactions.get(("paystack", wanted)) if wanted is not None else None
        if found is None:
            charge = self.desk.books.find("paystack", str(number))
            found = charge.tries[0] if charge else None
        if found is None:
            self._not_found("Transaction not found")
        return found

    def _absent(self) -> NoReturn:
        self._not_found("Transaction reference not found.")

    def _not_found(self, message: str) -> NoReturn:
        hint = "Ensure that you're passing a transaction that exists on this integration"
        refused(self.desk.config.paystack_not_found, message, "transaction_not_found", hint)

    def _reference_of(self, number: object) -> str:
        """The reference of a transaction given by id or reference; what was given when it is not known."""
        found = self.desk.books.transactions.get(("paystack", _whole(number) or 0))
        return found.charge.reference if found else str(number or "")

    def _list(self, query: dict[str, str]) -> Json:
        page, size = _paging(query)
        found = self.desk.books.listed("paystack", _time(query.get("from"), 0.0), _time(query.get("to"), 1e12))
        if wanted := query.get("status"):
            found = [t for t in found if shapes.PAYSTACK_WORDS[t.status] == wanted]
        rows = found[(page - 1) * size : page * size]
        volume = sum(t.kobo for t in found if t.status == PAID)
        meta = {"total": len(found), "total_volume": volume, "skipped": (page - 1) * size, "perPage": size, "page": page}
        meta["pageCount"] = -(-len(found) // size)
        return {"status": True, "message": "Transactions retrieved", "data": [self._shown(t) for t in rows], "meta": meta}

    # ----------------------------------------------------------------------------------------------- refunds

    def _refund(self, body: Json) -> Json:
        transaction = self._transaction(body.get("transaction") or "")
        if transaction.status == REVERSED:
            hint = "Check the refunds of this transaction"
            refused(400, "Transaction has been fully reversed", "transaction_reversed", hint)
        if transaction.status != PAID:
            hint = "Only a successful transaction can be refunded"
            refused(400, "Transaction is not successful", "transaction_not_successful", hint)
        left = transaction.kobo - transaction.refunded - transaction.on_way
        amount = left if body.get("amount") in (None, "") else _whole(body["amount"])
        if amount is None or amount <= 0 or amount > left:
            hint = "Pass a whole number of kobo that is not above what is left of the transaction"
            refused(400, "Refund amount cannot be more than transaction amount", "invalid_amount", hint)
        made = self.desk.refund(transaction, amount, str(body.get("merchant_note") or "")[:500])
        shown = shapes.paystack_refund(self.desk.config, made, whole=True)
        return {"status": True, "message": "Refund has been queued for processing", "data": shown}

    def _refunds(self, query: dict[str, str]) -> Json:
        page, size = _paging(query)
        if about := query.get("transaction") or query.get("reference"):
            found = self._transaction(about).refunds
        else:
            found = [r for (provider, _), r in self.desk.books.refunds.items() if provider == "paystack"]
        found = found[::-1]
        rows = [shapes.paystack_refund(self.desk.config, r, whole=False) for r in found[(page - 1) * size : page * size]]
        meta = {"total": len(found), "skipped": (page - 1) * size, "perPage": size, "page": page}
        return {
            "status": True,
            "message": "Refunds retrieved",
            "data": rows,
            "meta": meta | {"pageCount": -(-len(found) // size)},
        }

    def _one_refund(self, number: str) -> Json:
        found = self.desk.books.refunds.get(("paystack", _whole(number) or 0))
        if found is None:
            refused(404, "Refund not found", "refund_not_found", "Ensure that the refund exists on this integration")
        return {
            "status": True,
            "message": "Refund retrieved",
            "data": shapes.paystack_refund(self.desk.config, found, whole=False),
        }


def _whole(value: object) -> int | None:
    """A whole number given as one or as digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return None


def _time(value: object, missing: float) -> float:
    """Seconds since 1970 of an ISO time or day (UTC when it names no zone)."""
    if not isinstance(value, str) or not value:
        return missing
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        refused(400, "Invalid date", "invalid_params", "Dates are written as 2026-11-22T00:00:00.000Z")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _paging(query: dict[str, str]) -> tuple[int, int]:
    page, size = _whole(query.get("page", "1")), _whole(query.get("perPage", "50"))
    if not page or not size or page < 1 or size < 1:
        refused(400, "Invalid page", "invalid_params", "page and perPage are whole numbers from 1")
    return page, min(size, 100)
