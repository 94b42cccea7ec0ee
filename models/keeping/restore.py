"""A dump into a database that holds nothing: checked before, compared after, and never over somebody's tables.

The target is made when it is not there; one that holds tables is refused, and none is ever dropped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from models.keeping import archive, children, clients, connecting
from models.keeping import facts as database_facts
from models.keeping.archive import Head
from models.keeping.children import Progress, Tell, lasted, size
from models.keeping.clients import Clients
from models.keeping.connecting import CannotKeep, one
from models.keeping.facts import Facts, Table, Which

DIFFERENT = 3  # exit code: restored, but not the same
LIMIT_S = 4 * 3600.0
MAINTENANCE = ("postgres", "template1")
MOST_JOBS = 4
HOLDS = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""


@dataclass(frozen=True)
class Plan:
    """What was found out before anything was done. `facts` is None when the dump has no FILE.json."""

    file: Path
    database: str
    exists: bool
    head: Head
    facts: Facts | None
    clients: Clients
    jobs: int
    privileges: bool


@dataclass(frozen=True)
class Restored:
    """`differences` is empty when all is as it was; `compared` is False when there was nothing to compare with."""

    database: str
    seconds: float
    facts: Facts
    compared: bool
    differences: tuple[str, ...]


def plan(
    file: Path,
    url: str,
    *,
    database: str | None = None,
    bin: Path | None = None,
    jobs: int | None = None,
    unchecked: bool = False,
    tell: Tell = lambda _: None,
) -> Plan:
    """Everything that can be looked at first: the checksum, the versions, the target, extensions, roles. Changes nothing.

    `database`: another name than the one in `url`. `jobs`: parallel workers; None chooses.
    `unchecked` takes a dump that has no FILE.sha256. Raises CannotKeep.
    """
    head = archive.head(file)
    if unchecked and not archive.sidecar(file, "sha256").exists():
        tell(f"Note: {file.name} has no checksum beside it; it is taken as it is.")
    else:
        progress = Progress(tell)
        whole = file.stat().st_size
        archive.check(file, lambda done: progress(lambda: f"checking the dump: {size(done)} of {size(whole)}"))
    about = archive.facts(file)
    facts = Facts.from_json(about) if about is not None else None
    if facts is None:
        tell(f"Note: {file.name} has no .json of a backup beside it: rows cannot be compared afterwards.")
    database = database or connecting.database_of(url)
    exists, home = whereabouts(url, database)
    with connecting.opened(url, database=home) as conn:
        if exists and (held := one(conn, HOLDS)):
            raise CannotKeep(
                f"The database {database} holds {held:,} tables, views or sequences already: nothing is restored over them."
            )
        if not exists and not one(conn, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"):
            raise CannotKeep(f"There is no database {database} on that server, and this user may not make one.")
        chosen = clients.for_restore(head, connecting.major(conn), bin)
        _refuse_unreadable(head, chosen)
        return Plan(
            file=file,
            database=database,
            exists=exists,
            head=head,
            facts=facts,
            clients=chosen,
            # Many at once cannot be one transaction: only where what is half done stands in nobody's way.
            jobs=(jobs or min(MOST_JOBS, os.cpu_count() or 1)) if not exists else 1,
            privileges=_look_at_roles_and_extensions(conn, facts, tell),
        )


def whereabouts(url: str, database: str) -> tuple[bool, str]:
    """Whether that server has the database, and the name of one to connect to: itself, or one to make it from."""
    for name in MAINTENANCE:
        with suppress(CannotKeep), connecting.opened(url, database=name) as conn:
            exists = bool(one(conn, "SELECT count(*) FROM pg_database WHERE datname = %s", database))
            return exists, database if exists else name
    return True, database  # no other lets us in: what is wrong is told when this one is opened


def run(
    plan: Plan,
    url: str,
    *,
    comment: str | None = None,
    limit_s: float = LIMIT_S,
    tell: Tell = lambda _: None,
) -> Restored:
    """Restores as planned, then ANALYZE, then compares with what was written down when the dump was made.

    `comment` is written on a database that is made here. Raises CannotKeep;
    then the target holds nothing, or (several jobs) what the sentence says.
    """
    began = time.monotonic()
    until = began + limit_s
    if not plan.exists:
        _create(url, plan, comment, tell)
    with connecting.opened(url, database=plan.database) as conn:
        if one(conn, HOLDS):
            raise CannotKeep(f"{plan.database} was filled by somebody else meanwhile: nothing is restored over it.")
        _fill(conn, plan, until, tell)
        tell("restored; collecting statistics (ANALYZE)")
        conn.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(max(1000, int((until - time.monotonic()) * 1000)))))
        conn.execute("ANALYZE")
        tell("comparing the rows with what was written down")
        progress = Progress(tell)
        known: Which | Mapping[str, Table] = plan.facts.tables if plan.facts else "none"
        found = database_facts.gather(conn, known, lambda table: progress(lambda: f"{table} is counted"))
    differences = database_facts.differences(plan.facts, found) if plan.facts else []
    return Restored(plan.database, time.monotonic() - began, found, plan.facts is not None, tuple(differences))


def _refuse_unreadable(head: Head, chosen: Clients) -> None:
    if head.compression in ("zstd", "lz4") and not clients.knows(chosen, head.compression):
        raise CannotKeep(
            f"The dump is compressed with {head.compression}, and pg_restore {chosen.version} in {chosen.folder} was built without it: "
            "name another folder of programs with --bin."
        )


def _look_at_roles_and_extensions(conn: psycopg.Connection, facts: Facts | None, tell: Tell) -> bool:
    """Whether the rights written in the dump can be given. Raises CannotKeep when an extension is not installed there."""
    if facts is None:
        tell("Note: rights of other users are not restored, because nobody wrote down whose they are.")
        return False
    there = {name for (name,) in conn.execute("SELECT name FROM pg_available_extensions")}
    lacking = sorted(set(facts.extensions) - there)
    if lacking:
        raise CannotKeep(
            f"The server has no extension {', '.join(lacking)}: install the package that brings it (postgresql-contrib)."
        )
    known = {name for (name,) in conn.execute("SELECT rolname FROM pg_roles")}
    strangers = sorted(set(facts.roles) - known)
    if strangers:
        tell(f"Note: the server has no user {', '.join(strangers)}; rights are not restored, everything belongs to you.")
    return not strangers


def _create(url: str, plan: Plan, comment: str | None, tell: Tell) -> None:
    """An empty database with the encoding and the sorting of the one the dump came from, where the server knows it."""
    _, home = whereabouts(url, plan.database)
    name = sql.Identifier(plan.database)
    plain = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name)
    with connecting.opened(url, database=home) as conn:
        try:
            conn.execute(plain + _like(plan.facts.locale if plan.facts else {}, connecting.major(conn)))
        except psycopg.errors.DuplicateDatabase as e:
            raise CannotKeep(f"Somebody made the database {plan.database} meanwhile: look, and start again.") from e
        except (psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError) as e:
            if e.sqlstate == "42501":
                raise
            tell("Note: the server does not know the sorting order of the old database; its own is used.")
            conn.execute(plain + sql.SQL(" ENCODING 'UTF8'"))
        if comment:
            conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(comment)))


def _like(locale: Mapping[str, str | None], server: int) -> sql.Composed:
    words = sql.SQL(" ENCODING {}").format(sql.Literal(locale.get("encoding") or "UTF8"))
    if locale.get("collate") and locale.get("ctype"):
        words += sql.SQL(" LC_COLLATE {} LC_CTYPE {}").format(sql.Literal(locale["collate"]), sql.Literal(locale["ctype"]))
    provider = {"b": "builtin", "i": "icu", "c": "libc"}.get(locale.get("provider") or "")
    if provider and server >= 15:
        words += sql.SQL(" LOCALE_PROVIDER {}").format(sql.SQL(provider))
        word = {"builtin": "BUILTIN_LOCALE", "icu": "ICU_LOCALE"}.get(provider)
        if word and locale.get("locale"):
            words += sql.SQL(" {} {}").format(sql.SQL(word), sql.Literal(locale["locale"]))
    return words


def _fill(conn: psycopg.Connection, plan: Plan, until: float, tell: Tell) -> None:
    began, progress = time.monotonic(), Progress(tell)
    command: list[str | Path] = [plan.clients.restore, "--exit-on-error", "--no-owner", "--no-password"]
    command += ["--single-transaction"] if plan.jobs == 1 else [f"--jobs={plan.jobs}"]
    command += [] if plan.privileges else ["--no-privileges"]
    command += [f"--dbname={connecting.child_address(conn)}", plan.file.absolute()]

    def line() -> str:
        done = one(conn, "SELECT pg_database_size(current_database())")
        return f"restoring for {lasted(time.monotonic() - began)}: the new database has {size(done)}"

    try:
        children.run(
            command,
            environment=connecting.child_environment(conn, "drugsng-restore"),
            until=until,
            while_running=lambda: progress(line),
        )
    except CannotKeep as e:
        left = (
            "Nothing of it was kept."
            if plan.jobs == 1
            else f"The database {plan.database}, which was made for it, is left half restored: remove it before trying again."
        )
        raise CannotKeep(f"{e} {left}") from e
