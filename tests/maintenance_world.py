"""A house's database with the old program's rows in it, for the tests of what looks after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import base, vault
from models.base import connection
from tests.prescription_peers import KEY


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of the vault."""
    return tmp_path / "vault"


@pytest.fixture
def world(database_url: str, place: Path) -> Iterator[str]:
    """The URL of a migrated database, bound, with a vault beside it."""
    base.bind(database_url)
    vault.bind(str(place), (KEY,))
    place.mkdir()
    yield database_url
    base.drop_connection()
    vault.bind("", ())


def ask(statement: str, *values: object) -> list[Any]:
    done = connection().execute(statement, values)  # type: ignore[arg-type]
    return done.fetchall() if done.description else []


def one(statement: str, *values: object) -> Any:
    """The first column of the first row."""
    return ask(statement, *values)[0][0]


def a_user(email: str = "ada@example.com", phone: str = "+2348030000001") -> int:
    return int(
        one(
            """INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")
               VALUES ('Ada', %s, '$2a$10$hash', %s, now(), now()) RETURNING id""",
            email,
            phone,
        )
    )


def an_old_session(
    phone: str, *, silent: str = "1 hour", state: str = "LOGGED_IN", token: str | None = "bearer", data: Any = None, user: int = 7
) -> int:
    return int(
        one(
            """INSERT INTO sessions ("phoneNumber", state, data, token, "userId", "lastActivity", "createdAt", "updatedAt")
               VALUES (%s, %s, %s, %s, %s, now() - %s::interval, now() - %s::interval, now() - %s::interval) RETURNING id""",
            *(phone, state, json.dumps({"searchResults": [1]} if data is None else data), token, user, silent, silent, silent),
        )
    )


def an_old_prescription(url: str, *, text: str | None = None, age: str = "10 days") -> int:
    """One of the old program's, with its order and its user."""
    email = f"u{one('SELECT count(*) FROM users')}@example.com"
    order = one(
        """INSERT INTO orders ("userId", "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
           VALUES (%s, 10, 'Paystack', 'Lagos', now() - %s::interval, now() - %s::interval) RETURNING id""",
        *(a_user(email), age, age),
    )
    return int(
        one(
            """INSERT INTO prescriptions ("orderId", "fileUrl", "extractedText", "createdAt", "updatedAt")
               VALUES (%s, %s, %s, now() - %s::interval, now() - %s::interval) RETURNING id""",
            *(order, url, text, age, age),
        )
    )
