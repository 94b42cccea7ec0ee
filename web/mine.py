"""A customer's own data, behind a link that works once and not for long (`models.tokens`); the chat gives it out.

Looking at the page uses nothing up: WhatsApp and others fetch links to show a preview. The button posts, and the post is what counts.
The page is the same for every token, so nobody learns from it whether one is right.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode

import psycopg
from flask import Blueprint, Response

from models import audit, base, tokens
from models.privacy import collecting
from models.privacy.person import of_customer
from web.payments import PAGE, STYLE
from worker.logs import log

PURPOSE = "mine"
WITHIN_S = 10.0

mine = Blueprint("mine", __name__)

TITLE = {"ask": "Your data", "over": "This link is over", "away": "Please try again"}
TEXT = {
    "ask": "What we hold about you comes as one file (JSON). This link works once. Keep the file where nobody else reads it."
    '</p><form method="post"><button>Download my data</button></form><p>',
    "over": "It was used already, or its 15 minutes have passed. Write <b>my data</b> in the WhatsApp chat for a new one.",
    "away": "We cannot look it up at the moment. The link still works: please try again in a minute.",
}
LOOKS = STYLE + "button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#0b6b3a;color:#fff}"
_HASH = b64encode(hashlib.sha256(LOOKS.encode()).digest()).decode()


@mine.get("/mine/<token>")
def look(token: str) -> Response:
    """The button. Nothing is asked of the database, whatever the token is."""
    return _page("ask")


@mine.post("/mine/<token>")
def take(token: str) -> Response:
    """The file, once. A failure on the way leaves the link as it was."""
    try:
        with base.unit(WITHIN_S) as conn, conn.transaction():
            held = tokens.use(token, PURPOSE)
            person = of_customer(conn, held.customer_id) if held else None
            if person is None:
                return _page("over", status=404)
            body = json.dumps(collecting.collect(conn, person), ensure_ascii=False, indent=1)
            audit.note(None, "customer_exported", "customer", person.customer_id, person.customer_id, name="link in the chat")
    except (base.Unavailable, psycopg.OperationalError):
        return _page("away", status=503)
    log().info("mine.given", customer=person.customer_id)
    answer = Response(body + "\n", content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return _guarded(answer)


def _page(what: str, *, status: int = 200) -> Response:
    body = PAGE.format(title=TITLE[what], style=LOOKS, text=TEXT[what])
    return _guarded(Response(body, status, content_type="text/html; charset=utf-8"))


def _guarded(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is the right to the file
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
