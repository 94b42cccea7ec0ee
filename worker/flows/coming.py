"""What is not there yet: doctors, appointments, lab tests. Said honestly, with a person as the way on."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows.heard import Heard
from worker.flows.replies import button, buttons, step
from worker.flows.step import Event, Handler, Place, Step
from worker.flows.wording import say

SUBJECTS = {
    "find_doctor": "coming.doctor",
    "book": "coming.book",
    "appointments": "coming.appointments",
    "cancel_appointment": "coming.appointments",
    "reschedule": "coming.appointments",
    "lab_tests": "coming.lab_tests",
}


def soon(place: Place, event: Event, facts: Facts) -> Step:
    assert isinstance(event, Heard)
    return step(place, buttons(say(SUBJECTS[event.intent]), button("agent"), button("search"), button("menu")))


COMMANDS: dict[str, Handler] = dict.fromkeys(SUBJECTS, soon)
