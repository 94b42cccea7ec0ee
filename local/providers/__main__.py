"""`python -m local.providers`: a fake Paystack and a fake Flutterwave."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys

from local.providers.config import Config, from_environment
from local.providers.server import Server


def arguments(argv: list[str] | None = None) -> tuple[argparse.Namespace, Config]:
    """Settings from the command line over those of the environment. Ends the process with a sentence when one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.providers", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8091, help="0 takes a free one")
    parser.add_argument(
        "--webhook-url", help="where signed webhooks go, with /paystack or /flutterwave added (PROVIDERS_WEBHOOK_URL)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of config.py, value in JSON or plain"
    )
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="end when standard input closes: a parent's death ends the child"
    )
    given = parser.parse_args(argv)
    base = from_environment()
    values: dict[str, object] = {}
    for pair in given.set:
        name, _, text = pair.partition("=")
        # Ids and secrets may look like numbers: a setting that is a string takes the text as it was written.
        values[name] = text if isinstance(getattr(base, name, None), str) else _value(text)
    if given.webhook_url:
        values["webhook_url"] = given.webhook_url
    try:
        return given, base.changed(values)
    except ValueError as wrong:
        parser.error(str(wrong))


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def run(given: argparse.Namespace, config: Config) -> None:
    server = Server(config)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if given.stop_with_stdin:
        await _watch_stdin(ended)
    try:
        port = await server.start(given.host, given.port)
    except OSError as trouble:
        sys.exit(
            f"The payment providers cannot listen on {given.host}:{given.port}: {trouble.strerror or trouble}. Choose another --port."
        )
    shown = "127.0.0.1" if given.host in ("0.0.0.0", "::") else given.host
    print(f"Providers listening on http://{shown}:{port} -> {config.webhook_url}", flush=True)
    await ended.wait()
    await server.stop()


async def _watch_stdin(ended: asyncio.Event) -> None:
    class Watch(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            ended.set()

        def eof_received(self) -> None:
            ended.set()

    await asyncio.get_running_loop().connect_read_pipe(Watch, sys.stdin)


def main(argv: list[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    given, config = arguments(argv)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(given, config))


if __name__ == "__main__":
    main()
