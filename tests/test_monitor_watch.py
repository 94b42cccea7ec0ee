"""`--watch`: what happens a second between two looks, in a terminal and without one, ended by Ctrl-C, surviving a restart."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import psycopg
import pytest

from tests.children import Children
from tests.monitoring_world import do, run, start


def looks(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_two_looks_tell_what_was_done_a_second_between_them(children: Children, empty_database_url: str) -> None:
    url = empty_database_url
    child = start(children, "db", "--database-url", url, "--watch", "2", "--times", "2", "--json")
    child.wait_for_output('"parts"')
    do(url, "CREATE TABLE things (n int)", "INSERT INTO things SELECT generate_series(1, 1000)")
    assert child.process.wait(20) == 0
    first, second = (next(p for p in look["parts"] if p["name"] == "traffic")["figures"] for look in looks(child.output()))
    assert "rows_written_a_second" not in first
    assert second["rows_written_a_second"] * second["over_seconds"] == pytest.approx(1000, rel=0.15)


def test_without_a_terminal_it_writes_plain_lines_until_ctrl_c(children: Children, empty_database_url: str) -> None:
    child = start(children, "db", "--database-url", empty_database_url, "--watch", "0.5", "--brief")
    child.wait_for_output("Replication")
    assert child.stop(signal.SIGINT) == 0
    assert "\x1b" not in child.output()
    assert "Traceback" not in child.output()


def test_in_a_terminal_it_draws_anew_in_colour(children: Children, empty_database_url: str) -> None:
    child = start(
        children, "db", "--database-url", empty_database_url, "--watch", "0.5", "--times", "2", "--brief", terminal=True
    )
    assert child.process.wait(20) == 0
    assert child.output().count("\x1b[2J") == 2
    assert "\x1b[32mok" in child.output()


def test_a_connection_that_is_cut_is_told_and_looked_for_again(children: Children, empty_database_url: str) -> None:
    url = empty_database_url
    child = start(children, "db", "--database-url", url, "--watch", "0.5", "--times", "4", "--json")
    child.wait_for_output('"parts"')
    with psycopg.connect(url, autocommit=True) as conn:
        whose = "application_name = 'drugsng monitor' AND datname = current_database()"
        conn.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {whose}")
    assert child.process.wait(20) == 0
    told = looks(child.output())
    assert ["error" in look for look in told].count(True) == 1
    assert "parts" in told[-1]
    assert "broke" in str(next(look["error"] for look in told if "error" in look))


def test_an_address_that_never_worked_is_not_waited_for() -> None:
    done = run("db", "--database-url", "postgresql://u@127.0.0.1:1/x", "--watch", "1")
    assert done.exit_code == 1
    assert "No database answers" in done.output


@pytest.mark.parametrize("command", ["db", "app"])
def test_the_help_tells_the_exit_codes(command: str, tmp_path: Path) -> None:
    assert "3 something is wrong" in " ".join(run(command, "--help").output.split())
