"""The step to version 2.0.0 as its migration guide meant it: prescriptions know whether they were read, sessions who is in.

Both old programs go on running on the result, and the choices follow from that:

- `prescriptions."extractedText"` is there since 1.x. The guide's migration file adds it once more and therefore always failed.
- `"extractionStatus"` is the enum type of the guide's option A, under the name its tool gives it, so a database on which
  that option worked is this one already. Option B (its direct SQL) names a check instead, `check_extraction_status`; it is
  added as well. The code of 2.0.0 reads and writes neither, so nothing but the guide decides here.
- `sessions.token`, `"userId"`, `"loginTime"` are as the code of 2.0.0 makes them: 255 characters, no foreign key. A foreign
  key would refuse what that code can write (old sessions name users who are gone) and would add a lock on users.
- `sessions."lastActivity"` stays nullable and its NULLs stay NULL. 2.0.0 makes it NOT NULL at its own start; taking that over
  here would change rows no rollback could change back.
- What else 2.0.0 has (admins, `otps.meta`, `orders."hasPrescription"`, ...) is not in the guide's step; its own start adds it.

All is added where it is missing and left where it is, so the step can be repeated after a break. Rolling back forgets when
and how a text was read; the texts themselves stay. `"extractionStatus"` follows again from them.
"""

atomic = False

INDEXES = {
    "idx_prescriptions_extraction_status": 'prescriptions ("extractionStatus")',
    "idx_prescriptions_verification_status": 'prescriptions ("verificationStatus")',
    "idx_sessions_phone_number_state": 'sessions ("phoneNumber", state)',
    "idx_sessions_last_activity": 'sessions ("lastActivity")',
    "idx_orders_user_status": 'orders ("userId", status)',
    "idx_appointments_user_date": 'appointments ("userId", "dateTime")',
}

ENUM = """
DO $$ BEGIN
    CREATE TYPE "enum_prescriptions_extractionStatus" AS ENUM ('pending', 'extracted', 'failed');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

# A constant default is kept in the catalogue, so no row is written and the lock lasts a moment.
PRESCRIPTIONS = """
ALTER TABLE prescriptions
    ADD COLUMN IF NOT EXISTS "extractionStatus" "enum_prescriptions_extractionStatus" NOT NULL DEFAULT 'pending',
    ADD COLUMN IF NOT EXISTS "extractedAt" timestamptz
"""

SESSIONS = """
ALTER TABLE sessions
    ADD COLUMN IF NOT EXISTS token varchar(255),
    ADD COLUMN IF NOT EXISTS "userId" integer,
    ADD COLUMN IF NOT EXISTS "loginTime" timestamptz
"""

CHECK = """
DO $$ BEGIN
    ALTER TABLE prescriptions ADD CONSTRAINT check_extraction_status
        CHECK ("extractionStatus" IN ('pending', 'extracted', 'failed')) NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

# When it was read is not known of old rows, so "extractedAt" stays empty. Blank text is no text.
STATUS_FROM_TEXT = r"""
UPDATE prescriptions SET "extractionStatus" = 'extracted'
WHERE id > %(low)s AND id <= %(high)s AND "extractionStatus" = 'pending' AND btrim("extractedText", E' \n\t\r') <> ''
"""


def migrate(migrator, database, *, fake=False):
    migrator.sql(ENUM)
    migrator.sql(PRESCRIPTIONS)
    migrator.sql(SESSIONS)
    migrator.sql(CHECK)
    migrator.patient_sql("ALTER TABLE prescriptions VALIDATE CONSTRAINT check_extraction_status")
    migrator.in_batches("prescriptions", STATUS_FROM_TEXT)
    for name, on in INDEXES.items():
        migrator.index(name, on)


def rollback(migrator, database, *, fake=False):
    for name in INDEXES:
        migrator.drop_index_named(name)
    migrator.sql("ALTER TABLE prescriptions DROP CONSTRAINT IF EXISTS check_extraction_status")
    migrator.sql('ALTER TABLE prescriptions DROP COLUMN IF EXISTS "extractionStatus", DROP COLUMN IF EXISTS "extractedAt"')
    migrator.sql('DROP TYPE IF EXISTS "enum_prescriptions_extractionStatus"')
    migrator.sql(
        'ALTER TABLE sessions DROP COLUMN IF EXISTS token, DROP COLUMN IF EXISTS "userId", DROP COLUMN IF EXISTS "loginTime"'
    )
