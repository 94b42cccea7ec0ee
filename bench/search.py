"""How well and how fast the catalogue is searched. `python -m bench.search --catalogue FILE --cases FILE`, `--scale FILE` or
`--invented 100000`.

--catalogue  CSV of products (columns as `drugsng catalogue import` reads them, with a column `id` or `code`)
--cases      JSON {"queries": [{query, kind, relevant_exact, relevant_equivalent}]}; the ids are those of the catalogue
--scale      CSV or CSV.GZ of many products: latency over the first 100,000, names and substances with one or two slips
--invented   the same over so many invented products (bench/catalogue.py), on servers of its own unless --database is given

Without files it uses SEARCH_CATALOGUE and SEARCH_CASES. The database (DATABASE_URL, or --database) is filled and left
behind; it must be a throw-away one, with migrations applied. Every row takes part: register dates, prices and stock of
the file are not used.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from peewee import PostgresqlDatabase

from bench import catalogue
from bench.figures import tell
from bench.rig import percentile, rig
from models.catalogue import search
from models.catalogue.importing import import_rows, read_csv

SCALE_ROWS = 100_000
SCALE_QUERIES = 400
BAR_MS = 30


def main() -> int:
    parser = argparse.ArgumentParser(description="Search quality and latency.")
    parser.add_argument("--catalogue", default=os.environ.get("SEARCH_CATALOGUE"))
    parser.add_argument("--cases", action="append", default=None)
    parser.add_argument("--scale")
    parser.add_argument("--invented", type=int, metavar="PRODUCTS")
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL"))
    parser.add_argument("--keep", action="store_true", help="the database is already filled with this file")
    parser.add_argument("--misses", action="store_true", help="print every case that was not answered at rank 1")
    given = parser.parse_args()
    if given.invented:
        return _invented(given.database, given.invented, given.keep)
    if not given.database or not (given.catalogue or given.scale):
        parser.error("needs a database and --catalogue or --scale")
    db = PostgresqlDatabase(given.database, prefer_psycopg3=True)
    if given.scale:
        rows = list(islice(_rows(given.scale), SCALE_ROWS))
        if not given.keep:
            _fill(db, iter(rows))
        return _latency(db, rows)
    cases = given.cases or [os.environ.get("SEARCH_CASES") or parser.error("needs --cases")]
    if not given.keep:
        _fill(db, read_csv(given.catalogue))
    ok = True
    for name in cases:
        ok &= _quality(db, name, given.misses)
    return 0 if ok else 1


def _fill(db: PostgresqlDatabase, rows: Iterator[dict[str, str]]) -> None:
    db.execute_sql("TRUNCATE products, healthcare_products CASCADE")
    began = time.perf_counter()
    kept = ({**row, "expires": "", "active": "", "stock": "10", "price": "1000", "price_kobo": ""} for row in rows)
    done = import_rows(db, kept)
    db.execute_sql("VACUUM ANALYZE catalogue_entries")
    print(f"filled: {done.added} rows in {time.perf_counter() - began:.1f} s, {done.refused} refused")


def _quality(db: PostgresqlDatabase, cases: str, misses: bool) -> bool:
    ids = dict(
        db.execute_sql(
            """SELECT 'm' || id, substr("importKey", 6) FROM products UNION ALL
               SELECT 'h' || id, substr("importKey", 6) FROM healthcare_products"""
        ).fetchall()
    )
    search(db, "warm up")
    hits: dict[str, list[float]] = defaultdict(list)
    ranks: dict[str, list[float]] = defaultdict(list)
    passed: dict[str, list[bool]] = defaultdict(list)
    times: list[float] = []
    queries: list[str] = []
    for case in json.loads(Path(cases).read_text("utf-8"))["queries"]:
        queries.append(case["query"])
        began = time.perf_counter()
        found = search(db, case["query"], limit=5)
        times.append((time.perf_counter() - began) * 1000)
        kind = case["kind"]
        if kind in ("negative", "controlled"):
            right = not found.products if kind == "negative" else found.controlled and found.products[0].control == "controlled"
            passed[kind].append(bool(right))
            if misses and not right:
                print(f"  WRONG {kind}: {case['query']!r} -> {[p.name for p in found.products]}")
            continue
        wanted = {*case["relevant_exact"], *case["relevant_equivalent"]}
        rank = next((i for i, product in enumerate(found.products, 1) if ids[product.ref] in wanted), 0)
        hits[kind].append(float(rank > 0))
        ranks[kind].append(1 / rank if rank else 0.0)
        if misses and rank != 1:
            print(
                f"  rank {rank} {kind}: {case['query']!r} ({found.matched_by}, {found.corrected}) -> {[p.name for p in found.products]}"
            )
    return _report(db, Path(cases).name, hits, ranks, passed, times, queries)


def _report(
    db: PostgresqlDatabase,
    title: str,
    hits: dict[str, list[float]],
    ranks: dict[str, list[float]],
    passed: dict[str, list[bool]],
    times: list[float],
    queries: list[str],
) -> bool:
    print(f"\n{title}: {len(times)} queries")
    for kind in sorted(hits):
        print(
            f"  {kind:22} {len(hits[kind]):4}  recall@5 {statistics.mean(hits[kind]):.3f}  MRR {statistics.mean(ranks[kind]):.3f}"
        )
    every = [value for group in hits.values() for value in group]
    every_rank = [value for group in ranks.values() for value in group]
    recall, mrr = (statistics.mean(every), statistics.mean(every_rank)) if every else (0.0, 0.0)
    print(f"  {'all':22} {len(every):4}  recall@5 {recall:.3f}  MRR {mrr:.3f}   (bars .93, .88)")
    for kind, rights in sorted(passed.items()):
        print(f"  {kind:22} {sum(rights)} of {len(rights)} right")
    print(f"  latency: {_spread(times)}")
    print(f"  {_processor_time(db, queries)}")
    return recall >= 0.93 and mrr >= 0.88 and all(all(rights) for rights in passed.values())


def _processor_time(db: PostgresqlDatabase, queries: list[str], rounds: int = 5) -> str:
    """Processor time a search, of the database's process and of ours; the former only where /proc shows it."""
    (pid,) = db.execute_sql("SELECT pg_backend_pid()").fetchone()
    stat = Path(f"/proc/{pid}/stat")
    tick_ms = 1000 / os.sysconf("SC_CLK_TCK")

    def database_ms() -> float:
        fields = stat.read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * tick_ms

    readable = stat.exists()
    before, own = database_ms() if readable else 0.0, time.process_time()
    for _ in range(rounds):
        for query in queries:
            search(db, query, limit=5)
    count = rounds * len(queries)
    ours = (time.process_time() - own) * 1000 / count
    theirs = f"{(database_ms() - before) / count:.2f} ms" if readable else "not readable here"
    return f"processor time a search: database {theirs}, this process {ours:.2f} ms"


