"""The inbox of the staff: every open thread, emergencies first, then who waits longest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.base import connection
from models.support import CONVERSATIONS
from models.threads.holding import WINDOW
from models.threads.shown import HIDDEN, Words, received, sent
from models.threads.values import TABS, WORDS_SHOWN, Counts, Row, Rows

PAGE_MAX = 100
UNREAD_MAX = 99
# One row a customer: the talk if there is one, else the message they left, else what they asked of us.
OPEN = """
open AS MATERIALIZED (
    SELECT DISTINCT ON (h."customerId") h."customerId" AS customer, h.id, h.reason, h."openedAt", h."inboxId",
        s.id AS assignee, COALESCE(s.name, '') AS assignee_name,
        COALESCE(h."waitingSince", CASE WHEN h."answeredAt" IS NULL THEN h."openedAt" END) AS waiting
    FROM handovers h LEFT JOIN staff s ON s.id = h."assigneeId" AND s.active
    WHERE h."closedAt" IS NULL
    ORDER BY h."customerId", h.reason = ANY(%(talks)s) DESC, h.reason = 'message' DESC, h.id
)"""
TAB = {"mine": "assignee = %(staff)s", "unassigned": "assignee IS NULL", "all": "true"}
ROWS = """
WITH {open}, page AS MATERIALIZED (
    SELECT *, count(*) OVER () AS total FROM open WHERE {tab}
    ORDER BY reason = 'emergency' AND waiting IS NOT NULL DESC, waiting IS NULL, COALESCE(waiting, "openedAt"), id
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT p.customer, COALESCE(NULLIF(c.name, ''), c."profileName"),
    COALESCE((SELECT right(value, 4) FROM customer_identities k WHERE k."customerId" = p.customer AND k.kind = 'number'
        ORDER BY k."createdAt" DESC LIMIT 1), ''),
    p.reason, p.waiting, p."openedAt", p.assignee, p.assignee_name, v."lastInboundAt",
    i.at, i.kind, i.payload, i.clinical, o.at, o.payload, o.staff, o.clinical, o.lost,
    (SELECT count(*) FROM (SELECT FROM inbox u WHERE u."customerId" = p.customer AND u.channel = 'whatsapp'
        AND NOT u.kind = ANY(%(hidden)s) AND u.id > COALESCE(
            (SELECT r."lastInboxId" FROM thread_reads r WHERE r."staffId" = %(staff)s AND r."customerId" = p.customer),
            p."inboxId" - 1, 0)
        AND u."receivedAt" > p."openedAt" - interval '1 hour' LIMIT {unread}) n),
    p.total
FROM page p JOIN customers c ON c.id = p.customer JOIN conversations v ON v."customerId" = p.customer
LEFT JOIN LATERAL (
    SELECT x."receivedAt" AS at, x.kind, x.payload::text AS payload,
        EXISTS (SELECT FROM media m WHERE m."inboxId" = x.id AND m.purpose = 'prescription') AS clinical
    FROM inbox x WHERE x."customerId" = p.customer AND x.channel = 'whatsapp' AND NOT x.kind = ANY(%(hidden)s)
    ORDER BY x.id DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (
    SELECT x."createdAt" AS at, x.payload::text AS payload, x."staffId" IS NOT NULL AS staff,
        x.status IN ('failed', 'expired') AS lost,
        COALESCE(e.channel = 'house' AND e.payload->>'name' SIMILAR TO '(prescription|lab_result)%%', false)
            OR EXISTS (SELECT FROM media m WHERE m."inboxId" = x."inboxId" AND m.purpose = 'prescription') AS clinical
    FROM outbox x LEFT JOIN inbox e ON e.id = x."inboxId"
    WHERE x."customerId" = p.customer AND x.status <> 'replaced' ORDER BY x.id DESC LIMIT 1) o ON true
ORDER BY p.reason = 'emergency' AND p.waiting IS NOT NULL DESC, p.waiting IS NULL, COALESCE(p.waiting, p."openedAt"), p.id
"""
COUNTS = f"""
WITH {OPEN}
SELECT count(*) FILTER (WHERE assignee = %(staff)s), count(*) FILTER (WHERE assignee IS NULL), count(*),
    count(*) FILTER (WHERE waiting IS NOT NULL), min(waiting)
FROM open
"""
LOST = "Not delivered: "
SIGNS = {"image": "Picture", "audio": "Voice note", "video": "Video", "document": "Document", "sticker": "Sticker"}


def inbox(tab: str, *, staff_id: int, limit: int = 50, offset: int = 0, now: datetime) -> Rows:
    """Open threads of a tab ("mine", "unassigned", "all"). `total` is 0 on a page behind the last."""
    query = ROWS.format(open=OPEN, tab=TAB[tab if tab in TABS else "all"], unread=UNREAD_MAX)
    given = {
        "staff": staff_id,
        "talks": list(CONVERSATIONS),
        "hidden": list(HIDDEN),
        "limit": max(1, min(limit, PAGE_MAX)),
        "offset": max(0, offset),
    }
    rows = connection().execute(query, given).fetchall()
    return Rows(tuple(_row(row) for row in rows), int(rows[0][-1]) if rows else 0)


def counts(staff_id: int, now: datetime) -> Counts:
    """How many threads stand in each tab."""
    row = connection().execute(COUNTS, {"staff": staff_id, "talks": list(CONVERSATIONS)}).fetchone()
    return Counts(*(row or (0, 0, 0, 0, None)))


def _row(row: Any) -> Row:
    customer, name, end, reason, waiting, opened, assignee_id, assignee, wrote = row[:9]
    in_at, kind, in_payload, in_clinical, out_at, out_payload, by_staff, out_clinical, lost, unread, _ = row[9:]
    last_at, by, words, clinical = opened, "customer", Words("", ""), False
    if out_at is not None and (in_at is None or out_at >= in_at):
        last_at, by, words, clinical = out_at, "staff" if by_staff else "bot", sent(out_payload), out_clinical
        words = Words(words.kind, f"{LOST}{_short(words)}") if lost and not clinical else words
    elif in_at is not None:
        last_at, by, words, clinical = in_at, "customer", received(kind, in_payload), in_clinical
    said = "" if clinical else _short(words)
    state = "waiting" if waiting else "answered"
    ends = wrote + WINDOW if wrote else None
    return Row(
        *(
            customer,
            name,
            end,
            reason,
            state,
            waiting,
            last_at,
            said,
            by,
            assignee_id,
            assignee,
            ends,
            min(unread, UNREAD_MAX),
            opened,
        )
    )


def _short(words: Words) -> str:
    text = " ".join(words.text.split()) or SIGNS.get(words.kind, "")
    return text if len(text) <= WORDS_SHOWN else text[: WORDS_SHOWN - 1] + "…"
