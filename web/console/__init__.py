"""The console for staff: an application of its own under /console, so that nothing it needs (forms' tokens, sessions, limits,
headers) is asked of a webhook. Pages are blueprints; every view says who may see it with `auth.needs` or is marked `auth.public`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from models.visits import use_zone
from settings import Settings
from web.console import errors, security, showing

PREFIX = "/console"
# Each module has a blueprint of its own name, mounted at this path under PREFIX.
PARTS = {
    "auth": "",
    "today": "",
    "account": "/account",
    "prescriptions": "/prescriptions",
    "pictures": "/prescriptions",
    "conversations": "/conversations",
    "canned": "/conversations/ready",
    "orders": "/orders",
    "money": "/money",
    "visits": "/visits",
    "labs": "/labs",
    "staff": "/staff",
    "audit": "/audit",
}

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def console(settings: Settings) -> Flask:
    """The application."""
    app = Flask("web.console", static_url_path=f"{PREFIX}/static")
    app.config["DRUGSNG"] = settings
    use_zone(settings.default_timezone)
    security.guard(app, settings)
    showing.equip(app, settings)
    errors.equip(app)
    for name, path in PARTS.items():
        app.register_blueprint(getattr(import_module(f"web.console.{name}"), name), url_prefix=PREFIX + path)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    return app


class Beside:
    """Calls the console for its paths and the house for all others; costs those a comparison of strings."""

    def __init__(self, house: Wsgi, console: Wsgi) -> None:
        self._house, self._console = house, console

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/"):
            return self._console(environ, start_response)
        return self._house(environ, start_response)
