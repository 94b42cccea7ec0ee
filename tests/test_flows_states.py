"""Every state of every flow answers whatever can happen in it, and the words that work everywhere work there."""

from __future__ import annotations

import pytest

from local.rehearsal import Play, transcript
from tests.fakes import Turned
from worker.flows import entry
from worker.flows.signing_in import OUT, UNTIL
from worker.flows.step import (
    Buttons,
    Choices,
    Event,
    Happened,
    Place,
    Said,
    SentBasket,
    SentContact,
    SentLocation,
    SentMedia,
    SentUnusable,
    Tapped,
)

KNOWN = "( known as Ada Obi )"
PANADOL = "( 2 × Panadol in the cart )"
ONLINE = "( order 300101 of before, to be paid online: pending_payment )"
VISIT = "( appointment 61001 of before: d3 at 2026-11-27 10:00, booked )"
READ = [KNOWN, "> [image]", "( prescription read: Amoxil 500 mg | 1 capsule three times a day )"]
# How a customer gets into each state.
WAYS: dict[tuple[str, str], list[str]] = {
    ("entry", "idle"): [],
    ("search", "asking"): ["> search"],
    ("search", "listing"): ["> find paracetamol"],
    ("product", "open"): ["> find paracetamol", "> 1"],
    ("product", "choosing_quantity"): ["> find paracetamol", "> 1", "> yes"],
    ("adding", "choosing"): ["> add paracetamol x2"],
    ("cart", "viewing"): [PANADOL, "> cart"],
    ("cart", "changing"): [PANADOL, "> cart", "> 1"],
    ("cart", "confirming_clear"): [PANADOL, "> clear cart"],
    ("checkout", "confirming_part"): [KNOWN, PANADOL, "( 1 × Amoxil in the cart )", "> checkout"],
    ("checkout", "choosing_delivery"): [KNOWN, PANADOL, "> checkout"],
    ("checkout", "giving_address"): [KNOWN, PANADOL, "> checkout", "> deliver"],
    ("checkout", "giving_landmark"): [KNOWN, PANADOL, "> checkout", "> deliver", "> [location 6.6018 3.3515]"],
    ("checkout", "giving_phone"): [
        "( WhatsApp tells no number )", KNOWN, PANADOL, "> checkout", "> deliver", "> 12 Allen Avenue, Ikeja, Lagos"],
    ("checkout", "choosing_payment"): [KNOWN, PANADOL, "> checkout", "> pickup"],
    ("checkout", "choosing_way"): [KNOWN, PANADOL, "> checkout", "> pickup", "> online"],
    ("checkout", "choosing_bank"): [KNOWN, PANADOL, "> checkout", "> pickup", "> ussd"],
    ("checkout", "confirming"): [KNOWN, PANADOL, "> checkout", "> pickup", "> cash"],
    ("account", "giving_name"): ["( has written before )", "> register"],
    ("account", "giving_consent"): ["( has written before )", "> register", "> Ada Obi"],
    ("account", "open"): [KNOWN, "> account"],
    ("account", "changing_name"): [KNOWN, "> change my name"],
    ("account", "confirming_delete"): [KNOWN, "> delete my data"],
    ("account", "signing_in"): [KNOWN, "> logout", "> my account"],
    ("tracking", "listing"): [KNOWN, "( order 300101 of before: delivered )", "> orders"],
    ("tracking", "opened"): [KNOWN, "( order 300101 of before: processing )", "> track 300101"],
    ("tracking", "asking_number"): [KNOWN, "> track 999999"],
    ("paying", "choosing_order"): [KNOWN, ONLINE, "( order 300102 of before, to be paid online: pending_payment )", "> pay"],
    ("paying", "choosing_way"): [KNOWN, ONLINE, "> pay 300101"],
    ("paying", "choosing_bank"): [KNOWN, ONLINE, "> pay 300101 ussd"],
    ("paying", "open"): [KNOWN, ONLINE, "> pay 300101 card", "( the provider is ready )"],
    ("tracking", "confirming_cancel"): [KNOWN, "( order 300101 of before: processing )", "> cancel order 300101"],
    ("prescription", "waiting_file"): [KNOWN, "> rx"],
    ("prescription", "checking"): READ,
    ("prescription", "correcting"): [*READ, "> [tap: Something is wrong]"],
    ("prescription", "answering"): [*READ, "( pharmacist Bola Ade asks: age )"],
    ("prescription", "basket"): [*READ, "( pharmacist Bola Ade approves: 1 × Amoxil | 1 capsule three times a day )"],
    ("due", "asking"): [
        *READ, "( pharmacist Bola Ade approves: 1 × Amoxil | 1 capsule daily for 30 days )",
        "( order 300101 of before: delivered )", "( two hours after order 300101 )"],
    ("rating", "asked"): [KNOWN, "> agent", "( staff answers )", "> end"],
    ("rating", "words"): [KNOWN, "> agent", "( staff answers )", "> end", "> 5"],
    ("doctors", "asking"): ["> 2"],
    ("doctors", "listing"): ["> doctor in lagos"],
    ("doctors", "opened"): ["> dr amaka"],
    ("booking", "choosing_where"): ["> malaria test", "> yes"],
    ("booking", "giving_address"): ["> malaria test", "> [tap: At home]"],
    ("booking", "choosing_day"): ["> dr amaka", "> [tap: Other times]"],
    ("booking", "choosing_slot"): ["> dr amaka", "> friday"],
    ("booking", "confirming"): [KNOWN, "> dr amaka", "> tomorrow 2pm"],
    ("visits", "listing"): [KNOWN, VISIT, "( appointment 61002 of before: d3 at 2026-11-27 15:00, booked )", "> my appointments"],
    ("visits", "opened"): [KNOWN, VISIT, "> my appointments"],
    ("visits", "confirming_cancel"): [KNOWN, VISIT, "> cancel my appointment"],
    ("labs", "asking"): ["> 9"],
    ("labs", "listing"): ["> 9", "> infections"],
    ("labs", "opened"): ["> malaria test"],
    ("support", "waiting"): [],
}  # fmt: skip
# Between an effect and its outcome: no customer's message arrives there, unless a turn was cut short.
WITHIN_A_TURN = {
    ("adding", "waiting"),
    ("checkout", "waiting"),
    ("account", "waiting"),
    ("account", "waiting_rename"),
    ("tracking", "waiting"),
    ("booking", "waiting"),
    ("visits", "waiting"),
}
# Where anything may be a name, an address, or something to look for.
FREE_TEXT = {
    ("search", "asking"),
    ("account", "giving_name"),
    ("account", "changing_name"),
    ("checkout", "giving_address"),
    ("checkout", "giving_landmark"),
    ("booking", "giving_address"),
    ("prescription", "correcting"),
    ("prescription", "answering"),
    ("rating", "words"),
}
# What was told last was news of ours: nothing the customer began is closed.
TOLD_ONLY = {
    ("prescription", "checking"),
    ("prescription", "basket"),
    ("paying", "open"),
    ("due", "asking"),
    ("rating", "asked"),
    ("rating", "words"),
}
STATES = [(flow, state) for flow, states in entry.FLOWS.items() for state in states]

