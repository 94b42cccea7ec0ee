"""Time: aware UTC inside, a named zone only in words and slots (style rule 11)."""

from __future__ import annotations

from datetime import UTC, datetime


def utcnow() -> datetime:
    """The present moment, aware, in UTC. Flows never call this: `facts.now` is passed to them."""
    return datetime.now(UTC)
