"""`drugsng templates`: what to submit to Meta, and whether Meta has approved it as we mean it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict

import click

from settings import Settings, current
from worker.errors import GatewayError
from worker.whatsapp.client import Approval, WhatsApp
from worker.whatsapp.templates import CATEGORY, KNOWN, Known, named


@click.group()
def templates() -> None:
    """What may be said outside the 24 hours after a customer's last message."""


@templates.command("list")
@click.option("--json", "as_json", is_flag=True, help="for other programs")
def list_(as_json: bool) -> None:
    """What to submit: name, language, category, text, and a sample for each place."""
    settings = current()
    if as_json:
        found = [{**asdict(known), "called": named(known.kind, settings), "category": CATEGORY} for known in KNOWN.values()]
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for known in KNOWN.values():
        click.echo(_sheet(known, settings))


def _sheet(known: Known, settings: Settings) -> str:
    called = named(known.kind, settings)
    if called is None:
        return f"{known.kind}: switched off\n"
    lines = [f"{called[0]}  ({called[1]}, {CATEGORY.lower()})", f"  {known.text}"]
    places = zip(known.parameters, known.samples, strict=True)
    lines += [f"  {{{{{number}}}}} {name}, for example: {sample}" for number, (name, sample) in enumerate(places, 1)]
    return "\n".join(lines) + "\n"


@templates.command()
def check() -> None:
    """Ask Meta: is each approved, with our text, as a utility template? Ends with 1 unless all are."""
    settings = current()
    if not (settings.whatsapp_access_token and settings.whatsapp_business_account_id and settings.whatsapp_phone_number_id):
        raise click.ClickException(
            "This needs WHATSAPP_ACCESS_TOKEN, WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_BUSINESS_ACCOUNT_ID (Meta: WhatsApp, API setup)."
        )
    client = WhatsApp(
        settings.whatsapp_api_base_url,
        settings.whatsapp_api_version,
        settings.whatsapp_phone_number_id,
        settings.whatsapp_access_token,
        pool_size=1,
    )
    try:
        approvals = client.templates(settings.whatsapp_business_account_id)
    except GatewayError as e:
        raise click.ClickException(f"Meta did not give the list: {e.code} {e.detail}".strip()) from e
    finally:
        client.close()
    good = True
    for known in KNOWN.values():
        trouble = judged(known, settings, approvals)
        good = good and not trouble
        click.echo(f"{'  ' if not trouble else '! '}{known.kind:<22} {trouble or 'approved'}")
    sys.exit(0 if good else 1)


def judged(known: Known, settings: Settings, approvals: Iterable[Approval]) -> str:
    """What is wrong with this template at Meta, in one line; "" when nothing is, or when it is switched off."""
    called = named(known.kind, settings)
    if called is None:
        return ""
    theirs = [one for one in approvals if one.name == called[0]]
    one = next((each for each in theirs if each.language == called[1]), None)
    if one is None:
        others = ", ".join(sorted({each.language for each in theirs}))
        return f"{called[0]} is not there in {called[1]}" + (f", only in {others}" if others else "")
    if one.status.upper() != "APPROVED":
        return f"{called[0]} is {one.status.lower()}"
    if one.category.upper() != CATEGORY:
        return f"{called[0]} is {one.category.lower()}, not {CATEGORY.lower()}: it costs more and is not always delivered"
    if one.language.partition("_")[0] == "en" and one.text.split() != known.text.split():
        return f"{called[0]} has another text than ours"
    return ""
