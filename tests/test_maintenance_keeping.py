"""Retention of prescriptions, garbage of the vault, sizes and dead rows of tables, and the backup of every night."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs import keeping
from jobs.stopping import STOP
from models import base, support, vault
from models.base import connection
from models.clock import utcnow
from models.maintenance import garbage, old_files, retention, tables
from models.maintenance.rounds import Bounds
from models.prescriptions import receiving
from models.prescriptions.receiving import PageFiles
from models.vault import Away, Gone, new_name
from tests.children import Children, wait_until
from tests.factories import a_customer
from tests.file_host import FileHost
from tests.keeping_world import BIN
from tests.maintenance_world import an_old_prescription, ask, one, place, world
from tests.prescription_peers import KEY, a_prescription, a_reading

__all__ = ["place", "world"]  # fixtures
YEARS = 5 * 365


def a_read_prescription(*, state: str = "approved", age: str = "6 years") -> tuple[int, list[str]]:
    """One with its file and the pictures of its page in the vault; their names."""
    prescription = a_prescription()
    work = receiving.begin(prescription, 60)
    assert work
    names = [work.name, f"{work.name}.0.flat", f"{work.name}.0.photo"]
    for name in names:
        vault.vault().write(name, b"a picture")
    receiving.stored(work, size=9, content_type="image/png", sha256="00")
    receiving.finish(work, a_reading(), [PageFiles(names[1], names[2], 8, 6)], [], written_on=None, same_within_bits=8)
    connection().execute(
        """UPDATE prescriptions SET state = %s, "createdAt" = now() - %s::interval, "updatedAt" = now() - %s::interval WHERE id = %s""",
        (state, age, age, prescription),
    )
    return prescription, names


def there(name: str) -> bool:
    try:
        vault.vault().get(name)
    except Gone:
        return False
    return True


def emptied(days: int = YEARS) -> tuple[int, bool]:
    return retention.prescriptions(Bounds(30), days=days)


# ------------------------------------------------------------------------------------------------ retention


def test_a_prescription_whose_time_is_over_loses_its_files_and_readings_and_keeps_its_row(world: str) -> None:
    old, names = a_read_prescription()
    young, others = a_read_prescription(age="4 years")

    assert emptied() == (1, True)

    assert [there(name) for name in names + others] == [False] * 3 + [True] * 3
    assert ask("SELECT id, reading IS NULL, state FROM prescriptions ORDER BY id") == [
        (old, True, "approved"),
        (young, False, "approved"),
    ]
    assert emptied() == (0, True)


@pytest.mark.parametrize("state", ["waiting", "asked", "reading"])
def test_one_that_waits_for_somebody_is_never_emptied(world: str, state: str) -> None:
    a_read_prescription(state=state)

    assert emptied() == (0, True)


def test_one_whose_order_moved_within_the_time_stays(world: str) -> None:
    old = an_old_prescription("http://files.example/a.png", text="Amoxicillin", age="6 years")
    connection().execute("""UPDATE orders SET "updatedAt" = now() - interval '1 year'""")

    assert emptied() == (0, True)
    assert one('SELECT "extractedText" FROM prescriptions WHERE id = %s', old) == "Amoxicillin"


def test_an_old_programs_prescription_loses_text_and_fetched_file_and_is_not_fetched_again(world: str) -> None:
    with FileHost() as host:
        an_old_prescription(host.has("/a.png"), text="Amoxicillin", age="6 years")
        old_files.work(Bounds(5), fetch=host.fetch)
        name = one('SELECT "storedAs" FROM old_files')

        assert emptied() == (1, True)
        assert not there(name)
        assert one('SELECT "extractedText" FROM prescriptions') is None
        assert old_files.work(Bounds(5), fetch=host.fetch) == (0, 0)


def test_the_least_time_is_kept_whatever_is_asked_for(world: str) -> None:
    a_read_prescription(age="20 days")

    assert emptied(days=0) == (0, True)


def test_requests_about_data_are_counted_until_people_close_them(world: str) -> None:
    now = utcnow()
    support.hand_over(a_customer(), "delete_my_data", now - timedelta(days=25))
    support.hand_over(a_customer(), "my_data", now - timedelta(days=1))
    support.hand_over(a_customer(), "asked", now)

    assert keeping.data_requests() == "2 open, 1 late"


# ------------------------------------------------------------------------------------------------ garbage


def aged(place: Path, name: str, hours: float) -> None:
    then = time.time() - hours * 3600
    os.utime(place / name, (then, then))


def test_files_without_a_row_go_after_a_day_and_named_ones_stay(world: str, place: Path) -> None:
    _, names = a_read_prescription(age="1 day")
    fresh, stale = (vault.vault().put(b"x", room="prescriptions", now=utcnow()) for _ in range(2))
    part = place / f"{names[0]}.0a1b2c3d.part"
    part.write_bytes(b"half")
    for name in [*names, stale, str(part.relative_to(place))]:
        aged(place, name, 30)

    done = garbage.sweep(Bounds(10), now=utcnow())

    assert (done.removed, done.lost, done.strange, done.finished) == (2, 0, 0, True)
    assert [there(name) for name in [*names, fresh, stale]] == [True] * 4 + [False]
    assert not part.exists()


def test_files_of_old_prescriptions_are_named_too(world: str, place: Path) -> None:
    with FileHost() as host:
        an_old_prescription(host.has("/a.png"))
        old_files.work(Bounds(5), fetch=host.fetch)
    aged(place, one('SELECT "storedAs" FROM old_files'), 30)

    assert garbage.sweep(Bounds(10), now=utcnow()).removed == 0


def test_what_is_no_name_of_ours_is_told_and_never_removed(world: str, place: Path) -> None:
    folder = place / "prescriptions" / "2026" / "01"
    folder.mkdir(parents=True)
    (folder / "holiday.jpg").write_bytes(b"somebody's")
    aged(place, "prescriptions/2026/01/holiday.jpg", 100)

    done = garbage.sweep(Bounds(10), now=utcnow())

    assert (done.removed, done.strange) == (0, 1)
    assert (folder / "holiday.jpg").exists()


def test_rows_whose_file_is_not_there_are_counted(world: str) -> None:
    _, names = a_read_prescription(age="3 days")
    connection().execute("""UPDATE media SET "storedAt" = now() - interval '3 days'""")
    vault.vault().remove(names[0])

    assert garbage.sweep(Bounds(10), now=utcnow()).lost == 1


def test_a_database_older_than_the_vault_removes_nothing(world: str, place: Path) -> None:
    for _ in range(garbage.MANY + 1):
        aged(place, vault.vault().put(b"x", room="prescriptions", now=utcnow()), 30)

    done = garbage.sweep(Bounds(10), now=utcnow())

    assert (done.removed, done.doubtful) == (0, garbage.MANY + 1)


def test_a_vault_that_is_not_mounted_is_away_and_nobodys_row_is_lost(world: str, tmp_path: Path) -> None:
    a_read_prescription(age="3 days")
    vault.bind(str(tmp_path / "not-mounted"), (KEY,))

    with pytest.raises(Away):
        garbage.sweep(Bounds(10), now=utcnow())
    assert keeping.sweep_vault() == "vault away (the folder is not there)"


def test_a_sweep_goes_on_with_the_month_after_the_last_one(world: str, place: Path) -> None:
    for month in (1, 2, 3):
        name = new_name("prescriptions", datetime(2026, month, 3, tzinfo=UTC))
        vault.vault().write(name, b"x")
        aged(place, name, 100)
    asked: list[int] = []

    def soon() -> bool:
        asked.append(1)
        return len(asked) > 4

    first = garbage.sweep(Bounds(60, 500, soon), now=utcnow())
    second = garbage.sweep(Bounds(60), now=utcnow())

    assert (first.finished, second.finished) == (False, True)
    assert first.months < 3
    assert first.removed + second.removed == 3


# ------------------------------------------------------------------------------------------------ tables


def test_sizes_are_written_once_a_day_and_show_growth(world: str) -> None:
    tables.measure(connection(), date(2026, 11, 16))
    connection().execute("INSERT INTO customers SELECT FROM generate_series(1, 5000)")
    connection().execute("SELECT pg_stat_force_next_flush()")
    connection().execute("ANALYZE customers")
    tables.measure(connection(), date(2026, 11, 23))
    tables.measure(connection(), date(2026, 11, 23))

    grown = {each.name: each for each in tables.growth(connection(), limit=200)}

    assert one("""SELECT count(DISTINCT "takenOn") FROM table_sizes""") == 2
    assert (grown["customers"].more_rows or 0) >= 5000
    assert (grown["customers"].more_bytes or 0) > 100_000
    assert grown["customers"].since == date(2026, 11, 16)


def test_a_table_with_many_dead_rows_is_tidied_and_the_others_are_left(world: str) -> None:
    connection().execute("ALTER TABLE customers SET (autovacuum_enabled = off)")
    connection().execute("INSERT INTO customers SELECT FROM generate_series(1, 3000)")
    connection().execute("DELETE FROM customers")
    connection().execute("SELECT pg_stat_force_next_flush()")
    connection().execute("SELECT pg_stat_clear_snapshot()")

    assert tables.tidy(Bounds(30), dead_rows=1000) == ["customers"]
    assert one("SELECT last_vacuum IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'customers'")
    assert one("SHOW statement_timeout") == "15s"
    assert tables.tidy(Bounds(30), dead_rows=1000) == []


# ------------------------------------------------------------------------------------------------ backup


@pytest.fixture
def backing_up(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of backups; the job's child finds its database where every process does."""
    monkeypatch.setenv("DATABASE_URL", world)
    monkeypatch.setenv("PG_BIN", str(BIN))
    folder = tmp_path / "backups"
    told = SimpleNamespace(backup_dir=str(folder), backup_keep="2 daily")
    monkeypatch.setattr(keeping, "current", lambda: told)  # settings are read once a process
    yield folder
    STOP.clear()


