"""The embedded servers: real launchers in real folders, stopped and killed in every way a laptop knows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from local import folder, programs, services
from local.folder import Folder
from local.programs import CannotStart, User
from tests.children import ROOT, Child, Children, wait_until

pytestmark = pytest.mark.house
LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a launcher's death is told to its children on Linux only"
)


class Launcher:
    """A running `python -m local.services`, with the URLs it printed."""

    def __init__(self, child: Child) -> None:
        self.child = child
        lines = dict(line.split("=", 1) for line in child.wait_for_output("REDIS_URL=").splitlines() if "=" in line)
        self.database_url, self.redis_url = lines["DATABASE_URL"], lines["REDIS_URL"]

    def remember(self, word: str) -> None:
        with psycopg.connect(self.database_url) as connection, redis.Redis.from_url(self.redis_url) as client:
            connection.execute("CREATE TABLE words (word text)")
            connection.execute("INSERT INTO words VALUES (%s)", (word,))
            client.rpush("queue", word)

    def remembered(self) -> tuple[str, str]:
        with (
            psycopg.connect(self.database_url) as connection,
            redis.Redis.from_url(self.redis_url, decode_responses=True) as client,
        ):
            row = connection.execute("SELECT word FROM words").fetchone()
            return (row[0] if row else "", str(client.lindex("queue", 0)))


@pytest.fixture
def launch(children: Children) -> Callable[[Path], Launcher]:
    return lambda path: Launcher(children.start([sys.executable, "-m", "local.services", "--data", path]))


def servers_in(path: Path) -> list[int]:
    """The pids of processes that work in this folder: PostgreSQL and Valkey both do."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(entry / "cwd")).is_relative_to(path) and programs.birth(int(entry.name)):
                found.append(int(entry.name))
    return found


def pid_of(path: Path, name: str) -> int:
    return int(json.loads((path / "state.json").read_text())["programs"][name]["pid"])


@LINUX
def test_a_stop_leaves_nothing_running_and_the_next_start_has_the_rows_and_the_queue(
    house: Path, launch: Callable[[Path], Launcher]
):
    first = launch(house)
    first.remember("kept")
    assert len(servers_in(house)) > 2
    assert first.child.stop() == 0
    assert servers_in(house) == []

    assert launch(house).remembered() == ("kept", "kept")


@LINUX
def test_a_killed_launcher_takes_its_servers_with_it_and_the_next_start_has_everything(
    house: Path, launch: Callable[[Path], Launcher]
):
    first = launch(house)
    first.remember("kept")
    first.child.stop(signal.SIGKILL)
    wait_until(lambda: not servers_in(house), "the servers to end")

    assert launch(house).remembered() == ("kept", "kept")


@LINUX
def test_a_killed_postgresql_ends_the_launcher_with_a_sentence_and_its_rows_are_there_afterwards(
    house: Path, launch: Callable[[Path], Launcher]
):
    first = launch(house)
    first.remember("kept")
    os.kill(pid_of(house, "postgres"), signal.SIGKILL)
    assert first.child.process.wait(20) == 1
    assert "Postgres ended by itself" in first.child.output()
    assert servers_in(house) == []

    assert launch(house).remembered() == ("kept", "kept")


@LINUX
def test_a_killed_valkey_has_its_queue_after_the_restart(house: Path, launch: Callable[[Path], Launcher]):
    first = launch(house)
    first.remember("kept")
    time.sleep(1.1)  # appendfsync everysec
    os.kill(pid_of(house, "valkey"), signal.SIGKILL)
    assert first.child.process.wait(20) == 1

    assert launch(house).remembered() == ("kept", "kept")


def test_what_a_killed_launcher_could_not_take_along_is_found_and_ended_by_the_next_start(house: Path, children: Children):
    """As on a system that does not tell children of their launcher's death: here death signal 0 stands for it."""
    worker = programs.start(
        [sys.executable, "-c", "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"],
        user=User(),
        death_signal=0,
        cwd=house,
        env=dict(os.environ),
        output=subprocess.DEVNULL,
    )
    wait_until(lambda: len(programs.group_members(worker.pid)) == 2, "the worker and its child")
    first = Folder(house)
    first.remember("worker", worker.pid)
    first.close()

    with contextlib.closing(Folder(house)) as second:
        ended = services.Services(second, dict(os.environ)).end_stranded()
        assert (ended, second.stranded()) == (["worker"], {})
    worker.wait(5)
    assert programs.group_members(worker.pid) == []


