"""What happens to a charge: customers pay, fail, leave, transfer; merchants refund; banks reverse. Each act changes the books and
tells the merchant by webhook, as the provider in question does (there is no charge.failed at Paystack)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any

from local.providers import shapes
from local.providers.books import ABANDONED, FAILED, PAID, PENDING, REVERSED, Books, Charge, Refund, Transaction, fee, new_id
from local.providers.config import Config
from local.providers.faults import Faults
from local.providers.webhooks import Notice, Webhooks

Json = dict[str, Any]
MOST_TIMERS = 100_000
CHANNELS = {"link": "card", "transfer": "bank_transfer", "ussd": "ussd"}


class NotPossible(Exception):
    """The provider would not let this happen now; the sentence says why."""


class Desk:
    """Books, webhooks, faults and settings together."""

    def __init__(self, config: Config) -> None:
        self.started = self.config = config
        self.books = Books(config)
        self.faults = Faults()
        self.webhooks = Webhooks(config, self.faults)
        self.generation = 0
        self.timers = 0

    def configure(self, config: Config) -> None:
        self.config = self.webhooks.config = config

    def reset(self, settings: bool = True) -> None:
        """As freshly started: no charges, no faults, nothing on its way, and (by default) the settings of the start."""
        self.generation += 1
        self.timers = 0
        if settings:
            self.configure(self.started)
        self.faults.clear()
        self.faults.dice.seed(1)
        self.webhooks.clear()
        self.books = Books(self.config)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Does it later, unless everything was reset meanwhile."""
        if self.timers >= MOST_TIMERS:
            raise NotPossible("too much waits already")
        generation = self.generation

        def now() -> None:
            if generation == self.generation:
                self.timers -= 1
                act()

        self.timers += 1
        asyncio.get_running_loop().call_later(seconds, now)

    # ----------------------------------------------------------------------------------------------- customers

    def pay(
        self, charge: Charge, kobo: int | None = None, *, channel: str = "", again: bool = False, late: bool = False
    ) -> Transaction:
        """Money is taken: what is asked (and the fee, when the customer bears it) or `kobo`. `again` pays what is paid already,
        `late` what is closed already."""
        self.still_open(charge, again, late)
        channel = channel or CHANNELS[charge.kind]
        costs = fee(charge.provider, charge.kobo if kobo is None else kobo)
        if kobo is None:
            kobo = charge.kobo + (costs if self.config.fee_bearer == "customer" else 0)
        if kobo <= 0:
            raise NotPossible("an amount is more than nothing")
        if charge.paid and charge.provider == "paystack" and self.config.paystack_second_payment == "returned":
            self._send_back(charge, kobo, "transaction already paid")
            return charge.tries[0]
        found = self._try(charge, channel)
        found.status, found.kobo, found.fee, found.channel = PAID, kobo, costs, channel
        found.message = "" if charge.provider == "paystack" else "Approved by Financial Institution"
        found.paid_at = time.time()
        self.books.note(charge, found.id, "taken", kobo)
        self._tell_charge(found)
        return found

    def decline(self, charge: Charge, why: str = "Insufficient Funds") -> Transaction:
        """The card is refused. The page stays open: the same reference may still be paid."""
        self.still_open(charge, False, False)
        found = self._try(charge, CHANNELS[charge.kind])
        found.status, found.message = FAILED, why
        if charge.provider == "flutterwave" and self.config.flutterwave_failed_webhooks:
            self._tell_charge(found)
        return found

    def leave(self, charge: Charge) -> None:
        """The customer goes away. Nothing is known of a first try at Flutterwave; at Paystack the transaction is abandoned."""
        if charge.provider == "paystack" and not charge.paid:
            charge.tries[0].status = ABANDONED

    def pay_later(self, charge: Charge, seconds: float, kobo: int | None = None) -> Transaction:
        """The bank takes its time: pending now, paid after so many seconds, even when the charge has closed by then."""
        self.still_open(charge, False, False)
        found = self._try(charge, CHANNELS[charge.kind])
        found.status, found.message = PENDING, "Transaction in progress"
        if charge.provider == "flutterwave" and self.config.flutterwave_pending_webhooks:
            self._tell_charge(found)
        self.after(seconds, lambda: None if charge.paid else (self.pay(charge, kobo, late=True), None)[1])
        return found

    def transfer(self, charge: Charge, kobo: int) -> Transaction | None:
        """Money arrives in a charge's account. Gives None when the provider sent it back: a wrong amount or a second one at
        Paystack, or an account that has ended."""
        if kobo <= 0:
            raise NotPossible("an amount is more than nothing")
        wrong = kobo != charge.kobo and self.config.paystack_wrong_transfer == "rejected"
        if charge.expires and time.time() > charge.expires:
            self._send_back(charge, kobo, "account has expired")
        elif charge.provider == "paystack" and wrong:
            self._send_back(charge, kobo, "incorrect amount sent")
        else:
            return self.pay(charge, kobo, channel="bank_transfer", again=True, late=True)
        return None

    def still_open(self, charge: Charge, again: bool, late: bool) -> None:
        if charge.paid and not again:
            raise NotPossible("this has been paid already")
        if late:
            return
        if charge.disabled:
            raise NotPossible("this payment link has been disabled")
        if charge.expires and time.time() > charge.expires:
            raise NotPossible("this payment has expired")

    def _try(self, charge: Charge, channel: str) -> Transaction:
        """The transaction a try is made under. Paystack has one for its reference; at Flutterwave each try is a new one, unless
        one is under way."""
        if charge.provider == "paystack":
            return self.books.attempt(charge, PENDING, channel=channel) if charge.paid else charge.tries[0]
        pending = next((t for t in charge.tries if t.status == PENDING), None)
        return pending or self.flutterwave_try(charge, channel)

    def flutterwave_try(self, charge: Charge, channel: str) -> Transaction:
        test = self.config.mode("flutterwave") == "test"
        ref = f"FLW-MOCK-{secrets.token_hex(16)}" if test else f"FLW{new_id()}"
        return self.books.attempt(charge, PENDING, channel=channel, fee=fee("flutterwave", charge.kobo), flw_ref=ref)

    def _send_back(self, charge: Charge, kobo: int, why: str) -> None:
        """The provider does not take this money and returns it to the sender."""
        subject = charge.tries[0] if charge.provider == "paystack" else None
        self.books.note(charge, subject.id if subject else 0, "returned", kobo)
        if subject is not None:
            body = shapes.paystack_rejected(self.books, subject, kobo, why)
            self.webhooks.put(Notice("paystack", "bank.transfer.rejected", charge.reference, body))

    def _tell_charge(self, transaction: Transaction) -> None:
        charge = transaction.charge
        if charge.provider == "paystack":
            data = shapes.paystack_transaction(self.books, self.config, transaction)
            self.webhooks.put(Notice("paystack", "charge.success", charge.reference, {"event": "charge.success", "data": data}))
            return
        data = shapes.flutterwave_transaction(self.books, self.config, transaction, webhook=True)
        body = {"event": "charge.completed", "data": data}
        flat = shapes.flutterwave_flat(self.books, transaction)
        self.webhooks.put(Notice("flutterwave", "charge.completed", charge.reference, body, flat))

    def tell_again(self, transaction: Transaction) -> None:
        """The webhook of a finished transaction once more."""
        if transaction.charge.provider == "paystack" and transaction.status != PAID:
            raise NotPossible("Paystack tells of successful charges only")
        self._tell_charge(transaction)

    # ----------------------------------------------------------------------------------------------- refunds and banks

    def refund(self, transaction: Transaction, kobo: int, note: str = "") -> Refund:
        """Asked for; it ends by itself as `refund_outcome` says (a stuck one never)."""
        made = Refund(new_id(), transaction, kobo, "pending", note)
        self.books.refunds[(transaction.charge.provider, made.id)] = made
        transaction.refunds.append(made)
        transaction.on_way += kobo
        self._tell_refund(made, "pending")
        outcome = self.config.refund_outcome
        if outcome == "stuck":
            return made
        if self.config.refund_after_s and transaction.charge.provider == "paystack":
            self.after(self.config.refund_after_s, lambda: self.end_refund(made, outcome))
        else:
            self.end_refund(made, outcome)
        return made

    def end_refund(self, refund: Refund, outcome: str) -> None:
        """`done` gives the money back to the customer, `failed` to the merchant; a refund ends once."""
        if refund.status in ("done", "failed") or outcome == refund.status:
            return
        of = refund.transaction
        refund.status, refund.ended = outcome, time.time()
        if outcome in ("done", "failed"):
            of.on_way -= refund.kobo
        if outcome == "done":
            of.refunded += refund.kobo
            self.books.note(of.charge, of.id, "refunded", refund.kobo)
            if of.refunded >= of.kobo:
                of.status = REVERSED
        self._tell_refund(refund, {"done": "processed"}.get(outcome, outcome))

    def _tell_refund(self, refund: Refund, name: str) -> None:
        charge = refund.transaction.charge
        if charge.provider == "paystack":
            body = shapes.paystack_refund_event(self.config, refund, name)
            self.webhooks.put(Notice("paystack", f"refund.{name}", charge.reference, body))
        elif self.config.flutterwave_refund_webhooks and name != "pending":
            self.webhooks.put(Notice("flutterwave", "refund", charge.reference, shapes.flutterwave_refund_flat(refund)))

    def dispute(self, transaction: Transaction) -> int:
        """The customer's bank complains; gives the number of the dispute."""
        number = new_id()
        if transaction.charge.provider == "paystack":
            body = shapes.paystack_dispute(self.books, self.config, transaction, number, "create")
            self.webhooks.put(Notice("paystack", "charge.dispute.create", transaction.charge.reference, body))
        return number

    def reverse(self, transaction: Transaction, dispute: int = 0) -> None:
        """The bank took the money back (a dispute lost)."""
        if transaction.status != PAID:
            raise NotPossible("only what was paid can be reversed")
        transaction.status = REVERSED
        self.books.note(transaction.charge, transaction.id, "reversed", transaction.kobo - transaction.refunded)
        if transaction.charge.provider == "paystack":
            body = shapes.paystack_dispute(self.books, self.config, transaction, dispute or new_id(), "resolve")
            self.webhooks.put(Notice("paystack", "charge.dispute.resolve", transaction.charge.reference, body))
