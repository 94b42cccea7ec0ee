"""What old rows hold that deserves knowing: one question each, asked only where its table and columns are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.migration_session import Session
from models.takeover import looking, phones, shapes
from models.takeover.findings import MENDS, NOTE, STOPS, Finding
from models.takeover.shapes import Shape

MONEY = (
    ("products", "price"),
    ("healthcare_products", "price"),
    ("diagnostic_tests", "price"),
    ("carts", "price"),
    ("order_items", "price"),
    ("orders", "totalAmount"),
    ("diagnostic_bookings", "totalAmount"),
)
NO_MONEY = '(t."{c}" = \'NaN\' OR abs(t."{c}") > 1e11)'
NOISE = 'CASE WHEN {absurd} THEN false ELSE t."{c}"::text::numeric * 100 <> trunc(t."{c}"::text::numeric * 100) END'
# An id of a health product written where ids of medicines belong shows by its price: it is the other table's.
MIXED_UP = """
EXISTS (SELECT FROM healthcare_products h WHERE h.id = t."productId" AND h.price = t.price)
AND NOT EXISTS (SELECT FROM products p WHERE p.id = t."productId" AND p.price = t.price)
"""

# An appointment of the old program has no length; two that begin in the same half hour are at one time.
BESIDE = """
t."dateTime" > now() AND t.status::text IS DISTINCT FROM 'Cancelled' AND EXISTS (SELECT FROM appointments o
    WHERE o."doctorId" = t."doctorId" AND o.id < t.id AND o.status::text IS DISTINCT FROM 'Cancelled'
        AND o."dateTime" > t."dateTime" - interval '30 minutes' AND o."dateTime" < t."dateTime" + interval '30 minutes')
"""


@dataclass(frozen=True)
class Question:
    """Rows of `table` that fulfil `condition`, asked only where `needs` (table, column) are all there."""

    code: str
    table: str
    condition: str
    severity: str
    says: str
    do: str
    needs: tuple[tuple[str, str], ...] = ()


def questions(shape: Shape) -> Iterator[Question]:
    """All there are for a database of this shape."""
    for question in (*_sessions(), *_phones(), *_enums(), *_money(), *_visits(), *_orphans(shape)):
        needs = ((question.table, "id"), *question.needs)
        if all(("column", table, column) in shape for table, column in needs):
            yield question


def look(session: Session, shape: Shape) -> Iterator[Finding]:
    """Every question's finding, where there is one."""
    yield from stops(session, shape)
    for question in questions(shape):
        counted = looking.count(session, question.table, question.condition) if question.severity != STOPS else looking.Count(0)
        if counted.rows:
            yield _finding(question, counted)
    yield from _twice(session, shape)
    yield from _unreadable(session, shape)


def stops(session: Session, shape: Shape) -> Iterator[Finding]:
    """Rows that a constraint of version 1.x forbids where that constraint is missing: nobody can add it before they are gone."""
    for question in questions(shape):
        counted = looking.count(session, question.table, question.condition) if question.severity == STOPS else looking.Count(0)
        if counted.rows:
            yield _finding(question, counted)
    there = {(key[1], text) for key, text in shape.items() if key[0] == "constraint"}
    for (kind, table, name), text in shapes.version_1().items():
        column = text.removeprefix("UNIQUE (").removesuffix(")").strip('"')
        if (
            kind != "constraint"
            or not text.startswith("UNIQUE")
            or (table, text) in there
            or ("column", table, column) not in shape
        ):
            continue
        found = looking.groups(session, table, f'"{column}"')
        if found.rows:
            yield Finding(
                "not_unique", STOPS, f"{{n}} values of {table}.{column} are in two or more rows, and the constraint {name} is missing",
                "Change or remove these rows; then run `drugsng db adopt`.", found.rows, found.at_least, table,
                f"{table} id {found.example}",
            )  # fmt: skip


def enum_columns() -> Iterator[tuple[str, str, str]]:
    """(table, column, its default) of the status columns that allow NULL."""
    for (kind, table, column), text in sorted(shapes.version_1().items()):
        if kind == "column" and text.startswith(("enum_", '"enum_')) and "NOT NULL" not in text:
            yield table, column, text.split("DEFAULT '")[1].split("'")[0]


def _finding(q: Question, counted: looking.Count) -> Finding:
    example = f"{q.table} id {counted.example}" if counted.example is not None else ""
    return Finding(q.code, q.severity, q.says, q.do, counted.rows, counted.at_least, q.table, example)


def _sessions() -> Iterator[Question]:
    yield Question(
        "null_last_activity", "sessions", 't."lastActivity" IS NULL', NOTE,
        '{n} sessions have no "lastActivity"',
        "Nothing to do: it stays empty. The start of 2.0.0 stops at it without a word and leaves the one-time codes broken.",
        (("sessions", "lastActivity"),),
    )  # fmt: skip
    yield Question(
        "passwords_in_sessions", "sessions", "t.data::text ILIKE '%%\"password\"%%'", NOTE,
        "{n} sessions hold a password somebody typed while registering",
        "Keep dumps of this database under lock: they hold it as well. Cleaning sessions removes it.",
        (("sessions", "data"),),
    )  # fmt: skip
    yield Question(
        "unknown_session_user", "sessions",
        't."userId" IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = t."userId")', NOTE,
        "{n} sessions name a user who is gone",
        "Nothing to do: that column has no foreign key and nobody signs in by it.",
        (("sessions", "userId"), ("users", "id")),
    )  # fmt: skip


