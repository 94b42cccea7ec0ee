"""What guards the console: who may open what, tokens of forms, headers, cookies, and what is told when things are broken."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.routing import Rule

from models import base
from models.base import connection
from models.roles import RIGHTS, ROLES
from settings import BadSetting, read
from tests.console import (
    KEY,
    NAMES,
    Desk,
    Seat,
    a_colleague,
    audited,
    cheap_hashes,  # noqa: F401 - a fixture
    sign_in,
)
from tests.proxy import Proxy
from tests.servers import Databases, ValkeyDatabases
from web.app import create
from web.console import console
from web.console.security import HEADERS

ARGUMENTS = {"filename": "console.css"}
TELLTALE = ("traceback", "werkzeug", "flask", "psycopg", "postgres", "from staff", "/work", "site-packages")


@pytest.fixture(scope="module")
def desk(databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[Desk]:
    with databases.fresh() as url, valkey_databases.fresh() as redis_url:
        made = Desk(url, redis_url)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def own_database(desk: Desk, cheap_hashes: None) -> Iterator[None]:
    """Making another console points the models elsewhere: each test begins with its own."""
    base.drop_connection()
    base.bind(desk.settings.database_url)
    yield
    base.drop_connection()


@pytest.fixture(scope="module")
def seats(desk: Desk) -> dict[str, Seat]:
    """Somebody of each role; the pharmacist with a licence, the owner without."""
    return {role: desk.seat(role) for role in ROLES}


def address_of(rule: Rule) -> str:
    """The rule's address with something in the place of each variable."""
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda found: ARGUMENTS.get(found[1], "987654"), rule.rule)


def routes(desk: Desk) -> list[tuple[str, str, str]]:
    """(method, address, right) of everything the console answers; the right of a public one is ""."""
    views = desk.console.view_functions
    return [
        (method, address_of(rule), getattr(views[rule.endpoint], "needs", ""))
        for rule in desk.console.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


# ------------------------------------------------------------------------------------------------------- every route


def test_every_page_that_asks_for_a_right_sends_a_stranger_to_the_login(desk: Desk) -> None:
    stranger = desk.browser()
    asked = [(method, path) for method, path, right in routes(desk) if right]

    answers = {(m, p): stranger.get(p) if m == "GET" else stranger.post(p) for m, p in asked}

    assert {key for key, answer in answers.items() if answer.status_code != 303} == set()
    assert {urlsplit(answer.headers["Location"]).path for answer in answers.values()} == {"/console/login"}


def test_every_form_is_refused_without_its_token_and_from_another_site(desk: Desk, seats: dict[str, Seat]) -> None:
    owner = seats["owner"]
    posts = [path for method, path, _ in routes(desk) if method != "GET"]

    bare = {path: owner.client.post(path, data={}).status_code for path in posts}
    wrong = {path: owner.client.post(path, data={"csrf_token": "x.y.z"}).status_code for path in posts}
    foreign = {path: owner.post(path, Sec_Fetch_Site=site).status_code for path in posts for site in ("cross-site", "same-site")}

    assert len(posts) >= 7
    assert set(bare.values()) | set(wrong.values()) | set(foreign.values()) == {400}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_the_pages_of_its_rights_and_is_told_no_by_all_others(
    desk: Desk, seats: dict[str, Seat], role: str
) -> None:
    """By every route there is: a new page is asked here without anybody thinking of it."""
    seat = seats[role]
    wrong = []
    for method, path, right in routes(desk):
        if not right or path in ("/console/logout", "/console/account/elsewhere"):
            continue
        answer = seat.get(path) if method == "GET" else seat.post(path)
        refused = answer.status_code == 403
        if refused == seat.staff.may(right) or answer.status_code >= 500:
            wrong.append((method, path, right, answer.status_code))

    assert wrong == []


def test_a_refusal_is_a_sentence_with_a_reference_and_is_on_record(desk: Desk, seats: dict[str, Seat]) -> None:
    support = seats["support"]

    answer = support.get("/console/audit")

    assert answer.status_code == 403
    assert "Your role does not include this" in answer.text
    assert re.search(r"Reference <code>[0-9a-f]{8}</code>", answer.text)
    assert (support.staff.id, "", None, {"right": "audit.see", "endpoint": "audit.entries"}) in audited("denied")


def test_every_right_a_page_asks_for_is_in_the_table(desk: Desk) -> None:
    assert {right for _, _, right in routes(desk) if right} <= set(RIGHTS)


# -------------------------------------------------------------------------------------------------- headers, cookies


def test_every_answer_carries_the_headers_and_no_page_is_kept(desk: Desk, seats: dict[str, Seat]) -> None:
    owner = seats["owner"]
    for path in ("/console", "/console/staff", "/console/login", "/console/nowhere", "/console/static/nowhere.js"):
        answer = owner.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert answer.headers["Cache-Control"] == "no-store", path
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_files_that_never_change_are_kept_for_a_year_under_their_version(desk: Desk) -> None:
    page = desk.browser().get("/console/login").text
    files = re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page)

    answers = {path: desk.browser().client.get(path, buffered=True) for path in files}

    assert len(files) >= 4
    for path, answer in answers.items():
        assert "?v=" in path
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")


