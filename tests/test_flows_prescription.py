"""What the conversation promises about prescriptions, one promise a test. How it reads is in the transcripts."""

from __future__ import annotations

from dataclasses import replace

import pytest

import settings
from local.rehearsal import Play, transcript
from local.rehearsal.prescriptions import Paper
from models.prescriptions import Decided, DecidedLine, Shown, ShownLine
from models.prescriptions.record import QUESTIONS, REASONS_OF, REJECTIONS
from tests.test_flows import PICTURE, body, say, tap
from tests.test_flows import a_customer as a_play
from worker.flows.step import Happened, Outside, Place

SETTINGS = settings.read({"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1"})
W = "W" * 160


def direct(play: Play, *lines: str) -> str:
    """What the bot says to what happens meanwhile."""
    return "\n".join(out for line in lines for out in transcript.direct(play, f"( {line} )"))


def a_decided_one(play: Play, *lines: DecidedLine, kind: str = "approved", **more: str) -> str:
    """What is said about a decision with these lines."""
    told = {"reason": "", "note": "", "question": "", "pharmacist": "Bola Ade"} | more
    state = {"asked": "asked"}.get(kind, kind)
    play.shop.papers.append(Paper(Shown(1, state, play.shop.now), Decided(kind, **told, lines=lines)))
    name = "prescription_question" if kind == "asked" else "prescription_decided"
    turned = play.send(Happened(name, {"prescription_id": 1, "decision_id": 1}))
    return body(turned)


@pytest.mark.parametrize(("kind", "template"), [("approved", "decided"), ("rejected", "decided"), ("asked", "question")])
@pytest.mark.parametrize("doing", ["nothing", "something else"])
def test_what_a_pharmacist_says_is_announced_by_its_template_whatever_is_said(kind: str, template: str, doing: str) -> None:
    play = a_play()
    if doing == "something else":
        play.send(say("search"))

    play.shop.papers.append(
        Paper(Shown(1, kind, play.shop.now), Decided(kind, "unreadable", "", "Which strength?", "Bola Ade", ()))
    )
    turned = play.send(Happened(f"prescription_{template}", {"prescription_id": 1, "decision_id": 1}))

    assert turned.replies
    assert turned.outside == Outside(f"prescription_{template}")


def test_what_was_decided_meanwhile_is_neither_said_nor_announced() -> None:
    play = a_play()
    play.shop.papers.append(Paper(Shown(1, "waiting", play.shop.now)))

    turned = [
        play.send(Happened(f"prescription_{what}", {"prescription_id": 1, "decision_id": 1})) for what in ("decided", "question")
    ]

    assert [(each.replies, each.outside) for each in turned] == [((), None)] * 2


# ------------------------------------------------------------------------------------------------------------- what is said


def test_what_is_not_sure_is_shown_without_a_product_or_a_price() -> None:
    play = a_play()
    play.send(PICTURE)

    told = direct(play, "prescription read: ? Norvasc 5 mg | 1 tablet daily")

    assert "please check" in told
    assert "₦" not in told
    assert "On the paper" not in told


def test_a_controlled_medicine_is_told_so_and_has_no_price() -> None:
    play = a_play()
    play.send(PICTURE)

    told = direct(play, "prescription read: Tramal 50 mg | 1 capsule at night")

    assert "never sold through chat" in told
    assert "₦" not in told


def test_the_longest_reading_is_told_whole_up_to_its_tenth_line() -> None:
    play = a_play()
    product = replace(play.shop.goods["m2"][0], name=W)
    lines = tuple(ShownLine(W, f"{n} {W}", W, W, W, 12.0, n % 2 == 0, product) for n in range(1, 41))
    play.shop.papers.append(Paper(Shown(1, "waiting", play.shop.now, complaint="blurred", lines=lines, too_old=True)))

    told = body(play.send(Happened("prescription_read", {"prescription_id": 1})))

    assert "\n10. " in told
    assert "and 30 more" in told


def test_the_longest_decision_is_told_whole_up_to_its_tenth_lines() -> None:
    play = a_play()
    product = replace(play.shop.goods["m2"][0], name=W, stock=0)
    given = [DecidedLine(W, "changed", product, 99, W, "brand", W * 3) for _ in range(20)]
    left = [DecidedLine(f"{n}{W}", "not_dispensed", None, 0, "", "interaction", W * 3) for n in range(20)]

    told = a_decided_one(play, *given, *left, note=W * 3)

    assert "\n10. " in told
    assert "• 9W" in told
    assert told.count("and 10 more") == 2


