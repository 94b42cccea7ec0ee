"""`drugsng staff ...`: the people of the console from the command line, where the first owner comes from.

A password is never an argument, which other users of the machine could read: one-time passwords are made and printed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from models import base
from models import staff as people
from models.roles import ROLES, Staff
from models.values import Refused

WITHIN_S = 30.0
WHY = {
    "bad_email": "This is not an e-mail address.",
    "email_taken": "Somebody with this e-mail address is there already: see `drugsng staff list`.",
    "bad_name": f"A name has 2 to {people.NAME_LENGTH} characters.",
    "unknown_role": f"The role is one of {', '.join(ROLES)}.",
    "licence_needed": "A pharmacist signs with a licence number: add --licence NUMBER.",
    "licence_too_long": f"A licence number has at most {people.LICENCE_LENGTH} characters.",
    "doctor_needed": "A doctor sees the visits of one doctor: add --doctor ID.",
    "unknown_doctor": "There is no doctor with this id.",
    "last_owner": "This is the last owner: make another one first.",
    "unknown_staff": "There is no such colleague any more.",
}


def _address(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--database-url", envvar="DATABASE_URL", required=True, help="Otherwise DATABASE_URL from the environment."
    )(function)


@contextmanager
def _open(database_url: str) -> Iterator[None]:
    """The database, with a rule's no as a sentence and exit code 1."""
    base.bind(database_url, name="drugsng staff")
    try:
        with base.unit(WITHIN_S):
            yield
    except Refused as refused:
        raise click.ClickException(WHY.get(refused.code, refused.code)) from refused
    finally:
        base.drop_connection()


def _named(email: str) -> Staff:
    found = people.by_email(email)
    if found is None:
        raise click.ClickException("Nobody has this e-mail address: see `drugsng staff list`.")
    return found


@click.group()
def staff() -> None:
    """Who may use the console."""


@staff.command()
@_address
@click.argument("email")
@click.option("--name", required=True, help="As it stands on decisions.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--licence", default="", help="The pharmacist's licence number.")
@click.option("--doctor", type=int, default=None, help="With role doctor: the id of the doctor whose visits they see.")
def add(database_url: str, email: str, name: str, role: str, licence: str, doctor: int | None) -> None:
    """Take on a colleague, and print the one-time password they sign in with."""
    with _open(database_url):
        made, password = people.add(email, name, role, licence, doctor_id=doctor)
    _hand_over(made, password)


@staff.command("list")
@_address
def list_(database_url: str) -> None:
    """Everybody, by e-mail address."""
    after = ""
    with _open(database_url):
        while page := people.everybody(after=after):
            for each in page:
                state = "deactivated" if not each.active else "one-time password" if each.must_change_password else ""
                seen = f"{each.last_login_at:%Y-%m-%d %H:%M}" if each.last_login_at else "never"
                click.echo(
                    f"{each.email:<36} {each.role:<11} {each.name:<28} {each.licence_number:<18} {seen:<17} {state}".rstrip()
                )
            after = page[-1].email


@staff.command()
@_address
@click.argument("email")
@click.option("--activate", is_flag=True, help="Let in again somebody who had been deactivated.")
def password(database_url: str, email: str, activate: bool) -> None:
    """Print a new one-time password; the old one, a lock and all sessions end."""
    with _open(database_url):
        done, word = people.renew_password(_named(email).id, activate=activate)
    _hand_over(done, word)


@staff.command()
@_address
@click.argument("email")
@click.argument("new_role", type=click.Choice(ROLES))
@click.option("--licence", default=None, help="The pharmacist's licence number; the present one if not given.")
@click.option("--doctor", type=int, default=None, help="With role doctor: whose visits they see; the present one's if not given.")
def role(database_url: str, email: str, new_role: str, licence: str | None, doctor: int | None) -> None:
    """Give somebody another role; they sign in anew."""
    with _open(database_url):
        found = _named(email)
        number = found.licence_number if licence is None else licence
        people.change_role(found.id, new_role, number, doctor_id=found.doctor_id if doctor is None else doctor)
    click.echo(f"{found.email} is {new_role} now.")


@staff.command()
@_address
@click.argument("email")
def deactivate(database_url: str, email: str) -> None:
    """Nobody signs in with this address any more; what they decided stays on record."""
    with _open(database_url):
        found = people.deactivate(_named(email).id)
    click.echo(f"{found.email} is signed out and cannot sign in any more.")


def _hand_over(who: Staff, password: str) -> None:
    click.echo(f"{who.email} signs in once with this password, within {people.ONE_TIME_DAYS} days, and then chooses another:")
    click.echo(f"  {password}")
