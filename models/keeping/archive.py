"""A dump file: what its first bytes say, and the two files beside it, FILE.sha256 and FILE.json.

The head of a custom-format archive names the server it came from and the program that made it, so a version that does not
fit is told before anything is done. Its layout: `ReadHead` in PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c (14-18).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from models.keeping.connecting import CannotKeep

MAGIC, CUSTOM, HEAD_BYTES = b"PGDMP", 1, 8192
COMPRESSIONS = {0: "none", 1: "gzip", 2: "lz4", 3: "zstd"}
MADE_BY = "drugsng db backup"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Head:
    """What a dump says of itself. Versions are major numbers."""

    database: str
    server: int
    client: int
    compression: str


def sidecar(file: Path, kind: str) -> Path:
    """FILE.sha256 or FILE.json."""
    return file.with_name(f"{file.name}.{kind}")


def partial(file: Path) -> Path:
    """Where a file grows until it is whole."""
    return file.with_name(f".{file.name}.partial")


def head(file: Path) -> Head:
    """Raises CannotKeep when this is no dump of ours, or one whose beginning is damaged."""
    try:
        with file.open("rb") as opened:
            data = BytesIO(opened.read(HEAD_BYTES))
    except OSError as e:
        raise CannotKeep(f"{file} cannot be read: {e.strerror}.") from e
    if data.read(5) != MAGIC:
        raise CannotKeep(f"{file} is not a dump in PostgreSQL's custom format (pg_dump -Fc).")
    try:
        return _read_head(data)
    except (ValueError, IndexError) as e:
        raise CannotKeep(f"The beginning of {file} is damaged: this dump cannot be read.") from e


def _read_head(data: BytesIO) -> Head:
    layout = (data.read(1)[0], data.read(1)[0])
    data.read(1)
    whole, _offset, kind = data.read(1)[0], data.read(1)[0], data.read(1)[0]
    if kind != CUSTOM or whole != 4:
        raise ValueError("another format")

    def number() -> int:
        sign, magnitude = data.read(1)[0], data.read(whole)
        if len(magnitude) < whole:
            raise ValueError("short")
        return (-1 if sign else 1) * int.from_bytes(magnitude, "little")

    def text() -> str:
        length = number()
        if length > HEAD_BYTES:
            raise ValueError("no such text")
        return data.read(length).decode(errors="replace") if length > 0 else ""

    method = data.read(1)[0] if layout >= (1, 15) else min(1, abs(number()))  # before: gzip's level
    compression = COMPRESSIONS.get(method, "unknown")
    for _part_of_the_time in range(7):
        number()
    return Head(database=text(), server=_major(text()), client=_major(text()), compression=compression)


def _major(version: str) -> int:
    """18 of "18.6 (Debian 18.6-1)" and of "19beta1"; 9 of "9.6.24", which is older than anything here."""
    found = re.match(r"\d+", version)
    if not found:
        raise ValueError(version)
    return int(found[0])


def sha256(file: Path, while_reading: Callable[[int], None] = lambda _: None) -> str:
    """`while_reading` hears the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while part := opened.read(CHUNK):
            digest.update(part)
            done += len(part)
            while_reading(done)
    return digest.hexdigest()


def write_private(file: Path, text: str) -> None:
    """The whole text under this name, or nothing: written beside it with mode 600, brought to the disk, then renamed."""
    making = partial(file)
    making.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        making.replace(file)
    finally:
        making.unlink(missing_ok=True)


def check(file: Path, while_reading: Callable[[int], None] = lambda _: None) -> str:
    """The dump's checksum, after FILE.sha256 was found to be right about it and about FILE.json. Raises CannotKeep."""
    listed = checksums(file)
    found = sha256(file, while_reading)
    if listed.get(file.name) != found:
        raise CannotKeep(
            f"{file.name} is not what was written: its SHA-256 differs from {file.name}.sha256 (cut short, damaged or changed)."
        )
    facts = sidecar(file, "json")
    if facts.name in listed and (not facts.is_file() or sha256(facts) != listed[facts.name]):
        raise CannotKeep(f"{facts.name} is missing or is not what was written beside the dump.")
    return found


def checksums(file: Path) -> dict[str, str]:
    """Name -> SHA-256 of FILE.sha256, which `sha256sum -c` reads too. Raises CannotKeep when there is none."""
    listing = sidecar(file, "sha256")
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as e:
        raise CannotKeep(f"There is no {listing.name} beside the dump, so nobody can tell whether it is whole.") from e
    except (OSError, UnicodeError) as e:
        raise CannotKeep(f"{listing} cannot be read.") from e
    found = {}
    for line in lines:
        digest, separator, name = line.partition("  ")
        if separator and re.fullmatch(r"[0-9a-f]{64}", digest):
            found[name] = digest
    return found


def facts(file: Path) -> dict[str, Any] | None:
    """FILE.json, or None when there is none or it is not ours."""
    try:
        found = json.loads(sidecar(file, "json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("made_by") == MADE_BY else None
