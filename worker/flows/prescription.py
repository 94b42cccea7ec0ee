"""Prescriptions: a photo or PDF is kept for the pharmacist, with the order it belongs to when that is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from worker.facts import Facts
from worker.flows import account
from worker.flows.heard import Heard, listen
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, step
from worker.flows.step import Effect, Event, Place, Said, SentMedia, Step
from worker.flows.support import keep, unclear
from worker.flows.wording import Sentence, paragraphs, say

PICTURES = frozenset(("image/jpeg", "image/png", "image/webp", ""))
DOCUMENTS = frozenset(("application/pdf", "image/jpeg", "image/png", "image/webp"))
MOST_WAITING = 3  # files kept in memory until there is consent; a prescription has rarely more pages
_KEPT = ("kind", "media_id", "mime_type", "caption", "filename", "sha256")


def is_prescription(media: SentMedia) -> bool:
    """Whether a file can be one: a picture or a PDF."""
    return media.mime_type in (PICTURES if media.kind == "image" else DOCUMENTS) and media.kind in ("image", "document")


def received(place: Place, media: SentMedia, facts: Facts) -> Step:
    """A photo or PDF, at any time. Without name and consent it waits in memory and only there."""
    if not facts.customer.registered:
        return _ask_first(place, media, facts)
    number, unknown = _order_number(place, media, facts)
    effects = [keep(media, "prescription", number)]
    sentence = paragraphs(_kept(number), say("prescription.order_unknown", number=unknown) if unknown else "", _goes_on(place))
    return step(_stay(place), *_replies(place, sentence, number), effects=effects)


def ask(place: Place, event: Heard, facts: Facts) -> Step:
    """Menu 7, `rx`, `rx 12345`: how to send it, and first who sends it."""
    number = str(event.values.get("order_number") or "")
    if not facts.customer.registered:
        after = {"intent": "prescription", "values": {"order_number": number} if number else {}}
        return account.ask_first(place, facts, after, "account.why_prescription")
    if number and facts.order(number) is None:
        sentence = say("prescription.order_not_found", number=number)
        return step(
            go(place, "prescription", "waiting_file"), buttons(sentence, button("orders"), button("agent"), button("menu"))
        )
    sentence = say("prescription.send_for", number=number) if number else say("prescription.send")
    return step(
        go(place, "prescription", "waiting_file", number=number or None),
        buttons(sentence, button("agent", "pharmacist"), button("menu")),
    )


def waiting_file(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for the picture. An order number meanwhile is the order it belongs to."""
    if isinstance(event, Heard) and event.intent == "number" and not event.tapped and event.values["n"] > 99:
        return ask(
            place, Heard(event.text, "prescription", {"order_number": event.values.get("digits", str(event.values["n"]))}), facts
        )
    if isinstance(event, Heard) and not event.tapped and event.intent in ("yes", "no", "more", "next", "previous", "number"):
        return unclear(place, say("hint.prescription.waiting_file"), "menu")
    return None


def keep_waiting(files: Iterable[Mapping[str, Any]], place: Place, facts: Facts) -> Step:
    """The files that waited for consent, now that it is given."""
    media = [SentMedia(**{k: str(f.get(k, "")) for k in _KEPT}) for f in files]
    numbers = [_order_number(place, m, facts)[0] for m in media]
    effects = [keep(m, "prescription", n) for m, n in zip(media, numbers, strict=True)]
    number = next((n for n in numbers if n), "")
    sentence = say("prescription.kept_many", count=len(media)) if len(media) > 1 else _kept(number)
    return step(idle(place), *_replies(Place(), sentence, number), effects=effects)


def _ask_first(place: Place, media: SentMedia, facts: Facts) -> Step:
    """Name and consent first. Several pages in a row are asked for once."""
    waiting = [*place.memory.get("media", ())][: MOST_WAITING - 1]
    limits = {"media_id": 200, "mime_type": 60, "caption": 120, "filename": 80, "sha256": 64, "kind": 20}
    held = [*waiting, {k: str(getattr(media, k))[: limits[k]] for k in _KEPT}]
    if place.flow == "account" and place.state in ("giving_name", "giving_consent"):
        key = "prescription.another" if waiting else "prescription.held"
        return step(
            place.at(place.state, media=held, after=place.memory.get("after") or _AFTER), buttons(say(key), *_name_buttons(place))
        )
    with_file = Place(place.flow, place.state, {**place.memory, "media": held})
    return account.ask_first(with_file, facts, _AFTER, "account.why_file")


_AFTER: Mapping[str, Any] = {"intent": "kept_media", "values": {}}


def _name_buttons(place: Place) -> tuple[Any, ...]:
    return (button("consent:yes"), button("consent:no")) if place.state == "giving_consent" else (button("menu"),)


def _order_number(place: Place, media: SentMedia, facts: Facts) -> tuple[str, str]:
    """The own order a file belongs to, from its caption or from `rx 12345` before it; and a number that is no order of theirs."""
    number = str(place.memory.get("number", "")) if place.flow == "prescription" else ""
    if media.caption.strip():
        caption = listen(Said(media.caption[:300]), facts)
        if caption.intent in ("prescription", "track", "order"):
            number = str(caption.values.get("order_number") or number)
    if not number:
        return "", ""
    order = facts.order(number)
    return (order.number, "") if order else ("", number)


def _kept(number: str) -> Sentence:
    return say("prescription.kept_for", number=number) if number else say("prescription.kept")


def _goes_on(place: Place) -> Sentence | str:
    """A picture in the middle of something does not lose the place: what was asked is asked again."""
    hint = f"hint.{place.flow}.{place.state}"
    return say(hint) if place.flow in ("checkout", "adding", "product") and place.state != "open" else ""


def _stay(place: Place) -> Place:
    return idle(place) if place.flow == "prescription" else place


def _replies(place: Place, sentence: str, number: str) -> tuple[Any, ...]:
    if place.flow == "checkout":
        return (buttons(sentence, button("cart"), button("agent", "pharmacist"), button("menu")),)
    first = button(f"o:{number}", "track") if number else button("cart")
    return (buttons(sentence, first, button("agent", "pharmacist"), button("menu")),)


__all__ = ["FLOW", "Effect", "ask", "is_prescription", "keep_waiting", "received", "waiting_file"]

FLOW = {"waiting_file": waiting_file}
