"""Webhooks of the fake providers: signed as theirs, repeated as theirs, and astray on demand."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.providers.control import Providers, ProvidersError
from tests.provider_shop import EMAIL, Delivery, Door, Shop


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    found = Door()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def shared(door: Door) -> Iterator[Shop]:
    with Providers.in_thread(webhook_url=door.url, refund_after_s=0.0, minute_s=0.005) as running:
        shop = Shop(running)
        yield shop
        shop.close()


@pytest.fixture
def shop(shared: Shop, door: Door) -> Shop:
    shared.providers.reset()
    door.clear()
    return shared


def signed(delivery: Delivery, key: str) -> bool:
    wanted = hmac.new(key.encode(), delivery.raw, hashlib.sha512).hexdigest()
    return hmac.compare_digest(delivery.headers.get("x-paystack-signature", ""), wanted)


def events(door: Door) -> list[str]:
    return [json.loads(d.raw).get("event", "") for d in door.taken]


def test_paystack_signs_the_raw_bytes_with_the_secret_key(shop: Shop, door: Door) -> None:
    shop.initialize("7-a1", metadata={"order": "Ọja № 7 ₦"})
    shop.providers.pay("7-a1")
    shop.providers.settle()

    (told,) = door.taken
    body = json.loads(told.raw)
    assert (told.path, body["event"], body["data"]["reference"]) == ("/webhook/paystack", "charge.success", "7-a1")
    assert signed(told, shop.providers.config.paystack_secret_key)
    assert "₦".encode() in told.raw  # not escaped: only the bytes as they came have this signature
    assert body["data"] == shop.verify("7-a1")


def test_a_body_with_odd_blanks_is_signed_as_it_is(shop: Shop, door: Door) -> None:
    shop.providers.configure(pretty=True)
    shop.initialize("7-a1")
    shop.providers.pay("7-a1")
    shop.providers.settle()

    assert door.taken[0].raw.startswith(b"{  \n")
    assert signed(door.taken[0], shop.providers.config.paystack_secret_key)


def test_flutterwave_sends_the_bare_hash(shop: Shop, door: Door) -> None:
    shop.payment("7-a1")
    number = shop.providers.pay("7-a1")
    shop.providers.settle()

    (told,) = door.taken
    body = json.loads(told.raw)
    assert (told.path, told.headers["verif-hash"]) == ("/webhook/flutterwave", shop.providers.config.flutterwave_secret_hash)
    assert (body["event"], body["data"]["id"], body["data"]["status"]) == ("charge.completed", number, "successful")


def test_flutterwave_also_speaks_its_older_form(shop: Shop, door: Door) -> None:
    shop.providers.configure(flutterwave_shape="flat")
    shop.payment("7-a1")
    number = shop.providers.pay("7-a1")
    shop.providers.settle()

    body = json.loads(door.taken[0].raw)
    assert "event" not in body
    assert "data" not in body
    assert (body["id"], body["txRef"], body["status"], body["event.type"]) == (number, "7-a1", "successful", "CARD_TRANSACTION")


def test_failures_are_told_by_flutterwave_and_not_by_paystack(shop: Shop, door: Door) -> None:
    shop.initialize("7-a1")
    shop.payment("8-a1")
    shop.providers.decline("7-a1")
    shop.providers.decline("8-a1")
    shop.providers.settle()

    assert [(d.path, json.loads(d.raw)["data"]["status"]) for d in door.taken] == [("/webhook/flutterwave", "failed")]
    with pytest.raises(ProvidersError):
        shop.providers.tell("7-a1")


def test_a_wrong_transfer_is_told_without_our_reference_and_as_text(shop: Shop, door: Door) -> None:
    body = {"email": EMAIL, "amount": 250_000, "reference": "7-a1", "bank_transfer": {}}
    account = shop.paystack("POST", "/charge", body)[1]["data"]["account_number"]
    shop.providers.transfer(account, 240_000)
    shop.providers.settle()

    told = json.loads(door.taken[0].raw)
    assert told["event"] == "bank.transfer.rejected"
    assert told["data"]["bank_transfer"]["amount"] == "240000"
    assert told["data"]["customer"]["email"] == EMAIL
    assert b"7-a1" not in door.taken[0].raw


def test_refunds_and_disputes_are_told(shop: Shop, door: Door) -> None:
    shop.initialize("7-a1")
    number = shop.providers.pay("7-a1")
    shop.paystack("POST", "/refund", {"transaction": number, "amount": 5_000})
    shop.providers.dispute("7-a1")
    shop.providers.reverse("7-a1")
    shop.payment("8-a1")
    other = shop.providers.pay("8-a1")
    shop.flutterwave("POST", f"/transactions/{other}/refund", {})
    shop.providers.settle()

    told = {e: json.loads(d.raw) for e, d in zip(events(door), door.taken, strict=True)}
    assert {
        "charge.success",
        "refund.pending",
        "refund.processed",
        "charge.dispute.create",
        "charge.dispute.resolve",
        "charge.completed",
        "",
    } <= set(told)
    assert told["refund.processed"]["data"]["amount"] == "5000"
    assert (told[""]["AmountRefunded"], told[""]["TransactionId"], told[""]["status"]) == (2500, other, "completed")


def test_paystack_repeats_until_it_hears_200(shop: Shop, door: Door) -> None:
    door.statuses = [500, 302, 404, 503]
    shop.initialize("7-a1")
    shop.providers.pay("7-a1")
    shop.providers.settle()

    assert len(door.taken) == 5
    assert len({d.raw for d in door.taken}) == 1
    assert [a["attempt"] for a in shop.providers.webhooks()["log"]] == [1, 2, 3, 4, 5]


def test_flutterwave_repeats_three_times_and_only_when_the_switch_is_on(shop: Shop, door: Door) -> None:
    door.statuses = [500] * 20
    shop.payment("7-a1")
    shop.providers.pay("7-a1")
    shop.providers.settle()
    with_switch = len(door.taken)
    shop.providers.configure(flutterwave_retries=False)

    shop.providers.tell("7-a1")
    shop.providers.settle()

    assert (with_switch, len(door.taken)) == (4, 5)


def test_held_webhooks_wait_for_their_release_and_may_come_backwards(shop: Shop, door: Door) -> None:
    shop.initialize("7-a1")
    shop.providers.hold()
    number = shop.providers.pay("7-a1")
    shop.paystack("POST", "/refund", {"transaction": number, "amount": 5_000})
    shop.providers.settle()
    before = len(door.taken)

    released = shop.providers.release(backwards=True)
    shop.providers.settle()

    assert (before, released) == (0, 3)
    assert sorted(events(door)) == ["charge.success", "refund.pending", "refund.processed"]
    assert events(door)[0] == "refund.processed"


def test_webhooks_come_in_another_order(shop: Shop, door: Door) -> None:
    shop.providers.fault(on="webhook", reorder=2)
    for reference in ("7-a1", "8-a1"):
        shop.payment(reference)
        shop.providers.pay(reference)
    shop.providers.settle()

    assert [json.loads(d.raw)["data"]["tx_ref"] for d in door.taken] == ["8-a1", "7-a1"]


@pytest.mark.parametrize(("rule", "count"), [({"duplicate": 2}, 3), ({"drop": True}, 0), ({"delay_s": 0.1}, 1)])
def test_webhooks_come_more_often_never_or_late(shop: Shop, door: Door, rule: dict[str, Any], count: int) -> None:
    shop.initialize("7-a1")
    shop.providers.fault(on="webhook", **rule)
    shop.providers.pay("7-a1")
    shop.providers.settle()

    assert len(door.taken) == count
    assert len({d.raw for d in door.taken}) == min(1, count)


@pytest.mark.parametrize("reference", ["7-a1", "8-a1"])
def test_a_forged_webhook_has_another_signature_and_an_unsigned_one_none(shop: Shop, door: Door, reference: str) -> None:
    shop.initialize("7-a1")
    shop.payment("8-a1")
    shop.providers.fault(on="webhook", forge=True)
    shop.providers.pay(reference)
    shop.providers.settle()
    shop.providers.fault(on="webhook", unsigned=True)
    shop.providers.tell(reference)
    shop.providers.settle()

    forged, bare = door.taken
    assert not signed(forged, shop.providers.config.paystack_secret_key)
    assert forged.headers.get("verif-hash") != shop.providers.config.flutterwave_secret_hash
    assert {"x-paystack-signature", "verif-hash"} & set(forged.headers)
    assert not {"x-paystack-signature", "verif-hash"} & set(bare.headers)


def test_a_webhook_may_lie_about_the_amount_and_is_signed_well(shop: Shop, door: Door) -> None:
    shop.initialize("7-a1")
    shop.providers.fault(on="webhook", change={"amount": 1})
    shop.providers.pay("7-a1")
    shop.providers.settle()

    assert json.loads(door.taken[0].raw)["data"]["amount"] == 1
    assert shop.verify("7-a1")["amount"] == 250_000
    assert signed(door.taken[0], shop.providers.config.paystack_secret_key)


def test_anything_can_be_posted_once(shop: Shop, door: Door) -> None:
    door.statuses = [200, 401, 200]

    own = shop.providers.deliver("paystack", {"event": "charge.success", "data": {"reference": "none"}})
    forged = shop.providers.deliver("flutterwave", {"event": "charge.completed"}, signed="forged")
    raw = shop.providers.deliver("paystack", raw="no json")

    assert (own, forged, raw) == (200, 401, 200)
    assert [d.raw for d in door.taken][2] == b"no json"
    assert signed(door.taken[0], shop.providers.config.paystack_secret_key)


def test_a_merchant_that_is_away_gets_it_later(shop: Shop, door: Door) -> None:
    shop.providers.configure(webhook_url="http://127.0.0.1:1/webhook")
    shop.initialize("7-a1")
    shop.providers.pay("7-a1")
    ends = time.monotonic() + 5
    while not shop.providers.webhooks()["refused"] and time.monotonic() < ends:
        time.sleep(0.01)
    shop.providers.configure(webhook_url=door.url)
    shop.providers.settle()

    assert events(door) == ["charge.success"]
