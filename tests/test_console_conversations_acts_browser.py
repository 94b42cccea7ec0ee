"""What goes wrong in a conversation, in a real Chromium: a failed answer, a session that ends, another colleague; and a voice note."""

from __future__ import annotations

import pytest

from local.simulator.browser import Browser
from models import sessions, threads
from models.base import connection
from models.roles import Staff
from tests.console import SESSION_COOKIE, a_colleague
from tests.console_sheet import desk
from tests.talking import a_talk, ago, bot_says, says, sends
from tests.test_console_conversations_browser import SHOWN, VALUE, ask, femi, key, opened, page, root, window
from tests.test_console_talking import sent
from tests.voice_notes import opus

__all__ = ["desk", "femi", "page", "root", "window"]  # fixtures
pytestmark = pytest.mark.house
SIGNED_OUT = "document.querySelector('#messages .bad')?.textContent.includes('You were signed out')"


def sign_in(page: Browser, root: str, who: Staff) -> None:
    """As it happens in another window of the same browser."""
    page.command("Network.setCookie", name=SESSION_COOKIE, value=sessions.start(who.id, hours=1), url=root, path="/console")


def looks_again(page: Browser) -> None:
    """Who comes back from the other window: the page asks at once what is new, and not only when its turn comes."""
    page.run("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_voice_note_plays(page: Browser, root: str, femi: Staff) -> None:
    customer = a_talk()
    sends(customer, "audio", opus(2), "audio/ogg")
    opened(page, root, customer)
    page.command("Runtime.evaluate", expression="document.querySelector('audio').play()", userGesture=True)

    page.until("document.querySelector('audio').currentTime > 0.1")

    assert page.run("Math.round(document.querySelector('audio').duration)") == 2
    assert page.errors == []


def test_an_answer_that_did_not_arrive_goes_once_more_by_a_button_and_the_field_is_left_alone(
    page: Browser, root: str, femi: Staff
) -> None:
    customer = a_talk(minutes=5)
    threads.take(femi, customer, ago(4))
    row = bot_says(customer, "It comes at four", status="accepted", minutes=1, staffId=femi.id)
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("half an ans")
    connection().execute("""UPDATE outbox SET status = 'failed', "errorCode" = 131026 WHERE id = %s""", (row,))
    ask(page)
    page.until(
        f"Boolean(document.querySelector('#tick-out{row} .again')?.['htmx-internal-data'])"
    )  # what came in has been made ready

    page.run(f"document.querySelector('#tick-out{row} .again button').click()")

    page.until(f"{SHOWN}.filter(words => words === 'It comes at four').length === 2")
    page.run(f"document.querySelector('#tick-out{row} .again button').click()")
    page.until("performance.getEntriesByType('resource').filter(each => each.name.endsWith('/reply')).length === 2")
    assert [each[0] for each in sent(customer)] == ["failed", "queued"]
    assert page.run(VALUE) == "half an ans"
    assert page.errors == []


def test_who_signs_in_again_beside_it_goes_on_where_they_were(page: Browser, root: str, femi: Staff) -> None:
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("Not lost")
    sessions.end_all(femi.id)
    key(page, "Enter", 13)
    page.until(SIGNED_OUT)
    assert page.run("document.querySelector('#messages a').target") == "_blank"
    sign_in(page, root, femi)
    looks_again(page)

    page.until("document.querySelector('#messages .good')?.textContent.includes('signed in again')")
    page.run("document.getElementById('text').focus()")
    key(page, "Enter", 13)

    page.until(f"{SHOWN}.includes('Not lost')")
    assert (page.run(VALUE), [each[2] for each in sent(customer)]) == ("", ["Not lost"])


def test_who_signed_out_and_in_again_elsewhere_sends_what_they_had_typed(page: Browser, root: str, femi: Staff) -> None:
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("Not lost either")
    page.run(
        "document.querySelector('meta[name=csrf-token]').content = document.querySelector('#answer [name=csrf_token]').value = 'old'"
    )
    key(page, "Enter", 13)
    page.until("document.querySelector('#messages .message')?.textContent.includes('out of date')")
    page.errors.clear()  # Chromium notes the refusal
    looks_again(page)

    page.until("document.querySelector('#messages .good')?.textContent.includes('signed in again')")
    page.run("document.getElementById('text').focus()")
    key(page, "Enter", 13)

    page.until(f"{SHOWN}.includes('Not lost either')")


def test_a_colleague_who_signs_in_beside_it_says_nothing_in_the_words_of_another(page: Browser, root: str, femi: Staff) -> None:
    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    page.type("Words of Femi")
    sessions.end_all(femi.id)
    ask(page)
    page.until(SIGNED_OUT)
    sign_in(page, root, a_colleague("pharmacist", name="Ngozi Eze"))
    looks_again(page)

    page.until("document.querySelector('#messages .bad')?.textContent.includes('Somebody else is signed in')")

    assert (page.run(VALUE), sent(customer)) == ("Words of Femi", [])


def test_who_writes_is_not_signed_out_for_silence_while_who_is_away_is(page: Browser, root: str, femi: Staff) -> None:
    def idle() -> float:
        return (
            connection()
            .execute(
                """SELECT max("lastSeenAt") < now() - interval '5 minutes' FROM staff_sessions WHERE "staffId" = %s""", (femi.id,)
            )
            .fetchone()[0]
        )

    customer = a_talk()
    opened(page, root, customer)
    page.until("document.activeElement.id === 'text'")
    connection().execute(
        """UPDATE staff_sessions SET "lastSeenAt" = now() - interval '10 minutes' WHERE "staffId" = %s""", (femi.id,)
    )
    ask(page)
    says(customer, "Hello?")
    page.until(f"{SHOWN}.includes('Hello?')")
    away = idle()

    page.type("Good day")
    ask(page)
    says(customer, "Are you there?")
    page.until(f"{SHOWN}.includes('Are you there?')")

    assert (away, idle()) == (True, False)


def test_without_javascript_an_answer_and_a_note_are_written_with_their_buttons(page: Browser, root: str) -> None:
    customer = a_talk()
    page.size(360, 740, mobile=True)
    page.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        for field, button, words in (("text", "#send", "Good day"), ("note-text", "#note .main", "Calls at four")):
            page.open(f"{root}/conversations/{customer}")
            page.click(f"#{field}")
            page.type(words)
            page.click(button)
            page.until(f"{SHOWN}.includes('{words}')")
    finally:
        page.command("Emulation.setScriptExecutionDisabled", value=False)

    assert [each[2] for each in sent(customer)] == ["Good day"]
    assert connection().execute("""SELECT text FROM thread_notes WHERE "customerId" = %s""", (customer,)).fetchall() == [
        ("Calls at four",)
    ]


# For each text on the page: how it stands out from what is behind it (WCAG 2.2, 1.4.3), the least first.
CONTRAST = """(() => {
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    const color = node ? parts(getComputedStyle(node).backgroundColor) : [255, 255, 255];
    return color.length === 3 || color[3] === 1 ? color : behind(node.parentElement);
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const words = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!words || !node.getClientRects().length || node.closest('.unseen, [hidden], option, audio')) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.textContent.trim().slice(0, 30)]);
  }
  return found.sort((x, y) => x[0] - y[0]).slice(0, 3);
})()"""


@pytest.mark.parametrize("role", ["support", "pharmacist"])
def test_all_is_legible_and_within_a_narrow_phone_also_what_went_wrong_and_a_note(page: Browser, root: str, role: str) -> None:
    who = a_colleague(role)
    sign_in(page, root, who)
    customer = a_talk(minutes=60 * 23)
    a_talk(minutes=20, reason="emergency", name="Oluwadamilola Adebayo-Onyekachukwu")
    threads.take(who, customer, ago(4))
    bot_says(customer, "It comes at four", status="failed", minutes=1, staffId=who.id, errorCode=131026)
    threads.note(who, customer, "Calls at four", ago(1))
    page.size(360, 740, mobile=True)
    for path in (f"/{customer}", "?tab=all", "?q=olu"):
        page.open(f"{root}/conversations{path}")
        page.run("document.getElementById('tab-note')?.click()")

        wide = page.run("Math.max(...[...document.querySelectorAll('main *')].map(node => node.getBoundingClientRect().right))")
        least = page.run(CONTRAST)

        assert wide <= 360.5, path
        assert least[0][0] >= 4.5, (path, least)
