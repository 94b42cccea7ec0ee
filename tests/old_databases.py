"""Databases as the old system left them, each form made by SQL of our own with a few hundred rows that hold every oddity.

`build(url, "v1", "copies", ...)` runs the pieces in order. The tables of version 1.x come from `tests/data/v1_schema.sql`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import peewee
import psycopg
import pytest

from models import schema_shape
from tests.servers import Databases, with_database

LEFT_OUT = ("migratehistory", "rollback_", "drugsng_adopt")  # tables that are no business of a comparison
V1_SCHEMA = (Path(__file__).parent / "data" / "v1_schema.sql").read_text()
AT = "timestamptz '2025-04-01 08:00+01' + i * interval '1 minute'"
LATER = ("support_ratings", "prescriptions", "diagnostic_bookings", "diagnostic_tests", "healthcare_products", "otps")

# Every spelling of a number the old program met: E.164, WhatsApp id, national, bare, with blanks, foreign, and nonsense.
PHONE = """(CASE {i} % 8 WHEN 0 THEN '+23480' WHEN 1 THEN '23480' WHEN 2 THEN '080' WHEN 3 THEN '80' WHEN 4 THEN '+234 80'
    WHEN 5 THEN '0 80-' WHEN 6 THEN '00234 80' ELSE '+23480' END || lpad((30000000 + {i})::text, 8, '0'))"""

SHOP = f"""
INSERT INTO users (name, email, password, "phoneNumber", "isActive", "createdAt", "updatedAt")
SELECT 'Person ' || i, 'person' || i || '@example.com', '$2a$10$x', {PHONE.format(i="i")}, i % 9 <> 0, {AT}, {AT}
FROM generate_series(1, 120) i;
UPDATE users SET "phoneNumber" = '+447911123456' WHERE id = 7;
UPDATE users SET "phoneNumber" = '447911123457' WHERE id = 15;
UPDATE users SET "phoneNumber" = '+23408030000016' WHERE id = 16;
UPDATE users SET "phoneNumber" = 'ask my wife' WHERE id = 23;
UPDATE users SET "phoneNumber" = '' WHERE id = 31;
UPDATE users SET email = 'PERSON3@example.com' WHERE id = 33;
UPDATE users SET "isActive" = NULL WHERE id = 19;
INSERT INTO products (name, category, price, stock, "createdAt", "updatedAt")
SELECT 'Product ' || i, 'Shelf ' || i % 4, i * 100 + 0.5, i, {AT}, {AT} FROM generate_series(1, 20) i;
UPDATE products SET price = 0.1::float8 + 0.2::float8 WHERE id = 3;
UPDATE products SET stock = NULL WHERE id = 10;
INSERT INTO doctors (name, specialty, location, "createdAt", "updatedAt")
SELECT 'Doctor ' || i, 'General', 'Lagos', {AT}, {AT} FROM generate_series(1, 5) i;
INSERT INTO support_teams (name, "phoneNumber", role, "createdAt", "updatedAt")
VALUES ('One', '2349000000001', 'general', now(), now()), ('Two', '+2349000000002', 'orders', now(), now());
INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "paymentStatus", "shippingAddress", "orderDate",
    "createdAt", "updatedAt")
SELECT 1 + i % 120, (ARRAY['Processing', 'Shipped', 'Delivered', 'Cancelled', NULL])[1 + i % 5]::enum_orders_status,
    i * 10 + 0.25, 'Paystack', (ARRAY['Pending', 'Paid', 'Failed', NULL])[1 + i % 4]::"enum_orders_paymentStatus",
    'Street ' || i, CASE WHEN i % 10 > 0 THEN {AT} END, {AT}, {AT} FROM generate_series(1, 200) i;
