"""The page of one prescription: found, laid out, and shown again with everything that was typed when something was refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import abort, g, render_template, request

from models import clock
from models.base import connection
from models.prescriptions import case as cases
from models.prescriptions import queue
from models.prescriptions.case import Case
from models.values import Refused
from models.vault import Locked
from web.console import checks, labels, sheet
from web.console.auth import noted, settings, staff
from web.console.sheet import Row
from worker import sentry
from worker.logs import log

OPEN = ("waiting", "asked")
# What the page can help with: it is taken up anew, and everything that was typed is laid over what has come meanwhile.
STALE = ("not_claimed", "changed_meanwhile", "decided", "taken")


def find(number: int) -> Case:
    """The case, opened; 404 where there is none. Raises Locked."""
    found = cases.case(connection(), number, now=clock.utcnow())
    return found or abort(404)


def try_to_claim(number: int) -> str:
    """Takes it up for this person if that can be; otherwise says why not. "" also for what is decided: its page says so."""
    try:
        queue.claim(connection(), number, staff().id, minutes=settings().console_claim_minutes)
    except Refused as no:
        if no.code == "unknown":
            abort(404)
        return "" if no.code == "decided" else why(no)
    return ""


def seen(found: Case) -> None:
    """On record: that this person looked, and whether they had it in hand with that."""
    in_hand = found.waiting.state in OPEN and found.waiting.claimed_by == staff().id
    noted("prescription.seen", "prescription", found.waiting.id, found.customer_id, {"in_hand": True} if in_hand else None)


def why(no: Refused) -> str:
    """The sentence for a refusal, with who has it where somebody has."""
    if no.code == "taken":
        return f"{no.detail['by']} has it in hand until {no.detail['until'].astimezone(settings().default_timezone):%H:%M}."
    return labels.refusal(no)


def what_changed(found: Case) -> str:
    """Why the version grew since this page was made: the customer spoke, or it was worked on elsewhere."""
    seen = request.form.get("answers", -1, type=int)
    if 0 <= seen < len(found.answers):
        return "The customer has written meanwhile: read what they say, then decide."
    return "It was changed in another window or by a colleague. Look again, then decide."


def page(
    found: Case,
    given: Mapping[str, Any] | None,
    *,
    wrong: str = "",
    refused: Refused | None = None,
    why_not: str = "",
    status: int = 200,
) -> tuple[str, int]:
    """The whole page. `given`: what lies over the reading (a draft, a form). `wrong`: what was refused, at the top."""
    is_open = found.waiting.state in OPEN
    editable = is_open and found.waiting.claimed_by == staff().id and staff().may("prescriptions.decide")
    rows = sheet.rows(found, given) if is_open else sheet.signed(found)
    if refused and (row := row_of(refused, rows)):
        row.wrong = labels.refusal(refused)
    today = clock.utcnow().astimezone(settings().default_timezone).date()
    text = render_template(
        "prescriptions/verify.html",
        case=found,
        rows=rows,
        given=given or {},
        # What somebody typed into a page that is not theirs now goes along, to be laid over it once more.
        carried=dict(given) if given and wrong and is_open and not editable else {},
        wrong=wrong,
        why_not=why_not,
        editable=editable,
        passed_on=_passed_on(found) if is_open else None,
        answers_seen=request.form.get("answers", len(found.answers), type=int),
        checks=checks.checks(found, rows, today=today, valid_days=settings().prescription_valid_days) if is_open else [],
        red=checks.red(found, today=today, valid_days=settings().prescription_valid_days) if editable else (),
        total_kobo=sheet.total_kobo(rows),
        labels=labels,
    )
    return text, status


def row_of(no: Refused, rows: list[Row]) -> Row | None:
    """The row a refusal is about. Verbs count lines as they were sent, approvals name the product, a missing line its reading."""
    if "ref" in no.detail:
        return next((row for row in rows if row.ref == no.detail["ref"]), None)
    if "read" in no.detail:
        return next((row for row in rows if row.line == no.detail["read"]), None)
    position = no.detail.get("line", -1)
    return rows[position] if 0 <= position < len(rows) else None


def locked(number: int, error: Locked) -> tuple[str, int]:
    """The page of a prescription that none of our keys opens. It stays in this person's hands for a while, so that the next one
    in the queue is another."""
    sentry.tell(error, fingerprint=("vault.locked",))
    log().error("console.vault_locked", prescription=number, reference=g.reference)
    return render_template("prescriptions/locked.html", it=queue.one(connection(), number), labels=labels), 503


def typed() -> dict[str, str]:
    """What stands on the sheet that was sent."""
    return sheet.fields(request.form)


def as_draft() -> bytes:
    """The same, as it is kept."""
    return json.dumps(typed(), ensure_ascii=False).encode()


def version() -> int:
    """Which version of the prescription the sender saw."""
    return request.form.get("version", -1, type=int)


def _passed_on(found: Case) -> Any:
    """Who passed it on and what they ask, while nobody has decided since."""
    last = found.history[-1].record if found.history else None
    return last if last and last.kind == "passed_on" else None
