"""What staff say about time holds for customers from then on, is written down, and names the visits that are booked in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from models import visits
from models.base import connection
from models.roles import Staff
from models.values import Refused
from models.visits import agenda
from models.visits.days import admit
from tests.factories import NOW, a_colleague, a_customer
from tests.shops import at_once, run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked

__all__ = ["shop"]  # a fixture

HALF_AN_HOUR = timedelta(minutes=30)
TUESDAY = date(2026, 11, 24)


def somebody() -> Staff:
    who = a_colleague(name="Bisi Adeyemi", role="admin")
    return Staff(who.id, "bisi@pharmacy.example", who.name, "admin")


def row(ref: str) -> int:
    return int(ref[1:])


def free(ref: str, day: date = TUESDAY) -> list[str]:
    """The free starts of a day on the doctor's own clock; none when the next day with any is another."""
    found = visits.days(ref, now=NOW, first=day, limit=1)
    zone = agenda.timetables.zone_named(visits.doctor(ref, NOW).zone)
    return [f"{at.astimezone(zone):%H:%M}" for at in found[0].slots] if found and found[0].day == day else []


def why(ref: str, at: datetime) -> str:
    with pytest.raises(Refused) as no:
        admit(ref, at, now=NOW)
    return no.value.code


def noted(act: str, subject_id: int | None) -> list[dict[str, object]]:
    found = connection().execute(
        'SELECT detail FROM audit WHERE act = %s AND "subjectId" IS NOT DISTINCT FROM %s ORDER BY id', (act, subject_id)
    )
    return [detail for (detail,) in found.fetchall()]


# ------------------------------------------------------------------------------------------------------- hours


def test_hours_that_are_set_hold_at_once_and_none_bring_the_usual_ones_back() -> None:
    ref, by = a_doctor(), somebody()

    set_ = agenda.set_hours(row(ref), [(1, 600, 660), (1, 840, 900), (5, 540, 600)], by=by, now=NOW)
    tuesday, saturday = free(ref), free(ref, date(2026, 11, 28))
    usual = agenda.set_hours(row(ref), [], by=by, now=NOW)

    assert (tuesday, saturday) == (["10:00", "10:30", "14:00", "14:30"], ["09:00", "09:30"])
    assert (set_.usual, set_.spans) == (False, ((1, 600, 660), (1, 840, 900), (5, 540, 600)))
    assert (usual.usual, len(free(ref))) == (True, 20)
    assert [len(each["spans"]) for each in noted("doctor_hours_set", row(ref))] == [3, 0]


@pytest.mark.parametrize(
    "spans",
    [
        [(7, 0, 60)],
        [(-1, 0, 60)],
        [(0, 60, 60)],
        [(0, 120, 60)],
        [(0, -5, 60)],
        [(0, 1400, 1441)],
        [(0, 540, 660), (0, 600, 720)],
        [(n % 7, n * 30, n * 30 + 10) for n in range(29)],
    ],
)
def test_hours_that_cannot_be_are_refused_and_the_old_ones_stay(spans: list[tuple[int, int, int]]) -> None:
    ref, by = a_doctor(), somebody()
    agenda.set_hours(row(ref), [(1, 600, 660)], by=by, now=NOW)

    with pytest.raises(Refused, match="bad_hours"):
        agenda.set_hours(row(ref), spans, by=by, now=NOW)

    assert free(ref) == ["10:00", "10:30"]


def test_slots_zone_and_holidays_are_a_doctors_own() -> None:
    ref, by = a_doctor(), somebody()

    set_ = agenda.set_slots(row(ref), 60, "Europe/London", True, by=by, now=NOW)

    assert (set_.slot_minutes, set_.zone, set_.works_holidays) == (60, "Europe/London", True)
    assert (len(free(ref)), len(free(ref, date(2026, 12, 25)))) == (10, 10)
    assert visits.days(ref, now=NOW, first=TUESDAY, limit=1)[0].slots[0].hour == 8  # UTC, as London in winter


