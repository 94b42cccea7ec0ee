"""What a webhook costs the web process: verified, deduplicated, durable in PostgreSQL and enqueued.

python -m bench.webhook [--requests 3000]      CPU a request as a multiple of an empty Flask POST

The yardstick is served as the door is: the same server, the same front that reads bodies (web/front.py). The same under the
server's own WSGI, which reads bodies on a thread, is shown beside it.
"""

from __future__ import annotations

import argparse
import uuid

from bench.figures import tell
from bench.rig import FRONT, PLAIN, Rig, cpu_s, post_all, quantiles, request_bytes, rig
from local.folder import free_port

BAR_TIMES = 6
YARDSTICKS = {"empty": f"{FRONT} bench.empty_app:fronted", "empty-wsgi": f"{PLAIN} bench.empty_app:load"}


def measure(it: Rig, name: str, port: int, count: int) -> tuple[float, list[float]]:
    """CPU seconds of one server for `count` webhooks, and the latencies."""
    requests = [request_bytes(port, f"23480{i % 500:08d}", "find paracetamol", f"wamid.{uuid.uuid4().hex}") for i in range(count)]
    before = cpu_s(it.children[name].pid)
    answers = post_all(port, requests)
    assert {status for status, _ in answers} == {200}, {status for status, _ in answers}
    return cpu_s(it.children[name].pid) - before, [ms for _, ms in answers]


def main() -> None:
    parser = argparse.ArgumentParser(description="What a webhook costs the web process.")
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--slices", type=int, default=12, help="ours and the yardsticks alternate, so that noise meets all")
    given = parser.parse_args()
    with rig() as it:
        it.web()
        ports = {"web": it.web_port} | {name: free_port(None) for name in YARDSTICKS}
        for name, command in YARDSTICKS.items():
            it.start(name, command.format(port=ports[name]))
            it.await_http(ports[name], "/")
        for name, port in ports.items():
            measure(it, name, port, 1000)  # customers are made, statements prepared
        costs = dict.fromkeys(ports, 0.0)
        latencies: list[float] = []
        for _ in range(given.slices):
            for name, port in ports.items():
                cost, ms = measure(it, name, port, given.requests // given.slices)
                costs[name] += cost
                latencies += ms if name == "web" else []
    report({name: cost / given.requests * 1000 for name, cost in costs.items()}, latencies)


def report(ms: dict[str, float], latencies: list[float]) -> None:
    """`ms`: CPU ms a request, ours and the yardsticks'."""
    times = ms["web"] / ms["empty"]
    found = f"{times:.1f} times an empty POST ({ms['web']:.3f} ms CPU against {ms['empty']:.3f} ms)"
    tell("webhook: CPU a request of the web process", found, f"<= {BAR_TIMES}", times <= BAR_TIMES)
    plain = f"{ms['web'] / ms['empty-wsgi']:.1f} times ({ms['empty-wsgi']:.3f} ms)"
    tell("webhook: against an empty POST by the server's own WSGI", plain)
    tell("webhook: acknowledged, 16 connections at once", quantiles(latencies))


if __name__ == "__main__":
    main()
