"""Conversations in a real Chromium: what is new comes by itself, what is typed stays, keys do what they say, also on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.serving import make_server

from local.simulator import browser as chromium
from local.simulator.browser import Browser
from models import base, sessions, threads
from models.base import connection
from models.roles import Staff
from tests.console import SESSION_COOKIE, Desk, a_colleague
from tests.console_sheet import desk
from tests.talking import a_png, a_talk, ago, bot_says, says, sends
from tests.test_console_talking import sent

__all__ = ["desk"]  # fixtures
pytestmark = pytest.mark.house
AREA, VALUE = "document.getElementById('text')", "document.getElementById('text').value"
SHOWN = "[...document.querySelectorAll('#lines .text')].map(node => node.textContent)"


@pytest.fixture(scope="module")
def root(desk: Desk) -> Iterator[str]:
    """The console's own application behind a small server in this process."""
    if chromium.executable() is None:
        pytest.skip("no Chromium on this machine")

    def answered(environ: dict[str, Any], start: Any) -> list[bytes]:
        answer = desk.app(environ, start)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()
            base.drop_connection()  # its thread ends with the request

    server = make_server("127.0.0.1", 0, answered, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.port}/console"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="module")
def window(root: str) -> Iterator[Browser]:
    with Browser(1280, 800) as page:
        yield page


@pytest.fixture
def femi(desk: Desk) -> Iterator[Staff]:
    base.bind(desk.settings.database_url)
    connection().execute("""UPDATE handovers SET "closedAt" = now() WHERE "closedAt" IS NULL""")
    yield a_colleague("support")
    base.drop_connection()


@pytest.fixture
def page(window: Browser, root: str, femi: Staff) -> Iterator[Browser]:
    window.command("Network.setCookie", name=SESSION_COOKIE, value=sessions.start(femi.id, hours=1), url=root, path="/console")
    window.size(1280, 800)
    window.errors.clear()
    yield window
    window.run("window.onbeforeunload = null; document.querySelectorAll('textarea').forEach(node => { node.value = ''; })")
    window.open("about:blank")


def opened(page: Browser, root: str, customer: int) -> None:
    page.open(f"{root}/conversations/{customer}")
    page.until("document.querySelector('#lines .said') && document.getElementById('note')?.hidden !== undefined")


def ask(page: Browser) -> None:
    """As the page does by itself every few seconds."""
    page.run("htmx.trigger(document.querySelector('[data-poll]'), 'poll')")


def key(page: Browser, name: str, code: int, modifiers: int = 0) -> None:
    about = {"key": name, "windowsVirtualKeyCode": code, "modifiers": modifiers}
    page.command("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": "\r"} if code == 13 else {}))
    page.command("Input.dispatchKeyEvent", type="keyUp", **about)


def test_an_answer_is_written_and_sent_by_keyboard_and_the_field_is_ready_for_the_next(page: Browser, root: str) -> None:
    customer = a_talk("Is anybody there?")
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("Good day, how can I help?")

    key(page, "Enter", 13)

    page.until(f"{SHOWN}.includes('Good day, how can I help?')")
    assert (page.until(f"{VALUE} === ''"), page.run("document.activeElement.id")) == (True, "text")
    page.type("And a second one")
    key(page, "Enter", 13, modifiers=2)
    page.until(f"{SHOWN}.includes('And a second one')")
    assert [each[2] for each in sent(customer)] == ["Good day, how can I help?", "And a second one"]
    assert page.errors == []


def test_what_is_typed_while_an_answer_is_on_its_way_stays_in_the_field(page: Browser, root: str) -> None:
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("It is 500")

    page.run(f"document.getElementById('answer').requestSubmit(); {AREA}.value += ' and it comes today'")

    page.until(f"{SHOWN}.includes('It is 500')")
    page.until(f"document.getElementById('answer-key').value && {VALUE}.length < 20")
    assert (page.run(VALUE), [each[2] for each in sent(customer)]) == ("and it comes today", ["It is 500"])
    assert page.errors == []


def test_a_file_of_3_mb_has_the_time_it_takes_on_a_slow_line(page: Browser, root: str) -> None:
    opened(page, root, a_talk())
    page.until("document.activeElement.id === 'text'")
    page.run(
        "document.addEventListener('htmx:beforeSend', event => { window.sending = event.detail.xhr.timeout; }, { once: true })"
    )

    page.type("Good day")
    key(page, "Enter", 13)

    page.until("window.sending !== undefined")
    assert page.run("window.sending") / 1000 * 0.2e6 / 8 >= 3e6  # at 200 kbit a second


