"""The way out: updates become signed POSTs to the webhook, by a bounded number of lanes, repeated like Meta does.

A customer's updates go through one lane in order; customers go in parallel. Anything but 200 is repeated: at once, then at
falling frequency, capped in number. Meta goes on for 7 days (webhooks/overview, read 2026-11-22); here times are scaled down.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.peer.poster import Poster
from local.simulator import inbound, limits, wire
from local.simulator.config import Config
from local.simulator.faults import Fault, Faults, matches
from local.simulator.inbound import Update

log = logging.getLogger("simulator.webhooks")
MOST_WAITING = 200_000
Done = Callable[[bool], None]
Held = list[tuple[Update, Done | None]]


@dataclass(slots=True)
class Item:
    """Updates that leave in one POST, or exact bytes; `done` hears of the end: True on 200."""

    updates: list[Update]
    lane: int
    done: list[Done] = field(default_factory=list)
    raw: bytes | None = None
    headers: dict[str, str] | None = None
    attempts: int = 0
    alone: bool = False  # a batch or duplicate of a fault: not to be merged with others


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST as it went, for `/_sim/webhooks`. `status` 0: no answer."""

    at: float
    status: int
    took_s: float
    updates: int
    attempt: int
    ids: tuple[str, ...]
    error: str = ""


