"""How well, how fast and in how much memory prescriptions are read, beside plain pytesseract. `python -m bench.ocr [--pictures DIR]`.

The folder holds pictures NAME.*, each with its truth: NAME.gt.txt, the lines as a person reads them, and for a prescription
NAME.json with `items` (`name`, `strength`). A paper whose truth has a `complaint` (too dark to read, say) is left out. Each
engine has a process of its own; they take turns, picture by picture, so that what else the machine does weighs on both.

CER: edits over the truth's letters, at most 1 a picture, mean; letters' case, quotes, dashes and blanks do not count.
KEY: words of medicines' names (3 letters or more) and strengths found whole. MED: medicines with every word and the strength.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from bench.figures import tell
from bench.rig import ROOT, percentile

PICTURES = ROOT / "tests" / "data" / "papers"
TURNED = ("rot", "turned", "exif")
UNITS = "mg/5ml|mcg/ml|iu/ml|mg|mcg|ml|iu|kg|g|%"
FOLDED = str.maketrans("‘’“”–—−×`•", "''\"\"---x'.")
ANSWER_S = 300


@dataclass(frozen=True, slots=True)
class Case:
    """A picture and its truth; `items` is None where it is no prescription."""

    path: Path
    truth: str
    items: list[dict[str, Any]] | None

    @property
    def group(self) -> str:
        return re.sub(r"_[^_]+$", "", self.path.stem)


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    cpu_s: float
    wall_s: float
    rss_mib: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ocr", description="Reading prescriptions, beside plain pytesseract.")
    parser.add_argument("--pictures", type=Path, default=PICTURES)
    parser.add_argument("--only", default="", help="names that match this expression")
    parser.add_argument("--serve", choices=READERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return _serve(READERS[given.serve]())
    cases = [case for case in _cases(given.pictures) if re.search(given.only, case.path.name)]
    if not cases:
        parser.error(f"no pictures with truth in {given.pictures}")
    answers: dict[str, list[Answer]] = {name: [] for name in READERS}
    with ExitStack() as stack:
        readers = {name: stack.enter_context(_reader(name)) for name in READERS}
        for ask in readers.values():
            ask(cases[0].path)  # models loaded, files in memory
        for case in cases:
            for name, ask in readers.items():
                answers[name].append(ask(case.path))
    return _report(cases, answers)


# ------------------------------------------------------------------------------------------------ the two that read


def _ours() -> Callable[[str], str]:
    from worker.ocr import pipeline

    pipeline.warm()
    return lambda path: pipeline.read_file(path).text


def _plain() -> Callable[[str], str]:
    import pytesseract
    from PIL import Image

    from worker.ocr import tesseract

    found = tesseract.find()
    pytesseract.pytesseract.tesseract_cmd = found.command
    if found.models:
        os.environ["TESSDATA_PREFIX"] = found.models
    os.environ["OMP_THREAD_LIMIT"] = "1"

    def read(path: str) -> str:
        if path.endswith(".pdf"):
            return ""
        with Image.open(path) as image:
            return str(pytesseract.image_to_string(image))

    return read


READERS: dict[str, Callable[[], Callable[[str], str]]] = {"plain": _plain, "ours": _ours}


def _serve(read: Callable[[str], str]) -> int:
    """Reads paths from stdin, answers with one JSON line each."""
    for line in sys.stdin:
        cpu, began = _cpu_s(), time.perf_counter()
        text = read(line.rstrip("\n"))
        told = Answer(text, _cpu_s() - cpu, time.perf_counter() - began, _rss_mib())
        print(json.dumps([told.text, told.cpu_s, told.wall_s, told.rss_mib]), flush=True)
    return 0


@contextmanager
def _reader(name: str) -> Iterator[Callable[[Path], Answer]]:
    command = [sys.executable, "-m", "bench.ocr", "--serve", name]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    assert child.stdin is not None
    assert child.stdout is not None

    def ask(path: Path) -> Answer:
        print(path.resolve(), file=child.stdin, flush=True)
        line = child.stdout.readline()
        if not line:
            raise SystemExit(f"the process that reads ({name}) ended at {path.name}")
        return Answer(*json.loads(line))

    try:
        yield ask
    finally:
        child.stdin.close()
        child.wait(ANSWER_S)
        child.stdout.close()


def _cpu_s() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _rss_mib() -> float:
    """The process at its peak. Not of what it started: a child counts as large as its parent until it has become Tesseract."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ------------------------------------------------------------------------------------------------ truth and scores


def _cases(folder: Path) -> Iterator[Case]:
    for truth in sorted(folder.glob("*.gt.txt")):
        name = truth.name.removesuffix(".gt.txt")
        pictures = [path for path in folder.glob(f"{name}.*") if path.suffix not in (".txt", ".json")]
        told = json.loads((folder / f"{name}.json").read_text("utf-8")) if (folder / f"{name}.json").exists() else {}
        if pictures and not told.get("complaint"):
            yield Case(pictures[0], _folded(truth.read_text("utf-8")), told.get("items"))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(FOLDED).lower().split())


