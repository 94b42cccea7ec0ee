"""The phone in the browser: its page, its chats, its events. Everything comes from this process; nothing is fetched elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from local.peer.http_server import Request, Response
from local.peer.json_api import payload_of, reply
from local.simulator import limits, transcripts
from local.simulator.house import House
from local.simulator.saying import NotPossible, identify, kind_of, say
from local.simulator.state import Customer, Listener

Json = dict[str, Any]
STATIC = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
SHOWN_INLINE = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "application/pdf",
    "video/mp4",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
)
# Nothing but our own files may run or be loaded; a picture being sent is a blob until it is uploaded.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
MOST_QUEUED = 5000
BEAT_S = 15.0


class Phone:
    def __init__(self, house: House) -> None:
        self.house = house
        self.files = {path.name: (path.read_bytes(), TYPES[path.suffix]) for path in STATIC.iterdir() if path.suffix in TYPES}

    async def handle(self, request: Request) -> Response:
        path, method = request.path, request.method
        try:
            if method == "GET":
                answer = self._get(request, path)
            elif method == "POST":
                answer = self._post(request, path)
            else:
                answer = reply({"error": "not allowed"}, 405)
        except NotPossible as refusal:
            answer = reply({"error": str(refusal)}, 409)
        except (ValueError, TypeError, KeyError) as trouble:
            answer = reply({"error": str(trouble)}, 400)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers |= {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return answer

    def _get(self, request: Request, path: str) -> Response:
        if path in ("/", "/index.html"):
            return self._file("phone.html")
        if path == "/favicon.ico":
            return self._file("icon.svg")
        if path.startswith("/static/"):
            return self._file(path.removeprefix("/static/"))
        if path == "/phone/state":
            return self._state(request)
        if path == "/phone/events":
            return self._events(request)
        if path.startswith("/phone/media/"):
            return self._media(path.rpartition("/")[2])
        if path.startswith("/phone/transcripts/"):
            steps = transcripts.steps(path.removeprefix("/phone/transcripts/"))
            return reply({"steps": steps}) if steps is not None else reply({"error": "no such transcript"}, 404)
        return reply({"error": "nothing here"}, 404)

    def _post(self, request: Request, path: str) -> Response:
        if path == "/phone/open":
            return reply(self._shown(identify(self.house, payload_of(request)), 0))
        if path == "/phone/say":
            said = say(self.house, payload_of(request))
            return reply({"message": said.entry.for_phone()})
        if path == "/phone/upload":
            mime_type = request.headers.get("content-type", "application/octet-stream")
            if len(request.body) > limits.MEDIA_BYTES["document"]:
                raise NotPossible("WhatsApp takes files up to 100 MB")
            file = self.house.media.from_customer(
                request.body, mime_type, request.query.get("filename", "")[:240], kind_of(mime_type)
            )
            return reply({"id": file.id, "kind": file.kind, "mime_type": file.mime_type})
        if path == "/phone/seen":
            return reply({"read": self.house.statuses.seen(str(payload_of(request).get("key", "")))})
        if path == "/phone/clear":
            if (customer := self.house.state.find(str(payload_of(request).get("key", "")))) is not None:
                customer.chat.clear()
            return reply({"cleared": True})
        return reply({"error": "nothing here"}, 404)

    def _file(self, name: str) -> Response:
        found = self.files.get(name)
        if found is None:
            return reply({"error": "nothing here"}, 404)
        return Response(200, found[0], found[1])

    def _state(self, request: Request) -> Response:
        """The chats of the phones asked for, and what the page needs to know of its surroundings."""
        keys = [k for k in request.query.get("keys", "").split(",") if k][:12]
        customers = [c for c in (self.house.state.find(key) for key in keys) if c is not None]
        config = self.house.config
        found = {
            "business": {"name": config.business_name, "number": config.display_number},
            "phones": [self._shown(c, 200) for c in customers],
            "transcripts": transcripts.names(),
        }
        return reply(found)

    @staticmethod
    def _shown(customer: Customer, newest: int) -> Json:
        chat = list(customer.chat)[-newest:] if newest else []
        found: Json = {"key": customer.key, "number": customer.number, "bsuid": customer.bsuid, "name": customer.name}
        return found | {"username": customer.username, "chat": [entry.for_phone() for entry in chat]}

    def _media(self, media_id: str) -> Response:
        """A picture or document for the page itself. Types a browser would run are only given as downloads."""
        file = self.house.media.files.get(media_id)
        if file is None:
            return reply({"error": "this file is gone"}, 404)
        plain = file.mime_type.partition(";")[0].strip().lower()
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
        if plain in SHOWN_INLINE:
            if plain == "application/pdf":
                del headers["Content-Security-Policy"]  # the browser's own PDF viewer does not start in a sandbox
            return Response(200, file.content, plain, headers)
        headers["Content-Disposition"] = "attachment"
        return Response(200, file.content, "application/octet-stream", headers)

    def _events(self, request: Request) -> Response:
        keys = frozenset(request.query.get("keys", "").split(","))
        return Response(200, b"", "text/event-stream", stream=self._stream(keys))

    async def _stream(self, keys: frozenset[str]) -> AsyncIterator[bytes]:
        """Server-sent events of these chats. A page that cannot keep up is told to load everything again."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(MOST_QUEUED)

        def tell(key: str, event: Json) -> None:
            if key and key not in keys:
                return
            if queue.full():
                event = {"event": "reset"}
                while not queue.empty():
                    queue.get_nowait()
            queue.put_nowait(b"data: " + json.dumps({"key": key, **event}).encode() + b"\n\n")

        listener = Listener(tell)
        self.house.state.listeners.add(listener)
        try:
            yield b"retry: 1000\n\n"
            while not self.house.stopping.is_set():
                try:
                    async with asyncio.timeout(BEAT_S):
                        piece = await queue.get()
                except TimeoutError:
                    piece = b": beat\n\n"
                yield piece
        finally:
            self.house.state.listeners.discard(listener)
