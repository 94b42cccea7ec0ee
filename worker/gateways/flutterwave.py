"""Flutterwave v3: start, verify, refund, list. Amounts are naira there and kobo here.

Source: developer.flutterwave.com/docs (flutterwave-standard, direct-charge/bank-transfer, direct-charge/ussd, refunds,
transaction-verification) and /reference, read November 2026. One reference can have several failed tries and then a success: the
page stays open. A reference nobody has tried to pay is "No transaction was found", which is no outage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from models.payments.told import a_currency, an_id, of_naira
from models.values import Money
from models.wire import a_word
from worker.gateways import answers
from worker.gateways.answers import a_dict, a_name, a_time, rows
from worker.gateways.http import Answer, Http, refused, unsure
from worker.gateways.merchant import Merchant
from worker.gateways.payments import (
    BAD_ANSWER,
    NO_TRANSACTION,
    NOT_OFFERED,
    TOO_MANY_ROWS,
    RefundState,
    RefundWord,
    Start,
    State,
    Taken,
    Verified,
    Way,
)

BASE_URL = "https://api.flutterwave.com"  # without the version
STATES: dict[str, State] = {
    "successful": "paid",
    "failed": "failed",
    "cancelled": "failed",
    "pending": "pending",
    "reversed": "reversed",
}
REFUNDS: dict[str, RefundWord] = {
    "completed": "done",
    "successful": "done",
    "pending": "pending",
    "new": "pending",
    "processing": "pending",
    "failed": "failed",
}
# Codes of the Central Bank, as the USSD page lists them.
USSD_BANKS = {
    "gtbank": "058",
    "uba": "033",
    "zenith": "057",
    "sterling": "232",
    "access": "044",
    "first": "011",
    "fidelity": "070",
    "fcmb": "214",
    "wema": "035",
    "union": "032",
    "stanbic": "221",
    "ecobank": "050",
    "keystone": "082",
    "unity": "215",
}
SESSION_MAX = 1440  # minutes
TRIES_MAX = 5  # on one page
PAGES_MAX = 500  # of about ten rows
REFUNDS_SINCE = timedelta(days=120)


@dataclass(frozen=True)
class Flutterwave(Merchant):
    """One merchant account."""

    name: str = "flutterwave"
    ussd_banks: tuple[str, ...] = tuple(USSD_BANKS)

    @classmethod
    def of(cls, secret_key: str, base_url: str = BASE_URL) -> Flutterwave:
        """The account of a secret key. Raises ValueError for what is no key of Flutterwave's."""
        if not secret_key.startswith("FLWSECK"):
            raise ValueError("Flutterwave's secret keys begin with FLWSECK- or FLWSECK_TEST-")
        return cls(Http(base_url, secret_key))

    def start(self, start: Start) -> Way:
        if start.kind == "link":
            return self._page(start)
        return self._transfer(start) if start.kind == "transfer" else self._ussd(start)

    def verify(self, reference: str, provider_id: str = "") -> Verified:
        """By the try's own id where it is known: one reference may have several. Else, or if nobody knows the id, the reference."""
        found = self._asked(f"/v3/transactions/{quote(provider_id, safe='')}/verify", {}) if provider_id else None
        if found is None and reference:
            found = self._asked("/v3/transactions/verify_by_reference", {"tx_ref": reference})
        return found or self._nothing(reference)

    def refund(self, transaction_id: str, amount: Money, *, reason: str) -> RefundState:
        if not transaction_id:
            raise refused(NO_TRANSACTION)
        path = f"/v3/transactions/{quote(transaction_id, safe='')}/refund"
        return self._given_back(path, {"amount": _json_naira(amount), "comments": reason}, amount)

    def refunds(self, transaction_id: str) -> list[RefundState]:
        """Flutterwave lists refunds of all transactions; those of the last 120 days are looked through."""
        since = datetime.now(UTC) - REFUNDS_SINCE
        found = self._refunds(self._pages("/v3/refunds", {"from": since.date().isoformat(), "tx_id": transaction_id}))
        return [each for each in found if each.transaction_id == transaction_id]

    def refunded(self, since: datetime) -> list[RefundState]:
        return self._refunds(self._pages("/v3/refunds", {"from": (since - timedelta(days=1)).date().isoformat()}))

    def listed(self, since: datetime, until: datetime) -> Iterator[Taken]:
        """Flutterwave filters by day and says in no zone of which: a day more is asked on both sides, and the rest left out."""
        days = {"from": (since - timedelta(days=1)).date().isoformat(), "to": (until + timedelta(days=1)).date().isoformat()}
        return self._listed(self._pages("/v3/transactions", days), since, until)

    # ------------------------------------------------------------------------------------------------------ the starts

    def _page(self, start: Start) -> Way:
        body = {
            "redirect_url": start.return_url,
            "customer": {"email": start.email, "name": start.name, "phonenumber": start.phone},
            "configurations": {"session_duration": min(max(start.minutes, 1), SESSION_MAX), "max_retry_attempt": TRIES_MAX},
            "meta": {"order": start.order_number},
        }
        answer = self._begin("/v3/payments", start, body)
        url = answers.a_link(a_dict(answer.body.get("data")).get("link"), https_only=self.http.encrypted)
        if not url:
            raise unsure(BAD_ANSWER, repeatable=False)
        return Way("link", url=url)

    def _transfer(self, start: Start) -> Way:
        body = {"email": start.email, "fullname": start.name, "phone_number": start.phone, "expires": start.minutes * 60}
        answer = self._begin("/v3/charges", start, body, sort="bank_transfer")
        told = a_dict(a_dict(answer.body.get("meta")).get("authorization"))
        number = answers.an_account(told.get("transfer_account"))
        if not number:
            raise unsure(BAD_ANSWER, repeatable=False)
        return Way(
            "transfer",
            account_number=number,
            bank=a_name(told.get("transfer_bank")),
            account_name=a_name(told.get("account_name")),
            # Mostly a local time of no named zone: then it is what we asked for.
            expires_at=a_time(told.get("account_expiration")) or datetime.now(UTC) + timedelta(minutes=start.minutes),
            provider_id=an_id(a_dict(answer.body.get("data")).get("id")),
            amount=of_naira(told.get("transfer_amount")),
        )

    def _ussd(self, start: Start) -> Way:
        bank = start.bank or self.ussd_banks[0]
        if bank not in USSD_BANKS:
            raise refused(NOT_OFFERED)
        body = {"email": start.email, "fullname": start.name, "phone_number": start.phone, "account_bank": USSD_BANKS[bank]}
        answer = self._begin("/v3/charges", start, body, sort="ussd")
        told, data = a_dict(a_dict(answer.body.get("meta")).get("authorization")), a_dict(answer.body.get("data"))
        code = answers.a_ussd_code(told.get("note"), data.get("payment_code"))
        if not code:
            raise unsure(BAD_ANSWER, repeatable=False)
        return Way("ussd", ussd_code=code, provider_id=an_id(data.get("id")))

    def _begin(self, path: str, start: Start, more: Mapping[str, Any], *, sort: str = "") -> Answer:
        """An accepted start of our reference. Empty fields are left out."""
        body = {"tx_ref": start.reference, "amount": _naira(start.amount), "currency": start.amount.currency}
        filled = {name: _filled(value) for name, value in more.items() if value not in ("", None)}
        query = {"type": sort} if sort else None
        answer = self.http.post(path, {**body, **filled}, query=query, of_person=(start.email, start.name, start.phone))
        # A success that says error was seen with money taken: "ignore it, verify".
        return self._begun(answer, sound=self._succeeded(answer))

    # ------------------------------------------------------------------------------------------------- reading answers

    def _succeeded(self, answer: Answer) -> bool:
        return answer.accepted and answer.body.get("status") == "success"

    def _not_found(self, answer: Answer) -> bool:
        message = answer.body.get("message")
        elsewhere = answer.status == 404 and not answers.is_no_route(message)
        return answer.body.get("status") == "error" and (elsewhere or answers.is_not_found(answer.body.get("code"), message))

    def _codes(self, answer: Answer) -> tuple[Any, ...]:
        return (answer.body.get("code"),)

    def _taken(self, data: Mapping[str, Any], *, listed: bool = False) -> Taken | None:
        """None for a payment whose amount or id cannot be read; in a list such a row comes with Money(0)."""
        state = answers.a_state(self.name, data.get("status"), STATES)
        currency = a_currency(data.get("currency") or "?")  # none at all equals ours no more than another
        amount, fee = _amount(data, currency), of_naira(data.get("app_fee"), currency)
        transaction_id = an_id(data.get("id"))
        if state in ("paid", "reversed") and (amount is None or not transaction_id) and not listed:
            return None
        mock = isinstance(data.get("flw_ref"), str) and "FLW-MOCK" in data["flw_ref"][:200].upper()
        began = a_time(data.get("created_at"), naive_is_utc=True)
        return Taken(
            state=state,
            reference=an_id(data.get("tx_ref")),
            transaction_id=transaction_id,
            amount=amount or Money(0, currency),
            requested=None,
            fee=fee,
            currency=currency,
            mode="test" if mock else self.mode,  # an answer names its world in the references of the sandbox only
            channel=an_id(data.get("payment_type"))[:40],
            paid_at=began if state == "paid" else None,  # it tells no other time
            raw_status=a_word(data.get("status")),
            created_at=began,
        )

    def _refund_words(self, data: Mapping[str, Any]) -> tuple[str, RefundWord | None, Money | None, str]:
        # "completed-mpgs" and the like name the channel after the word.
        word = a_word(data.get("status")).lower().partition("-")[0]
        whose = next((an_id(data[name]) for name in ("tx_id", "transaction_id", "TransactionId") if an_id(data.get(name))), "")
        return word, REFUNDS.get(word), of_naira(data.get("amount_refunded")), whose

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        before: Any = None
        for page in range(1, PAGES_MAX + 1):
            answer = self.http.get(path, {**query, "page": page})
            found, info = answer.body.get("data"), a_dict(a_dict(answer.body.get("meta")).get("page_info"))
            if not self._succeeded(answer) or not isinstance(found, list):
                raise unsure(BAD_ANSWER, answer.detail, repeatable=True) if answer.accepted else self._refusal(answer)
            if found == before:  # whoever says nothing of pages may know of one only
                return
            yield from rows(found)
            pages, before = an_id(info.get("total_pages")), found
            if not found or (pages.isdigit() and page >= int(pages)):
                return
        raise refused(TOO_MANY_ROWS)


def _amount(data: Mapping[str, Any], currency: str) -> Money | None:
    """What was taken for the goods: `amount`, unless `charged_amount` says less (then less), or more than the fees explain.

    A customer who bears the fee is charged it on top of `amount`.
    """
    amount, charged = of_naira(data.get("amount"), currency), of_naira(data.get("charged_amount"), currency)
    if amount is None or charged is None:
        return amount
    fees = [of_naira(data.get(name), currency) for name in ("app_fee", "merchant_fee")]
    explained = amount.kobo + sum(fee.kobo for fee in fees if fee) + 1  # a kobo for rounding
    return amount if amount.kobo <= charged.kobo <= explained else charged


def _naira(money: Money) -> str:
    whole, kobo = divmod(money.kobo, 100)
    return f"{whole}.{kobo:02d}" if kobo else str(whole)


def _json_naira(money: Money) -> int | float:
    """For the refund, which wants a number: exact as JSON, for a float of two decimals is written as it was read."""
    return money.kobo // 100 if money.kobo % 100 == 0 else float(_naira(money))


def _filled(value: Any) -> Any:
    return {name: inner for name, inner in value.items() if inner not in ("", None)} if isinstance(value, dict) else value
