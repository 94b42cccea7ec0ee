"""Is a send one the Cloud API would take? Every limit of `limits.py`, told in Meta's words.

`check(payload)` is on the fast path of benchmarks: the tables are built once and nothing is allocated for a good message.
Refusals are `GraphError`. Source: Meta, messages/* (read 2026-11-22); message texts as the real service words them where known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from local.simulator import errors, limits
from local.simulator.check_interactive import check_interactive
from local.simulator.fields import a_list, a_string, an_object, known

Json = dict[str, Any]

_PHONE = re.compile(r"\+?[0-9 ()\-]{5,32}")
_BSUID = re.compile(limits.BSUID)
_STRIP = str.maketrans("", "", "+ ()-")
_COMMON = frozenset(("messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"))


def phone(value: Any, country_code: str = "234") -> str:
    """Digits of the WhatsApp account behind a `to`: separators dropped, a leading 0 or a missing country code replaced.

    Without `+` the business's own country code may be prepended, as Meta warns (business-phone-numbers/phone-numbers).
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise errors.required("to")
    if not value.isdigit():
        if _BSUID.fullmatch(value):
            raise errors.invalid("Param to must be a phone number. Use recipient for a business-scoped user id.")
        if not _PHONE.fullmatch(value):
            raise errors.invalid("Param to is not a valid WhatsApp phone number.")
    elif not value.isascii():
        raise errors.invalid("Param to is not a valid WhatsApp phone number.")
    digits = value.translate(_STRIP)
    if value[0] != "+":
        if digits[:1] == "0":
            digits = country_code + digits.lstrip("0")
        elif len(digits) <= 10:
            digits = country_code + digits
    if not 7 <= len(digits) <= 15:
        raise errors.invalid("Param to is not a valid WhatsApp phone number.")
    return digits


def recipient(payload: Json, country_code: str = "234") -> tuple[str, str]:
    """(number, BSUID) of the recipient, one of them empty. When both `to` and `recipient` are given, `to` wins."""
    if payload.get("to") is not None:
        return phone(payload["to"], country_code), ""
    user = payload.get("recipient")
    if user is None:
        raise errors.required("to")
    if not isinstance(user, str) or not _BSUID.fullmatch(user):
        raise errors.invalid("Param recipient is not a valid business-scoped user id.")
    return "", user


def check(payload: Any) -> str:
    """The type of a sendable message. Raises GraphError for anything the Cloud API would refuse at once."""
    if not isinstance(payload, dict):
        raise errors.required("messaging_product")
    if payload.get("messaging_product") != "whatsapp":
        if payload.get("messaging_product") is None:
            raise errors.required("messaging_product")
        raise errors.GraphError(100, message="(#100) Param messaging_product must be one of {WHATSAPP} - got a different value.")
    if payload.get("recipient_type", "individual") not in ("individual", "group"):
        raise errors.GraphError(100, message="(#100) Param recipient_type must be one of {INDIVIDUAL, GROUP}.")
    tag = payload.get("biz_opaque_callback_data")
    if tag is not None and (not isinstance(tag, str) or limits.units(tag) > limits.CALLBACK_DATA):
        raise errors.too_long("biz_opaque_callback_data", limits.CALLBACK_DATA)
    kind = payload.get("type", "text")
    checker = CHECKS.get(kind) if isinstance(kind, str) else None
    if checker is None or not isinstance(kind, str):
        raise errors.GraphError(100, message=f"(#100) Param type must be one of {{{', '.join(CHECKS).upper()}}}.")
    for key in payload:
        if key not in _COMMON and key != kind:
            raise errors.unexpected(key, "message")
    content = payload.get(kind)
    if content is None:
        raise errors.missing(kind)
    if "context" in payload:
        _context(payload["context"])
    checker(content)
    return kind


def _context(value: Any) -> None:
    an_object(value, "context")
    a_string(value, "message_id", "context", None)


# --------------------------------------------------------------------------------------------------- one for each type

_TEXT = frozenset(("body", "preview_url"))


def _text(value: Any) -> None:
    an_object(value, "text")
    known(value, _TEXT, "text")
    a_string(value, "body", "text", limits.TEXT_BODY)
    if not isinstance(value.get("preview_url", False), bool):
        raise errors.GraphError(100, message="(#100) Param text['preview_url'] must be a boolean.")


def _media(kind: str, *more: str) -> Callable[[Any], None]:
    allowed = frozenset(("id", "link", "provider", *more))

    def checker(value: Any) -> None:
        an_object(value, kind)
        known(value, allowed, kind)
        media_source(value, kind)
        a_string(value, "caption", kind, limits.CAPTION, needed=False)
        a_string(value, "filename", kind, limits.FILENAME, needed=False)

    return checker


