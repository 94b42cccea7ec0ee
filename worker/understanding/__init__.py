"""Text to intent and values: pure, linear in the length of the text, `now` and the zone passed in."""

from worker.understanding.intent import Intent
from worker.understanding.reading import understand

__all__ = ["Intent", "understand"]
