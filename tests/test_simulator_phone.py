"""The phone's server side: what it serves, to whom, what customers may do, transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.simulator import transcripts
from local.simulator.control import Simulator, SimulatorError
from local.simulator.standin import StandIn

Json = dict[str, Any]
ADA = "2348031234567"
http = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def bot() -> Iterator[StandIn]:
    found = StandIn()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def sim(bot: StandIn) -> Iterator[Simulator]:
    with Simulator.in_thread(webhook_url=bot.url, sent_after_s=0.01, delivered_after_s=0.02) as running:
        bot.api = running.url
        yield running
    http.clear()


def chat(sim: Simulator, key: str = ADA) -> list[Json]:
    answer = http.request("GET", f"{sim.url}/phone/state?keys={key}")
    found: list[Json] = answer.json()["phones"][0]["chat"]
    return found


def test_a_conversation_runs_through_the_fake(sim: Simulator) -> None:
    sim.reset()

    sim.say(ADA, "hi", wait=5)
    menu = sim.messages(ADA, wait_for=1)[0]
    sim.tap(ADA, title="1. Search medicines", wait=5)
    answer = sim.texts(ADA, wait_for=2)[1]

    assert (menu["type"], menu["body"]["interactive"]["type"]) == ("interactive", "list")
    assert answer == "You said: menu:1"
    mine = [m for m in chat(sim) if m["mine"]]
    assert [m["status"] for m in mine] == ["read", "read"]
    assert mine[1]["payload"]["context"]["id"] == menu["id"]
    assert mine[1]["payload"]["interactive"]["list_reply"] == {
        "id": "menu:1",
        "title": "1. Search medicines",
        "description": "By name, use or symptom",
    }


def test_only_what_was_shown_can_be_tapped(sim: Simulator) -> None:
    sim.reset()
    sim.say(ADA, "add 1", wait=5)
    sim.messages(ADA, wait_for=1)

    sim.tap(ADA, "add")

    with pytest.raises(SimulatorError) as refused:
        sim.tap(ADA, "steal")
    assert refused.value.status == 409


def test_a_customer_without_a_number_is_answered_by_user_id(sim: Simulator) -> None:
    sim.reset()

    sim.say(bsuid="NG.1349120865530274", text="hi", wait=5)

    assert sim.messages("NG.1349120865530274", wait_for=1)[0]["recipient"] == "NG.1349120865530274"


def test_the_page_and_its_files_come_with_a_strict_policy(sim: Simulator) -> None:
    page = http.request("GET", f"{sim.url}/")
    policy = page.headers["Content-Security-Policy"]

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert b"<script>" not in page.data
    assert b"style=" not in page.data
    for path in (
        "app.js",
        "chat.js",
        "bubbles.js",
        "format.js",
        "sheets.js",
        "panel.js",
        "api.js",
        "dom.js",
        "page.css",
        "chat.css",
        "sheets.css",
    ):
        assert http.request("GET", f"{sim.url}/static/{path}").status == 200, path


def test_nothing_of_the_page_is_fetched_from_elsewhere() -> None:
    folder = Path(transcripts.__file__).parent / "static"
    allowed = ("http://www.w3.org/2000/svg", "https://www.openstreetmap.org/", "https://${address}")

    for path in folder.iterdir():
        text = path.read_text()
        for harmless in allowed:
            text = text.replace(harmless, "")
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, f"{word} in {path.name}"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../phone.py",
        "/static/%2e%2e/phone.py",
        "/static/",
        "/nothing",
        "/phone/media/1",
        "/phone/transcripts/..%2f..%2fx",
    ],
)
def test_what_is_not_there_is_not_found(sim: Simulator, path: str) -> None:
    assert http.request("GET", sim.url + path).status == 404


def test_a_file_a_browser_would_run_is_only_given_as_a_download(sim: Simulator) -> None:
    script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for mime_type in ("image/svg+xml", "text/html"):
        media_id = http.request("POST", f"{sim.url}/phone/upload", body=script, headers={"Content-Type": mime_type}).json()["id"]

        answer = http.request("GET", f"{sim.url}/phone/media/{media_id}")

        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_of_other_sites_cannot_use_the_simulator(sim: Simulator) -> None:
    body = json.dumps({"number": ADA, "text": "hi"})
    foreign = http.request("POST", f"{sim.url}/_sim/say", body=body, headers={"Origin": "https://evil.example"})
    rebound = http.request("POST", f"{sim.url}/_sim/say", body=body, headers={"Host": "evil.example"})
    own = http.request("POST", f"{sim.url}/_sim/say", body=body, headers={"Origin": sim.url})

    assert [foreign.status, rebound.status, own.status] == [403, 403, 200]


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"number": "abc", "text": "x"},
        {"number": ADA},
        {"number": ADA, "media": {"id": "1"}},
        {"number": ADA, "location": {}},
        {"bsuid": "NG.1", "from": "x"},
    ],
)
def test_what_a_customer_cannot_do_is_refused_with_a_sentence(sim: Simulator, what: Json) -> None:
    with pytest.raises(SimulatorError) as refused:
        sim.call("POST", "say", what)

    assert refused.value.status in (400, 409)
    assert len(str(refused.value)) > 10


def test_odd_text_reaches_the_bot_as_it_was_typed(sim: Simulator, bot: StandIn) -> None:
    bot.seen.clear()
    for odd in ("\x00\u202e\ud83d", "x" * 65_536, "", "\n\n"):
        sim.say(ADA, odd, wait=5)

    bodies = [b["entry"][0]["changes"][0]["value"].get("messages", [{}])[0].get("text", {}).get("body") for b in bot.seen]
    assert {"\x00\u202e\ud83d", "x" * 65_536, "", "\n\n"} <= set(bodies)


def test_events_reach_a_page_as_they_happen(sim: Simulator) -> None:
    sim.reset()
    answer = http.request("GET", f"{sim.url}/phone/events?keys={ADA}", preload_content=False, timeout=5)
    sim.say("2348030000009", "of another phone")
    sim.say(ADA, "hi")
    seen: list[Json] = []
    raw = b""
    while not any(e["event"] == "typing" for e in seen) or not any(
        e["event"] == "message" and not e["message"]["mine"] for e in seen
    ):
        raw += answer.read1(1 << 16)
        seen = [json.loads(line[6:]) for line in raw.split(b"\n\n")[:-1] if line.startswith(b"data: ")]
    answer.close()

    assert {e["key"] for e in seen if e["key"]} == {ADA}
    first = next(e for e in seen if e["event"] == "message")
    assert first["message"]["payload"]["text"] == {"body": "hi"}
    assert "status" in {e["event"] for e in seen}


# --------------------------------------------------------------------------------------------------- transcripts


def test_the_demonstrations_are_listed_and_say_something(sim: Simulator) -> None:
    names = http.request("GET", f"{sim.url}/phone/state?keys=").json()["transcripts"]

    assert names[:3] == ["a_first_order", "find_and_add", "looking_around"]
    for name in names:
        assert http.request("GET", f"{sim.url}/phone/transcripts/{name}").json()["steps"], name


def test_the_lines_of_a_transcript_become_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = """# about
> hi
< Welcome
> not an answer
    [m:1] Search
