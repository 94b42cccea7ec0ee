"""The rules of docs/ops/alerts.yml: well formed, about metrics there are, silent in a quiet house, and each fired by its fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from models import base, figures, job_runs
from models.clock import utcnow
from models.monitoring import metrics
from settings import Settings, read
from tests.alert_rules import RULES, Scrape, firing, load, metrics_of, scraped
from tests.children import wait_until
from tests.factories import a_customer, an_attempt, an_order
from tests.monitoring_world import do, session, waiting
from tests.prescription_peers import an_inbox_row
from web.app import create

README = RULES.parent / "README.md"
EVENT = """INSERT INTO inbox (channel, "externalId", kind, payload, status, "receivedAt", "handledAt")
    SELECT 'whatsapp', 'e' || g, 'text', '{{}}', '{0}', now() - {1} * interval '1 s', CASE WHEN '{0}' <> 'pending' THEN now() END
    FROM generate_series(1, {2}) g"""
MESSAGE = """INSERT INTO outbox ("customerId", payload, status, "expiresAt", "createdAt")
    SELECT min(id), '{{}}', '{0}', now(), now() - {1} * interval '1 s' FROM customers"""
PRESCRIPTION = """INSERT INTO prescriptions ("customerId", "fileUrl", state, "extractionStatus", "readyAt", "extractedAt", "createdAt",
    "updatedAt") SELECT min(c.id), 'x', '{0}', '{1}', now() - {2} * interval '1 s', {3}, now() - {2} * interval '1 s', now()
    FROM customers c CROSS JOIN generate_series(1, {4}) GROUP BY generate_series"""
TASK = """INSERT INTO payment_tasks (kind, subject, "openedAt") VALUES ('{0}', 'x', now())"""
JOB = """UPDATE job_runs SET "startedAt" = now() - {0} * interval '1 s', "finishedAt" = now(), outcome = '{1}', failed = {2}"""
LAB_TEST = """INSERT INTO diagnostic_tests (name, category, price, "createdAt", "updatedAt") VALUES ('Malaria', 'Blood', 1, now(), now())"""
LAB_BOOKING = """INSERT INTO diagnostic_bookings ("userId", "customerId", "diagnosticTestId", "sampleCollectionDate",
        "sampleCollectionLocation", "totalAmount", state, "bookingKey", "createdAt", "updatedAt")
    SELECT c."userId", c.id, (SELECT max(id) FROM diagnostic_tests), now() - interval '4 days', '', 1, 'done', 'k', now(), now()
    FROM customers c WHERE c."userId" IS NOT NULL LIMIT 1"""
# What is done to a quiet house, and the one alert that must come of it.
FAULTS = {
    "OldestMessage": (EVENT.format("pending", 90, 1),),
    "EventsSetAside": (EVENT.format("failed", 7200, 1),),
    "OldestOutbox": (MESSAGE.format("queued", 90),),
    "SenderStopped": ("""INSERT INTO sender_state ("phoneNumberId", "openUntil") VALUES ('n', now() + interval '1 h')""",),
    "TemplatesRefused": ("INSERT INTO template_troubles (kind, code) VALUES ('order_paid', 132001)",),
    "TimersTooLate": (EVENT.format("stored", 60, 1), "UPDATE inbox SET reason = 'too_late'"),
    "ThreadWaits": (
        """INSERT INTO handovers ("customerId", reason, "openedAt", "waitingSince")
           SELECT min(id), 'asked', now(), now() - interval '31 min' FROM customers""",
    ),
    "LabResultsAwaited": (LAB_TEST, LAB_BOOKING),
    "PrescriptionsNotRead": (PRESCRIPTION.format("reading", "pending", 400, "NULL", 1),),
    "PrescriptionWaits": (PRESCRIPTION.format("waiting", "extracted", 4000, "now() - interval '4000 s'", 1),),
    "ReadingFails": (PRESCRIPTION.format("waiting", "failed", 5, "now()", 3),),
    "PaymentTasksOpen": (TASK.format("short"),),
    "BooksViolated": (JOB.format(1, "2 violations", "false"),),
    "ClockMissing": (JOB.format(200, "0 violations", "false"),),
    "JobFails": (JOB.format(1, "0 violations", "true"),),
    "JobBrokeOff": ("""UPDATE job_runs SET "finishedAt" = NULL, "endsBy" = now() - interval '11 min', "startedAt" = now()""",),
    "BackupMissing": (
        """INSERT INTO job_runs (name, "dueAt", "startedAt", "finishedAt") VALUES ('backup', now(), now() - interval '2 d', now())""",
    ),
    "MigrationsPending": ("DELETE FROM migratehistory WHERE name LIKE '012%'",),
}


# Faults that cannot be made here in a second: the number that changes, from when on it fires, and what fires.
NUMBERS = {
    "WebNotReady": ("drugsng_ready", 1, 0),
    "DatabaseAway": ("drugsng_database_up", 1, 0),
    "BrokerAway": ("drugsng_broker_up", 1, 0),
    "OldestMessageBad": ("drugsng_inbox_oldest_pending_seconds", 300, 301),
    "OldestOutboxBad": ("drugsng_outbox_oldest_open_seconds", 600, 601),
    "SlowQueries": ("drugsng_database_longest_statement_seconds", 30, 31),
    "LocksHeld": ("drugsng_database_waiting_for_locks", 3, 4),
    "LongTransaction": ("drugsng_database_longest_transaction_seconds", 600, 601),
    "ConnectionsNearlyAll": ("drugsng_database_connections", 10, 1000),
    "TransactionAge": ("drugsng_database_transaction_age", 1e9, 1e9 + 1),
}
# Fired by tests of their own below.
OTHERS = {"WebAway", "RefundsFailed", "PaymentsFailing", "OrdersWait", "ErrorRate"}


@pytest.fixture(autouse=True)
def house(database_url: str) -> Iterator[str]:
    """A quiet house: a customer, and a clock that has just added the books up."""
    base.bind(database_url)
    a_customer()
    job_runs.take(base.connection(), "check-books", utcnow())
    do(database_url, JOB.format(0, "0 violations", "false"))
    yield database_url
    base.drop_connection()


@pytest.fixture
def settings(house: str, redis_url: str) -> Settings:
    return read({"DATABASE_URL": house, "REDIS_URL": redis_url})


def scrape(settings: Settings) -> Scrape:
    """What a web process tells Prometheus."""
    app = create(settings)
    with app.test_client() as client:
        return scraped(client.get("/metrics").get_data(as_text=True))


def asked() -> Scrape:
    """The same of the database alone, as if all were up."""
    with base.unit(5) as conn:
        samples, _ = metrics.gather(conn)
    up = [metrics.Sample(f"drugsng_{name}", 1) for name in ("ready", "database_up", "broker_up")]
    return scraped("\n".join(metrics.text([*samples, *up])) + "\n")


def test_every_rule_has_a_time_a_severity_a_sentence_what_to_do_and_a_place_that_is_there() -> None:
    places = {
        re.sub(r"[^a-z0-9 -]", "", line[4:].lower()).replace(" ", "-")
        for line in README.read_text().splitlines()
        if line.startswith("### ")
    }
    for rule in load():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule["for"]), rule
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith((".", "?"))
        path, _, place = rule["annotations"]["runbook_url"].partition("#")
        assert (Path(path).name, place in places) == ("README.md", True), rule["annotations"]
    names = [rule["alert"] for rule in load()]
    assert len(names) == len(set(names))


def test_every_metric_a_rule_names_is_one_the_house_tells() -> None:
    named = {metric for rule in load() for metric in metrics_of(rule["expr"])}
    assert named <= set(figures.FAMILIES) | set(metrics.FAMILIES)
    assert {sample for sample, _, _ in asked()} >= {m for m in named if not m.startswith("drugsng_readings_")}


def test_a_quiet_house_fires_nothing(settings: Settings) -> None:
    assert firing(scrape(settings)) == set()


@pytest.mark.parametrize("alert", FAULTS)
def test_each_fault_fires_its_alert_and_no_other(alert: str, house: str) -> None:
    before = asked()
    do(house, *FAULTS[alert])
    assert firing(asked(), before) == {alert}


@pytest.mark.parametrize("alert", NUMBERS)
def test_a_number_over_its_mark_fires_and_at_its_mark_does_not(alert: str) -> None:
    metric, still_right, wrong = NUMBERS[alert]

    def with_value(value: float) -> Scrape:
        return [(name, labels, value if name == metric else old) for name, labels, old in asked()]

    assert alert not in firing(with_value(still_right))
    assert alert in firing(with_value(wrong))


def test_a_web_that_does_not_answer_fires_by_its_absence() -> None:
    assert firing([]) == {"WebAway"}


def test_every_rule_is_fired_by_a_test() -> None:
    assert {rule["alert"].removeprefix("Drugsng") for rule in load()} == set(FAULTS) | set(NUMBERS) | OTHERS


def test_refunds_that_failed_and_failing_payments_and_late_orders_fire(house: str) -> None:
    do(house, TASK.format("refund_failed"))
    ada = a_customer()
    an_order(ada)
    for _ in range(5):
        an_attempt(ada, now=utcnow())
    do(
        house,
        """UPDATE payment_attempts SET status = 'failed', "endedAt" = now()""",
        """UPDATE orders SET "orderDate" = now() - interval '5 h', "createdAt" = now() - interval '5 h'""",
    )
    assert firing(asked()) == {"RefundsFailed", "PaymentTasksOpen", "PaymentsFailing", "OrdersWait"}


def test_an_error_rate_needs_a_share_and_a_number(house: str) -> None:
    do(house, EVENT.format("done", 1, 40))
    few = EVENT.replace("'e' || g", "'f' || g")
    do(house, few.format("failed", 1, 2))
    assert "ErrorRate" not in firing(asked())
    do(house, few.replace("'f'", "'g'").format("failed", 1, 2))
    assert "ErrorRate" in firing(asked())


def test_waiting_for_locks_is_told_with_the_longest_statement(house: str) -> None:
    def longest() -> float:
        return max(value for name, _, value in asked() if name == "drugsng_database_longest_statement_seconds")

    with session(house, "holder", "LOCK TABLE doctors"), waiting(house, "waiter", "SELECT 1 FROM doctors"):
        wait_until(lambda: longest() > 0.1, "a statement that has run for a while", 10)
        assert [value for name, _, value in asked() if name == "drugsng_database_waiting_for_locks"] == [1]


@contextmanager
def away(settings: Settings, name: str) -> Iterator[Settings]:
    url = {"database_url": "postgresql://u@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1/0"}[name]
    values = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url} | {name.upper(): url}
    yield read(values)
    base.drop_connection()


def test_with_redis_away_the_numbers_of_the_database_still_come(settings: Settings) -> None:
    with away(settings, "redis_url") as broken:
        found = scrape(broken)
    assert firing(found) == {"BrokerAway", "WebNotReady"}
    assert "drugsng_inbox_pending" in {name for name, _, _ in found}


def test_with_the_database_away_the_page_still_comes_and_says_so(settings: Settings) -> None:
    with away(settings, "database_url") as broken:
        assert firing(scrape(broken)) == {"DatabaseAway", "WebNotReady"}


def test_a_database_that_lacks_tables_is_up_and_behind(settings: Settings) -> None:
    do(settings.database_url, "DROP TABLE template_troubles", "DELETE FROM migratehistory WHERE name LIKE '012%'")
    assert firing(scrape(settings)) == {"MigrationsPending", "WebNotReady"}


def test_the_page_is_for_who_has_the_token(settings: Settings) -> None:
    guarded = read({"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "METRICS_TOKEN": "t0ken"})
    with create(guarded).test_client() as client:
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


def test_the_words_are_prometheus_own_with_help_and_type_for_every_family(settings: Settings) -> None:
    with create(settings).test_client() as client:
        text = client.get("/metrics").get_data(as_text=True)
    ours = set(re.findall(r"^(drugsng_[a-z_0-9]+)", text, re.MULTILINE))
    assert ours
    for family in ours:
        kind = "counter" if family.endswith("_total") else "gauge"
        assert f"# TYPE {family} {kind}\n" in text
        assert text.count(f"# HELP {family} ") == 1


def test_a_counter_never_falls_when_rows_are_removed(house: str) -> None:
    ada = a_customer()
    an_inbox_row(ada)
    base.drop_connection()  # hands its counts to the server's statistics
    rose = [value for name, labels, value in asked() if name == "drugsng_rows_inserted_total" and labels["table"] == "inbox"]
    do(house, "DELETE FROM inbox")
    after = [value for name, labels, value in asked() if name == "drugsng_rows_inserted_total" and labels["table"] == "inbox"]
    assert rose == after == [1]


def test_one_scrape_is_one_statement_that_reads_no_large_table_whole(house: str) -> None:
    fill = """INSERT INTO inbox (channel, "externalId", kind, payload, status) SELECT 'whatsapp', 'x' || g, 'text', %s, 'done'
        FROM generate_series(1, 20000) g"""
    with psycopg.connect(house, autocommit=True) as conn:
        conn.execute(fill, (Jsonb({}),))
        conn.execute("ANALYZE inbox")
        plan = "\n".join(row[0] for row in conn.execute(f"EXPLAIN {metrics.STATEMENT}"))  # type: ignore[arg-type]
    assert "Seq Scan on inbox" not in plan
