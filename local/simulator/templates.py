"""The business's templates as WhatsApp keeps them: what was submitted, in which language, and whether it may be sent now.

At the start it knows what the house submits (`worker.whatsapp.templates`) as approved; tests and the control API change that.
A template nobody submitted is taken as approved too, without its text, unless the setting `templates` lists those that are.
Source: Meta, templates/overview, templates/template-management, support/error-codes (read November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.simulator import limits
from local.simulator.errors import GraphError

Json = dict[str, Any]
STATUSES = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED")
MOST = 500
_PLACE = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True, slots=True)
class Submitted:
    """One template in one language. `text`: its body with {{1}}, {{2}}...; None where only its name is known."""

    name: str
    language: str
    text: str | None = None
    status: str = "APPROVED"
    category: str = "UTILITY"

    @property
    def places(self) -> int:
        return len(set(_PLACE.findall(self.text or "")))

    def shown(self, number: int) -> Json:
        """As Meta lists it."""
        body = [] if self.text is None else [{"type": "BODY", "text": self.text}]
        found = {"name": self.name, "language": self.language, "status": self.status, "category": self.category}
        return found | {"components": body, "id": str(900_000_000_000_000 + number)}


class Templates:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Submitted] = {}
        self.reset()

    def reset(self) -> None:
        """What the house submits, approved in English."""
        from worker.whatsapp.templates import CATEGORY, KNOWN  # here: a simulator of its own process starts without the house

        own = [Submitted(known.kind, "en", known.text, category=CATEGORY) for known in KNOWN.values()]
        self.kept = {(one.name, one.language): one for one in own}

    def put(self, what: Mapping[str, Any]) -> Submitted:
        """Submits one or changes it (name, language, text, status, category). ValueError says what is wrong."""
        key = str(what.get("name", "")), str(what.get("language", "en"))
        if not key[0] or len(key[0]) > limits.TEMPLATE_NAME or what.get("status", "APPROVED") not in STATUSES:
            raise ValueError(f"a template has a name, and a status of {', '.join(STATUSES)}")
        if len(self.kept) >= MOST and key not in self.kept:
            raise ValueError("too many templates")
        old = self.kept.get(key, Submitted(*key))
        told = {name: what[name] for name in ("text", "status", "category") if name in what}
        self.kept[key] = replace(old, **told)
        return self.kept[key]

    def remove(self, name: str) -> int:
        gone = [key for key in self.kept if key[0] == name]
        for key in gone:
            del self.kept[key]
        return len(gone)

    def page(self, after: int, limit: int) -> Iterator[Json]:
        for number, one in list(enumerate(self.kept.values()))[after : after + limit]:
            yield one.shown(number)

    def said(self, template: Json, listed: str) -> str:
        """What the customer reads, "" when nobody knows. Raises GraphError as Meta refuses. `listed`: the setting `templates`."""
        name, language = template["name"], template["language"]["code"]
        one = self.kept.get((name, language))
        approved = {tuple(pair.strip().split(":")[:2]) for pair in listed.split(",") if pair.strip()}
        if (approved and (name, language) not in approved) or (one is not None and one.status in ("PENDING", "REJECTED")):
            raise _unknown(name, language)
        if one is None:
            if not approved and any(key[0] == name for key in self.kept):  # known, and not in this language
                raise _unknown(name, language)
            return ""
        if one.status == "PAUSED":
            raise GraphError(132015, "Template is paused due to low quality so it cannot be sent in a template message.")
        if one.status == "DISABLED":
            raise GraphError(132016, "Template has been paused too many times due to low quality and is now disabled.")
        if one.text is None:
            return ""
        values = _values(template)
        if len(values) != one.places:
            raise GraphError(
                132000,
                f"body: number of localizable_params ({len(values)}) does not match the expected number of params ({one.places})",
            )
        said = _PLACE.sub(lambda place: values[int(place[1]) - 1], one.text)
        if limits.units(said) > limits.TEMPLATE_TEXT:
            raise GraphError(132005, f"body: hydrated text is longer than {limits.TEMPLATE_TEXT}")
        return said


def _values(template: Json) -> list[str]:
    return [
        str(parameter.get("text", ""))
        for component in template.get("components", ())
        if component.get("type") == "body"
        for parameter in component.get("parameters", ())
    ]


def _unknown(name: str, language: str) -> GraphError:
    return GraphError(132001, f"template name ({name[:80]}) does not exist in {language}")
