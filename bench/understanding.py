"""What reading a message costs: `python -m bench.understanding`.

Prints microseconds for short messages (by table and in all), milliseconds for 64 kB of hostile text, the cost of the import,
the share of `tests/data/dates.csv` read right and, where it is installed, what the dateparser library makes of the same table.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from worker.understanding import understand
from worker.understanding.dates import Moment, read_moment

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LAGOS = ZoneInfo("Africa/Lagos")
SIZE = 65_536
_REPEATED = {
    "letters": "a",
    "words": "paracetamol please ",
    "digits": "1.",
    "nearly danger": "chest cant drink pregnant ",
    "denied danger": "no chest pain ",
    "accents": "ẹ̀jẹ̀ ɗaya ",
    "emoji": "👍 ",
    "zero width": "\u200b",
}
LONG = {name: (piece * SIZE)[:SIZE] for name, piece in _REPEATED.items()}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _microseconds(text: str, times: int = 5) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.thread_time()  # ours alone, whatever else the machine does
        understand(text, now=NOW, zone=LAGOS)
        best = min(best, time.thread_time() - start)
    return best * 1e6


def short_messages() -> None:
    for table, column in (("intents.csv", "text"), ("emergencies.csv", "text"), ("dates.csv", "phrase")):
        costs = sorted(_microseconds(row[column]) for row in _rows(table))
        mean, p95 = statistics.fmean(costs), costs[int(len(costs) * 0.95)]
        p50, most = statistics.median(costs), costs[-1]
        print(f"{table:16} {len(costs):4} messages   mean {mean:6.1f} µs   p50 {p50:6.1f}   p95 {p95:6.1f}   max {most:6.1f}")


def long_texts() -> None:
    for name, text in LONG.items():
        print(f"64 kB {name:14} {_microseconds(text) / 1000:6.2f} ms")


def imports() -> None:
    code = "import time; s = time.perf_counter(); import worker.understanding; print(time.perf_counter() - s)"
    took = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT).stdout)
        for _ in range(3)
    ]
    print(f"import            {min(took) * 1000:6.1f} ms")


def dates() -> None:
    table = _rows("dates.csv")
    instants = [row for row in table if row["expected"][0].isdigit()]
    refused = [row for row in table if not row["expected"][0].isdigit()]

    def ours(row: dict[str, str]) -> str:
        found = read_moment(row["phrase"], NOW, ZoneInfo(row["zone"]))
        return found.at.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(found, Moment) else found.code

    start = time.perf_counter()
    moments, reasons = (sum(ours(row) == row["expected"] for row in rows) for rows in (instants, refused))
    each = (time.perf_counter() - start) / len(table) * 1e6
    print(
        f"dates, ours       {moments}/{len(instants)} moments right, "
        f"{reasons}/{len(refused)} refused with the right reason, {each:.0f} µs each"
    )
    _dateparser(instants, refused)


def _dateparser(instants: list[dict[str, str]], refused: list[dict[str, str]]) -> None:
    try:
        import dateparser
    except ImportError:
        print("dates, dateparser not installed")
        return
    warnings.simplefilter("ignore")

    def theirs(row: dict[str, str]) -> str | None:
        base = NOW.astimezone(ZoneInfo(row["zone"])).replace(tzinfo=None)
        options = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": base, "DATE_ORDER": "DMY", "TIMEZONE": row["zone"]}
        options |= {"TO_TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True}
        found = dateparser.parse(row["phrase"], languages=["en"], settings=options)
        return None if found is None else found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    start = time.perf_counter()
    read = [(theirs(row), row["expected"]) for row in instants]
    let_through = sum(theirs(row) is not None for row in refused)
    each = (time.perf_counter() - start) / (len(instants) + len(refused)) * 1e6
    right = sum(found == expected for found, expected in read)
    wrong = sum(found is not None and found != expected for found, expected in read)
    print(
        f"dates, dateparser {right}/{len(instants)} moments right, {wrong} wrong, "
        f"{let_through}/{len(refused)} of what must be refused given a moment, {each:.0f} µs each"
    )


if __name__ == "__main__":
    imports()
    short_messages()
    long_texts()
    dates()
