"""Pads of clinics: a private clinic's small slip, a teaching hospital's two-column head, a dentist's card, a plain letterhead."""

from __future__ import annotations

from local.papers import marks
from local.papers.case import Case
from local.papers.sheet import A4, A5, GREY, Ink, Sheet

HEADS: tuple[Ink, ...] = ((18, 84, 140), (132, 26, 54), (20, 104, 74), (70, 44, 128), (40, 44, 52))


def slip(case: Case, sheet: Sheet) -> None:
    """A5 pad of a private clinic: coloured band, dotted fields, the Rx sign, items with the sig under each."""
    wide, high = sheet.size
    colour = HEADS[int(sheet.rng.integers(len(HEADS)))]
    sheet.box(0, 0, wide, 74, 0, fill=colour)
    white = (250, 250, 250)
    sheet.text(28, 32, case.facility.title, 19, bold=True, ink=white, room=wide - 56)
    sheet.text(28, 48, case.facility.place, 9.5, ink=white)
    sheet.text(28, 62, case.facility.contact, 9, ink=white)
    for place, (label, value) in enumerate(
        (("Patient", case.patient), ("Age/Sex", f"{case.age} / {case.sex}"), ("Date", case.written_on))
    ):
        x, y = ((30, 100), (30, 122), (250, 122))[place]
        end = sheet.text(x, y, label, 10, ink=GREY)
        sheet.dots(end + 4, x + (360 if place == 0 else 150 if place == 2 else 190), y + 2)
        sheet.write(end + 10, y - 1, value, 12)
    _rx(sheet, 42, 158)
    y = 190.0
    for number, item in enumerate(case.items, 1):
        sheet.write(52, y, f"{number}) {item.name} {item.written} {item.head}", 13, room=wide - 80)
        sheet.write(74, y + 19, f"{item.sig} {item.duration}".strip(), 12, room=wide - 110)
        y += 50 if len(case.items) < 6 else 44
    _signed(case, sheet, 232, high - 62)
    sheet.text(wide / 2, high - 18, "Not valid without stamp and signature", 7.5, ink=GREY, at="centre")


def teaching(case: Case, sheet: Sheet) -> None:
    """A4 form of a teaching hospital: badge, two-column head, patient block in a frame, numbered items in capitals."""
    wide, high = sheet.size
    marks.emblem(sheet, 62, 62, 26)
    end = sheet.text(102, 54, case.facility.title.upper(), 15, bold=True, room=wide - 140)
    sheet.line(102, 60, max(end, 400), 60, 1.2)
    sheet.text(102, 74, case.facility.place, 9.5)
    sheet.text(wide - 40, 74, case.facility.contact, 9.5, at="right")
    sheet.text(102, 88, f"Motto: {case.facility.motto}", 9, ink=GREY)
    sheet.text(40, 122, "PHARMACY DEPARTMENT", 11, bold=True)
    sheet.text(wide - 40, 122, "FORM PH/07", 10, at="right")
    sheet.box(40, 132, wide - 40, 206, 0.9)
    sheet.line(wide / 2, 132, wide / 2, 206, 0.7)
    left = (("Surname & Other names", case.patient), ("Hospital No", case.number), ("Clinic", "GOPD"))
    right = (("Age", case.age), ("Sex", case.sex), ("Date", case.written_on))
    for column, fields in ((48.0, left), (wide / 2 + 8, right)):
        for row, (label, value) in enumerate(fields):
            at = sheet.text(column, 152 + row * 22, f"{label}:", 9.5, ink=GREY)
            sheet.write(at + 6, 152 + row * 22, value, 11, room=wide / 2 - 70 - (at - column))
    sheet.text(40, 234, f"Diagnosis: {case.diagnosis}", 10.5)
    y = 264.0
    for number, item in enumerate(case.items, 1):
        sheet.text(44, y, f"{number}.", 12, bold=True)
        sheet.write(66, y, f"{item.head} {item.name} {item.written}", 12.5)
        sheet.write(86, y + 18, f"Sig: {item.sig} {item.duration}".strip(), 11.5)
        sheet.line(40, y + 27, wide - 40, y + 27, 0.4, GREY)
        y += 46
    _signed(case, sheet, 350, high - 92)
    marks.round_stamp(sheet, 130, high - 110, 38)


