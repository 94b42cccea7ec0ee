"""Finding a doctor: what for, where, the list of who there is, and one doctor's card with the next free times."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from models.visits.values import Doctor, DoctorPage
from worker.facts import Facts
from worker.flows import booking, moments, shown
from worker.flows.alike import no_such_number
from worker.flows.booking_days import button_of
from worker.flows.heard import Heard, is_command
from worker.flows.pages import TURNS, page_rows, turned
from worker.flows.places import go
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.shown import PAGE, Shown
from worker.flows.step import Event, Picture, Place, Reply, Row, Step
from worker.flows.subjects import doctor_name
from worker.flows.support import unclear
from worker.flows.wording import Sentence, lines, paragraphs, plain, say
from worker.understanding import cities
from worker.understanding.care import SPECIALTY
from worker.understanding.tokens import word_set

MANY = 8  # rows of a list of words, with room for the pages before and after
MAX_OFFSET = 500
LINKS = ("https://",)


def find(place: Place, event: Heard, facts: Facts) -> Step:
    """`find a doctor`, `heart doctor in ph`, `dr amaka`."""
    values = event.values
    asked = {k: str(values.get(k, "")) for k in ("specialty", "place", "doctor")}
    if not any(asked.values()):
        return specialties(place, facts)
    return listed(place, facts, asked["doctor"], asked["specialty"], asked["place"])


def specialties(place: Place, facts: Facts, offset: int = 0, before: str = "", wanted: dict[str, Any] | None = None) -> Step:
    """What there are doctors for, by name; whoever knows better writes it."""
    there = facts.care.specialties()
    if not there:
        return step(place, buttons(say("doctors.none_at_all"), button("agent"), button("menu")))
    return _words_list(place, facts, "specialties", there, offset, paragraphs(before, say("doctors.ask")), wanted=wanted)


def places(place: Place, facts: Facts, specialty: str, offset: int = 0) -> Step:
    there = facts.care.places(specialty)
    if not there:
        return specialties(place, facts)
    heading = say("doctors.ask_place", specialty=specialty) if specialty else say("doctors.ask_place_any")
    return _words_list(place, facts, "places", there, offset, heading, specialty)


def _words_list(
    place: Place,
    facts: Facts,
    what: str,
    there: tuple[tuple[str, int], ...],
    offset: int,
    heading: str,
    specialty: str = "",
    wanted: dict[str, Any] | None = None,
) -> Step:
    """Specialties or places: numbered, eight a page."""
    offset = min(offset, max(0, (len(there) - 1) // MANY * MANY))
    names = there[offset : offset + MANY]
    refs = [(f"{name}||" if what == "specialties" else f"{specialty}|{name}|", name) for name, _ in names]
    page = shown.page(shown.read(place, what), what, refs, offset=offset, total=len(there), query=specialty)
    numbered = [say("doctors.word", number=n, name=name) for n, (name, _) in enumerate(names, start=offset + 1)]
    prefix = "sp:" if what == "specialties" else f"dpl:{plain(specialty, 60)}:"
    rows = [
        row(f"dp:0:{ref}", f"{n}. {name}", say("doctors.count" if count > 1 else "doctors.count_one", count=count))
        for n, ((ref, name), (_, count)) in enumerate(zip(refs, names, strict=True), start=offset + 1)
    ]
    rows += page_rows(lambda to: f"{prefix}{to}", offset=offset, total=len(there), page=MANY)
    kept = wanted or booking.kept(place, "doctors")
    to = go(place, "doctors", "asking", shown=shown.kept(page), wanted=kept)
    return step(to, choices(paragraphs(heading, lines(*numbered)), rows, "choose"))


def asking(place: Place, event: Event, facts: Facts) -> Step | None:
    """What for, or where: a number of the list, a name on it, or one's own words."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    on_screen = shown.read(place, "specialties") or shown.read(place, "places")
    if event.intent == "number" and on_screen:
        ref = on_screen.ref(int(event.values["n"]))
        return _query(place, facts, ref) if ref else no_such_number(place, on_screen, int(event.values["n"]))
    if event.intent in TURNS and on_screen:
        return _turned(place, event, on_screen, facts)
    if event.intent not in ("unknown", "search", "health_products") or is_command(event):
        return None
    words, _, where = str(event.values.get("query") or event.text).partition(" in ")
    ref = on_screen.named(event.text) if on_screen else None
    if ref:
        return _query(place, facts, ref)
    asked = (words, on_screen.query if on_screen and on_screen.what == "places" else "", where)
    found = facts.care.find(*asked, limit=PAGE) if any(c.isalpha() for c in words) else DoctorPage()
    if found.doctors:
        return _page(place, facts, found, asked, 0)
    kind = next((SPECIALTY[word] for word in event.text.lower().split() if word in SPECIALTY), "")
    if kind and facts.care.find("", kind, limit=PAGE).total:  # "my pikin body dey hot", "my tooth"
        return listed(place, facts, "", kind)
    if event.intent == "search" and facts.search(words, limit=1).products:
        return None  # something of the shop
    return unclear(place, say("doctors.nothing", query=plain(words, 60)), "find_doctor", "menu")