> [tap: Add to cart]
> [image caption="rx 12345"]
> [location 6.6 3.35 name="Shop"]
> [contact Ada +2348031234567]
> [basket SKU1 2]
> [unusable poll]
> [brackets] are words
( 10 quiet minutes )
"""
    (tmp_path / "one.txt").write_text(lines)
    # The folder is the outside of this module: another one is put in its place.
    monkeypatch.setattr(transcripts, "HERE", tmp_path)

    steps = transcripts.steps("one") or []

    assert steps[:5] == [
        {"text": "hi"},
        {"text": "not an answer"},
        {"tap": {"any": "Add to cart"}},
        {"sample": {"kind": "image", "caption": "rx 12345"}},
        {"location": {"latitude": 6.6, "longitude": 3.35, "name": "Shop"}},
    ]
    assert steps[5] == {"contact": {"name": "Ada", "phones": ["+2348031234567"], "requested": False}}
    assert [steps[6]["content"]["type"], steps[7]["content"]["type"]] == ["order", "unsupported"]
    assert steps[8:] == [{"text": "[brackets] are words"}, {"direction": "10 quiet minutes"}]


def test_every_step_a_transcript_can_name_can_be_done(sim: Simulator) -> None:
    sim.reset()
    for kind in ("image", "document", "audio", "video", "sticker"):
        sim.say(ADA, sample={"kind": kind, "caption": ""})

    kinds = [m["type"] for m in chat(sim) if m["mine"]]
    assert kinds == ["image", "document", "audio", "video", "sticker"]
