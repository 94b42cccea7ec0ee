"""The providers' doors: webhooks verified on their raw bytes and stored, and the page customers come back to after paying.

Nothing here makes an order paid: a webhook is a row and a hint, and the page says what our row says, after a check was asked for.
"""

from __future__ import annotations

import hashlib
import secrets as random
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from html import escape

import psycopg
from flask import Blueprint, Response, current_app, request

from models import base
from models.payments import attempts, events, payers, told
from models.payments.values import Attempt
from settings import Settings
from web import counters
from web.signatures import is_flutterwaves, is_paystacks
from worker.broker import hint_at
from worker.logs import log
from worker.messages import CHECK_PAYMENT, SETTLE_PAYMENT_EVENT

STORE_WITHIN_S = 3.0  # providers wait half a minute and more; a database that hangs must not hold our threads so long
READ_WITHIN_S = 2.0
CHECK_EVERY_S = 3.0
MOST_REMEMBERED = 1000
LOOKS_AGAIN_S = 4
LOOKS_AGAIN_FOR = timedelta(minutes=45)  # the page of an older attempt stays as it is
HERE = "/pay/return"
GOES_BACK = ("double", "late")  # what an attempt's money was, if its order did not need it

payments = Blueprint("payments", __name__)


def _settings() -> Settings:
    found: Settings = current_app.config["DRUGSNG"]
    return found


def _plain(status: int, text: str) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


# --------------------------------------------------------------------------------------------------- webhooks


@payments.post("/webhook/paystack")
def paystack() -> Response:
    return _receive("paystack", _secrets("paystack_secret_key"), "x-paystack-signature")


@payments.post("/webhook/flutterwave")
def flutterwave() -> Response:
    return _receive("flutterwave", _secrets("flutterwave_secret_hash"), "verif-hash")


def _secrets(name: str) -> tuple[str, ...]:
    """The present secret and, while it is being changed, the one before it; none without a present one."""
    present: str = getattr(_settings(), name)
    before: str = getattr(_settings(), f"{name}_previous")
    return tuple(secret for secret in (present, before) if secret) if present else ()


def _receive(provider: str, secrets: tuple[str, ...], header: str) -> Response:
    """Stored, then 200; whatever cannot succeed later is 200 too once it is theirs, for they repeat for days."""
    if not secrets:
        return _plain(404, "Not found")
    request.max_content_length = told.BODY_MAX
    if (request.content_length or 0) > told.BODY_MAX:
        return _plain(413, "Too large")
    body = request.get_data(cache=False)
    given = request.headers.get(header)
    # All are tried, so that the time it takes says nothing of which one it was.
    theirs = [is_paystacks(body, given, each) if provider == "paystack" else is_flutterwaves(given, each) for each in secrets]
    if not any(theirs):
        counters.REFUSED.labels("signature").inc()
        return _plain(403 if given else 401, "Signature missing or wrong")
    return _store(provider, body)


def _store(provider: str, body: bytes) -> Response:
    try:
        said = told.read(provider, body)
        kind, reference, key = str(said.kind), said.reference, said.dedupe_key
    except ValueError:  # kept as it is, for a person to look at
        kind, reference, key = "unreadable", "", f"unreadable:{hashlib.sha256(body).hexdigest()}"
    correlation = random.token_hex(8)
    try:
        with base.unit(STORE_WITHIN_S) as conn:
            made = events.store(conn, provider, key, kind=kind, reference=reference, body=body, correlation_id=correlation)
    except (base.Unavailable, psycopg.OperationalError) as e:
        counters.REFUSED.labels("database").inc()
        log().warning("payment_webhook.not_stored", provider=provider, correlation=correlation, error=type(e).__name__)
        return _plain(503, "Try again")
    hinted = made is not None and hint_at(SETTLE_PAYMENT_EVENT, made)
    log().info("payment_webhook.stored", provider=provider, correlation=correlation, kind=kind, payment_event=made, hinted=hinted)
    return Response(b'{"status":"ok"}', 200, content_type="application/json")


# --------------------------------------------------------------------------------------------------- the way back

TITLE = {
    "paid": "Payment received",
    "waiting": "Checking your payment",
    "not_paid": "Not paid yet",
    "back": "Back to WhatsApp",
}
TEXT = {
    "paid": "Thank you. Your payment for order {number} has arrived. Please go back to WhatsApp: your receipt is in the chat.",
    "waiting": "We are asking the payment provider about order {number}. This can take a minute, and the answer comes in the "
    "WhatsApp chat too: you can close this page.",
    "not_paid": "No payment for order {number} has reached us. If you have paid, nothing is lost: it is found and told in the "
    "WhatsApp chat. To try again, write pay {number} there.",
    "back": "Please go back to the WhatsApp chat. What became of your payment is told there.",
}
STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1.2rem;color:#17261d;background:#fff}"
    "h1{font-size:1.5rem;line-height:1.3}"
)
_STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body>
</html>
"""


@payments.get(HERE)
def back() -> Response:
    """Without a token nothing is known, and nothing said."""
    return _page("back")


@payments.get(f"{HERE}/<token>")
def returned(token: str) -> Response:
    """What our row says of the attempt this address was made for; what the provider put behind it is read by nobody."""
    keys = {"paystack": _secrets("paystack_secret_key"), "flutterwave": _secrets("flutterwave_secret_key")}
    whose = payers.attempt_of(token, keys)
    if whose is None:
        return _page("back")
    try:
        with base.unit(READ_WITHIN_S):
            attempt = attempts.get(whose[0])
    except (base.Unavailable, psycopg.OperationalError):
        return _page("back", status=503)
    if attempt is None or attempt.provider != whose[1]:
        return _page("back")
    if attempt.status == "paid":
        return _page("back" if attempt.reason in GOES_BACK else "paid", attempt)
    if _checks.may(attempt.id):
        hint_at(CHECK_PAYMENT, attempt.id)
    return _page("waiting" if attempt.open else "not_paid", attempt)


def _page(what: str, attempt: Attempt | None = None, *, status: int = 200) -> Response:
    number = attempt.order_number if attempt else ""
    body = PAGE.format(title=TITLE[what], style=STYLE, text=escape(TEXT[what].format(number=number)))
    answer = Response(body, status, content_type="text/html; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is the right to see the page
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    fresh = attempt is not None and attempt.created_at is not None and datetime.now(UTC) - attempt.created_at < LOOKS_AGAIN_FOR
    if what in ("waiting", "not_paid") and fresh:
        answer.headers["Refresh"] = str(LOOKS_AGAIN_S)
    return answer


class _Checks:
    """A page that is loaded again and again asks the provider once in a few seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[int, float] = {}

    def may(self, attempt_id: int) -> bool:
        now = time.monotonic()
        with self._lock:
            if now - self._asked.get(attempt_id, -CHECK_EVERY_S) < CHECK_EVERY_S:
                return False
            if len(self._asked) >= MOST_REMEMBERED:
                self._asked = {one: at for one, at in self._asked.items() if now - at < CHECK_EVERY_S}
            if len(self._asked) >= MOST_REMEMBERED:
                return False
            self._asked[attempt_id] = now
        return True


_checks = _Checks()
