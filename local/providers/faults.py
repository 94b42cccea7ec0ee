"""Faults on demand: a list of rules, each for the next so many matching calls or webhooks. Made from JSON (`/_sim/faults`)."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

PLACES = ("start", "verify", "charge", "refund", "refunds", "list", "api", "webhook")
_serial = count(1)


@dataclass(slots=True)
class Fault:
    """What goes wrong, and where: start (initialize, payments), charge, verify, refund, refunds (their list), list, api (all of
    these) or webhook; `provider` and `match` (reference, event) narrow it, `share` below 1 strikes by chance.

    Calls: `delay_s` before the work, `delay_after_s` after it; `cut` before (nothing done), after (done, answer lost) or mid (half
    an answer); `hang_s` (no answer, then a reset; with `hang_after` the work is done); `http` (`when` before or after the work),
    `retry_after` (429 with the headers of the reset), `body` (raw); `change` puts other values into the `data` of the answer,
    `absent` answers that there is no such transaction.
    Webhooks: `drop`, `duplicate` (extra copies), `delay_s`, `reorder` (so many held and sent backwards), `hold` (until released),
    `forge` (signed with another key; as `unsigned`, without), `change` (values of `data`), `shape` (Flutterwave: nested, flat)."""

    on: str = "api"
    times: int | None = 1
    provider: str = ""
    match: Mapping[str, str] = field(default_factory=dict)
    share: float = 1.0
    delay_s: float = 0.0
    delay_after_s: float = 0.0
    cut: str = ""
    hang_s: float = 0.0
    hang_after: bool = False
    http: int = 0
    when: str = "before"
    retry_after: int | None = None
    body: str | None = None
    absent: bool = False
    change: Mapping[str, Any] = field(default_factory=dict)
    drop: bool = False
    duplicate: int = 0
    reorder: int = 0
    gather_s: float = 1.0
    hold: bool = False
    forge: bool = False
    unsigned: bool = False
    shape: str = ""
    id: int = field(default_factory=lambda: next(_serial))
    used: int = 0

    def shown(self) -> dict[str, Any]:
        return asdict(self)


_CHOICES = {
    "on": PLACES,
    "provider": ("", "paystack", "flutterwave"),
    "cut": ("", "before", "after", "mid"),
    "when": ("before", "after"),
    "shape": ("", "nested", "flat"),
}


def parse(value: Any) -> Fault:
    """A rule from JSON. Raises ValueError that says which key is wrong and what is allowed."""
    if not isinstance(value, dict):
        raise ValueError("a fault is a JSON object")
    defaults = asdict(Fault())
    allowed = set(defaults) - {"id", "used"}
    for key, found in value.items():
        if key not in allowed:
            raise ValueError(f"{key} is not part of a fault; known: {', '.join(sorted(allowed))}")
        if key in _CHOICES and found not in _CHOICES[key]:
            raise ValueError(f"{key} must be one of {', '.join(repr(c) for c in _CHOICES[key])}, not {found!r}")
        if not _fits(defaults[key], found) and not (key == "times" and found is None):
            raise ValueError(f"{key} has a value that cannot be used: {found!r}")
    made = Fault(**value)
    if set(made.match) - {"reference", "event"}:
        raise ValueError("match may have reference, event")
    if made.http and not 200 <= made.http <= 599:
        raise ValueError("http must be 200 to 599")
    return made


def _fits(default: Any, found: Any) -> bool:
    if isinstance(default, bool):
        return isinstance(found, bool)
    if isinstance(default, (int, float)):
        return isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= 3_600
    if isinstance(default, str):
        return isinstance(found, str)
    if isinstance(default, dict):
        return isinstance(found, dict)
    return True


class Faults:
    """The rules in force, oldest first; the first that matches (and strikes) is taken and counted."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self.dice = random.Random(1)

    def add(self, fault: Fault) -> None:
        if len(self.rules) >= 1000:
            raise ValueError("too many faults; clear some first")
        self.rules.append(fault)

    def clear(self, fault_id: int | None = None) -> int:
        before = len(self.rules)
        self.rules = [] if fault_id is None else [r for r in self.rules if r.id != fault_id]
        return before - len(self.rules)

    def take(self, place: str, provider: str, reference: str, event: str = "") -> Fault | None:
        """The fault for this call or webhook, if any."""
        for rule in self.rules:
            if rule.on != place and not (rule.on == "api" and place != "webhook"):
                continue
            if rule.provider not in ("", provider):
                continue
            if rule.match.get("reference", reference) != reference or rule.match.get("event", event) != event:
                continue
            if rule.share < 1 and self.dice.random() >= rule.share:
                continue
            rule.used += 1
            if rule.times is not None and rule.used >= rule.times:
                self.rules.remove(rule)
            return rule
        return None
