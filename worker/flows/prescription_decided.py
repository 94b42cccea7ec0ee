"""What the pharmacist says about a prescription: a priced basket, why not, or a question. Always with the pharmacist's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.prescriptions import Decided, DecidedLine, Shown
from models.values import Money
from worker.facts import Facts
from worker.flows import again, aside, cart, checkout, goods, prescription, prescription_more, progress, which
from worker.flows.heard import Heard
from worker.flows.places import idle
from worker.flows.prescription_read import leads_elsewhere, said
from worker.flows.replies import button, buttons, step, under
from worker.flows.step import Button, Event, Happened, Outside, Place, SentMedia, Step
from worker.flows.support import unclear
from worker.flows.wording import Sentence, lines, paragraphs, plain, say

# What they say is not for a screen that somebody else may see: the templates only announce it.
DECIDED, ASKED = Outside("prescription_decided"), Outside("prescription_question")
LINES_SHOWN = 10
NAME, DIRECTIONS, RAW, NOTE = 50, 80, 40, 70  # units of each in a line, so that ten lines fit into one message
DISPENSED = frozenset(("approved", "changed"))
_REASONS = frozenset(
    ("unreadable", "controlled", "unsafe_dose", "interaction", "not_stocked", "over_the_counter", "already_supplied")
)
_CHANGES = frozenset(("brand", "strength", "form"))


def told(place: Place, event: Happened, facts: Facts) -> Step:
    """Approved or rejected. What is somebody else's is not told, and what another event tells is left to it."""
    shown = facts.prescription(int(event.data.get("prescription_id", 0)))
    if shown is None or shown.state not in ("approved", "rejected"):
        return Step(place)
    place = _over(place, shown.id)
    decided = facts.decision(shown.id)
    if decided is None:
        then = step(place, buttons(say("decided.unknown"), button("agent", "pharmacist"), button("cart"), button("menu")))
    elif decided.kind == "rejected":
        then = _rejected(place, shown, decided, facts)
    else:
        then = _approved(place, shown, decided, facts)
    return replace(then, outside=DECIDED)


def _over(place: Place, number: int) -> Place:
    """Whoever was about to say something about this prescription is back where they were: it is decided."""
    return aside.back(place) if _about(place, number) else place


def _about(place: Place, number: int) -> bool:
    """Whether what is said next is said about this prescription: never what is asked about one is answered about another."""
    return place.flow == "prescription" and place.state in ("correcting", "answering") and place.memory.get("id") == number


@dataclass(frozen=True, slots=True)
class Brief:
    """What a thread that a person has hears. `whole`: nothing is left to be said when the bot is back."""

    sentence: Sentence
    outside: Outside
    whole: bool = False


def told_beside(number: int, facts: Facts) -> Brief | None:
    """A decision, in a thread that a person has: the list with its prices comes when the bot is back."""
    shown = facts.prescription(number)
    decided = facts.decision(shown.id) if shown and shown.state in ("approved", "rejected") else None
    if shown is None or decided is None:
        return None
    if decided.kind == "rejected":
        why = paragraphs(say("rejected.intro", name=decided.pharmacist), progress.reason(decided, facts))
        return Brief(paragraphs(which.about(shown, facts), why), DECIDED, whole=True)
    return Brief(paragraphs(which.about(shown, facts), say("beside.approved", name=decided.pharmacist)), DECIDED)


def asked_beside(number: int, facts: Facts) -> Brief | None:
    """A question, in a thread that a person has: what is typed there is for that person."""
    shown = facts.prescription(number)
    decided = facts.decision(shown.id) if shown and shown.state == "asked" else None
    if shown is None or decided is None or decided.kind != "asked":
        return None
    asked = paragraphs(say("ask.intro", name=decided.pharmacist), progress.question(decided))
    return Brief(paragraphs(which.about(shown, facts), asked, say("beside.answer")), ASKED)


# ---------------------------------------------------------------------------------------------------------------- approved


