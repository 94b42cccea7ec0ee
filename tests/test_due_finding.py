"""What becomes due by nothing happening is found once: unpaid orders, carts that were left, prescriptions nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models import base, checkout, timers, vault
from models.base import connection
from models.carts import add, clear
from models.due import finding, refills
from models.office_hours import read as hours_of
from models.prescriptions import approvals
from models.prescriptions.approvals import Allowed
from models.values import Refused
from tests.factories import FEE, KEY, NOW, a_cart, a_customer, a_prescription, a_product, an_order
from tests.servers import Databases

LAGOS = ZoneInfo("Africa/Lagos")
ALWAYS = hours_of("always")
WAIT = timedelta(minutes=30)


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://due", (KEY,))
        yield
        base.drop_connection()
        vault.bind("", ())


@pytest.fixture(autouse=True)
def clean() -> None:
    ask("TRUNCATE timers")
    ask("UPDATE orders SET state = 'cancelled' WHERE state = 'pending_payment'")
    ask("UPDATE prescriptions SET state = 'withdrawn'")
    ask("DELETE FROM cart_lines")


def ask(statement: str, *values: object) -> list[Any]:
    done = connection().execute(statement, values)  # type: ignore[arg-type]
    return done.fetchall() if done.description else []


def set_timers() -> list[tuple[str, int, str]]:
    return ask("""SELECT kind, "customerId", subject FROM timers ORDER BY id""")


# ---------------------------------------------------------------------------------------------------------- unpaid orders


def unpaid(*, minutes_left: float, of: int = 30) -> tuple[int, str]:
    ada = a_customer()
    number = an_order(ada, payment="paystack")
    ask(
        """UPDATE orders SET "reservedUntil" = now() + %s * interval '1 minute',
               "orderDate" = now() + (%s - %s) * interval '1 minute' WHERE "orderNumber" = %s""",
        *(minutes_left, minutes_left, of, number),
    )
    return ada, number


def test_an_unpaid_order_is_reminded_of_once_ten_minutes_before_it_ends() -> None:
    ada, number = unpaid(minutes_left=9)
    assert finding.unpaid_orders(connection()) == 1
    assert finding.unpaid_orders(connection()) == 0
    assert set_timers() == [("unpaid_order", ada, number)]


@pytest.mark.parametrize(("left", "of", "found"), [(11, 30, 0), (0.5, 30, 0), (-5, 30, 0), (9, 15, 0), (4.5, 15, 1)])
def test_what_has_time_left_or_none_is_not_reminded_of(left: float, of: int, found: int) -> None:
    unpaid(minutes_left=left, of=of)
    assert finding.unpaid_orders(connection()) == found


def test_an_order_that_is_paid_is_not_found() -> None:
    _, number = unpaid(minutes_left=5)
    ask("""UPDATE orders SET state = 'paid' WHERE "orderNumber" = %s""", number)
    assert finding.unpaid_orders(connection()) == 0


# ------------------------------------------------------------------------------------------------------------------ carts


def left_cart(*, wrote_hours_ago: float = 4, customer: int = 0) -> int:
    ada = a_cart({a_product(): 1}, customer=customer)
    ask("""UPDATE cart_lines SET "addedAt" = now() - interval '4 hours' WHERE "customerId" = %s""", ada)
    ask(
        """UPDATE conversations SET "lastInboundAt" = now() - %s * interval '1 hour' WHERE "customerId" = %s""",
        wrote_hours_ago,
        ada,
    )
    return ada


def fire_all() -> None:
    ask("""UPDATE timers SET "firedAt" = now() WHERE "firedAt" IS NULL""")


def test_a_cart_that_was_left_is_reminded_of_once() -> None:
    ada = left_cart()
    assert finding.abandoned_carts(connection()) == 1
    assert set_timers() == [("abandoned_cart", ada, "")]
    fire_all()
    add(ada, a_product(), 1, now=datetime.now(UTC))  # something of the old cart is still in it
    assert finding.abandoned_carts(connection()) == 0


def test_a_new_cart_of_the_same_customer_is_reminded_of_again() -> None:
    ada = left_cart()
    finding.abandoned_carts(connection())
    ask("""UPDATE timers SET "firedAt" = now() - interval '5 hours'""")
    clear(ada)
    left_cart(customer=ada)
    assert finding.abandoned_carts(connection()) == 1
    assert ask("""SELECT "firedAt", version FROM timers""") == [(None, 1)]


@pytest.mark.parametrize("hours", [0.5, 2.9, 20.5, 48])
def test_who_wrote_just_now_or_long_ago_is_left_alone(hours: float) -> None:
    left_cart(wrote_hours_ago=hours)
    assert finding.abandoned_carts(connection()) == 0


@pytest.mark.parametrize("change", ['"marketingStoppedAt" = now()', '"withAgentSince" = now()', '"consentAt" = NULL'])
def test_who_said_stop_or_never_agreed_or_talks_to_a_person_is_left_alone(change: str) -> None:
    ada = left_cart()
    ask(f"UPDATE customers SET {change} WHERE id = %s", ada)
    assert finding.abandoned_carts(connection()) == 0


# ---------------------------------------------------------------------------------------------------------- prescriptions


def waits(minutes: float, **columns: Any) -> tuple[int, int]:
    ada = a_customer()
    number = a_prescription(ada, at=now() - timedelta(minutes=minutes), **columns)
    return number, ada


def now() -> datetime:
    found: datetime = ask("SELECT now()")[0][0]
    return found


def found(hours: str = "always", at: datetime | None = None) -> list[int]:
    return finding.waiting_prescriptions(connection(), wait=WAIT, hours=hours_of(hours), zone=LAGOS, now=at or now())


def test_a_prescription_that_waits_too_long_is_found_once_and_its_customer_told() -> None:
    number, ada = waits(31)
    assert found() == [number]
    assert found() == []
    assert set_timers() == [("prescription_waits", ada, str(number))]


def test_what_waits_less_or_is_in_hand_or_asked_about_is_not_found() -> None:
    waits(29)
    waits(60, claimedBy=None, claimedUntil=now() + timedelta(minutes=5))
    waits(60, state="asked", pausedAt=now())
    waits(60, pausedSeconds=45 * 60)
    assert found() == []


def test_a_claim_that_ended_does_not_count() -> None:
    number, _ = waits(60, claimedUntil=now() - timedelta(minutes=5))
    assert found() == [number]


def test_outside_office_hours_nobody_is_called_and_the_night_is_no_waiting() -> None:
    """Tuesday to Wednesday, in Lagos."""
    ada = a_customer()
    evening = datetime(2026, 11, 24, 16, 50, tzinfo=UTC)  # 17:50
    number = a_prescription(ada, at=evening)
    hours = "mon-fri 08:00-18:00"
    assert found(hours, datetime(2026, 11, 24, 22, 0, tzinfo=UTC)) == []
    assert found(hours, datetime(2026, 11, 25, 7, 15, tzinfo=UTC)) == []  # ten minutes then, fifteen now
    assert found(hours, datetime(2026, 11, 25, 7, 21, tzinfo=UTC)) == [number]


def test_where_no_hours_were_told_nobody_is_called_at_night() -> None:
    number, _ = waits(60 * 24 * 3)
    night, noon = (datetime(2026, 11, 24, hour, 0, tzinfo=UTC) for hour in (1, 11))
    ask("""UPDATE prescriptions SET "readyAt" = %s WHERE id = %s""", night - timedelta(days=2), number)
    assert found("", night) == []
    assert found("", noon) == [number]


# ---------------------------------------------------------------------------------------------------------------- refills


def bought() -> tuple[int, int, str, str]:
    """A customer, their approved prescription, the order that used it up, the product."""
    ada, ref = a_customer(), a_product("Norvasc 5mg", price="6200.00", sale_class="pom")
    paper = a_prescription(ada, state="approved")
    decision = ask(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'approved', 1, 'Bola Ade', '') RETURNING id""",
        *(paper, NOW),
    )[0][0]
    approvals.allow(decision, paper, ada, [Allowed(0, ref, 2)], expires_at=NOW + timedelta(days=30), now=NOW)
    order = checkout.place(ada, checkout.Wish("pickup", "cash", f"k{paper}"), delivery_fee=FEE, now=NOW).number
    return ada, paper, order, ref


