"""Demo data for a laptop and for tests: our own lists, invented prices, nothing of any real shop."""
