"""What staff do in a conversation: said once, kept when it is refused, told who was quicker."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from models import threads, vault
from models.base import connection
from tests.console import Desk, Seat, audited
from tests.console_sheet import JPEG, desk, words
from tests.console_sheet import own_connection as connected
from tests.talking import a_talk, ago, says
from tests.test_console_conversations import at, bubbles, nobody_waits, reply

__all__ = ["connected", "desk", "nobody_waits"]  # fixtures


def sent(customer: int) -> list[tuple[str, str, str]]:
    """(status, kind, words) of what staff said, the oldest first."""
    rows = connection().execute(
        """SELECT status, payload->>'type', COALESCE(payload->'text'->>'body', payload->'image'->>'caption', '')
           FROM outbox WHERE "customerId" = %s AND "staffId" IS NOT NULL ORDER BY id""",
        (customer,),
    )
    return rows.fetchall()


def holder(customer: int) -> int | None:
    row = connection().execute(
        """SELECT "assigneeId" FROM handovers WHERE "customerId" = %s AND "closedAt" IS NULL""", (customer,)
    )
    return (row.fetchone() or (None,))[0]


def press(seat: Seat, customer: int, act: str, given: dict[str, Any] | None = None, hx: bool = True) -> Any:
    return seat.post(at(customer, f"/{act}"), given, **({"HX_Request": "true"} if hx else {}))


def test_an_answer_is_queued_shown_and_leaves_the_field(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk("Hello")

    answer = reply(seat, customer, "Good day,\r\nAda", hx=True)

    assert sent(customer) == [("queued", "text", "Good day,\nAda")]
    assert answer.headers["HX-Trigger"] == '{"said": "reply"}'
    assert any(by == "staff" and "Good day," in text for by, text in bubbles(answer.text))
    assert re.search(r'id="answer-key"[^>]*hx-swap-oob="true"', answer.text)
    assert holder(customer) == seat.staff.id


def test_pressing_twice_says_it_once(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()

    answers = [reply(seat, customer, key="same-key-1").status_code for _ in range(2)]

    assert (answers, len(sent(customer))) == ([303, 303], 1)


def test_other_words_from_a_page_that_was_gone_back_to_are_said_too(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()

    for text in ("It is 500", "It is 500", "No, it is 900"):
        reply(seat, customer, text, key="same-key-2")

    assert [said for _, _, said in sent(customer)] == ["It is 500", "No, it is 900"]


def test_the_key_of_one_customers_page_says_nothing_to_another(desk: Desk) -> None:
    seat, ada, musa = desk.seat("support"), a_talk(), a_talk()

    for customer in (ada, musa):
        reply(seat, customer, key="same-key-2")

    assert [len(sent(each)) for each in (ada, musa)] == [1, 1]


@pytest.mark.parametrize("hx", [True, False])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"text": "   "}, "Write something first."),
        ({"text": "x" * 5000}, "longer than WhatsApp takes (4,096 characters)"),
        ({"text": "Hello", "key": "<bad>"}, "not there any more"),
    ],
)
def test_what_cannot_be_said_is_told_and_stays_where_it_was_typed(
    desk: Desk, given: dict[str, str], sentence: str, hx: bool
) -> None:
    seat, customer = desk.seat("support"), a_talk()

    answer = reply(seat, customer, hx=hx, **given)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert "HX-Trigger" not in answer.headers
    assert hx or f">{given['text'].strip()}" in answer.text
    assert sent(customer) == []
    assert audited("thread_refused")[-1][0] == seat.staff.id


def test_who_comes_second_reads_who_has_it_and_keeps_the_words(desk: Desk) -> None:
    femi, ngozi, customer = desk.seat("support"), desk.seat("pharmacist"), a_talk()
    threads.take(ngozi.staff, customer, ago(0))

    answers = [reply(femi, customer, "My long answer", hx=hx) for hx in (True, False)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("Ngozi Eze has this conversation now: nothing was sent." in words(answer.text) for answer in answers)
    assert ">My long answer</textarea>" in answers[1].text
    assert sent(customer) == []


def test_taking_over_from_a_colleague_names_the_colleague_it_is_taken_from(desk: Desk) -> None:
    femi, ngozi, bisi = desk.seat("support"), desk.seat("pharmacist"), desk.seat("owner")
    customer = a_talk()
    press(ngozi, customer, "take")
    plain = press(femi, customer, "take")
    named = re.search(r'name="over" value="(\d+)"', femi.get(at(customer)).text)[1]

    press(bisi, customer, "take", {"over": str(ngozi.staff.id)})
    stale = press(femi, customer, "take", {"over": named})

    assert (plain.status_code, int(named), stale.status_code) == (409, ngozi.staff.id, 409)
    assert "Bisi Adeyemi has this conversation now" in words(stale.text)
    assert holder(customer) == bisi.staff.id


def test_a_conversation_is_passed_on_to_a_colleague_who_may_answer(desk: Desk) -> None:
    femi, ngozi, auditor, customer = desk.seat("support"), desk.seat("pharmacist"), desk.seat("auditor"), a_talk()
    press(femi, customer, "take")
    offered = re.findall(r'<option value="(\d+)">', femi.get(at(customer)).text)

    refused = press(femi, customer, "pass-on", {"to": str(auditor.staff.id)})
    press(femi, customer, "pass-on", {"to": str(ngozi.staff.id)})

    assert str(ngozi.staff.id) in offered
    assert not {str(femi.staff.id), str(auditor.staff.id)} & set(offered)
    assert refused.status_code == 422
    assert holder(customer) == ngozi.staff.id


def test_giving_back_lets_the_bot_speak_and_returns_to_the_inbox(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()
    reply(seat, customer)

    answer = press(seat, customer, "give-back", {"rating": "1"})

    assert answer.headers["HX-Redirect"] == "/console/conversations"
    assert threads.thread(customer, now=ago(0)).open is False
    assert reply(seat, customer, key="later-key").status_code == 409


def test_a_note_is_for_colleagues_and_never_sent_whoever_has_the_conversation(desk: Desk) -> None:
    femi, ngozi, customer = desk.seat("support"), desk.seat("pharmacist"), a_talk()
    threads.take(ngozi.staff, customer, ago(0))

    answer = press(femi, customer, "note", {"note": "She is deaf: write, do not call"})

    assert answer.headers["HX-Trigger"] == '{"said": "note"}'
    assert any("She is deaf" in text for by, text in bubbles(ngozi.get(at(customer)).text) if by == "note")
    assert sent(customer) == []


def test_outside_the_24_hours_the_page_says_so_and_the_answer_waits_behind_a_template(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk(minutes=60 * 26)
    page = seat.get(at(customer)).text

    plain = reply(seat, customer, "Good morning", key="key-plain")
    kept = reply(seat, customer, "Good morning", key="key-later", later="1", hx=True)

    assert "WhatsApp takes only a template" in words(page)
    assert 'name="later" value="1"' in page
    assert ">Ask to write</button>" in page
    assert plain.status_code == 409
    assert sent(customer) == [("held", "text", "Good morning")]
    assert any("waits until the customer writes" in text for by, text in bubbles(kept.text) if by == "staff")
    event = connection().execute(
        """SELECT payload->>'name' FROM inbox WHERE "customerId" = %s AND channel = 'house'""", (customer,)
    )
    assert event.fetchall() == [("answer_waits",)]


def test_a_window_that_opens_again_takes_the_words_at_once(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk(minutes=60 * 26)
    says(customer, "I am here")

    fresh = seat.get(at(customer, "/new?v=0"), HX_Request="true").text

    assert '<span id="later-field" hx-swap-oob="true"></span>' in fresh
    assert ">Send</button>" in fresh


def test_a_picture_goes_with_its_words_once(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()

    for _ in range(2):
        file = (io.BytesIO(JPEG), "our gate.jpg")
        answer = reply(seat, customer, "This is our gate", key="key-file", file=file)

    assert answer.status_code == 303
    assert [each[1:] for each in sent(customer)] == [("image", "This is our gate")]
    page = seat.get(at(customer)).text
    assert seat.get(re.search(r'class="picture" href="([^"]+)"', page)[1]).data == JPEG


@pytest.mark.parametrize(
    ("content", "name", "sentence"), [(b"MZ\x90", "a.jpg", "Only JPEG and PNG"), (b"", "a.pdf", "The file is empty")]
)
def test_a_file_that_cannot_go_is_told(desk: Desk, content: bytes, name: str, sentence: str) -> None:
    seat, customer = desk.seat("support"), a_talk()

    answer = reply(seat, customer, "See this", file=(io.BytesIO(content), name), hx=True)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert sent(customer) == []


@pytest.mark.parametrize("hx", [True, False])
def test_a_file_that_cannot_be_put_away_now_is_told_and_its_words_stay(desk: Desk, tmp_path: Path, hx: bool) -> None:
    seat, customer = desk.seat("support"), a_talk()
    (tmp_path / "threads").write_text("a file stands in its place")
    vault.bind(str(tmp_path), desk.settings.media_keys)

    answer = reply(seat, customer, "See this", file=(io.BytesIO(JPEG), "a.jpg"), hx=hx)

    assert answer.status_code == 503
    assert "could not be put away" in words(answer.text)
    assert sent(customer) == []
    assert hx or "See this</textarea>" in answer.text


def test_a_form_without_its_token_says_nothing(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()

    answer = seat.client.post(at(customer, "/reply"), data={"text": "Hello", "key": "key-12345"})

    assert (answer.status_code, sent(customer)) == (400, [])
