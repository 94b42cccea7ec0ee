"""Talks at random: whatever a customer, two colleagues, the clock and WhatsApp do in whatever order, the talk stays whole."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from models import threads
from models.roles import Staff
from models.values import Refused
from tests.threads_house import House, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows, somebody

ACTS = 60
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WORDS = (
    "agent",
    "menu",
    "end",
    "find panadol",
    "zxcv qwer",
    "she fainted",
    "thanks",
    "cancel",
    "stop",
    "5",
    "where is it?",
    "cart",
)
OPEN = """
SELECT count(*), count(*) FILTER (WHERE "waitingSince" IS NOT NULL OR "answeredAt" IS NOT NULL) FROM handovers
WHERE "customerId" = %s AND "closedAt" IS NULL AND reason IN ('asked', 'not_understood', 'emergency')
"""
TIMER = """SELECT count(*) FROM timers WHERE "customerId" = %s AND kind = 'agent_return' AND "firedAt" IS NULL"""
SAID = """SELECT id, status, "staffKey" FROM outbox WHERE "customerId" = %s AND "staffId" IS NOT NULL AND "standsFor" IS NULL ORDER BY id"""


def acts(talk: House, dice: random.Random, crew: list[Staff]) -> dict[str, Callable[[int], object]]:
    def who() -> Staff:
        return dice.choice(crew)

    customer = talk.customer
    return {
        "says": lambda n: talk.writes(dice.choice(WORDS), serve=dice.random() < 0.7),
        "voice": lambda n: talk.writes(kind="audio", audio={"id": "10000000000000009", "mime_type": "audio/ogg"}),
        "reply": lambda n: threads.reply(who(), customer, f"answer {n}", f"k{n - n % 2}", now()),
        "later": lambda n: threads.ask_to_write(who(), customer, f"later {n}", f"k{n}", now()),
        "file": lambda n: threads.send_file(who(), customer, PNG, "a.png", f"file {n}", f"k{n}", now()),
        "note": lambda n: threads.note(who(), customer, f"note {n}", now()),
        "take": lambda n: threads.take(who(), customer, now(), over=dice.choice([None, crew[0].id])),
        "pass": lambda n: threads.pass_on(who(), customer, who().id, now()),
        "back": lambda n: threads.give_back(who(), customer, now(), dice.random() < 0.5),
        "night": lambda n: talk.hours_ago(25),
        "wait": lambda n: talk.minutes_pass(dice.choice([5, 31, 24 * 60 + 1])),
        "serve": lambda n: talk.serve(),
        "sweep": lambda n: talk.sweep(),
        "fault": lambda n: talk.sim.fault(on=dice.choice(["send", "upload"]), http=503, times=1),
    }


def whole(talk: House) -> None:
    """What holds after every act, also of one that was refused."""
    ((talks, begun),) = rows(OPEN, talk.customer)
    keys = [key for _, _, key in rows(SAID, talk.customer)]
    assert talks <= 1
    assert (talks == 1) == (talk.open_since() is not None)
    assert begun == talks
    assert len(keys) == len(set(keys))
    seen = threads.thread(talk.customer, clinical=True, now=now())
    assert seen.open == (talks == 1)
    assert [line.at for line in seen.lines] == sorted(line.at for line in seen.lines)


@pytest.mark.parametrize("seed", range(3))
def test_a_talk_stays_whole_whatever_happens_to_it(talk: House, seed: int) -> None:
    dice, crew = random.Random(seed), [somebody("Bola"), somebody("Chi", "pharmacist")]
    deeds, refused = acts(talk, dice, crew), 0
    for n in range(ACTS):
        try:
            deeds[dice.choice(list(deeds))](n)
        except Refused:
            refused += 1
        whole(talk)

    talk.sim.clear_faults()
    talk.writes("agent")
    for _ in range(4):
        rows("""UPDATE thread_files SET "nextTryAt" = now() WHERE state = 'waiting'""")
        rows("""UPDATE outbox SET "nextTryAt" = now() WHERE status = 'queued' AND "nextTryAt" < now() + interval '1 day'""")
        talk.sweep()
    whole(talk)
    said = rows(SAID, talk.customer)
    sent = [int(m["biz_opaque_callback_data"]) for m in talk.sim.messages(talk.number)]
    assert [(row, state) for row, state, _ in said if state not in ("accepted", "sent", "delivered", "read")] == []
    assert sorted(row for row, _, _ in said) == sorted(row for row in sent if row in {each[0] for each in said})
    assert rows(TIMER, talk.customer) == [(1,)]
    assert refused < ACTS
