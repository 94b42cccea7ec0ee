"""The verify screen in a real Chromium against a real web process: by keyboard, by hand on a phone, and when things go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.seed import __main__ as seed
from local.seed import prescriptions as demo
from local.simulator import browser as chromium
from local.simulator.browser import Browser
from models import base, prescriptions, sessions, vault
from models.base import connection
from models.prescriptions.case import case
from models.roles import Staff
from tests.console import KEY, MEDIA_KEY, PASSWORD, SESSION_COOKIE, a_colleague
from tests.console_sheet import state, told_customer
from tests.factories import NOW
from tests.house import House
from tests.servers import Databases, ValkeyDatabases

pytestmark = pytest.mark.house
KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[House]:
    """A house of which only the web process runs; its catalogue and its three papers are the demo's."""
    if chromium.executable() is None:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("shop")
    media = {"MEDIA_URL": str(folder / "media"), "MEDIA_KEYS": MEDIA_KEY}
    with databases.fresh() as url, valkey_databases.fresh() as redis_url, pytest.MonkeyPatch.context() as env:
        for name, value in media.items():
            env.setenv(name, value)
        assert len(seed.fill(url)) == len(seed.PARTS)
        with House(folder, url, redis_url) as house:
            house.start_web(CONSOLE_SECRET_KEY=KEY, CONSOLE_SECURE_COOKIES="off", **media)
            house.ready()
            vault.bind(media["MEDIA_URL"], (MEDIA_KEY,))
            yield house


@pytest.fixture(autouse=True)
def three_papers(shop: House) -> Iterator[None]:
    """Before each test the three papers of the demo wait, as fresh as on the first day."""
    base.bind(shop.database_url)
    connection().execute("UPDATE prescriptions SET state = 'withdrawn' WHERE state IN ('waiting', 'asked')")
    connection().execute("""UPDATE media SET "mediaId" = 'old:' || id""")
    demo.load(base.db, vault.vault())
    yield
    base.drop_connection()


@pytest.fixture
def ngozi() -> Staff:
    return a_colleague("pharmacist")


@pytest.fixture(scope="module")
def window(shop: House) -> Iterator[Browser]:
    with Browser(1366, 768) as page:
        yield page


@pytest.fixture
def page(window: Browser, shop: House, ngozi: Staff) -> Browser:
    window.errors.clear()
    window.size(1366, 768)
    token = sessions.start(ngozi.id, hours=1)
    window.command("Network.setCookie", name=SESSION_COOKIE, value=token, url=address(shop), path="/console")
    return window


def address(shop: House, path: str = "") -> str:
    return f"http://127.0.0.1:{shop.port}/console{path}"


def waiting() -> list[int]:
    rows = connection().execute("SELECT id FROM prescriptions WHERE state = 'waiting' ORDER BY \"readyAt\"").fetchall()
    return [row[0] for row in rows]


