"""Whether a file is a PDF that shows pages and does nothing else: what is sent on to a customer's phone must not act there.

Nothing of it is drawn or run here: names are looked for, in the file as it lies and in its packed objects (ISO 32000-1, 7.5.7), which
are unpacked within a bound. Whatever cannot be looked into is refused as well.
"""

from __future__ import annotations

import re
import zlib

SIZE_MAX = 2_900_000  # bytes; a form of more than 3 MB does not reach the console
UNPACKED_MAX = 24_000_000
STREAMS_MAX = 10_000
DICTIONARY_MAX = 4_000  # bytes in front of a stream that are looked at for what it is
BEGINS = b"%PDF-"
# Actions that run, start, fetch or send something, and files within the file (ISO 32000-1, tables 198 and 44; 7.11.4; XFA 12.7.8).
# Opening at a page (/OpenAction with a destination) and links are what word processors write themselves.
ACTING = frozenset(
    {
        *(b"JavaScript", b"Launch", b"SubmitForm", b"ImportData", b"GoToR", b"GoToE", b"Rendition", b"RichMedia"),
        *(b"RichMediaExecute", b"EmbeddedFile", b"EmbeddedFiles", b"XFA", b"Movie", b"Collection"),
    }
)
ENCRYPTED = b"Encrypt"
_NAME = re.compile(rb"/([!-$&'*-.0-;=?-Z\\^-z|~#]{1,40})")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]{0,200}\]|/[A-Za-z0-9]+|\d+\s+\d+\s+R)")


def refusal(content: bytes) -> str:
    """Why it is not taken: `empty`, `too_big`, `kind` (no PDF, or not a whole one), `encrypted`, `active`; "" when it is."""
    if not content:
        return "empty"
    if len(content) > SIZE_MAX:
        return "too_big"
    if not content.startswith(BEGINS) or b"%%EOF" not in content[-2048:] or b"startxref" not in content[-2048:]:
        return "kind"
    found = _names(content)
    if ENCRYPTED in found:
        return "encrypted"
    packed = _packed_names(content)
    if packed is None or (found | packed) & ACTING:
        return "active"
    return "" if b"Page" in found | packed else "kind"


def _names(text: bytes) -> set[bytes]:
    """Every name in it, its escapes (`/J#61vaScript`) undone. Strings that look like names count: better one too many."""
    return {_ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), name) for name in set(_NAME.findall(text))}


def _packed_names(content: bytes) -> set[bytes] | None:
    """The names in object streams; None where one of them cannot be looked into."""
    found: set[bytes] = set()
    left = UNPACKED_MAX
    for number, match in enumerate(_STREAM.finditer(content)):
        if number >= STREAMS_MAX:
            return None
        lowest = max(0, match.start() - DICTIONARY_MAX)
        about = content[max(content.rfind(b" obj", lowest, match.start()), lowest) : match.start()]
        names = _names(about)
        if not (b"ObjStm" in names or {b"First", b"N"} <= names):
            continue
        unpacked = _unpacked(content, match.end(), about, left)
        if unpacked is None:
            return None
        left -= len(unpacked)
        found |= _names(unpacked)
    return found


def _unpacked(content: bytes, at: int, about: bytes, most: int) -> bytes | None:
    """What is in the object stream that begins there. None for other ways of packing than the usual one, for damage, and for more
    than `most` bytes."""
    way = _FILTER.search(about)
    if way is None:
        end = content.find(b"endstream", at)
        return content[at:end] if 0 <= end - at <= most else None
    if most <= 0 or b"/DecodeParms" in about or re.sub(rb"[\[\]\s]", b"", way[1]) not in (b"/FlateDecode", b"/Fl"):
        return None
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(memoryview(content)[at:], most)
    except zlib.error:
        return None
    return unpacked if unpacker.eof else None
