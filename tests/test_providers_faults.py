"""The fake providers failing on demand: cut before and after the work, errors, limits, wrong answers of verify."""

from __future__ import annotations

import time
from typing import Any

import pytest
import urllib3

from local.providers.control import Providers, ProvidersError
from tests.provider_shop import EMAIL, Shop, shop_of

PROVIDERS = ["paystack", "flutterwave"]


shared, shop = shop_of(webhooks=False, refund_after_s=0.0)


def begin(shop: Shop, provider: str, reference: str = "7-a1") -> tuple[int, dict[str, Any]]:
    return shop.initialize(reference) if provider == "paystack" else shop.payment(reference)


def arrived(shop: Shop, reference: str = "7-a1") -> bool:
    return any(charge["reference"] == reference for charge in shop.providers.charges())


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("cut", "done"), [("before", False), ("after", True), ("mid", True)])
def test_a_cut_connection_leaves_the_work_done_or_not(shop: Shop, provider: str, cut: str, done: bool) -> None:
    shop.providers.fault(on="start", cut=cut, provider=provider)

    with pytest.raises(urllib3.exceptions.HTTPError):
        begin(shop, provider)

    assert arrived(shop) is done
    assert len(shop.providers.calls("7-a1")) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_a_server_error_leaves_the_work_done_or_not(shop: Shop, provider: str, when: str, done: bool) -> None:
    shop.providers.fault(on="start", http=503, when=when)

    status, body = begin(shop, provider)

    assert (status, body["status"] in (False, "error"), arrived(shop)) == (503, True, done)
    assert begin(shop, provider, "8-a1")[0] == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_silent_provider_may_have_done_the_work(shop: Shop, provider: str) -> None:
    shop.providers.fault(on="start", hang_s=0.2, hang_after=True)

    with pytest.raises(urllib3.exceptions.HTTPError):
        begin(shop, provider)

    assert arrived(shop)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_limit_says_when_to_come_back(shop: Shop, provider: str) -> None:
    shop.providers.fault(on="start", retry_after=7)
    path, key = ("/transaction/initialize", "paystack") if provider == "paystack" else ("/v3/payments", "flutterwave")
    headers = {"Authorization": f"Bearer {getattr(shop.providers.config, key + '_secret_key')}"}

    answer = shop.http.request("POST", shop.providers.url + path, json={}, headers=headers)

    assert (answer.status, answer.headers["Retry-After"], answer.headers["x-ratelimit-reset"]) == (429, "7", "7")
    assert answer.json()["message"] in ("Rate limit exceeded!", "Too many requests")


def test_a_refund_cut_after_the_work_is_in_the_list_of_refunds(shop: Shop) -> None:
    shop.initialize("7-a1")
    number = shop.providers.pay("7-a1")
    shop.providers.fault(on="refund", cut="after", match={"reference": "7-a1"})

    with pytest.raises(urllib3.exceptions.HTTPError):
        shop.paystack("POST", "/refund", {"transaction": number})

    assert [r["amount"] for r in shop.paystack("GET", f"/refund?transaction={number}")[1]["data"]] == [250_000]


@pytest.mark.parametrize(
    ("provider", "change"),
    [
        ("paystack", {"status": "pending"}),
        ("paystack", {"amount": 1, "requested_amount": 1}),
        ("paystack", {"domain": "live", "currency": "GHS", "reference": "other"}),
        ("flutterwave", {"status": "pending"}),
        ("flutterwave", {"amount": 1, "charged_amount": 1, "currency": "GHS", "tx_ref": "other"}),
    ],
)
def test_verify_says_something_else_so_many_times(shop: Shop, provider: str, change: dict[str, Any]) -> None:
    begin(shop, provider)
    shop.providers.pay("7-a1")
    look = shop.verify if provider == "paystack" else lambda reference: shop.verify_reference(reference)[1]["data"]
    truth = look("7-a1")
    shop.providers.verify_says("7-a1", times=2, **change)

    answers = [look("7-a1") for _ in range(3)]

    assert answers == [truth | change, truth | change, truth]


