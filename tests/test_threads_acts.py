"""What staff may do in a thread, and what the database refuses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from models import base, support, threads
from models.values import Refused
from tests.factories import a_customer
from tests.servers import Databases
from tests.threads_world import a_thread, now, rows, said, said_by_staff, somebody, talking, timer, wrote


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


def refused(act: Callable[[], object]) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as no:
        act()
    return no.value.code, no.value.detail


def test_an_answer_is_a_row_of_the_outbox_and_the_thread_belongs_to_whoever_answered() -> None:
    bola, ada = somebody(), a_thread()

    key = threads.reply(bola, ada, "  Good morning\r\nAda ", "k1", now())

    assert said_by_staff(ada) == [("Good morning\nAda", "queued")]
    assert key == f"out{rows('SELECT max(id) FROM outbox')[0][0]}"
    row = threads.inbox("mine", staff_id=bola.id, now=now()).rows[0]
    assert (row.customer_id, row.state, row.assignee, row.last_by, row.last_words) == (
        ada,
        "answered",
        "Bola",
        "staff",
        "Good morning Ada",
    )


def test_an_answer_that_did_not_arrive_is_told_in_the_inbox() -> None:
    bola, ada = somebody(), a_thread()
    threads.reply(bola, ada, "Good morning", "lost", now())
    rows("""UPDATE outbox SET status = 'failed', "errorCode" = 131026 WHERE "customerId" = %s""", ada)
    row = threads.inbox("mine", staff_id=bola.id, now=now()).rows[0]
    line = threads.thread(ada, now=now()).lines[-1]
    assert row.last_words == "Not delivered: Good morning"
    assert line.failure == "This customer cannot get the message: the number has no WhatsApp, or an old one."


def test_an_answer_looks_like_any_other_reply_on_the_wire() -> None:
    from worker.flows.step import Text
    from worker.whatsapp import outbound

    ada = a_thread()
    threads.reply(somebody(), ada, "Good morning", "wire", now())
    ((payload,),) = rows("""SELECT payload FROM outbox WHERE "customerId" = %s""", ada)

    built = outbound.build(Text("Good morning"), number="2348031234567", bsuid=None, callback="0")

    assert outbound.readdressed(payload, number="2348031234567", bsuid=None) | {"biz_opaque_callback_data": "0"} == built


def test_a_double_click_says_it_once_even_after_the_thread_was_given_back() -> None:
    bola, ada = somebody(), a_thread()
    first = threads.reply(bola, ada, "Yes", "twice", now())
    threads.give_back(bola, ada, now())

    again = threads.reply(bola, ada, "Yes", "twice", now())

    assert (again, len(said_by_staff(ada))) == (first, 1)


def test_what_another_colleague_has_is_theirs_until_it_is_taken_over_from_them() -> None:
    bola, chi, ada = somebody("Bola"), somebody("Chi"), a_thread()
    threads.take(bola, ada, now())

    for act in (
        lambda: threads.take(chi, ada, now()),
        lambda: threads.reply(chi, ada, "hi", "k", now()),
        lambda: threads.give_back(chi, ada, now()),
        lambda: threads.pass_on(chi, ada, chi.id, now()),
    ):
        assert refused(act) == ("taken_by", {"name": "Bola", "staff_id": bola.id})
    threads.take(chi, ada, now(), over=bola.id)
    assert refused(lambda: threads.take(bola, ada, now(), over=bola.id))[0] == "taken_by"


def test_a_thread_is_passed_on_only_to_somebody_who_may_answer() -> None:
    bola, chi, auditor, ada = somebody(), somebody("Chi"), somebody("Uche", "auditor"), a_thread()
    for nobody in (auditor.id, 999_999):
        assert refused(lambda to=nobody: threads.pass_on(bola, ada, to, now()))[0] == "unknown"

    threads.pass_on(bola, ada, chi.id, now())

    assert [r.customer_id for r in threads.inbox("mine", staff_id=chi.id, now=now()).rows] == [ada]


def test_who_was_dismissed_holds_nothing() -> None:
    bola, chi, ada = somebody(), somebody("Chi"), a_thread()
    threads.take(bola, ada, now())
    rows("UPDATE staff SET active = false WHERE id = %s", bola.id)

    threads.take(chi, ada, now())

    assert threads.thread(ada, now=now()).assignee == "Chi"


def test_an_auditor_changes_nothing() -> None:
    auditor, ada = somebody("Uche", "auditor"), a_thread()
    for act in (
        lambda: threads.take(auditor, ada, now()),
        lambda: threads.reply(auditor, ada, "hi", "a", now()),
        lambda: threads.note(auditor, ada, "hm", now()),
        lambda: threads.save_canned(auditor, "/x", "y", now()),
    ):
        assert refused(act)[0] == "right"


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), (" \x00\n", "empty"), ("x" * 4097, "too_long"), ("\U0001f600" * 2049, "too_long")]
)
def test_words_that_cannot_be_sent_are_refused(text: str, code: str) -> None:
    assert refused(lambda: threads.reply(somebody(), a_thread(), text, "k", now()))[0] == code


def test_nobody_is_written_to_who_asked_for_nobody() -> None:
    bola, ada = somebody(), a_customer()
    assert refused(lambda: threads.reply(bola, ada, "hi", "n", now()))[0] == "not_open"
    assert refused(lambda: threads.reply(bola, 999_999_999, "hi", "n", now()))[0] == "unknown"


@pytest.mark.parametrize(("hours", "allowed"), [(0.1, True), (23.9, True), (23.95, False), (24.5, False)])
def test_the_window_of_24_hours_is_kept_with_a_margin(hours: float, allowed: bool) -> None:
    bola, ada = somebody(), a_thread()
    wrote(ada, hours)
    if allowed:
        threads.reply(bola, ada, "hi", f"w{hours}", now())
    else:
        assert refused(lambda: threads.reply(bola, ada, "hi", f"w{hours}", now()))[0] == "window_closed"
    assert len(said_by_staff(ada)) == int(allowed)


def test_a_word_that_is_just_being_handled_opens_the_window() -> None:
    bola, ada = somebody(), a_thread()
    said(ada, "are you there", status="pending")
    wrote(ada, 30)

    threads.reply(bola, ada, "yes", "pending", now())

    assert said_by_staff(ada) == [("yes", "queued")]


def test_given_back_the_bot_speaks_again_and_is_told_once() -> None:
    bola, ada = somebody(), a_thread()
    threads.reply(bola, ada, "done", "gb", now())
    before = rows("""SELECT version FROM conversations WHERE "customerId" = %s""", ada)

    threads.give_back(bola, ada, now())

    assert refused(lambda: threads.give_back(bola, ada, now()))[0] == "not_open"
    events = rows(
        """SELECT payload->>'name', payload->'data'->>'rate' FROM inbox WHERE "customerId" = %s AND channel = 'house'""", ada
    )
    assert events == [("agent_gone", "true")]
    assert (talking(ada), timer(ada)) == (False, None)
    assert rows("""SELECT version FROM conversations WHERE "customerId" = %s""", ada) != before


def test_nobody_is_asked_to_rate_a_talk_in_which_nobody_answered() -> None:
    bola, ada = somebody(), a_thread()
    threads.give_back(bola, ada, now())
    assert rows("""SELECT payload->'data'->>'rate' FROM inbox WHERE "customerId" = %s AND channel = 'house'""", ada) == [
        ("false",)
    ]


def test_an_answer_to_a_request_about_data_opens_a_talk_and_the_request_stays() -> None:
    from models import support

    bola, ada = somebody(), a_customer()
    said(ada)
    support.hand_over(ada, "correct_data", now())

    threads.reply(bola, ada, "Which name is right?", "rq", now())

    seen = threads.thread(ada, now=now())
    assert (seen.open, seen.reason, seen.requests, talking(ada)) == (True, "asked", ("correct_data",), True)


def test_closing_a_message_that_was_left_closes_no_wish_about_data() -> None:
    bola, ada = somebody(), a_thread("message")
    for reason in ("delete_my_data", "my_data"):
        support.hand_over(ada, reason, now())

    left = []
    for _ in range(2):
        threads.give_back(bola, ada, now())
        left.append(rows("""SELECT reason FROM handovers WHERE "customerId" = %s AND "closedAt" IS NULL ORDER BY id""", ada))

    assert left == [[("delete_my_data",), ("my_data",)], [("delete_my_data",)]]
    assert refused(lambda: threads.give_back(bola, ada, now()))[0] == "not_open"


def test_every_act_is_in_the_audit_without_a_word_of_anybody() -> None:
    bola, chi, ada = somebody(), somebody("Chi"), a_thread()
    threads.take(bola, ada, now())
    threads.note(bola, ada, "calls back at four", now())
    threads.reply(bola, ada, "secret words", "au", now())
    threads.pass_on(bola, ada, chi.id, now())
    threads.give_back(chi, ada, now())

    acts = rows("""SELECT act, detail::text FROM audit WHERE "customerId" = %s ORDER BY id""", ada)

    assert [act for act, _ in acts] == [
        "thread_taken",
        "thread_noted",
        "thread_answered",
        "thread_passed_on",
        "thread_given_back",
    ]
    assert not any("secret" in detail or "calls" in detail for _, detail in acts)


def test_answers_kept_ready_are_replaced_by_their_shortcut_and_removed_once() -> None:
    bola = somebody()
    first = threads.save_canned(bola, "Hours", "8 to 8", now())
    second = threads.save_canned(bola, "/hours", "8 to 9", now())
    assert (
        [(c.id, c.shortcut, c.text) for c in threads.canned()]
        == [(first.id, "/hours", "8 to 9")]
        == [(second.id, second.shortcut, second.text)]
    )
    threads.remove_canned(bola, first.id, now())
    assert refused(lambda: threads.remove_canned(bola, first.id, now()))[0] == "unknown"
    assert refused(lambda: threads.save_canned(bola, "/not so", "x", now()))[0] == "shortcut"


def test_an_answer_sets_the_end_a_day_off_and_a_word_after_it_brings_it_back() -> None:
    from models.threads import waiting
    from tests.threads_world import PATIENCE

    bola, ada = somebody(), a_thread()
    assert timer(ada) < now() + timedelta(minutes=31)
    threads.reply(bola, ada, "hi", "t", now())
    assert timer(ada) > now() + timedelta(hours=23)
    waiting.word(ada, now(), PATIENCE)
    first = timer(ada)
    waiting.word(ada, now() + timedelta(minutes=10), PATIENCE)
    assert first < now() + timedelta(minutes=31)
    assert timer(ada) == first
