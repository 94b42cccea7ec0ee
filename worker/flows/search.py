"""Finding products: the list of what was found, its pages, and choosing from it."""

from __future__ import annotations

from collections.abc import Sequence

from models.catalogue import Product, Results
from models.lexicon import lexicon
from worker.facts import Facts
from worker.flows import doctors, goods, namesake, shown
from worker.flows.alike import no_such_number
from worker.flows.heard import ASKED, Heard, is_command
from worker.flows.pages import page_rows
from worker.flows.places import go
from worker.flows.product import card, show
from worker.flows.replies import button, buttons, choices, step, under
from worker.flows.shown import PAGE, Shown
from worker.flows.step import Buttons, Choices, Event, Place, Row, Step
from worker.flows.support import puzzled
from worker.flows.wording import Sentence, lines, paragraphs, plain, say

KINDS = ("medicine", "health")
LAST_OF_MENU = 9
MAX_OFFSET = 500  # nobody turns a hundred pages; a forged row id would make the database do it


def search(place: Place, event: Heard, facts: Facts) -> Step:
    """`find paracetamol`, or a bare "search", which asks what for."""
    query = str(event.values.get("query", "")).strip()
    kind = str(event.values.get("kind", ""))
    quantity = event.values.get("quantity")
    if not query:
        return step(go(place, "search", "asking", kind=kind or None), buttons(say("search.ask"), button("menu"), button("agent")))
    if event.confidence < ASKED:
        return _guess(place, query, facts)
    return find(place, query, facts, kind=kind, quantity=int(quantity) if quantity else 0)


def health_products(place: Place, event: Heard, facts: Facts) -> Step:
    query = str(event.values.get("query", "")).strip()
    if query:
        return find(place, query, facts, kind="health")
    return browse(place, facts, "health", 0)


