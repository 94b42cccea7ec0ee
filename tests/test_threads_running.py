"""A whole talk in a running house: the customer at a telephone, a colleague in a browser, and processes killed in between."""

from __future__ import annotations

import contextlib
import html
import re
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from urllib3 import encode_multipart_formdata

from local.simulator.control import words
from models import base, staff, threads, vault
from models.clock import utcnow
from models.roles import Staff
from tests.children import wait_until
from tests.console import KEY, MEDIA_KEY, PASSWORD, a_colleague
from tests.house import House
from tests.servers import Databases, ValkeyDatabases
from tests.talking import a_png

pytestmark = pytest.mark.house
VOICE = b"OggS" + bytes(24) + b"OpusHead" + bytes(60)
ASKED = "I have told our team. A person will answer you here as soon as one is free."
ENDED = "Our colleague has ended this chat. You are back with me, the pharmacy's bot."


class Browser:
    """A colleague's browser: it keeps cookies, follows redirects and sends forms with the token of the page."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}/console"
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def get(self, path: str) -> bytes:
        with self._opener.open(self.root + path, timeout=15) as answer:
            return answer.read()

    def post(self, path: str, fields: dict[str, Any]) -> int:
        """The status. Fields with a file are (name, content, type)."""
        token = re.search(rb'name="csrf-token" content="([^"]+)"', self.get("/login"))
        body, kind = encode_multipart_formdata({"csrf_token": html.unescape(token[1].decode())} | fields)
        if not any(isinstance(value, tuple) for value in fields.values()):
            body, kind = (
                urlencode({"csrf_token": html.unescape(token[1].decode())} | fields).encode(),
                "application/x-www-form-urlencoded",
            )
        with contextlib.closing(self._sent(path, body, kind)) as answer:
            return int(answer.status)

    def _sent(self, path: str, body: bytes, kind: str) -> Any:
        try:
            return self._opener.open(urllib.request.Request(self.root + path, body, {"Content-Type": kind}), timeout=15)
        except HTTPError as refused:
            return refused


class Talk:
    """The running house, with a colleague who may answer."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.bola: Staff = a_colleague("support", name="Bola Ade")
        self.browser = Browser(house.port)
        assert self.browser.post("/login", {"email": self.bola.email, "password": PASSWORD}) == 200

    def customer(self) -> str:
        (number,) = self.house.people(1)
        self.house.sim.say(number, "hi", wait=5)
        wait_until(lambda: self.house.sim.messages(number), "the greeting")
        self.house.sim.say(number, "agent", wait=5)
        self.heard(number, ASKED)
        return number

    def id_of(self, number: str) -> int:
        return int(self.house.rows("""SELECT "customerId" FROM customer_identities WHERE value = %s""", number)[0][0])

    def path(self, number: str) -> str:
        return f"/conversations/{self.id_of(number)}"

    def first_lines(self, number: str) -> list[str]:
        """What reached this telephone from the wish for a person on, the first line of each; files without words by their kind."""
        lines = [words(m["body"]).split("\n")[0] or m["body"]["type"] for m in self.house.sim.messages(number)]
        return lines[lines.index(ASKED) :] if ASKED in lines else []

    def heard(self, number: str, line: str, times: int = 1) -> None:
        wait_until(lambda: self.first_lines(number).count(line) == times, f"{line!r} at the telephone")

    def ticks(self, number: str) -> list[str]:
        rows = """SELECT status FROM outbox WHERE "customerId" = %s AND "staffId" IS NOT NULL ORDER BY id"""
        return [status for (status,) in self.house.rows(rows, self.id_of(number))]