def specialties_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return specialties(place, facts, _offset(event))


def places_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return places(place, facts, str(event.values.get("specialty", "")), _offset(event))


def page_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """A page of any list of doctors, however old; the first page of a specialty with many doctors asks where first."""
    return _query(place, facts, str(event.values.get("query", "")), _offset(event))


def listed(place: Place, facts: Facts, words: str = "", specialty: str = "", where: str = "", offset: int = 0) -> Step:
    """Who was found, five a page; the only one is shown at once."""
    found = facts.care.find(words, specialty, where, limit=PAGE, offset=offset)
    if not found.doctors:
        return _nothing(place, facts, words, specialty, where)
    if found.total == 1:
        to = go(place, "doctors", "listing", wanted=booking.kept(place, "doctors"))
        return show(to, found.doctors[0].ref, facts)
    return _page(place, facts, found, (words, specialty, where), offset)


def listing(place: Place, event: Event, facts: Facts) -> Step | None:
    """Doctors are on the screen: a number or a name chooses, next and previous turn."""
    on_screen = shown.read(place, "doctors")
    if not isinstance(event, Heard) or event.tapped or on_screen is None:
        return None
    if event.intent == "number":
        ref = on_screen.ref(int(event.values["n"]))
        return show(place, ref, facts) if ref else no_such_number(place, on_screen, int(event.values["n"]))
    if event.intent in TURNS:
        return turned(place, event, on_screen, lambda to: _query(place, facts, on_screen.query, to, asked=True), "find_doctor")
    if event.intent == "back" and place.flow == "doctors":
        return specialties(place, facts)
    if event.intent in ("unknown", "search", "find_doctor") and not event.values.get("specialty"):
        ref = on_screen.named(str(event.values.get("doctor") or event.text))
        return show(place, ref, facts) if ref else _other(place, event, facts)
    return None


def _other(place: Place, event: Heard, facts: Facts) -> Step | None:
    """Words said among doctors are looked for among doctors first; whoever is none may be something of the shop."""
    if place.flow != "doctors" or event.intent == "find_doctor" or is_command(event):
        return None
    words, _, where = str(event.values.get("query") or event.text).partition(" in ")
    found = facts.care.find(words, "", where, limit=PAGE) if any(c.isalpha() for c in words) else DoctorPage()
    return listed(place, facts, words, "", where) if found.doctors else None


def shown_again(place: Place, facts: Facts, wanted: dict[str, Any]) -> Step | None:
    """The list on the screen once more, for somebody who said a time and not yet whom."""
    on_screen = shown.read(place, "doctors")
    here = go(place, "doctors", "listing", wanted=wanted)
    return _query(here, facts, on_screen.query, on_screen.offset, asked=True) if on_screen else None


def show_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return show(place, str(event.values.get("ref", "")), facts)


