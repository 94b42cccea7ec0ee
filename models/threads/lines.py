"""A thread as staff read it: what the customer sent, what bot and staff said, what colleagues noted; and its version, for polling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models import audit, staff
from models.base import connection
from models.support import CONVERSATIONS
from models.threads.holding import WINDOW
from models.threads.shown import FILES, HIDDEN, received, sent
from models.threads.values import Line, Thread

LINES_MAX = 200
RANKS = ("in", "out", "note")
TICKS = {"sending": "queued", "unsure": "queued", "expired": "failed"}
# Why a message did not arrive, for whoever wrote it (errors of the Cloud API, read November 2026).
FAILURES = {
    131026: "This customer cannot get the message: the number has no WhatsApp, or an old one.",
    131047: "The 24 hours were over. It goes when the customer writes again.",
    131049: "WhatsApp keeps the message back so that the customer does not get too many.",
    131050: "The customer wants no such messages.",
    131051: "WhatsApp does not take this kind of message.",
    131053: "WhatsApp could not use the file.",
}
FILE_FAILURES = {
    "gone": "WhatsApp no longer has this file. Ask the customer to send it again.",
    "too_big": "The file is too big to be kept. Ask the customer for a smaller one.",
    "not_fetched": "The file could not be fetched from WhatsApp. Ask the customer to send it again.",
}
UNSENT = "It was not sent."
NOT_SENT = {
    "upload": "WhatsApp did not take the file. Send it once more.",
    "too old to send": "It could not be sent in time.",
    "nobody is behind this customer any more": "The customer's number belongs to somebody else by now.",
}
FETCHING = "The file is being fetched."
REMOVED = "The file was removed: files are kept no longer than messages."
NOT_KEPT = "The file was not kept: nobody had asked for a person when it came."

# A customer and the records that were joined with theirs.
THEM = """
WITH RECURSIVE them (id, step) AS (
    SELECT heir_of_customer(%s), 0
    UNION ALL SELECT c.id, them.step + 1 FROM them JOIN customers c ON c."mergedInto" = them.id WHERE them.step < 20
), ids AS MATERIALIZED (SELECT id FROM them LIMIT 100)
"""
ALL_OF_THEM = f"{THEM} SELECT ARRAY(SELECT id FROM ids)"
WHO = """
SELECT c.id, COALESCE(NULLIF(c.name, ''), c."profileName"),
    COALESCE((SELECT value FROM customer_identities k WHERE k."customerId" = c.id AND k.kind = 'number'
        ORDER BY k."createdAt" DESC LIMIT 1), ''),
    v."lastInboundAt", h.id, h.reason, h."openedAt", s.id, COALESCE(s.name, ''), h."waitingSince",
    ARRAY(SELECT r.reason FROM handovers r WHERE r."customerId" = c.id AND r."closedAt" IS NULL AND NOT r.reason = ANY(%(talks)s)
        ORDER BY r.id),
    (SELECT rating FROM handovers g WHERE g."customerId" = c.id AND g.rating IS NOT NULL ORDER BY g.id DESC LIMIT 1)
FROM customers c JOIN conversations v ON v."customerId" = c.id
LEFT JOIN LATERAL (SELECT * FROM handovers o WHERE o."customerId" = c.id AND o."closedAt" IS NULL
    ORDER BY o.reason = ANY(%(talks)s) DESC, o.reason = 'message' DESC, o.id LIMIT 1) h ON true
LEFT JOIN staff s ON s.id = h."assigneeId" AND s.active
WHERE c.id = heir_of_customer(%(customer)s)
"""
RECEIVED = """
SELECT i.id, i."receivedAt", i.kind, i.payload::text, m.id, COALESCE(NULLIF(m."contentType", ''), m."mimeType"),
    m."storedAt" IS NOT NULL, f.state, COALESCE(f.reason, ''),
    EXISTS (SELECT FROM media p WHERE p."inboxId" = i.id AND p.purpose = 'prescription')
FROM inbox i
LEFT JOIN LATERAL (SELECT * FROM media x WHERE x."inboxId" = i.id ORDER BY x.purpose = 'prescription', x.id LIMIT 1) m ON true
LEFT JOIN thread_files f ON f."mediaRow" = m.id
WHERE i."customerId" = ANY(%(ids)s) AND i.channel = 'whatsapp' AND NOT i.kind = ANY(%(hidden)s)
    AND (%(at)s::timestamptz IS NULL OR (i."receivedAt", 0, i.id) < (%(at)s, %(rank)s, %(id)s))
