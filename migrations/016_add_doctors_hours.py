"""How doctors work and what a visit costs: weekly hours, days off, holidays, slot length, languages, zone; fees paid by an order.

The old program does not know of any of it: columns have defaults, tables are new. A fee is an order of a kind of its own ("visit",
"lab") with one line that is no product. The two checks that forbid it are replaced by wider ones; the new one is validated before
the old one goes.

Rolling back keeps everything in `rollback_016`, row by row as JSON; the line of a fee leaves `order_items`, because that table
admits products only, and its order counts as one to be fetched. A colleague with the role of a doctor, which is not known before,
becomes one without any who cannot sign in. Applying the step again puts everything back.
"""

atomic = False

DOCTORS = """
ALTER TABLE doctors
    ADD COLUMN IF NOT EXISTS "feeKobo" bigint NOT NULL DEFAULT 0 CONSTRAINT doctors_fee_known CHECK ("feeKobo" >= 0),
    ADD COLUMN IF NOT EXISTS languages text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS zone text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS "slotMinutes" smallint NOT NULL DEFAULT 30
        CONSTRAINT doctors_slot_known CHECK ("slotMinutes" BETWEEN 5 AND 480),
    ADD COLUMN IF NOT EXISTS "worksHolidays" boolean NOT NULL DEFAULT false
"""
TESTS = """
ALTER TABLE diagnostic_tests
    ADD COLUMN IF NOT EXISTS home boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS centre text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS preparation text NOT NULL DEFAULT ''
"""
# Whose list a colleague with the role of a doctor sees.
STAFF = """
ALTER TABLE staff ADD COLUMN IF NOT EXISTS "doctorId" integer
    CONSTRAINT staff_doctor_fkey REFERENCES doctors (id) ON UPDATE CASCADE ON DELETE SET NULL
"""
TABLES = """
-- Weekly hours in minutes of the doctor's own day; 0 is Monday. A doctor without any has the usual ones.
CREATE TABLE IF NOT EXISTS doctor_hours (
    id bigserial PRIMARY KEY,
    "doctorId" integer NOT NULL REFERENCES doctors (id) ON UPDATE CASCADE ON DELETE CASCADE,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    "fromMinute" smallint NOT NULL,
    "untilMinute" smallint NOT NULL,
    CONSTRAINT doctor_hours_in_a_day CHECK ("fromMinute" >= 0 AND "fromMinute" < "untilMinute" AND "untilMinute" <= 1440)
);
CREATE INDEX IF NOT EXISTS doctor_hours_doctor ON doctor_hours ("doctorId");

CREATE TABLE IF NOT EXISTS doctor_days_off (
    id bigserial PRIMARY KEY,
    "doctorId" integer NOT NULL REFERENCES doctors (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "firstDay" date NOT NULL,
    "lastDay" date NOT NULL,
    reason text NOT NULL DEFAULT '',
    "createdBy" text NOT NULL,
    "createdAt" timestamptz NOT NULL,
    CONSTRAINT doctor_days_off_in_order CHECK ("firstDay" <= "lastDay")
);
CREATE INDEX IF NOT EXISTS doctor_days_off_doctor ON doctor_days_off ("doctorId", "lastDay");

CREATE TABLE IF NOT EXISTS doctor_blocks (
    id bigserial PRIMARY KEY,
    "doctorId" integer NOT NULL REFERENCES doctors (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "startsAt" timestamptz NOT NULL,
    "endsAt" timestamptz NOT NULL,
    reason text NOT NULL DEFAULT '',
    "createdBy" text NOT NULL,
    "createdAt" timestamptz NOT NULL,
    CONSTRAINT doctor_blocks_in_order CHECK ("startsAt" < "endsAt")
);
CREATE INDEX IF NOT EXISTS doctor_blocks_doctor ON doctor_blocks ("doctorId", "endsAt");

-- What the government announces shortly before ("kept" false: a holiday of the calendar that is not kept).
CREATE TABLE IF NOT EXISTS holiday_overrides (
    day date PRIMARY KEY,
    name text NOT NULL,
    kept boolean NOT NULL,
    "createdBy" text NOT NULL,
    "createdAt" timestamptz NOT NULL
);
"""

