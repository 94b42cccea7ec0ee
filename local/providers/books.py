"""What the providers remember: charges asked for, transactions under them, refunds, and the true ledger of money. In memory,
bounded. Money is whole kobo everywhere inside; the edges turn it into what each provider speaks."""

from __future__ import annotations

import itertools
import secrets
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from local.providers.config import Config

Json = dict[str, Any]
PAID, FAILED, PENDING, ABANDONED, REVERSED = "paid", "failed", "pending", "abandoned", "reversed"
# Ids are larger than 32 bits, as Paystack's are, and no two starts of this program give the same one.
_FIRST_ID = 4_100_000_000 + int(time.time() * 1000) - 1_767_225_600_000
_ids = itertools.count(_FIRST_ID)


def new_id() -> int:
    return next(_ids)


@dataclass(slots=True, eq=False)
class Charge:
    """What the merchant asked for under one reference. `kind` link, transfer or ussd; times are seconds since 1970."""

    provider: str
    reference: str
    kobo: int
    currency: str
    email: str
    kind: str
    code: str
    name: str = ""
    phone: str = ""
    return_url: str = ""
    leave_url: str = ""
    title: str = ""
    metadata: Any = None
    account: str = ""
    ussd: str = ""
    created: float = field(default_factory=time.time)
    expires: float = 0.0
    disabled: bool = False
    tries: list[Transaction] = field(default_factory=list)
    more_codes: list[str] = field(default_factory=list)

    @property
    def paid(self) -> bool:
        return any(t.status in (PAID, REVERSED) for t in self.tries)


@dataclass(slots=True, eq=False)
class Transaction:
    """One try to pay. `kobo` is what was taken once it is paid, until then what is asked."""

    id: int
    charge: Charge
    status: str
    kobo: int
    fee: int = 0
    channel: str = "card"
    message: str = ""
    created: float = field(default_factory=time.time)
    paid_at: float = 0.0
    refunded: int = 0
    on_way: int = 0  # refunds asked for and not ended
    flw_ref: str = ""
    refunds: list[Refund] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Refund:
    """`status` pending, done, failed, needs-attention."""

    id: int
    transaction: Transaction
    kobo: int
    status: str
    note: str = ""
    created: float = field(default_factory=time.time)
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that moved: `taken` from a customer, `returned` at once by the provider, `refunded`, `reversed` by a bank."""

    at: float
    provider: str
    reference: str
    transaction_id: int
    what: str
    kobo: int


class Books:
    """Everything by its keys. Beyond `keep` the oldest charges, and the oldest lines of the ledger, are forgotten."""

    def __init__(self, config: Config) -> None:
        self.charges: OrderedDict[tuple[str, str], Charge] = OrderedDict()
        self.codes: dict[str, Charge] = {}
        self.accounts: dict[str, Charge] = {}
        self.ussds: dict[str, Charge] = {}
        self.transactions: dict[tuple[str, int], Transaction] = {}
        self.refunds: dict[tuple[str, int], Refund] = {}
        self.by_time: dict[str, deque[Transaction]] = {
            name: deque(maxlen=2 * max(1, config.keep)) for name in ("paystack", "flutterwave")
        }
        self.ledger: deque[Entry] = deque(maxlen=config.keep)
        self.calls: deque[Json] = deque(maxlen=max(1, config.keep_calls))
        self.counts: Counter[str] = Counter()
        self.most = max(1, config.keep)
        self.customers: dict[str, int] = {}

    def find(self, provider: str, reference: str) -> Charge | None:
        return self.charges.get((provider, reference))

    def add(self, charge: Charge) -> None:
        self.charges[(charge.provider, charge.reference)] = charge
        self.codes[charge.code] = charge
        if charge.account:
            self.accounts[charge.account] = charge
        if charge.ussd:
            self.ussds[charge.ussd] = charge
        while len(self.charges) > self.most:
            self._forget(self.charges.popitem(last=False)[1])

    def also(self, charge: Charge, code: str) -> None:
        """A further link to the same charge."""
        charge.more_codes.append(code)
        self.codes[code] = charge

    def attempt(self, charge: Charge, status: str, **more: Any) -> Transaction:
        made = Transaction(new_id(), charge, status, more.pop("kobo", charge.kobo), **more)
        charge.tries.append(made)
        self.transactions[(charge.provider, made.id)] = made
        self.by_time[charge.provider].append(made)
        return made

    def note(self, charge: Charge, transaction_id: int, what: str, kobo: int) -> None:
        self.ledger.append(Entry(time.time(), charge.provider, charge.reference, transaction_id, what, kobo))

    def customer(self, email: str) -> int:
        """The provider's number for an address; the same while it is remembered."""
        if len(self.customers) > self.most:
            self.customers.clear()
        return self.customers.setdefault(email, 180_000_000 + len(self.customers))

    def listed(self, provider: str, since: float, until: float) -> list[Transaction]:
        """Transactions made in a stretch of time, newest first."""
        return [
            t for t in reversed(self.by_time[provider]) if since <= t.created <= until and (provider, t.id) in self.transactions
        ]

    def open_offline(self) -> list[Charge]:
        """Accounts and USSD codes still waiting for money, newest first, fifty at most."""
        waiting = (c for c in reversed(self.charges.values()) if c.kind != "link" and not c.paid)
        return list(itertools.islice(waiting, 50))

    def _forget(self, charge: Charge) -> None:
        for code in (charge.code, *charge.more_codes):
            self.codes.pop(code, None)
        self.accounts.pop(charge.account, None)
        self.ussds.pop(charge.ussd, None)
        for transaction in charge.tries:
            self.transactions.pop((charge.provider, transaction.id), None)
            for refund in transaction.refunds:
                self.refunds.pop((charge.provider, refund.id), None)


def code(length: int = 15) -> str:
    """A random word of lower-case letters and digits, as access codes are."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))


def account_number(books: Books) -> str:
    """Ten digits nobody else has at the moment."""
    while True:
        found = f"99{secrets.randbelow(10**8):08d}"
        if found not in books.accounts:
            return found


def stamp(at: float) -> str:
    """`2026-11-22T09:15:02.000Z`"""
    whole = int(at)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((at - whole) * 1000):03d}Z"


def fee(provider: str, kobo: int) -> int:
    """What the provider keeps of a payment, about as its price page has it: 1.5 % and 100 naira at Paystack (not below 2,500
    naira), 1.4 % at Flutterwave, 2,000 naira at most."""
    if provider == "paystack":
        return min(200_000, (kobo * 15 + 999) // 1000 + (10_000 if kobo >= 250_000 else 0))
    return min(200_000, (kobo * 14 + 999) // 1000)
