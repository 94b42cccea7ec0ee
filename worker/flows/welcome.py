"""The first words, the main menu, and help."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows.heard import MENU
from worker.flows.places import idle
from worker.flows.replies import button, buttons, choices, row, step, text, under
from worker.flows.step import Choices, Event, Place, Step
from worker.flows.wording import Sentence, has, lines, paragraphs, say


def hello(facts: Facts) -> Sentence:
    """The first bubble a new customer sees: who we are, under 300 characters, with what the law wants shown."""
    pharmacy = facts.pharmacy
    return lines(
        say("welcome.hello", pharmacy=pharmacy.name),
        say("welcome.licence", licence=pharmacy.licence_number) if pharmacy.licence_number else "",
        say("welcome.address", address=pharmacy.address) if pharmacy.address else "",
        say("welcome.person"),
    )


def main_menu(intro: str = "") -> Choices:
    """The main menu with its numbers in the text too: an old phone that drops the list still shows them."""
    numbered = lines(*(say("menu.line", number=number, title=say(f"menu.{number}")) for number, _, _ in MENU))
    rows = [row(f"m:{number}", f"{number} {say(f'menu.{number}')}", say(f"menu.{number}.about")) for number, _, _ in MENU]
    return choices(paragraphs(intro or say("menu.intro"), numbered), rows, "menu")


def menu(place: Place, event: Event, facts: Facts) -> Step:
    """The main menu; whatever was open is left, the cart stays."""
    return step(idle(place, keep_list=False), main_menu())


def greeting(place: Place, event: Event, facts: Facts) -> Step:
    """Hello comes with the menu; "hello", "good evening" in a row bring it once."""
    here = idle(place, keep_list=False)
    if place.memory.get("greeted"):
        return step(place, text(say("welcome.again")))
    greeted = here.at("idle", greeted=True)
    if not facts.customer.returning:
        return step(greeted, text(hello(facts)), main_menu())
    name = facts.customer.name.split(" ")[0] if facts.customer.name else ""
    intro = say("welcome.back_named", name=name) if name else say("welcome.back")
    return step(greeted, main_menu(intro))


def first_contact(then: Step, facts: Facts) -> Step:
    """What a new customer gets whose first message already is a command: its answer, under a one-line hello."""
    return under(say("welcome.one_line", pharmacy=facts.pharmacy.name), then)


def help(place: Place, event: Event, facts: Facts) -> Step:
    """What to do right here when something is being asked, and otherwise what can be written at all."""
    hint = f"hint.{place.flow}.{place.state}"
    if has(hint):
        return step(place, buttons(paragraphs(say(hint), say("help.leave")), button("menu"), button("agent")))
    return step(
        place, buttons(paragraphs(say("help.intro"), say("help.examples"), say("help.words")), button("menu"), button("agent"))
    )


def thanks(place: Place, event: Event, facts: Facts) -> Step:
    return step(place, text(say("thanks")))


def about(place: Place, event: Event, facts: Facts) -> Step:
    """Opening hours, where we are, how delivery works: what we know of it, and a person for the rest."""
    pharmacy = facts.pharmacy
    fee = say("about.fee", fee=str(_fee(facts))) if pharmacy.delivery_fee_kobo else say("about.no_fee")
    where = say("welcome.address", address=pharmacy.address) if pharmacy.address else ""
    phone = say("about.phone", phone=pharmacy.phone) if pharmacy.phone else ""
    return step(place, buttons(paragraphs(lines(where, phone), fee, say("about.hours")), button("agent"), button("menu")))


def _fee(facts: Facts) -> object:
    from models.values import Money

    return Money(facts.pharmacy.delivery_fee_kobo)
