"""A folder of published payment bodies with an index of what they mean, when the environment names one.

`PAYMENT_EXAMPLES` is a folder with `index.json`: a list of {file, provider, kind (webhook, response), http_status, expect}, where
expect has outcome, reference, amount_minor, currency and sometimes provider_id, transaction_id, requested_amount.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from models.payments import told
from models.values import Money
from tests.payment_peer import provider
from worker.errors import GatewayError
from worker.gateways.payments import Gateway, Start

_FOLDER = os.environ.get("PAYMENT_EXAMPLES", "")
_INDEX: list[dict[str, Any]] = json.loads((Path(_FOLDER) / "index.json").read_text()) if _FOLDER else []
_HOOKS = [entry for entry in _INDEX if entry["kind"] == "webhook"]
_ANSWERS = [entry for entry in _INDEX if entry["kind"] == "response"]

pytestmark = pytest.mark.skipif(not _FOLDER, reason="PAYMENT_EXAMPLES names no folder of published bodies")

# Outcome of the index: kind of event and the provider's words for it.
_TOLD = {
    "paid": ("charge", {"success", "successful"}),
    "failed": ("charge", {"failed"}),
    "wrong_amount": ("transfer_rejected", {"incorrect_amount"}),
    "refund_done": ("refund", {"processed", "completed"}),
    "refund_failed": ("refund", {"failed"}),
    "dispute_open": ("dispute", {"awaiting-merchant-feedback"}),
}
_STATES = {"paid": "paid", "not_completed": "pending", "failed": "failed", "unknown_reference": "unknown"}
_CODES = {"already_initialised": "duplicate_reference", "transient": "slow_down", "transient_unknown": "ambiguous"}


def _name(entry: dict[str, Any]) -> str:
    return str(entry["provider"]).partition("-")[0]


@pytest.mark.parametrize("entry", _HOOKS, ids=[entry["file"] for entry in _HOOKS])
def test_a_published_webhook_tells_what_its_index_says(entry: dict[str, Any]) -> None:
    found, expect = told.read(_name(entry), (Path(_FOLDER) / entry["file"]).read_bytes()), entry["expect"]
    kind, words = _TOLD[expect["outcome"]]
    assert (found.kind, found.raw_status in words) == (kind, True)
    assert (found.reference or None) == expect["reference"]
    assert found.amount == Money(expect["amount_minor"], expect["currency"])
    number = expect.get("provider_id") or expect.get("transaction_id")
    assert number is None or found.transaction_id == str(number)


def _called(gateway: Gateway, entry: dict[str, Any]) -> Any:
    if "verify" in entry["file"]:
        return gateway.verify(entry["expect"]["reference"] or "ORD-1-a1")
    reference = entry["expect"]["reference"] or "ORD-1-a1"
    return gateway.start(Start(reference, Money(100_000), "a@example.com"))


@pytest.mark.parametrize("entry", _ANSWERS, ids=[entry["file"] for entry in _ANSWERS])
def test_a_published_answer_is_read_as_its_index_says(entry: dict[str, Any]) -> None:
    body, expect = (Path(_FOLDER) / entry["file"]).read_bytes(), entry["expect"]
    with provider(_name(entry), (entry["http_status"], body)) as (gateway, _):
        if expect["outcome"] in _CODES:
            with pytest.raises(GatewayError) as raised:
                _called(gateway, entry)
            assert _CODES[expect["outcome"]] in (raised.value.code, raised.value.klass)
            return
        found = _called(gateway, entry)
    if expect["outcome"] == "initialized":
        assert found.url.startswith("https://checkout.")
        return
    assert found.state == _STATES[expect["outcome"]]
    if expect["amount_minor"] is not None:
        assert (found.amount, found.reference) == (Money(expect["amount_minor"]), expect["reference"])
    if "requested_amount" in expect:
        assert found.requested == Money(expect["requested_amount"])
    if "provider_id" in expect:
        assert found.transaction_id == str(expect["provider_id"])
