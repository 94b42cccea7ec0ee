"""The whole house on a laptop: `make run`.

    python -m local.run [--data .data]

Starts PostgreSQL and Valkey (unless DATABASE_URL / REDIS_URL name others), migrates, loads the demo data, starts the processes of
the Procfile and the stand-ins of the outside world, and says where to look. Ctrl-C or TERM ends it all in order.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib
import importlib.util
import io
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import FrameType

from local import environment, programs
from local.environment import Ports
from local.folder import Folder, free_port
from local.programs import NOBODY, CannotStart, User
from local.services import Services
from local.supervisor import Child, Supervisor, say

ROOT = Path(__file__).resolve().parent.parent
WEB_PORT, SIMULATOR_PORT, PROVIDERS_PORT = 8000, 8090, 8091
READY_LIMIT_S = 60.0
SETTLED_S = 1.5  # a process without a door of its own is taken as started when it has lived this long
SILENT_S = 5.0
SERVER_RESTARTS = 5


class Asked:
    """How often we were asked to stop, by Ctrl-C, TERM or a closed terminal."""

    def __init__(self) -> None:
        self.times = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.times += 1

    def to_stop(self) -> bool:
        return self.times > 0

    def to_hurry(self) -> bool:
        return self.times > 1


class House:
    """Everything that runs, from one folder. `open` starts it, `watch` keeps it, `close` ends it (also half started)."""

    def __init__(self, folder: Folder, given: dict[str, str], procfile: Path, asked: Asked) -> None:
        self.folder = folder
        self.given = given
        self.asked = asked
        self.lines = environment.procfile(procfile)
        self.services = Services(folder, given)
        self.supervisor: Supervisor | None = None
        self.restarts = 0

    def open(self) -> None:
        """The house runs and answers, or a CannotStart says why not."""
        urls = self._servers()
        ports = self._ports()
        user = _children_user(self.folder.path)
        logs = self.folder.path / "logs"
        logs.mkdir(exist_ok=True)
        programs.give(logs, user)
        media = self.folder.path / "media"
        media.mkdir(mode=0o700, exist_ok=True)
        env = environment.for_children(self.given, self.folder.section("whatsapp"), ports, urls, ROOT, logs)
        self.folder.save()
        self._migrate(urls[0])
        self._load_demo_data(env)
        programs.give(media, user)  # also what the demo data put there
        if self.asked.to_stop():
            return
        self.supervisor = Supervisor(self.folder, env, user, ROOT)
        self._start_processes(self.supervisor, ports)
        if not self.asked.to_stop():
            say(self._welcome(ports))

    def watch(self) -> None:
        """Until asked to stop. A server that died is started again on its port; after too many times the house closes."""
        while not self.asked.to_stop():
            assert self.supervisor is not None
            self.supervisor.tick(0.1)
            if name := self.services.died():
                self.restarts += 1
                if self.restarts > SERVER_RESTARTS:
                    raise CannotStart(
                        f"{name} keeps ending by itself; its log is in {self.folder.path}. The data is kept: start again."
                    )
                say(f"{name} ended by itself; it starts again, and what it had committed is kept")
                self.services.restart_dead()

    def close(self) -> None:
        """Nothing of the house runs any more."""
        if self.asked.to_stop():
            say("stopping: work in hand is finished first (Ctrl-C again to stop at once)")
        try:
            if self.supervisor is not None:
                self.supervisor.stop(self.asked.to_hurry)
        finally:
            self.services.stop()
        say("stopped, nothing is left running")

    def _servers(self) -> tuple[str, str]:
        """DATABASE_URL and REDIS_URL, those given or those of servers started here."""
        database_url, redis_url = self.given.get("DATABASE_URL", ""), self.given.get("REDIS_URL", "")
        if not database_url or not redis_url:
            say("starting " + " and ".join(["PostgreSQL"] * (not database_url) + ["Valkey"] * (not redis_url)))
        made = self.services.start(postgres=not database_url, valkey=not redis_url)
        return database_url or made[0], redis_url or made[1]

    def _ports(self) -> Ports:
        """The usual ports, or free ones, which is said."""
        found = []
        wished = self.given.get("PORT", "")
        web = int(wished) if wished.isdecimal() and 0 < int(wished) < 65536 else WEB_PORT
        for name, preferred in (("web", web), ("the phone", SIMULATOR_PORT), ("payments", PROVIDERS_PORT)):
            port = free_port(preferred)
            if port != preferred:
                say(f"port {preferred} is in use by another program: {name} takes {port}")
            found.append(port)
        return Ports(*found)

    def _migrate(self, database_url: str) -> None:
        if importlib.util.find_spec("models.migrating") is None:
            return
        migrating = importlib.import_module("models.migrating")
        try:
            done = migrating.migrate(database_url)
        except Exception as problem:
            raise CannotStart(f"The database could not be migrated: {' '.join(str(problem).split())}") from problem
        say(f"migrated: {len(done)} step(s)" if done else "the database is up to date")

    def _load_demo_data(self, env: dict[str, str]) -> None:
        """Demo data goes into the embedded database alone: a database somebody named may be a real one."""
        if self.given.get("DATABASE_URL") or importlib.util.find_spec("local.seed.__main__") is None:
            return
        process = subprocess.Popen([sys.executable, "-m", "local.seed"], cwd=ROOT, env=env, start_new_session=True)
        try:
            code = process.wait(120)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            programs.end_group(process.pid)
            process.wait()
        if code != 0:
            raise CannotStart(
                f"The demo data could not be loaded (python -m local.seed ended with {code}): see what it wrote above."
            )

    def _demo_staff(self) -> list[tuple[str, str]]:
        """Who may sign in, where the demo data was loaded and nobody has changed it."""
        if self.given.get("DATABASE_URL"):
            return []
        return [
            ("", "ngozi@drugs.example (pharmacist), bisi@drugs.example (owner), amarachi@drugs.example (doctor):"),
            ("", "harmattan morning tea"),
        ]

    def _start_processes(self, supervisor: Supervisor, ports: Ports) -> None:
        stand_ins = {}
        if environment.uses_simulator(self.given) and importlib.util.find_spec("local.simulator.__main__"):
            stand_ins["simulator"] = (environment.module("local.simulator", "--port", str(ports.simulator)), ports.simulator)
        if importlib.util.find_spec("local.providers") is not None:
            stand_ins["providers"] = (environment.module("local.providers", "--port", str(ports.providers)), ports.providers)
        started = [(supervisor.add(name, command, outside=True), port) for name, (command, port) in stand_ins.items()]
        house = [supervisor.add(name, command) for name, command in self.lines.items()]
        for child, port in started:
            supervisor.wait_ready(child, partial(_listens, port), READY_LIMIT_S, self.asked.to_stop)
        for child in house:
            if child.name == "web":
                supervisor.wait_ready(child, lambda: _status(ports.web, "/ready") == 200, READY_LIMIT_S, self.asked.to_stop)
            else:
                supervisor.wait_ready(child, partial(_settled, child), READY_LIMIT_S, self.asked.to_stop)

    def _welcome(self, ports: Ports) -> str:
        web = f"http://127.0.0.1:{ports.web}"
        places = [("Webhook", f"{web}/webhook"), ("Health", f"{web}/health  {web}/ready"), ("Metrics", f"{web}/metrics")]
        if _status(ports.web, "/console") not in (0, 404):
            places[0:0] = [("Staff console", f"{web}/console"), *self._demo_staff()]
        if self.supervisor is not None and any(child.name == "simulator" for child in self.supervisor.children):
            places.insert(0, ("Phone in the browser", f"http://127.0.0.1:{ports.simulator}/"))
        if self.supervisor is not None and any(child.name == "providers" for child in self.supervisor.children):
            places.insert(1, ("Paystack, Flutterwave", f"http://127.0.0.1:{ports.providers}/"))
        places.append(("Data and logs", str(self.folder.path)))
        lines = [f"  {name.ljust(21)} {place}" for name, place in places]
        return "\n".join(
            ["", "✓ Successfully started Drugs.ng WhatsApp Bot", "", *lines, "", "  Ctrl-C stops it; the data is kept.", ""]
        )


def _children_user(folder: Path) -> User:
    """Who our own processes run as: `nobody` when root starts us and that one can read the project and its Python."""
    if os.geteuid() != 0:
        return User()
    try:
        tried = subprocess.run(
            [
                sys.executable,
                "-B",
                "-c",
                "import psycopg, redis, flask, models, worker, web; import os, sys; os.stat(sys.argv[1])",
                folder,
            ],
            cwd=ROOT,
            capture_output=True,
            timeout=30,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
        )
    except (OSError, subprocess.TimeoutExpired):
        return User()
    return User(uid=NOBODY, gid=NOBODY) if tried.returncode == 0 else User()


def _settled(child: Child) -> bool:
    """Whether a process without a door has started: Dramatiq says so (if its log is not silenced), others have lived a while."""
    lived_s = time.monotonic() - child.began
    if child.command.startswith("dramatiq"):
        return lived_s > SILENT_S or any("ready for action" in line for line in list(child.said))
    return lived_s > SETTLED_S


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _status(port: int, path: str) -> int:
    """The HTTP status of a GET, 0 when there is no answer within 2 s."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make run", description="Drugs.ng's WhatsApp pharmacy on this machine, until Ctrl-C.")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="the folder it lives in (default: .data)")
    parser.add_argument("--procfile", type=Path, default=ROOT / "Procfile", help="the processes to run (default: Procfile)")
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no ✓ shows a ? and loses no line
    asked = Asked()
    try:
        given = environment.from_file(ROOT / ".env") | {name: value for name, value in os.environ.items() if value}
        folder = Folder(chosen.data)
        with contextlib.closing(folder):
            house = House(folder, given, chosen.procfile, asked)
            try:
                house.open()
                house.watch()
            finally:
                house.close()
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
