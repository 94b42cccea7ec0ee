"""Visits to doctors and lab tests as customers book them: numbers, states, what happened, and one patient a time.

The tables of version 1.x go on: `appointments` and `diagnostic_bookings` learn whose, how long and how far a visit is. `state` is
finer than their `status`; a trigger keeps the two in step whichever is written, and writes down what the old program changes.
An old row gets its id with a letter before it as its number ("A12", "L7"), and half an hour, which nobody had written down.

That a time belongs to one patient is proved by `visit_times`: a row for every visit that is held or booked, and an exclusion
constraint. A table of its own, because version 1.x admitted doubles: of two old visits at one time the first holds it and the second
stands beside it, as does one that the old program adds later. Whoever books here is refused by the constraint. Old lab bookings hold
nothing: their time is often only a day.

Rolling back keeps what version 1.x has no place for in `rollback_014`, row by row as JSON. Applying the step again puts back all whose
customer and order are still there, and believes the old program where it changed a status meanwhile. The old program's start removes
columns it does not know of: the triggers then let rows pass unchanged, rolling back and applying again makes the columns anew, and
numbers and owners return from `visit_events`.
"""

atomic = False

VISIT_COLUMNS = """
ALTER TABLE {table}
    ADD COLUMN IF NOT EXISTS "customerId" bigint,
    ADD COLUMN IF NOT EXISTS number text,
    ADD COLUMN IF NOT EXISTS state text,
    ADD COLUMN IF NOT EXISTS "endsAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "orderId" integer,
    ADD COLUMN IF NOT EXISTS "bookingKey" text,
    ADD COLUMN IF NOT EXISTS moved integer NOT NULL DEFAULT 0
"""
APPOINTMENT_COLUMNS = """ALTER TABLE appointments ADD COLUMN IF NOT EXISTS "feeKobo" bigint NOT NULL DEFAULT 0"""
BOOKING_COLUMNS = """
ALTER TABLE diagnostic_bookings
    ADD COLUMN IF NOT EXISTS "collectedAt" text,
    ADD COLUMN IF NOT EXISTS "resultMediaRow" bigint,
    ADD COLUMN IF NOT EXISTS "resultBy" bigint,
    ADD COLUMN IF NOT EXISTS "resultAt" timestamptz
"""

