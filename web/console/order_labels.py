"""What codes of orders and money mean, in the words of the console: states, reasons, outcomes, the log, and why something was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from models.values import Money, Refused

# code: (words, tone of the badge)
STATES = {
    "pending_payment": ("To pay", "info"),
    "paid": ("Paid", "warn"),
    "processing": ("Preparing", "warn"),
    "shipped": ("On the way", "info"),
    "delivered": ("Delivered", "good"),
    "cancelled": ("Cancelled", ""),
    "expired": ("Expired", ""),
    "refunded": ("Refunded", ""),
}
READY = ("Ready for pick-up", "info")
FEES = {"visit": "appointment", "lab": "lab test"}  # what an order without goods is the fee of
OF_FEES = {"paid": ("Paid", "good"), "processing": ("Paid", "good")}
DONE = {
    "processing": "started preparing it",
    "shipped": "marked it shipped",
    "delivered": "marked it delivered",
    "cancelled": "cancelled it",
    "expired": "let it expire",
    "refunded": "gave all of its money back",
    "paid": "was paid for it",
}
PAYMENTS = {"cash": "Cash on delivery", "paystack": "Paystack", "flutterwave": "Flutterwave"}
WAYS = {"link": "payment page", "transfer": "bank transfer", "ussd": "USSD"}
ATTEMPTS = {
    "starting": ("Being started", "info"),
    "open": ("Waits for the customer", "info"),
    "paid": ("Paid", "good"),
    "failed": ("Failed", ""),
    "given_up": ("Could not be started", "warn"),
    "expired": ("Not paid", ""),
}
SETTLED = {
    "applied": ("Pays the order", "good"),
    "overpaid": ("Pays the order, more came", "warn"),
    "short": ("Too little", "bad"),
    "late": ("Too late", "warn"),
    "double": ("Second payment", "warn"),
    "mismatch": ("Does not fit", "bad"),
    "unknown": ("Unknown", "bad"),
    "reversed": ("Taken back", "bad"),
}
REFUNDS = {
    "wanted": ("Goes out next", "info"),
    "sent": ("At the provider", "info"),
    "done": ("Given back", "good"),
    "failed": ("Failed", "bad"),
    "needs_attention": ("Needs bank details", "warn"),
}
REASONS = {
    "out_of_stock": "Out of stock",
    "no_rider": "No rider to be had",
    "wrong_address": "Address cannot be served",
    "customer_asked": "The customer asked for it",
    "prescription": "Prescription is missing or does not fit",
    "payment": "Something is wrong with the payment",
    "other": "Other",
}
REFUND_REASONS = {
    "customer_asked": "The customer asked for it",
    "out_of_stock": "A part was out of stock",
    "damaged": "Damaged",
    "wrong_item": "Wrong item brought",
    "not_delivered": "Never arrived",
    "goodwill": "Goodwill",
    "other": "Other",
}
OUTCOMES = {
    "by_hand": "Settled by hand (bank transfer, provider's own page)",
    "no_loss": "Nobody lost anything",
    "kept": "The money stays with us",
    "refunded": "Given back already",
    "written_off": "Written off: the loss is ours",
}
TASKS = {
    "short": "Too little was paid",
    "overpaid": "Too much was paid",
    "double": "Paid twice",
    "late": "Paid too late",
    "mismatch": "Payment does not fit",
    "unknown": "Unknown payment",
    "changed": "Amount changed",
    "reversed": "Taken back by the provider",
    "dispute": "Disputed",
    "transfer_rejected": "Transfer returned",
    "refund_failed": "Refund failed",
    "refund_needs_attention": "Refund needs bank details",
    "refund_rest": "Refund waits for another",
    "refund_at_provider": "Refunded at the provider",
    "event_failed": "Webhook failed",
    "missing_here": "Missing here",
    "missing_there": "Missing at the provider",
    "amount_differs": "Amount differs",
}
# Why money goes back by itself; staff's own reasons are above.
OTHER_REASONS = {
    "double": "Paid twice",
    "late": "Paid too late",
    "overpaid": "Too much was paid",
    "cancelled": "Order cancelled",
    "refunded": "Order refunded",
    "at_provider": "Given back at the provider",
}


def state(code: str, pickup: bool = False, about: str = "goods") -> tuple[str, str]:
    if about in FEES and code in OF_FEES:
        return OF_FEES[code]
    return READY if pickup and code == "shipped" else STATES.get(code, (code, ""))


def task(kind: str) -> str:
    """What a task is about, in two or three words."""
    return TASKS.get(kind) or kind.replace("_", " ").capitalize()


def reason(code: str) -> str:
    return REASONS.get(code) or REFUND_REASONS.get(code) or OTHER_REASONS.get(code) or TASKS.get(code) or code.replace("_", " ")


def actor(who: str, name: str = "") -> str:
    """`staff:3` -> their name; `customer:12` -> "customer"; who is no person by name."""
    kind, _, number = who.partition(":")
    if kind == "staff":
        return name or f"staff {number}"
    known = {"customer": "Customer", "clock": "The clock", "old system": "The old system", "": "Somebody"}
    return known.get(kind) or PAYMENTS.get(kind, who)


def masked(phone: str) -> str:
    """Of a telephone number what tells two apart: `234803•••4567`."""
    return f"{phone[:-7]}•••{phone[-4:]}" if len(phone) > 8 else "•" * len(phone)


def amount(kobo: object, currency: str = "NGN") -> str:
    """What a task's detail holds, as people read it; nothing is "nothing"."""
    return str(Money(int(str(kobo)), currency)) if kobo else "nothing"


