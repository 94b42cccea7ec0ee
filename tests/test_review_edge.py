"""The door while a server hangs: what one thread waits for, the others must not wait for as well."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from models import base
from web.webhooks import _Outage

THREADS, WAIT_S = 8, 0.3


def test_threads_wait_for_a_silent_database_side_by_side_and_not_one_after_the_other() -> None:
    """Peewee connects under a lock; eight threads of the door were kept 0.8 s each, the last of them for six seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never says a word
        base.bind(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none", connect_wait_s=WAIT_S)

        def attempt(_: int) -> float:
            began = time.monotonic()
            with pytest.raises(base.Unavailable), base.unit(2.0):
                pass
            return time.monotonic() - began

        with ThreadPoolExecutor(THREADS) as pool:
            waited = list(pool.map(attempt, range(THREADS)))

    assert max(waited) < 3 * WAIT_S, waited


def test_a_connection_made_outside_a_unit_is_not_bound_by_one_that_has_passed(database_url: str) -> None:
    base.bind(database_url)
    try:
        with base.unit(0.5) as conn:
            conn.execute("SELECT 1")
        base.drop_connection()
        time.sleep(0.6)

        assert base.connection().execute("SELECT 2").fetchone() == (2,)
    finally:
        base.drop_connection()


def test_one_failure_while_others_are_served_is_no_outage_and_a_failure_of_everybody_is() -> None:
    """Under load a single request that took over a second had six hundred others refused."""
    outage = _Outage()
    began = time.monotonic()
    outage.worked()
    outage.noticed(began)
    assert not outage.is_fresh()

    time.sleep(0.01)
    outage.noticed(time.monotonic())
    assert outage.is_fresh()
