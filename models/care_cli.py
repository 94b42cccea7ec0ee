"""`drugsng care`: doctors and lab tests taken in from a list."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_to(commands: click.Group, bind: Callable[[], None]) -> None:
    """Adds the group; `bind` says which database."""

    @commands.group()
    def care() -> None:
        """Doctors and lab tests that customers can book."""

    @care.command("doctors")
    @click.argument("file", type=_FILE)
    def doctors(file: Path) -> None:
        """Take in a CSV list of doctors; the same list again changes nothing. Bad rows are told and left out."""
        bind()
        _take_in("doctors", file)

    @care.command("tests")
    @click.argument("file", type=_FILE)
    def tests(file: Path) -> None:
        """Take in a CSV list of lab tests; the same list again changes nothing. Bad rows are told and left out."""
        bind()
        _take_in("tests", file)


def _take_in(what: str, file: Path) -> None:
    from models.visits import importing  # other commands need not load all that a visit is made of

    try:
        if what == "doctors":
            done = importing.doctors(importing.read_csv(file, importing.DOCTOR_HEADINGS))
        else:
            done = importing.lab_tests(importing.read_csv(file, importing.TEST_HEADINGS))
    except ValueError as e:
        raise click.ClickException(str(e)) from e
    for problem in done.problems:
        click.echo(f"row {problem.row}: {problem.sentence}", err=True)
    click.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} as they were, {done.refused} refused.")
    sys.exit(1 if done.refused else 0)
