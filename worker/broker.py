"""The broker from REDIS_URL: Dramatiq on Redis, with a bell for idle consumers, and sending that may fail quietly.

What was measured (facts kept in docs/queue.md): with Dramatiq's defaults a killed worker's messages come back after 5 to 10
minutes and an idle queue adds 110-290 ms. Hence `maintenance_chance`, `heartbeat_timeout`, and the bell.
"""

from __future__ import annotations

import threading
import time
from json import dumps
from typing import Any
from uuid import uuid4

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer, _scripts
from dramatiq.common import current_millis
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware, Retries, ShutdownNotifications

from worker.messages import Hint

# Socket limits of whoever enqueues: a half-open Redis may cost a webhook half a second, never more.
SOCKET_LIMITS = "socket_timeout={0}&socket_connect_timeout={0}"
ENQUEUE_TIMEOUT_S = 0.5
BELL_LENGTH = 32
AWAY_S = 1.0
_away_until = 0.0

# Prepended to Dramatiq's own script: one token on a short list in the same round trip as the enqueue. Idle consumers block on
# that list instead of sleeping; a token lost costs latency only, because the poll underneath stays.
BELL_SCRIPT = b"""
if ARGV[1] == "enqueue" then
    local bell = KEYS[1] .. ":" .. ARGV[3] .. ":bell"
    redis.call("lpush", bell, "1")
    redis.call("ltrim", bell, 0, %d)
    redis.call("expire", bell, 60)
end
""" % (BELL_LENGTH - 1)


class BellConsumer(_RedisConsumer):
    """Waits for the bell instead of sleeping with back-off. On private parts of dramatiq 2.2: tests/test_broker.py holds it."""

    def __init__(self, broker: BellBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)
        self.bell = f"{broker.namespace}:{queue_name}:bell"
        self.room = threading.Event()

    def ack(self, message: Any) -> None:
        super().ack(message)
        self.room.set()

    def nack(self, message: Any) -> None:
        super().nack(message)
        self.room.set()

    def __next__(self) -> Any:
        self.room.clear()
        if not self.message_cache:
            try:
                space = self.prefetch - self.outstanding_message_count
                if space > 0:
                    self.message_cache = self.broker.do_fetch(self.queue_name, space)
                if not self.message_cache:
                    self._wait(has_space=space > 0)
                    return None
            except redis.ConnectionError as e:
                raise ConnectionClosed(e) from None
        return super().__next__()

    def _wait(self, *, has_space: bool) -> None:
        timeout_s = self.timeout / 1000
        if has_space:
            self.broker.client.blpop([self.bell], timeout=timeout_s)
        else:
            self.room.wait(timeout_s)


class BellBroker(RedisBroker):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.scripts["dispatch"] = self.client.register_script(BELL_SCRIPT + _scripts["dispatch"])

    def hint(self, actor: str, queue: str, args: tuple[int, ...]) -> None:
        """Enqueues as `enqueue` does, for those who only send: no middleware is asked and no upkeep done on the way, which
        is two thirds of the cost. The message is the same, and tests/test_broker.py compares them."""
        redis_message_id = str(uuid4())
        body = dumps(
            {
                "queue_name": queue,
                "actor_name": actor,
                "args": args,
                "kwargs": {},
                "options": {"redis_message_id": redis_message_id},
                "message_id": str(uuid4()),
                "message_timestamp": current_millis(),
            },
            separators=(",", ":"),
        )
        values = ("enqueue", current_millis(), queue, self.broker_id, self.heartbeat_timeout, self.dead_message_ttl, 0)
        dispatch = self.scripts["dispatch"]
        parts = (*values, self._max_unpack_size(), redis_message_id, body)
        try:
            self.client.evalsha(dispatch.sha, 1, self.namespace, *parts)
        except redis.exceptions.NoScriptError:  # a Redis that began anew does not know the script yet
            dispatch(keys=[self.namespace], args=parts)

    @property
    def consumer_class(self) -> type[BellConsumer]:
        return BellConsumer


def make(redis_url: str, *, middleware: list[Middleware], socket_timeout_s: float) -> BellBroker:
    """A broker. `socket_timeout_s` bounds every Redis call: short for the door, longer for workers, who block on the bell."""
    joint = "&" if "?" in redis_url else "?"
    return BellBroker(
        url=redis_url + joint + SOCKET_LIMITS.format(socket_timeout_s),
        middleware=middleware,
        maintenance_chance=1_000_000,
        heartbeat_timeout=10_000,
        dead_message_ttl=3_600_000,
    )


def connect(redis_url: str) -> BellBroker:
    """The broker of a process that only sends (web, clock)."""
    broker = make(redis_url, middleware=[], socket_timeout_s=ENQUEUE_TIMEOUT_S)
    dramatiq.set_broker(broker)
    return broker


def serve(redis_url: str, middleware: list[Middleware]) -> BellBroker:
    """The broker of a worker process."""
    # No retry by the broker: attempts and the next try live in the row. `Retries` only brings the option `throws`.
    ours = [ShutdownNotifications(), Retries(max_retries=0), *middleware]
    broker = make(redis_url, middleware=ours, socket_timeout_s=10.0)
    dramatiq.set_broker(broker)
    return broker


def enqueue(hint: Hint, *args: int) -> None:
    """Sends a hint. Raises redis.RedisError when Redis is away; `hint_at` is for those who may not fail."""
    dramatiq.get_broker().hint(hint.actor, hint.queue, args)


def hint_at(hint: Hint, *args: int) -> bool:
    """Sends a hint if Redis is there. False when it is not: the row is stored, and a sweep will find it.

    After a failure nobody in this process asks for a second: else a Redis that hangs would hold every thread at its limit.
    """
    global _away_until
    if time.monotonic() < _away_until:
        return False
    try:
        enqueue(hint, *args)
    except redis.RedisError:
        _away_until = time.monotonic() + AWAY_S
        return False
    return True


def depths(queues: tuple[str, ...]) -> dict[str, int]:
    """Messages waiting in each queue. Raises redis.RedisError."""
    broker = dramatiq.get_broker()
    with broker.client.pipeline(transaction=False) as pipe:
        for queue in queues:
            pipe.llen(f"{broker.namespace}:{queue}")
        return dict(zip(queues, pipe.execute(), strict=True))


def ping() -> None:
    """Raises redis.RedisError unless Redis answers."""
    dramatiq.get_broker().client.ping()
