"""Both gateways against providers that keep books: a payment's whole life, and what is known after a connection was cut."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.providers.control import Providers
from models.payments import told
from models.values import Money
from tests.whatsapp_peer import answer, peer
from worker.errors import GatewayError
from worker.gateways.flutterwave import Flutterwave
from worker.gateways.payments import Gateway, Kind, Start
from worker.gateways.paystack import Paystack

PRICE = Money(750_050)
NAMES = ("paystack", "flutterwave")
KINDS: tuple[Kind, ...] = ("link", "transfer", "ussd")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Providers]:
    with Providers.in_thread(webhooks=False, refund_after_s=0.0) as found:
        yield found


@pytest.fixture
def providers(running: Providers) -> Iterator[Providers]:
    yield running
    running.reset()


@pytest.fixture(params=NAMES)
def gateway(request: pytest.FixtureRequest, providers: Providers) -> Iterator[Gateway]:
    found: Gateway
    if request.param == "paystack":
        found = Paystack.of(providers.config.paystack_secret_key, providers.url)
    else:
        found = Flutterwave.of(providers.config.flutterwave_secret_key, providers.url)
    yield found
    found.close()


def a_start(kind: Kind = "link", amount: Money = PRICE) -> Start:
    return Start(
        f"1{next(_numbers):04d}-a1", amount, "2348031234567@customers.drugs.ng", name="Ada Obi", kind=kind, order_number="10017"
    )


def refusal(gateway: Gateway, start: Start) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        gateway.start(start)
    return raised.value


# ---------------------------------------------------------------------------------------------------------- a whole life


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kobo", [750_050, 5_000, 1_234_599])
def test_what_is_asked_is_what_is_paid_to_the_kobo(gateway: Gateway, providers: Providers, kind: Kind, kobo: int) -> None:
    start = a_start(kind, Money(kobo))
    way = gateway.start(start)
    providers.pay(start.reference)
    found = gateway.verify(start.reference)
    assert way.kind == kind and (way.url or way.account_number or way.ussd_code)
    assert (found.state, found.amount, found.reference, found.mode) == ("paid", Money(kobo), start.reference, "test")
    assert providers.taken(start.reference) == kobo


def test_before_anybody_pays_it_is_not_paid(gateway: Gateway) -> None:
    start = a_start()
    gateway.start(start)
    assert gateway.verify(start.reference).state in ("pending", "unknown")


def test_a_declined_payment_is_failed_and_may_still_be_paid(gateway: Gateway, providers: Providers) -> None:
    start = a_start()
    gateway.start(start)
    providers.decline(start.reference)
    declined = gateway.verify(start.reference).state
    providers.pay(start.reference)
    assert (declined, gateway.verify(start.reference).state) == ("failed", "paid")


@pytest.mark.parametrize("not_found", [400, 404])
def test_a_reference_that_never_came_is_unknown(gateway: Gateway, providers: Providers, not_found: int) -> None:
    providers.configure(paystack_not_found=not_found, flutterwave_not_found=not_found)
    assert gateway.verify("10099-a1").state == "unknown"


def test_a_try_is_found_by_its_id_alone(gateway: Gateway, providers: Providers) -> None:
    start = a_start()
    gateway.start(start)
    number = providers.pay(start.reference)
    assert gateway.verify("", str(number)).reference == start.reference


def test_a_second_payment_under_one_reference_is_found_by_its_id(gateway: Gateway, providers: Providers) -> None:
    start = a_start()
    gateway.start(start)
    first = str(providers.pay(start.reference))
    second = str(providers.pay(start.reference, again=True))
    found = [gateway.verify(start.reference, number) for number in (first, second)]
    assert [(each.state, each.reference, each.transaction_id) for each in found] == [
        ("paid", start.reference, first),
        ("paid", start.reference, second),
    ]


def test_a_fee_on_the_customer_is_no_overpayment(gateway: Gateway, providers: Providers) -> None:
    providers.configure(fee_bearer="customer")
    start = a_start()
    gateway.start(start)
    providers.pay(start.reference)
    found = gateway.verify(start.reference)
    assert (found.requested or found.amount) == PRICE
    assert found.amount >= PRICE


def test_money_goes_back_in_parts_and_is_listed(gateway: Gateway, providers: Providers) -> None:
    start = a_start()
    gateway.start(start)
    number = str(providers.pay(start.reference))
    before = gateway.refunds(number)
    gateway.refund(number, Money(50_050), reason="cancelled")
    gateway.refund(number, Money(700_000), reason="cancelled")
    assert before == []
    assert sorted((found.state, found.amount.kobo) for found in gateway.refunds(number)) == [("done", 50_050), ("done", 700_000)]
    with pytest.raises(GatewayError) as raised:
        gateway.refund(number, Money(1), reason="cancelled")
    assert (raised.value.klass, raised.value.retryable) == ("permanent", False)


def test_the_list_has_every_payment_of_the_time_over_several_pages(gateway: Gateway, providers: Providers) -> None:
    starts = [a_start() for _ in range(60)]
    for start in starts:
        gateway.start(start)
        providers.pay(start.reference)
    now = datetime.now(UTC)
    found = [taken for taken in gateway.listed(now - timedelta(hours=1), now + timedelta(hours=1)) if taken.state == "paid"]
    assert sorted(taken.reference for taken in found) == sorted(start.reference for start in starts)
    assert {taken.amount for taken in found} == {PRICE}
    assert list(gateway.listed(now - timedelta(days=2), now - timedelta(days=1))) == []


# ------------------------------------------------------------------------------------------- what may be done after a cut


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_cut_before_its_work_is_unknown_and_may_be_sent_again(gateway: Gateway, providers: Providers, kind: Kind) -> None:
    start = a_start(kind)
    providers.fault(on="start" if kind == "link" else "charge", cut="before")
    error = refusal(gateway, start)
    assert (error.klass, error.retryable, gateway.verify(start.reference).state) == ("ambiguous", False, "unknown")
    assert gateway.start(start).kind == kind


@pytest.mark.parametrize("fault", [{"cut": "after"}, {"cut": "mid"}, {"http": 503, "when": "after"}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_start_cut_after_its_work_is_refused_the_second_time(
    gateway: Gateway, providers: Providers, kind: Kind, fault: dict[str, object]
) -> None:
    providers.configure(flutterwave_repeat="always")
    start = a_start(kind)
    providers.fault(on="start" if kind == "link" else "charge", **fault)
    assert refusal(gateway, start).klass == "ambiguous"
    second = refusal(gateway, start)
    assert (second.code, second.retryable) == ("duplicate_reference", False)


def test_a_payment_made_while_the_answer_was_lost_is_found_by_its_reference(gateway: Gateway, providers: Providers) -> None:
    start = a_start()
    providers.fault(on="start", cut="after")
    refusal(gateway, start)
    providers.pay(start.reference)
    assert gateway.verify(start.reference).state == "paid"


@pytest.mark.parametrize(("cut", "listed"), [("before", 0), ("after", 1)])
def test_after_a_cut_refund_the_list_tells_whether_it_was_made(
    gateway: Gateway, providers: Providers, cut: str, listed: int
) -> None:
    start = a_start()
    gateway.start(start)
    number = str(providers.pay(start.reference))
    providers.fault(on="refund", cut=cut)
    with pytest.raises(GatewayError) as raised:
        gateway.refund(number, PRICE, reason="cancelled")
    assert (raised.value.klass, raised.value.retryable) == ("ambiguous", False)
    assert len(gateway.refunds(number)) == listed


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "mid"}, {"http": 500}, {"body": "<html>"}], ids=str)
def test_a_question_that_failed_is_asked_again(gateway: Gateway, providers: Providers, fault: dict[str, object]) -> None:
    start = a_start()
    gateway.start(start)
    providers.pay(start.reference)
    providers.fault(on="verify", **fault)
    with pytest.raises(GatewayError) as raised:
        gateway.verify(start.reference)
    assert (raised.value.klass, raised.value.retryable) == ("retryable", True)
    assert gateway.verify(start.reference).state == "paid"


def test_a_limit_names_its_end(gateway: Gateway, providers: Providers) -> None:
    providers.fault(on="start", http=429, retry_after=17)
    error = refusal(gateway, a_start())
    assert error.klass == "slow_down"
    assert error.retry_after_s is not None and 15 <= error.retry_after_s <= 17


def test_a_wrong_key_stops(gateway: Gateway, providers: Providers) -> None:
    providers.configure(paystack_secret_key="sk_test_other", flutterwave_secret_key="FLWSECK_TEST-other-X")
    assert refusal(gateway, a_start()).klass == "auth"
    providers.configure(
        paystack_secret_key=type(providers.config)().paystack_secret_key,
        flutterwave_secret_key=type(providers.config)().flutterwave_secret_key,
    )


# -------------------------------------------------------------------------------------------------------------- webhooks


@pytest.mark.parametrize("shape", ["nested", "flat"])
@pytest.mark.parametrize("name", NAMES)
def test_a_webhook_of_a_payment_and_its_refund_tells_what_verify_says(name: str, shape: str) -> None:
    bodies: list[bytes] = []

    def take(connection: object, request: bytes) -> None:
        bodies.append(request.partition(b"\r\n\r\n")[2])
        connection.sendall(answer(200, b""))  # type: ignore[attr-defined]

    with peer(take) as shop, Providers.in_thread(webhook_url=shop.url, flutterwave_shape=shape, refund_after_s=0.0) as providers:
        config, made = providers.config, Paystack if name == "paystack" else Flutterwave
        gateway: Gateway = made.of(
            config.paystack_secret_key if name == "paystack" else config.flutterwave_secret_key, providers.url
        )
        start = a_start()
        gateway.start(start)
        number = str(providers.pay(start.reference))
        gateway.refund(number, Money(50_050), reason="cancelled")
        providers.settle_all()
        gateway.close()
    events = [told.read(name, body) for body in bodies]
    charges = [event for event in events if event.kind == "charge"]
    refunds = [event for event in events if event.kind == "refund"]
    assert [(event.reference, event.transaction_id, event.amount) for event in charges] == [(start.reference, number, PRICE)]
    assert refunds and {event.amount for event in refunds} == {Money(50_050)}
    assert all(start.reference == event.reference or number == event.transaction_id for event in refunds)
