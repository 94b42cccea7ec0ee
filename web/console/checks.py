"""What a pharmacist should look at before signing: a list, red only where something is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from models.prescriptions import warnings
from models.prescriptions.case import Case, Earlier, Purchase
from web.console import labels, packs
from web.console.sheet import Row

CHILD_BELOW = 12
AGE = re.compile(r"(\d{1,3}) ?(year|yr|y\b|month|mo|m\b|week|day)", re.IGNORECASE)
PICTURE_FLAGS = {"blurred": "blurred", "dark": "dark", "cropped": "cut off at an edge", "blank": "blank"}


@dataclass(frozen=True, slots=True)
class Check:
    """`tone`: good, info, warn, bad. `link`: the id of another prescription to hold this one against, 0 for none."""

    text: str
    tone: str
    link: int = 0


def checks(case: Case, made: Iterable[Row], *, today: date, valid_days: int) -> list[Check]:
    """The gravest first."""
    rows = list(made)
    paper = [*_paper(case, today, valid_days), *_people(case), *_picture(case)]
    found = [*paper, *_rows(case, rows), *_quantities(rows), *_twice(rows), *_bought(rows, case.purchases)]
    order = ("bad", "warn", "info", "good")
    return sorted(found, key=lambda check: order.index(check.tone))


def red(case: Case, *, today: date, valid_days: int) -> tuple[str, ...]:
    """What must be answered by a tick or a remark before the paper can be approved."""
    written = _date(case.reading.written_on)
    return warnings.red(case.waiting.flags, case.duplicate_of, written, today=today, valid_days=valid_days)


def _paper(case: Case, today: date, valid_days: int) -> Iterable[Check]:
    read = case.reading
    written, against = _date(read.written_on), red(case, today=today, valid_days=valid_days)
    if written is None:
        yield Check("No date could be read.", "warn")
    elif "future_date" in against:
        yield Check(f"The date on it, {written:%-d %b %Y}, lies in the future.", "bad")
    elif "too_old" in against:
        yield Check(f"Written {(today - written).days} days ago, on {written:%-d %b %Y}; valid for {valid_days}.", "bad")
    else:
        days = (today - written).days
        ago = f", {days} day{'s' if days > 1 else ''} ago" if days else ", today"
        yield Check(f"Written {written:%-d %b %Y}{ago}.", "good")
    if "duplicate" in against:
        yield Check(_seen_before(case.earlier, today), "bad", case.duplicate_of or 0)
    if read.more_pages:
        yield Check(f"{read.more_pages} more page{'s' if read.more_pages > 1 else ''} of the file were not read.", "warn")


def _seen_before(earlier: Earlier | None, today: date) -> str:
    """Who sent the same paper before, when, and what became of it."""
    if earlier is None:
        return "This paper seems to have been sent before."
    who = "this customer" if earlier.same_customer else "another customer"
    on = f"{earlier.received_at:%-d %b}" + (f" {earlier.received_at:%Y}" if earlier.received_at.year != today.year else "")
    became = labels.STATES.get(earlier.state, ("",))[0].lower()
    told = ", ".join(part for part in (f"{who} on {on}", became, "ordered" if earlier.ordered else "") if part)
    return f"This paper seems to have been sent before, as prescription {earlier.id}: by {told}."


def _people(case: Case) -> Iterable[Check]:
    read = case.reading
    if not read.prescriber:
        yield Check("No prescriber could be read.", "warn")
    if not read.patient:
        yield Check("No patient's name could be read.", "warn")
    elif case.waiting.customer and not _same_person(read.patient, case.waiting.customer):
        yield Check(f"For {read.patient}, sent by {case.waiting.customer}.", "info")
    age = AGE.search(read.patient_age)
    if age and (not age[2].lower().startswith("y") or int(age[1]) < CHILD_BELOW):
        yield Check(f"A child ({read.patient_age[:40]}): check each dose against age and weight.", "warn")


def _picture(case: Case) -> Iterable[Check]:
    for flag in case.waiting.flags:
        if flag in PICTURE_FLAGS:
            yield Check(f"The picture is {PICTURE_FLAGS[flag]}: compare every line with it.", "warn")


def _rows(case: Case, rows: list[Row]) -> Iterable[Check]:
    if beyond := len(case.reading.items) - len([row for row in rows if row.line >= 0]):
        yield Check(f"{beyond} more lines were read than this sheet holds: see the picture.", "bad")
    if "controlled" in case.waiting.flags and not any(row.locked for row in rows):
        yield Check("It names a controlled medicine: those are never sold here.", "bad")
    for row in rows:
        name = (row.item.name or row.item.raw)[:60] if row.item else "An added line"
        if row.locked:
            yield Check(f"{name}: controlled, cannot be approved.", "bad")
        if row.item and "strength_unknown" in row.item.doubts:
            yield Check(f"{name}: the catalogue has no strength {row.item.strength}.", "warn")
        if row.product and row.product.control == "watch":
            yield Check(f"{row.product.name}: on the watched list.", "warn")
        if row.product and row.product.registration_expired:
            yield Check(f"{row.product.name}: its NAFDAC registration has expired.", "bad")
        if row.product and not row.product.in_stock:
            yield Check(f"{row.product.name}: out of stock.", "warn")
    unsure = sum(1 for row in rows if row.item and not row.item.sure)
    if unsure:
        yield Check(
            f"{unsure} of {len(rows)} line{'s are' if len(rows) > 1 else ' is'} unsure: hold them against the picture.", "info"
        )


def _quantities(rows: list[Row]) -> Iterable[Check]:
    """A written quantity that is not what the dose makes over the time: one of the two was misread or miswritten."""
    for row in rows:
        item = row.item
        if item is None or item.quantity is None or item.quantity_computed:
            continue
        wanted = packs.by_dose(item)
        if wanted is not None and abs(wanted - item.quantity) >= 1 and row.need and row.need.unit == packs.PIECE:
            words = f"{item.name[:60]}: {item.quantity:g} written, but dose and time make {wanted:g}."
            yield Check(words, "warn")


def _twice(rows: list[Row]) -> Iterable[Check]:
    """The same substance in two lines, whatever it is called in each."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.product and (substance := row.product.generic.partition("(")[0].strip()):
            found.setdefault(substance.lower(), []).append(row)
    for same in found.values():
        if len(same) > 1 and same[0].product:
            numbers = [str(row.position + 1) for row in same]
            words = f"Lines {', '.join(numbers[:-1])} and {numbers[-1]} are {'both' if len(same) == 2 else 'all'}"
            yield Check(f"{words} {same[0].product.generic.partition('(')[0].strip()}.", "warn")


def _bought(rows: list[Row], purchases: Iterable[Purchase]) -> Iterable[Check]:
    for row in rows:
        product = row.product
        if product is None:
            continue
        generic = product.generic.lower()
        for purchase in purchases:
            same = purchase.name == product.name or (generic and purchase.generic.lower() == generic)
            if same:
                yield Check(
                    f"{product.name}: {purchase.quantity} bought on {purchase.at:%-d %b} (order {purchase.order_number}).", "warn"
                )
                break


def _same_person(one: str, other: str) -> bool:
    """Whether one's words all stand in the other: `Ada Obi` is `Mrs Ada N. Obi`."""
    words = [set(re.findall(r"[^\W\d_]{2,}", name.lower())) for name in (one, other)]
    return words[0] <= words[1] or words[1] <= words[0]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
