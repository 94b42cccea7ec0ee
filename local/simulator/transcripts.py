"""Conversations that can be replayed on the phone: text files whose lines `> words` are what the customer says, one after another.

They are looked for in `tests/transcripts/` (the golden ones) and in `transcripts/` beside this file (the demonstrations).
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent / "transcripts"
GOLDEN = Path(__file__).parents[2] / "tests" / "transcripts"
MOST_LINES = 200


def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in (HERE, GOLDEN):
        if folder.is_dir():
            for path in sorted(folder.rglob("*.txt"))[:500]:
                found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    return found


def names() -> list[str]:
    """Every transcript that has something to say."""
    return list(_files())


def lines(name: str) -> list[str] | None:
    """What the customer says, in order; None for an unknown name. Only names that `names` lists are opened."""
    path = _files().get(name)
    if path is None:
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line[1:].strip() for line in text.splitlines() if line.startswith(">") and line[1:].strip()][:MOST_LINES]