def cer(text: str, truth: str) -> float:
    return min(1.0, Levenshtein.distance(truth, _folded(text)) / max(1, len(truth)))


def keys(text: str, items: list[dict[str, Any]]) -> list[list[bool]]:
    """For every medicine, whether each word of its name, and its strength, stand in the text."""
    joined = re.sub(rf"(\d)\s+(?=(?:{UNITS})(?![a-z]))", r"\1", _folded(text))

    def stands(word: str) -> bool:
        return re.search(rf"(?<![a-z0-9.]){re.escape(word)}(?![a-z0-9]|\.\d)", joined) is not None

    return [[stands(w) for w in (*re.findall(r"[a-z]{3,}", item["name"].lower()), item["strength"].lower())] for item in items]


def _rates(cases: list[Case], answers: list[Answer]) -> tuple[float, float, float]:
    """CER, KEY and MED in per cent; the last two 100 where there is nothing to find."""
    found = [found for case, answer in zip(cases, answers, strict=True) for found in keys(answer.text, case.items or [])]
    single = [one for item in found for one in item]
    errors = [cer(answer.text, case.truth) for case, answer in zip(cases, answers, strict=True)]
    return (
        100 * statistics.mean(errors),
        100 * (sum(single) / len(single) if single else 1.0),
        100 * (sum(map(all, found)) / len(found) if found else 1.0),
    )


def _report(cases: list[Case], answers: dict[str, list[Answer]]) -> int:
    def part(name: str, wanted: Callable[[Case], bool]) -> tuple[list[Case], list[Answer]]:
        both = [(case, answer) for case, answer in zip(cases, answers[name], strict=True) if wanted(case)]
        return [case for case, _ in both], [answer for _, answer in both]

    groups: dict[str, int] = defaultdict(int)
    for case in cases:
        groups[case.group] += 1
    print(f"{'group':16}{'n':>4}   {'CER':>16}{'KEY':>18}{'MED':>18}   ours (plain), %")
    for group, count in sorted(groups.items()):
        ours, plain = (_rates(*part(name, lambda case, g=group: case.group == g)) for name in ("ours", "plain"))
        print(f"{group:16}{count:4}   " + "".join(f"{a:9.1f} ({b:5.1f})" for a, b in zip(ours, plain, strict=True)))
    met = []

    def told(what: str, found: str, bar: str, ok: bool) -> None:
        tell(what, found, bar, ok)
        met.append(ok)

    for what, wanted, most in (
        ("prescriptions", _is_prescription, 1.5),
        ("other papers", lambda c: not _is_prescription(c), 5.0),
    ):
        if part("ours", wanted)[0]:
            ours, plain = (_rates(*part(name, wanted)) for name in ("ours", "plain"))
            told(f"reading, {what}: letters wrong", f"{ours[0]:.2f} % (plain {plain[0]:.1f})", f"<= {most} %", ours[0] <= most)
    turned = [("all", _is_prescription, 99.0), ("turned, EXIF", lambda c: _is_prescription(c) and c.group.endswith(TURNED), 98.0)]
    for what, wanted, least in turned:
        if part("ours", wanted)[0]:
            ours, plain = (_rates(*part(name, wanted)) for name in ("ours", "plain"))
            told(f"reading, {what}: KEY", f"{ours[1]:.1f} % (plain {plain[1]:.1f})", f">= {least:g} %", ours[1] >= least)
            told(f"reading, {what}: MED", f"{ours[2]:.1f} % (plain {plain[2]:.1f})", ">= 98 %", ours[2] >= 98)
    _report_costs(cases, answers, told)
    return 0 if all(met) else 1


def _report_costs(cases: list[Case], answers: dict[str, list[Answer]], told: Callable[[str, str, str, bool], None]) -> None:
    """Over the pictures that both read: plain pytesseract does not open PDFs."""
    both = [i for i, case in enumerate(cases) if case.path.suffix != ".pdf"]
    cpu = {name: statistics.median(answers[name][i].cpu_s for i in both) for name in answers}
    times = cpu["ours"] / cpu["plain"]
    told("reading: CPU, median", f"{cpu['ours']:.2f} s, {times:.1f} x plain ({cpu['plain']:.2f})", "<= 5 x", times <= 5)
    walls = [answer.wall_s for answer in answers["ours"]]
    p95 = percentile(walls, 0.95)
    told("reading: wall", f"p50 {statistics.median(walls):.2f} s, p95 {p95:.2f} s", "p95 <= 4 s", p95 <= 4)
    rss = max(answer.rss_mib for answer in answers["ours"])
    told("reading: memory at its peak", f"{rss:.0f} MiB", "<= 1200 MiB", rss <= 1200)


def _is_prescription(case: Case) -> bool:
    return case.items is not None


if __name__ == "__main__":
    sys.exit(main())
