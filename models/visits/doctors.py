"""One doctor as customers see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from models.visits import timetables
from models.visits.days import horizon, next_free
from models.visits.values import Doctor


def doctor(ref: str, now: datetime) -> Doctor | None:
    """One doctor with the next three free times; None when gone or not taking patients. One statement."""
    doctor_id = timetables.id_of(ref, "d")
    found = timetables.doctors([doctor_id], since=now, until=horizon(now)).get(doctor_id) if doctor_id is not None else None
    return replace(found[0], next_free=next_free(found[1], now)) if found else None