def _spread(times: list[float]) -> str:
    ordered = sorted(times)
    return (
        f"mean {statistics.mean(times):.2f} ms, p50 {ordered[len(ordered) // 2]:.2f}, p95 {ordered[int(len(ordered) * 0.95)]:.2f}, "
        f"max {ordered[-1]:.2f}"
    )


# ------------------------------------------------------------------------------------------------ scale


def _invented(url: str | None, wanted: int, keep: bool) -> int:
    with ExitStack() as stack:
        database_url = url or stack.enter_context(rig()).database_url
        if not keep:
            began = time.monotonic()
            catalogue.fill(database_url, wanted)
            print(f"filled: {wanted} invented products in {time.monotonic() - began:.0f} s", flush=True)
        db = PostgresqlDatabase(database_url, prefer_psycopg3=True)
        try:
            return _latency(db, list(catalogue.rows(wanted)))
        finally:
            db.close()


class _Stopwatch:
    """Times what a database does: `ms` and `statements` of each search. In place of the database's own `execute_sql`."""

    def __init__(self, db: PostgresqlDatabase) -> None:
        self.ms: list[float] = []
        self.statements: list[int] = []
        self._original = db.execute_sql
        db.execute_sql = self  # type: ignore[method-assign]

    def begin(self) -> None:
        self.ms.append(0.0)
        self.statements.append(0)

    def __call__(self, sql: str, params: Any = None, *args: Any) -> Any:
        began = time.perf_counter()
        cursor = self._original(sql, params, *args)
        self.ms[-1] += (time.perf_counter() - began) * 1000
        self.statements[-1] += 1
        return cursor


def _latency(db: PostgresqlDatabase, rows: list[dict[str, str]]) -> int:
    """Typed names and substances with slips over all the rows. Returns the exit code."""
    chance = random.Random(20261122)
    for _ in range(20):
        search(db, _with_slips(_query(chance.choice(rows), chance), chance), limit=5)  # vocabulary read, statements prepared
    watch = _Stopwatch(db)
    whole: list[float] = []
    answered = 0
    for _ in range(SCALE_QUERIES):
        text = _with_slips(_query(chance.choice(rows), chance), chance)
        watch.begin()
        began = time.perf_counter()
        answered += bool(search(db, text, limit=5).products)
        whole.append((time.perf_counter() - began) * 1000)
    p95 = percentile(watch.ms, 0.95)
    print(
        f"{len(rows)} products, {SCALE_QUERIES} queries with slips, {answered} answered, {max(watch.statements)} statement(s) at most"
    )
    tell(f"search, {len(rows)} products, slips: in the database", _spread(watch.ms), f"p95 < {BAR_MS} ms", p95 < BAR_MS)
    tell("search, the whole of it", _spread(whole))
    return 0 if p95 < BAR_MS else 1


def _rows(filename: str) -> Iterator[dict[str, str]]:
    if not filename.endswith(".gz"):
        yield from read_csv(filename)
        return
    with gzip.open(filename, "rt", encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            yield {**row, "code": row["id"], "class": row["klass"], "manufacturer": row.get("brand_owner", "")}


def _query(row: dict[str, str], chance: random.Random) -> str:
    name, generic = row["name"].split()[0], row["generic"].split(";")[0].split("(")[0].strip()
    return chance.choice(
        [name, generic, f"{generic} {row['strength'].split(';')[0]}", f"{name} {row['form']}", f"abeg una get {name}"]
    )


def _with_slips(text: str, chance: random.Random) -> str:
    """One slip in the longest word, two when it is long: a letter lost, doubled, exchanged or two swapped."""
    words = text.split()
    longest = max(range(len(words)), key=lambda i: len(words[i]))
    word = list(words[longest])
    for _ in range(2 if len(word) >= 9 else 1):
        if len(word) < 5:
            break
        place = chance.randrange(1, len(word) - 1)
        slip = chance.randrange(4)
        if slip == 0:
            del word[place]
        elif slip == 1:
            word.insert(place, word[place])
        elif slip == 2:
            word[place] = chance.choice("aeioumnrstl")
        else:
            word[place], word[place + 1] = word[place + 1], word[place]
    words[longest] = "".join(word)
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())
