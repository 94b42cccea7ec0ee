"""The phone in a real browser: typing, tapping, uploading, and text that would like to be markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.simulator.browser import Browser, executable
from local.simulator.control import Simulator
from local.simulator.samples import sample
from local.simulator.standin import StandIn

pytestmark = [
    pytest.mark.house,
    pytest.mark.skipif(executable() is None, reason="no Chromium on this machine: the phone is not tested in a browser"),
]
Json = dict[str, Any]
ADA = "2348031234567"
EVIL = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


@pytest.fixture(scope="module")
def bot() -> Iterator[StandIn]:
    found = StandIn()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def sim(bot: StandIn) -> Iterator[Simulator]:
    with Simulator.in_thread(webhook_url=bot.url, sent_after_s=0.01, delivered_after_s=0.02, read_after_s=0.02) as running:
        bot.api = running.url
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(1280, 900) as found:
        yield found


@pytest.fixture
def page(browser: Browser, sim: Simulator) -> Iterator[Browser]:
    sim.reset()
    browser.errors.clear()
    browser.size(1280, 900)
    browser.open(f"{sim.url}/")
    browser.run("localStorage.clear()")
    browser.open(f"{sim.url}/")
    browser.until("document.body.dataset.ready")
    yield browser
    assert browser.errors == []


def type_in(page: Browser, words: str) -> None:
    page.click(".phone.active textarea")
    page.type(words)
    page.press_enter()


def test_a_customer_types_and_taps_a_list_row(page: Browser, sim: Simulator) -> None:
    type_in(page, "hi")
    page.until("document.querySelector('.theirs .action')")
    page.until("document.querySelector('.mine .tick.read')")
    page.click(".theirs .action")
    page.click('[data-option="menu:5"]')
    assert page.run("document.querySelector('[data-option=\"menu:5\"]').getAttribute('aria-checked')") == "true"
    page.click(".sheet .primary")

    page.until("[...document.querySelectorAll('.theirs')].some((n) => n.textContent.includes('You said: menu:5'))")

    assert page.run("document.querySelector('.mine .choice').textContent") == "5. CartWhat you have chosen"
    assert page.run("document.querySelector('.mine .quote').textContent").startswith("Drugs.ngWelcome")
    assert sim.messages(ADA, wait_for=2)[0]["status"] == "read"


def test_a_customer_taps_a_reply_button(page: Browser) -> None:
    type_in(page, "buttons")
    page.click('.option[data-option="more"]')

    page.until("[...document.querySelectorAll('.theirs')].some((n) => n.textContent.includes('You said: more'))")

    assert (
        page.run("document.querySelector('.mine:last-of-type, .row.mine:nth-last-of-type(2)').textContent").count("Details") == 1
    )


def test_a_customer_sends_a_picture_with_a_caption_and_a_paper(page: Browser, sim: Simulator, tmp_path: Path) -> None:
    for kind, name in (("image", "rx.jpg"), ("document", "rx.pdf")):
        (tmp_path / name).write_bytes(sample(kind)[0])
    page.choose_file("[data-file]", tmp_path / "rx.jpg")
    page.until("document.querySelector('.before img')?.naturalWidth > 100")
    page.type("rx 12345")
    page.press_enter()
    page.until("document.querySelector('.mine .picture img')?.naturalWidth > 100")
    page.choose_file("[data-file]", tmp_path / "rx.pdf")
    page.until("document.querySelector('.before .file')")
    page.press_enter()
    page.until("document.querySelector('.mine .file')")

    assert page.run("document.querySelector('.mine .said').textContent").startswith("rx 12345")
    assert "rx.pdf" in page.run("document.querySelector('.mine a.file').textContent")


def test_a_customer_sends_the_place_that_was_asked_for(page: Browser) -> None:
    type_in(page, "checkout")
    page.click(".theirs .action")
    page.click(".sheet .pick")

    page.until("document.querySelector('.mine .place')")

    assert "Yaba" in page.run("document.querySelector('.mine .place').textContent")


def test_a_link_opens_elsewhere_without_telling_where_from(page: Browser) -> None:
    type_in(page, "pay")
    page.until("document.querySelector('a.action')")

    found = page.run("(() => { const a = document.querySelector('a.action'); return [a.href, a.target, a.rel]; })()")

    assert found == ["https://example.org/pay/12345", "_blank", "noopener noreferrer"]


def test_the_chat_is_still_there_after_a_reload(page: Browser, sim: Simulator) -> None:
    type_in(page, "hi")
    page.until("document.querySelectorAll('.row').length >= 2")

    page.open(f"{sim.url}/")
    page.until("document.body.dataset.ready")

    assert page.run("[...document.querySelectorAll('.row.mine .text')].map((n) => n.textContent)") == ["hi"]


def test_whatsapp_marks_are_shown_and_half_marks_stay(page: Browser) -> None:
    type_in(page, "format")
    page.until("document.querySelector('.theirs strong')")

    tags = page.run("[...document.querySelector('.theirs .text').querySelectorAll('*')].map((n) => n.tagName)")

    assert tags == ["STRONG", "EM", "DEL", "CODE", "PRE", "UL", "LI", "LI", "BLOCKQUOTE", "A"]
    assert page.run("document.querySelector('.theirs .text').textContent").endswith("*not bold")
    assert page.run("document.querySelector('.theirs a').href") == "https://example.org/a_b_c?x=1"


def test_text_that_would_be_markup_stays_text_everywhere(page: Browser, sim: Simulator, bot: StandIn) -> None:
    short = "<b>x</b>"
    sim.say(ADA, EVIL, name=EVIL)
    sim.send_media(ADA, b"no picture", "image/png", caption=EVIL, filename=EVIL)
    sim.send_media(ADA, b"<script>window.hacked=1</script>", "text/html", filename=f"{EVIL}.html")
    sim.share_location(ADA, 6.5, 3.3, EVIL, EVIL)
    sim.say(ADA, contact={"name": EVIL, "phones": [EVIL]})
    for content in (
        {"type": "text", "text": {"body": f"{EVIL} *{EVIL}* javascript:alert(1) https://x/{EVIL}"}},
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "header": {"type": "text", "text": EVIL[:60]},
                "body": {"text": EVIL},
                "footer": {"text": EVIL[:60]},
                "action": {
                    "button": short,
                    "sections": [{"title": short, "rows": [{"id": EVIL, "title": short, "description": EVIL[:72]}]}],
                },
            },
        },
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": EVIL},
                "action": {"buttons": [{"type": "reply", "reply": {"id": EVIL, "title": short}}]},
            },
        },
        {
            "type": "interactive",
            "interactive": {
                "type": "cta_url",
                "body": {"text": EVIL},
                "action": {"name": "cta_url", "parameters": {"display_text": short, "url": f"https://x/{EVIL.replace(' ', '')}"}},
            },
        },
        {"type": "document", "document": {"link": "https://x/y", "filename": EVIL}},
        {
            "type": "template",
            "template": {
                "name": "a<b>",
                "language": {"code": "en"},
                "components": [{"type": "body", "parameters": [{"type": "text", "text": EVIL}]}],
            },
        },
    ):
        assert bot.send({"to": ADA, **content}) == 200
    kept = {"phones": [{"key": ADA, "number": ADA, "name": EVIL}], "shown": [ADA], "active": ADA}
    page.run(f"localStorage.setItem('drugsng.phones', {json.dumps(json.dumps(kept))})")

    page.open(f"{sim.url}/")
    page.until("document.body.dataset.ready && document.querySelectorAll('.row').length >= 10")
    page.run("[...document.querySelectorAll('button.action')].at(-1).click()")
    page.until("document.querySelector('.sheet .pick')")

    assert page.run("window.hacked ?? null") is None
    assert page.run("document.querySelectorAll('#app script, #app [onerror], #app b > b, .text img, .sheet b b').length") == 0
    assert page.run("[...document.querySelectorAll('#app a')].every((a) => !a.href || /^https?:/.test(a.href))")
    page.errors[:] = [e for e in page.errors if "/phone/media/" not in e]


def test_two_phones_stand_side_by_side_with_chats_of_their_own(page: Browser, sim: Simulator) -> None:
    page.click("[data-add]")
    page.click("input[name=name]")
    page.type("Chinedu Okafor")
    page.click("input[name=identity]")
    page.type("NG.1349120865530274")
    page.click(".form .primary")
    page.until("document.querySelectorAll('.phone').length === 2")

    type_in(page, "hello")
    page.until("document.querySelector('.phone.active .theirs .action')")

    assert page.run("document.querySelector('.phone.active').dataset.key") == "NG.1349120865530274"
    assert page.run(f"document.querySelectorAll('.phone[data-key=\"{ADA}\"] .row').length") == 0
    assert sim.messages("NG.1349120865530274", wait_for=1)[0]["recipient"] == "NG.1349120865530274"


def test_the_phone_fits_a_screen_of_360_pixels(page: Browser, sim: Simulator) -> None:
    page.size(360, 640, mobile=True)
    page.open(f"{sim.url}/")
    page.until("document.body.dataset.ready")
    type_in(page, "hi")
    page.until("document.querySelector('.theirs .action')")

    assert page.run("document.documentElement.scrollWidth") == 360
    assert page.run("document.querySelector('.phone.active').getBoundingClientRect().width") == 360
    page.click(".phone.active [aria-label=Menu]")
    page.until("document.querySelector('#side').getBoundingClientRect().x === 0")
    page.click("#side .chip")
    page.until("document.querySelectorAll('.row.mine').length === 2")


def test_a_link_replays_a_transcript(page: Browser, sim: Simulator) -> None:
    page.open(f"{sim.url}/?replay=a_first_order")

    page.until("document.querySelectorAll('.row.mine').length >= 2", 15)

    said = page.run("[...document.querySelectorAll('.row.mine .text')].map((n) => n.textContent)")
    assert said[:2] == ["hi", "2 panadol 500mg and 1 emzor vitamin c abeg"]


def test_a_developer_finds_the_switches(page: Browser, sim: Simulator) -> None:
    assert page.run("document.querySelector('details').open") is False
    page.click("summary")
    page.until("document.querySelector('[data-setting=statuses]').checked")
    page.click("[data-setting=pair_limit]")
    page.until("fetch('/_sim/config').then((r) => r.json()).then((c) => c.pair_limit)")

    page.run("const s = document.querySelector('[aria-label=Fault]'); s.value = '0'; s.dispatchEvent(new Event('change')); true")
    page.until("fetch('/_sim/faults').then((r) => r.json()).then((f) => f.faults.length === 1)")

    assert sim.call("GET", "faults")["faults"][0]["code"] == 131000
