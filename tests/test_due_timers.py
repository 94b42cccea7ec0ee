"""Timers: each fires once, not too late, not at night, and not to those who asked for no more of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from models import base, customers, timers
from models.base import connection
from models.due.rules import OTHERWISE, RULES
from models.timers import Fired
from tests.children import ROOT
from tests.due_zones import at_local, noon_somewhere
from tests.factories import NOW, a_customer
from tests.servers import Databases


@pytest.fixture(scope="module")
def shared(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture
def world(shared: str) -> Iterator[str]:
    base.bind(shared)
    ask("""UPDATE timers SET "firedAt" = now() WHERE "firedAt" IS NULL""")
    yield shared
    base.drop_connection()


def ask(statement: str, *values: object) -> list[Any]:
    done = connection().execute(statement, values)  # type: ignore[arg-type]
    return done.fetchall() if done.description else []


def due(kind: str, customer: int, *, late: timedelta = timedelta(0), subject: str = "") -> None:
    (now,) = ask("SELECT now()")[0]
    timers.start(kind, customer, now - late, now, subject)


def fire(zone: str = "", *, limit: int = 500) -> Fired:
    with base.unit(5) as conn:
        return timers.fire_due(conn, limit=limit, zone=zone or noon_somewhere())


def wrote(customer: int, hours_ago: float) -> None:
    ask(
        """UPDATE conversations SET "lastInboundAt" = now() - %s * interval '1 hour' WHERE "customerId" = %s""",
        hours_ago,
        customer,
    )


def events(customer: int) -> list[tuple[str, str, str]]:
    return ask(
        """SELECT payload->'data'->>'kind', status, reason FROM inbox
           WHERE "customerId" = %s AND "externalId" LIKE 'timer:%%' ORDER BY id""",
        customer,
    )


def test_a_timer_that_is_due_becomes_one_event_with_its_subject(world: str) -> None:
    ada = a_customer()
    due("agent_return", ada, subject="x")
    fired = fire()
    assert fired == Fired([ada], 1, {})
    assert fire().taken == 0
    assert ask("""SELECT payload->'data'->>'subject' FROM inbox WHERE "customerId" = %s""", ada) == [("x",)]


# Each rule with a limit: a moment that is still of use, and one that is not.
LATE = [
    ("visit_soon", "V1:1440", timedelta(hours=20, minutes=59), timedelta(hours=21, minutes=1)),
    ("visit_soon", "V1:60", timedelta(minutes=44), timedelta(minutes=46)),
    ("refill", "1:2026-12-01", timedelta(hours=71), timedelta(hours=73)),
    ("refill_ask", "1:12345", timedelta(hours=11), timedelta(hours=13)),
    ("unpaid_order", "12345", timedelta(minutes=7), timedelta(minutes=9)),
    ("abandoned_cart", "", timedelta(hours=11), timedelta(hours=13)),
    ("prescription_waits", "1", timedelta(hours=5), timedelta(hours=7)),
    ("of_another_release", "", timedelta(hours=23), timedelta(hours=25)),
]


@pytest.mark.parametrize(("kind", "subject", "just_in_time", "too_late"), LATE)
def test_what_is_too_late_ends_with_its_reason_and_is_not_said(
    world: str, kind: str, subject: str, just_in_time: timedelta, too_late: timedelta
) -> None:
    early, late = a_customer(), a_customer()
    for customer, by in ((early, just_in_time), (late, too_late)):
        wrote(customer, 1)
        due(kind, customer, late=by, subject=subject)
    fired = fire()
    assert fired == Fired([early], 2, {"too_late": 1})
    assert events(late) == [(kind, "stored", "too_late")]
    assert fire().taken == 0


def test_the_return_of_the_bot_is_never_too_late(world: str) -> None:
    ada = a_customer()
    due("agent_return", ada, late=timedelta(days=400))
    assert fire().customers == [ada]


@pytest.mark.parametrize("kind", [rule.kind for rule in RULES if rule.asked_for])
def test_who_said_stop_hears_nothing_they_have_not_to_hear(world: str, kind: str) -> None:
    ada = a_customer()
    wrote(ada, 1)
    customers.set_marketing(ada, True, NOW)
    due(kind, ada)
    assert fire() == Fired([], 1, {"stopped": 1})
    assert events(ada) == [(kind, "stored", "stopped")]


def test_who_said_stop_is_still_reminded_of_their_own_appointment(world: str) -> None:
    ada = a_customer()
    customers.set_marketing(ada, True, NOW)
    due("visit_soon", ada, subject="V1:60")
    assert fire().customers == [ada]


@pytest.mark.parametrize("kind", [rule.kind for rule in RULES if rule.in_window])
@pytest.mark.parametrize(("hours", "said"), [(23, True), (23.6, False), (None, False)])
def test_what_no_template_stands_for_is_said_only_while_the_window_is_open(
    world: str, kind: str, hours: float | None, said: bool
) -> None:
    ada = a_customer()
    if hours:
        wrote(ada, hours)
    due(kind, ada)
    fired = fire()
    assert fired.customers == [ada] * said
    assert fired.unsaid == ({} if said else {"window_closed": 1})


@pytest.mark.parametrize(
    ("kind", "hour", "next_at"),
    [
        *(("refill", 20, 8), ("refill", 23, 8), ("refill", 3, 8), ("refill", 7, 8), ("refill", 8, None), ("refill", 19, None)),
        *(("abandoned_cart", 21, 8), ("prescription_waits", 22, 7), ("prescription_waits", 20, None), ("agent_return", 2, None)),
    ],
)
def test_at_night_what_can_wait_waits_for_the_morning(world: str, kind: str, hour: int, next_at: int | None) -> None:
    zone, ada = at_local(hour), a_customer()
    wrote(ada, 1)
    due(kind, ada)
    fired = fire(zone)
    if next_at is None:
        assert fired.customers == [ada]
        return
    assert fired == Fired([], 1, {"moved": 1})
    moved = ask("""SELECT "fireAt", "fireAt" AT TIME ZONE %s, now() FROM timers WHERE "customerId" = %s""", zone, ada)
    (fires_at, local, now) = moved[0]
    assert (local.hour, local.minute) == (next_at, 0)
    assert now < fires_at <= now + timedelta(hours=13)
    assert fire(zone).taken == 0


def test_an_hour_before_a_visit_the_night_does_not_count(world: str) -> None:
    ada = a_customer()
    due("visit_soon", ada, subject="V1:60")
    assert fire(at_local(6)).customers == [ada]


def test_the_event_tells_until_when_it_is_of_use(world: str) -> None:
    ada = a_customer()
    due("visit_soon", ada, subject="V1:60")
    fire()
    until, fire_at = ask(
        """SELECT i.payload->'data'->>'until', t."fireAt" FROM inbox i JOIN timers t USING ("customerId") WHERE "customerId" = %s""",
        ada,
    )[0]
    assert datetime.fromisoformat(until) == fire_at + timedelta(minutes=45)


def test_a_timer_that_was_set_anew_fires_anew_and_the_old_moment_is_void(world: str) -> None:
    ada = a_customer()
    due("visit_soon", ada, subject="V1:60")
    fire()
    due("visit_soon", ada, subject="V1:60")
    assert fire().customers == [ada]
    timers.start("visit_soon", ada, NOW + timedelta(days=4000), NOW, "V1:60")
    assert fire().taken == 0


def test_a_timer_set_once_is_not_set_again_after_it_fired(world: str) -> None:
    ada = a_customer()
    wrote(ada, 1)
    (now,) = ask("SELECT now()")[0]
    assert timers.start_once("unpaid_order", ada, now, now, "12345")
    fire()
    assert not timers.start_once("unpaid_order", ada, now, now, "12345")
    assert fire().taken == 0


def test_all_timers_of_a_visit_end_together_and_no_other(world: str) -> None:
    ada = a_customer()
    for subject in ("V1:1440", "V1:60", "V12:60"):
        due("visit_soon", ada, subject=subject)
    assert timers.stop_all("visit_soon", ada, "V1:") == 2
    assert ask("""SELECT subject FROM timers WHERE "customerId" = %s""", ada) == [("V12:60",)]


def test_clocks_that_fire_at_once_take_different_timers(world: str) -> None:
    ids = [a_customer(registered=False, number=None) for _ in range(60)]
    for customer in ids:
        due("agent_return", customer)
    found: list[int] = []

    def one_clock() -> None:
        with psycopg.connect(world, autocommit=True) as conn:
            while (fired := timers.fire_due(conn, limit=7)).taken:
                found.extend(fired.customers)

    clocks = [threading.Thread(target=one_clock) for _ in range(4)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join(30)
    assert sorted(found) == sorted(ids)


def test_after_a_day_of_downtime_each_kind_does_what_its_rule_says(world: str) -> None:
    """The clock was away for a day, and timers of all kinds had been due in the middle of it."""
    said = {"agent_return", "refill", "visit_soon V1:1440", "of_another_release"}
    customers_of = {}
    for kind, subject in {(one[0], one[1]) for one in LATE} | {("agent_return", "")}:
        name = f"{kind} {subject}" if kind == "visit_soon" else kind
        customers_of[name] = a_customer()
        wrote(customers_of[name], 1)
        due(kind, customers_of[name], late=timedelta(hours=13), subject=subject)
    fired = fire()
    assert {name for name, customer in customers_of.items() if customer in fired.customers} == said
    assert fired.unsaid == {"too_late": len(customers_of) - len(said)}
    assert fire().taken == 0


def test_each_rule_has_a_reason_and_is_tested_on_either_side_of_its_limit() -> None:
    assert all(rule.why.endswith(".") and len(rule.why) > 30 for rule in (*RULES, OTHERWISE))
    tested = {(kind, subject) for kind, subject, _, _ in LATE}
    limited = [rule for rule in RULES if rule.late is not None]
    assert all(any(kind == rule.kind and subject.endswith(rule.ending) for kind, subject in tested) for rule in limited)


def test_every_kind_has_one_rule_and_each_ending_comes_before_none() -> None:
    seen = [(rule.kind, rule.ending) for rule in (*RULES, OTHERWISE)]
    assert len(set(seen)) == len(seen)
    assert all(rule.ending for rule in RULES if sum(other.kind == rule.kind for other in RULES) > 1)


def test_each_kind_stands_in_the_table_of_reminders() -> None:
    table = (ROOT / "docs" / "reminders.md").read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named == {rule.kind for rule in RULES}
