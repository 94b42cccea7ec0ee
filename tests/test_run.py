"""The launcher of the whole house, with small stand-ins for its processes: started, stopped, killed and left by its children."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from local import environment, programs
from local.programs import CannotStart
from tests.children import Child, Children, wait_until

pytestmark = pytest.mark.house
LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a launcher's death is told to its children on Linux only"
)
WELCOME = "✓ Successfully started Drugs.ng WhatsApp Bot"

WEB = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
    def log_message(self, *_): pass
print("web", os.getpid(), os.environ["DATABASE_URL"], flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""
WORKER = """
import os, signal, time
asked = []
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: asked.append(number))
print("worker", os.getpid(), flush=True)
while not asked:
    time.sleep(0.02)
time.sleep(0.7)
print("work in hand is finished, asked by", asked, flush=True)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(100)"
BROKEN = "import sys; sys.exit('the setting COLOUR cannot be used')"
FAMILY = """
import os, subprocess, time
print("family", os.getpid(), subprocess.Popen(["sleep", "100"]).pid, flush=True)
time.sleep(100)
"""


class Started:
    """A running `python -m local.run` and the folder of its house."""

    def __init__(self, child: Child, folder: Path) -> None:
        self.child = child
        self.folder = folder

    def ready(self) -> Started:
        self.child.wait_for_output(WELCOME, 60)
        return self

    def pids(self, name: str) -> list[list[int]]:
        """The numbers each start of this process printed after its name."""
        found = re.findall(rf"^{name} +\| {name} ([\d ]+)", self.child.output(), re.MULTILINE)
        return [[int(number) for number in numbers.split()] for numbers in found]

    def running(self) -> list[str]:
        """The names of the programs that were written down as ours and still run."""
        programs_by_name = json.loads((self.folder / "state.json").read_text())["programs"]
        return [name for name, entry in programs_by_name.items() if programs.birth(entry["pid"])]


@pytest.fixture
def run(house: Path, children: Children, tmp_path: Path) -> Callable[..., Started]:
    """Starts a house of these processes (name -> Python code). `settings`: its environment beside the real WhatsApp token."""

    def start(settings: dict[str, str], **processes: str) -> Started:
        lines = ["release: false"]
        for name, code in processes.items():
            (tmp_path / f"{name}.py").write_text(code)
            lines.append(f"{name}: python {shlex.quote(str(tmp_path / name))}.py")
        (tmp_path / "Procfile").write_text("\n".join(lines) + "\n")
        command = [sys.executable, "-m", "local.run", "--data", house, "--procfile", tmp_path / "Procfile"]
        env = {"WHATSAPP_ACCESS_TOKEN": "real", "DATABASE_URL": "", "REDIS_URL": "", **settings}
        return Started(children.start(command, env=env), house)

    return start


@pytest.fixture
def given(database_url: str, redis_url: str) -> dict[str, str]:
    """Servers that are there already, so that a test of the processes alone is quick."""
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


def test_the_house_starts_says_where_to_look_and_stops_with_the_work_in_hand_done(run: Callable[..., Started]):
    started = run({}, web=WEB, worker=WORKER).ready()
    shown = started.child.output()
    address = re.search(r"Webhook +(http://127\.0\.0\.1:\d+)/webhook", shown)
    assert address
    with urllib.request.urlopen(f"{address[1]}/ready", timeout=5) as answer:
        assert answer.status == 200
    assert started.running() == ["postgres", "providers", "valkey", "web", "worker"]

    assert started.child.stop() == 0
    said = started.child.output()
    assert f"work in hand is finished, asked by [{int(signal.SIGTERM)}]" in said.replace("<Signals.SIGTERM: 15>", "15")
    assert said.endswith("stopped, nothing is left running\n")
    assert started.running() == []


def test_ctrl_c_in_the_terminal_reaches_the_processes_as_one_polite_request(run: Callable[..., Started], given: dict[str, str]):
    started = run(given, web=WEB, worker=WORKER).ready()
    os.killpg(started.child.pid, signal.SIGINT)  # what a terminal does: everyone in the foreground group gets it
    assert started.child.process.wait(20) == 0
    assert "asked by [15]" in started.child.output().replace("<Signals.SIGTERM: 15>", "15")


