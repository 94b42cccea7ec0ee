"""How well and how fast doctors are found, and what a list of days costs. `python -m bench.doctors [--doctors 5000] [--misses]`

First what people write (tests/data/doctors_asked.csv) is asked of the demo doctors: right is a first page on which everybody has the
specialty, city and name that were meant, or nobody where nobody was. Then so many invented doctors are added, of whom forty are booked
to seven tenths for three months, and statements and CPU are counted. Servers are throw-away ones.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from bench.figures import tell
from bench.rig import ROOT
from local import services
from local.seed import doctors as demo
from models import base, migrating, visits
from models.base import connection
from models.visits.lexicon import city_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BAR_SHARE, BAR_STATEMENTS = 0.9, 2
ASKED = ROOT / "tests/data/doctors_asked.csv"
TIMES = 20
STATEMENT_S = 120.0  # filling is one statement
FIRST = (
    "Amaka",
    "Chidi",
    "Ngozi",
    "Tunde",
    "Bola",
    "Kemi",
    "Musa",
    "Halima",
    "Zainab",
    "Emeka",
    "Sade",
    "Uche",
    "Ada",
    "Yusuf",
    "Grace",
)
PARTS = (
    "ba",
    "be",
    "bi",
    "da",
    "do",
    "fe",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "lu",
    "ma",
    "me",
    "mo",
    "na",
    "nu",
    "ra",
    "sa",
    "ta",
    "chi",
    "kwu",
)
TRADES = ("Cardiologist", "Pediatrician", "Dermatologist", "General Practitioner", "Gynecologist", "Neurologist", "Dentist")
PLACES = ("Lagos", "Abuja", "Port Harcourt", "Kano", "Enugu", "Ibadan", "Benin City", "Uyo", "Jos", "Ikeja", "Lekki Phase 1")
BUSY = """
INSERT INTO appointments ("userId", "doctorId", "dateTime", state, number, "createdAt", "updatedAt")
SELECT %(user)s, d.id, t, 'booked', 'B' || d.id || '-' || extract(epoch FROM t)::bigint, now(), now()
FROM (SELECT id FROM doctors WHERE specialty = 'Cardiologist' ORDER BY id DESC LIMIT 40) d,
    generate_series(%(now)s::timestamptz, %(now)s::timestamptz + interval '91 days', '30 min') t
WHERE extract(isodow FROM t) < 6 AND extract(hour FROM t AT TIME ZONE 'UTC') BETWEEN 7 AND 16 AND random() < 0.7
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Finding doctors and their free times.")
    parser.add_argument("--doctors", type=int, default=5000)
    parser.add_argument("--misses", action="store_true", help="print what was not answered right")
    given = parser.parse_args()
    with services.throwaway() as made:
        url = made.start(valkey=False)[0]
        migrating.migrate(url)
        base.bind(url, statement_s=STATEMENT_S)
        with base.db.connection_context():
            demo.load(base.db)
            good = _quality(given.misses)
            _invent(given.doctors)
            good &= _cost(given.doctors)
        base.drop_connection()
    return 0 if good else 1


def _quality(misses: bool) -> bool:
    with ASKED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = [row["query"] for row in rows if not right(row)]
    if misses:
        print("\n".join(wrong))
    share = 1 - len(wrong) / len(rows)
    tell("doctors found for what people write", f"{share:.1%} of {len(rows)}", f"{BAR_SHARE:.0%}", share >= BAR_SHARE)
    return share >= BAR_SHARE


def right(row: dict[str, str]) -> bool:
    """Whether the first page answers one phrase of the file: `name` "-" means nobody."""
    found = visits.find(row["query"], limit=5, offset=0, now=NOW).doctors
    if row["name"] == "-":
        return not found
    return bool(found) and all(
        (not row["specialty"] or each.specialty == row["specialty"])
        and (not row["place"] or row["place"] in (city_of(each.place), each.place))
        and row["name"] in each.name
        for each in found
    )


def _invent(count: int) -> None:
    pick = random.Random(4)
    with connection().transaction(), connection().cursor() as cursor:
        cursor.executemany(
            """INSERT INTO doctors (name, specialty, location, rating, "createdAt", "updatedAt") VALUES (%s, %s, %s, %s, now(), now())""",
            [
                (
                    f"Dr {pick.choice(FIRST)} {''.join(pick.choices(PARTS, k=3)).title()}",
                    pick.choice(TRADES),
                    pick.choice(PLACES),
                    round(pick.uniform(3, 5), 1),
                )
                for _ in range(count)
            ],
        )
        made = cursor.execute(
            """INSERT INTO users (name, email, "phoneNumber", password, "createdAt", "updatedAt")
               VALUES ('Busy', 'busy@pharmacy.example', '0800', '', now(), now()) RETURNING id"""
        ).fetchall()
        cursor.execute(BUSY, {"user": made[0][0], "now": NOW})
    connection().execute("ANALYZE")


def _cost(count: int) -> bool:
    ((busy,),) = connection().execute('SELECT max("doctorId") FROM visit_times').fetchall()
    works: dict[str, Callable[[], Any]] = {
        f"search {words!r}": lambda words=words: visits.find(words, limit=5, offset=0, now=NOW)  # type: ignore[misc]
        for words in ("heart doctor in ph", "dr amka", "cardiologst lag", "")
    }
    works["a busy doctor's card"] = lambda: visits.doctor(f"d{busy}", NOW)
    works["a week of a busy doctor"] = lambda: visits.days(f"d{busy}", now=NOW, first=None)
    works["a month, two months on"] = lambda: visits.days(f"d{busy}", now=NOW, first=date(2027, 1, 20), limit=31)
    met = True
    for name, work in works.items():
        statements, cpu_ms = _measured(work)
        most = BAR_STATEMENTS if name.startswith("search") else 1
        met &= statements <= most
        found = f"{statements} statements, {cpu_ms:.1f} ms of CPU in our process"
        tell(f"{name} among {count:,}", found, f"{most} statements", statements <= most)
    return met


def _measured(work: Callable[[], Any]) -> tuple[int, float]:
    """Statements of one call, and CPU of our own process for one of several."""
    real, seen = connection().cursor_factory, 0

    class Counting(real):  # type: ignore[misc, valid-type]
        def execute(self, *args: Any, **more: Any) -> Any:
            nonlocal seen
            seen += 1
            return super().execute(*args, **more)

    work()
    connection().cursor_factory = Counting
    work()
    connection().cursor_factory = real
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return seen, (time.process_time() - began) / TIMES * 1000


if __name__ == "__main__":
    sys.exit(main())
