"""The providers' doors: only what is theirs comes in, once, and the page after paying says what our row says."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

import settings
from models.base import connection
from models.payments import payers, told
from tests.payment_counter import Counter, counter, world
from tests.payment_payloads import flutterwave_charge, flutterwave_flat, paystack_charge
from web import payments as door
from web.app import create
from worker import broker, payments
from worker.broker import depths
from worker.messages import START_PAYMENT

__all__ = ["counter", "world"]  # fixtures
PATHS = {"paystack": "/webhook/paystack", "flutterwave": "/webhook/flutterwave"}


@pytest.fixture
def client(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    before = broker.dramatiq.get_broker()
    monkeypatch.setattr(door, "_checks", door._Checks())
    yield create(settings.current()).test_client()
    broker.dramatiq.get_broker().client.close()
    broker.dramatiq.set_broker(before)


def signed(provider: str, body: bytes) -> dict[str, str]:
    found = settings.current()
    if provider == "paystack":
        return {"x-paystack-signature": hmac.new(found.paystack_secret_key.encode(), body, hashlib.sha512).hexdigest()}
    return {"verif-hash": found.flutterwave_secret_hash}


def post(client: FlaskClient, provider: str, body: bytes, headers: dict[str, str] | None = None) -> int:
    given = signed(provider, body) if headers is None else headers
    return client.post(PATHS[provider], data=body, headers=given, content_type="application/json").status_code


def stored() -> list[tuple[str, str, str]]:
    return connection().execute("SELECT provider, kind, reference FROM payment_events ORDER BY id").fetchall()


def hints() -> int:
    return depths((START_PAYMENT.queue,))[START_PAYMENT.queue]


BODIES = {"paystack": paystack_charge(), "flutterwave": flutterwave_charge()}


@pytest.mark.parametrize("provider", PATHS)
def test_what_a_provider_signed_is_stored_as_it_came_and_hinted_at(client: FlaskClient, provider: str) -> None:
    body = json.dumps(BODIES[provider], indent=3).encode() + b" \n"

    assert post(client, provider, body) == 200

    assert stored() == [(provider, "charge", "10017-a1")]
    assert connection().execute("SELECT body FROM payment_events").fetchone()[0] == body
    assert hints() == 1


@pytest.mark.parametrize("provider", PATHS)
def test_a_webhook_that_is_repeated_is_one_row_and_one_hint(client: FlaskClient, provider: str) -> None:
    body = json.dumps(BODIES[provider]).encode()

    answers = [post(client, provider, body) for _ in range(3)]

    assert (answers, len(stored()), hints()) == ([200, 200, 200], 1, 1)


def test_the_two_shapes_of_one_charge_are_the_same_news(client: FlaskClient) -> None:
    for body in (flutterwave_charge(), flutterwave_flat()):
        post(client, "flutterwave", json.dumps(body).encode())

    assert len(stored()) == 1


def test_a_payment_that_was_pending_and_is_successful_now_is_news(client: FlaskClient) -> None:
    for status in ("pending", "successful"):
        post(client, "flutterwave", json.dumps(flutterwave_charge(status=status)).encode())

    assert len(stored()) == 2


@pytest.mark.parametrize(
    ("provider", "headers", "status"),
    [
        ("paystack", {}, 401),
        ("paystack", {"x-paystack-signature": ""}, 401),
        ("paystack", {"x-paystack-signature": "0" * 128}, 403),
        ("paystack", {"x-paystack-signature": "not hex"}, 403),
        ("paystack", {"x-paystack-signature": "é" * 128}, 403),
        ("flutterwave", {}, 401),
        ("flutterwave", {"verif-hash": "wrong"}, 403),
        ("flutterwave", {"verif-hash": "demo-secret-hash2"}, 403),
        ("flutterwave", {"verif-hash": "Demo-Secret-Hash"}, 403),
    ],
)
def test_what_is_not_signed_by_the_provider_is_not_stored(
    client: FlaskClient, provider: str, headers: dict[str, str], status: int
) -> None:
    assert post(client, provider, json.dumps(BODIES[provider]).encode(), headers) == status

    assert stored() == []


class Rotated:
    """The settings while keys are being changed."""

    def __init__(self, **previous: str) -> None:
        self.previous = {f"{name}_previous": secret for name, secret in previous.items()}

    def __getattr__(self, name: str) -> Any:
        return self.previous[name] if name in self.previous else getattr(settings.current(), name)


BEFORE = {"paystack": "sk_test_before", "flutterwave": "hash-before"}


def signed_before(provider: str, body: bytes) -> dict[str, str]:
    if provider == "flutterwave":
        return {"verif-hash": BEFORE[provider]}
    return {"x-paystack-signature": hmac.new(BEFORE[provider].encode(), body, hashlib.sha512).hexdigest()}


@pytest.mark.parametrize("provider", PATHS)
def test_while_a_key_is_being_changed_the_one_before_it_signs_too(client: FlaskClient, provider: str) -> None:
    body = json.dumps(BODIES[provider]).encode()
    assert post(client, provider, body, signed_before(provider, body)) == 403

    client.application.config["DRUGSNG"] = Rotated(
        paystack_secret_key=BEFORE["paystack"], flutterwave_secret_hash=BEFORE["flutterwave"]
    )

    answers = [post(client, provider, body, headers) for headers in (signed_before(provider, body), None)]
    assert (answers, len(stored())) == ([200, 200], 1)


def test_a_page_made_with_the_key_before_is_still_theirs(client: FlaskClient, counter: Counter) -> None:
    attempt = counter.opened()
    token = payers.return_token(BEFORE["paystack"], attempt.id)
    client.application.config["DRUGSNG"] = Rotated(paystack_secret_key=BEFORE["paystack"])

    assert attempt.order_number in client.get(f"/pay/return/{token}").text


def test_a_body_changed_after_it_was_signed_is_refused(client: FlaskClient) -> None:
    body = json.dumps(paystack_charge()).encode()

    assert post(client, "paystack", body + b" ", signed("paystack", body)) == 403


def test_a_signature_made_with_an_empty_secret_opens_nothing(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAYSTACK_SECRET_KEY", "FLUTTERWAVE_SECRET_HASH"):
        monkeypatch.setenv(name, "")
    settings.current.cache_clear()
    before = broker.dramatiq.get_broker()
    client = create(settings.current()).test_client()
    body = json.dumps(paystack_charge()).encode()

    answers = [post(client, provider, body) for provider in PATHS]

    assert answers == [404, 404]
    broker.dramatiq.get_broker().client.close()
    broker.dramatiq.set_broker(before)


@pytest.mark.parametrize("provider", PATHS)
def test_a_body_that_is_too_long_is_refused_before_it_is_read(client: FlaskClient, provider: str) -> None:
    body = b'{"event":"' + b"x" * told.BODY_MAX + b'"}'

    assert post(client, provider, body) == 413


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"event":NaN}', b"\xff\x00", b'{"event":"charge.success","data":[]}']
)
def test_a_signed_body_of_any_form_is_kept_for_somebody_to_look_at(client: FlaskClient, body: bytes) -> None:
    assert post(client, "paystack", body) == 200

    assert len(stored()) == 1


def test_with_the_database_away_the_provider_is_asked_to_come_again(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from models import base

    base.drop_connection()
    base.bind("postgresql://nobody@127.0.0.1:1/none", connect_wait_s=0.5)

    assert post(client, "paystack", json.dumps(paystack_charge()).encode()) == 503

    base.bind(settings.current().database_url)


def test_a_webhook_has_no_redirect_and_no_other_method(client: FlaskClient) -> None:
    assert [client.get(path).status_code for path in PATHS.values()] == [405, 405]
    assert [client.post(path + "/").status_code for path in PATHS.values()] == [404, 404]


# --------------------------------------------------------------------------------------------------- the way back


def page(client: FlaskClient, attempt: Any, tail: str = "") -> str:
    secret = settings.current().paystack_secret_key
    answer = client.get(f"/pay/return/{payers.return_token(secret, attempt.id)}{tail}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_page_asks_for_a_check_and_says_paid_only_when_our_row_does(client: FlaskClient, counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)

    before = page(client, attempt, "?status=successful&reference=" + attempt.reference)
    assert hints() == 1
    payments.check(attempt.id)
    after = page(client, attempt)

    assert "Checking your payment" in before
    assert "Payment received" in after


def test_the_page_the_provider_was_told_of_is_the_one_of_its_attempt(counter: Counter) -> None:
    attempt = counter.begin()

    url = payments.return_url(settings.current(), attempt)

    token = url.rpartition("/")[2]
    assert payers.attempt_of(token, {"paystack": [settings.current().paystack_secret_key]}) == (attempt.id, "paystack")


def test_loading_the_page_again_and_again_asks_the_provider_once(client: FlaskClient, counter: Counter) -> None:
    attempt = counter.opened()

    for _ in range(5):
        page(client, attempt)

    assert hints() == 1


def test_the_page_repeats_nothing_of_what_stands_in_its_address(client: FlaskClient, counter: Counter) -> None:
    attempt = counter.opened()

    shown = page(client, attempt, "?status=paid&reference=<script>alert(1)</script>&trxref=zzz")

    assert "script" not in shown
    assert "zzz" not in shown


@pytest.mark.parametrize("token", ["1", "1-", "x", "<b>", "1-" + "0" * 32, "0-" + "0" * 32, "9" * 40 + "-" + "a" * 32])
def test_without_a_token_of_ours_the_page_knows_nothing(client: FlaskClient, counter: Counter, token: str) -> None:
    attempt = counter.opened()

    answer = client.get(f"/pay/return/{token}")

    assert "Back to WhatsApp" in answer.get_data(as_text=True)
    assert attempt.order_number not in answer.get_data(as_text=True)
    assert hints() == 0


def test_a_token_opens_its_own_attempt_and_no_other(client: FlaskClient, counter: Counter) -> None:
    mine, other = counter.opened(), counter.opened()
    mark = payers.return_token(settings.current().paystack_secret_key, mine.id).partition("-")[2]

    answer = client.get(f"/pay/return/{other.id}-{mark}")

    assert other.order_number not in answer.get_data(as_text=True)


def test_the_page_runs_nothing_and_is_kept_nowhere(client: FlaskClient, counter: Counter) -> None:
    headers = client.get("/pay/return").headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
