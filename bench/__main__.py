"""Every figure, one after the other, each in a process of its own with a time limit, and one table at the end.

python -m bench                    webhook drain full crowd idle edge ocr payments flood waits prescription takeover expand
                                   search timers dates visits doctors windows
python -m bench drain idle         some of them
make bench ARGS="drain idle"       the same
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import figures
from bench.rig import ROOT

# What is run, and the seconds it may take: several times what a quiet laptop needs.
BENCHES: dict[str, tuple[tuple[str, ...], int]] = {
    "webhook": (("bench.webhook",), 180),
    "drain": (("bench.turns", "drain"), 120),
    "full": (("bench.turns", "full"), 180),
    "crowd": (("bench.turns", "crowd"), 300),
    "idle": (("bench.turns", "idle"), 120),
    "edge": (("bench.edge", "--seconds", "4"), 180),
    "ocr": (("bench.ocr",), 600),
    "payments": (("bench.payments", "--histories", "1000"), 600),
    "flood": (("bench.payment_flood",), 400),
    "waits": (("bench.payment_waits",), 120),
    "prescription": (("bench.prescription",), 300),
    "takeover": (
        ("bench.takeover", "--users", "10000", "--orders", "20000", "--prescriptions", "5000", "--sessions", "10000"),
        300,
    ),
    "expand": (("bench.expand",), 300),
    "timers": (("bench.timers",), 300),
    "dates": (("bench.dates",), 60),
    "visits": (("bench.visits",), 300),
    "doctors": (("bench.doctors",), 300),
    "windows": (("bench.windows",), 120),
    "search": (("bench.search", "--invented", "100000"), 300),
}
STOP_LIMIT_S = 60


def run(name: str, file: Path) -> list[figures.Figure]:
    """The figures of one bench; the last says so when it failed or took too long."""
    arguments, limit_s = BENCHES[name]
    environment = os.environ | {figures.FILE_VARIABLE: str(file)}
    child = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env=environment, start_new_session=True)
    ended = "ended with {}"
    try:
        status = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        ended, status = f"took longer than {limit_s} s", _end(child)
    except BaseException:
        _end(child)
        raise
    found = figures.read(file)
    failed = status != 0 and all(figure.met is not False for figure in found)
    return found + [figures.Figure(name, ended.format(status), "a figure", False)] * failed


def _end(child: subprocess.Popen[bytes]) -> int:
    """As Ctrl-C does, so that it stops the servers it started; by force when that takes too long."""
    child.send_signal(signal.SIGINT)
    try:
        return child.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait(5)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the bench that runs is ended, and the servers it started
    parser = argparse.ArgumentParser(prog="python -m bench", description="The figures, measured on this machine.")
    parser.add_argument("names", nargs="*", metavar="name", help=" ".join(BENCHES))
    names = parser.parse_args().names or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"{unknown[0]} is none of {' '.join(BENCHES)}")
    found: list[figures.Figure] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drugsng-figures-") as folder:
        for name in names:
            print(f"\n--- {name} (load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)", flush=True)
            found += run(name, Path(folder) / name)
    print(f"\n{figures.table(found)}\n")
    print(
        f"{time.monotonic() - began:.0f} s, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the end; "
        "CPU figures depend on the machine, and times on what else it does. Paced at 1,000 messages a second."
    )
    return 1 if any(figure.met is False for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
