"""Typed forms: items in ruled cells, a ward's continuation sheet, an electronic prescription's print."""

from __future__ import annotations

from local.papers import marks
from local.papers.case import Case, Item
from local.papers.sheet import A4, GREY, Sheet

PALE = (228, 234, 240)


def table(case: Case, sheet: Sheet) -> None:
    """Items in ruled cells under a shaded head: number, medicine, strength, dose, duration, quantity."""
    wide, high = sheet.size
    sheet.text(44, 54, case.facility.title, 17, bold=True, room=330)
    sheet.text(44, 70, case.facility.place, 9.5, room=300)
    sheet.text(wide - 44, 54, "OUT-PATIENT PRESCRIPTION", 11, bold=True, at="right")
    sheet.text(wide - 44, 70, f"No. {case.number}", 10, at="right")
    sheet.text(44, 104, f"Patient: {case.patient}", 11)
    sheet.text(320, 104, f"Age: {case.age}", 11)
    sheet.text(430, 104, f"Sex: {case.sex}", 11)
    sheet.text(44, 122, f"Address: {case.address}", 11)
    sheet.text(430, 122, f"Date: {case.written_on}", 11, room=wide - 450)
    edges = (44.0, 70.0, 206.0, 284.0, 414.0, 496.0, wide - 40)
    heads = ("#", "Medicine", "Strength", "Dose & frequency", "Duration", "Qty")
    top, row = 144.0, 34.0
    sheet.box(edges[0], top, edges[-1], top + 22, 0.9, fill=PALE)
    for left, head in zip(edges, heads, strict=False):
        sheet.text(left + 5, top + 15, head, 9.5, bold=True)
    for number, item in enumerate(case.items, 1):
        y = top + 22 + (number - 1) * row
        values = (str(number), f"{item.name}", item.written, item.sig, item.duration, str(item.quantity))
        for left, right, value in zip(edges, edges[1:], values, strict=False):
            _cell(sheet, left + 5, y + 16, value, right - left - 9)
        sheet.line(edges[0], y + row, edges[-1], y + row, 0.7)
    bottom = top + 22 + len(case.items) * row
    for edge in edges:
        sheet.line(edge, top, edge, bottom, 0.7)
    sheet.text(44, bottom + 30, f"Diagnosis: {case.diagnosis}", 10)
    marks.signature(sheet, 70, bottom + 84)
    sheet.line(44, bottom + 90, 200, bottom + 90)
    sheet.text(44, bottom + 104, f"{case.prescriber}  {case.licence}", 9.5)
    if bottom + 150 < high and sheet.rng.random() < 0.7:
        marks.stamp(sheet, 360, bottom + 62, ("PHARMACY UNIT", "RECEIVED"))


def _cell(sheet: Sheet, x: float, y: float, value: str, room: float) -> None:
    """What stands in a cell: one line, or two where it would have to be too small."""
    lines = sheet.wrap(value, 10.5, room) if sheet.width(value, 10.5) > 1.2 * room else [value]
    if len(lines) > 2:
        lines = [lines[0], " ".join(lines[1:])]
    for place, line in enumerate(lines):
        if line:
            sheet.text(x, y + 12 * place, line, 10.5, room=room)


def continuation(case: Case, sheet: Sheet) -> None:
    """A ward's continuation sheet: ruled like a notebook, date at the left, notes and orders under each other."""
    wide, high = sheet.size
    sheet.text(wide / 2, 44, case.facility.title.upper(), 14, bold=True, at="centre", room=wide - 80)
    sheet.text(wide / 2, 62, "CONTINUATION SHEET", 12, bold=True, at="centre")
    sheet.text(44, 86, f"Name: {case.patient}", 10.5)
    sheet.text(300, 86, f"Hosp. No: {case.number}", 10.5)
    sheet.text(450, 86, f"Age: {case.age}", 10.5)
    step, top = 22.5, 100.0
    for row in range(int((high - 60 - top) / step) + 1):
        sheet.line(36, top + row * step, wide - 36, top + row * step, 0.4, (140, 160, 196))
    sheet.line(112, top, 112, high - 60, 0.8, (196, 90, 96))
    notes = [
        f"Seen. C/O {case.diagnosis.lower()}, stable.",
        f"BP 1{int(sheet.rng.integers(18, 58))}/{int(sheet.rng.integers(70, 98))} mmHg",
        "Plan:",
    ]
    lines = [
        *notes,
        *(f"- {i.head} {i.name} {i.written} {i.sig} {i.duration}".strip() for i in case.items),
        "- Review in clinic with results",
    ]
    y = top + step - 5
    sheet.write(42, y, case.written_on, 10.5, room=66)
    for line in lines:
        sheet.write(120, y, line, 12, room=wide - 165)
        y += step
    marks.signature(sheet, 330, y + step, 60)
    sheet.write(330, y + 2 * step, case.prescriber, 11)


def electronic(case: Case, sheet: Sheet) -> None:
    """The print of an electronic prescription: title bar, two columns of fields, a card an item, a square code."""
    wide = sheet.size[0]
    sheet.box(36, 34, wide - 36, 66, 0, fill=(34, 60, 92))
    sheet.text(46, 55, "e-Prescription", 15, bold=True, ink=(250, 250, 250))
    sheet.text(wide - 46, 54, f"Ref ERX-{case.number.replace('/', '')}", 10.5, ink=(250, 250, 250), at="right")
    fields = (
        ("Patient", case.patient), ("Prescriber", case.prescriber), ("Age / Sex", f"{case.age} / {case.sex}"), ("Licence", case.licence),
        ("Issued", case.written_on), ("Facility", case.facility.title),
    )  # fmt: skip
    for place, (label, value) in enumerate(fields):
        x, y = (46 if place % 2 == 0 else 270), 90 + (place // 2) * 30
        sheet.text(x, y, label, 8.5, ink=GREY)
        sheet.text(x, y + 13, value, 11, bold=place == 0, room=190)
    marks.squares(sheet, wide - 104, 80, 62)
    y = 196.0
    sheet.text(46, y - 10, f"Medicines ({len(case.items)})", 11, bold=True)
    for item in case.items:
        sheet.box(40, y, wide - 40, y + 56, 0.6, GREY, fill=(247, 249, 251))
        sheet.text(52, y + 18, f"{item.name} {item.written} {item.head.rstrip('.')}", 12, bold=True)
        sheet.text(52, y + 33, _directions(item), 10.5, room=wide - 200)
        sheet.text(wide - 52, y + 18, f"Quantity: {item.quantity}", 10, at="right")
        sheet.text(52, y + 47, "Refills: 0   Substitution: allowed", 8.5, ink=GREY)
        y += 64
    sheet.text(46, y + 16, "Signed electronically. Check the code before you dispense.", 8.5, ink=GREY)
    marks.bars(sheet, 46, y + 28, 150)


def _directions(item: Item) -> str:
    return f"{item.sig} {item.duration}".strip()


SIZES = {"table": A4, "continuation": A4, "electronic": A4}
