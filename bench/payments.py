"""Histories of payments at random, and whether every kobo of each is accounted for.

python -m bench.payments [--histories 10000] [--steps 14] [--seed 1] [--database URL]

Each history is a shop of its own: customers order, begin, switch and cancel; providers prove money exactly, short, over, twice,
late, reversed, in another currency or mode; workers die between steps, transactions are rolled back, two connections settle one
order at once. After each, the books are compared with a ledger of what the providers really took and sent back. A violation is
printed with the seed that makes it again. The database is emptied again and again: it must be a throw-away one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from contextlib import ExitStack

from bench.figures import tell
from bench.rig import rig
from models import base
from models.base import connection
from models.migrating import migrate
from tests import factories, payment_world


def main() -> int:
    parser = argparse.ArgumentParser(description="Payment histories at random.")
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="a throw-away database; without it servers are started")
    given = parser.parse_args()
    with ExitStack() as stack:
        url = given.database or stack.enter_context(rig()).database_url
        migrate(url)
        base.bind(url)
        stack.callback(base.drop_connection)
        row = connection().execute("SELECT COALESCE(max(id), 0) FROM customers").fetchone()
        factories.number_from(1 + 100 * (row[0] if row else 0))  # a database that was used before has its people
        return run(given.histories, given.steps, given.seed)


def run(histories: int, steps: int, seed: int) -> int:
    began, kinds, bad = time.monotonic(), Counter[str](), 0
    for n in range(seed, seed + histories):
        try:
            payment_world.empty()
            world = payment_world.one_history(random.Random(n), steps)
            try:
                world.check()
            finally:
                world.close()
            kinds += Counter(row[0] for row in connection().execute("SELECT settled FROM payments").fetchall())
        except Exception:  # noqa: BLE001 - whatever a history ends with is a finding; the next one goes on
            bad += 1
            print(f"--- history {n}", flush=True)
            traceback.print_exc(limit=-4)
            base.drop_connection()
        if (n - seed + 1) % 1000 == 0:
            print(f"{n - seed + 1} histories, {bad} violations, {time.monotonic() - began:.0f} s", flush=True)
    print("payments: " + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    tell(f"{histories:,} payment histories at random", f"{bad} violations", "0", bad == 0)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
