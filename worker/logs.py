"""Logs: an event name and ids, JSON lines, to stdout and `logs/app.log`; one correlation id from webhook to delivery.

Never message text, names, whole phone numbers, prescription content or tokens. What comes from libraries (a traceback may
quote anything) goes through the scrubber that also guards Sentry.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from worker.scrubbing import scrub, without_words

LIBRARY_LEVELS = {
    "apscheduler": logging.WARNING,
    "urllib3": logging.WARNING,
    "_granian": logging.WARNING,
    "httpx": logging.WARNING,  # a line with the address for each call
    "httpcore": logging.WARNING,
    "peewee": logging.INFO,  # its debug lines quote every parameter, customers' words included
}


class Lines:
    """Writes whole lines to stdout and to a file, one system call each: lines of several processes do not mix.

    The file is opened anew when it was moved away (log rotation). A disk that is full, or a stdout nobody reads, costs lines
    and never the work.
    """

    LOOK_EVERY_S = 1.0

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = -1
        self._identity: tuple[int, int] | None = None
        self._looked = 0.0
        self._open()

    def write(self, line: str) -> None:
        data = (line + "\n").encode("utf-8", "backslashreplace")
        with suppress(OSError):
            os.write(1, data)
        if self._path is not None:
            if time.monotonic() - self._looked > self.LOOK_EVERY_S:
                self._open()
            with suppress(OSError):
                os.write(self._file, data)

    debug = info = warning = error = critical = exception = msg = write

    def _open(self) -> None:
        if self._path is None:
            return
        self._looked = time.monotonic()
        with suppress(OSError):
            found = os.stat(self._path)
            if (found.st_dev, found.st_ino) == self._identity:
                return
        with suppress(OSError):
            fresh = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            old, self._file = self._file, fresh
            info = os.fstat(fresh)
            self._identity = (info.st_dev, info.st_ino)
            if old >= 0:
                os.close(old)


class _Libraries(logging.Handler):
    """Records of libraries in our form; their texts scrubbed."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        line: dict[str, Any] = {"event": scrub(record.getMessage()), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            line["exception"] = without_words(*record.exc_info)
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        self._lines.write(json.dumps(line))


def set_up(process: str, *, level: str, folder: str) -> None:
    """Once a process, before anything logs. A folder that cannot be written is said once; stdout goes on alone."""
    path, problem = None, ""
    if folder:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            path = Path(folder) / "app.log"
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640))
        except OSError as e:
            path, problem = None, f"{folder} cannot be written ({e.strerror}); logs go to stdout only"
    lines = Lines(path)
    root = logging.getLogger()
    root.handlers = [_Libraries(lines)]
    root.setLevel(level)
    for name, floor in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(floor)
    logging.raiseExceptions = False
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_exception,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    if problem:
        log().warning("logs.file_unusable", detail=problem)


def _place_exception(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if line.pop("exc_info", None):
        line["exception"] = without_words(*sys.exc_info())
    return line


_log = structlog.get_logger()


def log() -> Any:
    """The logger of the house: `log().info("order.placed", order=order_id)`."""
    return _log


def correlate(correlation_id: str, **ids: int | str) -> None:
    """Puts these ids on every line of this thread until the next call."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation=correlation_id, **ids)
