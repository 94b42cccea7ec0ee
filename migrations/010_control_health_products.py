"""Controlled drugs are controlled in either table: a syrup with codeine that was entered among the health products is no soap."""

CONTROL = """
CREATE OR REPLACE FUNCTION catalogue_health_control() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.control := greatest(NEW.control, (SELECT max(s.level) FROM controlled_substances AS s
        WHERE s.level = 2 AND NEW.terms @@ (quote_literal(s.name) || ':ABC')::tsquery));
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER catalogue_health_control BEFORE INSERT OR UPDATE OF terms, control ON catalogue_entries
    FOR EACH ROW WHEN (NEW.kind = 2) EXECUTE FUNCTION catalogue_health_control();
UPDATE catalogue_entries SET control = control WHERE kind = 2;
"""


def migrate(migrator, database, *, fake=False):
    migrator.sql(CONTROL)


def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TRIGGER IF EXISTS catalogue_health_control ON catalogue_entries")
    migrator.sql("DROP FUNCTION IF EXISTS catalogue_health_control()")
