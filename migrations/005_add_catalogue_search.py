"""What a pharmacy knows about a medicine, and one index over medicines and health products.

`products` and `healthcare_products` keep every old column. Beside them stands `catalogue_entries`: one row for each
product of either table, holding only what finding and ranking need. Triggers keep it, so that rows written by the old
system (or by hand) are found as well. Nothing outside this file fills it.

A per cent sign is written \\u0025 throughout: the driver would take a bare one for a placeholder.

A term of an entry is a word with a label: A first word(s) of the name, B substance, C other word of the name, D trait
(strength `#500mg`, form, route, maker, category). A whole substance is written with a leading `=`.
"""

# NAFDAC, Narcotics and Controlled Substances page (narcotics, psychotropics, nationally controlled substances and
# precursors), with the usual brands of each, so that a row without a substance is recognised too.
CONTROLLED = (
    "fentanyl methadone pethidine meperidine morphine oxycodone hydrocodone hydromorphone codeine dihydrocodeine "
    "bromazepam alprazolam diazepam methylphenidate flunitrazepam nitrazepam pentazocine phenobarbital phenobarbitone "
    "buprenorphine lorazepam midazolam zolpidem zopiclone clonazepam chlordiazepoxide temazepam ketamine thiopental "
    "thiopentone tramadol tapentadol amphetamine dexamphetamine valium lexotan rohypnol rivotril xanax ativan dormicum "
    "mogadon fortwin sosegon ritalin stilnox tramal ultram librium"
).split()
WATCHED = (
    "ephedrine pseudoephedrine ergotamine ergometrine ergometrin dextromethorphan amitriptyline imipramine misoprostol "
    "mifepristone pregabalin gabapentin trihexyphenidyl benzhexol"
).split()

SALTS = (
    "hydrochloride|hcl|sodium|potassium|calcium|magnesium|besilate|besylate|maleate|trihydrate|dihydrate|monohydrate|"
    "hemihydrate|anhydrous|citrate|sulfate|phosphate|diphosphate|mesilate|mesylate|tartrate|succinate|fumarate|nitrate|"
    "acetate|propionate|dipropionate|valerate|furoate|lactate|bromide|hydrobromide|butylbromide|gluconate|palmitate|stearate|"
    "ethylsuccinate|axetil|proxetil|cilexetil|medoxomil|disoproxil|hyclate|pamoate|embonate|diethylamine|"
    "diethylammonium|benzoate|bisulfate|bitartrate|trometamol|proxetil"
)
MINERALS = "sodium|potassium|calcium|magnesium|zinc|iron|ferrous|ferric|ammonium|aluminium|copper|lithium|silver|barium|ammonia"

PLAIN = r"""
CREATE FUNCTION catalogue_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(regexp_replace(normalize(coalesce(given, ''), NFKD), '[\u0300-\u036f]', '', 'g'))
$$
"""

WORDS = r"""
CREATE FUNCTION catalogue_words(plain text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_remove(string_to_array(regexp_replace(
        regexp_replace(plain, '(\d)(mg|mcg|ml|iu|g)\M', '\1 \2', 'g'), '[^a-z0-9]+', ' ', 'g'), ' '), '')
$$
"""

SUBSTANCES = rf"""
CREATE FUNCTION catalogue_substances(generic text) RETURNS TABLE (whole text, base text)
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
CREATE FUNCTION catalogue_terms(name text, generic text, traits text) RETURNS tsvector
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
CREATE FUNCTION catalogue_keep(
    which smallint, product integer, name text, generic text, strength text, form text, route text, maker text, category text,
    registration text, class text, control text, expires date, in_use boolean, stock integer
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found tsvector := catalogue_terms(name, generic,
        concat_ws(' ; ', strength, form, route, maker, CASE WHEN which = 2 THEN category END));
    severity smallint := CASE control WHEN 'controlled' THEN 2 WHEN 'watch' THEN 1 ELSE 0 END;
BEGIN
    IF which = 1 THEN
        SELECT greatest(severity, max(s.level)) INTO severity FROM controlled_substances AS s
        WHERE found @@ (quote_literal(s.name) || ':ABC')::tsquery;
    END IF;
    INSERT INTO catalogue_entries AS e (
        kind, "productId", terms, control, otc, "clinicOnly", substances, "nameWords", "sortName", registration,
        "registrationExpiresAt", active, "inStock")
    VALUES (
        which, product, found, severity, which = 2 OR class = 'otc',
        catalogue_plain(concat_ws(' ', name, form, route)) ~ '\m(inject|infus|intraven|intramus|subcut|implant|suppos)',
        (SELECT count(*) FROM catalogue_substances(generic)), cardinality(catalogue_words(catalogue_plain(name))),
        left(catalogue_plain(name), 120),
        nullif(regexp_replace(regexp_replace(upper(coalesce(registration, '')), '[^A-Z0-9]', '', 'g'), '^O', '0'), ''),
        expires, coalesce(in_use, true) AND coalesce(category, '') !~* 'veterinary', coalesce(stock, 1) > 0)
    ON CONFLICT (kind, "productId") DO UPDATE SET
        terms = excluded.terms, control = excluded.control, otc = excluded.otc, "clinicOnly" = excluded."clinicOnly",
        substances = excluded.substances, "nameWords" = excluded."nameWords", "sortName" = excluded."sortName",
        registration = excluded.registration, "registrationExpiresAt" = excluded."registrationExpiresAt",
        active = excluded.active, "inStock" = excluded."inStock";
END
$$
"""

