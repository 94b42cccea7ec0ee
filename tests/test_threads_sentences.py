"""What is promised about a person on the line, sentence by sentence, on the real tables and through the house's own turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from models import fulfilment, inbox, support, threads
from models.base import connection
from models.payments import settling
from models.prescriptions import deciding
from models.values import Refused
from settings import current
from tests.factories import NOW, a_colleague, a_prescription, a_product, a_proof, a_reading, an_attempt, an_item, an_order
from tests.threads_house import House, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows, somebody
from worker import team_hours

ASKED = "I have told our team. A person will answer you here as soon as one is free."
DANGER = "🚨 If someone's life is in danger, call *112* now (in Lagos also *767*) or go to the nearest hospital."
BACK = "You are back with me, the pharmacy's bot."


def reason(talk: House) -> str:
    """Why this customer stands in the inbox of the staff; "" where they do not."""
    found = [r for r in threads.inbox("all", staff_id=0, now=now()).rows if r.customer_id == talk.customer]
    return found[0].reason if found else ""


def happens(talk: House, name: str, **data: object) -> None:
    with connection().transaction():
        inbox.add_event(talk.customer, name, f"{name}:{talk.customer}:{len(rows('SELECT id FROM inbox'))}", data)
    talk.serve()


# ---------------------------------------------------------------------------------------------------- how it begins


@pytest.mark.parametrize(
    "before",
    [
        (),
        ("menu",),
        ("find paracetamol",),
        ("cart",),
        ("checkout",),
        ("4",),
        ("9",),
        ("register",),
        ("7",),
        ("orders",),
        ("rate 5",),
    ],
    ids=lambda words: " ".join(words) or "first",
)
def test_agent_brings_a_person_from_anywhere(talk: House, before: tuple[str, ...]) -> None:
    for words in before:
        talk.writes(words)

    talk.writes("agent")

    assert (talk.seen()[-1], reason(talk)) == (ASKED, "asked")


def test_two_misunderstandings_in_a_row_bring_a_person_and_one_does_not(talk: House) -> None:
    talk.writes("asdf qwer")
    talk.writes("menu")
    talk.writes("zxcv uiop")
    once = reason(talk)
    talk.writes("qqqq wwww")

    assert (once, reason(talk)) == ("", "not_understood")


def test_an_emergency_brings_the_numbers_first_and_stands_before_everybody_who_waits_longer(talk: House) -> None:
    other = House(talk.sim)
    other.asks()
    rows("""UPDATE handovers SET "waitingSince" = now() - interval '2 hours' WHERE "customerId" = %s""", other.customer)

    talk.writes("my son fainted")

    assert talk.seen() == [DANGER]
    assert threads.inbox("unassigned", staff_id=0, now=now()).rows[0].customer_id == talk.customer


def test_an_emergency_in_a_talk_is_answered_by_the_bot_at_once_and_moves_the_talk_up(talk: House) -> None:
    talk.asks()
    threads.reply(somebody(), talk.customer, "Good morning", "em", now())

    talk.writes("she took too many tablets")

    assert (talk.seen(), reason(talk)) == ([ASKED, "Good morning", DANGER], "emergency")


# --------------------------------------------------------------------------------------- what a talk hears, what waits


def test_money_and_the_order_are_told_in_a_talk(talk: House) -> None:
    number = an_order(talk.customer, {a_product(stock=9): 1}, payment="paystack")
    attempt = an_attempt(talk.customer, number)
    talk.asks()
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    fulfilment.ship(number, "Musa Bello", "08031234567", by=a_colleague().id, now=NOW)
    talk.serve()

    told = talk.seen()[talk.seen().index(ASKED) + 1 :]

    assert len(told) == 2
    assert number in told[0]
    assert "on its way" in told[1]
    assert talk.open_since() is not None


def test_a_pharmacists_word_is_told_in_short_and_support_staff_read_that_something_was_said(talk: House) -> None:
    talk.asks()
    signer = a_colleague()
    paper = a_prescription(talk.customer, a_reading(an_item()), claimedBy=signer.id, claimedUntil="2030-01-01")
    deciding.reject(paper, signer, "unreadable", version=0, now=NOW)
    talk.serve()

    (line,) = [x for x in threads.thread(talk.customer, now=now()).lines if x.by == "bot"][1:]
    read = threads.thread(talk.customer, clinical=True, now=now()).lines[-1].text

    assert (line.text, line.clinical) == ("", True)
    assert "could not accept your prescription" in talk.seen()[-1]
    assert "clearer photo" in read


@pytest.mark.parametrize("kind", ["abandoned_cart", "refill", "refill_ask"])
def test_what_only_reminds_of_shopping_is_not_said_in_a_talk(talk: House, kind: str) -> None:
    talk.asks()
    happens(talk, "timer_due", kind=kind, subject="")
    happens(talk, "session_ended")
    assert talk.seen() == [ASKED]


# -------------------------------------------------------------------------------------------------------- how it ends


@pytest.mark.parametrize("word", ["menu", "end"])
def test_the_customer_leaves_with_a_word_and_is_asked_once_how_it_was(talk: House, word: str) -> None:
    bola = somebody()
    talk.asks()
    threads.reply(bola, talk.customer, "Yes?", "w", now())
    talk.writes(word)
    talk.writes("rate 4")
    talk.writes("agent")
    talk.writes("end")

    questions = [line for line in talk.seen() if line.startswith("How was your chat")]
    everything = [m["body"] for m in talk.sim.messages(talk.number)]

    assert any(BACK in str(body) for body in everything)
    assert str(everything).count("How was your chat") == 1, questions
    assert talk.open_since() is None


def test_a_rating_belongs_to_its_talk_and_a_second_one_does_not_change_it_after_words(talk: House) -> None:
    bola = somebody()
    talk.asks()
    threads.reply(bola, talk.customer, "Yes?", "r", now())
    threads.give_back(bola, talk.customer, now())
    talk.serve()
    for words in ("2", "nobody knew the price", "rate 5"):
        talk.writes(words)
    found = rows("""SELECT rating, "ratingWords" FROM handovers WHERE "customerId" = %s""", talk.customer)
    assert found == [(2, "nobody knew the price")]


def test_a_talk_handed_over_goes_on_with_the_other_and_the_customer_notices_nothing(talk: House) -> None:
    bola, chi = somebody(), somebody("Chi")
    talk.asks()
    threads.reply(bola, talk.customer, "One moment", "h1", now())
    threads.note(bola, talk.customer, "wants the blue one", now())
    threads.pass_on(bola, talk.customer, chi.id, now())
    with pytest.raises(Refused, match="taken_by"):
        threads.reply(bola, talk.customer, "me again", "h2", now())
    threads.reply(chi, talk.customer, "We have the blue one", "h3", now())
    talk.sweep()

    lines = [(x.by, x.staff, x.text) for x in threads.thread(talk.customer, now=now()).lines if x.staff]

    assert talk.seen() == [ASKED, "One moment", "We have the blue one"]
    assert lines == [
        ("staff", "Bola", "One moment"),
        ("note", "Bola", "wants the blue one"),
        ("staff", "Chi", "We have the blue one"),
    ]


def test_silence_of_whoever_took_the_talk_counts_like_anybodys(talk: House) -> None:
    talk.asks()
    threads.take(somebody(), talk.customer, now())
    talk.minutes_pass(31)
    assert talk.seen()[-1].startswith("Sorry, nobody was free to answer yet. I am back")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`told(NAME="value")`: settings of this test, which are read once a process otherwise."""

    def set_(**given: str) -> None:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        current.cache_clear()

    yield set_
    monkeypatch.undo()
    current.cache_clear()
    team_hours.forget()


