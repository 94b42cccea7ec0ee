"""`drugsng db check | adopt | verify`: a database of the old system looked at, taken over, and looked over afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import click

from models.keeping.noting import Note
from models.keeping_cli import logged
from models.migration_session import CannotMigrate
from models.takeover import adopting, checking, undoing, verifying
from models.takeover.findings import COULD_NOT_LOOK, Finding

_TITLES = {"stops": "Stands in the way", "mends": "Will be mended", "note": "Deserves knowing"}
_LAST_WORDS = {0: "Ready.", 1: "Not everything could be looked at.", 3: "There is work to do.", 4: "Something stands in the way."}
_VERIFIED = {**_LAST_WORDS, 0: "All is as it should be.", 4: "Something is wrong."}
Command = Callable[..., Any]
Noted = Callable[..., AbstractContextManager[Note]]


def add_to(group: click.Group, address: Callable[[Command], Command]) -> None:
    """Gives `group` the commands; `address` is its option for which database."""
    for name, function in (("check", _check), ("adopt", _adopt), ("verify", _verify)):
        group.command(name)(address(function))


@click.option("--json", "as_json", is_flag=True, help="For machines: one JSON object.")
@click.pass_context
def _check(context: click.Context, database_url: str, as_json: bool) -> None:
    """Say which database this is and what stands in the way.

    Changes nothing and holds nobody up; where a table is too big to count in ten seconds it says "at least". Exit code 0
    ready, 3 `adopt` or `migrate` has work to do, 4 something has to be decided first, 1 it could not be looked at.
    """
    report = _or_stop(lambda: checking.check(database_url), as_json)
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        click.echo(f"This database is {report.form.title}.")
        tell_findings(report.found)
        for sentence in report.unanswered:
            click.echo(sentence, err=True)
        click.echo(_LAST_WORDS[report.exit_code])
    context.exit(report.exit_code)


@click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
@click.option("--while-running", is_flag=True, help="Go on although other programs are connected. Do not start the old one anew.")
@click.option("--undo", "take_back", is_flag=True, help="Take an adoption back: the old system's schema and values again.")
@click.option("--json", "as_json", is_flag=True, help="For machines: the result as one JSON object; progress goes to stderr.")
@logged
def _adopt(database_url: str, dry_run: bool, while_running: bool, take_back: bool, as_json: bool, noted: Noted) -> None:
    """Bring a database of the old system, in whatever form, to step 002; `migrate` goes on from there.

    No row and no value is lost: what is changed is kept in the tables drugsng_adopted*. Copies of unique constraints are
    removed, lower-case twins merged, telephone numbers written as E.164, empty statuses given their default. Safe to run again;
    broken off, it goes on where it was. With --while-running the old program's customers have to sign in again: it looks for
    their sessions by the old spelling of their number. Exit code 0 when done, 1 when it could not be done.

    --undo gives schema and values back as they were, but for the copies of constraints. Roll back to step 002 first.
    """
    if take_back and (dry_run or while_running):
        raise click.UsageError("--undo goes alone.")

    def tell(line: str) -> None:
        click.echo(line, err=as_json)

    if take_back:
        _take_back(database_url, tell, as_json, noted)
        return

    def work() -> adopting.Result:
        with noted("adopt", wanted=not dry_run) as note:
            made = adopting.adopt(database_url, while_running=while_running, dry_run=dry_run, tell=tell)
            note.changed = bool(made.tables)
            note.rows = {row.table: row.changed for row in made.tables if row.changed}
            return made

    result = _or_stop(work, as_json)
    if as_json:
        click.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=1))
        return
    for line in result.mends if dry_run else ():
        click.echo(f"would {line}" if line[0].islower() else line)
    if result.tables:
        click.echo(f"{'table':24}{'rows before':>14}{'after':>14}{'changed':>14}{'values kept':>14}")
    for row in result.tables:
        click.echo(f"{row.table:24}{row.before:>14,}{row.after:>14,}{row.changed:>14,}{row.kept:>14,}")
    click.echo(result.says)


@click.option("--no-compare", is_flag=True, help="Leave out the comparison, which makes a scratch database on the same server.")
@click.option("--json", "as_json", is_flag=True, help="For machines: one JSON object.")
@click.pass_context
def _verify(context: click.Context, database_url: str, no_compare: bool, as_json: bool) -> None:
    """Compare the schema with what the steps make and with the program, and look over the rows as the guide asks.

    Changes nothing. Exit code 0 all as it should be, 3 steps are missing, 4 something is wrong, 1 not all could be looked at.
    """
    made = _or_stop(lambda: verifying.verify(database_url, compare=not no_compare), as_json)
    if as_json:
        click.echo(json.dumps(made.as_dict(), ensure_ascii=False, indent=1))
    else:
        click.echo(f"This database is {made.form.title}. {made.compared:,} columns, constraints, indexes and so on compared.")
        for status, text, count in made.extraction:
            click.echo(f"  prescriptions {status}, {'with' if text else 'without'} text: {count:,}")
        for table, count in made.rows.items():
            click.echo(f"  {table}: {count:,} rows")
        tell_findings(tuple(made.found))
        for sentence in made.unanswered:
            click.echo(sentence, err=True)
        click.echo(_VERIFIED[made.exit_code])
    context.exit(made.exit_code)


def _take_back(database_url: str, tell: Callable[[str], None], as_json: bool, noted: Noted) -> None:
    def work() -> undoing.Undone:
        with noted("adopt --undo") as note:
            made = undoing.undo(database_url, tell=tell)
            note.changed = True
            return made

    undone = _or_stop(work, as_json)
    if as_json:
        click.echo(json.dumps({"form": undone.form, "restored": undone.restored, "newer": undone.newer}))
        return
    click.echo(f"Done: the database is {undone.form} again, {undone.restored:,} values are back. Copies of constraints are not.")
    if undone.newer:
        click.echo(f"{undone.newer:,} values were changed since and stay; what they were is in drugsng_adopted_values.")


def tell_findings(found: tuple[Finding, ...]) -> None:
    """The findings in plain lines, the gravest first."""
    for severity, title in _TITLES.items():
        some = [finding for finding in found if finding.severity == severity]
        if some:
            click.echo(f"\n{title}:")
        for finding in some:
            click.echo(f"  - {finding.line()}")
    click.echo("")


def _or_stop(work: Callable[[], Any], as_json: bool) -> Any:
    try:
        return work()
    except CannotMigrate as e:
        if as_json:
            click.echo(json.dumps({"error": str(e), "exit_code": COULD_NOT_LOOK}))
            raise click.exceptions.Exit(COULD_NOT_LOOK) from e
        raise click.ClickException(str(e)) from e
