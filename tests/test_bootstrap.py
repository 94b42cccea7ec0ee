"""From a fresh clone to a running command: what is said when that cannot be, and a lock that anyone's package index can serve."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.children import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone as far as the bootstrap looks."""
    (tmp_path / "local").mkdir()
    shutil.copy(ROOT / "local" / "bootstrap.py", tmp_path / "local")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    return tmp_path


def bootstrap(clone: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, clone / "local" / "bootstrap.py", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "", **env},
    )


def test_a_python_without_venv_is_told_the_one_line_that_helps(clone: Path, tmp_path: Path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ensurepip.py").write_text("raise ImportError\n")  # what Debian's python3 lacks
    done = bootstrap(clone, PYTHONPATH=str(tmp_path / "broken"))
    assert done.returncode == 1
    assert done.stderr == "Python's venv is missing: run `apt-get install python3-venv` as root, then the same command again.\n"


def test_a_failed_installation_is_said_then_made_good_and_a_done_one_is_not_repeated(clone: Path):
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    (clone / "hello.py").write_text("import sys; print('hello', *sys.argv[1:])\n")
    (clone / "requirements.lock").write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    failed = bootstrap(clone, "hello", **offline)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("The packages could not be installed (pip's words are above)")

    (clone / "requirements.lock").write_text("")
    first, second = bootstrap(clone, "hello", "you", **offline), bootstrap(clone, "hello", "again", **offline)
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, "hello you")
    assert (second.returncode, second.stdout) == (0, "hello again\n")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-production.lock"])
def test_a_lock_names_no_place_and_pins_each_package_with_hashes(name: str):
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    assert not re.search(r"://|file:|--(index|extra-index|find-links|trusted)", text)
    assert all(re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==[\w.]+( ; [^\\]+)? \\\n +--hash=sha256:", entry) for entry in entries)


def test_the_lock_has_every_dependency_that_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert {re.split(r"[\[<>=~; ]", line)[0].lower() for line in named} - locked == set()


def test_make_help_has_a_line_for_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    shown = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, timeout=20).stdout
    assert set(re.findall(r"^  make (\w+) +\S", shown, re.MULTILINE)) == targets
