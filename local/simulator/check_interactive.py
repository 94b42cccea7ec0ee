"""Limits of interactive messages: reply buttons, lists, links, location and contact requests, flows, catalogue messages.

Source: Meta, messages/interactive-* and flows/guides/sendingaflow (read 2026-11-22). That button and row titles must differ is
practice seen in several implementations; Meta's pages do not say it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from local.simulator import errors, limits
from local.simulator.fields import a_list, a_string, an_object, known

Json = dict[str, Any]

_KEYS = frozenset(("type", "header", "body", "footer", "action"))
_ONLY_TEXT = frozenset(("text",))
_HEADER = frozenset(("type", "text", "image", "video", "document", "sub_text"))


def check_interactive(value: Any) -> None:
    """Raises GraphError unless `value` is a sendable `interactive` object."""
    an_object(value, "interactive")
    known(value, _KEYS, "interactive")
    kind = value.get("type")
    rules = KINDS.get(kind) if isinstance(kind, str) else None
    if rules is None:
        raise errors.GraphError(100, message=f"(#100) Param interactive['type'] must be one of {{{', '.join(KINDS).upper()}}}.")
    body_limit, headers, action = rules
    body = value.get("body")
    if body is None:
        # The only interactive message that may come without a body is a single product.
        if kind != "product":
            raise errors.missing("interactive['body']")
    else:
        an_object(body, "interactive['body']")
        known(body, _ONLY_TEXT, "interactive['body']")
        a_string(body, "text", "interactive['body']", body_limit)
    if "footer" in value:
        footer = value["footer"]
        an_object(footer, "interactive['footer']")
        known(footer, _ONLY_TEXT, "interactive['footer']")
        a_string(footer, "text", "interactive['footer']", limits.FOOTER_TEXT)
    if "header" in value:
        _header(value["header"], headers, kind)
    found = value.get("action")
    if found is None:
        raise errors.missing("interactive['action']")
    an_object(found, "interactive['action']")
    action(found)


def _header(value: Any, allowed: frozenset[str], kind: str) -> None:
    path = "interactive['header']"
    an_object(value, path)
    known(value, _HEADER, path)
    form = value.get("type")
    if form not in allowed:
        raise errors.invalid(
            f"{path}['type'] {form!r} is not allowed for type {kind}; allowed: {', '.join(sorted(allowed)) or 'none'}"
        )
    if form == "text":
        a_string(value, "text", path, limits.HEADER_TEXT)
        return
    if form not in value:
        raise errors.missing(f"{path}['{form}']")
    an_object(value[form], f"{path}['{form}']")
    if (value[form].get("id") is None) == (value[form].get("link") is None):
        raise errors.GraphError(100, message=f"(#100) Param {path}['{form}'] must have exactly one of id or link.")


# --------------------------------------------------------------------------------------------------- actions

_BUTTONS = frozenset(("buttons",))
_BUTTON = frozenset(("type", "reply"))
_REPLY = frozenset(("id", "title"))


def _buttons(action: Json) -> None:
    path = "interactive['action']"
    known(action, _BUTTONS, path)
    if "buttons" not in action:
        raise errors.missing(f"{path}['buttons']")
    buttons = action["buttons"]
    if not isinstance(buttons, list) or not limits.BUTTONS_MIN <= len(buttons) <= limits.BUTTONS_MAX:
        raise errors.invalid(
            f"Invalid buttons count. Min allowed buttons: {limits.BUTTONS_MIN}, Max allowed buttons: {limits.BUTTONS_MAX}"
        )
    titles, ids = set(), set()
    for i, button in enumerate(buttons):
        here = f"{path}['buttons'][{i}]"
        an_object(button, here)
        known(button, _BUTTON, here)
        if button.get("type") != "reply":
            raise errors.invalid(f"{here}['type'] must be reply")
        reply = button.get("reply")
        if reply is None:
            raise errors.missing(f"{here}['reply']")
        an_object(reply, f"{here}['reply']")
        known(reply, _REPLY, f"{here}['reply']")
        a_string(reply, "id", f"{here}['reply']", None)
        a_string(reply, "title", f"{here}['reply']", None)
        _short(reply["title"], limits.BUTTON_TITLE, "Button title")
        _short(reply["id"], limits.BUTTON_ID, "Button id")
        if reply["id"] != reply["id"].strip():
            raise errors.invalid("Button id must not have leading or trailing spaces")
        titles.add(reply["title"])
        ids.add(reply["id"])
    if len(ids) != len(buttons):
        raise errors.invalid("Duplicate button reply ids found. Button reply id must be unique")
    if len(titles) != len(buttons):
        raise errors.invalid("Duplicate button titles found. Button title must be unique")


def _short(value: str, limit: int, what: str) -> None:
    if len(value) * 2 > limit and limits.units(value) > limit:
        raise errors.invalid(f"{what} length invalid. Min length: 1, Max length: {limit}")


_LIST = frozenset(("button", "sections"))
_SECTION = frozenset(("title", "rows"))
_ROW = frozenset(("id", "title", "description"))


def _list(action: Json) -> None:
    path = "interactive['action']"
    known(action, _LIST, path)
    a_string(action, "button", path, None)
    _short(action["button"], limits.LIST_BUTTON, "Button label")
    if "sections" not in action:
        raise errors.missing(f"{path}['sections']")
    sections = a_list(action["sections"], f"{path}['sections']", 1, limits.LIST_SECTIONS)
    total = 0
    ids: set[str] = set()
    titles: set[tuple[int, str]] = set()
    for i, section in enumerate(sections):
        here = f"{path}['sections'][{i}]"
        an_object(section, here)
        known(section, _SECTION, here)
        a_string(section, "title", here, None, needed=len(sections) > 1)
        if section.get("title"):
            _short(section["title"], limits.SECTION_TITLE, "Section title")
        if "rows" not in section:
            raise errors.missing(f"{here}['rows']")
        rows = section["rows"]
        if not isinstance(rows, list) or not rows:
            raise errors.invalid(f"{here}['rows'] must have at least one row")
        total += len(rows)
        if total > limits.LIST_ROWS_TOTAL:
            raise errors.invalid(f"Total row count exceed max allowed count: {limits.LIST_ROWS_TOTAL}")
        for j, row in enumerate(rows):
            _row(row, f"{here}['rows'][{j}]")
            ids.add(row["id"])
            titles.add((i, row["title"]))
    if len(ids) != total:
        raise errors.invalid("Duplicate row ids found. Row id must be unique")
    if len(titles) != total:
        raise errors.invalid("Duplicate row titles found. Row title must be unique within a section")


def _row(row: Any, path: str) -> None:
    an_object(row, path)
    known(row, _ROW, path)
    a_string(row, "id", path, None)
    a_string(row, "title", path, None)
    a_string(row, "description", path, None, needed=False)
    _short(row["id"], limits.ROW_ID, "Row id")
    _short(row["title"], limits.ROW_TITLE, "Row title")
    _short(row.get("description") or "", limits.ROW_DESCRIPTION, "Row description")


_NAMED = frozenset(("name", "parameters"))


def _parameters(action: Json, name: str) -> Json:
    path = "interactive['action']"
    known(action, _NAMED, path)
    if action.get("name") != name:
        raise errors.invalid(f"{path}['name'] must be {name}")
    if "parameters" not in action:
        raise errors.missing(f"{path}['parameters']")
    an_object(action["parameters"], f"{path}['parameters']")
    found: Json = action["parameters"]
    return found


def _cta_url(action: Json) -> None:
    path = "interactive['action']['parameters']"
    parameters = _parameters(action, "cta_url")
    known(parameters, frozenset(("display_text", "url")), path)
    a_string(parameters, "display_text", path, limits.CTA_LABEL)
    a_string(parameters, "url", path, 2000)
    try:
        parts = urlsplit(parameters["url"])
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in parameters["url"]
    except ValueError:
        good = False
    if not good:
        raise errors.invalid(f"{path}['url'] is not a valid URL: http or https with a host")


def _only_name(name: str) -> Callable[[Json], None]:
    def action(found: Json) -> None:
        known(found, frozenset(("name",)), "interactive['action']")
        if found.get("name") != name:
            raise errors.invalid(f"interactive['action']['name'] must be {name}")

    return action


_FLOW = frozenset(
    ("flow_message_version", "flow_token", "flow_id", "flow_name", "flow_cta", "flow_action", "flow_action_payload", "mode")
)


def _flow(action: Json) -> None:
    path = "interactive['action']['parameters']"
    parameters = _parameters(action, "flow")
    known(parameters, _FLOW, path)
    if parameters.get("flow_message_version") != "3":
        raise errors.invalid(f"{path}['flow_message_version'] must be 3")
    if (parameters.get("flow_id") is None) == (parameters.get("flow_name") is None):
        raise errors.invalid(f"{path} must have exactly one of flow_id or flow_name")
    a_string(parameters, "flow_cta", path, limits.FLOW_CTA)
    if parameters.get("mode", "published") not in ("draft", "published"):
        raise errors.invalid(f"{path}['mode'] must be draft or published")
    if parameters.get("flow_action", "navigate") not in ("navigate", "data_exchange"):
        raise errors.invalid(f"{path}['flow_action'] must be navigate or data_exchange")


def _catalogue(*needed: str) -> Callable[[Json], None]:
    def action(found: Json) -> None:
        for key in needed:
            if not found.get(key):
                raise errors.missing(f"interactive['action']['{key}']")

    return action


_MEDIA_TOO = frozenset(("text", "image", "video", "document"))
_NO_HEADER: frozenset[str] = frozenset()

# type: (longest body, header types, check of the action)
KINDS: dict[str, tuple[int, frozenset[str], Callable[[Json], None]]] = {
    "button": (limits.INTERACTIVE_BODY, _MEDIA_TOO, _buttons),
    "list": (limits.LIST_BODY, _ONLY_TEXT, _list),
    "cta_url": (limits.INTERACTIVE_BODY, _MEDIA_TOO, _cta_url),
    "location_request_message": (limits.INTERACTIVE_BODY, _NO_HEADER, _only_name("send_location")),
    "request_contact_info": (limits.INTERACTIVE_BODY, _NO_HEADER, _only_name("request_contact_info")),
    "flow": (limits.INTERACTIVE_BODY, _MEDIA_TOO, _flow),
    "product": (limits.INTERACTIVE_BODY, _NO_HEADER, _catalogue("catalog_id", "product_retailer_id")),
    "product_list": (limits.INTERACTIVE_BODY, _ONLY_TEXT, _catalogue("catalog_id", "sections")),
    "catalog_message": (limits.INTERACTIVE_BODY, _NO_HEADER, _catalogue("name")),
}
