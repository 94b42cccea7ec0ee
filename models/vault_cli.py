"""`drugsng keys new | reseal`: the keys that seal prescriptions.

commands.add_command(vault_cli.keys(bind))  # bind() points `models.base` and `models.vault` at what the settings say
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import click
from cryptography.fernet import Fernet

from models import resealing
from models.base import unit
from models.vault import vault

UNIT_S = 60.0
A_ROUND = 500


def keys(bind: Callable[[], None]) -> click.Group:
    """The group of commands; `bind` is called before the database or the files are asked for anything."""

    @click.group("keys")
    def group() -> None:
        """The keys that seal prescriptions (MEDIA_KEYS)."""

    @group.command()
    def new() -> None:
        """Print a new key.

        Put it before the others in MEDIA_KEYS, start every process anew, then run `keys reseal`.
        """
        click.echo(Fernet.generate_key().decode())

    @group.command()
    @click.option("--batch", default=50, show_default=True, type=click.IntRange(1, 1000), help="Prescriptions a round.")
    def reseal(batch: int) -> None:
        """Put pictures, readings, drafts, answers, files of talks and results of lab tests under the newest key.

        Safe while the shop is open; may be stopped and run again, what is done is passed over. Records of decisions are never
        written again: at the end it says which of the older keys must stay for them.
        """
        bind()
        if not vault().keys:
            raise click.ClickException("MEDIA_KEYS is not set.")
        problems = _reseal("prescription", resealing.batch, batch) + _reseal("file", resealing.loose_files, batch)
        _tell_keys()
        if problems:
            raise click.ClickException(f"{problems} parts could not be opened or reached; nothing of them was changed.")
        click.echo("Everything but the records of decisions is under the newest key.")

    return group


def _reseal(what: str, rows: Callable[..., list[resealing.Sealed]], limit: int) -> int:
    """Every prescription or file, by id; the number of parts that could not be done."""
    done, after, problems = 0, 0, 0
    while True:
        with unit(UNIT_S) as conn:
            found = rows(conn, after=after, limit=limit)
        if not found:
            return problems
        for row in found:
            changed, wrong = resealing.reseal(row)
            done, problems = done + changed, problems + len(wrong)
            for sentence in wrong:
                click.echo(f"{what} {row.id}: {sentence}", err=True)
        after = found[-1].id
        click.echo(f"up to {what} {after}: {done} parts put under the newest key")


def _tell_keys() -> None:
    needed: Counter[int | None] = Counter()
    after = 0
    while True:
        with unit(UNIT_S) as conn:
            sealed_with, after = resealing.keys_of_decisions(conn, after=after, limit=A_ROUND)
        if not sealed_with:
            break
        needed.update(sealed_with)
    for place in range(1, len(vault().keys)):
        if needed[place]:
            click.echo(f"Key {place + 1} of MEDIA_KEYS must stay: {needed[place]} records of decisions are sealed with it.")
        else:
            click.echo(f"Key {place + 1} of MEDIA_KEYS seals no record of a decision.")
    if needed[None]:
        raise click.ClickException(f"{needed[None]} records of decisions are opened by no key of MEDIA_KEYS: a key is missing.")
