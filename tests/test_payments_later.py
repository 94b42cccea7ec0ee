"""Hints for a moment soon to come: in time, in order, and no more than a process can hold."""

from __future__ import annotations

import time

import pytest

from tests.children import wait_until
from worker import later as module
from worker.later import Later
from worker.messages import CHECK_PAYMENT, START_PAYMENT, Hint


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, float]]:
    found: list[tuple[str, int, float]] = []

    def note(hint: Hint, subject: int) -> bool:
        found.append((hint.actor, subject, time.monotonic()))
        return True

    monkeypatch.setattr(module, "hint_at", note)
    return found


def test_hints_leave_in_the_order_of_their_time_and_never_early(sent: list[tuple[str, int, float]]) -> None:
    later, began = Later(), time.monotonic()
    for delay, subject in ((0.2, 3), (0.05, 1), (0.1, 2)):
        later.hint(delay, START_PAYMENT, subject)

    wait_until(lambda: len(sent) == 3, "three hints")

    assert [subject for _, subject, _ in sent] == [1, 2, 3]
    assert all(at - began >= delay for (_, _, at), delay in zip(sent, (0.05, 0.1, 0.2), strict=True))


def test_more_than_a_process_holds_is_left_to_the_sweep(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, int, float]]
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    later = Later()

    kept = [later.hint(60, CHECK_PAYMENT, number) for number in range(3)]

    assert kept == [True, True, False]
    later.clear()
    assert sent == []
