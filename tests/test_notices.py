"""What the house says of its own accord reaches a customer inside the 24-hour window and outside, once, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notices_world import World, sim, world  # noqa: F401 - fixtures

SHIPPED = "Your order 12345 is on its way. It is brought by Musa (contact: 0803 123 4567). Please keep your phone near you."
LEFT = "Order 12345 left with Musa."
LOOKED = "A pharmacist has looked at the prescription you sent us. Reply to this message to read the answer."
YES = "Your pharmacist said yes to Amoxil."


def alarms(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What Sentry would be told."""
    from worker import sentry

    told: list[Any] = []
    monkeypatch.setattr(sentry, "tell", lambda error, **ids: told.append(ids.get("fingerprint")))
    monkeypatch.setattr(sentry, "alarm", lambda name, **ids: told.append((name, ids.get("code"))))
    return told


def test_inside_the_window_the_replies_go_and_no_template(world: World) -> None:
    world.wrote(1)
    world.shipped()
    assert world.seen() == [LEFT]
    assert world.states() == [("reply", "accepted")]


def test_outside_by_our_own_clock_the_template_goes_in_their_place_and_whatsapp_is_asked_once(world: World) -> None:
    world.wrote(30)
    world.shipped(button="Track")
    assert world.seen() == [SHIPPED]
    assert world.sim.health()["accepted"] == 1
    assert world.states() == [("template", "accepted"), ("reply", "held"), ("reply", "held")]


def test_the_last_minutes_of_the_window_count_as_closed(world: World) -> None:
    world.wrote(23.95)
    world.shipped()
    assert world.seen() == [SHIPPED]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_window_that_whatsapp_finds_closed_sends_the_template_once_and_holds_the_replies(world: World, way: str) -> None:
    world.wrote(2)
    world.sim.window(world.number, open=False)
    world.sim.configure(window=way)
    world.shipped(button="Track")
    world.pump()
    assert world.seen() == [SHIPPED]
    assert world.states() == [("reply", "replaced"), ("reply", "replaced"), ("template", "delivered")]
    accepted = world.sim.health()["accepted"]
    assert accepted == (1 if way == "sync" else 3)  # a synchronous refusal keeps the second reply from being tried


def test_closed_windows_heard_of_twice_in_any_number_of_receipts_make_one_template(world: World) -> None:
    world.wrote(2)
    event = world.shipped(button="Track")
    first, second = world.ids()
    for row in (second, first, second):
        world.hear(row, "failed", code=131047)
    world.hear(first, "sent", "failed", code=131047)
    assert world.rows("""SELECT "standsFor" FROM outbox WHERE "standsFor" IS NOT NULL""") == [(event,)]
    assert world.seen().count(SHIPPED) == 1


def test_a_delivery_is_not_undone_by_a_late_131047_and_no_template_is_made(world: World) -> None:
    world.wrote(2)
    world.shipped()
    (row,) = world.ids()
    world.hear(row, "delivered")
    world.hear(row, "failed", code=131047)
    assert world.states() == [("reply", "delivered")]


def test_what_a_template_said_is_not_said_again_when_the_customer_writes(world: World) -> None:
    world.wrote(30)
    world.shipped(button="Track")
    world.pump()
    assert world.states()[1:] == [("reply", "replaced")] * 2
    world.writes()
    assert world.seen() == [SHIPPED, "You said: hello"]


def test_what_a_template_only_announced_follows_when_the_customer_writes(world: World) -> None:
    world.wrote(30)
    world.decided()
    world.pump()
    world.writes()
    assert world.seen() == [LOOKED, YES, "You said: hello"]


def test_a_customer_who_writes_before_the_template_left_gets_the_replies_and_never_the_template(world: World) -> None:
    world.wrote(2)
    world.shipped()
    world.sim.window(world.number, open=False)
    (row,) = world.ids()
    world.sim.fault(http=500, times=1)
    world.hear(row, "failed", code=131047)  # the template's first try fails and waits
    world.writes()
    world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    world.sweep()
    assert world.states()[:2] == [("reply", "accepted"), ("template", "replaced")]
    assert world.seen() == [LEFT, LEFT, "You said: hello"]  # the first was taken, and failed by its status


