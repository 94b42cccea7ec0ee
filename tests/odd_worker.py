"""A worker process that is odd in one way, for the tests of faults: loaded by dramatiq in the place of `worker.run`.

ODD_CLOCK_S    its wall clock is wrong by so many seconds
ODD_CIRCUIT_S  the circuit for a stopped sender closes after so many seconds instead of a minute
ODD_UNIT_S     a unit of database work is given up after so many seconds instead of ten
ODD_FLOWS=1    a flow with bugs: "explode" raises each time, "stumble" the first two times, "perish" ends the process each time,
               each "dawdle" takes 0.7 s. What an alarm would tell Sentry is printed.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

if shift := float(os.environ.get("ODD_CLOCK_S", "0")):
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=shift), tick=True).start()

from worker import run, sentry

broker = run.broker

if circuit_s := os.environ.get("ODD_CIRCUIT_S"):
    from worker import delivery

    delivery.CIRCUIT_S = float(circuit_s)

if unit_s := os.environ.get("ODD_UNIT_S"):
    from worker import house

    house.UNIT_S = float(unit_s)

_alarm = sentry.alarm


def _aloud(name: str, **ids: Any) -> None:
    print(f"ALARM {name}", flush=True)
    _alarm(name, **ids)


sentry.alarm = _aloud

if os.environ.get("ODD_FLOWS"):
    from worker.flows import entry
    from worker.flows.step import Event, Place, Step

    _turn = entry.turn
    _stumbled: Counter[str] = Counter()

    def _buggy(place: Place, event: Event, facts: Any) -> Step:
        text = getattr(event, "text", "")
        if "perish" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.7 * text.count("dawdle"))
        _stumbled[text] += 1
        if "explode" in text or ("stumble" in text and _stumbled[text] <= 2):
            raise KeyError(text)
        return _turn(place, event, facts)

    entry.turn = _buggy
