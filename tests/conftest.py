"""What every test may ask for: a migrated database, a Valkey, processes and proxies that end with it; no outside world."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from local import services
from local.folder import Folder
from settings import Settings
from tests.children import Children
from tests.proxy import Proxy
from tests.servers import Databases, ValkeyDatabases
from tests.taken_over import old_at, old_database_url  # noqa: F401 - fixtures: here they are made once for all modules

# Hundreds of processes are started from this code: it is compiled once and not by each of them, whatever the shell says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Settings of whoever runs the tests are not the tests' business: only TEST_DATABASE_URL and TEST_REDIS_URL are.
os.environ["MIGRATION_LOG"] = "off"  # commands of tests write no log into the working folder
for _setting in fields(Settings):
    os.environ.pop(_setting.name.upper(), None)

_outside: list[str] = []


def _is_loopback(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook and not a patched socket class: nothing in Python can connect around it, and it is inherited by no one."""
    if event in ("socket.connect", "socket.sendto"):
        family, address = arguments[0].family, arguments[1]
        if family not in (socket.AF_INET, socket.AF_INET6) or _is_loopback(address[0]):
            return
        target = str(address[0])
    elif event == "socket.getaddrinfo":
        if _is_loopback(arguments[0]):
            return
        target = str(arguments[0])
    else:
        return
    _outside.append(target)
    raise ConnectionRefusedError(f"tests talk to this machine only, not to {target}")


sys.addaudithook(_refuse_outside)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The ids of what failed, a line each, into the file that FAILED_TESTS names: .ci/run looks at them once more."""
    if told := os.environ.get("FAILED_TESTS"):
        reports = terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", [])
        with Path(told).open("a", encoding="utf-8") as file:
            file.writelines(f"{id}\n" for id in dict.fromkeys(report.nodeid for report in reports))


@pytest.fixture(autouse=True)
def outside() -> Iterator[list[str]]:
    """The hosts a test tried to reach beyond this machine: it fails for them even if the code under test swallowed the error."""
    _outside.clear()
    yield _outside
    tried = list(_outside)
    _outside.clear()
    assert not tried, f"tried to reach {tried}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL for the whole run. Tests take `database_url`."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with services.throwaway() as made:
        yield made.start(valkey=False)[0]


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The URL of a Valkey for the whole run. Tests take `redis_url`."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    with services.throwaway() as made:
        yield made.start(postgres=False)[1]


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[Databases]:
    with contextlib.closing(Databases(postgres)) as made:
        yield made


@pytest.fixture(scope="session")
def valkey_databases(valkey: str) -> ValkeyDatabases:
    return ValkeyDatabases(valkey)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A PostgreSQL database of this test's own with nothing in it, for the tests of the migrations."""
    with databases.fresh(migrated=False) as url:
        yield url


@pytest.fixture
def redis_url(valkey_databases: ValkeyDatabases) -> Iterator[str]:
    """An empty Valkey database of this test's own."""
    with valkey_databases.fresh() as url:
        yield url


@pytest.fixture(scope="session")
def fresh_house() -> Iterator[Path]:
    """A launcher's folder in which both servers were started and stopped once: made one time, because initdb takes a second."""
    with services.throwaway_folder() as around:
        path = around.path / "data"
        with contextlib.closing(Folder(path)) as folder:
            servers = services.Services(folder, dict(os.environ))
            try:
                servers.start()
            finally:
                servers.stop()
        yield path


@pytest.fixture
def house(fresh_house: Path) -> Iterator[Path]:
    """A copy of that folder for one test, in a place that `nobody` can reach, as an ordinary clone is."""
    with services.throwaway_folder() as around:
        yield Path(shutil.copytree(fresh_house, around.path / "data"))


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    """Starts processes; all of them have ended when the test has."""
    started = Children(tmp_path)
    yield started
    started.end()


@pytest.fixture
def proxy() -> Iterator[Callable[[int], Proxy]]:
    """Puts a faulty wire in front of a port of 127.0.0.1: `proxy(port)` gives one whose `mode` can be changed at any time."""
    made: list[Proxy] = []

    def before(port: int) -> Proxy:
        made.append(Proxy(port))
        return made[-1]

    yield before
    for each in made:
        each.close()
