"""What a look at a database found: a count, an example's id, how grave it is, and what to do. Never a person's data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

STOPS, MENDS, NOTE = "stops", "mends", "note"
SEVERITIES = (STOPS, MENDS, NOTE)  # gravest first
READY, COULD_NOT_LOOK, WORK, STOPPED = 0, 1, 3, 4  # exit codes of `check` and `verify`


@dataclass(frozen=True)
class Finding:
    """`count` is how many rows or things; with `at_least` it was counted in a part of the table only, and there may be more.

    `example` is an id or a name of the schema. `severity`: stops (somebody has to decide), mends (`adopt` or `migrate` does
    it), note (nothing has to be done).
    """

    code: str
    severity: str
    says: str
    do: str
    count: int = 1
    at_least: bool = False
    table: str = ""
    example: str = ""

    def line(self) -> str:
        number = f"{'at least ' if self.at_least else ''}{self.count:,}"
        example = f" (for example {self.example})" if self.example else ""
        return f"{self.says.format(n=number)}{example}. {self.do}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"line": self.line()}


def worst(found: Iterable[Finding]) -> str:
    """The gravest severity among them; "" when there are none."""
    there = {finding.severity for finding in found}
    return next((severity for severity in SEVERITIES if severity in there), "")