# --------------------------------------------------------------------------------------------------- the log

_Detail = Mapping[str, Any]


def _kobo(detail: _Detail) -> str:
    return str(Money(int(detail.get("kobo") or 0), str(detail.get("currency") or "NGN")))


SAID: Mapping[str, Callable[[_Detail], str]] = {
    "placed": lambda d: "Ordered",
    "paid": lambda d: f"Paid{_after_expiry(d)}",
    "processing": lambda d: "Being prepared",
    "shipped": lambda d: "Left the house",
    "delivered": lambda d: "Delivered" + (f", {Money(int(d['cash_kobo']))} received in cash" if d.get("cash_kobo") else ""),
    "cancelled": lambda d: "Cancelled" + (f": {reason(str(d['reason'])).lower()}" if d.get("reason") else ""),
    "expired": lambda d: "Expired unpaid; stock is back",
    "refunded": lambda d: "All money has gone back",
    "payment_begun": lambda d: (
        f"Way to pay asked of {PAYMENTS.get(str(d.get('provider')), 'a provider')} ({d.get('reference', '')})"
    ),
    "payment_switch_wanted": lambda d: f"Wants to pay with {PAYMENTS.get(str(d.get('to')), 'another provider')}",
    "payment_not_started": lambda d: "Way to pay could not be had",
    "payment_failed": lambda d: "Attempt to pay failed",
    "payment_expired": lambda d: "Attempt to pay ended unpaid",
    "payment_applied": lambda d: f"{_kobo(d)} taken: it pays the order",
    "payment_overpaid": lambda d: f"{_kobo(d)} taken: more than the order costs",
    "payment_short": lambda d: f"{_kobo(d)} taken: less than the order costs",
    "payment_late": lambda d: f"{_kobo(d)} taken: the order was over",
    "payment_double": lambda d: f"{_kobo(d)} taken: the order was paid already",
    "payment_mismatch": lambda d: f"{_kobo(d)} taken: it does not fit the attempt",
    "payment_reversed": lambda d: f"{_kobo(d)} taken back by the provider",
    "refund_wanted": lambda d: f"Refund of {_kobo(d)}: {reason(str(d.get('reason') or 'other')).lower()}",
    "refund_sent": lambda d: f"Refund of {_kobo(d)} is at the provider",
    "refund_done": lambda d: f"{_kobo(d)} given back",
    "refund_failed": lambda d: f"Refund of {_kobo(d)} failed",
    "refund_needs_attention": lambda d: f"Refund of {_kobo(d)} needs the customer's bank details",
    "payment_task": lambda d: f"For people to look at: {task(str(d.get('kind') or 'money')).lower()}",
    "payment_task_closed": lambda d: f"Looked at ({task(str(d.get('kind') or 'money')).lower()}): {_outcome(d)}",
}