@pytest.fixture(scope="module")
def talk(databases: Databases, valkey_databases: ValkeyDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    folder = tmp_path_factory.mktemp("talk")
    env = {
        "MEDIA_URL": str(folder / "vault"),
        "MEDIA_KEYS": MEDIA_KEY,
        "CONSOLE_SECRET_KEY": KEY,
        "CONSOLE_SECURE_COOKIES": "off",
    }
    with databases.fresh() as url, valkey_databases.fresh() as redis_url, House(folder, url, redis_url, **env) as house:
        base.bind(url)
        vault.bind(env["MEDIA_URL"], (MEDIA_KEY,))
        try:
            yield Talk(house.open())
        finally:
            base.drop_connection()
            vault.bind("", ())


def test_a_whole_talk_from_the_wish_for_a_person_to_the_rating(talk: Talk) -> None:
    number = talk.customer()
    path, sim, browser = talk.path(number), talk.house.sim, talk.browser
    sim.send_media(number, VOICE, "audio/ogg", wait=5)
    assert number[-4:].encode() in browser.get("/conversations?tab=unassigned")

    said = browser.post(f"{path}/reply", {"key": "first-answer", "text": "Good morning, Bola here"})
    again = browser.post(f"{path}/reply", {"key": "first-answer", "text": "Good morning, Bola here"})
    picture = browser.post(
        f"{path}/reply", {"key": "the-picture", "text": "This one?", "file": ("box.png", a_png(), "image/png")}
    )
    talk.heard(number, "This one?")
    sim.say(number, "yes, find me that", wait=5)
    wait_until(lambda: re.search(rb'/files/m\d+"', browser.get(path)), "the voice note on the page")
    voice = browser.get(f"{path}/files/" + re.findall(r"/files/(m\d+)", browser.get(path).decode())[0])
    wait_until(lambda: talk.ticks(number) == ["delivered", "delivered"], "grey ticks")
    sim.seen(number)
    wait_until(lambda: talk.ticks(number) == ["read", "read"], "blue ticks")
    ended = browser.post(f"{path}/give-back", {"rating": "1"})
    talk.heard(number, ENDED)
    sim.say(number, "5", wait=5)
    talk.heard(number, "Thank you. If you want to say why, type it now; it goes to our team.")

    assert (said, again, picture, ended, voice) == (200, 200, 200, 200, VOICE)
    assert talk.first_lines(number)[:4] == [ASKED, "Good morning, Bola here", "This one?", ENDED]
    rating = """SELECT rating, "answeredBy", answers FROM handovers WHERE "customerId" = %s"""
    assert talk.house.rows(rating, talk.id_of(number)) == [(5, talk.bola.id, 2)]


def test_a_worker_killed_while_it_hands_a_picture_over_is_followed_by_one_that_sends_it_once(talk: Talk) -> None:
    number = talk.customer()
    house, path = talk.house, talk.path(number)
    rule = house.sim.fault(on="upload", delay_s=30, times=1)
    talk.browser.post(f"{path}/reply", {"key": "held-up-file", "text": "look", "file": ("box.png", a_png(), "image/png")})
    moving = """SELECT attempts FROM thread_files f JOIN media m ON m.id = f."mediaRow" WHERE m."customerId" = %s"""
    wait_until(lambda: house.rows(moving, talk.id_of(number)) == [(1,)], "the picture on its way to Meta")

    for worker in list(house.workers):
        house.kill(worker)
    talk.browser.post(f"{path}/reply", {"key": "after-the-file", "text": "and that"})
    house.rows("""UPDATE thread_files SET "nextTryAt" = now() WHERE state = 'waiting'""")  # the dead one's lease is over
    house.start_worker()

    talk.heard(number, "and that")
    assert rule
    assert talk.first_lines(number) == [ASKED, "look", "and that"]
    assert house.rows(moving, talk.id_of(number)) == [(2,)]


@pytest.mark.parametrize("act", ["reply", "give_back"])
def test_what_was_stored_by_a_process_that_died_before_it_told_anybody_is_found_by_the_clock(talk: Talk, act: str) -> None:
    number = talk.customer()
    bola, customer = staff.get(talk.bola.id), talk.id_of(number)
    assert bola is not None
    deeds: dict[str, tuple[Callable[[], object], str]] = {
        "reply": (lambda: threads.reply(bola, customer, "Stored only", "stored", utcnow()), "Stored only"),
        "give_back": (lambda: threads.give_back(bola, customer, utcnow()), ENDED),
    }
    deed, line = deeds[act]

    deed()

    talk.heard(number, line)
    assert talk.first_lines(number) == [ASKED, line]
