"""A customer's thread with a person: who of the staff has it, since when somebody waits, what staff said and noted, what it was worth.

`handovers` learns who took it, who answered and how it was rated; `outbox` learns who wrote a row and under which key (a double
click says it once); notes, marks of what was read, answers kept ready and the files of a thread are tables of their own. All of
it is new, and the version before works beside it: it knows none of the columns, each is empty or has a default.

Nothing blocks writes for longer than a catalogue takes to change: columns are empty or have a constant default, the check is added
unvalidated and validated beside the work, as the indexes are made.

Rolling back keeps everything in `rollback_015`, row by row as JSON; ratings also go where version 1.x keeps them
(`support_ratings`), as far as there is a team they can belong to. Applying the step again puts back all whose customer, talk, message
or file is still there; the rest stays kept.
"""

atomic = False

HANDOVERS = """
ALTER TABLE handovers
    ADD COLUMN IF NOT EXISTS "inboxId" bigint,
    ADD COLUMN IF NOT EXISTS "assigneeId" bigint,
    ADD COLUMN IF NOT EXISTS "assignedAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "waitingSince" timestamptz,
    ADD COLUMN IF NOT EXISTS "answeredAt" timestamptz,
    ADD COLUMN IF NOT EXISTS "answeredBy" bigint,
    ADD COLUMN IF NOT EXISTS answers integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS "ratingAskedAt" timestamptz,
    ADD COLUMN IF NOT EXISTS rating smallint,
    ADD COLUMN IF NOT EXISTS "ratingWords" text,
    ADD COLUMN IF NOT EXISTS "ratedAt" timestamptz
"""
OUTBOX = """
ALTER TABLE outbox
    ADD COLUMN IF NOT EXISTS "staffId" bigint,
    ADD COLUMN IF NOT EXISTS "staffKey" text,
    ADD COLUMN IF NOT EXISTS "mediaRow" bigint
"""
ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE handovers ADD CONSTRAINT handovers_rating_known CHECK (rating BETWEEN 1 AND 5) NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""
VALIDATE = "ALTER TABLE handovers VALIDATE CONSTRAINT handovers_rating_known"
TABLES = """
CREATE TABLE IF NOT EXISTS thread_notes (
    id bigserial PRIMARY KEY,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    "staffId" bigint,
    text text NOT NULL,
    clinical boolean NOT NULL DEFAULT false,
    "createdAt" timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS thread_notes_customer ON thread_notes ("customerId", id);

-- Up to which message of the customer each colleague has seen the thread.
CREATE TABLE IF NOT EXISTS thread_reads (
    "staffId" bigint NOT NULL,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    "lastInboxId" bigint NOT NULL DEFAULT 0,
    "seenAt" timestamptz NOT NULL DEFAULT now(),
    "auditedAt" timestamptz,
    PRIMARY KEY ("staffId", "customerId")
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS thread_reads_customer ON thread_reads ("customerId");

-- Files on their way: a customer's from Meta into the vault ("outboxId" is null), or one of staff's from the vault to Meta.
CREATE TABLE IF NOT EXISTS thread_files (
    "mediaRow" bigint PRIMARY KEY REFERENCES media (id) ON DELETE CASCADE,
    "outboxId" bigint,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'given_up')),
    attempts smallint NOT NULL DEFAULT 0,
    failures smallint NOT NULL DEFAULT 0,
    "nextTryAt" timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL DEFAULT '',
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "updatedAt" timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS thread_files_due ON thread_files ("nextTryAt") WHERE state = 'waiting';

CREATE TABLE IF NOT EXISTS canned_answers (
    id bigserial PRIMARY KEY,
    shortcut text NOT NULL CHECK (shortcut ~ '^/[a-z0-9_-]{1,30}$'),
    text text NOT NULL,
    "updatedBy" bigint,
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS canned_answers_shortcut ON canned_answers (shortcut);
"""
INDEXES = {
    "inbox_customer": ('inbox ("customerId", id) WHERE "customerId" IS NOT NULL', False),
    "outbox_customer": ('outbox ("customerId", id)', False),
    "outbox_staff_key": ('outbox ("staffKey") WHERE "staffKey" IS NOT NULL', True),
    "customers_merged": ('customers ("mergedInto") WHERE "mergedInto" IS NOT NULL', False),
    "handovers_customer": ('handovers ("customerId", id)', False),
    "handovers_not_closed": ('handovers (id) WHERE "closedAt" IS NULL', False),
}
# Whoever waits now has waited since they asked.
BACKFILL = """
UPDATE handovers SET "waitingSince" = "openedAt"
WHERE "closedAt" IS NULL AND "waitingSince" IS NULL AND "answeredAt" IS NULL AND reason IN ('asked', 'not_understood', 'emergency')
"""

