"""What is sealed: unreadable without a key, whole or not there, wherever it is kept; and the change of keys."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from models import base, prescriptions, resealing, vault, vault_cli
from models.base import connection
from models.prescriptions import receiving
from models.prescriptions.receiving import PageFiles
from models.vault import FILE_MAX, Away, Gone, Locked, Vault
from tests.children import ROOT, wait_until
from tests.factories import NOW, a_customer
from tests.prescription_peers import KEY, OLD_KEY, a_prescription, a_reading, row

_numbers = itertools.count(1)


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A local folder and a store of fsspec: both must behave alike."""
    return str(tmp_path / "vault") if request.param == "folder" else f"memory://vault{next(_numbers)}"


def test_what_is_put_comes_back_and_is_stored_sealed_under_a_name_nobody_can_guess(place: str) -> None:
    kept = Vault(place, (KEY,))

    name = kept.put(b"a picture", room="prescriptions", now=NOW)

    assert kept.get(name) == b"a picture"
    assert b"picture" not in Vault(place, (KEY,))._read_sealed(name)
    assert name.startswith("prescriptions/2026/11/")
    assert len(name.rpartition("/")[2]) >= 32


def test_a_second_write_replaces_and_a_removed_file_is_gone(place: str) -> None:
    kept = Vault(place, (KEY,))
    kept.write("a/b", b"one")
    kept.write("a/b", b"two")
    assert kept.get("a/b") == b"two"

    kept.remove("a/b")
    kept.remove("a/b")

    with pytest.raises(Gone):
        kept.get("a/b")


def test_a_wrong_key_opens_nothing_and_a_changed_file_neither(place: str) -> None:
    kept = Vault(place, (KEY,))
    name = kept.put(b"x", room="r", now=NOW)

    with pytest.raises(Locked, match="None of MEDIA_KEYS"):
        Vault(place, (OLD_KEY,)).get(name)
    with pytest.raises(Locked, match="MEDIA_KEYS is not set"):
        Vault(place, ()).get(name)
    with pytest.raises(Locked):
        kept.open(kept.seal(b"x")[:-4] + b"AAA=")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "a\x00b"])
def test_names_cannot_leave_the_vault(place: str, name: str) -> None:
    kept = Vault(place, (KEY,))
    for verb in (kept.get, kept.remove, lambda n: kept.write(n, b"x")):
        with pytest.raises(ValueError, match="not a name"):
            verb(name)


def test_a_file_beyond_the_limit_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match="longer than"):
        Vault(place, (KEY,)).write("a", bytes(FILE_MAX + 1))


def test_neither_keys_nor_the_address_are_shown() -> None:
    assert repr(Vault("s3://user:secret@bucket", (KEY,))) == "Vault()"


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    Vault(str(tmp_path / "vault"), (KEY,)).write("a/b", b"x")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "vault").rglob("*")}

    assert modes == {"a": 0o700, "b": 0o600}


def test_a_folder_that_is_not_there_is_away_and_its_files_are_not_said_to_be_gone(tmp_path: Path) -> None:
    with pytest.raises(Away):
        Vault(str(tmp_path / "not mounted"), (KEY,)).get("a/b")


def test_a_place_that_cannot_be_reached_at_all_is_away() -> None:
    with pytest.raises(Away):
        Vault("nosuchprotocol://x", (KEY,)).get("a")


