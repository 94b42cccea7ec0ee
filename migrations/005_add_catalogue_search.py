"""What a pharmacy knows about a medicine, and one index over medicines and health products.

`products` and `healthcare_products` keep every old column. Beside them stands `catalogue_entries`: one row for each
product of either table, holding only what finding and ranking need. A trigger keeps it, so that rows written by the old
system (or by hand) are found as well. Nothing outside this file fills it.

The old program's start removes every column it does not know of. So the triggers name no column of ours: they read the row
as JSON, and a column that is gone reads as unknown.

Rolling back keeps what the old system has no place for in `rollback_005`, row by row as JSON; applying the step again puts
it back where the product is still there.

A per cent sign is written \\u0025 throughout: the driver would take a bare one for a placeholder.

A term of an entry is a word with a label: A first word(s) of the name, B substance, C other word of the name, D trait
(strength `#500mg`, form, route, maker, category). A whole substance is written with a leading `=`.
"""

atomic = False

# NAFDAC, Narcotics and Controlled Substances page (narcotics, psychotropics, nationally controlled substances and
# precursors), with the usual brands of each, so that a row without a substance is recognised too.
CONTROLLED = (
    "fentanyl", "methadone", "pethidine", "meperidine", "morphine", "oxycodone", "hydrocodone", "hydromorphone", "codeine",
    "dihydrocodeine", "bromazepam", "alprazolam", "diazepam", "methylphenidate", "flunitrazepam", "nitrazepam",
    "pentazocine", "phenobarbital", "phenobarbitone", "buprenorphine", "lorazepam", "midazolam", "zolpidem", "zopiclone",
    "clonazepam", "chlordiazepoxide", "temazepam", "ketamine", "thiopental", "thiopentone", "tramadol", "tapentadol",
    "amphetamine", "dexamphetamine", "valium", "lexotan", "rohypnol", "rivotril", "xanax", "ativan", "dormicum", "mogadon",
    "fortwin", "sosegon", "ritalin", "stilnox", "tramal", "ultram", "librium",
)  # fmt: skip
WATCHED = (
    "ephedrine", "pseudoephedrine", "ergotamine", "ergometrine", "ergometrin", "dextromethorphan", "amitriptyline",
    "imipramine", "misoprostol", "mifepristone", "pregabalin", "gabapentin", "trihexyphenidyl", "benzhexol",
)  # fmt: skip
SALTS = (
    "hydrochloride|hcl|sodium|potassium|calcium|magnesium|besilate|besylate|maleate|trihydrate|dihydrate|monohydrate|"
    "hemihydrate|anhydrous|citrate|sulfate|phosphate|diphosphate|mesilate|mesylate|tartrate|succinate|fumarate|nitrate|"
    "acetate|propionate|dipropionate|valerate|furoate|lactate|bromide|hydrobromide|butylbromide|gluconate|palmitate|stearate|"
    "ethylsuccinate|axetil|proxetil|cilexetil|medoxomil|disoproxil|hyclate|pamoate|embonate|diethylamine|"
    "diethylammonium|benzoate|bisulfate|bitartrate|trometamol|proxetil"
)
MINERALS = "sodium|potassium|calcium|magnesium|zinc|iron|ferrous|ferric|ammonium|aluminium|copper|lithium|silver|barium|ammonia"

PLAIN = r"""
CREATE OR REPLACE FUNCTION catalogue_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(regexp_replace(normalize(coalesce(given, ''), NFKD), '[\u0300-\u036f]', '', 'g'))
$$
"""

WORDS = r"""
CREATE OR REPLACE FUNCTION catalogue_words(plain text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_remove(string_to_array(regexp_replace(
        regexp_replace(plain, '(\d)(mg|mcg|ml|iu|g)\M', '\1 \2', 'g'), '[^a-z0-9]+', ' ', 'g'), ' '), '')
$$
"""

SUBSTANCES = rf"""
CREATE OR REPLACE FUNCTION catalogue_substances(generic text) RETURNS TABLE (whole text, base text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT s.whole, CASE WHEN s.short ~ '^({MINERALS})?$' THEN s.whole ELSE s.short END
    FROM (
        SELECT w.whole, trim(regexp_replace(w.whole, '(\s+({SALTS}))+$', '')) AS short
        FROM regexp_split_to_table(regexp_replace(catalogue_plain(generic), '\([^)]*\)?', ' ', 'g'), ';|,(?!\d)|\+|\s+and\s+')
            AS part,
        LATERAL (SELECT trim(regexp_replace(regexp_replace(regexp_replace(part,
            'sulph', 'sulf', 'g'), '\mvit\M\.?', 'vitamin', 'g'), '[^a-z0-9]+', ' ', 'g')) AS whole) AS w
        WHERE w.whole <> ''
    ) AS s
$$
"""

