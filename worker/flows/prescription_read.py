"""What was read on a prescription, and what the customer has to say about it.

The reading is the machine's. What is not sure is said so and never guessed, what is controlled is said so too, and no total is
promised: the pharmacist decides. Directions are those on the paper and nobody else's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from models.prescriptions import Shown, ShownLine
from worker.facts import Facts
from worker.flows import again, aside, goods, prescription, progress, which
from worker.flows.heard import Heard, is_command
from worker.flows.replies import button, buttons, joined, step, under
from worker.flows.step import Effect, Event, Happened, Place, Step
from worker.flows.support import unclear
from worker.flows.wording import Sentence, has, lines, paragraphs, plain, say

LINES_SHOWN = 10
TEXT_KEPT = 1000  # of one message of the customer
RETAKES = frozenset(("dark", "blurred", "cropped", "blank"))
NOT_THERE = prescription.FETCH_AGAIN | {"empty"}  # there is nothing to keep
_NONE = re.compile(
    r"\b(?:not|no be|isn'?t|wasn'?t)\b.{0,12}\b(?:prescriptions?|rx)\b|\bwrong (?:picture|photo|file|image)\b", re.IGNORECASE
)
_DONE = frozenset(
    ("done", "finished", "finish", "that is all", "thats all", "that's all", "that is it", "nothing else", "no more")
)
_WRONG = frozenset(("something is wrong", "wrong", "it is wrong", "not correct", "not right", "mistake"))
_RIGHT = frozenset(("looks right", "right", "correct", "it is correct", "it is right", "all correct", "everything is correct"))


def told(place: Place, event: Happened, facts: Facts) -> Step:
    """The machine is done with a prescription. What is somebody else's, replaced or decided meanwhile is not told."""
    shown = facts.prescription(int(event.data.get("prescription_id", 0)))
    if shown is None or shown.state != "waiting":
        return Step(place)
    if not shown.lines:
        return under(which.about(shown, facts), _nothing_read(place, shown))
    busy = aside.busy(place)  # a yes to what is being asked must not be mistaken for a yes to this, nor the other way round
    right, wrong = button(f"rxok:{shown.id}", "rx_right"), button(f"rxbad:{shown.id}", "rx_wrong")
    read = paragraphs(which.about(shown, facts), _read(shown))
    if busy:  # each of the two has its own bubble, so that its buttons are about it alone
        news = under(read, step(place, buttons(_about(shown, facts), wrong, button("agent", "pharmacist"))))
        return joined(news, step(place, buttons(aside.asked_again(place), *again.offered(place))))
    to = aside.turned_to(place, "checking", id=shown.id)
    question = paragraphs(_about(shown, facts), say("read.ask"))
    return under(read, step(to, buttons(question, right, wrong, button("agent", "pharmacist"))))


def _read(shown: Shown) -> Sentence:
    """The medicines, one below the other."""
    listed = [_line(number, each) for number, each in enumerate(shown.lines[:LINES_SHOWN], start=1)]
    more = len(shown.lines) - LINES_SHOWN
    return paragraphs(say("read.intro"), lines(*listed, say("read.more", count=more) if more > 0 else ""))


def _line(number: int, line: ShownLine) -> Sentence:
    name = plain(" ".join(part for part in (line.name, line.strength) if part) or line.raw, 70)
    product = line.product
    paper = say("read.directions", directions=plain(line.directions)) if line.directions else _as_it_stands(line, name)
    if product and product.control == "controlled":
        return lines(say("read.line", number=number, name=name), say("read.controlled"))
    if _doubtful(line):
        return lines(say("read.line_unsure", number=number, name=name), _as_it_stands(line, name))
    if not line.sure or product is None or not product.active or product.price is None:
        return lines(say("read.line", number=number, name=name), paper, say("read.find"))
    key = "read.have" if product.in_stock else "read.have_none"
    have = say(key, product=plain(goods.name(product), 60), price=goods.price(product))
    return lines(say("read.line", number=number, name=name), paper, have)


def _doubtful(line: ShownLine) -> bool:
    """Whether the reading itself is in doubt, not only what the shop has for it."""
    return not (line.sure or line.read_for_certain)


