"""What is held of one person: all of it told, all of it erased but for what the law wants kept, and nothing of anybody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import cli
import settings
from models import carts, orders, vault
from models.customers import merge
from models.privacy import collecting, erasing
from models.privacy.person import by_phone, digits
from models.values import Refused
from tests.factories import KEY, NOW, a_customer, a_prescription, a_product, a_reading, an_item, an_order
from tests.maintenance_world import ask, one, place, world  # noqa: F401 - fixtures

PHONE = "2348055550001"
NEVER = ("Ada Obi", PHONE, PHONE[3:], "12 Allen Avenue", "my secret message", "hello from the old days", "old-token")


@pytest.fixture
def ada(world: str) -> int:
    customer = a_customer(number=PHONE)
    number = an_order(customer, state="delivered")
    carts.add(customer, a_product(), 1, now=NOW)
    name = vault.new_name("prescriptions", NOW)
    vault.vault().write(name, b"a picture")
    media = one(
        """INSERT INTO media ("customerId", kind, "mediaId", caption, purpose, "storedAs", "createdAt")
           VALUES (%s, 'image', 'm1', 'for Ada Obi', 'prescription', %s, now()) RETURNING id""",
        customer,
        name,
    )
    a_prescription(customer, a_reading(an_item()), state="rejected", mediaRow=media)
    a_prescription(customer, a_reading(an_item()), state="approved", orderId=one("SELECT max(id) FROM orders"))
    ask(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status)
           VALUES ('whatsapp', 'w1', %s, 'message', '{"text": "my secret message"}', 'done')""",
        customer,
    )
    ask(
        """INSERT INTO support_teams (name, "phoneNumber", role, "createdAt", "updatedAt") VALUES ('T', '+1', 'general', now(), now())"""
    )
    ask(
        """INSERT INTO support_chats ("customerPhoneNumber", "supportTeamId", message, "isFromCustomer", "createdAt", "updatedAt")
           VALUES (%s, 1, 'hello from the old days', true, now(), now())""",
        f"+{PHONE}",
    )
    ask("""UPDATE users SET "drugsngToken" = 'old-token' WHERE id = (SELECT "userId" FROM customers WHERE id = %s)""", customer)
    assert number
    return customer


