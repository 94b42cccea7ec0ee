"""The process that reads files: `python -m worker.ocr.child`, started and ended by `reader.py`, warm from file to file.

It confines itself before it loads anything (`confine.py`), loads the pipeline and its models once, and then answers frames
(`wire.py`): a file in on descriptor 0, what was read out on what was descriptor 1. Prints of libraries go to stderr, so that
they cannot fall between two frames. Whatever it cannot survive, it does not: the parent starts another.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from worker.ocr import confine, wire
from worker.ocr.errors import Unreadable
from worker.ocr.wire import Read

ROOT = Path(__file__).resolve().parents[2]
# What programs read on a plain system, beside the interpreter: libraries, fonts, the number of processors. Not /etc, not /home.
SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives"),
    *("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
)
OWN_ROOMS = ("worker", "models")


def main(arguments: list[str] | None = None) -> int:
    """Reads files until descriptor 0 ends. 0 then."""
    told = _options(arguments)
    answers = _answers_of_our_own()
    confine.limit(told.memory_mib)
    confine.die_with(told.lifeline)
    confine.allow_cpu(told.start_cpu_s)
    walls = [] if told.no_walls else confine.walls(_readable(told), Path(told.folder))
    read = _pipeline(told)
    _send(answers, wire.frame(wire.READY, json.dumps({"walls": walls}).encode()))
    with os.fdopen(0, "rb", closefd=False) as files:
        while (content := _next_file(files)) is not None:
            confine.allow_cpu(told.cpu_s)
            _send(answers, _answer(read, content))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m worker.ocr.child")
    parser.add_argument("--lifeline", type=int, required=True, help="descriptor of a pipe that ends when the parent does")
    parser.add_argument("--folder", required=True, help="the only folder it may write to")
    parser.add_argument("--pipeline", default="worker.ocr.pipeline:read", help="module:function, (content, engine=) -> Read")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--memory-mib", type=int, default=1600)
    parser.add_argument("--cpu-s", type=float, default=60.0, help="of one file")
    parser.add_argument("--start-cpu-s", type=float, default=60.0, help="of loading the models")
    parser.add_argument("--tesseract-cmd", default="")
    parser.add_argument("--tessdata-prefix", default="")
    parser.add_argument("--no-walls", action="store_true")
    parser.add_argument("--readable", action="append", default=[], help="one more folder it may read")
    return parser.parse_args(arguments)


def _answers_of_our_own() -> int:
    """A private descriptor for answers; descriptor 1 becomes stderr."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _readable(told: argparse.Namespace) -> list[tuple[Path, bool]]:
    """Folders and files it may read. Of the project's folder only the names: settings, logs and pictures may lie beside the code."""
    rooms = {*OWN_ROOMS, told.pipeline.partition(".")[0].partition(":")[0]}
    places = [*SYSTEM, sys.prefix, sys.base_prefix, f"/proc/{os.getpid()}", *told.readable, *(ROOT / room for room in rooms)]
    places += [entry for entry in sys.path if entry and Path(entry).resolve() != ROOT]
    return [(Path(place), True) for place in places] + [(ROOT, False)]


def _pipeline(told: argparse.Namespace) -> Callable[[bytes], Read]:
    """The function that reads, models loaded (where its module has a `warm`). Both are told the engine, and where Tesseract is
    if they take that."""
    module_name, _, function = told.pipeline.partition(":")
    module = importlib.import_module(module_name)
    options = {"engine": told.engine, "tesseract_cmd": told.tesseract_cmd, "tessdata_prefix": told.tessdata_prefix}
    warm, read = getattr(module, "warm", None), getattr(module, function)
    if warm is not None:
        warm(**_taken(warm, options))
    return partial(read, **_taken(read, options))


def _taken(function: Callable[..., Any], options: dict[str, str]) -> dict[str, str]:
    names = inspect.signature(function).parameters
    return {name: value for name, value in options.items() if name in names}


def _next_file(files: BinaryIO) -> bytes | None:
    """The next file; None when the parent has closed the pipe."""
    head = files.read(wire.HEAD.size)
    if len(head) < wire.HEAD.size:
        return None
    length = wire.head(head, wire.FILE)
    content = files.read(length)
    return content if len(content) == length else None


def _answer(read: Callable[[bytes], Read], content: bytes) -> bytes:
    """The frames to send. After anything but a reading or Unreadable the parent ends this process."""
    try:
        return wire.told_read(read(content))
    except Unreadable as unreadable:
        return wire.told_failed("unreadable", unreadable.code)
    except MemoryError as hunger:
        return wire.told_failed("died", "memory", _place(hunger))
    except Exception as bug:  # noqa: BLE001  the door of the process: the file goes before a person all the same
        return wire.told_failed("died", "crashed", _place(bug))


def _place(bug: BaseException) -> str:
    """Type and place of an error, and not its words: they may quote the paper."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(bug).__name__}{where}"


def _send(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    sys.exit(main())
