"""Appointments in the conversation on the real pharmacy: what is shown is what the tables hold, and what is said is what was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

import settings
from models import base, inbox, orders
from models.base import connection
from tests.factories import NOW, a_customer
from tests.servers import Databases
from tests.visit_talk import Customer, words
from tests.visits_world import TWO, a_doctor, a_test, booked, held_times, reminders, state_of
from worker import generated
from worker.flows.step import Buttons, Document, Happened, Outside, Tapped


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url, pytest.MonkeyPatch.context() as environment:
        for name, value in {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1"}.items():
            environment.setenv(name, value)
        settings.current.cache_clear()
        base.bind(url)
        yield
        base.drop_connection()
    settings.current.cache_clear()


def only_visit(customer: Customer) -> str:
    found = connection().execute("""SELECT number FROM appointments WHERE "customerId" = %s""", (customer.id,)).fetchall()
    assert len(found) == 1
    return str(found[0][0])


# ------------------------------------------------------------------------------------------------------------- booking


def test_a_doctor_without_a_fee_is_booked_in_one_message_and_a_yes() -> None:
    ref, ada = a_doctor("Dr Zainab Umar"), Customer()

    asked = ada.say("book dr zainab tomorrow 2pm")
    done = ada.say("yes")

    assert "Tue 24 Nov, 2:00 PM" in asked
    assert "Booked: Dr Zainab Umar, Tue 24 Nov, 2:00 PM" in done
    assert held_times(ref) == [TWO]


def test_the_calendar_file_goes_with_it_and_is_made_from_the_row() -> None:
    a_doctor("Dr Ijeoma Nwafor")
    ada = Customer()
    ada.say("book dr ijeoma tomorrow 2pm", "yes")

    sent = next(reply for reply in ada.replies if isinstance(reply, Document))
    made = generated.MAKERS["calendar"](ada.id, sent.source.partition(":")[2])

    assert made is not None
    assert isinstance(made.content, bytes)
    assert b"METHOD:PUBLISH" in made.content
    assert b"DTSTART:20261124T130000Z" in made.content


@pytest.mark.parametrize(
    "typed",
    [
        "book dr folake tomorrow 2pm",
        "book dr folake 24/11/2026 14:00",
        "book dr folake 2026-11-24 14:00",
        "book dr foleke tomorrow by 2",
        "abeg i wan see dr folake tomorrow 2pm",
        "appointment with dr folake on tuesday 2pm",
    ],
)
def test_every_form_of_it_comes_to_the_same_last_look(typed: str) -> None:
    if not connection().execute("SELECT 1 FROM doctors WHERE name = 'Dr Folake Adeniyi'").fetchone():
        a_doctor("Dr Folake Adeniyi")

    asked = Customer().say(typed)

    assert "Dr Folake Adeniyi" in asked
    assert "Tue 24 Nov, 2:00 PM" in asked


def test_step_by_step_by_what_for_and_where_with_slips() -> None:
    a_doctor("Dr Preye Briggs", specialty="Urology", location="Port Harcourt")
    ada = Customer()

    card = ada.say("kidney doctor in ph")
    day = ada.tap("Other times")
    times = ada.say("2")
    asked = ada.say("2pm")

    assert "Dr Preye Briggs" in card
    assert "Tue 24 Nov" in day
    assert "1. 8:00 AM" in times
    assert "Tue 24 Nov, 2:00 PM" in asked


def test_two_of_one_name_are_asked_about_and_the_time_is_kept() -> None:
    a_doctor("Dr Halima Sani", location="Kano")
    a_doctor("Dr Halima Bello", location="Abuja")
    ada = Customer()

    listed = ada.say("book dr halima tomorrow 2pm")
    asked = ada.say("halima bello")

    assert {"Dr Halima Sani", "Dr Halima Bello"} <= {w.strip("*") for w in listed.replace(",", "*").split("*")}
    assert "Dr Halima Bello" in asked
    assert "Tue 24 Nov, 2:00 PM" in asked


def test_who_is_not_registered_goes_on_where_they_were_after_registering() -> None:
    ref, ada = a_doctor("Dr Chinwe Eze"), Customer(registered=False)

    asked_name = ada.say("book dr chinwe tomorrow 2pm")
    goes_on = ada.say("Ada Obi", "yes")
    done = ada.say("yes")

    assert "name" in asked_name
    assert "Tue 24 Nov, 2:00 PM" in goes_on
    assert "Booked" in done
    assert held_times(ref) == [TWO]


def test_a_time_that_went_meanwhile_is_answered_with_the_nearest() -> None:
    ref, ada = a_doctor("Dr Sade Bankole"), Customer()
    ada.say("book dr sade tomorrow 2pm")
    booked(a_customer(), ref)

    refused = ada.say("yes")
    again = ada.tap("Tue 24 Nov, 1:30 PM")

    assert "somebody else was quicker" in refused
    assert "Tue 24 Nov, 1:30 PM" in again


def test_a_tap_on_an_old_list_whose_time_is_gone_is_answered_with_the_nearest() -> None:
    ref, ada = a_doctor("Dr Tobi Ajayi"), Customer()
    ada.say("dr tobi", "tomorrow", "next")
    old = ada.replies
    booked(a_customer(), ref)
    ada.say("menu")
    ada.replies = old

    told = ada.tap("13. 2:00 PM")

    assert "Tue 24 Nov, 2:00 PM is not free" in told
    assert [b.title for r in ada.replies if isinstance(r, Buttons) for b in r.buttons][:2] == [
        "Tue 24 Nov, 1:30 PM",
        "Tue 24 Nov, 2:30 PM",
    ]


def test_a_holiday_is_named() -> None:
    a_doctor("Dr Ronke Alli")

    told = Customer().say("book dr ronke 25/12/2026 10am")

    assert "public holiday (Christmas" in told


def test_a_second_visit_at_the_same_time_names_the_first() -> None:
    a_doctor("Dr Ben Okoro")
    a_doctor("Dr Eno Bassey")
    ada = Customer()
    ada.say("book dr ben tomorrow 2pm", "yes")

    told = ada.say("book dr eno tomorrow 2pm", "yes")

    assert "You already have this at that time: Dr Ben Okoro, Tue 24 Nov, 2:00 PM" in told


# ------------------------------------------------------------------------------------------------------------- the fee


def test_a_fee_holds_the_time_and_paying_it_books_the_visit() -> None:
    ref, ada = a_doctor("Dr Lola Musa", fee=15_000), Customer()
    held = ada.say("book dr lola tomorrow 2pm", "yes")
    number, order = only_visit(ada), orders.of(ada.id, limit=1).orders[0].number
    before = state_of(number)
    ada.say("1")

    paid = ada.pays(order)

    assert "held until 10:15 AM" in held
    assert (before, state_of(number), held_times(ref)) == ("held", "booked", [TWO])
    assert "Booked: Dr Lola Musa, Tue 24 Nov, 2:00 PM" in paid
    assert f"calendar:{number}" in paid
    assert len(reminders(ada.id)) == 2


def test_a_fee_that_is_not_paid_frees_the_time_and_says_so() -> None:
    ref, ada = a_doctor("Dr Kunle Ojo", fee=15_000), Customer()
    ada.say("book dr kunle tomorrow 2pm", "yes")
    number = only_visit(ada)
    ada.now += timedelta(minutes=26)

    for one in orders.expire_due(ada.now):
        inbox.add_event(one.customer_id or 0, "order_expired", f"order_expired:{one.order_id}", {"order_number": one.number})
    told = ada.hears()

    assert (state_of(number), held_times(ref)) == ("expired", [])
    assert "The fee for Dr Kunle Ojo, Tue 24 Nov, 2:00 PM was not paid in time" in told


def test_the_order_of_a_fee_is_told_as_an_appointment() -> None:
    a_doctor("Dr Nkechi Ude", fee=15_000)
    ada = Customer()
    ada.say("book dr nkechi tomorrow 2pm", "yes")
    order = orders.of(ada.id, limit=1).orders[0].number

    tracked = ada.say(f"track {order}")

    assert "Dr Nkechi Ude, Tue 24 Nov, 2:00 PM" in tracked
    assert "deliver" not in tracked.lower()


# ------------------------------------------------------------------------------------------------- moving and cancelling


def test_moving_keeps_one_time_and_sets_the_reminders_anew() -> None:
    ref, ada = a_doctor("Dr Yemi Cole"), Customer()
    ada.say("book dr yemi thursday 10am", "yes")

    asked = ada.say("move it to friday 3pm")
    done = ada.say("yes")

    friday = datetime(2026, 11, 27, 14, tzinfo=UTC)
    assert "Fri 27 Nov, 3:00 PM" in asked
    assert "Moved: Dr Yemi Cole, Fri 27 Nov, 3:00 PM" in done
    assert held_times(ref) == [friday]
    assert sorted(reminders(ada.id).values()) == [friday - timedelta(days=1), friday - timedelta(hours=1)]


def test_cancelling_late_warns_and_a_calendar_file_takes_it_back() -> None:
    ref, ada = a_doctor("Dr Uzo Ani"), Customer()
    ada.say("book dr uzo tomorrow 9am", "yes")
    number = only_visit(ada)

    asked = ada.say("cancel my appointment")
    done = ada.say("yes")
    made = generated.MAKERS["calendar"](ada.id, number)

    assert "less than 24 hours" in asked
    assert "Cancelled: Dr Uzo Ani" in done
    assert (state_of(number), held_times(ref), reminders(ada.id)) == ("cancelled", [], {})
    assert made is not None
    assert b"METHOD:CANCEL" in bytes(made.content)  # type: ignore[arg-type]


def test_a_paid_fee_goes_back_when_the_visit_is_cancelled() -> None:
    a_doctor("Dr Obi Madu", fee=15_000)
    ada = Customer()
    ada.say("book dr obi thursday 2pm", "yes", "1")
    ada.pays(orders.of(ada.id, limit=1).orders[0].number)

    told = ada.say("cancel my appointment", "yes")

    assert "₦15,000 goes back to you" in told


def test_other_peoples_appointments_are_not_there() -> None:
    ref, ada = a_doctor("Dr Sola Ige"), Customer()
    made = booked(a_customer(), ref)

    shown = words(ada.send(Tapped(f"visit:{made.number}", "See appointment")))
    cancelled = words(ada.send(Tapped(f"vcy:{made.number}", "Yes, cancel it")))

    assert "I found no such appointment of yours" in shown
    assert "I found no such appointment of yours" in cancelled
    assert state_of(made.number) == "booked"


# ----------------------------------------------------------------------------------------------------------- lab tests


def test_a_lab_test_at_home_in_one_message_asks_only_the_address() -> None:
    ref, ada = a_test("Genotype test", price=3_500), Customer()

    asked = ada.say("book genotype test at home tomorrow 10am")
    look = ada.say("12 Allen Avenue, Ikeja, Lagos")
    held = ada.say("yes")

    assert "Where shall we collect it" in asked
    assert "12 Allen Avenue, Ikeja, Lagos" in look
    assert "Tue 24 Nov, 10:00 AM" in look
    assert "held until" in held
    assert held_times(ref) == [datetime(2026, 11, 24, 9, tzinfo=UTC)]


def test_my_appointments_has_both_kinds_the_soonest_first() -> None:
    a_doctor("Dr Dele Roy")
    a_test("Lipid profile")
    ada = Customer()
    ada.say("book dr dele thursday 10am", "yes", "book lipid profile test at the centre tomorrow 9am", "yes")

    listed = ada.say("my appointments")

    assert listed.index("Lipid profile, Tue 24 Nov, 9:00 AM") < listed.index("Dr Dele Roy, Thu 26 Nov, 10:00 AM")


def test_a_result_is_announced_by_a_template_that_names_no_test_and_its_file_is_the_customers_own() -> None:
    ref, ada = a_test("HIV screening"), Customer()
    made = booked(ada.id, ref)
    row = connection().execute(
        """INSERT INTO media ("customerId", kind, "mediaId", "mimeType", filename, sha256, purpose, "createdAt", "storedAs")
           VALUES (%s, 'document', 'lab_result:1', 'application/pdf', 'r.pdf', '', 'lab_result', %s, 'results/1') RETURNING id""",
        (ada.id, NOW),
    )
    connection().execute(
        """UPDATE diagnostic_bookings SET state = 'done', "resultMediaRow" = %s, "resultAt" = %s WHERE number = %s""",
        ((row.fetchone() or (0,))[0], NOW, made.number),
    )

    told = words(ada.send(Happened("lab_result", {"number": made.number, "again": False})))
    of_another = generated.MAKERS["result"](a_customer(), made.number)
    own = generated.MAKERS["result"](ada.id, made.number)

    assert "HIV" not in told
    assert f"result:{made.number}" in told
    assert ada.outside == Outside("lab_result")
    assert (of_another, own is not None) == (None, True)


# -------------------------------------------------------------------------------------------------------- for somebody


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        ("appointments", "book dr obiageli tomorrow 2pm for my wife"),
        ("diagnostic_bookings", "book sickling test at the centre tomorrow 2pm for my wife"),
    ],
)
def test_for_whom_it_is_stands_in_the_note_the_doctor_reads(table: str, asked: str) -> None:
    if table == "appointments":
        a_doctor("Dr Obiageli Ike")
    else:
        a_test("Sickling test", home=False)
    ada = Customer()

    ada.say(asked, "yes")

    kept = connection().execute(f"""SELECT notes FROM {table} WHERE "customerId" = %s""", (ada.id,)).fetchall()
    assert kept == [("For: my wife",)]


# ---------------------------------------------------------------------------------------------------------- statements


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of this process. Only here, where all of them pass, can they be counted."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def counted(self: Any, query: Any, *more: Any, **options: Any) -> Any:
        if not str(query).startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")):
            seen.append(str(query))
        return execute(self, query, *more, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    return seen


@pytest.mark.parametrize(
    ("before", "said", "most"),
    [
        ((), "2", 2),
        ((), "heart doctor in lagos", 4),
        ((), "dr amaka counted", 4),
        (("dr amaka counted",), "tomorrow", 4),
        (("dr amaka counted",), "tomorrow 2pm", 4),
        ((), "my appointments", 4),
        ((), "lab tests", 2),
    ],
)
def test_a_turn_asks_the_database_few_questions(
    before: tuple[str, ...], said: str, most: int, statements: list[str], record_property: Any
) -> None:
    if not connection().execute("SELECT 1 FROM doctors WHERE name = 'Dr Amaka Counted'").fetchone():
        a_doctor("Dr Amaka Counted", location="Lagos")
    ada = Customer()
    for each in before:
        ada.say(each)
    statements.clear()

    ada.say(said)

    record_property("statements", len(statements))
    assert len(statements) <= most, statements
