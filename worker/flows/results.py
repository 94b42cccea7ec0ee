"""The result of a lab test: told when it is there, and sent again whenever the customer asks. It is never explained here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.visits.values import Visit
from worker.facts import Facts
from worker.flows import again, aside, moments, signing_in
from worker.flows.heard import Heard
from worker.flows.replies import button, buttons, step, text
from worker.flows.step import Document, Event, Happened, Outside, Place, Step
from worker.flows.subjects import visit_name
from worker.flows.wording import Sentence, lines, paragraphs, say

RESULT = "result:"  # the sender fetches the file of such a source from the vault (worker/generated.py)
# On a screen that is locked nobody reads which test it was: neither in the template nor in what is said unasked.
READY = Outside("lab_result")


def told(place: Place, event: Happened, facts: Facts) -> Step:
    """A result came, or a corrected one. Who logged out is asked first who it is; a person's thread hears it all the same."""
    visit = _with_result(str(event.data.get("number", "")), facts)
    if visit is None:
        return Step(place)
    if signing_in.out(place, facts):
        return Step(
            place, (buttons(say("result.closed"), button(f"result:{visit.number}", "see_result"), button("menu")),), (), READY
        )
    sentence = say("result.corrected" if event.data.get("again") else "result.ready", day=_day(visit, facts))
    file = document(visit)
    if facts.customer.with_agent:
        return Step(place, (text(sentence), file), outside=READY)
    if aside.busy(place):
        asked = buttons(paragraphs(sentence, aside.asked_again(place)), *again.offered(place))
        return Step(place, (file, asked), outside=READY)
    return Step(place, (buttons(paragraphs(sentence, say("result.next")), *_OFFER), file), outside=READY)


def asked(place: Place, event: Event, facts: Facts) -> Step:
    """ "my result", or the button of one appointment."""
    number = str(event.values.get("number", "")) if isinstance(event, Heard) else ""
    there = facts.care.results()
    if number or len(there) == 1:
        visit = _with_result(number or there[0], facts)
        return send(place, visit, facts) if visit else step(place, buttons(say("result.none"), *_OFFER))
    if not there:
        return step(place, buttons(say("result.none"), *_OFFER))
    newest = [visit for each in there[:2] if (visit := facts.care.visit(each))]
    more = say("result.older") if len(there) > 2 else ""
    listed = lines(*(say("result.line", what=_what(visit, facts)) for visit in newest))
    offer = [button(f"result:{visit.number}", f"result_{n}") for n, visit in enumerate(newest, start=1)]
    return step(place, buttons(paragraphs(lines(say("result.which"), listed), more), *offer, button("vp:past:0", "past_visits")))


def send(place: Place, visit: Visit, facts: Facts) -> Step:
    return step(
        place, document(visit), buttons(paragraphs(say("result.here", what=_what(visit, facts)), say("result.next")), *_OFFER)
    )


def document(visit: Visit) -> Document:
    """The file. Its name tells nobody which test it was."""
    return Document(f"{RESULT}{visit.number}", f"lab-result-{visit.number}.pdf")


def there(visit: Visit, facts: Facts) -> bool:
    """Whether this one has a result; asked of what is over and was a test, and of nothing else."""
    return visit.kind == "test" and visit.state == "done" and visit.number in facts.care.results()


def _with_result(number: str, facts: Facts) -> Visit | None:
    visit = facts.care.visit(number) if number else None
    return visit if visit is not None and there(visit, facts) else None


def _what(visit: Visit, facts: Facts) -> Sentence:
    return say("result.of", title=visit_name(visit), day=_day(visit, facts))


def _day(visit: Visit, facts: Facts) -> Sentence:
    return moments.day_words(visit.starts_at.astimezone(facts.zone).date(), facts)


_OFFER = (button("find_doctor"), button("agent"), button("menu"))
COMMANDS: Mapping[str, Callable[[Place, Event, Facts], Step]] = {"lab_result": asked}
OUTCOMES: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {"lab_result": told}
