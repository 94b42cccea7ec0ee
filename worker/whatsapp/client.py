"""The only HTTP to Meta: sends, read marks, media. Blocking, thread-safe; one `WhatsApp` a process.

Source: developers.facebook.com/documentation/business-messaging/whatsapp (messages/send-messages,
business-phone-numbers/media), read November 2026. There is no idempotency key: whoever sends twice is read twice, so
every failure says whether the message may have been sent (`klass` "ambiguous").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from urllib3.filepost import encode_multipart_formdata

from models.wire import a_list, a_text, is_usable_id
from worker.errors import GatewayError
from worker.whatsapp import errors, outbound
from worker.whatsapp.errors import SendError
from worker.whatsapp.transport import Answer, Limits, NoAnswer, NotSent, Transport

MEDIA_HOSTS = (".fbsbx.com", ".facebook.com", ".whatsapp.net")  # who may see the token, besides the configured base URL
MEDIA_TRANSPORTS_MAX = 8
TEMPLATE_PAGE, TEMPLATE_PAGES_MAX = 100, 20
TEMPLATE_FIELDS = "name,language,status,category,components"
UPLOAD_NAME = "file"

_ID = re.compile(r"[A-Za-z0-9_.-]{1,256}", re.ASCII)
_STALE_URL = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True)
class Accepted:
    """Meta took the message (not: delivered it). `wamid` is its id in all statuses."""

    wamid: str


@dataclass(frozen=True, slots=True)
class Media:
    """Where a file can be fetched for five minutes. `size` in bytes, 0 when not said; `sha256` base64 or hex."""

    url: str
    mime_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Approval:
    """A template as Meta has it. `status` APPROVED, PENDING, REJECTED, PAUSED, DISABLED...; `text` its body."""

    name: str
    language: str
    status: str
    category: str
    text: str


class WhatsApp:
    """Meta's Graph API for one business phone number. Every method raises GatewayError for whatever goes wrong."""

    def __init__(
        self,
        base_url: str,
        version: str,
        phone_number_id: str,
        access_token: str,
        *,
        limits: Limits | None = None,
        media_limits: Limits | None = None,
        pool_size: int = 32,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the base URL must be http(s)://host[:port]")
        if not (_ID.fullmatch(version) and _ID.fullmatch(phone_number_id)):
            raise ValueError("version and phone number id must be plain words")
        self._origin = parts.scheme, parts.hostname, parts.port
        self._root = f"{parts.path.rstrip('/')}/{version}"
        self._number = phone_number_id
        self._limits = limits or Limits()
        self._media_limits = media_limits or Limits(read_s=15.0, total_s=60.0)
        self._pool_size = pool_size
        self._graph = Transport(*self._origin, pool_size=pool_size)
        self._elsewhere: dict[tuple[str, str, int | None], Transport] = {}
        self._lock = threading.Lock()
        self._authorization = {"Authorization": f"Bearer {access_token}", "User-Agent": "drugsng/3"}
        self._json_headers = self._authorization | {"Content-Type": "application/json"}

    def __repr__(self) -> str:
        return f"WhatsApp({self._origin[1]}, number {self._number})"

    # ------------------------------------------------------------------------------------------------------ messages

    def send(self, payload: Mapping[str, Any]) -> Accepted:
        """Sends one built payload. `klass` "ambiguous" in the error: it may have been sent all the same."""
        answer = self._post_message(payload, repeatable=False)
        wamid = _first_id(_json(answer.body).get("messages"))
        if wamid is None:
            raise _error(SendError(errors.AMBIGUOUS, "no_message_id"))
        return Accepted(wamid)

    def mark_read(self, message_id: str, *, typing: bool = False) -> None:
        """Blue ticks; with `typing` also "typing...". May be repeated without harm, so it is never ambiguous."""
        self._post_message(outbound.mark_read(message_id, typing=typing), repeatable=True)

    def _post_message(self, payload: Mapping[str, Any], *, repeatable: bool) -> Answer:
        body = json.dumps(payload, separators=(",", ":"), allow_nan=False).encode("ascii")
        target = f"{self._root}/{self._number}/messages"
        return self._call(self._graph, "POST", target, self._json_headers, body, self._limits, repeatable=repeatable)

    # ----------------------------------------------------------------------------------------------------- templates

    def templates(self, business_account_id: str) -> tuple[Approval, ...]:
        """All templates of the business account (of up to 2,000). Source: Graph API reference, WhatsApp Business Account,
        message_templates, read November 2026."""
        if not _ID.fullmatch(business_account_id):
            raise ValueError("the business account id must be a plain word")
        found: list[Approval] = []
        after = ""
        for _ in range(TEMPLATE_PAGES_MAX):
            query = f"fields={TEMPLATE_FIELDS}&limit={TEMPLATE_PAGE}" + (f"&after={quote(after, safe='')}" if after else "")
            target = f"{self._root}/{business_account_id}/message_templates?{query}"
            answer = self._call(self._graph, "GET", target, self._authorization, None, self._limits, repeatable=True)
            page = _json(answer.body)
            found += [_approval(each) for each in a_list(page.get("data")) if isinstance(each, dict)]
            paging = page.get("paging")
            cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
            after = a_text(cursors.get("after")) if isinstance(cursors, dict) else ""
            if not after:
                break
        return tuple(found)

    # --------------------------------------------------------------------------------------------------------- media

    def media_url(self, media_id: str) -> Media:
        """Looks a media id up. Ids of customers' media live 7 days, the address 5 minutes."""
        target = f"{self._root}/{_media_id(media_id)}?phone_number_id={self._number}"
        try:
            answer = self._call(self._graph, "GET", target, self._authorization, None, self._limits, repeatable=True)
        except GatewayError as error:
            if error.code != "100/33":  # object unknown: here it is the file that is gone, not our number
                raise
            raise _error(SendError(errors.BAD_CONTENT, "media_gone", error.detail)) from error
        found = _json(answer.body)
        size = a_text(found.get("file_size"))
        if not a_text(found.get("url")):
            raise _error(SendError(errors.RETRYABLE, "no_media_url"))
        return Media(
            a_text(found["url"]),
            a_text(found.get("mime_type")),
            a_text(found.get("sha256")),
            int(size) if size.isascii() and size.isdigit() and len(size) < 16 else 0,
        )

    def download(self, media_id: str, max_bytes: int, *, sha256: str = "") -> bytes:
        """A customer's file, at most `max_bytes` long and with the digest Meta names (and the webhook's, if given).

        The token goes to Meta's hosts and the configured base URL only, and redirects are not followed: the address in an
        answer is not to be trusted with it. An address gone stale is looked up once more.
        """
        media = self.media_url(media_id)
        answer = self._fetch(media, max_bytes)
        if answer.status in _STALE_URL:
            media = self.media_url(media_id)
            answer = self._fetch(media, max_bytes)
        if answer.status != 200:
            raise _error(_media_refusal(answer), repeatable=True)
        if answer.cut:
            code = "media_too_big" if len(answer.body) >= max_bytes else "answer_cut"
            raise _error(SendError(errors.BAD_CONTENT if code == "media_too_big" else errors.RETRYABLE, code))
        if not all(_same_digest(expected, answer.body) for expected in (media.sha256, sha256)):
            raise _error(SendError(errors.RETRYABLE, "media_checksum", max_tries=3))
        return answer.body

    def upload(self, content: bytes, mime_type: str, *, filename: str = UPLOAD_NAME, limits: Limits | None = None) -> str:
        """Stores a file at Meta for 30 days; gives back its id for `Picture` and `Document`."""
        fields = {"messaging_product": "whatsapp", "type": mime_type, "file": (filename, content, mime_type)}
        body, content_type = encode_multipart_formdata(fields)  # type: ignore[arg-type]
        headers = self._authorization | {"Content-Type": content_type}
        target = f"{self._root}/{self._number}/media"
        answer = self._call(self._graph, "POST", target, headers, body, limits or self._media_limits, repeatable=True)
        media_id = a_text(_json(answer.body).get("id"))
        if not _ID.fullmatch(media_id):
            raise _error(SendError(errors.RETRYABLE, "no_media_id"))
        return media_id

    def close(self) -> None:
        """Closes all kept connections; the object can be used again."""
        with self._lock:
            for transport in (self._graph, *self._elsewhere.values()):
                transport.close()
            self._graph, self._elsewhere = Transport(*self._origin, pool_size=self._pool_size), {}

    def _fetch(self, media: Media, max_bytes: int) -> Answer:
        if media.size > max_bytes:
            raise _error(SendError(errors.BAD_CONTENT, "media_too_big"))
        transport, target = self._media_transport(media.url)
        limits = replace(self._media_limits, max_bytes=max_bytes)
        return _exchange(transport, "GET", target, self._authorization, None, limits, repeatable=True)

    def _media_transport(self, url: str) -> tuple[Transport, str]:
        """The connections for an address and the request target, taken from one parse: two parsers may disagree on hosts."""
        try:
            parts = urlsplit(url)
            origin = parts.scheme, parts.hostname or "", parts.port
        except ValueError as error:
            raise _error(SendError(errors.BAD_CONTENT, "media_host")) from error
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
        )
        if origin == self._origin:
            return self._graph, target
        plain_host = re.fullmatch(r"[a-z0-9.-]+", origin[1]) is not None and parts.username is None and "\\" not in url
        if not (plain_host and origin[0] == "https" and origin[2] in (None, 443) and origin[1].endswith(MEDIA_HOSTS)):
            raise _error(SendError(errors.BAD_CONTENT, "media_host"))
        with self._lock:
            if origin not in self._elsewhere:
                if len(self._elsewhere) >= MEDIA_TRANSPORTS_MAX:
                    self._elsewhere.pop(next(iter(self._elsewhere)))  # closed when its last user lets go of it
                self._elsewhere[origin] = Transport(*origin, pool_size=4)
            return self._elsewhere[origin], target

    def _call(
        self,
        transport: Transport,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: Limits,
        *,
        repeatable: bool,
    ) -> Answer:
        """An answer of status 200 without an error in it; everything else raises GatewayError."""
        answer = _exchange(transport, method, target, headers, body, limits, repeatable=repeatable)
        succeeded = 200 <= answer.status < 300
        if answer.cut:
            # A refusal whose reason got lost was no acceptance; a lost acceptance may have been one.
            raise _error(SendError(errors.AMBIGUOUS if succeeded else errors.RETRYABLE, "answer_cut"), repeatable=repeatable)
        if not succeeded or isinstance(_json(answer.body).get("error"), dict):
            found = errors.classify(answer.status, answer.body, answer.headers.get("Retry-After"))
            raise _error(found, repeatable=repeatable)
        return answer


