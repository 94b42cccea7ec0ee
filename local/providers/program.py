"""The fake Paystack and Flutterwave as a program."""

from __future__ import annotations

from local.peer.program import Program
from local.providers.config import Config
from local.providers.server import Server

PROGRAM = Program(
    module="local.providers",
    about="A fake Paystack and a fake Flutterwave.",
    name="Providers",
    title="The payment providers",
    port=8091,
    webhook_help="where signed webhooks go, with /paystack or /flutterwave added (PROVIDERS_WEBHOOK_URL)",
    config=Config,
    server=Server,
)
