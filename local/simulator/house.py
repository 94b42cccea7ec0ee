"""What the parts of the simulator share: settings, memory, faults, files, the way out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from local.simulator.config import Config
from local.simulator.faults import Faults
from local.simulator.media import Media
from local.simulator.state import State
from local.simulator.statuses import Statuses
from local.simulator.templates import Templates
from local.simulator.webhooks import Webhooks

FIXED = ("webhook_lanes",)


class House:
    def __init__(self, config: Config) -> None:
        self.started = config
        self.config = config
        self.state = State(config)
        self.faults = Faults()
        self.media = Media(config.media_bytes)
        self.webhooks = Webhooks(config, self.faults)
        self.statuses = Statuses(self)
        self.templates = Templates()
        self.stopping = asyncio.Event()

    def configure(self, values: Mapping[str, Any]) -> None:
        """Changes settings while running. Raises ValueError with the name and what is allowed."""
        for name in FIXED:
            if name in values:
                raise ValueError(f"{name} can only be set at the start")
        self._use(self.config.changed(values))

    def reset(self, settings: bool = True) -> None:
        """As freshly started: nobody, nothing said, no faults, nothing on its way, and (by default) the settings of the start."""
        self.statuses.generation += 1
        self.webhooks.clear()
        self.faults.clear()
        self.media.clear()
        self.state.reset()
        self.templates.reset()
        if settings:
            self._use(self.started)

    def _use(self, config: Config) -> None:
        self.config = self.webhooks.config = config
        self.state.resize(config)
        self.media.most_bytes = config.media_bytes
