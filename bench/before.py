"""Does each version of the program still work on the schema of the version after it? Its own tests say so.

python -m bench.before [--release COMMIT ...] [--newest] [--limit 900] [--processes 2] [--stand-ins COMMIT]

A release here is a commit that added steps of the schema. For each, the version just before it is taken out of git into a folder
of its own, gets the newer steps (those of that commit; with `--newest` all there are now) and runs those of its tests that work on
the database: orders, conversations, payments, prescriptions, the console. Tests that fail run once more by themselves, and those
that fail again also without the newer steps: what passes there and not here is the schema's doing, and fails the run. A commit
whose stand-ins for the outside were halfway from one form to another can have those of another. Nothing is written into the repository.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from bench.figures import tell
from bench.rig import ROOT

FIRST = "007"  # the steps before it came with the program itself: before them was the old program
STEP = re.compile(r"migrations/(\d{3})_\w+\.py")
WORKS_ON_ROWS = re.compile(
    r"test_(carts|conversation|effects|inbox|outbox|orders|order_figures|fulfilment|payments|prescriptions|console|staff|catalogue"
    r"|transcripts|review|notices|templates|watching|flows_\w+_real|timers|sessions|visits|thread)(_\w+)?\.py"
)
# Migrations are what is changed here; browsers, processes that are killed and long random walks say nothing about a schema.
LEFT_OUT = re.compile(r"_(migration|browser|processes|property|cli|import|simulator|storm)\.py$")
STAND_INS = ("local/peer", "local/providers", "local/simulator")
SOME = 25  # names printed


@dataclass(frozen=True, slots=True)
class Release:
    commit: str
    steps: tuple[str, ...]  # file names


@dataclass(frozen=True, slots=True)
class Ran:
    tests: int
    failed: tuple[str, ...]
    seconds: float
    over_time: bool


def main() -> int:
    parser = argparse.ArgumentParser(description="Each version of the program on the schema of the version after it.")
    parser.add_argument("--release", action="append", help="a commit that added steps; otherwise all of them")
    parser.add_argument("--newest", action="store_true", help="on the newest schema instead of the next one")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds for one version's tests")
    parser.add_argument("--stand-ins", metavar="COMMIT", help="whose local/{peer,providers,simulator} to use")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    bad = 0
    for release in releases():
        if given.release and not any(release.commit.startswith(each) for each in given.release):
            continue
        with tempfile.TemporaryDirectory(prefix="drugsng-before-") as folder:
            bad += not _prove(release, Path(folder), given)
    return 1 if bad else 0


def releases() -> list[Release]:
    """Oldest first; the last one has no commit ("") when there are steps in the working tree that are not committed yet."""
    found: list[Release] = []
    for block in _git("log", "--reverse", "--diff-filter=A", "--format=%x00%H", "--name-only", "--", "migrations").split("\0")[
        1:
    ]:
        commit, *files = block.split()
        steps = tuple(sorted(Path(f).name for f in files if (step := STEP.fullmatch(f)) and step[1] >= FIRST))
        if steps:
            found.append(Release(commit, steps))
    known = {step for release in found for step in release.steps}
    new = tuple(sorted(p.name for p in (ROOT / "migrations").glob("[0-9]*.py") if p.name[:3] >= FIRST and p.name not in known))
    return [*found, Release("", new)] if new else found


def _prove(release: Release, folder: Path, given: argparse.Namespace) -> bool:
    before = f"{release.commit}^" if release.commit else "HEAD"
    newer, own = folder / "newer", folder / "own"
    for place in (newer, own):
        _take_out(before, place)
        if given.stand_ins:
            for name in STAND_INS:
                shutil.rmtree(place / name, ignore_errors=True)
            _take_out(given.stand_ins, place, *STAND_INS)
    added = _add_steps(release, newer, newest=given.newest)
    tests = sorted(f"tests/{p.name}" for p in (own / "tests").iterdir() if _chosen(p.name))
    ran = _run(newer, tests, given.limit, given.processes)
    failed = _run(newer, list(ran.failed), given.limit, 0).failed if ran.failed else ()
    blamed = sorted(set(failed) - set(_run(own, list(failed), given.limit, 0).failed)) if failed else []
    version = _git("log", "-1", "--format=%h %s", before).strip()
    tell(
        f"the version before {', '.join(step[:3] for step in release.steps)} ({version[:60]}) on the schema with {', '.join(added)}",
        f"{ran.tests:,} tests of {len(tests)} files in {ran.seconds:.0f} s, {len(failed)} fail, {len(blamed)} of them only there"
        + (", cut off by the limit" if ran.over_time else ""),
        "none fails only there",
        not blamed and not ran.over_time and ran.tests > 0,
    )
    for name in blamed[:SOME]:
        print(f"  only there: {name}", flush=True)
    for name in sorted(set(failed) - set(blamed))[:SOME]:
        print(f"  also without: {name}", flush=True)
    return not blamed and not ran.over_time and ran.tests > 0


def _chosen(name: str) -> bool:
    return bool(WORKS_ON_ROWS.fullmatch(name)) and not LEFT_OUT.search(name)


def _take_out(revision: str, place: Path, *folders: str) -> None:
    """The files of a revision (of these folders, or all), and nothing of git."""
    place.mkdir(exist_ok=True)
    packed = place.with_suffix(".tar")
    with packed.open("wb") as file:
        subprocess.run(["git", "-C", str(ROOT), "archive", revision, *folders], stdout=file, check=True, timeout=120)
    with tarfile.open(packed) as archive:
        archive.extractall(place, filter="data")
    packed.unlink()


def _add_steps(release: Release, place: Path, *, newest: bool) -> list[str]:
    """Puts the newer steps beside those that are there; a step that was amended since is taken as it is now. Their numbers."""
    last = release.steps[-1]
    wanted = [p for p in sorted((ROOT / "migrations").glob("[0-9]*.py")) if newest or p.name <= last]
    added = [p.name[:3] for p in wanted if not (place / "migrations" / p.name).exists()]
    for path in wanted:
        shutil.copy(path, place / "migrations" / path.name)
    return added


def _run(place: Path, tests: list[str], limit_s: float, processes: int) -> Ran:
    """Those tests of the version in `place`; names are `file::test`."""
    report = place / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--tb=short",
        "--timeout=120",
        f"--junitxml={report}",
    ]
    command += ["-n", str(processes), "--dist", "loadfile", *tests]
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DATABASE_URL", "REDIS_URL")}
    began, over_time = time.monotonic(), False
    with (place.parent / f"{place.name}.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=place, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            over_time = True
            child.terminate()
            child.wait(60)
    seconds = time.monotonic() - began
    if not report.exists():
        print((place.parent / f"{place.name}.log").read_text("utf-8", "replace")[-2000:])
        return Ran(0, (), seconds, over_time)
    cases = list(ET.parse(report).iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    if keep := os.environ.get("BENCH_BEFORE_LOGS"):
        shutil.copy(place.parent / f"{place.name}.log", Path(keep) / f"{place.parent.name}-{place.name}.log")
    return Ran(len(cases), tuple(sorted({_name(case) for case in failed})), seconds, over_time)


def _name(case: ET.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '')}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
