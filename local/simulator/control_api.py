"""The control API under `/_sim/`: what tests, benchmarks and the developer panel of the phone ask for. JSON in, JSON out.

Wrong requests get 400 with a sentence in `error`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from urllib.parse import urlencode

from local.peer.http_server import Request, Response
from local.peer.json_api import payload_of, reply
from local.peer.poster import Poster
from local.simulator import faults, inbound, limits, wire
from local.simulator.house import House
from local.simulator.saying import NotPossible, identify, kind_of, say
from local.simulator.state import Entry

MOST_PER_PAGE = 5000
MOST_WAIT_S = 60.0


class Control:
    def __init__(self, house: House) -> None:
        self.house = house
        self.routes: dict[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {
            ("GET", "health"): self._health,
            ("GET", "config"): self._config,
            ("POST", "config"): self._configure,
            ("GET", "messages"): self._messages,
            ("GET", "webhooks"): self._webhooks,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "say"): self._say,
            ("POST", "upload"): self._upload,
            ("POST", "seen"): self._seen,
            ("POST", "status"): self._status,
            ("POST", "deliver"): self._deliver,
            ("POST", "window"): self._window,
            ("GET", "templates"): self._templates,
            ("POST", "templates"): self._put_template,
            ("DELETE", "templates"): self._remove_template,
            ("POST", "expire-media"): self._expire_media,
            ("POST", "subscribe"): self._subscribe,
            ("POST", "reset"): self._reset,
        }

    async def handle(self, request: Request) -> Response:
        route = self.routes.get((request.method, request.path.removeprefix("/_sim/").strip("/")))
        if route is None:
            return reply({"error": "no such control", "known": sorted(f"{m} /_sim/{p}" for m, p in self.routes)}, 404)
        try:
            return await route(request)
        except NotPossible as refusal:
            return reply({"error": str(refusal)}, 409)
        except (ValueError, TypeError, KeyError) as trouble:
            return reply({"error": f"{trouble}"}, 400)

    # ----------------------------------------------------------------------------------------------- looking

    async def _health(self, request: Request) -> Response:
        state = self.house.state
        found = {
            "status": "ok",
            "accepted": state.seq,
            "customers": len(state.customers),
            "kept": len(state.sent),
            "counters": state.counters,
        }
        return reply(found | {"cpu_s": time.process_time(), "webhooks": self.house.webhooks.shown()})

    async def _config(self, request: Request) -> Response:
        return reply(self.house.config.shown())

    async def _configure(self, request: Request) -> Response:
        self.house.configure(payload_of(request))
        return reply(self.house.config.shown())

    async def _messages(self, request: Request) -> Response:
        """Accepted messages after `after`, of `to` when given; with `wait` seconds until at least `count` are there."""
        query = request.query
        after, limit = int(query.get("after", 0)), min(MOST_PER_PAGE, max(1, int(query.get("limit", 1000))))
        to, count = query.get("to", "").lstrip("+"), min(limit, int(query.get("count", 1)))
        ends = time.monotonic() + min(MOST_WAIT_S, float(query.get("wait", 0)))
        while True:
            found: list[Entry] = self.house.state.page(after, limit, to)
            left = ends - time.monotonic()
            if len(found) >= count or left <= 0:
                break
            await self.house.state.arrival(left)
        last = found[-1].seq if found else after
        return reply({"messages": [e.shown() for e in found], "last": last, "total": self.house.state.seq})

    async def _webhooks(self, request: Request) -> Response:
        limit = min(2000, int(request.query.get("limit", 200)))
        attempts = list(self.house.webhooks.log)[-limit:]
        return reply({**self.house.webhooks.shown(), "log": [asdict(a) for a in attempts]})

    # ----------------------------------------------------------------------------------------------- faults

    async def _faults(self, request: Request) -> Response:
        return reply({"faults": [f.shown() for f in self.house.faults.rules]})

    async def _fault(self, request: Request) -> Response:
        found = faults.parse(payload_of(request))
        self.house.faults.add(found)
        return reply(found.shown())

    async def _clear_faults(self, request: Request) -> Response:
        one = request.query.get("id")
        return reply({"cleared": self.house.faults.clear(int(one) if one else None)})

    # ----------------------------------------------------------------------------------------------- doing

    async def _say(self, request: Request) -> Response:
        """What a customer does (saying.say); with `wait` seconds the answer tells whether the webhook took it."""
        what = payload_of(request)
        said = say(self.house, what)
        posted: bool | None = None
        if wait := min(MOST_WAIT_S, float(what.get("wait", 0))):
            await asyncio.wait([said.posted], timeout=wait)
            posted = said.posted.result() if said.posted.done() else None
        return reply({"id": said.entry.id, "customer": said.entry.customer.key, "posted": posted})

    async def _upload(self, request: Request) -> Response:
        """A file on a customer's phone: raw body, `filename` in the query, `kind` to force one."""
        mime_type = request.headers.get("content-type", "application/octet-stream")
        kind = request.query.get("kind") or kind_of(mime_type)
        if kind not in limits.MEDIA_BYTES:
            raise NotPossible(f"kind must be one of {', '.join(limits.MEDIA_BYTES)}")
        file = self.house.media.from_customer(request.body, mime_type, request.query.get("filename", "")[:240], kind)
        return reply({"id": file.id, "kind": file.kind, "mime_type": file.mime_type, "sha256": file.sha256_base64})

    async def _seen(self, request: Request) -> Response:
        what = payload_of(request)
        return reply(
            {"read": self.house.statuses.seen(str(what.get("key") or what.get("number") or what.get("bsuid")).lstrip("+"))}
        )

    async def _status(self, request: Request) -> Response:
        """Sends any status for an accepted message once more or out of turn: `id`, `status`, `code` for failed ones."""
        what = payload_of(request)
        entry = self.house.state.by_id.get(str(what.get("id")))
        if entry is None or entry.mine:
            raise NotPossible("no such accepted message")
        from local.simulator.errors import GraphError

        error = GraphError(int(what["code"])).status_error() if "code" in what else None
        self.house.statuses.send(entry, str(what["status"]), error)
        return reply({"id": entry.id})

    async def _deliver(self, request: Request) -> Response:
        """Posts a whole webhook body: `body` (JSON, put into wire form) or `raw` (text as it is), signed unless `signature`
        says else.

        Answered with the status and without repeats; `queued` true takes the usual way with repeats.
        """
        what = payload_of(request)
        config = self.house.config
        raw = what["raw"].encode("utf-8", "surrogatepass") if "raw" in what else wire.encode(what["body"])
        headers = wire.headers(config.app_secret, raw) | {str(k): str(v) for k, v in what.get("headers", {}).items()}
        if "signature" in what:
            headers.pop("X-Hub-Signature", None)
            headers.pop("X-Hub-Signature-256", None)
            if what["signature"] is not None:
                headers["X-Hub-Signature-256"] = str(what["signature"])
        if what.get("queued"):
            self.house.webhooks.put_raw(raw, headers)
            return reply({"queued": True})
        sender = Poster()
        began = time.monotonic()
        try:
            async with asyncio.timeout(min(MOST_WAIT_S, float(what.get("timeout_s", 10)))):
                status = await sender.post(config.webhook_url, raw, headers)
        except (OSError, EOFError, TimeoutError) as trouble:
            return reply({"status": 0, "error": type(trouble).__name__})
        finally:
            sender.close()
        return reply({"status": status, "took_s": time.monotonic() - began})

    async def _window(self, request: Request) -> Response:
        """Opens or closes a customer's 24-hour window: `open` true or false."""
        what = payload_of(request)
        customer = identify(self.house, what)
        customer.last_wrote = time.time() if what.get("open", True) else time.time() - limits.WINDOW_S - 60
        return reply({"customer": customer.key, "open": bool(what.get("open", True))})

    async def _templates(self, request: Request) -> Response:
        return reply({"templates": list(self.house.templates.page(0, MOST_PER_PAGE))})

    async def _put_template(self, request: Request) -> Response:
        """Submits a template or changes what became of it: `name`, `language`, and any of `text`, `status`, `category`."""
        return reply(asdict(self.house.templates.put(payload_of(request))))

    async def _remove_template(self, request: Request) -> Response:
        return reply({"removed": self.house.templates.remove(request.query.get("name", ""))})

    async def _expire_media(self, request: Request) -> Response:
        """Media addresses become older by `seconds` (five minutes)."""
        self.house.media.age(float(payload_of(request).get("seconds", limits.MEDIA_URL_S)))
        return reply({"aged": True})

    async def _subscribe(self, request: Request) -> Response:
        """The GET handshake of saving the callback: was the challenge echoed?"""
        what = payload_of(request)
        config = self.house.config
        challenge = str(what.get("challenge", inbound.WABA_ID))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": what.get("verify_token", config.verify_token),
        }
        sender = Poster()
        url = f"{config.webhook_url}{'&' if '?' in config.webhook_url else '?'}{urlencode(query)}"
        try:
            async with asyncio.timeout(10):
                status, body = await sender.get(url, {"User-Agent": wire.USER_AGENT, "Accept": "*/*"})
        except (OSError, EOFError, TimeoutError) as trouble:
            return reply({"status": 0, "error": type(trouble).__name__, "verified": False})
        finally:
            sender.close()
        return reply({"status": status, "verified": status == 200 and body == challenge.encode()})

    async def _reset(self, request: Request) -> Response:
        self.house.reset(bool(payload_of(request).get("settings", True)))
        return reply({"reset": True})
