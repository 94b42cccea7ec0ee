"""From a photo received to "we read ..." at the customer: the whole house, idle, one paper after the other.

python -m bench.prescription [--papers FOLDER] [--count N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from cryptography.fernet import Fernet

from bench.figures import tell
from bench.rig import ROOT, Rig, percentile, rig, spent
from local.environment import _tesseract
from local.seed import catalogue
from local.simulator.control import Simulator
from models import base

PAPERS = ROOT / "tests" / "data" / "papers"
KINDS = ("phone_", "flat_", "turned_", "hand_", "demo_")
BAR_S = 4.0
GREETING_WITHIN_S, READ_WITHIN_S = 10.0, 60.0


def papers(folder: Path, count: int) -> list[Path]:
    found = [path for path in sorted(folder.glob("*.jpg")) if path.name.startswith(KINDS)]
    return (found * count)[:count]


def photo_to_reading(it: Rig, files: list[Path]) -> None:
    base.bind(it.database_url)
    base.connection()
    catalogue.load(base.db)
    base.drop_connection()
    sealed = {"MEDIA_KEYS": Fernet.generate_key().decode(), "MEDIA_URL": str(it.folder / "media"), **_tesseract()}
    it.environment = it.environment | sealed
    it.web()
    it.simulator(statuses=False)
    it.worker(processes=1)
    it.start("ocr", "dramatiq worker.run --queues prescriptions --processes 1 --threads 1")
    it.clock()
    phone = Simulator.at(f"http://127.0.0.1:{it.simulator_port}")
    acknowledged, told = [], []
    _send(phone, "2348031099999", files[0])  # loads the models
    before = it.cpu()
    for n, paper in enumerate(files):
        first, whole = _send(phone, f"23480310{n:05d}", paper)
        acknowledged.append(first)
        told.append(whole)
        time.sleep(0.3)
    cpu = {name: seconds / len(files) for name, seconds in spent(before, it.cpu()).items()}
    tell("photo received to its acknowledgement", _quantiles(acknowledged), "within 1 s", max(acknowledged) < 1)
    tell(
        f'photo received to "we read", {len(files)} papers, idle',
        _quantiles(told),
        f"p50 < {BAR_S:g} s",
        statistics.median(told) < BAR_S,
    )
    tell("CPU seconds a prescription", ", ".join(f"{name} {seconds:.2f}" for name, seconds in sorted(cpu.items())))


def _send(phone: Simulator, number: str, paper: Path) -> tuple[float, float]:
    """Seconds to the acknowledgement and to the reading, of a customer who is known and has given consent."""
    for count, words in enumerate(("rx", "Ada Obi", "yes"), start=1):
        phone.say(number, words)
        phone.messages(number, wait_for=count)
    phone.settle()
    seen = len(phone.messages(number))
    began = time.monotonic()
    phone.send_media(number, paper.read_bytes())
    phone.messages(number, wait_for=seen + 1, timeout_s=GREETING_WITHIN_S)
    first = time.monotonic() - began
    phone.messages(number, wait_for=seen + 2, timeout_s=READ_WITHIN_S)
    return first, time.monotonic() - began


def _quantiles(seconds: list[float]) -> str:
    return f"p50 {statistics.median(seconds):.2f} s, p95 {percentile(seconds, 0.95):.2f} s, worst {max(seconds):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description="From a photo to what was read on it, through the whole house.")
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--count", type=int, default=15)
    given = parser.parse_args()
    with rig() as it:
        photo_to_reading(it, papers(given.papers, min(given.count, 200)))


if __name__ == "__main__":
    main()
