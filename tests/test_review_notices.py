"""Notices against what goes wrong beside them: templates that are switched off, billing trouble, `stop` in the same breath, late news."""

from __future__ import annotations

import json

import pytest

from models import base, customers, outbox
from settings import current
from tests.notices_world import World, sim, world  # noqa: F401 - fixtures
from worker import house
from worker.flows import entry
from worker.flows.step import Outside, Step, Text

TURN = entry.turn
RECEIVED = {"kind": "payment_received", "parameters": ("12345", "₦4,000")}


def ages(world: World, days: float) -> None:
    world.rows(
        """UPDATE outbox SET "createdAt" = "createdAt" - %s * interval '1 day', "expiresAt" = "expiresAt" - %s * interval '1 day'""",
        days,
        days,
    )


def hears(world: World, name: str, about: str, **data: str) -> None:
    """An event of the house by its real name."""
    world.rows(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload) VALUES ('house', %s, %s, 'happened', %s)""",
        f"{name}:{about}",
        world.customer,
        json.dumps({"name": name, "data": data}),
    )
    world.serve()


def switched_off(world: World, monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    monkeypatch.setenv("WHATSAPP_TEMPLATE_NAMES", names)
    current.cache_clear()


@pytest.mark.parametrize("why", ["switched off", "filled wrongly"])
def test_news_of_money_without_a_template_is_said_however_old_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    world.wrote(30)
    if why == "switched off":
        switched_off(world, monkeypatch, "payment_received=")
        world.happens("We have your ₦4,000.", **RECEIVED)
    else:
        world.happens("We have your ₦4,000.", kind="payment_received", parameters=("12345", ""))
    ages(world, 40)

    world.writes()

    assert "We have your ₦4,000." in world.seen()


def test_news_of_money_without_a_template_outlives_an_outage_of_hours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    switched_off(world, monkeypatch, "payment_received=")
    world.wrote(1)
    outbox.stop_sender(base.connection(), current().whatsapp_phone_number_id, seconds=3600, reason="test")
    world.happens("We have your ₦4,000.", **RECEIVED)
    ages(world, 1)
    world.rows("DELETE FROM sender_state")

    world.serve()

    assert world.seen() == ["We have your ₦4,000."]


def test_a_template_that_may_not_be_billed_stops_neither_the_sender_nor_the_customer(world: World) -> None:
    world.wrote(30)
    world.sim.fault(match={"type": "template"}, code=131042)
    world.shipped()

    world.writes("hello")

    assert world.rows("SELECT count(*) FROM sender_state") == [(0,)]
    assert world.seen() == ["Order 12345 left with Musa.", "You said: hello"]


def test_a_stop_in_the_same_breath_keeps_a_template_about_something_else_back(world: World) -> None:
    world.wrote(30)
    told = {"from": world.number, "type": "system"}
    world.rows(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
           VALUES ('whatsapp', 'stop1', %s, 'user_preferences', %s)""",
        world.customer,
        json.dumps({"value": "stop", "category": "marketing_messages", **told}),
    )

    world.decided()

    assert world.seen() == []
    assert ("reply", "held") in world.states()


def test_a_stop_keeps_a_template_back_that_waits_to_be_sent(world: World) -> None:
    world.wrote(30)
    outbox.stop_sender(base.connection(), current().whatsapp_phone_number_id, seconds=3600, reason="test")
    world.decided()
    world.shipped()

    customers.set_marketing(world.customer, True, base.connection().execute("SELECT now()").fetchone()[0])
    world.rows("DELETE FROM sender_state")
    world.serve()

    assert [words.split(".")[0] for words in world.seen()] == ["Your order 12345 is on its way"]


def test_a_closed_window_heard_of_after_the_customer_wrote_again_is_no_reason_to_wait(world: World) -> None:
    world.wrote(2)
    world.happens("A first word.")
    row = world.ids()[0]
    world.writes("hello")

    world.hear(row, "failed", code=131047)

    assert world.states()[0] == ("reply", "accepted")
    assert world.seen().count("A first word.") == 2  # the simulator knows nothing of the failed status


def test_a_window_refused_although_the_customer_wrote_is_tried_once_and_not_for_ever(world: World) -> None:
    world.wrote(2)
    world.happens("A first word.")
    row = world.ids()[0]
    world.writes("hello")

    world.hear(row, "failed", code=131047)
    world.hear(row, "failed", code=131047, wamid="wamid.second")

    assert world.states()[0] == ("reply", "held")


