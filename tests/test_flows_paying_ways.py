"""What each provider opens for a customer, as the conversation shows it: asked over HTTP, told in the chat."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.payment_counter import Counter, counter, world
from worker.database_facts import DatabaseFacts
from worker.facts import CustomerFacts, Pharmacy
from worker.flows import entry
from worker.flows.step import Buttons, Happened, Link, Place, Step, Text
from worker.flows.wording import has
from worker.gateways.accounts import USSD_BANKS
from worker.whatsapp import outbound

__all__ = ["counter", "world"]  # fixtures
PHARMACY = Pharmacy("Drugs.ng Pharmacy", providers=("paystack", "flutterwave"))


def shown(counter: Counter, provider: str, kind: str) -> Step:
    """What the customer of a new attempt gets once its provider is ready."""
    attempt = counter.opened(provider, kind)
    known = CustomerFacts(attempt.customer_id, "Ada Obi", registered=True, returning=True)
    facts = DatabaseFacts(known, datetime.now(UTC), ZoneInfo("Africa/Lagos"), PHARMACY)
    return entry.turn(Place(), Happened("payment_ready", counter.said(attempt, "payment_ready")), facts)


@pytest.mark.parametrize("kind", ["link", "transfer", "ussd"])
@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_what_a_provider_opens_can_be_paid_by_and_sent(counter: Counter, provider: str, kind: str) -> None:
    step = shown(counter, provider, kind)

    way, last = step.replies
    offer = last if kind == "link" else way
    lines = str(getattr(way, "body", "")).split("\n")
    there = {
        "link": isinstance(way, Link) and way.url.startswith("http"),
        "transfer": any(line.isdecimal() and len(line) == 10 for line in lines),
        "ussd": any(line.startswith("```*") and line.endswith("#```") for line in lines),
    }
    assert there[kind], lines
    assert kind == "link" or (isinstance(last, Text) and last.body in lines)  # alone, to be copied whole
    assert isinstance(offer, Buttons)
    assert [b.title for b in offer.buttons] == ["I have paid", "Another way", "Cancel order"]
    assert all(outbound.build(reply, number="2348030000001", bsuid=None, callback="0") for reply in step.replies)


def test_every_bank_a_provider_makes_codes_for_has_a_name() -> None:
    assert [bank for banks in USSD_BANKS.values() for bank in banks if not has(f"bank.{bank}")] == []
