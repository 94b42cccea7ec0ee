"""What a pharmacist does with a prescription: approve lines, reject, ask the customer, pass on. Each is one record, appended.

Every verb takes the prescription's row under lock and refuses unless this very person has it in hand, has a licence, and saw
the present version of it. Raises Refused: `unknown`, `decided` (state), `not_claimed`, `changed_meanwhile`, `no_licence`, and what the
verb names. Call inside `unit(...)`; after the commit hint at the customer returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from models import catalogue, inbox, readings
from models.base import connection, db
from models.carts import most_of
from models.catalogue import Product
from models.prescriptions import approvals, meant, record, warnings
from models.prescriptions.record import DISPENSED, Line, Record
from models.values import Refused
from models.vault import vault

NOTE_MAX = 600
# Of the reading so many lines stand on the sheet and must be decided; so many more can be added to them.
READ_LINES_MAX, LINES_MAX = 40, 60
# An approval of an old paper still leaves the customer this long to order.
SHORTEST_APPROVAL = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, as staff knows them at this moment."""

    id: int
    name: str
    licence_number: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was appended, and whose conversation hears of it."""

    id: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class _Held:
    customer_id: int
    version: int
    written_on: date | None
    sha256: str
    reading: readings.Reading
    flags: tuple[str, ...]
    duplicate_of: int | None


TAKE = """
SELECT p."customerId", p.version, p."writtenOn", COALESCE(m.sha256, ''), p.reading, p.state,
    p."claimedBy" = %(staff)s AND p."claimedUntil" > now(), p.flags, p."duplicateOf"
FROM prescriptions p LEFT JOIN media m ON m.id = p."mediaRow" WHERE p.id = %(id)s AND p.state IS NOT NULL FOR UPDATE OF p
"""
APPEND = """
INSERT INTO prescription_decisions ("prescriptionId", at, kind, reason, "staffId", "staffName", "licenceNumber", "pictureSha256", record)
VALUES (%(id)s, %(now)s, %(kind)s, %(reason)s, %(staff)s, %(name)s, %(licence)s, %(sha256)s, %(record)s) RETURNING id
"""
# The old system's columns say the same in its words: it shows who signed, and nothing clinical.
END = """
UPDATE prescriptions SET state = %(state)s, "verificationStatus" = %(old)s, "verifiedBy" = %(by)s, "verifiedAt" = %(now)s,
    "claimedBy" = NULL, "claimedUntil" = NULL, draft = NULL, version = version + 1, "updatedAt" = %(now)s WHERE id = %(id)s
"""
PAUSE = """
UPDATE prescriptions SET state = 'asked', "pausedAt" = COALESCE("pausedAt", %(now)s), "claimedBy" = NULL, "claimedUntil" = NULL,
    version = version + 1, "updatedAt" = %(now)s WHERE id = %(id)s
