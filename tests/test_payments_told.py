"""What webhook bodies of payment providers tell, and that nothing in them is taken for more."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.payments import told
from models.payments.told import BODY_MAX, Told, of_kobo, of_naira, read
from models.values import Money
from tests.payment_payloads import (
    ADA,
    METADATA,
    REFERENCE,
    flutterwave_charge,
    flutterwave_flat,
    flutterwave_refund,
    paystack_charge,
    paystack_dispute,
    paystack_refund,
    paystack_rejected,
    paystack_transaction,
    raw,
)

PRICE = Money(750_050)


def paystack(body: Any) -> Told:
    return read("paystack", raw(body))


def flutterwave(body: Any) -> Told:
    return read("flutterwave", raw(body))


# ------------------------------------------------------------------------------------------------------------ Paystack


def test_paystack_tells_of_a_charge_with_its_64_bit_id() -> None:
    found = paystack(paystack_charge())
    assert (found.kind, found.reference, found.transaction_id) == ("charge", REFERENCE, "4099260516")
    assert (found.raw_status, found.amount, found.mode, found.name) == ("success", PRICE, "test", "charge.success")


@pytest.mark.parametrize("metadata", METADATA)
def test_metadata_in_any_of_its_five_shapes_changes_nothing(metadata: Any) -> None:
    assert paystack(paystack_charge(metadata=metadata)) == paystack(paystack_charge())


@pytest.mark.parametrize("amount", [750_050, "750050", 750_050.0, "750050.00"])
def test_an_amount_in_kobo_is_read_from_int_text_and_float(amount: Any) -> None:
    assert paystack(paystack_charge(amount=amount)).amount == PRICE


@pytest.mark.parametrize("amount", [None, True, -1, "-5", "1e5", "abc", "", [], {}, 12.5, 10**16, "9" * 30, "٣٠"])
def test_what_is_no_amount_of_kobo_is_none(amount: Any) -> None:
    assert paystack(paystack_charge(amount=amount)).amount is None


@pytest.mark.parametrize(
    ("name", "amount"),
    [("pending", "750050"), ("processing", 750_050), ("processed", "750050"), ("failed", 750_050), ("needs-attention", "750050")],
)
def test_paystack_tells_of_a_refund_with_its_amount_as_text_or_number(name: str, amount: Any) -> None:
    found = paystack(paystack_refund(name, amount=amount))
    assert (found.kind, found.reference, found.raw_status, found.amount) == ("refund", REFERENCE, name, PRICE)


def test_a_refund_without_a_status_has_the_word_of_its_event() -> None:
    assert paystack(paystack_refund("failed", status=None)).raw_status == "failed"


def test_paystack_tells_of_a_dispute_about_the_transaction_in_it() -> None:
    found = paystack(paystack_dispute())
    assert (found.kind, found.reference, found.transaction_id) == ("dispute", REFERENCE, "4099260516")
    assert (found.raw_status, found.amount, found.mode) == ("awaiting-merchant-feedback", PRICE, "live")


def test_a_rejected_transfer_names_its_sender_and_no_reference() -> None:
    found = paystack(paystack_rejected())
    assert (found.kind, found.reference, found.transaction_id) == ("transfer_rejected", "", "3103959931")
    assert (found.raw_status, found.amount, found.email, found.mode) == ("incorrect_amount", Money(30_000), ADA["email"], "test")


@pytest.mark.parametrize("name", ["transfer.success", "subscription.create", "customeridentification.failed", "", None, 7])
def test_events_that_are_no_business_of_ours_are_other(name: Any) -> None:
    found = paystack({"event": name, "data": paystack_transaction()})
    assert (found.kind, found.amount, found.reference) == ("other", None, "")


# --------------------------------------------------------------------------------------------------------- Flutterwave


def test_flutterwave_tells_of_a_charge_in_naira() -> None:
    found = flutterwave(flutterwave_charge())
    assert (found.kind, found.reference, found.transaction_id) == ("charge", REFERENCE, "288200108")
    assert (found.raw_status, found.amount, found.email) == ("successful", PRICE, ADA["email"])


def test_a_failed_charge_is_a_charge_whatever_its_event_is_called() -> None:
    found = flutterwave(flutterwave_charge(status="failed"))
    assert (found.kind, found.raw_status, found.name) == ("charge", "failed", "charge.completed")


@pytest.mark.parametrize("sort", ["CARD_TRANSACTION", "BANK_TRANSFER_TRANSACTION", "USSD_TRANSACTION"])
def test_the_flat_shape_tells_the_same_as_the_nested_one(sort: str) -> None:
    flat, nested = flutterwave(flutterwave_flat() | {"event.type": sort}), flutterwave(flutterwave_charge())
    assert (flat.kind, flat.reference, flat.transaction_id, flat.amount) == ("charge", REFERENCE, "288200108", PRICE)
    assert flat.dedupe_key == nested.dedupe_key
    assert (flat.mode, nested.mode) == ("test", "")


def test_the_flat_refund_is_known_by_its_keys() -> None:
    found = flutterwave(flutterwave_refund())
    assert (found.kind, found.transaction_id, found.refund_id) == ("refund", "288200108", "89075")
    assert (found.raw_status, found.amount, found.reference) == ("completed", PRICE, "")


@pytest.mark.parametrize(
    "body",
    [
        {"event": "transfer.completed", "data": {"id": 1, "status": "SUCCESSFUL", "reference": "x"}},
        {"event.type": "Transfer", "transfer": {"id": 1, "status": "SUCCESSFUL"}},
        {"event.type": "Transfer", "txRef": "x", "id": 1},
        {"event": "subscription.cancelled", "data": {"id": 2}},
        {},
    ],
)
def test_payouts_and_strange_bodies_are_other(body: Any) -> None:
    assert flutterwave(body).kind == "other"


def test_a_chargeback_is_a_dispute() -> None:
    assert flutterwave({"event": "chargeback.initiated", "data": {"id": 3, "tx_ref": REFERENCE}}).kind == "dispute"


@pytest.mark.parametrize(
    ("amount", "kobo"), [(100, 10_000), ("3100", 310_000), (1.4, 140), (7500.499999999999, 750_050), ("0.1", 10)]
)
def test_naira_become_kobo_without_noise(amount: Any, kobo: int) -> None:
    assert flutterwave(flutterwave_charge(amount=amount)).amount == Money(kobo)


# ------------------------------------------------------------------------------------------------------- the dedupe key

_BODIES = {
    "charge": (paystack, paystack_charge(), paystack_charge(id=4_099_260_517)),
    "refund amount": (paystack, paystack_refund(), paystack_refund(amount="1000")),
    "refund status": (paystack, paystack_refund("pending"), paystack_refund("processed")),
    "refund": (paystack, paystack_refund(), paystack_refund(refund_reference="TRF_other")),
    "dispute": (paystack, paystack_dispute(), paystack_dispute(status="resolved")),
    "nested status": (flutterwave, flutterwave_charge(status="pending"), flutterwave_charge()),
    "nested reference": (flutterwave, flutterwave_charge(tx_ref="10018-a1"), flutterwave_charge()),
    "flat status": (flutterwave, flutterwave_flat(status="failed"), flutterwave_flat()),
    "flat refund": (flutterwave, flutterwave_refund(status="failed"), flutterwave_refund()),
    "other": (paystack, {"event": "x", "data": 1}, {"event": "x", "data": 2}),
    "nameless": (flutterwave, {"event": "charge.completed", "data": {"n": 1}}, {"event": "charge.completed", "data": {"n": 2}}),
}


@pytest.mark.parametrize("name", _BODIES)
def test_events_that_differ_have_different_keys(name: str) -> None:
    reading, one, other = _BODIES[name]
    assert reading(one).dedupe_key != reading(other).dedupe_key


@pytest.mark.parametrize("name", _BODIES)
def test_the_same_event_sent_again_has_the_same_key(name: str) -> None:
    reading, one, _ = _BODIES[name]
    assert reading(one).dedupe_key == reading(dict(one)).dedupe_key


def test_a_charge_has_one_key_however_its_amounts_are_written() -> None:
    assert paystack(paystack_charge(amount="750050")).dedupe_key == paystack(paystack_charge()).dedupe_key


# --------------------------------------------------------------------------------------------------------- hostile input


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"event":NaN}',
        b"\xff\xfe\x00",
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"[" * 200_000,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"' + b"x" * BODY_MAX + b'"}',
    ],
    ids=range(10),
)
@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_what_is_no_small_object_is_a_value_error(provider: str, body: bytes) -> None:
    with pytest.raises(ValueError):
        read(provider, body)


@pytest.mark.parametrize("number", [b"1e99999999999999999999", b"1e400", b"1e-999999", b"0." + b"1" * 50_000])
def test_numbers_beyond_measure_are_no_amounts(number: bytes) -> None:
    body = b'{"event":"charge.success","data":{"id":' + number + b',"reference":"r","amount":' + number + b"}}"
    assert read("paystack", body).amount in (None, Money(0))


def test_another_provider_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="provider"):
        read("stripe", b"{}")


def test_an_event_shows_no_person_in_its_repr() -> None:
    assert "2348031234567" not in repr(paystack(paystack_charge()))


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([REFERENCE, "success", "1e9", "12.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_KEYS = st.sampled_from(
    [
        "id",
        "status",
        "amount",
        "currency",
        "reference",
        "tx_ref",
        "txRef",
        "customer",
        "domain",
        "transaction",
        "bank_transfer",
        "AmountRefunded",
        "TransactionId",
        "refund_amount",
        "transaction_reference",
        "refund_reference",
        "flw_ref",
        "event.type",
    ]
)
_EVENTS = st.sampled_from(
    ["charge.success", "refund.processed", "charge.dispute.create", "bank.transfer.rejected", "charge.completed", ""]
)


@given(
    event=_EVENTS | _JSON, data=st.dictionaries(_KEYS, _JSON, max_size=8) | _JSON, more=st.dictionaries(_KEYS, _JSON, max_size=6)
)
@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_any_json_gives_an_event_or_a_value_error(provider: str, event: Any, data: Any, more: Any) -> None:
    try:
        found = read(provider, raw({**more, "event": event, "data": data}))
    except ValueError:
        return
    texts = (found.reference, found.transaction_id, found.raw_status, found.dedupe_key, found.email, found.name, found.refund_id)
    assert all(text.isascii() and (text.isprintable()) for text in texts)
    assert 0 < len(found.dedupe_key) <= 512
    assert found.amount is None or 0 <= found.amount.kobo < 10**17


@given(body=st.binary(max_size=300))
@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_any_bytes_give_an_event_or_a_value_error(provider: str, body: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(read(provider, body), Told)


@given(kobo=st.integers(0, 10**13))
def test_every_amount_comes_back_as_it_was_sent(kobo: int) -> None:
    naira = f"{kobo // 100}.{kobo % 100:02d}"
    assert of_kobo(kobo) == of_kobo(str(kobo)) == of_naira(naira) == Money(kobo)
    assert told.json_object(b'{"a":' + naira.encode() + b"}")["a"] * 100 == kobo
