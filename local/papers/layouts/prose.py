"""Letters and summaries: medicines among running text, and a leaf from a notebook."""

from __future__ import annotations

from local.papers import marks
from local.papers.case import Case
from local.papers.sheet import A4, A5, Sheet


def discharge(case: Case, sheet: Sheet) -> None:
    """A typed discharge summary: headings, paragraphs, medicines to take home as lines among the text."""
    wide = sheet.size[0]
    sheet.text(48, 52, case.facility.title, 15, bold=True, room=wide - 100)
    sheet.text(48, 68, f"{case.facility.place}  {case.facility.contact}", 9, room=wide - 100)
    sheet.line(48, 76, wide - 48, 76, 1)
    sheet.text(48, 98, "DISCHARGE SUMMARY", 13, bold=True)
    sheet.text(48, 118, f"Patient: {case.patient}   Age: {case.age}   Sex: {case.sex}", 10.5)
    sheet.text(48, 133, f"Folder no: {case.number}   Discharged: {case.written_on}", 10.5)
    story = (
        f"The above named was admitted with {case.diagnosis.lower()} and was managed on the medical ward. "
        "Investigations were within normal limits apart from a raised ESR of 42. "
        "The patient improved on treatment and is fit for discharge."
    )
    y = _paragraph(sheet, "Summary of admission", story, 158)
    sheet.text(48, y, "Medicines on discharge", 11, bold=True)
    y += 18
    for item in case.items:
        sheet.text(
            62,
            y,
            f"- {item.name} {item.written} {item.head.lower().rstrip('.')}: {item.sig} {item.duration}".strip(),
            10.5,
            room=wide - 115,
        )
        y += 17
    advice = (
        "Low salt diet and a daily walk. Come back at once for fever, vomiting or difficulty in breathing. Clinic in 2 weeks."
    )
    y = _paragraph(sheet, "Advice", advice, y + 10)
    marks.signature(sheet, 54, y + 26)
    sheet.text(48, y + 48, f"{case.prescriber}, for Consultant Physician", 10)
    if sheet.rng.random() < 0.6:
        marks.round_stamp(sheet, wide - 120, y + 30, 34)


def notebook(case: Case, sheet: Sheet) -> None:
    """A leaf torn from an exercise book, all by hand: no letterhead but the place's name."""
    wide, high = sheet.size
    for row in range(24):
        sheet.line(0, 62 + row * 23, wide, 62 + row * 23, 0.5, (150, 176, 214))
    sheet.line(46, 0, 46, high, 0.7, (214, 120, 128))
    sheet.write(60, 57, case.facility.title, 14, room=wide - 80)
    sheet.write(60, 80, case.patient, 13, room=210)
    sheet.write(wide - 110, 80, case.written_on, 12, room=96)
    y = 126.0
    for item in case.items:
        sheet.write(60, y, f"{item.head} {item.name} {item.written}", 14, room=wide - 75)
        sheet.write(86, y + 23, f"{item.sig} {item.duration}".strip(), 13, room=wide - 100)
        y += 46
    marks.signature(sheet, 240, y + 46, 80)
    sheet.write(240, y + 69, case.prescriber, 12, room=wide - 250)


def typed(case: Case, sheet: Sheet) -> None:
    """A note typed on a machine: everything in one face and size, no rules."""
    wide, _ = sheet.size
    lines = [
        case.facility.title.upper(), case.facility.place, "",
        f"DATE   {case.written_on}", f"NAME   {case.patient}", f"AGE    {case.age}    SEX {case.sex}", "",
        "RX", "",
    ]  # fmt: skip
    for number, item in enumerate(case.items, 1):
        lines += [
            f"{number}. {item.head.upper()} {item.name.upper()} {item.written.upper()}",
            f"   {item.sig} {item.duration}".rstrip(),
            "",
        ]
    y = 50.0
    for line in [*lines, "", case.prescriber, case.licence]:
        if line:
            sheet.text(40 + 14 * (line.startswith("   ")), y, line.strip(), 11, room=wide - 70)
        y += 15.5
    marks.signature(sheet, 44, y + 8)


def _paragraph(sheet: Sheet, head: str, text: str, y: float) -> float:
    sheet.text(48, y, head, 11, bold=True)
    for line in sheet.wrap(text, 10.5, sheet.size[0] - 100):
        y += 15
        sheet.text(48, y, line, 10.5)
    return y + 24


SIZES = {"discharge": A4, "notebook": A5, "typed": A5}
