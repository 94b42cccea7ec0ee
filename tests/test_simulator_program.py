"""The simulator as a program: what it is told at the start, and when it cannot start."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from local.simulator.config import Config
from local.simulator.control import Simulator
from local.simulator.program import PROGRAM


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of somebody else."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_the_environment_says_the_secrets_and_empty_variables_count_as_not_set() -> None:
    told = Config.from_environment(
        {"WHATSAPP_APP_SECRET": " of-ours ", "WHATSAPP_ACCESS_TOKEN": "", "SIMULATOR_WEBHOOK_URL": "http://x/w"}
    )

    assert (told.app_secret, told.access_token, told.webhook_url) == ("of-ours", Config().access_token, "http://x/w")


def test_the_command_line_goes_before_the_environment_and_keeps_ids_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHATSAPP_PHONE_NUMBER_ID", "1")
    monkeypatch.setenv("SIMULATOR_WEBHOOK_URL", "http://x/environment")

    _, config = PROGRAM.arguments(["--set", "phone_number_id=0077", "--set", "latency_s=0.5", "--webhook-url", "http://x/line"])

    assert (config.phone_number_id, config.latency_s, config.webhook_url) == ("0077", 0.5, "http://x/line")


@pytest.mark.parametrize(("given", "kept"), [(0, 1), (3.9, 3), (1e12, 10**12)])
def test_whole_numbers_are_at_least_one(given: float, kept: int) -> None:
    assert Config().changed({"webhook_lanes": given}).webhook_lanes == kept


def test_settings_are_shown_without_the_secrets() -> None:
    shown = Config(app_secret="hidden-1", access_token="hidden-2", verify_token="hidden-3").shown()

    assert "hidden" not in str(shown)


def test_a_port_that_is_taken_ends_the_program_with_a_sentence(taken: int, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        Simulator.start(port=taken)

    assert f"The simulator cannot listen on 127.0.0.1:{taken}" in capfd.readouterr().err


def test_a_port_that_is_taken_stops_the_start_in_a_thread(taken: int) -> None:
    with pytest.raises(RuntimeError, match="did not start") as raised:
        Simulator.in_thread(port=taken)

    assert isinstance(raised.value.__cause__, OSError)