def test_a_bug_in_sending_a_template_lets_go_what_it_stood_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.wrote(30)
    real = house.whatsapp().send

    def broken(payload: dict[str, object]) -> object:
        if payload["type"] == "template":
            world.writes("hello", serve=False)
            raise KeyError("a bug")
        return real(payload)

    monkeypatch.setattr(house.whatsapp(), "send", broken, raising=False)
    world.decided()
    world.serve()

    assert world.seen() == ["Your pharmacist said yes to Amoxil.", "You said: hello"]


def test_a_late_part_of_a_turn_that_its_template_says_is_not_said_beside_it(world: World) -> None:
    world.wrote(2)
    world.happens("It left.", "With Musa.", kind="order_shipped", parameters=("12345", "Musa", "0803 123 4567"))
    first, second = world.ids()
    world.hear(first, "failed", code=131047)
    world.writes("hello")
    before = world.seen()

    world.hear(second, "failed", code=131047, wamid="wamid.late")

    assert world.seen() == before
    assert dict(world.rows("SELECT id, status FROM outbox"))[second] == "held"


def test_a_refused_transfer_is_told_however_old_the_news_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.wrote(30)
    monkeypatch.setattr(entry, "turn", lambda place, event, facts: Step(place, (Text("Your transfer went back."),)))
    hears(world, "transfer_rejected", "1")
    ages(world, 40)

    world.writes()

    assert "Your transfer went back." in world.seen()


@pytest.mark.parametrize("name", ["prescription_decided", "prescription_question"])
def test_what_a_pharmacist_says_outside_the_window_is_announced_and_kept_for_the_customer(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world.wrote(30)
    said = (Text("About your prescription..."),)
    monkeypatch.setattr(entry, "turn", lambda place, event, facts: Step(place, said, outside=Outside(name)))
    hears(world, name, "1")

    assert world.states() == [("template", "accepted"), ("reply", "held")]


def test_that_a_session_ended_is_not_said_days_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.wrote(30)
    monkeypatch.setattr(entry, "turn", lambda place, event, facts: Step(place, (Text("I closed what was open."),)))
    hears(world, "session_ended", "7:3")

    assert world.states() == []


@pytest.mark.parametrize(("words", "stopped"), [(("stop", "start"), False), (("stop", "start", "stop"), True)])
def test_stop_and_start_in_one_breath_end_as_the_last_of_them_says(
    world: World, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], stopped: bool
) -> None:
    monkeypatch.setattr(entry, "turn", TURN)
    world.wrote(1)
    for each in words:
        world.writes(each, serve=False)

    world.serve()

    assert world.rows("""SELECT "marketingStoppedAt" IS NOT NULL FROM customers WHERE id = %s""", world.customer) == [(stopped,)]


@pytest.mark.parametrize("heard", [("delivered", "failed"), ("failed", "delivered"), ("sent", "failed", "read")])
def test_a_template_that_arrived_on_one_device_and_failed_on_another_arrived(world: World, heard: tuple[str, ...]) -> None:
    world.wrote(30)
    world.shipped()
    (template,) = world.ids("template")
    world.writes("hello", serve=False)

    world.hear(template, *heard, code=131026)
    world.serve()

    assert world.states()[:2] == [("template", heard[-1] if heard[-1] == "read" else "delivered"), ("reply", "replaced")]


def test_why_an_order_was_cancelled_is_said_however_many_other_news_wait(world: World) -> None:
    world.wrote(30)
    world.happens("Order 1 is cancelled. Your money goes back.", kind="order_cancelled", parameters=("1",))
    for number in range(2, 9):
        world.happens(f"Your pharmacist said yes to prescription {number}.", kind="prescription_decided")

    world.writes()

    assert "Order 1 is cancelled. Your money goes back." in world.seen()


def test_what_a_template_asked_to_reply_for_is_said_to_who_replies_after_a_fortnight(world: World) -> None:
    world.wrote(30)
    world.decided()
    world.hear(world.ids("template")[0], "delivered")
    ages(world, 14)

    world.writes("what is the answer?")

    assert "Your pharmacist said yes to Amoxil." in world.seen()


def test_where_the_rest_of_too_much_money_goes_is_said_although_the_template_confirmed_the_payment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.wrote(30)
    step = Outside("payment_received", ("12345", "₦4,500"))
    monkeypatch.setattr(entry, "turn", lambda place, event, facts: Step(place, (Text("₦500 goes back."),), outside=step))
    hears(world, "payment_received", "1", kind="overpaid")
    world.hear(world.ids("template")[0], "delivered")
    assert world.states()[1] == ("reply", "held")
