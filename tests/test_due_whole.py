"""Reminders from the timer to the customer's phone: once each, of what is true by then, whatever ends in between."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta

import pytest

from models import customers, timers, visits
from models.base import connection
from tests.children import ROOT, Children
from tests.due_zones import noon_somewhere
from tests.factories import an_order
from tests.threads_house import House, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows
from tests.visits_made import a_doctor, a_visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A worker that stops where it is told to, and says so: in the flow of a turn, or with the turn saved and nothing sent.
WORKS = """
import sys, time
from models import base, vault
from settings import current
from worker import broker, conversation, delivery
from worker.flows import entry
base.bind(current().database_url)
broker.connect(current().redis_url)
def stands(*_):
    print("stands", flush=True)
    time.sleep(60)
if sys.argv[2] == "turn":
    entry.turn = stands
else:
    delivery.send_new = stands
conversation.serve(int(sys.argv[1]))
"""


def booked(
    talk: House, *, minutes: int, in_: timedelta | None = None, state: str = "booked", late: timedelta = timedelta(0)
) -> str:
    """A visit whose reminder of so many minutes is due now, or was `late` ago."""
    talk.hours_ago(1)
    at = now() + (in_ if in_ is not None else timedelta(minutes=minutes) - late)
    number = a_visit(always_there(), at, customer=talk.customer, state=state)
    timers.start("visit_soon", talk.customer, now() - late, now(), f"{number}:{minutes}")
    return number


def always_there() -> int:
    """A doctor who works around the clock, and for whom it is noon: no visit of these tests stands in a closed time."""
    doctor = a_doctor(zone=noon_somewhere())
    rows("""UPDATE doctors SET "worksHolidays" = true WHERE id = %s""", doctor)
    rows(
        """INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute") SELECT %s, n, 0, 1440
           FROM generate_series(0, 6) n""",
        doctor,
    )
    return doctor


def goes(talk: House) -> list[str]:
    """What the clock and then a worker make of what is due: what reached the phone."""
    fires()
    talk.serve()
    return talk.seen()


def fires() -> None:
    timers.fire_due(connection(), limit=100, zone=noon_somewhere())


def why() -> list[str]:
    return [
        reason for (reason,) in rows("""SELECT reason FROM inbox WHERE "externalId" LIKE 'timer:%%' ORDER BY id DESC LIMIT 1""")
    ]


@pytest.mark.parametrize("minutes", [1440, 60])
def test_a_reminder_of_a_visit_reaches_the_phone_once(talk: House, minutes: int) -> None:
    booked(talk, minutes=minutes)
    assert [line[:30] for line in goes(talk)] == ["⏰ Reminder: your appointment i"]
    goes(talk)
    assert len(talk.seen()) == 1


def test_outside_the_24_hours_its_template_goes(talk: House) -> None:
    booked(talk, minutes=60)
    talk.hours_ago(30)
    (line,) = goes(talk)
    assert line.startswith("Reminder of your appointment: Dr Amaka Obi, on ")


@pytest.mark.parametrize("hours_ago", [1, 30])
def test_stop_does_not_silence_a_visit(talk: House, hours_ago: float) -> None:
    booked(talk, minutes=60)
    customers.set_marketing(talk.customer, True, now())
    talk.hours_ago(hours_ago)
    assert len(goes(talk)) == 1


def test_a_visit_that_was_cancelled_after_its_timer_fired_is_not_reminded_of(talk: House) -> None:
    number = booked(talk, minutes=60)
    fires()
    visits.cancel(talk.customer, number, now=now())
    talk.serve()
    assert (talk.seen(), why()) == ([], ["over"])


@pytest.mark.parametrize("state", ["held", "done", "no_show", "cancelled", "expired"])
def test_only_a_booked_visit_is_reminded_of(talk: House, state: str) -> None:
    booked(talk, minutes=60, state=state)
    assert (goes(talk), why()) == ([], ["over"])


def test_a_visit_whose_time_was_closed_is_not_reminded_of_as_if_all_were_well(talk: House) -> None:
    booked(talk, minutes=60)
    rows("""INSERT INTO doctor_blocks ("doctorId", "startsAt", "endsAt", reason, "createdBy", "createdAt")
            SELECT max(id), now(), now() + interval '3 hours', '', '', now() FROM doctors""")
    (line,) = goes(talk)
    assert line.startswith("⚠️ Please do not set out yet: your appointment on ")


def test_outside_the_24_hours_of_a_closed_time_the_news_are_announced_and_not_the_visit(talk: House) -> None:
    booked(talk, minutes=60)
    rows("""UPDATE doctors SET "isActive" = false WHERE id = (SELECT max(id) FROM doctors)""")
    talk.hours_ago(30)
    (line,) = goes(talk)
    assert line.startswith("Our team had to change an appointment you booked with us.")


def test_a_visit_that_was_moved_away_is_not_reminded_of_at_its_old_time(talk: House) -> None:
    booked(talk, minutes=60, in_=2 * DAY)
    assert (goes(talk), why()) == ([], ["moved"])


@pytest.mark.parametrize(
    ("minutes", "late", "said"), [(1440, 20 * HOUR, 1), (1440, 22 * HOUR, 0), (60, HOUR / 2, 1), (60, HOUR, 0)]
)
def test_after_downtime_a_reminder_is_said_as_long_as_it_is_of_use(talk: House, minutes: int, late: timedelta, said: int) -> None:
    booked(talk, minutes=minutes, late=late)
    assert len(goes(talk)) == said


def test_an_event_that_waited_too_long_for_a_worker_says_nothing(talk: House) -> None:
    """The clock was in time; the workers were away for an hour."""
    booked(talk, minutes=60, late=HOUR / 2)
    fires()
    rows(
        """UPDATE inbox SET payload = jsonb_set(payload::jsonb, '{data,until}', to_jsonb((now() - interval '1 minute')::text))::json
           WHERE "customerId" = %s""",
        talk.customer,
    )
    talk.serve()
    assert (talk.seen(), why()) == ([], ["too_late"])


@pytest.mark.parametrize("where", ["turn", "sending"])
def test_a_worker_killed_between_the_event_and_the_reply_leaves_exactly_one_reminder(
    talk: House, children: Children, where: str
) -> None:
    booked(talk, minutes=60)
    fires()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    worker = children.start([sys.executable, "-c", WORKS, str(talk.customer), where], env=environment)
    worker.wait_for_output("stands")
    assert talk.seen() == []
    worker.stop(signal.SIGKILL)
    for _ in range(3):  # found to be in nobody's hands; nothing heard of it; said
        waits_end(talk.customer)
        talk.serve()
    assert len(talk.seen()) == 1


def waits_end(customer: int) -> None:
    """As if the seconds had passed for which a dead worker's message waits for its receipt."""
    rows("""UPDATE outbox SET "nextTryAt" = now() - interval '1 second' WHERE "customerId" = %s""", customer)


def test_an_order_is_reminded_of_while_it_can_still_be_paid(talk: House) -> None:
    talk.hours_ago(1)
    number = an_order(talk.customer, payment="paystack")
    rows("""UPDATE orders SET "reservedUntil" = now() + interval '9 minutes' WHERE "orderNumber" = %s""", number)
    timers.start_once("unpaid_order", talk.customer, now(), now(), number)
    assert [number in line for line in goes(talk)] == [True]
