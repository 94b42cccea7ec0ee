"""Lab tests: categories, what there is, one test with its price and what it needs; booking goes on where doctors' does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.visits.values import Test, TestPage
from worker.facts import Facts
from worker.flows import booking, booking_where, shown, whose
from worker.flows.alike import no_such_number
from worker.flows.heard import Heard, is_command
from worker.flows.pages import TURNS, page_rows, turned
from worker.flows.places import go
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.shown import PAGE, Shown
from worker.flows.step import Button, Event, Place, Row, SentLocation, Step
from worker.flows.subjects import sample_of
from worker.flows.support import unclear
from worker.flows.wording import Sentence, lines, paragraphs, plain, say

CATEGORIES = 9
MAX_OFFSET = 500


def lab_tests(place: Place, event: Heard, facts: Facts) -> Step:
    """Menu 9, "malaria test", "book malaria test tomorrow 9am"; for whom of their own is answered before it."""
    here, told = whose.meant(place, event)
    return under(told, _asked(here, event, facts))


def _asked(place: Place, event: Heard, facts: Facts) -> Step:
    query, when = str(event.values.get("query", "")).strip(), booking.said_when(event.values)
    where = str(event.values.get("where", ""))
    if query:
        found = facts.care.tests(query, limit=PAGE) if where else TestPage()
        if _only(found, query):  # "book malaria test at home tomorrow 8am"
            test = found.tests[0]
            only = say("lab.only_centre") if where == "home" and not test.home else ""
            return under(only, booking.wanted(place, f"{test.ref}-{where}", when, facts))
        return listed(place, facts, query, when=when)
    return categories(go(place, "labs", "asking", wanted=when or None), facts)


def categories(place: Place, facts: Facts) -> Step:
    there = facts.care.test_categories()[:CATEGORIES]
    if not there:
        return step(place, buttons(say("lab.none_at_all"), button("agent"), button("menu")))
    page = shown.page(None, "categories", [(f"|{name}", name) for name, _ in there], offset=0, total=len(there))
    numbered = [say("doctors.word", number=n, name=name) for n, (name, _) in enumerate(there, start=1)]
    rows = [
        row(f"lp:0:{plain(name, 60)}:", f"{n}. {name}", say("lab.count" if count > 1 else "lab.count_one", count=count))
        for n, (name, count) in enumerate(there, start=1)
    ]
    to = go(place, "labs", "asking", shown=shown.kept(page), wanted=booking.kept(place, "labs"))
    return step(to, choices(paragraphs(say("lab.ask"), lines(*numbered)), rows, "choose"))


def asking(place: Place, event: Event, facts: Facts) -> Step | None:
    """A number or a name of a category, or the name of a test."""
    on_screen = shown.read(place, "categories")
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "number" and on_screen:
        ref = on_screen.ref(int(event.values["n"]))
        return _query(place, facts, ref) if ref else no_such_number(place, on_screen, int(event.values["n"]))
    if event.intent not in ("unknown", "search", "health_products") or is_command(event):
        return None
    ref = on_screen.named(event.text) if on_screen else None
    if ref:
        return _query(place, facts, ref)
    words = str(event.values.get("query") or event.text)
    found = facts.care.tests(words, limit=PAGE) if any(c.isalpha() for c in words) else TestPage()
    if found.tests:
        return _page(place, facts, found, words, "", 0)
    if event.intent == "search" and facts.search(words, limit=1).products:
        return None  # something of the shop
    return unclear(place, say("lab.nothing", query=plain(words, 60)), "lab_tests", "menu")


def page_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    offset = min(int(event.values.get("offset", 0)), MAX_OFFSET)
    return listed(place, facts, str(event.values.get("query", "")), str(event.values.get("category", "")), offset)


def listed(
    place: Place, facts: Facts, query: str = "", category: str = "", offset: int = 0, *, when: Mapping[str, Any] | None = None
) -> Step:
    """Tests that were found, five a page; the only one is shown at once."""
    here = go(place, "labs", "listing", wanted=dict(when) if when else booking.kept(place, "labs"))
    found = facts.care.tests(query, category, limit=PAGE, offset=offset)
    if not found.tests:
        return step(
            go(place, "labs", "asking"),
            buttons(say("lab.nothing", query=plain(query or category, 60)), button("lab_tests"), button("agent"), button("menu")),
        )
    if _only(found, query):
        return show(here, found.tests[0].ref, facts)
    return _page(here, facts, found, query, category, offset)


def _only(found: TestPage, query: str) -> bool:
    """Whether one test is meant: the only one found, or the one that is called just that."""
    return found.total == 1 or (bool(found.tests) and found.tests[0].name.casefold() == query.strip().casefold())


def listing(place: Place, event: Event, facts: Facts) -> Step | None:
    """Tests are on the screen: a number or a name chooses, next and previous turn."""
    on_screen = shown.read(place, "tests")
    if not isinstance(event, Heard) or event.tapped or on_screen is None:
        return None
    if event.intent == "number":
        ref = on_screen.ref(int(event.values["n"]))
        return show(place, ref, facts) if ref else no_such_number(place, on_screen, int(event.values["n"]))
    if event.intent in TURNS:
        return turned(place, event, on_screen, lambda to: _query(place, facts, on_screen.query, to), "lab_tests")
    if event.intent == "back" and place.flow == "labs":
        return categories(place, facts)
    if event.intent in ("unknown", "search", "lab_tests") and event.text:
        ref = on_screen.named(event.text)
        return show(place, ref, facts) if ref else _other(place, event, facts)
    return None


def _other(place: Place, event: Heard, facts: Facts) -> Step | None:
    """Words said among tests are looked for among tests first; whatever is none may be something of the shop."""
    if place.flow != "labs" or event.intent not in ("unknown", "search") or is_command(event):
        return None
    words = str(event.values.get("query") or event.text)
    found = facts.care.tests(words, limit=PAGE) if any(c.isalpha() for c in words) else TestPage()
    return listed(place, facts, words) if found.tests else None


def shown_again(place: Place, facts: Facts, wanted: dict[str, Any]) -> Step | None:
    """The list on the screen once more, for somebody who said a time and not yet which test."""
    on_screen = shown.read(place, "tests")
    return _query(go(place, "labs", "listing", wanted=wanted), facts, on_screen.query, on_screen.offset) if on_screen else None


def show_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return show(place, str(event.values.get("ref", "")), facts)


def show(place: Place, ref: str, facts: Facts) -> Step:
    """One test: what it costs and needs, and where it can be done."""
    test = facts.care.test(ref)
    if test is None:
        return step(place, buttons(say("lab.gone"), button("lab_tests"), button("agent"), button("menu")))
    to = go(place, "labs", "opened", ref=ref, subject=ref, wanted=booking.kept(place, "labs"))
    return step(to, buttons(_card(test), *_offer(test), button("lab_tests", "other_test")))


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    """One test is on the screen: where it is done, yes goes on, back shows the list."""
    ref = str(place.memory["ref"])
    if isinstance(event, SentLocation):
        test = facts.care.test(ref)
        at_home = go(place, "booking", "giving_address", subject=f"{ref}-home", wanted=booking.kept(place, "labs"))
        return booking_where.located(at_home, event) if test and test.home else None
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("advice", "search", "unknown", "lab_result") and not _ON_CARD.isdisjoint(
        event.text.lower().strip("?").split()
    ):
        return _card_again(place, ref, event, facts)  # "do i need to fast", "how long will the result take": it stands there
    chosen = "" if event.intent == "number" else booking_where.meant(event)
    if chosen and event.intent in ("unknown", "search", "menu", "yes", "location_question", "checkout"):
        return booking.wanted(place, f"{ref}-{chosen}", dict(booking.kept(place, "labs") or {}), facts)
    if event.intent in ("yes", "next", "more"):
        return booking.wanted(place, ref, dict(booking.kept(place, "labs") or {}), facts)
    if event.intent in ("back", "no", "previous"):
        on_screen = shown.read(place, "tests")
        return _query(place, facts, on_screen.query, on_screen.offset) if on_screen else categories(place, facts)
    return listing(place, event, facts) or _other(place, event, facts)


def says_home(place: Place, event: Heard) -> bool:
    """Whether "home" answers where it shall be done, and is not the way to the menu."""
    asked = (place.flow, place.state) in (("labs", "opened"), ("booking", "choosing_where"))
    return asked and not event.tapped and event.text.strip(" .!").lower() == "home"


def _card_again(place: Place, ref: str, event: Heard, facts: Facts) -> Step:
    """The card once more; where it says nothing about what is to be done before, that is said."""
    test, asked = facts.care.test(ref), not _BEFORE.isdisjoint(event.text.lower().strip("?").split())
    return under(say("lab.no_note") if test and asked and not test.preparation else "", show(place, ref, facts))


_BEFORE = frozenset(("fast", "fasting", "prepare", "preparation"))
_ON_CARD = frozenset(("fast", "fasting", "prepare", "preparation", "result", "results", "much", "price", "cost", "sample"))


# --------------------------------------------------------------------------------------------------------------- private


def _query(place: Place, facts: Facts, query: str, offset: int = 0) -> Step:
    """A search as a list remembers it: words|category."""
    words, _, category = query[:120].partition("|")
    return listed(place, facts, words, category, offset)


def _page(place: Place, facts: Facts, found: TestPage, query: str, category: str, offset: int) -> Step:
    rows = [(t.ref, plain(t.name, 60)) for t in found.tests]
    words = plain(query, 60)
    page = shown.page(
        shown.read(place, "tests"), "tests", rows, offset=offset, total=found.total, query=f"{words}|{plain(category, 50)}"
    )
    numbered = list(enumerate(found.tests, start=offset + 1))
    heading = say("lab.found", first=offset + 1, last=offset + len(rows), total=found.total)
    if found.total <= PAGE:
        heading = say("lab.found_few", total=found.total)
    body = paragraphs(heading, lines(*(_line(n, t) for n, t in numbered)), say("lab.how"))
    shown_rows = [row(f"test:{t.ref}", f"{n}. {t.name}", f"{t.price} · {_where(t)}") for n, t in numbered]
    to = go(place, "labs", "listing", shown=shown.kept(page), wanted=booking.kept(place, "labs"))
    return step(to, choices(body, shown_rows + _page_rows(page, words, category), "test"))


def _line(number: int, test: Test) -> Sentence:
    return say("lab.line", number=number, name=plain(test.name, 60), price=str(test.price), where=_where(test))


def _where(test: Test) -> Sentence:
    both = "both" if test.home and test.centre else "home" if test.home else "centre"
    return say(f"lab.at_{both}")


def _page_rows(page: Shown, words: str, category: str) -> list[Row]:
    tail = f"{plain(category, 60)}:{words}"
    return page_rows(lambda to: f"lp:{to}:{tail}", offset=page.offset, total=page.total)


def _card(test: Test) -> Sentence:
    return paragraphs(
        lines(say("lab.title", name=plain(test.name, 80)), plain(test.category, 60)),
        lines(
            say("lab.price", price=str(test.price)),
            say("lab.sample", sample=sample_of(test.sample)) if sample_of(test.sample) else "",
            say("lab.takes", takes=test.takes) if test.takes else "",
            say("lab.result", after=test.result_after) if test.result_after else "",
            say("lab.centre", centre=test.centre) if test.centre else "",
        ),
        say("lab.before", preparation=test.preparation) if test.preparation else "",
        say("lab.where_card" if test.home and test.centre else "lab.book_how"),
    )


def _offer(test: Test) -> tuple[Button, ...]:
    if test.home and test.centre:
        return button(f"vdays:{test.ref}-home:", "lab_home"), button(f"vdays:{test.ref}-centre:", "lab_centre")
    return (button(f"vdays:{test.ref}:", "free_days"),)


FLOW = {"asking": asking, "listing": listing, "opened": opened}
COMMANDS = {"lab_tests": lab_tests, "tests_page": page_tapped, "show_test": show_tapped}
LISTS = {"tests": listing}
