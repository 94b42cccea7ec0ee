"""Paying in the conversation: what may never happen, whatever comes in whatever order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.rehearsal import Play, transcript
from tests.fakes import FakeShop, Turned
from tests.test_flows_states import STATES, at
from worker.facts import CustomerFacts
from worker.flows import aside
from worker.flows.step import Button, Buttons, Choices, Happened, Link, Said, SentMedia, Tapped
from worker.whatsapp import templates

PICTURE = SentMedia("image", "media-1", "image/jpeg")
ONLINE = "( order 300101 of before, to be paid online: pending_payment )"
NEWS = {
    "payment_ready": {"attempt_id": 1, "order_number": "300101"},
    "payment_delayed": {"attempt_id": 2, "order_number": "300102"},
    "payment_not_started": {"attempt_id": 3, "order_number": "300103", "provider": "paystack"},
    "payment_checked": {"attempt_id": 1, "order_number": "300101", "state": "pending"},
    "payment_received": {"order_number": "300104", "attempt_id": 4, "kind": "applied", "amount_kobo": 290_000},
    "payment_problem": {"order_number": "300101", "attempt_id": 1, "kind": "short", "amount_kobo": 1, "currency": "NGN"},
    "payment_refunded": {"order_number": "300105", "refund_id": 1, "amount_kobo": 290_000},
    "transfer_rejected": {"order_number": "300101", "amount_kobo": 290_000},
    "order_expired": {"order_number": "300106"},
    "order_moved": {"order_number": "300107", "to": "shipped", "rider": "", "rider_phone": "", "reason": ""},
}
TEMPLATES = {kind: len(known.parameters) for kind, known in templates.KNOWN.items()}
REFUSED = ["bad_provider", "bad_bank", "already_paid", "not_payable", "one_open", "too_many", "none_open", "none_begun", "new"]


def a_play(*lines: str) -> Play:
    play, seen = Play(FakeShop(customer=CustomerFacts(1, "Ada Obi", registered=True, returning=True))), list[str]()
    for line in lines:
        if line.startswith("("):
            seen += transcript.direct(play, line)
        else:
            seen += transcript.show(play.send(transcript.event_of(line[2:], seen)))
    return play


def with_orders(play: Play) -> Play:
    """Orders in every state the news is about, beside what the play has."""
    now = {"payment": "paystack", "placed_at": play.shop.now}
    states = {"300101": "pending_payment", "300102": "pending_payment", "300103": "pending_payment", "300104": "paid"}
    states |= {"300105": "refunded", "300106": "expired", "300107": "shipped"}
    play.shop.placed = [order for order in play.shop.placed if order.number not in states]
    play.shop.tried = []
    for number, status in states.items():
        play.shop.has_order(number, status=status, payment_status="paid" if number == "300104" else "pending", **now)
    for number in ("300101", "300102", "300103", "300104"):
        play.shop.placed.insert(0, play.shop.placed.pop())
        order = next(o for o in play.shop.placed if o.number == number)
        tried = transcript.payments.Tried(len(play.shop.tried) + 1, number, "paystack", "link", order.total)
        play.shop.tried.append(tried)
    first, _, third, fourth = play.shop.tried
    first.status, first.way, third.status, fourth.status = "open", {"url": "https://pay.example/1"}, "given_up", "paid"
    return play


def titles(turned: Turned) -> list[str]:
    return [b.title for r in turned.replies if isinstance(r, Buttons) for b in r.buttons]


def words(turned: Turned) -> str:
    return "\n".join(str(getattr(reply, "body", "")) for reply in turned.replies)


@pytest.mark.parametrize("name", sorted(NEWS))
@pytest.mark.parametrize(("flow", "state"), [s for s in STATES if not s[1].startswith("waiting") and s[0] != "paying"])
def test_news_of_money_never_moves_whoever_is_being_asked_something(flow: str, state: str, name: str) -> None:
    play = with_orders(at(flow, state))
    busy, before = aside.busy(play.place), play.place

    turned = play.send(Happened(name, NEWS[name]))

    assert turned.replies
    assert not busy or play.place == before


@pytest.mark.parametrize("name", sorted(NEWS))
def test_with_a_person_news_is_told_at_once_without_a_question(name: str) -> None:
    play = with_orders(a_play("> agent"))
    before = play.place

    turned = play.send(Happened(name, NEWS[name]))

    assert turned.replies
    assert not any(isinstance(reply, Buttons | Choices) for reply in turned.replies)
    assert play.place == before


@pytest.mark.parametrize("name", sorted(NEWS))
def test_news_of_somebody_elses_order_is_not_told(name: str) -> None:
    play = a_play()
    before = play.place

    turned = play.send(Happened(name, {**NEWS[name], "order_number": "700001", "attempt_id": 77}))

    assert (turned.replies, turned.outside, play.place) == ((), None, before)


@pytest.mark.parametrize("name", sorted(NEWS))
def test_a_template_that_stands_for_news_has_all_its_places_filled(name: str) -> None:
    play = with_orders(a_play())
    play.shop.pharmacy = replace(play.shop.pharmacy, name="", address="", phone="")

    outside = play.send(Happened(name, NEWS[name])).outside  # Play refuses empty places and line breaks

    assert outside is None or len(outside.parameters) == TEMPLATES[outside.kind]


@pytest.mark.parametrize(
    ("to", "delivery", "kind"),
    [
        ("processing", "delivery", "order_processing"),
        ("shipped", "delivery", "order_shipped"),
        ("shipped", "pickup", "order_ready"),
        ("delivered", "pickup", "order_delivered"),
        ("cancelled", "delivery", "order_cancelled"),
    ],
)
def test_every_step_of_an_order_has_its_template(to: str, delivery: str, kind: str) -> None:
    play = a_play()
    play.shop.has_order("300101", status=to, delivery=delivery)

    turned = play.send(Happened("order_moved", {"order_number": "300101", "to": to, "rider": "Musa\nBello", "rider_phone": ""}))

    assert turned.outside is not None
    assert (turned.outside.kind, len(turned.outside.parameters)) == (kind, TEMPLATES[kind])


def test_what_time_has_overtaken_is_not_told() -> None:
    play = a_play(ONLINE, "> pay 300101 card", "( the provider is ready )", "> cancel order 300101", "> yes")
    late = [Happened("payment_ready", {"attempt_id": 1}), Happened("order_expired", {"order_number": "300101"})]
    late += [Happened("order_moved", {"order_number": "300101", "to": "processing"})]

    assert [play.send(event).replies for event in late] == [(), (), ()]


def test_a_way_that_ran_out_is_not_shown_again() -> None:
    play = a_play(ONLINE, "> pay 300101 transfer", "( the provider is ready )", "( 31 minutes later )")

    turned = play.send(Said("pay 300101"))

    assert "0123456789" not in words(turned)
    assert any(isinstance(reply, Choices) for reply in turned.replies)


def test_a_second_attempt_is_never_begun_beside_an_open_one() -> None:
    play = a_play(ONLINE, "> pay 300101 card")

    for typed in ("pay 300101", "pay 300101 card", "pay 300101 transfer", "pay 300101 flutterwave", "another way", "2"):
        play.send(Said(typed))
        transcript_open = [tried for tried in play.shop.tried if tried.open]
        assert len(transcript_open) == 1, typed


@pytest.mark.parametrize("doing", ["start", "switch", "check"])
@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.parametrize("status", ["pending_payment", "expired", "cancelled", "paid", "processing"])
def test_every_refusal_says_why_and_the_way_on(status: str, code: str, doing: str) -> None:
    play = a_play(f"( order 300101 of before, to be paid online: {status} )")
    about = {"doing": doing, "number": "300101", "way": "paystack-link"}
    play.place = play.place.at("idle", paying=about)

    turned = play.send(Happened("payment_refused", {"code": code, "number": "300101"}))

    assert words(turned)
    assert any(isinstance(reply, Buttons | Choices) for reply in turned.replies)
    assert "paying" not in play.place.memory


def test_an_order_tried_very_often_is_helped_by_a_person() -> None:
    play = a_play(ONLINE)
    tried = transcript.payments.Tried(1, "300101", "paystack", "link", play.shop.placed[0].total, status="failed")
    play.shop.tried = [replace(tried, id=n) for n in range(1, 31)]

    turned = play.send(Said("pay 300101 card"))

    assert "tried very often" in words(turned)
    assert "Talk to a person" in titles(turned)


def test_a_way_to_pay_that_is_tapped_before_the_address_is_known_is_not_asked_again() -> None:
    play = a_play("( 1 × Panadol in the cart )", "> checkout")

    play.send(Tapped("co:paystack-transfer", "Bank transfer"))
    turned = play.send(Said("pickup"))

    assert "Payment: bank transfer (Paystack)" in words(turned)


def test_a_question_about_paying_begins_no_payment() -> None:
    play = a_play(ONLINE)

    for typed in ("can i pay with opay", "how do i pay", "do you accept card", "una dey collect transfer", "payment methods"):
        assert play.send(Said(typed)).effects == (), typed


@pytest.mark.parametrize("caption", ["payment receipt", "proof of payment", "i have paid", "transfer done", "debit alert"])
def test_a_receipt_is_kept_for_people_and_the_provider_is_asked(caption: str) -> None:
    play = a_play(ONLINE, "> pay 300101 transfer", "> menu")

    turned = play.send(replace(PICTURE, caption=caption))

    assert [effect.name for effect in turned.effects] == ["keep_media", "check_payment"]
    assert play.shop.media[-1]["purpose"] == "support"


@pytest.mark.parametrize("caption", ["my prescription", "rx 300101", "doctor paper", "i paid the doctor for this prescription"])
def test_a_prescription_stays_one_while_a_payment_is_open(caption: str) -> None:
    play = a_play(ONLINE, "> pay 300101 transfer", "( the provider is ready )")

    turned = play.send(replace(PICTURE, caption=caption))

    assert [effect.name for effect in turned.effects] == ["receive_prescription"]


@pytest.mark.parametrize(
    "lines",
    [
        ["> pay 300101 transfer", "( the provider is ready )", "( 1 × Amoxil in the cart )"],
        ["> pay 300101 transfer", "( the provider is ready )", "> rx"],
        ["> pay 300101 transfer", "> menu"],
        ["> find paracetamol"],
    ],
)
def test_a_picture_without_words_is_a_prescription_unless_only_a_payment_is_open(lines: list[str]) -> None:
    play = a_play(ONLINE, *lines)

    assert [effect.name for effect in play.send(PICTURE).effects] == ["receive_prescription"]


def test_no_card_number_pin_or_code_is_ever_asked_for() -> None:
    play = a_play(ONLINE, "> pay 300101 card")

    shown = list(transcript.direct(play, "( the provider is ready )"))

    assert "We never ask for your card number, PIN or OTP in this chat" in "\n".join(shown)
    assert isinstance(play.send(Said("pay 300101")).replies[0], Link)


def test_an_account_number_and_a_code_stand_in_a_line_of_their_own() -> None:
    transfer = words(a_play(ONLINE, "> pay 300101 transfer", "( the provider is ready )").send(Said("pay 300101")))
    ussd = words(a_play(ONLINE, "> pay 300101 ussd", "> gtb", "( the provider is ready )").send(Said("pay 300101")))

    assert "0123456789" in transfer.split("\n")
    assert "```*737*33*4*18791#```" in ussd.split("\n")


@pytest.mark.parametrize(
    ("typed", "bank"),
    [("gtb", "gtbank"), ("i use zenith", "zenith"), ("2", "uba"), ("GT Bank abeg", "gtbank"), ("access", None), ("9", None)],
)
def test_a_code_to_dial_is_made_for_the_customers_own_bank(typed: str, bank: str | None) -> None:
    play = a_play(ONLINE, "> pay 300101 ussd")

    play.send(Said(typed))

    assert [effect.args.get("bank") for effect in play.shop.done if effect.name == "start_payment"] == ([bank] if bank else [])


def test_a_list_of_banks_fits_however_many_a_provider_knows() -> None:
    play = a_play(ONLINE, "( payments by flutterwave )")

    turned = play.send(Said("pay 300101 ussd"))  # Play refuses a list of more than ten rows
    play.send(Said("stanbic"))

    assert any(isinstance(reply, Choices) for reply in turned.replies)
    assert play.shop.done[-1].args["bank"] == "stanbic"


def test_money_that_came_and_did_not_pay_keeps_the_customer_from_paying_again_unawares() -> None:
    play = a_play(ONLINE, "> pay 300101 transfer", "( the provider is ready )", "( the money comes: ₦100 )")

    turned = play.send(Said("pay 300101 card"))

    assert turned.effects == ()
    assert "Pay all the same" in titles(turned)


def test_an_old_row_of_a_provider_that_is_gone_offers_what_is_there() -> None:
    play = a_play(ONLINE, "( payments by flutterwave )")

    turned = play.send(Tapped("pw:300101:paystack-link", "Card or bank app"))

    assert turned.effects == ()
    rows = [row.id for r in turned.replies if isinstance(r, Choices) for s in r.sections for row in s.rows]
    assert rows[0] == "pw:300101:flutterwave-link"


def test_what_a_message_offers_to_tap_can_be_tapped() -> None:
    play = a_play(ONLINE, "> pay 300101 card", "( the provider is ready )")

    for tapped in (Button("paid:300101", ""), Button("other:300101", ""), Button("pay:300101", ""), Button("oc:300101", "")):
        assert "no longer in use" not in words(play.send(Tapped(tapped.id)))
