"""A customer talking to the flows: turns as the real loop takes them, with the place going through JSON each time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from local.rehearsal import limits
from local.rehearsal.facts import FakeFacts
from local.rehearsal.shop import FakeShop
from worker.flows import entry
from worker.flows.step import Effect, Event, Happened, Outside, Place, Reply

ROUNDS = 8  # of effects and outcomes in one turn, as in the real loop


@dataclass(frozen=True)
class Turned:
    """What one event led to."""

    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...]
    outside: Outside | None = None  # the template that stands for the replies when the customer wrote too long ago


@dataclass
class Play:
    """One conversation. `place` is as it would be stored."""

    shop: FakeShop = field(default_factory=FakeShop)
    place: Place = field(default_factory=Place)

    def send(self, event: Event) -> Turned:
        """One event with everything that follows from it. Raises RuntimeError when effects do not come to an end, DoesNotFit
        for a reply WhatsApp would refuse or a place too big to keep."""
        facts = FakeFacts(self.shop)
        step = entry.turn(self.place, event, facts)
        replies, done = list(step.replies), list(step.effects)
        place, effects, outside = step.place, step.effects, step.outside
        for _ in range(ROUNDS):
            outcomes = [o for o in (self.shop.perform(effect) for effect in effects) if o is not None]
            effects = ()
            for outcome in outcomes:
                after = entry.turn(place, outcome, facts)
                place, effects = after.place, effects + after.effects
                replies.extend(after.replies)
                outside = after.outside or outside
            done.extend(effects)
            if not effects:
                break
        else:
            raise RuntimeError("effects without end")
        stored = json.dumps(dict(place.memory))
        limits.check_place(place, stored)
        for reply in replies:
            limits.check(reply)
        if outside is not None:
            limits.check_outside(outside)
        self.place = Place(place.flow, place.state, json.loads(stored))
        if not isinstance(event, Happened) or event.name in ("chat_opened", "ad_clicked"):
            self.shop.customer = replace(self.shop.customer, returning=True)
        return Turned(tuple(replies), tuple(done), outside)
