"""Golden transcripts: a conversation as a text file that people read and machines replay.

    > hi                                     the customer types
    > [tap: Add to cart]                     taps a button or row by its title as shown last, or by its id
    > [image caption="rx 12345"]             sends media: image, document, audio, video, sticker
    > [location 6.6018 3.3515 name="Shop"]   shares a place; also [contact Ada +2348031234567], [basket SKU1 2], [unusable poll]
    ( 10 quiet minutes )                     what happens meanwhile; see `DIRECTIONS`, of prescriptions too:
    ( prescription read: Amoxil 500 mg | 1 capsule twice a day; ? Norvasc 5 mg )      ( prescription not read: broken )
    ( pharmacist Bola Ade approves: 2 × Amoxil; no Tramal (controlled) )  ( ... rejects: too_old )  ( ... asks: age )
    ( the provider is ready )  ( the provider says: pending )  ( the money comes )  ( order 480213 expires )
    ( staff: order 480213 is shipped with Musa Bello, 0803 123 4567 )      see also `local.rehearsal.payments`
    < text                                   the bot answers; further lines are indented
    [id] Title | description                 a button or row under it
    = order_shipped 480213 | Musa Bello      the template that goes out instead when the customer wrote too long ago
    ~ add_to_cart ref=m2 quantity=3          what the turn did to the pharmacy

Lines of the customer and directions are the script; the rest is made by playing it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from local.rehearsal import care_played, due, payments, people, prescriptions
from local.rehearsal.play import Play, Turned
from models.values import Money
from worker.facts import Pharmacy
from worker.flows.step import (
    AskLocation,
    Buttons,
    Choices,
    Document,
    Event,
    Happened,
    Link,
    Picture,
    Reply,
    Said,
    SentBasket,
    SentContact,
    SentLocation,
    SentMedia,
    SentUnusable,
    Tapped,
)

NOTHING = "< (nothing)"
_MIME = {
    "image": "image/jpeg",
    "document": "application/pdf",
    "audio": "audio/ogg",
    "video": "video/mp4",
    "sticker": "image/webp",
}
_SHOWN = re.compile(r"    \[(?P<id>[^\]]+)\] (?P<title>[^|]+?)(?: \| .*)?$")


def replay(script: str) -> str:
    """The transcript that comes out when the script lines of `script` are played; equal to it when nothing changed."""
    return "\n".join(_played(script.splitlines())) + "\n"


def _played(script: Iterable[str]) -> Iterator[str]:
    play, seen, last_was_turn = Play(), [], False
    for line in script:
        if line.startswith("#"):
            yield line
        elif line.startswith("("):
            if last_was_turn:
                yield ""
            yield line
            out = list(direct(play, line))
            yield from out
            seen += out
            last_was_turn = bool(out)
        elif line.startswith("> "):
            if last_was_turn or not seen:
                yield ""
            yield line
            out = list(show(play.send(event_of(line[2:], seen))))
            yield from out
            seen += out
            last_was_turn = True


def show(turned: Turned) -> Iterator[str]:
    """One turn as lines."""
    for effect in turned.effects:
        yield "~ " + " ".join([effect.name, *(f"{k}={_word(v)}" for k, v in effect.args.items() if v not in ("", None))])
    if not turned.replies:
        yield NOTHING
    for reply in turned.replies:
        yield from _reply(reply)
    if turned.outside is not None:
        yield f"= {turned.outside.kind} {' | '.join(turned.outside.parameters)}".rstrip()


def _word(value: object) -> str:
    text = str(value)
    return text if text and not re.search(r"[\s\"]", text) else '"' + text.replace('"', "'") + '"'


def _reply(reply: Reply) -> Iterator[str]:
    if isinstance(reply, Picture | Document):
        named = f"{reply.filename} " if isinstance(reply, Document) else ""
        yield f"< ({named}{reply.source}) {reply.caption}".rstrip()
        return
    first, *rest = str(getattr(reply, "body", "")).split("\n")
    yield f"< {first}"
    yield from (f"  {line}".rstrip() for line in rest)
    if isinstance(reply, Buttons):
        yield from (f"    [{b.id}] {b.title}" for b in reply.buttons)
    elif isinstance(reply, Choices):
        yield f"    ({reply.button})"
        for row in (r for s in reply.sections for r in s.rows):
            yield f"    [{row.id}] {row.title}" + (f" | {row.description}" if row.description else "")
    elif isinstance(reply, AskLocation):
        yield "    (Send location)"
    elif isinstance(reply, Link):
        yield f"    [{reply.url}] {reply.label}"


# ------------------------------------------------------------------------------------------------------------- the script


def event_of(typed: str, seen: list[str]) -> Event:
    """What a script line means. `seen` are the lines shown so far: a tap finds its title in them."""
    inside = re.fullmatch(r"\[(\w+)(?::\s*|\s+)?(.*)\]", typed)
    if not inside or inside[1] not in _EVENTS:
        return Said(typed.replace("\\n", "\n"))
    if inside[1] == "tap":
        return _tap(inside[2].strip(), seen)
    return _EVENTS[inside[1]](inside[1], inside[2])


def _tap(wanted: str, seen: list[str]) -> Tapped:
    for line in reversed(seen):
        found = _SHOWN.match(line)
        if found and wanted in (found["title"].strip(), found["id"]):
            return Tapped(found["id"], found["title"].strip())
    return Tapped(wanted, wanted)


def _options(rest: str) -> tuple[list[str], dict[str, str]]:
    words = shlex.split(rest)
    return [w for w in words if "=" not in w], dict(w.split("=", 1) for w in words if "=" in w)


def _media(kind: str, rest: str) -> Event:
    _, options = _options(rest)
    options.setdefault("media_id", "media-1")
    return SentMedia(kind, mime_type=options.pop("mime", _MIME[kind]), **options)


def _location(kind: str, rest: str) -> Event:
    words, options = _options(rest)
    return SentLocation(float(words[0]), float(words[1]), **options)


def _contact(kind: str, rest: str) -> Event:
    words, _ = _options(rest)
    return SentContact(words[0], tuple(words[1:]))


def _basket(kind: str, rest: str) -> Event:
    words, _ = _options(rest)
    return SentBasket(tuple(zip(words[::2], map(int, words[1::2]), strict=False)))


def _unusable(kind: str, rest: str) -> Event:
    return SentUnusable(rest.strip() or "unsupported")


_EVENTS: dict[str, Callable[[str, str], Event]] = {
    **dict.fromkeys(_MIME, _media),
    "tap": lambda kind, rest: Tapped(rest),
    "location": _location,
    "contact": _contact,
    "basket": _basket,
    "unusable": _unusable,
}


def direct(play: Play, line: str) -> Iterator[str]:
    """Does what a direction says; what the bot says to it comes back as lines."""
    words = line.strip("() ")
    for pattern, act in DIRECTIONS:
        found = re.fullmatch(pattern, words)
        if found:
            turned = act(play, *found.groups())
            if turned is not None:
                yield from show(turned)
            return
    raise ValueError(f"no such direction: {line}")


def _known(play: Play, name: str) -> None:
    play.shop.customer = replace(play.shop.customer, name=name, registered=True, returning=True)


def _returning(play: Play) -> None:
    play.shop.customer = replace(play.shop.customer, returning=True)


def _no_number(play: Play) -> None:
    play.shop.customer = replace(play.shop.customer, has_number=False)


def _in_cart(play: Play, quantity: str, name: str) -> None:
    play.shop.lines[_ref(play, name)] = int(quantity)
    play.shop.version += 1


def _stock(play: Play, name: str, count: str) -> None:
    play.shop.change(_ref(play, name), stock=int(count))


def _price(play: Play, name: str, naira: str) -> None:
    play.shop.change(_ref(play, name), price=Money.from_naira(naira) if naira != "unknown" else None)


def _withdrawn(play: Play, name: str) -> None:
    play.shop.change(_ref(play, name), active=False)


def _ref(play: Play, name: str) -> str:
    return next(ref for ref, (product, _) in play.shop.goods.items() if product.name == name)


def _order(play: Play, number: str, status: str) -> None:
    play.shop.has_order(number, status=status)


def _moved(play: Play, number: str, status: str) -> None:
    order = next(o for o in play.shop.placed if o.number == number)
    cancellable = status in ("pending_payment", "paid", "processing")
    play.shop.placed[play.shop.placed.index(order)] = replace(order, status=status, cancellable=cancellable)


def _plain_pharmacy(play: Play) -> None:
    play.shop.pharmacy = Pharmacy("Drugs.ng Pharmacy")


def _event(name: str, **data: str) -> Callable[..., Turned]:
    return lambda play: play.send(Happened(name, data))


DIRECTIONS: tuple[tuple[str, Callable[..., Turned | None]], ...] = (
    (r"known as ([\w' ]+)", _known),
    (r"has written before", _returning),
    (r"WhatsApp tells no number", _no_number),
    (r"the pharmacy shows its name only", _plain_pharmacy),
    (r"(\d+) × (.+) in the cart", _in_cart),
    (r"(.+): (\d+) left", _stock),
    (r"(.+) now costs (\w+)", _price),
    (r"(.+) is withdrawn", _withdrawn),
    (r"order (\d+) of before: (\w+)", _order),
    (r"order (\d+) is now (\w+)", _moved),
    (r"10 quiet minutes", _event("session_ended")),
    (r"the chat is opened", _event("chat_opened")),
    (r"a timer is due", _event("timer_due", kind="something")),
    *prescriptions.DIRECTIONS,
    *payments.DIRECTIONS,
    *due.DIRECTIONS,
    *people.DIRECTIONS,
    *care_played.DIRECTIONS,
)


def differences(path: Path) -> list[str]:
    """The lines in which a replay differs from the file, as a unified diff; empty when nothing changed."""
    import difflib

    kept = path.read_text(encoding="utf-8")
    return list(difflib.unified_diff(kept.splitlines(), replay(kept).splitlines(), "kept", "played", lineterm="", n=2))
