"""The connection a look is made on: read only, every statement short, and a refusal is a part that could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from models import base
from models.keeping import connecting
from models.keeping.connecting import CannotKeep as CannotLook
from models.monitoring.parts import Part

__all__ = ["Ask", "CannotLook", "opened", "rows", "seen"]

NAME = "drugsng monitor"
LOOK_S = 60.0  # a whole look; the questions are some twenty, each with a limit of its own
# A lock is asked for so that sizes can be read, and never waited for: in a queue of locks the monitor would hold up others.
LIMITS = (
    "RESET search_path; SET statement_timeout = '5s'; SET lock_timeout = '200ms'; SET default_transaction_read_only = on;"
    " SET jit = off"
)
Ask = Callable[[psycopg.Connection], Part]


@contextmanager
def opened(url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection for looking. Raises CannotLook, in plain words, when there is none or when it breaks."""
    with connecting.opened(url, name=NAME) as conn:
        conn.execute(LIMITS)
        yield conn


def rows(conn: psycopg.Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """All rows of one statement; each has a LIMIT or is as long as a list of tables."""
    return conn.execute(statement, values or None).fetchall()


def seen(conn: psycopg.Connection, name: str, title: str, ask: Ask) -> Part:
    """What `ask` finds; a part that says why not when it may not look, had to wait too long, or the server knows it not.

    Raises psycopg.Error when the connection is gone.
    """
    try:
        with base.watched(conn, LOOK_S):
            return ask(conn)
    except psycopg.errors.InsufficientPrivilege as e:
        why = f"This user may not see it ({e.diag.message_primary}): GRANT it what it lacks, or pg_monitor."
    except psycopg.errors.QueryCanceled:
        why = "It took longer than 5 s and was given up, so as not to disturb."
    except psycopg.errors.LockNotAvailable:
        why = "Somebody holds a lock on it, which is not waited for: see the part about locks."
    except psycopg.Error as e:
        if e.sqlstate is None or e.sqlstate.startswith(("08", "57P")):
            raise
        why = f"The server says: {e.diag.message_primary} (SQLSTATE {e.sqlstate})."
    return Part(name, title, "could not be looked at", "look", unseen=why)