ORDER BY i.id DESC LIMIT %(limit)s
"""
SENT = """
SELECT o.id, o."createdAt", o.payload::text, o.status, o."errorCode", o."staffId" IS NOT NULL, COALESCE(s.name, ''), m.id,
    COALESCE(m."contentType", ''), o.reason,
    COALESCE(e.channel = 'house' AND e.payload->>'name' SIMILAR TO '(prescription|lab_result)%%', false)
        OR EXISTS (SELECT FROM media p WHERE p."inboxId" = o."inboxId" AND p.purpose = 'prescription'),
    m."storedAt" IS NOT NULL
FROM outbox o
LEFT JOIN staff s ON s.id = o."staffId"
LEFT JOIN media m ON m.id = o."mediaRow"
LEFT JOIN inbox e ON e.id = o."inboxId"
WHERE o."customerId" = ANY(%(ids)s) AND o.status <> 'replaced'
    AND (%(at)s::timestamptz IS NULL OR (o."createdAt", 1, o.id) < (%(at)s, %(rank)s, %(id)s))
ORDER BY o.id DESC LIMIT %(limit)s
"""
NOTED = """
SELECT n.id, n."createdAt", n.text, n.clinical, COALESCE(s.name, '') FROM thread_notes n LEFT JOIN staff s ON s.id = n."staffId"
WHERE n."customerId" = ANY(%(ids)s) AND (%(at)s::timestamptz IS NULL OR (n."createdAt", 2, n.id) < (%(at)s, %(rank)s, %(id)s))
ORDER BY n.id DESC LIMIT %(limit)s
"""
AT = (
    """SELECT "receivedAt" FROM inbox WHERE id = %s""",
    """SELECT "createdAt" FROM outbox WHERE id = %s""",
    """SELECT "createdAt" FROM thread_notes WHERE id = %s""",
)
SEEN = """
INSERT INTO thread_reads AS r ("staffId", "customerId", "lastInboxId") VALUES (%s, %s, %s)
ON CONFLICT ("staffId", "customerId") DO UPDATE SET "lastInboxId" = EXCLUDED."lastInboxId", "seenAt" = now()
WHERE r."lastInboxId" < EXCLUDED."lastInboxId"
"""
# What a page that is open asks every few seconds: a few rows from the ends of indexes, as one number. Not the latest time of
# all: of two changes the one that began earlier may be seen later.
VERSION = f"""{THEM}
SELECT hashtextextended(concat_ws('|',
    (SELECT max((SELECT max(i.id) FROM inbox i WHERE i."customerId" = ids.id)) FROM ids),
    (SELECT string_agg(x.mark, ',') FROM ids CROSS JOIN LATERAL (
        SELECT o.id || o.status || COALESCE(o."errorCode", 0) AS mark FROM outbox o WHERE o."customerId" = ids.id
        ORDER BY o.id DESC LIMIT 40) x),
    (SELECT max((SELECT max(n.id) FROM thread_notes n WHERE n."customerId" = ids.id)) FROM ids),
    (SELECT string_agg(concat_ws(' ', h.id, h.reason, h."assigneeId", h."waitingSince"), ',') FROM ids
        JOIN handovers h ON h."customerId" = ids.id AND h."closedAt" IS NULL),
    (SELECT string_agg(f."mediaRow" || f.state, ',') FROM ids JOIN media m ON m."customerId" = ids.id
        JOIN thread_files f ON f."mediaRow" = m.id AND f."updatedAt" > now() - interval '1 day')
), 0) & ((1::bigint << 52) - 1)
"""


def thread(
    customer_id: int, *, staff_id: int = 0, clinical: bool = False, before: str = "", limit: int = 50, now: datetime
) -> Thread | None:
    """One customer's thread, open or not; None when there is no such customer. `before`: lines older than this key.

    `clinical`: texts about prescriptions are in it. `staff_id` given: the thread counts as seen by them, and so does, in the audit,
    what was clinical of it.
    """
    row = connection().execute(WHO, {"customer": customer_id, "talks": list(CONVERSATIONS)}).fetchone()
    if row is None:
        return None
    customer, name, number, wrote, handover, reason, since_, assignee_id, assignee, waiting, requests, rating = row
    version = since(customer)  # before the lines: what comes in between is asked for once more
    ids = (connection().execute(ALL_OF_THEM, (customer,)).fetchone() or ([customer],))[0]
    lines, more = _lines(ids, before, max(1, min(limit, LINES_MAX)))
    talking = handover is not None and reason in CONVERSATIONS
    shown = tuple(line if clinical or not line.clinical else line.hidden() for line in lines)
    if staff_id:
        _seen(staff_id, customer, lines, clinical=clinical)
    return Thread(
        customer,
        name,
        number,
        talking,
        reason or "",
        since_ if handover is not None else None,
        assignee_id,
        assignee,
        wrote + WINDOW if wrote else None,
        shown,
        more,
        any(line.clinical for line in lines) and not clinical,
        tuple(requests),
        waiting,
        version,
        rating,
    )


def since(customer_id: int, version: int = 0) -> int:
    """The thread's version, 0 to 2^52: another number after every new line, tick or act. `version` is what was known before."""
    row = connection().execute(VERSION, (customer_id,)).fetchone()
    return int(row[0] or 0) if row else 0


