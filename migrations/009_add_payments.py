"""Money: attempts to be paid, what was really taken, what providers told us, what goes back, and what people must look at.

An attempt's reference is committed before any provider hears of it, so nothing that happens afterwards is without a row. What a
provider verified as taken is a row of `payments`, once per provider and transaction; each is either what its order was paid with,
or there is a task or a refund for it. Money is whole kobo (hundredths, where a provider took another currency).
"""

TABLES = """
CREATE TABLE IF NOT EXISTS payment_attempts (
    id bigserial PRIMARY KEY,
    "orderId" integer NOT NULL REFERENCES orders (id) ON UPDATE CASCADE ON DELETE CASCADE,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    number smallint NOT NULL,
    provider text NOT NULL CHECK (provider IN ('paystack', 'flutterwave')),
    kind text NOT NULL CHECK (kind IN ('link', 'transfer', 'ussd')),
    reference text NOT NULL,
    "amountKobo" bigint NOT NULL CHECK ("amountKobo" > 0),
    currency text NOT NULL DEFAULT 'NGN',
    mode text NOT NULL CHECK (mode IN ('test', 'live')),
    status text NOT NULL CHECK (status IN ('starting', 'open', 'paid', 'failed', 'given_up', 'expired')),
    way jsonb NOT NULL DEFAULT '{}',
    "providerId" text NOT NULL DEFAULT '',
    tries smallint NOT NULL DEFAULT 0,
    failures smallint NOT NULL DEFAULT 0,
    "nextTryAt" timestamptz,
    "leaseUntil" timestamptz,
    version integer NOT NULL DEFAULT 0,
    checks smallint NOT NULL DEFAULT 0,
    "nextCheckAt" timestamptz,
    "checkedAt" timestamptz,
    "askedAt" timestamptz,
    "switchTo" text NOT NULL DEFAULT '' CHECK ("switchTo" IN ('', 'paystack', 'flutterwave')),
    "switchKind" text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    "correlationId" text NOT NULL DEFAULT '',
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL,
    "endedAt" timestamptz,
    CONSTRAINT payment_attempts_numbered UNIQUE ("orderId", number)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX IF NOT EXISTS payment_attempts_reference ON payment_attempts (reference);
-- A second provider is asked only after the first attempt is known not to be paid.
CREATE UNIQUE INDEX IF NOT EXISTS payment_attempts_one_open ON payment_attempts ("orderId") WHERE status IN ('starting', 'open');
CREATE INDEX IF NOT EXISTS payment_attempts_to_start ON payment_attempts ("nextTryAt") WHERE status = 'starting';
CREATE INDEX IF NOT EXISTS payment_attempts_to_check ON payment_attempts ("nextCheckAt") WHERE "nextCheckAt" IS NOT NULL;
CREATE INDEX IF NOT EXISTS payment_attempts_asked ON payment_attempts ("askedAt") WHERE "askedAt" IS NOT NULL;
CREATE INDEX IF NOT EXISTS payment_attempts_of_customer ON payment_attempts ("customerId", id);

-- Money that a provider verified as taken. `settled`: applied (its order was paid with it), or what else became of it.
-- `appliedKobo`: how much of it its order was paid with. `reversedAt`: the provider has taken it back from us.
CREATE TABLE IF NOT EXISTS payments (
    id bigserial PRIMARY KEY,
    "orderId" integer REFERENCES orders (id) ON UPDATE CASCADE ON DELETE SET NULL,
    "attemptId" bigint REFERENCES payment_attempts (id) ON DELETE SET NULL,
    provider text NOT NULL,
    "transactionId" text NOT NULL,
    reference text NOT NULL DEFAULT '',
    "amountKobo" bigint NOT NULL CHECK ("amountKobo" >= 0),
    "appliedKobo" bigint NOT NULL DEFAULT 0 CHECK ("appliedKobo" BETWEEN 0 AND "amountKobo"),
    "feeKobo" bigint,
    currency text NOT NULL,
    mode text NOT NULL,
    channel text NOT NULL DEFAULT '',
    settled text NOT NULL
        CHECK (settled IN ('applied', 'overpaid', 'short', 'late', 'double', 'mismatch', 'unknown', 'reversed')),
    "paidAt" timestamptz,
    "reversedAt" timestamptz,
    "createdAt" timestamptz NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS payments_once ON payments (provider, "transactionId");
CREATE UNIQUE INDEX IF NOT EXISTS payments_one_an_order ON payments ("orderId") WHERE settled IN ('applied', 'overpaid');
CREATE INDEX IF NOT EXISTS payments_of_order ON payments ("orderId");
CREATE INDEX IF NOT EXISTS payments_reference ON payments (provider, reference);
CREATE INDEX IF NOT EXISTS payments_by_day ON payments ((COALESCE("paidAt", "createdAt")));

CREATE TABLE IF NOT EXISTS payment_events (
    id bigserial PRIMARY KEY,
    provider text NOT NULL,
    "dedupeKey" text NOT NULL,
    kind text NOT NULL DEFAULT '',
    reference text NOT NULL DEFAULT '',
    body bytea NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'ignored', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    failures smallint NOT NULL DEFAULT 0,
    "nextTryAt" timestamptz,
    reason text NOT NULL DEFAULT '',
    "receivedAt" timestamptz NOT NULL DEFAULT now(),
    "handledAt" timestamptz,
    "correlationId" text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX IF NOT EXISTS payment_events_once ON payment_events (provider, "dedupeKey");
CREATE INDEX IF NOT EXISTS payment_events_pending ON payment_events (id) WHERE status = 'pending';

CREATE TABLE IF NOT EXISTS refunds (
    id bigserial PRIMARY KEY,
    "paymentId" bigint NOT NULL REFERENCES payments (id),
    "orderId" integer REFERENCES orders (id) ON UPDATE CASCADE ON DELETE SET NULL,
    provider text NOT NULL,
    "amountKobo" bigint NOT NULL CHECK ("amountKobo" > 0),
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'wanted' CHECK (status IN ('wanted', 'sent', 'done', 'failed', 'needs_attention')),
    "providerId" text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    tries smallint NOT NULL DEFAULT 0,
    checks smallint NOT NULL DEFAULT 0,
    "nextTryAt" timestamptz,
    "leaseUntil" timestamptz,
    version integer NOT NULL DEFAULT 0,
    "nextCheckAt" timestamptz,
    "requestedBy" text NOT NULL,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL,
    "endedAt" timestamptz
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX IF NOT EXISTS refunds_one_at_a_time ON refunds ("paymentId") WHERE status IN ('wanted', 'sent');
CREATE INDEX IF NOT EXISTS refunds_due ON refunds ("nextTryAt") WHERE status = 'wanted';
CREATE INDEX IF NOT EXISTS refunds_to_check ON refunds ("nextCheckAt") WHERE status IN ('sent', 'needs_attention');
CREATE INDEX IF NOT EXISTS refunds_of_order ON refunds ("orderId");
CREATE INDEX IF NOT EXISTS refunds_of_payment ON refunds ("paymentId");

-- What people must look at; the same trouble is one task, however often it is found.
CREATE TABLE IF NOT EXISTS payment_tasks (
    id bigserial PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    "orderId" integer REFERENCES orders (id) ON UPDATE CASCADE ON DELETE SET NULL,
    "paymentId" bigint REFERENCES payments (id) ON DELETE SET NULL,
    provider text NOT NULL DEFAULT '',
    reference text NOT NULL DEFAULT '',
    "amountKobo" bigint NOT NULL DEFAULT 0,
    currency text NOT NULL DEFAULT 'NGN',
    detail jsonb NOT NULL DEFAULT '{}',
    "openedAt" timestamptz NOT NULL,
    "closedAt" timestamptz,
    "closedBy" text NOT NULL DEFAULT '',
    outcome text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS payment_tasks_once ON payment_tasks (kind, subject);
CREATE INDEX IF NOT EXISTS payment_tasks_open ON payment_tasks (id) WHERE "closedAt" IS NULL;
CREATE INDEX IF NOT EXISTS payment_tasks_of_payment ON payment_tasks ("paymentId") WHERE "paymentId" IS NOT NULL;
CREATE INDEX IF NOT EXISTS payment_tasks_of_order ON payment_tasks ("orderId") WHERE "orderId" IS NOT NULL;
"""

