"""The web process: the front door, health, and the staff window."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from models import base, vault
from settings import Settings, current
from web.console import Beside, console
from web.health import health
from web.mine import mine
from web.pages import pages
from web.payments import payments
from web.webhooks import BODY_MAX, webhooks
from worker import broker, logs, sentry

CONNECT_WITHIN_S = 0.8  # less than a webhook's second, so that a database that hangs still leaves time to say 503


def create(settings: Settings) -> Flask:
    """The Flask application. Does not open a connection: it starts, and answers 503, while everything else is away."""
    app = Flask("web", static_folder=None)
    app.config["DRUGSNG"] = settings
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX
    base.bind(settings.database_url, name="drugsng web", connect_wait_s=CONNECT_WITHIN_S)
    vault.bind(settings.media_url, settings.media_keys)
    broker.connect(settings.redis_url)
    for part in (webhooks, payments, mine, health, pages):
        app.register_blueprint(part)
    app.register_error_handler(HTTPException, _plain)
    app.register_error_handler(Exception, _bug)
    if settings.console_secret_key:
        desk = app.extensions["console"] = console(settings)
        app.wsgi_app = Beside(app.wsgi_app, desk.wsgi_app)  # type: ignore[method-assign]
    return app


def _plain(error: HTTPException) -> Response:
    """A short sentence; no trace, no version."""
    return Response(f"{error.name}\n", error.code or 500, content_type="text/plain; charset=utf-8")


def _bug(error: Exception) -> Response:
    sentry.tell(error)
    logs.log().exception("web.bug")
    return Response("Something went wrong on our side.\n", 500, content_type="text/plain; charset=utf-8")


def load() -> Flask:
    """What the web server calls: settings, logs, Sentry, application."""
    settings = current()
    logs.set_up("web", level=settings.log_level, folder=settings.log_dir)
    sentry.set_up(settings.sentry_dsn, environment=settings.sentry_environment, component="web")
    return create(settings)