@pytest.mark.parametrize("reason", REJECTIONS)
def test_every_reason_for_a_rejection_has_words_and_the_pharmacists_name(reason: str) -> None:
    told = a_decided_one(a_play(), kind="rejected", reason=reason, note="Call us.")

    assert "Bola Ade could not accept" in told
    assert "Our pharmacist adds: Call us." in told
    assert len(told.split("\n\n")) == 3


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_words_and_waits_for_the_answer(question: str) -> None:
    play = a_play()

    told = a_decided_one(play, kind="asked", question=question, note="And since when?" if question == "other" else "")

    assert "Bola Ade has a question" in told
    assert told.count("?") >= 1 or "photo" in told
    assert (play.place.flow, play.place.state) == ("prescription", "answering")


@pytest.mark.parametrize(
    ("outcome", "reason"), [(outcome, reason) for outcome, reasons in REASONS_OF.items() for reason in reasons]
)
def test_every_reason_about_a_line_is_told(outcome: str, reason: str) -> None:
    play = a_play()
    product = play.shop.goods["m10"][0] if outcome == "changed" else None
    line = DecidedLine("Zinnat 250 mg", outcome, product, 1, "", reason, "My note.")

    told = a_decided_one(play, line)

    assert "My note." in told
    assert "Zinnat 250 mg" in told or reason == "quantity"


def test_what_cannot_be_paid_is_in_no_total() -> None:
    play = a_play()
    good, short = play.shop.goods["m10"][0], replace(play.shop.goods["m11"][0], stock=1)
    lines = [DecidedLine("a", "approved", good, 2, "", "", ""), DecidedLine("b", "approved", short, 2, "", "", "")]

    told = a_decided_one(play, *lines)

    assert "To pay now: *₦9,600*" in told
    assert "only 1 left: change the quantity to pay" in told


# ------------------------------------------------------------------------------------------------------- what is not said


@pytest.mark.parametrize("name", ["prescription_read", "prescription_decided", "prescription_question"])
def test_somebody_elses_prescription_is_not_told(name: str) -> None:
    play = a_play()
    say(play, "find paracetamol")
    before = play.place

    turned = play.send(Happened(name, {"prescription_id": 4711, "decision_id": 1}))

    assert (turned.replies, turned.effects, play.place) == ((), (), before)


@pytest.mark.parametrize("id", ["rxok:4711", "rxbad:4711", "rxno:4711", "rxask:4711", "rxend:4711", "rxok:99999999999999999999"])
def test_a_forged_button_shows_nothing_of_anybody(id: str) -> None:
    play = a_play()

    turned = tap(play, id)

    assert len(turned.replies) == 1
    assert "4711" not in body(turned)


@pytest.mark.parametrize("state", ["reading", "asked", "approved", "rejected", "replaced", "withdrawn"])
def test_a_reading_that_came_late_is_not_told(state: str) -> None:
    play = a_play()
    play.shop.papers.append(Paper(Shown(1, state, play.shop.now, lines=(ShownLine("x", "x", "", "", "", None, True, None),))))

    assert play.send(Happened("prescription_read", {"prescription_id": 1})).replies == ()


def test_ten_pages_in_a_row_are_met_with_one_long_answer() -> None:
    play = a_play()

    answers = [body(play.send(replace(PICTURE, media_id=f"page-{n}"))) for n in range(10)]

    assert len(answers[0]) > 100
    assert all(len(answer) < 40 for answer in answers[1:])
    assert len(play.shop.papers) == 10


# ------------------------------------------------------------------------------------------------------ nothing is lost


@pytest.mark.parametrize(
    ("way", "answer", "state"),
    [
        (["add coartem", "checkout", "deliver"], "12 Allen Avenue, Ikeja, Lagos", "choosing_payment"),
        (["add paracetamol x2"], "2", "idle"),
        (["find paracetamol", "1", "yes"], "3", "idle"),
        (["change my name"], "Ngozi Eze", "idle"),
    ],
)
@pytest.mark.parametrize("event", ["prescription read: Amoxil 500 mg", "pharmacist Bola Ade asks: age"])
def test_news_does_not_lose_what_was_asked(way: list[str], answer: str, state: str, event: str) -> None:
    play = a_play()
    play.send(PICTURE)
    if "asks" in event:
        direct(play, "prescription read: Amoxil 500 mg")
        say(play, "menu")
    say(play, *way)
    before = play.place

    told = direct(play, event)
    assert told
    assert play.place == before
    say(play, answer)

    assert play.place.state == state