"""
HAND_ON = """
UPDATE prescriptions SET "notBy" = %(staff)s, "claimedBy" = NULL, "claimedUntil" = NULL, version = version + 1, "updatedAt" = %(now)s
WHERE id = %(id)s
"""


def save_draft(prescription_id: int, staff_id: int, draft: bytes, *, version: int) -> int:
    """Keeps what the pharmacist has typed so far, sealed; returns the new version. Licences are not asked for here."""
    row = (
        connection()
        .execute(
            """UPDATE prescriptions SET draft = %s, version = version + 1
               WHERE id = %s AND version = %s AND state IN ('waiting', 'asked') AND "claimedBy" = %s AND "claimedUntil" > now()
               RETURNING version""",
            (vault().seal(draft), prescription_id, version, staff_id),
        )
        .fetchone()
    )
    if row is None:
        with db.atomic():
            _take(prescription_id, Signer(staff_id, "", "draft"), version)  # says what stands against it
        raise Refused("changed_meanwhile")
    return int(row[0])


def approve(
    prescription_id: int,
    signer: Signer,
    lines: Sequence[Line],
    *,
    version: int,
    valid_days: int,
    now: datetime,
    note: str = "",
    remark: str = "",
    checked: Sequence[str] = (),
) -> Decision:
    """Lines approved or changed may be bought; the others are told with their reason. `now` in the pharmacy's zone: the paper's
    date is held against its day.

    Raises Refused also: `nothing_approved`; `needs_remark` (red: codes of `warnings`) where something stands against the paper and
    neither the patient's name was ticked nor a remark written; `line_missing` with `read`, the index of a line of the reading that
    is not among `lines`; and with `line`, the position in `lines`: `undecided`, `bad_line`, `no_product`, `controlled`, `not_sold`,
    `too_many` (limit), `is_a_change` (reason: what it changes, as `meant.change`), `same_product_twice`, `reason_missing`,
    `bad_reason`, `note_missing`.
    """
    with db.atomic():
        held = _take(prescription_id, signer, version)
        signed = _signed(held.reading, lines)
        red = warnings.red(held.flags, held.duplicate_of, held.written_on, today=now.date(), valid_days=valid_days)
        if red and warnings.ANSWERED_BY not in checked and not remark.strip():
            raise Refused("needs_remark", red=red)
        told = Record(
            "approved",
            signer.name,
            signer.licence_number,
            lines=signed,
            note=_note(note),
            remark=_note(remark),
            checked=tuple(checked)[:10],
            before=_before(held.reading),
        )
        decision = _append(prescription_id, held, signer, told, now)
        _end(prescription_id, signer, "approved", now)
        allowed = [approvals.Allowed(line.line, line.ref, line.quantity) for line in signed if line.outcome in DISPENSED]
        expires_at = _expiry(held.written_on, valid_days, now)
        approvals.allow(decision.id, prescription_id, held.customer_id, allowed, expires_at=expires_at, now=now)
        _tell(decision, prescription_id, "prescription_decided")
    return decision


def reject(
    prescription_id: int, signer: Signer, reason: str, *, version: int, now: datetime, note: str = "", remark: str = ""
) -> Decision:
    """The whole paper is not dispensed. Raises Refused also: `bad_reason`, `note_missing`."""
    with db.atomic():
        held = _take(prescription_id, signer, version)
        _reason(reason, record.REJECTIONS, note)
        told = Record(
            "rejected", signer.name, signer.licence_number, (), reason, _note(note), _note(remark), before=_before(held.reading)
        )
        decision = _append(prescription_id, held, signer, told, now)
        _end(prescription_id, signer, "rejected", now)
        _tell(decision, prescription_id, "prescription_decided")
    return decision


def ask(prescription_id: int, signer: Signer, question: str, *, version: int, now: datetime, note: str = "") -> Decision:
    """The customer is asked; the clock stands still until they answer, and the draft stays. Raises Refused also: `bad_reason`,
    `note_missing`."""
    with db.atomic():
        held = _take(prescription_id, signer, version)
        _reason(question, record.QUESTIONS, note)
        told = Record("asked", signer.name, signer.licence_number, reason=question, note=_note(note))
        decision = _append(prescription_id, held, signer, told, now)
        connection().execute(PAUSE, {"id": prescription_id, "now": now})
        _tell(decision, prescription_id, "prescription_question")
    return decision


def pass_on(prescription_id: int, signer: Signer, remark: str, *, version: int, now: datetime) -> Decision:
    """Somebody else must decide; the draft and the remark go along. Raises Refused also: `note_missing`."""
    if not remark.strip():
        raise Refused("note_missing")
    with db.atomic():
        held = _take(prescription_id, signer, version)
        told = Record("passed_on", signer.name, signer.licence_number, remark=_note(remark))
        decision = _append(prescription_id, held, signer, told, now)
        connection().execute(HAND_ON, {"id": prescription_id, "staff": signer.id, "now": now})
    return decision


def _take(prescription_id: int, signer: Signer, version: int) -> _Held:
    row = connection().execute(TAKE, {"id": prescription_id, "staff": signer.id}).fetchone()
    if row is None or row[0] is None:
        raise Refused("unknown")
    customer_id, present, written_on, sha256, sealed, state, in_hand, flags, duplicate_of = row
    if state not in ("waiting", "asked"):
        raise Refused("decided", state=state)
    if not in_hand:
        raise Refused("not_claimed")
    if not signer.licence_number:
        raise Refused("no_licence")
    if present != version:
        raise Refused("changed_meanwhile")
    read = readings.loads(vault().open(sealed)) if sealed else readings.Reading()
    return _Held(customer_id, present, written_on or _day(read.written_on), sha256, read, tuple(flags or ()), duplicate_of)


def _append(prescription_id: int, held: _Held, signer: Signer, told: Record, now: datetime) -> Decision:
    values: dict[str, Any] = {
        "id": prescription_id,
        "now": now,
        "kind": told.kind,
        "reason": told.reason,
        "staff": signer.id,
        "name": signer.name,
        "licence": signer.licence_number,
        "sha256": held.sha256,
        "record": vault().seal(record.dumps(told)),
    }
    row = connection().execute(APPEND, values).fetchone()
    assert row is not None  # noqa: S101 - an INSERT without ON CONFLICT returns its row
    return Decision(int(row[0]), held.customer_id)


def _end(prescription_id: int, signer: Signer, state: str, now: datetime) -> None:
    old = "Verified" if state == "approved" else "Rejected"
    by = f"{signer.name} ({signer.licence_number})"[:255]
    connection().execute(END, {"id": prescription_id, "state": state, "old": old, "by": by, "now": now})


def _tell(decision: Decision, prescription_id: int, event: str) -> None:
    data = {"prescription_id": prescription_id, "decision_id": decision.id}
    inbox.add_event(decision.customer_id, event, f"{event}:{decision.id}", data)


def _expiry(written_on: date | None, valid_days: int, now: datetime) -> datetime:
    """The paper's own validity counts, not the day somebody looked at it; without a date, or when little is left, see above."""
    longest = now + timedelta(days=valid_days)
    if written_on is None:
        return longest
    paper = datetime(written_on.year, written_on.month, written_on.day, tzinfo=now.tzinfo) + timedelta(days=valid_days)
    return min(longest, max(paper, now + SHORTEST_APPROVAL))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _before(read: readings.Reading) -> tuple[dict[str, Any], ...]:
    """What the machine had suggested: enough to see afterwards what a person changed."""
    return tuple(
        {
            "raw": item.raw,
            "name": item.name,
            "strength": item.strength,
            "quantity": item.quantity,
            "directions": item.directions,
            "chosen": item.chosen,
            "sure": item.sure,
            "doubts": list(item.doubts),
        }
        for item in read.items
    )