def test_a_folder_in_whose_place_a_file_stands_is_away(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("")
    kept = Vault(str(tmp_path / "vault"), (KEY,))

    with pytest.raises(Away):
        kept.write("a/b", b"x")
    with pytest.raises(Away):
        kept.get("a/b")


def test_a_disk_that_is_full_half_way_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    kept = Vault(str(tmp_path), (KEY,))
    kept.write("a/b", b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(Away):
            kept.write("a/b", bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)

    assert kept.get("a/b") == b"before"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_a_process_killed_while_it_writes_leaves_the_whole_old_file_or_the_whole_new_one(tmp_path: Path) -> None:
    source = (
        "import sys; from models.vault import Vault; v = Vault(sys.argv[1], (sys.argv[2],))\n"
        "n = 0\nwhile True:\n    n += 1; v.write('a', bytes([n % 256]) * 400_000)"
    )
    for delay_s in (0.02, 0.05, 0.09):
        writer = subprocess.Popen([sys.executable, "-c", source, str(tmp_path), KEY], cwd=ROOT)
        wait_until((tmp_path / "a").exists, "the first file")
        time.sleep(delay_s)
        writer.kill()
        writer.wait(10)

        content = Vault(str(tmp_path), (KEY,)).get("a")

        assert len(content) == 400_000
        assert len(set(content)) == 1


# --------------------------------------------------------------------------------------------------- keys


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Path]:
    """A shop whose prescriptions were sealed when OLD_KEY was the newest."""
    base.bind(database_url)
    vault.bind(str(tmp_path / "vault"), (OLD_KEY,))
    yield tmp_path / "vault"
    base.drop_connection()
    vault.bind("", ())


def a_full_prescription() -> int:
    """Read, answered, with a draft, two pictures and a decision on record."""
    ada = a_customer()
    number = a_prescription(ada)
    work = receiving.begin(number, 30)
    assert work is not None
    vault.vault().write(work.name, b"original")
    receiving.stored(work, size=8, content_type="image/jpeg", sha256="")
    for kind in ("flat", "photo"):
        vault.vault().write(f"{work.name}.0.{kind}", kind.encode())
    pages = [PageFiles(f"{work.name}.0.flat", f"{work.name}.0.photo", 1, 1)]
    receiving.finish(work, a_reading(), pages, [], written_on=None, same_within_bits=8)
    prescriptions.answer(ada, number, "34 years", NOW)
    connection().execute("UPDATE prescriptions SET draft = %s WHERE id = %s", (vault.vault().seal(b"{}"), number))
    connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, now(), 'asked', 1, 'Pat', %s)""",
        (number, vault.vault().seal(b"{}")),
    )
    return number


def reseal(folder: Path, *keys: str, batch: int = 2) -> Result:
    """`drugsng keys reseal` with these keys."""
    group: click.Group = vault_cli.keys(lambda: vault.bind(str(folder), keys))
    return CliRunner().invoke(group, ["reseal", "--batch", str(batch)])


def parts(key: str) -> list[bytes]:
    """Everything sealed but the records, opened with this key alone."""
    alone = Vault(vault.vault().url, (key,))
    columns = connection().execute("SELECT reading, draft, answers FROM prescriptions").fetchall()
    names = connection().execute(
        """SELECT "storedAs" FROM media UNION ALL SELECT unnest(ARRAY[flat, photo]) FROM prescription_pages"""
    )
    return [alone.open(each) for row_ in columns for each in row_ if each] + [alone.get(name) for (name,) in names.fetchall()]


def test_a_new_key_is_one_that_seals() -> None:
    printed = CliRunner().invoke(vault_cli.keys(lambda: None), ["new"]).output.strip()

    assert Fernet(printed).decrypt(Fernet(printed).encrypt(b"x")) == b"x"


def test_everything_but_the_records_goes_under_the_newest_key_and_a_second_run_finds_nothing_to_do(shop: Path) -> None:
    for _ in range(5):
        a_full_prescription()

    first, second = reseal(shop, KEY, OLD_KEY), reseal(shop, KEY, OLD_KEY)

    assert first.exit_code == 0, first.output
    assert len(parts(KEY)) == 5 * 6
    assert f"up to prescription {row_ids()[-1]}: 30 parts" in first.output
    assert f"up to prescription {row_ids()[-1]}: 0 parts" in second.output


def row_ids() -> list[int]:
    return [number for (number,) in connection().execute("SELECT id FROM prescriptions ORDER BY id").fetchall()]


def test_it_says_which_key_the_records_still_need(shop: Path) -> None:
    a_full_prescription()
    unused = Fernet.generate_key().decode()

    told = reseal(shop, KEY, OLD_KEY, unused).output

    assert "Key 2 of MEDIA_KEYS must stay: 1 records of decisions are sealed with it." in told
    assert "Key 3 of MEDIA_KEYS seals no record of a decision." in told


def test_one_that_was_stopped_half_way_goes_on(shop: Path) -> None:
    numbers = [a_full_prescription() for _ in range(3)]
    vault.bind(str(shop), (KEY, OLD_KEY))
    with base.unit(10) as conn:
        first = resealing.batch(conn, after=0, limit=1)
    assert resealing.reseal(first[0]) == (6, [])

    told = reseal(shop, KEY, OLD_KEY)

    assert f"up to prescription {numbers[-1]}: 12 parts" in told.output
    assert len(parts(KEY)) == 18


def test_a_file_fetched_for_a_prescription_of_the_old_system_is_put_under_the_new_key_too(shop: Path) -> None:
    made = connection().execute(
        """INSERT INTO prescriptions ("customerId", "fileUrl", state, "createdAt", "updatedAt")
           VALUES (%s, 'https://old.example/1.jpg', NULL, now(), now()) RETURNING id""",
        (a_customer(),),
    )
    vault.bind(str(shop), (OLD_KEY,))
    name = vault.vault().put(b"from the old system", room="old", now=NOW)
    connection().execute(
        """INSERT INTO old_files ("prescriptionId", state, "storedAs") VALUES (%s, 'stored', %s)""", (made.fetchone()[0], name)
    )

    told = reseal(shop, KEY, OLD_KEY)

    assert told.exit_code == 0
    assert Vault(str(shop), (KEY,)).get(name) == b"from the old system"


def test_files_of_talks_and_results_of_lab_tests_are_put_under_the_new_key_too(shop: Path) -> None:
    vault.bind(str(shop), (OLD_KEY,))
    names = [vault.vault().put(b"a voice note", room=room, now=NOW) for room in ("threads", "results")]
    for name in names:
        connection().execute(
            """INSERT INTO media ("customerId", kind, "mediaId", purpose, "storedAs", "storedAt", "createdAt")
               VALUES (%s, 'audio', %s, 'support', %s, now(), now())""",
            (a_customer(), name, name),
        )

    told = reseal(shop, KEY, OLD_KEY)

    assert told.exit_code == 0, told.output
    assert "2 parts put under the newest key" in told.output
    assert [Vault(str(shop), (KEY,)).get(name) for name in names] == [b"a voice note"] * 2


def test_what_no_key_opens_or_is_not_there_is_told_and_the_rest_is_done(shop: Path) -> None:
    lost, fine = a_full_prescription(), a_full_prescription()
    connection().execute("UPDATE prescriptions SET draft = %s WHERE id = %s", (Fernet(Fernet.generate_key()).encrypt(b"x"), lost))
    os.unlink(next(path for path in shop.rglob("*.photo")))

    told = reseal(shop, KEY, OLD_KEY)

    assert told.exit_code == 1
    assert f"prescription {lost}: draft: none of MEDIA_KEYS opens it" in told.output
    assert "a file is not there" in told.output
    assert Vault("", (KEY,)).open(row(fine, "draft")) == b"{}"


def test_a_record_that_no_key_opens_is_an_alarm(shop: Path) -> None:
    a_full_prescription()

    told = reseal(shop, KEY)

    assert told.exit_code == 1
    assert "1 records of decisions are opened by no key of MEDIA_KEYS" in told.output


def test_what_was_written_meanwhile_is_left_alone(shop: Path) -> None:
    number = a_full_prescription()
    vault.bind(str(shop), (KEY, OLD_KEY))
    with base.unit(10) as conn:
        (seen,) = resealing.batch(conn, after=0, limit=1)
    newer = vault.vault().seal(b"newer")
    connection().execute("UPDATE prescriptions SET draft = %s WHERE id = %s", (newer, number))

    resealing.reseal(seen)

    assert bytes(row(number, "draft")) == newer


def test_without_keys_it_says_so(shop: Path) -> None:
    told = reseal(shop)

    assert told.exit_code == 1
    assert "MEDIA_KEYS is not set" in told.output
