"""Sends a customer's outgoing rows, in order, one at a time, while the customer is claimed.

The three acts of each send: the row is marked as being sent (committed), the request leaves with no transaction open, what
came of it is recorded. Whatever ends between two acts is found again: by the next holder, or by the sweep.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from models import notices, outbox
from models.base import unit
from models.conversations import Claim, Lost
from settings import current
from worker import generated, house, sentry
from worker.errors import GatewayError
from worker.logs import log
from worker.whatsapp import outbound
from worker.whatsapp.errors import AMBIGUOUS, BILLED_ALONE, NEEDS_TEMPLATE, RETRYABLE, SLOW_DOWN, STOP_SENDER

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
CIRCUIT_S = 60.0
ROWS_A_ROUND = 20
PATIENCE_S = 1.0
TEMPLATES_A_ROUND = 3
Statement = tuple[str, tuple[Any, ...]] | notices.Statement


@dataclass(slots=True)
class Round:
    """One holder's sending: whether the way is free, and the last acceptance, whose record rides along with letting go.
    `closed`: the window was just found closed, what was being sent is held, and a template may stand for it."""

    held: Claim
    blocked: bool = False
    begun: int | None = None  # the event whose attempt is counted and not yet done
    sent: tuple[int, str] | None = None
    closed: bool = False

    def record(self, conn: psycopg.Connection, statement: Statement) -> None:
        """Records the outcome of a send now."""
        with unit(house.UNIT_S):
            conn.execute(*statement)
        self.held.touch()

    def flush(self, conn: psycopg.Connection) -> None:
        """Records the last acceptance, before anything else is sent or answered."""
        if self.sent:
            self.record(conn, outbox.accepted(*self.sent))
            self.sent = None


def release(conn: psycopg.Connection, turn: Round) -> None:
    """The customer wrote: what was held for that goes first."""
    s = current()
    with unit(house.UNIT_S):
        lots = notices.release(conn, turn.held.customer_id, max_age_s=s.reply_max_age_minutes * 60, days=s.held_max_days)
    turn.held.touch()
    turn.held.unsent = turn.held.unsent or "queued" in lots
    log().info("outbox.released", **lots)


def send_unsent(conn: psycopg.Connection, turn: Round) -> None:
    """Sends the open rows that are due. Leaves `turn.blocked` set when one must wait: later ones wait behind it."""
    for _ in range(TEMPLATES_A_ROUND):
        turn.closed = False
        _send_unsent(conn, turn)
        if not turn.closed or turn.blocked:
            return


def _send_unsent(conn: psycopg.Connection, turn: Round) -> None:
    # A sender that lost the database alone is still asking WhatsApp, for up to half a lease (`house.whatsapp`).
    wait = max(current().unsure_wait_seconds, current().lease_seconds / 2)
    with unit(house.UNIT_S):
        rows = outbox.unsent(conn, turn.held.customer_id, limit=ROWS_A_ROUND)
    turn.held.touch()
    for row in rows:
        if row.status == "sending":
            # Its sender ended, or lost the database. It may have been sent, and while the database was away no status could
            # come in: so the time to wait for one begins now, for all that were marked in the same turn.
            turn.blocked = True
            for lost in (each for each in rows if each.status == "sending"):
                turn.record(conn, outbox.unsure(lost.id, wait_s=wait, reason="the sender ended before the answer"))
            return
        if row.wait_s > 0:
            turn.blocked = True
            return
        if row.expired:
            turn.record(conn, outbox.end(row.id, "expired", reason="too old to send"))
            log().warning("outbox.expired", outbox=row.id)
            continue
        if not (turn.held.number or turn.held.bsuid):  # the number it was written for belongs to somebody else by now
            turn.record(conn, outbox.end(row.id, "failed", reason="nobody is behind this customer any more"))
            log().warning("outbox.nobody_to_tell", outbox=row.id)
            continue
        turn.flush(conn)
        with unit(house.UNIT_S):
            begun = outbox.begin_send(conn, row.id)
        turn.held.touch()
        if begun:
            payload = outbound.readdressed(json.loads(row.payload), number=turn.held.number, bsuid=turn.held.bsuid)
            send(conn, turn, row.id, payload, attempts=row.attempts + 1)
        if turn.blocked:
            return
    turn.blocked = len(rows) == ROWS_A_ROUND


def send_new(conn: psycopg.Connection, turn: Round, ids: Sequence[int], payloads: Sequence[dict[str, Any] | None]) -> None:
    """Sends the rows a turn just wrote. Payloads that are None were written as waiting; the others are marked as being sent,
    so those that an earlier one keeps from leaving are put back, or they would pass for unsure."""
    turn.closed = False
    born = [(row_id, payload) for row_id, payload in zip(ids, payloads, strict=True) if payload is not None]
    for index, (row_id, payload) in enumerate(born):
        if turn.blocked:
            turn.record(conn, outbox.put_back([row_id for row_id, _ in born[index:]]))
            return
        send(conn, turn, row_id, payload, attempts=1)
        if turn.closed:  # the rest of this turn is held with it
            send_unsent(conn, turn)
            return


def send(conn: psycopg.Connection, turn: Round, row_id: int, payload: dict[str, Any], *, attempts: int) -> None:
    """One request for one row that is marked as being sent. Raises Lost when the claim may be gone: then nothing leaves."""
    payload["biz_opaque_callback_data"] = str(row_id)
    turn.flush(conn)
    wait_s = house.wait_for_turn(PATIENCE_S)
    if wait_s is None:  # the number's quota is used up for longer than a thread should wait
        turn.blocked = True
        turn.record(conn, outbox.requeue(row_id, wait_s=PATIENCE_S, reason="paced", give_back=True))
        return
    if wait_s > 0:
        time.sleep(wait_s)
    turn.held.sure(current().lease_seconds)
    try:
        if generated.needed(payload):
            payload = generated.ready(turn.held, payload, attempts)
        turn.held.sure(current().lease_seconds)
        answer = house.whatsapp().send(payload)
    except Lost:
        raise
    except GatewayError as e:
        _refused(conn, turn, row_id, e, attempts, template=payload.get("type") == "template")
        return
    except Exception as e:  # noqa: BLE001 - a bug on our side; it would be met at each try, and what left might leave each time
        log().exception("outbox.failed", outbox=row_id)
        turn.record(conn, outbox.end(row_id, "failed", reason=type(e).__name__))
        sentry.tell(e, outbox=row_id)
        return
    log().info("outbox.accepted", outbox=row_id)
    turn.sent = row_id, answer.wamid


def _refused(conn: psycopg.Connection, turn: Round, row_id: int, error: GatewayError, attempts: int, *, template: bool) -> None:
    s = current()
    code = int(error.code) if error.code.isdigit() else None
    reason = f"{error.klass} {error.code} {error.detail}".strip()
    log().warning("outbox.refused", outbox=row_id, klass=error.klass, code=error.code, attempt=attempts)
    if error.klass == AMBIGUOUS:
        turn.blocked = True
        turn.record(conn, outbox.unsure(row_id, wait_s=s.unsure_wait_seconds, reason=reason))
    elif error.klass == SLOW_DOWN:
        turn.blocked = True
        wait = _jittered(max(error.retry_after_s or 0.0, BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]))
        if error.scope == "sender":
            with unit(house.UNIT_S):
                outbox.slow_sender(conn, s.whatsapp_phone_number_id, seconds=wait, reason=reason)
        turn.record(conn, outbox.requeue(row_id, wait_s=wait, reason=reason, code=code, give_back=True))
    elif error.klass == STOP_SENDER and not (template and error.code in BILLED_ALONE):
        turn.blocked = True
        with unit(house.UNIT_S):
            first = outbox.stop_sender(conn, s.whatsapp_phone_number_id, seconds=CIRCUIT_S, reason=reason)
        if first:
            sentry.alarm("whatsapp sender stopped", code=error.code, outbox=row_id)
        turn.record(conn, outbox.requeue(row_id, wait_s=CIRCUIT_S, reason=reason, code=code, give_back=True))
    elif error.klass == NEEDS_TEMPLATE and not template:
        turn.closed = True
        turn.record(conn, notices.hold(row_id, reason=reason, code=code))
    elif error.klass == RETRYABLE and attempts < min(s.send_max_attempts, error.max_tries or s.send_max_attempts):
        turn.blocked = True
        wait = error.retry_after_s or _jittered(BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1])
        turn.record(conn, outbox.requeue(row_id, wait_s=wait, reason=reason, code=code))
    elif template:
        with unit(house.UNIT_S):
            kind = notices.refuse(conn, row_id, reason=reason, code=code)
        turn.held.touch()
        if kind is not None:  # once in some hours for each kind and code: a paused template is one trouble
            sentry.tell(error, fingerprint=("whatsapp", "template", kind, error.code), outbox=row_id)
    else:
        turn.record(conn, outbox.end(row_id, "failed", reason=reason, code=code))
        sentry.tell(error, fingerprint=("whatsapp", "send", error.code), outbox=row_id)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1.0, 1.1)  # noqa: S311 - spreads retries, keeps no secret