UPDATE orders SET "totalAmount" = 1.005 WHERE id = 10;
UPDATE orders SET "totalAmount" = 'NaN' WHERE id = 11;
UPDATE orders SET "totalAmount" = 'Infinity' WHERE id = 12;
UPDATE orders SET "totalAmount" = -5 WHERE id = 13;
INSERT INTO order_items ("orderId", "productId", quantity, price, "createdAt", "updatedAt")
SELECT 1 + i % 200, 1 + i % 20, 1 + i % 3, (1 + i % 20) * 100 + 0.5, {AT}, {AT} FROM generate_series(1, 300) i;
INSERT INTO carts ("userId", "productId", quantity, price, "createdAt", "updatedAt")
SELECT i, 1 + i % 20, i % 3, 10, {AT}, {AT} FROM generate_series(1, 30) i;
INSERT INTO sessions ("phoneNumber", state, data, "lastActivity", "createdAt", "updatedAt")
SELECT '23480' || (30000000 + i), CASE WHEN i % 25 > 0 THEN 'LOGGED_IN'::enum_sessions_state END,
    CASE WHEN i % 20 > 0 THEN jsonb_build_object('userId', i) END, CASE WHEN i % 30 > 0 THEN {AT} END, {AT}, {AT}
FROM generate_series(1, 100) i;
UPDATE sessions SET data = '{{"registrationData": {{"password": "hush-hush"}}}}' WHERE id = 5;
INSERT INTO sessions ("phoneNumber", state, "lastActivity", "createdAt", "updatedAt") VALUES
    ('08030000001', 'NEW', '2025-09-01', now(), now()), ('+2348030000002', 'NEW', '2024-01-01', now(), now()),
    ('447911123458', 'NEW', '2025-09-01', now(), now());
INSERT INTO appointments ("userId", "doctorId", "dateTime", status, "createdAt", "updatedAt")
SELECT i, 1 + i % 5, {AT}, CASE WHEN i % 4 > 0 THEN 'Scheduled'::enum_appointments_status END, {AT}, {AT} FROM generate_series(1, 20) i;
INSERT INTO support_chats ("customerPhoneNumber", "supportTeamId", message, "isFromCustomer", "createdAt", "updatedAt")
SELECT '23480' || (30000000 + i), 1, 'Hello ' || i, true, {AT}, {AT} FROM generate_series(1, 30) i;
"""
LATER_ROWS = rf"""
INSERT INTO healthcare_products (name, category, price, stock, "createdAt", "updatedAt")
SELECT 'Health ' || i, 'Devices', i * 1000, i, {AT}, {AT} FROM generate_series(1, 20) i;
UPDATE carts SET price = 6000 WHERE "productId" = 6;
INSERT INTO diagnostic_tests (name, category, price, "createdAt", "updatedAt")
SELECT 'Test ' || i, 'Blood', i * 1000, {AT}, {AT} FROM generate_series(1, 5) i;
INSERT INTO diagnostic_bookings ("userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation", "totalAmount",
    status, "createdAt", "updatedAt") SELECT i, 1, {AT}, 'Home', 1000, NULL, {AT}, {AT} FROM generate_series(1, 6) i;
INSERT INTO otps (email, code, purpose, "expiresAt", "createdAt", "updatedAt")
SELECT 'person' || i || '@example.com', 1000 + i, CASE WHEN i % 5 > 0 THEN 'registration'::enum_otps_purpose END, {AT}, {AT}, {AT}
FROM generate_series(1, 20) i;
INSERT INTO prescriptions ("orderId", "fileUrl", "extractedText", "verificationStatus", "createdAt", "updatedAt")
SELECT i, 'https://files.example.com/' || i, (ARRAY['Amoxicillin 500mg no ' || i, '', E' \n', NULL])[1 + i % 4],
    (ARRAY['Pending', 'Verified', 'Rejected', NULL])[1 + i % 4]::"enum_prescriptions_verificationStatus", {AT}, {AT}
