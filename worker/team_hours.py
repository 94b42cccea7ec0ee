"""When people are there: SUPPORT_HOURS, with what the government announced of public holidays as staff wrote it down."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

from models.base import connection
from models.office_hours import Hours
from settings import Settings

READ_AGAIN_S = 30.0
ANNOUNCED = """SELECT day, kept FROM holiday_overrides WHERE day >= now()::date - 1 ORDER BY day LIMIT 400"""

_read: tuple[float, tuple[tuple[date, bool], ...]] | None = None


def support_hours(settings: Settings) -> Hours:
    """As they count now; in a unit of database work. What was announced is read again after half a minute."""
    global _read
    hours = settings.support_hours
    if not hours.known:
        return hours
    if _read is None or time.monotonic() - _read[0] > READ_AGAIN_S:
        rows = connection().execute(ANNOUNCED).fetchall()
        _read = time.monotonic(), tuple((day, kept) for day, kept in rows)
    return replace(hours, announced=_read[1])


def forget() -> None:
    """What was read is read again the next time."""
    global _read
    _read = None
