from __future__ import annotations

import base64
import hashlib
import os
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.test_whatsapp_client import FILE, sends, whatsapp
from tests.whatsapp_peer import Peer, answer, peer
from worker.errors import GatewayError


def graph_with_media(meta_url: Callable[[], str], **more: Any) -> Callable[[socket.socket, bytes], None]:
    """Answers look-ups with an address at itself, and that address with FILE."""

    def respond(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET /v26.0/"):
            found = {"url": f"{meta_url()}/file?mid=1&x=a%2Fb", "mime_type": "image/png", "id": "77", "file_size": str(len(FILE))}
            connection.sendall(answer(body=found | more))
        else:
            connection.sendall(answer(body=FILE))

    return respond


def downloaded(meta: Peer, max_bytes: int = 10_000, **more: Any) -> bytes:
    client = whatsapp(meta.url)
    try:
        return client.download("77", max_bytes, **more)
    finally:
        client.close()


DIGEST = hashlib.sha256(FILE).digest()
DIGEST_BASE64 = base64.b64encode(DIGEST).decode()


@pytest.mark.parametrize(
    "digest",
    ["", "no digest", DIGEST.hex(), DIGEST.hex().upper(), DIGEST_BASE64, DIGEST_BASE64.translate(str.maketrans("+/", "-_", "="))],
)
def test_a_file_is_looked_up_and_fetched_and_its_digest_compared_in_either_form(digest: str) -> None:
    with peer(graph_with_media(lambda: meta.url, sha256=digest)) as meta:
        assert downloaded(meta, sha256=digest) == FILE
    lookup, fetch = meta.requests
    assert lookup.startswith(b"GET /v26.0/77?phone_number_id=1098 HTTP/1.1")
    assert fetch.startswith(b"GET /file?mid=1&x=a%2Fb HTTP/1.1")
    assert all(b"Authorization: Bearer EAAsecret" in request for request in meta.requests)


def test_a_file_with_another_digest_is_not_used() -> None:
    with peer(graph_with_media(lambda: meta.url, sha256="0" * 64)) as meta, pytest.raises(GatewayError) as raised:
        downloaded(meta)
    assert (raised.value.code, raised.value.retryable) == ("media_checksum", True)


@pytest.mark.parametrize("said", [str(len(FILE)), "0", None])
def test_a_file_that_is_too_big_is_left_whatever_size_was_said(said: str | None) -> None:
    with peer(graph_with_media(lambda: meta.url, file_size=said)) as meta, pytest.raises(GatewayError) as raised:
        downloaded(meta, max_bytes=100)
    assert (raised.value.code, raised.value.klass) == ("media_too_big", "bad_content")


def test_a_stale_address_is_looked_up_once_more_and_then_given_up() -> None:
    def respond(connection: socket.socket, request: bytes) -> None:
        fetches = sum(1 for r in meta.requests if r.startswith(b"GET /file"))
        if request.startswith(b"GET /file") and fetches <= stale:
            connection.sendall(answer(404))
        else:
            graph_with_media(lambda: meta.url)(connection, request)

    stale = 1
    with peer(respond) as meta:
        assert downloaded(meta) == FILE
    assert len(meta.requests) == 4
    stale = 9
    with peer(respond) as meta, pytest.raises(GatewayError) as raised:
        downloaded(meta)
    assert (raised.value.code, len(meta.requests)) == ("media_gone", 4)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "https://evilfbsbx.com/x",
        "https://lookaside.fbsbx.com@127.0.0.1/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://127.0.0.1#.fbsbx.com/x",
        "https://127.0.0.1\\.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "http://lookaside.fbsbx.com/x",
        "http://127.0.0.1:9/latest/meta-data",
        "https://[::1]/x",
        "https://lookaside.fbsbx.com:port/x",
        "file:///etc/passwd",
    ],
)
def test_the_token_goes_to_no_other_host(url: str) -> None:
    with peer(sends(answer(body={"url": url}))) as meta, pytest.raises(GatewayError) as raised:
        downloaded(meta)
    assert (raised.value.code, raised.value.klass) == ("media_host", "bad_content")
    assert len(meta.requests) == 1


def test_a_redirecting_file_is_not_followed() -> None:
    with peer(sends(answer(body=FILE))) as other:

        def respond(connection: socket.socket, request: bytes) -> None:
            if request.startswith(b"GET /file"):
                connection.sendall(answer(302, Location=f"{other.url}/elsewhere"))
            else:
                graph_with_media(lambda: meta.url)(connection, request)

        with peer(respond) as meta, pytest.raises(GatewayError) as raised:
            downloaded(meta)
    assert raised.value.code == "media_redirect"
    assert other.requests == []


@pytest.mark.parametrize("media_id", ["", "..", "../1098/messages", "77?x=1", "77/../../x", "a b", "7" * 300])
def test_a_media_id_cannot_become_another_path(media_id: str) -> None:
    client = whatsapp("http://127.0.0.1:9")
    with pytest.raises(GatewayError, match="media_id"):
        client.media_url(media_id)


def test_a_media_id_meta_does_not_know_is_gone_and_stops_nobody() -> None:
    gone = answer(400, {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request."}})
    with peer(sends(gone)) as meta, pytest.raises(GatewayError) as raised:
        downloaded(meta)
    assert (raised.value.code, raised.value.klass) == ("media_gone", "bad_content")


def test_an_uploaded_file_arrives_whole_and_gives_its_id() -> None:
    content = os.urandom(300_000)
    with peer(sends(answer(body={"id": "4490709327384033"}))) as meta:
        client = whatsapp(meta.url)
        assert client.upload(content, "image/png", filename="a.png") == "4490709327384033"
        client.close()
    assert content in meta.requests[0]
    assert b'name="messaging_product"\r\n\r\nwhatsapp' in meta.requests[0]


def test_a_receiver_that_stops_reading_does_not_hold_an_upload_for_ever() -> None:
    def greet(connection: socket.socket) -> bool:
        time.sleep(2.5)
        return False

    with peer(sends(b""), greet=greet) as meta:
        client = whatsapp(meta.url)
        began = time.monotonic()
        with pytest.raises(GatewayError) as raised:
            client.upload(b"x" * 20_000_000, "image/png")
        took_s = time.monotonic() - began
        client.close()
    assert took_s < 2.0
    assert raised.value.code == "timeout"
