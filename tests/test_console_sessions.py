"""Being signed in: how long, where, and what ends it; one's own password."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest

from models import base, sessions
from models import staff as people
from models.base import connection
from tests.console import (
    PASSWORD,
    SESSION_COOKIE,
    Desk,
    Seat,
    a_colleague,
    cheap_hashes,  # noqa: F401 - a fixture
    session_cookie,
)
from tests.servers import Databases, ValkeyDatabases

NEW = "green mangoes fall"


@pytest.fixture(scope="module")
def desk(databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[Desk]:
    """One console for the module; colleagues are each test's own."""
    with databases.fresh() as url, valkey_databases.fresh() as redis_url:
        made = Desk(url, redis_url, PROXY_HOPS="1")
        yield made
        made.close()


@pytest.fixture(autouse=True)
def fresh_connection(cheap_hashes: None) -> Iterator[None]:
    yield
    base.drop_connection()


def opens(seat: Seat) -> bool:
    return seat.get("/console").status_code == 200


def test_a_session_ends_after_some_idle_minutes_and_work_keeps_it(desk: Desk) -> None:
    seat = desk.seat("support")
    token = hashlib.sha256(session_cookie(seat).encode()).digest()
    age = """UPDATE staff_sessions SET "lastSeenAt" = now() - %s * interval '1 minute' WHERE "tokenHash" = %s"""

    connection().execute(age, (29, token))
    kept = opens(seat)
    connection().execute(age, (29, token))
    kept_again = opens(seat)
    connection().execute(age, (31, token))

    assert (kept, kept_again, opens(seat)) == (True, True, False)


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(desk: Desk) -> None:
    seat = desk.seat("support")
    token = hashlib.sha256(session_cookie(seat).encode()).digest()
    seen = """SELECT "lastSeenAt" < now() - interval '10 minutes' FROM staff_sessions WHERE "tokenHash" = %s"""
    connection().execute(
        """UPDATE staff_sessions SET "lastSeenAt" = now() - interval '20 minutes' WHERE "tokenHash" = %s""", (token,)
    )

    assert seat.get("/console/figures", HX_Request="true", Console_Background="1").status_code == 200
    assert connection().execute(seen, (token,)).fetchone() == (True,)
    assert seat.get("/console/figures", HX_Request="true").status_code == 200
    assert connection().execute(seen, (token,)).fetchone() == (False,)


def test_a_session_ends_after_its_hours_however_busy(desk: Desk) -> None:
    seat = desk.seat("support")
    token = hashlib.sha256(session_cookie(seat).encode()).digest()

    hours = """SELECT extract(epoch FROM "expiresAt" - "createdAt") / 3600 FROM staff_sessions WHERE "tokenHash" = %s"""
    assert connection().execute(hours, (token,)).fetchone() == (10,)
    connection().execute("""UPDATE staff_sessions SET "expiresAt" = now() WHERE "tokenHash" = %s""", (token,))
    assert not opens(seat)
    sessions.start(seat.staff.id, hours=10)
    assert connection().execute("""SELECT 1 FROM staff_sessions WHERE "tokenHash" = %s""", (token,)).fetchone() is None


def test_signing_out_ends_the_session_and_not_only_the_cookie(desk: Desk) -> None:
    seat = desk.seat("support")
    token = session_cookie(seat)

    seat.post("/console/logout")

    seat.client.set_cookie(SESSION_COOKIE, token, path="/console")
    assert not opens(seat)


def test_signing_out_everywhere_leaves_this_browser_alone_signed_in_with_a_new_token(desk: Desk) -> None:
    person = a_colleague("support")
    here, there = desk.seat(person), desk.seat(person)
    before = session_cookie(here)

    here.post("/console/account/elsewhere")

    assert (opens(here), opens(there)) == (True, False)
    assert session_cookie(here) != before


def test_a_new_password_ends_every_other_session(desk: Desk) -> None:
    person = a_colleague("support")
    here, there = desk.seat(person), desk.seat(person)

    answer = here.post("/console/account/password", {"old": PASSWORD, "new": NEW, "again": NEW})

    assert answer.status_code == 303
    assert (opens(here), opens(there)) == (True, False)
    assert people.sign_in(person.email, PASSWORD) is None
    assert people.sign_in(person.email, NEW) is not None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"old": "not this one at all", "new": NEW, "again": NEW}, "not your present password"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "at least 12 characters"),
        ({"old": PASSWORD, "new": "password1234", "again": "password1234"}, "first that would be tried"),
        ({"old": PASSWORD, "new": NEW, "again": NEW + "."}, "not the same as above"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "the one you have"),
    ],
)
def test_a_new_password_that_will_not_do_is_told_why_at_its_field(desk: Desk, given: dict[str, str], sentence: str) -> None:
    seat = desk.seat("support")
    seat.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"10.0.10.{len(sentence)}"

    answer = seat.post("/console/account/password", given)

    assert answer.status_code == 422
    assert re.search(rf'class="about"[^>]*>[^<]*{sentence}', answer.text)
    assert people.sign_in(seat.staff.email, PASSWORD) is not None


def test_with_a_one_time_password_only_changing_it_and_leaving_is_possible(desk: Desk) -> None:
    person = a_colleague("owner", must_change=True)
    seat = desk.seat(person)

    sent = [seat.get(path).headers.get("Location") for path in ("/console", "/console/staff", "/console/audit")]
    by_htmx = seat.get("/console/figures", HX_Request="true").headers.get("HX-Redirect")
    seat.post("/console/account/password", {"old": PASSWORD, "new": NEW, "again": NEW})

    assert {*sent, by_htmx} == {"/console/account/password"}
    assert opens(seat)


def test_who_gave_the_password_long_ago_is_asked_again_before_changing_who_may_come_in(desk: Desk) -> None:
    seat, other = desk.seat("owner"), a_colleague("support")
    token = hashlib.sha256(session_cookie(seat).encode()).digest()
    connection().execute(
        """UPDATE staff_sessions SET "createdAt" = now() - interval '21 minutes' WHERE "tokenHash" = %s""", (token,)
    )

    sent = seat.post(f"/console/staff/{other.id}/end")
    page = seat.get(f"/console/staff/{other.id}").text
    goal = {"next": f"/console/staff/{other.id}"}
    wrong = seat.post("/console/account/again", {"password": NEW, **goal})
    right = seat.post("/console/account/again", {"password": PASSWORD, **goal})

    assert (sent.headers["Location"], people.get(other.id).active) == ("/console/account/again", True)
    assert "Make changes" in page
    assert "Deactivate" not in page
    assert (wrong.status_code, right.status_code, right.headers["Location"]) == (422, 303, goal["next"])
    assert seat.post(f"/console/staff/{other.id}/end").headers["Location"] == "/console/staff"
    assert people.get(other.id).active is False


def test_odd_tokens_are_nobody_and_never_an_error(desk: Desk) -> None:
    for odd in ("", "x", "x" * 3900, "ü" * 40, "%00" * 20, "../../etc/passwd-and-so-on"):
        seat = desk.browser()
        seat.client.set_cookie(SESSION_COOKIE, odd, path="/console")
        assert seat.get("/console").status_code == 303, odd[:40]
