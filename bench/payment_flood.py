"""Many orders paid at once while the provider's verify is slow and fails: how long until each customer's message.

python -m bench.payment_flood [--orders 200] [--verify-ms 300] [--fails 0.1] [--threads N]

The whole house as real processes on throw-away servers: web, worker, payments as in the Procfile, clock, the fake WhatsApp, the fake
Paystack and Flutterwave. Everybody has said hi and has ordered, and their links are open. All webhooks are held back and let go
in one moment; the clock of a payment runs from its webhook being stored to the row of its customer's message, and to WhatsApp's
answer. At the end each order must be paid once, with one receipt, and every kobo of the providers' ledger accounted for.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg

from bench.figures import tell
from bench.rig import ROOT, Rig, quantiles, rig
from bench.turns import DONE, post, wait_for
from local.environment import procfile
from local.providers.control import Providers
from models import accounts as people
from models import base
from models.payments import accounts, attempts
from tests import factories
from worker import broker
from worker.messages import START_PAYMENT

WITHIN_S, STANDING_S = 120, 30
KINDS = ("paystack", "flutterwave")
OPEN = "SELECT count(*) FROM payment_attempts WHERE status = 'open'"
PAID = "SELECT count(*) FROM orders WHERE state = 'paid'"
TOLD = """SELECT count(*) FROM outbox o JOIN inbox i ON i.id = o."inboxId"
    WHERE i.channel = 'house' AND i.payload::json->>'name' = 'payment_received' AND o."acceptedAt" IS NOT NULL"""
# From the webhook's row to the first message about it: its row, and WhatsApp's answer.
WAITS = """
SELECT EXTRACT(EPOCH FROM min(o."createdAt") - e."receivedAt")::float8 * 1000,
    EXTRACT(EPOCH FROM min(o."acceptedAt") - e."receivedAt")::float8 * 1000
FROM payment_events e JOIN payment_attempts a ON a.reference = e.reference
    JOIN inbox i ON i."customerId" = a."customerId" AND i.channel = 'house' AND i.payload::json->>'name' = 'payment_received'
    JOIN outbox o ON o."inboxId" = i.id
GROUP BY e.id, e."receivedAt"
"""
ONCE = """
SELECT (SELECT count(*) FROM orders WHERE state = 'paid'), (SELECT count(*) FROM payments),
    (SELECT count(*) FROM payments WHERE settled = 'applied'),
    (SELECT count(*) FROM inbox WHERE channel = 'house' AND payload::json->>'name' = 'payment_received'),
    (SELECT count(*) FROM payment_tasks) + (SELECT count(*) FROM refunds)
"""


def flood(it: Rig, providers: Providers, orders: int, verify_ms: int, fails: float, threads: int = 0) -> bool:
    """True when every order was paid once and everybody heard it."""
    it.web()
    it.simulator(statuses=False)
    it.worker(processes=1)
    line = procfile(ROOT / "Procfile")["payments"]
    it.start("payments", re.sub(r"--threads \S+", f"--threads {threads}", line))
    it.clock()
    providers.configure(webhook_url=f"http://127.0.0.1:{it.web_port}/webhook", verify_latency_s=verify_ms / 1000)
    base.bind(it.database_url)
    broker.connect(it.redis_url)
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        references = _ordered(it, conn, orders)
        providers.hold()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(providers.pay, references))
        failing = providers.fault(on="verify", times=None, share=fails, http=502)
        before, began = providers.counts(), time.monotonic()
        providers.release()
        wait_for(conn, PAID, orders, within_s=WITHIN_S, standing_s=STANDING_S)
        paid_s = time.monotonic() - began
        wait_for(conn, TOLD, orders, within_s=WITHIN_S, standing_s=STANDING_S)
        asked = sum(n - before.get(name, 0) for name, n in providers.counts().items() if "verify" in name)
        providers.clear_faults(failing)
        providers.settle(30)
        waits = conn.execute(WAITS).fetchall()
        counts = conn.execute(ONCE).fetchone()
    sound = counts == (orders, orders, orders, orders, 0) and accounts.violations() == []
    sound = sound and sum(each.taken for each in accounts.balances()) == sum(e["taken"] for e in providers.ledger().values())
    title = f"{orders} orders paid at once, verify takes {verify_ms} ms and fails {fails:.0%}"
    tell(title, "each paid once, one receipt, books add up" if sound else f"NOT SOUND: {counts}", "all once", sound)
    tell("webhook to the customer's message", quantiles([row[0] for row in waits]))
    tell("webhook to WhatsApp's answer", quantiles([row[1] for row in waits]))
    tell("all paid after", f"{paid_s:.1f} s, {asked} times asked")
    return sound


def _ordered(it: Rig, conn: psycopg.Connection, orders: int) -> list[str]:
    """The references of open attempts of so many customers, one each."""
    post(it, "hi", orders, 1)
    wait_for(conn, DONE, orders)
    customers = [row[0] for row in conn.execute('SELECT DISTINCT "customerId" FROM inbox ORDER BY 1').fetchall()]
    now, product = datetime.now(UTC), factories.a_product(stock=2 * orders)
    begun = []
    for n, customer in enumerate(customers):
        people.register(customer, "Bench", "2026-11", now=now)
        number = factories.an_order(customer, {product: 1}, payment=KINDS[n % 2], now=now)
        begun.append(attempts.begin(customer, number, KINDS[n % 2], "link", mode="test", now=now))
    for attempt in begun:
        broker.enqueue(START_PAYMENT, attempt.id)
    wait_for(conn, OPEN, orders, within_s=WITHIN_S, standing_s=STANDING_S)
    wait_for(conn, "SELECT CASE WHEN EXISTS (SELECT FROM inbox WHERE status = 'pending') THEN 0 ELSE 1 END", 1)
    return [attempt.reference for attempt in begun]


def main() -> int:
    parser = argparse.ArgumentParser(description="Many orders paid at once.")
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--verify-ms", type=int, default=300)
    parser.add_argument("--fails", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=16, help="of the process for payments; PAYMENT_THREADS of the Procfile")
    given = parser.parse_args()
    with rig() as it, Providers.start(webhook_lanes=64) as providers:
        config = providers.config
        it.environment |= {
            "PAYSTACK_SECRET_KEY": config.paystack_secret_key,
            "FLUTTERWAVE_SECRET_KEY": config.flutterwave_secret_key,
            "FLUTTERWAVE_SECRET_HASH": config.flutterwave_secret_hash,
            "PAYSTACK_BASE_URL": providers.url,
            "FLUTTERWAVE_BASE_URL": providers.url,
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{it.web_port}",
        }
        try:
            return 0 if flood(it, providers, given.orders, given.verify_ms, given.fails, given.threads) else 1
        finally:
            base.drop_connection()


if __name__ == "__main__":
    sys.exit(main())
