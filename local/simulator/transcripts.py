"""Conversations that can be replayed on the phone: text files in the form of the golden transcripts.

    > hi                              the customer types
    > [tap: Add to cart]              taps what is shown, by title or id
    > [image caption="rx 12345"]      sends a sample: image, document, audio, video, sticker
    > [location 6.60 3.35 name="Shop"]   also [contact Ada +2348031234567], [basket SKU1 2], [unusable poll]
    ( 10 quiet minutes )              told, not waited for

Everything else in them (what the bot answered) is not read. They are looked for in `transcripts/` beside this file (the
demonstrations) and in `tests/transcripts/` (the golden ones).
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from local.simulator import inbound

Json = dict[str, Any]
HERE = Path(__file__).parent / "transcripts"
GOLDEN = Path(__file__).parents[2] / "tests" / "transcripts"
MOST_STEPS = 200
_MARKED = re.compile(r"\[(\w+):?\s*(.*)\]", re.DOTALL)


def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in (HERE, GOLDEN):
        if folder.is_dir():
            for path in sorted(folder.rglob("*.txt"))[:500]:
                found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    return found


def names() -> list[str]:
    """Every transcript, the demonstrations first."""
    return list(_files())


def steps(name: str) -> list[Json] | None:
    """What the customer does, in order, each as `saying.say` takes it (or {"direction": words}); None for an unknown name.

    Only files that `names` lists are opened.
    """
    path = _files().get(name)
    if path is None:
        return None
    found: list[Json] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("(") and line.rstrip().endswith(")"):
            found.append({"direction": line.strip("() \t")})
        elif line.startswith(">") and line[1:].strip():
            found.append(_step(line[1:].strip()))
    return found[:MOST_STEPS]


def _step(said: str) -> Json:
    marked = _MARKED.fullmatch(said)
    if marked is None:
        return {"text": said}
    kind, rest = marked[1], marked[2]
    if kind == "tap":
        return {"tap": {"any": rest}}
    try:
        parts = shlex.split(rest)
    except ValueError:
        return {"text": said}
    named = {key: value for key, sign, value in (part.partition("=") for part in parts) if sign}
    plain = [part for part in parts if "=" not in part]
    if kind in ("image", "document", "audio", "video", "sticker"):
        return {"sample": {"kind": kind, "caption": named.get("caption", "")}}
    if kind == "location" and len(plain) >= 2:
        return {"location": {"latitude": float(plain[0]), "longitude": float(plain[1]), **named}}
    if kind == "contact" and plain:
        return {"contact": {"name": plain[0], "phones": plain[1:], "requested": named.get("own") == "yes"}}
    if kind == "basket":
        pairs = zip(plain[::2], plain[1::2], strict=False)
        return {"content": inbound.order([(sku, int(count), 0) for sku, count in pairs if count.isdigit()])}
    if kind == "unusable":
        return {"content": inbound.unsupported(plain[0] if plain else "poll_creation")}
    return {"text": said}
