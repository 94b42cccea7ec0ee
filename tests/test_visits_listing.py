"""What a customer sees of their own visits: to come and past, of both kinds, one by its number or by its order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import visits
from models.visits.listing import visit_of
from tests.factories import NOW, a_customer
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked

__all__ = ["shop"]  # a fixture

HALF = timedelta(minutes=30)


def numbers(customer: int, *, past: bool, now=NOW, limit: int = 10, offset: int = 0) -> list[str]:  # type: ignore[no-untyped-def]
    return [each.number for each in visits.visits(customer, past=past, limit=limit, offset=offset, now=now).visits]


def test_what_comes_is_listed_soonest_first_and_what_is_over_newest_first() -> None:
    ada, ref = a_customer(), a_doctor()
    late, soon = booked(ada, ref, TWO + timedelta(days=1)), booked(ada, a_test(), TWO)
    first, second = booked(ada, ref, NOW + timedelta(hours=1)), booked(ada, ref, NOW + timedelta(hours=2))
    cancelled = booked(ada, ref, TWO + timedelta(days=2))
    visits.cancel(ada, cancelled.number, now=NOW)
    evening = NOW + timedelta(hours=4)

    assert numbers(ada, past=False, now=evening) == [soon.number, late.number]
    assert numbers(ada, past=True, now=evening) == [cancelled.number, second.number, first.number]


def test_pages_have_the_number_of_all() -> None:
    ada, ref = a_customer(), a_doctor()
    made = [booked(ada, ref, TWO + n * HALF) for n in range(4)]

    page = visits.visits(ada, past=False, limit=2, offset=2, now=NOW)

    assert ([each.number for each in page.visits], page.total) == ([each.number for each in made[2:]], 4)
    assert visits.visits(ada, past=False, limit=2, offset=9, now=NOW) == visits.visits(
        ada, past=False, limit=0, offset=0, now=NOW
    )


def test_one_without_visits_has_none() -> None:
    assert visits.visits(a_customer(), past=True, limit=5, offset=0, now=NOW).total == 0


@pytest.mark.parametrize("typed", ["{}", " #{} ", "# {}"])
def test_one_is_found_by_its_number_as_it_is_typed(typed: str) -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(), note="my back")

    shown = visits.visit(ada, typed.format(made.number))

    assert (shown.number, shown.kind, shown.title, shown.detail, shown.place) == (
        made.number,
        "doctor",
        "Dr Amaka Obi",
        "Cardiology",
        "Lagos",
    )
    assert (shown.starts_at, shown.ends_at, shown.zone, shown.note) == (TWO, TWO + HALF, "Africa/Lagos", "my back")
    assert (shown.state, shown.order_number, shown.held_until, shown.moved) == ("booked", "", None, 0)


def test_somebody_elses_visit_and_order_are_not_there() -> None:
    made = booked(a_customer(), a_doctor(fee=5000))
    ben = a_customer()

    assert (visits.visit(ben, made.number), visit_of(ben, made.order_number)) == (None, None)


def test_one_is_found_by_the_order_that_is_its_fee() -> None:
    ada = a_customer()
    doctor, test = booked(ada, a_doctor(fee=5000)), booked(ada, a_test(price=3500), TWO + HALF)

    assert [visit_of(ada, each.order_number).number for each in (doctor, test)] == [doctor.number, test.number]
    assert visit_of(ada, "1234567") is None


def test_one_that_has_begun_cannot_be_cancelled_any_more() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor())

    assert visits.visit(ada, made.number, now=NOW).cancellable
    assert not visits.visit(ada, made.number, now=TWO).cancellable


def test_visits_of_the_old_system_are_their_owners_with_a_letter_and_their_id() -> None:
    ada, ref = a_customer(), a_doctor("amaka obi")
    ((user,),) = run("""SELECT "userId" FROM customers WHERE id = %s""", ada)
    old = """INSERT INTO appointments ("userId", "doctorId", "dateTime", status, "createdAt", "updatedAt")
             VALUES (%s, %s, %s, %s, now(), now()) RETURNING id"""
    ((coming,),) = run(old, user, int(ref[1:]), TWO, "Scheduled")
    ((done,),) = run(old, user, int(ref[1:]), NOW - timedelta(days=3), "Completed")

    assert (numbers(ada, past=False), numbers(ada, past=True)) == ([f"A{coming}"], [f"A{done}"])
    shown = visits.visit(ada, f"a{coming}")
    assert (shown.title, shown.ends_at, shown.state) == ("Dr amaka obi", TWO + HALF, "booked")


def test_a_zone_that_is_none_counts_as_the_houses() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref)
    run("UPDATE doctors SET zone = 'Mars/Olympus' WHERE id = %s", int(ref[1:]))

    assert visits.visit(ada, made.number).zone == "Africa/Lagos"


def test_a_merged_customer_keeps_their_visits() -> None:
    from models.base import connection
    from models.customers import merge

    ada, other = a_customer(), a_customer()
    made, lab = booked(other, a_doctor()), booked(other, a_test(), TWO + HALF)

    with connection().transaction():
        merge(connection(), source=other, target=ada)

    assert numbers(ada, past=False) == [made.number, lab.number]


def test_two_customers_who_had_an_account_each_keep_what_the_old_system_booked_for_either() -> None:
    from models.base import connection
    from models.customers import merge

    ada, other, ref = a_customer(), a_customer(), a_doctor()
    old = [
        run(
            """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
               SELECT "userId", %s, %s, now(), now() FROM customers WHERE id = %s RETURNING number""",
            *(int(ref[1:]), TWO + n * HALF, who),
        )[0][0]
        for n, who in enumerate((ada, other))
    ]

    with connection().transaction():
        merge(connection(), source=other, target=ada)

    assert numbers(ada, past=False) == old
