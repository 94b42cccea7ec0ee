"""JSON in and out of a stand-in's control API."""

from __future__ import annotations

import json
from typing import Any

from local.peer.http_server import Request, Response

Json = dict[str, Any]


def reply(value: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":")).encode())


def payload_of(request: Request) -> Json:
    """The JSON object of a request; ValueError when it is none."""
    found = json.loads(request.body) if request.body else {}
    if not isinstance(found, dict):
        raise ValueError("the body must be a JSON object")
    return found
