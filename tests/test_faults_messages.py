"""Messages that come twice, late, out of order, broken or deadly: each is answered once, and none harms another."""

from __future__ import annotations

import time
from typing import Any

import pytest

from local.simulator import inbound, wire
from local.simulator.control import words
from tests.house import House, Said, enveloped, house_at_rest, running  # noqa: F401 - fixtures

pytestmark = pytest.mark.house
DAY_S = 24 * 3600
APOLOGY = "something went wrong on our side"


def update(said: Said, **more: Any) -> inbound.Update:
    return inbound.message(inbound.Sender(said.number), inbound.text(said.text), id=said.id, **more)


def test_the_same_message_in_parallel_in_one_batch_and_days_later_is_answered_once(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(4)
    said = [house.tell(number, copies=4) for number in people]
    batched = house.new(people[0])
    twice = wire.encode(enveloped([update(batched), update(batched)]))
    assert house.post_body(twice)[0] == 200
    house.settles([*said, batched])
    week_old = house.new(people[1])
    body = wire.encode(enveloped([update(week_old, at=time.time() - 6.9 * DAY_S)]))
    assert house.post_body(body)[0] == 200
    house.settles([*said, batched, week_old])
    for again in (twice, body):
        assert house.post_body(again)[0] == 200
    house.sim.fault(on="webhook", match={"kind": "statuses"}, duplicate=3, times=20)
    house.settles([*said, batched, week_old, *house.talk(people)])


def test_a_rightly_signed_webhook_older_than_meta_repeats_is_kept_and_never_handled(house_at_rest: House) -> None:
    house = house_at_rest
    replayed = house.new(house.people(1)[0])
    body = wire.encode(enveloped([update(replayed, at=time.time() - 8.1 * DAY_S)]))
    assert house.post_body(body)[0] == 200
    present = house.tell(replayed.number)
    house.settles([present])
    assert house.rows("""SELECT status, reason FROM inbox WHERE "externalId" = %s""", replayed.id) == [("stored", "too_old")]
    assert replayed.word not in "\n".join(house.sim.texts(replayed.number))


def test_webhooks_out_of_order_and_many_in_one_are_all_answered_once(house_at_rest: House) -> None:
    house = house_at_rest
    house.sim.fault(on="webhook", match={"kind": "messages"}, reorder=6, times=2, gather_s=0.5)
    house.sim.fault(on="webhook", match={"kind": "messages"}, batch=9, times=2, gather_s=0.5)
    house.sim.fault(on="webhook", match={"kind": "statuses"}, reorder=5, times=4, gather_s=0.5)
    house.settles(house.talk(house.people(5), each=6))


def test_odd_messages_are_stored_and_harm_neither_their_sender_nor_anybody_else(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(12)
    odd: list[dict[str, Any]] = [
        {"type": "text", "text": {"body": "nul \x00 and lone \ud800 surrogate"}},
        {"type": "text", "text": {"body": 7}},
        {"type": "text", "text": "no object"},
        {"type": "text"},
        {"type": ["text"], "text": {"body": "hi"}},
        {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "x" * 5000, "title": None}}},
        {"type": "hologram", "hologram": {"depth": 1e308}},
        {"type": "image", "image": {"id": {"deep": [[[[[1]]]]]}}},
        {"type": "location", "location": {"latitude": "NaN", "longitude": -1e400}},
        {"type": "text", "text": {"body": "w" * 70_000}},
        {"type": "contacts", "contacts": [None, 1, {"phones": "none"}]},
        {"type": "order", "order": {"product_items": [{"quantity": -1e9}]}},
    ]
    bodies = [
        wire.encode(enveloped([inbound.message(inbound.Sender(n), content, id=f"wamid.odd{n}")]))
        for n, content in zip(people, odd, strict=True)
    ]
    assert [house.post_body(body)[0] for body in bodies] == [200] * len(bodies)
    assert house.post_body(b'{"entry":[{"changes":[{"field":"messages","value":NaN}]}]}')[0] == 200
    house.settles(house.talk(people))
    kept = house.rows("""SELECT status, count(*) FROM inbox WHERE "externalId" LIKE 'wamid.odd%%' GROUP BY 1""")
    assert sum(count for _, count in kept) == len(odd)
    assert {status for status, _ in kept} <= {"done", "stored", "quarantined"}, kept


def test_two_people_who_claim_one_number_in_one_webhook_are_both_answered(house_at_rest: House) -> None:
    house = house_at_rest
    number = house.people(1)[0]
    pair = [house.new(number), house.new(number)]
    updates = [
        inbound.message(inbound.Sender(number, bsuid), inbound.text(said.text), id=said.id)
        for said, bsuid in zip(pair, ("NG.1349120865530274", "NG.9948120865530275"), strict=True)
    ]
    assert house.post_body(wire.encode(enveloped(updates)))[0] == 200
    house.drains(pair)
    assert house.states(pair) == {"done": 2}
    everything = "\n".join(words(message["body"]) for message in house.sim.messages())
    assert [everything.count(said.word) for said in pair] == [1, 1]


def test_a_message_that_always_fails_or_kills_its_process_is_set_aside_with_an_apology_and_the_next_goes_on(
    house_at_rest: House,
) -> None:
    house = house_at_rest
    for worker in list(house.workers):
        house.kill(worker)
        house.start_worker(EVENT_MAX_DEATHS="3")
    failing, deadly, *others = house.people(8)
    poison = [house.tell(failing, extra=" explode"), house.tell(deadly, extra=" perish")]
    after = [house.tell(failing), house.tell(deadly)]
    easy = [house.tell(number, extra=" dawdle") for number in others]  # in hand when the process ends
    house.drains(poison + after + easy, 45)
    house.settles(after + easy)
    assert house.states(poison) == {"failed": 2}
    for number, said in ((failing, after[0]), (deadly, after[1])):
        texts = [text for text in house.sim.texts(number) if APOLOGY in text or said.word in text]
        assert [APOLOGY in text for text in texts] == [True, False], texts
    tries = dict(house.rows("""SELECT "externalId", attempts FROM inbox WHERE status = 'failed'"""))
    assert 3 <= tries[poison[1].id] <= 4
    assert 5 <= tries[poison[0].id] <= 5 + tries[poison[1].id]  # five failures; beside the deadly one it is no failure of its own
    for worker in list(house.workers):
        house.kill(worker)
        house.start_worker()