@pytest.mark.parametrize(
    ("minutes", "zone", "code"), [(4, "", "bad_slot"), (481, "", "bad_slot"), (30, "Lagos", "bad_zone"), (30, "../x", "bad_zone")]
)
def test_slots_and_zones_that_cannot_be_are_refused(minutes: int, zone: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        agenda.set_slots(row(a_doctor()), minutes, zone, False, by=somebody(), now=NOW)


def test_a_new_length_of_slots_goes_around_what_is_booked() -> None:
    ref = a_doctor()
    booked(a_customer(), ref, TWO)

    agenda.set_slots(row(ref), 60, "", False, by=somebody(), now=NOW)

    assert [at for at in free(ref) if at >= "12:00"] == ["12:00", "13:00", "15:00", "16:00", "17:00"]


def test_two_colleagues_who_set_the_same_hours_leave_one_set_of_them() -> None:
    ref, by = a_doctor(), somebody()

    at_once([lambda: agenda.set_hours(row(ref), [(1, 600, 660)], by=by, now=NOW)] * 4)

    assert run('SELECT count(*) FROM doctor_hours WHERE "doctorId" = %s', row(ref)) == [(1,)]


# ------------------------------------------------------------------------------------------------------- days off, blocks


def test_days_off_close_and_name_the_visits_that_stand_in_them() -> None:
    ref, by = a_doctor(), somebody()
    first = booked(a_customer(), ref, TWO).number
    given_up = booked(ada := a_customer(), ref, TWO + HALF_AN_HOUR).number
    visits.cancel(ada, given_up, now=NOW)
    booked(a_customer(), ref, TWO + timedelta(days=3))

    closed = agenda.take_off(row(ref), TUESDAY, date(2026, 11, 25), "Conference", by=by, now=NOW)

    assert closed.standing == (first,)
    assert (free(ref), free(ref, date(2026, 11, 25)), len(free(ref, date(2026, 11, 26)))) == ([], [], 20)
    assert why(ref, TWO + timedelta(hours=1)) == "day_off"
    assert noted("doctor_taken_off", row(ref)) == [{"id": closed.id, "first": "2026-11-24", "last": "2026-11-25"}]


def test_the_same_days_once_more_are_the_same_absence_and_they_can_be_taken_back_once() -> None:
    ref, by = a_doctor(), somebody()

    first, again = (agenda.take_off(row(ref), TUESDAY, TUESDAY, "", by=by, now=NOW) for _ in range(2))
    of_another = agenda.come_back(row(a_doctor()), first.id, by=by)
    back = [agenda.come_back(row(ref), first.id, by=by) for _ in range(2)]

    assert first == again
    assert (of_another, back, len(free(ref))) == (False, [True, False], 20)
    assert len(noted("doctor_taken_off", row(ref))) == len(noted("doctor_came_back", row(ref))) == 1


def test_a_blocked_time_is_not_offered_until_it_is_given_back() -> None:
    ref, by = a_doctor(), somebody()
    number = booked(a_customer(), ref, TWO).number

    closed = agenda.block(row(ref), TWO - HALF_AN_HOUR, TWO + timedelta(hours=2), "Theatre", by=by, now=NOW)
    during = free(ref)
    again = agenda.block(row(ref), TWO - HALF_AN_HOUR, TWO + timedelta(hours=2), "Theatre", by=by, now=NOW)
    back = [agenda.unblock(row(ref), closed.id, by=by) for _ in range(2)]

    assert (closed.standing, again) == ((number,), closed)
    assert [at for at in during if "13:00" <= at <= "17:00"] == ["13:00", "16:00", "16:30", "17:00"]
    assert (back, "14:30" in free(ref)) == ([True, False], True)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (TUESDAY, date(2026, 11, 23), "bad_days"),
        (TUESDAY, date(2028, 1, 1), "bad_days"),
        (date(2026, 11, 1), date(2026, 11, 22), "over"),
    ],
)
def test_days_off_that_cannot_be_are_refused(first: date, last: date, code: str) -> None:
    with pytest.raises(Refused, match=code):
        agenda.take_off(row(a_doctor()), first, last, "", by=somebody(), now=NOW)


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [(TWO, TWO, "bad_times"), (TWO, TWO - HALF_AN_HOUR, "bad_times"), (TWO, TWO + timedelta(days=15), "bad_times"),
     (NOW - timedelta(hours=2), NOW - timedelta(hours=1), "over")],
)  # fmt: skip
def test_blocks_that_cannot_be_are_refused(begins: datetime, ends: datetime, code: str) -> None:
    with pytest.raises(Refused, match=code):
        agenda.block(row(a_doctor()), begins, ends, "", by=somebody(), now=NOW)