_QUERY = "/%:@!$&'()*+,;=~-._?"


def _exchange(
    transport: Transport,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    limits: Limits,
    *,
    repeatable: bool,
) -> Answer:
    try:
        return transport.exchange(method, target, headers, body, limits)
    except NotSent as error:
        raise _error(SendError(errors.RETRYABLE, str(error)), repeatable=True) from error
    except NoAnswer as error:
        raise _error(SendError(errors.AMBIGUOUS, str(error)), repeatable=repeatable) from error


def _error(found: SendError, *, repeatable: bool = False) -> GatewayError:
    """`repeatable`: doing it twice harms nobody, so what is ambiguous is simply worth another try."""
    klass = errors.RETRYABLE if repeatable and found.klass == errors.AMBIGUOUS else found.klass
    return GatewayError(
        retryable=klass in (errors.RETRYABLE, errors.SLOW_DOWN),
        code=found.code,
        detail=found.detail,
        klass=klass,
        retry_after_s=found.retry_after_s,
        scope=found.scope,
        max_tries=found.max_tries,
    )


def _media_refusal(answer: Answer) -> SendError:
    if answer.status in (404, 410):
        return SendError(errors.BAD_CONTENT, "media_gone")
    # Refused at the second address too. Whether the token is at fault, the next send will tell.
    if answer.status in (401, 403):
        return SendError(errors.RETRYABLE, f"http_{answer.status}", max_tries=3)
    if 300 <= answer.status < 400:
        return SendError(errors.BAD_CONTENT, "media_redirect")
    return errors.classify(answer.status, answer.body, answer.headers.get("Retry-After"))


