"""Webhook bodies from `tests/payloads/whatsapp/`, modelled on what Meta documents and on what is known to go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).parent / "payloads" / "whatsapp"
OUR_NUMBER = "109876543210987"
ADA = "2348031234567"
ADA_ID, OTHER_ID = "NG.8h2Kd93ksLq01", "NG.Zz91kdLlq8800"


def body(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


# Every string Python can hold, lone surrogates and NUL among them, and every number JSON parsers let through.
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=12)
anything = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=12
)


def steady(examples: int) -> settings:
    """Hypothesis without a clock: a busy machine is no failure."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
