"""What flows cost, and what they may not touch."""

from __future__ import annotations

import sys
import time
from statistics import median

from tests.fakes import FakeFacts
from tests.test_flows import a_customer
from worker.flows import entry
from worker.flows.step import Place, Said, Tapped


def test_a_turn_without_a_search_costs_little() -> None:
    facts = FakeFacts(a_customer().shop)
    spent = []
    for event in [Said("menu"), Said("cart"), Tapped("m:6"), Said("track 12345"), Said("help"), Said("3")] * 60:
        started = time.thread_time()
        entry.turn(Place(), event, facts)
        spent.append(time.thread_time() - started)

    assert median(spent) < 0.001  # measured 0.05 ms; wide for a loaded machine


def test_flows_import_nothing_that_touches_the_world() -> None:
    mine = [m for name, m in sys.modules.items() if name.startswith("worker.flows.") and m]
    forbidden = {"os", "socket", "requests", "httpx", "peewee", "psycopg", "redis", "dramatiq", "time", "random"}

    assert [(m.__name__, f) for m in mine for f in forbidden if hasattr(m, f)] == []
