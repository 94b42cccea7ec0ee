"""The worker with a flow that does nothing but answer: what the path of a message costs by itself."""

from __future__ import annotations

from worker import conversation, run
from worker.flows.step import Event, Place, Step, Text

__all__ = ["run"]


class _Echo:
    @staticmethod
    def turn(place: Place, event: Event, facts: object) -> Step:
        return Step(place.at("asking", last="seen"), (Text("Thank you, we have your message."),))


conversation.entry = _Echo  # type: ignore[assignment]
