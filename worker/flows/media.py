"""What is sent besides words and taps: kept where a person can use it, answered in one sentence, or met with silence."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows import prescription
from worker.flows.replies import button, buttons, step
from worker.flows.step import Event, Place, SentBasket, SentContact, SentLocation, SentMedia, SentUnusable, Step
from worker.flows.support import SILENT, keep
from worker.flows.wording import say

CARE = frozenset(("doctors", "booking", "visits", "labs"))


def answer(place: Place, event: Event, facts: Facts) -> Step:
    """One sentence or nothing; the place stays as it is, except for a prescription's picture."""
    if isinstance(event, SentMedia):
        return _media(place, event, facts)
    if isinstance(event, SentLocation):
        if place.flow in CARE:
            return step(place, buttons(say("media.location_care"), button("find_doctor"), button("lab_tests"), button("menu")))
        return step(place, buttons(say("media.location"), button("checkout"), button("menu")))
    if isinstance(event, SentContact):
        return step(place, buttons(say("media.contact"), button("agent"), button("menu")))
    if isinstance(event, SentBasket):
        return step(place, buttons(say("media.basket"), button("search"), button("agent"), button("menu")))
    if isinstance(event, SentUnusable) and event.kind not in SILENT:
        return step(place, buttons(say("media.unusable"), button("menu"), button("agent")))
    return Step(place)


def _media(place: Place, media: SentMedia, facts: Facts) -> Step:
    if media.kind == "sticker":
        return Step(place)
    if prescription.is_prescription(media):
        return prescription.received(place, media, facts)
    if media.kind in ("audio", "video"):
        return _voice(place, media)
    return step(place, buttons(say("media.file"), button("prescription"), button("agent"), button("menu")))


def _voice(place: Place, media: SentMedia) -> Step:
    """Kept for a person, and answered once: the second voice note in a row gets no second lecture."""
    kept = keep(media, "support")
    if place.memory.get("voice"):
        return step(place, effects=(kept,))
    to = place.at(place.state, voice=True)
    return step(
        to,
        buttons(say("media.voice" if media.kind == "audio" else "media.video"), button("agent"), button("menu")),
        effects=(kept,),
    )
