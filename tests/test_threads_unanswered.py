"""Whatever a customer says to a person who has answered before waits for an answer, also what a bot could do nothing with."""

from __future__ import annotations

from typing import Any

import pytest

from models import threads
from tests.threads_house import House, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows, said, somebody, timer

PICTURE = {"image": {"id": "1234567", "mime_type": "image/jpeg", "sha256": "aa", "caption": "my prescription"}}


def answered(talk: House) -> None:
    """Somebody has answered this customer, and nobody waits."""
    talk.asks()
    threads.reply(somebody(), talk.customer, "Good day, what is it?", f"first {talk.customer}", now())
    talk.serve()


def state(talk: House) -> str:
    (row,) = [r for r in threads.inbox("all", staff_id=0, now=now()).rows if r.customer_id == talk.customer]
    return row.state


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("unsupported", {"unsupported": {"type": "view_once"}}),
        ("image", {"image": {"mime_type": "image/jpeg"}}),
        ("location", {"location": {"name": "My house"}}),
        ("image", PICTURE),
        ("text", {"text": "password: Sunrise4711"}),
    ],
)
def test_a_word_to_a_person_waits_for_their_answer(talk: House, kind: str, payload: dict[str, Any]) -> None:
    rows("""UPDATE customers SET name = 'Ada', "consentAt" = now(), "consentVersion" = '1' WHERE id = %s""", talk.customer)
    answered(talk)

    talk.writes(kind=kind, **payload)

    assert state(talk) == "waiting"


@pytest.mark.parametrize(
    "changed",
    [{"type": "text", "text": {"body": "Make it 20"}}, {"type": "image", "image": {"caption": "Make it 20"}}],
)
def test_what_a_customer_changes_their_words_to_is_new_to_staff(talk: House, changed: dict[str, Any]) -> None:
    answered(talk)
    bola = somebody()
    seen = threads.thread(talk.customer, staff_id=bola.id, now=now())

    said(talk.customer, kind="edit", status="stored", edit={"original_message_id": "wamid.x", "message": changed})

    (row,) = [r for r in threads.inbox("all", staff_id=bola.id, now=now()).rows if r.customer_id == talk.customer]
    it = threads.thread(talk.customer, now=now())
    assert seen is not None and it is not None
    assert (it.lines[-1].text, row.last_words, row.unread) == (*["(changed what they wrote) Make it 20"] * 2, 1)
    assert it.version != seen.version


@pytest.mark.parametrize("lost", ["DELETE FROM timers", """UPDATE timers SET "firedAt" = now()"""])
def test_a_talk_whose_timer_was_lost_has_one_again_with_the_customers_next_word(talk: House, lost: str) -> None:
    talk.asks()
    due = timer(talk.customer)
    rows(f"""{lost} WHERE "customerId" = %s""", talk.customer)

    talk.writes("is anybody there?")

    assert due is not None
    assert timer(talk.customer) == due


def test_staff_read_why_there_are_no_words_where_a_password_was_typed(talk: House) -> None:
    answered(talk)

    talk.writes("password: Sunrise4711")

    it = threads.thread(talk.customer, now=now())
    assert it is not None
    assert it.lines[-1].text == "(hidden: it looked like a password)"


@pytest.mark.parametrize(
    ("kind", "payload"), [("reaction", {"reaction": {"emoji": "👍"}}), ("sticker", {"sticker": {"id": "99"}})]
)
def test_a_thumb_or_a_sticker_waits_for_none(talk: House, kind: str, payload: dict[str, Any]) -> None:
    answered(talk)

    talk.writes(kind=kind, **payload)

    assert state(talk) == "answered"


def test_a_tap_on_the_question_of_an_older_talk_counts_for_it_in_the_next_one(talk: House) -> None:
    answered(talk)
    talk.writes("end")
    ((thread,),) = rows("""SELECT id FROM handovers WHERE "customerId" = %s""", talk.customer)
    talk.asks()

    tap = {"type": "list_reply", "list_reply": {"id": f"rate:{thread}:4", "title": "4"}}
    talk.writes(kind="interactive", interactive=tap)

    assert rows("SELECT rating FROM handovers WHERE id = %s", thread) == [(4,)]
