"""How a doctor writes one item: six habits of the same meaning, from Latin to plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# form of medicines.txt -> how papers head the line
FORMS = {
    "tab": ("Tab", "Tabs", "Tab.", "T."),
    "cap": ("Cap", "Caps", "Cap."),
    "syrup": ("Syr", "Syrup", "Syr."),
    "susp": ("Susp", "Suspension", "Susp."),
    "drops": ("Drops", "Oral drops"),
    "cream": ("Cream", "Crm"),
    "ointment": ("Ointment", "Oint", "Oint."),
    "inj": ("Inj", "Inj.", "IM/IV Inj"),
    "insulin": ("Inj", "Inj."),
    "inhaler": ("Inhaler", "MDI"),
    "nasal": ("Nasal spray", "Nasal drops"),
    "eyedrops": ("Gutt", "Eye drops", "Gutt."),
    "pessary": ("Pess", "Pessary"),
    "rinse": ("Mouthwash", "M/wash"),
}
HABITS = ("latin", "roman", "pattern", "hourly", "plain", "label")
WRITTEN = ("latin", "latin", "roman", "roman", "pattern", "hourly")  # nobody writes the long ones by hand
LATIN = {
    1: ("od", "daily", "mane", "nocte"),
    2: ("bd", "b.d", "bid"),
    3: ("tds", "t.d.s", "tid"),
    4: ("qds", "qid"),
    5: ("5x daily",),
}
PATTERN = {1: ("1-0-0", "0-0-1"), 2: ("1-0-1",), 3: ("1-1-1",), 4: ("1-1-1-1",), 5: ("5x daily",)}
HOURS = {1: "24hly", 2: "12hly", 3: "8hly", 4: "6hly", 5: "4hly"}
PLAIN = {1: "once a day", 2: "twice a day", 3: "three times a day", 4: "four times a day", 5: "five times a day"}
LABEL = {1: "ONCE daily", 2: "TWICE daily", 3: "THREE times daily", 4: "FOUR times daily", 5: "FIVE times daily"}
NUMBER = {1: "one", 2: "two", 3: "three", 4: "four"}
ROMAN = {1: "i", 2: "ii", 3: "iii", 4: "iv"}
UNIT = {
    "tab": "tab", "cap": "cap", "syrup": "ml", "susp": "ml", "drops": "drops", "eyedrops": "drops", "inhaler": "puffs", "nasal": "sprays",
    "rinse": "ml", "pessary": "pess", "inj": "amp",
}  # fmt: skip
LONG_UNIT = {"tab": "tablet", "cap": "capsule", "pess": "pessary", "amp": "ampoule"}


@dataclass(frozen=True, slots=True)
class Order:
    """What the doctor means. `units` a dose (0: apply), `times` a day, `days`; `code` is the frequency's usual short name."""

    form: str
    units: float
    times: int
    days: int
    code: str = ""


def sig(rng: np.random.Generator, habit: str, order: Order) -> tuple[str, str]:
    """The directions as written, and the frequency's code (od, nocte, stat, bd ...)."""
    if order.days == 1 and order.times == 1:
        return _dose(habit, order) + " stat", "stat"
    return _repeated(rng, habit, order)


def _repeated(rng: np.random.Generator, habit: str, order: Order) -> tuple[str, str]:
    code = {1: "od", 2: "bd", 3: "tds", 4: "qds", 5: "5x"}[order.times]
    dose = _dose(habit, order)
    if habit == "plain":
        return f"{dose} {PLAIN[order.times]}", code
    if habit == "label":
        return f"{dose} {LABEL[order.times]}", code
    if habit == "hourly":
        return f"{dose} {HOURS[order.times]}", code
    if habit == "pattern" and order.units in (0, 1):
        written = str(rng.choice(PATTERN[order.times]))
        return written, "nocte" if written == "0-0-1" else code
    written = str(rng.choice(LATIN[order.times]))
    food = str(rng.choice(["", "", "", " pc", " ac"])) if order.form in ("tab", "cap") else ""
    return f"{dose} {written}{food}", written if written in ("mane", "nocte") else code


def duration(rng: np.random.Generator, habit: str, days: int) -> str:
    """How long, as written: x 5/7, x 2/52, x 1/12, for 5 days; "" for a single dose."""
    if days == 1:
        return ""
    if habit in ("plain", "label"):
        return f"for {days} days" if days % 7 or rng.random() < 0.5 else f"for {days // 7} week" + ("s" if days > 7 else "")
    if days == 28:
        return str(rng.choice(["x 1/12", "x 4/52", "x 28/7", "x 1 month"]))
    if days % 7 == 0 and rng.random() < 0.6:
        return f"x {days // 7}/52"
    return str(rng.choice([f"x {days}/7", f"x {days}/7", f"x {days} days", f"{days}/7"]))


def _dose(habit: str, order: Order) -> str:
    number = int(order.units) if float(order.units).is_integer() else order.units
    if order.form == "insulin":
        return "10 units s/c"
    if not order.units:
        return "Apply" if habit in ("plain", "label") else "apply"
    unit = UNIT[order.form]
    if unit in ("ml", "drops", "puffs", "sprays"):
        return f"{number}{unit}" if unit == "ml" else f"{number} {unit if order.units > 1 else unit[:-1]}"
    if habit == "roman":
        return f"{ROMAN[int(order.units)]} {unit}"
    if habit in ("plain", "label"):
        long = LONG_UNIT[unit] + ("s" if order.units > 1 else "")
        word = NUMBER[int(order.units)]
        return f"Take {word} {long}" if habit == "plain" else f"{word.upper()} {long} to be taken"
    return f"{number} {unit}" + ("s" if order.units > 1 else "")