ROLES = "'owner', 'admin', 'pharmacist', 'support', 'auditor'"
NO_PRODUCT = 'num_nonnulls("productId", "healthcareProductId") = 0 AND name IS NOT NULL'
CHECKS = (
    ("orders", "orders_delivery_kinds", """CHECK ("deliveryKind" IN ('delivery', 'pickup', 'visit', 'lab'))"""),
    ("staff", "staff_role_known", f"CHECK (role IN ({ROLES}, 'doctor'))"),
    ("order_items", "order_items_named", f'CHECK (num_nonnulls("productId", "healthcareProductId") = 1 OR ({NO_PRODUCT}))'),
)
# (table, the check that goes, as it was)
NARROWER = (
    ("staff", "staff_role_check", f"CHECK (role IN ({ROLES}))"),
    ("orders", "orders_delivery_known", """CHECK ("deliveryKind" IN ('delivery', 'pickup'))"""),
    ("order_items", "order_items_one_product", 'CHECK (num_nonnulls("productId", "healthcareProductId") = 1)'),
)
ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE {table} ADD CONSTRAINT {name} {constraint} NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

KEPT = {
    "doctors": ('"feeKobo"', "languages", "zone", '"slotMinutes"', '"worksHolidays"'),
    "diagnostic_tests": ("home", "centre", "preparation"),
}
DEFAULTS = {"doctors": "0, '', '', 30, false", "diagnostic_tests": "false, '', ''"}
OWN_TABLES = ("doctor_hours", "doctor_days_off", "doctor_blocks", "holiday_overrides")
KEEP = """
DO $$ BEGIN
    LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = '{mark}' AND NOT attisdropped) THEN
        INSERT INTO rollback_016 (source, kept) SELECT '{table}', jsonb_build_object({pairs}) FROM {table} t
        WHERE ({columns}) IS DISTINCT FROM ({defaults});
    END IF;
    ALTER TABLE {table} {drops};
END $$
"""
KEEP_ORDERS = f"""
DO $$ BEGIN
    LOCK TABLE orders, order_items IN ACCESS EXCLUSIVE MODE;
    INSERT INTO rollback_016 (source, kept) SELECT 'order_items', to_jsonb(i) FROM order_items i WHERE {NO_PRODUCT};
    DELETE FROM order_items WHERE {NO_PRODUCT};
    INSERT INTO rollback_016 (source, kept) SELECT 'orders', jsonb_build_object('id', id, 'deliveryKind', "deliveryKind")
    FROM orders WHERE "deliveryKind" IN ('visit', 'lab');
    UPDATE orders SET "deliveryKind" = 'pickup' WHERE "deliveryKind" IN ('visit', 'lab');
END $$
"""
KEEP_STAFF = """
DO $$ BEGIN
    LOCK TABLE staff IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'staff'::regclass AND attname = 'doctorId' AND NOT attisdropped) THEN
        INSERT INTO rollback_016 (source, kept)
        SELECT 'staff', jsonb_build_object('id', id, 'role', role, 'active', active, 'doctorId', "doctorId") FROM staff
        WHERE role = 'doctor' OR "doctorId" IS NOT NULL;
    END IF;
    DELETE FROM staff_sessions WHERE "staffId" IN (SELECT id FROM staff WHERE role = 'doctor');
    UPDATE staff SET role = 'auditor', active = false WHERE role = 'doctor';
    ALTER TABLE staff DROP COLUMN IF EXISTS "doctorId";
END $$
"""
KEEP_TABLE = """
DO $$ BEGIN
    IF to_regclass('{table}') IS NOT NULL THEN
        LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
        INSERT INTO rollback_016 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t;
        DROP TABLE {table};
    END IF;
END $$
"""

# What was kept goes back once, and only where what it belongs to is still there.
PUT_BACK = """
WITH back AS (
    UPDATE {table} t SET ({columns}) = (SELECT {theirs} FROM jsonb_populate_record(NULL::{table}, k.kept) r)
    FROM rollback_016 k WHERE k.source = '{table}' AND t.id = (k.kept->>'id')::integer RETURNING k.id)
DELETE FROM rollback_016 WHERE id IN (SELECT id FROM back);
"""