def test_reasons_are_short_and_unknown_doctors_unknown() -> None:
    by = somebody()

    with pytest.raises(Refused, match="too_long"):
        agenda.block(row(a_doctor()), TWO, TWO + HALF_AN_HOUR, "x" * 201, by=by, now=NOW)
    for act in (
        lambda: agenda.set_hours(999_999, [], by=by, now=NOW),
        lambda: agenda.set_slots(999_999, 30, "", False, by=by, now=NOW),
        lambda: agenda.take_off(999_999, TUESDAY, TUESDAY, "", by=by, now=NOW),
        lambda: agenda.block(999_999, TWO, TWO + HALF_AN_HOUR, "", by=by, now=NOW),
    ):
        with pytest.raises(Refused, match="unknown"):
            act()
    assert agenda.of(999_999, now=NOW) is None


def test_an_agenda_shows_what_is_to_come() -> None:
    ref, by = a_doctor("Amaka Obi"), somebody()
    agenda.take_off(row(ref), TUESDAY, TUESDAY, "Conference", by=by, now=NOW)
    agenda.block(row(ref), TWO, TWO + HALF_AN_HOUR, "Theatre", by=by, now=NOW)

    now, later = agenda.of(row(ref), now=NOW), agenda.of(row(ref), now=NOW + timedelta(days=3))

    assert (now.name, now.usual, len(now.spans)) == ("Dr Amaka Obi", True, 5)
    assert [(each.first, each.last, each.reason, each.by) for each in now.absences] == [
        (TUESDAY, TUESDAY, "Conference", "Bisi Adeyemi")
    ]
    assert [(each.starts_at, each.ends_at, each.reason) for each in now.blocks] == [(TWO, TWO + HALF_AN_HOUR, "Theatre")]
    assert (later.absences, later.blocks) == ((), ())


# ------------------------------------------------------------------------------------------------------- holidays


def test_an_announced_holiday_closes_for_those_who_keep_holidays_until_it_is_withdrawn() -> None:
    by, day = somebody(), date(2026, 12, 8)
    ref, always = a_doctor(), a_doctor(worksHolidays=True)
    at = datetime(2026, 12, 8, 9, tzinfo=UTC)
    numbers = {booked(a_customer(), each, at).number for each in (ref, a_test())}
    booked(a_customer(), always, at)

    standing = agenda.announce(day, "  Day of  mourning ", by=by, now=NOW)
    closed = (free(ref, day), len(free(always, day)), why(ref, datetime(2026, 12, 8, 10, tzinfo=UTC)))
    listed = agenda.holidays(day, day)
    gone = [agenda.withdraw(day, by=by) for _ in range(2)]

    assert set(standing) == numbers
    assert closed == ([], 19, "holiday")
    assert listed == (agenda.Holiday(day, "Day of mourning", True, True, "Bisi Adeyemi"),)
    assert (gone, len(free(ref, day))) == ([True, False], 19)
    assert noted("holiday_announced", None)[-1] == {"day": "2026-12-08", "kept": True}


def test_a_holiday_that_is_not_kept_is_a_day_like_others_and_the_last_word_counts() -> None:
    by, day, ref = somebody(), date(2026, 12, 28), a_doctor()

    agenda.announce(day, "", kept=False, by=by, now=NOW)
    open_, listed = len(free(ref, day)), agenda.holidays(day, day)
    agenda.announce(day, "Boxing Day after all", by=by, now=NOW)
    closed = free(ref, day)
    agenda.withdraw(day, by=by)

    assert (open_, listed[0].name, listed[0].kept) == (20, "Boxing Day", False)
    assert closed == []
    assert agenda.holidays(day, day) == (agenda.Holiday(day, "Boxing Day", True, False),)


@pytest.mark.parametrize(
    ("day", "name", "code"),
    [(date(2026, 12, 8), "", "bad_name"), (date(2026, 12, 8), "x" * 81, "bad_name"), (date(2026, 11, 22), "Late", "over")],
)
def test_holidays_without_a_name_or_in_the_past_are_refused(day: date, name: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        agenda.announce(day, name, by=somebody(), now=NOW)
