"""The simulator knows templates as WhatsApp does: their languages, their places, their state; and the phone shows what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.simulator import browser
from local.simulator.browser import Browser
from local.simulator.control import Simulator
from worker.errors import GatewayError
from worker.flows.step import Template, Text
from worker.whatsapp import outbound
from worker.whatsapp.client import WhatsApp

ADA = "2348031234567"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread(access_token="t", statuses=False, sent_after_s=0.0) as made:
        yield made


@pytest.fixture
def send(sim: Simulator) -> Iterator[Any]:
    sim.reset()
    client = WhatsApp(sim.url, "v26.0", "106540352242922", "t", pool_size=1)
    yield lambda reply, number=ADA: client.send(outbound.build(reply, number=number, bsuid=None, callback="1"))
    client.close()


READY = Template("order_ready", "en", ("12345", "12 Allen Avenue"))


def refusal(send: Any, reply: Template | Text, number: str = ADA) -> str:
    """Meta's code, "" when the message was taken."""
    try:
        send(reply, number)
    except GatewayError as refused:
        return refused.code
    return ""


def test_a_template_reaches_a_closed_window_and_says_what_was_approved(sim: Simulator, send: Any) -> None:
    sim.window(ADA, open=False)
    send(READY)
    (message,) = sim.messages(ADA)
    assert message["words"] == (
        "Your order 12345 is ready for pick-up at 12 Allen Avenue from now on. Please have the order number with you."
    )


def test_an_unknown_language_and_a_wrong_count_are_refused_as_meta_does(send: Any) -> None:
    assert refusal(send, Template("order_ready", "fr", READY.parameters)) == "132001"
    assert refusal(send, Template("order_ready", "en", ("12345",))) == "132000"


@pytest.mark.parametrize(
    ("status", "code"), [("PAUSED", "132015"), ("DISABLED", "132016"), ("PENDING", "132001"), ("REJECTED", "132001")]
)
def test_a_template_that_may_not_be_sent_now_is_refused_until_it_may(sim: Simulator, send: Any, status: str, code: str) -> None:
    sim.template("order_ready", status=status)
    assert refusal(send, READY) == code
    sim.template("order_ready", status="APPROVED")
    assert send(READY).wamid


def test_a_text_that_grew_too_long_is_refused(sim: Simulator, send: Any) -> None:
    sim.template("order_ready", text="Ready: {{1}} at {{2}} now." + "x" * 1000)
    assert refusal(send, READY) == "132005"


@pytest.mark.parametrize(("way", "code"), [("sync", "131047"), ("async", "")])
def test_a_closed_window_refuses_at_once_or_later_as_is_asked_for(sim: Simulator, send: Any, way: str, code: str) -> None:
    sim.configure(window=way)
    sim.window(ADA, open=False)
    assert refusal(send, Text("hello")) == code


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium on this machine")
def test_a_button_of_the_phone_ends_the_24_hours_and_a_template_is_shown_in_words(sim: Simulator, send: Any) -> None:
    sim.configure(window="sync")
    with Browser() as page:
        page.open(f"{sim.url}/")
        page.until("document.body.dataset.ready")
        number = page.run("document.querySelector('[data-person]').dataset.person")
        sim.say(number, "hi")
        before = refusal(send, Text("hello"), number)
        page.run("(document.querySelector('details.block').open = true)")
        page.click("[data-later]")
        page.until("!document.querySelector('[data-later]').disabled")
        after = refusal(send, Text("hello again"), number)
        send(READY, number)
        page.until("document.body.textContent.includes('is ready for pick-up at 12 Allen Avenue')")
        assert (before, after, page.errors) == ("", "131047", [])
