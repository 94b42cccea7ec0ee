"""Which database this is, told from its catalogue and its history alone."""

from __future__ import annotations

from dataclasses import dataclass

from models.takeover import shapes
from models.takeover.shapes import Shape

EMPTY, OLD, OURS, NEWER, UNKNOWN = "empty", "old", "ours", "newer", "unknown"
TWINS = {"extractedtext": "extractedText", "extractionstatus": "extractionStatus", "extractedat": "extractedAt"}
SESSION_COLUMNS = ("token", "userId", "loginTime")
# Tables of our own: the history, what adopting keeps, what a step taken back keeps, and the old program's own history.
NO_BUSINESS = ("migratehistory", "drugsng_adopt", "rollback_", "SequelizeMeta")
# What a step that runs in pieces makes first: with this there and the step not in the history, it was broken off.
FIRST_TRACE = {
    "002": ("column", "prescriptions", "extractionStatus"),
    "003": ("column", "products", "priceKobo"),
    "006": ("column", "cart_lines", "id"),
}


@dataclass(frozen=True)
class Form:
    """`kind` is one of the five above; `title` says it in words; `marks` are what it was told from, for machines."""

    kind: str
    title: str
    marks: tuple[str, ...] = ()
    step: str = ""


def recognise(shape: Shape, history: list[str], known: tuple[str, ...]) -> Form:
    """The form of a database with this shape and these steps in its history; `known` are the steps this program has."""
    unknown = [name for name in history if name not in known]
    if unknown:
        return Form(NEWER, f"newer than this program: it has {', '.join(unknown)}", ("unknown_steps",), history[-1])
    if history:
        return _ours(shape, history, known)
    theirs = {table for table in shapes.tables(shape) if not table.startswith(NO_BUSINESS)}
    if not theirs:
        return Form(EMPTY, "empty: no tables at all")
    if not _is_old(shape):
        names = ", ".join(sorted(theirs)[:5])
        return Form(UNKNOWN, f"unknown: {len(theirs)} tables of some other application ({names})")
    return _old(shape)


def _ours(shape: Shape, history: list[str], known: tuple[str, ...]) -> Form:
    last = max(history)
    title = f"ours at {last[:3]}" + ("" if len(history) == len(known) else f", {len(known) - len(history)} steps missing")
    begun = [name for name in known if name not in history and FIRST_TRACE.get(name[:3]) in shape]
    marks = ("interrupted",) if begun and min(begun) > last else ()
    if marks:
        title += f"; {min(begun)} was begun and broken off"
    return Form(OURS, title, marks, last)


def _is_old(shape: Shape) -> bool:
    """The two tables every version had, with the columns no other application has by those names."""
    return ("column", "users", "drugsngUserId") in shape or (
        ("column", "users", "phoneNumber") in shape and ("column", "orders", "totalAmount") in shape
    )


def _old(shape: Shape) -> Form:
    marks = list(_marks(shape))
    if {"v2_admins", "v2_otps", "v2_orders", "v2_sessions"} <= set(marks):
        base = "v2.0.0 by its model's own sync"
        if "last_activity_nullable" in marks:
            base += ' ("lastActivity" still allows NULL)'
    elif any(mark.startswith("v2_") for mark in marks):
        base = 'half migrated to v2.0.0: its sync stopped on the way, as it does at a NULL "lastActivity"'
    elif "first_version" in marks:
        base = "v1.x of the first version (few tables)"
    else:
        base = "v1.x"
    guide = [words for mark, words in _GUIDE if mark in marks]
    return Form(OLD, " with ".join([base, *guide]), tuple(marks))


_GUIDE = (
    ("option_a", "guide option A"),
    ("option_a_part", "a part of guide option A"),
    ("option_b", "guide option B and its lower-case twins"),
    ("option_b_quoted", "guide option B typed with quotes"),
)


def _marks(shape: Shape) -> list[str]:
    prescriptions = shapes.columns(shape, "prescriptions")
    sessions, otps = shapes.columns(shape, "sessions"), shapes.columns(shape, "otps")
    has_otps = [name in otps for name in shapes.ADDED_BY_2_0_0["otps"]]
    status = prescriptions.get("extractionStatus", "")
    quoted = status.startswith("character varying")
    option_a = [status.startswith('"enum_'), "extractedAt" in prescriptions]
    truths = {
        "first_version": bool(shapes.LATER_THAN_THE_FIRST - shapes.tables(shape)),
        "v2_admins": "admins" in shapes.tables(shape),
        "v2_orders": "hasPrescription" in shapes.columns(shape, "orders"),
        "v2_otps": all(has_otps),
        "v2_otps_part": any(has_otps) and not all(has_otps),
        "v2_sessions": all(name in sessions for name in SESSION_COLUMNS),
        "v2_sessions_part": any(name in sessions for name in SESSION_COLUMNS)
        and not all(name in sessions for name in SESSION_COLUMNS),
        "last_activity_nullable": "NOT NULL" not in sessions.get("lastActivity", "NOT NULL"),
        "option_a": all(option_a),
        "option_a_part": any(option_a) and not all(option_a) and not quoted,
        "option_b": any(name in prescriptions for name in TWINS),
        "option_b_quoted": quoted,
    }
    return [mark for mark, true in truths.items() if true]
