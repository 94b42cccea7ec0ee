"""Bodies of sends, as the Graph API takes them, for the tests of the stand-in."""

from __future__ import annotations

from typing import Any

from local.simulator.config import Config

Json = dict[str, Any]

CONFIG = Config()
ADA = "2348031234567"
EMOJI = "\U0001f48a"  # one character, two UTF-16 units


def whole(**content: Any) -> Json:
    return {"messaging_product": "whatsapp", "recipient_type": "individual", "to": f"+{ADA}", **content}


def text(body: Any = "hello", **more: Any) -> Json:
    return whole(type="text", text={"body": body, **more})


def interactive(kind: str, action: Json, body: str = "Choose", **more: Any) -> Json:
    return whole(type="interactive", interactive={"type": kind, "body": {"text": body}, "action": action, **more})


def buttons(count: int = 2, *, title: str = "Title", id: str = "id", body: str = "Choose", **more: Any) -> Json:
    made = [{"type": "reply", "reply": {"id": f"{id}{i}", "title": f"{title}{i}"}} for i in range(count)]
    return interactive("button", {"buttons": made}, body, **more)


def one_button(title: str = "Yes", id: str = "yes") -> Json:
    return interactive("button", {"buttons": [{"type": "reply", "reply": {"id": id, "title": title}}]})


def rows(count: int, start: int = 0) -> list[Json]:
    return [{"id": f"r{i}", "title": f"Row {i}"} for i in range(start, start + count)]


def listed(sections: list[Json] | None = None, *, button: str = "Open", body: str = "Choose", **more: Any) -> Json:
    return interactive("list", {"button": button, "sections": sections or [{"rows": rows(3)}]}, body, **more)


def one_row(**row: str) -> Json:
    return listed([{"rows": [{"id": "r", "title": "Row", **row}]}])


def cta(label: str = "Pay", url: str = "https://pay.example/1", **more: Any) -> Json:
    return interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": label, "url": url}}, **more)


def flow(**parameters: Any) -> Json:
    known = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Open", **parameters}
    return interactive("flow", {"name": "flow", "parameters": {k: v for k, v in known.items() if v is not None}})


def template(**more: Any) -> Json:
    return whole(type="template", template={"name": "order_update", "language": {"code": "en"}, **more})


def card(count: int) -> Json:
    return whole(type="contacts", contacts=[{"name": {"formatted_name": "Ada", "first_name": "Ada"}}] * count)


def header(value: str) -> Json:
    return {"header": {"type": "text", "text": value}}


def footer(value: str) -> Json:
    return {"footer": {"text": value}}


def location(**more: Any) -> Json:
    return whole(type="location", location={"latitude": 6.5, "longitude": 3.3, **more})
