"""The ways to pay online: which there are at this pharmacy, what they are called, and which of them a word means."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from models.payments.values import KINDS, PROVIDERS, Attempt
from worker.facts import Facts
from worker.flows.replies import choices, row
from worker.flows.step import Choices, Row
from worker.flows.wording import Sentence, has, lines, paragraphs, plain, say

ONLINE = "online"  # a wish to pay online without saying how
BANKS_SHOWN = 9  # a list has ten rows
_ALIASES = {"gt": "gtbank", "gtb": "gtbank", "guaranty": "gtbank", "firstbank": "first", "eco": "ecobank", "zenit": "zenith"}
_KINDS = {"card": "link", "transfer": "transfer", "ussd": "ussd"}


@dataclass(frozen=True, slots=True)
class Way:
    """Through whom, and how: `kind` is link (a secure page), transfer (an account number) or ussd (a code to dial).

    `bank`: whose customer dials, by a word of ours; a code is made for one bank.
    """

    provider: str
    kind: str
    bank: str = ""

    @property
    def code(self) -> str:
        """As it stands in the id of a button and in the memory of a place."""
        return "-".join(part for part in (self.provider, self.kind, self.bank) if part)

    @property
    def args(self) -> dict[str, str]:
        """As the house is asked for it."""
        return {"provider": self.provider, "kind": self.kind, **({"bank": self.bank} if self.bank else {})}


def offered(facts: Facts) -> tuple[Way, ...]:
    """Each kind by the provider that comes first, then the pages of the others; nothing where nobody takes money for us."""
    known = [p for p in facts.pharmacy.providers if p in PROVIDERS]
    return (*(Way(p, kind) for p in known[:1] for kind in KINDS), *(Way(p, "link") for p in known[1:]))


def meant(word: str, facts: Facts, kind: str = "") -> Way | None:
    """What one of our words for it (card, transfer, ussd, paystack, flutterwave) means here; None for what is not there."""
    known = [p for p in facts.pharmacy.providers if p in PROVIDERS]
    if word in known:
        return Way(word, _KINDS.get(kind, "link"))
    return Way(known[0], _KINDS[word]) if word in _KINDS and known else None


def read(code: str, facts: Facts) -> Way | None:
    """A code of ours; None when it is none, or that provider is not there any more."""
    provider, _, rest = code.partition("-")
    kind, _, bank = rest.partition("-")
    if provider not in facts.pharmacy.providers or provider not in PROVIDERS or kind not in KINDS:
        return None
    return Way(provider, kind, bank) if not bank or (kind == "ussd" and bank in facts.ussd_banks(provider)) else None


def lacks_bank(way: Way, facts: Facts) -> bool:
    """Whether the customer must say whose code they can dial."""
    return way.kind == "ussd" and not way.bank and bool(facts.ussd_banks(way.provider))


def other_than(attempt: Attempt, facts: Facts) -> Way | None:
    """What to try where an attempt could not be begun: another provider's page, or the page where it was no page."""
    pages = [way for way in offered(facts) if way.kind == "link"]
    others = [way for way in pages if way.provider != attempt.provider]
    return next(iter(others or [way for way in pages if attempt.kind != "link"]), None)


def name(provider: str) -> Sentence:
    """The provider as people know it."""
    return say(f"provider.{provider}") if provider in PROVIDERS else say("provider.other")


def words(way: Way) -> Sentence:
    """ "card or bank app (Paystack)"."""
    if way.bank:
        return say("way.ussd_of", bank=bank_name(way.bank), provider=name(way.provider))
    return say(f"way.{way.kind}", provider=name(way.provider))


def bank_name(bank: str) -> Sentence:
    """A bank as people know it."""
    return say(f"bank.{bank}") if has(f"bank.{bank}") else Sentence(plain(bank.title(), 20))


def bank_meant(typed: str, way: Way, facts: Facts) -> Way | None:
    """The same way for the bank somebody types: "gtb", "first bank", "i use Zenith", or its number in the list."""
    banks = facts.ussd_banks(way.provider)
    if typed.strip().isdecimal():
        at = int(typed.strip()[:6])
        return replace(way, bank=banks[at - 1]) if 1 <= at <= min(len(banks), BANKS_SHOWN) else None
    said = {_ALIASES.get(word, word) for word in re.findall(r"[a-z]+", typed.lower()[:200])}
    found = [bank for bank in banks if bank in said]
    return replace(way, bank=found[0]) if len(found) == 1 else None


def asked_bank(way: Way, facts: Facts, prefix: str, back: str) -> Choices:
    """The banks a code can be made for; those beyond the list can be typed. `back`: the id of the row that leads elsewhere."""
    banks = facts.ussd_banks(way.provider)[:BANKS_SHOWN]
    rows = [row(f"{prefix}{replace(way, bank=bank).code}", bank_name(bank)) for bank in banks]
    rows.append(row(back, say("row.way_other_bank"), say("row.way_other_bank.about")))
    numbered = [say("way.line_bare", number=n, title=r.title) for n, r in enumerate(rows[:-1], start=1)]
    return choices(paragraphs(say("way.ask_bank"), lines(*numbered)), rows, "bank")


def asked(sentence: str, facts: Facts, prefix: str, *more: Row) -> Choices:
    """The list of ways, numbered in the text too: an old phone that drops the list still shows them. `more`: rows after them."""
    ways = offered(facts)
    rows = [_row(way, way.provider == ways[0].provider, prefix) for way in ways] + list(more)
    numbered = [
        say("way.line" if r.description else "way.line_bare", number=n, title=r.title, about=r.description)
        for n, r in enumerate(rows, start=1)
    ]
    return choices(paragraphs(sentence, lines(*numbered)), rows, "pay")


def _row(way: Way, first: bool, prefix: str) -> Row:
    provider = name(way.provider)
    if not first:
        return row(f"{prefix}{way.code}", provider, say("row.way_other.about"))
    return row(f"{prefix}{way.code}", say(f"row.way_{way.kind}"), say(f"row.way_{way.kind}.about", provider=provider))
