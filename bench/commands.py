"""`drugsng` run as a process of its own, with its lines as they come, the time it took and the memory it had."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.rig import ROOT

LIMIT_S = 3 * 3600


@dataclass(frozen=True, slots=True)
class Ended:
    seconds: float
    code: int
    peak_bytes: int


def run(command: list[str], url: str, heard: Callable[[str], None] = lambda _: None) -> Ended:
    """`drugsng ...` on the database at `url`. Its lines are printed with the second they came in; `heard` gets each."""
    began = time.monotonic()
    environment = os.environ | {"DATABASE_URL": url, "PYTHONUNBUFFERED": "1", "MIGRATION_LOG": "off"}
    child = subprocess.Popen(
        [sys.executable, "cli.py", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = threading.Timer(LIMIT_S, child.kill)
    watch.start()
    try:
        assert child.stdout
        for line in child.stdout:
            heard(line.strip())
            print(f"  {time.monotonic() - began:7.1f} s  {line.rstrip()}", flush=True)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        watch.cancel()
        if child.stdout:
            child.stdout.close()
    return Ended(time.monotonic() - began, child.returncode, used.ru_maxrss * 1024)
