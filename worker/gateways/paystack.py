"""Paystack: start, verify, refund, list. Amounts are kobo there as here.

Source: paystack.com/docs/api (transaction, charge, refund), /docs/payments/verify-payments and /docs/api/errors, read November
2026. A repeated reference is refused, so a start is never done twice; "abandoned" is also said of a page just opened, and may
still become a success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from models.payments.told import a_currency, an_id, of_kobo
from models.values import Money
from models.wire import a_word
from worker.gateways import answers
from worker.gateways.answers import a_dict, a_name, a_time, rows
from worker.gateways.http import Answer, Http, refused, unsure
from worker.gateways.merchant import Merchant
from worker.gateways.payments import (
    ASKS_CUSTOMER,
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

BASE_URL = "https://api.paystack.co"
STATES: dict[str, State] = {
    "success": "paid",
    "failed": "failed",
    "reversed": "reversed",
    **dict.fromkeys(("abandoned", "ongoing", "pending", "processing", "queued"), "pending"),
    # The words of a charge that waits for the customer.
    **dict.fromkeys(("pending_bank_transfer", "pay_offline", "open_url", "timeout"), "pending"),
    **dict.fromkeys(("send_otp", "send_pin", "send_phone", "send_birthday", "send_address"), "pending"),
}
REFUNDS: dict[str, RefundWord] = {
    "pending": "pending",
    "processing": "pending",
    "processed": "done",
    "failed": "failed",
    "needs-attention": "needs_attention",
}
USSD_TYPES = {"gtbank": "737", "uba": "919", "zenith": "966", "sterling": "822"}
ACCOUNT_OPEN_MIN, ACCOUNT_OPEN_MAX = 15, 8 * 60  # minutes an account number may live

PER_PAGE = 50
PAGES_MAX = 200


@dataclass(frozen=True)
class Paystack(Merchant):
    """One merchant account."""

    name: str = "paystack"
    ussd_banks: tuple[str, ...] = tuple(USSD_TYPES)

    @classmethod
    def of(cls, secret_key: str, base_url: str = BASE_URL) -> Paystack:
        """The account of a secret key. Raises ValueError for what is no key of Paystack's."""
        if not secret_key.startswith("sk_"):
            raise ValueError("Paystack's secret keys begin with sk_test_ or sk_live_")
        return cls(Http(base_url, secret_key))

    def start(self, start: Start) -> Way:
        if start.kind == "link":
            return self._page(start)
        return self._charge(start)

    def verify(self, reference: str, provider_id: str = "") -> Verified:
        """By our reference; a webhook's id that is not the transaction found so is looked up too: somebody may have paid twice."""
        found = self._asked(f"/transaction/verify/{quote(reference, safe='')}") if reference else None
        if provider_id and (found is None or found.transaction_id != provider_id):
            found = self._asked(f"/transaction/{quote(provider_id, safe='')}") or found
        return found or self._nothing(reference)

    def refund(self, transaction_id: str, amount: Money, *, reason: str) -> RefundState:
        if not transaction_id:
            raise refused(NO_TRANSACTION)
        body = {"transaction": transaction_id, "amount": amount.kobo, "currency": amount.currency, "merchant_note": reason}
        return self._given_back("/refund", body, amount)

    def refunds(self, transaction_id: str) -> list[RefundState]:
        # Should the filter ever be ignored, another's refund is not taken for one of this transaction.
        found = self._refunds(self._pages("/refund", {"transaction": transaction_id}))
        return [each for each in found if each.transaction_id in ("", transaction_id)]

    def refunded(self, since: datetime) -> list[RefundState]:
        return self._refunds(self._pages("/refund", {"from": _iso(since)}))

    def listed(self, since: datetime, until: datetime) -> Iterator[Taken]:
        return self._listed(self._pages("/transaction", {"from": _iso(since), "to": _iso(until)}), since, until)

    # ------------------------------------------------------------------------------------------------------ the starts

    def _page(self, start: Start) -> Way:
        metadata = {"order": start.order_number, "cancel_action": start.return_url}
        answer = self._begin("/transaction/initialize", start, {"callback_url": start.return_url, "metadata": metadata})
        data = a_dict(answer.body.get("data"))
        url = answers.a_link(data.get("authorization_url"), https_only=self.http.encrypted)
        if not url:
            raise unsure(BAD_ANSWER, repeatable=False)
        return Way("link", url=url)

    def _charge(self, start: Start) -> Way:
        if start.kind == "ussd":
            bank = start.bank or self.ussd_banks[0]
            if bank not in USSD_TYPES:
                raise refused(NOT_OFFERED)
            answer = self._begin("/charge", start, {"ussd": {"type": USSD_TYPES[bank]}})
        else:
            minutes = min(max(start.minutes, ACCOUNT_OPEN_MIN), ACCOUNT_OPEN_MAX)
            expires = datetime.now(UTC) + timedelta(minutes=minutes)
            answer = self._begin("/charge", start, {"bank_transfer": {"account_expires_at": _iso(expires)}})
        data = a_dict(answer.body.get("data"))
        if str(data.get("status", "")).startswith("send_"):
            raise refused(ASKS_CUSTOMER)
        if data.get("status") == "failed":
            raise refused("charge_failed")
        provider_id = an_id(data.get("id"))
        if start.kind == "ussd":
            code = answers.a_ussd_code(data.get("ussd_code"), data.get("display_text"))
            if not code:
                raise unsure(BAD_ANSWER, repeatable=False)
            return Way("ussd", ussd_code=code, provider_id=provider_id)
        number = answers.an_account(data.get("account_number"))
        if not number:
            raise unsure(BAD_ANSWER, repeatable=False)
        return Way(
            "transfer",
            account_number=number,
            bank=a_name(a_dict(data.get("bank")).get("name")) or a_name(data.get("bank")),
            account_name=a_name(data.get("account_name")),
            expires_at=a_time(data.get("account_expires_at")),
            provider_id=provider_id,
            amount=of_kobo(data.get("amount"), data.get("currency")),
        )

    def _begin(self, path: str, start: Start, more: Mapping[str, Any]) -> Answer:
        """An accepted start of our reference."""
        body = {
            "email": start.email,
            "amount": str(start.amount.kobo),
            "currency": start.amount.currency,
            "reference": start.reference,
        }
        answer = self.http.post(path, {**body, **more}, of_person=(start.email, start.name, start.phone))
        named = a_dict(answer.body.get("data")).get("reference")
        return self._begun(answer, sound=answer.body.get("status") is True and named == start.reference)

    # ------------------------------------------------------------------------------------------------- reading answers

    def _succeeded(self, answer: Answer) -> bool:
        return answer.accepted and answer.body.get("status") is True

    def _not_found(self, answer: Answer) -> bool:
        message = answer.body.get("message")
        elsewhere = answer.status == 404 and bool(answer.body) and not answers.is_no_route(message)
        return elsewhere or answers.is_not_found(answer.body.get("code"), message)

    def _codes(self, answer: Answer) -> tuple[Any, ...]:
        return answer.body.get("code"), answer.body.get("type")

    def _taken(self, data: Mapping[str, Any], *, listed: bool = False) -> Taken | None:
        """None for a payment whose amount or id cannot be read; in a list such a row comes with Money(0)."""
        state = answers.a_state(self.name, data.get("status"), STATES)
        currency = a_currency(data.get("currency") or "?")  # none at all equals ours no more than another
        amount = of_kobo(data.get("amount"), currency)
        transaction_id = an_id(data.get("id"))
        if state in ("paid", "reversed") and (amount is None or not transaction_id) and not listed:
            return None
        domain = data.get("domain")
        return Taken(
            state=state,
            reference=an_id(data.get("reference")),
            transaction_id=transaction_id,
            amount=amount or Money(0, currency),
            requested=of_kobo(data.get("requested_amount"), currency),
            fee=of_kobo(data.get("fees"), currency),
            currency=currency,
            mode=domain if domain in ("test", "live") else self.mode,
            channel=an_id(data.get("channel"))[:40],
            paid_at=a_time(data.get("paid_at") or data.get("paidAt"), naive_is_utc=True),
            raw_status=a_word(data.get("status")),
            created_at=a_time(data.get("created_at") or data.get("createdAt"), naive_is_utc=True),
        )

    def _refund_words(self, data: Mapping[str, Any]) -> tuple[str, RefundWord | None, Money | None, str]:
        word, about = a_word(data.get("status")), data.get("transaction")
        whose = an_id(a_dict(about).get("id")) or an_id(about)
        return word, REFUNDS.get(word), of_kobo(data.get("amount"), data.get("currency")), whose

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        page: dict[str, str | int] = {"page": 1}
        for number in range(1, PAGES_MAX + 1):
            answer = self.http.get(path, {**query, "perPage": PER_PAGE, **page})
            found, meta = answer.body.get("data"), a_dict(answer.body.get("meta"))
            if not answer.accepted or not isinstance(found, list):
                raise self._refusal(answer) if not answer.accepted else unsure(BAD_ANSWER, repeatable=True)
            yield from rows(found)
            following, count = meta.get("next"), an_id(meta.get("pageCount"))
            if isinstance(following, str) and following:
                page = {"next": following}
            elif found and (number < int(count) if count.isdigit() else len(found) >= PER_PAGE):
                page = {"page": number + 1}
            else:
                return
        raise refused(TOO_MANY_ROWS)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
