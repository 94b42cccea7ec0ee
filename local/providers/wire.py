"""A call of either API on its way through the fake: what it is about, the fault that strikes, the answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from local.peer.http_server import Request, Response
from local.providers.desk import Desk
from local.providers.faults import Fault

Json = dict[str, Any]


class Refusal(Exception):
    """The provider says no: HTTP status and body."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body.get("message", ""))
        self.status = status
        self.body = body


@dataclass(slots=True)
class Call:
    """`place` as in faults.Fault, `name` for the counters, `reference` when it is about one; `work` does it and gives the body."""

    place: str
    name: str
    reference: str
    work: Callable[[], Json]
    headers: dict[str, str] = field(default_factory=dict)


def answer(status: int, body: Json, headers: dict[str, str] | None = None) -> Response:
    return Response(status, json.dumps(body, separators=(",", ":")).encode(), "application/json; charset=utf-8", headers or {})


def json_body(request: Request) -> Json | None:
    """The JSON object of a request, {} for none, None for anything else."""
    if not request.body:
        return {}
    try:
        found = json.loads(request.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Teller:
    """Carries out calls for one provider. `error` makes the body of a failure with this HTTP status, `absent` refuses as for a
    transaction nobody knows."""

    def __init__(self, desk: Desk, provider: str, error: Callable[[int], Json], absent: Callable[[], NoReturn]) -> None:
        self.desk = desk
        self.provider = provider
        self.error = error
        self.absent = absent

    def serve(self, call: Call) -> Response | Awaitable[Response]:
        config, faults = self.desk.config, self.desk.faults
        latency = config.latency_s + (config.verify_latency_s if call.place == "verify" else 0.0)
        fault = faults.take(call.place, self.provider, call.reference) if faults.rules else None
        if fault is None and not latency:
            return self._work(call, None)
        return self._slowly(call, fault, latency)

    def _work(self, call: Call, fault: Fault | None) -> Response:
        try:
            if fault is not None and fault.absent:
                self.absent()
            status, body = 200, call.work()
        except Refusal as no:
            status, body = no.status, no.body
        if fault is not None and fault.change and isinstance(body.get("data"), dict):
            body = body | {"data": body["data"] | dict(fault.change)}
        self._note(call, status, fault)
        return answer(status, body, call.headers)

    def _note(self, call: Call, status: int, fault: Fault | None) -> None:
        books = self.desk.books
        name = f"{self.provider}.{call.name}"
        books.counts[name] += 1
        entry = {"at": time.time(), "provider": self.provider, "what": call.name, "reference": call.reference}
        books.calls.append(entry | {"status": status, "fault": fault.id if fault else 0})

    async def _slowly(self, call: Call, fault: Fault | None, latency: float) -> Response:
        if latency:
            await asyncio.sleep(latency)
        if fault is None:
            return self._work(call, None)
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.cut == "before" or (fault.hang_s and not fault.hang_after):
            self._note(call, 0, fault)
            await asyncio.sleep(fault.hang_s)
            return Response(cut_after=0)
        refusing = fault.http or fault.retry_after is not None or fault.body is not None
        if refusing and fault.when == "before":
            return self._refused(call, fault)
        done = self._work(call, fault)
        if fault.delay_after_s or fault.hang_s:
            await asyncio.sleep(fault.delay_after_s + fault.hang_s)
        if fault.cut == "after" or fault.hang_s:
            return Response(cut_after=0)
        if refusing:
            return self._refused(call, fault, noted=True)
        if fault.cut == "mid":
            done.cut_after = len(done.head(True)) + len(done.body) // 2
        return done

    def _refused(self, call: Call, fault: Fault, *, noted: bool = False) -> Response:
        status = fault.http or (429 if fault.retry_after is not None else 503)
        if not noted:
            self._note(call, status, fault)
        headers = {}
        if fault.retry_after is not None:
            # Paystack, rate limits (read November 2026): seconds left in the window, and the same as Retry-After.
            headers = {"Retry-After": str(fault.retry_after), "x-ratelimit-limit": "100", "x-ratelimit-remaining": "0"}
            headers["x-ratelimit-reset"] = str(fault.retry_after)
        if fault.body is not None:
            return Response(status, fault.body.encode(), "text/html", headers)
        return answer(status, self.error(status), headers)
