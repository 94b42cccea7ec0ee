"""`python -m local.<stand-in>`: settings from the command line over those of the environment, and running until told to end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from local.peer.config import PeerConfig
from local.peer.server import PeerServer

C = TypeVar("C", bound=PeerConfig)


@dataclass(frozen=True)
class Program(Generic[C]):
    """One stand-in as a program. `name` begins its first line of output, which `local.peer.running` reads; `config` has a
    `webhook_url`."""

    module: str
    about: str
    name: str
    title: str
    port: int
    webhook_help: str
    config: type[C]
    server: Callable[[C], PeerServer]

    def main(self, argv: Sequence[str] | None = None) -> None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
        given, config = self.arguments(argv)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self._run(given, config))

    def arguments(self, argv: Sequence[str] | None = None) -> tuple[argparse.Namespace, C]:
        """Ends the process with a sentence when one is wrong."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.module}", description=self.about)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=self.port, help="0 takes a free one")
        parser.add_argument("--webhook-url", help=self.webhook_help)
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of config.py, value in JSON or plain"
        )
        parser.add_argument(
            "--stop-with-stdin", action="store_true", help="end when standard input closes: a parent's death ends the child"
        )
        given = parser.parse_args(argv)
        try:
            base = self.config.from_environment()
            values: dict[str, object] = {}
            for pair in given.set:
                name, _, text = pair.partition("=")
                # Ids and secrets may look like numbers: a setting that is a string takes the text as it was written.
                values[name] = text if isinstance(getattr(base, name, None), str) else _value(text)
            return given, base.changed(values | ({"webhook_url": given.webhook_url} if given.webhook_url else {}))
        except ValueError as wrong:
            parser.error(str(wrong))

    async def _run(self, given: argparse.Namespace, config: C) -> None:
        server, ended, loop = self.server(config), asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        if given.stop_with_stdin:
            await _watch_stdin(ended)
        try:
            port = await server.start(given.host, given.port)
        except OSError as trouble:
            sys.exit(
                f"{self.title} cannot listen on {given.host}:{given.port}: {trouble.strerror or trouble}. Choose another --port."
            )
        shown = "127.0.0.1" if given.host in ("0.0.0.0", "::") else given.host
        print(f"{self.name} listening on http://{shown}:{port} -> {getattr(config, 'webhook_url', '')}", flush=True)
        await ended.wait()
        await server.stop()


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _watch_stdin(ended: asyncio.Event) -> None:
    class Watch(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            ended.set()

        def eof_received(self) -> None:
            ended.set()

    await asyncio.get_running_loop().connect_read_pipe(Watch, sys.stdin)
