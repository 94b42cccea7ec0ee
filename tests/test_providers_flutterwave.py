"""The fake Flutterwave v3: answers, field types and refusals as the real one's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.provider_shop import EMAIL, Shop, shop_of

NOT_FOUND = {"status": "error", "message": "No transaction was found for this id", "data": None}


shared, shop = shop_of(webhooks=False)


def charge(shop: Shop, kind: str, reference: str = "7-a1", **more: Any) -> tuple[int, dict[str, Any]]:
    body = {"tx_ref": reference, "amount": "2500", "currency": "NGN", "email": EMAIL} | more
    return shop.flutterwave("POST", f"/charges?type={kind}", body)


def test_a_link_is_all_that_comes_back_and_nothing_is_found_until_somebody_tries(shop: Shop) -> None:
    status, begun = shop.payment("7-a1")

    assert (status, begun["status"], begun["message"], list(begun["data"])) == (200, "success", "Hosted Link", ["link"])
    assert shop.verify_reference("7-a1") == (400, NOT_FOUND)


def test_a_paid_reference_is_found_by_reference_and_by_id(shop: Shop) -> None:
    shop.payment("7-a1", amount="2500.50")

    number = shop.providers.pay("7-a1")

    by_reference = shop.verify_reference("7-a1")[1]["data"]
    by_id = shop.flutterwave("GET", f"/transactions/{number}/verify")[1]["data"]
    assert by_reference == by_id
    assert (by_id["id"], by_id["tx_ref"], by_id["status"]) == (number, "7-a1", "successful")
    assert (by_id["amount"], by_id["charged_amount"], by_id["app_fee"], by_id["currency"]) == (2500.5, 2500.5, 35.01, "NGN")
    assert by_id["flw_ref"].startswith("FLW-MOCK-")


def test_every_try_is_a_transaction_and_the_paid_one_counts(shop: Shop) -> None:
    shop.payment("7-a1")
    shop.providers.decline("7-a1")
    failed = shop.verify_reference("7-a1")[1]["data"]
    paid = shop.providers.pay("7-a1")

    again = shop.providers.pay("7-a1", again=True)

    assert (failed["status"], failed["processor_response"]) == ("failed", "Insufficient Funds")
    assert len({failed["id"], paid, again}) == 3
    assert shop.verify_reference("7-a1")[1]["data"]["id"] == paid
    assert shop.providers.taken("7-a1") == 500_000


def test_a_slow_bank_is_pending_first_under_the_same_id(shop: Shop) -> None:
    shop.payment("7-a1")

    number = shop.providers.pay_later("7-a1", 0.1)
    first = shop.verify_reference("7-a1")[1]["data"]
    shop.providers.settle_all()

    after = shop.verify_reference("7-a1")[1]["data"]
    assert (first["id"], first["status"], after["id"], after["status"]) == (number, "pending", number, "successful")


def test_a_reference_may_be_sent_again_until_somebody_tried_to_pay(shop: Shop) -> None:
    shop.payment("7-a1")

    again, other = shop.payment("7-a1"), shop.payment("7-a1", amount="2600")
    shop.providers.decline("7-a1")
    tried = shop.payment("7-a1")

    assert [again[0], other[0], tried[0]] == [200, 400, 400]
    assert "Duplicate" in tried[1]["message"]
    assert len(shop.providers.charges()) == 1


def test_a_reference_may_be_refused_always(shop: Shop) -> None:
    shop.providers.configure(flutterwave_repeat="always")
    shop.payment("7-a1")

    assert shop.payment("7-a1")[0] == 400


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"tx_ref": None}, "tx_ref is required"),
        ({"amount": None}, "amount is required"),
        ({"amount": "0"}, "amount should be a number"),
        ({"amount": "-5"}, "amount should be a number"),
        ({"amount": "12.345"}, "amount should be a number"),
        ({"amount": "many"}, "amount should be a number"),
        ({"amount": "NaN"}, "amount should be a number"),
        ({"amount": True}, "amount should be a number"),
        ({"customer": {}}, "customer.email is required"),
        ({"customer": {"email": "nobody"}}, "must be a valid email"),
        ({"currency": "XYZ"}, "Currency XYZ"),
        ({"redirect_url": "javascript:alert(1)"}, "redirect_url"),
        ({"configurations": {"session_duration": 1441}}, "session_duration"),
    ],
)
def test_what_is_not_right_is_refused_and_nothing_is_kept(shop: Shop, wrong: dict[str, Any], words: str) -> None:
    status, body = shop.payment(**({"reference": "7-a1"} | wrong))

    assert (status, body["status"], body["data"], words in body["message"]) == (400, "error", None, True)
    assert shop.providers.charges() == []


@pytest.mark.parametrize("key", ["", "FLWSECK_TEST-other", "sk_test_4f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"])
def test_another_key_is_refused_with_401(shop: Shop, key: str) -> None:
    answer = shop.flutterwave("GET", "/transactions", key=key)

    assert answer == (401, {"status": "error", "message": "Invalid authorization key", "data": None})


def test_an_account_keeps_what_comes_be_it_less_or_more(shop: Shop) -> None:
    accounts = {}
    for reference in ("short", "long"):
        accounts[reference] = charge(shop, "bank_transfer", reference)[1]["meta"]["authorization"]["transfer_account"]
    nothing_yet = shop.verify_reference("short")

    shop.providers.transfer(accounts["short"], 100_000)
    shop.providers.transfer(accounts["long"], 300_050)

    assert nothing_yet == (400, NOT_FOUND)
    found = {r: shop.verify_reference(r)[1]["data"] for r in accounts}
    assert {r: (f["amount"], f["charged_amount"], f["payment_type"]) for r, f in found.items()} == {
        "short": (1000, 1000, "bank_transfer"),
        "long": (3000.5, 3000.5, "bank_transfer"),
    }


def test_an_account_tells_what_to_send_where_and_until_when(shop: Shop) -> None:
    status, begun = charge(shop, "bank_transfer", bank_transfer_options={"expires": 3600})

    told = begun["meta"]["authorization"]
    ends = datetime.strptime(told["account_expiration"], "%Y-%m-%d %I:%M:%S %p").replace(tzinfo=UTC)
    assert (status, begun["status"], begun["message"]) == (200, "success", "Charge initiated")
    assert (len(told["transfer_account"]), told["transfer_amount"], told["mode"]) == (10, "2500.00", "banktransfer")
    assert timedelta(minutes=59) < ends - datetime.now(UTC) < timedelta(minutes=61)


def test_ussd_is_pending_until_the_code_is_dialled(shop: Shop) -> None:
    refused = charge(shop, "ussd", account_bank="999")

    status, begun = charge(shop, "ussd", account_bank="058")
    number = shop.providers.pay("7-a1")

    assert refused[0] == 400
    assert (status, begun["data"]["status"], begun["data"]["id"]) == (200, "pending", number)
    assert begun["meta"]["authorization"] == {"mode": "ussd", "note": begun["meta"]["authorization"]["note"]}
    assert begun["meta"]["authorization"]["note"].startswith("*737*")
    assert shop.verify_reference("7-a1")[1]["data"]["payment_type"] == "ussd"


def test_cards_are_not_charged_by_the_api_and_references_are_used_once(shop: Shop) -> None:
    charge(shop, "bank_transfer")

    answers = [charge(shop, "card", "8-a1"), charge(shop, "bank_transfer"), shop.payment("7-a1")]

    assert [status for status, _ in answers] == [400, 400, 400]


def test_a_customer_who_bears_the_fee_is_charged_it_on_top(shop: Shop) -> None:
    shop.providers.configure(fee_bearer="customer")
    shop.payment("7-a1")

    shop.providers.pay("7-a1")

    found = shop.verify_reference("7-a1")[1]["data"]
    assert (found["amount"], found["charged_amount"], found["app_fee"]) == (2500, 2535, 35)


def test_a_disabled_link_takes_no_money(shop: Shop) -> None:
    link = shop.payment("7-a1")[1]["data"]["link"]

    disabled = shop.flutterwave("POST", "/payments/link/disable", {"link": link})
    unknown = shop.flutterwave("POST", "/payments/link/disable", {"link": link + "x"})
    page = shop.http.request("POST", link, fields={"act": "pay"}, encode_multipart=False)

    assert (disabled[0], unknown[0]) == (200, 400)
    assert "disabled" in page.data.decode()
    assert shop.providers.ledger() == {}


def test_refunds_add_up_to_what_was_paid_and_not_more(shop: Shop) -> None:
    shop.payment("7-a1")
    number = shop.providers.pay("7-a1")
    part = shop.flutterwave("POST", f"/transactions/{number}/refund", {"amount": 1000.5, "comments": "out of stock"})

    more = shop.flutterwave("POST", f"/transactions/{number}/refund", {"amount": 1500})
    rest = shop.flutterwave("POST", f"/transactions/{number}/refund", {})
    after = shop.flutterwave("POST", f"/transactions/{number}/refund", {})
    unknown = shop.flutterwave("POST", "/transactions/1/refund", {})

    assert [part[0], more[0], rest[0], after[0], unknown] == [200, 400, 200, 400, (400, NOT_FOUND)]
    assert (part[1]["data"]["amount_refunded"], part[1]["data"]["status"], part[1]["data"]["tx_id"]) == (
        1000.5,
        "completed",
        number,
    )
    listed = shop.flutterwave("GET", f"/refunds?tx_id={number}")[1]["data"]
    assert [r["amount_refunded"] for r in listed] == [1499.5, 1000.5]
    assert shop.flutterwave("GET", f"/refunds/{listed[0]['id']}")[1]["data"] == listed[0]
    assert shop.providers.ledger()["7-a1"]["refunded"] == 250_000


def test_the_list_comes_ten_a_page_by_days(shop: Shop) -> None:
    for number in range(12):
        shop.payment(f"{number}-a1")
        shop.providers.pay(f"{number}-a1")
    today = datetime.now(UTC).date()

    first = shop.flutterwave("GET", f"/transactions?from={today - timedelta(1)}&to={today + timedelta(1)}")[1]
    second = shop.flutterwave("GET", "/transactions?page=2")[1]
    before = shop.flutterwave("GET", f"/transactions?to={today - timedelta(2)}")[1]

    assert first["meta"]["page_info"] == {"total": 12, "current_page": 1, "total_pages": 2}
    assert [len(page["data"]) for page in (first, second, before)] == [10, 2, 0]
    assert first["data"][0]["tx_ref"] == "11-a1"