def _approved(place: Place, shown: Shown, decided: Decided, facts: Facts) -> Step:
    to = place if aside.busy(place) else aside.turned_to(place, "basket")
    basket = [line for line in decided.lines if line.outcome in DISPENSED]
    payable = [line for line in basket if _payable(line)]
    changed = any(line.outcome == "changed" and line.reason != "misread" for line in basket)
    total = sum((_price(line) for line in payable), Money(0))
    in_cart = facts.cart().payable_total
    end = paragraphs(
        lines(
            say("decided.total", total=str(total)) if payable else "",
            say("decided.cart", total=str(in_cart)) if payable and in_cart.kobo > total.kobo else "",
        ),
        say("decided.note", note=decided.note) if decided.note else "",
        say(_how_to_pay(place, bool(payable), changed)),
    )
    name = {"name": decided.pharmacist}
    intro = paragraphs(
        which.about(shown, facts),
        say("decided.approved_for", number=shown.order_number, **name) if shown.order_number else say("decided.approved", **name),
    )
    not_supplied = _not_supplied([x for x in decided.lines if x.outcome not in DISPENSED])
    last = _asked_after(place, end, facts) or step(to, buttons(end, *_buttons(bool(payable))))
    return under(paragraphs(intro, _listed(basket)), under(not_supplied, last))


def _how_to_pay(place: Place, payable: bool, changed: bool) -> str:
    """The key of what to do with it. In the middle of something else that something goes on, and no button leads away from it."""
    if not payable:
        return "decided.nothing"
    if aside.busy(place):
        return "decided.in_cart_changed" if changed else "decided.in_cart"
    return "decided.pay_changed" if changed else "decided.pay"


def _asked_after(place: Place, end: Sentence, facts: Facts) -> Step | None:
    """What was being asked, after the news and with its own buttons; a total on the screen is shown as it is now."""
    if not aside.busy(place):
        return None
    anew = checkout.cart_changed(place, facts)
    if anew is not None:
        return under(end, anew)
    return step(place, buttons(paragraphs(end, aside.asked_again(place)), *again.offered(place)))


def _buttons(payable: bool) -> tuple[Button, ...]:
    if payable:
        return button("checkout"), button("edit"), button("agent", "pharmacist")
    return button("agent", "pharmacist"), button("cart"), button("menu")


def _listed(basket: Sequence[DecidedLine]) -> Sentence:
    shown = [_line(number, line) for number, line in enumerate(basket[:LINES_SHOWN], start=1)]
    more = len(basket) - LINES_SHOWN
    return lines(*shown, say("decided.more", count=more) if more > 0 else "")


def _line(number: int, line: DecidedLine) -> Sentence:
    product = line.product
    name = plain(goods.name(product) if product else line.raw, NAME)
    total = str(_price(line)) if product and product.price is not None else say("goods.no_price")
    return lines(
        say("decided.line", number=number, quantity=line.quantity, product=name, total=total),
        say("decided.directions", directions=plain(line.directions, DIRECTIONS)) if line.directions else "",
        _change(line) if line.outcome == "changed" else "",
        say("decided.pharmacist", note=plain(line.note, NOTE)) if line.note else "",
        _short(line) if not _payable(line) else "",
    )


def _change(line: DecidedLine) -> Sentence:
    if line.reason == "quantity":
        return say("decided.quantity")
    if line.reason == "misread":
        return say("decided.misread", raw=plain(line.raw, RAW))
    return say(f"decided.{line.reason}" if line.reason in _CHANGES else "decided.changed", raw=plain(line.raw, RAW))


def _payable(line: DecidedLine) -> bool:
    """Whether it can be paid at this moment: a decision holds for weeks, a shelf does not."""
    product = line.product
    sellable = product is not None and product.active and product.price is not None and product.control != "controlled"
    return bool(sellable and product and (product.stock is None or product.stock >= line.quantity))


def _short(line: DecidedLine) -> Sentence:
    product = line.product
    if product is None or not product.active:
        return say("decided.short", why=say("goods.gone"))
    if product.price is None:
        return say("decided.short", why=say("goods.no_price"))
    if product.stock and product.control != "controlled":
        return say("decided.few", count=product.stock)
    return say("decided.short", why=goods.stock(product))


def _price(line: DecidedLine) -> Money:
    each = line.product.price if line.product else None
    return (each or Money(0)) * line.quantity


def _not_supplied(left: Sequence[DecidedLine]) -> Sentence:
    if not left:
        return Sentence("")
    shown = [say("decided.not_line", raw=plain(line.raw, RAW), reason=_why_not(line)) for line in left[:LINES_SHOWN]]
    more = len(left) - LINES_SHOWN
    return lines(say("decided.not"), *shown, say("decided.more", count=more) if more > 0 else "")


def _why_not(line: DecidedLine) -> Sentence:
    if line.outcome == "out_of_stock":
        why = say("why.out_of_stock")
    elif line.reason in _REASONS:
        why = say(f"why.{line.reason}")
    else:
        return Sentence(plain(line.note, NOTE)) if line.note else say("why.other")
    return say("why.noted", why=why, note=plain(line.note, NOTE)) if line.note else why


