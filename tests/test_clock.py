"""The clock: one leads, another takes over in time, no tick runs twice, no timer fires twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.children import Child, wait_until
from tests.house import House
from tests.servers import Databases, ValkeyDatabases

pytestmark = pytest.mark.house
TAKEN_OVER_WITHIN_S = 15.0
TICKS = """
CREATE TABLE ticks (name text, due timestamptz);
CREATE FUNCTION note_tick() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN INSERT INTO ticks VALUES (NEW.name, NEW."dueAt"); RETURN NEW; END$$;
CREATE TRIGGER note_tick AFTER INSERT OR UPDATE OF "dueAt" ON job_runs FOR EACH ROW EXECUTE FUNCTION note_tick();
"""


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[House]:
    """A house of which only two clocks run, on a database that writes down every tick that is taken."""
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url:
        with House(tmp_path_factory.mktemp("clocks"), database_url, redis_url) as house:
            house.rows(TICKS)
            house.start_clock()
            house.start_clock()
            house.ready()
            yield house


def leader(house: House) -> Child | None:
    """The clock that leads, by what it said last."""
    found = [clock for clock in house.clocks if leads(clock)]
    assert len(found) < 2, "two lead"
    return found[0] if found else None


def leads(clock: Child) -> bool:
    said = clock.output()
    return said.rfind("clock.leads") > said.rfind("clock.follows")


def assert_no_tick_twice(house: House) -> None:
    taken, different = house.rows("SELECT count(*), count(DISTINCT (name, due)) FROM ticks")[0]
    assert taken == different > 0


def test_two_clocks_have_one_leader_and_run_no_tick_twice(clocks: House) -> None:
    wait_until(lambda: leader(clocks), "a leader")
    sends = "SELECT count(*) FROM ticks WHERE name = 'sweep-sends'"
    wait_until(lambda: clocks.rows(sends)[0][0] >= 3, "one a second, for two seconds at least")
    assert_no_tick_twice(clocks)


def test_a_timer_fires_once_however_many_clocks_there_are(clocks: House) -> None:
    clocks.rows("""INSERT INTO customers (id) SELECT generate_series(1001, 1040)""")
    clocks.rows("""INSERT INTO conversations ("customerId") SELECT generate_series(1001, 1040)""")
    clocks.rows(
        """INSERT INTO timers (kind, "customerId", subject, "fireAt")
           SELECT 'reminder', 1001 + n %% 40, n::text, now() + (n %% 3) * interval '1 second' FROM generate_series(1, 120) n"""
    )
    wait_until(lambda: not clocks.rows("""SELECT 1 FROM timers WHERE "firedAt" IS NULL"""), "all timers to have fired")
    fired = clocks.rows("""SELECT count(*), count(DISTINCT "externalId") FROM inbox WHERE "externalId" LIKE 'timer:%%'""")
    assert fired == [(120, 120)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_leader_that_is_killed_or_frozen_is_replaced_in_time_and_does_nothing_more(clocks: House, number: int) -> None:
    wait_until(lambda: leader(clocks), "a leader")
    old = leader(clocks)
    assert old
    began = time.monotonic()
    if number == signal.SIGKILL:
        clocks.kill(old)
        clocks.start_clock()
    else:
        os.kill(old.pid, signal.SIGSTOP)
    # Also the clock that was just started may be the one: it asks for the lock at once, the follower only at its next look.
    others = [clock for clock in clocks.clocks if clock is not old]
    wait_until(lambda: any(map(leads, others)), "another to lead", TAKEN_OVER_WITHIN_S)
    assert time.monotonic() - began < TAKEN_OVER_WITHIN_S
    ticked = clocks.rows("SELECT count(*) FROM ticks")[0][0]
    wait_until(lambda: clocks.rows("SELECT count(*) FROM ticks")[0][0] > ticked + 2, "its ticks")
    if number == signal.SIGSTOP:
        os.kill(old.pid, signal.SIGCONT)
        # By its last word: it may have followed before. Whoever asks for the leader meanwhile would find two.
        wait_until(lambda: not leads(old), "the old one to follow")
    assert_no_tick_twice(clocks)


def test_a_clock_that_loses_its_database_leads_no_longer_and_leads_again_when_it_is_back(clocks: House) -> None:
    wait_until(lambda: leader(clocks), "a leader")
    with clocks.faulty("clock-database", "freeze"):
        wait_until(lambda: not any(map(leads, clocks.clocks)), "nobody to lead without a database", TAKEN_OVER_WITHIN_S)
    wait_until(lambda: any(map(leads, clocks.clocks)), "a leader", TAKEN_OVER_WITHIN_S)
    assert_no_tick_twice(clocks)


def test_a_clock_that_is_asked_to_stop_ends_by_itself(clocks: House) -> None:
    for clock in list(clocks.clocks):
        clocks.clocks.remove(clock)
        assert clock.stop() == 0
