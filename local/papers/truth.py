"""The JSON beside a picture: what the paper says, for scores and tests."""

from __future__ import annotations

from typing import Any

from local.papers.case import Case, Item
from local.papers.kinds import Kind
from local.papers.sheet import Sheet

QUANTITY_SHOWN = ("letterhead", "table", "electronic", "till", "screen")


def of(kind: Kind, layout: str, visit: Case, lines: tuple[str, ...], sheet: Sheet) -> dict[str, Any]:
    """The truth without what only the file knows. What cannot be read is not scored: its items stand under another name."""
    blank = layout == "blank"
    told = {
        "layout": layout,
        "hand": kind.hand,
        "font": (sheet.hand or sheet.face).family,
        "hospital": "" if blank else visit.facility.title,
        "patient": "" if blank else visit.patient,
        "prescriber": "" if blank else visit.prescriber,
        "date": "" if blank else visit.written_on,
        "written_on": "" if blank else visit.on.isoformat(),
        "level": kind.level,
        "complaint": kind.complaint,
    }
    items = [] if blank else [_item(item, layout, "\n".join(lines)) for item in visit.items]
    return told | {"unreadable_items" if kind.complaint else "items": items}


def _item(item: Item, layout: str, text: str) -> dict[str, Any]:
    """`frequency`, `units`, `times_a_day` and `days` are the meaning; `shown` tells which fields the layout prints at all."""
    return {
        "name": item.name,
        "strength": item.strength,
        "form": item.head,
        "sig": item.sig,
        "duration": item.duration,
        "quantity": item.quantity,
        "frequency": item.code,
        "units": item.order.units,
        "times_a_day": item.order.times,
        "days": item.order.days,
        "shown": {
            "form": item.head.rstrip(".").lower() in text.lower(),
            "duration": bool(item.duration) and item.duration in text,
            "quantity": layout in QUANTITY_SHOWN,
        },
    }
