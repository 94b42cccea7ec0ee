from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.whatsapp_peer import answer, certificate, peer, reset
from worker.errors import GatewayError
from worker.whatsapp.client import Accepted, WhatsApp
from worker.whatsapp.transport import Limits

PAYLOAD = {"messaging_product": "whatsapp", "to": "+2348031234567", "type": "text", "text": {"body": "₦500 😀"}}
ACCEPTED = answer(body={"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": "wamid.A1"}]})
QUICK = Limits(connect_s=0.5, read_s=0.4, total_s=0.8, idle_s=5.0, max_bytes=10_000)
FILE = b"\x89PNG picture bytes" * 40


def whatsapp(url: str, **more: Any) -> WhatsApp:
    return WhatsApp(url, "v26.0", "1098", "EAAsecret", **({"limits": QUICK, "media_limits": QUICK} | more))


def sends(data: bytes) -> Callable[[socket.socket, bytes], bool | None]:
    def respond(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)

    return respond


def refusal(url: str, **more: Any) -> GatewayError:
    """What sending one message raises."""
    client = whatsapp(url, **more)
    try:
        with pytest.raises(GatewayError) as raised:
            client.send(PAYLOAD)
    finally:
        client.close()
    return raised.value


# --------------------------------------------------------------------------------------------------------------- accepted