def _phones() -> Iterator[Question]:
    for table, column, _ in phones.COLUMNS:
        yield Question(
            "phone_format", table, phones.usual(f't."{column}"'), MENDS,
            f"{{n}} telephone numbers in {table} are not written as E.164",
            "`drugsng db adopt` writes them so and keeps the original.", ((table, column),),
        )  # fmt: skip


def _enums() -> Iterator[Question]:
    for table, column, default in enum_columns():
        yield Question(
            "null_enum", table, f't."{column}" IS NULL', MENDS, f"{{n}} rows of {table} have no {column}",
            f"`drugsng db adopt` gives them the column's default, {default}, and remembers that there was none.",
            ((table, column),),
        )  # fmt: skip


def _visits() -> Iterator[Question]:
    yield Question(
        "one_time_twice", "appointments", BESIDE, NOTE,
        "{n} appointments to come are at a time at which their doctor has another",
        "Call one of the two. Both stay: step 014 gives the time to the first, and to the other when the first goes.",
        (("appointments", "doctorId"), ("appointments", "dateTime")),
    )  # fmt: skip


def _money() -> Iterator[Question]:
    kept = "The old number stays as it is"
    for table, c in MONEY:
        absurd = NO_MONEY.format(c=c)
        needs = ((table, c),)
        yield Question(
            "money_noise", table, NOISE.format(absurd=absurd, c=c), NOTE,
            f"{{n}} amounts in {table}.{c} have more than two decimals",
            f"{kept}; step 003 writes the kobo beside it, rounded half to even.", needs,
        )  # fmt: skip
        yield Question(
            "money_absurd", table, absurd, NOTE, f"{{n}} amounts in {table}.{c} are no money (NaN, infinite or beyond all bounds)",
            f"{kept} and its kobo stay empty: look at these rows.", needs,
        )  # fmt: skip
        yield Question(
            "money_negative", table, f't."{c}" < 0', NOTE, f"{{n}} amounts in {table}.{c} are negative",
            f"{kept}: look at these rows.", needs,
        )  # fmt: skip


def _orphans(shape: Shape) -> Iterator[Question]:
    yield Question(
        "orphan_rating", "support_ratings", 'NOT EXISTS (SELECT FROM support_chats c WHERE c.id = t."supportChatId")', NOTE,
        "{n} ratings belong to a support chat that does not exist", "Nothing to do: they stay.", (("support_chats", "id"),),
    )  # fmt: skip
    for table in ("carts", "order_items"):
        yield Question(
            "mixed_up_product", table, MIXED_UP, NOTE, f"{{n}} lines in {table} seem to mean a health product, by their price",
            "They stay as they are: the old program wrote both kinds of ids into one column.",
            ((table, "productId"), ("products", "price"), ("healthcare_products", "price")),
        )  # fmt: skip
    for (kind, table, name), text in shapes.version_1().items():
        if kind == "constraint" and text.startswith("FOREIGN KEY") and (kind, table, name) not in shape:
            column, other = text.split('"')[1], text.split("REFERENCES ")[1].split("(")[0]
            yield Question(
                "orphan", table,
                f't."{column}" IS NOT NULL AND NOT EXISTS (SELECT FROM {other} o WHERE o.id = t."{column}")', STOPS,
                f"{{n}} rows of {table} belong to {other} that do not exist, and the foreign key {name} is missing",
                "Remove these rows or give them an owner; then run `drugsng db adopt`.", ((table, column), (other, "id")),
            )  # fmt: skip


def _twice(session: Session, shape: Shape) -> Iterator[Finding]:
    """Two rows that mean the same number or address."""
    for table, column, _ in phones.COLUMNS[:3]:
        if ("column", table, column) not in shape:
            continue
        found = looking.groups(session, table, phones.same(f'"{column}"'), f"\"{column}\" <> ''")
        words, do = f"{{n}} telephone numbers belong to two or more rows of {table}", "Nothing is merged: people have to decide."
        if table in phones.UNIQUE:
            do = "One of them gets the number as E.164, the others keep the spelling they have."
        if found.rows:
            yield Finding("phone_twice", NOTE, words, do, found.rows, found.at_least, table, f"{table} id {found.example}")
    if ("column", "users", "email") in shape:
        found = looking.groups(session, "users", "lower(email)")
        if found.rows:
            yield Finding(
                "email_case", NOTE, "{n} e-mail addresses belong to users that differ in upper and lower case only",
                "Nothing is merged: people have to decide whose they are.",
                found.rows, found.at_least, "users", f"users id {found.example}",
            )  # fmt: skip


def _unreadable(session: Session, shape: Shape) -> Iterator[Finding]:
    """Numbers in forms SQL does not know, read one by one; 10,000 of a table at most."""
    most = 10_000
    for table, column, _ in phones.COLUMNS:
        if ("column", table, column) not in shape:
            continue
        sql = f'SELECT id, "{column}" FROM "{table}" t WHERE {phones.odd(f"{chr(34)}{column}{chr(34)}")} ORDER BY id LIMIT {most}'
        rows = session.database.execute_sql(sql).fetchall()
        bad = [row_id for row_id, text in rows if phones.read(text) is None]
        full = len(rows) == most
        if bad:
            yield Finding(
                "phone_unreadable", NOTE, f"{{n}} telephone numbers in {table} cannot be read",
                "They stay as they are; whoever owns one is not reached by it.", len(bad), full, table, f"{table} id {bad[0]}",
            )  # fmt: skip
        if len(rows) > len(bad):
            yield Finding(
                "phone_format", MENDS, f"{{n}} telephone numbers in {table} are written in a foreign or rare form",
                "`drugsng db adopt` writes them as E.164 and keeps the original.", len(rows) - len(bad), full, table,
            )  # fmt: skip
