"""What directions of transcripts play about care: times that others take, days off, appointments of before, results, time that passes.

( d1 at 2026-11-24 14:00 is taken )   ( d1 is off on 2026-11-26 )   ( appointment 61001 of before: d3 at 2026-11-27 10:00, booked )
( the result of 61001 comes )   ( the clock goes on by 2 days )
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local.rehearsal.care import minutes_of, thing_of, zone_of
from local.rehearsal.care_goods import CENTRE
from models.values import Money
from models.visits.values import Doctor, Visit
from worker.flows.step import Effect, Happened

if TYPE_CHECKING:
    from local.rehearsal.play import Play, Turned


def _taken(play: Play, ref: str, at: str) -> None:
    """Another patient books that time (of the doctor's own clock)."""
    there = datetime.fromisoformat(at).replace(tzinfo=zone_of(thing_of(ref)))
    play.shop.clinic.taken.add((ref, there.astimezone(UTC)))


def _off(play: Play, ref: str, day: str) -> None:
    play.shop.clinic.off.add((ref, date.fromisoformat(day)))


def _visit(play: Play, number: str, ref: str, at: str, state: str) -> None:
    """An own appointment of before."""
    thing = thing_of(ref)
    starts = datetime.fromisoformat(at).replace(tzinfo=zone_of(thing)).astimezone(UTC)
    doctor = isinstance(thing, Doctor)
    play.shop.clinic.booked.append(
        Visit(
            number,
            "doctor" if doctor else "test",
            thing.name,
            thing.specialty if isinstance(thing, Doctor) else thing.sample,
            thing.place if isinstance(thing, Doctor) else CENTRE,
            starts,
            starts + timedelta(minutes=minutes_of(thing)),
            str(zone_of(thing)),
            state,
            Money(0),
            "",
            None,
            ref,
        )
    )


def _result(play: Play, number: str, again: str | None) -> Turned:
    """The lab's result comes, or a corrected one."""
    if number not in play.shop.clinic.results:
        play.shop.clinic.results.append(number)
    return play.send(Happened("lab_result", {"number": number, "again": bool(again)}))


def _staff_moves(play: Play, number: str, at: str) -> Turned:
    there = datetime.fromisoformat(at).replace(tzinfo=zone_of(thing_of(_own(play, number).ref))).astimezone(UTC)
    play.shop.perform(Effect("move_visit", {"number": number, "starts_at": there.isoformat()}))
    return play.send(Happened("visit_changed", {"number": number, "what": "moved"}))


def _staff_cancels(play: Play, number: str) -> Turned:
    done = play.shop.perform(Effect("cancel_visit", {"number": number}))
    refund = done.data.get("refund_kobo") if done else 0
    return play.send(Happened("visit_changed", {"number": number, "what": "cancelled", "refund_kobo": refund}))


def _own(play: Play, number: str) -> Visit:
    return next(visit for visit in play.shop.clinic.booked if visit.number == number)


def _later(play: Play, count: str, unit: str) -> None:
    play.shop.now += timedelta(**{f"{unit}s" if not unit.endswith("s") else unit: int(count)})


DIRECTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"([dt]\d+) at ([\d-]+ [\d:]+) is taken", _taken),
    (r"(d\d+) is off on ([\d-]+)", _off),
    (r"appointment (\w+) of before: ([dt]\d+) at ([\d-]+ [\d:]+), (\w+)", _visit),
    (r"the result of (\w+) comes( again)?", _result),
    (r"staff: appointment (\w+) is moved to ([\d-]+ [\d:]+)", _staff_moves),
    (r"staff: appointment (\w+) is cancelled", _staff_cancels),
    (r"the clock goes on by (\d+) (hours?|days?)", _later),
)
