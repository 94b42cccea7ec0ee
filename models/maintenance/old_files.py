"""The files of the old program's prescriptions: from their public addresses into the vault, in the background, once each.

`old_files` has a row for each such prescription: what was tried, what came of it, the file's name in the vault. The address in
`prescriptions."fileUrl"` is not touched, so the old program finds its files after a way back; that the public copies are taken
down at the storage provider is a decision of people, once `progress` says that nothing is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from models.base import unit
from models.clock import utcnow
from models.maintenance.fetching import Fetched, NotFetched, fetch
from models.maintenance.rounds import UNIT_S, Bounds, keep_place, place
from models.vault import Away, Locked, new_name, vault

ROOM = "old-prescriptions"
PLACE = "old-files"
MOST_ATTEMPTS = 8  # with the pauses below: about a week
FIRST_PAUSE_S, MOST_PAUSE_S = 300, 2 * 24 * 3600
LEASE_S = 120  # of one file; longer than a fetch may take

NOTICE = """
WITH seen AS MATERIALIZED (
    SELECT id, state IS NULL AND btrim("fileUrl") <> '' AS wanted FROM prescriptions WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
), noted AS (
    INSERT INTO old_files ("prescriptionId") SELECT id FROM seen WHERE wanted ON CONFLICT DO NOTHING
)
SELECT max(id), count(*) FROM seen
"""
# The attempt is counted and the row is leased before the network is touched: a clock that dies in the middle costs one attempt.
TAKE = """
UPDATE old_files f SET attempts = f.attempts + 1, "nextTryAt" = now() + %(lease)s * interval '1 second', "updatedAt" = now(),
    "storedAs" = CASE f."storedAs" WHEN '' THEN %(name)s ELSE f."storedAs" END
FROM prescriptions p
WHERE p.id = f."prescriptionId" AND f."prescriptionId" = (
    SELECT "prescriptionId" FROM old_files WHERE state = 'waiting' AND "nextTryAt" <= now() ORDER BY "nextTryAt" LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING f."prescriptionId", p."fileUrl", f."storedAs", f.attempts
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Old prescriptions with a file: in the vault, still to come, given up; `reasons` why, the most frequent first."""

    stored: int
    waiting: int
    given_up: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def sentence(self) -> str:
        return f"{self.stored} in the vault, {self.waiting} waiting, {self.given_up} given up"


Fetch = Callable[[str], Fetched]


def notice(bounds: Bounds) -> int:
    """Looks through prescriptions that came since the last round for files to be fetched; how many were looked at."""
    looked = 0
    while not bounds.over:
        with unit(UNIT_S) as conn, conn.transaction():
            after = int(place(conn, PLACE) or 0)
            last, count = conn.execute(NOTICE, {"after": after, "rows": bounds.rows}).fetchone() or (None, 0)
            if last is not None:
                keep_place(conn, PLACE, str(last))
        looked += count
        if count < bounds.rows:
            break
    return looked


def work(bounds: Bounds, *, fetch: Fetch = fetch, tell: Callable[[str], None] = lambda line: None) -> tuple[int, int]:
    """Fetches what is due until the round is over: (stored, failed). Raises Locked without a key, Away when the vault cannot be
    reached: both end the round, and neither counts against a file."""
    notice(bounds)
    stored = failed = 0
    with unit(UNIT_S) as conn:
        due = conn.execute(
            """SELECT EXISTS (SELECT FROM old_files WHERE state = 'waiting' AND "nextTryAt" <= now())"""
        ).fetchone()
    if not (due and due[0]):
        return 0, 0
    vault().seal(b"")  # Locked before anything is taken
    while not bounds.over:
        with unit(UNIT_S) as conn:
            row = conn.execute(TAKE, {"lease": LEASE_S, "name": new_name(ROOM, utcnow())}).fetchone()
        if row is None:
            break
        prescription, url, name, attempts = row
        try:
            found = fetch(url)
            vault().write(name, found.content)
        except NotFetched as e:
            failed += 1
            _note_failure(prescription, attempts, e)
            tell(f"prescription {prescription}: {e.reason}")
            continue
        except (Away, Locked):
            _give_back(prescription)
            raise
        _note_stored(prescription, found)
        stored += 1
    return stored, failed


def _note_stored(prescription: int, found: Fetched) -> None:
    with unit(UNIT_S) as conn:
        conn.execute(
            """UPDATE old_files SET state = 'stored', reason = '', "contentType" = %s, sha256 = %s, size = %s, "storedAt" = now(),
                   "updatedAt" = now() WHERE "prescriptionId" = %s AND state = 'waiting'""",
            (found.content_type, hashlib.sha256(found.content).hexdigest(), len(found.content), prescription),
        )


def _note_failure(prescription: int, attempts: int, error: NotFetched) -> None:
    over = not error.retryable or attempts >= MOST_ATTEMPTS
    pause = min(MOST_PAUSE_S, FIRST_PAUSE_S * 4 ** (attempts - 1))
    with unit(UNIT_S) as conn:
        conn.execute(
            """UPDATE old_files SET state = CASE WHEN %s THEN 'given_up' ELSE 'waiting' END, reason = %s,
                   "nextTryAt" = now() + %s * interval '1 second', "storedAs" = '', "updatedAt" = now()
               WHERE "prescriptionId" = %s AND state = 'waiting'""",
            (over, error.reason[:60], pause, prescription),
        )


def _give_back(prescription: int) -> None:
    with unit(UNIT_S) as conn:
        conn.execute(
            """UPDATE old_files SET attempts = GREATEST(attempts - 1, 0), "nextTryAt" = now() + interval '5 minutes'
               WHERE "prescriptionId" = %s AND state = 'waiting'""",
            (prescription,),
        )


def progress(conn: psycopg.Connection) -> Progress:
    counts = dict(conn.execute("SELECT state, count(*) FROM old_files GROUP BY state").fetchall())
    unseen = conn.execute(
        """SELECT count(*) FROM prescriptions p WHERE state IS NULL AND btrim("fileUrl") <> ''
           AND NOT EXISTS (SELECT FROM old_files f WHERE f."prescriptionId" = p.id)"""
    ).fetchone()
    reasons = conn.execute(
        "SELECT reason, count(*) FROM old_files WHERE state = 'given_up' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
    ).fetchall()
    waiting = counts.get("waiting", 0) + (unseen[0] if unseen else 0)
    return Progress(counts.get("stored", 0), waiting, counts.get("given_up", 0), tuple(reasons))


def try_again(conn: psycopg.Connection, *, limit: int = 10_000) -> int:
    """Files that were given up are tried afresh (a provider was down for weeks, a network was closed); how many."""
    return conn.execute(
        """UPDATE old_files SET state = 'waiting', attempts = 0, "nextTryAt" = now(), reason = ''
           WHERE "prescriptionId" = ANY(ARRAY(SELECT "prescriptionId" FROM old_files WHERE state = 'given_up' LIMIT %s))""",
        (limit,),
    ).rowcount


def file_of(conn: psycopg.Connection, prescription: int) -> tuple[str, str, datetime] | None:
    """(name in the vault, content type, since when) of an old prescription; None while there is none."""
    row = conn.execute(
        """SELECT "storedAs", "contentType", "storedAt" FROM old_files WHERE "prescriptionId" = %s AND state = 'stored'""",
        (prescription,),
    ).fetchone()
    return (row[0], row[1], row[2]) if row else None