def _as_it_stands(line: ShownLine, name: str) -> Sentence:
    """The line of the paper, where it says more than the name: directions that were half understood are never said by half."""
    raw = plain(line.raw)
    known = set(_WORD.findall(f"{name} {line.form}".lower()))
    return say("read.raw", raw=raw) if set(_WORD.findall(raw.lower())) - known else Sentence("")


_WORD = re.compile(r"[^\W_]+")


def _offered(line: ShownLine) -> bool:
    """Whether a product with a price is shown beside this line."""
    product = line.product
    sold = product is not None and product.active and product.price is not None and product.control != "controlled"
    return line.sure and sold and product is not None and product.in_stock


def _about(shown: Shown, facts: Facts) -> Sentence:
    """What to know about the reading, before the question whether it is right."""
    priced = any(_offered(x) for x in shown.lines[:LINES_SHOWN])
    retake = lines(say(f"retake.{shown.complaint}"), say("retake.kept")) if shown.complaint in RETAKES else ""
    return paragraphs(
        retake,
        say("read.unsure") if any(_doubtful(x) for x in shown.lines) else "",
        say("read.too_old", days=facts.pharmacy.prescription_valid_days) if shown.too_old else "",
        say("read.duplicate") if shown.duplicate else "",
        lines(say("read.prices") if priced else "", say("read.waits")),
    )


def _nothing_read(place: Place, shown: Shown) -> Step:
    """No medicine was found: why, as far as it is known, and what helps. The picture is kept wherever there is one."""
    reason = shown.complaint or shown.failure
    if reason in RETAKES:
        why = paragraphs(say("retake.unreadable"), say(f"retake.{reason}"), say("retake.kept"))
    elif not reason:
        why = say("read.nothing")
    elif has(f"unread.{reason}"):
        why = lines(say(f"unread.{reason}"), "" if reason in NOT_THERE else say("retake.kept"))
    else:
        why = say("unread.other")
    to = place if aside.busy(place) else aside.turned_to(place, "waiting_file", told=True)
    none = button(f"rxno:{shown.id}", "rx_none")
    asked = again.offered(place, button("agent", "pharmacist"), button("menu"))
    return step(to, buttons(paragraphs(why, aside.asked_again(place)), none, *asked))


# ------------------------------------------------------------------------------------------------------- what they answer


def checking(place: Place, event: Event, facts: Facts) -> Step | None:
    """What was read is on the screen: is it right?"""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = int(place.memory.get("id", 0))
    typed = _typed(event)
    if _NONE.search(typed):
        return withdraw(place, number)
    if event.intent in ("yes", "skip") or typed in _RIGHT:
        return right(place, number, facts)
    if event.intent == "no" or typed in _WRONG:
        return wrong(place, number, facts)
    if event.intent == "unknown":
        extra = (button(f"rxok:{number}", "rx_right"), button(f"rxbad:{number}", "rx_wrong"))
        return unclear(place, say("read.check_again"), *extra)
    return None


def title_typed(place: Place, event: Heard, facts: Facts) -> Step | None:
    """ "Looks right", typed when the question is no longer on the screen, still is about the prescription that waits."""
    here = place.flow == "prescription" and place.state in ("checking", "correcting", "answering")
    act = None if event.tapped or here or aside.busy(place) else _TITLES.get(_typed(event))
    waits = progress.pending(facts) if act else None
    return act(place, waits.id, facts) if act and waits else None


def right_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return right(place, int(event.values["id"]), facts)


def wrong_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return wrong(place, int(event.values["id"]), facts)


def none_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return withdraw(place, int(event.values["id"]))


def done_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """*Done*, also tapped late: then there is nothing more to be said."""
    return _finish(place) if (place.flow, place.state) == ("prescription", "correcting") else _stays(place, "correct.done")


def right(place: Place, number: int, facts: Facts) -> Step:
    shown = facts.prescription(number)
    if shown is None or shown.state not in progress.PENDING:
        return _over(place, shown, facts)
    return _stays(place, "read.right")


