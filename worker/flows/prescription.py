"""Prescriptions coming in: how to send one, and a photo or PDF at any time, with the order it belongs to when that is told.

What was read of it is told by `prescription_read`, what the pharmacist says by `prescription_decided`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.prescriptions import Shown
from worker.facts import Facts
from worker.flows import account, again, aside, progress
from worker.flows.heard import Heard, listen
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, joined, step, text, under
from worker.flows.step import Effect, Event, Happened, Place, Reply, Said, SentMedia, Step
from worker.flows.support import WAITS, keep, unclear
from worker.flows.wording import Sentence, paragraphs, say

PICTURES = frozenset(("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", ""))
DOCUMENTS = frozenset((*PICTURES - {""}, "application/pdf", "image/tiff", "image/gif", "image/bmp"))
ENDINGS = (".pdf", ".jpg", ".jpeg", ".png", ".webp", ".heic", ".tif", ".tiff")
MOST_WAITING = 3  # files kept in memory until there is consent; a prescription has rarely more pages
IN_A_ROW = timedelta(minutes=3)  # pages of one paper come one after the other: the first one's answer is said once
RETAKE = timedelta(hours=24)  # so long the next picture is taken for the better one that was asked for
FETCH_AGAIN = frozenset(("media_gone", "not_fetched"))  # there is no picture of it
_KEPT = ("kind", "media_id", "mime_type", "caption", "filename", "sha256")


def is_prescription(media: SentMedia) -> bool:
    """Whether a file can be one: a picture or a PDF, by its type or, where a phone told none of use, by its name."""
    if media.kind == "image":
        return media.mime_type in PICTURES
    unknown = media.mime_type in ("", "application/octet-stream") and media.filename.lower().endswith(ENDINGS)
    return media.kind == "document" and (media.mime_type in DOCUMENTS or unknown)


def received(place: Place, media: SentMedia, facts: Facts) -> Step:
    """A photo or PDF, at any time. Without name and consent it waits in memory and only there."""
    if not facts.customer.registered:
        return _ask_first(place, media, facts)
    number, unknown = _order_number(place, media, facts)
    latest = facts.latest_prescription()
    answering = (place.flow, place.state) == ("prescription", "answering")
    asked = facts.prescription(int(place.memory.get("id", 0))) if answering else latest
    instead = _of_retake(asked, facts)
    effects = [receive(media, number, instead)]
    if asked and answering and asked.state == "asked" and instead is None:
        effects.append(Effect("answer_prescription", {"prescription_id": asked.id, "text": say("ask.sent_picture")}))
    sent = {
        "left": 1,
        "number": number,
        "unknown": unknown,
        "instead": instead is not None,
        "another": instead is None and not number and _in_a_row(latest, facts),
    }
    return step(place.at(place.state, sent=sent), effects=effects)


def ask(place: Place, event: Heard, facts: Facts) -> Step:
    """Menu 7, `rx`, `rx 12345`: how far the last one is, how to send one, and first who sends it."""
    number = str(event.values.get("order_number") or "")
    if not facts.customer.registered:
        after = {"intent": "prescription", "values": {"order_number": number} if number else {}}
        return account.ask_first(place, facts, after, "account.why_prescription")
    to = go(place, "prescription", "waiting_file")
    if number and facts.order(number) is None:
        sentence = say("prescription.order_not_found", number=number)
        return step(to, buttons(sentence, button("orders"), button("agent"), button("menu")))
    if number:
        sentence = say("prescription.send_for", number=number)
        return step(to.at(to.state, number=number), buttons(sentence, button("agent", "pharmacist"), button("menu")))
    waiting = progress.pending(facts)
    if waiting is None:
        return step(to, buttons(say("prescription.send"), button("agent", "pharmacist"), button("menu")))
    return _how_far(to, waiting, facts)


def status(place: Place, facts: Facts) -> Step:
    """`my prescriptions`, "where is my prescription": the last one in a sentence, and what can be done."""
    if not facts.customer.registered:
        return account.ask_first(place, facts, {"intent": "prescription", "values": {}}, "account.why_prescription")
    latest = facts.latest_prescription()
    if latest is None:
        sentence = paragraphs(say("progress.none"), say("prescription.send"))
        return step(go(place, "prescription", "waiting_file"), buttons(sentence, button("agent", "pharmacist"), button("menu")))
    return _how_far(go(place, "prescription", "waiting_file"), latest, facts)


def _how_far(to: Place, shown: Shown, facts: Facts) -> Step:
    sentence = progress.sentence(shown, facts)
    if shown.state == "asked":
        return step(to.at("answering", id=shown.id), buttons(sentence, button("agent", "pharmacist"), button("menu")))
    more = paragraphs(sentence, say("prescription.send_more"))
    if shown.state == "approved":
        return step(idle(to), buttons(sentence, button("cart"), button("checkout"), button("agent", "pharmacist")))
    if shown.state == "waiting":
        return step(to, buttons(more, button(f"rxbad:{shown.id}", "rx_wrong"), button("agent", "pharmacist"), button("menu")))
    return step(to, buttons(more, button("agent", "pharmacist"), button("menu")))


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
    """The files that waited for consent, now that it is given; the thanks for it come with theirs."""
    media = [SentMedia(**{k: str(f.get(k, "")) for k in _KEPT}) for f in files]
    numbers = [_order_number(place, m, facts)[0] for m in media]
    effects = [receive(m, n) for m, n in zip(media, numbers, strict=True)]
    sent = {"left": len(media), "count": len(media), "number": next((n for n in numbers if n), "")}
    return step(idle(place).at("idle", sent=sent), effects=effects)


def along_with(then: Step, media: SentMedia) -> Step:
    """A picture whose caption asked for something else: that is answered, and the picture is read all the same."""
    with_file = replace(
        under(say("media.caption_read"), then), place=then.place.at(then.place.state, sent={"left": 1, "told": True})
    )
    return joined(with_file, step(with_file.place, effects=(receive(media),)))


def arrived(place: Place, event: Happened, facts: Facts) -> Step:
    """Its row is there: what happens next is told, once for all files of one message."""
    if facts.customer.with_agent:
        return Step(place)
    sent = dict(place.memory.get("sent") or {"left": 1})
    sent["left"] -= 1
    if sent["left"] > 0:
        return Step(place.at(place.state, sent=sent))
    here = place.at(place.state, sent=None)
    if sent.get("told"):
        return Step(here)
    if sent.get("another"):
        return step(here, text(say("prescription.another")))
    number, unknown = str(sent.get("number", "")), str(sent.get("unknown", ""))
    there = aside.back(here) if (here.flow, here.state) in _ENDED else here
    sentence = paragraphs(
        say("account.registered", name=facts.customer.name) if "count" in sent else "",
        _thanks(sent, number),
        say("prescription.order_unknown", number=unknown) if unknown else "",
        say("prescription.next_many" if int(sent.get("count", 1)) > 1 else "prescription.next"),
        aside.asked_again(there),
    )
    return step(there, _reply(there, sentence, number))


# What these waited for is the file.
_ENDED = frozenset([("prescription", "waiting_file"), ("prescription", "answering")])


def not_taken(place: Place, event: Happened, facts: Facts) -> Step:
    """The file was not taken: too many of this customer's are still to be read."""
    sentence = paragraphs(say("prescription.too_many_unread"), aside.asked_again(place))
    to = place.at(place.state, sent=None)
    return step(to, buttons(sentence, *again.offered(to, button("agent", "pharmacist"), button("menu"))))


