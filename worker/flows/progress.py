"""How far a prescription is, in one sentence."""

from __future__ import annotations

import re

from models.prescriptions import Decided, Shown
from worker.facts import Facts
from worker.flows.wording import Sentence, clock, lines, paragraphs, say

PENDING = frozenset(("reading", "waiting", "asked"))
PICTURE_ANSWERS = frozenset(("whole_picture", "which_strength", "original_date"))
_PRESCRIPTION = re.compile(r"\b(?:prescriptions?|rx|script)\b", re.IGNORECASE)
_HOW_FAR = re.compile(
    r"\b(?:my|where|status|track|ready|done|far|update|checked|approved|answer|latest|yet|what about|what of|wetin|dey)\b",
    re.IGNORECASE,
)

_SENDS = re.compile(r"\b(?:send|sent|upload|attach|submit|have|get|new|need|another|not|no)\b", re.IGNORECASE)


def asked_for(text: str) -> bool:
    """Whether somebody asks how far their prescription is: "where is my prescription", "rx status"."""
    about = len(text) <= 120 and _PRESCRIPTION.search(text) and _HOW_FAR.search(text)
    return bool(about) and not _SENDS.search(text)


def pending(facts: Facts) -> Shown | None:
    """The prescription that waits for us or for the customer, if any."""
    latest = facts.latest_prescription() if facts.customer.registered else None
    return latest if latest and latest.state in PENDING else None


def sentence(shown: Shown, facts: Facts) -> Sentence:
    """Where this prescription is now."""
    decided = facts.decision(shown.id) if shown.state in ("asked", "rejected") else None
    if shown.state == "asked" and decided:
        return lines(say("ask.open"), question(decided))
    if shown.state == "rejected" and decided:
        return paragraphs(say("progress.rejected", when=_day(shown, facts)), reason(decided, facts))
    known = shown.state if shown.state in ("reading", "approved", "rejected") else "waiting"
    return say(f"progress.{known}", when=_day(shown, facts))


def question(decided: Decided) -> Sentence:
    """What the pharmacist asks: the canned question, the pharmacist's own words, or both."""
    own = say("ask.quoted", question=decided.note) if decided.note else Sentence("")
    if decided.question in _QUESTIONS:
        return lines(say(f"ask.{decided.question}"), own)
    return own or say("ask.open")


_QUESTIONS = frozenset(("age", "weight", "pregnant", "allergies", "other_medicines", "who_for")) | PICTURE_ANSWERS


def reason(decided: Decided, facts: Facts) -> Sentence:
    """Why a prescription was not accepted, and what to do next."""
    known = decided.reason if decided.reason in _REASONS else "other"
    why = say(f"rejected.{known}", days=facts.pharmacy.prescription_valid_days)
    note = say("decided.note", note=decided.note) if decided.note else Sentence("")
    return paragraphs(note, why) if known == "other" else paragraphs(why, note)


_REASONS = frozenset(
    ("unreadable", "not_a_prescription", "too_old", "no_prescriber", "wrong_patient", "already_used", "controlled", "unsafe")
) | {"not_genuine"}


def _day(shown: Shown, facts: Facts) -> str:
    at = shown.received_at.astimezone(facts.zone)
    return f"{at.day} {say(f'month.{at.month}')}, {clock(at)}"
