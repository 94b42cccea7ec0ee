"""More of an answer, and news in the middle of something: words and buttons go to what they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from local.rehearsal import Play
from local.rehearsal.prescriptions import Paper
from models.prescriptions import MORE_OF_ANSWER, Shown, ShownLine
from tests.test_flows import PICTURE, body, ids, say, tap
from tests.test_flows import a_customer as a_play
from tests.test_flows_prescription import direct
from tests.test_flows_states import STATES, at
from worker.flows import again, aside
from worker.flows.step import Happened


def an_answer() -> Play:
    """Somebody who just answered the pharmacist."""
    play = a_play()
    play.send(PICTURE)
    direct(play, "prescription read: Amoxil 500 mg", "pharmacist Bola Ade asks: age")
    say(play, "34")
    return play


@pytest.mark.parametrize(
    "more",
    [
        "it is 150 mg, doctor told me",
        "the doctor said 150",
        "i saw the doctor at LUTH on monday",
        "my lab test says 7.2",
        "12/11/2026",
        "150",
        "150 mg",
        "08031234567",
        "penicillin",
        "she is pregnant and takes folic acid",
        "i paid the hospital already",
        "i need the 150 one",
        "he takes 2 panadol every day",
        "send to 12 Allen Avenue",
        "good morning, he weighs 34 kg",
        "change it to 150 mg please",
    ],
)
def test_words_after_an_answer_are_more_of_it(more: str) -> None:
    play = an_answer()

    told = body(say(play, more))

    assert play.shop.papers[0].said == ["34", more]
    assert "added it to your answer" in told


@pytest.mark.parametrize(
    "typed",
    [
        "menu",
        "help",
        "cart",
        "show me my cart please",
        "checkout",
        "find paracetamol 500mg tablets please",
        "find something nobody sells",
        "how much is panadol",
        "price of coartem",
        "do you have panadol",
        "i need panadol",
        "add 2 panadol",
        "track 480213",
        "my orders",
        "where is my prescription",
        "find a doctor",
        "book an appointment",
        "what time do you open",
        "can i take it with food?",
        "7",
        "thanks",
        "yes",
        "hello",
        "...",
    ],
)
def test_a_clear_command_after_an_answer_is_none_of_it(typed: str) -> None:
    play = an_answer()

    assert say(play, typed).replies

    assert play.shop.papers[0].said == ["34"]


def test_more_of_an_answer_may_come_for_some_minutes_after_the_last_of_it() -> None:
    play = an_answer()

    for words in ("he is small", "and thin"):
        play.shop.now += MORE_OF_ANSWER
        say(play, words)
    play.shop.now += MORE_OF_ANSWER + timedelta(seconds=1)
    say(play, "and tall")

    assert play.shop.papers[0].said == ["34", "he is small", "and thin"]


def test_a_row_of_the_list_on_the_screen_is_chosen_after_an_answer() -> None:
    play = an_answer()

    say(play, "find panadol", "panadol extra")

    assert play.place.flow == "product"
    assert play.shop.papers[0].said == ["34"]


def test_more_that_comes_when_another_question_is_open_answers_that_one() -> None:
    play = an_answer()
    direct(play, "pharmacist Bola Ade asks: weight")
    say(play, "cart")

    told = body(say(play, "xqzt jkwpf"))

    assert "How many kg" in told
    assert play.shop.papers[0].said == ["34"]


def test_an_address_that_is_waited_for_is_no_answer() -> None:
    play = an_answer()
    say(play, "add coartem", "checkout", "deliver", "12 Allen Avenue, Ikeja, Lagos")

    assert play.place.state == "choosing_payment"
    assert play.shop.papers[0].said == ["34"]


# ---------------------------------------------------------------------------------------------------------------- buttons


ASKING = [(flow, state) for flow, state in STATES if (flow, state) in again.ANSWERS]


@pytest.mark.parametrize(("flow", "state"), ASKING)
def test_news_in_the_middle_has_the_buttons_of_what_is_asked(flow: str, state: str) -> None:
    play = at(flow, state)
    shown = [button.id for button in again.offered(play.place)]
    play.shop.papers.append(Paper(Shown(77, "waiting", play.shop.now, failure="broken", complaint="broken")))

    turned = play.send(Happened("prescription_read", {"prescription_id": 77}))

    assert aside.asked_again(play.place) in body(turned)
    assert ids(turned) == ["rxno:77", *shown[:2]]


@pytest.mark.parametrize("news", ["prescription read: Amoxil 500 mg", "pharmacist Bola Ade approves: 1 × Amoxil"])
def test_the_last_look_is_asked_again_with_place_order_and_no_way_to_agree_to_something_else(news: str) -> None:
    play = a_play()
    play.send(PICTURE)
    if "approves" in news:
        direct(play, "prescription read: Amoxil 500 mg")
    say(play, "add coartem", "checkout pickup cash")

    told = direct(play, news)

    last = told.rsplit("\n< ", 1)[-1]
    assert "Place order" in last
    assert "[rxok" not in told
    assert "[checkout]" not in told


def test_an_approval_at_the_last_look_is_in_the_order_that_is_placed_with_one_tap() -> None:
    play = a_play()
    play.send(PICTURE)
    direct(play, "prescription read: Amoxil 500 mg")
    say(play, "add coartem", "checkout pickup cash")
    direct(play, "pharmacist Bola Ade approves: 1 × Amoxil")

    tap(play, f"co:yes:{play.place.memory['key']}")

    assert [line.name for line in play.shop.placed[0].lines] == ["Coartem", "Amoxil"]


# ------------------------------------------------------------------------------------------------------------------ which


def test_the_only_prescription_is_not_named_by_its_time() -> None:
    play = an_answer()

    assert "picture of" not in direct(play, "pharmacist Bola Ade rejects: too_old")


def test_one_of_several_is_named_with_its_day_when_it_came_before_today() -> None:
    play = a_play()
    for days in (0, 2):
        play.shop.now += timedelta(days=days)
        play.send(replace(PICTURE, media_id=f"of day {days}"))

    told = direct(play, "prescription read: Amoxil 500 mg")

    assert "About your picture of 23 Nov, 10:30 AM:" in told


@pytest.mark.parametrize(("certain", "expected"), [(True, "Our pharmacist will find it"), (False, "*please check*")])
def test_a_line_in_doubt_only_about_the_shop_is_plainly_said(certain: bool, expected: str) -> None:
    play = a_play()
    near = play.shop.goods["m10"][0]
    line = ShownLine("Amoxil 5O0", "Amoxil", "500 mg", "", "1 capsule twice a day", None, False, near, certain)
    play.shop.papers.append(Paper(Shown(1, "waiting", play.shop.now, lines=(line,))))

    told = body(play.send(Happened("prescription_read", {"prescription_id": 1})))

    assert expected in told
    assert ("please check" in told) is not certain
    assert "₦" not in told


def test_directions_that_were_half_understood_are_shown_as_they_stand() -> None:
    play = a_play()
    line = ShownLine("Tab Zinnat 250mg 1 bd pc, then prn", "Zinnat", "250mg", "tablet", "", None, True, None, True)
    play.shop.papers.append(Paper(Shown(1, "waiting", play.shop.now, lines=(line,))))

    told = body(play.send(Happened("prescription_read", {"prescription_id": 1})))

    assert "It says: Tab Zinnat 250mg 1 bd pc, then prn" in told
    assert "On the paper" not in told