def test_a_second_start_keeps_the_rows_and_the_settings_made_up(run: Callable[..., Started], house: Path):
    playing = {"WHATSAPP_ACCESS_TOKEN": ""}
    first = run(playing, web=WEB).ready()
    url = re.search(r"postgresql://\S+", first.child.output())
    assert url
    with psycopg.connect(url[0]) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    assert "Phone in the browser" in first.child.output()
    assert first.child.stop() == 0
    kept = json.loads((house / "state.json").read_text())["whatsapp"]

    second = run(playing, web=WEB).ready()
    with psycopg.connect(url[0]) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == ("kept",)
    assert json.loads((house / "state.json").read_text())["whatsapp"] == kept
    made_up = {"WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"}
    made_up |= {"MEDIA_KEYS", "CONSOLE_SECRET_KEY", "PAYSTACK_SECRET_KEY", "FLUTTERWAVE_SECRET_KEY", "FLUTTERWAVE_SECRET_HASH"}
    assert set(kept) == made_up
    assert second.child.stop() == 0


def test_two_starts_on_one_folder_the_second_says_who_holds_it(run: Callable[..., Started], given: dict[str, str]):
    first = run(given, web=WEB).ready()
    second = run(given, web=WEB)
    assert second.child.process.wait(20) == 75
    assert f"already running: pid {first.child.pid} holds {first.folder}" in second.child.output()


def test_a_process_that_dies_is_started_again_and_what_it_left_behind_is_ended(
    run: Callable[..., Started], given: dict[str, str]
):
    started = run(given, web=WEB, family=FAMILY).ready()
    [[main, orphan]] = started.pids("family")
    os.kill(main, signal.SIGKILL)
    wait_until(lambda: len(started.pids("family")) == 2, "the second start of the process")
    assert programs.birth(orphan) is None
    assert "family ended by itself (signal 9); it starts again in 0.5 s" in started.child.output()


def test_a_process_that_cannot_start_ends_the_start_with_its_own_words(run: Callable[..., Started], given: dict[str, str]):
    started = run(given, web=WEB, worker=BROKEN)
    assert started.child.process.wait(30) == 1
    assert "worker does not start: the setting COLOUR cannot be used" in started.child.output()
    assert "Traceback" not in started.child.output()
    assert started.running() == []


@LINUX
def test_a_killed_database_is_started_again_under_the_same_address_and_the_house_goes_on(run: Callable[..., Started]):
    started = run({}, web=WEB).ready()
    url = re.search(r"postgresql://\S+", started.child.output())
    assert url
    os.kill(json.loads((started.folder / "state.json").read_text())["programs"]["postgres"]["pid"], signal.SIGKILL)
    started.child.wait_for_output("Postgres ended by itself")

    def answers() -> bool:
        try:
            return psycopg.connect(url[0], connect_timeout=2).close() is None
        except psycopg.OperationalError:
            return False

    wait_until(answers, "the database to be back")
    assert started.child.stop() == 0


def test_a_second_ctrl_c_does_not_wait_for_a_process_that_will_not_stop(run: Callable[..., Started], given: dict[str, str]):
    started = run(given, web=WEB, stubborn=STUBBORN).ready()
    started.child.process.send_signal(signal.SIGINT)
    started.child.wait_for_output("stopping")
    assert started.child.process.poll() is None
    begun = time.monotonic()
    assert started.child.stop(signal.SIGINT) == 0
    assert time.monotonic() - begun < 10
    assert started.running() == []


def test_a_folder_that_vanished_does_not_keep_the_house_from_stopping(
    run: Callable[..., Started], house: Path, given: dict[str, str]
):
    started = run(given, web=WEB, family=FAMILY).ready()
    everyone = [pid for [*pids] in (started.pids("family")[0], started.pids("web")[0]) for pid in pids]
    shutil.rmtree(house)
    assert started.child.stop() == 0
    assert "Traceback" not in started.child.output()
    assert [pid for pid in everyone if programs.birth(pid)] == []


