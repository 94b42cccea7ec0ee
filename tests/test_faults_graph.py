"""WhatsApp is slow, refuses, or answers nobody hears: everything is answered once and in order all the same."""

from __future__ import annotations

import time

import pytest

from tests.children import wait_until
from tests.house import UNSURE_WAIT_S, House, house_at_rest, running  # noqa: F401 - fixtures

pytestmark = pytest.mark.house
HANGS_S = 4.0


def test_a_house_without_faults_answers_everybody_once_and_in_order(house_at_rest: House) -> None:
    house = house_at_rest
    house.settles(house.talk(house.people(4), each=5))


def test_refusals_that_pass_are_waited_out_without_loss_disorder_or_a_tight_loop(house_at_rest: House) -> None:
    house = house_at_rest
    rules = {
        "500": {"http": 500, "times": 1},
        "503 with Retry-After": {"http": 503, "retry_after": 2, "times": 1},
        "131000": {"code": 131000, "times": 1},
        "429": {"http": 429, "body": "slow down", "times": 1},
        "throughput": {"code": 130429, "http": 400, "times": 1},
        "reset before the work": {"cut": "before", "times": 1},
        "a byte at a time": {"drip_s": 0.005, "times": 1},
        "slow": {"delay_s": 1.2, "times": 2},
        "502 of a proxy, not sent": {"http": 502, "body": "<html>Bad Gateway</html>", "times": 1},
        "nothing": {"on": "upload"},
    }
    people = dict(zip(rules, house.people(len(rules)), strict=True))
    for name, number in people.items():
        house.sim.fault(match={"to": number}, **rules[name])
    began = time.time()
    said = house.talk(people.values(), each=3)
    house.settles(said)
    first = {name: house.sim.messages(number)[0]["at"] - began for name, number in people.items()}
    assert first["503 with Retry-After"] > 1.9, first
    assert first["500"] > 0.9, first
    tries = house.rows("""SELECT max(attempts) FROM outbox WHERE reason LIKE 'slow_down%%'""")[0][0]
    assert tries == 1, "waiting for a rate limit costs no attempt"


def test_a_customer_for_whom_everything_hangs_keeps_nobody_else_waiting(house_at_rest: House) -> None:
    house = house_at_rest
    stuck, *others = house.people(4)
    house.sim.fault(match={"to": stuck}, hang_s=HANGS_S, times=1)
    said = house.talk([stuck], each=2, wait=5)
    began = time.monotonic()
    easy = house.talk(others, each=3)
    for number in others:
        house.sim.messages(number, wait_for=3, timeout_s=2 * HANGS_S)
    assert time.monotonic() - began < HANGS_S
    house.settles(said + easy)


