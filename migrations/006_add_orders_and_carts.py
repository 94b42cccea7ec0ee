"""Carts of their own, orders that know their customer, number and state, what is reserved for whom, and what happened when.

The old program called whichever open order it found first the cart. Its open orders stay orders here; carts begin empty.

`orders.state` is finer than the old `status` and `"paymentStatus"`. A trigger keeps the two in step whichever is written:
`order_status_of` says what the old program shall see, `order_state_of` what it meant. A change the old program makes is
written to `order_events` as its doing. An order the old program inserts gets its id as its number.

`order_items` may name a health product instead of a medicine: the old program wrote both kinds of ids in one column, and
so sold an insulin for a thermometer. Exactly one of the two is set, which a check proves for every row.

Stock leaves the product when it is reserved; `stock_reservations` says for which order, until when, and what became of it.

Rolling back keeps what version 1.x has no place for in `rollback_006`, row by row as JSON: carts, reservations, events, the
new columns of orders, and the lines with health products, which have to leave `order_items` because its column admits
medicines only. Applying the step again puts everything back whose order, customer and product are still there; the rest
stays in that table. The old program's start removes columns it does not know of: the trigger then lets rows pass unchanged,
rolling back and applying again makes the columns anew, and numbers and owners return from `order_events`.
"""

atomic = False

TABLES = """
CREATE TABLE IF NOT EXISTS cart_lines (
    id bigserial PRIMARY KEY,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    "productId" integer REFERENCES products (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "healthcareProductId" integer REFERENCES healthcare_products (id) ON UPDATE CASCADE ON DELETE CASCADE,
    quantity integer NOT NULL CHECK (quantity > 0),
    "addedAt" timestamptz NOT NULL,
    CONSTRAINT cart_lines_one_product CHECK (num_nonnulls("productId", "healthcareProductId") = 1)
);
CREATE UNIQUE INDEX IF NOT EXISTS cart_lines_medicine ON cart_lines ("customerId", "productId");
CREATE UNIQUE INDEX IF NOT EXISTS cart_lines_health ON cart_lines ("customerId", "healthcareProductId");

CREATE TABLE IF NOT EXISTS cart_versions (
    "customerId" bigint PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    version bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE IF NOT EXISTS stock_reservations (
    id bigserial PRIMARY KEY,
    "orderId" integer NOT NULL REFERENCES orders (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "productId" integer REFERENCES products (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "healthcareProductId" integer REFERENCES healthcare_products (id) ON UPDATE CASCADE ON DELETE CASCADE,
    quantity integer NOT NULL CHECK (quantity > 0),
    state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'returned', 'sold')),
    "reservedAt" timestamptz NOT NULL,
    "endedAt" timestamptz,
    CONSTRAINT stock_reservations_one_product CHECK (num_nonnulls("productId", "healthcareProductId") = 1)
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS stock_reservations_order ON stock_reservations ("orderId");
CREATE INDEX IF NOT EXISTS stock_reservations_held ON stock_reservations ("orderId") WHERE state = 'held';

CREATE TABLE IF NOT EXISTS order_events (
    id bigserial PRIMARY KEY,
    "orderId" integer NOT NULL REFERENCES orders (id) ON UPDATE CASCADE ON DELETE CASCADE,
    at timestamptz NOT NULL,
    what text NOT NULL,
    who text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS order_events_order ON order_events ("orderId", id);
"""

# Constant defaults are kept in the catalogue, so no row is written and the lock lasts a moment.
ORDER_COLUMNS = """
ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS "customerId" bigint,
    ADD COLUMN IF NOT EXISTS "orderNumber" text,
    ADD COLUMN IF NOT EXISTS state text,
    ADD COLUMN IF NOT EXISTS "deliveryFeeKobo" bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS "deliveryKind" text NOT NULL DEFAULT 'delivery',
    ADD COLUMN IF NOT EXISTS latitude double precision,
    ADD COLUMN IF NOT EXISTS longitude double precision,
    ADD COLUMN IF NOT EXISTS "placementKey" text,
    ADD COLUMN IF NOT EXISTS "reservedUntil" timestamptz,
    ADD COLUMN IF NOT EXISTS "cancelledAt" timestamptz
"""

ITEM_COLUMNS = """
ALTER TABLE order_items
    ALTER COLUMN "productId" DROP NOT NULL,
    ADD COLUMN IF NOT EXISTS "healthcareProductId" integer,
    ADD COLUMN IF NOT EXISTS name text,
    ADD COLUMN IF NOT EXISTS "prescriptionOnly" boolean NOT NULL DEFAULT false
"""

