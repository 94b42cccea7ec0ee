"""The fake Paystack: answers, field types and refusals as the real one's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.providers.control import Providers, ProvidersError
from tests.provider_shop import EMAIL, Shop, shop_of

shared, shop = shop_of(webhooks=False, refund_after_s=0.0)


def by_transfer(shop: Shop, reference: str = "7-a1", **more: Any) -> tuple[int, dict[str, Any]]:
    return shop.paystack("POST", "/charge", {"email": EMAIL, "amount": "250000", "reference": reference, "bank_transfer": more})


def test_a_payment_begins_abandoned_and_becomes_a_success(shop: Shop) -> None:
    status, begun = shop.initialize("7-a1")
    before = shop.verify("7-a1")

    number = shop.providers.pay("7-a1")

    after = shop.verify("7-a1")
    assert (status, begun["status"], begun["data"]["reference"]) == (200, True, "7-a1")
    assert begun["data"]["authorization_url"].endswith(begun["data"]["access_code"])
    assert (before["status"], before["paid_at"], before["fees"]) == ("abandoned", None, None)
    assert (after["status"], after["id"], after["amount"], after["requested_amount"]) == ("success", number, 250_000, 250_000)
    assert (after["domain"], after["currency"], after["channel"], after["fees"]) == ("test", "NGN", "card", 13_750)
    assert number > 2**32


def test_a_reference_is_used_once(shop: Shop) -> None:
    shop.initialize("7-a1")

    status, body = shop.initialize("7-a1")

    assert status == 400
    assert body == {
        "status": False,
        "message": "Duplicate Transaction Reference",
        "meta": {"nextStep": "Pass a unique transaction reference"},
        "type": "validation_error",
        "code": "duplicate_reference",
    }


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"email": "nobody"}, "invalid_email_address"),
        ({"email": None}, "invalid_email_address"),
        ({"amount": "2500.50"}, "invalid_amount"),
        ({"amount": 2500.5}, "invalid_amount"),
        ({"amount": "0"}, "invalid_amount"),
        ({"amount": -100}, "invalid_amount"),
        ({"amount": None}, "invalid_amount"),
        ({"amount": True}, "invalid_amount"),
        ({"amount": "4999"}, "amount_below_minimum"),
        ({"reference": "7/a1"}, "invalid_reference"),
        ({"reference": "order 7"}, "invalid_reference"),
        ({"currency": "GHS"}, "unsupported_currency"),
        ({"channels": ["cash"]}, "invalid_params"),
        ({"channels": "card"}, "invalid_params"),
    ],
)
def test_what_is_not_right_is_refused_and_nothing_is_kept(shop: Shop, wrong: dict[str, Any], code: str) -> None:
    status, body = shop.initialize(**({"reference": "7-a1"} | wrong))

    assert (status in (400, 403), body["status"], body["code"]) == (True, False, code)
    assert shop.providers.charges() == []


@pytest.mark.parametrize("key", ["", "sk_test_other", "FLWSECK_TEST-4f1e2d3c4b5a69788796a5b4c3d2e1f0-X"])
def test_another_key_is_refused_with_401(shop: Shop, key: str) -> None:
    status, body = shop.paystack("GET", "/transaction/verify/7-a1", key=key)

    assert (status, body["status"], body["message"]) == (401, False, "Invalid key")


def test_what_was_never_begun_is_not_found(shop: Shop) -> None:
    answers = [shop.paystack("GET", path) for path in ("/transaction/verify/none", "/transaction/12345", "/nothing")]

    assert [status for status, _ in answers][:2] == [404, 404]
    assert {body["code"] for _, body in answers[:2]} == {"transaction_not_found"}
    assert all(body.get("status") is not True for _, body in answers)


def test_a_declined_card_may_still_pay_under_the_same_reference(shop: Shop) -> None:
    shop.initialize("7-a1")
    shop.providers.decline("7-a1")
    declined = shop.verify("7-a1")

    shop.providers.pay("7-a1")

    assert (declined["status"], declined["gateway_response"]) == ("failed", "Declined")
    assert shop.verify("7-a1")["status"] == "success"
    assert shop.verify("7-a1")["id"] == declined["id"]


def test_a_slow_bank_is_ongoing_first(shop: Shop) -> None:
    shop.initialize("7-a1")

    shop.providers.pay_later("7-a1", 0.1)
    first = shop.verify("7-a1")["status"]
    shop.providers.settle_all()

    assert (first, shop.verify("7-a1")["status"]) == ("ongoing", "success")


def test_a_customer_who_bears_the_fee_pays_more_than_was_requested(shop: Shop) -> None:
    shop.providers.configure(fee_bearer="customer")
    shop.initialize("7-a1")

    shop.providers.pay("7-a1")

    found = shop.verify("7-a1")
    assert (found["requested_amount"], found["amount"], found["fees"]) == (250_000, 263_750, 13_750)


def test_an_account_takes_exactly_what_was_asked(shop: Shop) -> None:
    _, begun = by_transfer(shop)
    account = begun["data"]["account_number"]

    short, right = shop.providers.transfer(account, 249_999), shop.providers.transfer(account)

    assert begun["data"]["status"] == "pending_bank_transfer"
    assert (len(account), begun["data"]["bank"]["name"], begun["data"]["account_name"]) == (10, "Test Bank", "PAYSTACK CHECKOUT")
    assert (short, right) == (None, shop.verify("7-a1")["id"])
    assert shop.providers.ledger()["7-a1"] == {"taken": 250_000, "returned": 249_999, "refunded": 0, "reversed": 0}


def test_money_for_an_account_that_has_ended_is_sent_back(shop: Shop) -> None:
    _, begun = by_transfer(shop)
    shop.providers.act("expire", "7-a1")

    arrived = shop.providers.transfer(begun["data"]["account_number"])

    assert arrived is None
    assert shop.verify("7-a1")["status"] == "ongoing"


@pytest.mark.parametrize("minutes", [14, 8 * 60 + 1])
def test_an_account_lives_from_15_minutes_to_8_hours(shop: Shop, minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)

    status, body = by_transfer(shop, account_expires_at=at.isoformat())

    assert (status, body["message"]) == (400, "Invalid account expiry")


def test_ussd_gives_a_code_of_a_bank_that_has_it(shop: Shop) -> None:
    body = {"email": EMAIL, "amount": 250_000, "reference": "7-a1"}
    refused = shop.paystack("POST", "/charge", body | {"ussd": {"type": "999"}})

    status, begun = shop.paystack("POST", "/charge", body | {"ussd": {"type": "737"}})

    assert (refused[0], refused[1]["message"]) == (400, "Invalid USSD type")
    assert (status, begun["data"]["status"]) == (200, "pay_offline")
    assert begun["data"]["ussd_code"].startswith("*737*")
    assert begun["data"]["ussd_code"] in begun["data"]["display_text"]


def test_cards_are_not_charged_by_the_api(shop: Shop) -> None:
    card = {"email": EMAIL, "amount": 250_000, "card": {"number": "4084084084084081"}}

    assert shop.paystack("POST", "/charge", card)[0] == 400


def test_refunds_add_up_to_what_was_paid_and_not_more(shop: Shop) -> None:
    shop.initialize("7-a1")
    early = shop.paystack("POST", "/refund", {"transaction": "7-a1"})
    number = shop.providers.pay("7-a1")
    part = shop.paystack("POST", "/refund", {"transaction": number, "amount": 100_000})
    middle = shop.verify("7-a1")["status"]

    more = shop.paystack("POST", "/refund", {"transaction": number, "amount": 150_001})
    rest = shop.paystack("POST", "/refund", {"transaction": str(number)})
    after = shop.paystack("POST", "/refund", {"transaction": number})

    assert [early[0], part[0], more[0], rest[0], after[0]] == [400, 200, 400, 200, 400]
    assert (part[1]["data"]["transaction"]["id"], rest[1]["data"]["amount"]) == (number, 150_000)
    assert (middle, shop.verify("7-a1")["status"]) == ("success", "reversed")
    listed = shop.paystack("GET", f"/refund?transaction={number}")[1]
    assert [(r["amount"], r["status"], r["transaction"]) for r in listed["data"]] == [
        (150_000, "processed", number),
        (100_000, "processed", number),
    ]
    assert shop.providers.ledger()["7-a1"]["refunded"] == 250_000


@pytest.mark.parametrize(
    ("outcome", "word"), [("failed", "failed"), ("needs-attention", "needs-attention"), ("stuck", "pending")]
)
def test_a_refund_can_end_badly(shop: Shop, outcome: str, word: str) -> None:
    shop.providers.configure(refund_outcome=outcome)
    shop.initialize("7-a1")
    number = shop.providers.pay("7-a1")

    shop.paystack("POST", "/refund", {"transaction": number})

    assert shop.paystack("GET", f"/refund?transaction={number}")[1]["data"][0]["status"] == word
    assert shop.providers.ledger()["7-a1"]["refunded"] == 0


def test_the_list_comes_in_pages_newest_first(shop: Shop) -> None:
    for number in range(5):
        shop.initialize(f"{number}-a1")
    shop.providers.pay("3-a1")

    first = shop.paystack("GET", "/transaction?perPage=2&page=1")[1]
    last = shop.paystack("GET", "/transaction?perPage=2&page=3")[1]
    paid = shop.paystack("GET", "/transaction?status=success")[1]
    none = shop.paystack("GET", "/transaction?to=2020-01-01T00:00:00.000Z")[1]

    assert [t["reference"] for t in first["data"]] == ["4-a1", "3-a1"]
    assert [t["reference"] for t in last["data"]] == ["0-a1"]
    assert (first["meta"]["total"], first["meta"]["pageCount"]) == (5, 3)
    assert [t["reference"] for t in paid["data"]] == ["3-a1"]
    assert none["data"] == []


def test_a_second_payment_is_a_transaction_of_its_own_that_the_list_shows(shop: Shop) -> None:
    shop.initialize("7-a1")
    first = shop.providers.pay("7-a1")

    with pytest.raises(ProvidersError, match="paid already"):
        shop.providers.pay("7-a1")
    second = shop.providers.pay("7-a1", again=True)

    assert shop.verify("7-a1")["id"] == first
    assert [t["id"] for t in shop.paystack("GET", "/transaction")[1]["data"]] == [second, first]
    assert shop.providers.taken("7-a1") == 500_000


def test_a_live_key_makes_live_transactions() -> None:
    with Providers.in_thread(webhooks=False, paystack_secret_key="sk_live_1") as live:
        shop = Shop(live)
        shop.initialize("7-a1")
        assert shop.verify("7-a1")["domain"] == "live"
        shop.close()
