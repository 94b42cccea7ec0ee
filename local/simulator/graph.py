"""The fake Graph API: sends, mark-as-read and typing, media. `Graph.handle` takes every path that begins with a version.

A send is answered in the same tick of the loop unless a fault or a latency is asked for.
Source: Meta, messages/*, business-phone-numbers/media (read 2026-11-22).
"""

from __future__ import annotations

import asyncio
import hmac
import io
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from werkzeug.formparser import FormDataParser

from local.peer.http_server import Request, Response
from local.simulator import checks, errors, limits, wire
from local.simulator.errors import GraphError
from local.simulator.faults import Fault
from local.simulator.state import Customer, Entry

if TYPE_CHECKING:
    from local.simulator.house import House

Json = dict[str, Any]
_VERSION = re.compile(r"v(\d{1,2})\.0")
NEWEST = 26
_JSON = "application/json; charset=UTF-8"


class Graph:
    def __init__(self, house: House) -> None:
        self.house = house
        self.allowance = float(limits.THROUGHPUT_PER_S)
        self.allowance_at = 0.0

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Routes one call: `POST /v/{number}/messages|media`, `GET|DELETE /v/{media id}`, `GET /v/{business
        account}/message_templates`."""
        parts = request.target.partition("?")[0].split("/")
        try:
            return self._route(request, parts[2:])
        except GraphError as refusal:
            return refused(refusal)

    def _route(self, request: Request, parts: list[str]) -> Response | Awaitable[Response]:
        version = _VERSION.fullmatch(request.target.split("/", 2)[1])
        if version is None or int(version[1]) > NEWEST or not parts:
            raise GraphError(2500, message=f"Unknown path components: {request.path[:100]}")
        self._authorised(request)
        method, name = request.method, parts[1] if len(parts) > 1 else ""
        if len(parts) == 2 and method == "POST" and name == "messages":
            self._own_number(parts[0])
            return self._message(request)
        if len(parts) == 2 and method == "POST" and name == "media":
            self._own_number(parts[0])
            return self._faulty("upload", {}, lambda: self._upload(request))
        if len(parts) == 2 and method == "GET" and name == "message_templates":
            if parts[0] != self.house.config.waba_id:
                raise errors.unknown_object(parts[0], "get")
            return self._faulty("templates", {}, lambda: self._templates(request))
        if len(parts) == 1 and method in ("GET", "DELETE"):
            return self._faulty("media", {}, lambda: self._media(request, parts[0]))
        raise GraphError(2500, message=f"Unknown path components: /{'/'.join(parts)[:100]}")

    def _authorised(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not given.startswith("Bearer ") or not given[7:].strip():
            raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
        if not hmac.compare_digest(given[7:].strip().encode(), self.house.config.access_token.encode()):
            raise GraphError(190, message="Error validating access token: the session is invalid or has expired.", subcode=463)

    def _own_number(self, number_id: str) -> None:
        if number_id != self.house.config.phone_number_id:
            raise errors.unknown_object(number_id)

    # ----------------------------------------------------------------------------------------------- faults around the work

    def _faulty(self, place: str, about: Mapping[str, Any], work: Callable[[], Response]) -> Response | Awaitable[Response]:
        """The work at once, or with the latency and the fault that are asked for."""
        fault = self.house.faults.take(place, about) if self.house.faults else None
        if fault is None and not self.house.config.latency_s:
            return self._answer(work)
        return self._slow(fault, work)

    @staticmethod
    def _answer(work: Callable[[], Response]) -> Response:
        try:
            return work()
        except GraphError as refusal:
            return refused(refusal)

    async def _slow(self, fault: Fault | None, work: Callable[[], Response]) -> Response:
        if (wait := self.house.config.latency_s + (fault.delay_s if fault else 0.0)) > 0:
            await asyncio.sleep(wait)
        if fault is None:
            return self._answer(work)
        if fault.hang_s:
            if fault.hang_after:
                self._answer(work)
            await asyncio.sleep(fault.hang_s)
            return Response(cut_after=0)
        if fault.cut == "before":
            return Response(cut_after=0)
        answer = refusal_of(fault) if fault.refuses else self._answer(work)
        if fault.delay_after_s:
            await asyncio.sleep(fault.delay_after_s)
        if fault.cut == "after":
            answer.cut_after = 0
        elif fault.cut == "mid":
            answer.cut_after = len(answer.head(True)) + len(answer.body) // 2
        answer.drip_s = fault.drip_s
        if fault.retry_after is not None:
            answer.headers["Retry-After"] = str(fault.retry_after)
        return answer

    # ----------------------------------------------------------------------------------------------- messages

    def _message(self, request: Request) -> Response | Awaitable[Response]:
        raw = request.body
        try:
            payload = json.loads(raw)
        except (ValueError, RecursionError):
            payload = _form(request)
            raw = wire.encode(payload)
        if not isinstance(payload, dict):
            raise errors.required("messaging_product")
        if "status" in payload:
            return self._faulty("read", {"payload": payload}, lambda: self._read(payload))
        house = self.house
        if not house.faults and not house.config.latency_s:
            return self._send(payload, raw)
        about: Json = {"to": str(payload.get("to") or payload.get("recipient") or "").lstrip("+"), "payload": payload}
        about["type"] = payload.get("type", "text")
        fault = house.faults.take("send", about) if house.faults else None
        if fault is None and not house.config.latency_s:
            return self._send(payload, raw)
        return self._slow(fault, lambda: self._send(payload, raw, fault.failed_code if fault else None))

    def _send(self, payload: Json, raw: bytes, failed_code: int | None = None) -> Response:
        """Checks, limits, keeps, announces statuses. Raises GraphError."""
        house = self.house
        config = house.config
        kind = checks.check(payload)
        number, bsuid = checks.recipient(payload, config.country_code)
        if number and number == config.display_number.lstrip("+"):
            raise GraphError(131021, "Recipient cannot be the sender")
        mismatch = self._files(kind, payload[kind])
        words = house.templates.said(payload["template"], config.templates) if kind == "template" else ""
        customer = house.state.customer(number, bsuid)
        now = time.time()
        self._rates(customer, now)
        closed = config.window != "off" and kind != "template" and now - customer.last_wrote > limits.WINDOW_S
        if closed and config.window == "sync":
            raise window_closed()
        failure = None
        if failed_code:
            failure = GraphError(failed_code)
        elif closed:
            failure = window_closed()
        elif mismatch:
            failure = GraphError(131053, mismatch)
        message_id = wire.message_id(customer.key)
        entry = house.state.accept(message_id, customer, kind, raw, payload.get("biz_opaque_callback_data"), words)
        house.statuses.announce(entry, failure)
        return accepted(payload, customer, entry)

    def _rates(self, customer: Customer, now: float) -> None:
        config = self.house.config
        if config.throughput_limit:
            most = float(limits.THROUGHPUT_PER_S)
            self.allowance = min(most, self.allowance + (now - self.allowance_at) * most)
            self.allowance_at = now
            if self.allowance < 1:
                raise GraphError(
                    130429, "Message failed to send because there were too many messages sent from this phone number"
                )
            self.allowance -= 1
        if config.pair_limit and not customer.may_receive(now):
            raise GraphError(
                131056, "Message failed to send because there were too many messages sent to this recipient too quickly"
            )

    def _files(self, kind: str, content: Any) -> str:
        """Whether media ids are known (raises) and fit the type (else the words of a later 131053)."""
        found: list[tuple[str, str, str]] = []
        if kind in limits.MEDIA_BYTES and "id" in content:
            found.append((kind, content["id"], kind))
        elif kind == "interactive" and "header" in content:
            header = content["header"]
            form = header["type"]
            if form != "text" and "id" in header[form]:
                found.append((form, header[form]["id"], f"interactive['header']['{form}']"))
        for wanted, media_id, path in found:
            file = self.house.media.files.get(media_id) if isinstance(media_id, str) else None
            if file is None:
                raise checks.bad_media(path)
            if file.kind != wanted and wanted != "document":
                return f"Media of type {file.mime_type} cannot be sent as {wanted}"
        return ""

    def _templates(self, request: Request) -> Response:
        """`GET /{business account}/message_templates`, a page of `limit` after the cursor `after`."""
        query = request.query
        after, limit = query.get("after", "0"), query.get("limit", "25")
        if not (after.isascii() and after.isdigit() and limit.isascii() and limit.isdigit()):
            raise errors.invalid("after and limit are numbers")
        first, most = int(after), min(100, max(1, int(limit)))
        found: Json = {"data": list(self.house.templates.page(first, most))}
        if first + most < len(self.house.templates.kept):
            found["paging"] = {"cursors": {"after": str(first + most)}, "next": "https://graph.facebook.com/next"}
        return Response(body=wire.encode(found), content_type=_JSON)

    def _read(self, payload: Json) -> Response:
        """Mark-as-read, with or without the typing indicator. Marks the earlier ones of the chat too."""
        if payload.get("messaging_product") != "whatsapp":
            raise errors.required("messaging_product")
        if payload.get("status") != "read":
            raise GraphError(100, message="(#100) Param status must be one of {READ}.")
        for key in payload:
            if key not in ("messaging_product", "status", "message_id", "typing_indicator"):
                raise errors.unexpected(key, "message")
        message_id = payload.get("message_id")
        if not isinstance(message_id, str) or not message_id:
            raise errors.required("message_id")
        typing = payload.get("typing_indicator")
        if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
            raise errors.invalid("typing_indicator['type'] must be text")
        house = self.house
        entry = house.state.by_id.get(message_id)
        house.state.count("typing" if typing else "read")
        if entry is not None and entry.mine:
            for earlier in entry.customer.chat:
                if earlier.mine and earlier.at <= entry.at:
                    house.state.mark(earlier, "read")
            if typing:
                house.state.tell(entry.customer.key, {"event": "typing", "for_s": limits.TYPING_S})
        return Response(body=b'{"success":true}', content_type=_JSON)

    # ----------------------------------------------------------------------------------------------- media

    def _upload(self, request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        if not content_type.lower().startswith("multipart/form-data"):
            raise errors.required("file")
        environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(request.body))}
        environ["wsgi.input"] = io.BytesIO(request.body)  # type: ignore[assignment]
        parser = FormDataParser(_in_memory, max_form_memory_size=1 << 20, max_form_parts=20)
        _, form, files = parser.parse_from_environ(environ)
        if form.get("messaging_product") != "whatsapp":
            raise errors.required("messaging_product")
        upload = files.get("file")
        if upload is None:
            raise errors.required("file")
        mime_type = upload.mimetype or form.get("type", "")
        file = self.house.media.upload(upload.read(), mime_type, upload.filename or "")
        return Response(body=wire.encode({"id": file.id}), content_type=_JSON)

    def _media(self, request: Request, media_id: str) -> Response:
        file = self.house.media.files.get(media_id)
        given = request.query.get("phone_number_id")
        if file is None or (given is not None and given != self.house.config.phone_number_id):
            raise errors.unknown_object(media_id, request.method.lower())
        if request.method == "DELETE":
            self.house.media.delete(media_id)
            return Response(body=b'{"success":true}', content_type=_JSON)
        host = request.headers.get("host", "127.0.0.1")
        found = {
            "url": f"http://{host}/_media/{self.house.media.address(media_id)}",
            "mime_type": file.mime_type,
            "sha256": file.sha256.hex(),
            "file_size": len(file.content),
            "id": media_id,
            "messaging_product": "whatsapp",
        }
        return Response(body=wire.encode(found), content_type=_JSON)

    def download(self, request: Request) -> Response | Awaitable[Response]:
        """`GET url` of a media look-up: the bearer again, or 401; over or unknown, 404."""
        try:
            self._authorised(request)
        except GraphError:
            return Response(401, b"", "text/html")
        return self._faulty("download", {}, lambda: self._bytes(request))

    def _bytes(self, request: Request) -> Response:
        file = self.house.media.behind(request.path.rpartition("/")[2])
        if request.method != "GET" or file is None:
            return Response(404, b"", "text/html")
        return Response(200, file.content, file.mime_type)


def accepted(payload: Json, customer: Customer, entry: Entry) -> Response:
    given = payload.get("to")
    contact = {"input": payload["recipient"] if given is None else str(given)}
    if customer.number:
        contact["wa_id"] = customer.number
    if given is None:
        contact["user_id"] = payload["recipient"]
    message: Json = {"id": entry.id}
    if entry.kind == "template":
        message["message_status"] = "accepted"
    answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
    return Response(body=wire.encode(answer), content_type=_JSON)


def refused(refusal: GraphError) -> Response:
    headers = {"WWW-Authenticate": 'OAuth "Facebook Platform" "invalid_token"'} if refusal.http == 401 else {}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return Response(refusal.http, refusal.body(), _JSON, headers)


def refusal_of(fault: Fault) -> Response:
    """The error a fault asks for: a Graph envelope, or any body with any status."""
    if fault.body is not None:
        kind = "text/html; charset=utf-8" if fault.body.lstrip().startswith("<") else _JSON
        return Response(fault.http or 500, fault.body.encode(), kind)
    if fault.code is None:
        if fault.http == 200:
            return Response(200, b"{}", _JSON)
        return Response(
            fault.http,
            GraphError(1 if fault.http < 500 else 2, fault.details, http=fault.http, transient=fault.transient).body(),
            _JSON,
        )
    error = GraphError(fault.code, fault.details, http=fault.http or None, subcode=fault.subcode, transient=fault.transient)
    return refused(error)


def window_closed() -> GraphError:
    return GraphError(
        131047, "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
    )


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> io.BytesIO:
    """Where werkzeug puts an uploaded part: never a temporary file."""
    return io.BytesIO()


def _form(request: Request) -> Json:
    """Graph takes form fields as well as JSON; anything else is a request without parameters."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise GraphError(100, "The request body is not valid JSON")
    found: Json = {}
    for name, values in parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=100).items():
        try:
            found[name] = json.loads(values[-1])
        except ValueError:
            found[name] = values[-1]
    return found
