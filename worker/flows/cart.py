"""The cart: seen, changed, emptied."""

from __future__ import annotations

from models.carts import Cart, CartLine
from worker.facts import Facts
from worker.flows import adding, goods, shown
from worker.flows.heard import Heard, is_command
from worker.flows.pages import page_rows
from worker.flows.places import go
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.shown import PAGE
from worker.flows.step import Button, Buttons, Effect, Event, Happened, Place, Row, Step
from worker.flows.support import unclear
from worker.flows.wording import Sentence, lines, paragraphs, plain, say


def view(place: Place, event: Event, facts: Facts) -> Step:
    return show(place, facts)


def show(place: Place, facts: Facts, offset: int = 0) -> Step:
    """Five lines a page, what is wrong with each, the total, and what can be done."""
    cart = facts.cart()
    if cart.empty:
        return step(
            go(place, "entry", "idle"), buttons(say("cart.empty"), button("search"), button("health_products"), button("menu"))
        )
    offset = min(max(0, offset), (len(cart.lines) - 1) // PAGE * PAGE)
    rows = [(line.product.ref, goods.name(line.product)) for line in cart.lines[offset : offset + PAGE]]
    page = shown.page(shown.read(place, "cart"), "cart", rows, offset=offset, total=len(cart.lines))
    return step(go(place, "cart", "viewing", shown=shown.kept(page)), _page(cart, offset))


def turn_page(place: Place, event: Heard, facts: Facts) -> Step:
    return show(place, facts, int(event.values.get("offset", 0)))


def viewing(place: Place, event: Event, facts: Facts) -> Step | None:
    """The cart is on the screen: a number opens a line, next and previous turn the page, yes goes to the checkout."""
    on_screen = shown.read(place, "cart")
    if not isinstance(event, Heard) or event.tapped or on_screen is None:
        return None
    if event.intent == "number":
        return show_line(place, facts, on_screen.ref(int(event.values["n"])) or "", number=int(event.values["n"]))
    if event.intent in ("next", "more"):
        if on_screen.has_next:
            return show(place, facts, on_screen.offset + PAGE)
        return step(place, buttons(say("list.no_more"), button("checkout"), button("cart"), button("menu")))
    if event.intent == "previous":
        return show(place, facts, on_screen.offset - PAGE)
    if event.intent in ("unknown", "search") and not is_command(event):
        ref = on_screen.named(event.text)
        return show_line(place, facts, ref) if ref else None
    return None


def line_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return show_line(place, facts, str(event.values["ref"]))


def show_line(place: Place, facts: Facts, ref: str, *, number: int = 0) -> Step:
    """One line by itself: how many, remove it, or back."""
    line = _by_ref(facts.cart(), ref)
    if line is None:
        return under(say("cart.no_line", number=number) if number else say("cart.line_gone"), show(place, facts))
    sentence = lines(_line(line), say("cart.change_how"))
    to = go(place, "cart", "changing", ref=ref)
    return step(to, buttons(sentence, button(f"out:{ref}", "remove"), button("cart"), button("checkout")))


def changing(place: Place, event: Event, facts: Facts) -> Step | None:
    """One line is open: a number is its new quantity."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    ref = str(place.memory["ref"])
    if event.intent in ("back", "no"):
        return show(place, facts)
    quantity = adding.quantity_in(event)
    if (
        quantity is None
        and event.intent == "change"
        and not event.values.get("number")
        and event.values.get("quantity") is not None
    ):
        quantity = int(event.values["quantity"])
    if quantity is not None:
        return set_quantity(place, ref, quantity)
    if event.intent == "remove" and not event.values.get("name"):
        return take_out(place, ref)
    if event.intent in ("unknown", "yes", "next", "previous", "more"):
        return unclear(place, say("cart.change_how"), "cart", "menu")
    return None


def change(place: Place, event: Heard, facts: Facts) -> Step:
    """`change 2 to 5`, "make paracetamol 3"."""
    cart = facts.cart()
    if cart.empty:
        return show(place, facts)
    line = _meant(place, event, cart)
    if line is None:
        return under(say("cart.which_line"), show(place, facts))
    if event.values.get("quantity") is None:
        return show_line(place, facts, line.product.ref)
    return set_quantity(place, line.product.ref, int(event.values["quantity"]))


def remove(place: Place, event: Heard, facts: Facts) -> Step:
    """`remove 2`, "remove paracetamol"; a bare "remove" asks which."""
    cart = facts.cart()
    if cart.empty:
        return show(place, facts)
    line = cart.lines[0] if len(cart.lines) == 1 and not event.values else _meant(place, event, cart)
    if line is None:
        return under(say("cart.which_line"), show(place, facts))
    return take_out(place, line.product.ref)


def remove_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return take_out(place, str(event.values["ref"]))


def set_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return set_quantity(place, str(event.values["ref"]), int(event.values.get("quantity", 0)))


def set_quantity(place: Place, ref: str, quantity: int) -> Step:
    """Zero takes the line out; anything beyond what one message may order is refused here."""
    if quantity == 0:
        return take_out(place, ref)
    if not 1 <= quantity <= adding.MOST:
        return step(place, buttons(say("adding.bad_quantity"), button("cart"), button("menu")))
    return step(go(place, "cart", "viewing"), effects=(Effect("set_cart_quantity", {"ref": ref, "quantity": quantity}),))


def take_out(place: Place, ref: str) -> Step:
    return step(go(place, "cart", "viewing"), effects=(Effect("remove_from_cart", {"ref": ref}),))


def changed(place: Place, event: Happened, facts: Facts) -> Step:
    sentence = say("cart.changed", name=plain(str(event.data["name"]), 70), quantity=event.data["quantity"])
    return under(sentence, show(place, facts, _offset(place)))


def removed(place: Place, event: Happened, facts: Facts) -> Step:
    return under(say("cart.removed", name=plain(str(event.data["name"]), 70)), show(place, facts, _offset(place)))


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """A change the shop refused: why, and the cart as it is."""
    return under(adding.refusal(event.data), show(place, facts, _offset(place)))


def clear(place: Place, event: Event, facts: Facts) -> Step:
    """Empties nothing before a clear yes."""
    cart = facts.cart()
    if cart.empty:
        return show(place, facts)
    ask = say("cart.clear_one") if len(cart.lines) == 1 else say("cart.clear_ask", count=len(cart.lines))
    to = go(place, "cart", "confirming_clear", version=cart.version)
    return step(to, buttons(ask, Button(f"clear:{cart.version}", say("button.clear_yes")), button("cart", "keep")))


def confirming_clear(place: Place, event: Event, facts: Facts) -> Step | None:
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("yes", "clear_cart"):
        return _clear(place)
    if event.intent in ("no", "cancel", "back"):
        return show(place, facts)
    if event.intent in ("unknown", "number", "next", "previous", "more"):
        return unclear(place, say("cart.clear_again"), "cart", "menu")
    return None


def clear_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """The "Yes, empty it" button: it empties the cart it was shown for, not the one filled since."""
    if str(facts.cart().version) != str(event.values.get("version")):
        return show(place, facts)
    return _clear(place)


def cleared(place: Place, event: Happened, facts: Facts) -> Step:
    return step(go(place, "entry", "idle"), buttons(say("cart.cleared"), button("search"), button("menu")))


def _offset(place: Place) -> int:
    """The page of the cart that is on the screen."""
    on_screen = shown.read(place, "cart")
    return on_screen.offset if on_screen else 0


def _clear(place: Place) -> Step:
    return step(go(place, "cart", "viewing"), effects=(Effect("clear_cart"),))


def _meant(place: Place, heard: Heard, cart: Cart) -> CartLine | None:
    """The line a number or a name means. Numbers are those of the cart; names must be plainly one of its lines."""
    number, name = heard.values.get("number"), str(heard.values.get("name") or "")
    if number is not None:
        return next((line for line in cart.lines if line.number == int(number)), None)
    if not name:
        return _by_ref(cart, str(place.memory.get("ref", "")))
    rows = {line.number: (line.product.ref, goods.name(line.product)) for line in cart.lines}
    return _by_ref(cart, shown.Shown("cart", rows).named(name) or "")


def _by_ref(cart: Cart, ref: str) -> CartLine | None:
    return next((line for line in cart.lines if line.product.ref == ref), None)


def _line(line: CartLine) -> Sentence:
    problem: str = (
        say(f"problem.{line.problem}", available=line.product.stock or 0, approved=line.approved) if line.problem else ""
    )
    if not problem and line.product.prescription_only:
        problem = say("cart.approved")
    total = str(line.line_total) if line.product.price is not None else say("goods.no_price")
    return say(
        "cart.line",
        number=line.number,
        quantity=line.quantity,
        name=plain(goods.name(line.product), 60),
        total=total,
        problem=problem,
    )


def edit(place: Place, event: Event, facts: Facts) -> Step:
    """The lines as rows, to change or remove one."""
    cart = facts.cart()
    if cart.empty:
        return show(place, facts)
    on_screen = shown.read(place, "cart")
    offset = min(on_screen.offset if on_screen else 0, (len(cart.lines) - 1) // PAGE * PAGE)
    then = show(place, facts, offset)
    return step(then.place, choices(paragraphs(say("cart.edit"), *(_lines(cart, offset))), _rows(cart, offset), "cart"))


def _page(cart: Cart, offset: int) -> Buttons:
    last = min(offset + PAGE, len(cart.lines))
    heading = (
        say("cart.heading")
        if len(cart.lines) <= PAGE
        else say("cart.heading_page", first=offset + 1, last=last, total=len(cart.lines))
    )
    totals = say("cart.total", total=str(cart.total))
    if cart.payable_total != cart.total:
        totals = lines(totals, say("cart.payable", total=str(cart.payable_total)))
    if last < len(cart.lines):
        third = button(f"cp:{last}", "more")
    else:
        third = button("cp:0", "first_page") if offset else button("search", "search_more")
    body = paragraphs(heading, *_lines(cart, offset), totals, say("cart.how"))
    return buttons(body, button("checkout"), button("edit"), third)


def _lines(cart: Cart, offset: int) -> tuple[str, ...]:
    return (lines(*(_line(line) for line in cart.lines[offset : offset + PAGE])),)


def _rows(cart: Cart, offset: int) -> list[Row]:
    on_page = cart.lines[offset : offset + PAGE]
    rows = [
        row(f"line:{x.product.ref}", f"{x.number}. {goods.name(x.product)}", say("row.line.about", quantity=x.quantity))
        for x in on_page
    ]
    rows += page_rows(lambda to: f"cp:{to}", offset=offset, total=len(cart.lines))
    return [*rows, row("clear_cart", say("row.clear"), "")]


FLOW = {"viewing": viewing, "changing": changing, "confirming_clear": confirming_clear}
