"""When doctors work, in the console: weekly hours, days off, times kept free, holidays; a doctor's own; and orders that are a fee."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models import fulfilment, orders, visits
from models.base import connection
from models.visits import agenda
from tests.console import Desk, Seat, a_colleague, audited, form
from tests.console_sheet import desk, own_connection, words
from tests.factories import a_customer
from tests.visits_made import a_booking, a_doctor, a_test, a_visit, state_of, told
from web.console import doctor_hours

__all__ = ["desk", "own_connection"]  # fixtures

LAGOS = ZoneInfo("Africa/Lagos")


def at(doctor: int, act: str = "") -> str:
    return f"/console/visits/doctors/{doctor}{f'/{act}' if act else ''}"


def seat_of(desk: Desk, doctor: int) -> Seat:
    return desk.seat(a_colleague("doctor", doctor=doctor))


def spans(doctor: int) -> tuple[tuple[int, int, int], ...]:
    return agenda.of(doctor, now=datetime.now(UTC)).spans


def a_working_day(ahead: int = 10) -> date:
    day = datetime.now(LAGOS).date() + timedelta(days=ahead)
    while day.weekday() > 4 or agenda.holidays(day, day):
        day += timedelta(days=1)
    return day


def ten_oclock(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), LAGOS).replace(hour=10).astimezone(UTC)


def free(doctor: int, day: date) -> set[str]:
    """The free times of a day, as the clock there says."""
    found = [d for d in visits.days(f"d{doctor}", now=datetime.now(UTC), first=day, limit=1) if d.day == day]
    return {f"{slot.astimezone(LAGOS):%H:%M}" for each in found for slot in each.slots}


# ------------------------------------------------------------------------------------------------------------ hours


def test_hours_are_set_as_people_write_them_and_empty_fields_bring_the_usual_back(desk: Desk) -> None:
    doctor = a_doctor()
    seat = seat_of(desk, doctor)

    seat.post(at(doctor, "hours"), {"day0": "8:00-12.30, 14:00 to 18:00", "day5": "09:00–13:00"})
    page, written = seat.get(at(doctor)).text, spans(doctor)
    again = form(page, at(doctor, "hours"))
    seat.post(at(doctor, "hours"))

    assert written == ((0, 480, 750), (0, 840, 1080), (5, 540, 780))
    assert (again["day0"], again["day1"], again["day5"]) == ("08:00-12:30, 14:00-18:00", "", "09:00-13:00")
    assert "the usual ones" in words(seat.get(at(doctor)).text)


@pytest.mark.parametrize("typed", ["morning", "8-12", "18:00-08:00", "08:00-12:00, 11:00-13:00", "08:00-25:00", "08:61-09:00"])
def test_hours_that_make_no_sense_change_nothing_and_stay_in_the_field(desk: Desk, typed: str) -> None:
    doctor = a_doctor()
    seat, before = seat_of(desk, doctor), spans(doctor)

    answer = seat.post(at(doctor, "hours"), {"day2": typed})

    assert (answer.status_code, spans(doctor)) == (422, before)
    assert form(answer.text, at(doctor, "hours"))["day2"] == typed
    assert "Write times like 08:00" in words(answer.text)


def test_a_time_kept_free_is_offered_to_nobody_until_it_is_opened_again(desk: Desk) -> None:
    doctor, day = a_doctor(), a_working_day()
    seat = seat_of(desk, doctor)

    seat.post(at(doctor, "blocks"), {"day": day.isoformat(), "from": "10:00", "until": "11:00", "reason": "Ward round"})
    closed, page = free(doctor, day), seat.get(at(doctor)).text
    row = agenda.of(doctor, now=datetime.now(UTC)).blocks[0].id
    seat.post(at(doctor, f"blocks/{row}/remove"))

    assert {"09:30", "11:00"} <= closed
    assert not {"10:00", "10:30"} & closed
    assert "10:00–11:00 · Ward round" in words(page)
    assert "10:00" in free(doctor, day)


def test_days_off_name_the_appointments_that_stand_in_them_and_move_nobody(desk: Desk) -> None:
    doctor, day = a_doctor(), a_working_day()
    number = a_visit(doctor, ten_oclock(day))
    seat = seat_of(desk, doctor)

    answer = seat.post(at(doctor, "days-off"), {"first": day.isoformat(), "last": (day + timedelta(days=1)).isoformat()})
    page = seat.get(answer.headers["Location"]).text

    assert "1 appointment stands in a time that is closed." in words(page)
    assert f'href="/console/visits/{number}"' in page
    assert (state_of(number), free(doctor, day)) == ("booked", set())


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        ("days-off", {"first": ""}),
        ("days-off", {"first": "2030-02-31"}),
        ("days-off", {"first": "2026-01-01"}),
        ("days-off", {"first": "2030-01-02", "last": "2030-01-01"}),
        ("blocks", {"day": "2030-01-02", "from": "11:00", "until": "10:00"}),
        ("blocks", {"day": "2030-01-02", "from": "", "until": "10:00"}),
        ("blocks", {"day": "2026-01-02", "from": "09:00", "until": "10:00"}),
        ("slots", {"minutes": "1"}),
        ("slots", {"minutes": "20", "zone": "Mars/Olympus"}),
    ],
)
def test_times_that_cannot_be_are_refused_with_a_sentence(desk: Desk, act: str, sent: dict[str, str]) -> None:
    doctor = a_doctor()

    answer = desk.seat("admin").post(at(doctor, act), sent)

    assert answer.status_code == 422
    assert "A rule of the pharmacy says no" not in answer.text
    assert agenda.of(doctor, now=datetime.now(UTC)).absences + agenda.of(doctor, now=datetime.now(UTC)).blocks == ()


def test_a_doctor_changes_own_hours_only_and_no_holidays(desk: Desk) -> None:
    mine, others, day = a_doctor(), a_doctor(), a_working_day().isoformat()
    theirs = agenda.take_off(others, a_working_day(), a_working_day(), "", by=a_colleague("admin"), now=datetime.now(UTC)).id
    seat = seat_of(desk, mine)

    sent = {"day": day, "from": "10:00", "until": "11:00", "first": day, "minutes": "20", "day0": "09:00-10:00"}
    acts = ("hours", "slots", "days-off", "blocks", f"days-off/{theirs}/remove", f"blocks/{theirs}/remove")
    answers = [seat.get(at(others)), *(seat.post(at(others, act), sent) for act in acts)]
    crossed = seat.post(at(mine, f"days-off/{theirs}/remove"))

    assert {each.status_code for each in answers} == {404}
    assert crossed.status_code == 303
    found = agenda.of(others, now=datetime.now(UTC))
    assert (found.usual, found.slot_minutes, [each.id for each in found.absences], found.blocks) == (True, 30, [theirs], ())
    assert seat.post("/console/visits/holidays", {"day": day, "name": "Mine"}).status_code == 403
    assert seat.get("/console/visits/doctors").headers["Location"] == at(mine)


def test_many_doctors_come_in_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_hours, "PAGE", 2)  # as fifty-one doctors would
    for n in range(3):
        a_doctor(f"Aaron Aba {n}")
    seat = desk.seat("support")

    pages = [words(seat.get(f"/console/visits/doctors?from={begin}").text) for begin in (0, 2)]

    assert ["Dr Aaron Aba 0" in page for page in pages] == [True, False]
    assert ["Dr Aaron Aba 2" in page for page in pages] == [False, True]


def test_a_holiday_is_announced_and_one_of_the_calendar_is_not_kept(desk: Desk) -> None:
    seat, doctor, day = desk.seat("admin"), a_doctor(), a_working_day(20)
    before = free(doctor, day)

    seat.post("/console/visits/holidays", {"day": day.isoformat(), "name": "Inauguration <b>Day"})
    page, during = seat.get("/console/visits/holidays").text, free(doctor, day)
    seat.post(f"/console/visits/holidays/{day.isoformat()}/remove")

    assert before
    assert during == set()
    assert "Inauguration &lt;b&gt;Day" in page
    assert free(doctor, day) == before
    assert audited("holiday_announced")[-1][3] == {"day": day.isoformat(), "kept": True}


@pytest.mark.parametrize(
    "sent", [{"day": "", "name": "x"}, {"day": "2020-01-01", "name": "x"}, {"day": "2026-12-09", "name": ""}]
)
def test_a_holiday_without_day_or_name_or_in_the_past_is_refused(desk: Desk, sent: dict[str, str]) -> None:
    answer = desk.seat("admin").post("/console/visits/holidays", sent)

    assert answer.status_code == 422
    assert "A rule of the pharmacy" not in answer.text


# ------------------------------------------------------------------------------------------------------------ fees


def a_fee(customer: int) -> tuple[str, str]:
    """(order, visit) of a visit booked with a doctor who has a fee."""
    doctor = a_doctor()
    connection().execute('UPDATE doctors SET "feeKobo" = 500000 WHERE id = %s', (doctor,))
    slot = visits.days(f"d{doctor}", now=datetime.now(UTC), first=a_working_day(), limit=1)[0].slots[0]
    booked = visits.book(customer, f"d{doctor}", slot, f"key-{doctor}", now=datetime.now(UTC))
    return booked.order_number, booked.number


def paid(order: str) -> None:
    found = fulfilment.standing(order)
    assert orders.move(found.id, "paid", who="test", now=datetime.now(UTC))


def test_a_fee_is_no_order_to_prepare_and_its_page_shows_its_appointment(desk: Desk) -> None:
    order, visit = a_fee(a_customer())
    paid(order)
    seat = desk.seat("support")

    prepare, done = (seat.get(f"/console/orders?tab={tab}").text for tab in ("prepare", "done"))
    page = seat.get(f"/console/orders/{order}").text
    acts = {
        act: seat.post(f"/console/orders/{order}/{act}", {"rider": "Sani", "phone": "08031234567"})
        for act in ("process", "ship", "deliver")
    }

    assert order not in prepare
    assert order in done
    assert f'href="/console/visits/{visit}"' in page
    assert "nothing is packed or brought" in words(page)
    assert not [word for word in ("Start preparing", "Handed to the rider", "Delivery free") if word in words(page)]
    assert {answer.status_code for answer in acts.values()} == {422}
    assert fulfilment.standing(order).state == "paid"


def test_cancelling_the_fee_cancels_the_appointment_and_not_one_that_took_place(desk: Desk) -> None:
    (order, visit), (over, was) = a_fee(a_customer()), a_fee(a_customer())
    for each in (order, over):
        paid(each)
    connection().execute("UPDATE appointments SET state = 'done' WHERE number = %s", (was,))
    seat = desk.seat("support")

    done = seat.post(f"/console/orders/{order}/cancel", {"reason": "customer_asked"})
    refused = seat.post(f"/console/orders/{over}/cancel", {"reason": "customer_asked"})

    assert (done.status_code, state_of(visit)) == (303, "cancelled")
    assert (refused.status_code, state_of(was), fulfilment.standing(over).state) == (422, "done", "paid")
    assert "took place" not in words(refused.text)
    assert "is over: money can be given back" in words(refused.text)


def test_a_visit_with_a_fee_that_staff_cancel_says_what_goes_back(desk: Desk) -> None:
    ada = a_customer()
    order, visit = a_fee(ada)
    paid(order)
    seat = desk.seat("support")

    page = words(seat.get(f"/console/visits/{visit}").text)
    seat.post(f"/console/visits/{visit}/cancel", {"reason": "doctor_away"})

    assert "₦5,000, paid" in page
    assert (fulfilment.standing(order).state, state_of(visit)) == ("cancelled", "cancelled")
    assert told(ada, "visit_changed")[-1]["what"] == "cancelled"


def test_whom_a_change_of_hours_leaves_outside_is_shown_until_somebody_has_seen_to_it(desk: Desk) -> None:
    doctor, day = a_doctor(), a_working_day()
    number = a_visit(doctor, ten_oclock(day))
    seat = seat_of(desk, doctor)

    seat.post(at(doctor, "hours"), {f"day{day.weekday()}": "14:00-18:00"})

    assert f'href="/console/visits/{number}"' in seat.get(at(doctor)).text


def test_a_lab_booking_that_stands_on_an_announced_holiday_is_linked_to_its_own_page(desk: Desk) -> None:
    lab, visit = a_booking(a_test(), ten_oclock(a_working_day())), a_visit(a_doctor(), ten_oclock(a_working_day()))

    shown = desk.seat(a_colleague("owner")).get(f"/console/visits/holidays?standing={lab}.{visit}.77").text

    assert f'href="/console/labs/{lab}"' in shown
    assert f'href="/console/visits/{visit}"' in shown
    assert "2 appointments stand" in words(shown)