def _media_id(media_id: str) -> str:
    if not _ID.fullmatch(media_id) or set(media_id) == {"."}:
        raise _error(SendError(errors.BAD_CONTENT, "media_id"))
    return media_id


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _approval(found: dict[str, Any]) -> Approval:
    parts = [part for part in a_list(found.get("components")) if isinstance(part, dict)]
    body = next((a_text(part.get("text")) for part in parts if a_text(part.get("type")).upper() == "BODY"), "")
    return Approval(
        a_text(found.get("name")),
        a_text(found.get("language")),
        a_text(found.get("status")),
        a_text(found.get("category")),
        body,
    )


def _first_id(messages: Any) -> str | None:
    first = next(iter(a_list(messages)), None)
    found = a_text(first.get("id")) if isinstance(first, dict) else ""
    return found if is_usable_id(found) else None


def _same_digest(expected: str, content: bytes) -> bool:
    """Whether the digest, in hex or base64, is the content's. One in no known form says nothing, so it passes."""
    digest = hashlib.sha256(content).digest()
    text = expected.strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return text.lower() == digest.hex()
    try:
        decoded = base64.b64decode(
            text + "=" * (-len(text) % 4), altchars=b"-_" if set(text) & {"-", "_"} else None, validate=True
        )
    except (binascii.Error, ValueError):
        return True
    return decoded == digest if len(decoded) == 32 else True
