"""The console for tests: its application on a real PostgreSQL, colleagues of every role, and browsers they are signed in with.

desk = Desk(database_url, redis_url)
ngozi = desk.seat("pharmacist")
page = ngozi.get("/console/prescriptions")
answer = ngozi.post("/console/prescriptions/1/claim", {"version": "0"})
"""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import base, passwords, sessions
from models.base import connection
from models.roles import Staff
from settings import Settings, read
from web.app import create

KEY = "key-of-the-tests-0123456789"
MEDIA_KEY = Fernet.generate_key().decode()
PASSWORD = "jollof rice on sunday"
# A thousandth of the real cost. Signing in with it is also how a hash of old parameters is seen to be renewed.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NAMES = {
    "owner": "Bisi Adeyemi",
    "admin": "Tunde Bello",
    "pharmacist": "Ngozi Eze",
    "support": "Femi Ojo",
    "auditor": "Hauwa Sani",
    "doctor": "Amaka Obi",
}
SESSION_COOKIE = "drugsng-session"
_numbers = itertools.count(1)


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not the cost of a password that is asked: a real hash is a tenth of a second and 64 MiB."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    monkeypatch.setattr(passwords, "_nobodys", "")


def a_colleague(
    role: str = "pharmacist",
    *,
    name: str = "",
    email: str = "",
    password: str = PASSWORD,
    licence: str | None = None,
    active: bool = True,
    must_change: bool = False,
    doctor: int | None = None,
) -> Staff:
    """A new row of `staff` in the bound database. A pharmacist has a licence number unless told otherwise; `doctor` is the id of the
    doctor that one with this role is."""
    licence = licence if licence is not None else f"PCN/{next(_numbers):05d}" if role == "pharmacist" else ""
    row = (
        connection()
        .execute(
            """INSERT INTO staff (email, name, role, "licenceNumber", "passwordHash", "passwordChangedAt", "mustChangePassword", active,
                   "doctorId")
               VALUES (%s, %s, %s, %s, %s, now(), %s, %s, %s)
               RETURNING id, email, name, role, "licenceNumber", active, "mustChangePassword", "lastLoginAt", "doctorId" """,
            (
                email or f"{role}{next(_numbers)}@pharmacy.example",
                name or NAMES[role],
                role,
                licence,
                CHEAP.hash(password),
                must_change,
                active,
                doctor,
            ),
        )
        .fetchone()
    )
    return Staff(*row)


@dataclass
class Seat:
    """A browser, and who is signed in with it (None: nobody)."""

    client: FlaskClient
    staff: Staff | None = None

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=_dashed(headers))

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """As the form of a page is sent: with its token."""
        return self.client.post(path, data={"csrf_token": self.csrf(), **(data or {})}, headers=_dashed(headers))

    def csrf(self) -> str:
        page = self.client.get("/console/login", follow_redirects=True).text
        return html.unescape(re.search(r'name="csrf-token" content="([^"]+)"', page)[1])


class Desk:
    """The web process's application, with a vault in memory. Settings may be given by name: Desk(url, redis, CONSOLE_IDLE_MINUTES="5")."""

    def __init__(self, database_url: str, redis_url: str, **given: str) -> None:
        ours = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "CONSOLE_SECRET_KEY": KEY,
            "CONSOLE_SECURE_COOKIES": "off",
            "MEDIA_URL": "memory://desk",
            "MEDIA_KEYS": MEDIA_KEY,
        }
        self.settings: Settings = read(ours | given)
        self.app: Flask = create(self.settings)

    @property
    def console(self) -> Flask:
        return self.app.extensions["console"]

    def browser(self) -> Seat:
        """One that nobody is signed in with."""
        return Seat(self.app.test_client())

    def seat(self, who: str | Staff = "pharmacist") -> Seat:
        """A browser with a session of this person, or of a new colleague of this role."""
        person = a_colleague(who) if isinstance(who, str) else who
        client = self.app.test_client()
        token = sessions.start(person.id, hours=self.settings.console_session_hours)
        client.set_cookie(SESSION_COOKIE, token, path="/console")
        return Seat(client, person)

    def close(self) -> None:
        base.drop_connection()


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def form(page: str, action: str) -> dict[str, str]:
    """What a browser would send of the form of this action, but for its token: hidden and typed fields, ticked choices."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    sent = {}
    for tag in re.findall(r"<input [^>]*>", found[1]):
        given = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if given.get("type") in ("radio", "checkbox") and not re.search(r"\bchecked\b", tag):
            continue
        sent[given["name"]] = given.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', found[1], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(r'<option value="([^"]*)"', options)
        sent[name] = html.unescape(chosen[1])
    sent.pop("csrf_token", None)
    return sent


def session_cookie(seat: Seat) -> str:
    """The token the browser holds, or ""."""
    found = seat.client.get_cookie(SESSION_COOKIE, path="/console")
    return found.value if found else ""


def sign_in(seat: Seat, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """What pressing the button does."""
    return seat.post("/console/login", {"email": email, "password": password, **more})


def audited(act: str) -> list[tuple[Any, ...]]:
    """(staffId, subject, subjectId, detail) of the rows of this act, the oldest first."""
    query = """SELECT "staffId", subject, "subjectId", detail FROM audit WHERE act = %s ORDER BY id"""
    return connection().execute(query, (act,)).fetchall()
