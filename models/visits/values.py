"""What the care half speaks in: doctors, free times, visits and lab tests. All times are aware UTC; a day is the doctor's own day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from models.values import Money

# A visit in one of these has its time for itself.
LIVE = ("held", "booked")


@dataclass(frozen=True, slots=True)
class Doctor:
    """One doctor as customers see them.

    `ref` ("d12") is stable, for memory and taps, and is not shown. `name` has its title once ("Dr Amaka Obi"). `rating` is 1-5,
    None where nobody rated. `fee` is zero where nothing is paid here. `picture` is an https address or "". `zone` is the IANA name
    in which the doctor keeps hours. `next_free`: the next free starts in UTC, at most three; empty in lists where it was not asked.
    """

    ref: str
    name: str
    specialty: str
    place: str
    rating: float | None
    fee: Money
    languages: tuple[str, ...]
    picture: str
    zone: str
    slot_minutes: int
    next_free: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class DoctorPage:
    """Some of the doctors that fit, best first, and how many there are in all."""

    doctors: tuple[Doctor, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """The free starts of one day. `day` is in the doctor's (or the centre's) zone, `slots` are UTC."""

    day: date
    slots: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment with a doctor (`kind` "doctor") or for a lab test ("test").

    `title` is the doctor's or the test's name, `detail` the specialty or the sample. `place` is where it is: the doctor's place, the
    collection centre, or "home" with the address in `address`. `state`: held (its fee is awaited until `held_until`), booked, done,
    no_show, cancelled, expired. `order_number` is "" where there is no fee. `ref` is the doctor's or the test's. `moved` counts how
    often it was put to another time. Address and note stay out of logs.
    """

    number: str
    kind: str
    title: str
    detail: str
    place: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: str
    fee: Money
    order_number: str
    held_until: datetime | None
    ref: str
    where: str = ""  # of a lab test: home, centre
    address: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    preparation: str = ""  # of a lab test
    moved: int = 0
    cancellable: bool = False  # it may still be cancelled or put to another time

    @property
    def live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class VisitPage:
    """Some of a customer's visits and how many there are in all: coming ones by time, past ones newest first."""

    visits: tuple[Visit, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Test:
    """One lab test. `ref` ("t3"). `takes`: how long collection takes ("15 minutes"); `result_after`: ("1-2 days").

    `home`: a nurse comes, if asked. `centre`: where it is taken otherwise. `preparation`: what to do before ("nothing to eat for 8
    hours"), or "".
    """

    __test__ = False  # not one of pytest's

    ref: str
    name: str
    category: str
    price: Money
    sample: str
    takes: str
    result_after: str
    home: bool
    centre: str
    preparation: str


@dataclass(frozen=True, slots=True)
class TestPage:
    """Some of the lab tests that fit, best first, and how many there are in all."""

    __test__ = False

    tests: tuple[Test, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked. With a fee it is held until `held_until` and its order waits to be paid; `order_number` is "" without."""

    number: str
    starts_at: datetime
    ends_at: datetime
    fee: Money
    order_number: str
    held_until: datetime | None
