"""Reads docs/ops/alerts.yml and works its expressions out on a scrape: the small part of PromQL that the rules use, strictly.

An expression is made of `max|min|sum [by (label)] (metric{label="word"})`, `absent(metric)`, `increase(metric[time])`, numbers,
`+ - *`, comparisons, `and`, `or`. What a scrape does not have is NaN, with which no comparison is true, as in Prometheus.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

RULES = Path(__file__).resolve().parent.parent / "docs" / "ops" / "alerts.yml"
Scrape = list[tuple[str, Mapping[str, str], float]]
_SELECTOR = r"(?P<metric>[a-z_]+)(?:\{(?P<labels>[^}]*)\})?"
_AGGREGATE = re.compile(rf"(?P<how>max|min|sum)(?: by \([a-z]+\))? ?\({_SELECTOR}\)")
_ABSENT = re.compile(r"absent\((?P<metric>[a-z_]+)\)")
_INCREASE = re.compile(r"increase\((?P<metric>[a-z_]+)\[\w+\]\)")
_LEFT = re.compile(r"(?:nan|inf|True|False|and|or|[-\d.e+*()<>=! ])*")


def load() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def metrics_of(expression: str) -> set[str]:
    return set(re.findall(r"drugsng_[a-z_0-9]+", expression))


def scraped(text: str) -> Scrape:
    return [
        (sample.name, sample.labels, sample.value) for family in text_string_to_metric_families(text) for sample in family.samples
    ]


def firing(now: Scrape, before: Scrape | None = None) -> set[str]:
    """Names of the rules whose expression is true now, `for` left out. `before` is what `increase` compares with."""
    return {rule["alert"].removeprefix("Drugsng") for rule in load() if _true(rule["expr"], now, before or now)}


def _true(expression: str, now: Scrape, before: Scrape) -> bool:
    def aggregate(found: re.Match[str]) -> str:
        wanted = dict(re.findall(r'([a-z]+)="([^"]*)"', found["labels"] or ""))
        values = _values(now, found["metric"], wanted)
        return repr({"max": max, "min": min, "sum": sum}[found["how"]](values)) if values else "nan"

    def increase(found: re.Match[str]) -> str:
        return repr(sum(_values(now, found["metric"], {})) - sum(_values(before, found["metric"], {})))

    text = _ABSENT.sub(lambda found: repr(not _values(now, found["metric"], {})), expression)
    text = _INCREASE.sub(increase, text)
    text = _AGGREGATE.sub(aggregate, text)
    assert _LEFT.fullmatch(text), f"not in the part of PromQL that is checked: {text}"
    return bool(eval(text, {"__builtins__": {}}, {"nan": math.nan, "inf": math.inf}))


def _values(scrape: Scrape, metric: str, wanted: Mapping[str, str]) -> list[float]:
    return [value for name, labels, value in scrape if name == metric and wanted.items() <= labels.items()]
