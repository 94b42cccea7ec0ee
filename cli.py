"""`drugsng ...`: every command of the house."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import click

from models import (
    base,
    care_cli,
    clean_cli,
    figures,
    migrating_cli,
    monitor_cli,
    operations,
    privacy_cli,
    sessions_cli,
    staff_cli,
    vault,
    vault_cli,
)
from settings import BadSetting, current

UNIT_S = 30.0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Drugs.ng's pharmacy on WhatsApp."""


commands.add_command(migrating_cli.db)
monitor_cli.add_to(commands)


def _laptop(name: str) -> ModuleType:
    """A stand-in of the laptop: not part of production, where asking for it ends in a sentence."""
    try:
        return importlib.import_module(f"local.{name}")
    except ModuleNotFoundError as e:
        raise click.ClickException(f"`{name}` belongs to the laptop and is not installed here ({e.name}).") from e


_ANYTHING = {"ignore_unknown_options": True, "help_option_names": []}


@commands.command(context_settings=_ANYTHING)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(arguments: tuple[str, ...]) -> None:
    """Start the whole house on this machine, until Ctrl-C."""
    sys.exit(_laptop("run").main(list(arguments)))


@commands.command(context_settings=_ANYTHING)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def chat(arguments: tuple[str, ...]) -> None:
    """Talk to the bot in the terminal, or replay a transcript (--replay FILE)."""
    _laptop("chat").chat.main(args=list(arguments), prog_name="drugsng chat")


def _on_call(name: str, place: str, about: str) -> None:
    """A command (or group) that is imported only when it is called: the others need not load what reads pictures or asks banks."""

    @commands.command(name, help=about, context_settings=_ANYTHING)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def called(arguments: tuple[str, ...]) -> None:
        module, _, attribute = place.partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        found.main(args=list(arguments), prog_name=f"drugsng {name}")


_on_call("ocr", "worker.ocr.cli:ocr", "Read a prescription: a photo, a scan or a PDF.")
_on_call(
    "templates",
    "worker.whatsapp.templates_cli:templates",
    "What may be said outside the 24 hours: list what to submit to Meta, or check what is approved.",
)
_on_call("jobs", "jobs.cli:jobs", "What the clock does by itself: list, run one now, history.")
_on_call("payments", "worker.payments_cli:commands", "What became of money: show, check, find, compare, books, retry.")


def _open_vault() -> None:
    settings = current()
    base.bind(settings.database_url, name="drugsng keys")
    vault.bind(settings.media_url, settings.media_keys)


commands.add_command(vault_cli.keys(_open_vault))
clean_cli.add_to(migrating_cli.db, _open_vault)
privacy_cli.add_to(commands, _open_vault)
sessions_cli.add_to(commands)
care_cli.add_to(commands, lambda: base.bind(current().database_url, name="drugsng care"))
commands.add_command(staff_cli.staff)


@commands.group()
def catalogue() -> None:
    """The pharmacy's own list of products."""


@catalogue.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Take in a CSV list; the same list again changes nothing. Bad rows are told and left out."""
    from models.catalogue import importing

    base.bind(current().database_url, name="drugsng catalogue")
    base.connection()
    try:
        done = importing.import_rows(base.db, importing.read_csv(file))
    except ValueError as e:
        raise click.ClickException(str(e)) from e
    for problem in done.problems:
        click.echo(f"row {problem.row}: {problem.sentence}", err=True)
    click.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} as they were, {done.refused} refused.")
    sys.exit(1 if done.refused else 0)


@commands.command()
def waiting() -> None:
    """What waits, how old it is, and what went wrong."""
    base.bind(current().database_url, name="drugsng waiting")
    with base.unit(UNIT_S) as conn:
        for name, value in figures.gather(conn).items():
            shown = f"{value:.0f}" if value >= 0 else "not yet"
            click.echo(f"{shown:>12}  {name.removeprefix('drugsng_').replace('_', ' ')}")


@commands.group()
def failed() -> None:
    """Events and messages that were set aside."""


@failed.command("list")
@click.option("--limit", default=operations.PAGE, show_default=True, type=click.IntRange(1, 1000))
def list_(limit: int) -> None:
    """The newest first, each with its reason. No text of customers is shown."""
    base.bind(current().database_url, name="drugsng failed")
    with base.unit(UNIT_S) as conn:
        for row in operations.set_aside(conn, limit=limit):
            click.echo(
                f"{row.at:%Y-%m-%d %H:%M}  {row.what:<8}{row.id:>10}  customer {row.customer:<8} {row.status:<12} {row.reason}"
            )


@failed.command()
@click.argument("what", type=click.Choice(["event", "message"]))
@click.argument("number", type=int)
@click.option(
    "--minutes", default=15, show_default=True, type=click.IntRange(1, 1440), help="how long a message may still be sent"
)
def retry(what: str, number: int, minutes: int) -> None:
    """Give one another round of attempts; the sweep takes it up within seconds."""
    base.bind(current().database_url, name="drugsng failed")
    with base.unit(UNIT_S) as conn:
        done = (
            operations.retry_event(conn, number) if what == "event" else operations.retry_message(conn, number, minutes=minutes)
        )
    if done is None:
        raise click.ClickException(f"There is no {what} {number} that was set aside.")
    click.echo(f"{what} {number} of customer {done} is tried again.")


def main() -> None:
    """The entry point: a setting that cannot be used, or a database that is away, ends in a sentence and not in a trace."""
    try:
        commands()
    except BadSetting as e:
        click.echo(str(e), err=True)
        sys.exit(78)
    except base.Unavailable:
        click.echo("PostgreSQL cannot be reached: is it running, and is DATABASE_URL right?", err=True)
        sys.exit(75)


if __name__ == "__main__":
    main()