def receive(media: SentMedia, number: str = "", replaces: int | None = None) -> Effect:
    """The effect that takes a file in as a prescription, for an order or in place of a worse picture where these are told."""
    told = {
        "kind": media.kind,
        "media_id": media.media_id,
        "mime_type": media.mime_type,
        "caption": media.caption[:1024],
        "filename": media.filename[:200],
        "sha256": media.sha256,
        "order_number": number or None,
        "replaces": replaces,
    }
    return Effect("receive_prescription", {k: v for k, v in told.items() if v is not None})


def unasked(place: Place, event: Event, facts: Facts) -> bool:
    """Whether somebody handed over for not being understood, who asked for nobody, sends what may be a prescription."""
    sent = isinstance(event, SentMedia) and is_prescription(event) and facts.customer.registered
    return sent and bool(place.memory.get("unasked")) and not facts.taken_up()


def with_person(place: Place, event: Event, facts: Facts) -> Step | None:
    """While a person has the thread: a file whose caption plainly says prescription goes to the pharmacist too, in silence."""
    if not isinstance(event, SentMedia) or not is_prescription(event) or not facts.customer.registered:
        return None
    if not event.caption.strip() or listen(Said(event.caption[:300]), facts).intent != "prescription":
        return None
    return step(place, effects=(keep(event, "support"), receive(event, _order_number(place, event, facts)[0]), WAITS))


def asks_how_far(place: Place, event: Heard) -> bool:
    """ "where is my prescription", wherever words are not waited for as an address, a name, or an answer."""
    if (
        event.tapped
        or event.intent not in ("search", "unknown", "track", "orders", "prescription")
        or event.values.get("order_number")
    ):
        return False
    waits_for_words = place.flow in ("checkout", "account") or place.state in ("correcting", "answering")
    return not waits_for_words and progress.asked_for(event.text)


def _of_retake(latest: Shown | None, facts: Facts) -> int | None:
    """The prescription this picture is the better one of: because the last could not be read, or the pharmacist asked for it."""
    if latest is None:
        return None
    if latest.state == "waiting" and (latest.complaint or latest.failure in FETCH_AGAIN):
        return latest.id if facts.now - latest.received_at <= RETAKE else None
    decided = facts.decision(latest.id) if latest.state == "asked" else None
    return latest.id if decided and decided.question in progress.PICTURE_ANSWERS else None


def _in_a_row(latest: Shown | None, facts: Facts) -> bool:
    return latest is not None and latest.state in ("reading", "waiting") and facts.now - latest.received_at <= IN_A_ROW


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


def _thanks(sent: Mapping[str, Any], number: str) -> Sentence:
    if int(sent.get("count", 1)) > 1:
        return say("prescription.received_many", count=sent["count"])
    if number:
        return say("prescription.received_for", number=number)
    return say("prescription.instead" if sent.get("instead") else "prescription.received")


def _reply(place: Place, sentence: str, number: str) -> Reply:
    first = button(f"o:{number}", "track") if number and place.flow != "checkout" else button("cart")
    return buttons(sentence, *again.offered(place, first, button("agent", "pharmacist"), button("menu")))


FLOW = {"waiting_file": waiting_file}
