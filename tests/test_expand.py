"""Every step of the schema only adds: the version before it goes on working while the step is taken and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import psycopg
import pytest

from bench import own_program
from bench.writers import OLD_PROGRAM, Write
from models.migrating import migrate
from models.migration_steps import names
from tests import expand_rules
from tests.servers import Databases, with_database

STEPS = [name[:3] for name in names()]
ROWS = {"users": 3, "prescriptions": 3}
OLD_ROWS = """
INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")
SELECT 'Ada', 'ada' || i, 'x', '+234803000000' || i, now(), now() FROM generate_series(1, 3) i;
INSERT INTO products (name, category, price, "createdAt", "updatedAt")
SELECT 'Soap ' || i, 'Shelf', 10.1, now(), now() FROM generate_series(1, 1000) i;
INSERT INTO orders ("userId", "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
SELECT i, 1250.5, 'Paystack', 'Street', now(), now() FROM generate_series(1, 3) i;
INSERT INTO prescriptions ("orderId", "fileUrl", "createdAt", "updatedAt") SELECT i, 'x', now(), now() FROM generate_series(1, 3) i;
INSERT INTO sessions ("phoneNumber", "createdAt", "updatedAt") VALUES ('+2348030000001', now(), now());
INSERT INTO doctors (name, specialty, location, "createdAt", "updatedAt")
SELECT 'Dr ' || i, 'General', 'Lagos', now(), now() FROM generate_series(1, 3) i;
INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
SELECT i, 1, now() + interval '2 days', now(), now() FROM generate_series(1, 3) i;
INSERT INTO diagnostic_tests (name, category, price, "createdAt", "updatedAt") VALUES ('Malaria', 'Blood', 5000, now(), now());
INSERT INTO diagnostic_bookings ("userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation", "totalAmount",
    "createdAt", "updatedAt") SELECT i, 1, now(), 'Home', 5000, now(), now() FROM generate_series(1, 3) i;
"""
IN_STEP = "a trigger fills the new column from the old one, so whatever the version before writes passes"
VISIT_IN_STEP = "fills the new columns from the old ones and refuses nothing, also when the old program's start removed them"
VISIT_TIME = "notes which time is taken; of two old visits at one time the second stands beside the first"
REGISTER = "keeps the search index; it names no column of ours and refuses nothing"
MONEY = ("products", "healthcare_products", "diagnostic_tests", "carts", "order_items", "orders", "diagnostic_bookings")
# What a step does ask, and why the version before can live with it. A line that is not found any more fails as well.
ALLOWED: dict[str, dict[str, str]] = {
    "003": {f"{table}: new check {table}_kobo_in_step": IN_STEP for table in MONEY}
    | {f"{table}: new trigger kobo_in_step": IN_STEP for table in MONEY},
    "005": {
        f"{table}: new trigger catalogue_{what}": REGISTER
        for table in ("products", "healthcare_products")
        for what in ("row_kept", "statement_done", "emptied")
    },
    "006": {
        "orders: new trigger order_in_step": "fills number and state from what the old program writes",
        "orders: new check orders_state_known refuses what its columns are by themselves": "the trigger fills it",
        "orders: new check orders_number_there refuses what its columns are by themselves": "the trigger fills it",
        "order_items: new check order_items_one_product": "the old program always names a medicine, and no health product",
        "order_items.productId may be empty now": "only in lines with health products, which the old program did not sell rightly",
    },
    "007": {
        "prescriptions.orderId may be empty now": "only in prescriptions that came by chat before their order",
        "prescriptions: new check prescriptions_whose": "the version before always names an order",
    },
    "010": {"catalogue_entries: new trigger catalogue_health_control": "raises a level of control and refuses nothing"},
    "014": {f"{table}: new trigger visit_in_step": VISIT_IN_STEP for table in ("appointments", "diagnostic_bookings")}
    | {f"{table}: new trigger visit_time_held": VISIT_TIME for table in ("appointments", "diagnostic_bookings")},
    "016": {"order_items: new check order_items_named": "admits whatever the one before did, and lines of a fee besides"},
}


@dataclass
class Taken:
    """Step by step: what it asks of the version before, and what it refuses of what any version before writes."""

    narrowed: dict[str, set[str]] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def at_head(databases: Databases) -> Iterator[tuple[str, Taken]]:
    """A database taken through all steps one by one, with some rows of every version in it, and what was seen on the way."""
    name = databases.create()
    url, taken = with_database(databases.server_url, name), Taken()
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(url, to="001")
        conn.execute(OLD_ROWS)
        before = expand_rules.read(conn)
        for last, step in pairwise(STEPS):
            migrate(url, to=step)
            after = expand_rules.read(conn)
            taken.narrowed[step] = expand_rules.narrowed(before, after, conn)
            taken.refused[step] = [
                line for write in (*OLD_PROGRAM, *own_program.writes_at(last)) for line in refusals(conn, write)
            ]
            own_program.fill(url, step, ROWS)
            before = after
    yield url, taken
    databases.drop(name)


def refusals(conn: psycopg.Connection, write: Write) -> list[str]:
    """What the database says against this write; nothing of it stays."""
    try:
        with conn.transaction(force_rollback=True):
            for statement in write[1:]:
                conn.execute(statement, (1,))
    except psycopg.Error as e:
        return [f"{' '.join(statement.split()[:3])}: {e.diag.message_primary}"]
    return []


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_step_asks_nothing_of_the_version_before_but_what_is_known_to_be_harmless(at_head, step):
    _, taken = at_head

    assert taken.narrowed[step] == set(ALLOWED.get(step, {}))


@pytest.mark.parametrize("step", STEPS[1:])
def test_what_every_version_before_a_step_writes_is_taken_by_it(at_head, step):
    _, taken = at_head

    assert taken.refused[step] == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DROP TABLE timers", "timers is gone"),
        ("ALTER TABLE outbox DROP COLUMN reason", "outbox.reason is gone"),
        ("ALTER TABLE outbox RENAME reason TO why", "outbox.reason is gone"),
        ("ALTER TABLE timers ALTER subject TYPE varchar(20)", "timers.subject was text and is character varying(20)"),
        ('ALTER TABLE customers ALTER "userId" SET NOT NULL', "customers.userId may not be empty any more"),
        ("ALTER TABLE outbox ALTER reason DROP DEFAULT", "outbox.reason lost its default"),
        ("ALTER TABLE outbox ALTER payload DROP NOT NULL", "outbox.payload may be empty now"),
        ("ALTER TABLE staff ADD shift text NOT NULL", "staff.shift is new, required and without a default"),
        ("ALTER TYPE enum_orders_status RENAME VALUE 'Shipped' TO 'Sent'", "enum_orders_status: 'Shipped' is gone"),
        ("ALTER TABLE outbox ADD CONSTRAINT few CHECK (attempts < 3) NOT VALID", "outbox: new check few"),
        ("ALTER TABLE media ADD CONSTRAINT pictures CHECK (kind IN ('image'))", "media: new check pictures"),
        (
            "ALTER TABLE staff ADD shift text, ADD CONSTRAINT shifts CHECK (shift IS NOT NULL) NOT VALID",
            "staff: new check shifts refuses what its columns are by themselves",
        ),
        (
            """ALTER TABLE media DROP CONSTRAINT media_kind_known, ADD CONSTRAINT media_kind_known CHECK (kind IN ('image'))""",
            "media: new check media_kind_known",
        ),
        ('CREATE UNIQUE INDEX one_kind ON timers (kind, "customerId")', "timers: new unique index one_kind"),
        (
            """CREATE TABLE shifts ("staffId" bigint REFERENCES staff (id))""",
            "keeps rows of staff from being deleted",
        ),
        (
            """ALTER TABLE audit ADD CONSTRAINT who FOREIGN KEY ("staffId") REFERENCES staff (id) ON DELETE SET NULL NOT VALID""",
            "audit: new foreign key who on an old column",
        ),
        ("CREATE TRIGGER stop BEFORE INSERT ON timers EXECUTE FUNCTION refuse_change_of_audit()", "timers: new trigger stop"),
        ("DROP FUNCTION let_go_of_customer", "let_go_of_customer(customer bigint, accepted bigint, wamid text) is gone or gives"),
    ],
)
def test_a_step_that_takes_something_away_is_found(changed, statement, told):
    assert any(told in line for line in changed(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE shifts (id bigserial PRIMARY KEY, begins timestamptz NOT NULL)",
        'CREATE TABLE shifts ("staffId" bigint REFERENCES staff (id) ON DELETE CASCADE)',
        "ALTER TABLE staff ADD shift text NOT NULL DEFAULT 'day', ADD CHECK (shift IN ('day', 'night'))",
        "ALTER TABLE staff ADD badge text; CREATE UNIQUE INDEX badges ON staff (badge)",
        'CREATE INDEX outbox_newest ON outbox ("createdAt")',
        "ALTER TYPE enum_orders_status ADD VALUE 'Returned'",
        """ALTER TABLE media DROP CONSTRAINT media_kind_known,
            ADD CONSTRAINT media_kinds CHECK (kind IN ('image', 'document', 'voice'))""",
    ],
)
def test_a_step_that_only_adds_is_let_pass(changed, statement):
    assert changed(statement) == set()


@pytest.fixture
def changed(at_head):
    """`changed(statement)`: what the rules say of it; nothing of it stays."""
    url, _ = at_head

    def tried(statement: str) -> set[str]:
        with psycopg.connect(url) as conn:
            conn.execute("ALTER TABLE media ADD CONSTRAINT media_kind_known CHECK (kind IN ('image', 'document')) NOT VALID")
            before = expand_rules.read(conn)
            conn.execute(statement)
            found = expand_rules.narrowed(before, expand_rules.read(conn), conn)
            conn.rollback()
        return found

    return tried
