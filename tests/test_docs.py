"""What README, docs and our own sentences tell to type exists: each `drugsng ...` with its options, each setting, each file."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli
from settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(
    [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / ".env.example",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "docs").rglob("*.yml"),
    ]
)
SOURCES = sorted(path for room in ("models", "web", "worker", "jobs", "local") for path in (ROOT / room).rglob("*.py"))
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`drugsng ([^`]+)`")
SETTING = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
# Read by others than our processes: the servers of a laptop and of the tests, and what docker-compose.yml asks for.
NOT_OURS = {
    "PG_BIN",
    "VALKEY_BIN",
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
    "WHATSAPP_EXAMPLES",
    "PYTEST_ADDOPTS",
    "SIMULATOR_WEBHOOK_URL",
}


def lines(path: Path) -> Iterator[str]:
    """Every `drugsng ...` of a file, without the first word: in backticks anywhere, and at the start of a line of a block."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        for block in FENCED.findall(text):
            for line in block.splitlines():
                if found := re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?drugsng (.+)", line):
                    yield found[1]
        text = FENCED.sub("", text)
    yield from (" ".join(found.split()) for found in INLINE.findall(text))


def said() -> list[tuple[str, str]]:
    return sorted({(line, str(path.relative_to(ROOT))) for path in (*DOCS, *SOURCES) for line in lines(path)})


def spelled_out(line: str) -> list[str]:
    """`db check | adopt [--undo]` is `db check` and `db adopt --undo`. Remarks after # go; what stands in {} or <> is some value."""
    line = re.sub(r"\s#.*|\s>.*|\\$|(?:\| )?\.\.\.$", "", re.sub(r"\{[^}]*\}|<[^>]*>", "VALUE", line))
    line = re.sub(r"\[[^\]]*\]|\[|\]", lambda part: re.sub(r"[\[\]|]", " ", part[0]), line)
    first, *others = line.split(" | ")
    group = first.split()[:-1]
    return [first, *(" ".join([*group, other]) for other in others)]


def real(command: click.Command) -> click.Command:
    """The command itself where it is imported only when it is called."""
    place = inspect.getclosurevars(command.callback).nonlocals.get("place") if command.callback else None
    if command.name == "chat":
        place = "local.chat:chat"
    if not isinstance(place, str):
        return command
    module, _, name = place.partition(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, click.Command)
    return found


def wrong(words: list[str]) -> str:
    """What is wrong with a command line; "" when it could be typed."""
    command: click.Command = cli.commands
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        if name not in command.commands:
            return f"there is no {name!r} in `drugsng {command.name}`"
        command = real(command.commands[name])
    if command is cli.run:
        return ""  # its options are the launcher's
    options = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    places = sum(1 if option.nargs > 0 else 99 for option in command.params if isinstance(option, click.Argument))
    while words:
        name, _, value = words.pop(0).partition("=")
        if not name.startswith("-") or name == "-":
            places -= 1
            if places < 0:
                return f"`{command.name}` takes no {name!r}"
        elif name not in ("--help", "-h"):
            if name not in options:
                return f"`{command.name}` has no {name}"
            option = options[name]
            if isinstance(option, click.Option) and not option.is_flag and not option.count and not value and words:
                words.pop(0)
    return ""


@pytest.mark.parametrize(("line", "where"), said())
def test_every_command_that_is_written_down_exists_with_its_options(line: str, where: str) -> None:
    found = {spelled: wrong(spelled.split()) for spelled in spelled_out(line)}

    assert not any(found.values()), f"{where}: {found}"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("db chekc", "there is no 'chekc'"),
        ("db backup --folder x", "has no --folder"),
        ("monitor db | application", "there is no 'application'"),
        ("db status now", "takes no 'now'"),
        ("jobs run --twice", "has no --twice"),
    ],
)
def test_what_could_not_be_typed_is_found(line: str, problem: str) -> None:
    assert any(problem in wrong(spelled.split()) for spelled in spelled_out(line))


def test_the_documents_are_read_at_all() -> None:
    documents = {where for _, where in said() if where.endswith(".md")}

    assert {"README.md", "docs/maintenance.md", "docs/migrating-from-v1.md", "docs/ops/README.md"} <= documents


def of_commands(command: click.Command) -> set[str]:
    """The variables that options of a command, or of those under it, may be given by."""
    command = real(command)
    here = {option.envvar for option in command.params if isinstance(option.envvar, str)}
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return here.union(*map(of_commands, below))


def test_every_setting_that_is_named_exists() -> None:
    known = {field.name.upper() for field in dataclasses.fields(Settings)} | of_commands(cli.commands) | NOT_OURS
    known |= set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    named = {(name, str(path.relative_to(ROOT))) for path in DOCS for name in SETTING.findall(path.read_text())}

    unknown = sorted((name, where) for name, where in named if name not in known)

    assert unknown == []


def test_every_setting_takes_effect_somewhere() -> None:
    rooms = ("worker", "models", "web", "jobs", "local")
    read = [*(path for room in rooms for path in (ROOT / room).rglob("*.py")), ROOT / "settings.py", ROOT / "cli.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in read) + (ROOT / "Procfile").read_text()

    # As an attribute, or by the name of its variable: in the Procfile and where a command may do without the others. The secrets
    # before the present ones are found beside those.
    names = [field.name.removesuffix("_previous") for field in dataclasses.fields(Settings)]
    words = set(re.findall(r"\.?\w+", code))
    unused = [name for name in names if not words & {f".{name}", name.upper(), f".{name.upper()}"}]

    assert unused == []


def test_every_file_that_a_document_links_to_exists() -> None:
    broken = [
        (str(path.relative_to(ROOT)), target)
        for path in DOCS
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", FENCED.sub("", path.read_text()))
        if not (path.parent / target).exists()
    ]

    assert broken == []
