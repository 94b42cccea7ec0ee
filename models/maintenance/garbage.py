"""Files of the vault that no row names, and rows whose file is not there: the first are removed after a day, the second told.

The vault is gone through month by month (files lie in ROOM/YYYY/MM), each within a round; the next goes on after the last one.
Only what looks like a name of ours is ever removed. Where most files of a month have no row, the database is older than the vault
(a backup was restored) or not the vault's at all: nothing of that month is removed, and people are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from models.base import unit
from models.maintenance.old_files import ROOM as OLD_ROOM
from models.maintenance.rounds import UNIT_S, Bounds, keep_place, place
from models.prescriptions.receiving import ROOM
from models.threads.answering import ROOM as TALK_ROOM
from models.vault import Away, vault
from models.visits.results import ROOM as RESULT_ROOM

ROOMS = (ROOM, OLD_ROOM, TALK_ROOM, RESULT_ROOM)
YOUNG = timedelta(days=1)  # a file is written before its row says so
PLACE = "vault-garbage"
MANY = 20
# What a way back kept as JSON may name files as well; while there is such a table, nothing is removed.
KEPT_ELSEWHERE = "SELECT to_regclass('rollback_007') IS NOT NULL OR to_regclass('rollback_013') IS NOT NULL"
OURS = re.compile(r"[a-z-]+/\d{4}/\d{2}/[\w-]{32}(\.\d+\.(flat|photo))?(\.[0-9a-f]{8}\.part)?", re.ASCII)
NAMED = """
SELECT name FROM unnest(%s::text[]) AS t (name) WHERE EXISTS (SELECT FROM media WHERE "storedAs" = name AND "storedAs" <> '')
    OR EXISTS (SELECT FROM old_files WHERE "storedAs" = name AND "storedAs" <> '')
    OR EXISTS (SELECT FROM prescription_pages WHERE flat = name) OR EXISTS (SELECT FROM prescription_pages WHERE photo = name)
"""
LOST = """
SELECT name FROM (
    SELECT "storedAs" AS name FROM media WHERE "storedAt" < now() - interval '1 day' AND starts_with("storedAs", %(month)s)
    UNION SELECT "storedAs" FROM old_files WHERE "storedAt" < now() - interval '1 day' AND starts_with("storedAs", %(month)s)
    UNION SELECT unnest(ARRAY[flat, photo]) FROM prescription_pages g JOIN prescriptions p ON p.id = g."prescriptionId"
        WHERE p."updatedAt" < now() - interval '1 day' AND starts_with(flat, %(month)s)
) said WHERE NOT name = ANY(%(there)s) ORDER BY name LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """`lost`: rows whose file is not there (at most 1000 a month are counted); `strange`: files that are no name of ours;
    `doubtful`: files without a row that were left, because there are too many of them."""

    removed: int = 0
    lost: int = 0
    strange: int = 0
    doubtful: int = 0
    months: int = 0
    finished: bool = True

    @property
    def outcome(self) -> str:
        words = [f"{self.removed} files removed"] if self.removed else []
        words += [f"{self.lost} rows without their file"] if self.lost else []
        words += [f"{self.strange} files of others"] if self.strange else []
        words += [f"{self.doubtful} files without a row left, too many to be right"] if self.doubtful else []
        return ", ".join(words) + ("" if self.finished else ", not finished" if words else "not finished")


def sweep(bounds: Bounds, *, now: datetime) -> Swept:
    """Goes through the months that are left of this tour of the vault. Raises Away when it cannot be reached: then nothing is
    removed and nobody's row is called lost."""
    files, root = _store()
    with unit(UNIT_S) as conn:
        if (conn.execute(KEPT_ELSEWHERE).fetchone() or (True,))[0]:
            return Swept(finished=False)
        after = place(conn, PLACE)
    done = Swept()
    for month in _months(files, root):
        if month <= after:
            continue
        if bounds.over:
            return replace(done, finished=False)
        done = _month(done, files, root, month, bounds, now)
        if bounds.stop():
            return replace(done, finished=False)
        with unit(UNIT_S) as conn:
            keep_place(conn, PLACE, month)
    with unit(UNIT_S) as conn:
        keep_place(conn, PLACE, "")
    return done


def _month(done: Swept, files: Any, root: str, month: str, bounds: Bounds, now: datetime) -> Swept:
    found = _listed(files, root, month)
    candidates = [name for name, written in found.items() if now - written > YOUNG]
    ours = [name for name in candidates if OURS.fullmatch(name)]
    orphans: list[str] = []
    for start in range(0, len(ours), bounds.rows):
        part = ours[start : start + bounds.rows]
        with unit(UNIT_S) as conn:
            named = {row[0] for row in conn.execute(NAMED, (part,))}
        orphans += [name for name in part if name not in named]
    doubtful = len(orphans) > MANY and len(orphans) * 2 > len(found)
    removed = 0
    for name in [] if doubtful else orphans:
        if bounds.stop():
            break
        vault().remove(name)
        removed += 1
    with unit(UNIT_S) as conn:
        lost = conn.execute(LOST, {"month": f"{month}/", "there": list(found)}).fetchall()
    return replace(
        done,
        removed=done.removed + removed,
        lost=done.lost + len(lost),
        strange=done.strange + len(candidates) - len(ours),
        doubtful=done.doubtful + (len(orphans) if doubtful else 0),
        months=done.months + 1,
    )


def _store() -> tuple[Any, str]:
    try:
        files, root = fsspec.core.url_to_fs(vault().url)
    except Exception as e:
        raise Away(type(e).__name__) from e
    if isinstance(files, LocalFileSystem) and not Path(root).is_dir():  # not mounted, or nothing was ever stored
        raise Away("the folder is not there")
    return files, root.rstrip("/")


def _months(files: Any, root: str) -> Iterator[str]:
    """ROOM/YYYY/MM, in order."""
    for room in sorted(ROOMS):
        for year in _names(files, f"{root}/{room}", r"\d{4}"):
            for month in _names(files, f"{root}/{room}/{year}", r"\d{2}"):
                yield f"{room}/{year}/{month}"


def _names(files: Any, path: str, pattern: str) -> list[str]:
    try:
        found = files.ls(path, detail=False)
    except FileNotFoundError:
        return []
    except Exception as e:
        raise Away(type(e).__name__) from e
    names = {str(each).rstrip("/").rpartition("/")[2] for each in found}
    return sorted(name for name in names if re.fullmatch(pattern, name))


def _listed(files: Any, root: str, month: str) -> dict[str, datetime]:
    """Names in this month with when each was written; one whose time is not told counts as new."""
    try:
        found = files.ls(f"{root}/{month}", detail=True)
    except FileNotFoundError:
        return {}
    except Exception as e:
        raise Away(type(e).__name__) from e
    listed = {}
    for each in found:
        if each.get("type") == "file":
            listed[f"{month}/{str(each['name']).rpartition('/')[2]}"] = _written(each)
    return listed


def _written(each: dict[str, Any]) -> datetime:
    for key in ("mtime", "LastModified", "last_modified", "updated"):
        value = each.get(key)
        with suppress(ValueError, OverflowError, OSError, TypeError):
            if isinstance(value, datetime):
                return value if value.tzinfo else value.replace(tzinfo=UTC)
            if isinstance(value, int | float):
                return datetime.fromtimestamp(value, UTC)
            if isinstance(value, str):
                told = datetime.fromisoformat(value)
                return told if told.tzinfo else told.replace(tzinfo=UTC)
    return datetime.max.replace(tzinfo=UTC)