def _after_expiry(detail: _Detail) -> str:
    return ", although it had expired" if detail.get("from") == "expired" else ""


def _outcome(detail: _Detail) -> str:
    return OUTCOMES.get(str(detail.get("outcome")), str(detail.get("outcome"))).lower()


def said(what: str, detail: _Detail, pickup: bool = False) -> str:
    """One line of an order's log; what later steps write is shown by its code."""
    if pickup and what in ("shipped", "delivered") and "cash_kobo" not in detail:
        return "Ready for pick-up" if what == "shipped" else "Fetched"
    known = SAID.get(what)
    return known(detail) if known else what.replace("_", " ").capitalize()


# --------------------------------------------------------------------------------------------------- refusals

WHY = {
    "not_yet": "That comes later: it is not on its way yet.",
    "not_paid": "It is not paid: nothing leaves the house unpaid but an order in cash.",
    "reversed": "Its money was taken back by the provider: nothing leaves the house for it. Look at its tasks first.",
    "disputed": "The customer's bank disputes its payment: nothing leaves the house until that task is closed.",
    "refunding": "All of its money is going back: nothing leaves the house for it.",
    "fee": "It is the fee of an appointment or a lab test: nothing is packed or brought.",
    "took_place": "The appointment it pays for is over: money can be given back, and nothing be cancelled.",
    "bad_rider": "Write the rider's name: 2 to 40 letters.",
    "bad_phone": "Write the rider's Nigerian mobile number, like 0803 123 4567.",
    "bad_reason": "Choose a reason.",
    "changed": "It is not as it was when you opened this page. Look at it again, then decide.",
    "cash_by_hand": "It was paid in cash: give the money back by hand.",
    "no_payment": "There is no payment here that could be given back.",
    "nothing_left": "Nothing of its money is left to give back.",
    "owed": "Money that was to go back already has not gone: see to that task first, so that nothing goes back twice.",
    "one_open": "A refund of it is under way; the next one can be made when that has ended.",
    "bad_amount": "Write an amount in naira, like 4,000 or 4,000.50.",
    "not_repeated": "The two amounts are not the same. Nothing was given back.",
    "bad_outcome": "Choose what came of it.",
    "long_note": "The note is too long: at most 300 characters.",
}


def why(no: Refused, name: str, local: Callable[[datetime], str]) -> str:
    """The sentence of a refusal. `name`: of the staff member who was first, "" if it was none; `local` writes a time."""
    detail = no.detail
    if no.code == "moved":
        return _moved(detail, name, local)
    if no.code == "closed":
        at = detail.get("at")
        outcome = _outcome(detail)
        return f"{actor(str(detail.get('who', '')), name)} closed it{f' at {local(at)}' if isinstance(at, datetime) else ''}: {outcome}."
    if no.code == "not_approved":
        return "It has a prescription medicine that no pharmacist approved for this order: it cannot leave the house."
    if no.code == "too_much":
        return f"That is more than can be given back: at most {Money(int(str(detail['left_kobo'])))}."
    return WHY.get(no.code, "A rule of the pharmacy says no.")


def _moved(detail: Mapping[str, object], name: str, local: Callable[[datetime], str]) -> str:
    where, at = str(detail.get("state")), detail.get("at")
    done = DONE.get(where)
    if not done or not isinstance(at, datetime):
        return f"It is in another state already: {state(where)[0].lower()}."
    if where == "paid":
        return f"It was paid at {local(at)}."
    return f"{actor(str(detail.get('who', '')), name)} {done} at {local(at)}."
