"""What engineers on call see: one event a fault, one correlation id a message, and nothing of anybody's life in either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alert_rules import firing, scraped
from tests.children import wait_until
from tests.house import House
from tests.monitoring_world import run
from tests.sentry_peer import SentryPeer
from tests.servers import Databases, ValkeyDatabases
from worker.scrubbing import scrub, scrub_all

NUMBER = "2348039998877"
PRIVATE = (NUMBER, "8039998877", "amaka@canary.example", "hydroxycanarine", "Canary Amaka")


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases
) -> Iterator[tuple[House, SentryPeer]]:
    settings = {"ODD_FLOWS": "1", "EVENT_MAX_ATTEMPTS": "2"}
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url, SentryPeer() as sentry:
        with House(tmp_path_factory.mktemp("watched"), database_url, redis_url, SENTRY_DSN=sentry.dsn, **settings) as house:
            yield house.open(), sentry


def lines(house: House) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(house.folder) / "logs" / "app.log").read_text().splitlines()]


@pytest.mark.house
def test_a_fault_is_one_event_with_ids_and_without_anything_of_the_customer(watched: tuple[House, SentryPeer]) -> None:
    house, sentry = watched
    house.sim.say(NUMBER, "explode hydroxycanarine for amaka@canary.example", name="Canary Amaka")
    wait_until(lambda: house.rows("SELECT 1 FROM inbox WHERE status = 'failed'"), "the event set aside")
    wait_until(sentry.events, "an event at Sentry")
    assert len(sentry.events()) == 1
    told = sentry.events()[0]
    assert '"inbox":' in told
    assert "KeyError" in told
    for secret in PRIVATE:
        assert secret not in "".join(sentry.received)


@pytest.mark.house
def test_one_id_leads_from_the_webhook_to_the_accepted_send(watched: tuple[House, SentryPeer]) -> None:
    house, _ = watched
    said = house.tell(NUMBER, wait=5)
    house.drains([said])
    (correlation,) = house.rows("""SELECT "correlationId" FROM inbox WHERE "externalId" = %s""", said.id)[0]
    wait_until(
        lambda: {"outbox.accepted"} <= {li["event"] for li in lines(house) if li.get("correlation") == correlation}, "its log"
    )
    found = {line["event"] for line in lines(house) if line.get("correlation") == correlation}
    assert {"webhook.stored", "conversation.answered", "outbox.accepted"} <= found


@pytest.mark.house
def test_logs_are_json_lines_without_texts_names_and_whole_numbers(watched: tuple[House, SentryPeer]) -> None:
    house, _ = watched
    text = (Path(house.folder) / "logs" / "app.log").read_text()
    assert all({"event", "timestamp", "level"} <= set(line) for line in lines(house))
    for secret in PRIVATE:
        assert secret not in text
        assert all(secret not in child.output() for child in (house.web, *house.workers, *house.clocks) if child)


@pytest.mark.house
def test_alive_ready_and_metrics_say_how_it_goes(watched: tuple[House, SentryPeer]) -> None:
    house, _ = watched
    status, body = house.get("/health")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert set(json.loads(body)) == {"status", "timestamp", "uptime"}
    assert house.get("/ready")[0] == 200
    status, metrics = house.get("/metrics")
    figures = dict(line.rsplit(" ", 1) for line in metrics.decode().splitlines() if line and not line.startswith("#"))
    assert float(figures["drugsng_inbox_pending"]) == 0
    assert float(figures['drugsng_inbox_set_aside{status="failed"}']) == 1
    assert float(figures['drugsng_queue_messages{queue="inbound"}']) == 0
    assert float(figures["drugsng_ready"]) == 1
    assert firing(scraped(metrics.decode())) == {"EventsSetAside"}


@pytest.mark.house
def test_the_monitor_sees_the_workers_the_clock_and_what_was_done(watched: tuple[House, SentryPeer]) -> None:
    house, _ = watched
    house.drains([house.tell(NUMBER, wait=5)])
    done = run("app", "--database-url", house.database_url, "--redis-url", house.redis_url, "--json")
    found = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
    assert done.exit_code == 0
    assert found["processes"]["figures"]["heard"] >= 1
    assert {"worker", "web", "clock"} <= set(found["processes"]["figures"]["connections"])
    assert found["clock"]["figures"]["seconds_since_tick"] < 30
    assert found["throughput"]["figures"]["answered_a_minute_over_5"] > 0
    assert NUMBER not in done.output


@pytest.mark.house
@pytest.mark.parametrize("wire", ["web-database", "web-redis"])
def test_metrics_come_while_what_they_tell_of_hangs(watched: tuple[House, SentryPeer], wire: str) -> None:
    house, _ = watched
    with house.faulty(wire, "freeze"):
        status, body = house.get("/metrics", timeout_s=8.0)
    up = "drugsng_database_up" if wire == "web-database" else "drugsng_broker_up"
    assert (status, f"{up} 0\n" in body.decode()) == (200, True)
    wait_until(lambda: b"drugsng_ready 1" in house.get("/metrics", timeout_s=8.0)[1], "ready again")


@pytest.mark.house
@pytest.mark.parametrize(("wire", "missing"), [("web-database", {"database", "migrations"}), ("web-redis", {"broker"})])
@pytest.mark.parametrize("mode", ["reset", "freeze"])
def test_ready_names_what_is_missing_within_two_seconds(
    watched: tuple[House, SentryPeer], wire: str, missing: set[str], mode: str
) -> None:
    house, _ = watched
    with house.faulty(wire, mode):
        status, body = house.get("/ready", timeout_s=3.0)
        assert status == 503
        assert set(json.loads(body)["missing"]) == missing
        assert house.get("/health")[0] == 200
    wait_until(lambda: house.get("/ready")[0] == 200, "ready again")


@pytest.mark.parametrize(
    "text",
    [
        "gateway 503 for 2348031234567",
        "call +234 (0) 803 123 4567 now",
        "mail amaka.obi@example.com",
        "user NG.13491208655302741918 gone",
        "key sk_live_abcdef0123",
        "FLWSECK_TEST-abc",
        "Bearer EAAGabcdefghij",
        "postgresql://drugsng:hush@db/x",
    ],
)
def test_text_that_leaves_the_house_has_no_numbers_addresses_or_tokens(text: str) -> None:
    clean = scrub(text)
    assert "[" in clean
    for secret in ("803", "amaka.obi", "1349120", "abcdef0123", "FLWSECK", "EAAG", "hush"):
        assert secret not in clean


def test_private_values_vanish_however_deep_they_lie() -> None:
    given = {"ids": {"inbox": 7}, "deep": [{"caption": "for my son", "note": "call 08031234567"}], "args": [1, "x"]}
    assert scrub_all(given) == {
        "ids": {"inbox": 7},
        "deep": [{"caption": "[private]", "note": "call [number]"}],
        "args": "[private]",
    }
