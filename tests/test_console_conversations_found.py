"""Conversations found by name or number, what stands beside them, what the list says of them, and an answer that goes once more."""

from __future__ import annotations

import re

import pytest

from models import support, thread_search, threads
from models.base import connection
from tests.console import Desk, Seat, audited
from tests.console_sheet import desk, words
from tests.console_sheet import own_connection as connected
from tests.talking import a_talk, ago, bot_says, bubbles, says
from tests.test_console_conversations import at, nobody_waits, reply, rows
from tests.test_console_talking import sent
from tests.visits_made import a_booking, a_doctor, a_test, a_visit

__all__ = ["connected", "desk", "nobody_waits"]  # fixtures


def numbered(customer: int, number: str) -> int:
    connection().execute("DELETE FROM customer_identities WHERE value = %s", (number,))
    connection().execute(
        """UPDATE customer_identities SET value = %s WHERE "customerId" = %s AND kind = 'number'""", (number, customer)
    )
    return customer


def found(seat: Seat, text: str) -> list[str]:
    return re.findall(r'class="over" href="/console/conversations/(\d+)"', seat.get(f"/console/conversations?q={text}").text)


@pytest.mark.parametrize("typed", ["Oluwaseyi", "adeb oluw", "7781", "08091237781", "%2B234%20809%20123%207781"])
def test_a_customer_is_found_by_beginnings_of_the_name_and_by_the_end_of_the_number(desk: Desk, typed: str) -> None:
    connection().execute("DELETE FROM handovers")  # of the tests before
    customer = numbered(a_talk(name="Oluwaseyi Adebayo"), "2348091237781")
    a_talk(name="Musa Bello")

    assert found(desk.seat("support"), typed) == [str(customer)]


def test_those_with_a_person_come_before_those_the_bot_has_again(desk: Desk) -> None:
    over, waits = a_talk(name="Zainab Musa", minutes=3), a_talk(name="Zainab Bello", minutes=9)
    support.leave(over, ago(0), "staff")
    seat = desk.seat("support")

    page = seat.get("/console/conversations?q=zainab").text

    assert found(seat, "zainab") == [str(waits), str(over)]
    assert "2 found" in words(page)
    assert "with the bot" in words(page)
    assert audited("threads_searched")[-1] == (seat.staff.id, "", None, {"found": 2})


@pytest.mark.parametrize(
    ("typed", "sentence"), [("a", "Write a little more"), ("12", "Write a little more"), ("nobody-there", "Nobody found")]
)
def test_what_finds_nobody_says_what_would(desk: Desk, typed: str, sentence: str) -> None:
    assert sentence in words(desk.seat("support").get(f"/console/conversations?q={typed}").text)


def test_who_sees_numbers_masked_finds_nobody_by_more_of_them_than_they_see(desk: Desk) -> None:
    customer = numbered(a_talk(), "2348091237782")

    assert [found(desk.seat("auditor"), typed) for typed in ("7782", "37782")] == [[str(customer)], []]


def test_a_search_that_takes_too_long_is_ended_with_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_search, "WITHIN_MS", 20)
    monkeypatch.setattr(
        thread_search, "SEARCH", "SELECT pg_sleep(1), %(words)s, %(digits)s, %(most)s, %(talks)s"
    )  # as millions would

    assert "takes too long" in words(desk.seat("support").get("/console/conversations?q=ada").text)


def test_beside_it_stand_the_customers_appointments_the_next_one_first(desk: Desk) -> None:
    customer = a_talk()
    past = a_visit(a_doctor("Dr Ngozi Past"), ago(3000), customer=customer, state="done")
    coming = a_visit(a_doctor("Dr Amaka Next"), ago(-3000), customer=customer)
    lab = a_booking(a_test("Full blood count"), ago(-6000), customer=customer)

    beside = desk.seat("support").get(at(customer)).text.partition('class="beside-talk"')[2]

    places = [
        beside.index(f"/console/visits/{coming}"),
        beside.index(f"/console/labs/{lab}"),
        beside.index(f"/console/visits/{past}"),
    ]
    assert places == sorted(places)
    assert "Dr Amaka Next Booked" in words(beside)
    assert "Dr Ngozi Past Done" in words(beside)


def test_the_list_shows_what_the_customer_said_and_not_the_bot_that_called_for_a_person(desk: Desk) -> None:
    customer = a_talk("The rider took my change", minutes=3)
    bot_says(customer, "I have told our team.", minutes=2)

    for role in ("support", "pharmacist"):
        (row,) = rows(desk.seat(role), "?tab=all")

        assert "The rider took my change" in row
        assert "told our team" not in row


def test_an_answer_that_failed_goes_once_more_however_often_it_is_pressed(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk(minutes=5)
    threads.take(seat.staff, customer, ago(4))
    row = bot_says(customer, "It comes at four", status="failed", minutes=1, staffId=seat.staff.id, errorCode=131026)
    form = re.search(r'<form class="again".*?</form>', seat.get(at(customer)).text)[0]
    given = dict(re.findall(r'name="(again|key|text)" value="([^"]*)"', form))

    answers = [reply(seat, customer, **given, hx=hx) for hx in (True, False)]

    assert given == {"again": "1", "key": f"again-out{row}", "text": "It comes at four"}
    assert [answer.status_code for answer in answers] == [200, 303]
    assert "HX-Trigger" not in answers[0].headers  # the field is not emptied
    assert [each[0] for each in sent(customer)] == ["failed", "queued"]


def test_what_one_colleague_has_sent_once_more_the_next_one_does_not_send_again(desk: Desk) -> None:
    seats, customer = (desk.seat("support"), desk.seat("pharmacist")), a_talk(minutes=5)
    row = bot_says(customer, "It comes at four", status="failed", minutes=2, staffId=seats[0].staff.id, errorCode=131026)

    for seat, before in zip(seats, (None, seats[0].staff.id), strict=True):
        threads.take(seat.staff, customer, ago(1), over=before)
        answer = reply(seat, customer, "It comes at four", key=f"again-out{row}", again="1", hx=True)

    assert answer.status_code == 200
    assert [each[0] for each in sent(customer)] == ["failed", "queued"]


def test_nobody_sends_once_more_what_is_another_colleagues_to_answer(desk: Desk) -> None:
    femi, ngozi, customer = desk.seat("support"), desk.seat("pharmacist"), a_talk(minutes=5)
    bot_says(customer, "It comes at four", status="failed", minutes=1, staffId=femi.staff.id, errorCode=131026)
    threads.take(ngozi.staff, customer, ago(0))

    assert 'class="again"' not in femi.get(at(customer)).text


def test_older_messages_are_a_page_of_their_own_where_nothing_can_put_them_above(desk: Desk) -> None:
    seat, customer = desk.seat("support"), a_talk("the first of all", minutes=90)
    for number in range(60):
        says(customer, f"word {number}", minutes=80 - number)
    where = re.search(r'id="older" href="([^"]+)"', seat.get(at(customer)).text)[1]

    page = seat.get(where).text

    assert bubbles(page)[0][1].startswith("Customer: the first of all")
    assert 'data-poll="0"' in page
    assert "To the latest messages" in page
