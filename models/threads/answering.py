"""What staff say: rows of the outbox, each once for its key, in order with everything else, and never past the 24-hour window."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any

from models import audit, inbox, pdf_files, timers
from models.base import connection
from models.clock import utcnow
from models.roles import Staff
from models.support import RETURN
from models.threads.holding import Held, hold, mine, moved
from models.threads.kinds import sendable
from models.values import Refused
from models.vault import new_name, vault

TEXT_MAX = 4096  # WhatsApp's limits in UTF-16 units: messages/text-messages, messages/image-messages
CAPTION_MAX = 1024
FILENAME_MAX = 120
KEY_MAX = 80
PICTURE_MAX = 5 * 1024 * 1024  # business-phone-numbers/media
PDF_MAX = AUDIO_MAX = 16 * 1024 * 1024
KEPT = timedelta(days=30)  # how long what staff said waits for the customer to write; longer than a template is answered
# A thread in which both have long been silent is over, without a word.
QUIET = timedelta(hours=24)
ROOM = "threads"
SOUNDS = {"audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr"}
KINDS = {"image/jpeg": "image", "image/png": "image", "application/pdf": "document"} | dict.fromkeys(SOUNDS, "audio")
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"} | SOUNDS
MOST_BYTES = {"image": PICTURE_MAX, "document": PDF_MAX, "audio": AUDIO_MAX}
# What stands for an answer outside the window: it only announces it, and the answer waits however long that takes.
NOTICE = {"kind": "person_answers", "about": "support", "whole": False, "money": True}
ASKS_TO_WRITE = "answer_waits"
ONCE_MORE = ":again-"  # in the key of an answer that is sent once more

_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_NO_FILENAME = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

SAY = """
INSERT INTO outbox ("customerId", "inboxId", payload, status, "expiresAt", "nextTryAt", reason, notice, "staffId", "staffKey", "mediaRow")
VALUES (%(customer)s, %(event)s, %(payload)s, %(status)s, %(until)s, %(due)s, %(why)s, %(notice)s, %(staff)s, %(key)s, %(media)s)
RETURNING id
"""
ANSWERED = """
UPDATE handovers SET "assigneeId" = %(staff)s, "assignedAt" = COALESCE("assignedAt", %(now)s), "waitingSince" = NULL,
    "answeredAt" = %(now)s, "answeredBy" = %(staff)s, answers = answers + 1
