"""Counting in tables of any size without holding anybody up: read-only, each question with a time limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from models.migration_session import Session, sqlstate

QUESTION_MS = 10_000
PART_ROWS = 50_000
CANCELLED = "57014"


@dataclass(frozen=True)
class Count:
    """`example` is the lowest id that was counted, None without one. `at_least`: a part of the table was looked at only."""

    rows: int
    example: int | None = None
    at_least: bool = False


def read_only(session: Session, question_ms: int = QUESTION_MS) -> None:
    """From here on the session can change nothing."""
    session.database.execute_sql(f"SET default_transaction_read_only = on; SET statement_timeout = {int(question_ms)}")


def count(session: Session, table: str, condition: str) -> Count:
    """How many rows of `table` (which has an id) fulfil `condition`; of the newest 50,000 when counting all takes too long."""
    whole = f'"{table}" t WHERE {condition}'
    part = f'(SELECT * FROM "{table}" ORDER BY id DESC LIMIT {PART_ROWS}) t WHERE {condition}'
    try:
        rows, example = _one(session, f"SELECT count(*), min(t.id) FROM {whole}")
        return Count(rows, example)
    except peewee.PeeweeException as e:
        if sqlstate(e) != CANCELLED:
            raise
    rows, example = _one(session, f"SELECT count(*), min(t.id) FROM {part}")
    return Count(rows, example, at_least=True)


def groups(session: Session, table: str, by: str, where: str = "true") -> Count:
    """How many values of `by` more than one row has; the example is the second row of one."""
    grouped = f"SELECT max(id) AS second FROM ROWS WHERE {where} GROUP BY {by} HAVING count(*) > 1"
    question = f"SELECT count(*), min(second) FROM ({grouped}) g"
    try:
        rows, example = _one(session, question.replace("ROWS", f'"{table}" t'))
        return Count(rows, example)
    except peewee.PeeweeException as e:
        if sqlstate(e) != CANCELLED:
            raise
    part = f'(SELECT * FROM "{table}" ORDER BY id DESC LIMIT {PART_ROWS}) t'
    rows, example = _one(session, question.replace("ROWS", part))
    return Count(rows, example, at_least=True)


def _one(session: Session, sql: str) -> tuple[Any, ...]:
    return tuple(session.database.execute_sql(sql).fetchone())
