"""Flutterwave's API v3 as far as we use it: payments, verify by id and by reference, charges by transfer and USSD, refunds, lists.
Amounts are naira, as numbers or texts with at most two decimals.

What is refused, and in which words, follows its documentation and captures of others (read November 2026).
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from local.peer.http_server import Request, Response
from local.providers import shapes
from local.providers.books import PAID, Charge, Transaction, account_number, code
from local.providers.desk import Desk
from local.providers.wire import Call, Refusal, Teller, answer, json_body

Json = dict[str, Any]
T = TypeVar("T")
PAGE = 10
MOST_NAIRA = Decimal(10**10)
# Bank codes USSD is offered for (Flutterwave, USSD, read November 2026) with the beginning of the code that is dialled.
USSD_BANKS = {
    "044": "*901*000*", "050": "*326*000*", "070": "*770*000*", "011": "*894*000*", "214": "*329*000*", "058": "*737*000*",
    "082": "*7111*000*", "221": "*909*000*", "232": "*822*000*", "032": "*826*000*", "033": "*919*000*", "215": "*7799*000*",
    "035": "*945*000*", "057": "*966*000*",
}  # fmt: skip
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def error_body(message: str) -> Json:
    return {"status": "error", "message": message, "data": None}


def refused(status: int, message: str) -> NoReturn:
    raise Refusal(status, error_body(message))


def trouble(status: int) -> Json:
    """The body of a failure that is not about the request."""
    return error_body("Too many requests" if status == 429 else "An error occurred. Please contact support")


class Flutterwave:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.teller = Teller(desk, "flutterwave", trouble, self._absent)

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        if request.headers.get("authorization", "") != f"Bearer {self.desk.config.flutterwave_secret_key}":
            self.desk.books.counts["flutterwave.bad_key"] += 1
            return answer(401, error_body("Invalid authorization key"))
        call = self._route(request)
        if call is None:
            return answer(404, error_body("Cannot find what you asked for"))
        return self.teller.serve(call)

    def _route(self, request: Request) -> Call | None:
        path = request.path.removeprefix("/v3").strip("/")
        if request.method == "POST":
            body = json_body(request)
            if body is None:
                return Call("api", "bad_json", "", lambda: refused(400, "Invalid JSON payload"))
            return self._posted(path, body, request)
        return self._asked_for(path, request.query) if request.method == "GET" else None

    def _posted(self, path: str, body: Json, request: Request) -> Call | None:
        reference = str(body.get("tx_ref") or "")
        if path == "payments":
            base = self.desk.config.public_url.rstrip("/") or f"http://{request.headers.get('host', '127.0.0.1')}"
            return Call("start", "payments", reference, lambda: self._payments(body, base))
        if path == "charges":
            kind = request.query.get("type", "")
            return Call("charge", "charges", reference, lambda: self._charges(body, kind))
        if path == "payments/link/disable":
            return Call("api", "disable", "", lambda: self._disable(body))
        number, _, what = path.removeprefix("transactions/").partition("/")
        if path.startswith("transactions/") and what == "refund":
            return Call("refund", "refund", self._reference_of(number), lambda: self._refund(number, body))
        if path.startswith("transactions/") and what == "resend-hook":
            return Call("api", "resend", self._reference_of(number), lambda: self._resend(number))
        return None

    def _asked_for(self, path: str, query: dict[str, str]) -> Call | None:
        if path == "transactions/verify_by_reference":
            reference = query.get("tx_ref", "")
            return Call("verify", "verify_by_reference", reference, lambda: self._verify_reference(reference))
        if path.startswith("transactions/") and path.endswith("/verify"):
            number = path[len("transactions/") : -len("/verify")]
            return Call("verify", "verify", self._reference_of(number), lambda: self._verify(number))
        if path == "transactions":
            return Call("list", "list", "", lambda: self._list(query))
        if path == "refunds":
            return Call("refunds", "refunds", self._reference_of(query.get("tx_id", "")), lambda: self._refunds(query))
        if path.startswith("refunds/"):
            return Call("refunds", "refund_fetch", "", lambda: self._one_refund(path.removeprefix("refunds/")))
        return None

    # ----------------------------------------------------------------------------------------------- starting

    def _asked(self, body: Json, kind: str, customer: Json, name: str) -> Charge:
        """What a payment and a charge have in common, checked. Not yet entered in the books."""
        reference, currency = body.get("tx_ref"), body.get("currency") or "NGN"
        if not isinstance(reference, str) or not reference.strip() or len(reference) > 200:
            refused(400, "tx_ref is required")
        kobo = _kobo(body.get("amount"))
        if body.get("amount") in (None, ""):
            refused(400, "amount is required")
        if kobo is None:
            refused(400, "amount should be a number greater than zero")
        email = customer.get("email")
        if not isinstance(email, str) or not _EMAIL.fullmatch(email):
            refused(400, f"{name} is required" if not email else f"{name} must be a valid email")
        if currency != "NGN":
            refused(400, f"Currency {str(currency)[:10]} is not enabled for this merchant")
        charge = Charge("flutterwave", reference, kobo, currency, email, kind, code(), metadata=body.get("meta") or None)
        charge.name = str(customer.get("name") or body.get("fullname") or "")[:100]
        charge.phone = str(customer.get("phonenumber") or customer.get("phone_number") or "")[:30]
        return charge

    def _payments(self, body: Json, base: str) -> Json:
        customer = body.get("customer")
        charge = self._asked(body, "link", customer if isinstance(customer, dict) else {}, "customer.email")
        charge.return_url = str(body.get("redirect_url") or "")
        if charge.return_url and urlsplit(charge.return_url).scheme not in ("http", "https"):
            refused(400, "redirect_url must be a valid url")
        titles = body.get("customizations")
        charge.title = str(titles.get("title") or "")[:100] if isinstance(titles, dict) else ""
        limits = body.get("configurations") or body.get("configuration") or {}
        minutes = limits.get("session_duration", 30) if isinstance(limits, dict) else 30
        if not isinstance(minutes, int) or not 0 < minutes <= 1440:
            refused(400, "session_duration must be from 1 to 1440 minutes")
        charge.expires = time.time() + minutes * 60
        known = self.desk.books.find("flutterwave", charge.reference)
        if known is not None:
            return self._same_again(known, charge, base)
        self.desk.books.add(charge)
        return self._link(charge.code, base)

    def _same_again(self, known: Charge, charge: Charge, base: str) -> Json:
        """A tx_ref that was sent before: a further link while nobody has tried to pay and it asks for the same."""
        strict = self.desk.config.flutterwave_repeat == "always"
        if strict or known.tries or known.kind != "link" or (known.kobo, known.currency) != (charge.kobo, charge.currency):
            refused(400, "Duplicate transaction reference. Use a unique tx_ref")
        known.expires = charge.expires
        self.desk.books.also(known, charge.code)
        return self._link(charge.code, base)

    def _link(self, word: str, base: str) -> Json:
        return {"status": "success", "message": "Hosted Link", "data": {"link": f"{base}/pay/{word}"}}

    def _charges(self, body: Json, kind: str) -> Json:
        if kind not in ("bank_transfer", "ussd"):
            refused(400, "Charge type is not supported: here it is bank_transfer or ussd; cards belong on the hosted page")
        customer = {"email": body.get("email"), "phone_number": body.get("phone_number")}
        charge = self._asked(body, "transfer" if kind == "bank_transfer" else "ussd", customer, "email")
        if self.desk.books.find("flutterwave", charge.reference) is not None:
            refused(400, "Duplicate transaction reference. Use a unique tx_ref")
        charge.title = str(body.get("narration") or "")[:100]
        return self._by_transfer(charge, body) if kind == "bank_transfer" else self._by_ussd(charge, body)

    def _by_transfer(self, charge: Charge, body: Json) -> Json:
        """Nothing can be verified under this reference until money has come."""
        options = body.get("bank_transfer_options")
        seconds = options.get("expires") if isinstance(options, dict) else body.get("expires")
        seconds = 3600 if seconds is None else seconds
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 60 <= seconds <= 365 * 86_400:
            refused(400, "expires must be a number of seconds")
        charge.expires, charge.account = time.time() + seconds, account_number(self.desk.books)
        self.desk.books.add(charge)
        moment = datetime.fromtimestamp(charge.expires, UTC)
        details = {
            "transfer_reference": f"MockFLWRef-{int(charge.created * 1000)}",
            "transfer_account": charge.account,
            "transfer_bank": "Mock Bank",
            "account_expiration": f"{moment:%Y-%m-%d} {moment.hour % 12 or 12}:{moment:%M:%S %p}",
            "transfer_note": charge.title or "Mock note",
            "transfer_amount": f"{Decimal(charge.kobo) / 100:.2f}",
            "mode": "banktransfer",
        }
        return {"status": "success", "message": "Charge initiated", "meta": {"authorization": details}}

    def _by_ussd(self, charge: Charge, body: Json) -> Json:
        start = USSD_BANKS.get(str(body.get("account_bank") or ""))
        if start is None:
            refused(400, "account_bank is required" if not body.get("account_bank") else "Bank is not supported for USSD")
        while not charge.ussd or charge.ussd in self.desk.books.ussds:
            charge.ussd = f"{start}{int(code(), 36) % 900_000 + 100_000}#"
        self.desk.books.add(charge)
        made = self.desk.flutterwave_try(charge, "ussd")
        made.message = "Transaction in progress"
        data = self._shown(made)
        data |= {
            "auth_url": None,
            "fraud_status": "ok",
            "charge_type": "normal",
            "payment_code": charge.ussd[:-1].rpartition("*")[2],
        }
        meta = {"authorization": {"mode": "ussd", "note": charge.ussd}}
        return {"status": "success", "message": "Charge initiated", "data": data, "meta": meta}

    def _disable(self, body: Json) -> Json:
        word = str(body.get("link") or "").rstrip("/").rpartition("/")[2]
        charge = self.desk.books.codes.get(word)
        if charge is None or charge.provider != "flutterwave":
            refused(400, "Invalid link")
        charge.disabled = True
        return {"status": "success", "message": "Link disabled", "data": None}

    # ----------------------------------------------------------------------------------------------- looking

    def _shown(self, transaction: Transaction) -> Json:
        return shapes.flutterwave_transaction(self.desk.books, self.desk.config, transaction)

    def _absent(self) -> NoReturn:
        refused(self.desk.config.flutterwave_not_found, "No transaction was found for this id")

    def _transaction(self, number: str) -> Transaction:
        found = self.desk.books.transactions.get(("flutterwave", int(number))) if _digits(number) else None
        if found is None:
            self._absent()
        return found

    def _reference_of(self, number: str) -> str:
        found = self.desk.books.transactions.get(("flutterwave", int(number))) if _digits(number) else None
        return found.charge.reference if found else ""

    def _verify(self, number: str) -> Json:
        shown = self._shown(self._transaction(number))
        return {"status": "success", "message": "Transaction fetched successfully", "data": shown}

    def _verify_reference(self, reference: str) -> Json:
        """The try that counts: a paid one (the first), else the newest."""
        if not reference:
            refused(400, "tx_ref is required")
        charge = self.desk.books.find("flutterwave", reference)
        if charge is None or not charge.tries:
            self._absent()
        found = next((t for t in charge.tries if t.paid_at), charge.tries[-1])
        return {"status": "success", "message": "Transaction fetched successfully", "data": self._shown(found)}

    def _list(self, query: dict[str, str]) -> Json:
        """`from` and `to` are days (UTC), both included."""
        since, until = _day(query.get("from"), 0) or 0.0, _day(query.get("to"), 1) or 1e12
        found = self.desk.books.listed("flutterwave", since, until)
        if wanted := query.get("tx_ref"):
            found = [t for t in found if t.charge.reference == wanted]
        if wanted := query.get("status"):
            found = [t for t in found if shapes.FLUTTERWAVE_WORDS[t.status] == wanted]
        if wanted := query.get("customer_email"):
            found = [t for t in found if t.charge.email == wanted]
        rows, info = _page(found, query)
        return {"status": "success", "message": "Transactions fetched", "meta": info, "data": [self._shown(t) for t in rows]}

    def _resend(self, number: str) -> Json:
        self.desk.tell_again(self._transaction(number))
        return {"status": "success", "message": "hook sent", "data": None}

    # ----------------------------------------------------------------------------------------------- refunds

    def _refund(self, number: str, body: Json) -> Json:
        transaction = self._transaction(number)
        if not transaction.paid_at:
            refused(400, "Transaction is not successful and cannot be refunded")
        left = transaction.kobo - transaction.refunded - transaction.on_way
        kobo = left if body.get("amount") in (None, "") else _kobo(body["amount"])
        if transaction.status != PAID or left <= 0:
            refused(400, "Transaction has already been refunded")
        if kobo is None or kobo > left:
            refused(400, "Refund amount is invalid or more than the transaction amount")
        made = self.desk.refund(transaction, kobo, str(body.get("comments") or "")[:500])
        return {"status": "success", "message": "Transaction refund initiated", "data": shapes.flutterwave_refund(made)}

    def _refunds(self, query: dict[str, str]) -> Json:
        """Of the days `from` to `to`, with `tx_id` those of one transaction, newest first."""
        found = [r for (provider, _), r in self.desk.books.refunds.items() if provider == "flutterwave"]
        since, until = _day(query.get("from"), 0) or 0.0, _day(query.get("to"), 1) or 1e12
        found = [r for r in found if since <= r.created < until]
        if wanted := query.get("tx_id"):
            found = [r for r in found if str(r.transaction.id) == wanted]
        rows, info = _page(found[::-1], query)
        shown = [shapes.flutterwave_refund(r) for r in rows]
        return {"status": "success", "message": "Refunds fetched", "meta": info, "data": shown}

    def _one_refund(self, number: str) -> Json:
        found = self.desk.books.refunds.get(("flutterwave", int(number))) if _digits(number) else None
        if found is None:
            refused(404, "Refund not found")
        return {"status": "success", "message": "Refund fetched", "data": shapes.flutterwave_refund(found)}


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _kobo(value: object) -> int | None:
    """Naira as a number or text into kobo; None when it is no amount above zero or has parts of a kobo."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    if not found.is_finite() or not 0 < found <= MOST_NAIRA or found * 100 != int(found * 100):
        return None
    return int(found * 100)


def _day(value: str | None, more: int) -> float | None:
    """The first second of a day, `more` days later; None without one."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        refused(400, "Dates are written as YYYY-MM-DD")
    return (found.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC) + timedelta(days=more)).timestamp()


def _page(found: list[T], query: dict[str, str]) -> tuple[list[T], Json]:
    page = query.get("page") or "1"
    if not _digits(page) or int(page) < 1:
        refused(400, "page must be a number from 1")
    number = int(page)
    info = {"total": len(found), "current_page": number, "total_pages": -(-len(found) // PAGE)}
    return found[(number - 1) * PAGE : number * PAGE], {"page_info": info}
