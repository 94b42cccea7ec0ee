"""A time becomes a customer's: with and without a fee, of doctors and of lab tests, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import orders, visits
from models.values import Money, Refused
from models.visits import booking
from models.visits.fees import HELD_FOR
from models.visits.values import Booked
from tests.factories import NOW, a_customer
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked, happened, held_times, reminders, state_of

__all__ = ["shop"]  # a fixture

HALF_AN_HOUR = timedelta(minutes=30)


def test_a_doctor_without_a_fee_is_booked_at_once_and_reminders_are_set() -> None:
    ada, ref = a_customer(), a_doctor()

    made = booked(ada, ref, note="it is my back")

    assert made == Booked(made.number, TWO, TWO + HALF_AN_HOUR, Money(0), "", None)
    assert (state_of(made.number), held_times(ref)) == ("booked", [TWO])
    assert reminders(ada) == {f"{made.number}:1440": TWO - timedelta(days=1), f"{made.number}:60": TWO - timedelta(hours=1)}
    assert happened(made.number) == [("booked", f"customer:{ada}")]


def test_a_reminder_whose_time_has_passed_is_not_set() -> None:
    ada, ref = a_customer(), a_doctor()

    made = booked(ada, ref, NOW + timedelta(hours=2))

    assert list(reminders(ada)) == [f"{made.number}:60"]


def test_a_fee_makes_an_order_with_one_line_that_waits_a_quarter_of_an_hour() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)

    made = booked(ada, ref)
    order = orders.get(ada, made.order_number)

    assert (made.fee, made.held_until) == (Money(500_000), NOW + HELD_FOR)
    assert (order.status, order.total, order.about, order.reserved_until) == (
        "pending_payment",
        Money(500_000),
        "visit",
        NOW + HELD_FOR,
    )
    assert [(line.name, line.quantity, line.price) for line in order.lines] == [("Dr Amaka Obi", 1, Money(500_000))]
    assert (state_of(made.number), held_times(ref), reminders(ada)) == ("held", [TWO], {})


def test_a_lab_test_at_home_keeps_the_address_and_its_order_is_a_lab_order() -> None:
    ada, ref = a_customer(), a_test(price=3500)

    made = booked(ada, ref, where="home", address=" 12 Allen Avenue, Ikeja ")
    shown = visits.visit(ada, made.number)

    assert (shown.kind, shown.where, shown.place, shown.address) == ("test", "home", "home", "12 Allen Avenue, Ikeja")
    assert (shown.state, shown.fee, orders.get(ada, made.order_number).about) == ("held", Money(350_000), "lab")


def test_a_nurse_and_the_centre_have_times_of_their_own() -> None:
    ref = a_test()

    booked(a_customer(), ref)
    booked(a_customer(), ref, where="home", address="12 Allen Avenue")

    assert held_times(ref) == [TWO, TWO]


@pytest.mark.parametrize("address", ["", "x", "y" * 256, "12 Allen\x00 Avenue"])
def test_an_address_nobody_finds_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="address"):
        booked(a_customer(), a_test(), where="home", address=address)


def test_the_same_key_gives_the_same_booking() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    first = booked(ada, ref, key="once")

    again = booked(ada, ref, key="once", now=NOW + timedelta(minutes=3))

    assert again == first
    assert (held_times(ref), orders.of(ada).total) == ([TWO], 1)


def test_the_same_key_of_another_customer_is_another_booking() -> None:
    ref = a_doctor()

    assert booked(a_customer(), ref, key="a").number != booked(a_customer(), ref, TWO + HALF_AN_HOUR, key="a").number


def test_somebody_elses_time_is_refused_with_the_nearest_that_are_free() -> None:
    ref = a_doctor()
    booked(a_customer(), ref)

    with pytest.raises(Refused) as no:
        booked(a_customer(), ref)

    near = [TWO - HALF_AN_HOUR, TWO + HALF_AN_HOUR]
    assert (no.value.code, set(no.value.detail["nearest"]) >= {at.isoformat() for at in near}) == ("taken", True)


def test_a_refused_booking_leaves_neither_an_order_nor_an_event() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    booked(a_customer(), ref)
    before = run("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM visit_events)")

    with pytest.raises(Refused, match="taken"):
        booked(ada, ref)

    assert run("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM visit_events)") == before


def test_who_is_not_registered_books_nothing() -> None:
    with pytest.raises(Refused, match="unregistered"):
        booked(a_customer(registered=False), a_doctor())


@pytest.mark.parametrize("ref", ["d0", "d999999999", "d99999999999999", "t1", "x1", "", "d-1", "d1;"])
def test_a_reference_of_nobody_is_unknown(ref: str) -> None:
    with pytest.raises(Refused, match="unknown"):
        visits.book(a_customer(), ref, TWO, "key", now=NOW)


def test_rules_of_the_doctors_hours_are_asked() -> None:
    with pytest.raises(Refused, match="too_soon"):
        booked(a_customer(), a_doctor(), NOW + timedelta(minutes=30))


def test_one_customer_is_not_at_two_places_at_a_time() -> None:
    ada, long = a_customer(), a_doctor(minutes=60)
    other = booked(ada, a_doctor(), TWO + HALF_AN_HOUR)

    with pytest.raises(Refused) as no:
        booked(ada, long)

    assert (no.value.code, no.value.detail) == ("clash", {"number": other.number})


def test_an_own_visit_that_ends_when_the_next_begins_is_no_clash() -> None:
    ada = a_customer()
    booked(ada, a_doctor())

    assert booked(ada, a_test(), TWO + HALF_AN_HOUR).number


def test_eleven_visits_to_come_are_too_many() -> None:
    ada, ref = a_customer(), a_doctor()
    for n in range(booking.MOST):
        booked(ada, ref, TWO.replace(hour=8) + n * HALF_AN_HOUR)

    with pytest.raises(Refused) as no:
        booked(ada, ref, TWO + 3 * HALF_AN_HOUR)

    assert (no.value.code, no.value.detail) == ("too_many", {"most": booking.MOST})


def test_staff_book_for_a_customer_and_the_log_says_who() -> None:
    made = booked(a_customer(), a_doctor(), who="staff:7")

    assert happened(made.number) == [("booked", "staff:7")]


def test_numbers_of_both_kinds_never_meet() -> None:
    ada = a_customer()
    doctor, test = booked(ada, a_doctor()), booked(ada, a_test(), TWO + HALF_AN_HOUR)

    assert (int(doctor.number) % 2, int(test.number) % 2, len(test.number)) == (0, 1, 6)
