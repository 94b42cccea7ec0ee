"""The trade of payments with the fake providers over HTTP: begun, told, paid, asked after, switched, given back."""

from __future__ import annotations

import re

import pytest

from models.base import connection
from tests.payment_counter import Counter, counter, world
from worker import payment_events, payments, refunding

__all__ = ["counter", "world"]  # fixtures
PROVIDERS = ("paystack", "flutterwave")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_payment_that_is_begun_shows_the_customer_a_link_and_then_that_it_came(counter: Counter, provider: str) -> None:
    attempt = counter.opened(provider)
    counter.providers.pay(attempt.reference)

    payments.check(attempt.id)

    assert counter.heard(attempt) == ["payment_ready", "payment_received"]
    assert attempt.way["url"].startswith(counter.providers.url)
    assert (counter.state(attempt), counter.payments(attempt)) == ("paid", [("applied", attempt.amount.kobo)])
    counter.adds_up()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_account_to_transfer_to_is_shown_with_its_bank_and_until_when(counter: Counter, provider: str) -> None:
    attempt = counter.opened(provider, "transfer")

    assert {"kind", "account_number", "bank", "expires_at"} <= set(attempt.way)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_ussd_code_is_shown_to_be_dialled(counter: Counter, provider: str) -> None:
    attempt = counter.opened(provider, "ussd")

    assert re.fullmatch(r"[*0-9#]+", attempt.way["ussd_code"])


@pytest.mark.parametrize(("provider", "bank", "dialled"), [("paystack", "zenith", "*966*"), ("flutterwave", "uba", "*919*")])
def test_the_code_to_dial_is_of_the_customers_own_bank(counter: Counter, provider: str, bank: str, dialled: str) -> None:
    customer, number = counter.order(provider)
    wish = {"number": number, "provider": provider, "kind": "ussd", "bank": bank}

    begun = counter.attempt(counter.perform(customer, "start_payment", **wish).data["attempt_id"])
    payments.start(begun.id)

    shown = counter.attempt(begun.id).way
    assert (shown["ussd_code"].startswith(dialled), shown["ussd_bank"]) == (True, bank)


def test_a_bank_the_provider_makes_no_codes_for_is_refused_with_those_it_does(counter: Counter) -> None:
    customer, number = counter.order("paystack")

    refused = counter.perform(customer, "start_payment", number=number, provider="paystack", kind="ussd", bank="wema")

    assert (refused.name, refused.data["code"]) == ("payment_refused", "bad_bank")
    assert "gtbank" in refused.data["banks"]


def test_a_lost_code_is_asked_for_again_at_the_same_bank(counter: Counter) -> None:
    customer, number = counter.order("paystack")
    wish = {"number": number, "provider": "paystack", "kind": "ussd", "bank": "uba"}
    begun = counter.attempt(counter.perform(customer, "start_payment", **wish).data["attempt_id"])
    counter.providers.fault(on="charge", cut="after")

    for _ in range(4):
        counter.work()
        counter.later(seconds=30)

    last = counter.last(begun)
    assert (last.number, last.status, last.way["ussd_code"][:5]) == (2, "open", "*919*")


def test_the_provider_gets_an_address_of_this_customer_alone_and_no_phone_number(counter: Counter) -> None:
    first, second = counter.opened(), counter.opened()

    emails = [counter.providers.charge(each.reference)["email"] for each in (first, second)]

    assert all(re.fullmatch(r"[0-9a-f]{24}@customers\.drugs\.ng", email) for email in emails)
    assert emails[0] != emails[1]


def test_a_start_that_is_hinted_twice_asks_the_provider_once(counter: Counter) -> None:
    attempt = counter.begin()

    payments.start(attempt.id)
    payments.start(attempt.id)

    assert counter.providers.counts()["paystack.initialize"] == 1


