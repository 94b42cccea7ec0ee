"""What of a customer's thread would tell their health to somebody who may not read prescriptions, and the lines without it.

What staff say to a customer, and what a customer says to them while they talk, is theirs to read. Left out is what was said between
the customer and the bot: the names of medicines that need a prescription, of those this customer has or had (and of lab tests, for
whoever may not see those); what was said while a pharmacist's question was open; results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import psycopg

from models.support import CONVERSATIONS
from models.threads.lines import ALL_OF_THEM
from models.threads.values import Line

MOST_NAMES, MOST_TIMES = 300, 100
A_MOMENT = timedelta(seconds=2)  # what led to a question or a talk is stored before it
SHORTEST = 4  # shorter beginnings of a name are found in too many other words
MEDICINE, TEST = "prescription medicine", "lab test"
# Events whose news are of somebody's health, beside those of prescriptions, which `models.threads` leaves out itself.
EVENTS = "lab_result%"
# Files that staff and a customer sent each other; all others (papers, results) are for those who may read prescriptions.
SHARED = ("support", "staff")

NAMES = """
SELECT 'medicine', COALESCE(i.name, m.name), m."genericName" FROM orders o JOIN order_items i ON i."orderId" = o.id AND i."prescriptionOnly"
    LEFT JOIN products m ON m.id = i."productId" WHERE o."customerId" = ANY(%(ids)s)
UNION SELECT 'medicine', m.name, m."genericName" FROM customers c JOIN orders o ON o."userId" = c."userId" AND o."customerId" IS NULL
    JOIN order_items i ON i."orderId" = o.id JOIN products m ON m.id = i."productId" AND m."saleClass" <> 'otc' WHERE c.id = ANY(%(ids)s)
UNION SELECT 'medicine', m.name, m."genericName" FROM cart_lines l JOIN products m ON m.id = l."productId"
    WHERE l."customerId" = ANY(%(ids)s) AND (m."saleClass" <> 'otc' OR m.control <> 'none' OR l."prescriptionItemId" IS NOT NULL)
UNION SELECT 'medicine', COALESCE(m.name, h.name), m."genericName" FROM prescription_items p LEFT JOIN products m ON m.id = p."productId"
    LEFT JOIN healthcare_products h ON h.id = p."healthcareProductId" WHERE p."customerId" = ANY(%(ids)s) AND p."usedAt" IS NULL
UNION SELECT 'test', t.name, NULL FROM diagnostic_bookings b JOIN diagnostic_tests t ON t.id = b."diagnosticTestId"
    WHERE %(tests)s AND b."customerId" = ANY(%(ids)s)