MEDICINE_KEPT = """
CREATE FUNCTION catalogue_medicine_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalogue_keep(1::smallint, NEW.id, NEW.name::text, NEW."genericName", NEW.strength, NEW.form, NEW.route,
        NEW.manufacturer, NEW.category::text, NEW."registrationNumber", NEW."saleClass", NEW.control,
        NEW."registrationExpiresAt", NEW."isActive", NEW.stock);
    RETURN NULL;
END
$$
"""

HEALTH_KEPT = """
CREATE FUNCTION catalogue_health_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalogue_keep(2::smallint, NEW.id, NEW.name::text, NEW."genericName", NULL, NULL, NULL,
        concat_ws(' ', NEW.brand, NEW.manufacturer), NEW.category::text, NEW."registrationNumber", 'otc', 'none', NULL,
        NEW."isActive", NEW.stock);
    RETURN NULL;
END
$$
"""

GONE = """
CREATE FUNCTION catalogue_product_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalogue_entries WHERE kind = TG_ARGV[0]::smallint AND "productId" = OLD.id;
    RETURN NULL;
END
$$
"""

# Stock moves with every order: that path writes the index only when "in stock" itself turns over.
STOCK_TURNED = """
CREATE FUNCTION catalogue_stock_turned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalogue_entries SET "inStock" = coalesce(NEW.stock, 1) > 0
    WHERE kind = TG_ARGV[0]::smallint AND "productId" = NEW.id;
    RETURN NULL;
END
$$
"""

WORDS_CHANGED = """
CREATE FUNCTION catalogue_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalogue_version SET version = version + 1;
    RETURN NULL;
END
$$
"""

MEDICINE_COLUMNS = (
    'name, category, "genericName", strength, form, route, manufacturer, "registrationNumber", "saleClass", control, '
    '"registrationExpiresAt", "isActive"'
)
HEALTH_COLUMNS = 'name, category, "genericName", brand, manufacturer, "registrationNumber", "isActive"'

FUNCTIONS = (
    "catalogue_words_changed()",
    "catalogue_stock_turned()",
    "catalogue_product_gone()",
    "catalogue_health_kept()",
    "catalogue_medicine_kept()",
    "catalogue_keep(smallint, integer, text, text, text, text, text, text, text, text, text, text, date, boolean, integer)",
    "catalogue_terms(text, text, text)",
    "catalogue_substances(text)",
    "catalogue_words(text)",
    "catalogue_plain(text)",
)


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("SET LOCAL lock_timeout = '5s'")
    _add_columns(migrator)
    _add_tables(migrator)
    for function in (
        PLAIN, WORDS, SUBSTANCES, TERMS, KEEP, MEDICINE_KEPT, HEALTH_KEPT, GONE, STOCK_TURNED, WORDS_CHANGED,
    ):  # fmt: skip
        migrator.sql(function)
    _add_triggers(migrator, "products", 1, "catalogue_medicine_kept", MEDICINE_COLUMNS)
    _add_triggers(migrator, "healthcare_products", 2, "catalogue_health_kept", HEALTH_COLUMNS)
    migrator.sql(
        'SELECT catalogue_keep(1::smallint, id, name::text, "genericName", strength, form, route, manufacturer, category::text, '
        '"registrationNumber", "saleClass", control, "registrationExpiresAt", "isActive", stock) FROM products'
    )
    migrator.sql(
        'SELECT catalogue_keep(2::smallint, id, name::text, "genericName", NULL, NULL, NULL, concat_ws(\' \', brand, manufacturer), '
        "category::text, \"registrationNumber\", 'otc', 'none', NULL, \"isActive\", stock) FROM healthcare_products"
    )
    migrator.sql('CREATE INDEX catalogue_entries_terms ON catalogue_entries USING gin (terms)')
    migrator.sql('CREATE INDEX catalogue_entries_registration ON catalogue_entries (registration) WHERE registration IS NOT NULL')
    migrator.sql('CREATE INDEX catalogue_entries_browse ON catalogue_entries (kind, "inStock" DESC, "sortName", "productId")')


