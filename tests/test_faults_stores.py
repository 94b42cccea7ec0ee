"""PostgreSQL and Redis slow, away, half-open, restarted or killed, seen from the door and from the workers."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from local import programs
from local.services import Services, throwaway_folder
from models.migrating import migrate
from tests.children import wait_until
from tests.house import House, Said, house_at_rest  # noqa: F401 - fixture

pytestmark = pytest.mark.house
REFUSED_WITHIN_S = 1.5  # what Meta is kept waiting for a 503
POSTS = 12


@pytest.fixture(scope="module")
def servers() -> Iterator[Services]:
    """A PostgreSQL and a Valkey of this module's own, durable (fsync on), to be killed."""
    with throwaway_folder() as folder:
        made = Services(folder, dict(os.environ))
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def running(servers: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    database_url, redis_url = servers.start()
    migrate(database_url)
    # What was sent when a store went away is sent again if no status says within this time that it arrived: on a machine that does
    # ten things at once the door's own coming back takes seconds, and a second answer would be right.
    env = {"ODD_UNIT_S": "2", "UNSURE_WAIT_SECONDS": "5"}
    with House(tmp_path_factory.mktemp("running"), database_url, redis_url, **env) as house:
        yield house.open(workers=2)


def post_at_once(house: House, said: list[Said]) -> list[tuple[int, float]]:
    """Everybody's message at the same moment, each in a webhook of its own: (status, seconds) each."""
    with ThreadPoolExecutor(len(said)) as pool:
        return list(pool.map(lambda s: house.post(s.number, s.text, id=s.id), said))


def repeat(house: House, said: list[Said], limit_s: float = 10.0) -> None:
    """What Meta does with what was not answered 200: posts it again until it is."""
    deadline = time.monotonic() + limit_s
    for each in said:
        while house.post(each.number, each.text, id=each.id)[0] != 200:
            assert time.monotonic() < deadline, f"not taken within {limit_s} s of the end of the fault"
            time.sleep(0.05)


def test_the_door_asks_to_come_again_in_time_while_postgres_is_away_and_loses_and_doubles_nothing(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(POSTS)
    everything = house.talk(people, wait=5)
    for mode in ("refuse", "freeze", "reset", "deaf", "cut"):
        said = [house.new(number) for number in people]
        with house.faulty("web-database", mode) as wire:
            if mode == "refuse":
                wire.drop()  # else the connections that are there go on working
            answers = post_at_once(house, said)
            assert house.get("/health")[0] == 200
            assert mode == "cut" or house.get("/ready")[0] == 503
        late = [took for _, took in answers if took > REFUSED_WITHIN_S]
        assert not late, f"{mode}: {late}"
        assert {status for status, _ in answers} == {503}, f"{mode}: {answers}"
        began = time.monotonic()
        repeat(house, said)
        assert time.monotonic() - began < 3, f"{mode}: the door needs long to find PostgreSQL again"
        everything += said
    house.settles(everything)


def test_the_door_answers_in_time_while_postgres_is_slow_and_its_answers_come_in_pieces(house_at_rest: House) -> None:
    house = house_at_rest
    said = [house.new(number) for number in house.people(POSTS)]
    for mode, delay_s, slice_bytes in (("pass", 0.05, 1), ("slice", 0.002, 40)):
        with house.faulty("web-database", mode, delay_s=delay_s, slice_bytes=slice_bytes):
            answers = post_at_once(house, said)
        assert max(took for _, took in answers) < REFUSED_WITHIN_S, answers
        assert {status for status, _ in answers} <= {200, 503}
    repeat(house, said)
    house.settles(said)


def test_a_table_locked_by_a_bad_migration_gives_503_in_time_and_drains_afterwards(house_at_rest: House) -> None:
    house = house_at_rest
    said = [house.new(number) for number in house.people(POSTS)]
    with psycopg.connect(house.database_url) as migration:
        migration.execute("LOCK TABLE inbox, outbox, conversations IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        answers = post_at_once(house, said)
        assert {status for status, _ in answers} == {503}
        assert max(took for _, took in answers) < REFUSED_WITHIN_S, answers
        time.sleep(max(0.0, 4 - (time.monotonic() - began)))
    repeat(house, said)
    house.settles(said)


def test_the_door_takes_messages_without_redis_and_the_sweep_brings_the_answers(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(POSTS)
    everything = house.talk(people, wait=5)
    for mode in ("refuse", "freeze", "reset", "slice"):
        said = [house.new(number) for number in people]
        with house.faulty("web-redis", mode, delay_s=0.01 if mode == "slice" else 0, slice_bytes=20) as wire:
            if mode == "refuse":
                wire.drop()
            answers = post_at_once(house, said)
        assert {status for status, _ in answers} == {200}, f"{mode}: {answers}"
        assert max(took for _, took in answers) < 1.0, f"{mode}: {answers}"
        everything += said
    house.settles(everything)


def test_workers_outlive_a_postgres_that_is_refused_half_open_reset_deaf_slow_and_sliced(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(4)
    everything = house.talk(people, wait=5)
    for mode, delay_s in (("refuse", 0), ("freeze", 0), ("reset", 0), ("deaf", 0), ("slice", 0.001), ("pass", 0.03)):
        with house.faulty("worker-database", mode, delay_s=delay_s, slice_bytes=50) as wire:
            if mode == "refuse":
                wire.drop()
            everything += house.talk(people, wait=5)
            time.sleep(2.6 if mode == "freeze" else 1.0)
            everything += house.talk(people, wait=5)
            if mode in ("freeze", "deaf"):
                wire.drop()  # what was on its way is lost, not late
    house.settles(everything)


def test_workers_outlive_a_redis_that_is_refused_half_open_reset_and_slow(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(4)
    everything = house.talk(people, wait=5)
    for mode, delay_s in (("refuse", 0), ("freeze", 0), ("reset", 0), ("pass", 0.05)):
        with house.faulty("worker-redis", mode, delay_s=delay_s) as wire:
            if mode == "refuse":
                wire.drop()
            everything += house.talk(people, wait=5)
            time.sleep(1)
            if mode == "freeze":
                wire.drop()
    house.settles(everything)


def test_a_redis_that_is_emptied_and_one_that_is_killed_and_starts_empty_lose_no_message(
    house_at_rest: House, servers: Services
) -> None:
    house = house_at_rest
    people = house.people(6)
    said: list[Said] = []
    with redis.Redis.from_url(house.redis_url, socket_timeout=5) as client:
        for _ in range(8):
            said += house.talk(people)
            client.flushall()
            time.sleep(0.05)
    assert servers.valkey and servers.valkey.process
    said += house.talk(people)
    servers.valkey.process.kill()
    servers.valkey.process.wait(20)
    for leftover in servers.valkey.data.rglob("*"):
        if leftover.is_file():
            leftover.unlink()
    said += house.talk(people, wait=5)
    servers.restart_dead()
    said += house.talk(people)
    house.settles(said)


def test_a_postgres_that_is_killed_with_all_its_backends_comes_back_with_every_message(
    house_at_rest: House, servers: Services
) -> None:
    house = house_at_rest
    people = house.people(6)
    stop = threading.Event()
    said: list[Said] = []

    def traffic() -> None:
        for _ in range(30):  # fewer than the pair limit paces
            said.extend(house.talk(people))
            if stop.wait(0.1):
                return

    assert servers.postgres and servers.postgres.process
    speaking = threading.Thread(target=traffic)
    speaking.start()
    try:
        time.sleep(0.5)
        kill_with_children(servers.postgres.process.pid)
        servers.postgres.process.wait(20)
        time.sleep(0.3)
        servers.restart_dead()
        time.sleep(0.3)
    finally:
        stop.set()
        speaking.join()
    house.settles(said)


def kill_with_children(pid: int) -> None:
    """SIGKILL to a process and its children: PostgreSQL's are in sessions of their own. Frozen first, so that none is born late."""
    os.kill(pid, signal.SIGSTOP)
    children = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and parent_of(entry) == pid]
    for each in (*children, pid):
        os.kill(each, signal.SIGKILL)
    wait_until(lambda: not any(programs.birth(child) for child in children), "its children to be gone")


def parent_of(entry: str) -> int:
    try:
        return int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
