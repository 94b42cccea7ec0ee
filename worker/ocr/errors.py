"""What can go wrong with a file that a customer sent, and with the process that reads it."""

from __future__ import annotations

# Whose fault it is decides what follows: `Unreadable` is told to the customer, `ReaderDied` counts against the file (it may be
# hostile) and `NoReader` counts against nobody: the file was not touched and is tried again.
UNREADABLE = {
    "empty": "no bytes at all",
    "not_a_picture": "neither a picture of a known kind nor a PDF",
    "too_big": "more bytes than a file may have",
    "too_many_pixels": "more pixels than may be unpacked",
    "encrypted_pdf": "a PDF that asks for a password",
    "broken": "of a known kind, but damaged so that nothing can be read",
    "heic": "HEIC, and no decoder for it here",
}
DEATHS = ("timeout", "memory", "crashed")


class Unreadable(Exception):
    """The file cannot be read and never will be. `code`: a key of UNREADABLE."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code}: {UNREADABLE[code]}")
        self.code = code


class ReaderDied(Exception):
    """The process that read the file was ended by it, or gave no usable answer. `code`: one of DEATHS. `detail`: for the log,
    types and places only."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class NoReader(Exception):
    """No reader could be had, so nothing is held against the file: `busy` (another file took all the time), `not_started`,
    or `closed` (the reader was closed meanwhile)."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
