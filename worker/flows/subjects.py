"""What is being booked or moved: a doctor, a lab test at home or at the centre, or an appointment that gets another time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.values import Money
from models.visits.values import Day, Visit
from worker.care_facts import Barred
from worker.facts import Facts
from worker.flows.wording import plain

FEES = frozenset(("visit", "lab"))  # kinds of orders that are the fee of an appointment
HOME, CENTRE = "home", "centre"
_CODE = re.compile(r"(?P<ref>[dt]\d{1,9})(?:-(?P<where>home|centre))?|v(?P<number>[A-Za-z0-9]{1,20})", re.ASCII)
_TITLE = re.compile(r"^(?:dr\b\.?|doctor\b)\s*", re.IGNORECASE)
_OTHER = re.compile(r"^\s*(?:prof|professor|pharm|nurse|mr|mrs|ms|miss)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind`: doctor or test; `number` is set when an appointment is moved. `where`: home, centre or "" (of a test, not said yet).
    `at_centre`: whether a test can be done there."""

    kind: str
    ref: str
    title: str
    detail: str
    place: str
    zone: ZoneInfo
    fee: Money
    number: str = ""
    where: str = ""
    at_centre: bool = False
    before: str = ""  # what to do before a test

    @property
    def code(self) -> str:
        """As it stands in the id of a button and in the memory of a place."""
        if self.number:
            return f"v{self.number}"
        return f"{self.ref}-{self.where}" if self.where else self.ref

    def days(self, facts: Facts, first: date | None, limit: int) -> tuple[Day, ...]:
        if self.kind == "doctor":
            return facts.care.days(self.ref, first=first, limit=limit)
        return facts.care.test_days(self.ref, where=self.where or CENTRE, first=first, limit=limit)

    def barred(self, at: datetime, facts: Facts) -> Barred | None:
        """Why it cannot be then, whoever else is there."""
        return facts.care.barred(self.ref, at, where="" if self.kind == "doctor" else self.where or CENTRE)


def read(code: str, facts: Facts) -> Subject | None:
    """The subject of a code of ours; None when it is none, or gone, or over."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    if found["number"]:
        visit = facts.care.visit(found["number"])
        return moved(visit) if visit and visit.live else None
    return (
        of_doctor(code, facts) if code.startswith("d") and not found["where"] else _of_test(found["ref"], found["where"], facts)
    )


def of_doctor(ref: str, facts: Facts) -> Subject | None:
    doctor = facts.care.doctor(ref)
    if doctor is None:
        return None
    title = doctor_name(doctor.name)
    return Subject("doctor", ref, title, plain(doctor.specialty, 60), plain(doctor.place, 60), ZoneInfo(doctor.zone), doctor.fee)


def _of_test(ref: str, where: str | None, facts: Facts) -> Subject | None:
    test = facts.care.test(ref)
    if test is None:
        return None
    at_centre = bool(test.centre)
    only = HOME if test.home and not at_centre else CENTRE if not test.home else ""
    chosen = only or (where or "")
    place = plain(test.centre, 100) if chosen == CENTRE else ""
    about = plain(test.name, 60), sample_of(test.sample), place, facts.zone, test.price
    return Subject("test", ref, *about, "", chosen, at_centre, plain(test.preparation, 200))


def moved(visit: Visit) -> Subject:
    """An appointment that gets another time: whose it is and where stays as it was."""
    about = visit_name(visit), detail_of(visit), plain(place_of(visit), 160)
    return Subject(visit.kind, visit.ref, *about, ZoneInfo(visit.zone), visit.fee, visit.number, visit.where)


def place_of(visit: Visit) -> str:
    """Where it is, as people read it."""
    return visit.address if visit.where == HOME and visit.address else visit.place


def detail_of(visit: Visit) -> str:
    """The specialty, or the sample where one is taken."""
    return plain(visit.detail, 60) if visit.kind == "doctor" else sample_of(visit.detail)


def sample_of(sample: str) -> str:
    """What is taken; nothing for an X-ray."""
    return "" if sample.strip().lower() in ("none", "no sample", "-") else plain(sample, 60)


def doctor_name(name: str) -> str:
    """With the title once, however it was written down."""
    return plain(name, 50) if _OTHER.match(name) else f"Dr {plain(_TITLE.sub('', name.strip()), 50)}"


def visit_name(visit: Visit) -> str:
    return doctor_name(visit.title) if visit.kind == "doctor" else plain(visit.title, 60)