def test_nothing_of_the_database_is_held_while_the_provider_is_asked(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.base import db
    from worker.gateways.http import Http

    held: list[bool] = []
    exchange = Http._exchange

    def watched(http: Http, *args: object, **more: object) -> object:
        held.append(not db.is_closed())
        return exchange(http, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Http, "_exchange", watched)
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    counter.cancel(attempt)
    refunding.send(counter.refund(attempt).id)

    assert held == [False, False, False]


def test_an_attempt_is_counted_and_committed_before_the_provider_is_asked(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.gateways.http import Http

    class Killed(BaseException):
        pass

    def die(*args: object, **more: object) -> object:
        raise Killed

    attempt = counter.begin()
    monkeypatch.setattr(Http, "_exchange", die)

    with pytest.raises(Killed):
        payments.start(attempt.id)

    assert (counter.attempt(attempt.id).tries, counter.attempt(attempt.id).status) == (1, "starting")


# --------------------------------------------------------------------------------------------------- asked after


def ask(counter: Counter, attempt: object) -> str:
    return counter.perform(attempt.customer_id, "check_payment", number=attempt.order_number).name  # type: ignore[attr-defined]


def test_i_have_paid_is_answered_with_what_the_provider_says(counter: Counter) -> None:
    attempt = counter.opened()

    assert ask(counter, attempt) == "payment_check_asked"
    counter.work()

    assert counter.said(attempt, "payment_checked")["state"] == "pending"


def test_i_have_paid_while_the_provider_is_silent_is_answered_after_the_last_try_and_once(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.fault(on="verify", http=503, times=None)
    ask(counter, attempt)

    for _ in range(5):
        counter.work()
        counter.later(minutes=1)

    assert counter.heard(attempt) == ["payment_ready", "payment_checked"]
    assert counter.said(attempt, "payment_checked")["state"] == "unknown"


def test_another_provider_is_begun_only_after_the_first_has_said_that_it_has_no_money(counter: Counter) -> None:
    attempt = counter.opened("paystack")
    counter.providers.fault(on="verify", provider="paystack", http=503)
    args = {"number": attempt.order_number, "provider": "flutterwave", "kind": "link"}

    assert counter.perform(attempt.customer_id, "switch_payment", **args).name == "payment_switch_asked"
    payments.check(attempt.id)
    assert counter.last(attempt).id == attempt.id  # silent: not begun
    counter.later(minutes=1)
    counter.work()

    other = counter.last(attempt)
    assert (other.provider, other.status, counter.attempt(attempt.id).status) == ("flutterwave", "open", "failed")


def test_a_switch_while_the_first_provider_has_the_money_ends_as_paid(counter: Counter) -> None:
    attempt = counter.opened("paystack")
    counter.providers.pay(attempt.reference)
    counter.perform(attempt.customer_id, "switch_payment", number=attempt.order_number, provider="flutterwave", kind="link")

    counter.work()

    assert (counter.last(attempt).id, counter.state(attempt)) == (attempt.id, "paid")


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("start_payment", {"provider": "paystack", "kind": "link"}, "one_open"),
        ("start_payment", {"provider": "stripe", "kind": "link"}, "bad_provider"),
        ("check_payment", {"number": "999999999"}, "unknown"),
    ],
)
def test_what_cannot_be_begun_or_asked_is_refused_with_its_reason(
    counter: Counter, name: str, args: dict[str, str], code: str
) -> None:
    attempt = counter.opened()

    happened = counter.perform(attempt.customer_id, name, **({"number": attempt.order_number} | args))

    assert (happened.name, happened.data["code"]) == ("payment_refused", code)


def test_a_strangers_order_can_be_neither_paid_nor_asked_after(counter: Counter) -> None:
    attempt = counter.opened()
    stranger, _ = counter.order()

    refused = counter.perform(stranger, "start_payment", number=attempt.order_number, provider="paystack", kind="link")

    assert refused.data["code"] == "unknown"


# --------------------------------------------------------------------------------------------------- money back


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_paid_order_that_is_cancelled_is_refunded_and_its_customer_told(counter: Counter, provider: str) -> None:
    attempt = counter.opened(provider)
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    counter.cancel(attempt)

    counter.work()
    counter.providers.settle_all()
    counter.later(minutes=10)
    counter.work()

    assert (counter.refund(attempt).status, counter.state(attempt)) == ("done", "refunded")
    assert counter.heard(attempt)[-1] == "payment_refunded"
    assert counter.providers.ledger()[attempt.reference]["refunded"] == attempt.amount.kobo


def test_a_second_payment_of_one_order_goes_back_by_itself(counter: Counter) -> None:
    attempt = counter.opened("flutterwave")
    first = counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    second = counter.providers.pay(attempt.reference, again=True)
    event = counter.told(
        b'{"event":"charge.completed","data":{"id":%d,"tx_ref":"%s","status":"successful","amount":1,"currency":"NGN"}}'
        % (second, attempt.reference.encode()),
        "second",
        provider="flutterwave",
    )
    assert event is not None

    counter.work()

    assert first != second
    assert [kind for kind, _ in counter.payments(attempt)] == ["applied", "double"]
    assert counter.refund(attempt).reason == "double"


# --------------------------------------------------------------------------------------------------- told


def test_an_event_that_is_no_business_of_ours_is_put_away(counter: Counter) -> None:
    event = counter.told(b'{"event":"transfer.success","data":{"id":5}}', "other")

    counter.work()

    assert status(event) == ("ignored", "no business of ours")


def test_a_body_nobody_can_read_is_a_task(counter: Counter) -> None:
    event = counter.told(b"not json", "odd")

    counter.work()

    assert (status(event), counter.tasks()) == (("failed", "unreadable"), ["event_failed"])


def test_a_dispute_is_a_task_however_often_it_is_told(counter: Counter) -> None:
    attempt = counter.opened()
    transaction = counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    for name in ("create", "remind"):
        body = b'{"event":"charge.dispute.%s","data":{"id":7,"status":"awaiting","transaction":{"id":%d,"reference":"%s"}}}'
        counter.told(body % (name.encode(), transaction, attempt.reference.encode()), name)

    counter.work()

    assert counter.tasks() == ["dispute"]


def test_an_event_that_ends_its_process_is_set_aside_and_told(counter: Counter) -> None:
    event = counter.told(b'{"event":"charge.success","data":{"id":5,"reference":"x-a1"}}', "deadly")
    connection().execute("UPDATE payment_events SET attempts = 3")

    payment_events.settle(event or 0)

    assert (status(event)[0], counter.alarms) == ("failed", ["payments: paystack: an event ends its process"])


def status(event: int | None) -> tuple[str, str]:
    row = connection().execute("SELECT status, reason FROM payment_events WHERE id = %s", (event,)).fetchone()
    return row[0], row[1]
