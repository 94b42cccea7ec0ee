"""Passwords typed by habit are found and hidden; ordinary messages are left as they are."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.understanding.passwords import HIDDEN, hide


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("register John Doe john@example.com MyPassword123", f"register John Doe john@example.com {HIDDEN}"),
        ("Signup john@example.com secret", f"Signup john@example.com {HIDDEN}"),
        ("login john@example.com mypassword", f"login john@example.com {HIDDEN}"),
        ("LOGIN john@example.com my secret words", f"LOGIN john@example.com my {HIDDEN} {HIDDEN}"),
        ("hello please login john@example.com hunter2", f"hello please login john@example.com {HIDDEN}"),
        ("sign in john@example.com Hunter2!", f"sign in john@example.com {HIDDEN}"),
        ("login john secret123", f"login john {HIDDEN}"),
        ("register John Pass1234", f"register John {HIDDEN}"),
        ("my password is Secret123", f"my password is {HIDDEN}"),
        ("password: hunter2", f"password: {HIDDEN}"),
        ("password=hunter2", f"password={HIDDEN}"),
        ("my pin is 1234", f"my pin is {HIDDEN}"),
    ],
)
def test_a_password_is_hidden_and_the_rest_is_kept(typed: str, kept: str) -> None:
    assert hide(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "register",
        "register John Doe",
        "register John Doe john@example.com",
        "login",
        "login john@example.com",
        "login to my account please",
        "forgot password",
        "forgot password john@example.com",
        "i forgot my password please help",
        "reset my password",
        "find augmentin 625mg",
        "checkout 12 Allen Avenue Ikeja cash",
    ],
)
def test_a_message_without_a_password_stays_as_it_is(typed: str) -> None:
    assert hide(typed) == typed


def test_no_ordinary_message_of_the_table_is_touched() -> None:
    with (Path(__file__).parent / "data" / "intents.csv").open(encoding="utf-8", newline="") as file:
        touched = [
            row["text"] for row in csv.DictReader(file) if row["intent"] != "password_like" and hide(row["text"]) != row["text"]
        ]

    assert touched == []


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.from_regex(r"[a-zA-Z]{4,8}[0-9]{2,4}", fullmatch=True))
def test_what_was_hidden_is_gone_and_hiding_twice_is_hiding_once(text: str, secret: str) -> None:
    hidden = hide(f"login jo@example.com {secret}")

    assert secret not in hidden
    assert hide(hide(text)) == hide(text)
