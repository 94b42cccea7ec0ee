"""What the old program left in the open is cleared, and its public files come into the vault, once, whatever happens meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from models import base, clean_cli, vault
from models.base import connection
from models.maintenance import old_data, old_files
from models.maintenance.fetching import Fetched, NotFetched
from models.maintenance.old_files import MOST_ATTEMPTS
from models.maintenance.rounds import Bounds
from models.migrating import migrate
from models.vault import Away, Locked
from tests.children import Children, wait_until
from tests.file_host import PICTURE, FileHost
from tests.maintenance_world import a_user, an_old_prescription, an_old_session, ask, one, place, world
from tests.prescription_peers import KEY, a_prescription
from tests.servers import Databases
from tests.taken_over import At

__all__ = ["place", "world"]  # fixtures


@pytest.fixture
def host() -> Iterator[FileHost]:
    with FileHost() as made:
        yield made


@pytest.fixture
def v2(world: str) -> str:
    """With the column the start of 2.0.0 adds."""
    connection().execute("ALTER TABLE otps ADD COLUMN meta jsonb")
    return world


def a_code(code: str = "1234", *, used: bool = False, left: str = "-1 minute") -> int:
    return int(
        one(
            """INSERT INTO otps (email, code, "expiresAt", "isUsed", "createdAt", "updatedAt")
               VALUES ('a@example.com', %s, now() + %s::interval, %s, now(), now()) RETURNING id""",
            *(code, left, used),
        )
    )


def of(prescription: int) -> Any:
    row = ask(
        """SELECT state, attempts, reason, "storedAs" <> '', "contentType" FROM old_files WHERE "prescriptionId" = %s""",
        prescription,
    )
    return row[0] if row else None


def due() -> None:
    connection().execute("""UPDATE old_files SET "nextTryAt" = now()""")


# ------------------------------------------------------------------------------------------------ secrets


def test_passwords_and_tokens_leave_the_bags_of_sessions_and_the_rest_stays(world: str) -> None:
    bag = {
        "registrationData": {"password": "hush"},
        "token": "t",
        "newApiToken": "t",
        "userId": 3,
        "cartItems": [1],
        "lastQuery": "x",
    }
    old = an_old_session("+2348030000001", data=bag)

    done = old_data.clean(Bounds(5))

    assert done.sessions == 1
    assert one("SELECT data FROM sessions WHERE id = %s", old) == {"userId": 3, "cartItems": [1], "lastQuery": "x"}


@pytest.mark.parametrize("bag", [[], ["password"], "password", 3, {}, {"passwords": None}])
def test_a_bag_of_any_shape_is_no_trouble(world: str, bag: object) -> None:
    an_old_session("+2348030000001", data=bag)

    old_data.clean(Bounds(5))

    assert one("SELECT data FROM sessions") == ({} if bag == {"passwords": None} else bag)


def test_somebody_who_is_registering_at_the_moment_is_not_cut_off(world: str) -> None:
    an_old_session("+2348030000001", silent="5 minutes", data={"registrationData": {"password": "hush"}})
    live = a_code("5678", left="4 minutes")

    assert old_data.clean(Bounds(5)).outcome == ""
    assert one("SELECT code FROM otps WHERE id = %s", live) == "5678"


def test_used_and_expired_codes_and_their_registrations_are_emptied_and_hashes_of_accounts_stay(v2: str) -> None:
    a_user()
    used, over = a_code("1111", used=True, left="1 hour"), a_code("2222")
    connection().execute("""UPDATE otps SET meta = '{"registrationData": "U2FsdGVk"}'""")

    assert old_data.clean(Bounds(5)).outcome == "2 codes, 2 registrations"
    assert ask("SELECT id, code, meta FROM otps ORDER BY id") == [(used, "", None), (over, "", None)]
    assert one("SELECT password FROM users") == "$2a$10$hash"


def test_after_cleaning_a_database_the_old_system_left_no_secret_is_in_it_and_its_accounts_are_as_they_were(
    databases: Databases, old_at: At
) -> None:
    with databases.copy(old_at("")) as url:
        migrate(url)
        base.bind(url)
        before = ask('SELECT id, password, "isActive" FROM users ORDER BY id')
        there = one("SELECT count(*) FROM sessions")
        connection().execute(
            """UPDATE sessions SET "lastActivity" = now() - interval '1 hour' WHERE "lastActivity" IS NOT NULL"""
        )

        old_data.clean(Bounds(30))
        left = one("""SELECT count(*) FROM sessions WHERE data::text ~* 'password|token|registrationData'""")
        again = old_data.clean(Bounds(30)).sessions
        accounts, sessions = ask('SELECT id, password, "isActive" FROM users ORDER BY id'), one("SELECT count(*) FROM sessions")
        base.drop_connection()

    assert (left, again, accounts, sessions) == (0, 0, before, there)


def test_a_dry_run_of_the_command_says_what_it_would_do_and_does_nothing(world: str) -> None:
    an_old_session("+2348030000001", data={"password": "hush"})
    a_code()
    an_old_prescription("http://files.example/a.png")

    done = command(world, "--dry-run")

    assert "Would clear 1 sessions, 1 codes, 0 registrations." in done.output
    assert "0 in the vault, 1 waiting, 0 given up" in done.output
    assert one("SELECT data FROM sessions") == {"password": "hush"}


def test_the_command_clears_and_the_second_time_finds_nothing(world: str) -> None:
    an_old_session("+2348030000001", data={"password": "hush"})

    assert command(world).output == "Cleared 1 sessions, 0 codes, 0 registrations.\n"
    assert command(world).output == "Cleared 0 sessions, 0 codes, 0 registrations.\n"


def command(world: str, *words: str) -> Any:
    group = click.Group("db")
    clean_cli.add_to(group, lambda: base.bind(world))
    return CliRunner().invoke(group, ["clean-old", *words], catch_exceptions=False)


# ------------------------------------------------------------------------------------------------ files


def test_an_old_file_comes_into_the_vault_sealed_and_its_address_stays(world: str, host: FileHost) -> None:
    url = host.has("/a.png")
    old = an_old_prescription(url)

    assert old_files.work(Bounds(10), fetch=host.fetch) == (1, 0)
    found = old_files.file_of(connection(), old)
    assert found is not None
    assert vault.vault().get(found[0]) == PICTURE
    assert PICTURE not in vault.vault()._read_sealed(found[0])
    assert of(old) == ("stored", 1, "", True, "image/png")
    assert one('SELECT "fileUrl" FROM prescriptions') == url


def test_a_second_round_fetches_nothing_again_and_finds_what_came_meanwhile(world: str, host: FileHost) -> None:
    an_old_prescription(host.has("/a.png"))
    old_files.work(Bounds(10), fetch=host.fetch)
    an_old_prescription(host.has("/b.png"))

    assert old_files.work(Bounds(10), fetch=host.fetch) == (1, 0)
    assert host.asked == ["/a.png", "/b.png"]


def test_our_own_prescriptions_have_no_public_file_to_be_fetched(world: str, host: FileHost) -> None:
    a_prescription()

    assert old_files.work(Bounds(10), fetch=host.fetch) == (0, 0)
    assert one("SELECT count(*) FROM old_files") == 0


def test_a_failure_waits_longer_each_time_and_is_given_up_after_some_with_its_reason(world: str, host: FileHost) -> None:
    old = an_old_prescription(host.has("/a.png", b"", 503))
    pauses = []
    for _ in range(MOST_ATTEMPTS):
        old_files.work(Bounds(10), fetch=host.fetch)
        pauses.append(one("""SELECT EXTRACT(EPOCH FROM "nextTryAt" - now())::int FROM old_files"""))
        due()

    assert pauses == sorted(pauses)
    assert pauses[0] > 200 and pauses[1] > 1000
    assert of(old) == ("given_up", MOST_ATTEMPTS, "http_503", False, "")
    assert old_files.work(Bounds(10), fetch=host.fetch) == (0, 0)


def test_what_can_never_be_had_is_given_up_at_once_and_may_be_asked_for_again_by_hand(world: str, host: FileHost) -> None:
    old = an_old_prescription(host.url("/a.png", "inside.example"))
    old_files.work(Bounds(10), fetch=host.fetch)
    assert of(old) == ("given_up", 1, "not_public", False, "")

    assert old_files.try_again(connection()) == 1
    assert of(old)[:2] == ("waiting", 0)


def test_an_odd_address_stops_nobody_elses_file(world: str, host: FileHost) -> None:
    an_old_prescription("uploads/scan.jpg")
    good = an_old_prescription(host.has("/a.png"))

    assert old_files.work(Bounds(10), fetch=host.fetch) == (1, 1)
    assert of(good)[0] == "stored"


def test_a_vault_that_is_away_or_locked_costs_no_file_an_attempt(world: str, host: FileHost, place: Path) -> None:
    old = an_old_prescription(host.has("/a.png"))
    vault.bind("/proc/nowhere", (KEY,))
    with pytest.raises(Away):
        old_files.work(Bounds(10), fetch=host.fetch)
    assert of(old)[:2] == ("waiting", 0)
    due()
    vault.bind(str(place), ())
    with pytest.raises(Locked):
        old_files.work(Bounds(10), fetch=host.fetch)

    assert of(old)[:2] == ("waiting", 0)


def test_a_round_that_is_stopped_is_gone_on_with_by_the_next(world: str, host: FileHost) -> None:
    for n in range(4):
        an_old_prescription(host.has(f"/{n}.png"))

    assert old_files.work(Bounds(10, 500, lambda: len(host.asked) >= 2), fetch=host.fetch) == (2, 0)
    assert old_files.progress(connection()).sentence == "2 in the vault, 2 waiting, 0 given up"
    assert old_files.work(Bounds(10), fetch=host.fetch) == (2, 0)
    assert sorted(host.asked) == [f"/{n}.png" for n in range(4)]


def test_a_file_that_is_being_fetched_is_nobody_elses(world: str, host: FileHost) -> None:
    an_old_prescription(host.has("/a.png"))

    def meanwhile(url: str) -> Fetched:
        assert old_files.work(Bounds(10), fetch=host.fetch) == (0, 0)
        return host.fetch(url)

    assert old_files.work(Bounds(10), fetch=meanwhile) == (1, 0)
    assert host.asked == ["/a.png"]


def test_a_process_that_is_killed_while_it_fetches_loses_only_time(world: str, children: Children, place: Path) -> None:
    old = an_old_prescription("http://files.example/a.png")
    source = f"""if True:
        import time
        from models import base, vault
        from models.maintenance import old_files
        from models.maintenance.rounds import Bounds
        base.bind({world!r}); vault.bind({str(place)!r}, ({KEY!r},))
        def fetch(url): print("fetching", flush=True); time.sleep(60)
        old_files.work(Bounds(60), fetch=fetch)"""
    child = children.start([sys.executable, "-c", source])
    child.wait_for_output("fetching")
    child.process.kill()
    wait_until(lambda: child.process.poll() is not None, "its end", 5)
    assert of(old)[:2] == ("waiting", 1)
    due()

    def failed(url: str) -> Fetched:
        raise NotFetched("http_404", retryable=False)

    assert old_files.work(Bounds(10), fetch=failed) == (0, 1)
    assert of(old)[:3] == ("given_up", 2, "http_404")
