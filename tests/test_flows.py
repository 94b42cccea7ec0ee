"""What the conversation promises, one promise a test. How each flow reads is in the transcripts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import FakeFacts, FakeShop, Play, Turned
from worker.facts import CustomerFacts, Pharmacy
from worker.flows import entry
from worker.flows.heard import MENU
from worker.flows.step import Buttons, Choices, Event, Happened, Place, Said, SentMedia, Tapped, Text
from worker.flows.wording import units

PICTURE = SentMedia("image", "media-1", "image/jpeg", sha256="abc")


def a_customer(**facts: object) -> Play:
    """Somebody registered, who wrote before."""
    known = CustomerFacts(id=1, name="Ada Obi", registered=True, returning=True)
    return Play(FakeShop(customer=replace(known, **facts)))  # type: ignore[arg-type]


def say(play: Play, *lines: str) -> Turned:
    turned = Turned((), ())
    for line in lines:
        turned = play.send(Said(line))
    return turned


def body(turned: Turned) -> str:
    return "\n".join(getattr(reply, "body", "") for reply in turned.replies)


def ids(turned: Turned) -> list[str]:
    shown = [b.id for r in turned.replies if isinstance(r, Buttons) for b in r.buttons]
    return shown + [row.id for r in turned.replies if isinstance(r, Choices) for s in r.sections for row in s.rows]


def tap(play: Play, id: str) -> Turned:
    return play.send(Tapped(id))


def named(turned: Turned, name: str) -> list[dict[str, object]]:
    return [dict(effect.args) for effect in turned.effects if effect.name == name]


# ------------------------------------------------------------------------------------------------------------- the start


def test_the_first_bubble_is_short_and_shows_what_the_law_wants() -> None:
    turned = say(Play(), "hello")

    first = turned.replies[0]
    assert isinstance(first, Text)
    assert units(first.body) < 300
    assert all(shown in first.body for shown in ("Drugs.ng Pharmacy", "PCN 012345", "5 Marina Road, Lagos"))


def test_the_first_bubble_leaves_out_what_is_not_set() -> None:
    turned = say(Play(FakeShop(pharmacy=Pharmacy("Drugs.ng Pharmacy"))), "hello")

    assert "Licence" not in body(turned)
    assert "Address" not in body(turned)


def test_the_menu_has_its_ten_rows_in_the_order_fixed_for_ever() -> None:
    menu = say(a_customer(), "menu").replies[0]

    assert isinstance(menu, Choices)
    assert [row.title for row in menu.sections[0].rows] == [
        "1 Search medicines",
        "2 Find a doctor",
        "3 Track orders",
        "4 Book appointment",
        "5 Cart",
        "6 Customer support",
        "7 Send prescription",
        "8 Health products",
        "9 Lab tests",
        "0 My account",
    ]


@pytest.mark.parametrize("number", [number for number, _, _ in MENU])
def test_a_menu_number_typed_does_what_its_row_does(number: str) -> None:
    typed, tapped = a_customer(), a_customer()

    assert say(typed, number).replies == tap(tapped, f"m:{number}").replies


def test_emergency_words_in_a_first_message_are_not_kept_waiting_by_a_welcome() -> None:
    said = say(Play(), "my husband is not breathing")
    shown = Play().send(replace(PICTURE, caption="she is not breathing"))

    assert [body(turned)[0] for turned in (said, shown)] == ["🚨", "🚨"]


# ------------------------------------------------------------------------------------------------------- lists, products


def test_a_number_selects_and_never_turns_the_page() -> None:
    play = a_customer()

    turned = say(play, "find paracetamol", "2")

    assert play.place.memory["ref"] == "m2"
    assert "Panadol" in body(turned)


def test_a_tap_on_an_old_list_still_selects_what_it_showed() -> None:
    play = a_customer()
    old = ids(say(play, "find paracetamol"))[1]
    say(play, "find vitamin c", "cart", "menu")

    tap(play, old)

    assert play.place.memory["ref"] == "m2"


def test_a_page_of_an_old_list_still_turns() -> None:
    play = a_customer()
    more = ids(say(play, "find paracetamol"))[-1]
    say(play, "menu")

    turned = tap(play, more)

    assert "6-7 of 7" in body(turned)


def test_a_list_of_health_products_never_puts_a_medicine_into_the_cart() -> None:
    play = a_customer()
    say(play, "8")
    shown = play.place.memory["shown"]["rows"]["2"][0]

    say(play, "add 2")

    assert list(play.shop.lines) == [shown]
    assert shown.startswith("h")


def test_the_memory_of_many_pages_stays_small() -> None:
    shop = FakeShop(customer=CustomerFacts(1, "Ada", True, True))
    product, about = shop.goods["m2"]
    for n in range(100, 400):
        shop.goods[f"m{n}"] = (replace(product, ref=f"m{n}", name=f"Panadol {'long ' * 20}{n}"), about)
    play = Play(shop)
    say(play, "find panadol")

    for _ in range(60):
        say(play, "next")  # the play refuses a place that is too big

    assert len(play.place.memory["shown"]["rows"]) <= 30


def test_a_page_far_out_of_a_forged_tap_is_not_asked_of_the_database() -> None:
    asked: list[int] = []

    class Watched(FakeFacts):
        def search(self, text: str, *, kind: str | None = None, limit: int = 5, offset: int = 0):  # type: ignore[no-untyped-def]
            asked.append(offset)
            return super().search(text, kind=kind, limit=limit, offset=offset)

    entry.turn(Place(), Tapped("s::999999:paracetamol"), Watched(a_customer().shop))

    assert max(asked) <= 500


# --------------------------------------------------------------------------------------------------------- cart, checkout


def a_checkout() -> tuple[Play, str]:
    """An order one tap from being placed, and the id of that button."""
    play = a_customer()
    say(play, "add coartem x2")
    turned = say(play, "checkout", "deliver", "12 Allen Avenue, Ikeja, Lagos", "cash")
    return play, ids(turned)[0]


def test_a_double_tap_on_the_confirmation_makes_one_order() -> None:
    play, confirm = a_checkout()

    tap(play, confirm)
    second = tap(play, confirm)

    assert len(play.shop.placed) == 1
    assert play.shop.placed[0].number in body(second)


def test_the_same_confirmation_carries_the_same_key() -> None:
    play, confirm = a_checkout()
    place = play.place

    first = tap(play, confirm)
    play.place = place  # as if the first turn had been lost after the order was written
    play.shop.lines, play.shop.version = {"m20": 2}, play.shop.version - 1
    again = tap(play, confirm)

    assert named(first, "place_order") == named(again, "place_order")
    assert len(play.shop.placed) == 1


def test_a_confirmation_of_another_summary_places_nothing() -> None:
    play, confirm = a_checkout()
    say(play, "back", "back", "pickup", "cash")

    turned = tap(play, confirm)

    assert named(turned, "place_order") == []
    assert play.shop.placed == []


def test_a_cart_changed_after_the_summary_is_shown_again_before_anything_is_ordered() -> None:
    play, _ = a_checkout()
    play.shop.lines["m30"] = 1
    play.shop.version += 1

    turned = say(play, "yes")

    assert play.shop.placed == []
    assert "Vitamin C" in body(turned)


def test_a_checkout_of_somebody_unknown_goes_on_after_name_and_consent() -> None:
    play = Play(FakeShop(customer=CustomerFacts(1, returning=True)))

    turned = say(play, "add coartem x2", "checkout pickup cash", "Ada Obi", "i agree")

    assert play.shop.customer.registered
    assert (play.place.flow, play.place.state) == ("checkout", "confirming")
    assert "Place order" in [b.title for r in turned.replies if isinstance(r, Buttons) for b in r.buttons]


def test_consent_is_given_by_a_clear_act_and_not_by_anything_else() -> None:
    for unclear in ("hmm", "maybe later I think", "what is NDPA", "1", "next"):
        play = Play(FakeShop(customer=CustomerFacts(1, returning=True)))
        say(play, "register", "Ada Obi", unclear)

        assert not play.shop.customer.registered, unclear


def test_nothing_is_kept_of_a_picture_before_consent() -> None:
    play = Play(FakeShop(customer=CustomerFacts(1, returning=True)))
    play.send(PICTURE)

    assert play.shop.media == []
    assert play.place.memory["media"][0]["media_id"] == "media-1"


def test_at_most_three_files_wait_for_consent() -> None:
    play = Play(FakeShop(customer=CustomerFacts(1, returning=True)))
    for _ in range(10):
        play.send(PICTURE)

    assert len(play.place.memory["media"]) == 3


def test_a_picture_in_the_middle_of_a_checkout_does_not_lose_the_place() -> None:
    play = a_customer()
    say(play, "add coartem", "checkout", "deliver")

    play.send(PICTURE)
    say(play, "12 Allen Avenue, Ikeja, Lagos")

    assert play.shop.media[0]["purpose"] == "prescription"
    assert play.place.state == "choosing_payment"


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("12 Allen Avenue, Ikeja, Lagos", True),
        ("Plot 12 Doctor Street, near the clinic, Abuja", True),
        ("No 5 Menu Close, behind Total filling station, Owerri", True),
        ("opposite First Bank Umuahia", True),
        ("ikeja", False),
        ("08031234567", False),
        ("aaaaaaaaaaaaaa aaaaaaaaaa", False),
        ("https://maps.app.goo.gl/abc123 ikeja", False),
        ("find paracetamol", False),
        ("track 12345", False),
    ],
)
def test_an_address_is_taken_when_a_rider_could_use_it(typed: str, taken: bool) -> None:
    play = a_customer()
    say(play, "add coartem", "checkout", "deliver")

    say(play, typed)

    assert (play.place.state == "choosing_payment") is taken


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ada Obi", "Ada Obi"),
        ("my name is chioma", "Chioma"),
        ("Bello", "Bello"),
        ("Sunday Friday", "Sunday Friday"),
        ("Blessing O'Neil-Ade", "Blessing O'Neil-Ade"),
        ("Ọlárónkẹ́ Adéṣínà", "Ọlárónkẹ́ Adéṣínà"),
        ("*Ada*", "Ada"),
        ("Dr. Ngozi", "Dr. Ngozi"),
    ],
)
def test_names_of_people_are_taken_as_they_are(typed: str, name: str) -> None:
    play = Play(FakeShop(customer=CustomerFacts(1, returning=True)))

    say(play, "register", typed)

    assert play.place.memory.get("name") == name


@pytest.mark.parametrize("typed", ["12345", "a", "x" * 80, "ada@example.com", "https://x.ng", "😀😀", "Ada 2"])
def test_what_is_no_name_is_asked_again(typed: str) -> None:
    play = Play(FakeShop(customer=CustomerFacts(1, returning=True)))

    say(play, "register", typed)

    assert play.place.state == "giving_name"


# ------------------------------------------------------------------------------------------------------------ the others


def test_unknown_and_foreign_orders_get_the_same_answer() -> None:
    unknown, foreign = say(a_customer(), "track 999999"), say(a_customer(), "track 700001")

    assert body(unknown).replace("999999", "N") == body(foreign).replace("700001", "N")


def test_a_password_is_removed_and_appears_in_no_answer_and_no_place() -> None:
    play = a_customer(registered=False, name="")

    turned = say(play, "register John Doe john@example.com Passw0rd1")

    assert named(turned, "forget_text") == [{}]
    assert "Passw0rd1" not in body(turned) + repr(play.place)


def test_the_bot_is_silent_while_a_person_has_the_thread() -> None:
    play = a_customer(with_agent=True)
    events: list[Event] = [Said("find paracetamol"), Said("1"), Tapped("cart"), Said("yes"), Happened("session_ended")]

    replies = [play.send(event).replies for event in events]

    assert replies == [()] * len(events)


def test_the_bot_comes_back_once_when_nobody_answers() -> None:
    play = a_customer()
    due = Happened("timer_due", {"kind": "agent_return"})
    say(play, "agent")

    first, second = play.send(due), play.send(due)

    assert not play.shop.customer.with_agent
    assert (len(first.replies), second.replies) == (1, ())


def test_a_voice_note_for_a_person_is_kept_for_that_person() -> None:
    play = a_customer(with_agent=True)

    turned = play.send(SentMedia("audio", "voice-1", "audio/ogg"))

    assert named(turned, "keep_media")[0]["purpose"] == "support"
    assert turned.replies == ()


def test_a_place_of_another_release_is_read_as_the_menu_level() -> None:
    play = a_customer()
    play.place = Place("diagnosis", "asking_age", {"age": 3})

    turned = say(play, "find coartem")

    assert "Coartem" in body(turned)


def test_events_of_flows_to_come_leave_the_place_alone() -> None:
    play = a_customer()
    say(play, "find paracetamol")
    before = play.place

    play.send(Happened("timer_due", {"kind": "appointment"}))

    assert play.place == before
