"""Reminders outside the 24 hours: the template that stands for one, what `stop` leaves, and none that is said when it is too late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import customers
from models.base import unit
from tests.factories import NOW
from tests.notices_world import World, sim, world  # noqa: F401 - fixtures

VISIT = ("Dr Amaka Obi", "Tue 24 Nov, 14:00", "12 Allen Avenue")
SHOWN = "Reminder of your appointment: Dr Amaka Obi, on Tue 24 Nov, 14:00, at 12 Allen Avenue. Reply to this message to move or cancel it."


def aged(world: World, by: timedelta) -> None:
    world.rows("""UPDATE outbox SET "createdAt" = "createdAt" - %s, "expiresAt" = "expiresAt" - %s""", by, by)


def stopped(world: World) -> None:
    with unit(5):
        customers.set_marketing(world.customer, True, NOW)


def test_a_visit_is_reminded_of_by_template_and_not_said_again(world: World) -> None:
    world.wrote(30)
    world.happens("Reminder.", kind="visit_reminder", parameters=VISIT)
    world.pump()
    world.writes()
    assert world.seen() == [SHOWN, "You said: hello"]


@pytest.mark.parametrize(
    ("kind", "parameters", "goes"),
    [("visit_reminder", VISIT, True), ("refill_due", ("20 Dec",), False), ("prescription_waits", (), False)],
)
def test_stop_leaves_the_reminders_of_what_was_booked(world: World, kind: str, parameters: tuple[str, ...], goes: bool) -> None:
    world.wrote(30)
    stopped(world)
    world.happens("Reminder.", kind=kind, parameters=parameters)
    world.pump()
    assert bool(world.seen()) == goes


def test_stop_takes_back_no_reminder_of_a_visit_that_waits_to_be_sent(world: World) -> None:
    world.wrote(30)
    world.sim.fault(http=500, times=None)
    for kind, parameters in (("visit_reminder", VISIT), ("refill_due", ("20 Dec",))):
        world.happens("Reminder.", kind=kind, parameters=parameters)
    stopped(world)
    world.sim.clear_faults()
    world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    world.sweep()
    assert world.seen() == [SHOWN]


@pytest.mark.parametrize(("minutes", "said"), [(10, True), (60, False)])
def test_a_reminder_whose_template_is_switched_off_lapses(world: World, minutes: int, said: bool) -> None:
    world.wrote(30)
    world.sim.template("visit_reminder", status="PAUSED")
    world.happens("Reminder.", kind="visit_reminder", parameters=VISIT)
    world.pump()
    aged(world, timedelta(minutes=minutes))
    world.writes()
    assert ("Reminder." in world.seen()) == said
    assert bool(world.rows("SELECT id FROM outbox WHERE reason = 'of no use any more'")) != said
