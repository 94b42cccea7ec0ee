"""A talk with a person through the house's own turns and sends: never lost, never twice, never out of order, never a bot in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models import base, customers, threads
from models.values import Refused
from tests.children import wait_until
from tests.threads_house import House, elsewhere, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows, said_by_staff, somebody
from worker.flows import entry

ASKED = "I have told our team. A person will answer you here as soon as one is free."
ENDED = "Our colleague has ended this chat. You are back with me, the pharmacy's bot."
SORRY = "Sorry, nobody was free to answer yet. I am back and can help with orders. In an emergency call *112*. Shall I ask our team again?"
JOINED = "A colleague of our team writes to you here, so I stay quiet now. Type *menu* to come back to me."
TEMPLATE = "A colleague of our pharmacy has answered what you asked us. Reply to this message to read the answer."


def in_the_middle_of_the_next_turn(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> list[int]:
    """Somebody else acts after the turn began and before it is written: nothing but a wrapped flow stands at that moment."""
    real, turns = entry.turn, []

    def turn(place: Any, event: Any, facts: Any) -> Any:
        turns.append(1)
        if len(turns) == 1:
            elsewhere(act)
        return real(place, event, facts)

    monkeypatch.setattr(entry, "turn", turn)
    return turns


def test_the_bot_is_silent_and_answers_of_staff_arrive_in_order(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.writes("my order is late")
    threads.reply(bola, talk.customer, "Good morning", "1", now())
    threads.reply(bola, talk.customer, "I look", "2", now())
    talk.sweep()
    talk.writes("find panadol")
    threads.give_back(bola, talk.customer, now())
    talk.serve()
    assert talk.seen() == [ASKED, "Good morning", "I look", ENDED]


def test_an_answer_given_while_the_customer_leaves_arrives_before_the_bot_speaks(
    talk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bola = somebody()
    talk.asks()
    turns = in_the_middle_of_the_next_turn(monkeypatch, lambda: threads.reply(bola, talk.customer, "Here I am", "mid", now()))

    talk.writes("end")

    assert len(turns) > 2  # the first was taken back
    assert talk.seen() == [ASKED, "Here I am", "You are back with me, the pharmacy's bot."]


def test_a_person_who_comes_in_the_middle_of_a_turn_silences_it(talk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from models import support

    bola = somebody()
    with base.connection().transaction():
        support.hand_over(talk.customer, "message", now())
    in_the_middle_of_the_next_turn(monkeypatch, lambda: threads.reply(bola, talk.customer, "About your message", "m", now()))

    talk.writes("find panadol")

    assert talk.seen() == ["About your message", JOINED]


def test_a_thread_taken_in_the_middle_of_a_word_for_the_bot_stays_with_its_person(
    talk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bola = somebody()
    talk.writes("asdf qwer")
    talk.writes("zxcv")
    before = len(talk.seen())
    in_the_middle_of_the_next_turn(monkeypatch, lambda: threads.take(bola, talk.customer, now()))

    talk.writes("cart")

    assert (len(talk.seen()), talk.open_since() is not None) == (before, True)


def test_records_joined_in_the_middle_of_a_turn_bring_the_person_along(talk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.threads_world import a_thread

    other = a_thread()

    def join() -> None:
        with base.connection().transaction():
            customers.merge(base.connection(), source=other, target=talk.customer)

    in_the_middle_of_the_next_turn(monkeypatch, join)
    talk.writes("find panadol")
    assert talk.seen() == []


def test_nobody_who_answers_gives_the_thread_back_once(talk: House) -> None:
    talk.asks()
    talk.writes("hello?")
    talk.minutes_pass(29)
    assert talk.seen() == [ASKED]
    talk.minutes_pass(2)
    talk.minutes_pass(60)
    assert talk.seen() == [ASKED, SORRY]
    assert talk.open_since() is None


def test_an_answer_in_the_last_second_keeps_the_thread(talk: House) -> None:
    bola = somebody()
    talk.asks()
    rows("""UPDATE handovers SET "waitingSince" = now() - interval '31 minutes' WHERE "customerId" = %s""", talk.customer)
    rows("""UPDATE timers SET "fireAt" = now() WHERE "customerId" = %s""", talk.customer)
    from models import timers

    timers.fire_due(base.connection(), limit=10)  # the event waits
    threads.reply(bola, talk.customer, "One moment", "last", now())
    talk.serve()
    assert talk.seen() == [ASKED, "One moment"]
    assert talk.open_since() is not None


def test_a_word_after_an_answer_begins_the_wait_and_further_words_do_not_put_it_off(talk: House) -> None:
    bola = somebody()
    talk.asks()
    threads.reply(bola, talk.customer, "Yes?", "y", now())
    talk.sweep()
    talk.minutes_pass(120)
    talk.writes("one more thing")
    talk.minutes_pass(20)
    talk.writes("hello?")
    assert talk.open_since() is not None
    talk.minutes_pass(11)
    assert talk.open_since() is None
    assert talk.seen()[-1].startswith("Our colleague has not answered for a while")


def test_when_both_were_silent_for_a_day_it_ends_without_a_word(talk: House) -> None:
    bola = somebody()
    talk.asks()
    threads.reply(bola, talk.customer, "All done", "d", now())
    talk.sweep()
    talk.minutes_pass(24 * 60 + 1)
    assert (talk.seen(), talk.open_since()) == ([ASKED, "All done"], None)


def test_a_word_that_comes_while_it_is_ended_is_handled_once_by_one_of_them(talk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bola = somebody()
    talk.asks()
    in_the_middle_of_the_next_turn(monkeypatch, lambda: threads.give_back(bola, talk.customer, now()))
    talk.writes("cart")
    assert talk.seen()[1].startswith("Your cart is empty")
    assert talk.seen()[2] == ENDED
    assert len(talk.seen()) == 3


def test_who_asks_again_before_the_end_was_told_is_not_told_it(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.writes("agent please", serve=False)
    threads.give_back(bola, talk.customer, now())
    talk.serve()
    assert talk.seen() == [ASKED, ASKED]
    assert talk.open_since() is not None


def test_a_word_that_comes_while_an_answer_is_in_flight_waits_for_the_next_one(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.sim.fault(delay_s=0.5, times=1)
    threads.reply(bola, talk.customer, "It comes today", "fly", now())

    def meanwhile() -> None:
        wait_until(lambda: talk.states()[-1] == "sending", "the answer is on its way", 10)
        talk.writes("or tomorrow?", serve=False)
        threads.reply(bola, talk.customer, "Or tomorrow", "next", now())

    other = threading.Thread(target=lambda: (meanwhile(), base.drop_connection()))
    other.start()
    talk.serve()
    other.join(20)
    talk.sweep()

    assert talk.seen() == [ASKED, "It comes today", "Or tomorrow"]
    (row,) = [r for r in threads.inbox("mine", staff_id=bola.id, now=now()).rows if r.customer_id == talk.customer]
    assert row.state == "waiting"  # nobody knows whether the second answer was given with the word read


# ---------------------------------------------------------------------------------------------------- outside the window


def test_outside_the_window_one_template_asks_to_write_and_the_answers_follow_in_order(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.hours_ago(25)
    with pytest.raises(Refused, match="window_closed"):
        threads.reply(bola, talk.customer, "one", "o1", now())
    for number, words in enumerate(("one", "two", "three")):
        threads.ask_to_write(bola, talk.customer, words, f"w{number}", now())
        threads.ask_to_write(bola, talk.customer, words, f"w{number}", now())
    talk.serve()
    talk.sweep()
    assert talk.seen() == [ASKED, TEMPLATE]
    assert said_by_staff(talk.customer) == [("one", "held"), ("two", "held"), ("three", "held")]

    talk.writes("what is it?")

    assert talk.seen() == [ASKED, TEMPLATE, "one", "two", "three"]


def test_many_answers_that_waited_for_weeks_are_all_said(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.hours_ago(25)
    words = [f"line {n}" for n in range(8)]
    for line in words:
        threads.ask_to_write(bola, talk.customer, line, line, now())
    rows(
        """UPDATE outbox SET "createdAt" = now() - interval '20 days' WHERE "customerId" = %s AND "staffId" IS NOT NULL""",
        talk.customer,
    )

    talk.writes("hello")

    assert talk.seen()[1:] == words


def test_who_writes_days_later_to_read_an_answer_writes_to_whom_it_is_from(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.hours_ago(25)
    threads.ask_to_write(bola, talk.customer, "Your parcel is here", "days", now())
    for _ in range(3):
        talk.minutes_pass(24 * 60 + 1)

    talk.writes("where is it?")

    assert talk.seen() == [ASKED, TEMPLATE, "Your parcel is here"]
    assert [r.state for r in threads.inbox("mine", staff_id=bola.id, now=now()).rows if r.customer_id == talk.customer] == [
        "waiting"
    ]


@pytest.mark.parametrize("told", ["sync", "async"])
def test_answers_whose_window_whatsapp_finds_closed_wait_behind_one_template_and_are_said_once(talk: House, told: str) -> None:
    bola = somebody()
    talk.asks()
    talk.sim.configure(window=told)
    talk.sim.window(talk.number, open=False)
    for words in ("late", "and later"):
        line = threads.reply(bola, talk.customer, words, f"{told} {words}", now())
        talk.sweep()
        if told == "async":
            rows(
                """INSERT INTO delivery_receipts ("externalId", status, callback, "errorCode", "errorTitle")
                   VALUES (%s, 'failed', %s, 131047, 'Re-engagement message')""",
                *(f"wamid.closed.{line}", line.removeprefix("out")),
            )
        talk.settle()
        talk.serve()
    assert said_by_staff(talk.customer) == [("late", "held"), ("and later", "held")]
    assert talk.seen() == [ASKED, TEMPLATE]
    talk.writes("hello")
    talk.sweep()
    assert talk.seen() == [ASKED, TEMPLATE, "late", "and later"]


def test_who_said_stop_is_asked_nothing_by_template(talk: House) -> None:
    talk.asks()
    talk.hours_ago(25)
    rows("""UPDATE customers SET "marketingStoppedAt" = now() WHERE id = %s""", talk.customer)
    with pytest.raises(Refused) as no:
        threads.ask_to_write(somebody(), talk.customer, "hello", "s", now())
    assert (no.value.code, no.value.detail) == ("window_closed", {"stopped": True})


# --------------------------------------------------------------------------------------------------- when sending fails


def test_an_answer_is_sent_after_an_hour_without_whatsapp(talk: House) -> None:
    bola = somebody()
    talk.asks()
    rule = talk.sim.fault(http=503)
    assert rule
    threads.reply(bola, talk.customer, "first", "f1", now())
    threads.reply(bola, talk.customer, "second", "f2", now())
    talk.sweep()
    rows("""UPDATE outbox SET "createdAt" = now() - interval '1 hour', "nextTryAt" = now() WHERE status = 'queued'""")
    talk.sim.clear_faults()
    talk.sweep()
    assert talk.seen() == [ASKED, "first", "second"]


def test_rating_and_its_words_are_kept_with_who_answered(talk: House) -> None:
    bola = somebody()
    talk.asks()
    threads.reply(bola, talk.customer, "Done", "r", now())
    threads.give_back(bola, talk.customer, now())
    talk.serve()
    talk.writes("4")
    talk.writes("kind and quick")
    found = rows("""SELECT rating, "ratingWords", "answeredBy" FROM handovers WHERE "customerId" = %s""", talk.customer)
    assert found == [(4, "kind and quick", bola.id)]
    assert threads.thread(talk.customer, now=now()).rating == 4


def test_outside_office_hours_the_message_stays_with_people(talk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from models import office_hours
    from settings import current
    from worker.effects import people

    closed = (now() + timedelta(days=3)).strftime("%a").lower()
    hours = office_hours.read(f"{closed} 08:00-09:00, holidays 08:00-08:01")
    patience = people.Patience(30, hours, current().default_timezone)
    # Settings are read once a process, and the hours of a day cannot be waited for.
    monkeypatch.setattr(people, "patience", lambda context: patience)
    bola = somebody()
    talk.asks()
    talk.writes("my parcel is wet")
    talk.writes("menu")
    assert [
        r.reason for r in threads.inbox("unassigned", staff_id=bola.id, now=now()).rows if r.customer_id == talk.customer
    ] == ["message"]
    assert talk.open_since() is None
    threads.reply(bola, talk.customer, "We send another", "m", now())
    talk.sweep()
    talk.writes("find panadol")
    assert talk.seen()[-2:] == ["We send another", JOINED]
