"""An empty Flask POST: the yardstick for the front door."""

from flask import Flask


def load() -> Flask:
    app = Flask("empty", static_folder=None)

    @app.get("/")
    @app.post("/webhook")
    def nothing() -> str:
        return "ok"

    return app