def _put_back(table, columns):
    return PUT_BACK.format(table=table, columns=", ".join(columns), theirs=", ".join(f"r.{column}" for column in columns))


# The role comes back unless somebody has given another one meanwhile.
STAFF_BACK = """
WITH back AS (
    UPDATE staff s SET "doctorId" = (SELECT id FROM doctors WHERE id = (k.kept->>'doctorId')::integer),
        role = CASE WHEN s.role = 'auditor' AND NOT s.active THEN k.kept->>'role' ELSE s.role END,
        active = CASE WHEN s.role = 'auditor' AND NOT s.active THEN (k.kept->>'active')::boolean ELSE s.active END
    FROM rollback_016 k WHERE k.source = 'staff' AND s.id = (k.kept->>'id')::bigint RETURNING k.id)
DELETE FROM rollback_016 WHERE id IN (SELECT id FROM back);
"""


RESTORE = f"""
DO $$
DECLARE
    one record;
BEGIN
    IF to_regclass('rollback_016') IS NULL THEN
        RETURN;
    END IF;
    {"".join(_put_back(table, columns) for table, columns in KEPT.items())}
    {_put_back("orders", ('"deliveryKind"', "id"))}
    {STAFF_BACK}
    FOR one IN SELECT * FROM rollback_016 WHERE source NOT IN ('doctors', 'diagnostic_tests', 'staff', 'orders') ORDER BY id LOOP
        BEGIN
            EXECUTE format('INSERT INTO %%1$I SELECT (jsonb_populate_record(NULL::%%1$I, $1)).*', one.source) USING one.kept;
            DELETE FROM rollback_016 WHERE id = one.id;
        EXCEPTION WHEN foreign_key_violation OR unique_violation OR not_null_violation OR check_violation THEN
            NULL;  -- its doctor or order is gone; the row stays where it is kept
        END;
    END LOOP;
    PERFORM setval('doctor_hours_id_seq', max(id)) FROM doctor_hours HAVING max(id) > 0;
    PERFORM setval('doctor_days_off_id_seq', max(id)) FROM doctor_days_off HAVING max(id) > 0;
    PERFORM setval('doctor_blocks_id_seq', max(id)) FROM doctor_blocks HAVING max(id) > 0;
    IF NOT EXISTS (SELECT FROM rollback_016) THEN
        DROP TABLE rollback_016;
    END IF;
END $$
"""


def migrate(migrator, database, *, fake=False):
    for statement in (DOCTORS, TESTS, STAFF, TABLES):
        migrator.sql(statement)
    for table, name, constraint in CHECKS:
        migrator.sql(ADD_CHECK.format(table=table, name=name, constraint=constraint))
        migrator.patient_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for table, name, _ in NARROWER:
        migrator.sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
    migrator.sql(RESTORE)


def rollback(migrator, database, *, fake=False):
    migrator.sql(
        "CREATE TABLE IF NOT EXISTS rollback_016 "
        '(id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now())'
    )
    for table, columns in KEPT.items():
        drops = ", ".join(f"DROP COLUMN IF EXISTS {column}" for column in columns)
        pairs = ", ".join(f"""'{column.strip('"')}', {column}""" for column in ("id", *columns))
        words = {"mark": columns[0].strip('"'), "columns": ", ".join(columns), "defaults": DEFAULTS[table], "drops": drops}
        words["pairs"] = pairs
        migrator.sql(KEEP.format(table=table, **words))
    for table in OWN_TABLES:
        migrator.sql(KEEP_TABLE.format(table=table))
    migrator.sql(KEEP_ORDERS)
    migrator.sql(KEEP_STAFF)
    for table, name, constraint in NARROWER:
        migrator.sql(ADD_CHECK.format(table=table, name=name, constraint=constraint))
        migrator.patient_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for table, name, _ in CHECKS:
        migrator.sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
    migrator.sql("DO $$ BEGIN IF NOT EXISTS (SELECT FROM rollback_016) THEN DROP TABLE rollback_016; END IF; END $$")
