"""`drugsng ...`: every command of the house."""

from __future__ import annotations

import sys

import click

from models import migrating_cli
from settings import BadSetting


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Drugs.ng's pharmacy on WhatsApp."""


commands.add_command(migrating_cli.db)


def main() -> None:
    """The entry point: a setting that cannot be used ends in its sentence, not in a trace."""
    try:
        commands()
    except BadSetting as e:
        click.echo(str(e), err=True)
        sys.exit(78)


if __name__ == "__main__":
    main()
