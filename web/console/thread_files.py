"""Files of conversations: pictures and voice notes to be seen and heard on the page, everything else only to be saved.

What customers send is what they say it is only where its first bytes agree; nothing that a browser could run is ever shown.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, make_response, request

from models import clock, health_words, threads
from models import media as files
from models.base import connection
from models.values import Refused
from web.console import thread_labels as labels
from web.console.auth import needs, staff
from web.console.errors import told
from web.console.talkpage import ID_MAX
from worker.logs import log

thread_files = Blueprint("files", __name__)
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
# (first bytes, what it is): the containers WhatsApp's voice notes and audio files come in (Cloud API, media, read 2026-11).
SOUNDS = (
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"\xff[\xf1\xf9]"), "audio/aac"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"....ftyp(M4A|mp4|isom|3gp)", re.DOTALL), "audio/mp4"),
)
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heif": ".heic",
    "image/tiff": ".tif",
    "application/pdf": ".pdf",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
}
AWAY = ("The file cannot be reached", "The place it is stored in does not answer. Try again in a minute.")


@thread_files.get("/<int:customer>/files/<string(maxlength=80):ref>")
@needs("threads.see")
def file(customer: int, ref: str) -> Response:
    """A picture or a voice note to be shown, or any file to be saved (`save` in the address)."""
    if customer > ID_MAX:
        abort(404)
    digits = ref.removeprefix("m")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        abort(404)
    try:
        if not staff().may("prescriptions.read") and health_words.is_clinical(connection(), customer, int(digits)):
            raise Refused("clinical")
        content, claimed = threads.media(customer, ref, staff=staff(), now=clock.utcnow())
    except Refused as no:
        if no.code == "away":
            log().warning("console.vault_away", reason="away")
            return make_response(told(503, AWAY, {"Retry-After": "30"}))
        if no.code == "clinical":
            return make_response(told(403, ("Not for your role", labels.why(no))))
        abort(404)
    kind = shown_as(content, claimed)
    answer = Response(content, content_type=kind or "application/octet-stream")
    if not kind or "save" in request.args:
        answer.content_type = "application/octet-stream"
        name = f"customer-{customer}-{re.sub(r'[^A-Za-z0-9-]', '', ref)[:40]}{SUFFIXES.get(kind or _plain(content, claimed), '')}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    answer.headers["Content-Disposition"] = "inline"
    return answer.make_conditional(request, accept_ranges=True, complete_length=len(content))


def shown_as(content: bytes, claimed: str) -> str:
    """The type to show it as, by its own first bytes; "" for what is only to be saved."""
    kind = files.content_type(content)
    if kind in PICTURES:
        return kind
    if claimed.partition("/")[0] != "audio":
        return ""
    return next((sound for beginning, sound in SOUNDS if beginning.match(content[:12])), "")


def _plain(content: bytes, claimed: str) -> str:
    kind = files.content_type(content)
    return kind if kind != files.UNKNOWN else claimed.partition(";")[0].strip().lower()
