"""What the house says of its own accord reaches a customer outside the 24-hour window too, by a template, once.

`notice`: on each row of such a turn, what stands for it outside the window (kind, whom it is about, the template's payload). A
template's row has "standsFor": the event (inbox row) of the turn whose replies it stands for; at most one each. `replaced`:
a reply whose words arrived as a template, or a template that was not needed any more.
"""

atomic = False  # nothing that writes to the outbox is to wait for a look at all its rows

COLUMNS = 'ALTER TABLE outbox ADD COLUMN IF NOT EXISTS notice jsonb, ADD COLUMN IF NOT EXISTS "standsFor" bigint'
KNOWN = "'queued', 'sending', 'unsure', 'held', 'accepted', 'sent', 'delivered', 'read', 'failed', 'expired'"
ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE outbox ADD CONSTRAINT {name} CHECK (status IN ({known})) NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

# What Meta refused of each template, and when somebody was last told: one alarm for many refusals.
TABLE = """
CREATE TABLE IF NOT EXISTS template_troubles (
    kind text NOT NULL,
    code integer NOT NULL,
    reason text NOT NULL DEFAULT '',
    refused bigint NOT NULL DEFAULT 1,
    "firstAt" timestamptz NOT NULL DEFAULT now(),
    "lastAt" timestamptz NOT NULL DEFAULT now(),
    "toldAt" timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, code)
)
"""

# Who a customer is by now: records that turned out to be one person are merged, sometimes more than once.
HEIR = """
CREATE OR REPLACE FUNCTION heir_of_customer(customer bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE line (id, next, step) AS (
        SELECT c.id, c."mergedInto", 0 FROM customers c WHERE c.id = customer
        UNION ALL
        SELECT c.id, c."mergedInto", line.step + 1 FROM line JOIN customers c ON c.id = line.next WHERE line.step < 20
    )
    SELECT COALESCE((SELECT id FROM line ORDER BY step DESC LIMIT 1), customer)
$$
"""

RESTORE = """
DO $$ BEGIN
    IF to_regclass('rollback_012') IS NULL THEN
        RETURN;
    END IF;
    UPDATE outbox o SET notice = k.kept->'notice', "standsFor" = (k.kept->>'standsFor')::bigint,
        status = CASE WHEN o.status = 'expired' AND k.kept->>'status' = 'replaced' THEN 'replaced' ELSE o.status END
    FROM rollback_012 k WHERE o.id = (k.kept->>'id')::bigint;
    DROP TABLE rollback_012;
END $$
"""
# The version before has no word for `replaced`: to it such a row was not sent any more.
KEEP = """
DO $$ BEGIN
    LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'outbox'::regclass AND attname = 'standsFor' AND NOT attisdropped) THEN
        CREATE TABLE IF NOT EXISTS rollback_012
            (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now());
        INSERT INTO rollback_012 (source, kept)
        SELECT 'outbox', jsonb_build_object('id', id, 'notice', notice, 'standsFor', "standsFor", 'status', status)
        FROM outbox WHERE notice IS NOT NULL OR "standsFor" IS NOT NULL OR status = 'replaced';
    END IF;
    ALTER TABLE outbox DROP CONSTRAINT IF EXISTS outbox_status_known;
    UPDATE outbox SET status = 'expired' WHERE status = 'replaced';
    ALTER TABLE outbox DROP COLUMN IF EXISTS notice, DROP COLUMN IF EXISTS "standsFor";
END $$
"""

DROP_EMPTY = """
DO $$ BEGIN
    IF to_regclass('rollback_012') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM rollback_012) THEN
            DROP TABLE rollback_012;
        END IF;
    END IF;
END $$
"""


def migrate(migrator, database, *, fake=False):
    migrator.sql(COLUMNS)
    migrator.sql(ADD_CHECK.format(name="outbox_status_known", known=KNOWN + ", 'replaced'"))
    migrator.patient_sql("ALTER TABLE outbox VALIDATE CONSTRAINT outbox_status_known")
    migrator.sql("ALTER TABLE outbox DROP CONSTRAINT IF EXISTS outbox_status_check")
    migrator.sql(TABLE)
    migrator.sql(HEIR)
    migrator.sql(RESTORE)
    migrator.index("outbox_stands_for", 'outbox ("standsFor") WHERE "standsFor" IS NOT NULL', unique=True)


def rollback(migrator, database, *, fake=False):
    migrator.drop_index_named("outbox_stands_for")
    migrator.sql(KEEP)
    migrator.sql(ADD_CHECK.format(name="outbox_status_check", known=KNOWN))
    migrator.patient_sql("ALTER TABLE outbox VALIDATE CONSTRAINT outbox_status_check")
    migrator.sql("DROP FUNCTION IF EXISTS heir_of_customer(bigint)")
    migrator.sql("DROP TABLE IF EXISTS template_troubles")
    migrator.sql(DROP_EMPTY)