FROM generate_series(1, 80) i;
INSERT INTO support_ratings ("supportChatId", "customerPhoneNumber", "supportTeamId", rating, "createdAt", "updatedAt")
VALUES (1, '2348030000001', 1, 5, now(), now()), (999, '2348030000002', 1, 7, now(), now());
"""
COPIES = """
ALTER TABLE users ADD UNIQUE (email);
ALTER TABLE users ADD UNIQUE (email);
ALTER TABLE sessions ADD UNIQUE ("phoneNumber");
ALTER TABLE support_teams ADD UNIQUE ("phoneNumber");
"""
# What the start of 2.0.0 does, statement after statement; a NULL "lastActivity" stops it before the one-time codes.
SYNC_BEGUN = """
CREATE TYPE enum_admins_role AS ENUM ('Owner', 'Admin', 'CustomerSupport', 'Auditor');
CREATE TABLE admins (
    id serial PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL UNIQUE, password varchar(255) NOT NULL,
    role enum_admins_role NOT NULL DEFAULT 'Admin', "isActive" boolean DEFAULT true, token varchar(255),
    "tokenExpiry" timestamptz, "lastLogin" timestamptz, "createdAt" timestamptz NOT NULL, "updatedAt" timestamptz NOT NULL
);
ALTER TABLE admins ADD UNIQUE (email);
INSERT INTO admins (name, email, password, role, "createdAt", "updatedAt")
VALUES ('Owner', 'owner@example.com', '$2a$10$y', 'Owner', now(), now());
ALTER TABLE orders ADD COLUMN "hasPrescription" boolean DEFAULT false;
UPDATE orders SET "hasPrescription" = true WHERE id % 3 = 0;
ALTER TABLE sessions ADD COLUMN token varchar(255), ADD COLUMN "userId" integer, ADD COLUMN "loginTime" timestamptz;
UPDATE sessions SET token = 'token-' || id, "userId" = id * 7, "loginTime" = "createdAt" WHERE id % 2 = 0;
"""
SYNC_ENDED = """
UPDATE sessions SET "lastActivity" = "updatedAt" WHERE "lastActivity" IS NULL;
ALTER TABLE sessions ALTER COLUMN "lastActivity" SET NOT NULL;
ALTER TABLE otps ADD COLUMN "isBackupOTP" boolean DEFAULT false, ADD COLUMN "createdByAdmin" varchar(255), ADD COLUMN meta jsonb,
    ADD COLUMN "sendAttempts" integer DEFAULT 0, ADD COLUMN "lastSendAttemptAt" timestamptz;
UPDATE otps SET meta = '{"registrationData": "sealed"}', "createdByAdmin" = '1' WHERE id % 3 = 0;
"""
LONG_TOKEN = "ALTER TABLE sessions ALTER COLUMN token TYPE varchar(500)"
OPTION_A = """
CREATE TYPE "enum_prescriptions_extractionStatus" AS ENUM ('pending', 'extracted', 'failed');
ALTER TABLE prescriptions ADD COLUMN "extractionStatus" "enum_prescriptions_extractionStatus" NOT NULL DEFAULT 'pending',
    ADD COLUMN "extractedAt" timestamptz;
UPDATE prescriptions SET "extractionStatus" = 'failed' WHERE id % 10 = 0;
UPDATE prescriptions SET "extractedAt" = '2025-05-01 10:00+00' WHERE id % 6 = 0;
"""
# As typed without quotes: every name is folded to lower case, and the new status looks at the new, empty text.
OPTION_B = """
ALTER TABLE prescriptions ADD COLUMN extractedText TEXT;
ALTER TABLE prescriptions ADD COLUMN extractionStatus VARCHAR(20) DEFAULT 'pending';
ALTER TABLE prescriptions ADD COLUMN extractedAt TIMESTAMP;
ALTER TABLE prescriptions ADD CONSTRAINT check_extraction_status CHECK (extractionStatus IN ('pending', 'extracted', 'failed'));
CREATE INDEX idx_prescriptions_extraction_status ON prescriptions (extractionStatus);
UPDATE prescriptions SET extractedtext = 'Twin text of ' || id, extractionstatus = 'extracted', extractedat = '2025-06-01 12:00'
WHERE id % 5 = 0;
UPDATE prescriptions SET extractedat = '2024-01-01 12:00' WHERE id = 60;
UPDATE prescriptions SET extractionstatus = 'failed' WHERE id IN (1, 2, 4);
UPDATE prescriptions SET extractionstatus = NULL WHERE id = 3;
"""
OPTION_B_QUOTED = """
ALTER TABLE prescriptions ADD COLUMN "extractionStatus" VARCHAR(20) DEFAULT 'pending', ADD COLUMN "extractedAt" TIMESTAMP;
ALTER TABLE prescriptions ADD CONSTRAINT check_extraction_status CHECK ("extractionStatus" IN ('pending', 'extracted', 'failed'));
UPDATE prescriptions SET "extractionStatus" = 'failed', "extractedAt" = '2025-06-01 12:00' WHERE id % 4 = 1;
"""
FIRST = """
DROP TABLE support_ratings, prescriptions, diagnostic_bookings, diagnostic_tests, healthcare_products, otps;
DROP TYPE enum_otps_purpose, enum_diagnostic_bookings_status, "enum_diagnostic_bookings_paymentStatus",
    "enum_prescriptions_verificationStatus";
