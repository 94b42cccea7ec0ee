"""An empty Flask POST: the yardstick for the front door."""

from flask import Flask

from bench.rig import WEB_THREADS
from web.front import Front


def load() -> Flask:
    """For a server that speaks WSGI itself."""
    app = Flask("empty", static_folder=None)

    @app.get("/")
    @app.post("/webhook")
    def nothing() -> str:
        return "ok"

    return app


def fronted() -> Front:
    """Behind the same front as the door's: bodies read by the event loop."""
    return Front(load(), WEB_THREADS)