SAID: dict[str, Event] = {
    "nonsense": Said("xqzt jkwpf vvrq"),
    "nothing": Said("  "),
    "a long text": Said("blah " * 3000),
    "a number": Said("77"),
    "zero": Said("0"),
    "a long number": Said("1234567890123456"),
    "yes": Said("yes"),
    "no": Said("no"),
    "next": Said("next"),
    "previous": Said("previous"),
    "help": Said("help"),
    "back": Said("back"),
    "cancel": Said("cancel"),
    "menu": Said("menu"),
    "agent": Said("agent"),
    "stop": Said("stop"),
    "cart": Said("cart"),
    "checkout": Said("checkout"),
    "track": Said("where is my order"),
    "a search": Said("find vitamin c"),
    "a password": Said("login ada@example.com Secret99"),
    "an old button": Tapped("whatever:1", "Old"),
    "a product of an old list": Tapped("p:m20", "Coartem"),
    "a page of an old list": Tapped("s:medicine:5:paracetamol", "More"),
    "a picture": SentMedia("image", "media-1", "image/jpeg"),
    "a voice note": SentMedia("audio", "media-1", "audio/ogg"),
    "a file": SentMedia("document", "media-1", "application/zip", filename="a.zip"),
    "a place": SentLocation(6.6018, 3.3515),
    "a contact": SentContact("Ada", ("+2348031234567",)),
    "a basket": SentBasket((("sku", 2),)),
    "a poll": SentUnusable("poll"),
    "quiet minutes": Happened("session_ended"),
}
SILENT: dict[str, Event] = {
    "a sticker": SentMedia("sticker", "media-1", "image/webp"),
    "a reaction": SentUnusable("reaction"),
    "an event of a flow to come": Happened("appointment_reminded", {"number": "1"}),
}


