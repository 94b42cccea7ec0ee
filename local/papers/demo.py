"""Three visits whose medicines the demo shop sells: what the customer's telephone of a demonstration has in its gallery."""

from __future__ import annotations

from datetime import date

from local.papers import people
from local.papers.case import Case, Item
from local.papers.wording import Order


def _item(head: str, name: str, strength: str, sig: str, code: str, duration: str, order: Order) -> Item:
    quantity = int(order.units * order.times * order.days)
    return Item(head, name, strength, strength, sig, code, duration, quantity, order)


MALARIA = (
    _item("Tabs", "Lonart DS", "80/480mg", "1 tab bd", "bd", "x 3/7", Order("tab", 1, 2, 3)),
    _item("Tabs", "Emzor Paracetamol", "500mg", "2 tabs tds", "tds", "x 3/7", Order("tab", 2, 3, 3)),
    _item("Tabs", "Cetirizine", "10mg", "1 tab nocte", "nocte", "x 5/7", Order("tab", 1, 1, 5)),
)
PRESSURE = (
    _item("Tab.", "Amlovar", "10mg", "1 tab od", "od", "x 1/12", Order("tab", 1, 1, 28)),
    _item("Tab.", "Losartan", "50mg", "1 tab od", "od", "x 1/12", Order("tab", 1, 1, 28)),
)
THROAT = (
    _item("Caps", "Amoxil", "500mg", "1-1-1", "tds", "x 7/7", Order("cap", 1, 3, 7)),
    _item("Tabs", "Cataflam", "50mg", "1-0-1", "bd", "x 3/7", Order("tab", 1, 2, 3)),
    _item("Tabs", "Loratyn", "10mg", "0-0-1", "nocte", "x 5/7", Order("tab", 1, 1, 5)),
)


def _visit(place: int, patient: str, age: str, sex: str, diagnosis: str, habit: str, items: tuple[Item, ...], on: date) -> Case:
    return Case(
        facility=people.CLINICS[place],
        patient=patient,
        age=age,
        sex=sex,
        number=f"26/0{41 + place}07",
        address=people.ADDRESSES[place],
        diagnosis=diagnosis,
        prescriber=("Dr. A. Odusote", "Dr. K. Ikpeme", "Dr. F. Lawanson")[place % 3],
        licence=f"MDCN {48210 + 37 * place}",
        on=on,
        written_on=on.strftime("%d/%m/%Y"),
        habit=habit,
        items=items,
    )


VISITS = (
    _visit(0, "Folake Udeze", "34 yrs", "F", "Malaria, uncomplicated", "latin", MALARIA, date(2026, 11, 18)),
    _visit(3, "Obinna Maigida", "58 yrs", "M", "HTN", "latin", PRESSURE, date(2026, 11, 9)),
    _visit(1, "Hauwa Jolaoso", "27 yrs", "F", "URTI", "pattern", THROAT, date(2026, 11, 16)),
)
