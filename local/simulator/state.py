"""What the simulator remembers, in memory and bounded: customers, the messages of both sides, who listens.

Everything is touched by the one event loop only, so there are no locks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.simulator import limits
from local.simulator.config import Config
from local.simulator.inbound import FromForm, Sender

Json = dict[str, Any]
RANKS = {"accepted": 1, "sent": 2, "delivered": 3, "read": 4, "played": 5, "failed": 9}


class Customer:
    """A phone: who it is, when it last wrote, its chat, its share of the pair limit."""

    __slots__ = ("bsuid", "burst_at", "chat", "forms", "key", "last_wrote", "name", "number", "tokens", "username")

    def __init__(self, key: str, number: str, bsuid: str, keep: int) -> None:
        self.key, self.number, self.bsuid = key, number, bsuid
        self.name = ""
        self.username = ""
        self.forms: FromForm = "number"
        self.last_wrote = 0.0
        self.chat: deque[Entry] = deque(maxlen=keep)
        self.tokens = float(limits.PAIR_BURST)
        self.burst_at = 0.0

    def sender(self) -> Sender:
        return Sender(self.number, self.bsuid, self.name or "Ada Obi", self.username, "", self.forms)

    def may_receive(self, now: float) -> bool:
        """The pair limit: one message in 6 s, a burst of 45 borrowed from the coming quota. Counts the message when it may."""
        self.tokens = min(float(limits.PAIR_BURST), self.tokens + (now - self.burst_at) / limits.PAIR_INTERVAL_S)
        self.burst_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Entry:
    """One message of a chat. `raw` is the JSON as it came (ours: the whole send; theirs: the webhook's message). `seq` counts
    accepted sends from 1 and is 0 for the customer's own messages. `words`: what a template says, filled in."""

    __slots__ = ("at", "customer", "error", "id", "kind", "mine", "raw", "seq", "status", "tag", "words")

    def __init__(
        self, id: str, customer: Customer, kind: str, raw: bytes, *, seq: int = 0, tag: str | None = None, words: str = ""
    ) -> None:
        self.id, self.customer, self.kind, self.raw, self.seq, self.tag = id, customer, kind, raw, seq, tag
        self.mine = seq == 0
        self.at = time.time()
        self.status = "sent" if self.mine else "accepted"
        self.error: Json | None = None
        self.words = words

    @property
    def payload(self) -> Json:
        found: Json = json.loads(self.raw)
        return found

    def shown(self) -> Json:
        """As the control API lists it."""
        payload = self.payload
        return {
            "seq": self.seq,
            "id": self.id,
            "to": payload.get("to"),
            "recipient": payload.get("recipient"),
            "customer": self.customer.key,
            "type": self.kind,
            "body": payload,
            "biz_opaque_callback_data": self.tag,
            "at": self.at,
            "status": self.status,
            "error": self.error,
            "words": self.words,
        }

    def for_phone(self) -> Json:
        found: Json = {
            "id": self.id,
            "mine": self.mine,
            "at": self.at,
            "type": self.kind,
            "status": self.status,
            "payload": self.payload,
        }
        return found | ({"error": self.error} if self.error else {}) | ({"words": self.words} if self.words else {})


@dataclass(eq=False, slots=True)
class Listener:
    """A page or a long poll that wants to know: `tell` gets (customer key, event)."""

    tell: Callable[[str, Json], None]


class State:
    def __init__(self, config: Config) -> None:
        self.customers: dict[str, Customer] = {}
        self.by_bsuid: dict[str, Customer] = {}
        self.sent: deque[Entry] = deque()
        self.sent_bytes = 0
        self.by_id: dict[str, Entry] = {}
        self.said_ids: deque[str] = deque()
        self.seq = 0
        self.listeners: set[Listener] = set()
        self.arrivals: list[asyncio.Future[None]] = []
        self.counters: dict[str, int] = {}
        self.resize(config)

    def resize(self, config: Config) -> None:
        self.keep, self.keep_bytes = config.keep_messages, config.keep_bytes
        self.keep_chat, self.keep_customers = config.keep_chat, config.keep_customers

    def count(self, name: str, by: int = 1) -> None:
        self.counters[name] = self.counters.get(name, 0) + by

    def reset(self) -> None:
        """Forgets every customer and message; listeners stay and are told."""
        for held in (self.customers, self.by_bsuid, self.sent, self.by_id, self.said_ids, self.counters):
            held.clear()
        self.sent_bytes = 0
        self.seq = 0
        self.tell("", {"event": "reset"})

    # ----------------------------------------------------------------------------------------------- customers

    def customer(self, number: str = "", bsuid: str = "") -> Customer:
        """The customer with this number, else this BSUID; made when new. A number learnt for a known BSUID joins them."""
        found = self.customers.get(number) if number else None
        if found is None and bsuid:
            found = self.by_bsuid.get(bsuid)
        if found is None:
            found = Customer(number or bsuid, number, bsuid, self.keep_chat)
            if len(self.customers) >= self.keep_customers:
                oldest = next(iter(self.customers))
                self.by_bsuid.pop(self.customers.pop(oldest).bsuid, None)
            self.customers[found.key] = found
        if bsuid and not found.bsuid:
            found.bsuid = bsuid
        if bsuid:
            self.by_bsuid.setdefault(bsuid, found)
        return found

    def find(self, who: str) -> Customer | None:
        return self.customers.get(who) or self.by_bsuid.get(who)

    # ----------------------------------------------------------------------------------------------- messages

    def accept(self, id: str, customer: Customer, kind: str, raw: bytes, tag: str | None, words: str = "") -> Entry:
        """Keeps a message of the business that was taken, drops the oldest beyond the bounds."""
        self.seq += 1
        entry = Entry(id, customer, kind, raw, seq=self.seq, tag=tag, words=words)
        self.sent.append(entry)
        self.by_id[id] = entry
        customer.chat.append(entry)
        self.sent_bytes += len(raw)
        while len(self.sent) > self.keep or self.sent_bytes > self.keep_bytes:
            gone = self.sent.popleft()
            self.sent_bytes -= len(gone.raw)
            self.by_id.pop(gone.id, None)
        if self.arrivals:
            waiting, self.arrivals = self.arrivals, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)
        if self.listeners:
            self.tell(customer.key, {"event": "message", "message": entry.for_phone()})
        return entry

    def said(self, id: str, customer: Customer, kind: str, raw: bytes) -> Entry:
        """Keeps a message of the customer."""
        entry = Entry(id, customer, kind, raw)
        customer.chat.append(entry)
        customer.last_wrote = entry.at
        self.by_id[id] = entry
        self.said_ids.append(id)
        while len(self.said_ids) > self.keep:
            self.by_id.pop(self.said_ids.popleft(), None)
        if self.listeners:
            self.tell(customer.key, {"event": "message", "message": entry.for_phone()})
        return entry

    def mark(self, entry: Entry, status: str, error: Json | None = None) -> bool:
        """Moves a status upwards; False when it already was there."""
        if RANKS[status] <= RANKS[entry.status]:
            return False
        entry.status = status
        if error is not None:
            entry.error = error
        if self.listeners:
            self.tell(entry.customer.key, {"event": "status", "id": entry.id, "status": status, "error": error})
        return True

    def page(self, after: int, limit: int, to: str = "") -> list[Entry]:
        """Accepted messages with seq > after, oldest first."""
        if to:
            customer = self.find(to)
            return [e for e in customer.chat if e.seq > after][:limit] if customer else []
        if not self.sent or after >= self.seq:
            return []
        first = max(0, after + 1 - self.sent[0].seq)
        return [self.sent[i] for i in range(first, min(len(self.sent), first + limit))]

    # ----------------------------------------------------------------------------------------------- listeners

    def tell(self, key: str, event: Json) -> None:
        for listener in tuple(self.listeners):
            listener.tell(key, event)

    async def arrival(self, timeout_s: float) -> None:
        """Waits until a message is accepted, at most so long."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.arrivals.append(future)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(future, timeout_s)
