"""What is said about money: an attempt to be paid, and what a provider's verify proves about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.values import Money

PROVIDERS = ("paystack", "flutterwave")
KINDS = ("link", "transfer", "ussd")
STATES = ("paid", "pending", "failed", "reversed", "unknown")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a provider answered when it was asked about one transaction; nothing else makes money true.

    `state`: paid, pending, failed, reversed, unknown (the provider does not know the reference). `amount` is what was really
    taken, `requested` what was asked for, if the provider says so. `mode`: test or live. Only `paid` and `reversed` need a
    `transaction_id` and an amount.
    """

    provider: str
    reference: str
    state: str
    transaction_id: str = ""
    amount: Money = Money(0)
    requested: Money | None = None
    fee: Money | None = None
    mode: str = ""
    channel: str = ""
    paid_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.state not in STATES or self.provider not in PROVIDERS:
            raise ValueError(f"no such state or provider: {self.state}, {self.provider}")
        if self.state in ("paid", "reversed") and not self.transaction_id:
            raise ValueError("money without a transaction")
        if self.amount.kobo < 0:
            raise ValueError("an amount below nothing")

    @property
    def currency(self) -> str:
        return self.amount.currency


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to be paid for an order by one provider.

    `status`: starting (the provider may not have heard of it), open (the customer can pay), paid, failed, given_up (it could not
    be started), expired (nobody looks any more). Whatever it is, money that comes under its reference counts. `way`: what the
    customer needs to pay (url | account_number, bank, account_name, expires_at | ussd_code), with its `kind` once it is there;
    before that it has at most the customer's `ussd_bank`. `version` is the claim's.
    `tries`: starts begun, this one included; `failures`: checks that got no answer since the last that did.
    """

    id: int
    order_id: int
    order_number: str
    customer_id: int
    number: int
    provider: str
    kind: str
    reference: str
    amount: Money
    mode: str
    status: str
    way: Mapping[str, Any] = field(default_factory=dict)
    provider_id: str = ""
    tries: int = 0
    failures: int = 0
    version: int = 0
    reason: str = ""
    switch_to: str = ""
    asked_at: datetime | None = None
    correlation_id: str = ""
    created_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it stands in the way of another attempt."""
        return self.status in ("starting", "open")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a proof.

    `kind`: applied, overpaid (the order is paid with it), short, late, double, mismatch, unknown, reversed (money, and a refund
    or a task for it), nothing (no money, or money that was settled before). `state` is the proof's. `begun`: the attempt that a
    switch of provider began, to be started now.
    """

    kind: str
    state: str
    order_number: str = ""
    customer_id: int | None = None
    attempt_id: int | None = None
    payment_id: int | None = None
    refund_id: int | None = None
    begun: int | None = None