def test_an_answer_given_on_the_way_leads_back_with_all_that_was_known() -> None:
    play = a_play()
    play.send(PICTURE)
    direct(play, "prescription read: Norvasc 5 mg")
    say(play, "add coartem", "checkout", "deliver")
    before = play.place
    direct(play, "pharmacist Bola Ade asks: age")

    tap(play, "rxask:1")
    say(play, "34 years")

    assert play.shop.papers[0].said == ["34 years"]
    assert (play.place.flow, play.place.state) == (before.flow, before.state)
    assert before.memory.items() <= play.place.memory.items()


def test_a_yes_to_the_order_is_no_yes_to_the_reading() -> None:
    play = a_play()
    say(play, "add coartem", "checkout pickup cash")
    play.send(PICTURE)

    told = direct(play, "prescription read: Amoxil 500 mg")
    say(play, "yes")

    assert "Is this what the paper says?" not in told
    assert len(play.shop.placed) == 1


def test_what_happened_while_a_person_had_the_thread_is_told_once() -> None:
    play = a_play()
    play.send(PICTURE)
    say(play, "agent")

    silent = direct(play, "prescription read: Amoxil 500 mg")
    brief = direct(play, "pharmacist Bola Ade approves: 1 × Amoxil")
    back, again = say(play, "menu"), say(play, "agent", "menu")

    assert silent == "< (nothing)"
    assert "has checked your prescription. Type *menu*" in brief
    assert "To pay now" in body(back)
    assert "To pay now" not in body(again)


def test_a_rejection_is_told_wholly_while_a_person_has_the_thread_and_not_again() -> None:
    play = a_play()
    play.send(PICTURE)
    say(play, "agent")

    direct(play, "prescription read: Amoxil 500 mg")
    told = direct(play, "pharmacist Bola Ade rejects: too_old")
    back = say(play, "menu")

    assert "too old" in told
    assert "too old" not in body(back)


@pytest.mark.parametrize(
    "news",
    ["prescription read: Amoxil 500 mg", "prescription read, dark: nothing", "pharmacist Bola Ade approves: 1 × Amoxil"],
)
def test_news_for_somebody_who_is_away_is_not_followed_by_a_word_about_closing_the_chat(news: str) -> None:
    play = a_play()
    play.send(PICTURE)
    if "approves" in news:
        direct(play, "prescription read: Amoxil 500 mg")
    direct(play, news)

    turned = play.send(Happened("session_ended"))

    assert (turned.replies, play.place) == ((), Place())


def test_a_picture_answers_the_question_it_was_sent_to_and_not_the_newest_prescription() -> None:
    play = a_play()
    for name in ("first", "second"):
        play.send(replace(PICTURE, media_id=name))
        direct(play, "prescription read: Amoxil 500 mg")
    play.shop.papers[0].decided = Decided("asked", "", "", "whole_picture", "Bola Ade")
    play.shop.papers[0].shown = replace(play.shop.papers[0].shown, state="asked")
    play.send(Happened("prescription_question", {"prescription_id": 1, "decision_id": 1}))

    turned = play.send(replace(PICTURE, media_id="whole"))

    assert turned.effects[0].args["replaces"] == 1


def test_an_answer_of_the_customer_is_kept_as_it_was_typed_up_to_a_thousand_characters() -> None:
    play = a_play()
    play.send(PICTURE)
    direct(play, "prescription read: Amoxil 500 mg", "pharmacist Bola Ade asks: allergies")

    say(play, "penicillin, " * 400)

    assert 900 < len(play.shop.papers[0].said[0]) <= 1000


@pytest.mark.parametrize(("typed", "told"), [("looks right", "checks it"), ("Something is wrong", "What is wrong?")])
def test_a_button_under_what_was_read_works_typed_after_the_menu(typed: str, told: str) -> None:
    play = a_play()
    play.send(PICTURE)
    direct(play, "prescription read: Amoxil 500 mg")
    say(play, "menu")

    assert told in body(say(play, typed))


def test_the_price_of_something_is_no_answer_to_the_pharmacist() -> None:
    play = a_play()
    play.send(PICTURE)
    direct(play, "prescription read: Amoxil 500 mg", "pharmacist Bola Ade asks: age")

    say(play, "how much is panadol")

    assert play.shop.papers[0].said == []


def test_several_pages_are_spoken_of_as_several() -> None:
    play = a_play(registered=False)
    for name in ("first", "second"):
        play.send(replace(PICTURE, media_id=name))
    say(play, "Grace Menu")

    told = body(tap(play, "consent:yes"))

    assert "I read them now" in told