def test_a_taken_port_is_said_and_another_is_used(run: Callable[..., Started], given: dict[str, str]):
    with socket.socket() as owner:
        owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            owner.bind(("127.0.0.1", 8000))
            owner.listen()
        except OSError:
            pass  # somebody else has it: just as taken
        started = run(given, web=WEB).ready()
    assert "port 8000 is in use by another program: web takes " in started.child.output()
    assert "http://127.0.0.1:8000" not in started.child.output()


def test_a_database_that_refuses_is_said_without_a_stack_trace(run: Callable[..., Started], redis_url: str):
    with socket.create_server(("127.0.0.1", 0)) as dead:
        port = dead.getsockname()[1]
    started = run({"DATABASE_URL": f"postgresql://drugsng@127.0.0.1:{port}/drugsng", "REDIS_URL": redis_url}, web=WEB)
    assert started.child.process.wait(30) == 1
    assert "The database could not be migrated: " in started.child.output()
    assert "Traceback" not in started.child.output()


def test_a_settings_file_is_read_like_a_shell_would_and_a_bad_line_is_named(tmp_path: Path):
    path = tmp_path / ".env"
    path.write_text("# remark\n\nexport A=1\nB = 'two words'\nC=\"#no remark\"\nD=a=b\n")
    assert environment.from_file(path) == {"A": "1", "B": "two words", "C": "#no remark", "D": "a=b"}
    assert environment.from_file(tmp_path / "none") == {}

    path.write_text("A=1\nnonsense\n")
    with pytest.raises(CannotStart, match=r"line 2: write NAME=value"):
        environment.from_file(path)


def test_what_the_environment_names_is_used_and_what_it_does_not_is_made_up_once():
    ports = environment.Ports(8000, 8090, 8091)
    state: dict[str, str] = {}
    urls = ("postgresql://x/y", "redis://x/0")
    playing = environment.for_children({}, state, ports, urls, Path("/tree"), Path("/logs"))
    again = environment.for_children({}, state, ports, urls, Path("/tree"), Path("/logs"))
    real = environment.for_children({"WHATSAPP_ACCESS_TOKEN": "real"}, {}, ports, urls, Path("/tree"), Path("/logs"))
    assert playing == again
    assert playing["WHATSAPP_API_BASE_URL"] == "http://127.0.0.1:8090"
    assert len(playing["WHATSAPP_APP_SECRET"]) == 64
    assert real["WHATSAPP_ACCESS_TOKEN"] == "real"
    assert "WHATSAPP_API_BASE_URL" not in real
    assert Path(playing["TESSERACT_CMD"]).is_file()


@LINUX
def test_the_real_house_starts_loses_a_worker_main_and_its_launcher_and_leaves_nothing_behind(house: Path, children: Children):
    env = {"WHATSAPP_ACCESS_TOKEN": "", "WHATSAPP_API_BASE_URL": "", "DATABASE_URL": "", "REDIS_URL": "", "WORKER_THREADS": "2"}
    started = Started(children.start([sys.executable, "-m", "local.run", "--data", house], env=env), house)
    started.child.wait_for_output(WELCOME, 60)
    address = re.search(r"Health +(http://\S+)/health", started.child.output())
    assert address
    with urllib.request.urlopen(f"{address[1]}/ready", timeout=5) as answer:
        assert answer.status == 200
    assert processes_of(house) >= 6

    # With a second thread in the launcher its death would be told twice, and a second TERM cuts work in hand.
    assert len(list(Path(f"/proc/{started.child.pid}/task").iterdir())) == 1

    main = json.loads((house / "state.json").read_text())["programs"]["worker"]["pid"]
    workers = programs.group_members(main)
    assert len(workers) > 1
    os.kill(main, signal.SIGKILL)
    started.child.wait_for_output("worker ended by itself")
    wait_until(lambda: not any(programs.birth(pid) for pid in workers), "the former workers to end")
    wait_until(
        lambda: json.loads((house / "state.json").read_text())["programs"].get("worker", {}).get("pid", main) != main,
        "a new main",
    )

    started.child.stop(signal.SIGKILL)
    wait_until(lambda: processes_of(house) == 0, "everything to end")


def processes_of(house: Path) -> int:
    """How many processes were told of this house, or work in its folder."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = str(house).encode() in (entry / "environ").read_bytes()
            found += told or Path(os.readlink(entry / "cwd")).is_relative_to(house)
    return found
