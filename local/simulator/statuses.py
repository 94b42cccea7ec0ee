"""What becomes of an accepted message: sent, delivered, read or failed, each as a webhook some time later.

Source: Meta, webhooks/reference/messages/status and pricing (read 2026-11-22): inside the service window free-form messages are
free (`free_customer_service`), reactions give only `sent`, `conversation` is left out from v24 on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from local.simulator import inbound
from local.simulator.errors import GraphError
from local.simulator.state import Entry

if TYPE_CHECKING:
    from local.simulator.house import House


class Statuses:
    def __init__(self, house: House) -> None:
        self.house = house
        self.generation = 0

    def announce(self, entry: Entry, failure: GraphError | None = None) -> None:
        """Plans the statuses of a message that was just accepted."""
        config = self.house.config
        if not config.statuses and failure is None and not self.house.state.listeners:
            entry.status = "delivered"  # nobody would hear of the steps between
            return
        later = asyncio.get_running_loop().call_later
        if failure is not None:
            later(config.sent_after_s, self._reach, entry, "failed", self.generation, failure.status_error())
            return
        later(config.sent_after_s, self._reach, entry, "sent", self.generation, None)
        if entry.kind == "reaction":
            return
        later(config.delivered_after_s, self._reach, entry, "delivered", self.generation, None)
        if config.read == "always":
            later(config.delivered_after_s + config.read_after_s, self._reach, entry, "read", self.generation, None)

    def seen(self, key: str) -> int:
        """The customer looks at the chat: everything delivered becomes read. Gives the number of messages."""
        customer = self.house.state.find(key)
        if customer is None or self.house.config.read == "never":
            return 0
        fresh = [e for e in customer.chat if not e.mine and e.status == "delivered"]
        for entry in fresh:
            self._reach(entry, "read", self.generation, None)
        return len(fresh)

    def send(self, entry: Entry, name: str, error: dict[str, Any] | None = None) -> None:
        """A status webhook for this message, whatever it had before."""
        customer = entry.customer
        # Statuses of a customer without a number name them by user id alone.
        update = inbound.status(
            entry.id,
            name,
            number=customer.number if customer.forms == "number" else "",
            bsuid=customer.bsuid,
            callback_data=entry.tag,
            errors=[error] if error else (),
            pricing="utility" if entry.kind == "template" else "service",
            contact=customer.sender().contact() if customer.bsuid else None,
        )
        if entry.kind == "reaction":
            update.payload.pop("pricing", None)
        self.house.webhooks.put(customer.key, update)

    def _reach(self, entry: Entry, name: str, generation: int, error: dict[str, Any] | None) -> None:
        if generation != self.generation or not self.house.state.mark(entry, name, error):
            return
        if self.house.config.statuses:
            self.send(entry, name, error)
