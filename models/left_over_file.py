"""The file of what has no place below: JSON lines, compressed, readable by its owner alone, whole before anything is dropped.

First line: {"format": ..., "from": ..., "to": ..., "tables": [...]}. Then one line a row: {"table", "what", "data"}, where `what` is
"rows" (the row goes) or "columns" (the row stays; `data` has its key and what goes). Last line: {"end": true, "counts": {...}}:
a file without it is not whole. Sealed text stays sealed (`\\x...`), passwords and tokens are left out. Memory is one row's.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from models.left_over import Part
from models.migration_session import CannotMigrate, Tell

FORMAT = "drugsng left over 1"
MODE = 0o600
TELL_EVERY_ROWS = 100_000
STATEMENT_MS = 3_600_000


@dataclass(frozen=True)
class Kept:
    """`counts`: rows of each table. `file` is None when there was nothing to keep: then there is none."""

    file: Path | None
    counts: dict[str, int]
    bytes: int = 0

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def write(url: str, parts: Iterable[Part], folder: Path, *, start: str, end: str, now: datetime, tell: Tell) -> Kept:
    """Reads all parts as they were at one moment and writes them to a new file of `folder`. Raises CannotMigrate."""
    name = f"left-over-{start[:3]}-to-{end[:3]}-{now:%Y%m%dT%H%M%S%f}Z.jsonl.gz"
    making, file = folder / f".{name}.partial", folder / name
    wanted = list(parts)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(opened, "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as out:
                head = {"format": FORMAT, "from": start, "to": end, "at": now.isoformat()}
                tables = [{"table": part.table, "what": part.what, "leftOut": list(part.left_out)} for part in wanted]
                _line(out, head | {"tables": tables})
                counts = _copy(url, wanted, out, tell)
                _line(out, {"end": True, "counts": counts})
            raw.flush()
            os.fsync(raw.fileno())
        if not counts:
            return Kept(None, {})
        making.rename(file)
        _settle(folder)
        return Kept(file, counts, file.stat().st_size)
    except OSError as e:
        raise CannotMigrate(f"What would be lost could not be written to {file}: {e.strerror}. Nothing was done.") from e
    except psycopg.Error as e:
        primary = e.diag.message_primary or type(e).__name__
        raise CannotMigrate(f"What would be lost could not be read: {primary}. Nothing was done.") from e
    finally:
        with suppress(OSError):
            making.unlink(missing_ok=True)


def count(url: str, parts: Iterable[Part]) -> dict[str, int]:
    """How many rows of each table `write` would write. Changes nothing."""
    found: Counter[str] = Counter()
    with _reading(url) as conn:
        for part in parts:
            row = conn.execute(f"SELECT count(*) FROM ({part.query}) kept").fetchone()  # type: ignore[arg-type]
            found[part.table] += row[0] if row else 0
    return {table: number for table, number in sorted(found.items()) if number}


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Every line but the last as it stands, the head first. Raises CannotMigrate for a file of another kind or one not whole."""
    ended = False
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                found = json.loads(line)
                if number == 0 and found.get("format") != FORMAT:
                    raise CannotMigrate(f"{file} is not a file of what was left over.")
                ended = found.get("end") is True
                if not ended:
                    yield found
    except (OSError, EOFError, ValueError, AttributeError) as e:
        raise CannotMigrate(f"{file} cannot be read: it is missing, cut short or of another kind.") from e
    if not ended:
        raise CannotMigrate(f"{file} is not whole: its last line is missing.")


def _reading(url: str) -> psycopg.Connection[Any]:
    conn: psycopg.Connection[Any] = psycopg.connect(url, connect_timeout=5, application_name="drugsng-left-over")
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    conn.execute(f"SET statement_timeout = {STATEMENT_MS}; SET timezone = 'UTC'; SET extra_float_digits = 1")
    return conn


def _copy(url: str, parts: list[Part], out: gzip.GzipFile, tell: Tell) -> dict[str, int]:
    counts: Counter[str] = Counter()
    with _reading(url) as conn, conn.cursor() as cursor:
        for part in parts:
            begin = f'{{"table": {json.dumps(part.table)}, "what": "{part.what}", "data": '.encode()
            with cursor.copy(f"COPY ({part.query}) TO STDOUT") as copy:  # type: ignore[arg-type]
                for (text,) in copy.rows():
                    out.write(begin + text.encode() + b"}\n")
                    counts[part.table] += 1
                    if counts[part.table] % TELL_EVERY_ROWS == 0:
                        tell(f"left over of {part.table}: {counts[part.table]:,} rows")
    return dict(sorted(counts.items()))


def _line(out: gzip.GzipFile, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")


def _settle(folder: Path) -> None:
    """The name is on the disk as well, not the bytes alone."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
