"""Doctors, lab tests and bookings of the shop in memory: found, booked, moved and cancelled, refused as the real ones are.

What becomes of a booking with a fee follows its order: paid, it is booked; over, its time is free again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, utils

from local.rehearsal.care_goods import CENTRE, DOCTORS, TESTS
from models.orders import Order, OrderLine
from models.values import Money, Refused
from models.visits.values import LIVE, Day, Doctor, DoctorPage, Test, TestPage, Visit, VisitPage
from worker.care_facts import Barred
from worker.flows.step import Happened

if TYPE_CHECKING:
    from local.rehearsal.shop import FakeShop

OPENS, CLOSES = 8, 18
EARLIEST, LATEST_DAYS = timedelta(hours=1), 92
HELD = timedelta(minutes=15)
LIKE = 82
MOST, MOST_UNPAID = 10, 2
TEST_MINUTES = 30
HOLIDAYS = {(12, 25): "Christmas Day", (12, 26): "Boxing Day", (1, 1): "New Year's Day"}
LAGOS = "Africa/Lagos"
_PLACES = {"ph": "port harcourt", "lag": "lagos", "abj": "abuja", "ib": "ibadan"}


@dataclass
class Clinic:
    """`taken`: (ref, start) of other patients; `off`: (ref, day) on which a doctor does not work."""

    booked: list[Visit] = field(default_factory=list)  # own ones, oldest first
    taken: set[tuple[str, datetime]] = field(default_factory=set)
    off: set[tuple[str, date]] = field(default_factory=set)
    keys: dict[str, Happened] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)  # numbers of bookings, oldest first


def thing_of(ref: str) -> Doctor | Test:
    found = DOCTORS[ref][0] if ref in DOCTORS else TESTS.get(ref)
    if found is None:
        raise Refused("unknown")
    return found


def zone_of(thing: Doctor | Test) -> ZoneInfo:
    return ZoneInfo(thing.zone if isinstance(thing, Doctor) else LAGOS)


def minutes_of(thing: Doctor | Test) -> int:
    return thing.slot_minutes if isinstance(thing, Doctor) else TEST_MINUTES


def _grid(thing: Doctor | Test, day: date) -> list[datetime]:
    """Every start of a working day, UTC."""
    first = datetime.combine(day, time(OPENS), tzinfo=zone_of(thing))
    count = (CLOSES - OPENS) * 60 // minutes_of(thing)
    return [(first + timedelta(minutes=minutes_of(thing) * n)).astimezone(UTC) for n in range(count)]


def _closed(shop: FakeShop, thing: Doctor | Test, day: date) -> str:
    if day.weekday() >= 5:
        return "day_off"
    if (day.month, day.day) in HOLIDAYS:
        return "holiday"
    return "day_off" if (thing.ref, day) in shop.clinic.off else ""


def _free(shop: FakeShop, thing: Doctor | Test, day: date) -> tuple[datetime, ...]:
    if _closed(shop, thing, day):
        return ()
    own = {v.starts_at for v in visits(shop) if v.ref == thing.ref and v.state in LIVE}
    soonest, latest = shop.now + EARLIEST, shop.now + timedelta(days=LATEST_DAYS)
    return tuple(
        at for at in _grid(thing, day) if soonest <= at <= latest and at not in own and (thing.ref, at) not in shop.clinic.taken
    )


def _days(shop: FakeShop, ref: str, first: date | None) -> Iterator[Day]:
    thing = thing_of(ref)
    today = shop.now.astimezone(zone_of(thing)).date()
    start = max(first or today, today)
    for n in range(max(0, LATEST_DAYS + 1 - (start - today).days)):
        slots = _free(shop, thing, start + timedelta(days=n))
        if slots:
            yield Day(start + timedelta(days=n), slots)


def _nearest(shop: FakeShop, ref: str, at: datetime) -> list[str]:
    day = at.astimezone(zone_of(thing_of(ref))).date()
    there: list[datetime] = []
    for each in _days(shop, ref, day - timedelta(days=1)):
        there += each.slots
        if len(there) >= 20:
            break
    return [x.isoformat() for x in sorted(sorted(there, key=lambda x: abs(x - at))[:3])]


def visits(shop: FakeShop) -> list[Visit]:
    """Own bookings as they are now."""
    return [_now(shop, each) for each in shop.clinic.booked]


def _now(shop: FakeShop, visit: Visit) -> Visit:
    if visit.state != "held":
        return visit
    order = next((o for o in shop.placed if o.number == visit.order_number), None)
    if order is not None and order.payment_status == "paid" and order.status in ("cancelled", "refunded"):
        return replace(visit, state="cancelled", held_until=None)
    if order is not None and order.payment_status == "paid":
        return replace(visit, state="booked", held_until=None)
    return replace(visit, state="expired") if order is None or order.status in ("expired", "cancelled") else visit


# --------------------------------------------------------------------------------------------------- what flows ask


@dataclass(frozen=True)
class FakeCare:
    """The `CareFacts` of one turn."""

    shop: FakeShop

    def find(self, words: str = "", specialty: str = "", place: str = "", *, limit: int = 5, offset: int = 0) -> DoctorPage:
        asked = f"{words} {specialty}".strip()
        scored = [(_score(asked, place, d, about), d) for d, about in DOCTORS.values()]
        found = [d for score, d in sorted(scored, key=lambda s: (-s[0], -(s[1].rating or 0))) if score >= LIKE]
        return DoctorPage(tuple(self._with_free(d) for d in found[offset : offset + limit]), len(found))

    def specialties(self) -> tuple[tuple[str, int], ...]:
        return _counted([d.specialty for d, _ in DOCTORS.values()])

    def places(self, specialty: str = "") -> tuple[tuple[str, int], ...]:
        return _counted([d.place for d in self.find("", specialty, limit=100).doctors])

    def doctor(self, ref: str) -> Doctor | None:
        return self._with_free(DOCTORS[ref][0]) if ref in DOCTORS else None

    def days(self, ref: str, *, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
        return tuple(day for day, _ in zip(_days(self.shop, ref, first), range(limit), strict=False)) if ref in DOCTORS else ()

    def barred(self, ref: str, starts_at: datetime, *, where: str = "") -> Barred | None:
        try:
            _admit(self.shop, ref, starts_at)
        except Refused as no:
            return Barred(no.code, str(no.detail.get("name") or ""))
        return None

    def closed(self, visit: Visit) -> str:
        thing = thing_of(visit.ref)
        return "closed" if _closed(self.shop, thing, visit.starts_at.astimezone(zone_of(thing)).date()) else ""

    def visits(self, *, past: bool = False, limit: int = 5, offset: int = 0) -> VisitPage:
        there = [v for v in visits(self.shop) if (v.state not in LIVE or v.ends_at <= self.shop.now) == past]
        there.sort(key=lambda v: v.starts_at, reverse=past)
        return VisitPage(tuple(there[offset : offset + limit]), len(there))

    def visit(self, number: str) -> Visit | None:
        return next((v for v in visits(self.shop) if v.number == number), None)

    def visit_of(self, order_number: str) -> Visit | None:
        return next((v for v in visits(self.shop) if v.order_number == order_number), None)

    def tests(self, query: str = "", category: str = "", *, limit: int = 5, offset: int = 0) -> TestPage:
        words = [w for w in str(utils.default_process(query)).split() if w not in ("test", "tests", "lab", "the", "a")]
        found = [
            t
            for t in TESTS.values()
            if (not category or t.category.casefold() == category.casefold())
            and all(max(fuzz.ratio(w, own) for own in str(utils.default_process(t.name)).split()) >= LIKE for w in words)
        ]
        return TestPage(tuple(found[offset : offset + limit]), len(found))

    def results(self) -> tuple[str, ...]:
        return tuple(reversed(self.shop.clinic.results))

    def test_categories(self) -> tuple[tuple[str, int], ...]:
        return _counted([t.category for t in TESTS.values()])

    def test(self, ref: str) -> Test | None:
        return TESTS.get(ref)

    def test_days(self, ref: str, *, where: str, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
        return tuple(day for day, _ in zip(_days(self.shop, ref, first), range(limit), strict=False)) if ref in TESTS else ()

    def _with_free(self, doctor: Doctor) -> Doctor:
        free = [at for day in self.days(doctor.ref, limit=2) for at in day.slots]
        return replace(doctor, next_free=tuple(free[:3]))


def _score(asked: str, place: str, doctor: Doctor, about: str) -> float:
    small = ("dr", "doctor", "doctors", "in", "the", "for")
    words = [w for w in str(utils.default_process(asked[:200])).split() if w not in small][:8]
    own = str(utils.default_process(f"{doctor.name} {doctor.specialty} {about}")).split()
    where = str(utils.default_process(_PLACES.get(place.casefold(), place)))
    if where and fuzz.partial_ratio(where, doctor.place.casefold()) < LIKE:
        return 0
    return min((max(fuzz.ratio(w, o) for o in own) for w in words), default=100)


def _counted(names: list[str]) -> tuple[tuple[str, int], ...]:
    return tuple((name, names.count(name)) for name in sorted(set(names)))


# --------------------------------------------------------------------------------------------------- what they ask for


def _check(shop: FakeShop, ref: str, at: datetime, *, but: str = "") -> Doctor | Test:
    """The doctor or test whose free time that is. Raises Refused with what is wrong."""
    if not shop.customer.registered:
        raise Refused("unregistered")
    thing = _admit(shop, ref, at)
    live = [v for v in visits(shop) if v.state in LIVE and v.number != but and v.ends_at > shop.now]
    ends = at + timedelta(minutes=minutes_of(thing))
    other = next((v for v in live if v.starts_at < ends and at < v.ends_at), None)
    if other is not None:
        raise Refused("clash", number=other.number)
    if (ref, at) in shop.clinic.taken:
        raise Refused("taken", nearest=_nearest(shop, ref, at))
    if not but and len(live) >= MOST:
        raise Refused("too_many", most=MOST)
    unpaid = [v for v in live if v.state == "held"]
    if not but and len(unpaid) >= MOST_UNPAID and (thing.fee if isinstance(thing, Doctor) else thing.price).kobo:
        raise Refused("unpaid", number=unpaid[0].order_number)
    return thing


def _admit(shop: FakeShop, ref: str, at: datetime) -> Doctor | Test:
    """The doctor or test that can be had at that time, were it not taken."""
    thing = thing_of(ref)
    if at < shop.now + EARLIEST:
        raise Refused("too_soon", earliest=(shop.now + EARLIEST).isoformat(), nearest=_nearest(shop, ref, shop.now + EARLIEST))
    latest = shop.now + timedelta(days=LATEST_DAYS)
    if at > latest:
        raise Refused("too_far", latest=latest.isoformat())
    local = at.astimezone(zone_of(thing))
    closed, nearest = _closed(shop, thing, local.date()), _nearest(shop, ref, at)
    if closed == "holiday":
        raise Refused("holiday", name=HOLIDAYS[(local.month, local.day)], nearest=nearest)
    if closed:
        raise Refused(closed, nearest=nearest)
    if not OPENS <= local.hour < CLOSES:
        raise Refused("outside_hours", nearest=nearest)
    if at not in _grid(thing, local.date()):
        raise Refused("not_a_slot", nearest=nearest)
    return thing


def _book(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    key, ref = str(args["key"]), str(args["ref"])
    if key in shop.clinic.keys:
        return shop.clinic.keys[key]
    at = datetime.fromisoformat(str(args["starts_at"])).astimezone(UTC)
    thing = _check(shop, ref, at)
    if isinstance(thing, Test) and args["where"] == "home" and (not thing.home or len(str(args["address"]).strip()) < 5):
        raise Refused("address")
    number = str(61_204 + 37 * len(shop.clinic.booked))
    doctor = isinstance(thing, Doctor)
    fee = thing.fee if isinstance(thing, Doctor) else thing.price
    where = "" if doctor else str(args["where"])
    place = thing.place if isinstance(thing, Doctor) else "home" if where == "home" else CENTRE
    order = _order(shop, thing.name, fee, "visit" if doctor else "lab") if fee.kobo else ""
    until = shop.now + HELD if order else None
    visit = Visit(
        number=number,
        kind="doctor" if doctor else "test",
        title=thing.name,
        detail=thing.specialty if isinstance(thing, Doctor) else thing.sample,
        place=place,
        starts_at=at,
        ends_at=at + timedelta(minutes=minutes_of(thing)),
        zone=str(zone_of(thing)),
        state="held" if order else "booked",
        fee=fee,
        order_number=order,
        held_until=until,
        ref=ref,
        where=where,
        address=str(args.get("address") or "") if where == "home" else "",
        note=str(args.get("note") or ""),
    )
    shop.clinic.booked.append(visit)
    happened = Happened("visit_booked", _told(visit))
    shop.clinic.keys[key] = happened
    return happened


def _told(visit: Visit) -> dict[str, Any]:
    return {
        "number": visit.number,
        "starts_at": visit.starts_at.isoformat(),
        "ends_at": visit.ends_at.isoformat(),
        "fee_kobo": visit.fee.kobo,
        "order_number": visit.order_number,
        "held_until": visit.held_until.isoformat() if visit.held_until else None,
    }


def _order(shop: FakeShop, name: str, fee: Money, kind: str) -> str:
    number = str(520_301 + 7_919 * len(shop.clinic.booked))
    provider = next(iter(shop.pharmacy.providers), "paystack")
    line = OrderLine(name, 1, fee, fee)
    order = Order(
        number, "pending_payment", provider, "pending", fee, Money(0), kind, "", shop.now, (line,), True, reserved_until=shop.now + HELD
    )  # fmt: skip
    shop.placed.insert(0, order)
    return number


def _own(shop: FakeShop, number: str) -> Visit:
    visit = next((v for v in visits(shop) if v.number == number), None)
    if visit is None:
        raise Refused("unknown")
    if visit.state not in LIVE or visit.starts_at <= shop.now:
        raise Refused("over")
    return visit


def _keep(shop: FakeShop, visit: Visit) -> None:
    shop.clinic.booked = [visit if v.number == visit.number else v for v in shop.clinic.booked]


def _move(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    visit = _own(shop, str(args["number"]))
    at = datetime.fromisoformat(str(args["starts_at"])).astimezone(UTC)
    _check(shop, visit.ref, at, but=visit.number)
    moved = replace(visit, starts_at=at, ends_at=at + (visit.ends_at - visit.starts_at))
    _keep(shop, moved)
    return Happened("visit_moved", _told(moved))


def _cancel(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    visit = _own(shop, str(args["number"]))
    late, refund = visit.starts_at - shop.now < timedelta(hours=24), Money(0)
    order = next((o for o in shop.placed if o.number == visit.order_number), None)
    if order is not None:
        refund = order.total if order.payment_status == "paid" else refund
        over = replace(order, status="cancelled", cancellable=False, reserved_until=None)
        shop.placed[shop.placed.index(order)] = over
    _keep(shop, replace(visit, state="cancelled", held_until=None))
    return Happened("visit_cancelled", {"number": visit.number, "late": late, "refund_kobo": refund.kobo})


VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "book_visit": _book,
    "book_test": _book,
    "move_visit": _move,
    "cancel_visit": _cancel,
}
