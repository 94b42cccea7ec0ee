"""The hosted payment page, the bank, the way back to the shop; the program itself and what a laptop's house tells it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from local import environment
from local.providers.config import Config
from local.providers.control import Providers
from local.simulator.browser import Browser, executable
from tests.provider_shop import EMAIL, Shop, shop_of

EVIL = '"><script>window.hacked=1</script>'


shared, shop = shop_of(webhooks=False, late_s=0.1)


def page_of(shop: Shop, provider: str = "paystack", back: str = "http://shop.example/back?order=7") -> str:
    if provider == "paystack":
        return str(shop.initialize("7-a1", callback_url=back)[1]["data"]["authorization_url"])
    return str(shop.payment("7-a1", redirect_url=back)[1]["data"]["link"])


def press(shop: Shop, url: str, **fields: str) -> tuple[int, str, str]:
    """(status, Location, page)"""
    answer = shop.http.request("POST", url, fields=fields, encode_multipart=False, redirect=False)
    return answer.status, answer.headers.get("Location", ""), answer.data.decode()


def test_paying_goes_back_as_paystack_does(shop: Shop) -> None:
    status, where, _ = press(shop, page_of(shop), act="pay")

    assert (status, urlsplit(where).netloc) == (303, "shop.example")
    assert parse_qs(urlsplit(where).query) == {"order": ["7"], "trxref": ["7-a1"], "reference": ["7-a1"]}
    assert shop.providers.taken("7-a1") == 250_000


def test_paying_goes_back_as_flutterwave_does(shop: Shop) -> None:
    _, where, _ = press(shop, page_of(shop, "flutterwave"), act="pay")

    number = shop.verify_reference("7-a1")[1]["data"]["id"]
    wanted = {"order": ["7"], "status": ["successful"], "tx_ref": ["7-a1"], "transaction_id": [str(number)]}
    assert parse_qs(urlsplit(where).query) == wanted


def test_leaving_takes_nothing_and_is_told_by_flutterwave_in_the_address_only(shop: Shop) -> None:
    paystack = press(shop, page_of(shop), act="leave")
    shop.providers.reset()
    flutterwave = press(shop, page_of(shop, "flutterwave"), act="leave")

    assert paystack[0] == 200
    assert "left without paying" in paystack[2]
    assert parse_qs(urlsplit(flutterwave[1]).query) == {"order": ["7"], "status": ["cancelled"], "tx_ref": ["7-a1"]}
    assert shop.providers.ledger() == {}


@pytest.mark.parametrize(
    ("provider", "act", "taken"),
    [
        ("paystack", "decline", 0),
        ("paystack", "twice", 500_000),
        ("paystack", "little", 0),
        ("paystack", "much", 0),
        ("flutterwave", "decline", 0),
        ("flutterwave", "twice", 500_000),
        ("flutterwave", "little", 125_000),
        ("flutterwave", "much", 300_000),
    ],
)
def test_every_button_does_what_it_says(shop: Shop, provider: str, act: str, taken: int) -> None:
    status, _, _ = press(shop, page_of(shop, provider), act=act)

    assert status == (303 if taken else 200)
    assert shop.providers.taken("7-a1") == taken


@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_a_late_answer_comes_after_the_customer_has_gone(shop: Shop, provider: str) -> None:
    status, _, page = press(shop, page_of(shop, provider), act="late")
    before = shop.providers.taken("7-a1")
    shop.providers.settle_all()

    assert (status, "Back to the shop" in page) == (200, True)
    assert (before, shop.providers.taken("7-a1")) == (0, 250_000)


def test_what_is_paid_or_unknown_says_so(shop: Shop) -> None:
    url = page_of(shop)
    press(shop, url, act="pay")

    again = press(shop, url, act="pay")
    unknown = shop.http.request("GET", f"{shop.providers.url}/pay/none")

    assert (again[0], "paid already" in again[2]) == (200, True)
    assert (unknown.status, "not known here" in unknown.data.decode()) == (404, True)
    assert shop.providers.taken("7-a1") == 250_000


def test_the_bank_sends_any_amount(shop: Shop) -> None:
    body = {"tx_ref": "7-a1", "amount": 2500, "email": EMAIL}
    account = shop.flutterwave("POST", "/charges?type=bank_transfer", body)[1]["meta"]["authorization"]["transfer_account"]
    bank = f"{shop.providers.url}/bank"

    shown = shop.http.request("GET", bank).data.decode()
    wrong = [press(shop, bank, to=account, amount="a lot"), press(shop, bank, to="0000000000", amount="5")]
    right = press(shop, bank, to=account, amount="2,500.50")

    assert account in shown
    assert [status for status, _, _ in wrong] == [400, 404]
    assert "₦2,500.50 arrived for 7-a1" in right[2]
    assert shop.providers.taken("7-a1") == 250_050


def test_pages_of_other_sites_cannot_press_buttons(shop: Shop) -> None:
    url = page_of(shop)

    foreign = shop.http.request("POST", url, body="act=pay", headers={"Origin": "http://elsewhere.example"})
    control = shop.http.request("POST", f"{shop.providers.url}/_sim/reset", headers={"Origin": "null"})
    named = shop.http.request("GET", url, headers={"Host": "elsewhere.example"})

    assert [foreign.status, control.status, named.status] == [403, 403, 403]
    assert shop.providers.taken("7-a1") == 0


@pytest.mark.house
@pytest.mark.skipif(executable() is None, reason="no Chromium on this machine")
def test_a_phone_shows_the_page_whole_and_its_words_are_no_markup(shop: Shop) -> None:
    back = f"{shop.providers.url}/"
    url = shop.payment("7-a1", redirect_url=back, customizations={"title": EVIL})[1]["data"]["link"]
    with Browser(360, 740) as phone:
        phone.open(url)
        width, height = phone.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        small = phone.run("[...document.querySelectorAll('button')].filter((b) => b.offsetHeight < 44).length")
        words = phone.run("document.querySelector('dd').textContent")
        phone.click('[data-act="decline"]')
        phone.until("document.querySelector('.bad')")
        phone.click('[data-act="pay"]')
        phone.until("location.search.includes('transaction_id=')")
        hacked, errors = phone.run("window.hacked === undefined"), phone.errors

    assert (width, height <= 740, small, words) == (360, True, 0, EVIL)
    assert (hacked, errors) == (True, [])
    assert shop.providers.taken("7-a1") == 250_000


def test_the_program_starts_serves_and_ends_with_its_parent() -> None:
    with Providers.start(webhooks=False, paystack_secret_key="sk_test_mine") as running:
        process = running.process
        shop = Shop(running)
        status, _ = shop.initialize("7-a1")
        shop.close()

    assert process is not None
    assert (status, process.returncode) == (200, 0)


def test_a_laptop_plays_each_provider_nobody_named_a_key_of() -> None:
    ports, urls = environment.Ports(8000, 8090, 8091), ("postgresql://x/y", "redis://x/0")
    state: dict[str, str] = {}

    ours = environment.for_children({}, state, ports, urls, Path("/tree"), Path("/logs"))
    again = environment.for_children({}, state, ports, urls, Path("/tree"), Path("/logs"))
    given = {"PAYSTACK_SECRET_KEY": "sk_test_of_somebody"}
    mixed = environment.for_children(given, {}, ports, urls, Path("/tree"), Path("/logs"))

    assert ours == again
    assert ours["PAYSTACK_BASE_URL"] == ours["FLUTTERWAVE_BASE_URL"] == "http://127.0.0.1:8091"
    assert ours["PUBLIC_BASE_URL"] == "http://127.0.0.1:8000"
    told = Config.from_environment(ours)
    assert told.webhook_url == "http://127.0.0.1:8000/webhook"
    assert (told.mode("paystack"), told.mode("flutterwave")) == ("test", "test")
    assert told.flutterwave_secret_hash == ours["FLUTTERWAVE_SECRET_HASH"] != Config.from_environment({}).flutterwave_secret_hash
    assert "PAYSTACK_BASE_URL" not in mixed
    assert mixed["PAYSTACK_SECRET_KEY"] == "sk_test_of_somebody"
    assert mixed["FLUTTERWAVE_BASE_URL"] == "http://127.0.0.1:8091"
