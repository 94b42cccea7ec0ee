"""The front door over real HTTP: who is let in, with what, and what everybody else is told."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from local.simulator import inbound, wire
from tests.children import wait_until
from tests.house import SECRET, VERIFY_TOKEN, House, Said, enveloped
from tests.servers import Databases, ValkeyDatabases

pytestmark = pytest.mark.house
MAX_BODY = 3 * 1024 * 1024
FORMER = "secret-of-last-month"
TELLTALE = ("traceback", "werkzeug", "flask", "granian", "gunicorn", "python", "psycopg", "postgres")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[House]:
    """A house of which only the web process runs."""
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url:
        with House(tmp_path_factory.mktemp("door"), database_url, redis_url, WHATSAPP_APP_SECRET_PREVIOUS=FORMER) as house:
            house.start_web()
            house.ready()
            yield house


def ask(house: House, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """(status, body, headers) of one request. No answer may say what it is made with."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        found = answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()
    told = (found[1].decode("utf-8", "replace") + json.dumps(found[2])).lower()
    assert not [word for word in TELLTALE if word in told], told
    return found


def a_body(house: House) -> tuple[Said, bytes]:
    said = house.new(house.people(1)[0])
    update = inbound.message(inbound.Sender(said.number, name="Ngọzi 😀"), inbound.text(f"{said.text} 😀 / é"), id=said.id)
    return said, wire.encode(enveloped([update]))


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X_Hub_Signature_256": wire.signature(secret, body)}


def test_the_handshake_echoes_the_challenge_as_plain_text_to_who_knows_the_token(door: House) -> None:
    query = "/webhook?hub.mode=subscribe&hub.challenge=%3Cb%3E1158201444&hub.verify_token="
    status, body, headers = ask(door, "GET", query + VERIFY_TOKEN)
    assert (status, body) == (200, b"<b>1158201444")
    assert headers["content-type"].startswith("text/plain")
    for wrong in ("", "x" + VERIFY_TOKEN, "%F0%9F%98%80", "%ED%A0%80"):
        assert ask(door, "GET", query + wrong)[0] == 403
    assert ask(door, "GET", f"/webhook?hub.mode=unsubscribe&hub.verify_token={VERIFY_TOKEN}")[0] == 403
    assert ask(door, "GET", "/webhook")[0] == 403


def test_a_body_with_the_present_or_the_former_secret_is_stored_once_with_all_its_characters(door: House) -> None:
    for secret in (SECRET, FORMER):
        said, body = a_body(door)
        assert ask(door, "POST", "/webhook", body, **signed(body, secret))[0] == 200
        stored = door.rows("""SELECT payload->'text'->>'body' FROM inbox WHERE "externalId" = %s""", said.id)
        assert stored == [(f"{said.text} 😀 / é",)]


def test_a_missing_wrong_or_malformed_signature_is_refused_and_nothing_is_stored(door: House) -> None:
    said, body = a_body(door)
    right = wire.signature(SECRET, body)
    assert ask(door, "POST", "/webhook", body)[0] == 401
    assert ask(door, "POST", "/webhook", body, X_Hub_Signature="sha1=" + "0" * 40)[0] == 401
    wrong = [
        wire.signature("another secret", body),
        wire.signature("", body),
        wire.signature(SECRET, body + b" "),
        right.removeprefix("sha256="),
        right.replace("sha256", "sha1"),
        right[:-1],
        right + "0",
        right + "," + right,
        f" {right}x",
        "sha256=" + "٣" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "\xff" * 64,
        "sha256=" + "g" * 64,
        "sha256=",
        "=",
        "x" * 5000,
    ]
    for header in wrong:
        assert raw_post(door, body, header.encode("utf-8", "replace")) in (401, 403), header[:80]
    assert door.rows("""SELECT 1 FROM inbox WHERE "externalId" = %s""", said.id) == []
    assert ask(door, "POST", "/webhook", body, X_Hub_Signature_256=right.upper().replace("SHA", "sha"))[0] == 200