STATUS_OF = """
CREATE OR REPLACE FUNCTION order_status_of(state text) RETURNS public.enum_orders_status LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE state
        WHEN 'shipped' THEN 'Shipped'
        WHEN 'delivered' THEN 'Delivered'
        WHEN 'cancelled' THEN 'Cancelled'
        WHEN 'expired' THEN 'Cancelled'
        WHEN 'refunded' THEN 'Cancelled'
        ELSE 'Processing' END)::public.enum_orders_status
$$
"""

# `known` is the finer state there is already: it stays as long as the old columns do not contradict it.
STATE_OF = """
CREATE OR REPLACE FUNCTION order_state_of(
    status public.enum_orders_status, payment public."enum_orders_paymentStatus",
    method public."enum_orders_paymentMethod", known text
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN status = 'Cancelled' AND known IN ('expired', 'refunded') THEN known
        WHEN status = 'Cancelled' THEN 'cancelled'
        WHEN status = 'Delivered' THEN 'delivered'
        WHEN status = 'Shipped' THEN 'shipped'
        WHEN payment = 'Paid' AND known = 'processing' THEN 'processing'
        WHEN payment = 'Paid' THEN 'paid'
        WHEN method = 'Cash on Delivery' OR known = 'processing' THEN 'processing'
        ELSE 'pending_payment' END
$$
"""

IN_STEP = """
CREATE OR REPLACE FUNCTION keep_order_in_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW."orderNumber" IS NULL THEN
        NEW."orderNumber" := NEW.id::text;
        IF EXISTS (SELECT FROM public.orders WHERE "orderNumber" = NEW."orderNumber" AND id <> NEW.id) THEN
            NEW."orderNumber" := 'V' || NEW.id;
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state IS NULL THEN
            NEW.state := public.order_state_of(NEW.status, NEW."paymentStatus", NEW."paymentMethod", NULL);
            RETURN NEW;
        END IF;
        NEW.status := public.order_status_of(NEW.state);
    ELSIF OLD.state IS NULL AND NEW.state IS NULL THEN
        NEW.state := public.order_state_of(NEW.status, NEW."paymentStatus", NEW."paymentMethod", NULL);
        RETURN NEW;
    ELSIF OLD.state IS NULL THEN
        RETURN NEW;
    ELSIF NEW.state IS DISTINCT FROM OLD.state THEN
        NEW.status := public.order_status_of(NEW.state);
    ELSIF NEW.status IS DISTINCT FROM OLD.status OR NEW."paymentStatus" IS DISTINCT FROM OLD."paymentStatus" THEN
        NEW.state := public.order_state_of(NEW.status, NEW."paymentStatus", NEW."paymentMethod", OLD.state);
        IF NEW.state <> OLD.state THEN
            INSERT INTO public.order_events ("orderId", at, what, who, detail)
            VALUES (NEW.id, now(), NEW.state, 'old system', jsonb_build_object('from', OLD.state));
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state = 'paid' THEN
        NEW."paymentStatus" := 'Paid';
    END IF;
    RETURN NEW;
EXCEPTION WHEN undefined_column THEN
    RETURN NEW;  -- the old program's start has removed the new columns
END $$
"""

