"""What the old program left in the open is cleaned: passwords, tokens and codes in its sessions and one-time codes.

Password hashes in `users` stay as they are (the old program needs them after a way back) and nothing of ours reads them.
Codes are emptied once they are used or over, so that somebody who is registering while both programs run is not cut off.
Prescriptions' public files are fetched by `models.maintenance.old_files`.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from models.base import unit
from models.maintenance.rounds import UNIT_S, Bounds, change
from models.maintenance.secrets_of_old import freed, has_secret

# Whoever is registering at this moment in the old program still needs what is in the bag; half an hour later nobody does.
IN_USE = "interval '30 minutes'"
SESSIONS = f"""{has_secret("data")} AND COALESCE("lastActivity", "updatedAt") < now() - {IN_USE}"""
# A live session of 2.0.0 keeps its token column until it is idle: `old_sessions.clean_up` ends it then.
FREED = f"""data = {freed("data")}, "updatedAt" = now()"""
OVER = """("isUsed" OR "expiresAt" < now())"""
CODES = f"""code <> '' AND {OVER}"""
META = f"""meta IS NOT NULL AND {OVER}"""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows that were (or, asked beforehand, would be) changed. `finished`: nothing of the kind is left but what is in use."""

    sessions: int
    codes: int
    registrations: int
    finished: bool = True

    @property
    def outcome(self) -> str:
        words = ("sessions", "codes", "registrations")
        found = [f"{getattr(self, word)} {word}" for word in words if getattr(self, word)]
        return ", ".join(found) + ("" if self.finished else ", not finished") if found else ""


def look(conn: psycopg.Connection) -> Cleaned:
    """What `clean` would change."""

    def count(table: str, condition: str) -> int:
        row = conn.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()
        return int(row[0]) if row else 0

    return Cleaned(count("sessions", SESSIONS), count("otps", CODES), count("otps", META) if _has_meta(conn) else 0)


def clean(bounds: Bounds) -> Cleaned:
    """Cleans in batches; what another process holds at the moment is left for the next time."""
    with unit(UNIT_S) as conn:
        meta = _has_meta(conn)
    sessions, first = change(bounds, "clean-old-sessions", "sessions", SESSIONS, FREED, {})
    codes, second = change(bounds, "clean-old-codes", "otps", CODES, """code = '', "updatedAt" = now()""", {})
    registrations, third = 0, True
    if meta:
        registrations, third = change(bounds, "clean-old-meta", "otps", META, """meta = NULL, "updatedAt" = now()""", {})
    return Cleaned(sessions, codes, registrations, finished=first and second and third)


def _has_meta(conn: psycopg.Connection) -> bool:
    """`otps.meta` is added by the start of 2.0.0, not by any step: most databases of 1.x lack it."""
    row = conn.execute(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'otps'::regclass AND attname = 'meta' AND NOT attisdropped)"
    ).fetchone()
    return bool(row and row[0])
