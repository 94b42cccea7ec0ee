"""Prescriptions as they come by chat: received, read by machine, decided by a pharmacist, their lines allowed into a basket.

What is clinical (reading, draft, answers, record of a decision) is sealed by the program before it gets here: `bytea`, never
plain text. `prescriptions."extractedText"` of the old system stays as it is and is not written any more.

A row of the old system has no `state` and is in no queue of ours; the old program, started again, sees ours as rows with its own
columns filled. `"orderId"` may be empty from now on: a prescription often comes before its order.
"""

atomic = False

# Constant defaults are kept in the catalogue, so no row is written and the lock lasts a moment.
COLUMNS = """
ALTER TABLE prescriptions
    ALTER COLUMN "orderId" DROP NOT NULL,
    ADD COLUMN IF NOT EXISTS "customerId" bigint,
    ADD COLUMN IF NOT EXISTS "mediaRow" bigint,
    ADD COLUMN IF NOT EXISTS state text,
    ADD COLUMN IF NOT EXISTS "correlationId" text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS attempts smallint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS failures smallint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS "nextTryAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "leaseUntil" timestamptz,
    ADD COLUMN IF NOT EXISTS "failureReason" text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS reading bytea,
    ADD COLUMN IF NOT EXISTS "pictureHash" bigint,
    ADD COLUMN IF NOT EXISTS "writtenOn" date,
    ADD COLUMN IF NOT EXISTS flags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS "duplicateOf" integer,
    ADD COLUMN IF NOT EXISTS "replacedBy" integer,
    ADD COLUMN IF NOT EXISTS answers bytea,
    ADD COLUMN IF NOT EXISTS "readyAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "pausedAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "pausedSeconds" integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS "claimedBy" bigint,
    ADD COLUMN IF NOT EXISTS "claimedUntil" timestamptz,
    ADD COLUMN IF NOT EXISTS "notBy" bigint,
    ADD COLUMN IF NOT EXISTS draft bytea,
    ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 0
"""

MEDIA_COLUMNS = """
ALTER TABLE media
    ADD COLUMN IF NOT EXISTS "storedAs" text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS size integer,
    ADD COLUMN IF NOT EXISTS "contentType" text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS "storedAt" timestamptz
"""

TABLES = """
CREATE TABLE IF NOT EXISTS prescription_pages (
    "prescriptionId" integer NOT NULL REFERENCES prescriptions (id) ON UPDATE CASCADE ON DELETE CASCADE,
    page smallint NOT NULL,
    flat text NOT NULL,
    photo text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    PRIMARY KEY ("prescriptionId", page)
);

CREATE TABLE IF NOT EXISTS prescription_decisions (
    id bigserial PRIMARY KEY,
    "prescriptionId" integer NOT NULL REFERENCES prescriptions (id) ON UPDATE CASCADE ON DELETE CASCADE,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('approved', 'rejected', 'asked', 'passed_on')),
    reason text NOT NULL DEFAULT '',
    "staffId" bigint NOT NULL,
    "staffName" text NOT NULL,
    "licenceNumber" text NOT NULL DEFAULT '',
    "pictureSha256" text NOT NULL DEFAULT '',
    record bytea NOT NULL
);
CREATE INDEX IF NOT EXISTS prescription_decisions_of ON prescription_decisions ("prescriptionId", id);

-- What a pharmacist allowed to be dispensed: once, up to this quantity. `orderId` tells that an order has used it.
CREATE TABLE IF NOT EXISTS prescription_items (
    id bigserial PRIMARY KEY,
    "prescriptionId" integer NOT NULL REFERENCES prescriptions (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "decisionId" bigint NOT NULL REFERENCES prescription_decisions (id) ON DELETE CASCADE,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    line smallint NOT NULL,
    "productId" integer REFERENCES products (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "healthcareProductId" integer REFERENCES healthcare_products (id) ON UPDATE CASCADE ON DELETE CASCADE,
    quantity integer NOT NULL CHECK (quantity > 0),
    "expiresAt" timestamptz NOT NULL,
    "orderId" integer REFERENCES orders (id) ON UPDATE CASCADE ON DELETE SET NULL,
    "usedAt" timestamptz,
    CONSTRAINT prescription_items_one_product CHECK (num_nonnulls("productId", "healthcareProductId") = 1)
);
CREATE INDEX IF NOT EXISTS prescription_items_open ON prescription_items ("customerId", "productId") WHERE "usedAt" IS NULL;
CREATE INDEX IF NOT EXISTS prescription_items_order ON prescription_items ("orderId") WHERE "orderId" IS NOT NULL;

ALTER TABLE cart_lines ADD COLUMN IF NOT EXISTS "prescriptionItemId" bigint;
ALTER TABLE order_items ADD COLUMN IF NOT EXISTS "prescriptionItemId" bigint;
"""

