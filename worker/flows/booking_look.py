"""The last look at what is booked or moved, and what its yes asks for."""

from __future__ import annotations

import hashlib
from datetime import datetime

from worker.facts import Facts
from worker.flows import account, again, moments, visit_told, whose
from worker.flows.replies import buttons, step
from worker.flows.step import Effect, Place, Step
from worker.flows.subjects import Subject
from worker.flows.wording import Sentence, lines, paragraphs, say


def last_look(place: Place, subject: Subject, at: datetime, address: str, facts: Facts) -> Step:
    """What is booked, when, where, for whom and for how much; of one that is moved, what time it has until now."""
    if not facts.customer.registered:
        after = {"subject": subject.code, "minutes": moments.minutes(at), "address": address, **_whom(place)}
        return account.ask_first(place, facts, {"intent": "book_on", "values": after}, "account.why_booking")
    where = address or subject.place
    until = say("booking.held" if subject.fee.kobo and not subject.number else "booking.no_fee")
    body = paragraphs(
        say("booking.check_move" if subject.number else "booking.check"),
        lines(
            say("visit.title", title=subject.title),
            subject.detail,
            say("visit.when", when=moments.words(at, subject.zone, facts)),
            _until_now(subject, facts),
            say("visit.where", place=where) if where else "",
            whose.line(place) if not subject.number else "",
            visit_told.cost(subject.kind, subject.fee) if not subject.number else "",
        ),
        say("lab.before", preparation=subject.before) if subject.before else "",
        until if not subject.number else "",
    )
    told = f"{facts.customer.id}|{subject.code}|{at.isoformat()}|{address}|{facts.now.isoformat()}"
    key = hashlib.sha256(told.encode()).hexdigest()[:16]
    to = place.at("confirming", at=at.isoformat(), key=key, rows=None)
    return step(to, buttons(body, *again.booking(to)))


def book(place: Place, subject: Subject) -> Step:
    at, key = str(place.memory["at"]), str(place.memory["key"])
    if subject.number:
        effect = Effect("move_visit", {"number": subject.number, "starts_at": at})
    elif subject.kind == "doctor":
        effect = Effect("book_visit", {"ref": subject.ref, "starts_at": at, "key": key, **whose.note(place)})
    else:
        address = str(place.memory.get("address", ""))
        there = {"where": subject.where, "address": address}
        effect = Effect("book_test", {"ref": subject.ref, "starts_at": at, "key": key, **there, **whose.note(place)})
    return step(place.at("waiting"), effects=(effect,))


def _until_now(subject: Subject, facts: Facts) -> Sentence:
    """The time that is given up for another."""
    visit = facts.care.visit(subject.number) if subject.number else None
    return say("visit.from", when=visit_told.when(visit, facts)) if visit else Sentence("")


def _whom(place: Place) -> dict[str, str]:
    """For whom it is, across the questions for name and consent."""
    whom = place.memory.get("whom")
    return {"whom": str(whom)} if whom else {}
