"""The way to a payment provider against a server that does what it likes: every failure says whether something may have been done."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from settings import read
from tests.payment_payloads import FLUTTERWAVE_KEY, PAYSTACK_KEY
from tests.whatsapp_peer import answer, certificate, peer, reset
from worker.errors import GatewayError
from worker.gateways import http
from worker.gateways.accounts import gateways
from worker.gateways.flutterwave import Flutterwave
from worker.gateways.http import ANSWER_MAX, Http, mode_of
from worker.gateways.paystack import Paystack

Act = Callable[[socket.socket, bytes], bool | None]
LIVE_KEY = "sk_live_0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def made() -> Iterator[list[Http]]:
    """What a test opened, closed after it."""
    opened: list[Http] = []
    yield opened
    for each in opened:
        each.close()


def call(url: str, made: list[Http], method: str, **more: Any) -> http.Answer:
    way = Http(url, PAYSTACK_KEY, **{"total_s": 2.0, "silence": httpx.Timeout(0.6, connect=0.5), **more})
    made.append(way)
    return (
        way.get("/x", {"a": "b c"})
        if method == "GET"
        else way.post("/x", {"email": "ada@example.ng"}, of_person=("ada@example.ng", "Ada Obi"))
    )


def refusal(act: Act, made: list[Http], method: str, **more: Any) -> GatewayError:
    with peer(act) as server, pytest.raises(GatewayError) as raised:
        call(server.url, made, method, **more)
    return raised.value


def sends(content: bytes) -> Act:
    def act(connection: socket.socket, request: bytes) -> None:
        connection.sendall(content)

    return act


def cut(connection: socket.socket, request: bytes) -> bool:
    return False


def cut_hard(connection: socket.socket, request: bytes) -> bool:
    reset(connection)
    return False


def half(connection: socket.socket, request: bytes) -> bool:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"status":true')
    return False


def silent(connection: socket.socket, request: bytes) -> bool:
    connection.settimeout(3)
    connection.recv(1)  # until the other side has gone
    return False


def drips(connection: socket.socket, request: bytes) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    for _ in range(40):
        time.sleep(0.1)
        connection.sendall(b" ")
    return False


def huge(connection: socket.socket, request: bytes) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(ANSWER_MAX // 65_536 + 8):
        connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
    return False


def garbage(connection: socket.socket, request: bytes) -> bool:
    connection.sendall(b"\x16\x03\x01 not http at all\r\n\r\n")
    return False


_UNSURE = {
    "cut": (cut, "connection_lost"),
    "reset": (cut_hard, "connection_lost"),
    "half an answer": (half, "connection_lost"),
    "silence": (silent, "timeout"),
    "garbage": (garbage, "connection_lost"),
    "too long": (huge, "bad_answer"),
    "html": (sends(answer(200, b"<html>Welcome to the airport</html>")), "bad_answer"),
    "a list": (sends(answer(200, [])), "bad_answer"),
    "packed": (sends(answer(200, b"\x1f\x8b", Content_Encoding="gzip")), "bad_answer"),
    "500": (sends(answer(500, {"status": False})), "http_500"),
    "502 html": (sends(answer(502, b"<html>")), "http_502"),
    "503": (sends(answer(503, {"status": "error", "message": "An error occurred. Please contact support"})), "http_503"),
    "408": (sends(answer(408, b"")), "http_408"),
    "redirect": (sends(answer(302, b"", Location="http://127.0.0.1:9/login")), "http_302"),
}


@pytest.mark.parametrize("name", _UNSURE)
def test_a_post_without_a_clear_answer_is_ambiguous(name: str, made: list[Http]) -> None:
    act, code = _UNSURE[name]
    error = refusal(act, made, "POST")
    assert (error.klass, error.retryable, error.code) == ("ambiguous", False, code)


@pytest.mark.parametrize("name", _UNSURE)
def test_a_question_without_a_clear_answer_may_be_asked_again(name: str, made: list[Http]) -> None:
    act, code = _UNSURE[name]
    error = refusal(act, made, "GET")
    assert (error.klass, error.retryable, error.code) == ("retryable", True, code)


def test_a_post_is_sent_once_whatever_becomes_of_it(made: list[Http]) -> None:
    with peer(cut) as server, pytest.raises(GatewayError):
        call(server.url, made, "POST")
    assert len(server.requests) == 1


def test_a_server_that_drips_is_left_at_the_deadline(made: list[Http]) -> None:
    began = time.monotonic()
    error = refusal(drips, made, "GET", total_s=0.6)
    assert (error.code, time.monotonic() - began < 2.0) == ("timeout", True)


def test_nobody_listening_means_that_nothing_was_done(made: list[Http]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(GatewayError) as raised:
        call(f"http://127.0.0.1:{port}", made, "POST")
    assert (raised.value.klass, raised.value.retryable, raised.value.code) == ("retryable", True, "connect_failed")


def test_a_certificate_nobody_vouches_for_gets_no_request(made: list[Http], tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate(tmp_path))
    with peer(sends(answer(200, {})), tls=tls) as server, pytest.raises(GatewayError) as raised:
        call(server.url, made, "POST")
    assert (raised.value.klass, server.requests) == ("retryable", [])


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_key_stops(status: int, method: str, made: list[Http]) -> None:
    error = refusal(sends(answer(status, {"status": False, "message": "Invalid key"})), made, method)
    assert (error.klass, error.retryable, error.code, error.detail) == ("auth", False, f"http_{status}", "Invalid key")


_SOON = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"X-RateLimit-Reset": "42"}, 42, 42),
        ({"RateLimit-Reset": "1.5"}, 1.5, 1.5),
        ({"X-RateLimit-Reset": str(int(time.time()) + 600)}, 400, 600),
        ({"X-RateLimit-Reset": str((int(time.time()) + 600) * 1000)}, 400, 600),
        ({"Retry-After": _SOON}, 400, 600),
        ({"Retry-After": "99999999"}, 3600, 3600),
        ({"Retry-After": "0"}, 1, 1),
    ],
)
def test_a_limit_tells_when_it_is_lifted(headers: dict[str, str], low: float, high: float, made: list[Http]) -> None:
    error = refusal(sends(answer(429, {"status": False, "code": "rate_limited"}, **headers)), made, "POST")
    assert (error.klass, error.retryable, error.code) == ("slow_down", True, "rate_limited")
    assert error.retry_after_s is not None and low <= error.retry_after_s <= high


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"X-RateLimit-Reset": "-5"}])
def test_a_limit_without_a_readable_time_says_none(headers: dict[str, str], made: list[Http]) -> None:
    assert refusal(sends(answer(429, b"slow down", **headers)), made, "GET").retry_after_s is None


def test_what_is_about_the_request_is_handed_on(made: list[Http]) -> None:
    with peer(sends(answer(400, {"status": False, "message": "Invalid amount"}))) as server:
        found = call(server.url, made, "POST")
    assert (found.status, found.accepted, found.detail) == (400, False, "Invalid amount")


def test_the_key_goes_in_its_header_and_the_query_is_quoted(made: list[Http]) -> None:
    with peer(sends(answer(200, {"status": True}))) as server:
        call(server.url, made, "GET")
    head = server.requests[0].decode()
    assert head.startswith(("GET /x?a=b+c HTTP/1.1", "GET /x?a=b%20c HTTP/1.1"))
    assert f"Authorization: Bearer {PAYSTACK_KEY}" in head


def test_a_connection_is_kept_for_the_next_call(made: list[Http]) -> None:
    with peer(sends(answer(200, {"status": True}))) as server:
        way = Http(server.url, PAYSTACK_KEY)
        made.append(way)
        for _ in range(3):
            way.get("/x")
        assert (server.connections, len(server.requests)) == (1, 3)


def _asked_in_a_child(way: Http) -> int:
    """The exit code of a forked child that asks once more."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if way.get("/x").accepted else 2
            way.close()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_child_opens_its_own_connection_and_leaves_the_parent_its_own(made: list[Http]) -> None:
    with peer(sends(answer(200, {"status": True}))) as server:
        way = Http(server.url, PAYSTACK_KEY)
        made.append(way)
        way.get("/x")
        assert _asked_in_a_child(way) == 0
        way.get("/x")
        assert (server.connections, len(server.requests)) == (2, 3)


