"""Real processes, killed between a closed window and the template that stands for it: one template, and the replies are not said."""

from __future__ import annotations

import json

import pytest

from tests.children import wait_until
from tests.house import House, house_at_rest, running  # noqa: F401 - fixtures

pytestmark = pytest.mark.house
PARAMETERS = ["12345", "Musa", "0803 123 4567"]


def news(house: House, number: str) -> None:
    """Something happened that this customer is to be told."""
    told = {"name": "news", "data": {"texts": ["It left.", "With Musa."], "kind": "order_shipped", "parameters": PARAMETERS}}
    house.rows(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, "receivedAt")
           SELECT 'house', 'news:' || value, "customerId", 'happened', %s, now() - interval '1 minute'
           FROM customer_identities WHERE value = %s""",
        json.dumps(told),
        number,
    )


def ends(house: House, number: str) -> list[tuple[str, int]]:
    """How the rows of the notice stand, and how often each was given to WhatsApp."""
    given = [int(message["biz_opaque_callback_data"]) for message in house.sim.messages(number)]
    rows = house.rows(
        """SELECT CASE WHEN o."standsFor" IS NULL THEN 'reply ' ELSE 'template ' END || o.status, o.id FROM outbox o
           JOIN inbox i ON i.id = o."inboxId" WHERE i."externalId" = %s ORDER BY o.id""",
        f"news:{number}",
    )
    return [(status, given.count(row_id)) for status, row_id in rows]


def test_workers_killed_around_a_template_lose_and_double_nothing(house_at_rest: House) -> None:
    house = house_at_rest
    for worker in list(house.workers):
        house.kill(worker)
    house.start_worker("tests.notices_worker")
    people = before, after, closed = house.people(3)
    house.settles(house.talk(people, wait=5))
    house.sim.configure(window="async")
    for number in people:
        house.sim.window(number, open=False)
    for number in (before, after):  # our clock knows it; for the third only WhatsApp does, by a failed status
        house.rows(
            """UPDATE conversations SET "lastInboundAt" = now() - interval '2 days' WHERE "customerId" =
               (SELECT "customerId" FROM customer_identities WHERE value = %s)""",
            number,
        )
    house.sim.fault(match={"to": before, "type": "template"}, delay_s=20, cut="before", times=1)
    house.sim.fault(match={"to": after, "type": "template"}, delay_after_s=20, times=1)
    house.sim.fault(match={"to": closed, "type": "template"}, delay_after_s=20, times=1)
    try:
        for number in people:
            news(house, number)
        for number in (after, closed):
            wait_until(lambda n=number: any(m["type"] == "template" for m in house.sim.messages(n)), "a template that left")
        wait_until(lambda: ("template sending", 0) in ends(house, before), "a template in flight")
        for worker in list(house.workers):
            house.kill(worker)
        house.start_worker("tests.notices_worker")
        by_clock = [("template delivered", 1), ("reply replaced", 0), ("reply replaced", 0)]
        wait_until(lambda: ends(house, before) == by_clock, "the template again")
        wait_until(lambda: ends(house, after) == by_clock, "its status")
        by_status = [("reply replaced", 1), ("reply replaced", 1), ("template delivered", 1)]
        wait_until(lambda: ends(house, closed) == by_status, "its status")
    finally:
        house.sim.configure(window="off")
        for worker in list(house.workers):
            house.kill(worker)
        house.start_worker()
        house.start_worker()
    house.settles(house.talk(people))
