"""The sessions of the old program: ended when idle, put away when old, brought back, and shown to support without a secret.

Ours are `conversations`; they end by themselves (`models.conversations.end_idle`) and are never put away: one row a customer.
The columns of 2.0.0 are there from step 002 on.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from models.base import unit
from models.maintenance.rounds import UNIT_S, Bounds, change, tour
from models.maintenance.secrets_of_old import freed
from models.privacy.person import spellings

LINE_MAX = 4 * 1024 * 1024
RESTORED_AT_ONCE = 500
MOST_OF_A_FILE = 200_000  # sessions; what is more goes into the next one


class CannotArchive(Exception):
    """The sentence says why; nothing was removed that is not in a whole file."""


@dataclass(frozen=True, slots=True)
class Archived:
    """`file` None: into the table."""

    rows: int
    file: Path | None
    finished: bool


# --------------------------------------------------------------------------------------------------------- clean-up

IDLE = """COALESCE("lastActivity", "updatedAt") < now() - %(idle)s * interval '1 minute'"""
EXPIRED = f"""{IDLE} AND (state IS DISTINCT FROM 'NEW' OR token IS NOT NULL OR "userId" IS NOT NULL OR "loginTime" IS NOT NULL
    OR data IS NOT NULL AND data <> '{{}}'::jsonb)"""
ENDED = """state = 'NEW', token = NULL, "userId" = NULL, "loginTime" = NULL, data = '{}', "updatedAt" = now()"""


def expired(conn: psycopg.Connection, *, idle_minutes: int) -> int:
    """How many old sessions are over and not yet emptied."""
    row = conn.execute(f"SELECT count(*) FROM sessions WHERE {EXPIRED}", {"idle": idle_minutes}).fetchone()
    return int(row[0]) if row else 0


def clean_up(bounds: Bounds, *, idle_minutes: int) -> tuple[int, bool]:
    """How many idle sessions were ended (state NEW; token, user and data cleared; `lastActivity` stays), and whether all were."""
    return change(bounds, "clean-sessions", "sessions", f"({EXPIRED})", ENDED, {"idle": idle_minutes})


# --------------------------------------------------------------------------------------------------------- put away

OLD = """COALESCE("lastActivity", "updatedAt") < now() - %(days)s * interval '1 day'"""
# No bearer token and no password goes into an archive: whoever comes back signs in again.
KEPT = f"""to_jsonb(s) || jsonb_build_object('token', NULL,
    'data', CASE jsonb_typeof(s.data) WHEN 'object' THEN {freed("s.data")} ELSE '{{}}'::jsonb END)"""
INTO_TABLE = f"""
WITH seen AS MATERIALIZED (
    SELECT id FROM sessions WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
), gone AS (
    DELETE FROM sessions s
    WHERE id = ANY(ARRAY(SELECT id FROM sessions WHERE id IN (SELECT id FROM seen) AND {OLD} FOR UPDATE SKIP LOCKED))
    RETURNING s.id, s."phoneNumber", {KEPT} AS kept
), put AS (
    INSERT INTO sessions_archive (id, "phoneNumber", kept) SELECT * FROM gone
    ON CONFLICT (id) DO UPDATE SET "phoneNumber" = EXCLUDED."phoneNumber", kept = EXCLUDED.kept, "archivedAt" = now()
    RETURNING 1
)
SELECT (SELECT max(id) FROM seen), (SELECT count(*) FROM seen), (SELECT count(*) FROM put)
"""
READ_OLD = (
    f"""SELECT id, ({KEPT})::text, xmin::text::bigint FROM sessions s WHERE id > %(after)s AND {OLD} ORDER BY id LIMIT %(rows)s"""
)
# Only rows that nobody touched since they were written into the file.
REMOVE = """DELETE FROM sessions s USING unnest(%s::int[], %s::bigint[]) AS t (id, version)
    WHERE s.id = t.id AND s.xmin::text::bigint = t.version"""


def archivable(conn: psycopg.Connection, *, days: int) -> int:
    row = conn.execute(f"SELECT count(*) FROM sessions WHERE {OLD}", {"days": days}).fetchone()
    return int(row[0]) if row else 0


def archive_into_table(bounds: Bounds, *, days: int) -> Archived:
    """Moves old sessions into `sessions_archive`, batch by batch."""
    done, finished = tour(bounds, "archive-sessions", INTO_TABLE, {"days": days})
    return Archived(done, None, finished)


def archive_into_file(bounds: Bounds, folder: Path, *, days: int, now: datetime) -> Archived:
    """Writes old sessions into `sessions-...jsonl.gz` of this folder (mode 600, FILE.sha256 beside it), then removes them.

    Nothing is removed before the file is whole, on the disk and under its name. A session that somebody used meanwhile stays
    live, and its line in the archive does no harm: restoring never writes over a live one. Raises CannotArchive.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"sessions-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}.jsonl.gz"
        written, finished = _write(file, bounds, days)
    except OSError as e:
        raise CannotArchive(f"{folder} cannot be written: {e.strerror}. Nothing was removed.") from e
    if not written:
        return Archived(0, None, finished)
    removed = 0
    for start in range(0, len(written), bounds.rows):  # not bounded by time: what is in a file and live would be there twice
        part = written[start : start + bounds.rows]
        with unit(UNIT_S) as conn:
            removed += conn.execute(REMOVE, tuple(map(list, zip(*part, strict=True)))).rowcount
    return Archived(removed, file, finished)


