"""The fake WhatsApp as a program."""

from __future__ import annotations

from local.peer.program import Program
from local.simulator.config import Config
from local.simulator.server import Server

PROGRAM = Program(
    module="local.simulator",
    about="A fake WhatsApp and a phone in the browser.",
    name="Simulator",
    title="The simulator",
    port=8090,
    webhook_help="where signed webhooks go (SIMULATOR_WEBHOOK_URL)",
    config=Config,
    server=Server,
)
