"""The fake Graph API takes what WhatsApp takes and refuses what it refuses.

The figures are written out here and not taken from the simulator. They were read on 2026-11-22 in Meta's documentation under
developers.facebook.com/documentation/business-messaging/whatsapp/; the page stands beside each group.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from local.simulator.control import Simulator
from tests.simulator_messages import (
    ADA,
    CONFIG,
    EMOJI,
    Json,
    buttons,
    card,
    cta,
    flow,
    footer,
    header,
    interactive,
    listed,
    location,
    one_button,
    one_row,
    rows,
    template,
    text,
    whole,
)

http = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread(window="off", statuses=False) as running:
        yield running
    http.clear()


def send(
    sim: Simulator, payload: Any, *, token: str = CONFIG.access_token, number: str = CONFIG.phone_number_id
) -> tuple[int, Json]:
    answer = http.request(
        "POST",
        f"{sim.url}/v23.0/{number}/messages",
        body=payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    return answer.status, answer.json()


TAKEN = {
    # messages/text-messages
    "text of 4096": text("x" * 4096),
    "text of 2048 emoji": text(EMOJI * 2048),
    "text with preview": text("https://drugs.example", preview_url=True),
    "a quote": text() | {"context": {"message_id": "wamid.x"}},
    # messages/interactive-reply-buttons-messages
    "one button": one_button(),
    "three buttons": buttons(3),
    "button title of 20": one_button("x" * 20),
    "button title of 10 emoji": one_button(EMOJI * 10),
    "button id of 256": one_button(id="x" * 256),
    "buttons body of 1024": buttons(body="x" * 1024),
    "buttons header and footer of 60": buttons(**header("x" * 60), **footer("x" * 60)),
    "buttons picture header": buttons(header={"type": "image", "image": {"link": "https://drugs.example/a.png"}}),
    # messages/interactive-list-messages
    "list of 10 rows": listed([{"rows": rows(10)}]),
    "10 sections of a row": listed([{"title": f"s{i}", "rows": rows(1, i)} for i in range(10)]),
    "list body of 4096": listed(body="x" * 4096),
    "list button of 20": listed(button="x" * 20),
    "row at its limits": one_row(id="x" * 200, title="x" * 24, description="x" * 72),
    "section title of 24": listed([{"title": "x" * 24, "rows": rows(1)}]),
    "list header and footer of 60": listed(**header("x" * 60), **footer("x" * 60)),
    "same title in two sections": listed(
        [{"title": "a", "rows": rows(1)}, {"title": "b", "rows": [{"id": "z", "title": "Row 0"}]}]
    ),
    # messages/interactive-cta-url-messages
    "link": cta("x" * 20),
    # messages/location-request-messages
    "location request": interactive("location_request_message", {"name": "send_location"}, "x" * 1024),
    # flows/guides/sendingaflow
    "flow": flow(flow_cta="x" * 30),
    # messages/location-messages, contacts-messages, reaction-messages
    "location": location(name="Shop", address="Yaba"),
    "257 contacts": card(257),
    "reaction": whole(type="reaction", reaction={"message_id": "wamid.x", "emoji": "\U0001f44d"}),
    "reaction taken back": whole(type="reaction", reaction={"message_id": "wamid.x", "emoji": ""}),
    # messages/image-messages, document-messages, ...
    "picture by link": whole(type="image", image={"link": "https://drugs.example/a.png", "caption": "x" * 1024}),
    "document by link": whole(type="document", document={"link": "http://drugs.example/a.pdf", "filename": "a.pdf"}),
    # templates/overview
    "template": template(components=[{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]),
    # webhooks/reference/messages/status
    "callback data of 512": text() | {"biz_opaque_callback_data": "x" * 512},
    "no type means text": {k: v for k, v in text().items() if k != "type"},
}

REFUSED = {
    "text of 4097": (text("x" * 4097), 100),
    "text of 2048 emoji and one letter": (text(EMOJI * 2048 + "x"), 100),
    "empty text": (text(""), 131008),
    "blank text": (text(" \n "), 131008),
    "text that is a number": (text(5), 100),
    "text without body": (whole(type="text", text={}), 131008),
    "text that is a string": (whole(type="text", text="hello"), 100),
    "no text at all": (whole(type="text"), 131008),
    "preview that is a word": (text(preview_url="yes"), 100),
    "unknown key in text": (text(colour="red"), 100),
    "unknown key in the message": (text() | {"colour": "red"}, 100),
    "content of another type too": (text() | {"image": {"link": "https://drugs.example/a.png"}}, 100),
    "unknown type": (whole(type="poll", poll={}), 100),
    "type that is a list": (whole(type=["text"], text={"body": "x"}), 100),
    "quote without id": (text() | {"context": {}}, 131008),
    "no messaging_product": ({"to": ADA, "type": "text", "text": {"body": "x"}}, 100),
    "another messaging_product": (text() | {"messaging_product": "sms"}, 100),
    "another recipient_type": (text() | {"recipient_type": "crowd"}, 100),
    "callback data of 513": (text() | {"biz_opaque_callback_data": "x" * 513}, 100),
    "callback data that is an object": (text() | {"biz_opaque_callback_data": {}}, 100),
    "no buttons": (buttons(0), 131009),
    "four buttons": (buttons(4), 131009),
    "button title of 21": (one_button("x" * 21), 131009),
    "button title of 10 emoji and a letter": (one_button(EMOJI * 10 + "x"), 131009),
    "empty button title": (one_button(""), 131008),
    "button id of 257": (one_button(id="x" * 257), 131009),
    "empty button id": (one_button(id=""), 131008),
    "button id with a blank behind": (one_button(id="yes "), 131009),
    "button of another kind": (interactive("button", {"buttons": [{"type": "url", "reply": {"id": "a", "title": "A"}}]}), 131009),
    "buttons with one title twice": (
        interactive("button", {"buttons": [{"type": "reply", "reply": {"id": i, "title": "Yes"}} for i in "ab"]}),
        131009,
    ),
    "buttons with one id twice": (
        interactive("button", {"buttons": [{"type": "reply", "reply": {"id": "a", "title": t}} for t in "AB"]}),
        131009,
    ),
    "buttons body of 1025": (buttons(body="x" * 1025), 100),
    "buttons without body": (
        whole(type="interactive", interactive={"type": "button", "action": buttons()["interactive"]["action"]}),
        131008,
    ),
    "buttons header of 61": (buttons(**header("x" * 61)), 100),
    "buttons footer of 61": (buttons(**footer("x" * 61)), 100),
    "buttons without action": (whole(type="interactive", interactive={"type": "button", "body": {"text": "x"}}), 131008),
    "header without its picture": (buttons(header={"type": "image"}), 131008),
    "list of 11 rows": (listed([{"rows": rows(11)}]), 131009),
    "11 rows over two sections": (listed([{"title": "a", "rows": rows(6)}, {"title": "b", "rows": rows(5, 6)}]), 131009),
    "11 sections": (listed([{"title": f"s{i}", "rows": rows(1, i)} for i in range(11)]), 131009),
    "no section": (interactive("list", {"button": "Open", "sections": []}), 131009),
    "section without rows": (listed([{"title": "a", "rows": []}]), 131009),
    "two sections, one without a title": (listed([{"title": "a", "rows": rows(1)}, {"rows": rows(1, 1)}]), 131008),
    "section title of 25": (listed([{"title": "x" * 25, "rows": rows(1)}]), 131009),
    "list body of 4097": (listed(body="x" * 4097), 100),
    "list button of 21": (listed(button="x" * 21), 131009),
    "list without a button": (interactive("list", {"sections": [{"rows": rows(1)}]}), 131008),
    "list with a picture header": (listed(header={"type": "image", "image": {"link": "https://drugs.example/a.png"}}), 131009),
    "row id of 201": (one_row(id="x" * 201), 131009),
    "row title of 25": (one_row(title="x" * 25), 131009),
    "row title of 12 emoji and a letter": (one_row(title=EMOJI * 12 + "x"), 131009),
    "row description of 73": (one_row(description="x" * 73), 131009),
    "row without title": (listed([{"rows": [{"id": "r"}]}]), 131008),
    "rows with one id twice": (listed([{"rows": [{"id": "r", "title": "A"}, {"id": "r", "title": "B"}]}]), 131009),
    "rows with one title twice": (listed([{"rows": [{"id": "a", "title": "A"}, {"id": "b", "title": "A"}]}]), 131009),
    "unknown key in a row": (one_row(image="x"), 100),
    "link label of 21": (cta("x" * 21), 100),
    "link to a script": (cta(url="javascript:alert(1)"), 131009),
    "link without host": (cta(url="https://"), 131009),
    "link body of 1025": (cta(body="x" * 1025), 100),
    "location request body of 1025": (interactive("location_request_message", {"name": "send_location"}, "x" * 1025), 100),
    "location request by another name": (interactive("location_request_message", {"name": "send"}), 131009),
    "location request with a header": (
        interactive("location_request_message", {"name": "send_location"}, **header("Where?")),
        131009,
    ),
    "flow of another version": (flow(flow_message_version="2"), 131009),
    "flow without id and name": (flow(flow_id=None), 131009),
    "flow label of 31": (flow(flow_cta="x" * 31), 100),
    "interactive of another kind": (interactive("carousel_of_dreams", {}), 100),
    "258 contacts": (card(258), 131009),
    "no contacts": (card(0), 131009),
    "contact without a name": (whole(type="contacts", contacts=[{"phones": []}]), 131008),
    "reaction of two words": (whole(type="reaction", reaction={"message_id": "wamid.x", "emoji": "so good"}), 131009),
    "reaction to nothing": (whole(type="reaction", reaction={"emoji": "\U0001f44d"}), 131008),
    "caption of 1025": (whole(type="image", image={"link": "https://drugs.example/a.png", "caption": "x" * 1025}), 100),
    "caption on sound": (whole(type="audio", audio={"link": "https://drugs.example/a.ogg", "caption": "x"}), 100),
    "caption on a sticker": (whole(type="sticker", sticker={"link": "https://drugs.example/a.webp", "caption": "x"}), 100),
    "picture without id and link": (whole(type="image", image={}), 100),
    "picture with id and link": (whole(type="image", image={"id": "1", "link": "https://drugs.example/a.png"}), 100),
    "picture that was never uploaded": (whole(type="image", image={"id": "123"}), 100),
    "picture by file address": (whole(type="image", image={"link": "file:///etc/passwd"}), 100),
    "header picture that was never uploaded": (buttons(header={"type": "image", "image": {"id": "123"}}), 100),
    "location off the globe": (location(latitude=91), 131009),
    "location in words": (location(longitude="east"), 131009),
    "location without latitude": (whole(type="location", location={"longitude": 3.3}), 131008),
    "template without language": (whole(type="template", template={"name": "a"}), 131008),
    "template name of 513": (whole(type="template", template={"name": "x" * 513, "language": {"code": "en"}}), 100),
    "template with a line break": (
        template(components=[{"type": "body", "parameters": [{"type": "text", "text": "a\nb"}]}]),
        132007,
    ),
    "template with an unknown part": (template(components=[{"type": "tail"}]), 131009),
    "body that is a list": ([], 100),
    "body that is not JSON": (b"hello", 100),
    "body nested a thousand times": (b"[" * 100_000, 100),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_message_at_its_limits_is_taken(sim: Simulator, name: str) -> None:
    status, answer = send(sim, TAKEN[name])

    assert (status, answer["messaging_product"]) == (200, "whatsapp"), answer
    assert answer["contacts"] == [{"input": f"+{ADA}", "wa_id": ADA}]
    assert answer["messages"][0]["id"].startswith("wamid.")


@pytest.mark.parametrize("name", REFUSED)
def test_a_message_beyond_a_limit_is_refused_in_metas_words(sim: Simulator, name: str) -> None:
    payload, code = REFUSED[name]
    before = sim.health()["accepted"]

    status, answer = send(sim, payload)

    error = answer["error"]
    assert (status, error["code"]) == (400, code), answer
    assert error["type"] == "OAuthException"
    assert error["message"]
    assert error["fbtrace_id"]
    assert sim.health()["accepted"] == before


RECIPIENTS = {
    "+234 (803) 123-4567": ADA,
    "2348031234567": ADA,
    "08031234567": ADA,
    "8031234567": ADA,
    "+16505551234": "16505551234",
}


@pytest.mark.parametrize("given", RECIPIENTS)
def test_a_number_is_found_behind_the_ways_of_writing_it(sim: Simulator, given: str) -> None:
    status, answer = send(sim, text() | {"to": given})

    assert (status, answer["contacts"]) == (200, [{"input": given, "wa_id": RECIPIENTS[given]}])


@pytest.mark.parametrize("given", ["", "abc", "+1", "NG.1349120865", "+234803123456789012", "٠٨٠٣١٢٣٤٥٦٧", ["1"], {}, True])
def test_what_is_no_number_is_refused_in_to(sim: Simulator, given: Any) -> None:
    status, answer = send(sim, text() | {"to": given})

    assert (status, answer["error"]["code"] in (100, 131009)) == (400, True)


def test_a_user_id_is_taken_in_recipient_only_and_a_number_wins_over_it(sim: Simulator) -> None:
    bare = {k: v for k, v in text().items() if k != "to"}

    by_user_id = send(sim, bare | {"recipient": "NG.1349120865530274"})
    by_parent = send(sim, bare | {"recipient": "NG.ENT.11815799212886844830"})
    both = send(sim, text() | {"recipient": "NG.1349120865530274"})
    wrong = send(sim, bare | {"recipient": ADA})
    neither = send(sim, bare)

    assert by_user_id[1]["contacts"] == [{"input": "NG.1349120865530274", "user_id": "NG.1349120865530274"}]
    assert by_parent[0] == 200
    assert both[1]["contacts"][0]["wa_id"] == ADA
    assert (wrong[0], wrong[1]["error"]["code"]) == (400, 131009)
    assert "parameter to is required" in neither[1]["error"]["message"]


def test_the_token_the_number_and_the_path_are_checked(sim: Simulator) -> None:
    stranger = send(sim, text(), token="another")
    nobody = http.request("POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/messages", body=b"{}")
    elsewhere = send(sim, text(), number="999")
    future = http.request(
        "POST", f"{sim.url}/v99.0/1/messages", headers={"Authorization": f"Bearer {CONFIG.access_token}"}, body=b"{}"
    )

    assert (stranger[0], stranger[1]["error"]["code"], stranger[1]["error"]["error_subcode"]) == (401, 190, 463)
    assert (nobody.status, nobody.json()["error"]["code"]) == (401, 190)
    assert (elsewhere[0], elsewhere[1]["error"]["code"], elsewhere[1]["error"]["error_subcode"]) == (400, 100, 33)
    assert elsewhere[1]["error"]["type"] == "GraphMethodException"
    assert future.json()["error"]["code"] == 2500


def test_the_business_cannot_write_to_itself(sim: Simulator) -> None:
    status, answer = send(sim, text() | {"to": f"+{CONFIG.display_number}"})

    assert (status, answer["error"]["code"]) == (400, 131021)


def test_form_fields_are_taken_like_json(sim: Simulator) -> None:
    fields = {"messaging_product": "whatsapp", "to": ADA, "type": "text", "text": json.dumps({"body": "as a form"})}

    answer = http.request_encode_body(
        "POST",
        f"{sim.url}/v23.0/{CONFIG.phone_number_id}/messages",
        fields,
        headers={"Authorization": f"Bearer {CONFIG.access_token}"},
        encode_multipart=False,
    )

    assert answer.status == 200


def test_every_message_has_an_id_of_its_own(sim: Simulator) -> None:
    ids = {send(sim, text())[1]["messages"][0]["id"] for _ in range(50)}

    assert len(ids) == 50


def test_only_approved_templates_are_taken_when_there_is_a_list_of_them(sim: Simulator) -> None:
    sim.configure(templates="order_update:en, welcome:en_GB")
    try:
        good, bad = send(sim, template()), send(sim, template(language={"code": "fr"}))
    finally:
        sim.configure(templates="")

    assert good[1]["messages"][0]["message_status"] == "accepted"
    assert (bad[0], bad[1]["error"]["code"]) == (404, 132001)


def test_the_throughput_limit_lets_80_through_in_a_second(sim: Simulator) -> None:
    sim.configure(throughput_limit=True)
    try:
        codes = [send(sim, text() | {"to": f"+23480300{i:05d}"})[1].get("error", {}).get("code") for i in range(200)]
    finally:
        sim.configure(throughput_limit=False)

    assert codes[:80] == [None] * 80
    assert 130429 in codes


def test_the_pair_limit_lets_a_burst_of_45_through_and_harms_no_other(sim: Simulator) -> None:
    sim.configure(pair_limit=True)
    try:
        codes = [send(sim, text() | {"to": "+2348039999999"})[1].get("error", {}).get("code") for _ in range(47)]
        other = send(sim, text() | {"to": "+2348038888888"})[0]
    finally:
        sim.configure(pair_limit=False)

    assert codes == [None] * 45 + [131056] * 2
    assert other == 200


def test_a_closed_window_can_be_refused_at_once(sim: Simulator) -> None:
    sim.configure(window="sync")
    try:
        closed = send(sim, text() | {"to": "+2348037777777"})
        by_template = send(sim, template() | {"to": "+2348037777777"})
        sim.window("2348037777777", open=True)
        opened = send(sim, text() | {"to": "+2348037777777"})
    finally:
        sim.configure(window="off")

    assert (closed[0], closed[1]["error"]["code"]) == (400, 131047)
    assert (by_template[0], opened[0]) == (200, 200)


def test_reading_and_typing_are_told_by_a_status(sim: Simulator) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}

    assert send(sim, read) == (200, {"success": True})
    assert send(sim, read | {"typing_indicator": {"type": "text"}}) == (200, {"success": True})
    assert send(sim, read | {"status": "delivered"})[1]["error"]["code"] == 100
    assert send(sim, read | {"message_id": ""})[1]["error"]["code"] == 100
    assert send(sim, read | {"typing_indicator": {"type": "audio"}})[1]["error"]["code"] == 131009
    assert send(sim, read | {"colour": "red"})[1]["error"]["code"] == 100
