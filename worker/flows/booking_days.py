"""The free days and the free times of a day, as lists that are paged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from worker.facts import Facts
from worker.flows import moments
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.step import Button, Place, Step
from worker.flows.subjects import Subject
from worker.flows.wording import BUTTON_LIMIT, Sentence, clock, cut, lines, paragraphs, plain, say

DAYS, SLOTS = 7, 8  # rows a page; the rest of the ten turns the pages
A_LINE = 2  # times in a line of the text
# Why a whole day cannot be, and why a time of a day cannot.
DAY_REASONS = frozenset(("holiday", "day_off", "too_far"))
TIME_REASONS = DAY_REASONS | {"too_soon", "outside_hours", "not_a_slot"}


def days(place: Place, subject: Subject, facts: Facts, first: date | None = None) -> Step:
    """Days with a free time, a week of them a page."""
    there = subject.days(facts, first, DAYS + 1)
    if not there and first is not None:
        return under(say("list.no_more"), days(place, subject, facts))
    if not there:
        back = button("find_doctor", "other_doctor") if subject.kind == "doctor" else button("lab_tests")
        return step(place, buttons(say("booking.full", title=subject.title), back, button("agent"), button("menu")))
    page, code = there[:DAYS], subject.code
    numbered = [say("booking.day", number=n, day=moments.day_words(d.day, facts)) for n, d in enumerate(page, start=1)]
    rows = [
        row(
            f"vday:{code}:{d.day.isoformat()}:0",
            f"{n}. {moments.day_words(d.day, facts)}",
            say(
                "booking.free" if len(d.slots) > 1 else "booking.free_one", count=len(d.slots), first=_clock(d.slots[0], subject)
            ),
        )
        for n, d in enumerate(page, start=1)
    ]
    if len(there) > DAYS:
        rows.append(row(f"vdays:{code}:{there[DAYS].day.isoformat()}", say("row.later_days"), say("row.later_days.about")))
    if first is not None:
        rows.append(row(f"vdays:{code}:0", say("row.first_days"), say("row.first_days.about")))
    body = paragraphs(say("booking.which_day", title=subject.title), lines(*numbered), say("booking.day_how"))
    to = place.at("choosing_day", rows=[d.day.isoformat() for d in page], day=None, at=None, key=None, offset=None, wanted=None)
    return step(_of(to, subject), choices(body, rows, "day"))


def at_clock(then: Step, when: Mapping[str, Any]) -> Step:
    """The free days, with a time of day that was said before a day remembered for whichever is chosen."""
    typed = str(when.get("clock") or "")
    if not typed or then.place.state != "choosing_day":
        return then
    kept = {"refusal": "no_date", "clock": typed}
    told = under(say("booking.clock_kept", time=clock(datetime.fromisoformat(f"2000-01-01T{typed}"))), then)
    return Step(told.place.at("choosing_day", wanted=kept), told.replies, told.effects)


def slots(place: Place, subject: Subject, day: date, facts: Facts, *, offset: int = 0, part: str = "") -> Step:
    """Free times of one day; a day without one says so, with the next that has."""
    there = subject.days(facts, day, 1)
    if not there or there[0].day != day:
        sentence = why_not(subject, moments.noon(day, subject.zone), facts, DAY_REASONS)
        near = [at for each in there for at in each.slots][:2]
        return no_time(_of(place, subject), subject, sentence, near, facts)
    free = there[0].slots
    if part:
        offset = free.index(moments.of_part(free, part, subject.zone)[0]) // SLOTS * SLOTS
    offset = min(max(0, offset), (len(free) - 1) // SLOTS * SLOTS)
    page = free[offset : offset + SLOTS]
    numbered = [f"{n}. {_clock(at, subject)}" for n, at in enumerate(page, start=offset + 1)]
    text = [Sentence("   ".join(numbered[n : n + A_LINE])) for n in range(0, len(numbered), A_LINE)]
    code = subject.code
    rows = [
        row(f"vat:{code}:{moments.minutes(at)}", f"{n}. {_clock(at, subject)}", moments.words(at, subject.zone, facts))
        for n, at in enumerate(page, start=offset + 1)
    ]
    if offset + SLOTS < len(free):
        rows.append(row(f"vday:{code}:{day.isoformat()}:{offset + SLOTS}", say("row.later"), say("row.later.about")))
    if offset:
        rows.append(row(f"vday:{code}:{day.isoformat()}:{offset - SLOTS}", say("row.earlier"), say("row.earlier.about")))
    elif len(rows) < SLOTS + 1:
        rows.append(row(f"vdays:{code}:0", say("row.other_day"), say("row.other_day.about")))
    there_time = "" if subject.zone.key == facts.zone.key else say("booking.their_time", place=moments.place_of(subject.zone))
    heading = say("booking.which_slot", title=subject.title, day=moments.day_words(day, facts))
    body = paragraphs(lines(heading, there_time), lines(*text), say("booking.slot_how"))
    to = place.at(
        "choosing_slot",
        rows=[moments.minutes(at) for at in free[: offset + SLOTS]],  # numbers of the pages before stay valid
        day=day.isoformat(),
        offset=offset or None,
        at=None,
        key=None,
        wanted=None,
    )
    return step(_of(to, subject), choices(body, rows, "slot"))


def why_not(subject: Subject, at: datetime, facts: Facts, reasons: Collection[str]) -> Sentence:
    """Why it cannot be then: by its reason where that is one of `reasons`, else that no time of that day is free."""
    barred = subject.barred(at, facts)
    day = moments.day_words(at.astimezone(subject.zone).date(), facts)
    if barred is None or barred.code not in reasons:
        return say("booking.none_that_day", day=day, title=subject.title)
    if barred.code == "holiday":
        return say("booking.holiday", day=day, title=subject.title, name=plain(barred.name, 60))
    if barred.code == "day_off":
        return say("booking.day_off" if subject.kind == "doctor" else "booking.day_off_test", day=day, title=subject.title)
    return say(f"refused_visit.{barred.code}")


def no_time(place: Place, subject: Subject, sentence: Sentence, near: Sequence[datetime], facts: Facts) -> Step:
    """Not then: why, and the nearest free times, by number or by tap."""
    other = Button(f"vdays:{subject.code}:", say("button.other_times"))
    kept: dict[str, Any] = {"rows": None, "day": None, "at": None, "key": None, "offset": None, "wanted": None}
    if not near:
        return step(_of(place.at("choosing_day", **kept), subject), buttons(sentence, other, button("menu")))
    near = near[:2]
    offer = [button_of(subject.code, at, subject.zone, facts) for at in near]
    numbered = [say("doctors.free", number=n, when=moments.words(at, subject.zone, facts)) for n, at in enumerate(near, start=1)]
    kept |= {"rows": [moments.minutes(at) for at in near], "day": near[0].astimezone(subject.zone).date().isoformat()}
    body = paragraphs(sentence, lines(say("booking.instead"), *numbered))
    return step(_of(place.at("choosing_slot", **kept), subject), buttons(body, *offer, other))


def button_of(code: str, at: datetime, zone: ZoneInfo, facts: Facts) -> Button:
    """A free time as a button."""
    return Button(f"vat:{code}:{moments.minutes(at)}", cut(moments.short(at, zone, facts), BUTTON_LIMIT))


def _of(place: Place, subject: Subject) -> Place:
    state = place.state if place.state.startswith("choosing") else "choosing_day"
    return Place("booking", state, {**place.memory, "subject": subject.code})


def _clock(at: datetime, subject: Subject) -> str:
    return clock(at.astimezone(subject.zone))
