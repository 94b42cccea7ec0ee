"""`drugsng monitor app` on a real database and a real queue: what waits, what is done, what fails, and who is at work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import dramatiq
import psycopg
import pytest

from models import base, job_runs
from models.clock import utcnow
from models.monitoring import queues, recent
from models.monitoring.showing import WIDTH
from tests.factories import a_customer, an_attempt
from tests.monitoring_world import do, part, run, session
from tests.test_monitor_alerts import EVENT, JOB, MESSAGE, PRESCRIPTION, TASK
from worker import broker, messages

Address = tuple[str, ...]


@pytest.fixture
def house(database_url: str, redis_url: str) -> Iterator[Address]:
    """The words that name this test's database and queue on the command line. A clock has just run."""
    base.bind(database_url)
    a_customer()
    job_runs.take(base.connection(), "check-books", utcnow())
    do(database_url, JOB.format(0, "0 violations", "false"))
    made = broker.connect(redis_url)
    yield ("app", "--database-url", database_url, "--redis-url", redis_url)
    base.drop_connection()
    made.client.close()


def rows_of(found: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in found["rows"]}


def test_the_queues_are_the_dictionarys_and_the_namespace_is_the_brokers(house: Address) -> None:
    assert messages.QUEUES == queues.QUEUES
    assert dramatiq.get_broker().namespace == queues.NAMESPACE


def test_hints_stand_beside_the_rows_they_point_at(house: Address) -> None:
    for _ in range(3):
        broker.enqueue(messages.CONVERSE, 1)
    do(house[2], EVENT.format("pending", 0, 2))
    inbound = rows_of(part("queues", *house), "queue")["inbound"]
    assert (inbound["hints"], inbound["rows waiting"]) == (3, 2)


def test_hints_in_hand_delayed_dead_and_lost_are_told_apart(house: Address) -> None:
    made = dramatiq.get_broker()
    for number in range(3):
        broker.enqueue(messages.CONVERSE, number)
    made.enqueue(dramatiq.Message("inbound", "converse", (4,), {}, {}), delay=60_000)
    consumer = made.consume("inbound", prefetch=2, timeout=100)
    held, dead = next(consumer), next(consumer)
    consumer.nack(dead)
    found = part("queues", *house)
    inbound = rows_of(found, "queue")["inbound"]
    assert [inbound[name] for name in ("hints", "in hand", "delayed", "dead")] == [1, 1, 1, 1]
    assert (found["level"], found["figures"]["lost"]) == ("look", 0)
    made.client.zadd(f"{made.namespace}:__heartbeats__", {made.broker_id: (time.time() - 60) * 1000})
    after = part("queues", *house)
    assert after["figures"]["lost"] == 1
    consumer.ack(held)
    consumer.close()


def test_with_no_worker_heard_of_it_is_bad_and_one_that_speaks_is_counted(house: Address) -> None:
    before = part("processes", *house)
    broker.enqueue(messages.CONVERSE, 1)
    after = part("processes", *house)
    assert (before["level"], before["figures"]["heard"]) == ("bad", 0)
    assert (after["level"], after["figures"]["heard"]) == ("ok", 1)


@pytest.mark.parametrize(
    ("address", "sentence", "level"),
    [
        ("redis://:hush@127.0.0.1:1/0", "Redis cannot be used (ConnectionError)", "bad"),
        ("http://hush", "not an address", "bad"),
        ("", "REDIS_URL is not set", "look"),
    ],
)
def test_without_redis_the_rows_are_told_all_the_same(house: Address, address: str, sentence: str, level: str) -> None:
    do(house[2], EVENT.format("pending", 0, 2))
    done = run(*house[:4], address, "--json")
    found = next(part for part in json.loads(done.stdout)["parts"] if part["name"] == "queues")
    assert (sentence in found["unseen"], found["level"]) == (True, level)
    assert rows_of(found, "queue")["inbound"]["rows waiting"] == 2
    assert "hush" not in done.output


def test_the_oldest_of_each_kind_is_judged_by_its_age(house: Address) -> None:
    do(
        house[2],
        EVENT.format("pending", 400, 1),
        MESSAGE.format("queued", 90),
        PRESCRIPTION.format("waiting", "extracted", 30, "now()", 1),
    )
    found = part("waiting", *house)
    kinds = rows_of(found, "what")
    levels = [kinds[name]["level"] for name in ("events to answer", "messages to send", "prescriptions for a pharmacist")]
    assert levels == ["bad", "look", "ok"]
    assert (kinds["events to answer"]["how many"], kinds["events to answer"]["oldest"]) == (1, "7 min")
    assert found["do"].startswith("Begin with events to answer")


def test_throughput_is_a_minute_over_five_and_sixty(house: Address) -> None:
    do(
        house[2],
        EVENT.format("done", 1, 120),
        """UPDATE inbox SET "handledAt" = now() - interval '30 minutes' WHERE id % 2 = 0""",
    )
    figures = part("throughput", *house)["figures"]
    assert (figures["answered_a_minute_over_5"], figures["answered_a_minute_over_60"]) == (12.0, 2.0)


