"""Who the customer is: registration with consent, the account, and what they may ask about their data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from worker.facts import Facts
from worker.flows import own_data, signing_in
from worker.flows.heard import PLAIN, Heard, is_command
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.step import Effect, Event, Happened, Place, Step
from worker.flows.support import unclear
from worker.flows.welcome import greeting
from worker.flows.wording import CONSENT_VERSION, Sentence, lines, paragraphs, plain, say
from worker.understanding.tokens import word_set

NAME_LIMIT = 60
NAME_WORDS = 6
# What is said plainly and is no name: "cash", "ok", "hello".
_NO_ANSWER = frozenset(("yes", "greeting", "thanks", "next", "previous", "more", "resend", "hours"))
_ASKS = frozenset(("why", "what", "how", "wetin"))
# Words of a sentence: with one of them it is no name.
_NO_NAME = word_set(
    """
    dont don't do have need want wan get no not never why what whats how when where who wetin please pls plz abeg for to
    prescription prescriptions drug drugs medicine medicines tablet tablets price order cart delivery deliver the my you your
    it is was am cant cannot of and or with later wait now pay buy send this that me we they
    """
)
# Letters of any script with the tone marks of Yoruba and Igbo, which may come as characters of their own.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f .'’\-]){1,59}")
_TITLED = re.compile(r"(?:dr|mr|mrs|ms|miss|chief|alhaji|alhaja|prof|pastor|engr|barr)\b\.? \w", re.IGNORECASE)


def ask_first(place: Place, facts: Facts, after: Mapping[str, Any], why: str) -> Step:
    """Name and consent before the thing in `after` ({"intent": ..., "values": {...}}), which goes on when they are given."""
    to = go(place, "account", "giving_name", take=("media",), after=dict(after))
    reason = say(why)
    if facts.customer.name:
        return _ask_consent(to.at("giving_consent", name=facts.customer.name), reason)
    return step(to, buttons(paragraphs(reason, say("account.ask_name")), button("menu")))


def register(place: Place, event: Event, facts: Facts) -> Step:
    """`register`, `register John Doe john@x.com`: the name is taken, an e-mail is not needed."""
    values = event.values if isinstance(event, Heard) else {}
    if facts.customer.registered:
        return under(say("account.already", name=facts.customer.name), show(place, event, facts))
    name = _clean_name(str(values.get("name") or ""))
    to = go(place, "account", "giving_name", take=("media", "after"))
    if name:
        return _ask_consent(to.at("giving_consent", name=name), "")
    return ask_first(place, facts, place.memory.get("after", {"intent": "account", "values": {}}), "account.why_register")


def login(place: Place, event: Event, facts: Facts) -> Step:
    """There is nothing to sign in to: the WhatsApp number is who one is, also for whoever logged out before."""
    if facts.customer.registered:
        told = buttons(say("account.no_login", name=facts.customer.name), button("menu"), button("account"))
        return signing_in.known_again(step(idle(place), told))
    return under(say("account.no_login_new"), register(place, Heard("", "register"), facts))


def password(place: Place, event: Heard, facts: Facts) -> Step:
    """A password in the chat: gone from what is stored, told why, and the rest of what was wanted goes on."""
    purpose = str(event.values.get("purpose", "other"))
    rest = Heard("", purpose, {k: v for k, v in event.values.items() if k == "name"})
    if purpose == "register":
        then = register(place, rest, facts)
    elif purpose == "login":
        then = login(place, rest, facts)
    else:
        then = step(place, buttons(say("account.password_only"), button("menu"), button("account")))
    told = under(say("account.password"), then)
    return Step(told.place, told.replies, (Effect("forget_text"), *told.effects))


def _time_said(place: Place, event: Heard) -> Place | None:
    """Another time, said where the name or the consent for a booking is asked: it is that booking's; None for anything else."""
    after = dict(place.memory.get("after") or {})
    said = event.intent in ("book", "reschedule") and ("moment" in event.values or "refusal" in event.values)
    if not said or after.get("intent") != "book_on" or not {"name", "number"}.isdisjoint(event.values):
        return None
    return place.at(place.state, after={**after, "values": {**after["values"], "when": dict(event.values)}})


