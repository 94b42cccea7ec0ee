"""Files the house makes: uploaded when they are sent, tried again, and a sentence in their place when that fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models import base
from models.vault import Gone, Locked
from tests.factories import a_customer
from worker import broker, conversation, generated, house
from worker.errors import GatewayError
from worker.flows.step import Document, Text
from worker.whatsapp import outbound
from worker.whatsapp.errors import RETRYABLE

TOKEN = {"WHATSAPP_ACCESS_TOKEN": "t", "WHATSAPP_PHONE_NUMBER_ID": "1"}
UNREACHED = GatewayError(retryable=True, code="vault_away", detail="", klass=RETRYABLE)
FILE = Document("calendar:61204", "appointment-61204.ics", "Tap to put it into your calendar.")


class Peer:
    """A WhatsApp that refuses as many uploads as it is told to."""

    def __init__(self) -> None:
        self.refusals: list[GatewayError] = []
        self.uploads: list[tuple[bytes, str, str]] = []
        self.sent: list[dict[str, Any]] = []

    def upload(self, content: bytes, mime_type: str, *, filename: str, limits: object = None) -> str:
        self.uploads.append((content, mime_type, filename))
        if self.refusals:
            raise self.refusals.pop(0)
        return "media-7"

    def send(self, payload: dict[str, Any]) -> Any:
        self.sent.append(payload)
        return type("Accepted", (), {"wamid": f"wamid.{len(self.sent)}"})


@pytest.fixture
def peer(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    from settings import current

    for name, value in (TOKEN | {"DATABASE_URL": database_url, "REDIS_URL": redis_url}).items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    base.bind(database_url)
    made = broker.connect(redis_url)
    found = Peer()
    # The client's own behaviour is tested over HTTP elsewhere; here its outcomes are chosen one by one.
    monkeypatch.setattr(house, "whatsapp", lambda: found)
    monkeypatch.setattr(
        generated, "MAKERS", {"calendar": lambda customer, number: generated.Made(b"BEGIN:VCALENDAR", f"Note {number}")}
    )
    yield found
    base.drop_connection()
    made.client.close()
    current.cache_clear()


def said(customer: int) -> None:
    """The file and a text behind it wait in the outbox."""
    for reply in (FILE, Text("behind it")):
        payload = outbound.build(reply, number="2348031234567", bsuid=None, callback="0")
        base.connection().execute(
            """INSERT INTO outbox ("customerId", payload, status, "expiresAt") VALUES (%s, %s, 'queued', now() + interval '1 hour')""",
            (customer, json.dumps(payload)),
        )


def served(customer: int, times: int = 1) -> None:
    for _ in range(times):
        base.connection().execute("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
        conversation.serve(customer)


def unreachable() -> GatewayError:
    return GatewayError(retryable=True, code="http_503", detail="", klass="slow_down", scope="sender")


def test_a_file_is_uploaded_when_it_is_sent_and_goes_by_its_id(peer: Peer) -> None:
    customer = a_customer()
    said(customer)

    served(customer)

    assert peer.uploads == [(b"BEGIN:VCALENDAR", "text/plain", "appointment-61204.ics")]
    assert peer.sent[0]["document"] == {"id": "media-7", "filename": "appointment-61204.ics", "caption": FILE.caption}


def test_a_failed_upload_is_tried_again_and_keeps_the_order(peer: Peer) -> None:
    customer = a_customer()
    said(customer)
    peer.refusals = [unreachable()]

    served(customer)
    waiting = list(peer.sent)
    served(customer)

    assert waiting == []
    assert [payload["type"] for payload in peer.sent] == ["document", "text"]


def test_an_upload_that_goes_on_failing_becomes_a_sentence_and_blocks_nothing(peer: Peer) -> None:
    customer = a_customer()
    said(customer)
    peer.refusals = [unreachable() for _ in range(9)]

    served(customer, times=3)

    assert [payload["text"]["body"] for payload in peer.sent] == ["Note 61204", "behind it"]
    assert len(peer.uploads) == generated.UPLOADS_MAX


RESULT = Document("result:L7", "lab-result-L7.pdf")


def result_waits(customer: int, content: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    made = generated.Made(content, "Type *my result* to try again.", "application/pdf")
    # What the vault does is chosen here; that its own files come out of it is tested where they are put in.
    monkeypatch.setattr(generated, "MAKERS", {"result": lambda customer, number: made})
    payload = outbound.build(RESULT, number="2348031234567", bsuid=None, callback="0")
    base.connection().execute(
        """INSERT INTO outbox ("customerId", payload, status, "expiresAt") VALUES (%s, %s, 'queued', now() + interval '1 hour')""",
        (customer, json.dumps(payload)),
    )


def test_a_sealed_file_leaves_as_what_it_is(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = a_customer()
    result_waits(customer, lambda: b"%PDF-1.7", monkeypatch)

    served(customer)

    assert peer.uploads == [(b"%PDF-1.7", "application/pdf", "lab-result-L7.pdf")]


@pytest.mark.parametrize(("trouble", "times"), [(Gone(), 1), (Locked(), 1), (UNREACHED, 3)])
def test_a_sealed_file_that_cannot_be_had_becomes_a_sentence(
    trouble: Exception, times: int, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises() -> bytes:
        raise trouble

    customer = a_customer()
    result_waits(customer, raises, monkeypatch)

    served(customer, times)

    assert [payload["text"]["body"] for payload in peer.sent] == ["Type *my result* to try again."]