def test_a_stranger_that_got_the_number_of_a_former_process_is_left_alone(house: Path, children: Children):
    stranger = children.start(["/bin/sleep", "60"])
    with contextlib.closing(Folder(house)) as former:
        former.section("programs")["worker"] = {"pid": stranger.pid, "started": "another/123"}
        former.save()
        assert services.Services(former, dict(os.environ)).end_stranded() == []
    assert stranger.process.poll() is None


def test_a_pid_file_whose_number_belongs_to_a_stranger_does_not_stop_the_start(
    house: Path, launch: Callable[[Path], Launcher], children: Children
):
    owner = User(uid=programs.NOBODY, gid=programs.NOBODY) if os.geteuid() == 0 else User()
    stranger = children.start(["/bin/sleep", "60"], user=owner)
    data = next(house.glob("pg*"))
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n{int(time.time())}\n54329\n\n127.0.0.1\n")
    started = launch(house)
    with psycopg.connect(started.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert stranger.process.poll() is None


@LINUX
def test_a_postgresql_that_somebody_else_started_on_the_folder_is_named_and_not_touched(
    house: Path, launch: Callable[[Path], Launcher]
):
    first = launch(house)
    running = pid_of(house, "postgres")
    (house / "lock").rename(house / "lock.hidden")  # as if that PostgreSQL were not of a launcher at all
    state = json.loads((house / "state.json").read_text())
    state["programs"] = {}
    (house / "state.json").write_text(json.dumps(state))
    with contextlib.closing(Folder(house)) as second, pytest.raises(CannotStart, match=rf"pid {running}\) already runs on"):
        services.Services(second, dict(os.environ)).start()
    assert psycopg.connect(first.database_url).close() is None


def test_a_long_path_with_blanks_and_quotes_works(house: Path, launch: Callable[[Path], Launcher]):
    odd = house.parent / f'it\'s a "long" way {"down " * 20}'.strip()
    house.rename(odd)
    assert len(str(odd)) > 107
    started = launch(odd)
    started.remember("found")
    assert started.remembered() == ("found", "found")


@LINUX
def test_a_launcher_killed_while_it_makes_the_cluster_leaves_nothing_to_trip_over(
    house: Path, launch: Callable[[Path], Launcher], children: Children
):
    shutil.rmtree(next(house.glob("pg*")))
    first = children.start([sys.executable, "-m", "local.services", "--data", house])
    wait_until(lambda: list(house.glob("pg*.init/base")), "initdb to be at work")
    first.stop(signal.SIGKILL)

    second = launch(house)
    second.remember("whole")
    assert second.remembered() == ("whole", "whole")
    assert not [*house.glob("pg*.init"), *house.glob("pg*.password")]


def test_with_the_state_file_lost_the_rows_are_still_there_under_a_new_password(house: Path, launch: Callable[[Path], Launcher]):
    first = launch(house)
    first.remember("kept")
    first.child.stop()
    (house / "state.json").unlink()

    second = launch(house)
    assert second.remembered() == ("kept", "kept")
    assert urlsplit(second.database_url).password != urlsplit(first.database_url).password


def test_data_of_another_major_version_is_refused_with_what_to_do(house: Path):
    (next(house.glob("pg*")) / "PG_VERSION").write_text("17\n")
    with contextlib.closing(Folder(house)) as held, pytest.raises(CannotStart, match=r"made by PostgreSQL 17, .* set PG_BIN"):
        services.Services(held, dict(os.environ)).start()


@pytest.mark.parametrize(
    ("name", "named"), [("PG_BIN", "PG_BIN=/nowhere has no program"), ("VALKEY_BIN", "VALKEY_BIN=/nowhere is not")]
)
def test_a_program_named_wrongly_is_said_by_its_name(house: Path, name: str, named: str):
    with contextlib.closing(Folder(house)) as held, pytest.raises(CannotStart, match=named):
        services.Services(held, {**os.environ, name: "/nowhere"}).start()
    assert servers_in(house) == []


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(children: Children, tmp_path: Path):
    (tmp_path / "file").write_text("")
    started = children.start([sys.executable, "-m", "local.services", "--data", tmp_path / "file" / "data"])
    assert started.process.wait(20) == 1
    assert re.fullmatch(r"Cannot write to [^\n]*\.\n", started.output())


def test_a_taken_port_is_left_to_its_owner_and_another_is_used(house: Path, launch: Callable[[Path], Launcher]):
    state = json.loads((house / "state.json").read_text())
    with socket.create_server(("127.0.0.1", 0)) as owner:
        state["postgres"]["port"] = state["valkey"]["port"] = owner.getsockname()[1]
        (house / "state.json").write_text(json.dumps(state))
        started = launch(house)
        ports = {urlsplit(started.database_url).port, urlsplit(started.redis_url).port}
        assert len(ports - {owner.getsockname()[1]}) == 2


def test_a_running_house_is_closed_to_others_and_says_who_holds_it(
    house: Path, launch: Callable[[Path], Launcher], children: Children
):
    started = launch(house)
    second = children.start([sys.executable, "-m", "local.services", "--data", house])
    assert second.process.wait(20) == 75
    assert second.output() == f"already running: pid {started.child.pid} holds {house}\n"

    database, queue = urlsplit(started.database_url), urlsplit(started.redis_url)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=database.port, user="drugsng", dbname="drugsng", password="wrong")
    with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(f"redis://127.0.0.1:{queue.port}") as client:
        client.ping()
    assert (house / "state.json").stat().st_mode & 0o777 == 0o600

    for pid in servers_in(house):
        with contextlib.suppress(OSError):
            shown = Path(f"/proc/{pid}/cmdline").read_text() + Path(f"/proc/{pid}/environ").read_text(errors="replace")
            assert not [word for word in (database.password, queue.password) if str(word) in shown]
            if os.geteuid() == 0:  # root's powers are dropped where there are any
                assert "\nUid:\t65534\t" in Path(f"/proc/{pid}/status").read_text()


