"""What waits for a customer: how it is released, what ends it, and who gets it when the customer is somebody else by now."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from models import base, customers
from tests.factories import a_customer
from tests.notices_world import World, sim, world  # noqa: F401 - fixtures

SHIPPED = "Your order 12345 is on its way. It is brought by Musa (contact: 0803 123 4567). Please keep your phone near you."
RECEIVED = "Your payment for order 12345 has been confirmed: we received ₦4,000 and will now prepare your order."


def aged(world: World, by: timedelta) -> None:
    world.rows("""UPDATE outbox SET "createdAt" = "createdAt" - %s, "expiresAt" = "expiresAt" - %s""", by, by)


def test_many_held_turns_do_not_flood_whoever_writes_again_the_newest_are_said(world: World) -> None:
    world.wrote(30)
    for number in range(8):
        world.happens(f"News {number}.", f"More of {number}.")
    world.writes()
    said = [text for number in range(3, 8) for text in (f"News {number}.", f"More of {number}.")]
    assert world.seen() == [*said, "You said: hello"]
    assert [status for _, status in world.states()[:6]] == ["expired"] * 6


def test_what_is_too_old_is_not_said_any_more_and_staff_find_it_with_its_reason(world: World) -> None:
    world.wrote(30)
    world.happens("Old news.")
    aged(world, timedelta(days=8))
    world.happens("New news.")
    world.writes()
    assert world.seen() == ["New news.", "You said: hello"]
    assert world.rows("SELECT reason FROM outbox WHERE status = 'expired'") == [("held for too long",)]


def test_what_is_about_money_is_said_however_old_and_however_many(world: World) -> None:
    world.wrote(30)
    world.sim.template("payment_received", status="PAUSED")
    for number in range(7):
        world.happens(f"Paid {number}.", kind="payment_received", parameters=(f"1000{number}", "₦4,000"))
    aged(world, timedelta(days=30))
    world.writes()
    assert world.seen() == [*(f"Paid {number}." for number in range(7)), "You said: hello"]


@pytest.mark.parametrize(("minutes", "said"), [(10, True), (40, False)])
def test_buttons_that_a_template_announced_are_shown_only_while_they_are_of_use(world: World, minutes: int, said: bool) -> None:
    world.wrote(30)
    world.happens("Choose another way.", kind="payment_not_started", parameters=("12345",), button="Flutterwave")
    world.pump()
    aged(world, timedelta(minutes=minutes))
    world.writes()
    assert ("Choose another way." in world.seen()) == said


def test_a_template_that_was_accepted_long_ago_counts_as_said(world: World) -> None:
    world.wrote(30)
    world.shipped()
    aged(world, timedelta(days=8))
    world.writes()
    assert world.states()[:2] == [("template", "accepted"), ("reply", "replaced")]


def test_a_notice_outlives_an_outage_of_hours_where_a_reply_does_not(world: World) -> None:
    world.wrote(1)
    world.sim.fault(http=500, times=None, match={"contains": "12345"})
    world.shipped()
    aged(world, timedelta(hours=6))
    world.sim.clear_faults()
    world.rows("""UPDATE outbox SET "nextTryAt" = now()""")
    world.sweep()
    assert world.seen() == ["Order 12345 left with Musa."]


def test_a_template_goes_to_the_number_the_customer_has_now(world: World) -> None:
    world.wrote(30)
    world.sim.fault(http=500, times=1)
    world.shipped()
    customers.change_number(base.connection(), world.customer, number="2348099999999", bsuid=None)
    world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    world.sweep()
    assert (world.seen("2348099999999"), world.seen()) == ([SHIPPED], [])


@pytest.mark.parametrize("when", ["before the template left", "before the status came", "after the template was held"])
def test_what_waits_for_a_customer_who_turned_out_to_be_another_is_theirs(world: World, when: str) -> None:
    world.wrote(2)
    world.sim.window(world.number, open=False)
    target = a_customer(number=None, bsuid="NG.1349120865530274")
    world.rows("""UPDATE conversations SET "lastInboundAt" = now() WHERE "customerId" = %s""", target)
    world.shipped()
    (row,) = world.ids()
    if when == "before the template left":
        world.sim.fault(http=500, times=1)
        world.hear(row, "failed", code=131047)
    elif when == "after the template was held":
        world.sim.fault(code=132001, http=400)
        world.hear(row, "failed", code=131047)
    with base.connection().transaction():
        customers.merge(base.connection(), source=world.customer, target=target)
    if when == "before the status came":
        world.hear(row, "failed", code=131047)
    world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    world.sweep()
    world.sweep()
    owners = {owner for (owner,) in world.rows("""SELECT "customerId" FROM outbox WHERE status <> 'failed'""")}
    assert owners == {target}
    if when != "after the template was held":
        assert world.seen().count(SHIPPED) == 1


def test_a_reply_found_closed_after_a_merge_waits_with_who_the_customer_is_now(world: World) -> None:
    target = a_customer(number=None, bsuid="NG.1349120865530275")
    world.wrote(2)
    world.happens("No template stands for this.")
    with base.connection().transaction():
        customers.merge(base.connection(), source=world.customer, target=target)
    world.hear(world.ids()[0], "failed", code=131047)
    assert world.rows("""SELECT "customerId", status FROM outbox""") == [(target, "held")]


def test_nothing_goes_to_a_number_that_is_somebody_elses_by_now(world: World) -> None:
    world.wrote(30)
    world.sim.fault(http=500, times=1)
    world.shipped()
    other = a_customer(number=None, bsuid="NG.9")
    world.rows("""UPDATE customer_identities SET "customerId" = %s WHERE value = %s""", other, world.number)
    world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    world.sweep()
    assert world.seen() == []
    assert world.states()[0] == ("template", "failed")


def test_notices_keep_their_order_behind_one_that_must_wait(world: World) -> None:
    world.wrote(30)
    world.sim.fault(http=500, times=1)
    world.happens("Paid.", kind="payment_received", parameters=("12345", "₦4,000"))
    world.shipped()
    assert world.seen() == []
    world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    world.sweep()
    assert world.seen() == [RECEIVED, SHIPPED]


def test_an_ordinary_reply_that_met_a_closed_window_waits_with_the_rest_of_its_turn(world: World) -> None:
    world.sim.window(world.number, open=False)
    world.sim.configure(window="sync")
    world.wrote(1)
    world.sim.window(world.number, open=False)
    world.happens("One.", "Two.")
    assert world.states() == [("reply", "held")] * 2
    world.writes()
    assert world.seen() == ["One.", "Two.", "You said: hello"]


def test_a_new_number_opens_no_window_and_releases_nothing(world: World) -> None:
    world.wrote(30)
    world.decided()
    world.rows(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload) VALUES ('whatsapp', 'wamid.sys', %s, 'system',
           '{"type": "system", "system": {"type": "user_changed_number", "wa_id": "2348098888888"}}')""",
        world.customer,
    )
    world.serve()
    world.shipped()
    assert world.states() == [("template", "accepted"), ("reply", "held")] * 2
    assert world.seen("2348098888888") == [SHIPPED]