def raw_post(house: House, body: bytes, signature: bytes) -> int:
    """A POST whose signature header is any bytes, which no HTTP library would send."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as end:
        head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Hub-Signature-256: " + signature
        end.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = end.recv(65536)
        while more := end.recv(65536):
            answer += more
    assert not [word for word in TELLTALE if word.encode() in answer.lower()], answer
    return int(answer.split(b" ")[1])


def test_more_than_three_megabytes_are_refused_with_and_without_a_length(door: House) -> None:
    large = b'{"a":"' + b"x" * MAX_BODY + b'"}'
    assert ask(door, "POST", "/webhook", large, **signed(large))[0] == 413
    assert chunked_post(door, large) == 413
    fits = b'{"entry":[],"a":"' + b"x" * (MAX_BODY - 100) + b'"}'
    assert ask(door, "POST", "/webhook", fits, **signed(fits))[0] == 200
    said, body = a_body(door)
    assert chunked_post(door, body) == 200
    assert door.rows("""SELECT 1 FROM inbox WHERE "externalId" = %s""", said.id) == [(1,)]


def chunked_post(house: House, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=20)
    try:
        pieces = iter([body[i : i + 65536] for i in range(0, len(body), 65536)])
        headers = {"X-Hub-Signature-256": wire.signature(SECRET, body), "Transfer-Encoding": "chunked"}
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            connection.request("POST", "/webhook", pieces, headers, encode_chunked=True)
        return connection.getresponse().status
    finally:
        connection.close()


def test_signed_bodies_that_can_never_succeed_are_400_when_no_json_and_200_otherwise(door: House) -> None:
    no_json = [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}", b"hello"]
    for body in no_json:
        assert ask(door, "POST", "/webhook", body, **signed(body))[0] == 400, body[:40]
        assert ask(door, "POST", "/webhook", body, X_Hub_Signature_256="sha256=" + "0" * 64)[0] == 403
    odd = [
        b"null",
        b"[]",
        b'"text"',
        b"1e999",
        b"NaN",
        b"{}",
        b'{"entry":null}',
        b'{"entry":[null,1,{"changes":[null,{"value":[]}]}]}',
        b'{"entry":[{"changes":[{"field":"messages","value":{"messages":[null,1,"x",[]],"statuses":[null,{"id":1}]}}]}]}',
        json.dumps(enveloped([inbound.message(inbound.Sender("1" * 30), {"type": "text"}, id="\x00")])).encode(),
        json.dumps(enveloped([inbound.status("wamid.x", "sent", callback_data="9" * 400, at=-1e12)])).encode(),
        json.dumps(enveloped([inbound.status("wamid.y", "failed", errors=[{"code": 10**40, "title": ["x"]}])])).encode(),
        json.dumps(enveloped([inbound.status("i" * 5000, "\x00\ud800", callback_data="\x00")])).encode(),
        b'{"entry":[{"changes":[{"field":"messages","value":' + b'{"messages":[' * 50 + b"1" + b"]}" * 50 + b"}]}]}",
    ]
    for body in odd:
        assert ask(door, "POST", "/webhook", body, **signed(body))[0] == 200, body[:80]


def test_other_methods_and_paths_get_a_plain_sentence(door: House) -> None:
    for method, path in (("PUT", "/webhook"), ("DELETE", "/webhook"), ("GET", "/nowhere"), ("POST", "/health"), ("PATCH", "/")):
        status, _, headers = ask(door, method, path)
        assert status in (404, 405)
        assert headers["content-type"].startswith("text/plain")


def test_without_a_secret_there_is_no_webhook_rather_than_an_open_one(
    tmp_path_factory: pytest.TempPathFactory, door: House
) -> None:
    with House(tmp_path_factory.mktemp("shut"), door.database_url, door.redis_url) as shut:
        shut.start_web(WHATSAPP_APP_SECRET="", WHATSAPP_VERIFY_TOKEN="")
        shut.ready()
        said, body = a_body(shut)
        for secret in ("", SECRET):
            assert ask(shut, "POST", "/webhook", body, **signed(body, secret))[0] == 404
        assert ask(shut, "POST", "/webhook", body)[0] == 404
        assert ask(shut, "GET", "/webhook?hub.mode=subscribe&hub.challenge=1&hub.verify_token=")[0] == 404
        assert shut.rows("""SELECT 1 FROM inbox WHERE "externalId" = %s""", said.id) == []


def test_a_hundred_slow_clients_and_huge_bodies_keep_nobody_else_waiting(door: House) -> None:
    said, body = a_body(door)
    with ExitStack() as held:
        for number in range(100):
            end = held.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=5))
            if number % 2:
                end.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Slow: ")  # a head that never ends
            else:
                end.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=" + b"0" * 64)
                end.sendall(b"\r\nContent-Length: 100000\r\n\r\n{")  # a body that never ends
        with ThreadPoolExecutor(8) as pool:
            huge = pool.submit(huge_post, door)
            time.sleep(0.2)
            began = time.monotonic()
            answers = [door.post_body(body, timeout_s=3)[0] for _ in range(5)]
            took = time.monotonic() - began
            assert huge.result(20) in (0, 413)
        assert answers == [200] * 5
        assert took < 2
        assert door.get("/health")[0] == 200
    assert door.rows("""SELECT count(*) FROM inbox WHERE "externalId" = %s""", said.id) == [(1,)]
    assert resident_mb(door) < 300


def huge_post(house: House) -> int:
    """30 MB that claim to be a webhook. 0: the connection was closed before an answer could be read."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as end:
        try:
            end.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=" + b"0" * 64)
            end.sendall(b"\r\nContent-Length: 31457280\r\n\r\n")
            for _ in range(30):
                end.sendall(b"x" * 1_048_576)
            return int(end.recv(65536).split(b" ")[1])
        except (OSError, IndexError):
            return 0


def resident_mb(house: House) -> int:
    """The memory of all processes of the web room together."""
    from tests.house import group

    assert house.web
    pages = 0
    for pid in group(house.web):
        with open(f"/proc/{pid}/statm") as statm:
            pages += int(statm.read().split()[1])
    return pages * 4096 // 1_000_000


def test_health_needs_nothing_and_ready_names_what_is_missing_within_its_second(door: House) -> None:
    assert ask(door, "GET", "/ready")[0] == 200
    for wire_name, missing in (("web-database", "database"), ("web-redis", "broker")):
        for mode in ("freeze", "refuse"):
            with door.faulty(wire_name, mode) as proxy:
                proxy.drop()
                began = time.monotonic()
                status, body, _ = ask_plain(door, "/ready")
                assert status == 503
                assert missing in json.loads(body)["missing"], (mode, body)
                assert time.monotonic() - began < 2.5
                health = json.loads(ask(door, "GET", "/health")[1])
                assert set(health) == {"status", "timestamp", "uptime"}
                assert health["status"] == "ok"
        wait_until(lambda: door.get("/ready")[0] == 200, f"the house to be ready again after {wire_name}", every_s=0.2)


def ask_plain(house: House, path: str) -> tuple[int, bytes, dict[str, str]]:
    """As `ask`, for an answer that may name the database."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(), {}
    finally:
        connection.close()
