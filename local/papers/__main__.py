"""Makes test papers: `python -m local.papers OUT_DIR [--count N] [--seed S] [--kinds flat,phone ...] [--limit BYTES]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from local.papers import fonts
from local.papers.kinds import KINDS, READABLE, UNREADABLE
from local.papers.make import Made, paper_of

NAMED = {"readable": READABLE, "unreadable": UNREADABLE, "all": tuple(KINDS)}


def main(arguments: list[str]) -> int:
    """Write the papers and tell which fonts were missed; 2 for a kind that there is not."""
    parser = argparse.ArgumentParser(prog="python -m local.papers", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write to; made if missing")
    parser.add_argument("--count", type=int, default=30, help="papers in all, the kinds taking turns (30)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default="readable", help=f"readable, unreadable, all, or some of {','.join(KINDS)}")
    parser.add_argument("--limit", type=int, default=0, help="largest file in bytes; 0 for any size")
    told = parser.parse_args(arguments)
    kinds = [kind for name in told.kinds.split(",") for kind in NAMED.get(name, (name,))]
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        parser.error(f"no such kind: {', '.join(unknown)}")
    told.out.mkdir(parents=True, exist_ok=True)
    for place in range(told.count):
        made = paper_of(kinds[place % len(kinds)], place // len(kinds), told.seed, limit=told.limit)
        write(told.out, made)
        print(
            f"{made.truth['file']:18s} {made.truth['layout']:12s} {made.truth['font']:18s} {len(made.content) // 1000:5d} kB",
            flush=True,
        )
    for face in fonts.missing():
        print(f"font not found, done without: {face.family} (Debian package {face.package}, {face.licence})")
    return 0


def write(folder: Path, made: Made) -> None:
    """The picture and its two truth files."""
    (folder / f"{made.name}.{made.ending}").write_bytes(made.content)
    (folder / f"{made.name}.gt.txt").write_text("".join(line + "\n" for line in made.lines), encoding="utf-8")
    (folder / f"{made.name}.json").write_text(json.dumps(made.truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
