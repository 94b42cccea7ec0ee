"""The pharmacists' queue on a real PostgreSQL: who waits, who has what in hand, and when that ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from models import base, vault
from models.base import connection
from models.prescriptions import queue
from models.values import Refused
from tests.factories import KEY, NOW, a_colleague, a_customer, a_prescription
from tests.servers import Databases


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://queue", (KEY,))
        yield
        base.drop_connection()


@pytest.fixture(autouse=True)
def nobody_waits(shop: None) -> None:
    """A queue is everybody's: each test begins with an empty one."""
    connection().execute("DELETE FROM prescriptions")


def claim(prescription: int, staff: int, minutes: int = 10) -> object:
    return queue.claim(connection(), prescription, staff, minutes=minutes)


def test_the_queue_shows_who_waits_longest_first_and_goes_on_page_by_page() -> None:
    ada = a_customer(name="Ada Obi")
    ids = [a_prescription(ada, at=NOW - timedelta(minutes=n)) for n in (5, 30, 10)]

    first = queue.page(connection(), "waiting", limit=2)
    rest = queue.page(connection(), "waiting", after=(first[-1].ready_at, first[-1].id), limit=2)

    assert [row.id for row in first + rest] == [ids[1], ids[2], ids[0]]
    assert first[0].customer == "Ada Obi"


def test_the_clock_stands_still_while_a_question_is_open() -> None:
    ada = a_customer()
    a_prescription(ada, at=NOW - timedelta(hours=3), state="asked", pausedAt=NOW - timedelta(hours=1), pausedSeconds=600)

    row = queue.page(connection(), "asked")[0]

    assert row.waited_s == 2 * 3600 - 600


def test_counts_say_how_many_wait_and_how_long_the_oldest_does() -> None:
    ada, ngozi = a_customer(), a_colleague()
    now = connection().execute("SELECT now()").fetchone()[0]
    taken = a_prescription(ada, at=now - timedelta(minutes=90))
    a_prescription(ada, at=now - timedelta(minutes=2))
    a_prescription(ada, state="reading", readyAt=None)
    a_prescription(ada, state="approved", at=now - timedelta(days=2))
    claim(taken, ngozi.id)

    found = queue.counts(connection(), midnight=NOW)

    assert (found.waiting, found.claimed, found.reading, found.asked) == (2, 1, 1, 0)
    assert 5390 <= found.oldest_s <= 5500


def test_what_one_has_in_hand_the_other_is_told_by_name() -> None:
    prescription, ngozi, musa = a_prescription(a_customer()), a_colleague(name="Ngozi Eze"), a_colleague(name="Musa Bello")
    claim(prescription, ngozi.id)

    with pytest.raises(Refused) as refused:
        claim(prescription, musa.id)

    assert (refused.value.code, refused.value.detail["by"]) == ("taken", "Ngozi Eze")


def test_a_claim_ends_by_itself_and_a_colleague_takes_over() -> None:
    prescription, ngozi, musa = a_prescription(a_customer()), a_colleague(), a_colleague()
    claim(prescription, ngozi.id)
    connection().execute("""UPDATE prescriptions SET "claimedUntil" = now() - interval '1 second'""")

    assert claim(prescription, musa.id)
    assert queue.one(connection(), prescription).claimed_by == musa.id


def test_asking_for_the_next_gives_two_people_two_prescriptions_at_the_same_moment(databases: Databases) -> None:
    ada = a_customer()
    waiting = {a_prescription(ada, at=NOW + timedelta(minutes=n)) for n in range(8)}
    people = [a_colleague().id for _ in range(8)]
    got: list[int | None] = []

    def take(staff: int) -> None:
        got.append(queue.claim_next(base.connection(), staff, minutes=10))
        base.drop_connection()

    threads = [threading.Thread(target=take, args=(staff,)) for staff in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert set(got) == waiting
    assert queue.claim_next(connection(), people[0], minutes=10) is None


def test_whoever_passed_one_on_does_not_get_it_back() -> None:
    ngozi = a_colleague()
    prescription = a_prescription(a_customer(), notBy=ngozi.id)

    assert queue.claim_next(connection(), ngozi.id, minutes=10) is None
    with pytest.raises(Refused, match="second_pharmacist"):
        claim(prescription, ngozi.id)


def test_a_decided_one_cannot_be_taken_up_again() -> None:
    prescription = a_prescription(a_customer(), state="approved")

    with pytest.raises(Refused) as refused:
        claim(prescription, a_colleague().id)

    assert (refused.value.code, refused.value.detail["state"]) == ("decided", "approved")


def test_only_the_one_who_has_it_can_put_it_back() -> None:
    prescription, ngozi, musa = a_prescription(a_customer()), a_colleague(), a_colleague()
    claim(prescription, ngozi.id)

    assert not queue.release(connection(), prescription, musa.id)
    assert queue.release(connection(), prescription, ngozi.id)
    assert claim(prescription, musa.id)


def test_a_row_of_the_old_system_is_in_no_queue() -> None:
    a_prescription(a_customer(), state=None)

    assert queue.page(connection(), "waiting") == ()
    assert queue.page(connection(), "decided") == ()
