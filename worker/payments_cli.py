"""`drugsng payments ...`: what became of money, asked and mended from a terminal. docs/payments.md says when."""

from __future__ import annotations

from datetime import date

import click

from models import base
from models.base import connection
from models.payments import accounts, attempts, events, refunds, settling, tasks
from settings import current
from worker import broker, payments, reconciling
from worker.errors import GatewayError
from worker.house import UNIT_S
from worker.messages import SETTLE_PAYMENT_EVENT
from worker.tills import asking, moment, proof_of, tell, tills

PROVIDER = click.Choice(["paystack", "flutterwave"])


@click.group("payments")
def commands() -> None:
    """What became of money. Nothing here makes an order paid but the provider's own word."""
    settings = current()
    base.bind(settings.database_url, name="drugsng payments")
    broker.connect(settings.redis_url)


@commands.command()
@click.argument("number")
def show(number: str) -> None:
    """All that is known of an order's money."""
    with moment():
        _show(number)


@commands.command()
@click.argument("number")
def check(number: str) -> None:
    """Ask the providers about every attempt of an order, now, and show what came of it."""
    with moment():
        found = attempts.of_order(_order(number)[0])
    for attempt in found:
        if attempt.status != "paid":
            payments.check(attempt.id)
    with moment():
        _show(number)


@commands.command()
@click.argument("provider", type=PROVIDER)
@click.argument("reference")
@click.option("--id", "transaction_id", default="", help="the provider's own number of the transaction")
def find(provider: str, reference: str, transaction_id: str) -> None:
    """Ask a provider about a reference, and settle what it says as if its webhook had come. REFERENCE may be "-" beside --id."""
    gateway = tills().get(provider)
    if gateway is None:
        raise click.ClickException(f"There is no key of {provider}.")
    try:
        with asking():
            said = gateway.verify("" if reference == "-" else reference, transaction_id)
    except GatewayError as error:
        raise click.ClickException(f"{provider} did not answer: {error.code}. Try again.") from error
    click.echo(
        f"{provider} says {said.state} ({said.raw_status or '-'}): {said.amount}, transaction {said.transaction_id or '-'}"
    )
    if said.state == "unknown":
        return
    with moment() as now:
        settled = settling.settle(None, proof_of(provider, said), now=now, account_mode=gateway.mode)
    tell(settled)
    click.echo(f"order {settled.order_number or '-'}: {settled.kind}")


@commands.command()
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def compare(day: date) -> None:
    """A day of the providers' lists beside ours, as every night. May be done again."""
    for night in reconciling.reconcile(day.toordinal()):
        click.echo(f"listed {night.listed}, settled {night.settled}, tasks {night.tasks}, refunds booked {night.refunds}")


@commands.command()
def books() -> None:
    """Where all the money is. Ends with status 1 when a kobo is not accounted for."""
    with base.unit(UNIT_S):
        balances, wrong = accounts.balances(), accounts.violations()
    for each in balances:
        parts = ", ".join(
            f"{name} {getattr(each, name) / 100:,.2f}" for name in ("taken", "kept", "returned", "in_tasks", "lost")
        )
        click.echo(f"{each.currency} {each.mode}: {parts}")
    for violation in wrong:
        click.echo(f"{violation.rule} {violation.id}: {violation.detail}")
    click.echo(f"{len(wrong)} violations")
    if wrong:
        raise SystemExit(1)


@commands.command()
@click.argument("event", type=int)
def retry(event: int) -> None:
    """Let a webhook that could not be handled be handled again (the number is in its task)."""
    with moment():
        again = events.retry(event)
    if not again:
        raise click.ClickException(f"There is no webhook {event} that was set aside.")
    broker.hint_at(SETTLE_PAYMENT_EVENT, event)
    click.echo(f"webhook {event} is handled again.")


def _order(number: str) -> tuple[int, str, int]:
    row = connection().execute(
        """SELECT id, state, COALESCE("totalKobo", 0) FROM orders WHERE "orderNumber" = %s""", (number.lstrip("#"),)
    ).fetchone()  # fmt: skip
    if row is None:
        raise click.ClickException(f"There is no order {number}.")
    return int(row[0]), str(row[1]), int(row[2])


def _show(number: str) -> None:
    id, state, kobo = _order(number)
    click.echo(f"order {number}: {state}, {kobo / 100:,.2f}")
    for attempt in attempts.of_order(id):
        why = f" ({attempt.reason})" if attempt.reason else ""
        click.echo(f"attempt {attempt.reference} {attempt.provider} {attempt.kind} {attempt.mode}: {attempt.status}{why}")
    taken = connection().execute(
        """SELECT provider, "transactionId", "amountKobo", currency, settled FROM payments WHERE "orderId" = %s ORDER BY id""",
        (id,),
    )
    for provider, transaction, amount, currency, settled in taken.fetchall():
        click.echo(f"payment {transaction} {provider}: {currency} {amount / 100:,.2f}, {settled}")
    for refund in refunds.of_order(number.lstrip("#")):
        click.echo(f"refund {refund.id} of {refund.transaction_id}: {refund.amount}, {refund.status} ({refund.reason})")
    for task in tasks.of_order(number.lstrip("#")):
        click.echo(f"task {task.id} {task.kind}: {task.amount}, {task.outcome or 'open'}")
