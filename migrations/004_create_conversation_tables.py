"""The tables of a conversation: who writes, what came in, where each conversation stands, what goes out, what is due.

`inbox` and `outbox` are the truth; the queue only hints at them. Payloads are `json`, not `jsonb`: they are stored and read
whole, never searched, and `json` keeps the text as it came for half the cost.
"""

TABLES = """
CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    "profileName" text NOT NULL DEFAULT '',
    "userId" integer REFERENCES users (id) ON UPDATE CASCADE ON DELETE SET NULL,
    "consentVersion" text,
    "consentAt" timestamptz,
    "marketingStoppedAt" timestamptz,
    "withAgentSince" timestamptz,
    "mergedInto" bigint REFERENCES customers (id),
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customers_user ON customers ("userId") WHERE "userId" IS NOT NULL;

CREATE TABLE customer_identities (
    kind text NOT NULL CHECK (kind IN ('bsuid', 'number')),
    value text NOT NULL CHECK (value <> ''),
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, value)
);
CREATE INDEX customer_identities_customer ON customer_identities ("customerId");

CREATE TABLE conversations (
    "customerId" bigint PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    flow text NOT NULL DEFAULT 'entry',
    state text NOT NULL DEFAULT 'idle',
    memory jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 0,
    "lastInboundAt" timestamptz,
    "idleAt" timestamptz,
    "pairFreeAt" timestamptz,
    "updatedAt" timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX conversations_idle ON conversations ("idleAt") WHERE "idleAt" IS NOT NULL;

CREATE TABLE inbox (
    id bigserial PRIMARY KEY,
    channel text NOT NULL,
    "externalId" text NOT NULL,
    "customerId" bigint REFERENCES customers (id),
    kind text NOT NULL,
    payload json NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'stored', 'quarantined', 'failed')),
    reason text NOT NULL DEFAULT '',
    attempts smallint NOT NULL DEFAULT 0,
    failures smallint NOT NULL DEFAULT 0,
    "retryAt" timestamptz,
    "sentAt" timestamptz,
    "receivedAt" timestamptz NOT NULL DEFAULT now(),
    "handledAt" timestamptz,
    "correlationId" text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX inbox_external ON inbox ("externalId", channel);
CREATE INDEX inbox_pending ON inbox ("customerId", id) WHERE status = 'pending';
CREATE INDEX inbox_set_aside ON inbox (status, id) WHERE status IN ('quarantined', 'failed');

CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    "customerId" bigint NOT NULL REFERENCES customers (id),
    "inboxId" bigint REFERENCES inbox (id) ON DELETE SET NULL,
    payload json NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN
        ('queued', 'sending', 'unsure', 'held', 'accepted', 'sent', 'delivered', 'read', 'failed', 'expired')),
    attempts smallint NOT NULL DEFAULT 0,
    "nextTryAt" timestamptz,
    "sendingSince" timestamptz,
    "expiresAt" timestamptz NOT NULL,
    "externalId" text,
    "errorCode" integer,
    reason text NOT NULL DEFAULT '',
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "acceptedAt" timestamptz,
    "updatedAt" timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX outbox_open ON outbox ("customerId", id) WHERE status IN ('queued', 'sending', 'unsure');
CREATE INDEX outbox_held ON outbox ("customerId", id) WHERE status = 'held';
CREATE INDEX outbox_external ON outbox ("externalId") WHERE "externalId" IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (id) WHERE status IN ('failed', 'expired');
CREATE INDEX outbox_inbox ON outbox ("inboxId");

CREATE TABLE delivery_receipts (
    id bigserial PRIMARY KEY,
    "externalId" text NOT NULL,
    status text NOT NULL,
    callback text NOT NULL DEFAULT '',
    at timestamptz,
    "errorCode" integer,
    "errorTitle" text NOT NULL DEFAULT '',
    "receivedAt" timestamptz NOT NULL DEFAULT now(),
    "settledAt" timestamptz,
    tries smallint NOT NULL DEFAULT 0,
    outcome text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX delivery_receipts_once ON delivery_receipts ("externalId", status);
CREATE INDEX delivery_receipts_named ON delivery_receipts (callback) WHERE "settledAt" IS NULL;
CREATE INDEX delivery_receipts_open ON delivery_receipts (tries, id) WHERE "settledAt" IS NULL;

CREATE TABLE sender_state (
    "phoneNumberId" text PRIMARY KEY,
    "openUntil" timestamptz,
    "slowUntil" timestamptz,
    reason text NOT NULL DEFAULT '',
    "updatedAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE timers (
    id bigserial PRIMARY KEY,
    kind text NOT NULL,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    subject text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 0,
    "fireAt" timestamptz NOT NULL,
    "firedAt" timestamptz,
    "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX timers_once ON timers (kind, "customerId", subject);
CREATE INDEX timers_due ON timers ("fireAt") WHERE "firedAt" IS NULL;

CREATE TABLE handovers (
    id bigserial PRIMARY KEY,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    reason text NOT NULL,
    "openedAt" timestamptz NOT NULL,
    "closedAt" timestamptz,
    "closedBy" text NOT NULL DEFAULT ''
);
-- One conversation with a person at a time; a request about somebody's data stands beside it, until people close it.
CREATE UNIQUE INDEX handovers_open ON handovers ("customerId")
    WHERE "closedAt" IS NULL AND reason IN ('asked', 'not_understood', 'emergency');
CREATE UNIQUE INDEX handovers_requests ON handovers ("customerId", reason)
    WHERE "closedAt" IS NULL AND reason NOT IN ('asked', 'not_understood', 'emergency');

CREATE TABLE media (
    id bigserial PRIMARY KEY,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    "inboxId" bigint REFERENCES inbox (id) ON DELETE SET NULL,
    kind text NOT NULL,
    "mediaId" text NOT NULL,
    "mimeType" text NOT NULL DEFAULT '',
    caption text NOT NULL DEFAULT '',
    filename text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    purpose text NOT NULL,
    "orderNumber" text,
    "createdAt" timestamptz NOT NULL
);
CREATE UNIQUE INDEX media_once ON media ("customerId", "mediaId", purpose);

CREATE TABLE job_runs (
    name text PRIMARY KEY,
    "dueAt" timestamptz NOT NULL,
    "startedAt" timestamptz NOT NULL,
    "finishedAt" timestamptz,
    outcome text NOT NULL DEFAULT '',
    runs bigint NOT NULL DEFAULT 1
);
"""

