"""A wire that can be made faulty while it is in use: real sockets on 127.0.0.1, a thread for each direction of each connection.

Set `mode` at any time; it holds for new connections and, from the next bytes on, for open ones:

    pass     forwards
    refuse   nobody listens: a new connection is refused; open ones go on
    freeze   half-open: accepts, keeps every connection, forwards nothing and answers nothing (a dead peer, a frozen machine)
    deaf     forwards what the client says, never what the server answers (work done, answer lost)
    reset    RST at the first byte, and RST to every open connection at once
    cut      closes the connection after `cut_after` bytes of the server's answer (counted for each connection)
    slice    forwards in pieces of `slice_bytes`, with `delay_s` between them

`delay_s` holds back every piece in the modes that forward. Bytes that came in while frozen are forwarded after `pass`.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time

MODES = ("pass", "refuse", "freeze", "deaf", "reset", "cut", "slice")
_LOOK_S = 0.02  # how soon a change of mode is seen


class Proxy:
    """Listens on `port` (a free one) and forwards to 127.0.0.1:`target`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.delay_s = 0.0
        self.cut_after = 0
        self.slice_bytes = 1
        self.accepted = 0
        self._mode = "pass"
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"{mode!r} is none of {MODES}")
        former, self._mode = self._mode, mode
        if mode == "refuse" and former != "refuse":
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread; a mere close would leave the port open
            self._listener.close()
        if former == "refuse" and mode != "refuse":
            self._listener = self._listen(self.port)
        if mode == "reset":
            self.drop()

    @property
    def open(self) -> int:
        """How many connections are open through it now."""
        with self._lock:
            return len(self._pairs)

    def drop(self) -> None:
        """Every open connection is reset, on both sides."""
        with self._lock:
            pairs = list(self._pairs.items())
        for client, server in pairs:
            _reset(client)
            _reset(server)
            with self._lock:
                self._pairs.pop(client, None)

    def close(self) -> None:
        """Nothing of it is left: port closed, connections reset, threads ended."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(5)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        return listener

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads = [known for known in self._threads if known.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:  # refused for now, or closed for good
                self._closed.wait(_LOOK_S)
                continue
            self.accepted += 1
            if self._mode == "reset":
                _reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                _reset(client)
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                end.settimeout(_LOOK_S)
            with self._lock:
                self._pairs[client] = server
            self._spawn(self._forward, client, server, client, False)
            self._spawn(self._forward, server, client, client, True)

    def _forward(self, source: socket.socket, sink: socket.socket, key: socket.socket, answers: bool) -> None:
        """One direction until it ends. `answers`: from the server to the client."""
        passed = 0
        while not self._closed.is_set():
            mode = self._mode
            if mode == "freeze" or (mode == "deaf" and answers):
                if key not in self._pairs:
                    return
                time.sleep(_LOOK_S)
                continue
            try:
                data = source.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not self._wait_out_silence(answers, key):
                return
            if not data or not self._send(sink, data, passed, answers):
                break
            passed += len(data)
        self._end(key)

    def _wait_out_silence(self, answers: bool, key: socket.socket) -> bool:
        """Holds bytes that were read just as the wire froze; False when the connection is gone meanwhile."""
        while self._mode == "freeze" or (self._mode == "deaf" and answers):
            if self._closed.wait(_LOOK_S) or key not in self._pairs:
                return False
        return True

    def _send(self, sink: socket.socket, data: bytes, passed: int, answers: bool) -> bool:
        """Whether the connection goes on after these bytes."""
        cut = self._mode == "cut" and answers
        if cut:
            data = data[: max(0, self.cut_after - passed)]
        step = max(1, self.slice_bytes) if self._mode == "slice" else len(data)
        for begin in range(0, len(data), max(1, step)):
            if self.delay_s:
                self._closed.wait(self.delay_s)
            if not _send_whole(sink, data[begin : begin + step], self._closed):
                return False
        return not (cut and passed + len(data) >= self.cut_after)

    def _end(self, key: socket.socket) -> None:
        """Both sides are closed in the ordinary way. A frozen wire does not pass on that the other side left."""
        with self._lock:
            server = self._pairs.pop(key, None)
        for end in (key, server):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


def _send_whole(sink: socket.socket, data: bytes, closed: threading.Event) -> bool:
    """Whether all bytes left. A sink that does not read is waited for until the proxy is closed."""
    view = memoryview(data)
    while view:
        try:
            view = view[sink.send(view) :]
        except TimeoutError:
            if closed.is_set():
                return False
        except OSError:
            return False
    return True


def _reset(end: socket.socket) -> None:
    """RST instead of FIN: linger for zero seconds."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
