"""Find what is due or stuck, and hint at it. Every sweep may run twice; with Redis emptied, they alone bring every answer."""

from __future__ import annotations

import time
from collections import Counter

import redis

from jobs.stopping import STOP
from models import conversations, inbox, outbox, timers
from models.base import unit
from models.prescriptions import waiting_to_be_read
from models.threads import files
from settings import current
from worker.broker import depths, enqueue
from worker.messages import CONVERSE, DELIVER, MOVE_FILE, READ_PRESCRIPTION, SETTLE, Hint

UNIT_S = 10.0
A_ROUND = 500
FIRING_S = 20.0  # no longer at a time: the next tick goes on
# Hints that wait already make further ones useless: a backlog is not a loss.
BACKLOG = 1000
STUCK_AFTER_S = 3.0
# Reading one takes seconds: these few are enough to go on with.
READING_BACKLOG = 20
FILES_A_ROUND = 20


def waiting_events() -> str:
    """Customers with something unanswered that no worker took up."""
    return sweep(CONVERSE, lambda conn: inbox.waiting(conn, older_than_s=STUCK_AFTER_S, limit=A_ROUND))


def waiting_sends() -> str:
    """Customers with something unsent that is due."""
    return sweep(DELIVER, lambda conn: outbox.waiting(conn, older_than_s=STUCK_AFTER_S, limit=A_ROUND))


def unread_prescriptions() -> str:
    """Prescriptions that came, or whose next try is due, and that nobody reads."""
    return sweep(
        READ_PRESCRIPTION,
        lambda conn: waiting_to_be_read(conn, older_than_s=STUCK_AFTER_S, limit=READING_BACKLOG),
        backlog=READING_BACKLOG,
    )


def waiting_files() -> str:
    """Files of talks with a person that are to be fetched or handed over, and that nobody moves."""
    return sweep(MOVE_FILE, lambda conn: files.waiting(conn, limit=FILES_A_ROUND))


def open_receipts() -> str:
    """Delivery receipts whose hint was lost, or that came before the answer to their send."""
    with unit(UNIT_S) as conn:
        waiting = conn.execute("""SELECT EXISTS (SELECT FROM delivery_receipts WHERE "settledAt" IS NULL)""").fetchone()
    if not (waiting and waiting[0]):
        return ""
    try:
        enqueue(SETTLE)
    except redis.RedisError as e:
        return away(e)
    return "hinted"


def due_timers() -> str:
    """Timers whose time has come become events of their customers: round after round, for many are due on the hour.

    Each round is a transaction, and its hints go out after it: where the clock ends between the two, or Redis is away, the sweep of
    waiting events sends them.
    """
    began, done, away_for = time.monotonic(), Counter[str](), ""
    while not STOP.is_set() and time.monotonic() - began < FIRING_S:
        with unit(UNIT_S) as conn:
            fired = timers.fire_due(conn, limit=A_ROUND, zone=current().default_timezone.key)
        done.update({"fired": len(fired.customers)} | fired.unsaid)
        if not away_for:
            away_for = _hinted(fired.customers)
        if fired.taken < A_ROUND:
            break
    said = ", ".join(f"{count} {what}" for what, count in done.items() if count)
    return "; ".join(part for part in (said, away_for) if part)


def _hinted(customers: list[int]) -> str:
    """Why no more hints could be sent, or nothing."""
    try:
        for customer_id in dict.fromkeys(customers):
            enqueue(CONVERSE, customer_id)
    except redis.RedisError as e:
        return away(e)
    return ""


def idle_sessions() -> str:
    """Conversations whose customer fell silent end, once."""
    return sweep(CONVERSE, lambda conn: conversations.end_idle(conn, limit=A_ROUND), always=True)


def sweep(hint: Hint, find: object, *, always: bool = False, backlog: int = BACKLOG) -> str:
    """Hints at the rows that `find` names. `always`: finding already changed rows, so it is not skipped for a backlog."""
    try:
        if not always and depths((hint.queue,))[hint.queue] > backlog:
            return "backlog"
        with unit(UNIT_S) as conn:
            found = find(conn)  # type: ignore[operator]
        for row_id in found:
            enqueue(hint, row_id)
    except redis.RedisError as e:
        return away(e)
    return f"{len(found)} hinted" if found else ""


def away(error: redis.RedisError) -> str:
    return f"broker away ({type(error).__name__})"
