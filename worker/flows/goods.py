"""How a product is shown: one line in a list, one card by itself. Its reference stays inside ids and is never shown."""

from __future__ import annotations

from models.catalogue import Product
from worker.flows.replies import row
from worker.flows.step import Row
from worker.flows.wording import ROW_TITLE_LIMIT, Sentence, cut, lines, plain, say

FEW = 5  # from so many left, the number is told
KIND_SHOWN = 36  # of the 72 units under a row: three substances have long strengths


def name(product: Product) -> str:
    """As people ask for it: name, and the strength where the name does not already say it."""
    strength = product.strength.strip()
    said = strength and strength.replace(" ", "").lower() in product.name.replace(" ", "").lower()
    return product.name if said or not strength else f"{product.name} {strength}"


def price(product: Product) -> str:
    return str(product.price) if product.price is not None else say("goods.no_price")


def stock(product: Product) -> Sentence:
    if product.control == "controlled":
        return say("goods.controlled")
    if not product.in_stock:
        return say("goods.out_of_stock")
    return say("goods.few", count=product.stock) if product.stock is not None and product.stock <= FEW else say("goods.in_stock")


def line(number: int, product: Product) -> Sentence:
    """`2. Coartem 20/120 mg tablet (24) - ₦2,500, in stock, Rx`."""
    badge = say("goods.badge") if product.prescription_only else ""
    pack = say("goods.pack_short", pack=plain(product.pack, 30)) if product.pack else ""
    return say(
        "goods.line",
        number=number,
        name=plain(name(product), 70),
        pack=pack,
        price=price(product),
        stock=stock(product),
        badge=badge,
    )


def as_row(number: int, product: Product) -> Row:
    """The row of the list. A title is short, so what tells products apart comes first below it, and the least needed last."""
    title = cut(f"{number}. {product.name}", ROW_TITLE_LIMIT)
    kind = cut(" ".join(a for a in (product.strength, product.form) if a and a.lower() not in title.lower()), KIND_SHOWN)
    about = [kind, price(product), stock(product), say("goods.rx") if product.prescription_only else "", product.pack]
    return row(f"p:{product.ref}", title, " · ".join(a for a in about if a))


def card(product: Product) -> Sentence:
    """All that is known of one product. No dose, no use: that is for the pharmacist."""
    generic = product.generic if product.generic and product.generic.lower() not in product.name.lower() else ""
    kind = " · ".join(a for a in (product.form, product.pack) if a)
    if product.control == "controlled":
        return lines(say("goods.title", name=name(product)), say("goods.generic", generic=generic) if generic else "")
    return lines(
        say("goods.title", name=name(product)),
        say("goods.generic", generic=generic) if generic else "",
        say("goods.kind", kind=kind) if kind else "",
        say("goods.price", price=price(product), stock=stock(product)),
        say("goods.prescription_only") if product.prescription_only else "",
    )
