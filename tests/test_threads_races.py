"""Many hands on one thread at once: the database decides, and nothing is said twice, lost, or said by the bot in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from models import base, customers, support, threads, vault
from models.base import connection
from models.threads import waiting
from models.values import Refused
from tests.factories import KEY, a_customer
from tests.servers import Databases
from tests.threads_world import PATIENCE, a_thread, now, rows, said, said_by_staff, somebody, talking, timer


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://races", (KEY,))
        yield
        base.drop_connection()
        vault.bind("", ())


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave, or the code of its refusal; all begin together, each with a connection of its own."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        connection()
        gate.wait(10)
        try:
            results[place] = act()
        except Refused as no:
            results[place] = no.code
        finally:
            base.drop_connection()

    hands = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(20)
    return results


def test_of_eight_who_take_a_thread_at_once_one_has_it() -> None:
    crew = [somebody(f"S{n}") for n in range(8)]
    for _ in range(5):
        ada = a_thread()
        results = at_once(*(lambda who=who, ada=ada: threads.take(who, ada, now()) for who in crew))
        holder = threads.thread(ada, now=now()).assignee_id
        assert sorted(map(str, results)) == ["None", *["taken_by"] * 7]
        assert crew[results.index(None)].id == holder


def test_an_answer_clicked_eight_times_at_once_is_said_once() -> None:
    bola = somebody()
    for n in range(5):
        ada = a_thread()
        results = at_once(*[lambda ada=ada, n=n: threads.reply(bola, ada, "Yes", f"click{n}", now())] * 8)
        assert len(set(results)) == 1
        assert said_by_staff(ada) == [("Yes", "queued")]


def test_of_two_who_answer_at_once_one_does_and_the_other_is_told_who() -> None:
    bola, chi, seen = somebody("Bola"), somebody("Chi"), set()
    for n in range(10):
        ada = a_thread()
        results = at_once(
            *(lambda who=who, ada=ada, n=n: threads.reply(who, ada, f"{who.name} here", f"two{n}", now()) for who in (bola, chi))
        )
        ((words, _),) = said_by_staff(ada)
        row = threads.thread(ada, now=now())
        seen.add(words)
        assert sorted(each == "taken_by" for each in results) == [False, True]
        assert words == f"{row.assignee} here"
    assert seen <= {"Bola here", "Chi here"}


def test_an_answer_while_the_thread_is_given_back_is_said_before_the_end_or_refused() -> None:
    bola = somebody()
    for n in range(10):
        ada = a_thread()
        threads.take(bola, ada, now())

        answer, ended = at_once(
            lambda ada=ada, n=n: threads.reply(bola, ada, "One more thing", f"late{n}", now()),
            lambda ada=ada: threads.give_back(bola, ada, now()),
        )

        rate = rows("""SELECT payload->'data'->>'rate' FROM inbox WHERE "customerId" = %s AND channel = 'house'""", ada)
        assert (ended, talking(ada), timer(ada)) == (None, False, None)
        assert (len(said_by_staff(ada)), rate) == ((0, [("false",)]) if answer == "not_open" else (1, [("true",)]))


def test_a_file_sent_twice_at_once_is_one_line() -> None:
    bola, ada = somebody(), a_thread()
    png = b"\x89PNG\r\n\x1a\n" + bytes(40)

    results = at_once(*[lambda: threads.send_file(bola, ada, png, "a.png", "look", "file", now())] * 4)

    assert len(set(results)) == 1
    assert said_by_staff(ada) == [("look", "queued")]
    assert rows("""SELECT count(*) FROM media WHERE "customerId" = %s""", ada) == [(1,)]


def test_an_answer_and_the_end_of_patience_at_once_are_one_or_the_other() -> None:
    bola, seen = somebody(), set()
    for n in range(20):
        ada = a_thread()
        late = now() + timedelta(minutes=31)

        def patience(ada: int = ada, late: Any = late) -> Any:
            with connection().transaction():
                return waiting.silence(ada, late, PATIENCE)

        answer, over = at_once(lambda ada=ada, n=n: threads.reply(bola, ada, "Here I am", f"race{n}", now()), patience)
        answered = answer != "not_open"
        seen.add(answered)
        assert (len(said_by_staff(ada)), talking(ada), over is None) == (int(answered), answered, answered)
        assert (timer(ada) is not None) == answered
    assert seen <= {True, False}


def test_a_thread_ended_by_many_at_once_ends_once() -> None:
    bola = somebody()
    for _ in range(5):
        ada = a_thread()
        threads.reply(bola, ada, "Bye", f"bye{ada}", now())

        def by_customer(ada: int = ada) -> Any:
            with connection().transaction():
                return support.leave(ada, now())

        at_once(*[lambda ada=ada: threads.give_back(bola, ada, now())] * 4, by_customer)
        closed = rows("""SELECT count(*) FROM handovers WHERE "customerId" = %s AND "closedAt" IS NOT NULL""", ada)
        events = rows("""SELECT count(*) FROM inbox WHERE "customerId" = %s AND payload->>'name' = 'agent_gone'""", ada)
        assert closed == [(1,)]
        assert events[0][0] <= 1
        assert not talking(ada)


def test_two_records_of_one_person_keep_one_talk_with_its_holder_and_its_longest_wait() -> None:
    bola = somebody()
    source, target = a_thread(), a_thread()
    threads.take(bola, source, now())
    threads.note(bola, source, "prefers the afternoon", now())
    rows("""UPDATE handovers SET "waitingSince" = now() - interval '20 minutes' WHERE "customerId" = %s""", source)
    oldest = rows("""SELECT "waitingSince" FROM handovers WHERE "customerId" = %s""", source)[0][0]

    with connection().transaction():
        customers.merge(connection(), source=source, target=target)

    (row,) = [r for r in threads.inbox("all", staff_id=bola.id, now=now()).rows if r.customer_id in (source, target)]
    assert (row.customer_id, row.assignee_id, row.waiting_since) == (target, bola.id, oldest)
    lines = threads.thread(source, now=now()).lines
    assert [line.text for line in lines] == ["agent", "agent", "prefers the afternoon"]


@pytest.mark.parametrize("before", ["talked long ago", "was answered"])
def test_who_waits_in_one_of_two_joined_records_is_still_given_back_in_time(before: str) -> None:
    bola, source, target = somebody(), a_thread(), a_thread()
    threads.reply(bola, target, "hello", f"joined {before}", now())
    if before == "talked long ago":
        rows("""UPDATE timers SET "firedAt" = now() WHERE "customerId" = %s""", target)
        with connection().transaction():
            support.leave(target, now())
    due = timer(source)

    with connection().transaction():
        customers.merge(connection(), source=source, target=target)

    assert (talking(target), timer(target)) == (True, due)


def test_an_answer_typed_to_a_record_that_was_just_joined_reaches_who_they_are_now() -> None:
    bola, source, target = somebody(), a_thread(), a_customer()
    said(target)
    with connection().transaction():
        customers.merge(connection(), source=source, target=target)

    threads.reply(bola, source, "Hello again", "joined", now())

    assert said_by_staff(target) == [("Hello again", "queued")]


def test_answers_and_joining_records_at_once_end_without_a_deadlock() -> None:
    bola = somebody()
    for n in range(5):
        source, target = a_thread(), a_customer()
        said(target)

        def join(source: int = source, target: int = target) -> None:
            with connection().transaction():
                customers.merge(connection(), source=source, target=target)

        results = at_once(
            join, *(lambda s=source, k=k, n=n: threads.reply(bola, s, f"line {k}", f"m{n}-{k}", now()) for k in range(4))
        )
        lines = rows("""SELECT count(*) FROM outbox WHERE "customerId" = ANY(%s) AND "staffId" IS NOT NULL""", [source, target])
        assert lines == [(4,)], results


def test_the_version_a_page_polls_changes_with_every_line_tick_and_act() -> None:
    bola, ada = somebody(), a_thread()
    seen = [threads.since(ada)]

    def changed(act: Callable[[], object]) -> bool:
        act()
        seen.append(threads.since(ada))
        return seen[-1] != seen[-2]

    assert threads.since(ada) == seen[0]
    assert changed(lambda: threads.take(bola, ada, now()))
    assert changed(lambda: said(ada, "hm"))
    assert changed(lambda: threads.reply(bola, ada, "yes", "v", now()))
    for status in ("sending", "accepted", "delivered", "read"):
        assert changed(lambda s=status: rows("""UPDATE outbox SET status = %s WHERE "customerId" = %s""", s, ada))
    assert changed(lambda: threads.note(bola, ada, "hm", now()))
    assert changed(lambda: threads.give_back(bola, ada, now()))
    assert all(0 <= each < 2**52 for each in seen)
