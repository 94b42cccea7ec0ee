"""Faults on demand: a list of rules, each for the next so many matching calls or webhook updates.

A rule is made from JSON (`/_sim/faults`). `on` says where it bites: send, read (mark-as-read and typing), upload, media
(look-up), download, templates (their list), graph (all of these) or webhook (updates on their way out).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

PLACES = ("send", "read", "upload", "media", "download", "templates", "graph", "webhook")
CUTS = ("before", "after", "mid")
_serial = count(1)


@dataclass(slots=True)
class Fault:
    """What goes wrong. For calls: `delay_s` before the work, `delay_after_s` after it, then `cut` (before: nothing was done;
    after: done, the answer lost; mid: half an answer), `hang_s` (no answer, then a reset; `hang_after` does the work first),
    `drip_s` (pause between bytes), `http`/`code`/`subcode`/`details`/`transient`/`retry_after`/`body` (an error instead of the
    work), `failed_code` (accepted, later a failed status). For webhooks: `drop`, `duplicate` (extra copies), `delay_s`, `batch`
    (so many updates in one POST), `reorder` (so many held and sent backwards); `gather_s` is how long batch and reorder wait."""

    on: str = "send"
    times: int | None = 1
    match: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    delay_after_s: float = 0.0
    cut: str = ""
    hang_s: float = 0.0
    hang_after: bool = False
    drip_s: float = 0.0
    http: int = 0
    code: int | None = None
    subcode: int | None = None
    details: str = ""
    transient: bool = False
    retry_after: int | None = None
    body: str | None = None
    failed_code: int | None = None
    drop: bool = False
    duplicate: int = 0
    batch: int = 0
    reorder: int = 0
    gather_s: float = 1.0
    id: int = field(default_factory=lambda: next(_serial))
    used: int = 0

    @property
    def refuses(self) -> bool:
        return bool(self.http or self.code is not None or self.body is not None)

    def shown(self) -> dict[str, Any]:
        return asdict(self)


def parse(value: Any) -> Fault:
    """A rule from JSON. Raises ValueError that says which key is wrong and what is allowed."""
    if not isinstance(value, dict):
        raise ValueError("a fault is a JSON object")
    defaults = Fault()
    allowed = {k for k in asdict(defaults) if k not in ("id", "used")}
    for key, found in value.items():
        if key not in allowed:
            raise ValueError(f"{key} is not part of a fault; known: {', '.join(sorted(allowed))}")
        default = getattr(defaults, key)
        if isinstance(default, bool):
            good = isinstance(found, bool)
        elif isinstance(default, (int, float)):
            good = isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= 3600
        elif isinstance(default, str):
            good = isinstance(found, str)
        else:
            good = True
        if not good and not (key == "times" and found is None):
            raise ValueError(f"{key} has a value that cannot be used: {found!r}")
    fault = Fault(**value)
    if fault.on not in PLACES:
        raise ValueError(f"on must be one of {', '.join(PLACES)}")
    if fault.cut and fault.cut not in CUTS:
        raise ValueError(f"cut must be one of {', '.join(CUTS)}")
    if not isinstance(fault.match, dict) or set(fault.match) - {"to", "type", "contains", "kind", "status"}:
        raise ValueError("match may have to, type, contains, kind, status")
    if fault.http and not 200 <= fault.http <= 599:
        raise ValueError("http must be 200 to 599")
    return fault


class Faults:
    """The rules in force, oldest first; the first that matches is taken and counted."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self.webhook_rules = 0

    def __bool__(self) -> bool:
        return bool(self.rules)

    def add(self, fault: Fault) -> None:
        if len(self.rules) >= 1000:
            raise ValueError("too many faults; clear some first")
        self.rules.append(fault)
        self._count()

    def clear(self, fault_id: int | None = None) -> int:
        before = len(self.rules)
        self.rules = [] if fault_id is None else [r for r in self.rules if r.id != fault_id]
        self._count()
        return before - len(self.rules)

    def _count(self) -> None:
        self.webhook_rules = sum(r.on == "webhook" for r in self.rules)

    def take(self, place: str, about: Mapping[str, Any]) -> Fault | None:
        """The fault for this call or update, if any. `about`: to, type, kind, status, payload."""
        for rule in self.rules:
            if rule.on != place and not (rule.on == "graph" and place != "webhook"):
                continue
            if rule.match and not matches(rule.match, about):
                continue
            rule.used += 1
            if rule.times is not None and rule.used >= rule.times:
                self.rules.remove(rule)
                self._count()
            return rule
        return None


def matches(wanted: Mapping[str, str], about: Mapping[str, Any]) -> bool:
    """Whether every wanted key is as wanted; `contains` looks anywhere in the payload."""
    for key, value in wanted.items():
        if key == "contains":
            if value not in json.dumps(about.get("payload"), ensure_ascii=False):
                return False
        elif str(about.get(key, "")) != str(value):
            return False
    return True