def _lines(ids: Sequence[int], before: str, limit: int) -> tuple[list[Line], bool]:
    """The newest `limit` lines before a key, oldest first, and whether there are older ones."""
    place = _place(before)
    given = {"ids": list(ids), "hidden": list(HIDDEN), "limit": limit + 1, **place}
    ask = connection().execute
    found = [(r[1], 0, r[0], _received(r)) for r in ask(RECEIVED, given).fetchall()]
    found += [(r[1], 1, r[0], _sent(r)) for r in ask(SENT, given).fetchall()]
    found += [(r[1], 2, r[0], _noted(r)) for r in ask(NOTED, given).fetchall()]
    found.sort(key=lambda each: each[:3])
    return [each[3] for each in found[-limit:]], len(found) > limit


def _place(before: str) -> dict[str, Any]:
    rank = next((n for n, name in enumerate(RANKS) if before.startswith(name)), -1)
    digits = before[len(RANKS[rank]) :] if rank >= 0 else ""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        return {"at": None, "rank": 0, "id": 0}
    row = connection().execute(AT[rank], (int(digits),)).fetchone()
    return {"at": row[0] if row else None, "rank": rank, "id": int(digits)}


def _received(row: Any) -> Line:
    number, at, kind, payload, media, mime, stored, state, reason, clinical = row
    words = received(kind, payload)
    failure = ""
    if kind in FILES and kind != "sticker" and not stored:
        failure = _no_file(state, reason, clinical=clinical) if media else NOT_KEPT
    ref = f"m{media}" if media and stored else ""
    return Line(f"in{number}", at, "customer", "", words.kind, words.text, ref, mime or "", "", failure, words.filename, clinical)


def _no_file(state: str | None, reason: str, *, clinical: bool) -> str:
    if state is None:
        return "" if clinical else NOT_KEPT
    return REMOVED if state == "done" else FILE_FAILURES.get(reason, FETCHING)


def _sent(row: Any) -> Line:
    number, at, payload, status, code, by_staff, name, media, mime, reason, clinical, stored = row
    words, tick = sent(payload), TICKS.get(status, status)
    failure = ""
    if tick == "failed":
        failure = FAILURES.get(code or 0) or (
            f"WhatsApp did not take it (code {code})." if code else NOT_SENT.get(reason, UNSENT)
        )
    elif tick == "held":
        failure = "It goes when the customer writes again."
    ref = f"m{media}" if media and stored else ""
    by = "staff" if by_staff else "bot"
    return Line(f"out{number}", at, by, name, words.kind, words.text, ref, mime, tick, failure, words.filename, clinical)


def _noted(row: Any) -> Line:
    number, at, text, clinical, name = row
    return Line(f"note{number}", at, "note", name, "text", text, "", "", "", "", "", clinical)


def _seen(staff_id: int, customer: int, lines: Sequence[Line], *, clinical: bool) -> None:
    last = max((int(line.key[2:]) for line in lines if line.by == "customer"), default=0)
    connection().execute(SEEN, (staff_id, customer, last))
    if clinical and any(line.clinical for line in lines):
        who = staff.get(staff_id)
        if who is not None:
            audit.note_once(who, "thread_seen", "customer", customer, customer)
