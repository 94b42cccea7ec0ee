"""The faulty wire does what it says: other tests rest on that."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.children import wait_until
from tests.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(talk: socket.socket) -> None:
        with talk, contextlib.suppress(OSError):
            while data := talk.recv(1000):
                talk.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@contextlib.contextmanager
def through(wire: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", wire.port), timeout=2) as talk:
        yield talk


def test_a_passing_wire_forwards_both_ways_and_counts_its_connections(echo: int, proxy: Callable[[int], Proxy]):
    wire = proxy(echo)
    with through(wire) as talk:
        talk.sendall(b"hello")
        assert talk.recv(100) == b"hello"
        assert (wire.open, wire.accepted) == (1, 1)
    wait_until(lambda: wire.open == 0, "the connection to be forgotten")


def test_a_refusing_wire_refuses_new_connections_and_takes_them_again_on_the_same_port(echo: int, proxy: Callable[[int], Proxy]):
    wire = proxy(echo)
    with through(wire) as talk:
        talk.sendall(b"open")
        assert talk.recv(100) == b"open"
        wire.mode = "refuse"
        with pytest.raises(ConnectionRefusedError), through(wire):
            pass
        talk.sendall(b"still here")
        assert talk.recv(100) == b"still here"
    wire.mode = "pass"
    with through(wire) as talk:
        talk.sendall(b"again")
        assert talk.recv(100) == b"again"


def test_a_frozen_wire_accepts_and_never_answers_and_forwards_after_the_thaw(echo: int, proxy: Callable[[int], Proxy]):
    wire = proxy(echo)
    with through(wire) as old:
        old.sendall(b"a")
        assert old.recv(1) == b"a"
        wire.mode = "freeze"
        with through(wire) as new:
            for talk in (old, new):
                talk.sendall(b"b")
                talk.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    talk.recv(1)
            wire.mode = "pass"
            for talk in (old, new):
                talk.settimeout(2)
                assert talk.recv(1) == b"b"


def test_a_deaf_wire_carries_the_question_and_loses_the_answer(proxy: Callable[[int], Proxy]):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = proxy(listener.getsockname()[1])
        wire.mode = "deaf"
        with through(wire) as talk:
            talk.sendall(b"do it")
            server, _ = listener.accept()
            with server:
                assert server.recv(100) == b"do it"
                server.sendall(b"done")
                talk.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    talk.recv(1)


def test_a_reset_breaks_open_and_new_connections(echo: int, proxy: Callable[[int], Proxy]):
    wire = proxy(echo)
    with through(wire) as talk:
        talk.sendall(b"a")
        talk.recv(1)
        wire.mode = "reset"
        with pytest.raises(ConnectionResetError):
            talk.recv(1)
    with pytest.raises(ConnectionResetError), through(wire) as talk:
        talk.recv(1)


def test_a_cut_ends_the_answer_after_so_many_bytes(echo: int, proxy: Callable[[int], Proxy]):
    wire = proxy(echo)
    wire.cut_after = 4
    wire.mode = "cut"
    with through(wire) as talk:
        talk.sendall(b"0123456789")
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while data := talk.recv(100):
                got += data
    assert got == b"0123"


def test_slices_arrive_one_by_one_and_each_is_held_back(echo: int, proxy: Callable[[int], Proxy]):
    wire = proxy(echo)
    wire.slice_bytes, wire.delay_s, wire.mode = 2, 0.05, "slice"
    with through(wire) as talk:
        begun = time.monotonic()
        talk.sendall(b"abcdef")
        assert talk.recv(100) == b"ab"
        got = b""
        while len(got) < 4:
            got += talk.recv(100)
    assert got == b"cdef"
    assert time.monotonic() - begun >= 0.15


def test_an_unknown_mode_is_refused_by_name(echo: int, proxy: Callable[[int], Proxy]):
    with pytest.raises(ValueError, match="'broken' is none of"):
        proxy(echo).mode = "broken"
