"""A tiny bot for working on the phone without the pharmacy: it answers with every kind of message there is.

python -m local.simulator.standin --port 8000 --api http://127.0.0.1:8090
"""

from __future__ import annotations

import argparse
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

from local.simulator import wire
from local.simulator.config import Config

Json = dict[str, Any]
FORMATTED = """*bold* _italic_ ~strike~ `code`
```block
of code```
- one
- two
> quoted
https://example.org/a_b_c?x=1 *not bold"""
FOUND = """I found *3 products* for _paracetamol_.

1. Panadol 500 mg, ₦850
2. Emzor Paracetamol 500 mg, ₦450
3. Paracetamol syrup 60 ml, ₦1,150"""
WELCOME = """Welcome to *Drugs.ng*. Medicines, doctors and lab tests, from this chat.

Choose below, or just type what you need."""


def answers(words: str, picture: str = "") -> list[Json]:
    """What the stand-in says to these words: a list of message contents."""
    word = words.lower().strip()
    if word in ("hi", "hello", "menu"):
        return [menu()]
    if word.startswith("find") or word == "search":
        return [results()]
    if word in ("buttons", "add 1", "1", "product:1"):
        return [buttons()]
    if word in ("checkout", "location"):
        body = {"text": "Where should the rider bring it? Share your location, or type the address."}
        return [interactive("location_request_message", body, {"name": "send_location"})]
    if word in ("pay", "link"):
        action = {"name": "cta_url", "parameters": {"display_text": "Pay ₦2,450", "url": "https://example.org/pay/12345"}}
        return [
            interactive(
                "cta_url", {"text": "Order *12345* is reserved for 30 minutes."}, action, footer="Secured by the provider"
            )
        ]
    if word == "picture" and picture:
        return [{"type": "image", "image": {"id": picture, "caption": "Paracetamol 500 mg"}}]
    if word == "format":
        return [text(FORMATTED)]
    if word == "long":
        return [text("A long text. " * 200)]
    return [text(f"You said: {words}"[:4096])]


def text(body: str) -> Json:
    return {"type": "text", "text": {"body": body}}


def interactive(kind: str, body: Json, action: Json, header: str = "", footer: str = "") -> Json:
    content: Json = {"type": kind, "body": body, "action": action}
    if header:
        content["header"] = {"type": "text", "text": header}
    if footer:
        content["footer"] = {"text": footer}
    return {"type": "interactive", "interactive": content}


def menu() -> Json:
    names = (
        "Search medicines",
        "Find a doctor",
        "Track orders",
        "Book appointment",
        "Cart",
        "Customer support",
        "Send prescription",
    )
    more = ("Health products", "Lab tests", "My account")
    said = (
        "By name, use or symptom",
        "By specialty and place",
        "Where your orders are",
        "Doctor or lab test",
        "What you have chosen",
    )
    rows = [{"id": f"menu:{i}", "title": f"{i}. {name}"} for i, name in enumerate(names, 1)]
    for row, description in zip(rows, said, strict=False):
        row["description"] = description
    rest = [{"id": f"menu:{i % 10}", "title": f"{i % 10}. {name}"} for i, name in enumerate(more, 8)]
    sections = [{"title": "Pharmacy", "rows": rows}, {"title": "More", "rows": rest}]
    body = {"text": WELCOME}
    return interactive("list", body, {"button": "Open menu", "sections": sections}, "Main menu", "Type help at any time")


def results() -> Json:
    rows = [
        {"id": "product:1", "title": "Panadol 500 mg", "description": "₦850 · 24 tablets · in stock"},
        {"id": "product:2", "title": "Emzor Paracetamol", "description": "₦450 · 96 tablets · in stock"},
        {"id": "product:3", "title": "Paracetamol syrup", "description": "₦1,150 · 60 ml · 3 left"},
    ]
    sections = [{"title": "Paracetamol", "rows": rows}]
    body = {"text": FOUND}
    return interactive("list", body, {"button": "See products", "sections": sections}, footer="Reply with a number, or tap")


def buttons() -> Json:
    found = [
        {"type": "reply", "reply": {"id": i, "title": t}}
        for i, t in (("add", "Add to cart"), ("more", "Details"), ("menu", "Menu"))
    ]
    body = {"text": "*Panadol 500 mg*\nParacetamol · 24 tablets\n₦850\n\nIn stock, no prescription needed."}
    return interactive("button", body, {"buttons": found}, footer="NAFDAC 04-1234")


class StandIn:
    """The bot as an HTTP server of its own thread; `seen` are the webhook bodies that were signed rightly."""

    def __init__(self, port: int = 0, config: Config | None = None) -> None:
        self.config = config or Config()
        self.api = ""
        self.seen: list[Json] = []
        self.refused = 0
        self.answering = True
        self.picture = ""
        self.http = urllib3.PoolManager(retries=False)
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_POST(self) -> None:
                bot.receive(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Silent: tests read what it says."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def receive(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        good = hmac.compare_digest(wire.signature(self.config.app_secret, body), request.headers.get("X-Hub-Signature-256", ""))
        if good:
            self.seen.append(json.loads(body))
        else:
            self.refused += 1
        request.send_response(200 if good else 403)
        request.send_header("Content-Length", "0")
        request.end_headers()
        if good and self.answering and self.api:
            for message in messages_of(json.loads(body)):
                self.answer(message)

    def answer(self, message: Json) -> None:
        self.send({"status": "read", "message_id": message["id"], "typing_indicator": {"type": "text"}})
        to = {"to": f"+{message['from']}"} if message.get("from") else {"recipient": message["from_user_id"]}
        for content in answers(words_of(message), self.picture):
            self.send({**to, **content})

    def send(self, content: Json) -> int:
        """One call of the messages endpoint; gives the HTTP status."""
        raw = json.dumps({"messaging_product": "whatsapp", **content}).encode()
        headers = {"Authorization": f"Bearer {self.config.access_token}", "Content-Type": "application/json"}
        url = f"{self.api}/v23.0/{self.config.phone_number_id}/messages"
        return self.http.request("POST", url, body=raw, headers=headers, timeout=10).status

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        self.http.clear()


def messages_of(body: Json) -> list[Json]:
    return [m for entry in body["entry"] for change in entry["changes"] for m in change["value"].get("messages", ())]


def words_of(message: Json) -> str:
    """What a message amounts to in words: its text, or the id of what was tapped."""
    content = message.get(message.get("type", ""), {})
    if message.get("type") == "interactive":
        content = content.get(content["type"], {})
    if not isinstance(content, dict):
        return f"[{message.get('type')}]"
    return str(content.get("body") or content.get("id") or content.get("name") or f"[{message.get('type')}]")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.simulator.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--api", default="http://127.0.0.1:8090")
    given = parser.parse_args()
    bot = StandIn(given.port)
    bot.api = given.api
    print(f"Stand-in bot at {bot.url}", flush=True)
    bot.thread.join()


if __name__ == "__main__":
    main()
