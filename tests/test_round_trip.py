"""From the old system to ours, a day's work, and back: its schema and values again, ours in its tables or in a file."""

from __future__ import annotations

import gzip
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from models import base, carts, left_over, left_over_file, orders, support, tokens, vault
from models.migrating import CannotMigrate, migrate, rollback, status
from models.migrating_cli import db
from models.migration_steps import load, names
from models.payments import settling
from models.prescriptions import deciding
from models.takeover.adopting import adopt
from models.takeover.undoing import undo
from tests.factories import (
    KEY,
    NOW,
    a_colleague,
    a_customer,
    a_prescription,
    a_product,
    a_proof,
    a_reading,
    an_attempt,
    an_item,
    an_order,
    order_id,
)
from tests.servers import Databases, with_database
from tests.taken_over import At, ask, shape

HEAD = names()[-1]
LATER = [name[:3] for name in names() if name[:3] >= "003"]


@dataclass(frozen=True)
class Work:
    """What was done with our verbs: the customer and the numbers of orders."""

    customer: int
    cash: str
    paid: str
    cancelled: str
    prescription: int
    loose: int


def a_days_work(folder: Path) -> Work:
    vault.bind(str(folder), (KEY,))
    ada = a_customer(name="Ada Obi", number="2348099990001")
    shelf, device = a_product(stock=50, price="512.35"), a_product("Thermometer", kind="health", stock=50)
    cash, cancelled = an_order(ada, {shelf: 2, device: 1}), an_order(ada, {shelf: 1}, payment="flutterwave")
    attempt = an_attempt(ada, an_order(ada, {shelf: 3}, payment="paystack"))
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    orders.cancel(ada, cancelled, now=NOW)
    carts.add(ada, shelf, 4, now=NOW)
    read, signer = a_reading(an_item()), a_colleague()
    decided = a_prescription(ada, read, orderId=order_id(cash), claimedBy=signer.id, claimedUntil="2030-01-01")
    loose = a_prescription(ada, read)
    deciding.reject(decided, signer, "unreadable", version=0, now=NOW)
    support.hand_over(ada, "asked", NOW)
    for statement in (
        """INSERT INTO staff_sessions ("tokenHash", "staffId", "createdAt", "lastSeenAt", "expiresAt")
           SELECT '\\x00', id, now(), now(), now() FROM staff LIMIT 1""",
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
           SELECT 'whatsapp', 'wamid.1', id, 'message', '{"text": "\\u00e9\\nhush"}' FROM customers LIMIT 1""",
    ):
        base.connection().execute(statement)
    tokens.issue(ada, "probe", minutes=60)
    return Work(ada, cash, attempt.order_number, cancelled, decided, loose)


def values(url: str, like: dict[str, set[Any]] | None = None) -> dict[str, dict[Any, str]]:
    """Every row of the old tables as text by its id; with `like` the rows of those ids alone."""
    found: dict[str, dict[Any, str]] = {}
    for (table,) in ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        if not table.startswith(("migratehistory", "rollback_", "drugsng_")):
            rows = dict(ask(url, f'SELECT id, to_jsonb(t)::text FROM "{table}" t'))
            found[table] = {key: row for key, row in rows.items() if like is None or key in like[table]}
    return found


@pytest.fixture(scope="module")
def worked(databases: Databases, old_at: At, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Work]:
    """The name of a database that was adopted, migrated to the head and worked in, and what was done."""
    name = databases.create(old_at(""))
    url = with_database(databases.server_url, name)
    adopt(url)
    migrate(url)
    base.bind(url)
    done = a_days_work(tmp_path_factory.mktemp("vault"))
    base.drop_connection()
    vault.bind("", ())
    return name, done


@pytest.fixture
def copy(databases: Databases, worked: tuple[str, Work]) -> Iterator[str]:
    with databases.copy(worked[0]) as url:
        yield url


def invoke(*words: str) -> str:
    done = CliRunner().invoke(db, [*words, "--log", "off"])
    assert done.exit_code == 0, done.output
    return done.output


def test_after_a_days_work_the_old_schema_and_every_old_value_are_back_and_ours_are_in_its_tables_or_in_the_file(
    copy: str, worked: tuple[str, Work], databases: Databases, old_at: At, tmp_path: Path
) -> None:
    old, done = with_database(databases.server_url, old_at("")), worked[1]
    before = values(old)
    said = invoke("rollback", "--to", "002", "--export", str(tmp_path), "--database-url", copy)
    undo(copy)

    assert shape(copy) == shape(old)
    assert values(copy, {table: set(rows) for table, rows in before.items()}) == before

    (user,) = ask(copy, """SELECT id, name, "phoneNumber" FROM users WHERE email LIKE '%%@customers.invalid'""")
    assert user[1:] == ("Ada Obi", "+2348099990001")
    ours = """SELECT status::text, "paymentStatus"::text, "totalAmount" FROM orders WHERE "userId" = %s ORDER BY id"""
    assert ask(copy, ours, user[0]) == [
        ("Processing", "Pending", 2 * 512.35 + 500 + 1500),
        ("Cancelled", "Pending", 512.35 + 1500),
        ("Processing", "Paid", 3 * 512.35 + 1500),
    ]
    assert ask(copy, """SELECT "verificationStatus"::text FROM prescriptions WHERE id = %s""", done.prescription) == [
        ("Rejected",)
    ]
    assert ask(copy, """SELECT quantity, price FROM carts WHERE "userId" = %s""", user[0]) == [(4, 512.35)]

    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(file) in said
    lines = list(left_over_file.read(file))[1:]
    kept = Counter((line["table"], line["what"]) for line in lines)
    assert kept["inbox", "rows"] >= 1
    assert kept["payments", "rows"] == 1
    assert kept["order_items", "rows"] == 1  # the thermometer: that table has a place for medicines only
    assert kept["orders", "columns"] == 3
    assert [line["data"]["id"] for line in lines if (line["table"], line["what"]) == ("prescriptions", "rows")] == [done.loose]
    numbers = {line["data"]["orderNumber"] for line in lines if line["table"] == "orders"}
    assert numbers == {done.cash, done.paid, done.cancelled}
    text = gzip.decompress(file.read_bytes()).decode()
    assert "Amlodipine" not in text
    assert "passwordHash" not in str([line["data"] for line in lines])
    assert not {"staff_sessions", "customer_tokens"} & {line["table"] for line in lines}


def test_afterwards_the_way_up_gives_back_orders_baskets_and_prescriptions_to_their_customer(
    copy: str, worked: Any, tmp_path: Path
) -> None:
    _, done = worked
    owned = [
        # of a prescription without the two columns of step 002, which say again what the old system's text says
        f"""SELECT id, to_jsonb(t) - '{{extractionStatus,extractedAt}}'::text[] FROM {table} t WHERE "customerId" = %s ORDER BY id"""
        for table in ("orders", "prescriptions", "payment_attempts", "cart_lines")
    ]
    before = [ask(copy, query, done.customer) for query in owned]
    rollback(copy, len(LATER), keep_in=tmp_path)
    undo(copy)

    adopt(copy)
    migrate(copy)

    assert [ask(copy, query, done.customer) for query in owned] == before
    assert ask(copy, 'SELECT value FROM customer_identities WHERE "customerId" = %s', done.customer) == [("2348099990001",)]
    assert ask(copy, "SELECT tablename FROM pg_tables WHERE tablename LIKE 'rollback%%'") == []


@pytest.mark.parametrize("step", LATER)
def test_from_every_step_there_is_a_way_down_to_the_old_system(
    databases: Databases, old_at: At, step: str, tmp_path: Path
) -> None:
    old = with_database(databases.server_url, old_at(""))
    with databases.copy(old_at(step)) as url:
        rollback(url, int(step) - 1 if step == status(url).applied[-1][:3] else 0, keep_in=tmp_path)

        assert shape(url) == shape(old)
        assert values(url) == values(old)
        assert list(tmp_path.iterdir()) == []


def test_what_is_heard_of_each_step_is_what_its_way_back_drops(databases: Databases, old_at: At) -> None:
    with databases.copy(old_at(HEAD[:3])) as url:
        for name in reversed(names()[2:]):
            before = {key for key in shape(url) if key[0] == "column"}
            heard = left_over.heard([load(name)], None)
            rollback(url)
            gone = before - {key for key in shape(url) if key[0] == "column"}
            whole = {loss.table for loss in heard if loss.whole}
            columns = {(loss.table, column) for loss in heard for column in loss.columns}
            missed = {(table, column) for _, table, column in gone if table not in whole and (table, column) not in columns}
            assert not missed, name
            # and nothing but what goes, so that no file speaks of rows that stay
            assert whole <= {table for _, table, _ in gone}, name


def test_where_the_file_cannot_be_written_nothing_is_taken_back(copy: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")

    with pytest.raises(CannotMigrate, match=r"could not be written.*Nothing was done"):
        rollback(copy, 2, keep_in=tmp_path / "taken")

    assert status(copy).applied[-1] == HEAD


def test_going_without_the_file_needs_the_name_of_the_database(copy: str) -> None:
    ended = CliRunner().invoke(db, ["rollback", "--no-export", "--database-url", copy])

    assert ended.exit_code == 2
    assert "say --yes-lose" in ended.output
    assert status(copy).applied[-1] == HEAD


def test_a_dry_run_tells_the_same_rows_as_the_file_has_and_changes_nothing(copy: str, tmp_path: Path) -> None:
    said = invoke("rollback", "--to", "002", "--dry-run", "--database-url", copy)
    assert status(copy).applied[-1] == HEAD
    rollback(copy, len(LATER), keep_in=tmp_path)

    told = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in said.splitlines() if "no place" in line}
    (file,) = tmp_path.iterdir()
    assert told == Counter(line["table"] for line in list(left_over_file.read(file))[1:])
    first = CliRunner().invoke(db, ["left-over", str(file), "--table", "payments"])
    assert first.output.count("\n") == told["payments"]


def test_a_file_cut_short_is_told_so(copy: str, tmp_path: Path) -> None:
    rollback(copy, len(LATER), keep_in=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-40])

    with pytest.raises(CannotMigrate, match=r"cannot be read|not whole"):
        list(left_over_file.read(file))
