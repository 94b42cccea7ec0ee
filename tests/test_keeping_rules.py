"""Old backups go by rule, and only those this program made."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.keeping import archive, backup, keep_rules
from models.keeping.keep_rules import Backup
from tests.keeping_world import BIN, names_in, run

LAGOS = ZoneInfo("Africa/Lagos")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def backups(*ages_h: float, of: str = "h:5432/shop") -> list[Backup]:
    return [Backup(Path(f"{of[-4:]}-{age:g}"), of, NOON - timedelta(hours=age), 1) for age in ages_h]


def kept(found: list[Backup], rule: str) -> list[str]:
    spare = keep_rules.superfluous(found, keep_rules.parse(rule), LAGOS)
    return [each.file.name for each in found if each not in spare]


def test_a_year_of_daily_backups_comes_down_to_days_weeks_and_months() -> None:
    left = kept(backups(*(24 * day for day in range(365))), keep_rules.DEFAULT)
    days = [round(float(name.rpartition("-")[2]) / 24) for name in left]
    # the newest of each of 7 days; of 4 weeks (Sundays before Monday the 23rd); of 6 months (their last days)
    assert days == [0, 1, 2, 3, 4, 5, 6, 8, 15, 23, 54, 84, 115, 146]


def test_the_newest_of_a_day_stays_and_the_day_begins_at_local_midnight() -> None:
    # 23:30 UTC of the 22nd is half past midnight of the 23rd in Lagos
    assert kept(backups(0, 1, 12.5, 13.5), "2 daily") == ["shop-0", "shop-13.5"]


def test_days_without_a_backup_do_not_use_up_the_rule() -> None:
    assert kept(backups(0, 24 * 30, 24 * 60, 24 * 90), "3 daily") == ["shop-0", "shop-720", "shop-1440"]


def test_the_newest_always_stays_and_databases_do_not_push_each_other_out() -> None:
    found = backups(0, 24, of="h:5432/shop") + backups(1000, 2000, of="h:5432/test")
    assert kept(found, "1 yearly") == ["shop-0", "test-1000"]


@pytest.mark.parametrize(
    "rule", ["", "7", "daily", "7 hourly", "0 daily", "7 daily 3 daily", "7 daily; rm", "-1 daily", "7 daily and more"]
)
def test_a_rule_that_is_none_is_refused(rule: str, tmp_path: Path) -> None:
    done = run("backup", "--dir", tmp_path, "--database-url", "postgresql://u:p@127.0.0.1:1/x", "--keep", rule, "--dry-run")
    assert done.exit_code == 2
    assert "7 daily, 4 weekly, 6 monthly" in done.output


def test_everything_may_be_kept() -> None:
    assert keep_rules.superfluous(backups(*range(100)), keep_rules.parse("everything"), LAGOS) == []


@pytest.fixture
def folder(empty_database_url: str, tmp_path: Path) -> Path:
    """Three backups of ours, two hours apart, and what others put beside them."""
    made = tmp_path / "kept"
    first = made / backup.new_name("shop", NOON)
    backup.make(empty_database_url, first, bin=BIN)
    for hours in (2, 4):
        other = made / backup.new_name("shop", NOON - timedelta(hours=hours))
        shutil.copy(first, other)
        about = archive.sidecar(first, "json").read_text().replace(first.name, other.name)
        at = archive.facts(first)["made_at"]  # type: ignore[index]
        earlier = (datetime.fromisoformat(at) - timedelta(hours=hours)).isoformat(timespec="seconds")
        archive.sidecar(other, "json").write_text(about.replace(at, earlier))
        archive.sidecar(other, "sha256").write_text("")
    oldest = made / backup.new_name("shop", NOON - timedelta(days=900))
    oldest.write_bytes(b"PGDMP somebody's own, only named like ours")
    shutil.copy(first, made / backup.new_name("shop", NOON - timedelta(days=901)))  # no figures beside it
    (made / "precious.dump").write_bytes(first.read_bytes())
    (made / "drugsng-20200101T000000Z.dump").mkdir()
    return made


def test_only_files_of_ours_are_removed_each_with_what_lies_beside_it(folder: Path) -> None:
    before = set(names_in(folder))
    spare = keep_rules.apply(folder, keep_rules.parse("1 daily"), LAGOS)
    gone = before - set(names_in(folder))
    assert gone == {each.file.name + end for each in spare for end in ("", ".json", ".sha256")}
    assert {each.file.name for each in spare} == {backup.new_name("shop", NOON - timedelta(hours=hours)) for hours in (2, 4)}


def test_a_dry_run_says_which_and_removes_none(folder: Path, empty_database_url: str) -> None:
    before = names_in(folder)
    done = run("backup", "--dir", folder, "--keep", "1 yearly", "--dry-run", "--database-url", empty_database_url)
    assert done.exit_code == 0, done.output
    assert "would write" in done.output
    assert done.output.count("would remove") == 2
    assert names_in(folder) == before


def test_a_backup_into_a_folder_clears_away_after_it_was_made(folder: Path, empty_database_url: str) -> None:
    done = run("backup", "--dir", folder, "--keep", "1 yearly", "--database-url", empty_database_url, "--bin", BIN)
    assert done.exit_code == 0, done.output
    assert done.output.count("removed drugsng-shop-") == 3
    assert len(keep_rules.ours(folder)) == 1


def test_a_backup_that_fails_clears_nothing_away(folder: Path) -> None:
    before = names_in(folder)
    done = run("backup", "--dir", folder, "--keep", "1 yearly", "--database-url", "postgresql://u:p@127.0.0.1:1/x", "--bin", BIN)
    assert (done.exit_code, names_in(folder)) == (1, before)
