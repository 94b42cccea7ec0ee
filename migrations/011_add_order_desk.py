"""Who brings an order and when it left and arrived; and what the order desk reads by: open orders, oldest first.

The old program does not know of the columns. Nothing blocks writes: the columns have no default, the indexes are made beside
the work. Rolling back keeps the values in `rollback_011`, row by row as JSON; applying the step again puts them back.
"""

atomic = False

COLUMNS = """
ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS "riderName" text,
    ADD COLUMN IF NOT EXISTS "riderPhone" text,
    ADD COLUMN IF NOT EXISTS "shippedAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "deliveredAt" timestamptz
"""
INDEXES = {
    "orders_to_pay": """orders (id) WHERE state = 'pending_payment'""",
    "orders_to_prepare": """orders (id) WHERE state IN ('paid', 'processing')""",
    "orders_on_the_way": """orders (id) WHERE state = 'shipped'""",
    "refunds_under_way": """refunds (id) WHERE status IN ('wanted', 'sent', 'needs_attention')""",
    # People are found by the words of their names.
    "customers_words": """customers USING gin (to_tsvector('simple'::regconfig, name || ' ' || "profileName"))""",
    "users_words": """users USING gin (to_tsvector('simple'::regconfig, name::text))""",
}

KEEP = """
DO $$ BEGIN
    LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'riderName' AND NOT attisdropped) THEN
        CREATE TABLE IF NOT EXISTS rollback_011
            (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now());
        INSERT INTO rollback_011 (source, kept)
        SELECT 'orders', jsonb_build_object('id', id, 'riderName', "riderName", 'riderPhone', "riderPhone",
            'shippedAt', "shippedAt", 'deliveredAt', "deliveredAt") FROM orders
        WHERE num_nonnulls("riderName", "riderPhone", "shippedAt", "deliveredAt") > 0;
        IF NOT EXISTS (SELECT FROM rollback_011) THEN
            DROP TABLE rollback_011;
        END IF;
    END IF;
    ALTER TABLE orders
        DROP COLUMN IF EXISTS "riderName", DROP COLUMN IF EXISTS "riderPhone",
        DROP COLUMN IF EXISTS "shippedAt", DROP COLUMN IF EXISTS "deliveredAt";
END $$
"""
# What was kept goes back once, and only where its order is still there.
RESTORE = """
DO $$ BEGIN
    IF to_regclass('rollback_011') IS NULL THEN
        RETURN;
    END IF;
    WITH back AS (
        UPDATE orders o SET "riderName" = k.kept->>'riderName', "riderPhone" = k.kept->>'riderPhone',
            "shippedAt" = (k.kept->>'shippedAt')::timestamptz, "deliveredAt" = (k.kept->>'deliveredAt')::timestamptz
        FROM rollback_011 k WHERE k.source = 'orders' AND o.id = (k.kept->>'id')::integer
        RETURNING k.id)
    DELETE FROM rollback_011 WHERE id IN (SELECT id FROM back);
    IF NOT EXISTS (SELECT FROM rollback_011) THEN
        DROP TABLE rollback_011;
    END IF;
END $$
"""


def migrate(migrator, database, *, fake=False):
    migrator.sql(COLUMNS)
    migrator.sql(RESTORE)
    for name, on in INDEXES.items():
        migrator.index(name, on)


def rollback(migrator, database, *, fake=False):
    for name in INDEXES:
        migrator.drop_index_named(name)
    migrator.sql(KEEP)
