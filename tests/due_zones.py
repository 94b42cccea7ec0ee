"""Zones in which it is a wanted hour right now: what fires by the database's clock is tested at any time of any day."""

from __future__ import annotations

from models.base import connection


def zone_with(hours: int) -> str:
    """A zone so many hours before UTC's clock; its names have the sign the other way round."""
    hours = (hours + 11) % 24 - 11
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def at_local(hour: int) -> str:
    """A zone in which it is this hour now."""
    ((now,),) = connection().execute("SELECT EXTRACT(HOUR FROM now() AT TIME ZONE 'UTC')::int").fetchall()
    return zone_with(hour - now)


def noon_somewhere() -> str:
    """A zone in which it is between 12 and 13 o'clock now, so that no rule of the night applies."""
    return at_local(12)
