"""The loop: claim a customer -> each event -> flow -> perform effects -> save -> send, one event a transaction.

`serve` may be called by anybody at any time for any customer; it does what is there to do, or leaves. A crash anywhere
repeats the present event from its start with nothing half done.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import peewee
import psycopg

from models import conversations, customers, inbox, outbox
from models.base import Unavailable, db, drop_connection, unit
from models.conversations import Claim, Conflict, Lost, Pending, Turn
from settings import Settings, current
from worker import claimed, delivery, house, messages, notices, sentry
from worker.broker import hint_at
from worker.database_facts import DatabaseFacts
from worker.delivery import Round
from worker.effects import Context, perform
from worker.errors import GatewayError
from worker.facts import Pharmacy
from worker.flows import entry, signing_in
from worker.flows.step import Effect, Event, Happened, Place, Reply, Step, Text
from worker.flows.wording import say
from worker.logs import correlate, log
from worker.team_hours import support_hours
from worker.whatsapp import inbound, outbound
from worker.whatsapp.pacing import pace

ROUNDS_A_CALL = 50
EFFECT_ROUNDS = 8
SUSPECT_WAIT_S = 2.0
RETRY_DELAYS_S = (0.5, 1.0, 2.0, 4.0)
# Changes of the customer's record: no turn of the bot, no answer.
NEW_ADDRESS = frozenset({"number_changed", "user_id_changed"})
RECORD_EVENTS = NEW_ADDRESS | {"identity_changed", "marketing_stopped", "marketing_resumed"}

# Written down with the next unit of work that succeeds:
_owed: list[int] = []  # customers whose event was begun and not ended, by the database's fault and not the event's
_unheard: list[tuple[int, str]] = []  # acceptances (outbox row, wamid) that the database did not hear of
_owed_lock = threading.Lock()
_suspects = threading.Lock()


def serve(customer_id: int) -> None:
    """Does everything that is due for a customer: sends what waits, answers what came. Leaves at once if somebody else does.

    Raises Unavailable when the database goes away; the sweep comes back to this customer.
    """
    for _ in range(ROUNDS_A_CALL):
        conn, held = _claim(customer_id)
        if held is None:
            return
        try:
            more = _work(conn, held)
        except Lost:
            log().warning("conversation.lease_lost", customer=customer_id)
            drop_connection()
            return
        except BaseException:
            drop_connection()  # and with it the claim
            raise
        if not more:
            return
    hint_at(messages.CONVERSE, customer_id)


def _claim(customer_id: int) -> tuple[psycopg.Connection, Claim | None]:
    asked = False
    try:
        with unit(house.UNIT_S) as conn:
            _pay_back(conn)
            asked = True
            return conn, conversations.claim(conn, customer_id, lease_s=current().lease_seconds)
    except BaseException as e:
        drop_connection()  # the lock of a claim that failed half way outlives its statement
        if asked and isinstance(e, Unavailable):
            _owe(customer_id)  # the claim may have been made and its answer lost
        raise


def _work(conn: psycopg.Connection, held: Claim) -> bool:
    """One round with a claimed customer, who is let go at its end. True when more came meanwhile."""
    turn = Round(held, begun=held.events[0].id if held.events and held.first_begun else None)
    try:
        return _round(conn, held, turn)
    except Exception:
        if turn.begun is not None:
            _owe(held.customer_id)
        if turn.sent:
            with _owed_lock:
                _unheard.append(turn.sent)
        raise


def _owe(customer_id: int) -> None:
    """An attempt at this customer's event is counted, and the event did not end it: it would pass for a death."""
    with _owed_lock:
        _owed.append(customer_id)


