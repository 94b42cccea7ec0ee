"""Files of a talk: a customer's fetched into the vault, staff's handed to WhatsApp in their place, and what is said when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import threads
from models.maintenance import talks
from models.maintenance.rounds import Bounds
from models.threads import files
from models.values import Refused
from tests.threads_house import House, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows, somebody
from tests.visits_made import a_pdf

VOICE = b"OggS" + b"\0" * 60
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def a_voice_note(talk: House, media_id: str = "") -> None:
    media_id = media_id or str(talk.sim.ask("POST", "upload", VOICE, content_type="audio/ogg", timeout_s=10)["id"])
    talk.writes(kind="audio", audio={"id": media_id, "mime_type": "audio/ogg; codecs=opus", "voice": True})


def test_a_voice_note_is_fetched_and_played_from_the_vault_sealed(talk: House) -> None:
    bola = somebody()
    talk.asks()
    a_voice_note(talk)
    talk.sweep()
    line = threads.thread(talk.customer, now=now()).lines[-1]
    assert (line.kind, line.failure) == ("audio", "")
    assert threads.media(talk.customer, line.media_ref, staff=bola, now=now()) == (VOICE, "audio/ogg")


def test_a_file_whatsapp_no_longer_has_is_told_to_staff(talk: House) -> None:
    talk.asks()
    a_voice_note(talk, "10000000000000009")
    talk.sweep()
    line = threads.thread(talk.customer, now=now()).lines[-1]
    assert (line.media_ref, line.failure) == ("", "WhatsApp no longer has this file. Ask the customer to send it again.")


def test_a_picture_of_staff_keeps_its_place_before_what_was_said_after_it(talk: House) -> None:
    bola = somebody()
    talk.asks()
    threads.send_file(bola, talk.customer, PNG, "a.png", "look", "p", now())
    threads.send_file(bola, talk.customer, PNG, "a.png", "look", "p", now())
    threads.reply(bola, talk.customer, "and?", "q", now())
    talk.serve()
    assert len(talk.seen()) == 1
    talk.sweep()
    assert talk.seen()[1:] == ["look", "and?"]


def test_words_are_said_before_a_picture_that_cannot_be_handed_over_and_it_follows_when_it_can(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.sim.fault(on="upload", http=503, times=None)
    threads.send_file(bola, talk.customer, PNG, "a.png", "look", "slow", now())
    talk.sweep()
    talk.writes("she is not breathing")
    assert len(talk.seen()) == 1
    rows("""UPDATE outbox SET "createdAt" = now() - interval '31 seconds' WHERE "customerId" = %s""", talk.customer)

    talk.sweep()
    emergency = talk.seen()[1:]
    talk.sim.clear_faults()
    rows("""UPDATE thread_files SET "nextTryAt" = now() WHERE state = 'waiting'""")
    talk.sweep()

    assert emergency[0].startswith("\U0001f6a8 If someone's life is in danger")
    assert talk.seen()[-1] == "look"


def test_a_picture_whatsapp_never_takes_is_given_up_told_to_staff_and_holds_up_nothing(talk: House) -> None:
    bola = somebody()
    talk.asks()
    talk.sim.fault(on="upload", http=400, code=131053, times=None)
    key = threads.send_file(bola, talk.customer, PNG, "a.png", "look", "never", now())
    threads.reply(bola, talk.customer, "and?", "after", now())
    for _ in range(files.MOST_FAILURES):
        talk.sweep()
        rows("""UPDATE thread_files SET "nextTryAt" = now() WHERE state = 'waiting'""")
    talk.sweep()
    line = next(each for each in threads.thread(talk.customer, now=now()).lines if each.key == key)
    assert (line.tick, line.failure) == ("failed", "WhatsApp did not take the file. Send it once more.")
    assert talk.seen()[1:] == ["and?"]


SPOKEN = b"OggS" + bytes(24) + b"OpusHead" + bytes(60)


def test_a_voice_note_of_staff_is_sealed_and_sent_and_its_words_follow_it(talk: House) -> None:
    bola = somebody()
    talk.asks()
    threads.send_file(bola, talk.customer, SPOKEN, "note.ogg", "as I said", "vn", now())
    threads.send_file(bola, talk.customer, SPOKEN, "note.ogg", "as I said", "vn", now())
    talk.sweep()
    kinds = [m["body"]["type"] for m in talk.sim.messages(talk.number)][1:]
    line = threads.thread(talk.customer, now=now()).lines[-2]
    assert (kinds, talk.seen()[-1]) == (["audio", "text"], "as I said")
    assert threads.media(talk.customer, line.media_ref, staff=bola, now=now()) == (SPOKEN, "audio/ogg")


def test_nothing_of_a_talk_lies_open_on_the_disk(talk: House, worker_process: Path) -> None:
    talk.asks()
    a_voice_note(talk)
    threads.send_file(somebody(), talk.customer, PNG, "a.png", "", "sealed", now())
    talk.sweep()
    kept = [path.read_bytes() for path in worker_process.rglob("*") if path.is_file()]
    assert len(kept) >= 2
    assert not any(VOICE in content or PNG in content for content in kept)


def test_a_file_whose_time_is_over_is_told_to_be_gone_and_leaves_the_vault(talk: House, worker_process: Path) -> None:
    bola = somebody()
    talk.asks()
    a_voice_note(talk)
    threads.send_file(bola, talk.customer, PNG, "a.png", "look", "old", now())
    talk.sweep()
    rows("""UPDATE media SET "createdAt" = now() - interval '31 days' WHERE "customerId" = %s""", talk.customer)

    gone, all_gone = talks.files(Bounds(30), days=30)

    heard, shown = threads.thread(talk.customer, now=now()).lines[-2:]
    names = rows("""SELECT "storedAs" FROM media WHERE "customerId" = %s""", talk.customer)
    assert (gone >= 2, all_gone, names) == (True, True, [("",), ("",)])
    assert (heard.media_ref, heard.failure) == ("", "The file was removed: files are kept no longer than messages.")
    assert (shown.media_ref, shown.text) == ("", "look")


def test_another_customers_file_is_nobodys_to_see(talk: House) -> None:
    talk.asks()
    a_voice_note(talk)
    talk.sweep()
    ref = threads.thread(talk.customer, now=now()).lines[-1].media_ref
    other = House(talk.sim)
    with pytest.raises(Refused, match="unknown"):
        threads.media(other.customer, ref, staff=somebody(), now=now())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"MZ" + b"\0" * 9, "kind"),
        (VOICE, "kind"),
        (PNG + b"\0" * 5_300_000, "too_big"),
        (a_pdf(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "active"),
    ],
)
def test_a_file_that_cannot_be_sent_is_refused(talk: House, content: bytes, why: str) -> None:
    talk.asks()
    with pytest.raises(Refused) as no:
        threads.send_file(somebody(), talk.customer, content, "x", "", "b", now())
    assert (no.value.code, no.value.detail) == ("bad_file", {"why": why})
    made = """SELECT count(*) FROM thread_files f JOIN media m ON m.id = f."mediaRow" WHERE m."customerId" = %s"""
    assert rows(made, talk.customer) == [(0,)]
