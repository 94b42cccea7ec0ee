"""What a file of a talk is, by its own first bytes. Pure."""

from __future__ import annotations

from models import media

_BEGINNINGS = (
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
)
_OPUS_WITHIN = 64  # the first page of an Ogg file holds nothing but the head of its one stream


def kind_of(content: bytes, told: str) -> str:
    """What a file is, where its first bytes say; `told` by whoever sent it decides only between sound and film."""
    known = media.content_type(content)
    if known != media.UNKNOWN:
        return known
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[4:8] == b"ftyp":
        film = "video/3gpp" if content[8:10] == b"3g" else "video/mp4"
        return "audio/mp4" if content[8:12] in (b"M4A ", b"M4B ") or told.startswith("audio/") else film
    return media.UNKNOWN


def sendable(content: bytes, filename: str) -> str:
    """As `kind_of`, for what is to be sent: WhatsApp takes Ogg with Opus only (Cloud API, media, read November 2026)."""
    kind = kind_of(content, "audio/mp4" if filename.lower().endswith(".m4a") else "")
    return media.UNKNOWN if kind == "audio/ogg" and b"OpusHead" not in content[:_OPUS_WITHIN] else kind
