"""The pharmacy in memory that flow tests talk to."""

from local.rehearsal import FakeFacts, FakeShop, Play, Turned

__all__ = ["FakeFacts", "FakeShop", "Play", "Turned"]