def test_an_accepted_message_gives_its_id_and_was_asked_for_with_the_token() -> None:
    with peer(sends(ACCEPTED)) as meta:
        client = whatsapp(meta.url)
        assert client.send(PAYLOAD) == Accepted("wamid.A1")
        client.close()
    head = meta.requests[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /v26.0/1098/messages HTTP/1.1\r\n")
    assert b"Authorization: Bearer EAAsecret" in head
    assert meta.bodies() == [PAYLOAD]
    assert b"accept-encoding: gzip" not in head.lower()


def test_messages_in_a_row_use_one_connection() -> None:
    with peer(sends(ACCEPTED)) as meta:
        client = whatsapp(meta.url)
        for _ in range(20):
            client.send(PAYLOAD)
        client.close()
    assert (meta.connections, len(meta.requests)) == (1, 20)


def test_threads_share_the_client_and_every_message_is_sent_once() -> None:
    with peer(sends(ACCEPTED)) as meta:
        client = whatsapp(meta.url)
        threads = [threading.Thread(target=lambda: [client.send(PAYLOAD) for _ in range(10)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        client.close()
    assert len(meta.requests) == 80
    assert meta.connections <= 8


def test_a_forked_child_does_not_use_its_parents_connections() -> None:
    with peer(sends(ACCEPTED)) as meta:
        client = whatsapp(meta.url)
        client.send(PAYLOAD)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forking with threads: it is the point
            pid = os.fork()
        if pid == 0:
            try:
                client.send(PAYLOAD)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0
        client.send(PAYLOAD)
        client.close()
    assert (meta.connections, len(meta.requests)) == (2, 3)


def test_over_tls_connections_are_kept_and_deadlines_hold_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with peer(lambda c, r: drips(c, r) if len(meta.requests) > 2 else c.sendall(ACCEPTED), tls=context) as meta:
        client = whatsapp(meta.url)
        assert [client.send(PAYLOAD) for _ in range(2)] == [Accepted("wamid.A1")] * 2
        with pytest.raises(GatewayError) as raised:
            client.send(PAYLOAD)
        client.close()
    assert (raised.value.klass, raised.value.code, meta.connections) == ("ambiguous", "timeout", 1)


def test_a_certificate_nobody_vouches_for_gets_neither_token_nor_message(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with peer(sends(ACCEPTED), tls=context) as meta:
        error = refusal(meta.url)
    assert (error.klass, error.code, meta.requests) == ("retryable", "tls_failed", [])


def test_the_token_shows_in_no_representation() -> None:
    assert "EAAsecret" not in repr(whatsapp("http://127.0.0.1:1"))


# ------------------------------------------------------------------------------------ it did not leave: safe to ask again


def test_a_refused_connection_is_safe_to_retry() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    error = refusal(url)
    assert (error.klass, error.retryable, error.code) == ("retryable", True, "connect_failed")


def crowd(listener: socket.socket, waiting: contextlib.ExitStack) -> None:
    """Connects to it until nobody gets through any more. Room is counted when a handshake has ended, which under load is later than
    the next one's beginning: so it is full for certain only when one of our own has waited in vain."""
    for _ in range(20):
        one = waiting.enter_context(socket.socket())
        one.settimeout(0.3)
        try:
            one.connect(listener.getsockname())
        except TimeoutError:
            return
    raise AssertionError("a queue of no length took twenty")


def test_a_connection_nobody_accepts_ends_in_time_and_is_safe_to_retry() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        crowd(listener, waiting)
        began = time.monotonic()
        error = refusal(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert (error.klass, error.code) == ("retryable", "connect_timeout")
    assert time.monotonic() - began < 10  # by its limit of half a second; the system's own is two minutes


def test_a_failed_tls_handshake_is_safe_to_retry() -> None:
    def greet(connection: socket.socket) -> bool:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 this is no TLS\r\n\r\n")
        return False

    with peer(sends(b""), greet=greet) as meta:
        error = refusal(meta.url.replace("http://", "https://"))
    assert (error.klass, error.code) == ("retryable", "tls_failed")


@pytest.mark.parametrize("end", [socket.socket.close, reset], ids=["closed", "reset"])
def test_a_kept_connection_the_other_side_ended_meanwhile_is_replaced_unnoticed(end: Callable[[socket.socket], None]) -> None:
    answer_read, ended = threading.Event(), threading.Event()

    def respond(connection: socket.socket, request: bytes) -> bool | None:
        connection.sendall(ACCEPTED)
        if len(meta.requests) > 1:
            return None
        answer_read.wait(5)
        end(connection)
        ended.set()
        return False

    with peer(respond) as meta:
        client = whatsapp(meta.url)
        client.send(PAYLOAD)
        answer_read.set()
        ended.wait(5)
        assert client.send(PAYLOAD) == Accepted("wamid.A1")
        client.close()
    assert (meta.connections, len(meta.requests)) == (2, 2)


def test_a_connection_idle_for_long_is_not_trusted_again() -> None:
    with peer(sends(ACCEPTED)) as meta:
        client = whatsapp(meta.url, limits=Limits(idle_s=0.05))
        client.send(PAYLOAD)
        time.sleep(0.1)
        client.send(PAYLOAD)
        client.close()
    assert meta.connections == 2


# -------------------------------------------------------------------------------------------------- a definite refusal


@pytest.mark.parametrize(
    ("status", "code", "klass", "retryable"),
    [
        (400, 131047, "needs_template", False),
        (400, 131056, "slow_down", True),
        (401, 190, "stop_sender", False),
        (500, 131000, "retryable", True),
        (400, 131026, "bad_recipient", False),
        (200, 131047, "needs_template", False),
    ],
)
def test_a_refusal_of_meta_is_classified_by_its_code(status: int, code: int, klass: str, retryable: bool) -> None:
    with peer(sends(answer(status, {"error": {"code": code, "message": "no"}}, Retry_After="9"))) as meta:
        error = refusal(meta.url)
    assert (error.klass, error.code, error.retryable, error.retry_after_s) == (klass, str(code), retryable, 9)


def test_a_refusal_that_breaks_off_is_no_acceptance() -> None:
    with peer(lambda c, _: c.sendall(answer(400, b"x" * 500)[:-300]) or False) as meta:
        error = refusal(meta.url)
    assert (error.klass, error.code) == ("retryable", "answer_cut")


def test_a_refusal_sent_before_the_whole_request_was_read_is_heard() -> None:
    def greet(connection: socket.socket) -> bool:
        connection.recv(10)
        connection.sendall(answer(400, {"error": {"code": 131009, "message": "too long"}}, Connection="close"))
        time.sleep(0.2)
        return False

    with peer(sends(b""), greet=greet) as meta:
        error = refusal(meta.url)
    assert (error.klass, error.code) == ("bad_content", "131009")


def test_redirects_are_not_followed() -> None:
    with peer(sends(ACCEPTED)) as other, peer(sends(answer(307, Location=f"{other.url}/stolen"))) as meta:
        error = refusal(meta.url)
    assert (error.klass, error.code) == ("retryable", "http_307")
    assert other.requests == []


# ---------------------------------------------------------------------------------------------------- it may have arrived


def hangs(connection: socket.socket, request: bytes) -> None:
    time.sleep(0.6)


def drips(connection: socket.socket, request: bytes) -> bool:
    for byte in ACCEPTED:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)
    return False


def drips_the_body(connection: socket.socket, request: bytes) -> bool:
    head, _, content = ACCEPTED.partition(b"\r\n\r\n")
    connection.sendall(head + b"\r\n\r\n")
    for byte in content:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)
    return False


def closes(connection: socket.socket, request: bytes) -> bool:
    return False


def resets(connection: socket.socket, request: bytes) -> bool:
    reset(connection)
    return False


MAY_HAVE_ARRIVED: list[tuple[str, Callable[[socket.socket, bytes], bool | None], str]] = [
    ("hangs", hangs, "timeout"),
    ("drips its head", drips, "timeout"),
    ("drips its body", drips_the_body, "answer_cut"),
    ("closes", closes, "connection_lost"),
    ("resets", resets, "connection_lost"),
    ("answers no HTTP", lambda c, _: c.sendall(b"SSH-2.0-OpenSSH\r\n\r\n") or False, "connection_lost"),
    ("stops in the head", lambda c, _: c.sendall(b"HTTP/1.1 200 OK\r\nContent-") or False, "no_message_id"),
    ("stops in the body", lambda c, _: c.sendall(ACCEPTED[:-9]) or False, "answer_cut"),
    ("answers without an id", sends(answer(body={"messages": []})), "no_message_id"),
    ("answers no JSON", sends(answer(body=b"<html>ok</html>")), "no_message_id"),
    ("answers nothing", sends(answer(204)), "no_message_id"),
    ("answers far too much", lambda c, _: c.sendall(answer(body=b"x" * 200_000)), "answer_cut"),
    ("never stops its head", lambda c, _: c.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5000) or False, "connection_lost"),
    ("sits behind a proxy that gave up", sends(answer(504, b"<html>gateway timeout</html>")), "http_504"),
]


@pytest.mark.parametrize(
    ("what", "behaviour", "code"), MAY_HAVE_ARRIVED, ids=[case[0].replace(" ", "_") for case in MAY_HAVE_ARRIVED]
)
def test_after_the_request_left_anything_but_an_answer_is_ambiguous(
    what: str, behaviour: Callable[[socket.socket, bytes], bool | None], code: str
) -> None:
    with peer(behaviour) as meta:
        began = time.monotonic()
        error = refusal(meta.url)
        took_s = time.monotonic() - began
    assert (error.klass, error.retryable, error.code) == ("ambiguous", False, code)
    assert len(meta.requests) == 1  # nothing asked twice behind our back
    assert took_s < 2.0


def test_after_an_ambiguous_send_the_next_one_uses_another_connection() -> None:
    asked_again = threading.Event()

    def respond(connection: socket.socket, request: bytes) -> bool | None:
        if len(meta.requests) == 1:
            connection.sendall(ACCEPTED[:-9])
            asked_again.wait(5)
        else:
            asked_again.set()
        connection.sendall(ACCEPTED)
        return None

    with peer(respond) as meta:
        client = whatsapp(meta.url)
        with pytest.raises(GatewayError):
            client.send(PAYLOAD)
        assert client.send(PAYLOAD) == Accepted("wamid.A1")
        client.close()
    assert meta.connections == 2


def test_marking_as_read_may_be_repeated_so_it_is_never_ambiguous() -> None:
    with peer(closes) as meta:
        client = whatsapp(meta.url)
        with pytest.raises(GatewayError) as raised:
            client.mark_read("wamid.1", typing=True)
        client.close()
    assert (raised.value.klass, raised.value.retryable) == ("retryable", True)
    assert meta.bodies()[0]["typing_indicator"] == {"type": "text"}