# Deleting an order (or its user) takes its events along; nothing else may touch what was written.
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change_of_order_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'order_events is append-only';
END $$
"""

TRIGGERS = """
CREATE OR REPLACE TRIGGER order_in_step BEFORE INSERT OR UPDATE ON orders
    FOR EACH ROW EXECUTE FUNCTION keep_order_in_step();
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR UPDATE ON order_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_order_events();
"""

# The trigger fills number and state of whatever is touched.
FILL = """
UPDATE orders SET state = state
WHERE id > %(low)s AND id <= %(high)s AND (state IS NULL OR "orderNumber" IS NULL)
"""

STATES = "'pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'cancelled', 'expired', 'refunded'"
CHECKS = (  # (table, name, constraint)
    ("orders", "orders_customer_fkey", 'FOREIGN KEY ("customerId") REFERENCES customers (id) ON DELETE SET NULL'),
    ("orders", "orders_state_known", f"CHECK (state IS NOT NULL AND state IN ({STATES}))"),
    ("orders", "orders_number_there", 'CHECK ("orderNumber" IS NOT NULL)'),
    ("orders", "orders_delivery_known", """CHECK ("deliveryKind" IN ('delivery', 'pickup'))"""),
    (
        "order_items",
        "order_items_health_fkey",
        'FOREIGN KEY ("healthcareProductId") REFERENCES healthcare_products (id) ON UPDATE CASCADE ON DELETE CASCADE',
    ),
    ("order_items", "order_items_one_product", 'CHECK (num_nonnulls("productId", "healthcareProductId") = 1)'),
)
ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE {table} ADD CONSTRAINT {name} {constraint} NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

# The key begins with its customer's id: two customers who turn out to be one person keep both their orders.
INDEXES = {
    "orders_placed_once": ('orders ("placementKey") WHERE "placementKey" IS NOT NULL', True),
    "orders_of_customer": ('orders ("customerId", id) WHERE "customerId" IS NOT NULL', False),
    "orders_of_user": ('orders ("userId", id)', False),
    "orders_unpaid": ("""orders ("reservedUntil") WHERE state = 'pending_payment' AND "reservedUntil" IS NOT NULL""", False),
    "order_items_order": ('order_items ("orderId")', False),
}

# What version 1.x has no place for. Each table is kept and dropped in one transaction, so that a rollback that was broken off
# can be run again.
KEEP_TABLE = """
DO $$ BEGIN
    IF to_regclass('{table}') IS NOT NULL THEN
        LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
        INSERT INTO rollback_006 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t;
        DROP TABLE {table};
    END IF;
END $$
"""
OWN_TABLES = ("cart_lines", "cart_versions", "stock_reservations", "order_events")

KEEP_ORDERS = """
DO $$ BEGIN
    LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
    DROP TRIGGER IF EXISTS order_in_step ON orders;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'state' AND NOT attisdropped) THEN
        INSERT INTO rollback_006 (source, kept) SELECT 'orders', to_jsonb(o) FROM orders o
        WHERE "customerId" IS NOT NULL OR "orderNumber" <> id::text
            OR state <> order_state_of(status, "paymentStatus", "paymentMethod", NULL);
    END IF;
    ALTER TABLE orders
        DROP COLUMN IF EXISTS "customerId", DROP COLUMN IF EXISTS "orderNumber", DROP COLUMN IF EXISTS state,
        DROP COLUMN IF EXISTS "deliveryFeeKobo", DROP COLUMN IF EXISTS "deliveryKind", DROP COLUMN IF EXISTS latitude,
        DROP COLUMN IF EXISTS longitude, DROP COLUMN IF EXISTS "placementKey", DROP COLUMN IF EXISTS "reservedUntil",
        DROP COLUMN IF EXISTS "cancelledAt";
END $$
"""

KEEP_ITEMS = """
DO $$ BEGIN
    LOCK TABLE order_items IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'order_items'::regclass AND attname = 'healthcareProductId' AND NOT attisdropped) THEN
        INSERT INTO rollback_006 (source, kept) SELECT 'order_items', to_jsonb(i) FROM order_items i
        WHERE "productId" IS NULL OR name IS NOT NULL OR "prescriptionOnly";
        DELETE FROM order_items WHERE "productId" IS NULL;
    END IF;
    ALTER TABLE order_items
        DROP COLUMN IF EXISTS "healthcareProductId", DROP COLUMN IF EXISTS name, DROP COLUMN IF EXISTS "prescriptionOnly",
        ALTER COLUMN "productId" SET NOT NULL;
END $$
"""

# What was kept goes back once, and only where what it belongs to is still there; orders first, the others lean on them.
RESTORE = """
DO $$
DECLARE
    one record;
