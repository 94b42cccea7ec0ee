"""What speaks against a paper as a whole, so that nobody signs it by the way: who approves it says that they saw it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

# `checked` among these, or a remark, answers them.
ANSWERED_BY = "patient"


def red(
    flags: Collection[str], duplicate_of: int | None, written_on: date | None, *, today: date, valid_days: int
) -> tuple[str, ...]:
    """Codes of what stands against it: `duplicate`, `future_date`, `too_old`. Controlled lines are none of these: they cannot be
    approved at all. `today` in the pharmacy's zone. The date counts as it is today, not as it was when the paper was read."""
    found = ["duplicate"] if duplicate_of or "duplicate" in flags else []
    if written_on is None:
        return tuple(found)
    days = (today - written_on).days
    return (*found, *(["future_date"] if days < 0 else ["too_old"] if days > valid_days else []))