# Deleting a prescription (or its order, or its customer) takes its record along; nothing else may touch what was written.
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change_of_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'prescription_decisions is append-only';
END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR UPDATE ON prescription_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_decisions();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON prescription_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_decisions();
"""

STATES = "'reading', 'waiting', 'asked', 'approved', 'rejected', 'replaced', 'withdrawn'"
CHECKS = (
    ("prescriptions", "prescriptions_state_known", f"CHECK (state IS NULL OR state IN ({STATES}))"),
    ("prescriptions", "prescriptions_whose", 'CHECK ("orderId" IS NOT NULL OR "customerId" IS NOT NULL)'),
    ("prescriptions", "prescriptions_customer_fkey", 'FOREIGN KEY ("customerId") REFERENCES customers (id) ON DELETE CASCADE'),
    ("prescriptions", "prescriptions_media_fkey", 'FOREIGN KEY ("mediaRow") REFERENCES media (id) ON DELETE SET NULL'),
)
ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE {table} ADD CONSTRAINT {name} {constraint} NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

INDEXES = {
    "prescriptions_to_read": ("""prescriptions ("nextTryAt") WHERE state = 'reading'""", False),
    "prescriptions_queue": ("""prescriptions ("readyAt", id) WHERE state IN ('waiting', 'asked')""", False),
    "prescriptions_of_customer": ('prescriptions ("customerId", id) WHERE "customerId" IS NOT NULL', False),
    "prescriptions_media_once": ('prescriptions ("mediaRow") WHERE "mediaRow" IS NOT NULL', True),
    "prescriptions_order": ('prescriptions ("orderId")', False),
    "media_digest": ("media (sha256) WHERE sha256 <> ''", False),
}

# What version 1.x has no place for, kept as JSON.
OWN_TABLES = ("prescription_items", "prescription_decisions", "prescription_pages")
KEEP_TABLE = """
DO $$ BEGIN
    IF to_regclass('{table}') IS NOT NULL THEN
        LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
        INSERT INTO rollback_007 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t;
        DROP TABLE {table};
    END IF;
END $$
"""
ADDED = (
    *('"customerId"', '"mediaRow"', "state", '"correlationId"', "attempts", "failures", '"nextTryAt"', '"leaseUntil"'),
    *('"failureReason"', "reading", '"pictureHash"', '"writtenOn"', "flags", '"duplicateOf"', '"replacedBy"', "answers"),
    *('"readyAt"', '"pausedAt"', '"pausedSeconds"', '"claimedBy"', '"claimedUntil"', '"notBy"', "draft", "version"),
)
KEEP_PRESCRIPTIONS = """
DO $$ BEGIN
    LOCK TABLE prescriptions IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'prescriptions'::regclass AND attname = 'state' AND NOT attisdropped) THEN
        INSERT INTO rollback_007 (source, kept) SELECT 'prescriptions', to_jsonb(p) FROM prescriptions p WHERE state IS NOT NULL;
    ELSE  -- the old program's start removed our columns: what is left of rows it cannot hold is kept all the same
        INSERT INTO rollback_007 (source, kept) SELECT 'prescriptions', to_jsonb(p) FROM prescriptions p WHERE "orderId" IS NULL;
    END IF;
    DELETE FROM prescriptions WHERE "orderId" IS NULL;
    ALTER TABLE prescriptions ALTER COLUMN "orderId" SET NOT NULL,
        DROP CONSTRAINT IF EXISTS prescriptions_state_known, DROP CONSTRAINT IF EXISTS prescriptions_whose,
        {drops};
END $$
"""
KEEP_MEDIA = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'media'::regclass AND attname = 'storedAs' AND NOT attisdropped) THEN
        INSERT INTO rollback_007 (source, kept) SELECT 'media', to_jsonb(m) FROM media m WHERE "storedAs" <> '';
    END IF;
    ALTER TABLE media DROP COLUMN IF EXISTS "storedAs", DROP COLUMN IF EXISTS size, DROP COLUMN IF EXISTS "contentType",
        DROP COLUMN IF EXISTS "storedAt";
END $$
"""
KEEP_LINKS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = 'prescriptionItemId' AND NOT attisdropped) THEN
        INSERT INTO rollback_007 (source, kept)
        SELECT '{table}', jsonb_build_object('id', id, 'prescriptionItemId', "prescriptionItemId") FROM {table}
        WHERE "prescriptionItemId" IS NOT NULL;
    END IF;
    ALTER TABLE {table} DROP COLUMN IF EXISTS "prescriptionItemId";
END $$
"""

# What was kept goes back once, and only where what it belongs to is still there; prescriptions first, the others lean on them.
# A row the old program could hold has stayed with it, and what it made of it is believed: ours are added to it, and one it
# decided is decided. One it deleted, and one whose customer is gone, stays where it is kept.
RESTORE = """
DO $$
DECLARE
    one record;
