"""Files customers sent: which, for what, and where WhatsApp keeps them (their ids live 7 days there)."""

from __future__ import annotations

from datetime import datetime

from models.base import db


def keep(
    customer_id: int,
    inbox_id: int,
    *,
    kind: str,
    media_id: str,
    mime_type: str,
    caption: str,
    filename: str,
    sha256: str,
    purpose: str,
    order_number: str | None = None,
    now: datetime,
) -> None:
    """Notes a file and its purpose. The same file for the same purpose again changes nothing."""
    db.execute_sql(
        """INSERT INTO media ("customerId", "inboxId", kind, "mediaId", "mimeType", caption, filename, sha256, purpose,
               "orderNumber", "createdAt")
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (customer_id, inbox_id, kind, media_id, mime_type, caption, filename, sha256, purpose, order_number, now),
    )