def test_a_template_of_unknown_fate_keeps_its_replies_back_until_it_is_known(world: World) -> None:
    world.wrote(30)
    world.shipped()
    (template,) = world.ids("template")
    world.writes()
    assert world.states()[:2] == [("template", "accepted"), ("reply", "held")]
    world.hear(template, "delivered")
    assert world.states()[:2] == [("template", "delivered"), ("reply", "replaced")]
    assert world.seen() == [SHIPPED, "You said: hello"]


def test_a_template_that_fails_after_the_customer_wrote_lets_its_replies_go_at_once(world: World) -> None:
    world.wrote(30)
    world.shipped()
    (template,) = world.ids("template")
    world.writes()
    world.hear(template, "failed", code=131026)
    assert world.states()[:2] == [("template", "failed"), ("reply", "accepted")]


@pytest.mark.parametrize("code", [132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 131026, 131049])
def test_a_template_that_is_refused_leaves_the_replies_until_the_customer_writes(world: World, code: int) -> None:
    world.wrote(30)
    world.sim.fault(code=code, http=400, match={"type": "template"})
    world.shipped()
    assert world.states() == [("template", "failed"), ("reply", "held")]
    world.writes()
    assert world.seen() == [LEFT, "You said: hello"]


def test_a_paused_template_is_one_alarm_and_one_call_a_notice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = alarms(monkeypatch)
    world.wrote(30)
    world.sim.template("order_shipped", status="PAUSED")
    for number in range(4):
        world.shipped(f"1000{number}")
    world.sweep()
    assert told == [("whatsapp", "template", "order_shipped", "132015")]
    assert world.rows("SELECT kind, code, refused FROM template_troubles") == [("order_shipped", 132015, 4)]
    assert world.states() == [("template", "failed"), ("reply", "held")] * 4


def test_an_alarm_of_a_failed_status_comes_once_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = alarms(monkeypatch)
    world.wrote(30)
    for number in range(3):
        world.shipped(f"1000{number}")
        world.hear(world.ids("template")[-1], "failed", code=132016)
    assert told == [("template order_shipped refused", "132016")]


def test_without_a_template_what_is_said_outside_the_window_waits_and_whatsapp_is_not_asked(world: World) -> None:
    world.wrote(30)
    world.happens("Only when you write.")
    assert world.states() == [("reply", "held")]
    assert world.sim.health()["accepted"] == 0
    world.writes()
    assert world.seen() == ["Only when you write.", "You said: hello"]


def test_a_template_filled_wrongly_is_told_and_the_replies_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = alarms(monkeypatch)
    world.wrote(30)
    world.happens("Left.", kind="order_shipped", parameters=("12345", "", "x"))
    assert told == [("notice", "unfit", "order_shipped")]
    assert world.states() == [("reply", "held")]


def test_a_template_switched_off_makes_the_replies_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from settings import current

    monkeypatch.setenv("WHATSAPP_TEMPLATE_NAMES", "order_shipped=")
    current.cache_clear()
    world.wrote(30)
    world.shipped()
    assert world.states() == [("reply", "held")]


@pytest.mark.parametrize("ours", [True, False], ids=["by our clock", "by WhatsApp's"])
def test_a_customer_who_said_stop_gets_templates_about_orders_and_no_others(world: World, ours: bool) -> None:
    world.wrote(30 if ours else 2)
    world.sim.window(world.number, open=False)
    world.sim.configure(window="sync")
    world.rows("""UPDATE customers SET "marketingStoppedAt" = now() WHERE id = %s""", world.customer)
    world.decided()
    world.shipped()
    assert world.seen() == [SHIPPED]
    assert world.states().count(("template", "accepted")) == 1


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_refusal_because_marketing_was_stopped_is_noted_with_the_customer(world: World, way: str) -> None:
    world.wrote(30)
    if way == "sync":
        world.sim.fault(code=131050, http=400)
    world.shipped()
    if way == "async":
        world.hear(world.ids("template")[0], "failed", code=131050)
    stopped = world.rows("""SELECT "marketingStoppedAt" IS NOT NULL FROM customers WHERE id = %s""", world.customer)
    assert (stopped, world.states()) == ([(True,)], [("template", "failed"), ("reply", "held")])
