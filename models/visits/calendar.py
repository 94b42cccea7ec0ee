"""A visit as a file for the customer's own calendar (RFC 5545, RFC 5546). Times are UTC: the telephone shows them in its zone."""

from __future__ import annotations

from datetime import UTC, datetime

from models.visits.values import Visit

PRODUCT = "-//Drugs.ng//Appointments//EN"
DOMAIN = "appointments.drugs.ng"  # makes the number a name that no other calendar has


def calendar(visit: Visit, pharmacy_name: str, *, now: datetime | None = None) -> bytes:
    """The file: METHOD PUBLISH, or CANCEL of a visit that will not take place. The same visit has the same UID for ever, and
    SEQUENCE grows when it is moved and when it is cancelled, so that a calendar replaces what it had. `now` is the stamp."""
    from icalendar import Calendar, Event  # here: only the process that sends files needs it, and it is slow to load

    over = visit.state in ("cancelled", "expired")
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", PRODUCT)
    made.add("method", "CANCEL" if over else "PUBLISH")
    event = Event()
    event.add("uid", f"{visit.number}@{DOMAIN}")
    event.add("sequence", visit.moved + over)
    event.add("dtstamp", (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", visit.starts_at.astimezone(UTC))
    event.add("dtend", visit.ends_at.astimezone(UTC))
    event.add("summary", _plain(f"{pharmacy_name}: {visit.title}"))
    if place := _place(visit):
        event.add("location", _plain(place))
    if told := [text for text in (visit.detail, visit.preparation) if text]:
        event.add("description", _plain("\n".join(told)))
    event.add("status", "CANCELLED" if over else "CONFIRMED" if visit.state != "held" else "TENTATIVE")
    made.add_component(event)
    return bytes(made.to_ical())


def _place(visit: Visit) -> str:
    return visit.address if visit.where == "home" else visit.place


def _plain(text: str) -> str:
    """Without the control characters that RFC 5545 forbids in texts; line breaks stay and are escaped."""
    return "".join(char for char in text if char >= " " or char in "\n\t").strip()
