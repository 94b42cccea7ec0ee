"""Conversations in the console, through the real application: the inbox, one conversation, what is new, its files, ready answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from models import threads
from models.base import connection
from tests.console import Desk, Seat, audited
from tests.console_sheet import JPEG, desk, words
from tests.console_sheet import own_connection as connected
from tests.factories import a_prescription as a_paper
from tests.factories import a_reading, an_item, an_order
from tests.talking import OGG, a_png, a_talk, ago, bot_says, bubbles, says, sends

__all__ = ["connected", "desk"]  # fixtures


@pytest.fixture(autouse=True)
def nobody_waits(desk: Desk, connected: None) -> None:
    connection().execute("""UPDATE handovers SET "closedAt" = now() WHERE "closedAt" IS NULL""")


def at(customer: int, path: str = "") -> str:
    return f"/console/conversations/{customer}{path}"


def rows(seat: Seat, query: str = "") -> list[str]:
    page = seat.get(f"/console/conversations{query}").text
    return [words(row) for row in re.findall(r"<li class=.*?</li>", page, re.DOTALL)]


def version(page: str) -> str:
    return re.search(r'data-version="([^"]*)"', page)[1]


def reply(seat: Seat, customer: int, text: str = "Good day", key: str = "key-1234", **more: Any) -> Any:
    headers = {"HX_Request": "true"} if more.pop("hx", False) else {}
    return seat.post(at(customer, "/reply"), {"text": text, "key": key, **more}, **headers)


# --------------------------------------------------------------------------------------------------------------- inbox


def test_each_tab_shows_its_conversations_the_longest_wait_first(desk: Desk) -> None:
    seat = desk.seat("support")
    mine = a_talk("Where is it", name="Ada Obi", minutes=3)
    a_talk("Is anybody there", name="Musa Bello", minutes=20)
    threads.take(seat.staff, mine, ago(1))

    found = {tab: rows(seat, f"?tab={tab}") for tab in ("mine", "unassigned", "all")}

    assert [len(each) for each in found.values()] == [1, 1, 2]
    assert found["all"] == found["unassigned"] + found["mine"]
    assert re.match(
        r"Musa Bello •••\d{4} asked for a person new messages: 1 Is anybody there waits 20 min 23 h 3\d left nobody",
        found["all"][0],
    )
    assert found["mine"][0].endswith(seat.staff.name)
    page = words(seat.get("/console/conversations").text)
    assert "Mine 1 Unassigned 1 All 2 2 wait for an answer, the longest for 20 min" in page


@pytest.mark.parametrize(("minutes", "tone"), [(4, ""), (6, "warn"), (16, "bad")])
def test_a_wait_becomes_amber_after_five_minutes_and_red_after_fifteen(desk: Desk, minutes: float, tone: str) -> None:
    a_talk(minutes=minutes)

    page = desk.seat("support").get("/console/conversations?tab=all").text

    assert f'<span class="wait {tone}"' in page


def test_the_list_asks_again_and_hears_nothing_while_nothing_changed(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()
    page = seat.get("/console/conversations?tab=all").text
    again = f"/console/conversations?tab=all&v={version(page)}"
    silent = seat.get(again, HX_Request="true")
    says(customer, "Hello?")

    fresh = seat.get(again, HX_Request="true")

    assert (silent.status_code, silent.text) == (204, "")
    assert "Hello?" in fresh.text
    assert "<title>(1) Conversations" in fresh.text
    assert "<html" not in fresh.text


def test_today_tells_who_waits_and_since_when(desk: Desk) -> None:
    a_talk(minutes=20)

    page = desk.seat("pharmacist").get("/console/figures").text

    assert "Wait for an answer 1 the longest for 20 min" in words(page)
    assert re.search(r'class="figure bad" href="/console/conversations\?tab=all"', page)


# ------------------------------------------------------------------------------------------------------ one conversation


def test_customer_bot_staff_and_notes_are_told_apart_with_times_and_ticks(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk("My order <b>did not</b> come", minutes=9)
    bot_says(customer, "I have called a person.", status="read", minutes=8)
    threads.reply(seat.staff, customer, "I look where it is", "key-1", ago(7))
    threads.note(seat.staff, customer, "Rider is late", ago(6))
    bot_says(customer, "It comes at four", status="failed", minutes=1, staffId=seat.staff.id, errorCode=131026)

    page = seat.get(at(customer)).text

    shown = bubbles(page)
    assert sorted(by for by, _ in shown) == ["bot", "customer", "note", "staff", "staff"]
    assert any("My order &lt;b&gt;did not&lt;/b&gt; come" in text for _, text in shown)
    assert any(re.search(r"Bot I have called a person\. \d\d:\d\d ✓✓ read", text) for _, text in shown)
    assert any("Femi Ojo I look where it is" in text and "waits to be sent" in text for _, text in shown)
    assert any("Rider is late" in text and "for colleagues only" in text for by, text in shown if by == "note")
    assert any("the number has no WhatsApp" in text for _, text in shown)


def test_beside_it_stand_the_customers_orders_and_prescriptions(desk: Desk) -> None:
    customer = a_talk()
    number, paper = an_order(customer), a_paper(customer, a_reading(an_item()))

    pages = {role: desk.seat(role).get(at(customer)).text for role in ("support", "pharmacist")}

    assert all(f"/console/orders/{number}" in page and f"Rx {paper}" in page for page in pages.values())
    assert [f'href="/console/prescriptions/{paper}"' in page for page in pages.values()] == [False, True]


def test_what_is_said_about_prescriptions_is_for_those_who_may_read_them(desk: Desk) -> None:
    customer = a_talk()
    ref = sends(customer, "image", JPEG, "image/jpeg", caption="my paper for diabetes", purpose="prescription")

    pages = {role: desk.seat(role).get(at(customer)).text for role in ("support", "pharmacist")}
    files = {role: desk.seat(role).get(at(customer, f"/files/{ref}")).status_code for role in pages}

    assert ["diabetes" in page for page in pages.values()] == [False, True]
    assert "Something about health: pharmacists see it." in pages["support"]
    assert files == {"support": 403, "pharmacist": 200}


def test_older_messages_come_when_they_are_asked_for(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk("the first of all", minutes=90)
    for number in range(60):
        says(customer, f"word {number}", minutes=80 - number)
    page = seat.get(at(customer)).text
    where = re.search(r'id="older"[^>]*hx-get="([^"]+)"', page)[1].replace("&amp;", "&")

    more = seat.get(where, HX_Request="true").text

    assert len(bubbles(page)) == 50
    assert bubbles(more)[0][1].startswith("Customer: the first of all")
    assert len(bubbles(more)) == 11
    assert 'id="older"' not in more


@pytest.mark.parametrize(
    "path", ["/999999999", "/0", "/99999999999999999999", "/999999999/new", "/99999999999999999999/files/m1", "?tab=x"]
)
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.seat("support").get(f"/console/conversations{path}").status_code == 404


def test_who_may_not_answer_sees_no_way_to_and_no_whole_number(desk: Desk) -> None:
    customer, auditor = a_talk(), desk.seat("auditor")
    number = connection().execute("""SELECT value FROM customer_identities WHERE "customerId" = %s""", (customer,)).fetchone()[0]

    page = auditor.get(at(customer)).text
    acts = [auditor.post(at(customer, f"/{act}")).status_code for act in ("take", "reply", "note", "pass-on", "give-back")]

    assert number not in page
    assert "<textarea" not in page
    assert [*acts, auditor.get("/console/conversations/ready").status_code] == [403] * 6


# ------------------------------------------------------------------------------------------------------------ what is new


def test_nothing_new_costs_an_empty_answer_and_something_new_is_that_alone(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk("first words", minutes=5)
    page = seat.get(at(customer)).text
    has = ",".join(re.findall(r'data-key="([^"]+)"', page))
    ask = at(customer, f"/new?v={version(page)}&has={has}")
    silent = seat.get(ask, HX_Request="true")
    says(customer, "second words")

    fresh = seat.get(ask, HX_Request="true").text

    assert (silent.status_code, silent.text) == (204, "")
    assert [text.split(" ", 1)[1].rsplit(" ", 1)[0] for _, text in bubbles(fresh)] == ["second words"]
    assert f'hx-swap-oob="afterend:#line-{has.split(",")[-1]}"' in fresh
    assert "first words" not in fresh
    assert "<textarea" not in fresh


def test_a_tick_that_moved_is_brought_without_its_line(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk(minutes=5)
    row = bot_says(customer, "It is on its way", status="sent", minutes=1)
    page = seat.get(at(customer)).text
    has = ",".join(re.findall(r'data-key="([^"]+)"', page))
    connection().execute("UPDATE outbox SET status = 'delivered' WHERE id = %s", (row,))

    fresh = seat.get(at(customer, f"/new?v={version(page)}&has={has}"), HX_Request="true").text

    assert re.search(rf'id="tick-out{row}" data-tick="delivered"[^>]*hx-swap-oob="true"', fresh)
    assert bubbles(fresh) == []


def test_another_customer_who_begins_to_wait_shows_in_the_title(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk(name="Ada Obi")
    page = seat.get(at(customer)).text
    a_talk(name="Musa Bello")

    fresh = seat.get(at(customer, f"/new?v={version(page)}"), HX_Request="true").text

    assert "<title>(1) Ada Obi" in fresh
    assert "1 more waits" in words(fresh)


def test_a_page_out_of_sight_marks_nothing_as_seen(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk()
    seat.get(at(customer))
    says(customer, "Still there?")

    seat.get(at(customer, "/new?v=0&hidden=1"), HX_Request="true")
    unseen = threads.inbox("all", staff_id=seat.staff.id, now=datetime.now(UTC)).rows[0].unread
    seat.get(at(customer, "/new?v=0"), HX_Request="true")

    assert (unseen, threads.inbox("all", staff_id=seat.staff.id, now=datetime.now(UTC)).rows[0].unread) == (1, 0)


def test_asking_what_is_new_is_two_small_questions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seat, customer = desk.seat("support"), a_talk()
    known = version(seat.get(at(customer)).text)
    asked: list[str] = []
    real = psycopg.Cursor.execute
    # Counting needs to stand where all statements pass.
    monkeypatch.setattr(psycopg.Cursor, "execute", lambda self, query, *a, **k: asked.append(query) or real(self, query, *a, **k))

    answer = seat.get(at(customer, f"/new?v={known}"), HX_Request="true", Console_Background="1")

    assert (answer.status_code, len(asked)) == (204, 3)  # who asks, the version, who else waits


# ------------------------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("content", "mime", "kind"),
    [
        (a_png(), "image/png", "image/png"),
        (JPEG, "image/jpeg", "image/jpeg"),
        (OGG, "audio/ogg; codecs=opus", "audio/ogg"),
        (OGG, "audio/ogg", "audio/ogg"),
    ],
)
def test_pictures_and_voice_notes_are_shown_as_what_they_are(desk: Desk, content: bytes, mime: str, kind: str) -> None:
    customer = a_talk()
    ref = sends(customer, mime.partition("/")[0], content, mime.partition(";")[0])

    answer = desk.seat("support").get(at(customer, f"/files/{ref}"))

    assert (answer.status_code, answer.data, answer.content_type) == (200, content, kind)
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert answer.headers["Content-Disposition"] == "inline"


HTML, SVG = b"<html><script>alert(1)</script>", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (HTML, "image/png"),
        (SVG, "image/svg+xml"),
        (HTML, "text/html"),
        (HTML, "audio/ogg"),
        (b"%PDF-1.7 x", "application/pdf"),
        (OGG, "text/html"),
    ],
)
def test_anything_else_is_only_to_be_saved(desk: Desk, content: bytes, mime: str) -> None:
    customer = a_talk()
    ref = sends(customer, "document", content, mime)

    answer = desk.seat("support").get(at(customer, f"/files/{ref}"))

    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_part_of_a_voice_note_can_be_asked_for(desk: Desk) -> None:
    customer = a_talk()
    ref = sends(customer, "audio", OGG, "audio/ogg")

    answer = desk.seat("support").get(at(customer, f"/files/{ref}"), Range="bytes=0-3")

    assert (answer.status_code, answer.data) == (206, b"OggS")


def test_a_file_of_another_customer_or_of_nobody_is_not_found(desk: Desk) -> None:
    ada, musa = a_talk(), a_talk()
    ref = sends(ada, "image", JPEG, "image/jpeg")

    seat = desk.seat("support")

    assert [seat.get(at(musa, f"/files/{each}")).status_code for each in (ref, "m0", "x", "m²")] == [404] * 4


# ---------------------------------------------------------------------------------------------------------- ready answers


def test_ready_answers_are_added_changed_and_removed(desk: Desk) -> None:
    seat, where = desk.seat("support"), "/console/conversations/ready"
    seat.post(where, {"shortcut": "/hours", "text": "We are open\r\nfrom 8 to 8"})
    seat.post(where, {"shortcut": "hours", "text": "From 8 to 9"})
    kept = {each.shortcut: each for each in threads.canned()}
    offered = 'data-shortcut="/hours" data-text="From 8 to 9"' in seat.get(at(a_talk())).text

    seat.post(f"{where}/{kept['/hours'].id}/remove")

    assert kept["/hours"].text == "From 8 to 9"
    assert offered
    assert "/hours" not in {each.shortcut for each in threads.canned()}


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"shortcut": "/two words", "text": "Hello"}, "A shortcut is a slash and letters"),
        ({"shortcut": "/empty", "text": "  "}, "Write something first"),
        ({"shortcut": "/long", "text": "x" * 5000}, "longer than WhatsApp takes"),
    ],
)
def test_a_ready_answer_with_a_mistake_is_told_and_what_was_typed_stays(desk: Desk, sent: dict[str, str], sentence: str) -> None:
    seat = desk.seat("support")

    answer = seat.post("/console/conversations/ready", sent)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert f'value="{sent["shortcut"]}"' in answer.text
    assert audited("canned_answer_refused")[-1][0] == seat.staff.id


def test_a_window_that_ends_in_a_minute_says_how_long_it_still_is(desk: Desk) -> None:
    a_talk(minutes=60 * 23)

    page = desk.seat("support").get("/console/conversations?tab=all").text

    assert re.search(r'class="clock warn"[^>]*>5\d min left', page)