def test_a_busy_house_is_measured_over_the_time_its_newest_rows_reach_back(house: Address) -> None:
    count = recent.NEWEST + 1000
    do(
        house[2],
        EVENT.format("done", 1, count),
        f"""UPDATE inbox SET "handledAt" = now() - ({count} - id) * interval '20 milliseconds'""",
    )
    figures = part("throughput", *house)["figures"]
    assert figures["answered_a_minute_over_60"] == pytest.approx(3000, rel=0.05)


def test_the_error_rate_is_failed_of_all_of_an_hour(house: Address) -> None:
    do(house[2], EVENT.format("done", 1, 36), EVENT.replace("'e'", "'f'").format("failed", 1, 4))
    found = part("errors", *house)
    row = rows_of(found, "of")["events"]
    assert (row["failed"], row["of all"], row["share"], row["level"]) == (4, 40, "10.0%", "bad")
    assert "drugsng failed list" in found["do"]


def test_readings_are_told_with_their_share_and_times(house: Address) -> None:
    do(
        house[2],
        PRESCRIPTION.format("waiting", "extracted", 4, "now()", 3),
        PRESCRIPTION.format("waiting", "failed", 4, "now()", 1),
    )
    figures = part("reading", *house)["figures"]
    assert (figures["read"], figures["failed"], figures["success"]) == (3, 1, 0.75)
    assert figures["median_seconds"] == pytest.approx(4, abs=0.5)


def test_money_names_its_open_tasks_by_kind_and_books_that_are_wrong_are_bad(house: Address) -> None:
    do(house[2], TASK.format("refund_failed"), JOB.format(0, "3 violations", "false"))
    found = part("money", *house)
    assert (found["level"], found["figures"]["violations"], found["figures"]["refunds_failed"]) == ("bad", 3, 1)
    assert found["rows"] == [{"open tasks": "refund_failed", "how many": 1}]


def test_a_stopped_sender_and_refused_templates_are_told_with_their_reason(house: Address) -> None:
    do(
        house[2],
        """INSERT INTO sender_state ("phoneNumberId", "openUntil", reason) VALUES ('n', now() + interval '10 min', 'token refused')""",
        "INSERT INTO template_troubles (kind, code, reason, refused) VALUES ('order_paid', 132001, 'not approved', 4)",
    )
    sender, templates = part("sender", *house), part("templates", *house)
    assert (sender["level"], "token refused" in sender["says"]) == ("bad", True)
    assert (templates["level"], templates["rows"][0]["code"], templates["rows"][0]["times"]) == ("look", 132001, 4)


def test_the_clock_tells_each_job_and_one_that_failed(house: Address) -> None:
    do(house[2], JOB.format(1, "0 violations", "true"))
    failed = part("clock", *house)
    do(house[2], JOB.format(500, "0 violations", "false"))
    late = part("clock", *house)
    do(house[2], "DELETE FROM job_runs")
    never = part("clock", *house)
    assert (failed["level"], failed["rows"][0]["outcome"]) == ("look", "failed")
    assert (late["level"], late["rows"][0]["outcome"]) == ("bad", "0 violations")
    assert (never["level"], never["says"]) == ("bad", "never ran")


def test_all_of_it_fits_a_terminal_of_eighty_columns(house: Address) -> None:
    do(
        house[2],
        EVENT.format("pending", 999_999, 3),
        "INSERT INTO template_troubles (kind, code, reason) VALUES ('a_very_long_kind_of_notice_indeed', 132001, repeat('long ', 40))",
        JOB.format(0, "0 violations and a very long outcome that goes on and on and on", "false"),
    )
    done = run(*house)
    assert done.exit_code == 3
    assert max(len(line) for line in done.stdout.splitlines()) <= WIDTH


def test_a_database_of_another_program_ends_in_a_sentence(empty_database_url: str, redis_url: str) -> None:
    done = run("app", "--database-url", empty_database_url, "--redis-url", redis_url)
    assert done.exit_code == 1
    assert "drugsng db status" in done.output


def test_what_customers_said_is_nowhere_in_it(house: Address) -> None:
    with psycopg.connect(house[2], autocommit=True) as conn:
        conn.execute(EVENT.format("failed", 1, 3).replace("'{}'", """'{"text": "hydroxycanarine"}'"""))  # type: ignore[arg-type]
    assert "hydroxycanarine" not in run(*house, "--json").output


def test_a_table_that_is_locked_is_not_waited_for(house: Address) -> None:
    with session(house[2], "the holder", "LOCK TABLE inbox"):
        done = run(*house)
    assert done.exit_code == 1
    assert "Somebody holds a lock" in done.output


def test_an_attempt_the_customer_switched_away_from_did_not_fail(house: Address) -> None:
    ada = a_customer()
    for _ in range(2):
        an_attempt(ada, now=utcnow())
    do(
        house[2],
        """UPDATE payment_attempts SET status = 'failed', reason = 'switched', "endedAt" = now()""",
        "UPDATE payment_attempts SET reason = 'declined' WHERE id = (SELECT max(id) FROM payment_attempts)",
    )
    assert part("money", *house)["figures"]["attempts_failed"] == 1
