"""Prescriptions that nobody reads are found again, and what waits how long can be watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import sweeps
from jobs.schedule import TIMETABLE
from models import base, figures, vault
from models.base import connection
from models.prescriptions import receiving
from tests.prescription_peers import KEY, a_prescription, a_reading
from worker import broker
from worker.messages import READ_PRESCRIPTION

QUEUE = READ_PRESCRIPTION.queue


@pytest.fixture(autouse=True)
def database(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[None]:
    base.bind(database_url)
    vault.bind(str(tmp_path / "vault"), (KEY,))
    made = broker.connect(redis_url)
    yield
    base.drop_connection()
    vault.bind("", ())
    made.client.close()


def older(seconds: int) -> None:
    connection().execute("""UPDATE prescriptions SET "createdAt" = now() - %s * interval '1 s'""", (seconds,))


def test_with_redis_emptied_the_sweep_brings_every_prescription_back() -> None:
    for _ in range(3):
        a_prescription()
    older(10)

    assert sweeps.unread_prescriptions() == "3 hinted"

    assert broker.depths((QUEUE,))[QUEUE] == 3


def test_a_queue_that_is_long_already_gets_no_more_hints() -> None:
    for _ in range(sweeps.READING_BACKLOG + 1):
        broker.enqueue(READ_PRESCRIPTION, a_prescription())
    older(10)

    assert sweeps.unread_prescriptions() == "backlog"


def test_with_nothing_to_do_it_says_nothing_and_with_redis_away_it_says_so() -> None:
    assert sweeps.unread_prescriptions() == ""
    a_prescription()
    older(10)
    made = broker.connect("redis://127.0.0.1:1/0")

    assert sweeps.unread_prescriptions().startswith("broker away")

    made.client.close()


def test_the_sweep_is_on_the_timetable() -> None:
    assert sweeps.unread_prescriptions in [job.run for job in TIMETABLE]


def test_what_waits_for_the_machine_and_for_a_person_is_counted_with_its_age() -> None:
    a_prescription()
    older(120)
    for reason in ("", "", "broken"):
        work = receiving.begin(a_prescription(), 30)
        assert work is not None
        if reason:
            receiving.fail(work, reason)
        else:
            receiving.finish(work, a_reading(), [], [], written_on=None, same_within_bits=8)
    connection().execute("""UPDATE prescriptions SET "readyAt" = now() - interval '90 s' WHERE state = 'waiting'""")

    with base.unit(5) as conn:
        found = figures.gather(conn)

    told = {name.removeprefix("drugsng_prescriptions_"): round(value) for name, value in found.items() if "prescriptions" in name}
    assert told == {"to_read": 1, "oldest_to_read_seconds": 120, "waiting": 3, "oldest_waiting_seconds": 90, "not_read": 1}
