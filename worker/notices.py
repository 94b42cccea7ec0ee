"""What stands for a turn's replies where the 24-hour window is closed: decided when they are written, before anything is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.conversations import Claim, Pending
from settings import Settings
from worker import sentry
from worker.flows import support
from worker.flows.step import Outside
from worker.logs import log
from worker.whatsapp import outbound, templates

WINDOW = timedelta(hours=24)
# Meta's clock runs from when the customer wrote, ours from when we heard of it; and what waits in a queue for minutes must
# still find the window open.
MARGIN = timedelta(minutes=5)
# Of a payment that was too much the replies say where the rest goes, and the template does not.
SAYS_MORE = frozenset({"overpaid"})
# News of money for which no template stands: it waits for the customer, however long that takes.
MONEY_NEWS = frozenset({"transfer_rejected"})
MONEY_ALONE = json.dumps({"kind": "", "about": templates.ORDER, "whole": False, "money": True})
# A reminder for which no template stands is worth nothing the next time the customer writes.
REMINDERS = frozenset({"timer_due"})
REMINDER_ALONE = json.dumps({"kind": "", "about": "", "whole": False, "money": False, "freshMinutes": 30, "lapses": True})


@dataclass(frozen=True, slots=True)
class Notice:
    """`closed`: by our own clock the replies may not go. `kept`: what their rows remember of their kind and of the template, as
    JSON; "" for an ordinary reply. `template`: its payload, to be sent in their place at once; None where they wait for the customer."""

    closed: bool = False
    kept: str = ""
    template: dict[str, Any] | None = None


NONE = Notice()


def window_closed(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether we know that nothing but a template may go. A customer of whom we never noted a message may have written to the
    system before this one: the sending will tell."""
    return last_inbound_at is not None and now - last_inbound_at >= WINDOW - MARGIN


def planned(outside: Outside | None, held: Claim, event: Pending, settings: Settings) -> Notice:
    """The notice of a turn that has something to say. A template that cannot be filled is a bug: told, and done without."""
    closed = not event.wrote and window_closed(held.last_inbound_at, held.now)
    if event.wrote:  # whoever has just written gets the replies
        return Notice(closed)
    told = json.loads(event.payload) if event.channel == "house" else {}
    name, data = str(told.get("name")), told.get("data") or {}
    if outside is None:
        alone = MONEY_ALONE if name in MONEY_NEWS else ""
        return Notice(closed, REMINDER_ALONE if name in REMINDERS and data.get("kind") != support.RETURN else alone)
    try:
        filled = templates.fill(outside, settings)
        payload = outbound.build(filled, number=held.number, bsuid=held.bsuid, callback="0") if filled else None
    except ValueError as e:  # templates.Unfit, outbound.OverLimit
        log().error("notice.unfit", inbox=event.id, kind=outside.kind[:40])
        sentry.tell(e, fingerprint=("notice", "unfit", outside.kind[:40]), inbox=event.id)
        payload = None
    known = templates.KNOWN.get(outside.kind)
    if known is None:
        return Notice(closed)
    whole = known.whole and data.get("kind") not in SAYS_MORE
    kept: dict[str, Any] = {"kind": known.kind, "about": known.about, "whole": whole, "money": known.money}
    if known.fresh_minutes is not None:
        kept |= {"freshMinutes": known.fresh_minutes} | ({"lapses": True} if known.lapses else {})
    if payload is None:  # nothing stands for the replies, so they wait; how long, their kind still says
        return Notice(closed, json.dumps(kept))
    allowed = known.about in templates.OWN_BUSINESS or not held.marketing_stopped
    return Notice(closed, json.dumps(kept | {"template": payload}), payload if closed and allowed else None)
