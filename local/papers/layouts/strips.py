"""What comes from small printers and screens: a thermal slip, a till receipt of a pharmacy, a telephone's screen."""

from __future__ import annotations

from local.papers import marks
from local.papers.case import Case
from local.papers.sheet import GREY, Sheet

STRIP = (204.0, 480.0)  # 72 mm wide
SCREEN = (360.0, 740.0)


def thermal(case: Case, sheet: Sheet) -> None:
    """A hospital's thermal printer: narrow, one face, dashes for rules."""
    wide, _ = sheet.size
    y = _head(case, sheet, "DRUG ORDER SLIP")
    for line in (f"PT: {case.patient}", f"{case.age} {case.sex}   {case.written_on}"):
        sheet.text(10, y, line, 9.5, room=wide - 20)
        y += 13
    y = _rule(sheet, y)
    for number, item in enumerate(case.items, 1):
        sheet.text(10, y, f"{number} {item.name} {item.written}", 10, bold=True, room=wide - 20)
        sheet.text(22, y + 13, f"{item.sig} {item.duration}".strip(), 9.5, room=wide - 32)
        y += 31
    y = _rule(sheet, y)
    sheet.text(10, y, case.prescriber, 9.5, room=wide - 20)
    marks.bars(sheet, 36, y + 12, 130, 20)


def till(case: Case, sheet: Sheet) -> None:
    """A pharmacy's till receipt: items with prices, total, directions under each."""
    wide, _ = sheet.size
    y = _head(case, sheet, "SALES RECEIPT")
    sheet.text(10, y, f"Date {case.written_on}", 9.5)
    sheet.text(wide - 10, y, f"#{case.number}", 9.5, at="right")
    y, total = _rule(sheet, y + 13), 0
    for item in case.items:
        price = int(sheet.rng.integers(4, 140)) * 100
        total += price
        sheet.text(10, y, f"{item.name} {item.written}", 9.5, room=wide - 72)
        sheet.text(wide - 10, y, f"{price:,}.00", 9.5, at="right")
        sheet.text(18, y + 12, f"x{item.quantity}  {item.sig}", 9, room=wide - 30)
        y += 29
    y = _rule(sheet, y)
    sheet.text(10, y, "TOTAL NGN", 11, bold=True)
    sheet.text(wide - 10, y, f"{total:,}.00", 11, bold=True, at="right")
    sheet.text(wide / 2, y + 24, "Thank you, get well soon", 9, at="centre")


def screen(case: Case, sheet: Sheet) -> None:
    """A telephone's screen that shows an electronic prescription: what customers send as a screenshot."""
    wide, high = sheet.size
    dark = sheet.rng.random() < 0.4
    back, front, pale = (
        ((22, 24, 30), (236, 238, 242), (38, 42, 50)) if dark else ((244, 246, 249), (26, 30, 38), (255, 255, 255))
    )
    sheet.box(0, 0, wide, high, 0, fill=back)
    sheet.text(16, 18, f"{int(sheet.rng.integers(7, 22))}:{int(sheet.rng.integers(10, 59))}", 11, ink=front)
    sheet.box(wide - 38, 9, wide - 16, 19, 0.8, front)
    sheet.text(18, 54, "My prescription", 18, bold=True, ink=front)
    sheet.text(18, 76, case.facility.title, 11, ink=front, room=wide - 36)
    sheet.text(18, 94, f"{case.patient}, {case.age}", 11, ink=front)
    sheet.text(wide - 18, 94, case.written_on, 11, ink=front, at="right")
    y = 112.0
    for item in case.items:
        sheet.box(12, y, wide - 12, y + 66, 0, fill=pale)
        sheet.text(24, y + 24, f"{item.name} {item.written}", 14, bold=True, ink=front, room=wide - 50)
        sheet.text(24, y + 42, f"{item.head.rstrip('.')} - {item.sig}", 11, ink=front, room=wide - 50)
        sheet.text(24, y + 57, f"{item.duration} Qty {item.quantity}".strip(), 10, ink=GREY if not dark else (170, 176, 186))
        y += 76
    sheet.text(18, y + 16, f"Signed by {case.prescriber}", 11, ink=front)
    sheet.box(18, y + 32, wide - 18, y + 66, 0, fill=(28, 128, 92))
    sheet.text(wide / 2, y + 54, "Send to pharmacy", 13, bold=True, ink=(255, 255, 255), at="centre")


def _head(case: Case, sheet: Sheet, title: str) -> float:
    middle = sheet.size[0] / 2
    sheet.text(middle, 26, case.facility.title.upper(), 12, bold=True, at="centre", room=sheet.size[0] - 16)
    sheet.text(middle, 40, case.facility.place, 8.5, at="centre", room=sheet.size[0] - 16)
    sheet.text(middle, 60, title, 11, bold=True, at="centre")
    return 82.0


def _rule(sheet: Sheet, y: float) -> float:
    for dash in range(int((sheet.size[0] - 20) / 6)):
        sheet.line(10 + dash * 6, y - 4, 13 + dash * 6, y - 4, 0.7)
    return y + 14


SIZES = {"thermal": STRIP, "till": STRIP, "screen": SCREEN}
