"""What is said while a way to pay is on the screen is about paying, and a medicine named there is still a medicine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.rehearsal import Play
from tests.test_flows_paying import ONLINE, a_play, titles, words
from worker.flows.step import Happened, Said

PAID = """
I've made the transfer; I have sent the money, see alert; money don go; check am, I don send; transfer successful; e don enter?; Na opay I
use send am; I sent 3000 remaining 400; I have transferred 5000; did you get it; sent am; check; done transfer; i sent it twice
"""
AGAIN = "send the account again; wey the account; what is the account name; send link again; which bank; resend link"
BROKEN = """
the link no open; page not loading; card declined; my transfer failed; the account number no work; insufficient funds; code no work;
link expired; network bad; the transfer is reversed; another bank
"""
LATER = (
    "i want to pay later; I no get money now; can I pay tomorrow; how much time I get; add more time; I will pay in the evening"
)


def paying(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(";")]


def at_the_account() -> Play:
    return a_play(ONLINE, "> pay 300101 transfer", "( the provider is ready )")


@pytest.mark.parametrize("said", paying(PAID))
def test_money_said_to_be_sent_is_asked_after(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert [effect.name for effect in turned.effects] == ["check_payment"]


@pytest.mark.parametrize("said", paying(AGAIN))
def test_the_way_is_shown_again(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert "send exactly" in words(turned)


@pytest.mark.parametrize("said", paying(BROKEN))
def test_a_way_that_does_not_work_leads_to_the_others(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert "How would you like to pay?" in words(turned)


@pytest.mark.parametrize("said", paying(LATER))
def test_whoever_pays_later_hears_until_when_the_order_is_kept(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert "still waits for your payment. We keep it until" in words(turned)


@pytest.mark.parametrize("said", ["how long will it take", "how long e go take", "how many minutes", "wetin happen"])
def test_how_long_it_takes_is_no_question_about_a_medicine(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert "When the money is there, I tell you here" in words(turned)


@pytest.mark.parametrize("said", ["is this a scam", "is this safe? scam?", "how do I know it is real"])
def test_whoever_does_not_trust_the_payment_may_talk_to_a_person(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert titles(turned) == ["Talk to a person", "Another way", "Cancel order"]


@pytest.mark.parametrize("said", ["panadol", "do you have panadol", "find panadol", "i did not send anything", "add panadol"])
def test_what_is_not_about_the_payment_asks_no_provider(said: str) -> None:
    turned = at_the_account().send(Said(said))

    assert "check_payment" not in [effect.name for effect in turned.effects]


def test_a_question_about_taking_a_medicine_is_still_a_pharmacists() -> None:
    turned = at_the_account().send(Said("can i take panadol with alcohol"))

    assert "no medical advice" in words(turned)


def test_cancel_alone_cancels_nothing_and_says_that_the_order_waits() -> None:
    turned = at_the_account().send(Said("cancel"))

    assert (turned.effects, "still waits for your payment" in words(turned)) == ((), True)


def test_a_provider_that_is_slow_twice_for_one_order_is_told_of_once() -> None:
    play = a_play(ONLINE, "> pay 300101 card", "( the provider is slow )")
    play.shop.tried.append(
        replace(play.shop.tried[-1], id=len(play.shop.tried) + 1)
    )  # the page was lost: begun anew by the house

    again = play.send(Happened("payment_delayed", {"attempt_id": len(play.shop.tried), "order_number": "300101"}))

    assert again.replies == ()


def test_a_slow_provider_is_told_of_anew_when_the_customer_tries_again() -> None:
    play = a_play(ONLINE, "> pay 300101 card", "( the provider is slow )", "( the provider cannot be reached )")
    play.send(Said("pay 300101 card"))

    again = play.send(Happened("payment_delayed", {"attempt_id": len(play.shop.tried), "order_number": "300101"}))

    assert "slow to answer" in words(again)


def test_whoever_asks_for_cash_where_online_was_chosen_hears_how() -> None:
    turned = at_the_account().send(Said("can i pay cash"))

    assert "To pay in cash, cancel it and order again" in words(turned)


@pytest.mark.parametrize(
    ("said", "args"),
    [
        ("no use flutterwave", {"provider": "flutterwave", "kind": "link"}),
        ("use my gtb app", {"provider": "paystack", "kind": "link"}),
        ("ussd gtb", {"provider": "paystack", "kind": "ussd", "bank": "gtbank"}),
    ],
)
def test_a_way_named_with_a_bank_or_a_no_is_begun(said: str, args: dict[str, str]) -> None:
    turned = at_the_account().send(Said(said))

    assert [(effect.name, dict(effect.args)) for effect in turned.effects] == [("switch_payment", {"number": "300101", **args})]