def _add_columns(migrator):
    migrator.sql("""
        ALTER TABLE products
            ADD COLUMN "genericName" text, ADD COLUMN strength text, ADD COLUMN form text, ADD COLUMN route text,
            ADD COLUMN pack text, ADD COLUMN "registrationNumber" varchar(40), ADD COLUMN manufacturer text,
            ADD COLUMN atc varchar(16), ADD COLUMN "registrationExpiresAt" date,
            ADD COLUMN "saleClass" varchar(8) NOT NULL DEFAULT 'unknown'
                CONSTRAINT products_sale_class CHECK ("saleClass" IN ('otc', 'pom', 'unknown')),
            ADD COLUMN control varchar(12) NOT NULL DEFAULT 'none'
                CONSTRAINT products_control CHECK (control IN ('none', 'watch', 'controlled')),
            ADD COLUMN "importKey" varchar(80)
    """)
    migrator.sql("""
        ALTER TABLE healthcare_products
            ADD COLUMN "genericName" text, ADD COLUMN pack text, ADD COLUMN "registrationNumber" varchar(40),
            ADD COLUMN manufacturer text, ADD COLUMN "importKey" varchar(80)
    """)
    migrator.sql('CREATE UNIQUE INDEX products_import_key ON products ("importKey")')
    migrator.sql('CREATE UNIQUE INDEX healthcare_products_import_key ON healthcare_products ("importKey")')


def _add_tables(migrator):
    migrator.sql("""
        CREATE TABLE controlled_substances (
            name text PRIMARY KEY CHECK (name ~ '^[a-z0-9 ]+$'),
            level smallint NOT NULL CHECK (level IN (1, 2))
        )
    """)
    rows = [(name, 2) for name in CONTROLLED] + [(name, 1) for name in WATCHED]
    migrator.sql("INSERT INTO controlled_substances VALUES " + ", ".join(f"('{name}', {level})" for name, level in rows))
    migrator.sql("""
        CREATE TABLE catalogue_entries (
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
        )
    """)
    migrator.sql("""
        CREATE TABLE catalogue_version (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),
            version bigint NOT NULL,
            born uuid NOT NULL DEFAULT gen_random_uuid()
        )
    """)
    migrator.sql("INSERT INTO catalogue_version (version) VALUES (1)")


def _add_triggers(migrator, table, kind, function, columns):
    migrator.sql(
        f"CREATE TRIGGER {table}_kept AFTER INSERT OR UPDATE OF {columns} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    migrator.sql(
        f"CREATE TRIGGER {table}_gone AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION catalogue_product_gone('{kind}')"
    )
    migrator.sql(
        f"CREATE TRIGGER {table}_stock_turned AFTER UPDATE OF stock ON {table} FOR EACH ROW "
        "WHEN ((coalesce(OLD.stock, 1) > 0) IS DISTINCT FROM (coalesce(NEW.stock, 1) > 0)) "
        f"EXECUTE FUNCTION catalogue_stock_turned('{kind}')"
    )
    migrator.sql(
        f"CREATE TRIGGER {table}_words_changed AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION catalogue_words_changed()"
    )


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("SET LOCAL lock_timeout = '5s'")
    for table in ("products", "healthcare_products"):
        for trigger in ("kept", "gone", "stock_turned", "words_changed"):
            migrator.sql(f"DROP TRIGGER {table}_{trigger} ON {table}")
    for table in ("catalogue_version", "catalogue_entries", "controlled_substances"):
        migrator.sql(f"DROP TABLE {table}")
    for function in FUNCTIONS:
        migrator.sql(f"DROP FUNCTION {function}")
    migrator.sql("""
        ALTER TABLE products
            DROP COLUMN "genericName", DROP COLUMN strength, DROP COLUMN form, DROP COLUMN route, DROP COLUMN pack,
            DROP COLUMN "registrationNumber", DROP COLUMN manufacturer, DROP COLUMN atc, DROP COLUMN "registrationExpiresAt",
            DROP COLUMN "saleClass", DROP COLUMN control, DROP COLUMN "importKey"
    """)
    migrator.sql("""
        ALTER TABLE healthcare_products
            DROP COLUMN "genericName", DROP COLUMN pack, DROP COLUMN "registrationNumber", DROP COLUMN manufacturer,
            DROP COLUMN "importKey"
    """)
