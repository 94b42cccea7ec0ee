"""Signing in to the console and staying signed in: what a thief, a guesser and a forgetful colleague meet."""

from __future__ import annotations

import hashlib
import re
import statistics
import time
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
    audited,
    cheap_hashes,  # noqa: F401 - a fixture
    session_cookie,
    sign_in,
)
from tests.servers import Databases, ValkeyDatabases

NEW = "green mangoes fall"


@pytest.fixture(scope="module")
def desk(databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[Desk]:
    """One console for the module; colleagues are each test's own. Who signs in often has an address of its own."""
    with databases.fresh() as url, valkey_databases.fresh() as redis_url:
        made = Desk(url, redis_url, PROXY_HOPS="1")
        yield made
        made.close()


def browser(desk: Desk, address: str) -> Seat:
    """A browser at this address, so that limits of one test are not those of another."""
    seat = desk.browser()
    seat.client.environ_base["HTTP_X_FORWARDED_FOR"] = address
    return seat


def opens(seat: Seat) -> bool:
    return seat.get("/console").status_code == 200


# ---------------------------------------------------------------------------------------------------------- signing in


def test_without_a_session_every_page_sends_to_the_login_and_back_after_it(desk: Desk) -> None:
    person = a_colleague("owner")
    seat = browser(desk, "10.0.1.1")

    sent = seat.get("/console/staff?after=a")
    answer = sign_in(seat, person.email, next="/console/staff?after=a")

    assert (sent.status_code, sent.headers["Location"]) == (303, "/console/login?next=/console/staff?after%3Da")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/staff?after=a")
    assert opens(seat)


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example/console",
        "/\\evil.example",
        "/consolex",
        "/health",
        "javascript:alert(1)",
        "/console/login",
    ],
)
def test_after_the_login_nobody_is_sent_to_another_site(desk: Desk, cheap_hashes: None, goal: str) -> None:
    person = a_colleague("support")

    answer = sign_in(browser(desk, "10.0.2.1"), person.email, next=goal)

    assert answer.headers["Location"] == "/console"


def test_a_wrong_password_an_unknown_address_and_a_deactivated_account_get_the_same_answer(desk: Desk) -> None:
    person, former = a_colleague("support"), a_colleague("support", active=False)
    told = []
    for email, password in ((person.email, NEW), ("nobody@pharmacy.example", PASSWORD), (former.email, PASSWORD)):
        answer = sign_in(browser(desk, "10.0.3.1"), email, password)
        told.append((answer.status_code, re.sub(r'value="[^"]*"|content="[^"]*"', "", answer.text)))

    assert told[0][0] == 401
    assert told[1] == told[0]
    assert told[2] == told[0]


def test_an_unknown_address_takes_as_long_as_a_wrong_password(desk: Desk) -> None:
    known, took = people.add("slow@pharmacy.example", "Slow Hash", "support")[0].email, {}
    for email in (known, "nobody@pharmacy.example"):
        times = []
        for number in range(3):
            connection().execute("""UPDATE staff SET "failedLogins" = 0""")
            began = time.thread_time()
            people.sign_in(email, f"{NEW} {number}")
            times.append(time.thread_time() - began)
        took[email] = statistics.median(times)

    assert took["nobody@pharmacy.example"] == pytest.approx(took[known], rel=0.35)


def test_a_hash_of_old_parameters_is_renewed_at_the_login(desk: Desk) -> None:
    person = a_colleague("support")
    stored = """SELECT "passwordHash" FROM staff WHERE id = %s"""
    before = connection().execute(stored, (person.id,)).fetchone()[0]

    sign_in(browser(desk, "10.0.4.1"), person.email)

    after = connection().execute(stored, (person.id,)).fetchone()[0]
    assert "m=8,t=1" in before
    assert "m=65536,t=2" in after
    assert people.sign_in(person.email, PASSWORD) is not None


def test_a_token_made_before_the_login_is_worth_nothing_after_it(desk: Desk, cheap_hashes: None) -> None:
    person = a_colleague("support")
    seat = browser(desk, "10.0.5.1")
    seat.client.set_cookie(SESSION_COOKIE, "planted-by-somebody-else-0123456789", path="/console")
    form_before = seat.csrf()

    sign_in(seat, person.email)

    first = session_cookie(seat)
    assert first != "planted-by-somebody-else-0123456789"
    sign_in(seat, person.email)
    assert sessions.find(connection(), first, idle_minutes=30) is None
    assert seat.client.post("/console/logout", data={"csrf_token": form_before}).status_code == 400


def test_the_table_holds_no_token_that_could_be_used(desk: Desk) -> None:
    seat = desk.seat("support")

    stored = {bytes(row[0]) for row in connection().execute("""SELECT "tokenHash" FROM staff_sessions""")}

    token = session_cookie(seat).encode()
    assert hashlib.sha256(token).digest() in stored
    assert not [each for each in stored if token in each]