def basket(place: Place, event: Event, facts: Facts) -> Step | None:
    """The approved basket is on the screen: pay, or change."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "yes" or (event.intent == "pay" and not event.values.get("order_number")):
        return checkout.start(idle(place), Heard("", "checkout"), facts)
    if event.intent in ("no", "back") or (event.intent in ("unknown", "change") and "change" in event.text.lower()):
        return cart.edit(place, event, facts)
    if event.intent == "unknown":
        return unclear(place, say("decided.basket_again"), "checkout", "cart")
    return None


# ---------------------------------------------------------------------------------------------------------------- rejected


def _rejected(place: Place, shown: Shown, decided: Decided, facts: Facts) -> Step:
    intro = paragraphs(which.about(shown, facts), say("rejected.intro", name=decided.pharmacist))
    body = paragraphs(intro, progress.reason(decided, facts), aside.asked_again(place))
    to = aside.back(place) if place.flow == "prescription" and not aside.busy(place) else place
    return step(to, buttons(body, *again.offered(place, button("prescription"), button("agent", "pharmacist"), button("menu"))))


# -------------------------------------------------------------------------------------------------------------- a question


def question(place: Place, event: Happened, facts: Facts) -> Step:
    """The pharmacist asks. Where nothing else is being asked the next words are the answer; elsewhere a tap leads to it."""
    shown = facts.prescription(int(event.data.get("prescription_id", 0)))
    decided = facts.decision(shown.id) if shown and shown.state == "asked" else None
    if shown is None or decided is None or decided.kind != "asked":
        return Step(place)
    asked = paragraphs(which.about(shown, facts), say("ask.intro", name=decided.pharmacist), progress.question(decided))
    if aside.busy(place) and not _about(place, shown.id):
        body = paragraphs(asked, say("ask.later"), aside.asked_again(place))
        answer = button(f"rxask:{shown.id}", "rx_answer")
        return replace(step(place, buttons(body, answer, *again.offered(place))), outside=ASKED)
    return replace(_asking(place, shown.id, asked, decided), outside=ASKED)


def answer_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """*Answer*, tapped now or days later."""
    return open_question(place, int(event.values["id"]), facts)


def open_question(place: Place, number: int, facts: Facts) -> Step:
    shown = facts.prescription(number)
    decided = facts.decision(number) if shown and shown.state == "asked" else None
    if shown is None:
        return step(place, buttons(say("read.gone"), button("prescription"), button("agent", "pharmacist"), button("menu")))
    if decided is None:
        return prescription.status(place, facts)
    asked = paragraphs(which.about(shown, facts), lines(say("ask.open"), progress.question(decided)))
    return _asking(place, number, asked, decided)


def _asking(place: Place, number: int, asked: Sentence, decided: Decided) -> Step:
    how = say("ask.send" if decided.question == "whole_picture" else "ask.type")
    to = aside.turned_to(place, "answering", id=number)
    return step(to, buttons(paragraphs(asked, how), button("agent", "pharmacist"), button("menu")))


def answering(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for the answer to the pharmacist: words, a number, yes or no, a picture."""
    number = int(place.memory.get("id", 0))
    if isinstance(event, SentMedia) or not isinstance(event, Heard) or event.tapped or leads_elsewhere(event):
        return None
    if event.intent == "back":
        to = aside.back(place)
        shown = again.offered(to, button("menu"))
        return step(to, buttons(paragraphs(say("ask.later"), aside.asked_again(to)), _answer(number), *shown))
    if not any(c.isalnum() for c in event.text):
        return unclear(place, say("hint.prescription.answering"), "menu")
    if event.intent in ("greeting", "thanks", "resend") and len(event.text.split()) <= 4:
        return open_question(place, number, facts)
    return step(place, effects=(said(number, event.text),))


def _answer(number: int) -> Button:
    return button(f"rxask:{number}", "rx_answer")


def answered(place: Place, event: Happened, facts: Facts) -> Step:
    """The pharmacist has the answer and goes on; the customer is back where they were, and may add to it for some minutes."""
    to = prescription_more.opened(aside.back(place), int(place.memory.get("id", 0)), facts)
    body = paragraphs(say("ask.answered"), aside.asked_again(to))
    return step(to, buttons(body, *again.offered(to, button("cart"), button("menu"))))


FLOW = {"basket": basket, "answering": answering}