def test_a_turn_costs_three_round_trips_in_the_window_and_outside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[str] = []
    real = psycopg.Connection.execute

    def counted(self: psycopg.Connection, query: str, *more: object, **options: object) -> object:
        statements.append(query)
        return real(self, query, *more, **options)

    world.writes()  # the connection is made
    monkeypatch.setattr(psycopg.Connection, "execute", counted)  # what leaves for the server is what is counted
    costs = []
    for hours in (1, 30):
        world.wrote(hours)
        world.shipped(serve=False)
        statements.clear()
        world.serve()
        costs.append(len(statements))
    world.rows("DELETE FROM outbox")
    world.writes(serve=False)
    statements.clear()
    world.serve()
    assert [*costs, len(statements)] == [3, 3, 3], statements


def test_a_reply_that_meets_a_closed_window_at_a_later_try_is_followed_by_its_template_at_once(world: World) -> None:
    world.wrote(2)
    world.sim.fault(http=500, times=1)
    world.shipped()
    world.sim.window(world.number, open=False)
    world.sim.configure(window="sync")
    world.rows("""UPDATE outbox SET "nextTryAt" = now()""")
    world.serve()
    assert world.states() == [("reply", "held"), ("template", "accepted")]


def test_a_late_failure_of_what_its_template_said_changes_nothing(world: World) -> None:
    world.wrote(2)
    world.sim.window(world.number, open=False)
    world.shipped()
    world.pump()
    (row,) = world.ids()
    world.hear(row, "failed", code=131026)
    assert world.states() == [("reply", "replaced"), ("template", "delivered")]
