"""The flows without the house: a shop in memory, and a customer who talks to it. Serves the tests and `drugsng chat`."""

from local.rehearsal.facts import FakeFacts
from local.rehearsal.play import Play, Turned
from local.rehearsal.shop import FakeShop

__all__ = ["FakeFacts", "FakeShop", "Play", "Turned"]