def test_what_happens_at_the_door_is_on_record_without_addresses_of_strangers(desk: Desk, cheap_hashes: None) -> None:
    person = a_colleague("support")
    seat = browser(desk, "10.0.6.1")

    sign_in(seat, "stranger@elsewhere.example")
    sign_in(seat, person.email, NEW)
    sign_in(seat, person.email)
    seat.post("/console/logout")

    failed = [row for row in audited("sign_in_failed") if row[2] in (None, person.id)][-2:]
    assert failed == [
        (None, "staff", None, {"reason": "unknown_email"}),
        (None, "staff", person.id, {"reason": "wrong_password"}),
    ]
    assert (person.id, "staff", person.id, {}) in audited("signed_in")
    assert (person.id, "staff", person.id, {}) in audited("signed_out")
    where = connection().execute("""SELECT DISTINCT address FROM audit WHERE "staffId" = %s""", (person.id,)).fetchall()
    assert where == [("10.0.6.1",)]


# ------------------------------------------------------------------------------------------------------------ guessing


def lock(person: people.Staff) -> None:
    for number in range(people.TRIES):
        people.sign_in(person.email, f"{NEW} {number}")


def test_after_some_wrong_passwords_even_the_right_one_waits_in_a_browser_we_do_not_know(desk: Desk, cheap_hashes: None) -> None:
    person = a_colleague("support")

    lock(person)

    assert people.sign_in(person.email, PASSWORD) is None
    left = """SELECT extract(epoch FROM "lockedUntil" - now()) FROM staff WHERE id = %s"""
    assert 20 < connection().execute(left, (person.id,)).fetchone()[0] <= people.LOCK_FIRST_S
    connection().execute("""UPDATE staff SET "lockedUntil" = now() - interval '1 second' WHERE id = %s""", (person.id,))
    assert people.sign_in(person.email, PASSWORD) is not None


def test_the_pause_grows_to_a_quarter_of_an_hour_and_no_further_and_tries_meanwhile_do_not_lengthen_it(
    desk: Desk, cheap_hashes: None
) -> None:
    person = a_colleague("support")
    query = """SELECT "failedLogins", extract(epoch FROM "lockedUntil" - now())::int FROM staff WHERE id = %s"""
    pauses = []
    for _ in range(people.TRIES + 7):
        people.sign_in(person.email, NEW)
        failed, pause = connection().execute(query, (person.id,)).fetchone()
        people.sign_in(person.email, NEW)  # while it pauses
        assert connection().execute(query, (person.id,)).fetchone()[0] == failed + (pause is None)
        pauses.append(pause or 0)
        connection().execute(
            """UPDATE staff SET "lockedUntil" = now() - interval '1 second' WHERE id = %s
                                AND "lockedUntil" > now()""",
            (person.id,),
        )

    assert max(pauses) <= people.LOCK_MOST_S
    assert pauses[-1] >= people.LOCK_MOST_S - 5
    assert pauses == sorted(pauses)


def test_a_stranger_who_guesses_cannot_keep_a_colleague_out_of_their_own_browser(desk: Desk, cheap_hashes: None) -> None:
    person = a_colleague("pharmacist")
    own = browser(desk, "10.0.7.1")
    sign_in(own, person.email)
    own.post("/console/logout")
    own.staff = None

    stranger = browser(desk, "10.0.7.2")
    answers = [sign_in(stranger, person.email, f"{NEW} {n}").status_code for n in range(12)]

    assert answers == [401] * 9 + [429] * 3  # the colleague's own first login was the tenth
    assert sign_in(browser(desk, "10.0.7.3"), person.email).status_code == 429  # a third one, even with the right password
    assert sign_in(own, person.email).status_code == 303
    assert opens(own)


def test_the_mark_of_a_known_browser_cannot_be_made_up(desk: Desk, cheap_hashes: None) -> None:
    person = a_colleague("pharmacist")
    lock(person)
    forged = browser(desk, "10.0.8.1")
    other = Desk(desk.settings.database_url, desk.settings.redis_url, CONSOLE_SECRET_KEY="another key, as long as ours")
    with other.console.test_request_context("/console/login"):
        from web.console.auth import _signer

        forged.client.set_cookie("drugsng-known", _signer().dumps({"mark": "x", "staff": [person.id]}), path="/console")

    assert sign_in(forged, person.email).status_code == 401


def test_one_address_that_tries_many_accounts_is_stopped_and_others_are_not(desk: Desk, cheap_hashes: None) -> None:
    person = a_colleague("support")
    sprayer = browser(desk, "10.0.9.1")
    token = sprayer.csrf()
    answers = [
        sprayer.client.post("/console/login", data={"csrf_token": token, "email": f"x{n}@y.example", "password": ""}).status_code
        for n in range(32)
    ]

    assert answers[:30] == [401] * 30
    assert set(answers[30:]) == {429}
    assert sign_in(browser(desk, "10.0.9.2"), person.email).status_code == 303


def test_who_waits_too_long_is_told_so_in_a_sentence(desk: Desk) -> None:
    sprayer = browser(desk, "10.0.9.1")

    answer = sign_in(sprayer, "x@y.example", NEW)

    assert answer.status_code in (401, 429)
    assert "Wait a few minutes" in answer.text or "pauses for a few minutes" in answer.text


@pytest.fixture(autouse=True)
def fresh_connection() -> Iterator[None]:
    yield
    base.drop_connection()