BEGIN
    IF to_regclass('rollback_006') IS NULL THEN
        RETURN;
    END IF;
    WITH back AS (
        UPDATE orders o SET
            "customerId" = (SELECT c.id FROM customers c WHERE c.id = (k.kept->>'customerId')::bigint),
            "orderNumber" = k.kept->>'orderNumber',
            state = CASE
                WHEN o.status IS NOT DISTINCT FROM (k.kept->>'status')::enum_orders_status
                    AND o."paymentStatus" IS NOT DISTINCT FROM (k.kept->>'paymentStatus')::"enum_orders_paymentStatus"
                THEN k.kept->>'state'
                ELSE order_state_of(o.status, o."paymentStatus", o."paymentMethod", k.kept->>'state') END,
            "deliveryFeeKobo" = (k.kept->>'deliveryFeeKobo')::bigint,
            "deliveryKind" = k.kept->>'deliveryKind',
            latitude = (k.kept->>'latitude')::double precision,
            longitude = (k.kept->>'longitude')::double precision,
            "placementKey" = k.kept->>'placementKey',
            "reservedUntil" = (k.kept->>'reservedUntil')::timestamptz,
            "cancelledAt" = (k.kept->>'cancelledAt')::timestamptz
        FROM rollback_006 k WHERE k.source = 'orders' AND o.id = (k.kept->>'id')::integer
        RETURNING k.id)
    DELETE FROM rollback_006 WHERE id IN (SELECT id FROM back);

    WITH back AS (
        UPDATE order_items i SET name = k.kept->>'name', "prescriptionOnly" = (k.kept->>'prescriptionOnly')::boolean
        FROM rollback_006 k WHERE k.source = 'order_items' AND i.id = (k.kept->>'id')::integer
        RETURNING k.id)
    DELETE FROM rollback_006 WHERE id IN (SELECT id FROM back);

    FOR one IN SELECT * FROM rollback_006
        WHERE source <> 'orders' AND (source <> 'order_items' OR kept->>'productId' IS NULL) ORDER BY id LOOP
        BEGIN
            EXECUTE format('INSERT INTO %%1$I SELECT (jsonb_populate_record(NULL::%%1$I, $1)).*', one.source) USING one.kept;
            DELETE FROM rollback_006 WHERE id = one.id;
        EXCEPTION WHEN foreign_key_violation OR unique_violation OR not_null_violation THEN
            NULL;  -- its order, customer or product is gone; the row stays where it is kept
        END;
    END LOOP;
    PERFORM setval('cart_lines_id_seq', max(id)) FROM cart_lines HAVING max(id) > 0;
    PERFORM setval('stock_reservations_id_seq', max(id)) FROM stock_reservations HAVING max(id) > 0;
    PERFORM setval('order_events_id_seq', max(id)) FROM order_events HAVING max(id) > 0;
    IF NOT EXISTS (SELECT FROM rollback_006) THEN
        DROP TABLE rollback_006;
    END IF;
END $$
"""

# Where the columns were lost without a rollback, the first event of an order still says its number and whose it is.
RECOVER = """
UPDATE orders o SET "orderNumber" = e.detail->>'number',
    "customerId" = (SELECT c.id FROM customers c WHERE c.id = (e.detail->>'customer')::bigint)
FROM order_events e
WHERE e."orderId" = o.id AND e.what = 'placed' AND e.detail ? 'number' AND o."customerId" IS NULL AND o."orderNumber" = o.id::text
"""


def migrate(migrator, database, *, fake=False):
    for statement in (TABLES, ORDER_COLUMNS, ITEM_COLUMNS, STATUS_OF, STATE_OF, IN_STEP, APPEND_ONLY):
        migrator.sql(statement)
    # Before the trigger, which looks numbers up: without it, filling would read the whole table for every row.
    migrator.index("orders_number", 'orders ("orderNumber")', unique=True)
    migrator.sql(TRIGGERS)
    migrator.sql(RESTORE)
    migrator.in_batches("orders", FILL)
    migrator.sql(RECOVER)
    for table, name, constraint in CHECKS:
        migrator.sql(ADD_CHECK.format(table=table, name=name, constraint=constraint))
        migrator.patient_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for name, (on, unique) in INDEXES.items():
        migrator.index(name, on, unique=unique)


def rollback(migrator, database, *, fake=False):
    migrator.sql(
        "CREATE TABLE IF NOT EXISTS rollback_006 "
        '(id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now())'
    )
    for name in ("orders_of_user", "order_items_order"):
        migrator.drop_index_named(name)
    migrator.sql(KEEP_ORDERS)
    migrator.sql(KEEP_ITEMS)
    for table in OWN_TABLES:
        migrator.sql(KEEP_TABLE.format(table=table))
    for function in (
        "keep_order_in_step()",
        "refuse_change_of_order_events()",
        'order_state_of(enum_orders_status, "enum_orders_paymentStatus", "enum_orders_paymentMethod", text)',
        "order_status_of(text)",
    ):
        migrator.sql(f"DROP FUNCTION IF EXISTS {function}")
    migrator.sql("DO $$ BEGIN IF NOT EXISTS (SELECT FROM rollback_006) THEN DROP TABLE rollback_006; END IF; END $$")
