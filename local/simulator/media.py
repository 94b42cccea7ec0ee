"""Uploaded files: ids, five-minute addresses, bytes. In memory, the oldest go when the bound is reached.

Source: Meta, business-phone-numbers/media (read 2026-11-22).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass

from local.simulator import limits, wire
from local.simulator.errors import GraphError, invalid


@dataclass(slots=True)
class File:
    """`kind`: image, document, audio, video, sticker. `by_customer` files came from a phone and have no type rules."""

    id: str
    content: bytes
    mime_type: str
    kind: str
    filename: str
    by_customer: bool
    sha256: bytes

    @property
    def sha256_base64(self) -> str:
        return base64.b64encode(self.sha256).decode()


class Media:
    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.held = 0
        self.files: dict[str, File] = {}
        self.urls: dict[str, tuple[str, float]] = {}

    def clear(self) -> None:
        self.files.clear()
        self.urls.clear()
        self.held = 0

    def upload(self, content: bytes, mime_type: str, filename: str) -> File:
        """A file of the business. Raises GraphError for a type or size WhatsApp does not take."""
        plain = mime_type.partition(";")[0].strip().lower()
        kind = limits.MEDIA_TYPES.get(plain)
        if kind is None:
            raise GraphError(
                100,
                message="(#100) Param file must be a file with one of the following types: "
                f"{', '.join(limits.MEDIA_TYPES)}. Received file of type '{plain[:80]}'.",
            )
        if not content:
            raise invalid("The file is empty")
        if len(content) > limits.MEDIA_BYTES[kind]:
            raise GraphError(
                100,
                message=f"(#100) Media file size too big. Max file size we currently support: {limits.MEDIA_BYTES[kind]} bytes.",
            )
        return self._keep(content, plain, kind, filename, False)

    def from_customer(self, content: bytes, mime_type: str, filename: str, kind: str) -> File:
        return self._keep(content, mime_type, kind, filename, True)

    def _keep(self, content: bytes, mime_type: str, kind: str, filename: str, by_customer: bool) -> File:
        file = File(wire.object_id(), content, mime_type, kind, filename, by_customer, hashlib.sha256(content).digest())
        self.files[file.id] = file
        self.held += len(content)
        while self.held > self.most_bytes and len(self.files) > 1:
            oldest = next(iter(self.files))
            self.held -= len(self.files.pop(oldest).content)
        return file

    def delete(self, media_id: str) -> bool:
        file = self.files.pop(media_id, None)
        if file is not None:
            self.held -= len(file.content)
        return file is not None

    def address(self, media_id: str) -> str:
        """A fresh token for `GET url`, good for five minutes."""
        now = time.monotonic()
        if len(self.urls) > 10_000:
            self.urls = {k: v for k, v in self.urls.items() if v[1] > now}
        token = secrets.token_urlsafe(24)
        self.urls[token] = (media_id, now + limits.MEDIA_URL_S)
        return token

    def behind(self, token: str) -> File | None:
        """The file of a token that is still good."""
        media_id, ends = self.urls.get(token, ("", 0.0))
        return self.files.get(media_id) if time.monotonic() < ends else None

    def age(self, seconds: float) -> None:
        """Addresses given out become older by so much."""
        self.urls = {token: (media_id, ends - seconds) for token, (media_id, ends) in self.urls.items()}
