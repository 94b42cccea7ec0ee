"""One product by itself: its card, more of the same, and how many of it."""

from __future__ import annotations

from models.catalogue import Product
from worker.facts import Facts
from worker.flows import adding, goods, shown
from worker.flows.alike import choose_among, no_such_number
from worker.flows.heard import Heard
from worker.flows.places import go
from worker.flows.replies import button, buttons, step
from worker.flows.step import Button, Event, Place, Step
from worker.flows.support import unclear
from worker.flows.wording import paragraphs, say


def show(place: Place, ref: str, facts: Facts) -> Step:
    """The card. A quantity asked for before ("I need 2 panadol") is put in the cart at once."""
    product = facts.product(ref)
    if product is None or not product.active:
        return step(place, buttons(say("product.gone"), button("search"), button("menu")))
    wanted = int(place.memory.get("quantity", 0))
    if wanted and place.flow == "search" and sellable(product):
        return adding.put(place, ref, wanted)
    return card(place, product, facts)


def card(place: Place, product: Product, facts: Facts) -> Step:
    """All about one product, and what can be done: nothing is sold that the law forbids, and what is out has a way on."""
    to = go(place, "product", "open", ref=product.ref)
    if product.control == "controlled":
        return step(
            to, buttons(paragraphs(goods.card(product), say("product.controlled")), button("agent", "pharmacist"), button("menu"))
        )
    if not product.in_stock:
        return _out_of_stock(to, product, facts)
    return step(to, buttons(goods.card(product), *_card_buttons(product)))


def show_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return show(place, str(event.values["ref"]), facts)


def more_like(place: Place, event: Heard, facts: Facts) -> Step:
    """The same generic and strength from others, in stock."""
    ref = str(event.values["ref"])
    product = facts.product(ref)
    if product is None:
        return step(place, buttons(say("product.gone"), button("search"), button("menu")))
    others = tuple(p for p in facts.equivalents(ref, limit=5) if p.ref != ref)
    if not others:
        return step(
            place, buttons(say("product.no_others", name=goods.name(product)), button("search"), button("agent", "pharmacist"))
        )
    return choose_among(place, others, say("product.others", name=goods.name(product)))


def add_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """The "Add to cart" button, with or without a quantity in it."""
    ref, quantity = str(event.values["ref"]), int(event.values.get("quantity", 0))
    if quantity:
        return adding.put(place, ref, quantity)
    product = facts.product(ref)
    if product is None or not sellable(product):
        return show(place, ref, facts)
    return ask_quantity(place, product)


def ask_quantity(place: Place, product: Product) -> Step:
    to = go(place, "product", "choosing_quantity", ref=product.ref)
    sentence = say("product.how_many", name=goods.name(product))
    offered = tuple(Button(f"add:{product.ref}:{n}", str(n)) for n in (1, 2, 3))
    return step(to, buttons(sentence, *offered))


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    """A card is on the screen: `yes`, `add` and "add 3" mean this product; a number still chooses from the list before it."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    product = facts.product(str(place.memory["ref"])) if event.intent in ("yes", "add", "number") else None
    if event.intent == "number":
        on_screen = shown.read(place, "products")
        number = int(event.values["n"])
        if on_screen is None or len(on_screen.rows) == 1:
            return _quantity(place, product, number)
        ref = on_screen.ref(number)
        return show(place, ref, facts) if ref else no_such_number(place, on_screen, number)
    if event.intent == "yes" or (event.intent == "add" and not event.values.get("items")):
        if product is None or not sellable(product):
            return show(place, str(place.memory["ref"]), facts)
        return ask_quantity(place, product)
    if event.intent == "no":
        return step(place, buttons(say("product.not_this"), button("search"), button("menu")))
    return None


def choosing_quantity(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for how many."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("back", "no"):
        return show(place.at("open", quantity=None), str(place.memory["ref"]), facts)
    product = facts.product(str(place.memory["ref"]))
    if product is None:
        return show(place, str(place.memory["ref"]), facts)
    quantity = adding.quantity_in(event)
    if quantity is not None:
        return _quantity(place, product, quantity)
    if event.intent in ("yes", "unknown", "more", "next", "previous"):
        return unclear(place, say("product.how_many_again"), "menu")
    return None


def sellable(product: Product) -> bool:
    return product.control != "controlled" and product.in_stock and product.price is not None


def _quantity(place: Place, product: Product | None, quantity: int) -> Step | None:
    if product is None:
        return None
    if not 1 <= quantity <= adding.MOST:
        return step(
            go(place, "product", "choosing_quantity", ref=product.ref),
            buttons(say("adding.bad_quantity"), button("menu"), button("agent")),
        )
    return adding.put(place, product.ref, quantity)


def _card_buttons(product: Product) -> tuple[Button, ...]:
    like = button(f"like:{product.ref}", "like")
    if product.price is None:
        return (like, button("agent", "pharmacist"), button("menu"))
    return (button(f"add:{product.ref}", "add"), like, button("menu"))


def _out_of_stock(place: Place, product: Product, facts: Facts) -> Step:
    """Out of stock says so and offers the same generic."""
    others = tuple(p for p in facts.equivalents(product.ref, limit=3) if p.ref != product.ref)
    if not others:
        return step(
            place,
            buttons(
                paragraphs(goods.card(product), say("product.none_left")),
                button("agent", "pharmacist"),
                button("search"),
                button("menu"),
            ),
        )
    return choose_among(place, others, paragraphs(goods.card(product), say("product.instead")))


FLOW = {"open": opened, "choosing_quantity": choosing_quantity}
