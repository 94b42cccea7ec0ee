"""Files the house makes itself or keeps sealed, made or opened and uploaded at the moment they are sent.

A `Document` whose source is `calendar:61204` or `result:L61204` waits in the outbox as just that. Its upload is tried again like a
send; when it goes on failing, a sentence leaves in its place, so that nothing behind it waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from models import visits
from models.base import connection, unit
from models.conversations import Claim
from models.vault import Away, Gone, Locked, vault
from models.visits import own_results
from settings import current
from worker import house, sentry
from worker.errors import GatewayError
from worker.flows.subjects import visit_name
from worker.flows.wording import clock, say
from worker.logs import log
from worker.whatsapp.errors import RETRYABLE, STOP_SENDER

UPLOADS_MAX = 3
# A phone tells a calendar file by its name. Among the types WhatsApp takes for documents there is none for calendars
# (business-phone-numbers/media, read November 2026).
MIME_TYPE = "text/plain"


class Made(NamedTuple):
    """The bytes, or how they are had with no database held; and what is said where they cannot be sent."""

    content: bytes | Callable[[], bytes]
    instead: str
    mime_type: str = MIME_TYPE


def needed(payload: Mapping[str, Any]) -> bool:
    """Whether this payload holds a file that is still to be made."""
    return _source(payload)[0] in MAKERS


def ready(held: Claim, payload: dict[str, Any], attempts: int) -> dict[str, Any]:
    """The payload with the id of the uploaded file, or with a sentence instead. Raises GatewayError for an upload worth another try.

    The upload ends within half a lease, like a send, and the database is heard of after it.
    """
    kind, name = _source(payload)
    with unit(house.UNIT_S):
        made = MAKERS[kind](held.customer_id, name)
    held.touch()
    if made is None:
        return _instead(payload, say("result.none" if kind == RESULT else "booking.done_bare"))
    limits = house.upload_limits()
    try:
        content = made.content if isinstance(made.content, bytes) else made.content()
        media_id = house.whatsapp().upload(content, made.mime_type, filename=str(payload["document"]["filename"]), limits=limits)
    except (Gone, Locked) as e:
        log().error("outbox.no_file", kind=kind, code=type(e).__name__)
        sentry.alarm("sealed file not to be had", kind=kind, code=type(e).__name__)
        return _instead(payload, made.instead)
    except GatewayError as e:
        if e.klass == STOP_SENDER:
            raise
        if attempts < UPLOADS_MAX:
            raise GatewayError(
                retryable=True,
                code=e.code,
                detail=e.detail,
                klass=RETRYABLE,
                retry_after_s=e.retry_after_s,
                max_tries=UPLOADS_MAX,
            ) from e
        log().warning("outbox.no_file", kind=kind, code=e.code)
        return _instead(payload, made.instead)
    with unit(house.UNIT_S):
        connection().execute("SELECT")
    held.touch()
    return payload | {"document": payload["document"] | {"id": media_id}}


def _source(payload: Mapping[str, Any]) -> tuple[str, str]:
    document = payload.get("document")
    source = str(document.get("id", "")) if isinstance(document, dict) else ""
    kind, _, name = source.partition(":")
    return kind, name


def _instead(payload: dict[str, Any], sentence: str) -> dict[str, Any]:
    kept = {key: value for key, value in payload.items() if key != "document"}
    return kept | {"type": "text", "text": {"preview_url": False, "body": sentence}}


def _calendar(customer_id: int, number: str) -> Made | None:
    visit = visits.visit(customer_id, number)
    if visit is None:
        return None
    at = visit.starts_at.astimezone(ZoneInfo(visit.zone))
    what = say("visit.line", title=visit_name(visit), when=f"{at:%d/%m/%Y} {clock(at)}")
    return Made(visits.calendar(visit, current().pharmacy_name), say("booked.no_file", what=what))


def _result(customer_id: int, number: str) -> Made | None:
    """The result as it is now: one that was replaced meanwhile is not sent any more."""
    name = own_results.stored_as(customer_id, number)
    return Made(lambda: _opened(name), say("result.no_file"), "application/pdf") if name else None


def _opened(name: str) -> bytes:
    try:
        return vault().get(name)
    except Away as e:
        raise GatewayError(retryable=True, code="vault_away", detail="", klass=RETRYABLE) from e


RESULT = "result"
MAKERS: Mapping[str, Callable[[int, str], Made | None]] = {"calendar": _calendar, RESULT: _result}