def asking(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for what to look for: whatever is not a command is a name. Yes means the doctor who was offered; else it is asked again."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "yes":
        called = str(place.memory.get("called", ""))
        return doctors.listed(place, facts, called) if called else step(place, _instead(say("hint.search.asking")))
    if event.intent == "number" and int(event.values["n"]) <= LAST_OF_MENU:
        return None  # nothing is sold by a single digit: it is the main menu's
    if event.intent == "search" and not event.values.get("query"):
        return None  # "search" once more
    if event.intent in ("unknown", "number", "search"):
        query = str(event.values.get("query") or event.text).strip()
        if any(c.isalnum() for c in query):
            return find(place, query, facts, kind=str(place.memory.get("kind", "")))
    return None


def find(place: Place, query: str, facts: Facts, *, kind: str = "", offset: int = 0, quantity: int = 0) -> Step:
    """A page of what was found; nothing found says so, and what else there is."""
    results = facts.search(query, kind=kind or None, limit=PAGE, offset=offset)
    if not results.products and kind and offset == 0 and not results.controlled:
        return _other_kind(place, query, facts, kind)
    if results.controlled or (not results.products and offset == 0):
        return nothing(place, query, results, facts)
    if not results.products:
        return step(place, buttons(say("list.no_more"), button("menu"), button("agent")))
    if results.total == 1 and offset == 0 and not quantity and results.matched_by != "symptom":
        return _only_one(place, results, query, facts)
    return show_page(place, results, query=query, kind=kind, offset=offset, quantity=quantity)


def browse(place: Place, facts: Facts, kind: str, offset: int) -> Step:
    results = facts.browse(kind, limit=PAGE, offset=offset)
    if not results.products:
        return step(place, buttons(say("search.none_at_all"), button("search"), button("agent")))
    return show_page(place, results, query="", kind=kind, offset=offset)


def turn_page(place: Place, event: Heard, facts: Facts) -> Step:
    """A tap on "More" or "Previous" of any list, however old."""
    kind = str(event.values.get("kind", ""))
    offset = min(int(event.values.get("offset", 0)), MAX_OFFSET)
    query = str(event.values.get("query", ""))
    if not query:
        return browse(place, facts, kind if kind in KINDS else "health", offset)
    return find(place, query, facts, kind=kind if kind in KINDS else "", offset=offset)


def listing(place: Place, event: Event, facts: Facts) -> Step | None:
    """Products are on the screen: a number or a name chooses, next and previous turn, the rest is heard as anywhere."""
    on_screen = shown.read(place, "products") or shown.read(place, "candidates")
    if not isinstance(event, Heard) or event.tapped or on_screen is None:
        return None
    if event.intent == "number":
        return _number(place, on_screen, int(event.values["n"]), facts)
    if event.intent in ("next", "more"):
        return (
            _turned(place, on_screen, on_screen.offset + PAGE, facts)
            if on_screen.has_next
            else _end_of_list(place, "list.no_more")
        )
    if event.intent == "previous":
        return (
            _turned(place, on_screen, on_screen.offset - PAGE, facts)
            if on_screen.has_previous
            else _end_of_list(place, "list.first")
        )
    if event.intent in ("unknown", "search") and not is_command(event) and not event.values.get("quantity"):
        ref = on_screen.named(event.text)
        return show(place, ref, facts) if ref else None
    return None


def show_page(place: Place, results: Results, *, query: str, offset: int, kind: str = "", quantity: int = 0) -> Step:
    """Up to five products as text and as rows, with rows for the pages before and after."""
    found = results.products
    before = shown.read(place, "products")
    rows = [(p.ref, goods.name(p)) for p in found]
    page = shown.page(before, "products", rows, offset=offset, total=results.total, query=query, kind=kind)
    to = go(place, "search", "listing", shown=shown.kept(page), quantity=quantity if quantity > 0 else None)
    hint = say("search.symptom_hint") if results.matched_by == "symptom" else ""
    if hint and all(p.prescription_only for p in found):
        hint = say("search.symptom_rx")
    if not lexicon().child_words.isdisjoint(query.lower().split()):
        hint = say("search.child_hint")
    return step(to, _page(page, found, _heading(page, results), hint))


def nothing(place: Place, query: str, results: Results, facts: Facts) -> Step:
    """Nothing to show. A controlled medicine is refused with the reason, and a pharmacist is offered either way; a doctor who is
    called so is offered too."""
    if results.controlled:
        return step(
            place, buttons(say("search.controlled", query=plain(query, 60)), button("agent", "pharmacist"), button("menu"))
        )
    named = _doctor(go(place, "search", "asking"), query, facts)
    if named is not None:
        return named
    sentence = paragraphs(say("search.nothing", query=plain(query, 60)), say("search.nothing_hint"))
    return step(go(place, "search", "asking"), _instead(sentence))


def _instead(sentence: Sentence) -> Buttons:
    return buttons(sentence, button("health_products"), button("agent", "pharmacist"), button("menu"))


def _doctor(place: Place, query: str, facts: Facts) -> Step | None:
    """Nothing of the shop is called so, but a doctor is. What is open stays open; None where nobody is called so."""
    found = namesake.called(query, facts)
    if not found:
        return None
    asking = (place.flow, place.state) == ("search", "asking")
    to = place.at("asking", called=namesake.name(query)) if asking else place
    sentence = paragraphs(say("search.nothing", query=plain(query, 60)), namesake.told(found))
    return step(to, buttons(sentence, namesake.way(query, found), button("agent", "pharmacist"), button("menu")))


def _guess(place: Place, query: str, facts: Facts) -> Step:
    """Words that may be a name: "panadol" alone is the commonest message there is. Found nowhere, they are not understood."""
    results = facts.search(query, limit=PAGE)
    if results.controlled:
        return nothing(place, query, results, facts)
    if results.total == 1 and results.matched_by != "symptom":
        return _only_one(place, results, query, facts)
    if results.products:
        return show_page(place, results, query=query, offset=0)
    to = go(place, "search", "asking") if place.flow == "entry" else place
    return _doctor(to, query, facts) or puzzled(place, query)


def _only_one(place: Place, results: Results, query: str, facts: Facts) -> Step:
    """One product found is shown at once: every list that need not be tapped is a message less."""
    page = shown.page(
        None, "products", [(results.products[0].ref, goods.name(results.products[0]))], offset=0, total=1, query=query
    )
    mended = say("search.mended", name=results.corrected) if results.corrected else ""
    return under(mended, card(go(place, "search", "listing", shown=shown.kept(page)), results.products[0], facts))


def reopen(place: Place, facts: Facts) -> Step | None:
    """The list that was on the screen, once more; None when there was none, or it cannot be searched again."""
    on_screen = shown.read(place, "products")
    if on_screen is None or not (on_screen.query or on_screen.kind) or on_screen.total <= 1:
        return None
    return _turned(place, on_screen, on_screen.offset, facts)


def _other_kind(place: Place, query: str, facts: Facts, kind: str) -> Step:
    """Asked among the health products, found among the medicines, or the other way round."""
    results = facts.search(query, limit=PAGE)
    if results.controlled or not results.products:
        return nothing(place, query, results, facts)
    return under(say(f"search.not_in_{kind}"), show_page(place, results, query=query, offset=0))


def _number(place: Place, on_screen: Shown, number: int, facts: Facts) -> Step:
    ref = on_screen.ref(number)
    return show(place, ref, facts) if ref else no_such_number(place, on_screen, number)


def _turned(place: Place, on_screen: Shown, offset: int, facts: Facts) -> Step:
    if on_screen.query:
        return find(place, on_screen.query, facts, kind=on_screen.kind, offset=max(0, offset))
    return browse(place, facts, on_screen.kind, max(0, offset))


def _end_of_list(place: Place, key: str) -> Step:
    return step(place, buttons(say(key), button("search"), button("menu")))


def _heading(page: Shown, results: Results) -> Sentence:
    first, last = page.offset + 1, page.offset + len(results.products)
    if not page.query:
        return say("search.all", first=first, last=last, total=page.total)
    if results.matched_by == "symptom":
        return say("search.symptom", query=plain(page.query, 60), first=first, last=last, total=page.total)
    heading = say("search.found", query=plain(page.query, 60), first=first, last=last, total=page.total)
    if results.corrected:
        heading = say(
            "search.found_corrected",
            query=plain(page.query, 60),
            name=results.corrected,
            first=first,
            last=last,
            total=page.total,
        )
    return heading


def _page(page: Shown, found: Sequence[Product], heading: Sentence, hint: str) -> Choices:
    numbered = list(enumerate(found, start=page.offset + 1))
    legend = say("goods.legend") if any(p.prescription_only for p in found) and hint != say("search.symptom_rx") else ""
    how = say("search.how_more") if page.has_next else say("search.how")
    body = paragraphs(heading, lines(*(goods.line(number, p) for number, p in numbered)), lines(legend, hint, how))
    return choices(body, [goods.as_row(number, p) for number, p in numbered] + _page_rows(page))


def _page_rows(page: Shown) -> list[Row]:
    return page_rows(lambda to: f"s:{page.kind}:{to}:{page.query}", offset=page.offset, total=page.total)


FLOW = {"asking": asking, "listing": listing}