def _round(conn: psycopg.Connection, held: Claim, turn: Round) -> bool:
    sender_waits = held.sender_waits_until is not None and held.sender_waits_until > held.now
    if (held.events or held.unsent) and not (held.number or held.bsuid):
        _follow(conn, held)
    if held.held and any(event.wrote for event in held.events):
        delivery.release(conn, turn)
    if held.unsent and not sender_waits:
        delivery.send_unsent(conn, turn)
    turn.blocked = turn.blocked or sender_waits
    read: str | None = None
    for index, event in enumerate(held.events):
        following = held.events[index + 1].id if index + 1 < len(held.events) else None
        correlate(event.correlation_id, customer=held.customer_id, inbox=event.id)
        turn.flush(conn)
        if not _answer(conn, turn, event, following):
            break
        read = event.external_id if event.channel == "whatsapp" else read
    with unit(house.UNIT_S):
        more = conversations.let_go(conn, held.customer_id, turn.sent)
    if read and current().whatsapp_read_receipts and not sender_waits:
        _mark_read(read)
    return more


def _follow(conn: psycopg.Connection, held: Claim) -> None:
    """Nobody is behind this customer any more: merged into another, who has from now on what came in and what is to be said."""
    with unit(house.UNIT_S):
        heir = customers.follow(conn, held.customer_id)
    if heir is not None:
        held.events, held.unsent, held.held = [], False, False
        hint_at(messages.CONVERSE, heir)


def _answer(conn: psycopg.Connection, turn: Round, event: Pending, following: int | None) -> bool:
    """One event, from its payload to its replies sent. False when later ones must wait behind it."""
    held, settings = turn.held, current()
    deaths = event.attempts - event.failures
    try:
        if deaths >= settings.event_max_deaths:
            _set_aside(conn, turn, event, following, "it ended the process each time")
            return True
        with _suspicion(turn, event, deaths), unit(house.UNIT_S):
            ids, payloads = _take_turn(conn, held, event, following, blocked=turn.blocked)
    except _Later:
        return False
    except Conflict:
        log().warning("conversation.conflict", inbox=event.id)
        _owe(held.customer_id)
        turn.begun = None
        return False
    except (Unavailable, Lost):
        raise
    except Exception as e:  # noqa: BLE001 - a bug in a flow, or an event no flow foresaw: counted, told, tried again later
        return _failed(conn, turn, event, following, e)
    turn.begun = following
    log().info("conversation.answered", inbox=event.id, flow=held.flow, state=held.state, replies=len(ids))
    delivery.send_new(conn, turn, ids, payloads)
    return True


class _Later(Exception):
    """Another suspect is being handled: come back."""


@contextmanager
def _suspicion(turn: Round, event: Pending, deaths: int) -> Iterator[None]:
    """An event that was in hand when a process ended is handled alone among its like, and counted only while it is: so the one
    that ends processes is found out, and those that merely were in hand beside it are answered. Raises _Later."""
    if not deaths:
        yield
        return
    turn.begun = None  # neither the claim nor the turn before counts a suspect
    if not _suspects.acquire(timeout=SUSPECT_WAIT_S):
        raise _Later
    try:
        turn.begun = event.id  # before asking: the answer may be lost
        with unit(house.UNIT_S):
            inbox.begin([event.id])
        turn.held.touch()
        yield
    finally:
        _suspects.release()


def _take_turn(
    conn: psycopg.Connection, held: Claim, event: Pending, following: int | None, *, blocked: bool
) -> tuple[list[int], list[dict[str, object] | None]]:
    """Runs the flow and saves what came of it. Returns row ids and the payloads to send now (None: queued for later)."""
    settings = current()
    heard = inbound.read(event.kind, json.loads(event.payload)) if event.channel == "whatsapp" else _happened(event)
    facts = DatabaseFacts(claimed.facts(held), now=held.now, zone=settings.default_timezone, pharmacy=_pharmacy(settings))
    place = Place(held.flow, held.state, held.memory)
    if isinstance(heard, Happened) and heard.name in RECORD_EVENTS:
        with db.atomic():
            _change_record(conn, held, heard)
            saved = _save(conn, held, event, following, Step(place), blocked=blocked)
        if heard.name.startswith("marketing_"):  # the next event of this claim may be one that a stop concerns
            held.marketing_stopped = heard.name == "marketing_stopped"
        if heard.name in NEW_ADDRESS:  # what they said next is answered there
            held.number, held.bsuid = heard.data.get("new_number") or held.number, heard.data.get("new_user_id") or held.bsuid
        return saved
    step = entry.turn(place, heard, facts)
    if not step.effects:
        return _save(conn, held, event, following, step, blocked=blocked)
    with db.atomic():
        context = Context(customer_id=held.customer_id, inbox_id=event.id, now=held.now, settings=settings, facts=facts)
        saved = _save(conn, held, event, following, perform_all(step, context, facts), blocked=blocked)
    claimed.remember(held, facts.customer)
    for hint, subject in context.hints:  # the rows are committed; what is lost from here on a sweep brings back
        hint_at(hint, subject)
    return saved


