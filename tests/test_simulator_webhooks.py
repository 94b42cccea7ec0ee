"""What the simulator posts to the webhook: exact bytes, every kind of message, statuses, repeats."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from local.simulator import inbound, wire
from local.simulator.config import Config
from local.simulator.control import Simulator, SimulatorError
from local.simulator.inbound import Sender

Json = dict[str, Any]
CONFIG = Config()
ADA = "2348031234567"
BSUID = "NG.1349120865530274"


class Door:
    """A webhook that keeps what comes: raw bodies, headers, values; answers with `statuses` one after another, then 200."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, dict[str, str]]] = []
        self.arrived: list[float] = []
        self.statuses: list[int] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                door.arrived.append(time.monotonic())
                door.requests.append((body, {k.lower(): v for k, v in self.headers.items()}))
                self.send_response(door.statuses.pop(0) if door.statuses else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"OK")

            def do_GET(self) -> None:
                challenge = self.path.partition("hub.challenge=")[2].partition("&")[0]
                good = "hub.verify_token=right" in self.path
                self.send_response(200 if good else 403)
                self.send_header("Content-Length", str(len(challenge) if good else 0))
                self.end_headers()
                self.wfile.write(challenge.encode() if good else b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def values(self) -> list[Json]:
        found = [json.loads(body) for body, _ in self.requests]
        return [change["value"] for body in found for entry in body["entry"] for change in entry["changes"]]

    def of(self, kind: str) -> list[Json]:
        return [item for value in self.values() for item in value.get(kind, ())]

    def wait(self, enough: Callable[[], bool], timeout_s: float = 5.0) -> None:
        ends = time.monotonic() + timeout_s
        while not enough():
            assert time.monotonic() < ends, self.values()
            time.sleep(0.01)


@pytest.fixture
def door() -> Iterator[Door]:
    found = Door()
    yield found
    found.stop()


@pytest.fixture
def sim(door: Door) -> Iterator[Simulator]:
    settings = {"sent_after_s": 0.01, "delivered_after_s": 0.03, "read_after_s": 0.03, "webhook_retry_s": 0.03}
    with Simulator.in_thread(webhook_url=door.url, **settings) as running:
        yield running


def send(sim: Simulator, **content: Any) -> str:
    content = content if "type" in content else {"type": "text", "text": {"body": "hello"}, **content}
    payload = {"messaging_product": "whatsapp", "to": f"+{ADA}", **content}
    headers = {"Authorization": f"Bearer {CONFIG.access_token}"}
    with urllib3.PoolManager(retries=False) as http:
        answer = http.request("POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/messages", json=payload, headers=headers)
    assert answer.status == 200, answer.data
    return str(answer.json()["messages"][0]["id"])


# --------------------------------------------------------------------------------------------------- bytes


def test_the_wire_form_is_metas_to_the_byte() -> None:
    told = wire.encode({"a/b": "é/\U0001f48a", "c": [1, None, True], "d": "\ud83d"})

    assert told == b'{"a\\/b":"\\u00e9\\/\\ud83d\\udc8a","c":[1,null,true],"d":"\\ud83d"}'


def test_a_posted_message_is_signed_over_its_exact_bytes(sim: Simulator, door: Door) -> None:
    sim.say(ADA, "paracétamol / \U0001f48a", wait=5, name="Adé")

    body, headers = door.requests[0]
    expected = hmac.new(CONFIG.app_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    assert headers["user-agent"] == "facebookexternalua"
    assert headers["content-type"] == "application/json"
    assert body.isascii()
    assert b"parac\\u00e9tamol \\/ \\ud83d\\udc8a" in body
    assert b'": ' not in body
    assert json.loads(body)["object"] == "whatsapp_business_account"


# --------------------------------------------------------------------------------------------------- inbound kinds

KINDS: dict[str, tuple[Json, Callable[[Json], bool]]] = {
    "text": (inbound.text("hi"), lambda m: m["text"] == {"body": "hi"}),
    "image": (inbound.image("1", "cap"), lambda m: m["image"]["caption"] == "cap" and len(m["image"]["sha256"]) == 44),
    "image without caption": (inbound.image("1"), lambda m: "caption" not in m["image"]),
    "document": (inbound.document("1", "a.pdf"), lambda m: m["document"]["filename"] == "a.pdf"),
    "voice note": (inbound.audio("1"), lambda m: m["type"] == "audio" and m["audio"]["voice"] is True),
    "old voice note": (inbound.legacy_voice("1"), lambda m: m["type"] == "voice"),
    "video": (inbound.video("1"), lambda m: m["video"]["mime_type"] == "video/mp4"),
    "sticker": (inbound.sticker("1"), lambda m: m["sticker"]["animated"] is False),
    "location": (
        inbound.location(6.5, 3.3, "Yaba"),
        lambda m: m["location"]["name"] == "Yaba" and "address" not in m["location"],
    ),
    "contact": (inbound.contacts("Ada", ["+234 803"], requested=True), lambda m: m["contacts"][0]["origin"] == "contact_request"),
    "button reply": (inbound.button_reply("a", "A"), lambda m: m["interactive"]["button_reply"] == {"id": "a", "title": "A"}),
    "list reply": (inbound.list_reply("a", "A", "d"), lambda m: m["interactive"]["list_reply"]["description"] == "d"),
    "flow reply": (inbound.nfm_reply({"x": 1}), lambda m: m["interactive"]["nfm_reply"]["response_json"] == '{"x": 1}'),
    "broken flow reply": (inbound.nfm_reply(raw="{"), lambda m: m["interactive"]["nfm_reply"]["response_json"] == "{"),
    "call permission": (inbound.call_permission_reply(), lambda m: m["interactive"]["type"] == "call_permission_reply"),
    "template button": (inbound.button("Yes", "yes"), lambda m: m["button"] == {"payload": "yes", "text": "Yes"}),
    "reaction": (inbound.reaction("wamid.x"), lambda m: m["reaction"]["emoji"] == "\U0001f44d"),
    "reaction taken back": (inbound.reaction("wamid.x", None), lambda m: "emoji" not in m["reaction"]),
    "basket": (inbound.order([("sku", 2, 10.5)]), lambda m: m["order"]["product_items"][0]["quantity"] == 2),
    "number changed": (inbound.system("changed", wa_id="1"), lambda m: m["system"]["type"] == "user_changed_number"),
    "unsupported": (inbound.unsupported(), lambda m: m["errors"][0]["code"] == 131051),
    "edit": (inbound.edit("wamid.x", inbound.text("new")), lambda m: m["edit"]["original_message_id"] == "wamid.x"),
    "revoke": (inbound.revoke("wamid.x"), lambda m: m["revoke"]["original_message_id"] == "wamid.x"),
    "first opening": (inbound.request_welcome(), lambda m: m["type"] == "request_welcome"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_inbound_message_is_made_in_metas_shape(name: str) -> None:
    content, holds = KINDS[name]

    body = inbound.envelope([inbound.message(Sender(ADA), content, at=1_790_000_000)])

    value = body["entry"][0]["changes"][0]["value"]
    message = value["messages"][0]
    assert value["metadata"] == {"display_phone_number": CONFIG.display_number, "phone_number_id": CONFIG.phone_number_id}
    assert (message["from"], message["timestamp"]) == (ADA, "1790000000")
    assert message["id"].startswith("wamid.")
    assert holds(message), message
    assert ("contacts" in value) == (name not in ("number changed", "first opening"))
    assert "statuses" not in value


FORMS: dict[str, tuple[Sender, Json]] = {
    "number": (Sender(ADA), {"from": ADA}),
    "number and user id": (Sender(ADA, BSUID), {"from": ADA, "from_user_id": BSUID}),
    "user id alone": (Sender("", BSUID), {"from_user_id": BSUID}),
    "empty from": (Sender("", BSUID, from_form="empty"), {"from": "", "from_user_id": BSUID}),
    "user id in from": (Sender("", BSUID, from_form="bsuid"), {"from": BSUID, "from_user_id": BSUID}),
    "known number left out": (Sender(ADA, BSUID, from_form="missing"), {"from_user_id": BSUID}),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_customer_is_named_in_each_of_the_forms_seen(name: str) -> None:
    sender, expected = FORMS[name]

    update = inbound.message(sender, inbound.text("hi"))

    assert {k: v for k, v in update.payload.items() if k.startswith("from")} == expected
    contact = update.contact or {}
    assert contact.get("wa_id") == expected.get("from")
    assert contact.get("user_id") == expected.get("from_user_id")


def test_a_group_an_advert_and_a_forward_are_marked_on_the_message() -> None:
    update = inbound.message(Sender(ADA), inbound.text("hi"), group_id="g", referral=inbound.referral(), forwarded=True)

    assert update.payload["group_id"] == "g"
    assert update.payload["referral"]["source_type"] == "ad"
    assert update.payload["context"] == {"forwarded": True}


def test_one_post_can_hold_messages_statuses_and_other_fields() -> None:
    updates = [inbound.message(Sender(ADA), inbound.text(str(i))) for i in range(3)]
    updates += [inbound.status("wamid.x", "sent", number=ADA), inbound.change("account_update", {"event": "X"})]

    changes = inbound.envelope(updates)["entry"][0]["changes"]

    assert [c["field"] for c in changes] == ["messages", "messages", "account_update"]
    assert len(changes[0]["value"]["messages"]) == 3
    assert len(changes[0]["value"]["contacts"]) == 1
    assert changes[1]["value"]["statuses"][0]["pricing"]["type"] == "free_customer_service"


# --------------------------------------------------------------------------------------------------- statuses


def test_an_accepted_message_is_reported_sent_delivered_and_read_with_our_own_data(sim: Simulator, door: Door) -> None:
    sim.say(ADA, "hi", wait=5)
    message_id = send(sim, biz_opaque_callback_data="row-17")
    door.wait(lambda: len(door.of("statuses")) == 2)
    assert sim.seen(ADA) == 1
    door.wait(lambda: len(door.of("statuses")) == 3)

    statuses = door.of("statuses")
    assert [s["status"] for s in statuses] == ["sent", "delivered", "read"]
    assert {s["id"] for s in statuses} == {message_id}
    assert {s["biz_opaque_callback_data"] for s in statuses} == {"row-17"}
    assert {s["recipient_id"] for s in statuses} == {ADA}
    assert statuses[0]["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "category": "service",
        "type": "free_customer_service",
    }
    assert "conversation" not in statuses[0]


def test_statuses_of_a_customer_without_a_number_name_the_user_id(sim: Simulator, door: Door) -> None:
    sim.say(bsuid=BSUID, text="hi", wait=5)
    send(sim, to=None, recipient=BSUID)
    door.wait(lambda: len(door.of("statuses")) == 2)

    assert {s.get("recipient_user_id") for s in door.of("statuses")} == {BSUID}
    assert not any("recipient_id" in s for s in door.of("statuses"))


def test_outside_the_window_a_message_is_accepted_and_fails_later(sim: Simulator, door: Door) -> None:
    message_id = send(sim)
    door.wait(lambda: len(door.of("statuses")) == 1)

    failed = door.of("statuses")[0]
    assert (failed["id"], failed["status"], failed["errors"][0]["code"]) == (message_id, "failed", 131047)
    assert failed["errors"][0]["error_data"]["details"]
    assert sim.messages(ADA)[0]["status"] == "failed"


def test_a_window_opens_with_a_message_and_can_be_closed_again(sim: Simulator, door: Door) -> None:
    sim.say(ADA, "hi", wait=5)
    send(sim)
    sim.window(ADA, open=False)
    send(sim)
    door.wait(lambda: len(door.of("statuses")) == 3)

    assert [m["status"] for m in sim.messages(ADA)] == ["delivered", "failed"]


def test_a_reaction_is_reported_sent_and_nothing_more(sim: Simulator, door: Door) -> None:
    theirs = sim.say(ADA, "hi", wait=5)
    send(sim, type="reaction", reaction={"message_id": theirs, "emoji": "\U0001f44d"})
    door.wait(lambda: len(door.of("statuses")) == 1)
    time.sleep(0.1)

    assert [s["status"] for s in door.of("statuses")] == ["sent"]


def test_statuses_can_be_switched_off_and_sent_by_hand(sim: Simulator, door: Door) -> None:
    sim.configure(statuses=False, window="off")
    message_id = send(sim)
    time.sleep(0.1)
    assert door.of("statuses") == []

    sim.status(message_id, "failed", 131026)
    door.wait(lambda: len(door.of("statuses")) == 1)

    assert door.of("statuses")[0]["errors"][0]["code"] == 131026


def test_reading_always_needs_no_phone(sim: Simulator, door: Door) -> None:
    sim.configure(read="always", window="off")
    send(sim)
    door.wait(lambda: len(door.of("statuses")) == 3)

    assert sim.messages(ADA)[0]["status"] == "read"


# --------------------------------------------------------------------------------------------------- delivery


def test_a_refused_webhook_comes_again_at_once_and_then_less_often(sim: Simulator, door: Door) -> None:
    door.statuses = [500, 403, 301, 204]
    sim.say(ADA, "hi", wait=5)

    gaps = [b - a for a, b in zip(door.arrived, door.arrived[1:], strict=False)]
    assert len(door.requests) == 5
    assert len({body for body, _ in door.requests}) == 1
    assert gaps[0] < 0.03
    assert gaps[1] < gaps[2] < gaps[3]


def test_a_webhook_is_given_up_after_the_last_repeat(sim: Simulator, door: Door) -> None:
    sim.configure(webhook_retries=2)
    door.statuses = [500] * 10

    with pytest.raises(SimulatorError, match="did not take"):
        sim.say(ADA, "hi", wait=5)

    assert len(door.requests) == 3
    assert sim.webhooks()["given_up"] == 1


def test_a_door_that_is_not_there_is_tried_again_until_it_is(door: Door) -> None:
    with Simulator.in_thread(webhook_url="http://127.0.0.1:9/webhook", webhook_retry_s=0.05) as sim:
        sim.say(ADA, "hi")
        sim.configure(webhook_url=door.url)
        door.wait(lambda: len(door.of("messages")) == 1)

        assert sim.webhooks()["refused"] >= 1


def test_the_messages_of_one_customer_arrive_in_order(sim: Simulator, door: Door) -> None:
    for i in range(30):
        sim.say(ADA, str(i))
    door.wait(lambda: len(door.of("messages")) == 30)

    assert [m["text"]["body"] for m in door.of("messages")] == [str(i) for i in range(30)]


def test_waiting_updates_are_batched_when_asked(sim: Simulator, door: Door) -> None:
    sim.configure(webhook_batch=50)
    for i in range(60):
        sim.say(ADA, str(i))
    door.wait(lambda: len(door.of("messages")) == 60)

    assert len(door.requests) <= 60
    assert [m["text"]["body"] for m in door.of("messages")] == [str(i) for i in range(60)]


def test_any_body_can_be_delivered_with_any_signature(sim: Simulator, door: Door) -> None:
    odd = sim.deliver({"object": "page", "entry": []})
    unsigned = sim.deliver(raw='{"a": 1}', signature=None)
    forged = sim.deliver(raw="not json", signature="sha256=00")

    assert [odd["status"], unsigned["status"], forged["status"]] == [200, 200, 200]
    assert [body for body, _ in door.requests] == [b'{"object":"page","entry":[]}', b'{"a": 1}', b"not json"]
    assert ["x-hub-signature-256" in headers for _, headers in door.requests] == [True, False, True]
    assert door.requests[2][1]["x-hub-signature-256"] == "sha256=00"


def test_the_handshake_is_asked_for_by_get(sim: Simulator) -> None:
    assert sim.subscribe(verify_token="right", challenge="12345") == {"status": 200, "verified": True}
    assert sim.subscribe(verify_token="wrong")["verified"] is False


def test_the_same_message_can_be_sent_by_the_customer_four_times_at_once(sim: Simulator, door: Door) -> None:
    sim.say(ADA, "hi", copies=4)
    door.wait(lambda: len(door.of("messages")) == 4)

    assert len({m["id"] for m in door.of("messages")}) == 1
