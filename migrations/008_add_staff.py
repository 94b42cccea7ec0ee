"""The people behind the counter: who they are, their sessions in the console, and the record of what they saw and did."""

TABLES = """
CREATE TABLE IF NOT EXISTS staff (
    id bigserial PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email) AND email <> ''),
    name text NOT NULL CHECK (name <> ''),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'pharmacist', 'support', 'auditor')),
    "licenceNumber" text NOT NULL DEFAULT '',
    "passwordHash" text NOT NULL,
    "passwordChangedAt" timestamptz NOT NULL,
    "mustChangePassword" boolean NOT NULL DEFAULT true,
    active boolean NOT NULL DEFAULT true,
    "failedLogins" integer NOT NULL DEFAULT 0,
    "lockedUntil" timestamptz,
    "lastLoginAt" timestamptz,
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "updatedAt" timestamptz NOT NULL DEFAULT now(),
    -- Who signs for a prescription is named with a licence.
    CONSTRAINT staff_pharmacists_have_a_licence CHECK (role <> 'pharmacist' OR "licenceNumber" <> '')
);
CREATE UNIQUE INDEX IF NOT EXISTS staff_email ON staff (email);

-- The browser holds a random token, this table its SHA-256: whoever reads the table cannot sign in with it.
CREATE TABLE IF NOT EXISTS staff_sessions (
    "tokenHash" bytea PRIMARY KEY,
    "staffId" bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    "createdAt" timestamptz NOT NULL,
    "lastSeenAt" timestamptz NOT NULL,
    "expiresAt" timestamptz NOT NULL,
    address text NOT NULL DEFAULT '',
    browser text NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS staff_sessions_of ON staff_sessions ("staffId");
CREATE INDEX IF NOT EXISTS staff_sessions_end ON staff_sessions ("expiresAt");

CREATE TABLE IF NOT EXISTS audit (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    "staffId" bigint,
    "staffName" text NOT NULL DEFAULT '',
    act text NOT NULL,
    subject text NOT NULL DEFAULT '',
    "subjectId" bigint,
    "customerId" bigint,
    address text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS audit_subject ON audit (subject, "subjectId", id);
CREATE INDEX IF NOT EXISTS audit_staff ON audit ("staffId", id);
"""

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit is append-only';
END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
"""

# Version 1.x has no place for them; what they decided and saw is not lost by going back.
KEEP = """
DO $$ BEGIN
    IF to_regclass('{table}') IS NOT NULL THEN
        CREATE TABLE IF NOT EXISTS rollback_008
            (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now());
        INSERT INTO rollback_008 (source, kept) SELECT '{table}', to_jsonb(t) FROM {table} t;
        DROP TABLE {table};
    END IF;
END $$
"""
RESTORE = """
DO $$ BEGIN
    IF to_regclass('rollback_008') IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO staff SELECT (jsonb_populate_record(NULL::staff, kept)).* FROM rollback_008 WHERE source = 'staff' ORDER BY id;
    INSERT INTO audit SELECT (jsonb_populate_record(NULL::audit, kept)).* FROM rollback_008 WHERE source = 'audit' ORDER BY id;
    PERFORM setval('staff_id_seq', max(id)) FROM staff HAVING max(id) > 0;
    PERFORM setval('audit_id_seq', max(id)) FROM audit HAVING max(id) > 0;
    DROP TABLE rollback_008;
END $$
"""


def migrate(migrator, database, *, fake=False):
    for statement in (TABLES, APPEND_ONLY, RESTORE):
        migrator.sql(statement)


def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE IF EXISTS staff_sessions")
    for table in ("audit", "staff"):
        migrator.sql(KEEP.format(table=table))
    migrator.sql("DROP FUNCTION IF EXISTS refuse_change_of_audit()")
    migrator.sql(
        "DO $$ BEGIN IF to_regclass('rollback_008') IS NOT NULL AND NOT EXISTS (SELECT FROM rollback_008) "
        "THEN DROP TABLE rollback_008; END IF; END $$"
    )