TERMS = r"""
CREATE OR REPLACE FUNCTION catalogue_terms(name text, generic text, traits text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := catalogue_plain(name);
    words text[] := catalogue_words(plain);
    built text;
BEGIN
    SELECT string_agg('''' || t.term || ''':' || t.label, ' ') INTO built FROM (
        SELECT w.word, CASE WHEN w.place = 1 THEN '1A' ELSE '3C' END
        FROM unnest(words) WITH ORDINALITY AS w(word, place) WHERE w.word !~ '^\d+$' OR w.place = 1
        UNION ALL SELECT words[1] || ' ' || words[2], '1A' WHERE words[2] IS NOT NULL
        UNION ALL SELECT words[1] || words[2], '1A' WHERE words[2] IS NOT NULL AND length(words[1]) <= 2
        UNION ALL SELECT words[2], '1A' WHERE words[2] IS NOT NULL AND length(words[1]) <= 2 AND words[2] !~ '^\d+$'
        UNION ALL SELECT replace(m[1], '-', ''), CASE WHEN position(m[1] IN plain) = 1 THEN '1A' ELSE '3C' END
        FROM regexp_matches(plain, '([a-z0-9]+(?:-[a-z0-9]+)+)', 'g') AS m
        UNION ALL SELECT '=' || s.whole, '2B' FROM catalogue_substances(generic) AS s
        UNION ALL SELECT '=' || s.base, '2B' FROM catalogue_substances(generic) AS s
        UNION ALL SELECT w, '2B' FROM catalogue_substances(generic) AS s, unnest(string_to_array(s.base, ' ')) AS w
        UNION ALL SELECT w, '4D' FROM unnest(catalogue_words(catalogue_plain(traits))) AS w WHERE w !~ '^\d+$'
        UNION ALL SELECT '#' || n.amount || coalesce(m[2], ''), '4D'
        FROM regexp_matches(regexp_replace(plain || ' ' || catalogue_plain(traits), '(\d),(\d{3})\M', '\1\2', 'g'),
                '(?<![a-z\d.])(\d{1,7}(?:\.\d{1,4})?)\s*(mg|mcg|ml|iu|g|\u0025)?', 'g') AS m,
            LATERAL (SELECT regexp_replace(m[1], '\.0+$', '') AS amount) AS n
    ) AS t(term, label) WHERE t.term <> '';
    -- The bare amount beside the amount with its unit: people write "losartan 50".
    RETURN coalesce(built, '')::tsvector || coalesce((
        SELECT string_agg('''#' || m[1] || ''':4D', ' ')
        FROM regexp_matches(coalesce(built, ''), '''#([\d.]+)[a-z\u0025]+''', 'g') AS m)::tsvector, ''::tsvector);
END
$$
"""

KEEP = r"""
CREATE OR REPLACE FUNCTION catalogue_keep(which smallint, given jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found tsvector := catalogue_terms(given->>'name', given->>'genericName', concat_ws(' ; ', given->>'strength',
        given->>'form', given->>'route', given->>'manufacturer', given->>'brand', CASE WHEN which = 2 THEN given->>'category' END));
    severity smallint := CASE given->>'control' WHEN 'controlled' THEN 2 WHEN 'watch' THEN 1 ELSE 0 END;
BEGIN
    IF which = 1 THEN
        SELECT greatest(severity, max(s.level)) INTO severity FROM controlled_substances AS s
        WHERE found @@ (quote_literal(s.name) || ':ABC')::tsquery;
    END IF;
    INSERT INTO catalogue_entries AS e (
        kind, "productId", terms, control, otc, "clinicOnly", substances, "nameWords", "sortName", registration,
        "registrationExpiresAt", active, "inStock")
    VALUES (
        which, (given->>'id')::integer, found, severity, which = 2 OR coalesce(given->>'saleClass', '') = 'otc',
        catalogue_plain(concat_ws(' ', given->>'name', given->>'form', given->>'route'))
            ~ '\m(inject|infus|intraven|intramus|subcut|implant|suppos)',
        (SELECT count(*) FROM catalogue_substances(given->>'genericName')),
        (SELECT count(*) FROM unnest(catalogue_words(catalogue_plain(given->>'name'))) AS w WHERE w !~ '^(\d.*|mg|mcg|ml|iu|g)$'),
        left(catalogue_plain(given->>'name'), 120),
        nullif(regexp_replace(regexp_replace(upper(coalesce(given->>'registrationNumber', '')), '[^A-Z0-9]', '', 'g'), '^O', '0'), ''),
        (given->>'registrationExpiresAt')::date,
        coalesce((given->>'isActive')::boolean, true) AND coalesce(given->>'category', '') !~* 'veterinary',
        coalesce((given->>'stock')::integer, 1) > 0)
    ON CONFLICT (kind, "productId") DO UPDATE SET
        terms = excluded.terms, control = excluded.control, otc = excluded.otc, "clinicOnly" = excluded."clinicOnly",
        substances = excluded.substances, "nameWords" = excluded."nameWords", "sortName" = excluded."sortName",
        registration = excluded.registration, "registrationExpiresAt" = excluded."registrationExpiresAt",
        active = excluded.active, "inStock" = excluded."inStock";
END
$$
"""

