from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from worker.whatsapp.pacing import TokenBucket, pace, pair_wait_s, share


class Clock:
    """Virtual time: sleeping only moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent_within(bucket: TokenBucket, clock: Clock, seconds: float) -> int:
    """How many sends a loop that waits as told gets through in that time."""
    end, count = clock.now + seconds, 0
    while True:
        wait_s = bucket.reserve()
        assert wait_s is not None
        clock.now += wait_s
        if clock.now >= end:
            return count
        count += 1


def test_the_sixtieth_of_a_second_is_kept_over_a_minute() -> None:
    clock = Clock()
    assert 60 * 60 <= sent_within(TokenBucket(60, clock=clock), clock, 60) <= 60 * 60 + 15


def test_a_burst_goes_at_once_and_what_follows_waits_its_turn() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=3, clock=clock)
    assert [bucket.reserve() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])


def test_a_wait_longer_than_allowed_takes_no_token() -> None:
    clock = Clock()
    bucket = TokenBucket(1, burst=1, clock=clock)
    assert bucket.reserve() == 0
    assert bucket.reserve(max_wait_s=0.5) is None
    assert bucket.reserve(max_wait_s=1.0) == pytest.approx(1.0)


def test_a_pause_holds_everybody_and_lets_them_go_one_after_the_other() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=5, clock=clock)
    bucket.pause(2)
    assert [bucket.reserve() for _ in range(3)] == pytest.approx([2.0, 2.1, 2.2])


def test_a_rate_of_nothing_is_no_limit_but_a_pause_still_counts() -> None:
    clock = Clock()
    bucket = TokenBucket(0, clock=clock)
    assert [bucket.reserve() for _ in range(1000)] == [0] * 1000
    bucket.pause(3)
    assert bucket.reserve() == 3


def test_threads_share_one_bucket_and_none_gets_a_token_twice() -> None:
    clock = Clock()
    bucket = TokenBucket(100, burst=1, clock=clock)
    waits: list[float | None] = []
    threads = [threading.Thread(target=lambda: waits.extend(bucket.reserve() for _ in range(50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(w for w in waits if w is not None) == pytest.approx([n / 100 for n in range(400)])


def test_the_processes_together_stay_below_the_limit_of_the_number() -> None:
    assert share(4) * 4 == share(1) == 60


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_burst_of_forty_five_leaves_at_once_and_what_follows_goes_one_in_six_seconds() -> None:
    _, due = pace(None, NOW, 50)
    assert due[:45] == [None] * 45
    assert [(d - NOW).total_seconds() for d in due[45:] if d] == [6, 12, 18, 24, 30]


def test_what_was_borrowed_is_paid_back_by_silence() -> None:
    free_at, _ = pace(None, NOW, 45)
    assert (free_at - NOW).total_seconds() == 45 * 6
    assert pace(free_at, NOW + timedelta(seconds=45 * 6), 45)[1] == [None] * 45


def test_ten_a_minute_can_go_on_for_ever() -> None:
    free_at, now = None, NOW
    for _ in range(2000):
        free_at, due = pace(free_at, now, 1)
        assert due == [None]
        now += timedelta(seconds=6)


def test_a_lively_conversation_is_not_slowed_down() -> None:
    free_at, now = None, NOW
    for _ in range(12):  # twelve questions in half a minute, two messages each
        free_at, due = pace(free_at, now, 2)
        assert due == [None, None]
        now += timedelta(seconds=2.5)


def test_over_an_hour_no_more_than_meta_allows_leave_however_many_wait() -> None:
    _, due = pace(None, NOW, 1000)
    within = [d for d in due if d is None or d < NOW + timedelta(hours=1)]
    assert len(within) <= 600 + 45


def test_a_refusal_for_the_pair_waits_longer_each_time() -> None:
    assert [pair_wait_s(n) for n in (1, 2, 3, 4, 5, 6, 7, 500)] == [6, 6, 16, 64, 256, 1024, 1024, 1024]
