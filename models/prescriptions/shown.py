"""What customers may see of their own prescriptions: what was read, and what the pharmacist decided. Never anybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import catalogue
from models.base import connection, db
from models.catalogue import Product
from models.prescriptions import record
from models.prescriptions.receiving import FILE_REASONS
from models.readings import Item, Reading, loads, read_for_certain
from models.vault import Locked, vault

LINES_MAX = 60
MOST_BESIDE = 20


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One medicine as it was read. `product` is the suggested one as the catalogue has it now, None when nothing fits. Not `sure`
    but `read_for_certain`: what the paper says is beyond doubt, what the shop has for it is not. `directions` are "" where there
    are none or they were only half understood; `raw` has them as they stand."""

    raw: str
    name: str
    strength: str
    form: str
    directions: str
    quantity: float | None
    sure: bool
    product: Product | None
    read_for_certain: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A prescription as its customer may see it.

    `failure`: why it could not be read (`receiving.FAILURES`; `locked`: our keys do not open it), else "". `complaint`: why a new
    picture would help: dark, blurred, cropped, blank, or one of `receiving.FILE_REASONS`. `duplicate`: this customer sent the
    same paper before (that somebody else did is not told). `lines` are there in the states waiting and after.
    """

    id: int
    state: str
    received_at: datetime
    order_number: str = ""
    failure: str = ""
    complaint: str = ""
    lines: tuple[ShownLine, ...] = ()
    duplicate: bool = False
    too_old: bool = False


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """`outcome`: approved, changed, not_dispensed, out_of_stock; `reason` is a code, `note` the pharmacist's own words."""

    raw: str
    outcome: str
    product: Product | None
    quantity: int
    directions: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as its customer may know it. `kind`: approved, rejected, asked. `reason`: code of a rejection, `question`: code of
    what is asked; `note` the pharmacist's own sentence; `pharmacist` the name of who signed."""

    kind: str
    reason: str
    note: str
    question: str
    pharmacist: str
    lines: tuple[DecidedLine, ...] = ()


ROW = """
SELECT p.id, p.state, p."createdAt", COALESCE(o."orderNumber", ''), p."failureReason", p.reading, p.flags,
    EXISTS (SELECT FROM prescriptions d WHERE d.id = p."duplicateOf" AND d."customerId" = p."customerId")
FROM prescriptions p LEFT JOIN orders o ON o.id = p."orderId" AND COALESCE(o."customerId", p."customerId") = p."customerId"
"""
LATEST = """WHERE p."customerId" = %s AND p.state NOT IN ('replaced', 'withdrawn') ORDER BY p.id DESC LIMIT 1"""
BESIDE = """
SELECT p.id, p."createdAt" FROM prescriptions p JOIN prescriptions me ON me.id = %(id)s AND me."customerId" = p."customerId"
WHERE p."customerId" = %(customer)s AND p.id <> me.id AND (p.state IN ('reading', 'waiting', 'asked')
    OR (p.state IN ('approved', 'rejected') AND p."verifiedAt" > me."createdAt"))
ORDER BY p.id DESC LIMIT %(most)s
"""
DECISION = """
SELECT d.kind, d.reason, d."staffName", d.record FROM prescription_decisions d
JOIN prescriptions p ON p.id = d."prescriptionId" AND p."customerId" = %s
WHERE d."prescriptionId" = %s AND d.kind <> 'passed_on' ORDER BY d.id DESC LIMIT 1
"""


def shown(customer_id: int, prescription_id: int) -> Shown | None:
    """An own prescription, with prices and stock of this moment. None for an unknown one and for somebody else's alike."""
    return _shown(f"""{ROW} WHERE p."customerId" = %s AND p.id = %s AND p.state IS NOT NULL""", (customer_id, prescription_id))


def latest(customer_id: int) -> Shown | None:
    """The newest own prescription that was neither replaced nor withdrawn, None when there is none."""
    return _shown(ROW + LATEST, (customer_id,))


def beside(customer_id: int, prescription_id: int) -> tuple[tuple[int, datetime], ...]:
    """(id, when it was received) of the customer's other prescriptions that are undecided, or were when this one came; oldest
    first."""
    values = {"customer": customer_id, "id": prescription_id, "most": MOST_BESIDE}
    rows = connection().execute(BESIDE, values).fetchall()
    return tuple((int(number), received_at) for number, received_at in reversed(rows))


def decision(customer_id: int, prescription_id: int) -> Decided | None:
    """The latest decision about an own prescription, None when there is none. Raises Locked when no key opens its record."""
    row = connection().execute(DECISION, (customer_id, prescription_id)).fetchone()
    if row is None:
        return None
    kind, reason, pharmacist, sealed = row
    told = record.loads(vault().open(sealed))
    asked = kind == "asked"
    products = catalogue.find_by_ref(db, [line.ref for line in told.lines if line.ref])
    return Decided(
        kind=kind,
        reason="" if asked else reason,
        note=told.note,
        question=reason if asked else "",
        pharmacist=pharmacist,
        lines=tuple(_decided(line, products) for line in told.lines[:LINES_MAX]),
    )


def _decided(line: record.Line, products: dict[str, Product]) -> DecidedLine:
    return DecidedLine(
        raw=line.raw or " ".join(part for part in (line.name, line.strength) if part),
        outcome=line.outcome,
        product=products.get(line.ref),
        quantity=line.quantity,
        directions=line.directions,
        reason=line.reason,
        note=line.note,
    )


def _shown(statement: str, values: tuple[Any, ...]) -> Shown | None:
    row = connection().execute(statement, values).fetchone()
    if row is None:
        return None
    number, state, received_at, order_number, failure, sealed, flags, own_duplicate = row
    try:
        read = loads(vault().open(sealed)) if sealed else Reading()
    except Locked:  # a key was taken away too early: staff see it in the console, and the conversation goes on
        read, failure = Reading(), failure or "locked"
    items = read.items[:LINES_MAX]
    products = catalogue.find_by_ref(db, [item.chosen for item in items if item.chosen])
    return Shown(
        id=number,
        state=state,
        received_at=received_at,
        order_number=order_number,
        failure=failure,
        complaint=failure if failure in FILE_REASONS else read.complaint,
        lines=tuple(_line(item, products) for item in items),
        duplicate=own_duplicate,
        too_old="too_old" in (flags or ()),
    )


def _line(item: Item, products: dict[str, Product]) -> ShownLine:
    return ShownLine(
        raw=item.raw,
        name=item.name,
        strength=item.strength,
        form=item.form,
        directions=item.directions,
        quantity=item.quantity,
        sure=item.sure,
        product=products.get(item.chosen),
        # an old reading may be unsure without telling why
        read_for_certain=item.sure or (bool(item.doubts) and read_for_certain(item)),
    )