def giving_name(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for a name. "No" means: not now, and browsing goes on."""
    if not isinstance(event, Heard) or event.tapped or (is_command(event) and not _TITLED.match(event.text)):
        return None
    if event.intent in ("no", "skip", "back"):
        return refusal(place, facts)
    other = _time_said(place, event)
    if other is not None and " " not in _clean_name(event.text):  # "Sunday" is a name too: with a surname beside it
        day_or_name = say("account.day_or_name") if _clean_name(event.text) else ""
        return step(other, buttons(paragraphs(say("booking.time_kept"), say("account.ask_name"), day_or_name), button("menu")))
    said_else = event.intent == "checkout" or (event.intent in _NO_ANSWER and event.confidence >= PLAIN)
    name = "" if event.intent == "number" or said_else else _clean_name(str(event.values.get("name") or event.text))
    if not name:
        asked = "?" in event.text or not _ASKS.isdisjoint(event.text.lower().split())
        if asked:  # a fair question is no misunderstanding
            booking = (place.memory.get("after") or {}).get("intent") == "book_on"
            why = say("account.why_name_visit" if booking else "account.why_name")
            return step(place, buttons(why, button("skip"), button("menu"), button("agent")))
        return unclear(place, say("account.bad_name"), "skip", "menu")
    return _ask_consent(place.at("giving_consent", name=name), "")


def giving_consent(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for a clear yes or no. Silence, and anything unclear, is neither."""
    if not isinstance(event, Heard):
        return None
    other = _time_said(place, event)
    if other is not None:
        asked = paragraphs(say("booking.time_kept"), say("account.consent_again"))
        return step(other, buttons(asked, button("consent:yes"), button("consent:no")))
    answer = event.values.get("answer") if event.intent == "consent_choice" else None
    if answer == "yes" or (event.intent == "yes" and not event.tapped):
        effect = Effect("register", {"name": place.memory["name"], "consent_version": CONSENT_VERSION})
        return step(place.at("waiting"), effects=(effect,))
    if answer == "no" or event.intent in ("no", "skip"):
        return refusal(place, facts)
    if event.intent == "back":
        return step(place.at("giving_name", name=None), buttons(say("account.ask_name"), button("menu")))
    if event.intent in ("unknown", "number", "next", "previous", "more"):
        return unclear(place, say("account.consent_again"), "consent:yes", "consent:no")
    return None


def refusal(place: Place, facts: Facts) -> Step:
    """No is a fine answer: nothing is stored, and what needs no name goes on."""
    return step(idle(place), buttons(say("account.refused"), button("search"), button("menu"), button("agent")))


def renamed(place: Place) -> Step:
    return step(
        idle(place), buttons(say("account.renamed", name=str(place.memory.get("name", ""))), button("account"), button("menu"))
    )


def name_refused(place: Place, event: Happened, facts: Facts) -> Step:
    """The books did not take the name: asked for once more, with what it was for still remembered."""
    state = "changing_name" if place.state == "waiting_rename" else "giving_name"
    return step(place.at(state, name=None), buttons(say("account.bad_name"), button("menu"), button("agent")))


def late_consent(place: Place, event: Event, facts: Facts) -> Step:
    """A consent button tapped when it is no longer asked: a yes of last week is not given for today's question."""
    if facts.customer.registered:
        return step(place, buttons(say("account.consent_there"), button("account"), button("menu")))
    return register(place, Heard("", "register"), facts)


def show(place: Place, event: Event, facts: Facts) -> Step:
    """My account: who we think you are, what we hold, what you can do about it."""
    customer = facts.customer
    if not customer.registered:
        return step(idle(place), buttons(say("account.unknown"), button("register"), button("my_data"), button("menu")))
    stopped = customer.marketing_stopped
    rows = [
        row("orders", say("row.orders"), say("row.orders.about")),
        row("acc:rename", say("row.rename"), ""),
        row("resume" if stopped else "stop", say("row.resume" if stopped else "row.stop"), say("row.stop.about")),
        row("my_data", say("row.my_data"), say("row.my_data.about")),
        row("delete_my_data", say("row.delete"), say("row.delete.about")),
        row("menu", say("button.menu"), ""),
    ]
    messages = say("account.messages_off") if stopped else say("account.messages_on")
    body = paragraphs(lines(say("account.is", name=customer.name), messages), say("account.held"))
    return step(go(place, "account", "open"), choices(body, rows, "account"))


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    return None


def choice(place: Place, event: Heard, facts: Facts) -> Step:
    """Rows and buttons of the account: `acc:rename`, `acc:delete`, `acc:keep`."""
    if event.values["choice"] == "rename":
        return rename(place, event, facts)
    if event.values["choice"] == "delete":
        return own_data.confirmed(place)
    if event.values["choice"] == "keep":
        return own_data.kept(place)
    return show(place, event, facts)


def rename(place: Place, event: Event, facts: Facts) -> Step:
    if not facts.customer.registered:
        return show(place, event, facts)
    return step(
        go(place, "account", "changing_name"),
        buttons(say("account.ask_new_name"), button("account", "keep_name"), button("menu")),
    )


def changing_name(place: Place, event: Event, facts: Facts) -> Step | None:
    if not isinstance(event, Heard) or event.tapped or (is_command(event) and not _TITLED.match(event.text)):
        return None
    if event.intent in ("no", "skip", "back"):
        return show(place, event, facts)
    name = _clean_name(str(event.values.get("name") or event.text)) if event.intent not in ("yes", "number") else ""
    if not name:
        return unclear(place, say("account.bad_name"), "account", "menu")
    effect = Effect("rename", {"name": name})
    return step(place.at("waiting_rename", name=name), effects=(effect,))


def stop(place: Place, event: Event, facts: Facts) -> Step:
    return step(place, buttons(say("account.stopped"), button("resume"), button("menu")), effects=(Effect("stop_messages"),))


def resume(place: Place, event: Event, facts: Facts) -> Step:
    """Offers on again. "Start" from somebody who never stopped them is a hello, and no consent to offers."""
    if isinstance(event, Heard) and not event.tapped and "start" in event.text.lower() and not facts.customer.marketing_stopped:
        return greeting(place, event, facts)
    return step(place, buttons(say("account.resumed"), button("menu")), effects=(Effect("resume_messages"),))


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Between an effect and its outcome, within one turn."""
    return None


def _ask_consent(place: Place, before: Sentence | str) -> Step:
    body = paragraphs(before, say("account.consent", name=str(place.memory["name"])))
    return step(place, buttons(body, button("consent:yes"), button("consent:no")))


def _clean_name(typed: str) -> str:
    """A name to call somebody by, or "" when it is none: letters of any script, no digits, no links."""
    name = plain(typed[:200])
    for opener in (
        "my name is ",
        "my name na ",
        "na me be ",
        "this is ",
        "i be ",
        "i am ",
        "i'm ",
        "im ",
        "name is ",
        "name: ",
        "it is ",
        "call me ",
    ):
        if name.lower().startswith(opener):
            name = name[len(opener) :]
    name = name.strip(" .,")
    words = name.lower().replace("’", "'").split()
    if len(name) > NAME_LIMIT or len(words) > NAME_WORDS or not _NAME.fullmatch(name) or not _NO_NAME.isdisjoint(words):
        return ""
    return name.title() if name.islower() or (name.isupper() and len(name) > 3) else name


FLOW = {
    "giving_name": giving_name,
    "giving_consent": giving_consent,
    "waiting": waiting,
    "waiting_rename": waiting,
    "open": opened,
    "changing_name": changing_name,
    "confirming_delete": own_data.confirming_delete,
    "signing_in": signing_in.signing_in,
}