# Stock and prices move with every order: they touch the index only when "in stock" itself turns over. Whether words changed is
# noted for the statement's end, where the version is counted up once however many rows there were.
ROW_KEPT = """
CREATE OR REPLACE FUNCTION catalogue_row_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    which smallint := TG_ARGV[0]::smallint;
    moving text[] := ARRAY['stock', 'price', 'priceKobo', 'updatedAt', 'createdAt', 'description', 'usage', 'imageUrl', 'pack'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM catalogue_entries WHERE kind = which AND "productId" = OLD.id;
    ELSIF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - moving) = (to_jsonb(NEW) - moving) THEN
        IF (coalesce(OLD.stock, 1) > 0) IS DISTINCT FROM (coalesce(NEW.stock, 1) > 0) THEN
            UPDATE catalogue_entries SET "inStock" = coalesce(NEW.stock, 1) > 0 WHERE kind = which AND "productId" = NEW.id;
        END IF;
        RETURN NULL;
    ELSE
        IF TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
            DELETE FROM catalogue_entries WHERE kind = which AND "productId" = OLD.id;
        END IF;
        PERFORM catalogue_keep(which, to_jsonb(NEW));
    END IF;
    PERFORM set_config('catalogue.changed', 'yes', true);
    RETURN NULL;
END
$$
"""

STATEMENT_DONE = """
CREATE OR REPLACE FUNCTION catalogue_statement_done() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM catalogue_entries WHERE kind = TG_ARGV[0]::smallint;
    ELSIF coalesce(current_setting('catalogue.changed', true), '') <> 'yes' THEN
        RETURN NULL;
    END IF;
    UPDATE catalogue_version SET version = version + 1;
    PERFORM set_config('catalogue.changed', '', true);
    RETURN NULL;
END
$$
"""

TABLES = """
CREATE TABLE IF NOT EXISTS controlled_substances (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9 ]+$'),
    level smallint NOT NULL CHECK (level IN (1, 2))
);
CREATE TABLE IF NOT EXISTS catalogue_entries (
    kind smallint NOT NULL CHECK (kind IN (1, 2)),
    "productId" integer NOT NULL,
    control smallint NOT NULL,
    substances smallint NOT NULL,
    "nameWords" smallint NOT NULL,
    otc boolean NOT NULL,
    "clinicOnly" boolean NOT NULL,
    active boolean NOT NULL,
    "inStock" boolean NOT NULL,
    "registrationExpiresAt" date,
    registration text COLLATE "C",
    "sortName" text COLLATE "C" NOT NULL,
    terms tsvector NOT NULL,
    PRIMARY KEY (kind, "productId")
) WITH (fillfactor = 90);
CREATE TABLE IF NOT EXISTS catalogue_version (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL,
    born uuid NOT NULL DEFAULT gen_random_uuid()
) WITH (fillfactor = 50);
INSERT INTO catalogue_version (version) VALUES (1) ON CONFLICT DO NOTHING;
CREATE INDEX IF NOT EXISTS catalogue_entries_terms ON catalogue_entries USING gin (terms) WITH (fastupdate = off);
CREATE INDEX IF NOT EXISTS catalogue_entries_registration ON catalogue_entries (registration) WHERE registration IS NOT NULL;
CREATE INDEX IF NOT EXISTS catalogue_entries_browse ON catalogue_entries (kind, "inStock" DESC, "sortName", "productId");
"""

# fastupdate is off because new entries would otherwise wait in a list that every search reads to the end (5 ms instead of 0.6
# over 10,000 products until the next vacuum); names change seldom.

# Constant defaults are kept in the catalogue, so no row is written and the lock lasts a moment.
MEDICINE_COLUMNS = {
    "genericName": "text",
    "strength": "text",
    "form": "text",
    "route": "text",
    "pack": "text",
    "registrationNumber": "varchar(40)",
    "manufacturer": "text",
    "atc": "varchar(16)",
    "registrationExpiresAt": "date",
    "saleClass": "varchar(8) NOT NULL DEFAULT 'unknown' CONSTRAINT products_sale_class CHECK (\"saleClass\" IN ('otc', 'pom', 'unknown'))",
    "control": "varchar(12) NOT NULL DEFAULT 'none' CONSTRAINT products_control CHECK (control IN ('none', 'watch', 'controlled'))",
    "importKey": "varchar(80)",
}
HEALTH_COLUMNS = {
    "genericName": "text",
    "pack": "text",
    "registrationNumber": "varchar(40)",
    "manufacturer": "text",
    "importKey": "varchar(80)",
}
PRODUCT_TABLES = (("products", 1, MEDICINE_COLUMNS), ("healthcare_products", 2, HEALTH_COLUMNS))

