"""Answers and webhooks of the fakes beside samples of the real ones, when PAYMENT_EXAMPLES names a folder of those."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.providers.control import Providers
from tests.provider_shop import EMAIL, Door, Shop

FOLDER = os.environ.get("PAYMENT_EXAMPLES", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="PAYMENT_EXAMPLES names no folder of samples")
# Of the samples: what only some cards, older versions or support bring.
LOOSE = {"plan", "log", "authorization", "split", "card", "meta", "metadata", "narration"}


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What the fakes say, by the name of the sample it is like."""
    door = Door()
    with Providers.in_thread(webhook_url=door.url, refund_after_s=0.0, webhook_lanes=1) as running:
        shop = Shop(running)
        found = _paystack(shop) | _flutterwave(shop)
        running.settle()
        shop.close()
    for delivery in door.taken:
        body = json.loads(delivery.raw)
        status = body.get("data", {}).get("status") if "event" in body else "flat_refund" if "AmountRefunded" in body else "flat"
        found[f"{body.get('event', '')}:{status}"] = body
    door.stop()
    return found


def _paystack(shop: Shop) -> dict[str, Any]:
    found = {"initialize": shop.initialize("7-a1")[1], "duplicate": shop.initialize("7-a1")[1]}
    found["abandoned"] = shop.paystack("GET", "/transaction/verify/7-a1")[1]
    shop.providers.fault(on="verify", retry_after=1)
    found["limited"] = shop.paystack("GET", "/transaction/verify/7-a1")[1]
    number = shop.providers.pay("7-a1")
    found["success"] = shop.paystack("GET", "/transaction/verify/7-a1")[1]
    shop.providers.dispute("7-a1")
    shop.paystack("POST", "/refund", {"transaction": number, "amount": 5_000})
    shop.providers.configure(refund_outcome="failed")
    shop.paystack("POST", "/refund", {"transaction": number, "amount": 5_000})
    shop.providers.configure(refund_outcome="done")
    body = {"email": EMAIL, "amount": 250_000, "reference": "8-a1", "bank_transfer": {}}
    account = shop.paystack("POST", "/charge", body)[1]["data"]["account_number"]
    shop.providers.transfer(account, 5)
    return found


def _flutterwave(shop: Shop) -> dict[str, Any]:
    found = {"link": shop.payment("9-a1")[1], "absent": shop.verify_reference("9-a1")[1]}
    shop.providers.decline("9-a1")
    shop.providers.fault(on="verify", http=503)
    found["503"] = shop.verify_reference("9-a1")[1]
    number = shop.providers.pay("9-a1")
    found["successful"] = shop.verify_reference("9-a1")[1]
    shop.providers.fault(on="webhook", shape="flat")
    shop.providers.tell("9-a1", transaction_id=number)
    shop.flutterwave("POST", f"/transactions/{number}/refund", {})
    return found


@pytest.mark.parametrize(
    ("sample", "ours"),
    [
        ("ps_rs_initialize_ok", "initialize"),
        ("ps_rs_duplicate_reference", "duplicate"),
        ("ps_rs_rate_limited", "limited"),
        ("ps_rs_verify_abandoned", "abandoned"),
        ("ps_rs_verify_success", "success"),
        ("ps_wh_charge_success_card", "charge.success:success"),
        ("ps_wh_bank_transfer_rejected", "bank.transfer.rejected:None"),
        ("ps_wh_charge_dispute_create", "charge.dispute.create:awaiting-merchant-feedback"),
        ("ps_wh_refund_processed", "refund.processed:processed"),
        ("ps_wh_refund_failed", "refund.failed:failed"),
        ("fl3_rs_payments_link", "link"),
        ("fl3_rs_verify_not_found", "absent"),
        ("fl3_rs_503_timeout", "503"),
        ("fl3_rs_verify_successful", "successful"),
        ("fl3_wh_charge_completed_card", "charge.completed:successful"),
        ("fl3_wh_charge_completed_failed", "charge.completed:failed"),
        ("fl3_wh_flat_card", ":flat"),
        ("fl3_wh_refund_flat", ":flat_refund"),
    ],
)
def test_it_has_the_fields_of_the_real_one_and_their_types(seen: dict[str, Any], sample: str, ours: str) -> None:
    real = json.loads((Path(FOLDER) / f"{sample}.json").read_text())

    assert list(_differences(real, seen[ours], "")) == []


def _differences(real: Any, ours: Any, path: str) -> Iterator[str]:
    """Fields that are not there, or are of another type; null goes with anything."""
    if real is None or ours is None:
        return
    kinds = tuple((int, float) if isinstance(v, (int, float)) and not isinstance(v, bool) else type(v) for v in (real, ours))
    if kinds[0] != kinds[1]:
        yield f"{path}: {type(real).__name__} there, {type(ours).__name__} here"
    elif isinstance(real, dict):
        for name, value in real.items():
            if name in LOOSE:
                continue
            if name not in ours:
                yield f"{path}.{name} is not here"
            else:
                yield from _differences(value, ours[name], f"{path}.{name}")
