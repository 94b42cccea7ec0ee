"""One clock leads: a session advisory lock on its own connection, and a trust that runs out by itself.

Trust counts from the *start* of the last check that succeeded, less a margin, so that a slow check cannot make two leaders
(the lesson of River's elector). A clock that froze finds its connection ended by the server (`idle_session_timeout`).
"""

from __future__ import annotations

import time
from contextlib import suppress

import psycopg

from models import base
from models.conversations import BOOT_CLOCK

LEADER_LOCK = 0x44 << 48 | 0xC10C << 32
CHECK_EVERY_S = 2.0
TRUST_S = 8.0  # a killed leader's lock is free at once; a frozen one's after IDLE_LIMIT_S: both under 15 s
IDLE_LIMIT_S = 9


class Leadership:
    """Asked every CHECK_EVERY_S by the clock; `is_sure` is asked before each job."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._conn: psycopg.Connection | None = None
        self._trusted_until = 0.0

    @property
    def is_sure(self) -> bool:
        return time.clock_gettime(BOOT_CLOCK) < self._trusted_until

    def check(self) -> bool:
        """Takes or keeps the lead. Any trouble with the database ends it."""
        began = time.clock_gettime(BOOT_CLOCK)
        try:
            if self._conn is None or self._conn.closed:
                self._conn = self._connect()
            with base.watched(self._conn, CHECK_EVERY_S):
                held = self._conn.execute(
                    """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
                           AND (classid::bigint << 32 | objid::bigint) = %s) OR pg_try_advisory_lock(%s)""",
                    (LEADER_LOCK, LEADER_LOCK),
                ).fetchone()
        except (psycopg.Error, base.Unavailable):
            self.resign()
            return False
        if not (held and held[0]):
            self._trusted_until = 0.0
            return False
        self._trusted_until = began + TRUST_S
        return True

    def resign(self) -> None:
        """Gives the lead up by closing the connection that holds it."""
        self._trusted_until = 0.0
        if self._conn is not None:
            with suppress(Exception):
                self._conn.close()
            self._conn = None

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=3,
            application_name="drugsng clock leader",
            options=f"-c idle_session_timeout={IDLE_LIMIT_S * 1000} -c statement_timeout=5000",
        )
