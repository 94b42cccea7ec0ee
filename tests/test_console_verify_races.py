"""Two windows, two people, a customer who writes meanwhile: each is told plainly, and nothing that was typed is lost."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

from models import base, prescriptions
from models.base import connection
from models.prescriptions import queue
from tests.console import Desk, Seat, a_colleague
from tests.console_sheet import (
    JSON,
    a_paper,
    act,
    amlodipine,
    desk,
    fields,
    opened,
    own_connection,
    state,
    told_customer,
    two_lines,
    words,
)
from tests.factories import a_customer

__all__ = ["amlodipine", "desk", "own_connection"]  # fixtures


def test_what_is_typed_is_kept_and_there_after_a_reload(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    sent = opened(ngozi, number) | {"row-0-directions": "at night", "row-2-line": "-1", "row-2-directions": "added"}

    kept = act(ngozi, number, "draft", sent, **JSON)

    again = fields(ngozi.get(f"/console/prescriptions/{number}").text)
    assert kept.json == {"version": 1}
    assert (again["version"], again["row-0-directions"], again["row-2-directions"]) == ("1", "at night", "added")
    assert again["row-1-outcome"] == "not_dispensed"


def test_a_second_window_is_told_and_loses_nothing(desk: Desk, amlodipine: str) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi = desk.seat()
    one, other = opened(ngozi, number), opened(ngozi, number) | {"row-0-directions": "typed in the second window"}
    act(ngozi, number, "draft", one, **JSON)

    kept, decided = act(ngozi, number, "draft", other, **JSON), act(ngozi, number, "approve", other)

    assert (kept.status_code, kept.json["code"], kept.json["stale"]) == (409, "changed_meanwhile", True)
    assert "changed in another window or by a colleague" in words(decided.text)
    again = fields(decided.text)
    assert (again["row-0-directions"], again["version"], state(number)) == ("typed in the second window", "1", "waiting")
    assert act(ngozi, number, "approve", again).status_code == 303


def test_an_answer_that_comes_while_deciding_is_shown_first(desk: Desk, amlodipine: str) -> None:
    customer = a_customer()
    number = a_paper(*two_lines(amlodipine), customer=customer)
    ngozi = desk.seat()
    sent = opened(ngozi, number)
    prescriptions.answer(customer, number, "I am pregnant", datetime.now(UTC))

    told, page = act(ngozi, number, "approve", sent, **JSON), act(ngozi, number, "approve", sent)

    assert "The customer has written meanwhile" in told.json["wrong"]
    assert "The customer has written meanwhile" in words(page.text)
    assert re.search(r'<li class="new">.*?I am pregnant', page.text, re.DOTALL)
    assert state(number) == "waiting"
    assert act(ngozi, number, "approve", fields(page.text)).status_code == 303


def test_a_claim_that_ran_out_is_taken_up_again_without_deciding(desk: Desk, amlodipine: str) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi = desk.seat()
    sent = opened(ngozi, number) | {"row-0-directions": "typed long ago"}
    ran_out(number)

    page = act(ngozi, number, "approve", sent)

    assert (page.status_code, state(number)) == (409, "waiting")
    assert "now you have again" in words(page.text)
    assert fields(page.text)["row-0-directions"] == "typed long ago"
    assert act(ngozi, number, "approve", fields(page.text)).status_code == 303


def ran_out(number: int) -> None:
    connection().execute("""UPDATE prescriptions SET "claimedUntil" = now() - interval '1 second' WHERE id = %s""", (number,))


def test_what_a_colleague_took_over_is_theirs_and_what_was_typed_goes_along(desk: Desk, amlodipine: str) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi, musa = desk.seat(), desk.seat(a_colleague("pharmacist", name="Musa Bello"))
    sent = opened(ngozi, number) | {"row-0-directions": "typed by Ngozi"}
    ran_out(number)
    musa.get(f"/console/prescriptions/{number}")

    kept, page = act(ngozi, number, "draft", sent, **JSON), act(ngozi, number, "approve", sent)

    assert kept.json["code"] == "not_claimed"
    assert "Musa Bello has it in hand until" in words(page.text)
    assert 'id="approve"' not in page.text
    assert 'type="hidden" name="row-0-directions" value="typed by Ngozi"' in page.text
    act(musa, number, "release", {"version": "0"})
    back = act(ngozi, number, "again", sent)
    assert fields(back.text)["row-0-directions"] == "typed by Ngozi"
    assert 'id="approve"' in back.text


def test_keeping_it_in_hand_says_until_when_or_who_has_it(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi, musa = desk.seat(), desk.seat()
    ngozi.get(f"/console/prescriptions/{number}")

    mine, theirs = (act(seat, number, "claim", {}, **JSON) for seat in (ngozi, musa))

    assert (mine.status_code, mine.json["version"]) == (200, 0)
    assert datetime.fromisoformat(mine.json["until"]) > datetime.now(UTC) + timedelta(minutes=9)
    assert (theirs.status_code, theirs.json["code"]) == (409, "taken")


def test_of_two_decisions_at_the_same_moment_one_counts_and_the_other_is_told(desk: Desk, amlodipine: str) -> None:
    number = a_paper(*two_lines(amlodipine))
    ngozi = a_colleague("pharmacist", name="Ngozi Eze", licence="PCN/1")
    seats = [desk.seat(ngozi), desk.seat(ngozi)]
    sent = opened(seats[0], number)
    barrier, answers = threading.Barrier(2), []

    def press(seat: Seat, verb: str, more: dict[str, str]) -> None:
        data = {"csrf_token": seat.csrf(), **sent, **more}
        barrier.wait(5)
        answers.append(seat.client.post(f"/console/prescriptions/{number}/{verb}", data=data, headers=JSON))
        base.drop_connection()

    run = [
        threading.Thread(target=press, args=(seats[0], "approve", {})),
        threading.Thread(target=press, args=(seats[1], "reject", {"reject-reason": "too_old"})),
    ]
    together(run)

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(told_customer(number)) == 1
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert f"It is decided already: {state(number)} by Ngozi Eze (PCN/1)." in lost.json["wrong"]


def test_of_two_who_take_the_next_each_gets_another_one(desk: Desk) -> None:
    connection().execute("UPDATE prescriptions SET state = 'withdrawn' WHERE state = 'waiting'")
    ids = [a_paper(*two_lines()) for _ in range(2)]
    places: list[str] = []

    def take(seat: Seat) -> None:
        places.append(seat.post("/console/prescriptions/next").headers["Location"])
        base.drop_connection()

    together([threading.Thread(target=take, args=(desk.seat(),)) for _ in range(2)])

    assert sorted(places) == sorted(f"/console/prescriptions/{number}" for number in ids)
    assert len({queue.one(connection(), number).claimed_by for number in ids} - {None}) == 2


def together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