def test_no_page_has_scripts_or_styles_of_its_own_or_anything_from_elsewhere(desk: Desk, seats: dict[str, Seat]) -> None:
    for path in ("/console", "/console/staff", "/console/staff/new", "/console/audit", "/console/account/password"):
        page = seats["owner"].get(path).text
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", page), path
        assert not re.search(r'(?:src|href|action)="(?!/console)', page.replace('href="#main"', "")), path


def test_with_https_the_cookies_are_held_to_this_host_and_https_is_remembered(desk: Desk) -> None:
    person = a_colleague("support")
    seat = Seat(Desk(desk.settings.database_url, desk.settings.redis_url, CONSOLE_SECURE_COOKIES="on").app.test_client())
    seat.client.environ_base["wsgi.url_scheme"] = "https"
    page = seat.client.get("/console/login", base_url="https://pharmacy.example")
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]

    data = {"csrf_token": token, "email": person.email, "password": "jollof rice on sunday"}
    answer = seat.client.post("/console/login", data=data, base_url="https://pharmacy.example")

    cookies = {c.split("=", 1)[0]: c for c in page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")}
    assert answer.status_code == 303
    assert set(cookies) == {"__Host-form", "__Host-session", "__Host-known"}
    for cookie in cookies.values():
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; ")), cookie
        assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_without_https_the_cookies_stay_with_the_console(desk: Desk) -> None:
    answer = sign_in(desk.browser(), a_colleague("support").email)

    cookies = [c for c in answer.headers.getlist("Set-Cookie") if "Max-Age=0" not in c]
    assert len(cookies) == 2
    assert all({"HttpOnly", "Path=/console", "SameSite=Lax"} <= set(c.split("; ")) for c in cookies)
    assert "Strict-Transport-Security" not in answer.headers


def test_without_a_secret_key_there_is_no_console() -> None:
    bare = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    client = create(read(bare)).test_client()

    assert {client.get(p).status_code for p in ("/console", "/console/", "/console/login", "/console/static/console.css")} == {
        404
    }
    with pytest.raises(BadSetting, match="CONSOLE_SECRET_KEY"):
        console(read(bare | {"CONSOLE_SECRET_KEY": "short"}))


def test_the_house_beside_the_console_knows_nothing_of_it(desk: Desk) -> None:
    for path in ("/health", "/consolex", "/webhook"):
        answer = desk.browser().client.get(path)
        assert "Set-Cookie" not in answer.headers
        assert "Content-Security-Policy" not in answer.headers
    assert desk.browser().client.post("/webhook", data=b"{}").status_code == 404  # no secret set, and no token asked


# ------------------------------------------------------------------------------------------------- hostile contents


def test_names_written_by_people_are_shown_and_never_run(desk: Desk) -> None:
    owner = desk.seat(a_colleague("owner", name="<img src=x onerror=alert(1)>"))
    a_colleague("support", name='"><script>alert(2)</script>')

    pages = [owner.get(path).text for path in ("/console", "/console/staff", "/console/audit")]

    assert not [page for page in pages if "<img src=x" in page or "<script>alert" in page]
    assert "&lt;img src=x onerror=alert(1)&gt;" in pages[0]


@pytest.mark.parametrize(
    "path",
    [
        "/console/audit?who=x&id=99999999999999999999&since=2026-99-99&until=0001-01-01&before=-1&act=%00",
        "/console/audit?since=9999-12-31&until=9999-12-31&id=1&who=1",
        "/console/staff?after=%00%ff",
        "/console/staff/99999999999999999999999",
        "/console/staff/9223372036854775807",
        "/console/login?next=%0d%0aSet-Cookie:x",
        "/console/%00",
        "/console/../health",
    ],
)
def test_odd_addresses_never_break_a_page(desk: Desk, seats: dict[str, Seat], path: str) -> None:
    answer = seats["owner"].get(path)

    assert answer.status_code in (200, 303, 400, 404)
    assert not [word for word in TELLTALE if word in answer.text.lower()]


# ------------------------------------------------------------------------------------------------------ broken things


def test_a_form_that_is_out_of_date_says_what_to_do(desk: Desk, seats: dict[str, Seat]) -> None:
    answer = seats["owner"].client.post("/console/staff/new", data={"csrf_token": "old"})

    assert "This form is out of date" in answer.text
    assert "nothing was changed" in answer.text


def test_htmx_gets_the_message_alone_and_a_lost_session_leads_to_the_login(desk: Desk, seats: dict[str, Seat]) -> None:
    refused = seats["support"].get("/console/audit", HX_Request="true")
    lost = desk.browser().get("/console/figures", HX_Request="true")

    assert refused.headers["HX-Retarget"] == "#messages"
    assert "<html" not in refused.text
    assert (lost.status_code, lost.headers["HX-Redirect"]) == (200, "/console/login")


def test_a_bug_shows_a_sentence_with_a_reference_and_nothing_of_the_inside(desk: Desk, seats: dict[str, Seat]) -> None:
    connection().execute("ALTER TABLE audit RENAME TO audit_away")
    try:
        answer = seats["owner"].get("/console/audit")
    finally:
        connection().execute("ALTER TABLE audit_away RENAME TO audit")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert not [word for word in TELLTALE if word in answer.text.lower()]


@pytest.fixture
def wired(desk: Desk, proxy: Callable[[int], Proxy]) -> Iterator[tuple[Desk, dict[str, Proxy]]]:
    """The same console with wires that can be made faulty."""
    urls = {"database": desk.settings.database_url, "redis": desk.settings.redis_url}
    wires = {name: proxy(urlsplit(url).port or 0) for name, url in urls.items()}
    through = {name: re.sub(r":\d+/", f":{wires[name].port}/", url) for name, url in urls.items()}
    base.drop_connection()
    yield Desk(through["database"], through["redis"]), wires
    base.drop_connection()


@pytest.mark.parametrize("mode", ["refuse", "freeze"])
def test_while_the_database_is_away_a_page_says_so_in_time_and_works_again_after(
    wired: tuple[Desk, dict[str, Proxy]], mode: str
) -> None:
    far, wires = wired
    seat = far.seat("owner")
    assert seat.get("/console").status_code == 200

    wires["database"].mode = mode
    wires["database"].drop()
    began = time.monotonic()
    answer = seat.get("/console")
    took = time.monotonic() - began
    wires["database"].mode = "pass"

    assert answer.status_code == 503
    assert "The database cannot be reached" in answer.text
    assert took < 4
    assert seat.get("/console").status_code == 200


@pytest.mark.parametrize("mode", ["refuse", "freeze"])
def test_without_redis_signing_in_works_and_tries_are_still_counted(wired: tuple[Desk, dict[str, Proxy]], mode: str) -> None:
    far, wires = wired
    person = a_colleague("support")
    wires["redis"].mode = mode
    wires["redis"].drop()

    began = time.monotonic()
    answers = [sign_in(far.browser(), person.email, "wrong words here").status_code for _ in range(11)]
    took = time.monotonic() - began

    assert answers == [401] * 10 + [429]
    assert took < 8


def test_a_login_by_many_at_once_is_told_to_come_again_and_other_pages_go_on(
    desk: Desk, seats: dict[str, Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import passwords

    class Full:
        """All places taken, which the real semaphore is only for an instant."""

        def acquire(self, **given: Any) -> bool:
            return False

    monkeypatch.setattr(passwords, "_inside", Full())

    answer = sign_in(desk.browser(), "somebody@pharmacy.example")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Many people sign in at this moment" in answer.text
    assert NAMES["owner"] in seats["owner"].get("/console").text


def test_the_key_of_the_console_is_in_no_page_and_no_cookie(desk: Desk) -> None:
    answer = sign_in(desk.browser(), a_colleague("owner").email)

    assert KEY not in answer.text + str(answer.headers)