def show(place: Place, ref: str, facts: Facts) -> Step:
    """One doctor; a time that was said before is gone on with at once."""
    wanted = booking.kept(place, "doctors")
    if wanted:
        return booking.wanted(go(place, "doctors", "opened", ref=ref), ref, wanted, facts)
    doctor = facts.care.doctor(ref)
    if doctor is None:
        return step(place, buttons(say("doctors.gone"), button("find_doctor"), button("agent"), button("menu")))
    picture: tuple[Reply, ...] = (Picture(doctor.picture),) if doctor.picture.startswith(LINKS) else ()
    zone = ZoneInfo(doctor.zone)
    offer = [button_of(ref, at, zone, facts) for at in doctor.next_free[:2]]
    rest = button(f"vdays:{ref}:", "other_times") if offer else button("find_doctor", "other_doctor")
    to = go(place, "doctors", "opened", ref=ref, rows=[moments.minutes(at) for at in doctor.next_free] or None)
    return step(to, *picture, buttons(_card(doctor, facts), *offer, rest))


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    """One doctor is on the screen: a number is one of the next free times, yes shows the free days, back the list."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    rows, number = place.memory.get("rows", ()), int(event.values["n"]) if event.intent == "number" else 0
    at = moments.from_minutes(str(rows[number - 1])) if 1 <= number <= len(rows) else None
    if at is not None:
        return booking.wanted(place, str(place.memory["ref"]), {"moment": at.isoformat(), "exact": True}, facts)
    if event.intent in ("yes", "next", "more"):
        return booking.wanted(place, str(place.memory["ref"]), {}, facts)
    if (
        event.intent in ("search", "unknown")
        and not _ON_CARD.isdisjoint(event.text.lower().strip("?").split())
        and not _names(event)
    ):
        return show(place, str(place.memory["ref"]), facts)  # "how much", "how much be the fee": it stands there
    if event.intent in ("back", "no", "previous"):
        on_screen = shown.read(place, "doctors")
        return _query(place, facts, on_screen.query, on_screen.offset, asked=True) if on_screen else specialties(place, facts)
    return listing(place, event, facts) or _other(place, event, facts)


_ON_CARD = frozenset(("much", "fee", "fees", "price", "cost", "charge", "rating", "language", "languages"))
_SAYS_LITTLE = _ON_CARD | word_set(
    "how is be it am na im e he she own dem the his her what wetin of for consultation to see him they una you do does"
)


def _names(event: Heard) -> bool:
    """Whether something of its own is named beside the question: "how much is panadol"."""
    return any(word.strip("?.,!") not in _SAYS_LITTLE for word in event.text.lower().split())


# --------------------------------------------------------------------------------------------------------------- private


def _query(place: Place, facts: Facts, query: str, offset: int = 0, *, asked: bool = False) -> Step:
    """A search as it stands in the id of a row: specialty|place|words."""
    specialty, where, words = [part.strip() for part in (query[:120] + "||").split("|")[:3]]
    if specialty and not (where or words or asked or offset) and len(facts.care.places(specialty)) > 1:
        found = facts.care.find("", specialty, "", limit=PAGE)
        if found.total > PAGE:
            return places(place, facts, specialty)
        return _page(place, facts, found, ("", specialty, ""), 0)
    return listed(place, facts, words, specialty, where, offset)


def _turned(place: Place, event: Heard, on_screen: Shown, facts: Facts) -> Step:
    def show_words(offset: int) -> Step:
        if on_screen.what == "places":
            return places(place, facts, on_screen.query, offset)
        return specialties(place, facts, offset)

    return turned(place, event, on_screen, show_words, "find_doctor", page=MANY)


def _page(place: Place, facts: Facts, found: DoctorPage, asked: tuple[str, str, str], offset: int) -> Step:
    words, specialty, where = asked
    query = f"{specialty}|{where}|{plain(words, 60)}"
    rows = [(d.ref, doctor_name(d.name)) for d in found.doctors]
    page = shown.page(shown.read(place, "doctors"), "doctors", rows, offset=offset, total=found.total, query=query)
    numbered = list(enumerate(found.doctors, start=offset + 1))
    heading = say("doctors.found", first=offset + 1, last=offset + len(rows), total=found.total)
    if found.total <= PAGE:
        heading = say("doctors.found_few", total=found.total)
    body = paragraphs(heading, lines(*(_line(n, d, facts) for n, d in numbered)), say("doctors.how"))
    shown_rows = [_row(n, d) for n, d in numbered] + _page_rows(page, specialty, where)
    to = go(place, "doctors", "listing", shown=shown.kept(page), wanted=booking.kept(place, "doctors"))
    return step(to, choices(body, shown_rows, "doctor"))


def _line(number: int, doctor: Doctor, facts: Facts) -> Sentence:
    free = moments.words(doctor.next_free[0], ZoneInfo(doctor.zone), facts) if doctor.next_free else ""
    about = ", ".join(x for x in (plain(doctor.specialty, 40), plain(doctor.place, 40)) if x)
    first = say("doctors.line", number=number, name=doctor_name(doctor.name), about=about, fee=_fee(doctor))
    return lines(first, say("doctors.line_free", when=free) if free else say("doctors.line_full"))


def _fee(doctor: Doctor) -> Sentence:
    return say("doctors.fee_short", fee=str(doctor.fee)) if doctor.fee.kobo else say("doctors.no_fee_short")


def _row(number: int, doctor: Doctor) -> Row:
    rating = say("doctors.rating", rating=f"{doctor.rating:.1f}") if doctor.rating else ""
    about = " · ".join(x for x in (doctor.specialty, doctor.place, str(_fee(doctor)), rating) if x)
    return row(f"doc:{doctor.ref}", f"{number}. {doctor_name(doctor.name)}", about)


def _page_rows(page: Shown, specialty: str, where: str) -> list[Row]:
    rows = page_rows(lambda to: f"dp:{to}:{page.query}", offset=page.offset, total=page.total)
    if specialty and (where or page.total > PAGE):
        rows.append(row(f"dpl:{plain(specialty, 60)}:0", say("row.place"), say("row.place.about")))
    return rows


def _card(doctor: Doctor, facts: Facts) -> Sentence:
    zone = ZoneInfo(doctor.zone)
    free = [say("doctors.free", number=n, when=moments.words(at, zone, facts)) for n, at in enumerate(doctor.next_free, start=1)]
    about = ", ".join(x for x in (plain(doctor.specialty, 60), plain(doctor.place, 60)) if x)
    languages = ", ".join(plain(x, 20) for x in doctor.languages[:5])
    return paragraphs(
        lines(say("doctors.title", name=doctor_name(doctor.name)), about),
        lines(
            say("doctors.rated", rating=f"{doctor.rating:.1f}") if doctor.rating else "",
            say("doctors.speaks", languages=languages) if languages else "",
            say("doctors.fee", fee=str(doctor.fee)) if doctor.fee.kobo else say("doctors.no_fee"),
            say("doctors.lasts", minutes=doctor.slot_minutes),
        ),
        lines(say("doctors.next_free"), *free) if free else say("doctors.full"),
        say("doctors.book_how") if free else "",
    )


def _nothing(place: Place, facts: Facts, words: str, specialty: str, where: str) -> Step:
    """Nobody: said with what was asked for, and what there is instead."""
    if where and (specialty or words) and facts.care.find(words, specialty, "", limit=PAGE).total:
        elsewhere = say("doctors.not_there", what=specialty or words, place=cities.name(where))
        return under(elsewhere, listed(place, facts, words, specialty))
    asked = " ".join(x for x in (words or specialty, where) if x)
    to = go(place, "doctors", "asking", wanted=booking.kept(place, "doctors"))
    return step(
        to, buttons(say("doctors.nothing", query=plain(asked, 60)), button("find_doctor"), button("agent"), button("menu"))
    )


def _offset(event: Heard) -> int:
    return min(int(event.values.get("offset", 0)), MAX_OFFSET)


FLOW = {"asking": asking, "listing": listing, "opened": opened}
COMMANDS = {
    "find_doctor": find,
    "show_doctor": show_tapped,
    "doctors_page": page_tapped,
    "specialties_page": specialties_tapped,
    "doctor_places": places_tapped,
}
LISTS = {"doctors": listing}