LIMIT %(most)s
"""
# When an answer came is not noted: the clock of the paper stood still until then, and what follows at once is more of the answer.
QUESTIONS = """
SELECT d.at, CASE WHEN p.state = 'asked' THEN now() ELSE d.at + p."pausedSeconds" * interval '1 second' + interval '10 minutes' END
FROM prescriptions p JOIN prescription_decisions d ON d."prescriptionId" = p.id AND d.kind = 'asked'
WHERE p."customerId" = ANY(%(ids)s) ORDER BY d.id DESC LIMIT %(most)s
"""
TALKS = """
SELECT "openedAt", COALESCE("closedAt", now()) FROM handovers
WHERE "customerId" = ANY(%(ids)s) AND reason = ANY(%(talks)s) ORDER BY id DESC LIMIT %(most)s
"""
RESULTS = """
SELECT 'out' || o.id FROM outbox o JOIN inbox e ON e.id = o."inboxId" AND e.channel = 'house' AND e.payload->>'name' LIKE %(events)s
WHERE o.id = ANY(%(said)s)
"""
OF_FILE = """
SELECT m.purpose, i."receivedAt" FROM media m LEFT JOIN inbox i ON i.id = m."inboxId"
WHERE m.id = %s AND heir_of_customer(m."customerId") = heir_of_customer(%s)
"""


Times = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Private:
    """Of one customer: (word, what stands for it) longest first; times of open questions and of talks with staff; keys of results."""

    words: tuple[tuple[str, str], ...] = ()
    questions: Times = ()
    talks: Times = ()
    results: frozenset[str] = frozenset()


def private(conn: psycopg.Connection, customer_id: int, lines: Sequence[Line], *, tests: bool = False) -> Private:
    """What must not be seen of these lines of the customer; with `tests` also which lab tests they have. Five small questions."""
    given = _given(conn, customer_id) | {"events": EVENTS}
    given["said"] = [int(line.key[3:]) for line in lines if line.key.startswith("out")]
    words: dict[str, str] = {}
    for kind, name, generic in conn.execute(NAMES, given | {"most": MOST_NAMES, "tests": tests}):
        instead = TEST if kind == "test" else MEDICINE
        words |= dict.fromkeys(_forms(name or "", brand=kind != "test"), instead) | dict.fromkeys(_substances(generic), instead)
    return Private(
        tuple(sorted(words.items(), key=lambda each: -len(each[0]))),
        *_times(conn, given),
        frozenset(row[0] for row in conn.execute(RESULTS, given)),
    )


def _given(conn: psycopg.Connection, customer_id: int) -> dict[str, Any]:
    ids = (conn.execute(ALL_OF_THEM, (customer_id,)).fetchone() or ([customer_id],))[0]
    return {"ids": ids, "most": MOST_TIMES, "talks": list(CONVERSATIONS)}


def _times(conn: psycopg.Connection, given: dict[str, Any]) -> tuple[Times, Times]:
    """(when questions were open, when staff talked with the customer)"""
    return tuple((r[0], r[1]) for r in conn.execute(QUESTIONS, given)), tuple((r[0], r[1]) for r in conn.execute(TALKS, given))


def _forms(name: str, *, brand: bool) -> list[str]:
    """The whole name, and what is left of it where a button or a row had no room: its words before the first number."""
    name = " ".join(name.split())
    stem = re.split(r"\s+\d", name)[0].strip() if brand else ""
    first = stem.split(" ")[0] if brand else ""
    return [each for each in {name, stem, first} if len(each) >= SHORTEST]


def _substances(generic: str | None) -> list[str]:
    found = (" ".join(each.split()) for each in re.split(r"[;+,/]", generic or ""))
    return [each for each in found if len(each) >= SHORTEST]


def covered(lines: Sequence[Line], known: Private) -> tuple[Line, ...]:
    """The lines as somebody may read them who may not read prescriptions. Pure."""
    masked = _masker(known.words)
    return tuple(_covered(line, known, masked) for line in lines)


def _covered(line: Line, known: Private, masked: Callable[[str], str]) -> Line:
    if line.key in known.results:
        return line.hidden()
    if line.by in ("staff", "note") or (line.by == "customer" and _within(line.at, known.talks)):
        return line
    if _within(line.at, known.questions) and not _within(line.at, known.talks):
        return line.hidden()
    return replace(line, text=masked(line.text), filename=masked(line.filename))


def _within(at: datetime, times: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(begun - A_MOMENT <= at <= ended for begun, ended in times)


@lru_cache(64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)", re.IGNORECASE)


def _masker(words: tuple[tuple[str, str], ...]) -> Callable[[str], str]:
    if not words:
        return lambda text: text
    instead = {word.casefold(): kind for word, kind in words}
    pattern = _pattern(tuple(word for word, _ in words))
    return lambda text: pattern.sub(lambda found: instead.get(found[0].casefold(), MEDICINE), text)


def is_clinical(conn: psycopg.Connection, customer_id: int, media_id: int) -> bool:
    """Whether a file of the customer is another than those that they and staff sent each other, or came as an answer to a
    pharmacist's question. False for what is not there."""
    row = conn.execute(OF_FILE, (media_id, customer_id)).fetchone()
    if row is None or row[0] not in SHARED or row[1] is None:
        return row is not None and row[0] not in SHARED
    questions, talks = _times(conn, _given(conn, customer_id))
    return _within(row[1], questions) and not _within(row[1], talks)


def words_covered(conn: psycopg.Connection, customer_id: int, at: datetime, text: str, *, tests: bool) -> str:
    """What a customer said at that time, as somebody may read it who may not read prescriptions; "" where that is nothing."""
    line = Line("in0", at, "customer", "", "text", text, "", "", "", "")
    return covered((line,), private(conn, customer_id, (), tests=tests))[0].text
