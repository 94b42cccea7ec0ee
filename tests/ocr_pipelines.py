"""Stand-ins for the pipeline in the reader's child: what a file may do to the process that reads it, on command.

The first bytes of the file say what is to happen. Anything else is loaded as a picture, as the real pipeline does, and a page
of it comes back with one line that tells its size.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from models.readings import Box, Line, Page, Reading
from worker.ocr.wire import PagePicture, Read

kept: list[bytearray] = []


def read(content: bytes, *, engine: str) -> Read:
    """Does what the file says."""
    word, _, rest = content[:2000].partition(b" ")
    deed = DEEDS.get(word.decode("latin-1"))
    if deed is not None:
        done = deed(rest.decode("latin-1"))
        return done if isinstance(done, Read) else told(str(done))
    from worker.ocr.load import load  # half a second that most of these children do not need

    loaded = load(content)
    pages = tuple(Page(sheet.pixels.shape[1], sheet.pixels.shape[0], from_text=bool(sheet.text_lines)) for sheet in loaded.pages)
    texts = [text for sheet in loaded.pages for text, _ in sheet.text_lines] or [f"{loaded.kind} {engine} {loaded.incomplete}"]
    lines = tuple(Line(0, Box(0, 0, 1, 1), text, 1.0) for text in texts)
    return Read(
        Reading(pages=pages, lines=lines, more_pages=loaded.more_pages), tuple(PagePicture(jpeg(), jpeg()) for _ in pages)
    )


def told(text: str) -> Read:
    """A page with one line."""
    return Read(Reading(pages=(Page(8, 8),), lines=(Line(0, Box(0, 0, 1, 1), text, 1.0),)), (PagePicture(jpeg(), jpeg()),))


def jpeg() -> bytes:
    """As much of one as the parent looks at."""
    return b"\xff\xd8\xff\xe0 a picture \xff\xd9"


def _loop(_: str) -> None:
    while True:
        pass


def _eat(_: str) -> None:
    while True:
        kept.append(bytearray(os.urandom(1024)) * 8192)


def _eat_shared(_: str) -> None:
    shared = [mmap.mmap(-1, 64 * 1024 * 1024) for _ in range(40)]
    for piece in shared:
        piece.write(b"x" * len(piece))
        time.sleep(0.02)


def _leak(mib: str) -> str:
    kept.append(bytearray(b"x") * (int(mib) * 1024 * 1024))
    return "leaked"


def _garbage(_: str) -> None:
    """Writes to every pipe it finds, as something that has taken the process over may."""
    for descriptor in range(3, 64):
        try:
            os.set_blocking(descriptor, False)
            os.write(descriptor, os.urandom(4096))
        except OSError:
            continue


def _lie(_: str) -> None:
    """An answer that announces far more than it may."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"TOLD\xff\xff\xff\xff")
        except OSError:
            continue
    time.sleep(60)


def _connect(port: str) -> str:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=2).close()
    except OSError as refused:
        return type(refused).__name__
    return "connected"


def _open(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return f"read {len(file.read())}"
    except OSError as refused:
        return type(refused).__name__


def _write(path: str) -> str:
    try:
        Path(path).write_bytes(b"x")
    except OSError as refused:
        return type(refused).__name__
    return "written"


def _start(_: str) -> str:
    return str(subprocess.Popen(["sleep", "300"]).pid)


def _start_and_loop(_: str) -> None:
    child = subprocess.Popen(["sleep", "300"])
    Path(os.environ["TMPDIR"], "pids").write_text(f"{os.getpid()} {child.pid}")
    time.sleep(300)


def _speak_later(seconds: str) -> str:
    """Says something more when the answer is long given."""
    threading.Timer(float(seconds), _garbage, [""]).start()
    return "spoken"


def _late(seconds: str) -> str:
    time.sleep(float(seconds))
    return "the answer to another file"


def _fail(text: str) -> None:
    raise KeyError(text)


def _core(_: str) -> None:
    ctypes.string_at(0)


DEEDS = {
    "loop": _loop,
    "late": _late,
    "speak-later": _speak_later,
    "no-picture": lambda _: Read(told("x").reading, (PagePicture(b"<html>", b"<html>"),)),
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "eat": _eat,
    "eat-at-once": lambda _: len(bytearray(3 << 30)),
    "eat-shared": _eat_shared,
    "leak": _leak,
    "abort": lambda _: os.abort(),
    "segfault": _core,
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda _: os._exit(0),
    "fail": _fail,
    "garbage": _garbage,
    "lie": _lie,
    "shout": lambda _: [os.write(2, b"x" * 100_000) for _ in range(100)] and "shouted",
    "print": lambda text: print(text, flush=True) or "printed",
    "connect": _connect,
    "open": _open,
    "write": _write,
    "start": _start,
    "start-and-loop": _start_and_loop,
    "environment": lambda _: " ".join(sorted(os.environ)),
    "pid": lambda _: os.getpid(),
    "limits": lambda name: next(
        line.split()[-3] for line in Path("/proc/self/limits").read_text().splitlines() if line.startswith(name)
    ),
    "nice": lambda _: os.nice(0),
}
