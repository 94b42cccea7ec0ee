"""Customers who talk to a person, for tests: what they sent, what was said to them, files in the vault."""

from __future__ import annotations

import itertools
import re
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from models import support, vault
from models.base import connection
from tests.factories import a_customer

_ids = itertools.count(1)
OGG = b"OggS\x00\x02" + b"\x00" * 60


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def a_png(width: int = 8, height: int = 8, shade: int = 120) -> bytes:
    """A grey picture, whole enough for any browser."""
    rows = b"".join(b"\x00" + bytes([shade]) * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def a_talk(*said: str, name: str = "Ada Obi", minutes: float = 3, reason: str = "asked", wrote: float | None = None) -> int:
    """A customer who has asked for a person and waits since so many minutes. `wrote`: minutes since their last word."""
    customer = a_customer(name=name, registered=bool(name))
    connection().execute(
        """INSERT INTO conversations ("customerId", "lastInboundAt") VALUES (%(id)s, %(at)s)
           ON CONFLICT ("customerId") DO UPDATE SET "lastInboundAt" = EXCLUDED."lastInboundAt" """,
        {"id": customer, "at": ago(minutes if wrote is None else wrote)},
    )
    for number, words in enumerate(said or ("I want to talk to a person",)):
        says(customer, words, minutes=minutes - number * 0.01)
    support.hand_over(customer, reason, ago(minutes))
    return customer


def says(customer: int, words: str, *, minutes: float = 0) -> int:
    """A text of the customer, stored as the webhook stores it and handled."""
    payload = {"type": "text", "text": {"body": words}}
    return _received(customer, "text", payload, minutes)


def sends(
    customer: int, kind: str, content: bytes, mime: str, *, caption: str = "", minutes: float = 0, purpose: str = "support"
) -> str:
    """A file of the customer that is in the vault; what to ask `media` with."""
    number = _received(customer, kind, {"type": kind, kind: {"caption": caption, "id": "x"}}, minutes)
    name = vault.vault().put(content, room="threads", now=ago(minutes))
    row = connection().execute(
        """INSERT INTO media ("customerId", "inboxId", kind, "mediaId", "mimeType", purpose, "createdAt", "storedAs", "storedAt",
               "contentType")
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now(), %s) RETURNING id""",
        (customer, number, kind, f"t{next(_ids)}", mime, purpose, ago(minutes), name, mime),
    )
    return f"m{row.fetchone()[0]}"


def _received(customer: int, kind: str, payload: dict[str, Any], minutes: float) -> int:
    row = connection().execute(
        """INSERT INTO inbox (channel, "externalId", kind, "customerId", payload, status, "receivedAt", "sentAt")
           VALUES ('whatsapp', %s, %s, %s, %s, 'done', %s, %s) RETURNING id""",
        (f"wamid.talk{next(_ids)}", kind, customer, Jsonb(payload), ago(minutes), ago(minutes)),
    )
    number = int(row.fetchone()[0])
    connection().execute(
        """UPDATE conversations SET "lastInboundAt" = GREATEST("lastInboundAt", %s) WHERE "customerId" = %s""",
        (ago(minutes), customer),
    )
    return number


def bot_says(customer: int, words: str, *, status: str = "read", minutes: float = 0, **columns: Any) -> int:
    """A message of ours; its row."""
    payload = {"type": "text", "text": {"body": words}}
    given = {
        "customerId": customer,
        "payload": Jsonb(payload),
        "status": status,
        "expiresAt": ago(-60),
        "createdAt": ago(minutes),
    }
    given |= columns
    names, marks = ", ".join(f'"{name}"' for name in given), ", ".join(["%s"] * len(given))
    row = connection().execute(f"INSERT INTO outbox ({names}) VALUES ({marks}) RETURNING id", list(given.values()))
    return int(row.fetchone()[0])


def bubbles(page: str) -> list[tuple[str, str]]:
    """(who spoke, what is to be read) of each line."""
    found = re.findall(r'<article class="said by-(\w+)"[^>]*>(.*?)</article>', page, re.DOTALL)
    return [(by, " ".join(re.sub(r"<[^>]*>", " ", content).split())) for by, content in found]
