"""What a webhook costs the web process: verified, deduplicated, durable in PostgreSQL and enqueued.

python -m bench.webhook [--requests 3000]      CPU a request as a multiple of an empty Flask POST under the same server
"""

from __future__ import annotations

import argparse
import uuid

from bench.rig import GRANIAN, Rig, cpu_s, free_port, post_all, quantiles, request_bytes, rig


def measure(it: Rig, name: str, port: int, count: int) -> tuple[float, list[float]]:
    """CPU seconds of one server for `count` webhooks, and the latencies."""
    requests = [request_bytes(port, f"23480{i % 500:08d}", "find paracetamol", f"wamid.{uuid.uuid4().hex}") for i in range(count)]
    before = cpu_s(it.children[name].pid)
    answers = post_all(port, requests)
    assert {status for status, _ in answers} == {200}, {status for status, _ in answers}
    return cpu_s(it.children[name].pid) - before, [ms for _, ms in answers]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--slices", type=int, default=20, help="ours and the yardstick alternate, so that noise meets both")
    given = parser.parse_args()
    with rig() as it:
        it.web()
        empty_port = free_port()
        it.start("empty", GRANIAN.format(port=empty_port, threads=8) + " bench.empty_app:load")
        it.await_http(empty_port, "/")
        measure(it, "web", it.web_port, 1000)  # customers are made, statements prepared
        measure(it, "empty", empty_port, 1000)
        ours = yardstick = 0.0
        latencies: list[float] = []
        for _ in range(given.slices):
            cost, ms = measure(it, "web", it.web_port, given.requests // given.slices)
            ours, latencies = ours + cost, latencies + ms
            yardstick += measure(it, "empty", empty_port, given.requests // given.slices)[0]
        a_request = 1000 / given.requests
        print(
            f"empty POST {yardstick * a_request:.3f} ms CPU, webhook {ours * a_request:.3f} ms CPU: {ours / yardstick:.1f} times"
        )
        print(f"acknowledged, 16 connections at once: {quantiles(latencies)}")


if __name__ == "__main__":
    main()
