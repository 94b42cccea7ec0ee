"""What guards every page of the console: headers, tokens of forms, and limits of tries."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

from flask import Flask, Response, abort, current_app, g, request
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from settings import Settings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
A_YEAR_S = 365 * 24 * 3600
FORM_FIELDS_MAX = 2000
# Of one address: everybody behind a pharmacy's router together. Of one account: from browsers that never signed in to it.
ADDRESS_LIMIT, ACCOUNT_LIMIT = "30 per minute; 300 per hour", "10 per 10 minutes"
OWN_PASSWORD_LIMIT = "10 per 10 minutes"  # noqa: S105 - a number of tries
REDIS_WITHIN_S = 0.3

csrf = CSRFProtect()
limiter = Limiter(lambda: request.remote_addr or "nowhere", strategy="fixed-window", key_prefix="console")


def cookie_name(name: str, settings: Settings) -> str:
    """With https the browser itself holds the name to this host and to https (`__Host-`, RFC 6265bis 4.1.3.2)."""
    return f"__Host-{name}" if settings.console_secure_cookies else f"drugsng-{name}"


def cookie_path(settings: Settings) -> str:
    """`__Host-` wants the whole host; without it the cookie stays with the console."""
    return "/" if settings.console_secure_cookies else "/console"


def guard(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=hashlib.sha256(b"forms" + settings.console_secret_key.encode()).hexdigest(),
        # Flask's own cookie holds the token of forms and one-time messages; who is signed in is a row of staff_sessions.
        SESSION_COOKIE_NAME=cookie_name("form", settings),
        SESSION_COOKIE_PATH=cookie_path(settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.console_secure_cookies,
        MAX_CONTENT_LENGTH=3 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        MAX_FORM_PARTS=FORM_FIELDS_MAX,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session that it belongs to
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer, which our own policy keeps away; Sec-Fetch-Site says it better
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": REDIS_WITHIN_S, "socket_connect_timeout": REDIS_WITHIN_S},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_HEADERS_ENABLED=False,
    )
    app.before_request(_begin)
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_headers)


def _begin() -> None:
    g.reference = secrets.token_hex(4)
    # A page of another site never has business here, whatever token it got hold of. Old browsers do not say: the token decides.
    if request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site", "same-origin") not in (
        "same-origin",
        "none",
    ):
        raise CSRFError("sent from another site")
    # No page has use for a NUL, and PostgreSQL has none for it in a text.
    if any("\x00" in text for text in (request.path, *_texts())):
        abort(400)


def _texts() -> Iterator[str]:
    for given in (request.args, request.form):
        for name, values in given.lists():
            yield name
            yield from values


def _headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    elif request.args.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    if request.endpoint != "static":
        response.headers["Vary"] = "Cookie, HX-Request"
    if current_app.config["DRUGSNG"].console_secure_cookies:
        response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR_S}"
    return response