def at(flow: str, state: str) -> Play:
    """A conversation that has come to a state."""
    play, seen = Play(), list[str]()
    for line in ["( has written before )", *WAYS.get((flow, state), [])]:
        if line.startswith("("):
            seen += transcript.direct(play, line)
        else:
            seen += transcript.show(play.send(transcript.event_of(line[2:], seen)))
    if (flow, state) in WITHIN_A_TURN or flow == "support":
        play.place = Place(flow, state, {"number": "300101", "name": "Ada Obi"})
    assert (play.place.flow, play.place.state) == (flow, state)
    return play


def words(turned: Turned) -> str:
    return "\n".join(getattr(reply, "body", "") for reply in turned.replies)


def test_every_state_has_a_way_that_leads_there() -> None:
    assert set(STATES) == set(WAYS) | WITHIN_A_TURN


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_every_state_answers_whatever_is_sent(flow: str, state: str) -> None:
    for what, event in SAID.items():
        turned = at(flow, state).send(event)

        told_only = what == "quiet minutes" and (flow, state) in TOLD_ONLY
        assert turned.replies or told_only, f"{flow}/{state} says nothing to {what}"


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_what_asks_nothing_gets_no_answer_and_changes_nothing(flow: str, state: str) -> None:
    for what, event in SILENT.items():
        play = at(flow, state)
        before = play.place

        turned = play.send(event)

        assert (turned.replies, play.place) == ((), before), f"{flow}/{state} answers {what}"


def cleared(state: str) -> Place:
    """The menu level with nothing on the screen; whoever logged out stays so."""
    return Place(memory={UNTIL: OUT}) if state == "signing_in" else Place()


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_menu_leads_out_of_every_state(flow: str, state: str) -> None:
    play = at(flow, state)

    turned = play.send(Said("menu"))

    assert play.place == cleared(state)
    assert [len(c.sections[0].rows) for c in turned.replies if isinstance(c, Choices)] == [10]


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_a_person_is_one_word_away_in_every_state(flow: str, state: str) -> None:
    play = at(flow, state)
    before = len(play.shop.handed_over)

    play.send(Said("agent"))

    assert play.shop.handed_over[before:] == ["asked"]
    assert play.send(Said("hello?")).replies == ()


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_danger_is_heard_in_every_state_and_never_met_with_a_product(flow: str, state: str) -> None:
    play = at(flow, state)
    before = len(play.shop.handed_over)

    turned = play.send(Said("please help my baby swallowed bleach"))

    assert "*112*" in words(turned)
    assert "*767*" in words(turned)
    assert play.shop.handed_over[before:] == ["emergency"]
    assert not any(isinstance(reply, Choices | Buttons) for reply in turned.replies)


@pytest.mark.parametrize(("flow", "state"), [s for s in STATES if s not in FREE_TEXT])
def test_two_pieces_of_nonsense_in_a_row_bring_a_person(flow: str, state: str) -> None:
    play = at(flow, state)
    before = len(play.shop.handed_over)

    play.send(Said("xqzt jkwpf vvrq"))
    play.send(Said("vvrq jkwpf xqzt"))

    assert play.shop.handed_over[before:] == ["not_understood"]


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_quiet_minutes_clear_the_state_and_keep_the_cart(flow: str, state: str) -> None:
    play = at(flow, state)
    cart = dict(play.shop.lines)

    turned = play.send(Happened("session_ended"))

    left = cleared(state) if state != "answering" else play.place  # the pharmacist's question is still open
    said = 0 if (flow, state) in TOLD_ONLY else 1  # what was told last was ours: nothing the customer began is closed
    assert (play.place, play.shop.lines, len(turned.replies)) == (left, cart, said)


@pytest.mark.parametrize(("flow", "state"), STATES)
def test_help_says_what_to_do_and_loses_nothing(flow: str, state: str) -> None:
    play = at(flow, state)
    before = play.place

    turned = play.send(Said("help"))

    assert play.place == before
    assert len(turned.replies) == 1