OF_HANDOVERS = (
    *("inboxId", "assigneeId", "assignedAt", "waitingSince", "answeredAt", "answeredBy"),
    *("answers", "ratingAskedAt", "rating", "ratingWords", "ratedAt"),
)
NEW_TABLES = {
    "thread_notes": """EXISTS (SELECT FROM customers c WHERE c.id = (kept->>'customerId')::bigint)""",
    "thread_reads": """EXISTS (SELECT FROM customers c WHERE c.id = (kept->>'customerId')::bigint)""",
    # One on its way out whose message did not return has nowhere to go.
    "thread_files": """EXISTS (SELECT FROM media m WHERE m.id = (kept->>'mediaRow')::bigint)
        AND (kept->>'outboxId' IS NULL OR kept->>'state' <> 'waiting'
            OR EXISTS (SELECT FROM outbox o WHERE o.id = (kept->>'outboxId')::bigint))""",
    "canned_answers": "true",
}
# What was kept goes back once, and only where what it belongs to is still there.
PUT_BACK = """
    WITH back AS MATERIALIZED (SELECT id, kept FROM rollback_015 WHERE source = '{table}' AND {there}), rows AS (
        INSERT INTO {table} SELECT r.* FROM back, jsonb_populate_record(NULL::{table}, kept) r ON CONFLICT DO NOTHING)
    DELETE FROM rollback_015 WHERE id IN (SELECT id FROM back);
"""
RESTORE = f"""
DO $$ BEGIN
    IF to_regclass('rollback_015') IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM support_ratings s USING rollback_015 k WHERE k.source = 'handovers' AND s.id = (k.kept->>'v1Rating')::integer;
    WITH back AS (
        UPDATE handovers h SET ({", ".join(f'"{name}"' for name in OF_HANDOVERS)}) =
            (SELECT {", ".join(f'r."{name}"' for name in OF_HANDOVERS)} FROM jsonb_populate_record(NULL::handovers, k.kept) r)
        FROM rollback_015 k WHERE k.source = 'handovers' AND h.id = (k.kept->>'id')::bigint RETURNING k.id)
    DELETE FROM rollback_015 WHERE id IN (SELECT id FROM back);
    WITH back AS (
        UPDATE outbox o SET "staffId" = (k.kept->>'staffId')::bigint, "staffKey" = k.kept->>'staffKey',
            "mediaRow" = (k.kept->>'mediaRow')::bigint
        FROM rollback_015 k WHERE k.source = 'outbox' AND o.id = (k.kept->>'id')::bigint RETURNING k.id)
    DELETE FROM rollback_015 WHERE id IN (SELECT id FROM back);
    {"".join(PUT_BACK.format(table=table, there=there) for table, there in NEW_TABLES.items())}
    -- Below step 004 messages do not return, and their numbers begin anew: none of those to come counts as read.
    UPDATE thread_reads SET "lastInboxId" = 0 WHERE "lastInboxId" > (SELECT last_value FROM inbox_id_seq);
    UPDATE handovers SET "inboxId" = NULL WHERE "inboxId" > (SELECT last_value FROM inbox_id_seq);
    PERFORM setval('thread_notes_id_seq', max(id)) FROM thread_notes HAVING max(id) > 0;
    PERFORM setval('canned_answers_id_seq', max(id)) FROM canned_answers HAVING max(id) > 0;
    IF NOT EXISTS (SELECT FROM rollback_015) THEN
        DROP TABLE rollback_015;
    END IF;
END $$
"""
KEPT_TABLE = """
CREATE TABLE IF NOT EXISTS rollback_015
    (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now())
"""
# Version 1.x wants a team and a telephone number for a rating; the chat it names is the last one of that number, or none (0).
KEEP_HANDOVERS = """
DO $$
DECLARE
    team integer := (SELECT id FROM support_teams ORDER BY "isActive" DESC NULLS LAST, role = 'general' DESC, id LIMIT 1);
    one record;
    made integer;
BEGIN
    LOCK TABLE handovers IN ACCESS EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'handovers'::regclass AND attname = 'rating' AND NOT attisdropped) THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT h.*, (SELECT value FROM customer_identities i WHERE i."customerId" = h."customerId" AND i.kind = 'number'
            ORDER BY "createdAt" DESC LIMIT 1) AS number
        FROM handovers h WHERE answers <> 0 OR num_nonnulls({own}) > 0
    LOOP
        made := NULL;
        IF one.rating IS NOT NULL AND team IS NOT NULL AND one.number IS NOT NULL THEN
            INSERT INTO support_ratings ("supportChatId", "customerPhoneNumber", "supportTeamId", rating, feedback, "ratedAt",
                "createdAt", "updatedAt")
            VALUES (COALESCE((SELECT max(id) FROM support_chats WHERE "customerPhoneNumber" = one.number), 0), one.number, team,
                one.rating, NULLIF(one."ratingWords", ''), one."ratedAt", COALESCE(one."ratedAt", now()), now()) RETURNING id INTO made;
        END IF;
        INSERT INTO rollback_015 (source, kept)
        VALUES ('handovers', to_jsonb(one) - 'number' || jsonb_build_object('v1Rating', made));
    END LOOP;
    ALTER TABLE handovers {drops};
END $$
"""
KEEP_HANDOVERS = KEEP_HANDOVERS.format(
    own=", ".join(f'"{name}"' for name in OF_HANDOVERS if name != "answers"),
    drops=", ".join(f'DROP COLUMN IF EXISTS "{name}"' for name in OF_HANDOVERS),
)
KEEP_OUTBOX = """
DO $$ BEGIN
    LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'outbox'::regclass AND attname = 'staffId' AND NOT attisdropped) THEN
        -- A file that has not been handed to Meta could only be sent as nothing by the version before.
        UPDATE outbox SET status = 'failed', reason = 'its file was not handed over', "updatedAt" = now()
        WHERE "mediaRow" IS NOT NULL AND status IN ('queued', 'held')
            AND payload->(payload->>'type')->>'id' IS NULL AND payload->(payload->>'type')->>'link' IS NULL;
        INSERT INTO rollback_015 (source, kept)
        SELECT 'outbox', jsonb_build_object('id', id, 'staffId', "staffId", 'staffKey', "staffKey", 'mediaRow', "mediaRow")
        FROM outbox WHERE num_nonnulls("staffId", "staffKey", "mediaRow") > 0;
    END IF;
    ALTER TABLE outbox DROP COLUMN IF EXISTS "staffId", DROP COLUMN IF EXISTS "staffKey", DROP COLUMN IF EXISTS "mediaRow";
END $$
"""
KEEP_TABLE = """
DO $$ BEGIN
    IF to_regclass('{table}') IS NOT NULL THEN
        LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
        INSERT INTO rollback_015 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t;
        DROP TABLE {table};
    END IF;
END $$
"""
DROP_EMPTY = """
DO $$ BEGIN
    IF to_regclass('rollback_015') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM rollback_015) THEN
            DROP TABLE rollback_015;
        END IF;
    END IF;
END $$
"""


def migrate(migrator, database, *, fake=False):
    for statement in (HANDOVERS, OUTBOX, ADD_CHECK):
        migrator.sql(statement)
    migrator.patient_sql(VALIDATE)
    for statement in (TABLES, RESTORE, BACKFILL):
        migrator.sql(statement)
    for name, (on, unique) in INDEXES.items():
        migrator.index(name, on, unique=unique)


def rollback(migrator, database, *, fake=False):
    for name in INDEXES:
        migrator.drop_index_named(name)
    migrator.sql(KEPT_TABLE)
    migrator.sql(KEEP_HANDOVERS)
    migrator.sql(KEEP_OUTBOX)
    for table in NEW_TABLES:
        migrator.sql(KEEP_TABLE.format(table=table))
    migrator.sql(DROP_EMPTY)