ALTER TABLE users ADD UNIQUE ("phoneNumber");
ALTER TABLE users ADD UNIQUE ("phoneNumber");
"""
# One user registered twice with the same telephone; the earliest versions did not allow it.
TWO_ON_ONE_PHONE = """UPDATE users SET "phoneNumber" = '+2348030000008' WHERE id = 41"""
PIECES = {
    "v1": (V1_SCHEMA, "RESET ALL", SHOP, LATER_ROWS, TWO_ON_ONE_PHONE),
    "first": (V1_SCHEMA, "RESET ALL", SHOP, FIRST),
    "copies": (COPIES,),
    "sync_begun": (SYNC_BEGUN,),
    "sync_ended": (SYNC_ENDED,),
    "long_token": (LONG_TOKEN,),
    "a": (OPTION_A,),
    "b": (OPTION_B,),
    "b_quoted": (OPTION_B_QUOTED,),
}
# name -> pieces: what tests are run over
FORMS = {
    "version 1": ("v1", "copies"),
    "the first version": ("first", "copies"),
    "2.0.0": ("v1", "copies", "sync_begun", "sync_ended", "copies"),
    "2.0.0 with the long token": ("v1", "sync_begun", "sync_ended", "long_token"),
    "2.0.0 stopped on the way": ("v1", "copies", "sync_begun"),
    "option A": ("v1", "a"),
    "option B": ("v1", "copies", "b"),
    "option B with quotes": ("v1", "b_quoted"),
    "2.0.0 with A and B": ("v1", "sync_begun", "sync_ended", "a", "b"),
}


def build(url: str, *pieces: str) -> None:
    """Makes a form in the empty database at `url`."""
    for piece in pieces:
        do(url, *PIECES[piece])


def do(url: str, *statements: str) -> None:
    """Each statement; one may be a whole file of them."""
    with psycopg.connect(url, autocommit=True, application_name="psql") as connection:
        for statement in statements:
            connection.execute(statement)


def contents(url: str, *, leave_out: tuple[str, ...] = LEFT_OUT) -> dict[str, str]:
    """Every table's rows as one digest each, in an order of their own, so that an update and its way back leave no trace."""
    found = {}
    with psycopg.connect(url, autocommit=True, application_name="psql") as connection:
        connection.execute("SET TimeZone = 'UTC'; SET extra_float_digits = 1")
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall():
            if table.startswith(leave_out):
                continue
            rows = connection.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t').fetchall()
            found[table] = hashlib.sha256("\n".join(sorted(row for (row,) in rows)).encode()).hexdigest()[:16] + f" {len(rows)}"
    return found


def ask(url: str, question: str, *values: object) -> list[tuple]:
    """The rows of one question."""
    with psycopg.connect(url, autocommit=True, application_name="psql") as connection:
        return connection.execute(question, values or None).fetchall()


def shape(url: str) -> dict[tuple[str, str, str], str]:
    database = peewee.PostgresqlDatabase(url, prefer_psycopg3=True)
    with database:
        found = schema_shape.read(database)
    return {key: text for key, text in found.items() if not key[1].startswith(LEFT_OUT) and key[0] != "place"}


def without_copies(found: dict[tuple[str, str, str], str]) -> dict[tuple[str, str, str], str]:
    """PostgreSQL prints option B's check otherwise when it reads it a second time, so its text does not count."""
    copies = re.compile(r"_key\d+$")
    return {key: "" if key[2] == "check_extraction_status" else text for key, text in found.items() if not copies.search(key[2])}


@pytest.fixture(scope="session")
def templates(databases: Databases) -> Iterator[Callable[[str], str]]:
    """`templates("option B")`: the name of a database of that form, to be copied."""
    made: dict[str, str] = {}

    def at(form: str) -> str:
        if form not in made:
            made[form] = databases.create()
            build(with_database(databases.server_url, made[form]), *FORMS[form])
        return made[form]

    yield at
    for name in made.values():
        databases.drop(name)


@pytest.fixture
def old(databases: Databases, templates: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """`old("option B")`: the address of a copy of this test's own."""
    made: list[str] = []

    def at(form: str) -> str:
        made.append(databases.create(templates(form)))
        return with_database(databases.server_url, made[-1])

    yield at
    for name in made:
        databases.drop(name)
