"""What a stranger sees who opens the address in a browser."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

pages = Blueprint("pages", __name__)


@pages.get("/")
def front() -> Response:
    return jsonify(status="ok", message="Drugs.ng WhatsApp pharmacy. The conversation is on WhatsApp.")