def perform_all(step: Step, context: Context, facts: DatabaseFacts) -> Step:
    """Performs effects, feeds outcomes back to the flow, and gathers the replies. Bounded: the only loop of its kind."""
    replies: list[Reply] = []
    outside = step.outside
    for _ in range(EFFECT_ROUNDS):
        outcomes = [o for o in (perform(effect, context) for effect in step.effects) if o is not None]
        replies.extend(step.replies)
        if not outcomes:
            return Step(step.place, tuple(replies), outside=outside)
        effects: list[Effect] = []
        place = step.place
        for outcome in outcomes:
            after = entry.turn(place, outcome, facts)
            place = after.place
            replies.extend(after.replies)
            effects.extend(after.effects)
            outside = after.outside or outside
        step = Step(place, (), tuple(effects))
        if not effects:
            return Step(place, tuple(replies), outside=outside)
    raise RuntimeError("effects without end")


def _save(
    conn: psycopg.Connection, held: Claim, event: Pending, following: int | None, step: Step, *, blocked: bool
) -> tuple[list[int], list[dict[str, object] | None]]:
    settings = current()
    replies = [fitted for reply in step.replies for fitted in outbound.fit(reply)]
    if replies and not (held.number or held.bsuid):  # both went over to another customer
        log().warning("conversation.nobody_to_tell", inbox=event.id)
        replies = []
    ended = event.external_id.startswith("session_ended:")
    notice = notices.planned(step.outside, held, event, settings) if replies else notices.NONE
    if notice.closed and ended:  # that nothing was heard is no news for whoever writes days later
        replies, notice = [], notices.NONE
    payloads = [outbound.build(r, number=held.number, bsuid=held.bsuid, callback="0") for r in replies]
    to_go = payloads if not notice.closed else [notice.template] if notice.template else []
    free_at, due = pace(held.pair_free_at, held.now, len(to_go))
    if not to_go:
        free_at = held.pair_free_at
    statuses, open_way = [], not blocked
    for moment in due:
        open_way = open_way and moment is None
        statuses.append("sending" if open_way else "queued")
    if notice.closed:  # what stands for the replies, if anything does, and the replies as they wait
        due, statuses = due + [None] * len(payloads), statuses + ["held"] * len(payloads)
        payloads = [*to_go, *payloads]
    last_inbound = max(event.received_at, held.last_inbound_at or event.received_at) if event.wrote else held.last_inbound_at
    resting = (step.place.flow, step.place.state) == ("entry", "idle") and step.place.memory.keys() <= {signing_in.UNTIL}
    idle_at = None if resting else held.now + timedelta(minutes=settings.session_idle_timeout_minutes)
    turn = Turn(
        event_id=event.id,
        next_event_id=following,
        flow=step.place.flow,
        state=step.place.state,
        memory_json=json.dumps(dict(step.place.memory)),
        last_inbound_at=last_inbound,
        idle_at=None if ended else idle_at,  # once; whatever else happens restarts it
        pair_free_at=free_at,
        payloads=[json.dumps(p) for p in payloads],
        statuses=statuses,
        due=due,
        notice=notice.kept,
        by_template=notice.template is not None,
    )
    # What the house says of its own accord is worth saying after an outage of hours, too.
    max_age_s = settings.held_max_days * 86_400 if notice.kept else settings.reply_max_age_minutes * 60
    ids = conversations.save(conn, held, turn, max_age_s=max_age_s)
    held.flow, held.state, held.memory = turn.flow, turn.state, dict(step.place.memory)
    held.pair_free_at, held.last_inbound_at = free_at, last_inbound
    return ids, [p if s == "sending" else None for p, s in zip(payloads, statuses, strict=True)]


