"""`tests.odd_worker` with one more oddity: an event `news` says itself what the house is to say, and the template for it."""

from __future__ import annotations

from typing import Any

from tests import odd_worker
from tests.notices_world import speak
from worker.flows import entry
from worker.flows.step import Event, Happened, Place, Step

broker = odd_worker.broker
_turn = entry.turn


def _with_news(place: Place, event: Event, facts: Any) -> Step:
    return speak(place, event, facts) if isinstance(event, Happened) and event.name == "news" else _turn(place, event, facts)


entry.turn = _with_news