def test_an_order_of_what_was_approved_sets_the_question_once_a_prescription() -> None:
    ada, paper, order, _ = bought()
    refills.ask_later(ada, order, NOW + timedelta(hours=1))
    assert set_timers() == [("refill_ask", ada, f"{paper}:{order}")]
    assert ask("""SELECT "fireAt" FROM timers""") == [(NOW + refills.ASK_AFTER,)]


def test_an_order_without_a_prescription_sets_nothing() -> None:
    an_order(a_customer())
    assert set_timers() == []


def test_a_reminder_comes_days_before_the_end_in_the_morning_there() -> None:
    ada, paper, _, _ = bought()
    at = refills.remind(ada, paper, date(2026, 12, 23), now=NOW, zone=LAGOS)
    assert at == datetime(2026, 12, 19, 9, 0, tzinfo=UTC)
    refills.remind(ada, paper, date(2026, 12, 24), now=NOW, zone=LAGOS)
    assert [one for one in set_timers() if one[0] == "refill"] == [("refill", ada, f"{paper}:2026-12-24")]


@pytest.mark.parametrize("runs_out", [date(2026, 11, 25), date(2020, 1, 1), date(2029, 1, 1)])
def test_a_day_that_cannot_be_meant_is_refused(runs_out: date) -> None:
    ada, paper, _, _ = bought()
    with pytest.raises(Refused, match="over"):
        refills.remind(ada, paper, runs_out, now=NOW, zone=LAGOS)


def test_nobody_is_reminded_of_somebody_elses_prescription_nor_has_it_in_the_cart() -> None:
    _, paper, _, ref = bought()
    eve = a_customer()
    with pytest.raises(Refused, match="unknown"):
        refills.remind(eve, paper, date(2026, 12, 23), now=NOW, zone=LAGOS)
    with pytest.raises(Refused, match="unknown"):
        refills.again(eve, paper, {ref}, now=NOW)


def test_no_more_reminders_ends_all_of_them_and_no_other_timer() -> None:
    ada, paper, _, _ = bought()
    refills.remind(ada, paper, date(2026, 12, 23), now=NOW, zone=LAGOS)
    timers.start("visit_soon", ada, NOW, NOW, "V1:60")
    assert refills.forget(ada) == 1
    assert set_timers() == [("visit_soon", ada, "V1:60")]


def test_again_puts_as_much_as_was_approved_into_the_cart_however_often_it_is_asked() -> None:
    ada, paper, _, ref = bought()
    for _ in range(2):
        done = refills.again(ada, paper, {ref}, now=NOW)
    assert done == refills.Again(("Norvasc 5mg",), ())
    assert ask("""SELECT quantity FROM cart_lines WHERE "customerId" = %s""", ada) == [(2,)]


def test_again_leaves_what_was_not_asked_for_and_names_what_cannot_be_had() -> None:
    ada, paper, _, ref = bought()
    assert refills.again(ada, paper, {"m999999"}, now=NOW) == refills.Again((), ())
    ask("UPDATE products SET stock = 0")
    assert refills.again(ada, paper, {ref}, now=NOW) == refills.Again((), ("Norvasc 5mg",))