WHERE id = %(id)s
"""
# A message that was left, or a request about data, becomes a talk by being answered.
TALK = """
UPDATE handovers SET reason = 'asked' WHERE id = %s AND reason = 'message' RETURNING id
"""
OPEN_TALK = """
INSERT INTO handovers ("customerId", reason, "openedAt") VALUES (%s, 'asked', %s) RETURNING id
"""


def reply(staff: Staff, customer_id: int, text: str, key: str, now: datetime) -> str:
    """Says something; gives the key of its line. The same `key` again gives the same line. Enqueue `deliver` after the commit.

    Raises Refused: right, unknown, not_open, taken_by, window_closed (stopped), too_long (most), empty.
    """
    body = _words(text, TEXT_MAX)
    if not body:
        raise Refused("empty")
    with connection().transaction():
        held = _answering(staff, customer_id, key)
        if isinstance(held, str):
            return held
        if not held.window_open(now):
            raise Refused("window_closed", stopped=held.stopped)
        row = _say(staff, held, _text(body), key, now)
        _answered(staff, held, now, "thread_answered", row, len(body))
    return f"out{row}"


def ask_to_write(staff: Staff, customer_id: int, text: str, key: str, now: datetime) -> str:
    """Outside the window: `text` waits, and a template asks the customer to write (once until they do). Inside it: `reply`.

    Enqueue `converse` after the commit. Raises as `reply`; window_closed where the customer said `stop`, so no template goes.
    """
    body = _words(text, TEXT_MAX)
    if not body:
        raise Refused("empty")
    with connection().transaction():
        held = _answering(staff, customer_id, key)
        if isinstance(held, str):
            return held
        if held.window_open(now):
            row = _say(staff, held, _text(body), key, now)
        elif held.stopped:
            raise Refused("window_closed", stopped=True)
        else:
            told = json.dumps({"name": ASKS_TO_WRITE, "data": {}})
            event = connection().execute(
                """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
                   VALUES ('house', %s, %s, 'happened', %s) RETURNING id""",
                (f"{ASKS_TO_WRITE}:{_key(staff, key)}", held.customer_id, told),
            )
            number = (event.fetchone() or (None,))[0]
            row = _say(staff, held, _text(body), key, now, status="held", event=number)
        _answered(staff, held, now, "thread_answered", row, len(body))
    return f"out{row}"


def send_file(staff: Staff, customer_id: int, content: bytes, filename: str, caption: str, key: str, now: datetime) -> str:
    """A picture (JPEG, PNG), a PDF or a voice note (Ogg with Opus, MP3, M4A, AAC, AMR); gives the key of its line.

    It waits in its place until it was handed to Meta. A voice note has no caption: its words follow it as a line of their own.
    Raises as `reply`, and bad_file (why: empty, too_big, kind), Away and Locked of the vault.
    """
    kind = _checked(content, filename)
    words = _words(caption, CAPTION_MAX)
    with connection().transaction():
        held = _sending(staff, customer_id, key, now)
    if isinstance(held, str):
        return held
    name = new_name(ROOM, utcnow())
    vault().write(name, content)  # before its row, and with nobody waiting for it
    with connection().transaction():
        held = _sending(staff, customer_id, key, now)  # what was sent twice at once is found here, and the second file is garbage
        if isinstance(held, str):
            return held
        caption = "" if KINDS[kind] == "audio" else words
        media = _kept(held, kind, content, name, _filename(filename, kind), caption, now)
        row = _say(staff, held, _file(kind, _filename(filename, kind), caption), key, now, media=media)
        if words and not caption:
            _say(staff, held, _text(words), f"{key} words", now)
        connection().execute("""INSERT INTO thread_files ("mediaRow", "outboxId") VALUES (%s, %s)""", (media, row))
        _answered(staff, held, now, "thread_file_sent", row, len(content))
    return f"out{row}"


def _sending(staff: Staff, customer_id: int, key: str, now: datetime) -> Held | str:
    held = _answering(staff, customer_id, key)
    if isinstance(held, Held) and not held.window_open(now):
        raise Refused("window_closed", stopped=held.stopped)
    return held


def _answering(staff: Staff, customer_id: int, key: str) -> Held | str:
    """The thread to speak in, locked; or the line that this key has made already."""
    if not key or len(key) > KEY_MAX:
        raise Refused("unknown")
    said = """SELECT id FROM outbox WHERE "staffKey" = %s"""
    row = connection().execute(said, (_key(staff, key),)).fetchone()
    if row is None:
        try:
            held = hold(staff, customer_id)
        except Refused:
            row = connection().execute(said, (_key(staff, key),)).fetchone()
            if row is None:
                raise
    row = row or connection().execute(said, (_key(staff, key),)).fetchone()  # said while we waited for the lock
    if row is not None:
        return f"out{row[0]}"
    mine(staff, held)
    return held


def _say(
    staff: Staff,
    held: Held,
    payload: dict[str, Any],
    key: str,
    now: datetime,
    *,
    status: str = "queued",
    event: int | None = None,
    media: int | None = None,
) -> int:
    values = {
        "customer": held.customer_id,
        "event": event,
        "payload": json.dumps(payload),
        "status": status,
        "until": now + KEPT,
        # A file leaves when it is at Meta; until then what was said after it waits behind it.
        "due": now + KEPT if media else None,
        "why": "waits for the customer to write" if status == "held" else "",
        "notice": json.dumps(NOTICE),
        "staff": staff.id,
        "key": _key(staff, key),
        "media": media,
    }
    return int((connection().execute(SAY, values).fetchone() or (0,))[0])


def _answered(staff: Staff, held: Held, now: datetime, act: str, row: int, length: int) -> None:
    thread = held.id
    if not held.talking:
        found = connection().execute(TALK, (held.id,)).fetchone()
        found = found or connection().execute(OPEN_TALK, (held.customer_id, now)).fetchone()
        thread = int((found or (held.id,))[0])
        connection().execute(
            """UPDATE customers SET "withAgentSince" = COALESCE("withAgentSince", %s), "updatedAt" = %s WHERE id = %s""",
            (now, now, held.customer_id),
        )
        if held.window_open(now):  # else what is said first is that somebody has answered
            inbox.add_event(held.customer_id, "person_writes", f"person_writes:{thread}", {"thread": thread})
    connection().execute(ANSWERED, {"staff": staff.id, "now": now, "id": thread})
    timers.start(RETURN, held.customer_id, now + QUIET, now)
    moved(held.customer_id)
    audit.note(staff, act, "thread", thread, held.customer_id, {"line": row, "length": length})


# --------------------------------------------------------------------------------------------------- what is sent


def _text(body: str) -> dict[str, Any]:
    return _message("text", {"preview_url": False, "body": body})


def _file(kind: str, filename: str, caption: str) -> dict[str, Any]:
    content = ({"caption": caption} if caption else {}) | ({"filename": filename} if KINDS[kind] == "document" else {})
    return _message(KINDS[kind], content)


def _message(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """As `worker.whatsapp.outbound` builds it, but for the address: whoever sends it puts the present one in."""
    return {"messaging_product": "whatsapp", "recipient_type": "individual", "type": kind, kind: content}


def _words(text: str, most: int) -> str:
    """What may be sent of it. Raises Refused: too_long."""
    words = _UNSENDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(words.encode("utf-16-le")) // 2 > most:
        raise Refused("too_long", most=most)
    return words


def _checked(content: bytes, filename: str) -> str:
    kind = sendable(content, filename)
    if not content:
        raise Refused("bad_file", why="empty")
    if kind not in KINDS:
        raise Refused("bad_file", why="kind")
    if len(content) > MOST_BYTES[KINDS[kind]]:
        raise Refused("bad_file", why="too_big")
    if kind == "application/pdf" and (why := pdf_files.refusal(content)):
        raise Refused("bad_file", why=why)
    return kind


def _filename(given: str, kind: str) -> str:
    stem = _NO_FILENAME.sub(" ", re.split(r"[/\\]", given)[-1])
    stem = " ".join(stem.split()).removesuffix(ENDINGS[kind]).strip(". ")[:FILENAME_MAX]
    return (stem or "file") + ENDINGS[kind]


def _kept(held: Held, kind: str, content: bytes, name: str, filename: str, caption: str, now: datetime) -> int:
    row = (
        connection()
        .execute(
            """INSERT INTO media ("customerId", kind, "mediaId", "mimeType", caption, filename, sha256, purpose, "createdAt",
               "storedAs", "storedAt", size, "contentType")
           VALUES (%s, %s, %s, %s, %s, %s, %s, 'staff', %s, %s, %s, %s, %s) RETURNING id""",
            (
                *(held.customer_id, KINDS[kind], f"staff:{name.rpartition('/')[2]}", kind, caption, filename),
                *(hashlib.sha256(content).hexdigest(), now, name, now, len(content), kind),
            ),
        )
        .fetchone()
    )
    return int((row or (0,))[0])


def _key(staff: Staff, key: str) -> str:
    """One's own; but what did not arrive is sent once more by one of all."""
    return key if ONCE_MORE in key else f"{staff.id}:{key}"
