"""The broker as Redis holds it: hints waiting, in hand, delayed and dead in each queue, and who has been heard of lately.

Keys as dramatiq 2.2 writes them (`brokers/redis/dispatch.lua`, read 2026-11-23); a test sends real messages to hold them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import redis

QUEUES = ("inbound", "outbound", "prescriptions", "payments")  # worker.messages.QUEUES; a test holds the two together
NAMESPACE = "dramatiq"
TIMEOUT_S = 1.0
FRESH_S = 15.0  # an idle worker asks its queue every second or sooner
MOST = 200  # processes looked at


@dataclass(frozen=True, slots=True)
class Queue:
    """Hints of one queue. `in_hand`: fetched by a worker and not done yet; `lost`: in the hands of one that is not heard of any more."""

    name: str
    waiting: int
    in_hand: int
    delayed: int
    dead: int
    lost: int


@dataclass(frozen=True, slots=True)
class Broker:
    """`heard`: processes heard of in the last 15 s: every worker, and the web and the clock when they send. `silent`: those that
    ended without a word and are not cleared away yet."""

    queues: tuple[Queue, ...]
    heard: int
    silent: int
    version: str
    memory: int
    evicts: str


def look(redis_url: str) -> Broker:
    """Two round trips. Raises redis.RedisError when Redis is away or refuses us, ValueError for what is no address."""
    with redis.Redis.from_url(
        redis_url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, decode_responses=True
    ) as client:
        with client.pipeline(transaction=False) as pipe:
            for queue in QUEUES:
                key = f"{NAMESPACE}:{queue}"
                pipe.llen(key).hlen(f"{key}.msgs").hlen(f"{key}.DQ.msgs").zcard(f"{key}.XQ")
            pipe.zrange(f"{NAMESPACE}:__heartbeats__", -MOST, -1, withscores=True)
            pipe.info()
            *numbers, heartbeats, info = pipe.execute()
        since = (time.time() - FRESH_S) * 1000
        silent = [name for name, at in heartbeats if at < since]
        lost = _lost(client, silent)
    queues = []
    for position, queue in enumerate(QUEUES):
        waiting, messages, delayed, dead = numbers[4 * position : 4 * position + 4]
        queues.append(Queue(queue, waiting, max(messages - waiting, 0), delayed, dead, lost[queue]))
    version = str(info.get("valkey_version") or info.get("redis_version") or "?")
    return Broker(
        tuple(queues),
        len(heartbeats) - len(silent),
        len(silent),
        version,
        int(info.get("used_memory", 0)),
        str(info.get("maxmemory_policy", "")),
    )


def _lost(client: redis.Redis, workers: list[str]) -> dict[str, int]:
    if not workers:
        return dict.fromkeys(QUEUES, 0)
    with client.pipeline(transaction=False) as pipe:
        for queue in QUEUES:
            for worker in workers:
                pipe.scard(f"{NAMESPACE}:__acks__.{worker}.{queue}")
        counts = pipe.execute()
    return {queue: sum(counts[i * len(workers) : (i + 1) * len(workers)]) for i, queue in enumerate(QUEUES)}
