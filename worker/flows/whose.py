"""For whom of the customer's own an appointment is: said once, remembered as `whom` until something else is done, noted for the doctor."""

from __future__ import annotations

import re

from worker.flows.heard import Heard
from worker.flows.step import Place
from worker.flows.wording import Sentence, plain, say

LONGEST = 60  # characters of the note
_MYSELF = re.compile(r"\bmy ?self\b|^\s*book for me[\s.!]*$", re.IGNORECASE)  # "book it for me" only asks politely


def meant(place: Place, event: Heard) -> tuple[Place, Sentence]:
    """The place with whom it is for, and what is said about it. "Book for myself" takes somebody said before back."""
    whom = plain(str(event.values.get("whose") or ""), 20)
    if whom:
        return place.at(place.state, whom=whom), say("booking.whose", whose=whom)
    return (place.at(place.state, whom=None) if taken_back(place, event) else place), Sentence("")


def taken_back(place: Place, event: Heard) -> bool:
    """Whether it was for somebody, and now is for the customer."""
    return bool(place.memory.get("whom")) and _MYSELF.search(event.text) is not None


def line(place: Place) -> Sentence:
    """As it stands in the last look; nothing for oneself."""
    whom = str(place.memory.get("whom") or "")
    return say("visit.for", whose=whom) if whom else Sentence("")


def note(place: Place) -> dict[str, str]:
    """What the doctor reads, as the argument of an effect; none for oneself."""
    whom = str(place.memory.get("whom") or "")
    return {"note": f"For: my {whom}"[:LONGEST]} if whom else {}