def _failed(conn: psycopg.Connection, turn: Round, event: Pending, following: int | None, error: Exception) -> bool:
    """Counts a failure: another try later, or, when it was the last, set aside with one honest sentence to the customer."""
    if isinstance(error, peewee.PeeweeException | psycopg.Error):
        drop_if_broken(conn)
    settings = current()
    log().exception("conversation.failed", inbox=event.id, attempt=event.failures + 1)
    if event.failures + 1 >= settings.event_max_attempts:
        sentry.tell(error, inbox=event.id, customer=turn.held.customer_id)
        _set_aside(conn, turn, event, following, type(error).__name__)
        return True
    delay = RETRY_DELAYS_S[min(event.failures, len(RETRY_DELAYS_S) - 1)]
    with unit(house.UNIT_S):
        inbox.fail(event.id, type(error).__name__, max_failures=settings.event_max_attempts + 1, delay_s=delay)
    turn.begun = None
    turn.held.touch()
    return False


def _set_aside(conn: psycopg.Connection, turn: Round, event: Pending, following: int | None, reason: str) -> None:
    """The event ends here, its conversation goes on: the customer is told, and staff see the row with its reason."""
    held = turn.held
    apology = Step(Place(held.flow, held.state, held.memory), (Text(say("failed.event")),))
    try:
        with unit(house.UNIT_S), db.atomic():
            ids, payloads = _save(conn, held, event, following, apology, blocked=turn.blocked)
            inbox.set_aside(event.id, reason)
    except (Unavailable, Lost, Conflict):
        raise
    except Exception:  # noqa: BLE001 - not even an apology can be made: it must not come back for ever
        log().exception("conversation.no_apology", inbox=event.id)
        following, ids, payloads = None, [], []
        with unit(house.UNIT_S):
            inbox.set_aside(event.id, reason)
    log().error("conversation.set_aside", inbox=event.id, reason=reason)
    if event.attempts - event.failures >= current().event_max_deaths:
        sentry.alarm("event set aside", inbox=event.id, customer=held.customer_id)
    turn.begun = following
    delivery.send_new(conn, turn, ids, payloads)


def _happened(event: Pending) -> Event:
    told = json.loads(event.payload)
    return Happened(told["name"], told.get("data") or {})


def _pharmacy(s: Settings) -> Pharmacy:
    return Pharmacy(
        s.pharmacy_name,
        s.pharmacy_address,
        s.pharmacy_licence_number,
        s.pharmacy_phone,
        s.delivery_fee_kobo,
        s.prescription_valid_days,
        tuple(name for name, key in (("paystack", s.paystack_secret_key), ("flutterwave", s.flutterwave_secret_key)) if key),
        support_hours(s),
        s.token_expiry_minutes,
        s.token_refresh_threshold_minutes,
    )


def _change_record(conn: psycopg.Connection, held: Claim, event: Happened) -> None:
    if event.name in NEW_ADDRESS:
        number, bsuid = event.data.get("new_number"), event.data.get("new_user_id")
        customers.change_number(conn, held.customer_id, number=number, bsuid=bsuid)
    elif event.name.startswith("marketing_"):
        customers.set_marketing(held.customer_id, event.name == "marketing_stopped", held.now)


def _mark_read(message_id: str) -> None:
    """Blue ticks: a courtesy, tried once."""
    try:
        house.whatsapp().mark_read(message_id)
    except GatewayError as e:
        log().info("whatsapp.not_marked_read", code=e.code)


def drop_if_broken(conn: psycopg.Connection) -> None:
    if conn.closed or conn.broken:
        raise Unavailable("the connection went with the error")


def _pay_back(conn: psycopg.Connection) -> None:
    with _owed_lock:
        owed, _owed[:] = list(_owed), []
        unheard, _unheard[:] = list(_unheard), []
    try:
        for sent in unheard:
            conn.execute(*outbox.accepted(*sent))
        if owed:
            inbox.hand_back(owed)
    except (Unavailable, peewee.OperationalError, psycopg.OperationalError):  # what was written is written again without harm
        with _owed_lock:
            _owed.extend(owed)
            _unheard.extend(unheard)
        raise
