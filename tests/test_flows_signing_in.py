"""Who logged out is asked before anything of their own is shown; a sign-in lasts as long as it is set, and no rest ends it early."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes import FakeShop, Play
from tests.test_flows import a_customer, body, ids, say, tap
from worker.facts import Pharmacy
from worker.flows.signing_in import UNTIL
from worker.flows.step import Happened, SentMedia

ASKED = "Is it you again?"


def later(play: Play, minutes: float) -> None:
    play.shop.now += timedelta(minutes=minutes)


def signed_in() -> Play:
    play = a_customer()
    say(play, "logout", "my account", "yes")
    return play


@pytest.mark.parametrize(
    "wanted", ["my orders", "my account", "my data", "delete my data", "track 12345", "pay", "3", "0", "12345"]
)
def test_after_logging_out_nothing_of_ones_own_is_shown_unasked(wanted: str) -> None:
    play = a_customer()

    asked = say(play, "logout", wanted)

    assert ASKED in body(asked)
    assert "Ada" not in body(asked)
    assert not asked.effects


@pytest.mark.parametrize("other", ["find paracetamol", "menu", "help", "agent", "i have chest pain"])
def test_what_is_nobodys_own_needs_no_sign_in(other: str) -> None:
    assert ASKED not in body(say(a_customer(), "logout", other))


def test_whoever_never_logged_out_is_never_asked() -> None:
    play = a_customer()
    later(play, 60 * 24 * 365)

    assert "Ada Obi" in body(say(play, "my account"))
    assert UNTIL not in play.place.memory


def test_quiet_minutes_and_news_do_not_sign_in_who_logged_out() -> None:
    play = a_customer()
    say(play, "logout")
    play.send(Happened("session_ended"))
    play.send(Happened("no_such_news"))

    assert ASKED in body(say(play, "my orders"))


def test_a_yes_goes_on_with_what_was_asked_for_and_is_not_asked_again() -> None:
    play = a_customer()
    say(play, "logout", "my account")

    assert "Ada Obi" in body(tap(play, "in:yes"))
    assert ASKED not in body(say(play, "my orders"))


@pytest.mark.parametrize(("minutes", "renewed"), [(54, False), (56, True)])
def test_a_message_renews_a_sign_in_only_shortly_before_its_end(minutes: int, renewed: bool) -> None:
    play = signed_in()
    until = play.place.memory[UNTIL]
    later(play, minutes)

    say(play, "hello")

    assert (play.place.memory[UNTIL] > until) is renewed


def test_a_sign_in_ends_when_it_is_set_to_and_closes_what_was_open_of_ones_own() -> None:
    play = signed_in()
    say(play, "my account")
    later(play, 61)

    assert ASKED in body(say(play, "change my name"))


def test_news_of_the_house_keeps_nobody_signed_in() -> None:
    play = signed_in()
    later(play, 57)
    play.send(Happened("no_such_news"))
    later(play, 4)

    assert ASKED in body(say(play, "my account"))


def test_how_long_is_what_the_pharmacy_set() -> None:
    shop = FakeShop(customer=a_customer().shop.customer)
    shop.pharmacy = replace(shop.pharmacy, sign_in_minutes=10, sign_in_renewed_at_minutes=0)
    play = Play(shop)
    say(play, "logout", "my account", "yes")
    later(play, 9)
    assert ASKED not in body(say(play, "my account"))
    later(play, 2)

    assert ASKED in body(say(play, "my account"))
    assert Pharmacy("x").sign_in_minutes == 60


def test_login_ends_the_asking_for_good() -> None:
    play = a_customer()
    say(play, "logout", "login")
    later(play, 10_000)

    assert "Ada Obi" in body(say(play, "my account"))


def test_a_prescription_is_taken_whoever_sends_it() -> None:
    play = a_customer()
    say(play, "logout")

    kept = play.send(SentMedia("image", "media-1", "image/jpeg", sha256="abc"))

    assert "receive_prescription" in [effect.name for effect in kept.effects]


def test_nonsense_gets_the_question_with_its_button_again() -> None:
    play = a_customer()

    assert "in:yes" in ids(say(play, "logout", "my account", "hmm"))
