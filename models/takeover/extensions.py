"""Which extensions of PostgreSQL this program has a use for, whether they are there, and whether this user may make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.migration_session import Session
from models.takeover.findings import NOTE, STOPS, Finding

# What the steps ask for by CREATE EXTENSION (a test holds them against this), and what is only of use, with what for.
NEEDED: tuple[str, ...] = ()
USEFUL = {"pg_stat_statements": "`drugsng monitor db` names slow questions by it"}

_STATE = """
SELECT w.name, e.extversion, a.default_version, coalesce(v.trusted, false), r.rolsuper,
    has_database_privilege(current_database(), 'CREATE'), current_user
FROM unnest(%s::text[]) w(name)
LEFT JOIN pg_extension e ON e.extname = w.name
LEFT JOIN pg_available_extensions a ON a.name = w.name
LEFT JOIN pg_available_extension_versions v ON v.name = w.name AND v.version = a.default_version
CROSS JOIN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) r ORDER BY 1
"""


@dataclass(frozen=True)
class Extension:
    """`version`: as made in this database, "" when it is not; `available`: what the server could make, "" for nothing."""

    name: str
    version: str
    available: str
    may_create: bool
    user: str


def states(session: Session, wanted: tuple[str, ...]) -> list[Extension]:
    """Each of them. A trusted one may be made by whoever may create in the database, any other by a superuser only."""
    rows = session.database.execute_sql(_STATE, (list(wanted),)).fetchall()
    return [
        Extension(name, version or "", available or "", bool(available) and (superuser or (trusted and create)), user)
        for name, version, available, trusted, superuser, create, user in rows
    ]


def look(session: Session, needed: tuple[str, ...] = NEEDED) -> Iterator[Finding]:
    """One line in all when nothing is missing that the steps need, and a line that stops for each that is and cannot be made."""
    there = states(session, needed)
    for each in there:
        if not each.version and not each.may_create:
            yield Finding(
                "extension", STOPS, f"The steps need the extension {each.name}, which {_lack(each)}",
                f"As a superuser in this database: CREATE EXTENSION {each.name}." if each.available
                else "Install PostgreSQL's contrib package on the server.", example=each.name,
            )  # fmt: skip
    told = [f"{each.name}, {_standing(each)}" for each in there]
    useful = [f"{each.name} ({USEFUL[each.name]}), {_standing(each)}" for each in states(session, tuple(USEFUL))]
    yield Finding(
        "extensions", NOTE, f"Extensions the steps need: {'; '.join(told) or 'none'}. Of use: {'; '.join(useful)}", "Nothing to do."
    )  # fmt: skip


def _standing(each: Extension) -> str:
    if each.version:
        return f"made ({each.version})"
    if not each.available:
        return _lack(each)
    return f"available ({each.available}), not made; this user {'may' if each.may_create else 'may not'} make it"


def _lack(each: Extension) -> str:
    return f"{each.user} may not make" if each.available else "the server does not have"
