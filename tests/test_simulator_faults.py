"""Faults on demand: every documented error, broken connections, late answers, webhooks that go astray."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.simulator import errors
from local.simulator.config import Config
from local.simulator.control import Simulator, SimulatorError
from tests.test_simulator_webhooks import Door

Json = dict[str, Any]
CONFIG = Config()
ADA = "2348031234567"
http = urllib3.PoolManager(retries=False)

# Meta, support/error-codes, read 2026-11-22: the HTTP status documented for each code.
DOCUMENTED = {
    0: 401, 1: 400, 2: 503, 3: 500, 4: 400, 10: 403, 33: 400, 100: 400, 190: 401, 200: 403, 299: 403, 368: 403, 80007: 400,
    130429: 400, 130472: 400, 130497: 403, 131000: 500, 131005: 403, 131008: 400, 131009: 400, 131016: 500, 131021: 400,
    131026: 400, 131031: 403, 131037: 400, 131042: 400, 131045: 500, 131047: 400, 131048: 400, 131049: 400, 131050: 400,
    131051: 400, 131052: 400, 131053: 400, 131056: 400, 131057: 500, 132000: 400, 132001: 404, 132005: 400, 132007: 400,
    132012: 400, 132015: 400, 132016: 400, 132068: 400, 132069: 400, 133000: 500, 133004: 503, 133005: 400, 133006: 400,
    133008: 400, 133009: 400, 133010: 400, 133015: 400, 133016: 400, 134011: 400, 135000: 400,
}  # fmt: skip
WITHOUT_STATUS = (130403, 131030, 131055, 131060, 131062, 131063, 131064, 132008, 134100, 134101, 134102, 137000)


@pytest.fixture(scope="module")
def shared() -> Iterator[Simulator]:
    with Simulator.in_thread(window="off", statuses=False) as running:
        yield running
    http.clear()


@pytest.fixture
def sim(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


def send(sim: Simulator, body: str = "hello", *, to: str = ADA, timeout_s: float = 5.0) -> urllib3.BaseHTTPResponse:
    payload = {"messaging_product": "whatsapp", "to": f"+{to}", "type": "text", "text": {"body": body}}
    headers = {"Authorization": f"Bearer {CONFIG.access_token}"}
    return http.request(
        "POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/messages", json=payload, headers=headers, timeout=timeout_s
    )


# --------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("code", [*DOCUMENTED, *WITHOUT_STATUS])
def test_every_documented_error_can_be_asked_for(sim: Simulator, code: int) -> None:
    sim.fault(code=code, details="because", subcode=7)

    answer, after = send(sim), send(sim)

    error = answer.json()["error"]
    assert answer.status == DOCUMENTED.get(code, 400)
    assert (error["code"], error["error_subcode"], error["type"]) == (code, 7, "OAuthException")
    assert error["error_data"] == {"messaging_product": "whatsapp", "details": "because"}
    assert error["message"].startswith(f"(#{code}) ")
    assert after.status == 200
    assert sim.health()["accepted"] == 1


def test_the_table_of_errors_has_no_code_this_test_does_not_know() -> None:
    assert set(errors.CODES) == {*DOCUMENTED, *WITHOUT_STATUS, 2500}


def test_an_error_can_say_when_to_come_back_and_that_it_will_pass(sim: Simulator) -> None:
    sim.fault(code=130429, retry_after=7, http=429, transient=True)

    answer = send(sim)

    assert (answer.status, answer.headers["Retry-After"], answer.json()["error"]["is_transient"]) == (429, "7", True)


def test_an_edge_proxy_can_answer_in_html(sim: Simulator) -> None:
    sim.fault(http=502, body="<html>Bad Gateway</html>")

    answer = send(sim)

    assert (answer.status, answer.data, answer.headers["Content-Type"]) == (
        502,
        b"<html>Bad Gateway</html>",
        "text/html; charset=utf-8",
    )


def test_a_fault_bites_as_often_as_asked_and_only_whom_it_names(sim: Simulator) -> None:
    sim.fault(code=131000, times=2, match={"to": ADA, "contains": "ill"})

    statuses = [
        send(sim, words, to=to).status
        for words, to in (("ill", "2348030000001"), ("well", ADA), ("ill", ADA), ("ill", ADA), ("ill", ADA))
    ]

    assert statuses == [200, 200, 500, 500, 200]


def test_a_fault_without_end_lasts_until_it_is_cleared(sim: Simulator) -> None:
    sim.fault(code=190, times=None)
    during = [send(sim).status for _ in range(5)]

    sim.clear_faults()

    assert (during, send(sim).status) == ([401] * 5, 200)


# --------------------------------------------------------------------------------------------------- connections


def test_a_connection_cut_before_the_work_leaves_no_message(sim: Simulator) -> None:
    sim.fault(cut="before")

    with pytest.raises(urllib3.exceptions.ProtocolError):
        send(sim)

    assert sim.messages() == []


@pytest.mark.parametrize("cut", ["after", "mid"])
def test_a_connection_cut_after_the_work_leaves_the_message(sim: Simulator, cut: str) -> None:
    sim.fault(cut=cut)

    with pytest.raises(urllib3.exceptions.HTTPError):
        send(sim)

    assert [m["body"]["text"]["body"] for m in sim.messages()] == ["hello"]


def test_an_answer_can_come_late_before_or_after_the_work(sim: Simulator) -> None:
    sim.fault(delay_s=0.6)
    sim.fault(delay_after_s=0.15)
    began = time.monotonic()

    with pytest.raises(urllib3.exceptions.TimeoutError):
        send(sim, "late work", timeout_s=0.05)
    in_time = [m["body"]["text"]["body"] for m in sim.messages()]
    with pytest.raises(urllib3.exceptions.TimeoutError):
        send(sim, "late answer", timeout_s=0.05)

    assert in_time == []
    assert "late answer" in [m["body"]["text"]["body"] for m in sim.messages(wait_for=2)]
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("after", [False, True])
def test_a_call_can_hang(sim: Simulator, after: bool) -> None:
    sim.fault(hang_s=30, hang_after=after)

    with pytest.raises(urllib3.exceptions.TimeoutError):
        send(sim, timeout_s=0.1)

    assert len(sim.messages()) == int(after)


def test_an_answer_can_drip(sim: Simulator) -> None:
    sim.fault(drip_s=0.001)
    began = time.monotonic()

    answer = send(sim)

    assert (answer.status, answer.json()["messaging_product"]) == (200, "whatsapp")
    assert time.monotonic() - began > 0.1


def test_every_send_takes_the_latency_that_is_set(sim: Simulator) -> None:
    sim.configure(latency_s=0.1)
    began = time.monotonic()

    status = send(sim).status

    assert (status, 0.1 <= time.monotonic() - began < 5) == (200, True)


def test_reading_uploads_and_downloads_fail_apart_from_sends(sim: Simulator) -> None:
    sim.fault(on="read", code=131000)
    headers = {"Authorization": f"Bearer {CONFIG.access_token}"}
    payload = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}

    sent = send(sim).status
    read = http.request("POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/messages", json=payload, headers=headers).status

    assert (sent, read) == (200, 500)


@pytest.mark.parametrize(
    "rule", [{"on": "moon"}, {"cut": "sideways"}, {"colour": 1}, {"delay_s": "long"}, {"match": {"age": "3"}}, {"http": 99}]
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(sim: Simulator, rule: Json) -> None:
    with pytest.raises(SimulatorError) as refused:
        sim.fault(**rule)

    assert refused.value.status == 400
    assert sim.call("GET", "faults")["faults"] == []


# --------------------------------------------------------------------------------------------------- webhooks


@pytest.fixture
def door(sim: Simulator) -> Iterator[Door]:
    found = Door()
    sim.configure(webhook_url=found.url)
    yield found
    found.stop()


def words(door: Door) -> list[str]:
    return [m["text"]["body"] for m in door.of("messages")]


def test_a_webhook_can_come_several_times(sim: Simulator, door: Door) -> None:
    sim.fault(on="webhook", duplicate=3)
    sim.say(ADA, "hi")
    door.wait(lambda: len(door.requests) == 4)

    assert len({body for body, _ in door.requests}) == 1


def test_webhooks_can_arrive_backwards(sim: Simulator, door: Door) -> None:
    sim.fault(on="webhook", reorder=3, match={"kind": "messages"})
    for word in "abcd":
        sim.say(ADA, word)
    door.wait(lambda: len(words(door)) == 4)

    assert [w for w in words(door) if w != "d"] == ["c", "b", "a"]


def test_webhooks_can_arrive_in_one_batch(sim: Simulator, door: Door) -> None:
    sim.configure(statuses=True)
    sim.fault(on="webhook", batch=4, gather_s=5)
    sim.say(ADA, "a")
    sim.say("2348030000002", "b")
    send(sim)
    door.wait(lambda: len(door.requests) == 1)

    body = json.loads(door.requests[0][0])
    assert [len(c["value"].get("messages", [])) + len(c["value"].get("statuses", [])) for c in body["entry"][0]["changes"]] == [
        2,
        2,
    ]


def test_a_batch_that_does_not_fill_leaves_when_its_time_is_up(sim: Simulator, door: Door) -> None:
    sim.fault(on="webhook", batch=10, gather_s=0.1)
    sim.say(ADA, "a")
    sim.say(ADA, "b")
    door.wait(lambda: len(door.requests) == 1)

    assert words(door) == ["a", "b"]


def test_a_webhook_can_be_lost_or_late(sim: Simulator, door: Door) -> None:
    sim.fault(on="webhook", drop=True)
    sim.fault(on="webhook", delay_s=0.15)
    for word in ("lost", "late", "good"):
        sim.say(ADA, word)
    door.wait(lambda: len(words(door)) == 2)

    assert words(door) == ["good", "late"]


def test_statuses_of_one_kind_can_be_lost(sim: Simulator, door: Door) -> None:
    sim.configure(statuses=True)
    sim.fault(on="webhook", drop=True, match={"kind": "statuses", "status": "sent"})
    send(sim)
    door.wait(lambda: len(door.of("statuses")) == 1)

    assert [s["status"] for s in door.of("statuses")] == ["delivered"]


def test_an_accepted_message_can_fail_later_with_any_code(sim: Simulator, door: Door) -> None:
    sim.configure(statuses=True)
    sim.fault(failed_code=131026)
    status = send(sim).status
    door.wait(lambda: len(door.of("statuses")) == 1)

    assert (status, door.of("statuses")[0]["errors"][0]["code"]) == (200, 131026)


# --------------------------------------------------------------------------------------------------- the simulator itself


def test_a_reset_forgets_people_messages_faults_and_settings(sim: Simulator) -> None:
    sim.configure(latency_s=0.01)
    sim.fault(code=190, times=None)
    sim.say(ADA, "hi")

    sim.reset()

    assert (send(sim).status, sim.health()["accepted"], sim.health()["customers"]) == (200, 1, 1)


def test_messages_can_be_waited_for_and_paged(sim: Simulator) -> None:
    for i in range(5):
        send(sim, str(i))

    first = sim.call("GET", "messages?limit=2")
    rest = sim.call("GET", f"messages?after={first['last']}")

    assert [m["body"]["text"]["body"] for m in first["messages"] + rest["messages"]] == list("01234")
    with pytest.raises(TimeoutError, match="5 of 6"):
        sim.messages(ADA, wait_for=6, timeout_s=0.1)


def test_memory_is_bounded(shared: Simulator) -> None:
    with Simulator.in_thread(window="off", statuses=False, keep_messages=10, keep_customers=5, keep_chat=3) as small:
        for i in range(30):
            send(small, str(i), to=f"23480300000{i % 10:02d}")

        health = small.health()
        kept = [m["body"]["text"]["body"] for m in small.messages()]

    assert (health["accepted"], health["kept"], health["customers"]) == (30, 10, 5)
    assert kept == [str(i) for i in range(20, 30)]


@pytest.mark.parametrize(
    "raw",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n",
        b"A" * 40_000,
    ],
)
def test_bytes_that_are_no_request_are_refused(sim: Simulator, raw: bytes) -> None:
    host, port = sim.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(raw)
        answer = connection.recv(200)

    assert answer.startswith(b"HTTP/1.1 4")
    assert sim.health()["status"] == "ok"


def test_requests_may_come_in_pieces_and_in_chunks(sim: Simulator) -> None:
    host, port = sim.url.removeprefix("http://").split(":")
    body = b'{"number":"2348031234567","text":"hi"}'
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for piece in (
            b"POST /_sim/say HT",
            b"TP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Enc",
            b"oding: chunked\r\n\r\n5\r\n" + body[:5],
            b"\r\n",
        ):
            connection.sendall(piece)
            time.sleep(0.01)
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - 5, body[5:]))
        answer = connection.recv(500)

    assert answer.startswith(b"HTTP/1.1 200")


def test_a_simulator_of_its_own_process_ends_with_its_owner(tmp_path: Path) -> None:
    sim = Simulator.start(window="off")
    process = sim.process
    assert process is not None
    assert send(sim).status == 200

    sim.stop()

    assert process.returncode == 0


def test_a_setting_that_does_not_exist_stops_the_start_with_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="windows is not a setting"):
        Simulator.start(windows="off")
