"""The first pages of the console: what each role is shown, colleagues taken on and dismissed, the audit, by forms and in a browser."""

from __future__ import annotations

import html
import http.client
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.types.json import Jsonb

from local.simulator import browser as chromium
from local.simulator.browser import Browser
from models import base
from models import staff as people
from models.base import connection
from tests.console import (
    KEY,
    NAMES,
    PASSWORD,
    Desk,
    a_colleague,
    cheap_hashes,  # noqa: F401 - a fixture
)
from tests.house import House
from tests.servers import Databases, ValkeyDatabases

PAGES = {
    "owner": ["Today", "Conversations", "Prescriptions", "Orders", "Money", "Appointments", "Labs", "Staff", "Audit"],
    "admin": ["Today", "Conversations", "Prescriptions", "Orders", "Money", "Appointments", "Labs", "Staff"],
    "pharmacist": ["Today", "Conversations", "Prescriptions", "Orders", "Appointments", "Labs"],
    "support": ["Today", "Conversations", "Prescriptions", "Orders", "Money", "Appointments", "Labs"],
    "auditor": ["Today", "Conversations", "Prescriptions", "Orders", "Money", "Appointments", "Labs", "Staff", "Audit"],
    "doctor": ["Today", "Appointments"],
}


@pytest.fixture(scope="module")
def desk(databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[Desk]:
    with databases.fresh() as url, valkey_databases.fresh() as redis_url:
        made = Desk(url, redis_url)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def own_connection(desk: Desk, cheap_hashes: None) -> Iterator[None]:
    base.bind(desk.settings.database_url)
    yield
    base.drop_connection()


def words(page: str) -> str:
    """What is to be read on it."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def shown_secret(page: str) -> str:
    return re.search(r'class="secret">([^<]+)', page)[1]


# --------------------------------------------------------------------------------------------------------------- today


@pytest.mark.parametrize("role", PAGES)
def test_everybody_has_a_first_page_with_their_name_role_and_pages(desk: Desk, role: str) -> None:
    page = desk.seat(role).get("/console").text

    navigation = re.search(r'<nav class="places".*?</nav>', page, re.DOTALL)[0]
    assert re.findall(r">([A-Z]\w+)</a>", navigation) == PAGES[role]
    assert f"{NAMES[role]} {role.capitalize()}" in words(page)
    assert "Sign out" in words(page)


def test_today_tells_what_waits_how_old_it_is_and_what_failed(desk: Desk) -> None:
    connection().execute("INSERT INTO customers DEFAULT VALUES")
    customer = connection().execute("SELECT max(id) FROM customers").fetchone()[0]
    connection().execute(
        """INSERT INTO prescriptions ("customerId", state, "readyAt", "fileUrl", "createdAt", "updatedAt")
           VALUES (%s, 'waiting', now() - interval '40 minutes', '', now(), now())""",
        (customer,),
    )
    connection().execute(
        """INSERT INTO inbox (channel, "externalId", kind, "customerId", payload, status, reason)
           VALUES ('whatsapp', 'wamid.today', 'message', %s, %s, 'failed', 'KeyError')""",
        (customer, Jsonb({})),
    )

    owner, pharmacist = (words(desk.seat(role).get("/console/figures").text) for role in ("owner", "pharmacist"))

    assert "Waiting for a pharmacist 1 oldest waits 40 min" in owner
    assert "Events set aside 1" in owner
    assert "Waiting for a pharmacist 1 oldest waits 40 min" in pharmacist
    assert "Events set aside" not in pharmacist


# --------------------------------------------------------------------------------------------------------------- staff


def test_a_colleague_is_added_and_their_password_shown_once(desk: Desk) -> None:
    owner = desk.seat("owner")
    given = {"name": "Ada Obi", "email": "Ada.Obi@pharmacy.example", "role": "pharmacist", "licence": "PCN/500"}

    answer = owner.post("/console/staff/new", given)

    password = shown_secret(answer.text)
    listed = owner.get("/console/staff").text
    assert people.sign_in("ada.obi@pharmacy.example", password) is not None
    assert "ada.obi@pharmacy.example" in listed
    assert password not in listed + str(answer.headers)


def test_a_form_with_a_mistake_keeps_what_was_typed_and_names_the_field(desk: Desk) -> None:
    given = {"name": "Ada Obi", "email": "not-an-address", "role": "pharmacist", "licence": "PCN/500"}

    answer = desk.seat("owner").post("/console/staff/new", given)

    assert answer.status_code == 422
    assert re.search(r'name="email"[^>]*value="not-an-address"[^>]*aria-invalid="true"', answer.text)
    assert 'value="PCN/500"' in answer.text


def test_role_password_and_end_of_a_colleague(desk: Desk) -> None:
    admin, person = desk.seat("admin"), a_colleague("support")
    theirs = desk.seat(person)

    changed = admin.post(f"/console/staff/{person.id}/role", {"role": "pharmacist", "licence": "PCN/9"})
    renewed = admin.post(f"/console/staff/{person.id}/password")
    ended = admin.post(f"/console/staff/{person.id}/end")

    assert (changed.status_code, renewed.status_code, ended.status_code) == (303, 200, 303)
    assert theirs.get("/console").status_code == 303
    assert people.get(person.id).active is False
    assert "deactivated" in words(admin.get(f"/console/staff/{person.id}").text)
    assert people.sign_in(person.email, shown_secret(renewed.text)) is None
    back = admin.post(f"/console/staff/{person.id}/password", {"activate": "1"})
    assert people.sign_in(person.email, shown_secret(back.text)) is not None


def test_what_a_rule_forbids_is_told_in_a_sentence_and_changes_nothing(desk: Desk) -> None:
    admin, owner = desk.seat("admin"), a_colleague("owner")

    answer = admin.post(f"/console/staff/{owner.id}/end")

    assert answer.status_code == 422
    assert "Only an owner makes or changes owners." in words(answer.text)
    assert "Deactivate" not in words(answer.text)
    assert people.get(owner.id).active


def test_an_auditor_sees_colleagues_and_no_button_to_change_them(desk: Desk) -> None:
    auditor, person = desk.seat("auditor"), a_colleague("support")

    pages = [words(auditor.get(path).text) for path in ("/console/staff", f"/console/staff/{person.id}")]

    assert person.name in pages[1]
    assert not [word for word in ("Add a colleague", "Deactivate", "one-time password to hand over") if word in " ".join(pages)]


def test_a_long_list_of_colleagues_comes_in_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PAGE", 2)  # as a hundred and one colleagues would
    owner = desk.seat(a_colleague("owner", email="a-first@pharmacy.example"))
    for number in range(3):
        a_colleague("support", email=f"a-{number}@pharmacy.example")

    first = owner.get("/console/staff").text
    second = owner.get(html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])).text

    emails = [re.findall(r'data-label="E-mail">(a-\w+)@', page) for page in (first, second)]
    assert emails == [["a-0", "a-1"], ["a-2", "a-first"]]


# --------------------------------------------------------------------------------------------------------------- audit


def test_the_audit_is_searched_by_person_act_subject_and_day(desk: Desk) -> None:
    auditor, person = desk.seat("auditor"), a_colleague("pharmacist", name="Zainab Musa")
    insert = """INSERT INTO audit (at, "staffId", "staffName", act, subject, "subjectId", detail) VALUES (%s, %s, %s, %s, %s, %s, %s)"""
    for hour, act, number in ((22, "prescription_seen", 41), (23, "prescription_decided", 41), (23, "prescription_seen", 42)):
        at = datetime(2026, 3, 9, hour, 30, tzinfo=UTC)  # in Lagos 22:30 is still the 9th, 23:30 the 10th
        connection().execute(insert, (at, person.id, person.name, act, "prescription", number, Jsonb({"page": number})))

    def found(query: str) -> list[str]:
        rows = re.findall(
            r"<tr>(.*?)</tr>", auditor.get(f"/console/audit?who={person.id}&{query}").text.partition("<tbody>")[2], re.DOTALL
        )
        return [words(row) for row in rows]

    assert len(found("")) == 3
    assert found("")[0] == "10 Mar 2026, 00:30:00 Zainab Musa prescription seen prescription 42 page: 42"
    assert len(found("act=prescription_seen")) == 2
    assert len(found("subject=prescription&id=41")) == 2
    assert len(found("until=2026-03-09")) == 1
    assert len(found("since=2026-03-10")) == 2
    assert found("act=nothing_like_that") == []


def test_the_audit_comes_in_pages_that_keep_what_was_asked(desk: Desk) -> None:
    auditor, person = desk.seat("auditor"), a_colleague("support")
    for number in range(60):
        connection().execute(
            """INSERT INTO audit ("staffId", "staffName", act, subject, "subjectId") VALUES (%s, 'x', 'seen', 'thing', %s)""",
            (person.id, number),
        )

    first = auditor.get(f"/console/audit?who={person.id}").text
    older = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    second = auditor.get(older).text

    assert [int(n) for n in re.findall(r">thing (\d+)<", first + second)] == list(range(59, -1, -1))
    assert 'rel="next"' not in second
    assert 'rel="prev"' in second


# ------------------------------------------------------------------------------------------------------------- browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[House]:
    """A house of which only the web process runs, with its console over plain http."""
    if chromium.executable() is None:
        pytest.skip("no Chromium on this machine")
    with databases.fresh() as url, valkey_databases.fresh() as redis_url:
        with House(tmp_path_factory.mktemp("shop"), url, redis_url) as house:
            house.start_web(CONSOLE_SECRET_KEY=KEY, CONSOLE_SECURE_COOKIES="off")
            house.ready()
            yield house


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with Browser(1366, 768) as started:
        yield started


@pytest.fixture
def page(shop: House, chrome: Browser) -> Browser:
    """A browser that nobody is signed in with, and the models at the shop's database."""
    base.bind(shop.database_url)
    chrome.command("Network.clearBrowserCookies")
    chrome.size(1366, 768)
    chrome.open("about:blank")
    chrome.errors.clear()
    return chrome


def address(shop: House, path: str = "") -> str:
    return f"http://127.0.0.1:{shop.port}/console{path}"


def enter(page: Browser, shop: House, email: str, password: str) -> None:
    page.open(address(shop))
    page.until("document.activeElement.id === 'field-email'")
    page.type(email)
    page.click("#field-password")
    page.type(password)
    page.press_enter()


@pytest.mark.house
def test_a_first_day_in_a_real_browser_from_the_one_time_password_to_signing_out(shop: House, page: Browser) -> None:
    owner = a_colleague("owner")
    enter(page, shop, owner.email, PASSWORD)
    page.until("document.querySelectorAll('.figure').length > 5")
    page.open(address(shop, "/staff/new"))
    page.until("document.activeElement.id === 'field-name'")
    page.type("Ada Obi")
    page.click("#field-email")
    page.type("ada@pharmacy.example")
    page.click("#field-licence")
    page.type("PCN/1")
    page.click("form button.main")
    password = page.until("document.querySelector('.secret')?.textContent")
    page.click("details.me summary")
    page.click("details.me button")
    page.until("document.querySelector('.message')?.textContent.includes('signed out')")

    enter(page, shop, "ada@pharmacy.example", password)
    page.until("document.querySelector('h1')?.textContent === 'Choose your own password'")
    for name, text in (("old", password), ("new", "green mangoes fall"), ("again", "green mangoes fall")):
        page.click(f"#field-{name}")
        page.type(text)
    page.press_enter()
    page.until("document.querySelector('h1')?.textContent === 'Today'")
    assert page.run("[...document.querySelectorAll('.places a')].map(a => a.textContent)") == PAGES["pharmacist"]
    assert page.errors == []  # nothing the content policy refused, no script that threw


@pytest.mark.house
def test_the_figures_renew_themselves_and_a_lost_session_leads_to_the_login(shop: House, page: Browser) -> None:
    owner = a_colleague("owner")
    enter(page, shop, owner.email, PASSWORD)
    page.until("document.querySelector('#figures .value')")
    page.run("document.querySelector('#figures .value').textContent = 'stale'")
    page.run("htmx.ajax('GET', '/console/figures', {target: '#figures', source: '#figures'})")
    page.until("document.querySelector('#figures .value').textContent !== 'stale'")

    with psycopg.connect(shop.database_url, autocommit=True) as conn:
        conn.execute("DELETE FROM staff_sessions")
    # Not awaited: the page leaves before it ends.
    page.run("void htmx.ajax('GET', '/console/figures', {target: '#figures', source: '#figures'})")

    page.until("location.pathname === '/console/login'")
    assert page.errors == []


@pytest.mark.house
def test_what_goes_wrong_on_a_page_is_told_on_that_page(shop: House, page: Browser) -> None:
    support = a_colleague("support")
    enter(page, shop, support.email, PASSWORD)
    page.until("document.querySelector('#figures .value')")
    message = "document.querySelector('#messages .bad')?.textContent"

    page.run("htmx.ajax('GET', '/console/audit', {target: '#figures'})")
    assert "Your role does not include this" in page.until(message)

    shop.web.stop()
    page.run("htmx.ajax('GET', '/console/figures', {target: '#figures', event: new Event('click')}).catch(() => 0)")
    page.until("document.querySelector('#messages .bad')?.textContent.startsWith('No connection')")
    assert page.run("document.querySelectorAll('#figures .value').length") > 5
    shop.start_web(CONSOLE_SECRET_KEY=KEY, CONSOLE_SECURE_COOKIES="off")
    shop.ready()


@pytest.mark.house
@pytest.mark.parametrize("width", [360, 1366])
def test_no_page_is_wider_than_the_screen_and_all_that_can_be_pressed_has_a_name(shop: House, page: Browser, width: int) -> None:
    owner = a_colleague("owner", name="Oluwadamilola Adebayo-Onyekachukwu")
    page.size(width, 740, mobile=width < 500)
    enter(page, shop, owner.email, PASSWORD)
    page.until("document.querySelector('.figure')")
    for path in ("", "/prescriptions", "/staff", "/staff/new", f"/staff/{owner.id}", "/audit", "/account/password", "/nowhere"):
        page.open(address(shop, path))
        assert page.run("Math.max(innerWidth, document.documentElement.scrollWidth)") <= width, path
        nameless = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')].filter(n => !n.hidden
            && !(n.textContent.trim() || n.labels?.length || n.getAttribute('aria-label'))).map(n => n.outerHTML)"""
        assert page.run(nameless) == [], path


@pytest.mark.house
def test_a_flood_of_logins_keeps_no_webhook_waiting(shop: House) -> None:
    client = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=20)
    client.request("GET", "/console/login")
    answer = client.getresponse()
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="csrf-token" content="([^"]+)"', answer.read().decode())[1]
    client.close()

    def log_in(number: int) -> int:
        each = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=20)
        body = urlencode({"csrf_token": token, "email": f"x{number}@y.example", "password": "wrong words here"})
        each.request("POST", "/console/login", body, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
        status = each.getresponse().status
        each.close()
        return status

    with ThreadPoolExecutor(24) as crowd:
        flood = [crowd.submit(log_in, number) for number in range(24)]
        time.sleep(0.05)
        webhooks = [shop.post(number, "hello") for number in shop.people(6)]
        statuses = [each.result(30) for each in flood]

    assert [status for status, _ in webhooks] == [200] * 6
    assert max(took for _, took in webhooks) < 2
    assert set(statuses) <= {401, 503}
