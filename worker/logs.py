"""Logs: an event name and ids, JSON lines, to stdout and `logs/app.log`; one correlation id from webhook to delivery.

Never message text, names, whole phone numbers, prescription content or tokens. What comes from libraries (a traceback may
quote anything) goes through the scrubber that also guards Sentry.
"""

from __future__ import annotations

import json
import logging
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import structlog

from worker.scrubbing import scrub

LIBRARY_LEVELS = {"apscheduler": logging.WARNING, "urllib3": logging.WARNING, "_granian": logging.WARNING}


class _JsonLines(logging.Formatter):
    """Records of libraries in our form; their texts scrubbed."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"event": scrub(record.getMessage()), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        line["timestamp"] = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        return json.dumps(line)


class _Ours(logging.Formatter):
    """Records of structlog arrive rendered."""

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage()


def set_up(process: str, *, level: str, folder: str) -> None:
    """Once a process, before anything logs. A folder that cannot be written is said once; stdout goes on alone."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    problem = ""
    if folder:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            handlers.append(WatchedFileHandler(Path(folder) / "app.log", encoding="utf-8"))
        except OSError as e:
            problem = f"{folder} cannot be written ({e.strerror}); logs go to stdout only"
    ours = logging.getLogger("drugsng")
    ours.propagate = False
    root = logging.getLogger()
    for logger, formatter in ((ours, _Ours()), (root, _JsonLines())):
        logger.handlers = []
        for handler in handlers:
            twin = _twin(handler)
            twin.setFormatter(formatter)
            logger.addHandler(twin)
        logger.setLevel(level)
    for name, floor in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(floor)
    logging.raiseExceptions = False  # a full disk must not stop the work
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _scrub_exception,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=lambda *_: ours,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    if problem:
        log().warning("logs.file_unusable", detail=problem)


def _twin(handler: logging.Handler) -> logging.Handler:
    if isinstance(handler, WatchedFileHandler):
        return WatchedFileHandler(handler.baseFilename, encoding="utf-8")
    return logging.StreamHandler(sys.stdout)


def _scrub_exception(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if "exception" in line:
        line["exception"] = scrub(line["exception"])
    return line


def log() -> Any:
    """The logger of the house: `log().info("order.placed", order=order_id)`."""
    return structlog.get_logger()


def correlate(correlation_id: str, **ids: int | str) -> None:
    """Puts these ids on every line of this thread until the next call."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation=correlation_id, **ids)
