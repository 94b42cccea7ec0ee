"""What every payment provider can do for us, in values of ours: start, verify, refund, list. One Protocol, two adapters.

Amounts are Money (kobo) on this side of the adapters; each adapter converts to what its provider counts in. Card numbers, PINs,
one-time codes and birthdays are asked for by nobody here: a provider that wants one in the chat is refused.

Every method raises GatewayError and nothing else for what goes wrong outside. Its `klass` says what to do (the caller retries,
an adapter never repeats a request):

| klass | what happened | what to do |
|---|---|---|
| retryable | nothing can have been done (no connection, or it was only a question) | ask again with back-off |
| ambiguous | the request may have been received: timeout, cut, 5xx, an answer that cannot be read | verify the reference first |
| slow_down | 429, not worked on; `retry_after_s` is the provider's reset where it said one | wait, then ask again |
| permanent | the provider says no, and will again | never the same body; the customer gets another way |
| auth | our key is refused | stop, page the people |

After a refund that was ambiguous, list the transaction's refunds first. `code` is one of the words below, "http_<status>", or the
provider's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from models.values import Money

RETRYABLE, AMBIGUOUS, SLOW_DOWN, PERMANENT, AUTH = "retryable", "ambiguous", "slow_down", "permanent", "auth"
CLASSES = (RETRYABLE, AMBIGUOUS, SLOW_DOWN, PERMANENT, AUTH)

# Codes of ours that callers decide on.
DUPLICATE_REFERENCE = "duplicate_reference"  # an earlier start with this reference got through: verify it, keep its row
NOT_OFFERED = "not_offered"  # this provider has no such way to pay, or not at this bank
ASKS_CUSTOMER = "asks_customer"  # the provider wants a PIN, one-time code or birthday: not in a chat
NO_TRANSACTION = "no_transaction"  # refund: the provider does not know it
BAD_ANSWER = "bad_answer"  # it answered, and not with what it should
TOO_MANY_ROWS = "too_many_rows"  # a list longer than we read: narrow the time

REFERENCE = re.compile(r"[A-Za-z0-9.=-]{1,100}", re.ASCII)

Mode = Literal["test", "live"]
Kind = Literal["link", "transfer", "ussd"]
State = Literal["paid", "pending", "failed", "reversed", "unknown"]
RefundWord = Literal["pending", "done", "failed", "needs_attention", "none"]


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be paid and by whom. Persons stay out of `repr`.

    `reference`: ours, committed before the call; letters, digits, `-`, `.`, `=` (what Paystack allows). `bank`: for kind
    "ussd", a word of the gateway's `ussd_banks`. `minutes`: how long the way should stay open, where the provider lets us say so.
    """

    reference: str
    amount: Money
    email: str = field(repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    kind: Kind = "link"
    return_url: str = ""
    order_number: str = ""
    bank: str = ""
    minutes: int = 30

    def __post_init__(self) -> None:
        if not REFERENCE.fullmatch(self.reference):
            raise ValueError("a reference is 1 to 100 letters, digits, dots, dashes or equal signs")
        if self.amount.kobo <= 0 or "@" not in self.email:
            raise ValueError("an amount above zero and an e-mail address are needed")


@dataclass(frozen=True, slots=True)
class Way:
    """How the customer can pay now: the fields of its `kind` are filled, the others empty.

    `amount`: what must be sent exactly, where the provider named it (a transfer may include its fee); else None.
    `provider_id`: the provider's own id of the try, where it told one.
    """

    kind: Kind
    url: str = ""
    account_number: str = ""
    bank: str = ""
    account_name: str = ""
    ussd_code: str = ""
    expires_at: datetime | None = None
    provider_id: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What the provider says about a payment when asked: the only thing that may make an order paid, once it is compared.

    `state`: "unknown" when the provider does not know the reference (the customer has not tried, or our start never came):
    not paid yet, no outage. "failed" may still become paid (the page stays open); "pending" is also every word we do not know.
    `amount`: what was taken (for "unknown" Money(0)); on Paystack it includes the fee where the customer bears it, and then
    `requested` is what we asked for. `requested` is None where the provider keeps no such figure. `transaction_id` has up to
    64 bits. `mode`: by the answer where it tells, else by our key. `raw_status`: the provider's word.
    """

    state: State
    reference: str
    transaction_id: str
    amount: Money
    requested: Money | None
    fee: Money | None
    currency: str
    mode: Mode
    channel: str
    paid_at: datetime | None
    raw_status: str


@dataclass(frozen=True, slots=True)
class RefundState:
    """How a refund stands. "none": the provider was asked for nothing like it. "failed": the money is back with us.

    `transaction_id`: of the payment, where the provider names it.
    """

    state: RefundWord
    provider_id: str
    amount: Money
    transaction_id: str = ""


@dataclass(frozen=True, slots=True)
class Taken(Verified):
    """One row of a provider's list, for reconciliation; never "unknown". `created_at`: when the try began.

    A row that says paid and names no readable amount comes with Money(0), so that the comparison shows it.
    """

    created_at: datetime | None = None


class Gateway(Protocol):
    """A payment provider. Thread-safe; made once a process, its connections only after the fork."""

    @property
    def name(self) -> str:
        """ "paystack" or "flutterwave"."""

    @property
    def mode(self) -> Mode:
        """Which of the provider's two worlds our key belongs to."""

    @property
    def ussd_banks(self) -> tuple[str, ...]:
        """Words for `Start.bank`; the first is asked when it is empty."""

    def start(self, start: Start) -> Way:
        """Opens a way to pay. Never repeated by itself. Ambiguous: verify the reference before anything else."""

    def verify(self, reference: str, provider_id: str = "") -> Verified:
        """What became of a payment; may be asked as often as one likes.

        `provider_id`: of the try in question, where it is known (a webhook names it); with an empty reference it is looked up
        by it alone. The answer's reference is the provider's: compare it.
        """

    def refund(self, transaction_id: str, amount: Money, *, reason: str) -> RefundState:
        """Asks for money to be given back. `reason`: a short word of ours, shown to nobody but the merchant."""

    def refunds(self, transaction_id: str) -> list[RefundState]:
        """All refunds of a transaction the provider knows, newest first where it says; empty when there are none."""

    def refunded(self, since: datetime) -> list[RefundState]:
        """All refunds asked for since then, whoever asked, of any transaction. Raises TOO_MANY_ROWS rather than leave some out."""

    def listed(self, since: datetime, until: datetime) -> Iterator[Taken]:
        """Transactions begun in [since, until), any state, each once; read by pages while it is iterated.

        Raises TOO_MANY_ROWS rather than leave rows out.
        """

    def close(self) -> None:
        """Closes kept connections; the gateway can be used again."""