def test_verify_may_know_nothing_yet(shop: Shop) -> None:
    shop.payment("7-a1")
    number = shop.providers.pay("7-a1")
    shop.providers.fault(on="verify", absent=True, times=2)

    first, second = shop.verify_reference("7-a1"), shop.flutterwave("GET", f"/transactions/{number}/verify")

    assert [first[1]["message"], second[1]["message"]] == ["No transaction was found for this id"] * 2
    assert shop.verify_reference("7-a1")[0] == 200


def test_a_fault_is_for_its_provider_its_place_and_its_reference_only(shop: Shop) -> None:
    shop.providers.fault(on="verify", provider="paystack", match={"reference": "7-a1"}, http=500)

    others = [shop.initialize("7-a1")[0], shop.payment("7-a1")[0], shop.initialize("8-a1")[0]]
    shop.verify("8-a1")
    hit = shop.paystack("GET", "/transaction/verify/7-a1")

    assert (others, hit[0]) == ([200, 200, 200], 500)


def test_a_share_of_the_calls_fails_the_same_at_every_run(shop: Shop) -> None:
    def run() -> list[int]:
        shop.providers.reset()
        shop.initialize("7-a1")
        shop.providers.fault(on="verify", http=503, share=0.3, times=None)
        return [shop.paystack("GET", "/transaction/verify/7-a1")[0] for _ in range(100)]

    first, second = run(), run()

    assert first == second
    assert 15 <= first.count(503) <= 45


def test_verify_alone_can_be_slow(shop: Shop) -> None:
    shop.providers.configure(verify_latency_s=0.2)

    began = time.monotonic()
    shop.initialize("7-a1")
    between = time.monotonic()
    shop.verify("7-a1")
    ended = time.monotonic()

    assert ended - between >= 0.2
    assert between - began < 0.2


@pytest.mark.parametrize(
    "wrong",
    [{"on": "nowhere"}, {"cut": "maybe"}, {"http": 99}, {"speed": 1}, {"times": "two"}, {"match": {"to": "x"}}, {"delay_s": -1}],
)
def test_a_fault_that_means_nothing_is_refused_with_a_sentence(shop: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(ProvidersError) as refused:
        shop.providers.fault(**wrong)

    assert refused.value.status == 400
    assert next(iter(wrong)) in str(refused.value)


def test_every_call_is_counted_and_the_ledger_knows_all_money(shop: Shop) -> None:
    shop.initialize("7-a1")
    shop.payment("8-a1")
    shop.paystack("POST", "/charge", {"email": EMAIL, "amount": 300_000, "reference": "9-a1", "bank_transfer": {}})
    shop.providers.pay("7-a1")
    shop.providers.pay("8-a1", 123_456)
    shop.providers.transfer(shop.providers.charge("9-a1")["account"], 1)
    shop.providers.reverse("7-a1")

    sums, entries = shop.providers.ledger(), shop.providers.entries()

    nothing = {"taken": 0, "returned": 0, "refunded": 0, "reversed": 0}
    assert sums == {
        "7-a1": nothing | {"taken": 250_000, "reversed": 250_000},
        "8-a1": nothing | {"taken": 123_456},
        "9-a1": nothing | {"returned": 1},
    }
    assert [e["what"] for e in entries] == ["taken", "taken", "returned", "reversed"]
    assert shop.providers.counts() == {"paystack.initialize": 1, "flutterwave.payments": 1, "paystack.charge": 1}


def test_nothing_is_kept_beyond_the_bound() -> None:
    with Providers.in_thread(webhooks=False, keep=20) as small:
        shop = Shop(small)
        for number in range(60):
            shop.initialize(f"{number}-a1")
            small.pay(f"{number}-a1")
        health = small.health()
        listed = shop.paystack("GET", "/transaction?perPage=100")[1]["data"]
        shop.close()

    assert (health["charges"], health["transactions"], len(listed)) == (20, 20, 20)
    assert listed[0]["reference"] == "59-a1"