def press(page: Browser, *keys: str, ctrl: bool = False) -> None:
    """Real keys, one after the other."""
    for key in keys:
        text = {} if ctrl or key in KEYS else {"text": key}
        about = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper())), "modifiers": 2 if ctrl else 0}
        page.command("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        page.command("Input.dispatchKeyEvent", type="keyUp", **about)


def open_sheet(page: Browser, shop: House, number: int) -> None:
    page.open(address(shop, f"/prescriptions/{number}"))
    page.until("document.querySelector('#picture image')?.getAttribute('href')")


def value(page: Browser, name: str) -> Any:
    return page.run(f"document.querySelector('[name=\"{name}\"]').value")


def choose(page: Browser, node: str, code: str) -> None:
    page.run(f"{node}.value = '{code}'; {node}.dispatchEvent(new Event('change', {{bubbles: true}}))")


def outcomes(page: Browser) -> list[str]:
    return page.run("[...document.querySelectorAll('.line')].map(row => row.dataset.outcome)")


def kept(page: Browser) -> None:
    page.until("document.getElementById('saved').textContent === 'kept'")


def test_a_pharmacist_signs_in_takes_the_next_and_approves_by_keyboard_alone(window: Browser, shop: House) -> None:
    colleague, (_, number, _) = a_colleague("pharmacist"), waiting()
    connection().execute("UPDATE prescriptions SET \"readyAt\" = now() - interval '3 hours' WHERE id = %s", (number,))
    window.errors.clear()
    window.size(1366, 768)
    window.command("Network.clearBrowserCookies")
    window.open(address(shop, "/prescriptions"))
    window.until("document.activeElement.id === 'field-email'")
    window.type(colleague.email)
    window.click("#field-password")
    window.type(PASSWORD)
    window.press_enter()
    window.until("document.readyState === 'complete' && document.querySelector('.queue')")

    press(window, "n")
    window.until("document.querySelector('.line.chosen') && document.querySelector('#picture image')?.getAttribute('href')")
    assert window.run("location.pathname") == f"/console/prescriptions/{number}"
    press(window, "a", "j", "k", "q")
    window.type("2")
    press(window, "Escape", "c", "Escape", "d")
    window.run(
        "document.activeElement.value = 'already_supplied'; document.activeElement.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    press(window, "Escape", "j", "a")
    window.until("document.getElementById('progress').textContent === 'all 3 decided'")
    press(window, "Enter", ctrl=True)

    window.until("document.querySelector('.message.good')?.textContent.includes('approved')")
    assert (state(number), told_customer(number)) == ("approved", ["prescription_decided"])
    lines = case(connection(), number, now=NOW).history[0].record.lines
    assert [line.outcome for line in lines] == ["approved", "not_dispensed", "approved"]
    window.click(".tabs a:nth-child(3)")
    window.until("document.querySelector('.queue .badge.good')?.textContent === 'Approved'")
    assert window.errors == []  # nothing the content policy refused, no script that threw


def test_another_product_is_searched_chosen_by_digit_and_counted(page: Browser, shop: House) -> None:
    number = waiting()[1]
    open_sheet(page, shop, number)
    press(page, "j", "j", "2")
    assert page.run("document.querySelector('.line.chosen [type=radio]:checked').dataset.name") == "Zyrtec 10 mg Tablet"

    press(page, "/")
    page.type("loratyn")
    page.until("document.querySelector('.line.chosen .found')?.textContent.includes('Loratyn')")
    press(page, "Enter")
    page.until("document.querySelector('.line.chosen [type=radio]:checked').dataset.name.includes('Loratyn')")
    page.type("3")
    hint = page.until("document.querySelector('.line.chosen .hint.differs')?.textContent")

    assert hint == "5 tablets = 1 pack of 10, 5 over Take 1"
    page.click(".line.chosen .hint button")
    assert value(page, "row-2-quantity") == "1"
    press(page, "Escape", "l")
    page.until("document.querySelectorAll('.line').length === 4")
    press(page, "Escape")
    page.click(".line.chosen .remove")
    assert page.run("document.querySelectorAll('.line').length") == 3
    assert page.errors == []


def test_another_product_turns_the_approval_into_a_change_and_back(page: Browser, shop: House) -> None:
    open_sheet(page, shop, waiting()[1])
    switched = "document.querySelector('#row-2 .switched').checkVisibility()"
    press(page, "j", "j", "2")  # Zyrtec, where the paper names cetirizine
    chosen = (outcomes(page)[2], value(page, "row-2-reason"), page.run(switched))
    press(page, "1")
    back = (outcomes(page)[2], page.run(switched))

    press(page, "2", "a")  # approved all the same: its reason is known, so the next line is in hand
    insisted = outcomes(page)[2]
    press(page, "k", "j", "j", "1")

    assert (chosen, back) == (("changed", "brand", True), ("", False))
    assert (insisted, outcomes(page)[2]) == ("changed", "approved")
    assert page.errors == []


def test_a_red_paper_points_at_the_tick_that_is_missing_and_goes_through_with_it(page: Browser, shop: House) -> None:
    number = waiting()[0]
    connection().execute("UPDATE prescriptions SET flags = '{duplicate}' WHERE id = %s", (number,))
    open_sheet(page, shop, number)
    press(page, "a", "a")
    press(page, "Enter", ctrl=True)
    page.until("document.querySelector('#red-asks.refusal')")
    assert page.run("document.activeElement.name") == "checked-patient"

    page.click("[name=checked-patient]")
    press(page, "Enter", ctrl=True)
    page.until("document.querySelector('.message.good')?.textContent.includes('approved')")
    page.open(address(shop, f"/prescriptions/{number}"))

    assert "Patient's name checked" in page.until("document.querySelector('.record')?.textContent")
    assert [error for error in page.errors if "409" not in error] == []


def test_the_picture_is_enlarged_turned_and_shown_as_it_was_sent(page: Browser, shop: House) -> None:
    open_sheet(page, shop, waiting()[1])
    place = "document.querySelector('#picture g').getAttribute('transform')"
    press(page, "0")
    whole = page.run(place)

    press(page, "+", "r", "x", "b")
    turned = page.run(place)
    classes = page.run("document.getElementById('picture').getAttribute('class')").split()
    press(page, "p")
    page.until("document.querySelector('#picture image').getAttribute('width') === '825'")

    assert whole != turned
    assert "rotate(90)" in turned
    assert {"contrast", "plain"} <= set(classes)
    press(page, "p", "b", "0", "j")
    page.until("document.querySelectorAll('#picture rect.chosen').length === 2")
    assert page.run("document.querySelectorAll('#picture rect').length") == 6
    assert page.errors == []


def test_what_was_typed_is_kept_and_there_again(page: Browser, shop: House) -> None:
    number = waiting()[0]
    open_sheet(page, shop, number)
    press(page, "w")
    page.run("document.activeElement.select()")
    page.type("one at night")
    press(page, "Escape", "a")
    kept(page)

    page.run("document.body.id = 'before'")
    page.command("Page.reload")
    page.until("document.body?.id !== 'before' && document.querySelector('.line.chosen')?.id === 'row-1'")

    assert (value(page, "row-0-directions"), outcomes(page)) == ("one at night", ["approved", ""])
    assert page.run("document.querySelector('#row-0 .brief').textContent").startswith("Approved ")


def test_a_refusal_leaves_the_page_as_it_is_and_stands_at_its_line(page: Browser, shop: House) -> None:
    number = waiting()[0]
    open_sheet(page, shop, number)
    page.click("#approve")
    page.until("document.querySelector('#row-0.refused .refusal')?.textContent === 'Say what becomes of this line.'")
    press(page, "a", "a")
    assert page.run("document.querySelector('.line.refused')") is None
    press(page, "k", "q")
    page.run("document.activeElement.select()")
    page.type("77")
    press(page, "Escape")
    press(page, "Enter", ctrl=True)

    page.until("document.querySelector('#row-0.refused.chosen .refusal')?.textContent.includes('at most')")

    assert (value(page, "row-0-quantity"), state(number)) == ("77", "waiting")
    assert [error for error in page.errors if "409" not in error] == []


@pytest.mark.parametrize(
    ("dialog", "code", "words", "ends"),
    [
        ("reject", "too_old", "rejected", "rejected"),
        ("ask", "age", "the customer is asked", "asked"),
    ],
)
def test_dialogs_ask_what_is_missing_and_then_do_it(
    page: Browser, shop: House, dialog: str, code: str, words: str, ends: str
) -> None:
    number = waiting()[2]
    open_sheet(page, shop, number)
    page.click(f"[data-opens={dialog}]")
    page.click(f"#dialog-{dialog} .actions button")
    page.until(f"document.querySelector('#dialog-{dialog}[open] .refusal:not([hidden])')")
    choose(page, f"document.querySelector('#dialog-{dialog} select')", code)
    page.click(f"#dialog-{dialog} .actions button")

    page.until(f"document.querySelector('.message.good')?.textContent.includes('{words}')")
    assert state(number) == ends


def test_an_answer_of_the_customer_meanwhile_is_told_and_nothing_typed_is_lost(page: Browser, shop: House) -> None:
    number = waiting()[0]
    customer = connection().execute('SELECT "customerId" FROM prescriptions WHERE id = %s', (number,)).fetchone()[0]
    open_sheet(page, shop, number)
    prescriptions.answer(customer, number, "I had a rash from it", datetime.now(UTC))
    press(page, "w")
    page.type(" with water")
    page.until("document.querySelector('#messages')?.textContent.includes('The customer has written meanwhile')")

    page.click("#again")
    page.until("document.querySelector('.said .new')?.textContent.includes('I had a rash')")

    assert page.run("document.getElementById('wrong')") is None
    assert value(page, "row-0-directions").endswith(" with water")
    kept(page)
    assert page.run("location.pathname") == f"/console/prescriptions/{number}"


SLOW_DRAFT = """(() => {
    const real = window.fetch;
    window.fetch = async (address, more) => {
        const draft = String(address).endsWith("/draft");
        if (draft) window.drafting = true;
        const answer = await real(address, more);
        if (draft) await new Promise((done) => setTimeout(done, 700));
        return answer;
    };
})()"""


def test_a_decision_waits_for_the_draft_that_is_on_its_way(page: Browser, shop: House) -> None:
    number = waiting()[0]
    open_sheet(page, shop, number)
    page.run(SLOW_DRAFT)
    press(page, "a", "a")
    page.until("window.drafting")

    press(page, "Enter", ctrl=True)

    page.until("document.querySelector('.message.good')?.textContent.includes('approved')")
    assert (state(number), page.errors) == ("approved", [])


def test_a_lost_connection_keeps_everything_on_the_page_and_tries_again(page: Browser, shop: House) -> None:
    number = waiting()[0]
    open_sheet(page, shop, number)
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.command("Network.enable")
    page.command("Network.emulateNetworkConditions", offline=True, **offline)
    press(page, "a", "a")
    page.until("document.getElementById('saved').textContent.startsWith('no connection')")
    press(page, "Enter", ctrl=True)
    page.until("document.querySelector('#messages .bad')?.textContent.includes('What you typed is still here')")
    assert state(number) == "waiting"

    page.command("Network.emulateNetworkConditions", offline=False, **offline)
    press(page, "Enter", ctrl=True)

    page.until("document.querySelector('.message.good')?.textContent.includes('approved')")
    assert state(number) == "approved"


def test_on_a_phone_everything_is_within_reach_of_a_thumb(page: Browser, shop: House) -> None:
    number = waiting()[1]
    connection().execute(
        'UPDATE customers SET name = %s WHERE id = (SELECT "customerId" FROM prescriptions WHERE id = %s)',
        ("Oluwadamilola Adebayo-Onyekachukwu Nwachukwu", number),
    )
    page.size(360, 740, mobile=True)
    for path in ("/prescriptions", f"/prescriptions/{number}", f"/prescriptions/{number}/beside/{number}"):
        page.open(address(shop, path))
        assert page.run("Math.max(innerWidth, document.documentElement.scrollWidth)") <= 360, path
    open_sheet(page, shop, number)

    for line in range(3):
        page.until(f"document.querySelector('#row-{line}.chosen')")
        page.click(f"#row-{line} .outcomes .approved")
    page.until("document.getElementById('progress').textContent === 'all 3 decided'")
    assert page.run("Math.max(innerWidth, document.documentElement.scrollWidth)") <= 360
    page.click("#approve")

    page.until("document.querySelector('.message.good')?.textContent.includes('approved')")
    assert page.errors == []


def test_a_picture_that_is_not_there_is_said_and_the_sheet_still_works(page: Browser, shop: House) -> None:
    number = waiting()[0]
    connection().execute("""UPDATE prescription_pages SET flat = 'gone' WHERE "prescriptionId" = %s""", (number,))

    page.open(address(shop, f"/prescriptions/{number}"))
    page.until("!document.getElementById('no-picture').hidden")
    press(page, "a", "a")

    assert outcomes(page) == ["approved", "approved"]


def test_every_control_has_a_name(page: Browser, shop: House) -> None:
    open_sheet(page, shop, waiting()[1])

    nameless = page.run(
        """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')].filter(n =>
            !(n.textContent.trim() || n.labels?.length || n.getAttribute('aria-label'))).map(n => n.outerHTML)"""
    )

    assert nameless == []