def test_what_comes_is_put_below_and_what_is_typed_and_the_place_one_reads_at_stay(page: Browser, root: str) -> None:
    customer = a_talk("first", minutes=90)
    for number in range(40):
        says(customer, f"word {number}", minutes=60 - number)
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("half an ans")
    page.run("document.getElementById('lines').scrollTop = 200")
    first = page.run("document.querySelector('#lines .said').id")
    says(customer, "something new")

    ask(page)

    page.until(f"{SHOWN}.includes('something new')")
    kept = page.run(
        f"[{VALUE}, document.activeElement.id, document.getElementById('lines').scrollTop, document.querySelector('#lines .said').id]"
    )
    assert kept == ["half an ans", "text", 200, first]
    assert page.run(f"{SHOWN}.length") == 42
    page.click("#down")
    page.until("(n => n.scrollHeight - n.scrollTop - n.clientHeight < 3)(document.getElementById('lines'))")
    assert page.errors == []


def test_a_page_asks_by_itself_and_a_tick_moves_on_it(page: Browser, root: str) -> None:
    customer = a_talk(minutes=5)
    row = bot_says(customer, "It is on its way", status="sent", minutes=1)
    opened(page, root, customer)
    connection().execute("UPDATE outbox SET status = 'read' WHERE id = %s", (row,))

    page.until(f"document.getElementById('tick-out{row}').dataset.tick === 'read'")

    assert page.run("document.querySelectorAll('#lines .said').length") == 2


def test_ready_answers_are_found_by_their_shortcut_and_chosen_with_the_keys(page: Browser, root: str, femi: Staff) -> None:
    for shortcut, words in (("/hello", "Good day!"), ("/hours", "We are open from 8 to 8.")):
        threads.save_canned(femi, shortcut, words, datetime.now(UTC))
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")

    page.type("/h")
    page.until("!document.getElementById('canned').hidden")
    key(page, "ArrowDown", 40)
    key(page, "Enter", 13)

    assert page.run(VALUE) == "We are open from 8 to 8."
    assert sent(customer) == []
    key(page, "Enter", 13)
    page.until(f"{VALUE} === ''")
    assert [each[2] for each in sent(customer)] == ["We are open from 8 to 8."]


def test_a_colleague_who_was_quicker_is_named_and_the_words_stay(page: Browser, root: str) -> None:
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    threads.take(a_colleague("pharmacist", name="Ngozi Eze"), customer, ago(0))
    page.type("My long answer")

    key(page, "Enter", 13)

    page.until("document.getElementById('refusal')?.textContent.includes('Ngozi Eze has this conversation now')")
    assert (page.run(VALUE), sent(customer)) == ("My long answer", [])


def test_who_was_signed_out_meanwhile_keeps_what_was_typed(page: Browser, root: str, femi: Staff) -> None:
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("Not lost")
    sessions.end_all(femi.id)

    ask(page)

    page.until("document.querySelector('#messages .bad')?.textContent.includes('You were signed out')")
    assert page.run(f"[{VALUE}, location.pathname]") == ["Not lost", f"/console/conversations/{customer}"]


def test_the_inbox_and_its_title_show_who_came_meanwhile(page: Browser, root: str) -> None:
    a_talk(name="Ada Obi")
    page.open(f"{root}/conversations?tab=all")
    page.until("document.querySelectorAll('.talks li').length === 1")
    a_talk(name="Musa Bello")

    page.until("document.querySelectorAll('.talks li').length === 2")

    assert page.run("document.title").startswith("(2) Conversations")
    assert page.errors == []


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
def test_everything_is_within_the_window_with_a_name_for_all_that_can_be_pressed(
    page: Browser, root: str, femi: Staff, width: int, height: int
) -> None:
    customer = a_talk("a" * 300, name="Oluwadamilola Adebayo-Onyekachukwu Nwachukwu")
    threads.take(femi, customer, ago(1))
    sends(customer, "image", a_png(900, 300), "image/png", caption="https://example.com/" + "x" * 200)
    page.size(width, height, mobile=width < 500)
    for path in ("?tab=all", f"/{customer}", f"/{a_talk(minutes=60 * 26)}", "/ready"):
        page.open(f"{root}/conversations{path}")
        assert page.run("Math.max(innerWidth, document.documentElement.scrollWidth)") <= width, path
        nameless = """[...document.querySelectorAll('a, button, input:not([type=hidden]), textarea, select, summary')].filter(n => !n.hidden
            && !(n.textContent.trim() || n.labels?.length || n.getAttribute('aria-label'))).map(n => n.outerHTML)"""
        assert page.run(nameless) == [], path
        sending = page.run("document.getElementById('send')?.getBoundingClientRect().bottom ?? 0")
        assert sending <= height, path
    assert page.errors == []
