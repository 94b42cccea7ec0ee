"""A few products to choose from: others of the same generic, or what there is instead."""

from __future__ import annotations

from models.catalogue import Product
from worker.flows import goods, shown
from worker.flows.places import go
from worker.flows.replies import button, buttons, choices, step
from worker.flows.step import Place, Step
from worker.flows.wording import lines, paragraphs, say


def choose_among(place: Place, products: tuple[Product, ...], heading: str) -> Step:
    """A short list of products to choose from, numbered like any other list."""
    page = shown.page(None, "products", [(p.ref, goods.name(p)) for p in products], offset=0, total=len(products))
    numbered = list(enumerate(products, start=1))
    legend = say("goods.legend") if any(p.prescription_only for p in products) else ""
    body = paragraphs(heading, lines(*(goods.line(n, p) for n, p in numbered)), lines(legend, say("search.how")))
    rows = [goods.as_row(n, p) for n, p in numbered]
    return step(go(place, "search", "listing", shown=shown.kept(page)), choices(body, rows))


def no_such_number(place: Place, on_screen: shown.Shown, number: int) -> Step:
    numbers = sorted(on_screen.rows)
    range_ = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
    return step(place, buttons(say("list.no_number", number=number, numbers=range_), button("menu"), button("agent")))