def test_the_nightly_backup_lies_in_its_folder_whole(backing_up: Path) -> None:
    said = keeping.back_up()

    assert len(list(backing_up.glob("*.dump"))) == len(list(backing_up.glob("*.dump.sha256"))) == 1
    assert said


def test_a_backup_that_fails_is_a_failed_job(backing_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(keeping.BackupFailed):
        keeping.back_up()


def test_a_backup_ends_when_the_clock_is_asked_to_stop(backing_up: Path, world: str) -> None:
    import psycopg

    with psycopg.connect(world) as other:
        other.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        STOP.set()
        with pytest.raises(keeping.BackupFailed):
            keeping.back_up()

    assert time.monotonic() - began < 20
    assert not list(backing_up.glob("*.dump"))


def test_without_a_folder_there_is_no_backup(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "current", lambda: SimpleNamespace(backup_dir=""))  # as above

    assert keeping.back_up() == ""


def test_a_clock_that_is_stopped_in_the_middle_of_a_long_job_ends_by_itself(world: str, children: Children) -> None:
    source = f"""if True:
        import signal
        from jobs.stopping import STOP
        signal.signal(signal.SIGTERM, lambda *_: STOP.set())
        from models import base
        from models.maintenance import old_sessions
        from models.maintenance.rounds import Bounds
        base.bind({world!r})
        print("begun", flush=True)
        while not STOP.is_set():
            old_sessions.clean_up(Bounds(30, 1, STOP.is_set), idle_minutes=10)
        print("ended", flush=True)"""
    child = children.start([sys.executable, "-c", source])
    child.wait_for_output("begun")

    assert child.stop(signal.SIGTERM, 10) == 0
    wait_until(lambda: "ended" in child.output(), "its last word", 5)
    base.drop_connection()