def test_nobody_waits_longer_than_the_setting_says(talk: House, told: Callable[..., None]) -> None:
    told(AGENT_RETURN_MINUTES="5")
    talk.asks()
    ((due,),) = rows("""SELECT "fireAt" - now() FROM timers WHERE "customerId" = %s AND kind = 'agent_return'""", talk.customer)
    talk.minutes_pass(6)
    assert timedelta(minutes=4) < due <= timedelta(minutes=5)
    assert talk.seen()[-1].startswith("Sorry, nobody was free to answer yet. I am back")


def test_who_asks_while_nobody_is_there_is_told_when_people_are_back_and_waits_from_then_on(
    talk: House, told: Callable[..., None]
) -> None:
    day = now().astimezone(current().default_timezone) + timedelta(days=3)
    told(SUPPORT_HOURS=f"{day:%a} 08:00-09:00, holidays 08:00-09:00")
    talk.writes("agent")
    ((due,),) = rows("""SELECT "fireAt" - now() FROM timers WHERE "customerId" = %s AND kind = 'agent_return'""", talk.customer)
    assert talk.seen()[-1].startswith("Our team is away now and back on ")
    assert due > timedelta(hours=20)


def test_a_holiday_that_was_announced_counts_from_then_on(talk: House, told: Callable[..., None]) -> None:
    told(SUPPORT_HOURS="Mon-Sun 00:00-23:59, holidays 23:58-23:59")
    today = now().astimezone(current().default_timezone).date()
    talk.asks()
    rows("INSERT INTO holiday_overrides VALUES (%s, 'Mourning', true, 'Bisi', now())", today)
    team_hours.forget()
    talk.writes("end")
    talk.writes("agent")
    rows("DELETE FROM holiday_overrides")
    usual, away = talk.seen()[0], talk.seen()[-1]
    assert usual == "I have told our team. A person will answer you here; they are here until 11:59 PM today."
    assert away.startswith("Our team is away now and back today at 11:58 PM")


def test_a_wish_about_data_is_dealt_with_by_people_while_the_bot_speaks(talk: House) -> None:
    with connection().transaction():
        support.hand_over(talk.customer, "correct_data", now())
    talk.writes("cart")
    assert (reason(talk), talk.open_since()) == ("correct_data", None)
    assert talk.seen()[-1].startswith("Your cart is empty")
