"""The vocabulary of a conversation turn: where a customer is, what happened, what the bot answers.

A flow is a dict of pure functions `(place, event, facts) -> Step`. Everything here is a frozen value, so that a
turn can be written down as a transcript and replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.facts import Facts

# --------------------------------------------------------------------------------------------------- where


@dataclass(frozen=True, slots=True)
class Place:
    """Flow, state and a JSON memory. Stored in `conversations` between turns; `memory` holds JSON values only."""

    flow: str = "entry"
    state: str = "idle"
    memory: Mapping[str, Any] = field(default_factory=dict)

    def at(self, state: str, **changes: Any) -> Place:
        """The same flow in another state; memory keys given as None are forgotten."""
        memory = {k: v for k, v in {**self.memory, **changes}.items() if v is not None}
        return Place(self.flow, state, memory)


# --------------------------------------------------------------------------------------------------- what happened


@dataclass(frozen=True, slots=True)
class Said:
    """The customer typed something. `text` as it came, up to 65,536 characters."""

    text: str


@dataclass(frozen=True, slots=True)
class Tapped:
    """A tap on a list row or a button of ours. `id` is what we gave it, `title` what the customer saw."""

    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class SentMedia:
    """A picture, document, voice note, video or sticker. `kind`: image, document, audio, video, sticker."""

    kind: str
    media_id: str
    mime_type: str = ""
    caption: str = ""
    filename: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class SentLocation:
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SentContact:
    """A shared contact card; `phones` as digits with or without plus, `own` when it answers our request for their number."""

    name: str
    phones: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class SentBasket:
    """A WhatsApp catalogue order: (retailer id, quantity). Prices in it are the client's and never used."""

    items: tuple[tuple[str, int], ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class SentUnusable:
    """Something we store and cannot use: `kind` is WhatsApp's type (reaction, unsupported, poll...)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Anything that is not a message of the customer: a timer, a payment, a decision, the outcome of an effect.

    `name` is past tense (`session_ended`, `order_placed`, `order_refused`, `prescription_read`), `data` JSON values.
    """

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


Event = Said | Tapped | SentMedia | SentLocation | SentContact | SentBasket | SentUnusable | Happened

# --------------------------------------------------------------------------------------------------- what is said


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, at most 4096 UTF-16 units."""

    body: str


@dataclass(frozen=True, slots=True)
class Button:
    id: str
    title: str  # at most 20


@dataclass(frozen=True, slots=True)
class Buttons:
    """One to three reply buttons under a body of at most 1024."""

    body: str
    buttons: tuple[Button, ...]
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    id: str  # at most 200
    title: str  # at most 24
    description: str = ""  # at most 72


@dataclass(frozen=True, slots=True)
class Section:
    title: str  # at most 24, needed when there is more than one section
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """An interactive list: at most 10 rows in all, body at most 1024 (kept below Meta's 4096 on purpose), button 20."""

    body: str
    button: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class AskLocation:
    """Text with WhatsApp's own "Send location" button."""

    body: str


@dataclass(frozen=True, slots=True)
class Link:
    """A call-to-action button that opens a web page."""

    body: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by https link or by our media id, with a caption."""

    source: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    source: str
    filename: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A template Meta approved, by name and language code; the only thing that may be sent outside the 24-hour window.

    `parameters` fill {{1}}, {{2}}... of its body.
    """

    name: str
    language: str = "en"
    parameters: tuple[str, ...] = ()


Reply = Text | Buttons | Choices | AskLocation | Link | Picture | Document | Template

# --------------------------------------------------------------------------------------------------- what is done


@dataclass(frozen=True, slots=True)
class Effect:
    """A write the flow asks for, imperative (`add_to_cart`, `place_order`). Performed in the turn's transaction by
    `worker.effects`; where it names an outcome, that comes back to the same flow as `Happened` within the turn."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outside:
    """What is said instead of a step's replies when the customer wrote last more than 24 hours ago: an approved template.

    `kind` is what happened, as the templates are called here (`worker.whatsapp.templates`); `parameters` fill its places in order.
    """

    kind: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one event leads to: the next place, what to say, what to do (in this order: effects first, then replies).

    `outside` stands for all the replies where they may not be sent any more; without it they wait until the customer writes.
    """

    place: Place
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    outside: Outside | None = None


Handler = Callable[[Place, Event, "Facts"], Step]
# The handler of a state; None: the state has nothing to say to this event, and it means what it means anywhere.
StateHandler = Callable[[Place, Event, "Facts"], Step | None]
Flow = Mapping[str, StateHandler]
