"""Which backups of a folder stay: the newest of each of the last so many days, weeks and months that have one.

Only files this program made are ever removed: named as it names them, with its FILE.json that knows the dump's size and with
a dump's first bytes. What was made of one database is not counted for another, and the newest of each always stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from models.keeping import archive
from models.keeping.backup import alone
from models.keeping.connecting import CannotKeep

DEFAULT = "7 daily, 4 weekly, 6 monthly"
EVERYTHING = "everything"
NAME = re.compile(r"drugsng-.+-\d{8}T\d{6}Z\.dump")
PERIODS = {"daily": "%Y-%m-%d", "weekly": "%G-W%V", "monthly": "%Y-%m", "yearly": "%Y"}


@dataclass(frozen=True)
class Backup:
    """One of ours in a folder. `of` is host:port/name of where it was made; `at` is aware."""

    file: Path
    of: str
    at: datetime
    bytes: int


def parse(rule: str) -> dict[str, int] | None:
    """{"daily": 7, ...}; None keeps everything. Raises ValueError with what is allowed."""
    if rule.strip() == EVERYTHING:
        return None
    found = re.findall(r"(\d{1,4}) *(daily|weekly|monthly|yearly)", rule)
    kept = {period: int(count) for count, period in found}
    if not kept or not any(kept.values()) or len(kept) != len(found) or re.sub(r"\d{1,4} *[a-z]+|[ ,]", "", rule):
        raise ValueError(f'a rule reads like "{DEFAULT}", or is "{EVERYTHING}"')
    return kept


def ours(folder: Path) -> list[Backup]:
    """The whole backups of this folder that this program made, the newest first."""
    found = []
    for file in folder.iterdir():
        about = archive.facts(file) if NAME.fullmatch(file.name) and file.is_file() and not file.is_symlink() else None
        if about is None:
            continue
        try:
            backup = Backup(file, str(about["place"]), datetime.fromisoformat(about["made_at"]), int(about["bytes"]))
            archive.head(file)
        except (CannotKeep, KeyError, TypeError, ValueError):
            continue
        if backup.at.tzinfo and about.get("file") == file.name and file.stat().st_size == backup.bytes:
            found.append(backup)
    return sorted(found, key=lambda backup: (backup.at, backup.file.name), reverse=True)


def superfluous(backups: Iterable[Backup], rule: dict[str, int] | None, zone: tzinfo) -> list[Backup]:
    """Those the rule does not keep, the newest first. Days begin at midnight of `zone`."""
    if rule is None:
        return []
    newest_first = sorted(backups, key=lambda backup: (backup.at, backup.file.name), reverse=True)
    seen: dict[tuple[str, str], set[str]] = {}
    spare = []
    for backup in newest_first:
        kept = False
        for period, count in rule.items():
            periods = seen.setdefault((backup.of, period), set())
            name = backup.at.astimezone(zone).strftime(PERIODS[period])
            if name not in periods and len(periods) < count:
                periods.add(name)
                kept = True
        if not kept:
            spare.append(backup)
    return spare


def apply(folder: Path, rule: dict[str, int] | None, zone: tzinfo, *, dry_run: bool = False) -> list[Backup]:
    """Removes what the rule does not keep, each with its two files, and returns it; `dry_run` only returns it."""
    with alone(folder):
        spare = superfluous(ours(folder), rule, zone)
        for backup in [] if dry_run else spare:
            try:
                archive.sidecar(backup.file, "sha256").unlink(missing_ok=True)
                backup.file.unlink()
                archive.sidecar(backup.file, "json").unlink(missing_ok=True)
            except OSError as e:
                raise CannotKeep(f"{backup.file} cannot be removed: {e.strerror}.") from e
        return spare
