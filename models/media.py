"""Files customers sent: which, for what, where WhatsApp keeps them (their ids live 7 days there), and where we do."""

from __future__ import annotations

from datetime import datetime

from models.base import db

# What a file is, by its first bytes. Whoever sends it may claim anything.
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
UNKNOWN = "application/octet-stream"


def content_type(content: bytes) -> str:
    """The kind of file by its own first bytes, UNKNOWN for what is none of ours. Says nothing about whether it is whole."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "image/heif"
    return UNKNOWN


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
) -> int:
    """Notes a file and its purpose, and gives its row. The same file for the same purpose again changes nothing."""
    # An update that changes nothing makes the row that was there come back, in the same statement.
    row = db.execute_sql(
        """INSERT INTO media ("customerId", "inboxId", kind, "mediaId", "mimeType", caption, filename, sha256, purpose,
               "orderNumber", "createdAt")
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT ("customerId", "mediaId", purpose) DO UPDATE SET purpose = EXCLUDED.purpose RETURNING id""",
        (customer_id, inbox_id, kind, media_id, mime_type, caption, filename, sha256, purpose, order_number, now),
    ).fetchone()
    return int(row[0])
