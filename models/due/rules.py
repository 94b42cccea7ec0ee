"""How late a timer may still fire, by kind, and when it may not fire at all. Whoever sets a timer of a new kind adds its rule here.

The clock may have been down for a day: what comes then must still be of use to whoever reads it. Times of day are those of
DEFAULT_TIMEZONE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """`late`: from when on, after its moment, a timer is of no use any more; None: never. `ending`: the rule of those timers alone
    whose subject ends so. `quiet`: from and until which time of day nobody is written to; what is due then is said after it.
    `in_window`: only while the customer may be written to freely; there is no template for it. `asked_for`: goes to nobody who said
    `stop`. `why`: of what use it is until then, and of none after."""

    kind: str
    late: timedelta | None
    why: str
    ending: str = ""
    quiet: tuple[time, time] | None = None
    in_window: bool = False
    asked_for: bool = False


NIGHT = time(20), time(8)
LATE_EVENING = time(21), time(7)
RULES: tuple[Rule, ...] = (
    Rule("agent_return", None, "A customer who waits for nobody must get the bot back, however late."),
    Rule(
        "visit_soon",
        timedelta(hours=21),
        "Three hours before it, one can still move the visit and somebody else have it; after that the hour's reminder comes.",
        ":1440",
        LATE_EVENING,
    ),
    Rule(
        "visit_soon",
        timedelta(minutes=45),
        "A quarter of an hour is the least that is needed to set out. Whoever has a visit at seven is woken at six.",
        ":60",
    ),
    Rule(
        "refill",
        timedelta(days=3),
        "It is set four days before the medicine ends: within one day of the end no new order is there in time.",
        quiet=NIGHT,
        asked_for=True,
    ),
    Rule(
        "refill_ask",
        timedelta(hours=12),
        "It is about what was bought two hours before it; the next day it is an interruption.",
        quiet=NIGHT,
        in_window=True,
        asked_for=True,
    ),
    Rule(
        "unpaid_order",
        timedelta(minutes=8),
        "It is set ten minutes before the order ends: two are needed to pay.",
        in_window=True,
    ),
    Rule(
        "abandoned_cart",
        timedelta(hours=12),
        "Whoever has not come back by the next morning has bought elsewhere.",
        quiet=NIGHT,
        in_window=True,
        asked_for=True,
    ),
    Rule(
        "prescription_waits",
        timedelta(hours=6),
        "An excuse of this morning, read tonight, says that nobody looked all day.",
        quiet=LATE_EVENING,
    ),
)
# A kind nobody has made a rule for: of another release, in a rolling deployment.
OTHERWISE = Rule("", timedelta(days=1), "What it is about is not known; a day covers any repair.")
