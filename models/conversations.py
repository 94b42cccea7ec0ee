"""Where each conversation stands, and who may move it: claim a customer, save a turn, let go.

A claim is a session advisory lock: it goes when its connection goes, so a killed worker holds nobody up. A frozen one is cut
off by the server (`idle_session_timeout` while a claim is held), and finds its connection dead when it wakes.

Round trips are what a turn costs: claim (one), save (one), let go (one).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from models.envelope import RECORD_CHANGES

EVENTS_A_CLAIM = 10
# CLOCK_BOOTTIME goes on while the machine sleeps; monotonic() does not.
BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

# Most turns say one thing: as a plain parameter its payload is not escaped quote by quote, as it is within an array.
ONE_REPLY = "SELECT %s::text AS payload, %s::text AS status, %s::timestamptz AS due, 1 AS place"
REPLIES = """SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
        WITH ORDINALITY AS replies(payload, status, due, place)"""
# What the house says of its own accord: the first row is the template where it goes in place of the others (models.notices).
NOTICE = """, notice, "standsFor\""""
NOTICE_OF_ROW = (
    ", %s::jsonb - CASE WHEN place = 1 AND %s THEN 'template' ELSE '' END, CASE WHEN place = 1 AND %s THEN %s::bigint END"
)
SAVE = """
WITH moved AS (
    UPDATE conversations SET flow = %s, state = %s, memory = %s::jsonb, version = version + 1, "lastInboundAt" = %s,
        "idleAt" = %s, "pairFreeAt" = %s, "updatedAt" = now()
    WHERE "customerId" = %s AND version = %s
        AND EXISTS (SELECT FROM inbox WHERE id = %s AND status = 'pending' AND "customerId" = %s)
    RETURNING 1
), done AS (
    UPDATE inbox SET status = 'done', "handledAt" = now() WHERE id = %s AND EXISTS (SELECT FROM moved)
), begun AS (
    UPDATE inbox SET attempts = attempts + 1 WHERE id = %s AND attempts <= failures AND EXISTS (SELECT FROM moved)
), said AS (
    INSERT INTO outbox ("customerId", "inboxId", payload, status, attempts, "sendingSince", "nextTryAt", "expiresAt"{columns})
    SELECT %s, %s, payload::json, status, CASE status WHEN 'sending' THEN 1 ELSE 0 END,
        CASE status WHEN 'sending' THEN now() END, due, now() + %s * interval '1 second'{values}
    FROM ({replies}) AS t
    WHERE EXISTS (SELECT FROM moved) ORDER BY place
    RETURNING id
)
SELECT EXISTS (SELECT FROM moved), ARRAY(SELECT id FROM said ORDER BY id)
"""
SAVE_ONE, SAVE_MANY = (SAVE.format(replies=replies, columns="", values="") for replies in (ONE_REPLY, REPLIES))
SAVE_NOTICE = SAVE.format(replies=REPLIES, columns=NOTICE, values=NOTICE_OF_ROW)


class Conflict(Exception):
    """The conversation moved under us, or the event was done or became another customer's: nothing was written.
    Whoever holds the claim goes on."""


class Lost(Exception):
    """Too long since we last heard from the database: the claim may be somebody else's by now. Do not send, do not write."""


class Pending(NamedTuple):
    """An event of the inbox that is due. `attempts` as counted before this one."""

    id: int
    channel: str
    kind: str
    external_id: str
    payload: str
    attempts: int
    failures: int
    received_at: datetime
    correlation_id: str

    @property
    def wrote(self) -> bool:
        """Whether it is the customer who did it: only that opens WhatsApp's window. News of a new number does not."""
        return self.channel == "whatsapp" and self.kind not in RECORD_CHANGES


@dataclass(slots=True)
class Claim:
    """A customer who is ours until `let_go`, as the look-up found them. `now` is the database's clock, the only one used."""

    customer_id: int
    now: datetime
    name: str
    profile_name: str
    user_id: int | None
    consented: bool
    marketing_stopped: bool
    with_agent_since: datetime | None
    flow: str
    state: str
    memory: dict[str, Any]
    version: int
    last_inbound_at: datetime | None
    pair_free_at: datetime | None
    number: str | None
    bsuid: str | None
    unsent: bool
    held: bool
    sender_waits_until: datetime | None
    events: list[Pending]
    first_begun: bool
    heard: float = field(default_factory=lambda: time.clock_gettime(BOOT_CLOCK))

    def touch(self) -> None:
        """The database has just answered on the connection that holds the claim."""
        self.heard = time.clock_gettime(BOOT_CLOCK)

    def sure(self, lease_s: float) -> None:
        """Raises Lost unless the database answered within half a lease: the server cuts an idle claim after a whole one."""
        if time.clock_gettime(BOOT_CLOCK) - self.heard > lease_s / 2:
            raise Lost