def _write(file: Path, bounds: Bounds, days: int) -> tuple[list[tuple[int, int]], bool]:
    partial = file.with_name(f".{file.name}.partial")
    written: list[tuple[int, int]] = []
    finished = False
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
                after = 0
                while not bounds.over:
                    with unit(UNIT_S) as conn:
                        rows = conn.execute(READ_OLD, {"after": after, "days": days, "rows": bounds.rows}).fetchall()
                    packed.writelines(row[1].encode() + b"\n" for row in rows)
                    written += [(row[0], row[2]) for row in rows]
                    if len(rows) < bounds.rows:
                        finished = True
                        break
                    after = rows[-1][0]
                    if len(written) >= MOST_OF_A_FILE:
                        break
            raw.flush()
            os.fsync(raw.fileno())
        if written:
            _private(checksum_file(file), f"{_sha256(partial)}  {file.name}\n")
            partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
    return written, finished


def _private(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def checksum_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


# --------------------------------------------------------------------------------------------------------- and back

RESTORE = """
WITH given AS (
    SELECT (jsonb_populate_record(NULL::sessions, CASE
        WHEN EXISTS (SELECT FROM support_teams t WHERE t.id = (line->>'supportTeamId')::int) THEN line
        ELSE line || '{"supportTeamId": null}' END)).*
    FROM unnest(%(lines)s::jsonb[]) AS t (line)
), back AS (
    INSERT INTO sessions SELECT * FROM given ON CONFLICT DO NOTHING RETURNING id
), forgotten AS (
    DELETE FROM sessions_archive WHERE id IN (SELECT id FROM back)
)
SELECT count(*) FROM back
"""
FROM_TABLE = """SELECT id, kept::text FROM sessions_archive WHERE id > %s ORDER BY id LIMIT %s"""


def restore_file(file: Path) -> tuple[int, int]:
    """How many sessions came back, and how many did not because their number has a live one. Raises CannotArchive."""
    try:
        told = checksum_file(file).read_text().split()[:1]
        if not told or told[0] != _sha256(file):
            raise CannotArchive(f"{file} is not what was written: its checksum differs. Nothing was restored.")
    except FileNotFoundError as e:
        raise CannotArchive(f"{e.filename} is not there. Nothing was restored.") from e
    except OSError as e:
        raise CannotArchive(f"{file} cannot be read: {e.strerror}.") from e
    back = seen = 0
    for lines in _batches(file):
        back += _bring_back(lines)
        seen += len(lines)
    return back, seen - back


def restore_table() -> tuple[int, int]:
    """The same for what was put away into the table."""
    after = back = seen = 0
    while True:
        with unit(UNIT_S) as conn:
            rows = conn.execute(FROM_TABLE, (after, RESTORED_AT_ONCE)).fetchall()
        if not rows:
            return back, seen - back
        back += _bring_back([row[1] for row in rows])
        after, seen = rows[-1][0], seen + len(rows)


def _bring_back(lines: list[str]) -> int:
    with unit(UNIT_S) as conn:
        row = conn.execute(RESTORE, {"lines": lines}).fetchone()
    return int(row[0]) if row else 0


def _batches(file: Path) -> Iterator[list[str]]:
    lines: list[str] = []
    try:
        with gzip.open(file, "rt", encoding="utf-8") as opened:
            while line := opened.readline(LINE_MAX):
                record: Any = json.loads(line)
                if not isinstance(record, dict) or not {"id", "phoneNumber", "state"} <= record.keys():
                    raise CannotArchive(f"{file} holds something that is no session. What came before it is restored.")
                lines.append(line)
                if len(lines) == RESTORED_AT_ONCE:
                    yield lines
                    lines = []
    except (OSError, EOFError, ValueError) as e:
        raise CannotArchive(f"{file} is no archive of sessions.") from e
    if lines:
        yield lines


# --------------------------------------------------------------------------------------------------------- for support

OF_OLD = """
SELECT id, state::text, token IS NOT NULL, COALESCE("lastActivity", "updatedAt"), "userId",
    (SELECT count(*) FROM carts c WHERE c."userId" = s."userId")
FROM sessions s WHERE "phoneNumber" = ANY(%s) ORDER BY id LIMIT 5
"""
OF_OURS = """
SELECT c.id, v.flow, v.state, v."lastInboundAt", v."idleAt", c."userId" IS NOT NULL, c."consentAt" IS NOT NULL,
    c."withAgentSince", (SELECT count(*) FROM cart_lines l WHERE l."customerId" = c.id),
    (SELECT count(*) FROM inbox i WHERE i."customerId" = c.id AND i.status = 'pending'),
    (SELECT count(*) FROM outbox o WHERE o."customerId" = c.id AND o.status IN ('queued', 'sending', 'unsure', 'held'))
FROM customer_identities k JOIN customers c ON c.id = k."customerId" LEFT JOIN conversations v ON v."customerId" = c.id
WHERE k.kind = 'number' AND k.value = ANY(%s) ORDER BY c.id LIMIT 5
"""
PUT_AWAY = """SELECT id, kept->>'state', "archivedAt" FROM sessions_archive WHERE "phoneNumber" = ANY(%s) ORDER BY id LIMIT 5"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What support may see of a number: rows of ours, of the old program, and put away, in the order of their queries. No text."""

    masked: str
    ours: list[tuple[Any, ...]]
    old: list[tuple[Any, ...]]
    put_away: list[tuple[Any, ...]]


def masked(phone: str) -> str:
    """Country, and the last three figures: enough to say "yes, that one"."""
    digits = _digits(phone)
    return f"+{digits[:3]}{'*' * max(0, len(digits) - 6)}{digits[-3:]}" if len(digits) >= 8 else "*" * len(digits)


def _digits(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return "234" + digits[1:] if digits.startswith("0") and len(digits) == 11 else digits


def show(conn: psycopg.Connection, phone: str) -> Shown:
    written = list(spellings(_digits(phone)))
    found: list[list[tuple[Any, ...]]] = [[], [], []]
    for place, statement in enumerate((OF_OURS, OF_OLD, PUT_AWAY)):
        with suppress(psycopg.errors.UndefinedTable):
            found[place] = conn.execute(statement, (written,)).fetchall()
    return Shown(masked(phone), *found)
