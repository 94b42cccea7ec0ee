"""What may be said outside the 24-hour window: our templates as they are submitted to Meta, and how one is filled. Pure.

A template is approved once per name and language (category utility, no promotion); its text never begins or ends with a place
to fill, and has few places for its length, or it is refused. Source: developers.facebook.com/documentation/business-messaging/
whatsapp/templates (overview, components, utility-templates), read November 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from worker.flows.step import Outside, Template
from worker.whatsapp.limits import TEMPLATE_BODY, units

CATEGORY = "UTILITY"
ORDER, PRESCRIPTION, SUPPORT, CARE, REFILL = "order", "prescription", "support", "care", "refill"
# What goes on after `stop`: what the customer ordered, and the visits they booked themselves.
OWN_BUSINESS = frozenset({ORDER, CARE})

_PLACE = re.compile(r"\{\{(\d+)\}\}")
# Meta refuses these in a parameter (132007): line breaks, tabs, more than four blanks in a row.
_UNFIT = re.compile(r"[\n\r\t\v\f\x00-\x1f\x85\u2028\u2029]| {5,}")


@dataclass(frozen=True, slots=True)
class Known:
    """One template of ours. `text` has {{1}}, {{2}}... for `parameters`, `samples` are what Meta is shown in their places.

    `about`: a customer who said `stop` gets those about OWN_BUSINESS, and no others. `whole`: it says all that the replies say,
    which are not said again once it arrived; else it only announces them, and they follow when the customer writes, within
    `fresh_minutes` where they are of use no longer (the buttons of a payment whose order expires). `lapses`: after those minutes they
    are not said at all, with a template or without. `money`: its replies are about money that moved, and wait however long it takes.
    """

    kind: str
    about: str
    text: str
    parameters: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    whole: bool = False
    fresh_minutes: int | None = None
    money: bool = False
    lapses: bool = False


KNOWN: dict[str, Known] = {
    each.kind: each
    for each in (
        Known(
            "payment_received",
            ORDER,
            "Your payment for order {{1}} has been confirmed: we received {{2}} and will now prepare your order.",
            ("order number", "amount"),
            ("12345", "₦4,000"),
            whole=True,
            money=True,
        ),
        Known(
            "payment_problem",
            ORDER,
            "We received {{1}} for order {{2}}, and it could not be matched with what was to be paid. "
            "Please reply to this message to read what happens next.",
            ("amount", "order number"),
            ("₦3,500", "12345"),
            money=True,
        ),
        Known(
            "payment_refunded",
            ORDER,
            "We have sent {{1}} for order {{2}} back to you, the way you paid. "
            "Until you see it your bank may need some working days.",
            ("amount", "order number"),
            ("₦4,000", "12345"),
            whole=True,
            money=True,
        ),
        Known(
            "payment_not_started",
            ORDER,
            "The payment for order {{1}} could not be started. Please reply to this message to choose another way to pay.",
            ("order number",),
            ("12345",),
            fresh_minutes=30,
        ),
        Known(
            "order_expired",
            ORDER,
            "Your order {{1}} has been closed because no payment reached us in time. "
            "Reply to this message if you still need what was in it.",
            ("order number",),
            ("12345",),
            whole=True,
        ),
        Known(
            "order_processing",
            ORDER,
            "Your order {{1}} is now being prepared at our pharmacy. We will write to you when it leaves.",
            ("order number",),
            ("12345",),
            whole=True,
        ),
        Known(
            "order_shipped",
            ORDER,
            "Your order {{1}} is on its way. It is brought by {{2}} (contact: {{3}}). Please keep your phone near you.",
            ("order number", "rider", "phone"),
            ("12345", "Musa", "0803 123 4567"),
            whole=True,
        ),
        Known(
            "order_ready",
            ORDER,
            "Your order {{1}} is ready for pick-up at {{2}} from now on. Please have the order number with you.",
            ("order number", "address of the pharmacy"),
            ("12345", "12 Allen Avenue, Ikeja"),
            whole=True,
        ),
        Known(
            "order_delivered",
            ORDER,
            "Your order {{1}} has been delivered. Reply to this message if anything is missing or not as it should be.",
            ("order number",),
            ("12345",),
            whole=True,
        ),
        Known(
            "order_cancelled",
            ORDER,
            "Your order {{1}} has been cancelled. Reply to this message to read why, and what happens next.",
            ("order number",),
            ("12345",),
            money=True,  # where it goes that was paid already
        ),
        Known(
            "prescription_decided",
            PRESCRIPTION,
            "A pharmacist has looked at the prescription you sent us. Reply to this message to read the answer.",
        ),
        Known(
            "prescription_question",
            PRESCRIPTION,
            "Our pharmacist has a question about the prescription you sent us. Reply to this message to read and answer it.",
        ),
        Known(
            "person_answers",
            SUPPORT,
            "A colleague of our pharmacy has answered what you asked us. Reply to this message to read the answer.",
        ),
        Known(
            "visit_reminder",
            CARE,
            "Reminder of your appointment: {{1}}, on {{2}}, at {{3}}. Reply to this message to move or cancel it.",
            ("doctor or test", "day and time", "place"),
            ("Dr Amaka Obi", "Tue 24 Nov at 2:00 PM", "12 Allen Avenue, Ikeja"),
            whole=True,
            fresh_minutes=45,
            lapses=True,
        ),
        Known(
            "visit_changed",
            CARE,
            "Our team had to change an appointment you booked with us. Reply to this message to read what has changed.",
        ),
        Known(  # which test it was is nobody's to read on a locked screen
            "lab_result",
            CARE,
            "A result you are waiting for has reached our pharmacy. Reply to this message to get it here.",
        ),
        Known(
            "refill_due",
            REFILL,
            "You asked us to remind you: what was dispensed on your prescription should last until about {{1}}. "
            "Reply to this message to order it again, or with the words stop reminders.",
            ("day",),
            ("20 Dec",),
            fresh_minutes=7 * 24 * 60,
            lapses=True,
        ),
        Known(
            "prescription_waits",
            PRESCRIPTION,
            "The prescription you sent us still waits for our pharmacist, longer than it should. Nothing is lost: the answer comes "
            "here. Reply to this message to talk to a person.",
            whole=True,
            fresh_minutes=12 * 60,
            lapses=True,
        ),
    )
}


class Names(Protocol):
    """The settings that say what our templates are called at Meta."""

    @property
    def whatsapp_template_language(self) -> str: ...

    @property
    def whatsapp_template_prefix(self) -> str: ...

    @property
    def whatsapp_template_names(self) -> tuple[tuple[str, str, str], ...]: ...


class Unfit(ValueError):
    """A template that may not be sent as it is filled: a mistake of ours. The text names it and quotes no parameter."""


def named(kind: str, names: Names) -> tuple[str, str] | None:
    """Name and language of a template as Meta knows it; None where it is switched off."""
    for one, name, language in names.whatsapp_template_names:
        if one == kind:
            return (name, language or names.whatsapp_template_language) if name else None
    return names.whatsapp_template_prefix + kind, names.whatsapp_template_language


def fill(outside: Outside, names: Names) -> Template | None:
    """The template to be sent; None where this kind is switched off. Raises Unfit."""
    known = KNOWN.get(outside.kind)
    if known is None:
        raise Unfit(f"{outside.kind[:40]}: no such template")
    if len(outside.parameters) != len(known.parameters):
        raise Unfit(f"{known.kind}: {len(outside.parameters)} parameters instead of {len(known.parameters)}")
    for name, value in zip(known.parameters, outside.parameters, strict=True):
        if not isinstance(value, str) or not value.strip():
            raise Unfit(f"{known.kind}: {name} is empty")
        if _UNFIT.search(value):
            raise Unfit(f"{known.kind}: {name} has line breaks, tabs or many blanks")
    if units(rendered(known.text, outside.parameters)) > TEMPLATE_BODY:
        raise Unfit(f"{known.kind}: longer than {TEMPLATE_BODY}")
    called = named(known.kind, names)
    return Template(called[0], called[1], outside.parameters) if called else None


def rendered(text: str, parameters: tuple[str, ...]) -> str:
    """What a customer reads."""
    return _PLACE.sub(lambda place: parameters[int(place[1]) - 1], text)


def places(text: str) -> tuple[int, ...]:
    """The numbers of the places to fill, as they stand in the text."""
    return tuple(int(number) for number in _PLACE.findall(text))