# Version 1.x has no place for any of it: kept as JSON, back where it was when the step is taken again.
OWN_TABLES = ("payment_tasks", "refunds", "payments", "payment_attempts", "payment_events")
KEEP_TABLE = """
DO $$ BEGIN
    IF to_regclass('{table}') IS NOT NULL THEN
        CREATE TABLE IF NOT EXISTS rollback_009
            (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now());
        LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
        INSERT INTO rollback_009 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t;
        DROP TABLE {table};
    END IF;
END $$
"""
RESTORE = """
DO $$
DECLARE
    one record;
    known text[] := ARRAY['payment_events', 'payment_attempts', 'payments', 'refunds', 'payment_tasks'];
    name text;
BEGIN
    IF to_regclass('rollback_009') IS NULL THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY known LOOP
        FOR one IN SELECT * FROM rollback_009 WHERE source = name ORDER BY id LOOP
            BEGIN
                EXECUTE format('INSERT INTO %%1$I SELECT (jsonb_populate_record(NULL::%%1$I, $1)).*', name) USING one.kept;
                DELETE FROM rollback_009 WHERE id = one.id;
            EXCEPTION WHEN foreign_key_violation OR unique_violation OR not_null_violation OR check_violation THEN
                NULL;  -- its order is gone; the row stays where it is kept
            END;
        END LOOP;
        EXECUTE format('SELECT setval(%%L, GREATEST(max(id), 1)) FROM %%I', name || '_id_seq', name);
    END LOOP;
    IF NOT EXISTS (SELECT FROM rollback_009) THEN
        DROP TABLE rollback_009;
    END IF;
END $$
"""


def migrate(migrator, database, *, fake=False):
    migrator.sql(TABLES)
    migrator.sql(RESTORE)


def rollback(migrator, database, *, fake=False):
    for table in OWN_TABLES:
        migrator.sql(KEEP_TABLE.format(table=table))
    migrator.sql(
        "DO $$ BEGIN IF to_regclass('rollback_009') IS NOT NULL AND NOT EXISTS (SELECT FROM rollback_009) "
        "THEN DROP TABLE rollback_009; END IF; END $$"
    )