def everything() -> str:
    """All text of the database but the record of what was done."""
    tables = [row[0] for row in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") if row[0] != "audit"]
    return "\n".join(str(row[0]) for table in tables for row in ask(f'SELECT to_jsonb(t)::text FROM "{table}" t'))


def test_all_that_is_held_is_told_and_no_secret_of_ours(ada: int) -> None:
    person = by_phone(world_connection(), PHONE)
    assert person is not None
    told = collecting.collect(world_connection(), person)

    assert {"customers", "users", "orders", "order_items", "inbox", "media", "prescriptions"} <= set(told["tables"])
    text = json.dumps(told)
    assert "Amlodipine" in text
    assert "my secret message" in text
    assert "old-token" not in text
    assert "password" not in text


def test_what_the_old_system_has_under_a_number_is_told_only_to_whom_its_account_belongs(ada: int) -> None:
    def old_words() -> bool:
        person = by_phone(world_connection(), PHONE)
        assert person is not None
        return "hello from the old days" in json.dumps(collecting.collect(world_connection(), person))

    assert not old_words(), "whoever had the number before may have written that"
    ask("""UPDATE users SET email = 'ada@example.com' WHERE id = (SELECT "userId" FROM customers WHERE id = %s)""", ada)
    assert old_words()


def test_more_files_than_one_look_finds_are_all_removed(ada: int, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        name = vault.new_name("prescriptions", NOW)
        vault.vault().write(name, b"another picture")
        ask(
            """INSERT INTO media ("customerId", kind, "mediaId", purpose, "storedAs", "createdAt")
               VALUES (%s, 'image', %s, 'support', %s, now())""",
            ada,
            f"more{n}",
            name,
        )
    monkeypatch.setattr(erasing, "FILES", erasing.FILES.replace("LIMIT 500", "LIMIT 2"))
    monkeypatch.setattr(erasing, "ROWS", 2)

    done = erasing.erase(ada, by="test")

    assert done.files == 4
    assert not [path for path in place.rglob("*") if path.is_file()]
    assert one("SELECT count(*) FROM media") == 0


def world_connection() -> Any:
    from models.base import connection

    return connection()


def test_after_erasing_nothing_names_the_person_and_the_money_and_the_dispensed_paper_stay(ada: int, place: Path) -> None:
    before = ask('SELECT "totalKobo", state FROM orders')

    done = erasing.erase(ada, by="test")

    assert (done.files, done.kept) == (1, 1)
    left = everything()
    assert not [word for word in NEVER if word in left]
    assert ask('SELECT "totalKobo", state FROM orders') == before
    assert one("SELECT count(*) FROM prescriptions WHERE reading IS NOT NULL") == 1
    assert not [file for file in place.rglob("*") if file.is_file()]
    assert ask("""SELECT act, "subjectId" FROM audit""") == [("customer_erased", ada)]


def test_erasing_twice_is_nothing_the_second_time_and_is_noted_once(ada: int) -> None:
    erasing.erase(ada, by="test")

    assert erasing.erase(ada, by="test").already
    assert one("SELECT count(*) FROM audit") == 1


def test_whoever_was_two_customers_with_two_accounts_is_erased_from_both(ada: int) -> None:
    before = a_customer(name="Ada Obi", number="2348055550009")
    accounts = [row[0] for row in ask("""SELECT "userId" FROM customers WHERE id = ANY(%s)""", [ada, before])]
    with world_connection().transaction():
        merge(world_connection(), source=before, target=ada)

    erasing.erase(ada, by="test")

    assert ask("SELECT DISTINCT name FROM users WHERE id = ANY(%s)", accounts) == [("erased",)]


def test_nobody_else_loses_anything(ada: int) -> None:
    other = a_customer(name="Bola Ade", number="2348055550002")
    an_order(other, state="delivered")
    person = by_phone(world_connection(), "2348055550002")
    assert person is not None
    before = collecting.collect(world_connection(), person)

    erasing.erase(ada, by="test")

    assert collecting.collect(world_connection(), person) == before


def test_an_open_order_is_refused_with_what_must_end_first_and_nothing_is_changed(ada: int) -> None:
    number = an_order(ada, payment="paystack")
    before = everything()

    with pytest.raises(Refused) as no:
        erasing.erase(ada, by="test")

    assert (no.value.code, no.value.detail) == ("still_open", {"orders": 1})
    assert everything() == before
    orders.cancel(ada, number, now=NOW)
    assert not erasing.erase(ada, by="test").already


@pytest.mark.parametrize("typed", ["08055550001", "+234 805 555 0001", "2348055550001", "002348055550001"])
def test_a_number_is_found_however_it_is_typed(typed: str) -> None:
    assert digits(typed) == PHONE


@pytest.fixture
def command(world: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "DATABASE_URL": world,
        "REDIS_URL": "redis://127.0.0.1:1",
        "MEDIA_URL": str(place),
        "MEDIA_KEYS": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    yield lambda *words: CliRunner().invoke(cli.commands, ["customers", *words])
    settings.current.cache_clear()


def test_the_commands_show_export_and_erase_and_say_how_it_ended(command: Any, ada: int, tmp_path: Path) -> None:
    file = tmp_path / "ada.json"
    shown, exported = command("show", PHONE), command("export", PHONE, "--to", str(file))
    tried = command("erase", PHONE, "--dry-run")
    untouched = one("SELECT count(*) FROM customer_identities WHERE value = %s", PHONE)
    erased = command("erase", PHONE, "--yes")
    again = command("erase", PHONE, "--yes")

    assert [done.exit_code for done in (shown, exported, tried, erased, again)] == [0, 0, 0, 0, 3]
    assert "Nothing was changed" in tried.output
    assert untouched == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["customer"] == ada
    assert "Nothing stands in the way" in shown.output


def test_the_command_refuses_while_something_is_open(command: Any, ada: int) -> None:
    an_order(ada, payment="paystack")
    done = command("erase", PHONE, "--yes")

    assert (done.exit_code, "1 orders" in done.output) == (4, True)