def dental(case: Case, sheet: Sheet) -> None:
    """A dentist's card: head at the right, tooth drawing, items on dotted rules with bullets."""
    wide, high = sheet.size
    colour = HEADS[int(sheet.rng.integers(len(HEADS)))]
    sheet.box(0, 0, 14, high, 0, fill=colour)
    sheet.text(wide - 30, 44, case.facility.title, 17, bold=True, ink=colour, at="right", room=wide - 120)
    sheet.text(wide - 30, 60, case.facility.place, 9, at="right")
    sheet.text(wide - 30, 73, case.facility.contact, 9, at="right")
    _tooth(sheet, 52, 50, colour)
    sheet.line(30, 88, wide - 30, 88, 1.4, colour)
    sheet.write(32, 112, f"Name: {case.patient}", 11.5)
    sheet.write(32, 132, f"Date: {case.written_on}", 11.5)
    sheet.write(200, 132, f"Age: {case.age}", 11.5)
    sheet.write(32, 152, "Procedure: Extraction, lower left 6", 11.5)
    y = 190.0
    for item in case.items:
        sheet.draw.ellipse([sheet.px(34), sheet.px(y - 6), sheet.px(38), sheet.px(y - 2)], fill=colour)
        sheet.write(46, y, f"{item.name} {item.written} {item.sig} {item.duration}".strip(), 12, room=wide - 80)
        sheet.dots(46, wide - 30, y + 5)
        y += 33
    sheet.text(32, y + 6, "Rinse with warm salt water. No hot drinks today.", 9.5)
    _signed(case, sheet, wide - 190, high - 70)


def letterhead(case: Case, sheet: Sheet) -> None:
    """A plain sheet with a centred serif head and one line an item, quantity at the right."""
    wide = sheet.size[0]
    sheet.text(wide / 2, 56, case.facility.title, 22, bold=True, at="centre", room=wide - 80)
    sheet.text(wide / 2, 74, f"{case.facility.place}  |  {case.facility.contact}", 9.5, at="centre", room=wide - 60)
    sheet.line(60, 84, wide - 60, 84, 1.6)
    sheet.line(60, 87, wide - 60, 87, 0.5)
    sheet.write(60, 118, f"Re: {case.patient}, {case.age}, {case.sex}", 12)
    sheet.write(wide - 190, 140, f"Date: {case.written_on}", 12)
    sheet.text(60, 140, f"Folder {case.number}", 10.5)
    sheet.text(60, 176, "Please supply:", 12, bold=True)
    y = 204.0
    for number, item in enumerate(case.items, 1):
        sheet.write(60, y, f"({number}) {item.head} {item.name} {item.written}", 13, room=wide - 210)
        sheet.write(wide - 140, y, f"Qty {item.quantity}", 12)
        sheet.write(84, y + 20, f"{item.sig} {item.duration}".strip(), 12, room=wide - 160)
        y += 52
    _signed(case, sheet, 60, y + 50)


def _rx(sheet: Sheet, x: float, y: float) -> None:
    sheet.text(x - 10, y, "Rx", 26, bold=True)


def _signed(case: Case, sheet: Sheet, x: float, y: float) -> None:
    marks.signature(sheet, x + 6, y - 4)
    sheet.line(x, y, x + 130, y, 0.7)
    sheet.text(x, y + 13, case.prescriber, 10)
    sheet.text(x, y + 25, case.licence, 8.5, ink=GREY)


def _tooth(sheet: Sheet, x: float, y: float, ink: Ink) -> None:
    scale = sheet.scale
    points = [(-12, -14), (0, -10), (12, -14), (15, 0), (9, 18), (4, 6), (-4, 6), (-9, 18), (-15, 0)]
    sheet.draw.polygon([((x + a) * scale, (y + b) * scale) for a, b in points], outline=ink, width=max(2, sheet.px(1.5)))


SIZES = {"slip": A5, "teaching": A4, "dental": A5, "letterhead": A5}