FUNCTIONS = (
    "catalogue_statement_done()",
    "catalogue_row_kept()",
    "catalogue_keep(smallint, jsonb)",
    "catalogue_terms(text, text, text)",
    "catalogue_substances(text)",
    "catalogue_words(text)",
    "catalogue_plain(text)",
)


def migrate(migrator, database, *, fake=False):
    for table, _, columns in PRODUCT_TABLES:
        added = ", ".join(f'ADD COLUMN IF NOT EXISTS "{name}" {kind}' for name, kind in columns.items())
        migrator.sql(f"ALTER TABLE {table} {added}")
    migrator.sql(TABLES)
    for level, names in ((2, CONTROLLED), (1, WATCHED)):
        rows = ", ".join(f"('{name}', {level})" for name in names)
        migrator.sql(f"INSERT INTO controlled_substances VALUES {rows} ON CONFLICT DO NOTHING")
    for function in (PLAIN, WORDS, SUBSTANCES, TERMS, KEEP, ROW_KEPT, STATEMENT_DONE):
        migrator.sql(function)
    for table, kind, columns in PRODUCT_TABLES:
        migrator.python(_bring_back, database, table, kind, columns)
        migrator.sql(
            f"CREATE OR REPLACE TRIGGER catalogue_row_kept AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION catalogue_row_kept('{kind}');"
            f"CREATE OR REPLACE TRIGGER catalogue_statement_done AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION catalogue_statement_done('{kind}');"
            f"CREATE OR REPLACE TRIGGER catalogue_emptied AFTER TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION catalogue_statement_done('{kind}')"
        )
        migrator.in_batches(
            table,
            f"SELECT catalogue_keep({kind}::smallint, to_jsonb(p)) FROM {table} AS p WHERE p.id > %(low)s AND p.id <= %(high)s",
            rows=500,
        )
        migrator.index(f"{table}_import_key", f'{table} ("importKey")', unique=True)
    migrator.sql("UPDATE catalogue_version SET version = version + 1")
    migrator.sql("DROP TABLE IF EXISTS rollback_005")
    migrator.sql("ANALYZE catalogue_entries")


def _bring_back(database, table, kind, columns):
    """What an earlier roll-back kept of this table, before the triggers see it; nothing when there is none."""
    if database.execute_sql("SELECT to_regclass('rollback_005')").fetchone()[0] is None:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    database.execute_sql(
        f"UPDATE {table} AS p SET ({names}) = (SELECT {names} FROM jsonb_populate_record(p, jsonb_strip_nulls(k.kept)))"
        " FROM rollback_005 AS k WHERE k.kind = %s AND k.id = p.id",
        (kind,),
    )


def rollback(migrator, database, *, fake=False):
    migrator.sql(
        "CREATE TABLE IF NOT EXISTS rollback_005 (kind smallint, id integer, kept jsonb NOT NULL, PRIMARY KEY (kind, id))"
    )
    for table, kind, columns in PRODUCT_TABLES:
        migrator.python(_set_aside, database, table, kind, columns)
    for table, _, _ in PRODUCT_TABLES:
        for trigger in ("catalogue_row_kept", "catalogue_statement_done", "catalogue_emptied"):
            migrator.sql(f"DROP TRIGGER IF EXISTS {trigger} ON {table}")
    for name in ("catalogue_version", "catalogue_entries", "controlled_substances"):
        migrator.sql(f"DROP TABLE IF EXISTS {name}")
    for function in FUNCTIONS:
        migrator.sql(f"DROP FUNCTION IF EXISTS {function}")
    for table, _, columns in PRODUCT_TABLES:
        dropped = ", ".join(f'DROP COLUMN IF EXISTS "{name}"' for name in columns)
        migrator.sql(f"ALTER TABLE {table} {dropped}")


def _set_aside(database, table, kind, columns):
    """Copies our columns of a table; a second run after a break adds nothing, since the columns may be gone by then."""
    present = database.execute_sql(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s"
        " AND column_name = 'importKey'",
        (table,),
    ).fetchone()[0]
    if not present:
        return
    kept = ", ".join(f"'{name}', to_jsonb(p) -> '{name}'" for name in columns)
    database.execute_sql(
        f"INSERT INTO rollback_005 SELECT %s, p.id, jsonb_build_object({kept}) FROM {table} AS p"
        " ON CONFLICT (kind, id) DO UPDATE SET kept = excluded.kept",
        (kind,),
    )
