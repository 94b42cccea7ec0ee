"""The way out: what happened becomes a POST to the merchant, signed as each provider signs, repeated on anything but 200.

Paystack: HMAC-SHA512 of the raw bytes with the secret key; every 3 minutes four times, then hourly. Flutterwave: the bare secret
hash; three times, 30 minutes apart, when the dashboard's switch is on. A minute is `minute_s` long here. (Documentation of both,
read 2026-11-22.)
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from local.peer.poster import Poster
from local.providers.config import Config
from local.providers.faults import Fault, Faults

log = logging.getLogger("providers.webhooks")
Json = dict[str, Any]
MOST_WAITING = 100_000
PAYSTACK_WAITS_MIN = (3, 3, 3, 3)  # then hourly
FLUTTERWAVE_WAITS_MIN = (30, 30, 30)


@dataclass(frozen=True, slots=True)
class Notice:
    """What one webhook says; `flat` is Flutterwave's older form of the same."""

    provider: str
    event: str
    reference: str
    body: Json
    flat: Json | None = None


@dataclass(slots=True, eq=False)
class Item:
    provider: str
    event: str
    reference: str
    raw: bytes
    signed: str = "own"  # own, forged, none
    attempts: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    generation: int = 0  # of the sender when it was sent: what was forgotten meanwhile is not posted
    lane: int = 0  # of copies: so many beside the one that keeps the order of a reference


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST as it went, for `/_sim/webhooks`. `status` 0: no answer."""

    at: float
    provider: str
    event: str
    reference: str
    status: int
    took_s: float
    attempt: int
    error: str = ""


def encode(body: Json, pretty: bool = False) -> bytes:
    """As a JavaScript service writes it: no blanks, letters as they are; `pretty` as the older samples, with odd blanks."""
    if pretty:
        return json.dumps(body, ensure_ascii=False, indent=2, separators=(",", ":")).replace("\n", "  \n").encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def signature(provider: str, raw: bytes, config: Config) -> dict[str, str]:
    """The header that proves where these bytes come from."""
    if provider == "paystack":
        return {"x-paystack-signature": hmac.new(config.paystack_secret_key.encode(), raw, hashlib.sha512).hexdigest()}
    return {"verif-hash": config.flutterwave_secret_hash}


def _copies(item: Item, count: int) -> list[Item]:
    """The same webhook so many times more, each on a lane of its own."""
    return [Item(item.provider, item.event, item.reference, item.raw, item.signed, lane=n + 1) for n in range(count)]


class Webhooks:
    def __init__(self, config: Config, faults: Faults) -> None:
        self.config = config
        self.faults = faults
        self.generation = 0
        self.waiting = 0
        self.later = 0  # waiting for their time
        self.lanes: list[asyncio.Queue[Item]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.log: deque[Attempt] = deque(maxlen=5000)
        self.counters = dict.fromkeys(("posts", "taken", "refused", "given_up", "dropped"), 0)
        self.held: list[Item] = []
        self.gathering: dict[int, tuple[Fault, list[Item]]] = {}

    def start(self) -> None:
        for number in range(max(1, self.config.webhook_lanes)):
            self.lanes.append(asyncio.Queue())
            self.tasks.append(asyncio.get_running_loop().create_task(self._lane(number), name=f"webhook-lane-{number}"))

    async def stop(self) -> None:
        self.generation += 1
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def clear(self) -> None:
        """Forgets what waits, what is held and what would be repeated."""
        self.generation += 1
        for lane in self.lanes:
            while not lane.empty():
                lane.get_nowait()
        self.waiting = self.later = 0
        self.held.clear()
        self.gathering.clear()
        self.log.clear()
        self.counters = dict.fromkeys(self.counters, 0)

    def put(self, notice: Notice) -> None:
        """On its way, unless webhooks are off or a fault has it."""
        if not self.config.webhooks:
            return
        gathering = next((g for g in self.gathering.values() if _about(g[0], notice)), None)
        fault = None
        if gathering is None and self.faults.rules:
            fault = self.faults.take("webhook", notice.provider, notice.reference, notice.event)
        item = self._item(notice, fault)
        if gathering is not None:
            self._join(*gathering, item)
        elif fault is None:
            self.send(item)
        else:
            self._faulty(fault, item)

    def _item(self, notice: Notice, fault: Fault | None) -> Item:
        shape = (fault.shape if fault else "") or self.config.flutterwave_shape
        body = notice.flat if shape == "flat" and notice.flat is not None else notice.body
        if fault is not None and fault.change:
            inner = "data" if isinstance(body.get("data"), dict) else ""
            body = body | ({inner: body[inner] | dict(fault.change)} if inner else dict(fault.change))
        item = Item(notice.provider, notice.event, notice.reference, encode(body, self.config.pretty))
        if fault is not None:
            item.signed = "none" if fault.unsigned else "forged" if fault.forge else "own"
        return item

    def _faulty(self, fault: Fault, item: Item) -> None:
        if fault.drop:
            self.counters["dropped"] += 1
        elif fault.hold:
            self.held += [item, *_copies(item, fault.duplicate)]
        elif fault.reorder > 1:
            group = self.gathering.setdefault(fault.id, (fault, []))
            asyncio.get_running_loop().call_later(fault.gather_s, self._release, fault.id)
            self._join(*group, item)
        else:
            for copy in (item, *_copies(item, fault.duplicate)):
                if fault.delay_s:
                    self._in(fault.delay_s, copy)
                else:
                    self.send(copy, copy.lane)

    def _join(self, fault: Fault, group: list[Item], item: Item) -> None:
        group.append(item)
        if len(group) >= fault.reorder:
            self._release(fault.id)

    def _release(self, fault_id: int) -> None:
        _, group = self.gathering.pop(fault_id, (None, []))
        for item in reversed(group):
            self.send(item, -hash(item.reference))  # through one lane, so that they stay in this order

    def release(self, *, backwards: bool = False, most: int = 0) -> int:
        """Sends what is held, all or so many; gives how many."""
        ready = self.held[::-1] if backwards else list(self.held)
        ready = ready[:most] if most else ready
        self.held = [i for i in self.held if i not in ready]
        for item in ready:
            self.send(item, item.lane)
        return len(ready)

    def send(self, item: Item, shift: int = 0) -> None:
        if self.waiting >= MOST_WAITING:
            self.counters["dropped"] += 1
            return
        self.waiting += 1
        item.generation = self.generation
        self.lanes[(hash(item.reference) + shift) % len(self.lanes)].put_nowait(item)

    def _in(self, seconds: float, item: Item) -> None:
        generation = self.generation

        def now() -> None:
            if generation == self.generation:
                self.later -= 1
                self.send(item)

        self.later += 1
        asyncio.get_running_loop().call_later(seconds, now)

    async def _lane(self, number: int) -> None:
        """One POST after the other on one kept connection."""
        poster = Poster()
        try:
            while True:
                item = await self.lanes[number].get()
                if item.generation != self.generation:  # taken from the lane in the moment when everything was forgotten
                    continue
                status = await self.post(poster, item)
                if item.generation == self.generation:
                    self.waiting -= 1
                    self._after(item, status)
        finally:
            poster.close()

    async def post(self, poster: Poster, item: Item) -> int:
        """Sends it once and writes it down; 0 when there was no answer in time."""
        item.attempts += 1
        headers = {"Content-Type": "application/json", "Accept": "*/*", **self._signed(item), **item.headers}
        began, status, error = time.monotonic(), 0, ""
        try:
            async with asyncio.timeout(self.config.webhook_timeout_s):
                status = await poster.post(f"{self.config.webhook_url.rstrip('/')}/{item.provider}", item.raw, headers)
        except (OSError, ValueError, EOFError, IndexError, TimeoutError, asyncio.LimitOverrunError) as trouble:
            error = type(trouble).__name__
            poster.close()
        took = time.monotonic() - began
        self.counters["posts"] += 1
        self.log.append(Attempt(time.time(), item.provider, item.event, item.reference, status, took, item.attempts, error))
        return status

    def _signed(self, item: Item) -> dict[str, str]:
        right = signature(item.provider, item.raw, self.config)
        if item.signed == "none":
            return {}
        if item.signed == "forged":
            return {name: hashlib.sha512(value.encode()).hexdigest() for name, value in right.items()}
        return right

    def _after(self, item: Item, status: int) -> None:
        if status == 200:
            self.counters["taken"] += 1
            return
        self.counters["refused"] += 1
        config = self.config
        if item.provider == "paystack":
            done = item.attempts - 1
            wait_min = PAYSTACK_WAITS_MIN[done] if done < len(PAYSTACK_WAITS_MIN) else 60
            again = item.attempts <= config.webhook_retries
        else:
            wait_min = FLUTTERWAVE_WAITS_MIN[0]
            again = config.flutterwave_retries and item.attempts <= len(FLUTTERWAVE_WAITS_MIN)
        if again:
            self._in(wait_min * config.minute_s, item)
        else:
            self.counters["given_up"] += 1

    def shown(self) -> Json:
        held = len(self.held) + sum(len(group) for _, group in self.gathering.values())
        return {"waiting": self.waiting, "later": self.later, "held": held, **self.counters}

    def lately(self, most: int) -> list[Json]:
        return [asdict(a) for a in list(self.log)[-most:]] if most else []


def _about(fault: Fault, notice: Notice) -> bool:
    wanted = fault.match
    return (
        fault.provider in ("", notice.provider)
        and wanted.get("reference", notice.reference) == notice.reference
        and wanted.get("event", notice.event) == notice.event
    )
