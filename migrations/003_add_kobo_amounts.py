"""Money as whole kobo beside the old double precision columns, and both kept in step whichever is written.

`"priceKobo"` beside `price`, `"totalKobo"` beside `"totalAmount"`, in the seven tables that hold money.

The old numbers stay as they are, float noise included: `naira_to_kobo` reads the shortest decimal text of the double, as
people saw it, and rounds that half-even (0.30000000000000004 -> 30, 1.005 -> 100, 12.345 -> 1234). NaN, infinities and
amounts beyond 100 thousand million naira are not money: their kobo are NULL and the step says which rows they are in. Up to
that bound both directions are exact, since a double has room for 15 digits.

A trigger keeps the two in step, so the old program can go on or come back: a new `price` sets the kobo, new kobo set the
`price`, and when both are written at once the kobo decide. The old number is left alone as long as it says the same
kobo. A check constraint proves it for every row, and refuses kobo beyond the bound.

The old program's start removes every column it does not know of from its tables. The trigger then lets rows pass unchanged, so
that program works; `drugsng db rollback` to before this step and `drugsng db migrate` bring the columns back, from `price`.
Rolling back removes columns, triggers and functions; every amount is in the old column.
"""

atomic = False

# (table, the old column, the new one)
AMOUNTS = (
    ("products", "price", "priceKobo"),
    ("healthcare_products", "price", "priceKobo"),
    ("diagnostic_tests", "price", "priceKobo"),
    ("carts", "price", "priceKobo"),
    ("order_items", "price", "priceKobo"),
    ("orders", "totalAmount", "totalKobo"),
    ("diagnostic_bookings", "totalAmount", "totalKobo"),
)

# round(numeric) rounds halves away from zero; half of the value rounded and doubled is the even neighbour.
NAIRA_TO_KOBO = """
CREATE OR REPLACE FUNCTION naira_to_kobo(naira double precision) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS $$
DECLARE
    kobo numeric;
BEGIN
    IF naira = 'NaN' OR abs(naira) > 1e11 THEN
        RETURN NULL;
    END IF;
    kobo := naira::text::numeric * 100;
    IF abs(kobo - trunc(kobo)) = 0.5 THEN
        RETURN 2 * round(kobo / 2);
    END IF;
    RETURN round(kobo);
END $$
"""

KEEP_IN_STEP = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kobo_decide boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        kobo_decide := NEW."{new}" IS NOT NULL;
    ELSE
        kobo_decide := NEW."{new}" IS DISTINCT FROM OLD."{new}";
    END IF;
    IF NOT kobo_decide THEN
        NEW."{new}" := public.naira_to_kobo(NEW."{old}");
    ELSIF NEW."{new}" IS DISTINCT FROM public.naira_to_kobo(NEW."{old}") THEN
        NEW."{old}" := (NEW."{new}"::numeric / 100)::double precision;
    END IF;
    RETURN NEW;
EXCEPTION WHEN undefined_column THEN
    RETURN NEW;  -- the old program's start has removed the kobo column
END $$
"""

FILL = """
UPDATE {table} SET "{new}" = naira_to_kobo("{old}")
WHERE id > %(low)s AND id <= %(high)s AND "{new}" IS DISTINCT FROM naira_to_kobo("{old}")
"""

ADD_CHECK = """
DO $$ BEGIN
    ALTER TABLE {table} ADD CONSTRAINT {table}_kobo_in_step
        CHECK ("{new}" IS NOT DISTINCT FROM public.naira_to_kobo("{old}")) NOT VALID;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$
"""

REPORT_ABSURD = """
DO $$
DECLARE
    found bigint;
    examples text;
BEGIN
    SELECT count(*), (array_agg(id ORDER BY id))[1:10]::text INTO found, examples
    FROM {table} WHERE "{new}" IS NULL AND "{old}" IS NOT NULL;
    IF found > 0 THEN
        RAISE WARNING '{table}: %% rows hold an amount in {old} that cannot be money, their {new} stays empty (first ids: %%)',
            found, examples;
    END IF;
END $$
"""


def _function_name(new):
    return "keep_price_in_step" if new == "priceKobo" else "keep_total_in_step"


def migrate(migrator, database, *, fake=False):
    migrator.sql(NAIRA_TO_KOBO)
    for old, new in dict.fromkeys((old, new) for _, old, new in AMOUNTS):
        migrator.sql(KEEP_IN_STEP.format(function=_function_name(new), old=old, new=new))
    for table, _, new in AMOUNTS:
        # One request is one transaction: no row can be written between the column and its trigger.
        migrator.sql(
            f'ALTER TABLE {table} ADD COLUMN IF NOT EXISTS "{new}" bigint;'
            f"CREATE OR REPLACE TRIGGER kobo_in_step BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {_function_name(new)}()"
        )
    for table, old, new in AMOUNTS:
        names = {"table": table, "old": old, "new": new}
        migrator.in_batches(table, FILL.format(**names))
        migrator.sql(ADD_CHECK.format(**names))
        migrator.patient_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_kobo_in_step")
        migrator.sql(REPORT_ABSURD.format(**names))


def rollback(migrator, database, *, fake=False):
    for table, _, new in AMOUNTS:
        migrator.sql(
            f"DROP TRIGGER IF EXISTS kobo_in_step ON {table};"
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_kobo_in_step;"
            f'ALTER TABLE {table} DROP COLUMN IF EXISTS "{new}"'
        )
    for new in dict.fromkeys(new for _, _, new in AMOUNTS):
        migrator.sql(f"DROP FUNCTION IF EXISTS {_function_name(new)}()")
    migrator.sql("DROP FUNCTION IF EXISTS naira_to_kobo(double precision)")
