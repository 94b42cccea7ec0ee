"""What looking after the house needs: the jobs' history, where each long round stands, old sessions put away, sizes of tables,
the files of old prescriptions on their way into the vault, and customers' tokens (only their digests).

All of it is new and the version before works beside it. Going back, sessions that were put away return to `sessions`, and what
else cannot be had again (fetched files and why others could not be) is kept as JSON in `rollback_013`.
"""

atomic = False

# Constant defaults are kept in the catalogue, so no row is written.
JOB_RUNS = """
ALTER TABLE job_runs
    ADD COLUMN IF NOT EXISTS failed boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS tries smallint NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS "endsBy" timestamptz
"""

TABLES = """
-- One row a run, or one an hour for jobs that run all the time: a job each second must not fill a disk with "nothing to do".
CREATE TABLE IF NOT EXISTS job_history (
    name text NOT NULL,
    "startsAt" timestamptz NOT NULL,
    runs bigint NOT NULL DEFAULT 1,
    failures bigint NOT NULL DEFAULT 0,
    seconds double precision NOT NULL DEFAULT 0,
    "longestSeconds" double precision NOT NULL DEFAULT 0,
    "lastAt" timestamptz NOT NULL DEFAULT now(),
    outcome text NOT NULL DEFAULT '',
    PRIMARY KEY (name, "startsAt")
) WITH (fillfactor = 70);

CREATE TABLE IF NOT EXISTS maintenance_places (
    name text PRIMARY KEY,
    place text NOT NULL,
    "updatedAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sessions_archive (
    id integer PRIMARY KEY,
    "phoneNumber" text NOT NULL,
    kept jsonb NOT NULL,
    "archivedAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS table_sizes (
    "takenOn" date NOT NULL,
    name text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    "deadRows" bigint NOT NULL,
    PRIMARY KEY ("takenOn", name)
);

-- The file behind an old prescription's public address. The address itself stays: the old program reads it.
CREATE TABLE IF NOT EXISTS old_files (
    "prescriptionId" integer PRIMARY KEY REFERENCES prescriptions (id) ON UPDATE CASCADE ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'given_up', 'removed')),
    attempts smallint NOT NULL DEFAULT 0,
    "nextTryAt" timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL DEFAULT '',
    "storedAs" text NOT NULL DEFAULT '',
    "contentType" text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    size integer,
    "storedAt" timestamptz,
    "updatedAt" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS customer_tokens (
    "tokenHash" bytea PRIMARY KEY,
    purpose text NOT NULL,
    "customerId" bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    subject text NOT NULL DEFAULT '',
    "createdAt" timestamptz NOT NULL,
    "expiresAt" timestamptz NOT NULL,
    "endsAt" timestamptz NOT NULL,
    once boolean NOT NULL,
    "usedAt" timestamptz
);
"""

# Every child of a row that is removed must be found without reading its whole table.
INDEXES = {
    "media_inbox": 'media ("inboxId") WHERE "inboxId" IS NOT NULL',
    "old_files_due": """old_files ("nextTryAt") WHERE state = 'waiting'""",
    "old_files_named": """old_files ("storedAs") WHERE "storedAs" <> ''""",
    "media_named": """media ("storedAs") WHERE "storedAs" <> ''""",
    "prescription_pages_flat": "prescription_pages (flat)",
    "prescription_pages_photo": "prescription_pages (photo)",
    "customer_tokens_customer": 'customer_tokens ("customerId")',
    "customer_tokens_end": 'customer_tokens ("expiresAt")',
}

RESTORE = """
DO $$ BEGIN
    IF to_regclass('rollback_013') IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO old_files
    SELECT (jsonb_populate_record(NULL::old_files, k.kept)).* FROM rollback_013 k
    WHERE EXISTS (SELECT FROM prescriptions p WHERE p.id = (k.kept->>'prescriptionId')::integer) ON CONFLICT DO NOTHING;
    DELETE FROM rollback_013 k USING old_files f WHERE f."prescriptionId" = (k.kept->>'prescriptionId')::integer;
    IF NOT EXISTS (SELECT FROM rollback_013) THEN
        DROP TABLE rollback_013;
    END IF;
END $$
"""
SESSIONS_BACK = """
DO $$ BEGIN
    IF to_regclass('sessions_archive') IS NOT NULL THEN
        INSERT INTO sessions
        SELECT (jsonb_populate_record(NULL::sessions, CASE
            WHEN EXISTS (SELECT FROM support_teams t WHERE t.id = (kept->>'supportTeamId')::int) THEN kept
            ELSE kept || '{"supportTeamId": null}' END)).*
        FROM sessions_archive ON CONFLICT DO NOTHING;
    END IF;
END $$
"""
KEEP = """
DO $$ BEGIN
    IF to_regclass('old_files') IS NOT NULL THEN
        LOCK TABLE old_files IN ACCESS EXCLUSIVE MODE;
        IF EXISTS (SELECT FROM old_files) THEN
            CREATE TABLE IF NOT EXISTS rollback_013
                (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now());
            INSERT INTO rollback_013 (source, kept) SELECT 'old_files', to_jsonb(f) FROM old_files f;
        END IF;
        DROP TABLE old_files;
    END IF;
END $$
"""


def migrate(migrator, database, *, fake=False):
    migrator.sql(JOB_RUNS)
    migrator.sql(TABLES)
    migrator.sql(RESTORE)
    for name, on in INDEXES.items():
        migrator.index(name, on)


def rollback(migrator, database, *, fake=False):
    for name in INDEXES:
        migrator.drop_index_named(name)
    migrator.sql(SESSIONS_BACK)
    migrator.sql(KEEP)
    migrator.sql("DROP TABLE IF EXISTS job_history, maintenance_places, sessions_archive, table_sizes, customer_tokens")
    migrator.sql('ALTER TABLE job_runs DROP COLUMN IF EXISTS failed, DROP COLUMN IF EXISTS tries, DROP COLUMN IF EXISTS "endsBy"')
