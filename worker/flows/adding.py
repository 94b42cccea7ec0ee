"""Putting products into the cart, one or several from one message, and saying once what came of it.

What is under way is kept in `place.memory["batch"]`: {"left": outcomes still to come, "lines": what to tell,
"ask": [[name, quantity], ...] still to be chosen among several, "some": True when something was added, "waits": True when
something of it needs a prescription}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, utils

from models.catalogue import Product, Results
from models.values import Money
from worker.facts import Facts
from worker.flows import goods, shown
from worker.flows.alike import choose_among
from worker.flows.heard import Heard, is_command
from worker.flows.places import go
from worker.flows.replies import button, buttons, choices, step
from worker.flows.step import Effect, Event, Happened, Place, Row, Step
from worker.flows.support import unclear
from worker.flows.wording import Sentence, cut, lines, paragraphs, plain, say
from worker.understanding import numbers
from worker.understanding.items import UNITS

MOST = 99  # of one product from one message; the shop's own cap comes back as a refusal
MANY = 5  # items of one message; each is an effect with an outcome of its own
SURE = 92  # from this likeness on, a name means the one product it resembles
APART = 6
ALL_WORDS = 97
_AROUND = frozenset(("please", "pls", "abeg", "only", "of", "them", "it", "x"))


def add(place: Place, event: Heard, facts: Facts) -> Step:
    """`add 2 3`, `add paracetamol x2`, `order 2 paracetamol and 1 vitamin c`."""
    items = [dict(i) for i in event.values.get("items", ())]
    if not items:
        return _nothing_named(place)
    extra = say("adding.too_many_items", most=MANY) if len(items) > MANY else ""
    found: list[tuple[str, int]] = []
    told: list[str] = [extra]
    ask: list[list[Any]] = []
    for item in items[:MANY]:
        quantity = int(item.get("quantity", 1))
        product, sentence, candidates = _resolve(place, item, facts)
        if not 1 <= quantity <= MOST:
            told.append(say("adding.bad_quantity"))
        elif product is not None:
            found.append((product.ref, quantity))
        elif candidates:
            ask.append([cut(str(item["name"]), 80), quantity])
        else:
            told.append(sentence)
    return _start(place, facts, found, [t for t in told if t], ask)


def put(place: Place, ref: str, quantity: int) -> Step:
    """One known product; what comes of it is told by `added` or `refused`."""
    if not 1 <= quantity <= MOST:
        return step(place, buttons(say("adding.bad_quantity"), button("menu"), button("agent")))
    batch = dict(place.memory.get("batch") or {"lines": [], "ask": []}) | {"left": 1}
    return step(go(place, "adding", "waiting", batch=batch), effects=(Effect("add_to_cart", {"ref": ref, "quantity": quantity}),))


def added(place: Place, event: Happened, facts: Facts) -> Step:
    """The product is in the cart."""
    data = event.data
    total = str(Money(int(data["line_total_kobo"])))
    product = facts.product(str(data["ref"]))
    sentence = say(
        "adding.added", quantity=data["quantity"], name=_short(goods.name(product) if product else str(data["name"])), total=total
    )
    return _told(
        place, facts, sentence, waits=bool(product and product.prescription_only) and _waits(facts, data["ref"]), added=True
    )


def _waits(facts: Facts, ref: object) -> bool:
    """Whether a pharmacist must say yes first, or has done so already."""
    return any(line.product.ref == ref and line.problem == "needs_prescription" for line in facts.cart().lines)


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """The shop said no. Alone, it comes with what can be done instead; among several, as one line."""
    batch = _batch(place)
    alone = batch["left"] <= 1 and not batch["ask"] and not batch["lines"]
    sentence = refusal(event.data)
    if not alone:
        return _told(place, facts, sentence)
    return _refused_alone(go(place, "entry", "idle"), event.data, sentence, facts)


def refusal(data: Mapping[str, Any]) -> Sentence:
    """One sentence for a `cart_refused`."""
    code = str(data.get("code", ""))
    known = code in (
        "controlled",
        "out_of_stock",
        "less_stock",
        "gone",
        "too_many",
        "no_price",
        "cart_full",
        "not_in_cart",
        "too_many_lines",
    )
    return say(
        f"refused.{code}" if known else "refused.other",
        name=_short(str(data.get("name", "")) or say("refused.it")),
        available=data.get("available", 0),
        limit=data.get("limit", ""),
    )


def choosing(place: Place, event: Event, facts: Facts) -> Step | None:
    """Several products have the name that was asked for: waiting for which one."""
    on_screen = shown.read(place, "candidates")
    if not isinstance(event, Heard) or on_screen is None:
        return None
    wanted = int(place.memory.get("wanted", 1))
    if event.intent == "show_product" and event.values["ref"] in {ref for ref, _ in on_screen.rows.values()}:
        return put(place.at("waiting"), str(event.values["ref"]), wanted)
    if event.tapped and event.intent != "skip":
        return None
    if event.intent == "number":
        ref = on_screen.ref(int(event.values["n"]))
        if ref:
            return put(place.at("waiting"), ref, wanted)
        return unclear(place, say("adding.choose_again", last=max(on_screen.rows)), "skip", "menu")
    if event.intent in ("skip", "no"):
        return _finish(place, facts, _batch(place))
    if event.intent in ("unknown", "search") and not is_command(event):
        ref = on_screen.named(event.text)
        if ref:
            return put(place.at("waiting"), ref, wanted)
        query = str(event.values.get("query", ""))
        if query and facts.search(query, limit=1).products:
            return None  # another product's name: the list does not hold anybody
        return unclear(place, say("adding.choose_again", last=max(on_screen.rows)), "skip", "menu")
    return None


def quantity_in(heard: Heard) -> int | None:
    """The number in an answer to "how many?": `3`, `three`, `3 packs`, `add 3`; or None."""
    if heard.intent == "number":
        return int(heard.values["n"])
    items: Sequence[Mapping[str, Any]] = heard.values.get("items") or ()
    if heard.intent in ("add", "order") and len(items) == 1 and not items[0].get("name"):
        return int(items[0].get("quantity") or items[0].get("number") or 0)
    words = heard.text[:40].lower().replace(",", " ").split()
    quantity = numbers.count(words[0].strip("x×.")) if words and heard.intent in ("unknown", "search") else None
    return quantity if all(w.strip(".") in UNITS or w in _AROUND for w in words[1:]) else None


def _start(place: Place, facts: Facts, found: list[tuple[str, int]], told: list[str], ask: list[list[Any]]) -> Step:
    batch = {"left": len(found), "lines": told, "ask": ask}
    if not found:
        return _finish(place, facts, batch)
    effects = [Effect("add_to_cart", {"ref": ref, "quantity": quantity}) for ref, quantity in found]
    return step(go(place, "adding", "waiting", batch=batch), effects=effects)


def _batch(place: Place) -> dict[str, Any]:
    return dict(place.memory.get("batch") or {"left": 1, "lines": [], "ask": []})


def _told(place: Place, facts: Facts, sentence: str, *, waits: bool = False, added: bool = False) -> Step:
    batch = _batch(place)
    batch["left"] -= 1
    batch["lines"] = [*batch["lines"], cut(sentence, 240)]
    batch["waits"] = bool(batch.get("waits")) or waits
    batch["some"] = bool(batch.get("some")) or added
    if batch["left"] > 0:
        return step(place.at("waiting", batch=batch))
    return _finish(place, facts, batch)


def _finish(place: Place, facts: Facts, batch: Mapping[str, Any]) -> Step:
    """What came of it, and then the next one to choose, or what to do now."""
    told = [Sentence(line) for line in batch["lines"]]
    for i, (name, quantity) in enumerate(batch["ask"]):
        results = facts.search(str(name), limit=shown.PAGE)
        if results.products:
            rest = {"left": 0, "lines": [], "ask": [list(a) for a in batch["ask"][i + 1 :]]}
            rest |= {"waits": bool(batch.get("waits")), "some": bool(batch.get("some"))}
            return _ask_which(place, str(name), int(quantity), results, rest, lines(*told))
        told.append(say("adding.not_found", name=str(name)))
    hint = say("adding.needs_prescription") if batch.get("waits") and batch.get("some") else ""
    body = paragraphs(lines(*told) or say("adding.nothing"), hint)
    if not batch.get("some"):
        return step(go(place, "entry", "idle"), buttons(body, button("search"), button("agent", "pharmacist"), button("menu")))
    return step(go(place, "entry", "idle"), buttons(body, button("checkout"), button("cart"), button("search", "search_more")))


def _ask_which(place: Place, name: str, quantity: int, results: Results, rest: dict[str, Any], told: str) -> Step:
    numbered = list(enumerate(results.products, start=1))
    page = shown.page(None, "candidates", [(p.ref, goods.name(p)) for p in results.products], offset=0, total=len(numbered))
    body = paragraphs(
        told,
        say("adding.which", name=plain(name, 60), quantity=quantity),
        lines(*(goods.line(n, p) for n, p in numbered)),
        lines(say("goods.legend") if any(p.prescription_only for p in results.products) else "", say("adding.which_how")),
    )
    rows: list[Row] = [goods.as_row(n, p) for n, p in numbered]
    to = go(place, "adding", "choosing", shown=shown.kept(page), wanted=quantity, batch=rest)
    return step(to, choices(body, [*rows, Row("skip", cut(say("row.skip"), 24), "")]))


def _resolve(place: Place, item: Mapping[str, Any], facts: Facts) -> tuple[Product | None, Sentence, bool]:
    """The product an item means; or the sentence why not; or that there are several to choose from."""
    if item.get("number") is not None:
        on_screen = shown.read(place)
        ref = on_screen.ref(int(item["number"])) if on_screen and on_screen.what != "orders" else None
        product = facts.product(ref) if ref else None
        return product, say("adding.no_number", number=item["number"]), False
    name = str(item.get("name", "")).strip()
    if not name:
        return None, say("adding.nothing"), False
    results = facts.search(name, limit=shown.PAGE)
    if results.controlled or not results.products:
        return (
            None,
            say("search.controlled" if results.controlled else "adding.not_found", name=plain(name, 60), query=plain(name, 60)),
            False,
        )
    return _certain(name, results), Sentence(""), True


def _certain(name: str, results: Results) -> Product | None:
    """The one product a name plainly means: its whole name as typed, and nothing else nearly as good; or all its words, and
    nothing else was found."""

    def likeness(product: Product) -> float:
        return max(
            fuzz.ratio(name, as_named, processor=utils.default_process) for as_named in (product.name, goods.name(product))
        )

    scores = sorted(((likeness(p), i) for i, p in enumerate(results.products)), reverse=True)
    best, at = scores[0]
    next_best = scores[1][0] if len(scores) > 1 else 0
    if best >= SURE and best - next_best >= APART:
        return results.products[at]
    named = [p for p in results.products if _says_all_but_the_form(name, p)]
    if len(named) == 1:
        return named[0]
    only = results.products[0] if results.total == 1 else None
    return only if only and fuzz.token_set_ratio(name, goods.name(only), processor=utils.default_process) >= ALL_WORDS else None


_WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")


def _says_all_but_the_form(name: str, product: Product) -> bool:
    """Whether a name with its strength lacks nothing but the form: "panadol 500mg" is Panadol 500 mg Tablet, not Panadol Extra."""
    typed = set(_WORD_OR_NUMBER.findall(name.lower()))
    whole = set(_WORD_OR_NUMBER.findall(goods.name(product).lower()))
    form = set(_WORD_OR_NUMBER.findall(product.form.lower())) | {"mg"}
    figures = {word for word in typed if word[0].isdigit()}
    in_name = figures <= set(_WORD_OR_NUMBER.findall(product.name.lower()))  # "augmentin 625": the strength is told by the name
    left = {word for word in whole - typed if not (in_name and word[0].isdigit())}
    return bool(figures) and typed - whole <= form | _PLURALS and left <= form


_PLURALS = frozenset(("tablets", "tabs", "tab", "capsules", "caps", "cap"))


def _refused_alone(place: Place, data: Mapping[str, Any], sentence: Sentence, facts: Facts) -> Step:
    code, ref = str(data.get("code", "")), str(data.get("ref", ""))
    available = int(data.get("available") or 0)
    if code == "out_of_stock" and (others := facts.equivalents(ref, limit=3)):
        return choose_among(place, others, paragraphs(sentence, say("product.instead")))
    if code == "less_stock" and available > 0:
        only = button(f"add:{ref}:{available}", "add_those")
        return step(place, buttons(sentence, only, button("search", "search_more"), button("menu")))
    if code in ("controlled", "no_price", "too_many"):
        return step(place, buttons(sentence, button("agent", "pharmacist"), button("cart"), button("menu")))
    return step(place, buttons(sentence, button("cart"), button("search", "search_more"), button("menu")))


def _nothing_named(place: Place) -> Step:
    return step(place, buttons(say("adding.what"), button("search"), button("cart"), button("menu")))


def _short(name: str) -> str:
    return plain(name, 70)


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Between an effect and its outcome, within one turn: nothing a customer says arrives here unless a turn was cut short."""
    return None


FLOW = {"waiting": waiting, "choosing": choosing}