def test_a_message_refused_for_good_is_not_repeated_and_the_next_one_goes(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(3)
    for number, code in zip(people, (131026, 131051, 100), strict=True):
        house.sim.fault(match={"to": number}, code=code, times=1)
    refused = house.talk(people, wait=5)
    after = house.talk(people)
    house.drains(refused + after)
    for number, lost, heard in zip(people, refused, after, strict=True):
        texts = "\n".join(house.sim.texts(number))
        assert lost.word not in texts
        assert texts.count(heard.word) == 1
    ended = house.rows(
        """SELECT o.status, o.attempts, o."errorCode" FROM outbox o JOIN inbox i ON i.id = o."inboxId"
           WHERE i."externalId" = ANY(%s) AND o.status = 'failed' ORDER BY 3""",
        [s.id for s in refused],
    )
    assert ended == [("failed", 1, 100), ("failed", 1, 131026), ("failed", 1, 131051)]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_what_a_closed_window_held_back_goes_when_the_customer_writes_again(house_at_rest: House, way: str) -> None:
    house = house_at_rest
    number, other = house.people(2)
    if way == "sync":
        house.sim.fault(match={"to": number}, code=131047, times=1)
    else:
        house.sim.fault(match={"to": number}, failed_code=131047, times=1)
    held = house.tell(number, wait=5)
    wait_for_status(house, held.id, "held")
    easy = house.tell(other)
    again = house.tell(number)
    house.drains([held, again, easy])
    texts = house.sim.texts(number)
    assert sum(held.word in text for text in texts) == (1 if way == "sync" else 2)  # async: accepted once, and failed
    assert [w for text in texts[-2:] for w in (held.word, again.word) if w in text] == [held.word, again.word]


def wait_for_status(house: House, message_id: str, status: str) -> None:
    query = """SELECT count(*) FROM outbox o JOIN inbox i ON i.id = o."inboxId" WHERE i."externalId" = %s AND o.status = %s"""
    wait_until(lambda: house.rows(query, message_id, status)[0][0] == 1, f"a row that is {status}")


def test_a_lost_answer_is_settled_by_the_status_that_names_our_row_so_nobody_reads_twice(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(5)
    cut, mid, hung, late, gateway = people
    house.sim.fault(match={"to": cut}, cut="after", times=2)
    house.sim.fault(match={"to": mid}, cut="mid", times=1)
    house.sim.fault(match={"to": hung}, hang_s=1.0, hang_after=True, times=1)
    # The answer is lost and the status takes longer than the request did, and a second message comes in between.
    house.sim.fault(match={"to": late}, hang_s=UNSURE_WAIT_S + 0.3, hang_after=True, times=1)
    house.sim.fault(on="webhook", match={"to": late, "kind": "statuses"}, delay_s=UNSURE_WAIT_S + 1.3, times=2)
    house.sim.fault(match={"to": gateway}, delay_after_s=0.3, cut="after", times=1)
    said = house.talk(people, each=3)
    time.sleep(UNSURE_WAIT_S + 0.7)
    house.settles([*said, house.tell(late)])


def test_without_any_status_an_unsure_message_is_sent_again_and_never_lost(house_at_rest: House) -> None:
    house = house_at_rest
    house.sim.configure(statuses=False)
    try:
        number, other = house.people(2)
        house.sim.fault(match={"to": number}, cut="after", times=1)
        said = [house.tell(number), house.tell(number), house.tell(other)]
        house.settles(said, at_least_once=[said[0].word])
        assert sum(said[0].word in text for text in house.sim.texts(number)) == 2
    finally:
        house.sim.configure(statuses=True)


def test_a_token_that_ran_out_stops_all_sending_alarms_once_and_keeps_the_queue(house_at_rest: House) -> None:
    house = house_at_rest
    people = house.people(6)
    fault = house.sim.fault(code=190, http=401, times=None)
    said = house.talk(people[:1], wait=5)
    time.sleep(0.5)
    said += house.talk(people, each=3, wait=5)
    wait_until(lambda: used(house, fault) >= 2, "a probe after one closing of the circuit")
    time.sleep(0.5)
    assert used(house, fault) <= 2 + 6, "one probe at a time, not everybody's message at once"
    alarms = sum(w.output().count("ALARM whatsapp sender stopped") for w in house.workers)
    assert alarms == 1
    house.sim.clear_faults()
    house.settles(said)


def used(house: House, fault: int) -> int:
    """How many requests met this fault."""
    return int(next(each["used"] for each in house.sim.call("GET", "faults")["faults"] if each["id"] == fault))


def test_fifty_messages_of_one_person_are_paced_under_the_pair_limit_and_none_is_dropped(house_at_rest: House) -> None:
    house = house_at_rest
    number, elsewhere, other = house.people(3)
    house.sim.fault(match={"to": elsewhere}, code=131056, http=400, times=1)
    house.sim.configure(pair_limit=True)
    began = time.time()
    try:
        # Ours counts from when a message was written, WhatsApp from when it arrived: the first one arrives while nothing else is done.
        said = [house.tell(number)]
        house.sim.messages(number, wait_for=1, timeout_s=20)
        said += house.talk([number], each=45)
        refused = house.tell(elsewhere)
        easy = house.tell(other)
        house.sim.messages(other, wait_for=1, timeout_s=5.5)
        house.settles([*said, refused, easy])
        hit = house.rows("""SELECT DISTINCT "customerId" FROM outbox WHERE "errorCode" = 131056""")
        assert len(hit) == 1, "the pace keeps under the limit, so that only the one who was told so meets it"
        assert house.sim.messages(elsewhere)[0]["at"] - began > 5.9
    finally:
        house.sim.configure(pair_limit=False)
