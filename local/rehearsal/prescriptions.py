"""Prescriptions of the pharmacy in memory: received, read and decided as a transcript says, and refused as the real ones are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models.catalogue import Product
from models.prescriptions import Decided, DecidedLine, Shown, ShownLine
from models.prescriptions.receiving import FAILURES, FILE_REASONS, MOST_UNREAD
from models.values import Refused
from worker.flows.step import Happened

if TYPE_CHECKING:
    from local.rehearsal.play import Play, Turned
    from local.rehearsal.shop import FakeShop

UNDECIDED = frozenset(("reading", "waiting", "asked"))
NOBODY_ELSES = 700_002  # the number of a prescription of another customer


@dataclass
class Paper:
    """One prescription; `said` are the customer's answers and corrections."""

    shown: Shown
    decided: Decided | None = None
    said: list[str] = field(default_factory=list)
    beside: frozenset[int] = frozenset()  # those that were there when it was decided


@dataclass
class Allowed:
    """What a pharmacist approved of one product; `order` has used it."""

    ref: str
    quantity: int
    order: str = ""


# ------------------------------------------------------------------------------------------------------- what flows ask for


def receive(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    for needed in ("kind", "media_id", "mime_type", "caption", "filename", "sha256"):
        args[needed]
    if sum(p.shown.state == "reading" for p in shop.papers) >= MOST_UNREAD:
        raise Refused("too_many_unread")
    shop.media.append({**args, "purpose": "prescription"})
    before = _own(shop, args.get("replaces"))
    if before and before.shown.state in UNDECIDED:
        before.shown = replace(before.shown, state="replaced")
    number = len(shop.papers) + 1
    shop.papers.append(Paper(Shown(number, "reading", shop.now, str(args.get("order_number") or ""))))
    return Happened("prescription_received", {"prescription_id": number})


def answer(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    paper = _undecided(shop, args)
    paper.said.append(str(args["text"]))
    if paper.shown.state == "asked":
        paper.shown = replace(paper.shown, state="waiting")
    return Happened("prescription_answered")


def withdraw(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    paper = _undecided(shop, args)
    paper.shown = replace(paper.shown, state="withdrawn")
    return Happened("prescription_withdrawn")


VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "receive_prescription": receive,
    "answer_prescription": answer,
    "withdraw_prescription": withdraw,
}


def latest(shop: FakeShop) -> Shown | None:
    return next((p.shown for p in reversed(shop.papers) if p.shown.state not in ("replaced", "withdrawn")), None)


def beside(shop: FakeShop, number: int) -> tuple[tuple[int, datetime], ...]:
    return tuple(
        (p.shown.id, p.shown.received_at)
        for p in shop.papers
        if p.shown.id != number and (p.shown.state in UNDECIDED or number in p.beside)
    )


def _own(shop: FakeShop, number: object) -> Paper | None:
    return next((p for p in shop.papers if p.shown.id == number), None)


def _undecided(shop: FakeShop, args: Mapping[str, Any]) -> Paper:
    paper = _own(shop, int(args["prescription_id"]))
    if paper is None or paper.shown.state not in UNDECIDED:
        raise Refused("decided", prescription_id=int(args["prescription_id"]))
    return paper


# --------------------------------------------------------------------------------------------------- what transcripts say


def _read(play: Play, complaint: str | None, flag: str | None, lines: str) -> Turned:
    """`Amoxil 500 mg | 1 capsule three times a day; ? Norvasc 5 mg; ~ Zinnat 250 mg "Zinnat 250 mg bd"`: what is read, with a
    question mark where it is unsure and a tilde where only what the shop has for it is; in quotation marks the whole line."""
    paper = _of(play, "reading")
    shown = tuple(_line(play.shop, each.strip()) for each in lines.split(";") if each.strip() and each.strip() != "nothing")
    flags = {flag.strip(" ,"): True} if flag else {}
    paper.shown = replace(paper.shown, state="waiting", complaint=(complaint or "").strip(" ,"), lines=shown, **flags)
    return _told(play, "prescription_read", paper)


def _line(shop: FakeShop, told: str) -> ShownLine:
    mark, told = told[:1], told.lstrip("?~ ")
    whole = re.search(r' "([^"]+)"$', told)
    told = told[: whole.start()] if whole else told
    name, _, directions = (part.strip() for part in told.partition("|"))
    product = _product(shop, name)
    sure, certain = mark not in ("?", "~") and product is not None, mark != "?"
    found = re.search(r"\d[\d./]* ?(?:mg|ml|g|mcg|iu)(?:/\d* ?ml)?$", name, re.IGNORECASE)
    strength = found[0] if found else ""
    form = product.form if product and sure else ""
    raw = whole[1] if whole else told.replace(" | ", " ")
    return ShownLine(raw, name.removesuffix(strength).strip(), strength, form, directions, None, sure, product, certain)


def _product(shop: FakeShop, name: str) -> Product | None:
    named = [p for p, _ in shop.goods.values() if name.lower().startswith(p.name.lower())]
    return max(named, key=lambda p: len(p.name), default=None)


def _unread(play: Play, reason: str) -> Turned:
    paper = _of(play, "reading")
    if reason not in FAILURES:
        raise ValueError(f"no such failure: {reason}")
    complaint = reason if reason in FILE_REASONS else ""
    paper.shown = replace(paper.shown, state="waiting", failure=reason, complaint=complaint)
    return _told(play, "prescription_read", paper)


def _approves(play: Play, pharmacist: str, lines: str, note: str | None) -> Turned:
    """`2 × Amoxil | 1 capsule...; 1 × Norvasc instead of Amlovar (brand) | 1 tablet; no Tramal (controlled); out of stock: Zinnat`"""
    decided = Decided("approved", "", note or "", "", pharmacist, tuple(_decided(play.shop, x.strip()) for x in lines.split(";")))
    for line in decided.lines:
        if line.product and line.outcome in ("approved", "changed"):
            play.shop.allow(line.product.ref, line.quantity)
    return _decide(play, decided, "approved")


def _decided(shop: FakeShop, told: str) -> DecidedLine:
    words, _, directions = (part.strip() for part in told.partition("|"))
    words, reason = _reason(words)
    if words.startswith("no "):
        return DecidedLine(words[3:], "not_dispensed", None, 0, "", *reason)
    if words.startswith("out of stock: "):
        return DecidedLine(words[14:], "out_of_stock", _product(shop, words[14:]), 0, "", "", "")
    count, name = words.split(" × ", 1)
    name, changed, raw = name.partition(" instead of ")
    outcome = "changed" if changed or reason[0] else "approved"
    return DecidedLine(raw or name, outcome, _product(shop, name), int(count), directions, *reason)


def _reason(words: str) -> tuple[str, tuple[str, str]]:
    found = re.fullmatch(r"(.+) \((\w+)(?:, \"(.*)\")?\)", words)
    return (found[1], (found[2], found[3] or "")) if found else (words, ("", ""))


def _rejects(play: Play, pharmacist: str, reason: str, note: str | None) -> Turned:
    return _decide(play, Decided("rejected", reason, note or "", "", pharmacist), "rejected")


def _asks(play: Play, pharmacist: str, question: str, note: str | None) -> Turned:
    paper = _open(play)
    paper.decided = Decided("asked", "", note or "", question, pharmacist)
    paper.shown = replace(paper.shown, state="asked")
    return _told(play, "prescription_question", paper)


def _decide(play: Play, decided: Decided, state: str) -> Turned:
    paper = _open(play)
    paper.decided, paper.shown = decided, replace(paper.shown, state=state)
    paper.beside = frozenset(p.shown.id for p in play.shop.papers)
    return _told(play, "prescription_decided", paper)


def _open(play: Play) -> Paper:
    """The one the pharmacist has in hand: the newest."""
    return _of(play, "asked", "waiting", newest=True)


def _of(play: Play, *states: str, newest: bool = False) -> Paper:
    found = [p for p in play.shop.papers if p.shown.state in states]
    if not found:
        raise ValueError(f"no prescription is {' or '.join(states)}")
    return found[-1 if newest else 0]


def _told(play: Play, name: str, paper: Paper) -> Turned:
    data: dict[str, Any] = {"prescription_id": paper.shown.id}
    return play.send(Happened(name, data if name == "prescription_read" else {**data, "decision_id": paper.shown.id * 10}))


def _elses(play: Play) -> Turned:
    return play.send(Happened("prescription_read", {"prescription_id": NOBODY_ELSES}))


def _later(play: Play, minutes: str) -> None:
    play.shop.now += timedelta(minutes=int(minutes))


_NOTE = r'(?: "(.+)")?'
DIRECTIONS: tuple[tuple[str, Callable[..., Turned | None]], ...] = (
    (r"prescription read(, (?:dark|blurred|cropped|blank))?(, (?:too_old|duplicate))?: (.+)", _read),
    (r"prescription not read: (\w+)", _unread),
    (rf"pharmacist ([\w. ]+) approves: ([^\"]+(?:\(.+\))?[^\"]*?){_NOTE}", _approves),
    (rf"pharmacist ([\w. ]+) rejects: (\w+){_NOTE}", _rejects),
    (rf"pharmacist ([\w. ]+) asks: (\w+){_NOTE}", _asks),
    (r"somebody else's prescription is read", _elses),
    (r"(\d+) minutes later", _later),
)