def claim(conn: psycopg.Connection, customer_id: int, *, lease_s: int) -> Claim | None:
    """Takes the customer and looks everything up, in one round trip. None: somebody else has them, or there is nobody.

    The attempt at the first event is counted here and committed (asynchronously: a killed process does not undo it) before
    the work begins, so that a message that kills its process is found out.
    """
    found = conn.execute("SELECT * FROM claim_customer(%s, %s, %s)", (customer_id, f"{lease_s}s", EVENTS_A_CLAIM))
    rows = found.fetchall()
    if not rows:
        return None
    return Claim(customer_id, *rows[0][:18], _due_in_order(rows), bool(rows[0][18]))


def _due_in_order(rows: Sequence[tuple[Any, ...]]) -> list[Pending]:
    """Events up to the first that still waits for its retry: what came after it waits with it."""
    events = []
    for row in rows:
        if not row[19]:
            break
        events.append(Pending(*row[20:]))
    return events


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event did to the conversation, ready to be written: the next place and the payloads to send, in order.

    `notice`: what stands for the payloads outside the 24-hour window, as JSON; `by_template`: the first payload is that already.
    """

    event_id: int
    next_event_id: int | None
    flow: str
    state: str
    memory_json: str
    last_inbound_at: datetime | None
    idle_at: datetime | None
    pair_free_at: datetime | None
    payloads: Sequence[str] = ()
    statuses: Sequence[str] = ()
    due: Sequence[datetime | None] = ()
    notice: str = ""
    by_template: bool = False


def save(conn: psycopg.Connection, held: Claim, turn: Turn, *, max_age_s: float) -> list[int]:
    """Writes a turn in one statement: conversation moved, event done, next attempt counted, replies in the outbox.

    All of it or nothing. Raises Conflict when the conversation is no longer as the claim found it.
    """
    one = len(turn.payloads) == 1 and not turn.notice
    noticed = (turn.notice, turn.by_template, turn.by_template, turn.event_id) if turn.notice else ()
    moved, ids = conn.execute(
        SAVE_NOTICE if turn.notice else SAVE_ONE if one else SAVE_MANY,
        (
            *(turn.flow, turn.state, turn.memory_json, turn.last_inbound_at, turn.idle_at, turn.pair_free_at),
            *(held.customer_id, held.version, turn.event_id, held.customer_id),
            *(turn.event_id, turn.next_event_id, held.customer_id, turn.event_id, max_age_s, *noticed),
            *_replies(turn, one=one),
        ),
    ).fetchone() or (False, [])
    if not moved:
        raise Conflict
    held.version += 1
    held.touch()
    return ids


def _replies(turn: Turn, *, one: bool) -> tuple[Any, ...]:
    columns = turn.payloads, turn.statuses, turn.due
    return tuple(column[0] for column in columns) if one else tuple(list(column) for column in columns)


def let_go(conn: psycopg.Connection, customer_id: int, sent: tuple[int, str] | None = None) -> bool:
    """Gives the customer back, and says whether something came for them meanwhile (asked after letting go: whoever found
    the claim held has gone away and relies on it). `sent`: outbox row and wamid of a last send, recorded on the way;
    asynchronously, for a status that names our id tells us again."""
    row = conn.execute("SELECT let_go_of_customer(%s, %s, %s)", (customer_id, *(sent or (None, None)))).fetchone()
    return bool(row and row[0])


def end_idle(conn: psycopg.Connection, *, limit: int) -> list[int]:
    """Turns conversations whose customer fell silent into `session_ended` events, once each. Returns the customers."""
    rows = conn.execute(
        """WITH idle AS (
               SELECT "customerId", version FROM conversations WHERE "idleAt" <= now() ORDER BY "idleAt" LIMIT %s
               FOR UPDATE SKIP LOCKED
           ), over AS (
               UPDATE conversations v SET "idleAt" = NULL FROM idle WHERE v."customerId" = idle."customerId"
           )
           INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
           SELECT 'house', 'session_ended:' || "customerId" || ':' || version, "customerId", 'happened',
               '{"name": "session_ended", "data": {}}'
           FROM idle ON CONFLICT DO NOTHING RETURNING "customerId" """,
        (limit,),
    )
    return [row[0] for row in rows]
