"""Whose turn an effect belongs to, and what an effect is done by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from settings import Settings
from worker.database_facts import DatabaseFacts
from worker.flows.step import Happened
from worker.messages import Hint


@dataclass(frozen=True, slots=True)
class Context:
    """Whose turn it is: `inbox_id` is the event being handled, `now` the moment of the turn.

    `facts`, when given, forget what they knew after every effect, so that the flow sees what it changed.
    """

    customer_id: int
    inbox_id: int
    now: datetime
    settings: Settings
    facts: DatabaseFacts | None = None
    hints: list[tuple[Hint, int]] = field(default_factory=list)  # to be sent after the commit


Verb = Callable[[Context, Mapping[str, Any]], Happened | None]
