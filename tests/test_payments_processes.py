"""Payments in the whole house: webhooks over HTTP, several processes at once, one killed in the middle, Redis emptied."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pytest
import redis
import urllib3

from local.providers.control import Providers
from models import base
from models.payments import payers
from models.payments.reconciling import LAGOS
from models.payments.values import Attempt
from tests.children import ROOT, Child, wait_until
from tests.house import SETTINGS, House
from tests.payment_counter import Counter, environment, forget
from tests.servers import Databases, ValkeyDatabases
from worker import broker
from worker.messages import CHECK_PAYMENT, RECONCILE_PAYMENTS, START_PAYMENT

pytestmark = pytest.mark.house


class Till:
    """A house with web, clock and processes for payments; no conversation is needed to be paid."""

    def __init__(self, house: House, counter: Counter, env: dict[str, str]) -> None:
        self.house, self.counter, self.env = house, counter, env
        self.running: list[Child] = []
        self.http = urllib3.PoolManager(maxsize=16, retries=False)

    def start(self, **env: str) -> Child:
        child = self.house._start(self.house.lines["payments"], "payments", self.env | env)
        child.wait_for_output("ready for action")
        self.running.append(child)
        return child

    def kill_all(self) -> None:
        for child in self.running:
            self.house.kill(child)
        self.running.clear()

    def begin(self, provider: str) -> Attempt:
        attempt = self.counter.begin(provider)
        broker.hint_at(START_PAYMENT, attempt.id)
        return attempt

    def opens(self, attempt: Attempt, limit_s: float = 40.0) -> Attempt:
        wait_until(lambda: self.counter.last(attempt).status == "open", f"the link\n{self.stories()}", limit_s, every_s=0.05)
        return self.counter.last(attempt)

    def is_paid(self, attempt: Attempt, limit_s: float = 60.0) -> None:
        wait_until(lambda: self.counter.state(attempt) == "paid", f"the money\n{self.stories()}", limit_s, every_s=0.05)

    def rests(self, limit_s: float = 60.0) -> None:
        """Nothing of payments waits any more, in the queue or in a row."""
        queue = START_PAYMENT.queue
        rows = """SELECT count(*) FROM payment_events WHERE status = 'pending'"""
        wait_until(
            lambda: broker.depths((queue,))[queue] == 0 and base.connection().execute(rows).fetchone() == (0,),
            f"rest\n{self.stories()}",
            limit_s,
            every_s=0.05,
        )

    def page(self, attempt: Attempt) -> int:
        key = self.env["PAYSTACK_SECRET_KEY" if attempt.provider == "paystack" else "FLUTTERWAVE_SECRET_KEY"]
        url = self.house.webhook_url.replace("/webhook", f"/pay/return/{payers.return_token(key, attempt.id)}")
        return int(self.http.request("GET", url, timeout=10).status)

    def stories(self) -> str:
        return self.house.stories() + "".join(f"\n--- payments\n{child.output()[-2500:]}" for child in self.running)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[Till]:
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url, Providers.start() as providers:
        env = environment(providers, database_url, redis_url) | SETTINGS | {"RETRY_INITIAL_DELAY_MS": "200"}
        ours = {name: value for name, value in env.items() if name not in ("DATABASE_URL", "REDIS_URL", "LOG_DIR")}
        before = {name: os.environ.get(name) for name in env}
        os.environ.update(env)
        forget()
        base.bind(database_url)
        made = broker.connect(redis_url)
        with House(tmp_path_factory.mktemp("till"), database_url, redis_url, **ours) as house:
            providers.configure(webhook_url=house.webhook_url)
            house.start_web()
            house.start_clock()
            house.ready()
            till = Till(house, Counter(providers), ours)
            yield till
            till.http.clear()
        base.drop_connection()
        made.client.close()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        forget()


@pytest.fixture
def till(running: Till) -> Iterator[Till]:
    yield running
    running.counter.providers.clear_faults()
    running.kill_all()


def test_from_the_wish_to_the_money_by_webhook_alone(till: Till) -> None:
    till.start()
    begun = [till.begin(provider) for provider in ("paystack", "flutterwave")]

    for attempt in begun:
        till.counter.providers.pay(till.opens(attempt).reference)

    for attempt in begun:
        till.is_paid(attempt)
        assert till.counter.heard(attempt) == ["payment_ready", "payment_received"]


def test_two_webhooks_the_page_the_customer_and_the_comparison_at_once_pay_each_order_once(till: Till) -> None:
    # With few threads each takes few messages at a time: with sixteen the first to look might take all.
    workers = [till.start(PAYMENT_THREADS="2") for _ in range(3)]
    providers = till.counter.providers
    begun = [till.opens(till.begin(("paystack", "flutterwave")[n % 2])) for n in range(4)]
    before = [stock(attempt) for attempt in begun]
    providers.configure(verify_latency_s=0.3)
    providers.fault(on="verify", times=None, share=0.1, http=502)
    held = providers.hold(duplicate=2)
    for attempt in begun:
        providers.pay(attempt.reference)
    day = datetime.now(LAGOS).date().toordinal()
    acts: list[Callable[[], object]] = [providers.release]
    acts += [partial(till.page, attempt) for attempt in begun]
    acts += [partial(broker.enqueue, CHECK_PAYMENT, attempt.id) for attempt in begun for _ in range(2)]
    acts += [partial(broker.enqueue, RECONCILE_PAYMENTS, day) for _ in range(3)]

    at_once(acts)
    for attempt in begun:
        till.is_paid(attempt)
    providers.clear_faults(held)
    providers.settle()
    till.rests()

    for attempt, held_before in zip(begun, before, strict=True):
        assert till.counter.payments(attempt) == [("applied", attempt.amount.kobo)]
        assert till.counter.heard(attempt).count("payment_received") == 1
        assert [what for what, _ in log_of(attempt)].count("paid") == 1
        assert stock(attempt) == held_before  # reserved when it was ordered, and not once more
    assert (till.counter.tasks(), refunds_of(begun)) == ([], 0)
    assert sum("payment.settled" in child.output() for child in workers) >= 2  # it was no race of one
    providers.configure(verify_latency_s=0)
    till.counter.adds_up()


SETTLE = """
import sys
from datetime import UTC, datetime
from models import base
from models.payments import attempts, settling
from models.payments.values import Proof
from models.values import Money
url, attempt_id, transaction = sys.argv[1], int(sys.argv[2]), sys.argv[3]
base.bind(url)
attempt = attempts.get(attempt_id)
proof = Proof(attempt.provider, attempt.reference, "paid", transaction, attempt.amount, mode=attempt.mode)
base.connection().execute("SELECT pg_advisory_lock_shared(77)")  # all wait here until the test lets them go
print(settling.settle(attempt.id, proof, now=datetime.now(UTC)).kind)
"""


def test_one_proof_settled_by_many_processes_in_the_same_moment_is_one_payment(till: Till) -> None:
    attempt = till.counter.begin("paystack")
    before = stock(attempt)
    base.connection().execute("SELECT pg_advisory_lock(77)")
    command = [sys.executable, "-c", SETTLE, till.house.database_url, str(attempt.id)]
    same = [subprocess.Popen([*command, "880001"], stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    other = subprocess.Popen([*command, "880002"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    wait_until(lambda: waiting_for_lock() == 5, "five processes before the lock", 60)

    base.connection().execute("SELECT pg_advisory_unlock(77)")
    said = [process.communicate(timeout=60)[0].strip() for process in (*same, other)]

    kinds = sorted(said)
    assert kinds == ["applied", "double", "nothing", "nothing", "nothing"]
    assert till.counter.heard(attempt).count("payment_received") == 1
    assert (stock(attempt), [what for what, _ in log_of(attempt)].count("paid")) == (before, 1)


def waiting_for_lock() -> int:
    row = base.connection().execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted")
    return int((row.fetchone() or (0,))[0])


def at_once(acts: list[Callable[[], object]]) -> None:
    """All begin in the same moment."""
    gate = threading.Barrier(len(acts))

    def act(one: Callable[[], object]) -> None:
        gate.wait(30)
        one()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act, one) for one in acts]:
            done.result(60)


def stock(attempt: Attempt) -> list[tuple[int, int, str]]:
    """(left in the shop, reserved, how) of each line of its order."""
    rows = base.connection().execute(
        """SELECT p.stock, r.quantity, r.state FROM stock_reservations r JOIN products p ON p.id = r."productId"
           WHERE r."orderId" = %s ORDER BY r.id""",
        (attempt.order_id,),
    )
    found: list[tuple[int, int, str]] = rows.fetchall()
    return found


def log_of(attempt: Attempt) -> list[tuple[str, str]]:
    rows = base.connection().execute(
        """SELECT what, who FROM order_events WHERE "orderId" = %s ORDER BY id""", (attempt.order_id,)
    )
    found: list[tuple[str, str]] = rows.fetchall()
    return found


def refunds_of(begun: list[Attempt]) -> int:
    row = base.connection().execute(
        'SELECT count(*) FROM refunds WHERE "orderId" = ANY(%s)', ([each.order_id for each in begun],)
    )
    return int((row.fetchone() or (0,))[0])


def test_a_process_killed_while_the_provider_works_on_its_start_costs_no_money_and_no_customer(till: Till) -> None:
    till.start()
    providers = till.counter.providers
    providers.fault(on="start", hang_s=20, hang_after=True)
    attempt = till.begin("paystack")
    wait_until(lambda: providers.calls(attempt.reference) or providers.counts().get("paystack.initialize"), "the call")

    till.kill_all()
    with redis.Redis.from_url(till.house.redis_url) as client:
        client.flushdb()
    till.counter.later(seconds=60)  # its lease runs out
    till.start()

    last = till.opens(attempt, 40)
    providers.pay(last.reference)
    till.is_paid(attempt)
    assert len(till.counter.payments(attempt)) == 1


def test_a_process_asked_to_stop_ends_its_call_first(till: Till) -> None:
    child = till.start()
    till.counter.providers.fault(on="start", delay_s=1.0)
    attempt = till.begin("flutterwave")
    wait_until(lambda: till.counter.attempt(attempt.id).tries == 1, "it is claimed")

    assert child.stop(signal.SIGTERM) == 0

    assert till.counter.attempt(attempt.id).status == "open"


def test_webhooks_that_came_while_nobody_worked_and_redis_was_emptied_are_settled(till: Till) -> None:
    till.start()
    attempt = till.opens(till.begin("flutterwave"))
    till.kill_all()
    till.counter.providers.pay(attempt.reference)
    till.counter.providers.settle()
    with redis.Redis.from_url(till.house.redis_url) as client:
        client.flushdb()
    till.counter.later(seconds=5)

    till.start()

    till.is_paid(attempt)


def test_forged_and_replayed_webhooks_pay_nothing_and_nothing_twice(till: Till) -> None:
    till.start()
    providers = till.counter.providers
    attempt = till.opens(till.begin("flutterwave"))
    body = {"event": "charge.completed", "data": {"id": 1, "tx_ref": attempt.reference, "status": "successful", "amount": 1}}

    assert [providers.deliver("flutterwave", body, signed=how) for how in ("forged", "none")] == [403, 401]
    assert providers.deliver("flutterwave", body) == 200  # the bare hash, replayed around another body: asked, and not believed
    providers.pay(attempt.reference)
    till.is_paid(attempt)
    for _ in range(3):
        providers.tell(attempt.reference)
    providers.settle()

    assert till.counter.payments(attempt) == [("applied", attempt.amount.kobo)]


def test_a_cancelled_order_is_refunded_and_the_providers_word_ends_the_refund(till: Till) -> None:
    till.start()
    attempt = till.opens(till.begin("paystack"))
    till.counter.providers.pay(attempt.reference)
    till.is_paid(attempt)

    till.counter.cancel(attempt)

    wait_until(lambda: till.counter.refund(attempt).status == "done", f"the money back\n{till.stories()}", 30, every_s=0.1)
    assert till.counter.state(attempt) == "refunded"


def test_a_key_that_is_none_ends_the_process_with_its_reason(till: Till) -> None:
    child = till.house._start(till.house.lines["payments"], "payments", till.env | {"PAYSTACK_SECRET_KEY": "pk_live_public"})

    told = child.wait_for_output("PAYSTACK_SECRET_KEY", 30)

    assert "pk_live_public" not in told
    till.house.kill(child)
