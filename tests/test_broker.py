"""The broker stands on private parts of dramatiq: these tests say so when a release moves them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import dramatiq
import pytest
import redis
from dramatiq.message import Message

from worker import broker
from worker.messages import CONVERSE, DELIVER


@pytest.fixture
def sending(redis_url: str) -> Iterator[broker.BellBroker]:
    it = broker.connect(redis_url)
    yield it
    it.client.close()


def queued(it: broker.BellBroker, queue: str) -> list[dict[str, object]]:
    return [json.loads(data) for data in it.client.hgetall(f"dramatiq:{queue}.msgs").values()]


def test_a_hint_is_the_very_message_that_dramatiq_would_have_sent(sending: broker.BellBroker) -> None:
    broker.enqueue(CONVERSE, 7)
    sending.enqueue(Message(queue_name=CONVERSE.queue, actor_name=CONVERSE.actor, args=(7,), kwargs={}, options={}))
    ours, theirs = queued(sending, CONVERSE.queue)
    for message in (ours, theirs):
        for own in ("message_id", "message_timestamp"):
            assert message.pop(own)
        assert set(message["options"]) == {"redis_message_id"}
        del message["options"]
    assert ours == theirs
    assert sending.client.llen("dramatiq:inbound") == 2


def test_each_hint_rings_the_bell_and_the_bell_never_grows_long(sending: broker.BellBroker) -> None:
    for customer in range(broker.BELL_LENGTH + 10):
        broker.enqueue(DELIVER, customer)
    assert sending.client.llen("dramatiq:outbound:bell") == broker.BELL_LENGTH
    assert 0 < sending.client.ttl("dramatiq:outbound:bell") <= 60


def test_a_redis_that_began_anew_learns_the_script_again(sending: broker.BellBroker) -> None:
    broker.enqueue(CONVERSE, 1)
    sending.client.script_flush()
    broker.enqueue(CONVERSE, 2)
    assert broker.depths(("inbound",)) == {"inbound": 2}


def test_an_idle_consumer_hears_the_bell_at_once_and_not_after_its_timeout(sending: broker.BellBroker) -> None:
    consumer = sending.consume(CONVERSE.queue, prefetch=1, timeout=5000)
    heard: list[float] = []

    def listen() -> None:
        for message in consumer:
            if message is not None:
                heard.append(time.monotonic())
                consumer.ack(message)
                return

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(0.3)
    rung = time.monotonic()
    broker.enqueue(CONVERSE, 1)
    listener.join(10)
    assert heard
    assert heard[0] - rung < 2.0


def test_a_consumer_that_is_full_goes_on_when_a_message_is_acknowledged(sending: broker.BellBroker) -> None:
    consumer = sending.consume(CONVERSE.queue, prefetch=1, timeout=5000)
    broker.enqueue(CONVERSE, 1)
    broker.enqueue(CONVERSE, 2)
    first = next(m for m in consumer if m is not None)
    threading.Timer(0.2, consumer.ack, (first,)).start()
    began = time.monotonic()
    second = next(m for m in consumer if m is not None)
    assert time.monotonic() - began < 3.0
    assert [first.args, second.args] == [(1,), (2,)]


def test_a_lost_bell_costs_time_and_no_message(sending: broker.BellBroker) -> None:
    broker.enqueue(CONVERSE, 1)
    sending.client.delete("dramatiq:inbound:bell")
    consumer = sending.consume(CONVERSE.queue, prefetch=1, timeout=100)
    assert next(m for m in consumer if m is not None).args == (1,)


def test_a_redis_that_is_away_makes_a_hint_fail_quietly_and_a_send_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_away_until", 0.0)  # a failure of another test must not speak for this one
    broker.connect("redis://127.0.0.1:1/0")
    assert broker.hint_at(CONVERSE, 1) is False
    with pytest.raises(redis.RedisError):
        broker.enqueue(CONVERSE, 1)
    monkeypatch.setattr(broker, "_away_until", 0.0)


def test_the_broker_of_this_process_is_the_one_that_was_connected(sending: broker.BellBroker) -> None:
    assert dramatiq.get_broker() is sending
