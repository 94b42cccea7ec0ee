"""Old values made what step 002 and the program mean by them, each original remembered in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from models.migration_session import Session
from models.takeover import batches, merging, phones, records, rows, shapes
from models.takeover.shapes import Shape

ODD_AT_ONCE = 1_000
_CHANGE = """
WITH picked AS (
    SELECT t.id, t."{column}"::text AS old, {new} AS new FROM "{table}" t
    WHERE t.id > %(low)s AND t.id <= %(high)s AND {condition} FOR UPDATE
), changed AS (
    UPDATE "{table}" t SET "{column}" = p.new FROM picked p WHERE t.id = p.id RETURNING t.id, p.old, p.new::text AS new
)
"""
_CHANGE_ODD = """
WITH picked AS (
    SELECT t.id, t."{column}" AS old, n.new FROM "{table}" t JOIN unnest(%(ids)s::bigint[], %(new)s::text[]) AS n (id, new) USING (id)
    WHERE {condition} FOR UPDATE OF t
), changed AS (
    UPDATE "{table}" t SET "{column}" = p.new FROM picked p WHERE t.id = p.id RETURNING t.id, p.old, p.new
)
"""
# Of several rows that would get the same number in a unique column, the one that has it already or was used last gets it.
_LOSERS = """
SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY {same} ORDER BY ("{column}" ~ '{e164}') DESC, {order}id DESC) AS place
    FROM "{table}" WHERE {same} IN (SELECT {same} FROM "{table}" GROUP BY 1 HAVING count(*) > 1)
) twice WHERE place > 1 ORDER BY id LIMIT 100000
"""
_TEXT_THERE = r"""t."extractionStatus" = 'pending' AND btrim(t."extractedText", E' \n\t\r') <> ''"""


def clean(session: Session, shape: Shape, before: Shape) -> None:
    """Everything there is to change in the values of a database of this shape. Goes on where it stopped.

    `before` is how adopting found it: what step 002 added itself since then has no original to be kept.
    """
    has = {(owner, name) for kind, owner, name in shape if kind == "column"}
    works: list[Callable[[], int]] = []
    for table, column, order in phones.COLUMNS:
        if (table, column) in has:
            works += [partial(_usual, session, table, column, order), partial(_odd, session, table, column)]
    for table, column, default in rows.enum_columns():
        if (table, column) in has:
            kind = shapes.columns(shape, table)[column].split(" DEFAULT ")[0].removesuffix(" NOT NULL")
            new = f"'{default}'::{kind}"
            works.append(partial(_some, session, table, column, new, f't."{column}" IS NULL', "default"))
    works.append(partial(merging.merge, session, shape))
    if ("column", "prescriptions", "extractionStatus") in before and ("prescriptions", "extractionStatus") in has:
        kind = '"enum_prescriptions_extractionStatus"'
        status = partial(_some, session, "prescriptions", "extractionStatus")
        works.insert(0, partial(status, f"'pending'::{kind}", 't."extractionStatus" IS NULL', "default"))
        works.append(partial(status, f"'extracted'::{kind}", _TEXT_THERE, "text"))
    for work in works:
        work()


def _some(session: Session, table: str, column: str, new: str, condition: str, why: str) -> int:
    if not session.database.execute_sql(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE {condition})').fetchone()[0]:
        return 0  # most tables are in order; one look is cheaper than all batches
    statement = (_CHANGE + records.KEEP).format(table=table, column=column, new=new, condition=condition, why=why)
    return batches.through(session, table, statement, f"{table}.{column}")


def _usual(session: Session, table: str, column: str, order: str) -> int:
    """Numbers in the usual forms, turned in the database."""
    condition = phones.usual(f't."{column}"')
    if table in phones.UNIQUE:
        losers = _losers(session, table, column, order)
        if losers:
            condition += f" AND t.id <> ALL ('{{{','.join(str(row_id) for row_id in losers)}}}'::bigint[])"
    return _some(session, table, column, phones.turned(f't."{column}"'), condition, "phone")


def _losers(session: Session, table: str, column: str, order: str) -> list[int]:
    question = _LOSERS.format(table=table, column=column, same=phones.same(f'"{column}"'), e164=phones.E164, order=order)
    session.patient()  # it reads only
    try:
        return [row_id for (row_id,) in session.database.execute_sql(question)]
    finally:
        session.hurried()


def _odd(session: Session, table: str, column: str) -> int:
    """Numbers in other forms, read one by one. What cannot be read stays."""
    question = (
        f'SELECT id, "{column}" FROM "{table}" t WHERE id > %s AND {phones.odd(f"{chr(34)}{column}{chr(34)}")}'
        f" ORDER BY id LIMIT {ODD_AT_ONCE}"
    )
    free = f'NOT EXISTS (SELECT FROM "{table}" o WHERE o."{column}" = n.new)' if table in phones.UNIQUE else "true"
    statement = (_CHANGE_ODD + records.KEEP).format(table=table, column=column, condition=free, why="phone")
    done, low = 0, 0
    while True:
        found = session.database.execute_sql(question, (low,)).fetchall()
        if not found:
            return done
        low = found[-1][0]
        new: dict[int, str] = {}
        for row_id, text in found:
            number = phones.read(text)
            if number and number != text and not (table in phones.UNIQUE and number in new.values()):
                new[row_id] = number
        if new:
            values: dict[str, Any] = {"ids": list(new), "new": list(new.values())}
            done += session.retried(partial(_rows, session, statement, values), f"{table}.{column}")


def _rows(session: Session, statement: str, values: dict[str, Any]) -> int:
    return int(session.database.execute_sql(statement, values).rowcount)
