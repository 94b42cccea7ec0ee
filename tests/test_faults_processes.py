"""Processes killed, frozen, asked to stop, replaced, with a wrong clock or a full disk: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.children import Child, wait_until
from tests.house import LEASE_S, House, Said, group, house_at_rest, running  # noqa: F401 - fixtures

pytestmark = pytest.mark.house
HELD_S = 20


@contextmanager
def traffic(house: House, people: list[str], *, every_s: float = 0.15, most: int = 30) -> Iterator[list[Said]]:
    """Everybody talks, over and over, while the `with` lasts; what was said stands in the list afterwards."""
    said: list[Said] = []
    stop = threading.Event()

    def speak() -> None:
        for _ in range(most):  # fewer than the pair limit paces
            said.extend(house.talk(people))
            if stop.wait(every_s):
                return

    speaking = threading.Thread(target=speak)
    speaking.start()
    try:
        yield said
    finally:
        stop.set()
        speaking.join()


def replace_workers(house: House, start: Callable[[], Child], how_many: int = 2) -> None:
    """New workers, made by `start`, stand in for all there are."""
    for worker in list(house.workers):
        house.kill(worker)
    for _ in range(how_many):
        start()
    house.ready()


def test_workers_killed_at_random_instants_lose_and_double_nothing(house_at_rest: House) -> None:
    house = house_at_rest
    chance = random.Random(5)
    with traffic(house, house.people(5)) as said:
        for _ in range(4):
            time.sleep(chance.uniform(0.2, 0.6))
            house.kill(chance.choice(house.workers))
            house.start_worker()
        victim = chance.choice(house.workers)
        victim.wait_for_output("ready for action")
        os.kill(group(victim)[-1], signal.SIGKILL)  # the inner process alone: its master gives up, a supervisor begins anew
    house.settles(said)


def test_a_worker_killed_before_commit_before_the_request_and_before_the_record_answers_once(house_at_rest: House) -> None:
    house = house_at_rest
    house.ready()
    in_flow, sending, sent = house.people(3)
    # Longer than it takes to look: both are cut short by our hand.
    house.sim.fault(match={"to": sending}, delay_s=10, cut="before", times=1)
    house.sim.fault(match={"to": sent}, delay_after_s=10, times=1)
    said = [house.tell(sending), house.tell(sent), house.tell(in_flow, extra=" dawdle")]
    house.sim.messages(sent, wait_for=1)
    wait_until(
        lambda: house.rows(
            """SELECT 1 FROM outbox WHERE status = 'sending' AND "customerId" IN
        (SELECT "customerId" FROM inbox WHERE "externalId" = %s)""",
            said[0].id,
        ),
        "a send in flight",
    )
    replace_workers(house, house.start_worker)
    house.settles([*said, *house.talk([in_flow, sending, sent])])


def test_a_frozen_worker_loses_its_customers_and_does_nothing_to_them_when_it_wakes(house_at_rest: House) -> None:
    house = house_at_rest
    frozen, other = house.workers
    house.kill(other)
    in_flow, sending, sent = people = house.people(3)
    house.sim.fault(match={"to": sending}, delay_s=1.5, cut="before", times=1)
    house.sim.fault(match={"to": sent}, delay_after_s=1.0, times=1)
    said = [house.tell(sending), house.tell(sent), house.tell(in_flow, extra=" dawdle dawdle"), *house.talk(people, each=2)]
    house.sim.messages(sent, wait_for=1)
    house.signal(frozen, signal.SIGSTOP)
    began = time.monotonic()
    house.start_worker()
    house.ready()
    # How long it takes is chance: a worker that was frozen in the middle of a transaction holds its rows until PostgreSQL ends that
    # (idle_in_transaction_session_timeout in models/base.py).
    house.settles(said, HELD_S + LEASE_S + 20)
    time.sleep(max(0.0, began + LEASE_S + 1 - time.monotonic()))
    house.signal(frozen, signal.SIGCONT)
    time.sleep(1.0)
    house.settles(said + house.talk(people))
    assert frozen.process.poll() is None


def test_a_rolling_restart_under_traffic_ends_by_itself_and_hands_everything_over(house_at_rest: House) -> None:
    house = house_at_rest
    house.ready()
    with traffic(house, house.people(4)) as said:
        former = list(house.workers)
        for new in [house.start_worker() for _ in former]:
            new.wait_for_output("ready for action")
        for old in former:
            house.workers.remove(old)
            os.kill(old.pid, signal.SIGTERM)
        assert [old.process.wait(40) for old in former] == [0] * len(former)
        assert house.web
        assert house.web.stop() == 0
        house.start_web()
        time.sleep(0.5)
    house.settles(said)
    unsure = house.rows(
        """SELECT count(*) FROM outbox WHERE reason LIKE 'the sender ended%%' AND "inboxId" IN
        (SELECT id FROM inbox WHERE "externalId" = ANY(%s))""",
        [s.id for s in said],
    )
    assert unsure[0][0] == 0, "a worker that is asked to stop finishes what it sends"


def test_a_web_process_killed_at_any_time_loses_and_doubles_nothing(house_at_rest: House) -> None:
    house = house_at_rest
    chance = random.Random(6)
    with traffic(house, house.people(4)) as said:
        for _ in range(2):
            time.sleep(chance.uniform(0.1, 0.5))
            assert house.web
            house.kill(house.web)
            house.start_web()
            wait_until(lambda: house.get("/health")[0] == 200, "the web process", every_s=0.05)
        os.kill(group(house.web)[-1], signal.SIGKILL)  # the inner process alone comes back by itself
        time.sleep(0.3)
    wait_until(lambda: house.get("/health")[0] == 200, "the web process to come back by itself", every_s=0.05)
    house.settles(said)


def test_workers_with_a_wrong_clock_answer_as_all_others_do(house_at_rest: House) -> None:
    house = house_at_rest
    shifts = iter(("3600", "-3600", "259200"))
    replace_workers(house, lambda: house.start_worker(ODD_CLOCK_S=next(shifts)), 3)
    people = house.people(6)
    house.sim.fault(match={"to": people[0]}, http=500, times=1)
    house.sim.fault(match={"to": people[1]}, cut="after", times=1)
    said = house.talk(people, each=4)
    house.settles(said)
    odd = house.rows(
        """SELECT count(*) FROM conversations WHERE "idleAt" NOT BETWEEN now() AND now() + interval '11 minutes'
               OR "lastInboundAt" NOT BETWEEN now() - interval '5 minutes' AND now() + interval '1 minute'"""
    )
    expiries = house.rows("""SELECT count(*) FROM outbox WHERE "expiresAt" NOT BETWEEN now() AND now() + interval '16 minutes'""")
    assert (odd[0][0], expiries[0][0]) == (0, 0)


def test_a_full_disk_under_the_logs_stops_no_work(house_at_rest: House, tmp_path: Path) -> None:
    house = house_at_rest
    (tmp_path / "app.log").symlink_to("/dev/full")
    assert house.web
    house.kill(house.web)
    house.start_web(LOG_DIR=str(tmp_path), output="/dev/full")
    for worker in list(house.workers):
        house.kill(worker)
    house.start_worker(LOG_DIR=str(tmp_path), output="/dev/full")
    wait_until(lambda: house.get("/health")[0] == 200, "the web process", every_s=0.05)
    house.settles(house.talk(house.people(3), each=3))
    house.kill(house.web)
    house.start_web()
    for worker in list(house.workers):
        house.kill(worker)
        house.start_worker()
