"""Everything that is sealed, put under the newest key: columns and files of prescriptions, files of talks, results of lab tests.

In rounds that may be repeated.

Decisions are left as they are: their records are append-only by a trigger, and a way around it would be a way around the
promise. The keys they were sealed with are kept instead; `keys_of_decisions` says which.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from models.base import unit
from models.vault import Away, Gone, Locked, vault

UNIT_S = 30.0
COLUMNS = ("reading", "draft", "answers")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What of one prescription is sealed: columns by name, and names of files."""

    id: int
    columns: dict[str, bytes]
    files: tuple[str, ...]


BATCH = """
SELECT p.id, p.reading, p.draft, p.answers, array_remove(ARRAY[CASE WHEN m."storedAt" IS NOT NULL THEN m."storedAs" END]
    || ARRAY(SELECT flat FROM prescription_pages WHERE "prescriptionId" = p.id)
    || ARRAY(SELECT photo FROM prescription_pages WHERE "prescriptionId" = p.id)
    || ARRAY(SELECT "storedAs" FROM old_files WHERE "prescriptionId" = p.id AND state = 'stored'), NULL)
FROM prescriptions p LEFT JOIN media m ON m.id = p."mediaRow"
WHERE p.id > %s AND (p.state IS NOT NULL OR EXISTS (SELECT FROM old_files WHERE "prescriptionId" = p.id AND state = 'stored'))
ORDER BY p.id LIMIT %s
"""

# Of talks, and results of lab tests: a file and its row.
LOOSE = """
SELECT m.id, m."storedAs" FROM media m WHERE m.id > %s AND m."storedAt" IS NOT NULL AND m."storedAs" <> ''
    AND NOT EXISTS (SELECT FROM prescriptions p WHERE p."mediaRow" = m.id) ORDER BY m.id LIMIT %s
"""


def batch(conn: psycopg.Connection, *, after: int, limit: int) -> list[Sealed]:
    """The next prescriptions, by id."""
    rows = conn.execute(BATCH, (after, limit))
    return [
        Sealed(row[0], {name: bytes(value) for name, value in zip(COLUMNS, row[1:4], strict=True) if value}, tuple(row[4]))
        for row in rows
    ]


def loose_files(conn: psycopg.Connection, *, after: int, limit: int) -> list[Sealed]:
    """The next files that belong to no prescription, by the id of their row in `media`."""
    return [Sealed(row, {}, (name,)) for row, name in conn.execute(LOOSE, (after, limit))]


def reseal(row: Sealed) -> tuple[int, list[str]]:
    """How many parts were put under the newest key, and a sentence for each that could not be.

    A column that somebody wrote meanwhile is left alone: who writes today seals with the newest key.
    """
    done, problems = 0, []
    for name, before in row.columns.items():
        try:
            after = vault().reseal(before)
        except Locked:
            problems.append(f"{name}: none of MEDIA_KEYS opens it")
            continue
        if after is not None:
            with unit(UNIT_S) as conn:
                changed = conn.execute(
                    f"UPDATE prescriptions SET {name} = %s WHERE id = %s AND {name} = %s", (after, row.id, before)
                )
            done += changed.rowcount
    for name in row.files:
        try:
            done += vault().reseal_file(name)
        except Gone:
            problems.append("a file is not there")
        except Away as e:
            problems.append(f"a file cannot be reached ({e})")
        except Locked:
            problems.append("a file: none of MEDIA_KEYS opens it")
    return done, problems


def keys_of_decisions(conn: psycopg.Connection, *, after: int, limit: int) -> tuple[list[int | None], int]:
    """The key of each of the next records, by its place in MEDIA_KEYS (0 is the newest, None: no key opens it), and the last id."""
    rows = conn.execute(
        "SELECT id, record FROM prescription_decisions WHERE id > %s ORDER BY id LIMIT %s", (after, limit)
    ).fetchall()
    return [vault().opener(bytes(record)) for _, record in rows], rows[-1][0] if rows else after
