"""A voice note as WhatsApp delivers it: Opus in an Ogg container (RFC 7845), whole enough for any player."""

from __future__ import annotations

import struct

FRAME = b"\xf8\xff\xfe"  # 20 ms of silence, full band, one channel (RFC 6716, 3.1 and 2.1.9)
SAMPLES = 960  # of a frame, at the 48 kHz in which Ogg counts Opus
PRE_SKIP = 312
FRAMES_A_PAGE = 50
SERIAL = 7


def opus(seconds: float = 2.0) -> bytes:
    """An Ogg Opus file of silence, this long."""
    frames = int(seconds * 50)
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, PRE_SKIP, 16000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<I", 0)
    pages = [_page([head], 0, 0, begins=True), _page([tags], 0, 1)]
    for first in range(0, frames, FRAMES_A_PAGE):
        count = min(FRAMES_A_PAGE, frames - first)
        granule = (first + count) * SAMPLES + PRE_SKIP
        pages.append(_page([FRAME] * count, granule, len(pages), ends=first + count == frames))
    return b"".join(pages)


def _page(packets: list[bytes], granule: int, number: int, *, begins: bool = False, ends: bool = False) -> bytes:
    """RFC 3533, 6: header, table of lengths, content, with a checksum over all of it."""
    lengths = bytes(len(packet) for packet in packets)  # each shorter than 255
    header = b"OggS" + struct.pack("<BBqIII", 0, 2 * begins + 4 * ends, granule, SERIAL, number, 0) + bytes([len(packets)])
    page = header + lengths + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    """CRC-32 of Ogg: polynomial 0x04c11db7, not reflected, begun with 0."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
