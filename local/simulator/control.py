"""A running simulator in the hands of a test or benchmark: start it, let customers speak, see what was sent, make it fail.

    with Simulator.start(webhook_url=url, app_secret="s", window="off") as sim:
        sim.say("2348031234567", "hi")
        first = sim.messages(to="2348031234567", wait_for=1)[0]

`start` runs it in a process of its own, `in_thread` in a thread of this process, `at` talks to one that runs already.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from local.peer.running import Json, PeerError, Running
from local.simulator.config import Config
from local.simulator.program import PROGRAM


class SimulatorError(PeerError):
    """The simulator refused. 409: a customer cannot do that; 0: the webhook did not take what was said."""


class Simulator(Running[Config]):
    """`url` is WHATSAPP_API_BASE_URL; `config` has the secrets."""

    program = PROGRAM
    error = SimulatorError

    # ----------------------------------------------------------------------------------------------- customers

    def say(self, number: str = "", text: str | None = None, *, bsuid: str = "", wait: float = 0.0, **more: Any) -> str:
        """The customer writes; gives the message id. `more` as in saying.say: name, content, location, contact, reaction,
        reply_to, referral, group_id, id, at, copies, `from_form`. With `wait` seconds it raises SimulatorError unless the
        webhook took it."""
        what = {"number": number, "bsuid": bsuid, "wait": wait, **more}
        if text is not None:
            what["text"] = text
        if "from_form" in what:
            what["from"] = what.pop("from_form")
        found = self.call("POST", "say", what, timeout_s=wait + 10)
        if wait and found["posted"] is not True:
            raise SimulatorError(0, "the webhook did not take the message")
        return str(found["id"])

    def tap(self, number: str = "", id: str | None = None, *, title: str | None = None, bsuid: str = "", **more: Any) -> str:
        """The customer taps a list row or button that was really shown; by id, or by title. Raises SimulatorError (409)
        otherwise."""
        return self.say(number, bsuid=bsuid, tap={"id": id, "title": title, "message_id": more.pop("message_id", None)}, **more)

    def send_media(
        self,
        number: str,
        content: bytes,
        mime_type: str = "image/jpeg",
        *,
        caption: str = "",
        filename: str = "",
        kind: str = "",
        **more: Any,
    ) -> str:
        """The customer sends a file; gives the message id."""
        query = urlencode({k: v for k, v in (("filename", filename), ("kind", kind)) if v})
        file = self.ask("POST", f"upload?{query}", content, content_type=mime_type, timeout_s=30)
        return self.say(number, media={"id": file["id"], "caption": caption, "filename": filename}, **more)

    def share_location(
        self, number: str, latitude: float, longitude: float, name: str = "", address: str = "", **more: Any
    ) -> str:
        place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
        return self.say(number, location=place, **more)

    def seen(self, number: str) -> int:
        """The customer opens the chat: delivered messages become read. Gives how many."""
        return int(self.call("POST", "seen", {"number": number})["read"])

    def window(self, number: str = "", *, open: bool = True, bsuid: str = "") -> None:
        """Opens or closes the customer's 24-hour window."""
        self.call("POST", "window", {"number": number, "bsuid": bsuid, "open": open})

    def template(self, name: str, *, language: str = "en", **changes: Any) -> None:
        """Submits a template, or changes one: text, status (APPROVED, PENDING, REJECTED, PAUSED, DISABLED), category."""
        self.call("POST", "templates", {"name": name, "language": language, **changes})

    # ----------------------------------------------------------------------------------------------- what was sent

    def messages(self, to: str = "", *, after: int = 0, wait_for: int = 0, timeout_s: float = 10.0) -> list[Json]:
        """Accepted messages in order, each {seq, id, to, recipient, customer, type, body, biz_opaque_callback_data, at, status,
        error, words (of a template, filled in)}.

        With `wait_for` at least so many; raises TimeoutError, with what there is, when they do not come.
        """
        ends = time.monotonic() + timeout_s
        while True:
            found = self._all(to, after, min(wait_for, 1000), max(0.0, ends - time.monotonic()) if wait_for else 0.0)
            if len(found) >= wait_for:
                return found
            if time.monotonic() >= ends:
                kinds = [(m["customer"], words(m["body"])[:60]) for m in found]
                raise TimeoutError(f"{len(found)} of {wait_for} messages after {timeout_s} s: {kinds[-10:]}")

    def _all(self, to: str, after: int, count: int, wait: float) -> list[Json]:
        found: list[Json] = []
        while True:
            query = urlencode({"to": to, "after": after, "count": count, "wait": f"{min(wait, 30):.3f}", "limit": 2000})
            page = self.call("GET", f"messages?{query}", timeout_s=min(wait, 30) + 10)
            found += page["messages"]
            if len(page["messages"]) < 2000:
                return found
            after, wait = page["last"], 0.0

    def texts(self, to: str = "", **more: Any) -> list[str]:
        """The words of the accepted messages (`words`), in order."""
        return [words(message["body"]) for message in self.messages(to, **more)]

    def health(self) -> Json:
        """Counters, and `cpu_s`, the processor time of the simulator's process."""
        return self.call("GET", "health")

    def webhooks(self) -> Json:
        """Counters and the newest attempts: {waiting, posts, refused, given_up, dropped, log[{status, took_s, updates, attempt,
        ids}]}."""
        return self.call("GET", "webhooks?limit=2000")

    def settle(self, timeout_s: float = 10.0) -> None:
        """Waits until no webhook waits any more; raises TimeoutError."""
        ends = time.monotonic() + timeout_s
        while self.health()["webhooks"]["waiting"]:
            if time.monotonic() >= ends:
                raise TimeoutError("webhooks still wait")
            time.sleep(0.02)

    # ----------------------------------------------------------------------------------------------- faults and settings

    def fault(self, **rule: Any) -> int:
        """Adds a fault (faults.Fault: on, times, match, http, code, delay_s, cut, hang_s, drip_s, retry_after, failed_code,
        drop, duplicate, batch, reorder, ...); gives its id. `times=None` lasts until cleared."""
        return int(self.call("POST", "faults", rule)["id"])

    def clear_faults(self) -> None:
        self.call("DELETE", "faults")

    def configure(self, **settings: Any) -> Json:
        """Changes settings while running (config.Config)."""
        return self.call("POST", "config", settings)

    def status(self, message_id: str, name: str, code: int | None = None) -> None:
        """Sends a status webhook out of turn."""
        self.call("POST", "status", {"id": message_id, "status": name} | ({"code": code} if code else {}))

    def deliver(self, body: Json | None = None, **more: Any) -> Json:
        """Posts a whole webhook body once, signed: {status, took_s}. `more`: raw, headers, signature (None: no header), queued,
        timeout_s."""
        what = more if body is None else {"body": body, **more}
        return self.call("POST", "deliver", what, timeout_s=float(more.get("timeout_s", 10)) + 5)

    def subscribe(self, **more: Any) -> Json:
        """The GET handshake: {status, verified}."""
        return self.call("POST", "subscribe", more)

    def expire_media(self, after_s: float = 300.0) -> None:
        """Media addresses become older by so many seconds; five minutes end them."""
        self.call("POST", "expire-media", {"seconds": after_s})

    def reset(self, *, settings: bool = True) -> None:
        """As freshly started."""
        self.call("POST", "reset", {"settings": settings})


def words(body: Mapping[str, Any]) -> str:
    """What a customer reads in a message: its text, or header, body, options and footer, one a line."""
    kind = str(body.get("type", "text"))
    content = body.get(kind) or {}
    if kind == "text":
        return str(content.get("body", ""))
    if kind != "interactive":
        return str(content.get("caption") or content.get("name") or f"[{kind}]")
    parts = [content.get("header", {}).get("text", ""), content.get("body", {}).get("text", "")]
    action = content.get("action", {})
    parts += [f"[{b['reply']['title']}]" for b in action.get("buttons", ())]
    rows: Sequence[Json] = [row for section in action.get("sections", ()) for row in section["rows"]]
    parts += [f"- {row['title']}" + (f": {row['description']}" if row.get("description") else "") for row in rows]
    if url := action.get("parameters", {}).get("url"):
        parts.append(f"[{action['parameters']['display_text']}] {url}")
    parts.append(content.get("footer", {}).get("text", ""))
    return "\n".join(part for part in parts if part)
