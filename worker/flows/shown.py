"""The list the customer has on the screen: which number means what, and where its pages are.

It lives in `place.memory["shown"]` as JSON: {"what", "query", "kind", "offset", "total", "rows": {"1": ["m12", "Panadol"]}}.
Numbers run on from page to page, so that a number seen on an earlier page still means what it showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, process, utils

from worker.flows.step import Place
from worker.flows.wording import cut

PAGE = 5
KEPT_ROWS = 30  # of the pages turned; older ones are forgotten, which bounds the memory
NAME_KEPT = 60
SURE = 80  # rapidfuzz score from which a typed name means one of those shown
APART = 8  # by so much the best must beat the next


@dataclass(frozen=True, slots=True)
class Shown:
    """`what`: products, candidates, cart or orders. `rows`: number as shown -> (reference, name)."""

    what: str
    rows: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    offset: int = 0
    total: int = 0
    query: str = ""
    kind: str = ""

    @property
    def has_next(self) -> bool:
        return self.offset + PAGE < self.total

    @property
    def has_previous(self) -> bool:
        return self.offset > 0

    def ref(self, number: int) -> str | None:
        found = self.rows.get(number)
        return found[0] if found else None

    def named(self, name: str) -> str | None:
        """The reference of the one row a typed name plainly means, or None when it means none or several."""
        if len(name) < 3 or len(name) > 200:
            return None
        names = dict(self.rows.values())
        found = process.extract(name, names, scorer=fuzz.token_set_ratio, processor=utils.default_process, limit=2)
        if not found or found[0][1] < SURE:
            return None
        if len(found) > 1 and found[0][1] - found[1][1] < APART:
            return None
        return str(found[0][2])


def read(place: Place, what: str = "") -> Shown | None:
    """The list on the screen, or None when there is none (or another one than asked for)."""
    kept: Mapping[str, Any] | None = place.memory.get("shown")
    if not kept or (what and kept["what"] != what):
        return None
    rows = {int(number): (ref, name) for number, (ref, name) in kept["rows"].items()}
    return Shown(kept["what"], rows, kept["offset"], kept["total"], kept["query"], kept["kind"])


def page(
    before: Shown | None, what: str, rows: Iterable[tuple[str, str]], *, offset: int, total: int, query: str = "", kind: str = ""
) -> Shown:
    """A page as it is shown now, with the rows of the pages before it when it belongs to the same list."""
    now = {offset + i: (ref, cut(name, NAME_KEPT)) for i, (ref, name) in enumerate(rows, start=1)}
    same = before and (before.what, before.query, before.kind) == (what, query, kind)
    kept = {**(before.rows if before and same else {}), **now}
    far = sorted(kept, key=lambda number: abs(number - offset))[KEPT_ROWS:]
    return Shown(what, {n: kept[n] for n in kept if n not in far}, offset, total, cut(query, 120), kind)


def kept(shown: Shown) -> dict[str, Any]:
    """The list as the JSON that is remembered."""
    return {
        "what": shown.what,
        "query": shown.query,
        "kind": shown.kind,
        "offset": shown.offset,
        "total": shown.total,
        "rows": {str(number): [ref, name] for number, (ref, name) in sorted(shown.rows.items())},
    }
