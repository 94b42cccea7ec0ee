"""What a message means: a name, the values that came with it, and how sure the reading is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A moment: the words; then `moment` with `notes` of what was assumed, or `refusal` with what was understood all the same
# (dates.Moment, dates.Refusal). All absent when no day and no time was named.
_WHEN = ("when?", "moment?", "notes?", "refusal?", "day?", "clock?", "part?")

# Every name `understand` can give, with the keys its `values` may hold (a key ending in ? may be absent).
# Values are JSON values throughout: order numbers are strings of 1-10 digits as typed, items are dicts
# {"number": 2, "quantity": 3} (as shown in the list) or {"name": "paracetamol", "quantity": 2, "unit"?: "pack",
# "parts"?: [...]}; moments are ISO 8601 in UTC. A customer's `quantity` can be 0 or negative: the flow refuses it.
NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("n", "digits"),  # n: int; digits: as typed, for codes with leading zeros
    "menu": (),
    "help": (),
    "back": (),
    "cancel": (),
    "agent": (),
    "end": (),  # end the chat with a person
    "stop": (),
    "stop_reminders": (),  # of medicine that runs out
    "resume": (),
    "next": (),
    "previous": (),
    "more": (),
    "skip": (),
    "resend": (),  # the code, once more
    "greeting": (),
    "thanks": (),
    "yes": (),
    "no": (),
    "search": ("query", "quantity?", "asked?"),  # query "" means: ask what for; asked: "price"
    "add": ("items",),  # items [] means: the product on the screen
    "order": ("items",),
    "cart": (),
    "remove": ("number?", "name?"),
    "change": ("number?", "name?", "quantity?"),
    "clear_cart": (),
    "checkout": (
        "method?",
        "address?",
        "delivery?",
    ),  # method: cash online paystack flutterwave card transfer ussd; delivery: pickup delivery
    "track": ("order_number?",),
    "orders": (),
    "cancel_order": ("order_number?",),
    "prescription": ("order_number?",),
    # provider: a provider or a way (as method above); kind: the way beside a provider; another: another way than the one open;
    # asked: a question whether or how one can pay
    "pay": ("order_number?", "provider?", "kind?", "another?", "asked?"),
    "paid": ("order_number?",),
    "book": ("number?", "name?", "place?", "whose?", *_WHEN),  # whose: for whom of one's own
    "find_doctor": ("specialty?", "place?", "doctor?"),
    "appointments": (),
    "cancel_appointment": ("number?",),
    "reschedule": ("number?", *_WHEN),
    "lab_tests": ("query?", "where?", "whose?", *_WHEN),  # where: home centre
    "lab_result": (),
    "health_products": ("query?",),
    "account": (),
    "register": ("name?", "email?"),
    "login": ("email?",),
    "logout": (),
    "password_like": ("purpose", "name?", "email?"),  # purpose: register login other. The text must be hidden: passwords.hide
    "my_data": (),
    "delete_my_data": (),
    "correct_data": (),
    "emergency": ("kind",),
    "advice": (),  # dose, safety, diagnosis: a pharmacist's to answer
    "rate": ("n",),
    "hours": (),
    "location_question": (),
    "delivery_question": (),
    "unknown": (),
}


@dataclass(frozen=True)
class Intent:
    """One reading of one message. `confidence` 1.0: said plainly; 0.8: with a typo; 0.5-0.7: the likeliest guess."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0