BEGIN
    IF to_regclass('rollback_007') IS NULL THEN
        RETURN;
    END IF;
    WITH back AS (
        UPDATE media m SET "storedAs" = k.kept->>'storedAs', size = (k.kept->>'size')::integer,
            "contentType" = k.kept->>'contentType', "storedAt" = (k.kept->>'storedAt')::timestamptz
        FROM rollback_007 k WHERE k.source = 'media' AND m.id = (k.kept->>'id')::bigint
        RETURNING k.id)
    DELETE FROM rollback_007 WHERE id IN (SELECT id FROM back);

    UPDATE rollback_007 k SET kept = k.kept || '{{"mediaRow": null}}' WHERE k.source = 'prescriptions'
        AND NOT EXISTS (SELECT FROM media m WHERE m.id = (k.kept->>'mediaRow')::bigint);
    UPDATE rollback_007 k SET kept = k.kept || '{{"orderId": null}}' WHERE k.source = 'prescription_items'
        AND NOT EXISTS (SELECT FROM orders o WHERE o.id = (k.kept->>'orderId')::integer);
    FOR one IN SELECT * FROM rollback_007 WHERE source = 'prescriptions' ORDER BY id LOOP
        BEGIN
            IF one.kept->>'orderId' IS NULL THEN
                INSERT INTO prescriptions SELECT (jsonb_populate_record(NULL::prescriptions, one.kept)).*;
            ELSE
                UPDATE prescriptions p SET ({added}) = (SELECT {theirs} FROM jsonb_populate_record(NULL::prescriptions, one.kept) r)
                WHERE p.id = (one.kept->>'id')::integer AND p.state IS NULL;
                IF NOT FOUND THEN
                    CONTINUE;
                END IF;
                UPDATE prescriptions p
                SET state = CASE p."verificationStatus" WHEN 'Verified' THEN 'approved' ELSE 'rejected' END, version = version + 1
                WHERE p.id = (one.kept->>'id')::integer AND p.state IN ('reading', 'waiting', 'asked')
                    AND p."verificationStatus" IN ('Verified', 'Rejected');
            END IF;
            DELETE FROM rollback_007 WHERE id = one.id;
        EXCEPTION WHEN foreign_key_violation OR unique_violation OR not_null_violation OR check_violation THEN
            NULL;
        END;
    END LOOP;
    FOR one IN SELECT * FROM rollback_007 WHERE source IN ('prescription_pages', 'prescription_decisions', 'prescription_items')
        ORDER BY source = 'prescription_items', id LOOP
        BEGIN
            EXECUTE format('INSERT INTO %%1$I SELECT (jsonb_populate_record(NULL::%%1$I, $1)).*', one.source) USING one.kept;
            DELETE FROM rollback_007 WHERE id = one.id;
        EXCEPTION WHEN foreign_key_violation OR unique_violation OR not_null_violation THEN
            NULL;
        END;
    END LOOP;
    FOR one IN SELECT * FROM rollback_007 WHERE source IN ('cart_lines', 'order_items') ORDER BY id LOOP
        EXECUTE format('UPDATE %%1$I SET "prescriptionItemId" = $1 WHERE id = $2', one.source)
            USING (one.kept->>'prescriptionItemId')::bigint, (one.kept->>'id')::bigint;
        DELETE FROM rollback_007 WHERE id = one.id;
    END LOOP;
    PERFORM setval('prescription_decisions_id_seq', max(id)) FROM prescription_decisions HAVING max(id) > 0;
    PERFORM setval('prescription_items_id_seq', max(id)) FROM prescription_items HAVING max(id) > 0;
    PERFORM setval('prescriptions_id_seq', greatest(max(id), (SELECT last_value FROM prescriptions_id_seq)))
        FROM prescriptions HAVING max(id) > 0;
    IF NOT EXISTS (SELECT FROM rollback_007) THEN
        DROP TABLE rollback_007;
    END IF;
END $$
""".format(added=", ".join(ADDED), theirs=", ".join(f"r.{column}" for column in ADDED))


def migrate(migrator, database, *, fake=False):
    for statement in (COLUMNS, MEDIA_COLUMNS, TABLES, APPEND_ONLY):
        migrator.sql(statement)
    for table, name, constraint in CHECKS:
        migrator.sql(ADD_CHECK.format(table=table, name=name, constraint=constraint))
        migrator.patient_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for name, (on, unique) in INDEXES.items():
        migrator.index(name, on, unique=unique)
    migrator.sql(RESTORE)  # last: what does not fit any more is refused by the constraints, row by row


def rollback(migrator, database, *, fake=False):
    migrator.sql(
        "CREATE TABLE IF NOT EXISTS rollback_007 "
        '(id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now())'
    )
    for name in ("prescriptions_order", "media_digest"):
        migrator.drop_index_named(name)
    for table in OWN_TABLES:
        migrator.sql(KEEP_TABLE.format(table=table))
    migrator.sql("DROP FUNCTION IF EXISTS refuse_change_of_decisions()")
    migrator.sql(KEEP_MEDIA)
    for table in ("cart_lines", "order_items"):
        migrator.sql(KEEP_LINKS.format(table=table))
    migrator.sql(KEEP_PRESCRIPTIONS.format(drops=", ".join(f"DROP COLUMN IF EXISTS {column}" for column in ADDED)))
    migrator.sql("DO $$ BEGIN IF NOT EXISTS (SELECT FROM rollback_007) THEN DROP TABLE rollback_007; END IF; END $$")