def media_source(value: Json, path: str) -> None:
    """Exactly one of `id` and `link`; a link is http or https."""
    by_id, link = value.get("id"), value.get("link")
    if (by_id is None) == (link is None):
        raise errors.GraphError(100, message=f"(#100) Param {path} must have exactly one of id or link.")
    if by_id is not None and not (isinstance(by_id, str) and by_id.isdigit()):
        raise bad_media(path)
    if link is not None:
        web_address(link, f"{path}['link']")


def bad_media(path: str) -> errors.GraphError:
    """The media id is not one of this number's."""
    return errors.GraphError(
        100, message=f"(#100) Param {path}['id'] is not a valid whatsapp business account media attachment ID"
    )


def web_address(value: Any, path: str) -> None:
    """http(s) with a host, at most 2000."""
    good = isinstance(value, str) and len(value) <= 2000 and not any(c.isspace() for c in value)
    try:
        parts = urlsplit(value) if good else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.GraphError(100, message=f"(#100) Param {path} is not a valid URI.")


_LOCATION = frozenset(("latitude", "longitude", "name", "address"))


def _location(value: Any) -> None:
    an_object(value, "location")
    known(value, _LOCATION, "location")
    for name, bound in (("latitude", 90.0), ("longitude", 180.0)):
        if value.get(name) is None:
            raise errors.missing(f"location['{name}']")
        try:
            degrees = float(value[name])
        except (TypeError, ValueError):
            raise errors.invalid(f"location['{name}'] must be a number") from None
        if not -bound <= degrees <= bound:
            raise errors.invalid(f"location['{name}'] must be between {-bound:g} and {bound:g}")
    a_string(value, "name", "location", 1000, needed=False)
    a_string(value, "address", "location", 1000, needed=False)


_CARD = frozenset(("name", "phones", "emails", "addresses", "org", "urls", "birthday"))


def _contacts(value: Any) -> None:
    cards = a_list(value, "contacts", 1, limits.CONTACTS)
    for i, card in enumerate(cards):
        path = f"contacts[{i}]"
        an_object(card, path)
        known(card, _CARD, path)
        name = card.get("name")
        if name is None:
            raise errors.missing(f"{path}['name']")
        an_object(name, f"{path}['name']")
        a_string(name, "formatted_name", f"{path}['name']", 1024)
        if not any(name.get(k) for k in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
            raise errors.missing(f"{path}['name']: at least one of first_name, last_name, middle_name, suffix, prefix")


_REACTION = frozenset(("message_id", "emoji"))


def _reaction(value: Any) -> None:
    an_object(value, "reaction")
    known(value, _REACTION, "reaction")
    a_string(value, "message_id", "reaction", None)
    emoji = value.get("emoji")
    if emoji is None:
        raise errors.missing("reaction['emoji']")
    # One emoji may be a dozen code points (families, flags with joiners); no letter ever stands in it.
    if not isinstance(emoji, str) or limits.units(emoji) > 35 or any(c.isalpha() or c.isspace() for c in emoji):
        raise errors.invalid("reaction['emoji'] must be exactly one emoji or an empty string")


_TEMPLATE = frozenset(("name", "language", "components", "namespace"))
_COMPONENTS = frozenset(("header", "body", "button", "footer", "carousel", "limited_time_offer", "order_status"))


def _template(value: Any) -> None:
    an_object(value, "template")
    known(value, _TEMPLATE, "template")
    a_string(value, "name", "template", limits.TEMPLATE_NAME)
    language = value.get("language")
    if language is None:
        raise errors.missing("template['language']")
    an_object(language, "template['language']")
    a_string(language, "code", "template['language']", 16)
    for i, component in enumerate(a_list(value.get("components", []), "template['components']", 0, 20)):
        path = f"template['components'][{i}]"
        an_object(component, path)
        if component.get("type") not in _COMPONENTS:
            raise errors.invalid(f"{path}['type'] must be one of {', '.join(sorted(_COMPONENTS))}")
        if component["type"] == "button":
            a_string(component, "sub_type", path, 32)
        for j, parameter in enumerate(a_list(component.get("parameters", []), f"{path}['parameters']", 0, 100)):
            _parameter(parameter, f"{path}['parameters'][{j}]")


def _parameter(value: Any, path: str) -> None:
    an_object(value, path)
    kind = value.get("type")
    if not isinstance(kind, str):
        raise errors.missing(f"{path}['type']")
    if kind == "text":
        a_string(value, "text", path, limits.TEMPLATE_TEXT)
        if any(c in value["text"] for c in "\n\t") or "     " in value["text"]:
            raise errors.GraphError(132007, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    elif kind in ("image", "video", "document"):
        an_object(value.get(kind), f"{path}['{kind}']")
        media_source(value[kind], f"{path}['{kind}']")


CHECKS: dict[str, Callable[[Any], None]] = {
    "text": _text,
    "interactive": check_interactive,
    "image": _media("image", "caption"),
    "document": _media("document", "caption", "filename"),
    "video": _media("video", "caption"),
    "audio": _media("audio", "voice"),
    "sticker": _media("sticker"),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "template": _template,
}