def wrong(place: Place, number: int, facts: Facts) -> Step:
    """Waiting for what is wrong, in the customer's own words, in as many messages as it takes."""
    shown = facts.prescription(number)
    if shown is None or shown.state not in progress.PENDING:
        return _over(place, shown, facts)
    to = aside.turned_to(place, "correcting", id=number)
    none = button(f"rxno:{number}", "rx_none")
    return step(to, buttons(say("correct.ask"), button(f"rxend:{number}", "rx_done"), none, button("agent", "pharmacist")))


def correcting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for what is wrong. Everything said is for the pharmacist, except what plainly leads elsewhere."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number, typed = int(place.memory.get("id", 0)), _typed(event)
    if typed in _DONE or event.intent in ("yes", "no", "skip", "back", "thanks"):
        return _finish(place)
    if _NONE.search(typed):
        return withdraw(place, number)
    if leads_elsewhere(event):
        return None
    if not any(c.isalnum() for c in event.text):
        return unclear(place, say("hint.prescription.correcting"), button(f"rxend:{number}", "rx_done"), "menu")
    return step(place, effects=(said(number, event.text),))


def said(number: int, words: str) -> Effect:
    """The effect that keeps what a customer says about a prescription, for the pharmacist."""
    return Effect("answer_prescription", {"prescription_id": number, "text": " ".join(words[:TEXT_KEPT].split())})


def leads_elsewhere(event: Heard) -> bool:
    """Whether something typed where words are waited for is a command all the same: "cart", "track 12345", not "add 5 to 10 mg"."""
    asks_price = event.intent == "search" and event.values.get("asked") == "price" and event.text.lower().startswith("how much")
    return event.intent in _ELSEWHERE and is_command(event) and (asks_price or len(event.text.split()) <= 3)


_ELSEWHERE = frozenset(
    ("cart", "checkout", "orders", "track", "prescription", "cancel", "account", "health_products", "cancel_order", "search")
)


def noted(place: Place, event: Happened, facts: Facts) -> Step:
    """A correction is kept; more may follow."""
    number = int(place.memory.get("id", 0))
    to = place.at(place.state, noted=int(place.memory.get("noted", 0)) + 1)
    return step(to, buttons(say("correct.noted"), button(f"rxend:{number}", "rx_done"), button("menu")))


# As the buttons under "we read" say it, word for word: less could be about anything.
_TITLES: Mapping[str, Callable[[Place, int, Facts], Step]] = {
    "looks right": right,
    "something is wrong": wrong,
    "not a prescription": lambda place, number, facts: withdraw(place, number),
}


def _finish(place: Place) -> Step:
    return _stays(place, "correct.done" if place.memory.get("noted") else "correct.nothing")


def withdraw(place: Place, number: int) -> Step:
    return step(place, effects=(Effect("withdraw_prescription", {"prescription_id": number}),))


def withdrawn(place: Place, event: Happened, facts: Facts) -> Step:
    return _stays(place, "read.withdrawn")


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """The prescription took no answer: it was decided meanwhile, or it is none of theirs."""
    if event.data.get("code") == "too_many_unread":
        return prescription.not_taken(place, event, facts)
    return _over(place, facts.prescription(int(event.data.get("prescription_id", 0))), facts)


def _over(place: Place, shown: Shown | None, facts: Facts) -> Step:
    to = aside.back(place) if place.flow == "prescription" else place
    if shown is None or shown.state == "replaced":
        return step(to, buttons(say("read.gone"), button("prescription"), button("agent", "pharmacist"), button("menu")))
    if shown.state == "withdrawn":
        return _stays(place, "read.withdrawn")
    sentence = say("read.decided") if shown.state in ("approved", "rejected") else ""
    body = paragraphs(sentence, progress.sentence(shown, facts), aside.asked_again(to))
    asked = again.offered(to, button("cart"), button("agent", "pharmacist"), button("menu"))
    return step(to, buttons(body, *asked))


def _stays(place: Place, key: str) -> Step:
    """Said, and back to where the customer was."""
    to = aside.back(place) if place.flow == "prescription" else place
    return step(to, buttons(paragraphs(say(key), aside.asked_again(to)), *again.offered(to, button("cart"), button("menu"))))


def _typed(event: Heard) -> str:
    return " ".join(event.text[:200].lower().replace("’", "'").strip(" .!").split())


FLOW = {"checking": checking, "correcting": correcting}
