"""`drugsng customers show | export | erase PHONE`: what is held of one person, for their rights under the NDPA.

Exit codes: 0 done, 1 it could not be done, 2 a wrong argument, 3 nobody writes from this number, 4 something must end first,
75 PostgreSQL cannot be reached.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path

import click

from models import audit, base
from models.keeping.archive import write_private
from models.privacy import collecting, erasing
from models.privacy.person import Person, by_phone
from models.values import Refused
from models.vault import Away

NOBODY, OPEN = 3, 4
UNIT_S = 60.0
RULE = (
    "Erased: name, numbers, addresses, messages, baskets, pictures and texts of prescriptions. Kept, without a name: what was ordered "
    "and paid, pharmacists' decisions, and the papers something was dispensed on until their retention ends."
)


def add_to(group: click.Group, bind: Callable[[], None]) -> None:
    """Gives `drugsng` the command. `bind` is called before the database or the vault is asked for anything."""

    @group.group()
    def customers() -> None:
        """What is held of one customer: show, export, erase (NDPA)."""

    @customers.command()
    @click.argument("phone")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    def show(phone: str, as_json: bool) -> None:
        """Say how many rows of each table are about this person, and what would have to end before erasing."""
        bind()
        with base.unit(UNIT_S) as conn:
            person = _found(phone)
            held = collecting.summary(collecting.collect(conn, person))
            waits = erasing.in_the_way(conn, person)
        if as_json:
            click.echo(json.dumps({"customer": person.customer_id, "rows": held, "in_the_way": waits}))
            return
        click.echo(f"Customer {person.customer_id}.")
        for table, count in held.items():
            click.echo(f"  {table:28}{count:>8,} rows")
        click.echo(f"To end before erasing: {_waits(waits)}." if waits else "Nothing stands in the way of erasing.")

    @customers.command()
    @click.argument("phone")
    @click.option(
        "--to", "file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write, mode 600."
    )
    def export(phone: str, file: Path) -> None:
        """Write everything held of this person to a JSON file, readable by you alone."""
        bind()
        if file.exists():
            raise click.ClickException(f"{file} is there already.")
        with base.unit(UNIT_S) as conn:
            person = _found(phone)
            told = collecting.collect(conn, person)
            audit.note(None, "customer_exported", "customer", person.customer_id, person.customer_id, name=_me())
        try:
            write_private(file, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        except OSError as e:
            raise click.ClickException(f"{file} could not be written: {e.strerror}.") from e
        click.echo(f"{sum(collecting.summary(told).values()):,} rows in {file}. Give it to nobody but its owner.")

    @customers.command()
    @click.argument("phone")
    @click.option("--dry-run", is_flag=True, help="Say what it is about and change nothing.")
    @click.option("--yes", "certain", is_flag=True, help="Do not ask.")
    def erase(phone: str, dry_run: bool, certain: bool) -> None:
        """Erase this person. It cannot be taken back. Refused while orders, money or prescriptions are open (exit code 4)."""
        bind()
        with base.unit(UNIT_S) as conn:
            person = _found(phone)
            waits = erasing.in_the_way(conn, person)
            held = collecting.summary(collecting.collect(conn, person)) if dry_run else {}
        if waits:
            click.echo(f"Nothing was erased: first these have to end: {_waits(waits)}.", err=True)
            raise click.exceptions.Exit(OPEN)
        click.echo(RULE)
        if dry_run:
            click.echo(f"It is about {sum(held.values()):,} rows in {len(held)} tables. Nothing was changed.")
            return
        if not certain:
            click.confirm("Erase this person?", abort=True)
        try:
            done = erasing.erase(person.customer_id, by=_me())
        except Refused as no:
            click.echo(f"Not everything was erased ({no.code}): run it again.", err=True)
            raise click.exceptions.Exit(OPEN) from no
        except Away as e:
            raise click.ClickException(f"MEDIA_URL cannot be reached ({e}); run it again.") from e
        click.echo(f"Erased: {done.files} files, {done.messages:,} messages. {done.kept} papers stay until their retention ends.")


def _found(phone: str) -> Person:
    person = by_phone(base.connection(), phone)
    if person is None:
        click.echo("Nobody writes to us from this number (or they were erased).", err=True)
        raise click.exceptions.Exit(NOBODY)
    return person


def _waits(waits: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in waits.items())


def _me() -> str:
    try:
        return f"{audit.COMMAND_LINE}, {getpass.getuser()}"
    except (KeyError, OSError):
        return audit.COMMAND_LINE
