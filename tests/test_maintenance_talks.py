"""Files and notes of talks, and results of lab tests, when their time is over; and none of them called garbage before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs import keeping
from models import vault
from models.maintenance import garbage, pruning, retention, talks
from models.maintenance.rounds import Bounds
from models.threads.answering import ROOM as TALK_ROOM
from models.vault import Gone, new_name
from models.visits.results import ROOM as RESULT_ROOM
from tests.factories import a_customer
from tests.maintenance_world import ask, one, place, world
from tests.prescription_peers import KEY

__all__ = ["place", "world"]  # fixtures
LONG_AGO = datetime(2024, 5, 1, tzinfo=UTC)


def a_file(customer: int, *, purpose: str = "support", age: str = "31 days", room: str = TALK_ROOM) -> tuple[int, str]:
    """Its row in `media` and its name in the vault."""
    name = new_name(room, LONG_AGO)
    vault.vault().write(name, b"a voice note")
    row = one(
        """INSERT INTO media ("customerId", kind, "mediaId", caption, purpose, "storedAs", "storedAt", "createdAt")
           VALUES (%s, 'audio', %s, 'I feel dizzy', %s, %s, now() - %s::interval, now() - %s::interval) RETURNING id""",
        *(customer, name, purpose, name, age, age),
    )
    return int(row), name


def there(name: str) -> bool:
    try:
        vault.vault().get(name)
    except Gone:
        return False
    return True


def a_note(customer: int, age: str) -> int:
    return int(
        one(
            """INSERT INTO thread_notes ("customerId", text, "createdAt") VALUES (%s, 'calls back', now() - %s::interval) RETURNING id""",
            *(customer, age),
        )
    )


def test_files_of_talks_leave_the_vault_with_the_messages_and_their_rows_after_them(world: str) -> None:
    ada = a_customer()
    (_, old), (young_row, young) = a_file(ada), a_file(ada, age="29 days")

    assert talks.files(Bounds(30), days=30) == (1, True)

    assert (there(old), there(young)) == (False, True)
    assert not ask("SELECT 1 FROM media WHERE caption <> '' AND id <> %s", young_row)
    pruning.prune(Bounds(30), days=30, aside_days=90)
    assert ask("SELECT id FROM media") == [(young_row,)]
    assert talks.files(Bounds(30), days=30) == (0, True)


@pytest.mark.parametrize("purpose", ["prescription", "lab_result"])
def test_what_has_a_time_of_its_own_is_not_touched_with_the_talk(world: str, purpose: str) -> None:
    _, name = a_file(a_customer(), purpose=purpose, age="400 days")

    assert talks.files(Bounds(30), days=30) == (0, True)
    assert there(name)


def test_a_file_whose_message_has_not_left_stays_until_it_has(world: str) -> None:
    ada = a_customer()
    row, name = a_file(ada)
    message = one(
        """INSERT INTO outbox ("customerId", payload, status, "expiresAt", "createdAt", "mediaRow")
           VALUES (%s, '{}', 'held', now(), now() - interval '31 days', %s) RETURNING id""",
        *(ada, row),
    )
    ask("""INSERT INTO thread_files ("mediaRow", "outboxId", state) VALUES (%s, %s, 'done')""", row, message)

    assert talks.files(Bounds(30), days=30) == (0, True)
    assert there(name)
    ask("UPDATE outbox SET status = 'delivered'")
    assert talks.files(Bounds(30), days=30) == (1, True)


def test_notes_go_when_nobody_has_the_thread_any_more(world: str) -> None:
    ada, bola = a_customer(), a_customer(number="2348030000009")
    old, young, of_open = a_note(ada, "91 days"), a_note(ada, "89 days"), a_note(bola, "91 days")
    ask("""INSERT INTO handovers ("customerId", reason, "openedAt") VALUES (%s, 'asked', now())""", bola)

    assert talks.notes(Bounds(30), days=90) == (1, True)
    assert [row[0] for row in ask("SELECT id FROM thread_notes ORDER BY id")] == [young, of_open]
    assert old not in (young, of_open)


def test_results_of_lab_tests_stay_as_long_as_prescriptions(world: str) -> None:
    ada = a_customer()
    (old_row, old), (_, young) = (
        a_file(ada, purpose="lab_result", age=age, room=RESULT_ROOM) for age in ("1826 days", "1824 days")
    )

    assert retention.results(Bounds(30), days=1825) == (1, True)

    assert (there(old), there(young)) == (False, True)
    assert ask("""SELECT "storedAs", "storedAt" FROM media WHERE id = %s""", old_row) == [("", None)]
    assert retention.results(Bounds(30), days=1825) == (0, True)


@pytest.mark.parametrize("room", [TALK_ROOM, RESULT_ROOM])
def test_garbage_is_looked_for_in_the_rooms_of_talks_and_results_and_what_a_row_names_stays(world: str, room: str) -> None:
    _, named = a_file(a_customer(), room=room)
    nobodys = new_name(room, LONG_AGO)
    vault.vault().write(nobodys, b"written before its row, and the row never came")

    done = garbage.sweep(Bounds(30), now=datetime.now(UTC) + timedelta(days=2))

    assert (done.removed, done.lost, done.strange) == (1, 0, 0)
    assert (there(named), there(nobodys)) == (True, False)


def test_the_clock_says_what_went_and_a_vault_that_is_away_does_not_keep_messages(
    world: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: Any = SimpleNamespace(retention_messages_days=30, retention_set_aside_days=90)
    monkeypatch.setattr(keeping, "current", lambda: wanted)
    ada = a_customer()
    _, name = a_file(ada)
    a_note(ada, "91 days")

    assert keeping.prune_messages() == "1 notes of talks, 1 files of talks, 1 of media"
    assert not there(name)

    a_file(ada)
    ask(
        """INSERT INTO timers (kind, "customerId", "fireAt", "firedAt") VALUES ('x', %s, now(), now() - interval '31 days')""",
        ada,
    )
    vault.bind("nowhere://vault", (KEY,))
    assert "vault away" in keeping.prune_messages()
    assert one("SELECT count(*) FROM timers") == 0
