"""Counts, order numbers, money and telephone numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.understanding.numbers import count, order_number, read_money, read_phone


@pytest.mark.parametrize(
    ("typed", "kobo"),
    [
        ("1250", 125_000),
        ("1,250", 125_000),
        ("₦1,250.50", 125_050),
        ("N1250", 125_000),
        ("n1250", 125_000),
        ("#1250", 125_000),
        ("NGN 1,250", 125_000),
        ("1250 naira", 125_000),
        ("1.5k", 150_000),
        ("2k", 200_000),
        ("2K", 200_000),
        ("1m", 100_000_000),
        ("0.50", 50),
        ("1,250,000", 125_000_000),
        ("١٢٥٠", 125_000),
        (" ₦2k ", 200_000),
    ],
)
def test_an_amount_is_read_in_kobo(typed: str, kobo: int) -> None:
    money = read_money(typed)

    assert money is not None
    assert (money.kobo, money.currency) == (kobo, "NGN")


@pytest.mark.parametrize(
    "typed", ["", "-5", "1.255", "12,50", "1,2500", "paracetamol", "1250 each", "$5", "1e9", "0x10", "k", "1 2", "5%"]
)
def test_what_is_no_amount_is_none(typed: str) -> None:
    assert read_money(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "08031234567",
        "8031234567",
        "+2348031234567",
        "2348031234567",
        "002348031234567",
        "+234 (0) 803 123 4567",
        "+23408031234567",
        "0803 123 4567",
        "0803-123-4567",
        "whatsapp:+2348031234567",
        "WhatsApp: 2348031234567",
        "tel:+2348031234567",
        "٠٨٠٣١٢٣٤٥٦٧",
        "\u202a+234 803 123 4567\u202c",
    ],
)
def test_a_nigerian_number_is_stored_one_way(typed: str) -> None:
    assert read_phone(typed) == "+2348031234567"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("447911123456", "+447911123456"), ("+1 202 555 0143", "+12025550143"), ("0044 7911 123456", "+447911123456")],
)
def test_a_foreign_number_is_a_number(typed: str, stored: str) -> None:
    assert read_phone(typed) == stored


@pytest.mark.parametrize(
    "typed", ["", "0803123456", "080312345678", "12345", "paracetamol", "0000000000", "+", "9" * 100, "++2348031234567x"]
)
def test_a_slip_of_the_finger_is_no_number(typed: str) -> None:
    assert read_phone(typed) is None


def test_counts_and_order_numbers() -> None:
    assert (count("3"), count("three"), count("dozen"), count("1234567"), count("x")) == (3, 3, 12, None, None)
    assert (order_number("1"), order_number("0012345678"), order_number("12345678901"), order_number("12a")) == (
        "1",
        "0012345678",
        None,
        None,
    )


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_no_text_breaks_the_readers(text: str) -> None:
    phone = read_phone(text)
    money = read_money(text)

    assert phone is None or phone.startswith("+")
    assert money is None or money.kobo >= 0
