"""Bank transfers of a wrong amount, which the provider refuses and sends back: whoever sent one hears of it.

The news names no reference of ours. The transaction's id and the payer's e-mail address, which no two customers share, say whose
it was; only what nobody can be found for is put before people. No money was taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from models import inbox
from models.base import connection
from models.payments import attempts, events, payers, tasks
from models.payments.events import PaymentEvent
from models.payments.told import Told
from models.payments.values import Attempt
from models.values import Money
from settings import current
from worker.gateways.payments import Gateway
from worker.logs import log
from worker.tills import asking, moment, wake

LATELY = timedelta(days=3)  # an account to transfer to lives eight hours at most; banks are slower


def handle(event: PaymentEvent, said: Told, gateway: Gateway) -> None:
    """Ends the event. Raises GatewayError when only the provider can say whose it was, and does not answer."""
    with moment() as now, connection().transaction():
        customer, number = _found(event, said, now)
        if customer is not None:
            _tell(event, said, customer, number, now)
    if customer is None:
        with asking():
            named = gateway.verify("", said.transaction_id).reference if said.transaction_id else ""
        with moment() as now, connection().transaction():
            attempt = attempts.by_reference(event.provider, named) if named else None
            customer = attempt.customer_id if attempt else None
            if attempt is not None:
                _tell(event, said, attempt.customer_id, attempt.order_number, now)
            else:
                _put_before_people(event, said, now)
    log().info("payment.transfer_rejected", told=customer is not None)
    wake([customer])


def _found(event: PaymentEvent, said: Told, now: datetime) -> tuple[int | None, str]:
    """Whose it was, by what we know ourselves, and the order's number; "" when it may have been for one of several."""
    attempt = attempts.by_reference(event.provider, said.reference) if said.reference else None
    attempt = attempt or attempts.by_provider_id(event.provider, said.transaction_id)
    if attempt is not None:
        return attempt.customer_id, attempt.order_number
    domain = current().payment_email_domain
    customer = payers.whose(said.email, domain, event.provider, since=now - LATELY)
    if customer is None:
        return None, ""
    numbers = {each.order_number for each in _lately(customer, event.provider, now)}
    return customer, numbers.pop() if len(numbers) == 1 else ""


def _lately(customer: int, provider: str, now: datetime) -> list[Attempt]:
    """Attempts by which they could have sent it: the open ones, or all of lately if none is."""
    found = [each for each in attempts.of_customer(customer, since=now - LATELY) if each.provider == provider]
    return [each for each in found if each.open] or found


def _tell(event: PaymentEvent, said: Told, customer: int, number: str, now: datetime) -> None:
    data = {"order_number": number, "amount_kobo": said.amount.kobo if said.amount else 0}
    if events.done(event, now=now):
        inbox.add_event(customer, "transfer_rejected", f"transfer_rejected:{event.id}", data)


def _put_before_people(event: PaymentEvent, said: Told, now: datetime) -> None:
    tasks.open(
        "transfer_rejected",
        f"{event.provider}:{said.transaction_id or said.reference or event.id}",
        now=now,
        provider=event.provider,
        reference=said.reference,
        amount=said.amount or Money(0),
        transaction=said.transaction_id,
        event=event.id,
    )
    events.done(event, now=now)
