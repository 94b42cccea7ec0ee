"""Each way in which a file cannot be fetched, kept or read, by whose fault it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from models import prescriptions, vault
from models.base import Unavailable, connection
from models.prescriptions import receiving
from tests.factories import NOW, a_customer
from tests.prescription_peers import KEY, OLD_KEY, Shop, a_prescription, events, row, shop, times
from worker import prescriptions as trade
from worker import sentry
from worker.errors import GatewayError
from worker.ocr.errors import NoReader, ReaderDied, Unreadable

__all__ = ["shop"]  # a fixture


def trouble(code: str, klass: str = "retryable", **more: Any) -> GatewayError:
    return GatewayError(retryable=klass in ("retryable", "slow_down"), code=code, klass=klass, **more)


def wait_s(prescription_id: int) -> float:
    found = connection().execute(
        """SELECT EXTRACT(EPOCH FROM "nextTryAt" - now())::float8 FROM prescriptions WHERE id = %s""", (prescription_id,)
    )
    return float(found.fetchone()[0])


# --------------------------------------------------------------------------------------------------- Meta's fault


def test_a_file_that_cannot_be_had_now_is_fetched_again_with_growing_pauses_and_at_last_given_up(shop: Shop) -> None:
    ada = a_customer()
    number = a_prescription(ada)
    shop.meta.troubles = [trouble("http_503") for _ in range(5)]
    pauses = []
    for _ in range(4):
        times(1, number)
        pauses.append(round(wait_s(number)))
    assert pauses == [2, 10, 60, 300]
    assert events() == []

    times(1, number)

    assert row(number, "state", "extractionStatus", "failureReason") == ("waiting", "failed", "not_fetched")
    assert events() == [(ada, number)]


def test_a_trouble_that_passes_leaves_no_trace(shop: Shop) -> None:
    number = a_prescription()
    shop.meta.troubles = [trouble("http_503"), trouble("timeout")]

    times(3, number)

    assert row(number, "state", "failureReason") == ("waiting", "")


@pytest.mark.parametrize("when", ["before", "between"])
def test_what_lost_all_we_knew_of_its_file_ends_and_asks_for_it_again(shop: Shop, when: str) -> None:
    ada = a_customer()
    number = a_prescription(ada)
    if when == "between":
        shop.meta.troubles = [trouble("http_503")]
        times(1, number)
    fetched = len(shop.meta.fetched)
    connection().execute("DELETE FROM media")

    times(1, number)

    assert row(number, "state", "extractionStatus", "failureReason") == ("waiting", "failed", "media_gone")
    assert (events(), len(shop.meta.fetched)) == ([(ada, number)], fetched)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("media_gone", "media_gone"),
        ("media_too_big", "too_big"),
        ("131052", "too_big"),
        ("media_host", "not_fetched"),
        ("media_redirect", "not_fetched"),
    ],
)
def test_a_file_that_will_never_come_ends_at_once_with_its_reason(shop: Shop, code: str, reason: str) -> None:
    number = a_prescription()
    shop.meta.troubles = [trouble(code, "bad_content")]

    trade.read(number)

    assert row(number, "state", "failureReason") == ("waiting", reason)


def test_a_checksum_that_stays_wrong_is_tried_as_often_as_it_is_worth(shop: Shop) -> None:
    number = a_prescription()
    shop.meta.troubles = [trouble("media_checksum", max_tries=3) for _ in range(3)]

    times(3, number)

    assert row(number, "failureReason") == "not_fetched"


@pytest.mark.parametrize(("klass", "code"), [("stop_sender", "190"), ("slow_down", "4")])
def test_an_account_in_trouble_costs_no_file_an_attempt(shop: Shop, klass: str, code: str) -> None:
    number = a_prescription()
    shop.meta.troubles = [trouble(code, klass, retry_after_s=60.0) for _ in range(12)]

    times(12, number)
    assert row(number, "state", "attempts", "failures") == ("reading", 0, 0)
    assert wait_s(number) > 50

    times(1, number)
    assert row(number, "state", "failureReason") == ("waiting", "")


# --------------------------------------------------------------------------------------------------- the file's fault


@pytest.mark.parametrize("code", ["empty", "not_a_picture", "too_big", "too_many_pixels", "encrypted_pdf", "broken", "heic"])
def test_a_file_that_cannot_be_read_keeps_its_picture_and_goes_before_the_pharmacist(shop: Shop, code: str) -> None:
    number = a_prescription()
    shop.reader.troubles = [Unreadable(code)]

    trade.read(number)

    assert row(number, "state", "extractionStatus", "failureReason") == ("waiting", "failed", code)
    assert len(shop.files()) == 1


@pytest.mark.parametrize("code", ["timeout", "memory", "crashed"])
def test_a_file_that_ends_its_reader_three_times_is_set_aside_and_its_customer_told(shop: Shop, code: str) -> None:
    ada = a_customer()
    number = a_prescription(ada)
    shop.reader.troubles = [ReaderDied(code) for _ in range(3)]

    times(2, number)
    assert row(number, "state") == "reading"
    times(1, number)

    assert row(number, "state", "extractionStatus", "failureReason") == ("waiting", "failed", "killed_reader")
    assert events() == [(ada, number)]
    assert len(shop.meta.fetched) == 1


def test_a_file_that_ended_the_whole_process_three_times_is_not_tried_again(shop: Shop) -> None:
    number = a_prescription()
    for _ in range(3):
        assert receiving.begin(number, 0)

    trade.read(number)

    assert row(number, "failureReason") == "killed_reader"
    assert shop.reader.read_files == []


# --------------------------------------------------------------------------------------------------- our fault


def wrong_key(shop: Shop) -> Callable[[], None]:
    vault.bind(str(shop.folder), (OLD_KEY,))
    return lambda: vault.bind(str(shop.folder), (KEY,))


def no_key(shop: Shop) -> Callable[[], None]:
    vault.bind(str(shop.folder), ())
    return lambda: vault.bind(str(shop.folder), (KEY,))


def folder_away(shop: Shop) -> Callable[[], None]:
    aside = shop.folder.rename(shop.folder.with_name("aside"))
    shop.folder.write_text("in the way")

    def back() -> None:
        shop.folder.unlink()
        aside.rename(shop.folder)

    return back


def unmounted(shop: Shop) -> Callable[[], None]:
    aside = shop.folder.rename(shop.folder.with_name("aside"))
    return lambda: aside.rename(shop.folder) and None


def no_reader(shop: Shop) -> Callable[[], None]:
    shop.reader.troubles = [NoReader("not_started") for _ in range(20)]
    return shop.reader.troubles.clear


@pytest.mark.parametrize("breaks", [wrong_key, no_key, folder_away, unmounted, no_reader])
def test_what_is_broken_with_us_costs_no_attempt_and_is_made_good_when_it_is_whole_again(
    shop: Shop, breaks: Callable[[Shop], Callable[[], None]]
) -> None:
    number = a_prescription()
    shop.reader.troubles = [NoReader("busy")]
    trade.read(number)  # stored, not read
    mend = breaks(shop)

    times(8, number)
    assert row(number, "state", "attempts", "failures") == ("reading", 0, 0)
    assert 4 < wait_s(number) <= 300

    mend()
    times(1, number)
    assert row(number, "state", "failureReason") == ("waiting", "")
    assert len(shop.meta.fetched) == 1


def test_without_a_key_nothing_is_asked_of_meta(shop: Shop) -> None:
    vault.bind(str(shop.folder), ())

    trade.read(number := a_prescription())

    assert shop.meta.fetched == []
    assert row(number, "state") == "reading"


def test_a_full_disk_is_waited_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number = a_prescription()
    full = "/dev/full"
    really = os.open
    with monkeypatch.context() as patched:  # no quota can be had in a test; the kernel's own full device stands in
        patched.setattr(os, "open", lambda path, *how: really(full, os.O_WRONLY) if ".part" in str(path) else really(path, *how))
        times(3, number)
        assert row(number, "state", "attempts") == ("reading", 0)

    times(1, number)

    assert row(number, "state") == "waiting"
    assert not [path for path in shop.files() if path.suffix == ".part"]


def test_a_stored_file_that_went_missing_is_fetched_again(shop: Shop) -> None:
    number = a_prescription()
    shop.reader.troubles = [NoReader("busy")]
    trade.read(number)
    shop.files()[0].unlink()

    times(1, number)

    assert row(number, "state") == "waiting"
    assert len(shop.meta.fetched) == 2


def test_a_bug_is_tried_again_and_at_last_put_before_the_pharmacist(shop: Shop) -> None:
    number = a_prescription()
    shop.reader.troubles = [KeyError("a bug") for _ in range(5)]

    times(5, number)

    assert row(number, "state", "extractionStatus", "failureReason") == ("waiting", "failed", "not_read")


def test_an_attempt_that_the_database_ended_is_no_death_of_its_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number = a_prescription()

    def gone(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patched:  # a loss of the database at exactly this point cannot be timed from outside
        patched.setattr(receiving, "finish", gone)
        for _ in range(5):
            with pytest.raises(Unavailable):
                trade.read(number)
            connection().execute("""UPDATE prescriptions SET "leaseUntil" = NULL""")

    trade.read(number)

    assert row(number, "state", "failureReason") == ("waiting", "")


@pytest.mark.parametrize("when", ["fetched", "read"])
def test_what_was_taken_back_meanwhile_is_not_written_and_nobody_told(shop: Shop, when: str) -> None:
    ada = a_customer()
    number = a_prescription(ada)
    peer = shop.meta if when == "fetched" else shop.reader
    peer.during = lambda: prescriptions.withdraw(ada, number, NOW) and None

    trade.read(number)

    assert row(number, "state", "reading") == ("withdrawn", None)
    assert events() == []
    assert trade._owed == []


def test_an_attempt_whose_beginning_was_not_heard_of_is_no_death_either(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number = a_prescription()
    really = receiving.begin

    def unheard(*asked: Any) -> None:
        really(*asked)
        raise Unavailable("the answer was lost")

    with monkeypatch.context() as patched:  # a loss of the database at exactly this point cannot be timed from outside
        patched.setattr(receiving, "begin", unheard)
        for _ in range(4):
            with pytest.raises(Unavailable):
                trade.read(number)
            connection().execute("""UPDATE prescriptions SET "leaseUntil" = NULL""")

    trade.read(number)

    assert row(number, "state", "failureReason") == ("waiting", "")


def test_one_trouble_of_ours_is_one_alarm_however_many_files_wait(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms: list[str] = []
    monkeypatch.setattr(sentry, "alarm", lambda name, **ids: alarms.append(name))  # Sentry itself is tested elsewhere
    vault.bind(str(shop.folder), ())

    for _ in range(3):
        trade.read(a_prescription())

    assert alarms == ["prescriptions wait: Locked"]