def _signed(read: readings.Reading, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines as they are signed: products looked up now, texts bounded, rules kept."""
    if not 0 < len(lines) <= LINES_MAX:
        raise Refused("nothing_approved")
    covered = {line.line for line in lines}
    for index in range(min(len(read.items), READ_LINES_MAX)):
        if index not in covered:
            raise Refused("line_missing", read=index)
    products = catalogue.find_by_ref(db, [line.ref for line in lines if line.ref])
    signed = tuple(_signed_line(read, position, line, products) for position, line in enumerate(lines))
    if not any(line.outcome in DISPENSED for line in signed):
        raise Refused("nothing_approved")
    chosen = [line.ref for line in signed if line.outcome in DISPENSED]
    for position, line in enumerate(signed):
        if line.outcome in DISPENSED and chosen.count(line.ref) > 1:
            raise Refused("same_product_twice", line=position)
    return signed


def _signed_line(read: readings.Reading, position: int, line: Line, products: Mapping[str, Product]) -> Line:
    if not line.outcome:
        raise Refused("undecided", line=position)
    if not -1 <= line.line < len(read.items) or line.outcome not in record.OUTCOMES:
        raise Refused("bad_line", line=position)
    if line.outcome in record.REASONS_OF:
        _reason(line.reason, record.REASONS_OF[line.outcome], line.note, line=position)
    product = products.get(line.ref)
    quantity = 0
    if line.outcome in DISPENSED:
        quantity = _quantity(line, product, position)
        if line.outcome == "approved" and line.line >= 0 and product and (what := meant.change(read.items[line.line], product)):
            raise Refused("is_a_change", line=position, reason=what)
    raw = read.items[line.line].raw if line.line >= 0 else ""
    return replace(
        line,
        raw=raw[:300],
        name=(product.name if product else line.name)[:200],
        strength=(product.strength if product else line.strength)[:60],
        quantity=quantity,
        directions=_note(line.directions)[:300],
        note=_note(line.note),
    )


def _quantity(line: Line, product: Product | None, position: int) -> int:
    if product is None:
        raise Refused("no_product", line=position)
    if product.control == "controlled":
        raise Refused("controlled", line=position)
    if not product.active or product.price is None:
        raise Refused("not_sold", line=position)
    if not 1 <= line.quantity <= most_of(product):
        raise Refused("too_many", line=position, limit=most_of(product))
    return line.quantity


def _reason(code: str, allowed: Sequence[str], note: str, **where: int) -> None:
    if code not in allowed:
        raise Refused("reason_missing" if not code else "bad_reason", **where)
    if code == "other" and not note.strip():
        raise Refused("note_missing", **where)


def _note(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:NOTE_MAX]
