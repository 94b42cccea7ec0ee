"""Guide option B's lower-case twins become one with the columns they were meant to be.

The newest text wins: a twin's "extractedat" against "extractedAt", or "updatedAt" where that is empty; a text wins over none.
Every value of a twin that is not its column's default is kept in `drugsng_adopted_values`, the losers among them too.
"""

from __future__ import annotations

from models.migration_session import Session
from models.takeover import batches, shapes
from models.takeover.forms import TWINS
from models.takeover.shapes import Shape

_BLANK = r"btrim(coalesce({0}, ''), E' \n\t\r') = ''"
_MERGE = """
WITH seen AS (
    SELECT t.id, {text} AS twin_text, {status} AS twin_status, {at} AS twin_at,
        t."extractedText" AS own_text, t."extractionStatus" AS own_status, t."extractedAt" AS own_at, t."updatedAt" AS touched
    FROM prescriptions t WHERE t.id > %(low)s AND t.id <= %(high)s FOR UPDATE
), chosen AS (
    SELECT *, CASE
        WHEN {blank_twin} THEN own_text
        WHEN {blank_own} THEN twin_text
        WHEN twin_at > coalesce(own_at, touched) THEN twin_text
        ELSE own_text END AS new_text
    FROM seen
), picked AS (
    SELECT *,
        CASE WHEN NOT {blank_own} AND own_status <> 'pending' THEN own_status
            WHEN NOT {blank_new} THEN 'extracted'
            WHEN 'failed' IN (own_status::text, twin_status) THEN 'failed'
            ELSE coalesce(own_status, 'pending') END AS new_status,
        CASE WHEN {blank_twin} OR new_text = twin_text THEN greatest(own_at, twin_at) ELSE own_at END AS new_at
    FROM chosen
), kept AS (
    INSERT INTO drugsng_adopted_values ("table", "column", "rowId", old, new, why)
    SELECT 'prescriptions', v.name, t.id, v.value, NULL, 'twin'
    FROM prescriptions t CROSS JOIN LATERAL (VALUES {twins}) AS v (name, value, usual)
    WHERE t.id > %(low)s AND t.id <= %(high)s AND v.value IS DISTINCT FROM v.usual
    ON CONFLICT ("table", "column", "rowId") DO NOTHING
), written AS (
    UPDATE prescriptions t SET "extractedText" = p.new_text, "extractionStatus" = p.new_status, "extractedAt" = p.new_at
    FROM picked p WHERE t.id = p.id AND (p.own_text, p.own_status, p.own_at) IS DISTINCT FROM (p.new_text, p.new_status, p.new_at)
    RETURNING p.*
), noted AS (
    INSERT INTO drugsng_adopted_values ("table", "column", "rowId", old, new, why)
    SELECT 'prescriptions', v.name, w.id, v.old, v.new, 'merged'
    FROM written w CROSS JOIN LATERAL (VALUES
        ('extractedText', w.own_text, w.new_text), ('extractionStatus', w.own_status::text, w.new_status::text),
        ('extractedAt', w.own_at::text, w.new_at::text)) AS v (name, old, new)
    WHERE v.old IS DISTINCT FROM v.new
    ON CONFLICT ("table", "column", "rowId") DO UPDATE SET new = EXCLUDED.new
)
SELECT id FROM written
"""


def merge(session: Session, shape: Shape) -> int:
    """How many prescriptions got a value from their twins; 0 where there are none. May run again."""
    columns = shapes.columns(shape, "prescriptions")
    twins = [twin for twin in TWINS if twin in columns]
    if not twins:
        return 0
    zone = session.database.execute_sql("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'").fetchone()[0]
    at = "t.extractedat" if "with time zone" in columns.get("extractedat", "") else "(t.extractedat AT TIME ZONE %(zone)s)"
    statement = _MERGE.format(
        text="t.extractedtext::text" if "extractedtext" in twins else "NULL::text",
        status="t.extractionstatus::text" if "extractionstatus" in twins else "NULL::text",
        at=at if "extractedat" in twins else "NULL::timestamptz",
        blank_twin=_BLANK.format("twin_text"), blank_own=_BLANK.format("own_text"), blank_new=_BLANK.format("new_text"),
        twins=", ".join(f"('{twin}', t.{twin}::text, ({_default(columns[twin])})::text)" for twin in twins),
    )  # fmt: skip
    return batches.through(session, "prescriptions", statement, "merging the twins", {"zone": zone})


def _default(definition: str) -> str:
    return definition.partition(" DEFAULT ")[2] or "NULL"
