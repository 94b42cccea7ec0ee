"""`drugsng db adopt`: any database of the old system becomes one of step 002, without losing a row or a value.

The schema is mended, then the values, then the schema again where it depended on them, then step 002 runs. Each piece is a
transaction of its own that remembers what it changed, and what to do is told from the database as it is: killed at any point,
it is run again and goes on. `undoing` is the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models import migrating, schema_shape
from models.migration_session import CannotMigrate, Session, Tell
from models.migration_steps import load, names
from models.takeover import checking, cleaning, findings, forms, plan, records, rows, sequences, shapes, surroundings
from models.takeover.forms import Form

STEPS = ("001", "002")


@dataclass(frozen=True)
class TableResult:
    """Rows before and after; rows in which a value was changed; values kept in `drugsng_adopted_values`."""

    table: str
    before: int
    after: int
    changed: int
    kept: int


@dataclass(frozen=True)
class Result:
    form: Form
    tables: tuple[TableResult, ...] = ()
    mends: tuple[str, ...] = ()
    says: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"form": self.form.title, "says": self.says, "mends": list(self.mends), "tables": [asdict(t) for t in self.tables]}


def adopt(
    database_url: str,
    *,
    while_running: bool = False,
    dry_run: bool = False,
    tell: Tell = lambda _: None,
    wait_s: float = migrating.WAIT_FOR_ANOTHER_S,
) -> Result:
    """Brings the database to step 002 and says what was changed, table by table. Safe to run again. Raises CannotMigrate."""
    with migrating.working(database_url, tell, "Adopting the database", atomic=False) as session, session.alone(wait_s):
        shape = schema_shape.read(session.database)
        history = checking.history_of(session)
        form = forms.recognise(shape, history, names())
        begun = records.there(session)
        _refuse(session, form, begun, while_running=while_running)
        if not checking.adoptable(form):
            return Result(form, says=f"Nothing to adopt: the database is {form.title}.")
        planned = plan.plan(shape)
        if planned.stops:
            raise CannotMigrate(
                "This database holds tables of the old system in a form that nobody can decide on, so nothing was changed: "
                f"{'; '.join(planned.stops[:5])}. `drugsng db check` says more."
            )
        forbidden = [finding.line() for finding in rows.stops(session, shape)]
        if forbidden:
            raise CannotMigrate(f"{' '.join(forbidden[:5])} Nothing was done.")
        if dry_run:
            return _would(session, form, planned)
        _work(session, form, shape, history, planned, tell)
        return _result(session, form, planned)


def _refuse(session: Session, form: Form, begun: dict[str, Any] | None, *, while_running: bool) -> None:
    if begun and begun["undoing"]:
        raise CannotMigrate("Taking the adoption back was begun and broken off: run `drugsng db adopt --undo` to its end first.")
    if form.kind in (forms.NEWER, forms.UNKNOWN):
        raise CannotMigrate(f"This database is {form.title}. Nothing was done.")
    old = surroundings.old_connections(session)
    if old and not while_running and checking.adoptable(form):
        pid, name, address = old[0]
        raise CannotMigrate(
            f"{len(old)} connections may be the old program's (process {pid}, {name}, from {address}). Stop it first: its start "
            "would change the schema again. With --while-running it may go on, as long as nobody starts it anew. Nothing was done."
        )


def _would(session: Session, form: Form, planned: plan.Plan) -> Result:
    report = checking.look(session)
    lines = [mend.what for mend in planned.mends]
    lines += [
        found.line() for found in report.found if found.severity == findings.MENDS and found.table and found.code in _VALUES
    ]
    return Result(form, mends=tuple(lines), says="Nothing was changed.")


_VALUES = {"phone_format", "null_enum", "sequence_behind"}


def _work(session: Session, form: Form, shape: shapes.Shape, history: Sequence[str], planned: plan.Plan, tell: Tell) -> None:
    database = session.database
    database.execute_sql("SET DateStyle = ISO")
    tell(f"The database is {form.title}.")
    records.begin(session, form.title, shape, history, _counts(session, shape))
    _mend(session, planned.before, tell)
    records.mark_values(session)
    tell("changing values ...")
    begun = records.there(session)
    cleaning.clean(session, schema_shape.read(database), records.unpacked(begun["shape"]) if begun else shape)
    _mend(session, plan.plan(schema_shape.read(database)).after, tell)
    sequences.set_right(session, schema_shape.read(database))
    for step in (load(name) for name in names() if name[:3] in STEPS and name not in history):
        if step.number == STEPS[0]:
            migrating.record(database, step.name)
        else:
            tell(f"{step.name} ...")
            migrating.run_step(session, step)
    left = shapes.lacking(shapes.step_2(), schema_shape.read(database))
    if left:
        wrong = "; ".join(f"{kind} {owner}.{name}" for kind, owner, name in sorted(left)[:5])
        raise CannotMigrate(
            f"After all was done the schema is still not step 002's: {wrong}. Nothing is lost; please report this."
        )
    records.finish(session)


def _mend(session: Session, mends: Sequence[plan.Mend], tell: Tell) -> None:
    for mend in mends:
        tell(f"{mend.what} ...")
        records.changed(session, mend.what, mend.statements, mend.undo)


def _counts(session: Session, shape: shapes.Shape) -> dict[str, int]:
    """Rows of each table there is to take over. Counting reads only, so it may take its time."""
    known = shapes.tables(shapes.version_1()) | {"admins"}
    session.patient()
    try:
        return {
            table: int(session.database.execute_sql(f'SELECT count(*) FROM "{table}"').fetchone()[0])
            for table in sorted(known & shapes.tables(shape))
        }
    finally:
        session.hurried()


def _result(session: Session, form: Form, planned: plan.Plan) -> Result:
    begun = records.there(session)
    before = begun["rows"] if begun else {}
    after = _counts(session, schema_shape.read(session.database))
    values = {
        table: (changed, kept)
        for table, changed, kept in session.database.execute_sql(
            'SELECT "table", count(DISTINCT "rowId"), count(*) FROM drugsng_adopted_values GROUP BY 1'
        )
    }
    tables = tuple(TableResult(table, before.get(table, 0), now, *values.get(table, (0, 0))) for table, now in after.items())
    return Result(
        form, tables, tuple(mend.what for mend in planned.mends), "The database is at step 002: run `drugsng db migrate`."
    )