class Webhooks:
    def __init__(self, config: Config, faults: Faults) -> None:
        self.config = config
        self.faults = faults
        self.waiting = 0
        self.generation = 0
        self.lanes: list[deque[Item]] = []
        self.wake: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.log: deque[Attempt] = deque(maxlen=2000)
        self.counters = {"posts": 0, "updates": 0, "refused": 0, "given_up": 0, "dropped": 0}
        self.gathering: dict[int, tuple[Fault, Held]] = {}

    def start(self) -> None:
        for i in range(self.config.webhook_lanes):
            self.lanes.append(deque())
            self.wake.append(asyncio.Event())
            self.tasks.append(asyncio.get_running_loop().create_task(self._lane(i), name=f"webhook-lane-{i}"))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def clear(self) -> None:
        """Forgets what waits and what would be repeated."""
        self.generation += 1
        for lane in self.lanes:
            lane.clear()
        self.waiting = 0
        self.gathering.clear()
        self.log.clear()
        self.counters = dict.fromkeys(self.counters, 0)

    # ----------------------------------------------------------------------------------------------- in

    def put(self, key: str, update: Update, done: Done | None = None) -> None:
        """Queues an update of this customer. Full queue: dropped and counted, as Meta drops after days."""
        lane = hash(key) % len(self.lanes)
        if self.faults.webhook_rules or self.gathering:
            about = {"kind": update.kind, "to": key, "status": update.payload.get("status", ""), "payload": update.payload}
            about["type"] = update.payload.get("type", "")
            for fault, held in self.gathering.values():
                if matches(fault.match, about):
                    self._join(fault, held, update, done)
                    return
            found = self.faults.take("webhook", about)
            if found is not None:
                self._faulty(found, lane, update, done)
                return
        self._queue(Item([update], lane, [done] if done else []))

    def put_raw(self, body: bytes, headers: dict[str, str], done: Done | None = None) -> None:
        """Queues exact bytes with exact headers."""
        self._queue(Item([], hash(body) % len(self.lanes), [done] if done else [], raw=body, headers=headers, alone=True))

    def _queue(self, item: Item, first: bool = False) -> None:
        if self.waiting >= MOST_WAITING:
            self.counters["dropped"] += 1
            self._end(item, False)
            return
        self.waiting += 1
        lane = self.lanes[item.lane]
        (lane.appendleft if first else lane.append)(item)
        self.wake[item.lane].set()

    def _faulty(self, fault: Fault, lane: int, update: Update, done: Done | None) -> None:
        if fault.drop:
            self.counters["dropped"] += 1
            if done:
                done(False)
            return
        if fault.batch > 1 or fault.reorder > 1:
            held = self.gathering.setdefault(fault.id, (fault, []))[1]
            asyncio.get_running_loop().call_later(fault.gather_s, self._release, held)
            self._join(fault, held, update, done)
            return
        copies = [
            Item([update], (lane + i) % len(self.lanes), [done] if done and i == 0 else []) for i in range(1 + fault.duplicate)
        ]
        for copy in copies:
            copy.alone = fault.duplicate > 0
            if fault.delay_s:
                asyncio.get_running_loop().call_later(fault.delay_s, self._later, copy, self.generation)
            else:
                self._queue(copy)

    def _join(self, fault: Fault, held: Held, update: Update, done: Done | None) -> None:
        """Holds an update until there are enough of them or the time is up; a rule's `times` counts such groups."""
        held.append((update, done))
        if len(held) >= max(fault.batch, fault.reorder):
            self._release(held)

    def _release(self, held: Held) -> None:
        fault = next((f for f, open_group in self.gathering.values() if open_group is held), None)
        if fault is None:
            return
        del self.gathering[fault.id]
        if fault.reorder > 1:
            held.reverse()
        if fault.batch > 1:
            self._queue(Item([u for u, _ in held], 0, [d for _, d in held if d], alone=True))
            return
        for update, done in held:
            self._queue(Item([update], 0, [done] if done else [], alone=True))

    def _later(self, item: Item, generation: int) -> None:
        if generation == self.generation:
            self._queue(item)

    # ----------------------------------------------------------------------------------------------- out

    async def _lane(self, number: int) -> None:
        """One POST after the other on one kept connection."""
        queue, wake = self.lanes[number], self.wake[number]
        sender = Poster()
        try:
            while True:
                if not queue:
                    wake.clear()
                    await wake.wait()
                    continue
                item = queue.popleft()
                self.waiting -= 1
                if self.config.webhook_batch > 1 and not item.alone:
                    self._merge(item, queue)
                generation = self.generation
                try:
                    good = await self._post(sender, item)
                except Exception:
                    log.exception("webhook could not be built")
                    self._end(item, False)
                    continue
                if generation == self.generation:
                    self._after(item, good)
        finally:
            sender.close()

    def _merge(self, item: Item, queue: deque[Item]) -> None:
        most = min(self.config.webhook_batch, limits.WEBHOOK_UPDATES)
        while queue and len(item.updates) < most and not queue[0].alone and queue[0].attempts == item.attempts:
            other = queue.popleft()
            self.waiting -= 1
            item.updates += other.updates
            item.done += other.done

    async def _post(self, sender: Poster, item: Item) -> bool:
        config = self.config
        if item.raw is None:
            body = wire.encode(
                inbound.envelope(
                    item.updates,
                    phone_number_id=config.phone_number_id,
                    display_number=config.display_number,
                    waba_id=config.waba_id,
                )
            )
            headers = wire.headers(config.app_secret, body)
        else:
            body, headers = item.raw, item.headers or {}
        item.attempts += 1
        began = time.monotonic()
        status, error = 0, ""
        try:
            async with asyncio.timeout(config.webhook_timeout_s):
                status = await sender.post(config.webhook_url, body, headers)
        except (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError) as trouble:
            error = type(trouble).__name__
            sender.close()
        self.counters["posts"] += 1
        self.counters["updates"] += len(item.updates)
        took = time.monotonic() - began
        ids = tuple(u.id for u in item.updates[:20])
        self.log.append(Attempt(time.time(), status, took, len(item.updates), item.attempts, ids, error))
        return status == 200

    def _after(self, item: Item, good: bool) -> None:
        if good:
            self._end(item, True)
            return
        self.counters["refused"] += 1
        config = self.config
        if item.attempts > config.webhook_retries:
            self.counters["given_up"] += 1
            self._end(item, False)
        elif item.attempts == 1:
            self._queue(item, first=True)
        else:
            wait = min(config.webhook_retry_most_s, config.webhook_retry_s * 2 ** (item.attempts - 2))
            asyncio.get_running_loop().call_later(wait, self._later, item, self.generation)

    def _end(self, item: Item, good: bool) -> None:
        for done in item.done:
            done(good)

    def shown(self) -> dict[str, Any]:
        return {"waiting": self.waiting, **self.counters}
