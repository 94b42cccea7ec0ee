"""A whole house of real processes on throw-away, durable servers, and a stopwatch for their CPU.

Figures depend on the machine; compare them as ratios within one run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from local.folder import Folder, free_port
from local.services import Services
from local.simulator import inbound
from models import migrating

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
SECRET, TOKEN = "bench-app-secret", "bench-access-token"
# As in the Procfile, with the log level of a bench.
FRONT = "granian --interface rsgi --factory --host 127.0.0.1 --port {port} --workers 1 --no-ws --log-level error"
PLAIN = (
    "granian --interface wsgi --factory --host 127.0.0.1 --port {port} --workers 1 --blocking-threads 8 --no-ws --log-level error"
)
WEB_THREADS = 8


def descendants(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                found.extend(descendants(int(child)))
    return found


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, its living descendants, and those of its children that have ended."""
    total = 0.0
    for one in descendants(pid):
        with contextlib.suppress(OSError):
            parts = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(parts[i]) for i in (11, 12, 13, 14)) / TICKS
    return total


class Rig:
    """The servers, and whatever processes were started on them. `cpu()` gives CPU seconds by name."""

    def __init__(self, folder: Path, services: Services, database_url: str, redis_url: str) -> None:
        self.folder, self.services = folder, services
        self.database_url, self.redis_url = database_url, redis_url
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.web_port, self.simulator_port = free_port(None), free_port(None)
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_VERIFY_TOKEN": "bench",
            "WHATSAPP_PHONE_NUMBER_ID": inbound.PHONE_NUMBER_ID,
            "WHATSAPP_API_BASE_URL": f"http://127.0.0.1:{self.simulator_port}",
            "WHATSAPP_MESSAGES_PER_SECOND": "1000",  # what the house can do is measured, not what a new number may do
            "SIMULATOR_WEBHOOK_URL": f"http://127.0.0.1:{self.web_port}/webhook",
            "LOG_DIR": str(folder / "logs"),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    def start(self, name: str, command: str, **environment: str) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        self.children[name] = subprocess.Popen(
            command.split(), cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log, start_new_session=True
        )

    def stop(self, name: str) -> None:
        child = self.children.pop(name)
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(5)

    def web(self, *, threads: int = WEB_THREADS) -> None:
        self.start("web", f"{FRONT.format(port=self.web_port)} web.front:load", WEB_THREADS=str(threads))
        self.await_http(self.web_port, "/health")

    def simulator(self, **config: Any) -> None:
        self.start("simulator", f"{sys.executable} -m local.simulator --port {self.simulator_port}")
        self.await_http(self.simulator_port, "/_sim/health")
        self.ask("POST", "/_sim/config", {"window": "off"} | config)

    def worker(self, *, processes: int = 2, threads: int = 16, module: str = "worker.run", **environment: str) -> None:
        command = f"dramatiq {module} --queues inbound outbound --processes {processes} --threads {threads}"
        self.start("worker", command, WORKER_THREADS=str(threads), WORKER_PROCESSES=str(processes), **environment)

    def clock(self) -> None:
        self.start("clock", f"{sys.executable} -m jobs.run")

    def await_http(self, port: int, path: str, *, within_s: float = 20.0) -> None:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                return
            time.sleep(0.05)
        raise SystemExit(f"nothing answers on port {port}: see {self.folder}")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.simulator_port}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=70) as answer:
            return json.load(answer)

    def cpu(self) -> dict[str, float]:
        found = {name: cpu_s(child.pid) for name, child in self.children.items() if child.poll() is None}
        if self.services.postgres:
            found["postgresql"] = cpu_s(self.services.postgres.process.pid)
        if self.services.valkey:
            found["valkey"] = cpu_s(self.services.valkey.process.pid)
        return found


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    """Durable servers (fsync on), a migrated database, and an end to everything afterwards, on SIGTERM too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="drugsng-bench-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        folder = Folder(Path(made) / "data")
        services = Services(folder, dict(os.environ), durable=True)
        try:
            database_url, redis_url = services.start()
            migrating.migrate(database_url)
            it = Rig(Path(made), services, database_url, redis_url)
            try:
                yield it
            finally:
                for name in list(it.children):
                    it.stop(name)
        finally:
            services.stop()
            folder.close()


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before.get(name, 0.0) for name in after}


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def quantiles(values_ms: Sequence[float]) -> str:
    return f"p50 {statistics.median(values_ms):.1f} ms, p99 {percentile(values_ms, 0.99):.1f} ms, worst {max(values_ms):.1f} ms"


# ------------------------------------------------------------------------------------------------ webhooks as bytes


def request_bytes(port: int, number: str, words: str, wamid: str) -> bytes:
    """A signed webhook with one text, as it goes over the wire."""
    update = inbound.change(
        "messages",
        {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": inbound.DISPLAY_NUMBER, "phone_number_id": inbound.PHONE_NUMBER_ID},
            "contacts": [{"profile": {"name": "Bench"}, "wa_id": number}],
            "messages": [
                {"from": number, "id": wamid, "timestamp": str(int(time.time())), "type": "text", "text": {"body": words}}
            ],
        },
    )
    body, headers = inbound.signed(inbound.envelope([update]), SECRET)
    head = f"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{k}: {v}\r\n" for k, v in headers.items() if k.lower() not in ("host", "content-length"))
    return head.encode() + b"\r\n" + body


def answer(s: socket.socket) -> bytes:
    """One whole HTTP answer. Raises ConnectionError when the other side closes before its end."""
    data = _more(s)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(s)
    head = data[:end].lower()
    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
    while len(data) < end + 4 + length:
        data += _more(s)
    return data


def _more(s: socket.socket) -> bytes:
    if not (data := s.recv(65536)):
        raise ConnectionError("closed before the answer's end")
    return data


def post_all(port: int, requests: Sequence[bytes], *, connections: int = 16) -> list[tuple[int, float]]:
    """Posts each request once over keep-alive connections. Returns (status, milliseconds) for each."""
    from concurrent.futures import ThreadPoolExecutor

    def lane(mine: Sequence[bytes]) -> list[tuple[int, float]]:
        answers = []
        with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in mine:
                began = time.perf_counter()
                s.sendall(request)
                data = answer(s)
                answers.append((int(data[9:12]), (time.perf_counter() - began) * 1000))
        return answers

    lanes = [requests[i::connections] for i in range(min(connections, len(requests)))]
    with ThreadPoolExecutor(len(lanes)) as pool:
        return [a for answers in pool.map(lane, lanes) for a in answers]