@LINUX
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a folder that nobody reaches")
def test_in_a_closed_folder_of_root_the_servers_run_in_a_user_namespace_and_no_right_is_changed(
    fresh_house: Path, launch: Callable[[Path], Launcher], tmp_path: Path
):
    if subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode != 0:
        pytest.skip("user namespaces are switched off on this machine")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(fresh_house, closed / "data")
    started = launch(closed / "data")
    started.remember("inside")
    assert started.remembered() == ("inside", "inside")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_uid for path in (closed / "data").glob("pg*/base")} == {0}


@LINUX
def test_an_ordinary_user_starts_it_too(children: Children):
    with tempfile.TemporaryDirectory(prefix="drugsng-test-user-") as name:
        command = [sys.executable, "-m", "local.services", "--data", f"{name}/data"]
        if os.geteuid() == 0:
            # A capability to read lets this user into a Python that lives in root's closed home; it is no power over PostgreSQL.
            dropped = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            dropped += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
            if subprocess.run([*dropped, sys.executable, "-c", ""], capture_output=True, cwd=ROOT).returncode != 0:
                pytest.skip("this machine lets no other user run the tests' Python")
            os.chown(name, programs.NOBODY, programs.NOBODY)
            command = [str(shutil.which("setpriv")), *dropped[1:], *command]
        started = Launcher(children.start(command, env={"PYTHONDONTWRITEBYTECODE": "1"}))
        started.remember("mine")
        assert started.remembered() == ("mine", "mine")
        assert started.child.stop() == 0
        assert servers_in(Path(name)) == []


def test_a_state_file_is_never_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with contextlib.closing(Folder(tmp_path)) as held:
        held.section("web")["port"] = 1
        held.save()

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(folder.json, "dump", full)  # a full disk cannot be had otherwise without root
        held.section("web")["port"] = 2
        with pytest.raises(CannotStart, match="No space left on device"):
            held.save()
    assert json.loads((tmp_path / "state.json").read_text()) == {"web": {"port": 1}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "state.json"]
