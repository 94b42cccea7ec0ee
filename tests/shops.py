"""A shop for the tests of its verbs: one database a module, bound for all its tests, and several who act on it at the same time.

A module takes part by importing `shop`; every test brings its own customers and products.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models import base
from models.base import connection
from tests.servers import Databases


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[str]:
    """The URL of the module's database, to which the models are bound."""
    with databases.fresh() as url:
        base.bind(url)
        yield url
        base.drop_connection()


def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
    """What a statement gives; [] for one that gives no rows."""
    done = connection().execute(statement, values)
    return done.fetchall() if done.description else []


def at_once(work: list[Callable[[], object]]) -> list[object]:
    """What each gave or raised, all begun together, each on a connection of its own."""
    given: list[object] = []
    ready = threading.Barrier(len(work))

    def one(do: Callable[[], object]) -> None:
        base.connection()
        ready.wait(timeout=20)
        try:
            given.append(do())
        except Exception as e:  # noqa: BLE001 - the test looks at what was raised
            given.append(e)
        base.drop_connection()

    threads = [threading.Thread(target=one, args=(do,)) for do in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return given