# Two functions and not two pairs of statements: inside a function each command sees what was committed before it (so what
# is read after the lock is fresh), its plans are kept, and the whole is one round trip. Measured against psycopg's
# pipelines they halve what claiming and letting go cost the worker.
#
# Advisory locks share one number space with whatever else uses them; ours have 0x44 in their upper bits.
FUNCTIONS = """
CREATE FUNCTION claim_customer(customer bigint, lease text, most integer) RETURNS TABLE (
    at timestamptz, name text, "profileName" text, "userId" integer, consented boolean, "marketingStopped" boolean,
    "withAgentSince" timestamptz, flow text, state text, memory jsonb, version bigint, "lastInboundAt" timestamptz,
    "pairFreeAt" timestamptz, number text, bsuid text, unsent boolean, held boolean, "senderWaitsUntil" timestamptz,
    begun boolean, due boolean, id bigint, channel text, kind text, "externalId" text, payload text, attempts smallint,
    failures smallint, "receivedAt" timestamptz, "correlationId" text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF NOT pg_try_advisory_lock(19140298416324608 + customer) THEN
        RETURN;
    END IF;
    PERFORM set_config('idle_session_timeout', lease, false), set_config('synchronous_commit', 'off', true);
    RETURN QUERY
    WITH pending AS MATERIALIZED (
        SELECT i.id, i.channel, i.kind, i."externalId", i.payload::text AS payload, i.attempts, i.failures, i."receivedAt",
            i."correlationId", (i."retryAt" IS NULL OR i."retryAt" <= now()) AS due
        FROM inbox i WHERE i."customerId" = customer AND i.status = 'pending' ORDER BY i.id LIMIT most
    ), begun AS (
        UPDATE inbox i SET attempts = i.attempts + 1
        FROM (SELECT p.id, p.due FROM pending p ORDER BY p.id LIMIT 1) first
        WHERE i.id = first.id AND first.due AND i.attempts <= i.failures RETURNING i.id  -- a suspect is counted when it runs
    )
    SELECT now(), c.name, c."profileName", c."userId", c."consentAt" IS NOT NULL, c."marketingStoppedAt" IS NOT NULL,
        c."withAgentSince", v.flow, v.state, v.memory, v.version, v."lastInboundAt", v."pairFreeAt",
        (SELECT k.value FROM customer_identities k WHERE k."customerId" = c.id AND k.kind = 'number'
            ORDER BY k."createdAt" DESC LIMIT 1),
        (SELECT k.value FROM customer_identities k WHERE k."customerId" = c.id AND k.kind = 'bsuid'
            ORDER BY k."createdAt" DESC LIMIT 1),
        EXISTS (SELECT FROM outbox o WHERE o."customerId" = c.id AND o.status IN ('queued', 'sending', 'unsure')),
        EXISTS (SELECT FROM outbox o WHERE o."customerId" = c.id AND o.status = 'held'),
        (SELECT max(GREATEST(s."openUntil", s."slowUntil")) FROM sender_state s),
        begun.id IS NOT NULL, p.due,
        p.id, p.channel, p.kind, p."externalId", p.payload, p.attempts, p.failures, p."receivedAt", p."correlationId"
    FROM customers c
    JOIN conversations v ON v."customerId" = c.id
    LEFT JOIN pending p ON true
    LEFT JOIN begun ON begun.id = p.id
    WHERE c.id = customer
    ORDER BY p.id;
    IF NOT FOUND THEN
        PERFORM pg_advisory_unlock(19140298416324608 + customer), set_config('idle_session_timeout', '0', false);
    END IF;
END
$$;

CREATE FUNCTION let_go_of_customer(customer bigint, accepted bigint, wamid text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF accepted IS NOT NULL THEN
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE outbox SET status = 'accepted', "externalId" = wamid, "acceptedAt" = now(), "updatedAt" = now()
        WHERE id = accepted AND status IN ('queued', 'sending', 'unsure');
    END IF;
    PERFORM pg_advisory_unlock(19140298416324608 + customer), set_config('idle_session_timeout', '0', false);
    -- The first alone decides: what came after one that waits for its retry waits with it.
    RETURN COALESCE((SELECT "retryAt" IS NULL OR "retryAt" <= now() FROM inbox
        WHERE "customerId" = customer AND status = 'pending' ORDER BY id LIMIT 1), false);
END
$$;
"""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql(TABLES)
    migrator.sql(FUNCTIONS)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP FUNCTION claim_customer, let_go_of_customer")
    migrator.sql(
        "DROP TABLE job_runs, media, handovers, timers, sender_state, delivery_receipts, outbox, inbox, "
        "conversations, customer_identities, customers"
    )
