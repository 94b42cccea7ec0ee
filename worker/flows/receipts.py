"""A screenshot of a transfer: kept for people, never believed. The provider itself is asked whether the money is there.

Prescriptions come first: a picture is taken for a receipt only when its caption says so, or when nothing but a payment is open.
"""

from __future__ import annotations

import re

from worker.facts import Facts
from worker.flows import paying, prescription
from worker.flows.heard import Heard, listen
from worker.flows.replies import joined, step
from worker.flows.step import Place, Said, SentMedia, Step
from worker.flows.support import keep
from worker.flows.way_shown import payable
from worker.flows.wording import say

_SAYS_SO = re.compile(
    r"\b(?:receipts?|proof|evidence|debited|debit alert|transaction|transferred|screen ?shots? of (?:the |my )?(?:payment|transfer))\b",
    re.IGNORECASE,
)
_PRESCRIBED = re.compile(r"\b(?:prescriptions?|rx|doctor\w*|script)\b", re.IGNORECASE)


def received(place: Place, event: SentMedia, facts: Facts) -> Step | None:
    """Whether a file is a receipt, and what is said to it; None: it is something else."""
    if not prescription.is_prescription(event):  # neither a picture nor a PDF
        return None
    caption = listen(Said(event.caption[:300]), facts) if event.caption.strip() else None
    if caption is not None:
        if not _says_so(caption):
            return None
        number = str(caption.values.get("order_number") or "") if caption.intent in ("paid", "pay") else ""
    elif _nothing_else(place, facts):
        number = str(place.memory["number"])
    else:
        return None
    said = Heard(event.caption[:300], "paid", {"order_number": number} if number and facts.order(number) else {})
    return joined(step(place, effects=(keep(event, "support"),)), paying.paid(place, said, facts, say("receipt.kept")))


def _says_so(caption: Heard) -> bool:
    if caption.intent in ("emergency", "agent", "prescription") or _PRESCRIBED.search(caption.text):
        return False
    return caption.intent == "paid" or bool(_SAYS_SO.search(caption.text))


def _nothing_else(place: Place, facts: Facts) -> bool:
    """A way to pay is on the screen, and nothing in the cart waits for a picture of a prescription."""
    if (place.flow, place.state) != ("paying", "open"):
        return False
    order = facts.order(str(place.memory["number"]))
    waits = any(line.problem in ("needs_prescription", "over_approved") for line in facts.cart().lines)
    return order is not None and payable(order) and not waits