# ------------------------------------------------------------------------------------------------------- keys and secrets


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        (PAYSTACK_KEY, "test"),
        (LIVE_KEY, "live"),
        (FLUTTERWAVE_KEY, "test"),
        ("FLWSECK-0123456789abcdef-X", "live"),
        ("pk_live_0123", None),
        ("FLWPUBK_TEST-0123-X", None),
        ("", None),
        ("sk_live_a\nb", None),
        ("sk_live_₦", None),
    ],
)
def test_a_key_tells_its_mode(key: str, mode: str | None) -> None:
    assert mode_of(key) == mode


def test_a_live_key_never_travels_in_the_open() -> None:
    with pytest.raises(ValueError, match="https"):
        Http("http://127.0.0.1:1", LIVE_KEY)


@pytest.mark.parametrize(
    "make",
    [lambda: Paystack.of(FLUTTERWAVE_KEY), lambda: Flutterwave.of(PAYSTACK_KEY), lambda: Http("https://x.example", "word")],
)
def test_a_key_of_somebody_else_is_refused_without_being_repeated(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError) as raised:
        make()
    assert not any(secret in str(raised.value) for secret in (FLUTTERWAVE_KEY, PAYSTACK_KEY, "word"))


def test_the_accounts_are_those_with_a_key() -> None:
    bare = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    assert gateways(read(bare)) == {}
    both = gateways(read(bare | {"PAYSTACK_SECRET_KEY": LIVE_KEY, "FLUTTERWAVE_SECRET_KEY": "FLWSECK-0123456789abcdef-X"}))
    assert {name: gateway.mode for name, gateway in both.items()} == {"paystack": "live", "flutterwave": "live"}


def test_a_message_loses_what_it_repeats_of_the_customer(made: list[Http]) -> None:
    said = "Customer ADA OBI (ada@example.ng, +234 803 123 4567) has a bad email; key sk_test_abcdef"
    with peer(sends(answer(422, {"message": said}))) as server:
        detail = call(server.url, made, "POST").detail
    assert not any(word in detail.lower() for word in ("ada", "obi", "803", "sk_test"))
    assert "has a bad email" in detail


@pytest.mark.parametrize("act", [cut, silent, sends(answer(500, b"x"))], ids=["cut", "silent", "500"])
def test_neither_errors_nor_logs_have_the_key_or_the_customer(
    act: Act, made: list[Http], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    error: BaseException | None = refusal(act, made, "POST")
    told = caplog.text
    while error is not None:
        told += f"{error!r} {error}"
        error = error.__cause__
    assert not any(secret in told for secret in (PAYSTACK_KEY, "ada@example.ng", "Ada"))


def test_nothing_shows_the_key(made: list[Http]) -> None:
    way = Http("https://api.paystack.co", LIVE_KEY)
    assert LIVE_KEY not in repr(way) + repr(Paystack(way))