TABLES = """
CREATE TABLE IF NOT EXISTS visit_events (
    id bigserial PRIMARY KEY,
    "appointmentId" integer REFERENCES appointments (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "bookingId" integer REFERENCES diagnostic_bookings (id) ON UPDATE CASCADE ON DELETE CASCADE,
    at timestamptz NOT NULL,
    what text NOT NULL,
    who text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT visit_events_of_one CHECK (num_nonnulls("appointmentId", "bookingId") = 1)
);
CREATE INDEX IF NOT EXISTS visit_events_appointment ON visit_events ("appointmentId", id) WHERE "appointmentId" IS NOT NULL;
CREATE INDEX IF NOT EXISTS visit_events_booking ON visit_events ("bookingId", id) WHERE "bookingId" IS NOT NULL;

-- Ids as ranges of one: plain equality in such a constraint would need an extension that not every server has.
CREATE TABLE IF NOT EXISTS visit_times (
    id bigserial PRIMARY KEY,
    "doctorId" integer REFERENCES doctors (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "testId" integer REFERENCES diagnostic_tests (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "collectedAt" text,
    during tstzrange NOT NULL CHECK (NOT isempty(during)),
    "appointmentId" integer UNIQUE REFERENCES appointments (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "bookingId" integer UNIQUE REFERENCES diagnostic_bookings (id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT visit_times_of_one CHECK (num_nonnulls("appointmentId", "bookingId") = 1 AND num_nonnulls("doctorId", "testId") = 1),
    CONSTRAINT visit_times_doctor EXCLUDE USING gist (int4range("doctorId", "doctorId", '[]') WITH &&, during WITH &&)
        WHERE ("doctorId" IS NOT NULL),
    CONSTRAINT visit_times_centre EXCLUDE USING gist (int4range("testId", "testId", '[]') WITH &&, during WITH &&)
        WHERE ("testId" IS NOT NULL AND "collectedAt" = 'centre'),
    CONSTRAINT visit_times_home EXCLUDE USING gist (int4range("testId", "testId", '[]') WITH &&, during WITH &&)
        WHERE ("testId" IS NOT NULL AND "collectedAt" = 'home')
);
"""

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change_of_visit_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'visit_events is append-only';
END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR UPDATE ON visit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_visit_events();
"""

# Nobody came: for the old program such a visit did not take place.
STATUS_OF = """
CREATE OR REPLACE FUNCTION visit_status_of(state text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE state WHEN 'held' THEN 'Scheduled' WHEN 'booked' THEN 'Scheduled' WHEN 'done' THEN 'Completed' ELSE 'Cancelled' END
$$
"""
# `known` is the finer state there is already: it stays as long as the old column does not contradict it.
STATE_OF = """
CREATE OR REPLACE FUNCTION visit_state_of(status text, known text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN status = 'Completed' THEN 'done'
        WHEN status = 'Cancelled' AND known IN ('expired', 'no_show') THEN known
        WHEN status = 'Cancelled' THEN 'cancelled'
        WHEN known = 'held' THEN 'held'
        ELSE 'booked' END
$$
"""
IN_STEP = """
CREATE OR REPLACE FUNCTION keep_{table}_in_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number IS NULL THEN
        NEW.number := '{letter}' || NEW.id;
        IF EXISTS (SELECT FROM public.{table} WHERE number = NEW.number AND id <> NEW.id) THEN
            NEW.number := '{letter}V' || NEW.id;
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state IS NULL THEN
            NEW.state := public.visit_state_of(NEW.status::text, NULL);
        ELSE
            NEW.status := public.visit_status_of(NEW.state)::{enum};
        END IF;
    ELSIF OLD.state IS NULL AND NEW.state IS NULL THEN
        NEW.state := public.visit_state_of(NEW.status::text, NULL);
    ELSIF OLD.state IS NOT NULL AND NEW.state IS DISTINCT FROM OLD.state THEN
        NEW.status := public.visit_status_of(NEW.state)::{enum};
    ELSIF OLD.state IS NOT NULL AND NEW.status IS DISTINCT FROM OLD.status THEN
        NEW.state := public.visit_state_of(NEW.status::text, OLD.state);
        IF NEW.state <> OLD.state THEN
            INSERT INTO public.visit_events ("{link}", at, what, who, detail)
            VALUES (NEW.id, now(), NEW.state, 'old system', jsonb_build_object('from', OLD.state));
        END IF;
    END IF;
    IF NEW."endsAt" IS NULL THEN
        NEW."endsAt" := NEW."{time}" + interval '30 minutes';
    ELSIF TG_OP = 'UPDATE' AND NEW."{time}" <> OLD."{time}" AND NEW."endsAt" = OLD."endsAt" THEN
        NEW."endsAt" := NEW."{time}" + (OLD."endsAt" - OLD."{time}");
    END IF;
    RETURN NEW;
EXCEPTION WHEN undefined_column OR undefined_table THEN
    RETURN NEW;  -- the old program's start has removed the new columns
END $$
"""
# A row that was made here (it has a key) is refused where its time is taken; one of the old program stands beside.
HOLD = """
CREATE OR REPLACE FUNCTION hold_time_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.state NOT IN ('held', 'booked'){never} THEN
        DELETE FROM public.visit_times WHERE "{link}" = OLD.id;
    ELSIF TG_OP = 'UPDATE' AND OLD.state IN ('held', 'booked') AND ({same_new}) IS NOT DISTINCT FROM ({same_old}) THEN
        RETURN NULL;
    ELSIF NEW."bookingKey" IS NOT NULL THEN
        INSERT INTO public.visit_times ("{of}", "collectedAt", during, "{link}")
        VALUES ({values})
        ON CONFLICT ("{link}") DO UPDATE SET "{of}" = EXCLUDED."{of}", "collectedAt" = EXCLUDED."collectedAt", during = EXCLUDED.during;
    ELSE
        DELETE FROM public.visit_times WHERE "{link}" = NEW.id;
        IF isfinite(NEW."{time}") AND NEW."endsAt" > NEW."{time}" THEN
            INSERT INTO public.visit_times ("{of}", "collectedAt", during, "{link}") VALUES ({values}) ON CONFLICT DO NOTHING;
        END IF;
    END IF;{next}
    RETURN NULL;
EXCEPTION WHEN undefined_column OR undefined_table THEN
    RETURN NULL;
END $$
"""
# When the first of two old visits goes, the one that stood beside it has the time. A visit is never longer than a day.
NEXT = """
    IF TG_OP <> 'INSERT' AND OLD.state IN ('held', 'booked') AND OLD."endsAt" > now() THEN
        INSERT INTO public.visit_times ("doctorId", during, "appointmentId")
        SELECT a."doctorId", tstzrange(a."dateTime", a."endsAt"), a.id FROM public.appointments a
        WHERE a."doctorId" = OLD."doctorId" AND a.id <> OLD.id AND a.state IN ('held', 'booked') AND a."endsAt" > a."dateTime"
            AND a."dateTime" > OLD."dateTime" - interval '1 day' AND a."dateTime" < OLD."endsAt" AND a."endsAt" > OLD."dateTime"
            AND NOT EXISTS (SELECT FROM public.visit_times t WHERE t."appointmentId" = a.id)
        ORDER BY a.id FOR NO KEY UPDATE SKIP LOCKED ON CONFLICT DO NOTHING;
    END IF;"""
BEFORE = """
CREATE OR REPLACE TRIGGER visit_in_step BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{table}_in_step()
"""
AFTER = """
CREATE OR REPLACE TRIGGER visit_time_held AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION hold_time_of_{table}()
"""


def _words(table, letter, enum, link, time, of, at, never):
    same = f'{{row}}."{time}", {{row}}."endsAt", {{row}}."{of}"' + (f', {{row}}."{at}"' if at else "")
    collected = f'NEW."{at}"' if at else "NULL"
    return {
        "table": table,
        "letter": letter,
        "enum": enum,
        "link": link,
        "time": time,
        "never": never,
        "next": NEXT if table == "appointments" else "",
        "says": 'num_nonnulls("collectedAt", "resultMediaRow", "resultBy", "resultAt") > 0' if at else '"feeKobo" <> 0',
        "of": "doctorId" if of == "doctorId" else "testId",
        "same_new": same.format(row="NEW"),
        "same_old": same.format(row="OLD"),
        "values": f'NEW."{of}", {collected}, tstzrange(NEW."{time}", NEW."endsAt"), NEW.id',
    }


VISITS = (
    _words("appointments", "A", "public.enum_appointments_status", "appointmentId", "dateTime", "doctorId", "", ""),
    _words(
        *("diagnostic_bookings", "L", "public.enum_diagnostic_bookings_status", "bookingId", "sampleCollectionDate"),
        *("diagnosticTestId", "collectedAt", ' OR NEW."collectedAt" IS NULL'),
    ),
)

FILL = """
UPDATE {table} SET state = state
WHERE id > %(low)s AND id <= %(high)s AND (state IS NULL OR number IS NULL OR "endsAt" IS NULL)
"""
# What is to come holds its time: ours first, then the old program's where free. Locked: a cancel would not see what is being written.
HOLD_WHAT_COMES = """
INSERT INTO visit_times ("doctorId", during, "appointmentId")
SELECT "doctorId", tstzrange("dateTime", "endsAt"), id FROM appointments
WHERE id > %(low)s AND id <= %(high)s AND state IN ('held', 'booked') AND isfinite("dateTime") AND "endsAt" > "dateTime" AND {which}
ORDER BY id FOR NO KEY UPDATE ON CONFLICT DO NOTHING
"""
HOLD_WHAT_IS_COLLECTED = """
INSERT INTO visit_times ("testId", "collectedAt", during, "bookingId")
SELECT "diagnosticTestId", "collectedAt", tstzrange("sampleCollectionDate", "endsAt"), id FROM diagnostic_bookings
WHERE id > %(low)s AND id <= %(high)s AND state IN ('held', 'booked') AND "collectedAt" IS NOT NULL
ORDER BY id FOR NO KEY UPDATE ON CONFLICT DO NOTHING
"""

STATES = "'held', 'booked', 'done', 'no_show', 'cancelled', 'expired'"
CHECKS = (
    ("appointments", "appointments_state_known", f"CHECK (state IS NULL OR state IN ({STATES}))"),
    ("appointments", "appointments_customer_fkey", 'FOREIGN KEY ("customerId") REFERENCES customers (id) ON DELETE SET NULL'),
    ("appointments", "appointments_order_fkey",
     'FOREIGN KEY ("orderId") REFERENCES orders (id) ON UPDATE CASCADE ON DELETE SET NULL'),
    ("diagnostic_bookings", "diagnostic_bookings_state_known", f"CHECK (state IS NULL OR state IN ({STATES}))"),
    ("diagnostic_bookings", "diagnostic_bookings_collected_known",
     """CHECK ("collectedAt" IS NULL OR "collectedAt" IN ('home', 'centre'))"""),
    ("diagnostic_bookings", "diagnostic_bookings_customer_fkey",
     'FOREIGN KEY ("customerId") REFERENCES customers (id) ON DELETE SET NULL'),
    ("diagnostic_bookings", "diagnostic_bookings_order_fkey",
     'FOREIGN KEY ("orderId") REFERENCES orders (id) ON UPDATE CASCADE ON DELETE SET NULL'),
    ("diagnostic_bookings", "diagnostic_bookings_result_fkey",
     'FOREIGN KEY ("resultMediaRow") REFERENCES media (id) ON DELETE SET NULL'),
)  # fmt: skip
ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE {table} ADD CONSTRAINT {name} {constraint} NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

RESULTS_DUE = """diagnostic_bookings (id) WHERE state = 'done' AND "resultMediaRow" IS NULL AND "collectedAt" IS NOT NULL"""
INDEXES = {
    "appointments_key": ('appointments ("bookingKey") WHERE "bookingKey" IS NOT NULL', True),
    "appointments_of_customer": ('appointments ("customerId", "dateTime") WHERE "customerId" IS NOT NULL', False),
    "appointments_order": ('appointments ("orderId") WHERE "orderId" IS NOT NULL', False),
    "appointments_doctor": ('appointments ("doctorId", "dateTime")', False),
    "appointments_day": ('appointments ("dateTime")', False),
    "appointments_held": ("appointments (id) WHERE state = 'held'", False),
    "diagnostic_bookings_key": ('diagnostic_bookings ("bookingKey") WHERE "bookingKey" IS NOT NULL', True),
    "bookings_of_customer": ('diagnostic_bookings ("customerId", "sampleCollectionDate") WHERE "customerId" IS NOT NULL', False),
    "diagnostic_bookings_of_user": ('diagnostic_bookings ("userId", "sampleCollectionDate")', False),
    "diagnostic_bookings_order": ('diagnostic_bookings ("orderId") WHERE "orderId" IS NOT NULL', False),
    "diagnostic_bookings_day": ('diagnostic_bookings ("sampleCollectionDate")', False),
    "diagnostic_bookings_held": ("diagnostic_bookings (id) WHERE state = 'held'", False),
    "results_due": (RESULTS_DUE, False),
}

# What version 1.x has no place for. Each table is kept and emptied of it in one transaction, so that a rollback that was broken off
# can be run again.
OF_VISITS = ('"customerId"', "number", "state", '"endsAt"', '"orderId"', '"bookingKey"', "moved")
OWN_COLUMNS = {
    "appointments": ('"feeKobo"',),
    "diagnostic_bookings": ('"collectedAt"', '"resultMediaRow"', '"resultBy"', '"resultAt"'),
}
KEEP = """
DO $$ BEGIN
    LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
    DROP TRIGGER IF EXISTS visit_in_step ON {table};
    DROP TRIGGER IF EXISTS visit_time_held ON {table};
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = 'state' AND NOT attisdropped) THEN
        INSERT INTO rollback_014 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t WHERE {which};
    END IF;
    ALTER TABLE {table} {drops};
END $$
"""
OURS = """
num_nonnulls("customerId", "orderId", "bookingKey") > 0 OR number <> '{letter}' || id OR state <> visit_state_of(status::text, NULL)
    OR "endsAt" <> "{time}" + interval '30 minutes' OR moved <> 0
    OR {says}
"""
KEEP_EVENTS = """
DO $$ BEGIN
    IF to_regclass('visit_events') IS NOT NULL THEN
        LOCK TABLE visit_events IN ACCESS EXCLUSIVE MODE;
        INSERT INTO rollback_014 (source, kept) SELECT 'visit_events', to_jsonb(t) FROM visit_events t;
        DROP TABLE visit_events;
    END IF;
END $$
"""

# What was kept goes back once, and only where what it belongs to is still there.
PUT_BACK = """
WITH back AS (
    UPDATE {table} t SET ({columns}) = (SELECT {theirs} FROM jsonb_populate_record(NULL::{table}, k.kept) r)
    FROM rollback_014 k WHERE k.source = '{table}' AND t.id = (k.kept->>'id')::integer RETURNING k.id)
DELETE FROM rollback_014 WHERE id IN (SELECT id FROM back);
"""


def _put_back(table, columns, time=""):
    there = {
        '"customerId"': '(SELECT c.id FROM customers c WHERE c.id = r."customerId")',
        '"orderId"': '(SELECT o.id FROM orders o WHERE o.id = r."orderId")',
        '"resultMediaRow"': '(SELECT m.id FROM media m WHERE m.id = r."resultMediaRow")',
        "state": "CASE WHEN t.status IS NOT DISTINCT FROM r.status THEN r.state ELSE visit_state_of(t.status::text, r.state) END",
        '"endsAt"': f'CASE WHEN t."{time}" = r."{time}" THEN r."endsAt" END',
    }
    theirs = ", ".join(there.get(column, f"r.{column}") for column in columns)
    return PUT_BACK.format(table=table, columns=", ".join(columns), theirs=theirs)


RESTORE = f"""
DO $$
DECLARE one record;
BEGIN
    IF to_regclass('rollback_014') IS NULL THEN
        RETURN;
    END IF;
    {"".join(_put_back(v["table"], (*OF_VISITS, *OWN_COLUMNS[v["table"]]), v["time"]) for v in VISITS)}
    FOR one IN SELECT * FROM rollback_014 WHERE source = 'visit_events' ORDER BY id LOOP
        BEGIN
            INSERT INTO visit_events SELECT (jsonb_populate_record(NULL::visit_events, one.kept)).*;
            DELETE FROM rollback_014 WHERE id = one.id;
        EXCEPTION WHEN foreign_key_violation OR unique_violation OR check_violation THEN
            NULL;  -- its visit is gone; the row stays where it is kept
        END;
    END LOOP;
    PERFORM setval('visit_events_id_seq', max(id)) FROM visit_events HAVING max(id) > 0;
    IF NOT EXISTS (SELECT FROM rollback_014) THEN
        DROP TABLE rollback_014;
    END IF;
END $$
"""
# Where the columns were lost without a rollback, the first event of a visit still says its number, whose it is and its order.
RECOVER = """
UPDATE {table} v SET number = e.detail->>'number', "bookingKey" = e.detail->>'key',
    "customerId" = (SELECT c.id FROM customers c WHERE c.id = (e.detail->>'customer')::bigint),
    "orderId" = (SELECT o.id FROM orders o WHERE o.id = (e.detail->>'order')::integer), {own},
    "endsAt" = CASE WHEN v."{time}" = (e.detail->>'starts')::timestamptz THEN (e.detail->>'ends')::timestamptz ELSE v."endsAt" END,
    state = CASE WHEN v.state = 'booked' AND EXISTS (SELECT FROM orders o WHERE o.id = (e.detail->>'order')::integer
        AND o.state = 'pending_payment') THEN 'held' ELSE v.state END
FROM visit_events e
WHERE e."{link}" = v.id AND e.detail ? 'number' AND v."customerId" IS NULL AND v.number = '{letter}' || v.id
"""
RECOVER_OWN = {
    "appointments": """"feeKobo" = COALESCE((e.detail->>'fee_kobo')::bigint, 0)""",
    "diagnostic_bookings": """"collectedAt" = e.detail->>'where'""",
}


def migrate(migrator, database, *, fake=False):
    for statement in (*(VISIT_COLUMNS.format(**visit) for visit in VISITS), APPOINTMENT_COLUMNS, BOOKING_COLUMNS):
        migrator.sql(statement)
    for statement in (TABLES, APPEND_ONLY, STATUS_OF, STATE_OF):
        migrator.sql(statement)
    for table, name, constraint in CHECKS:
        migrator.sql(ADD_CHECK.format(table=table, name=name, constraint=constraint))
        migrator.patient_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    migrator.sql(RESTORE)
    for visit in VISITS:
        table = visit["table"]
        # Before the trigger, which looks numbers up: without it, filling would read the whole table for every row.
        migrator.index(f"{table}_number", f"{table} (number)", unique=True)
        migrator.sql(IN_STEP.format(**visit))
        migrator.sql(BEFORE.format(**visit))
        migrator.in_batches(table, FILL.format(**visit))
        migrator.sql(RECOVER.format(own=RECOVER_OWN[table], **visit))
    for name, (on, unique) in INDEXES.items():
        migrator.index(name, on, unique=unique)
    for visit in VISITS:
        migrator.sql(HOLD.format(**visit))
        migrator.sql(AFTER.format(**visit))
    migrator.in_batches("appointments", HOLD_WHAT_COMES.replace("{which}", '"bookingKey" IS NOT NULL'), rows=500)
    migrator.in_batches("appointments", HOLD_WHAT_COMES.replace("{which}", """"endsAt" > now() - interval '1 day'"""), rows=500)
    migrator.in_batches("diagnostic_bookings", HOLD_WHAT_IS_COLLECTED, rows=500)


def rollback(migrator, database, *, fake=False):
    migrator.sql(
        "CREATE TABLE IF NOT EXISTS rollback_014 "
        '(id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now())'
    )
    for name in ("diagnostic_bookings_of_user", "diagnostic_bookings_day", "appointments_doctor", "appointments_day"):
        migrator.drop_index_named(name)
    migrator.sql("DROP TABLE IF EXISTS visit_times")
    for visit in VISITS:
        table = visit["table"]
        drops = ", ".join(f"DROP COLUMN IF EXISTS {column}" for column in (*OF_VISITS, *OWN_COLUMNS[table]))
        migrator.sql(KEEP.format(table=table, which=OURS.format(**visit), drops=drops))
    migrator.sql(KEEP_EVENTS)
    for visit in VISITS:
        migrator.sql(f"DROP FUNCTION IF EXISTS keep_{visit['table']}_in_step(), hold_time_of_{visit['table']}()")
    migrator.sql("DROP FUNCTION IF EXISTS refuse_change_of_visit_events(), visit_state_of(text, text), visit_status_of(text)")
    migrator.sql("DO $$ BEGIN IF NOT EXISTS (SELECT FROM rollback_014) THEN DROP TABLE rollback_014; END IF; END $$")
