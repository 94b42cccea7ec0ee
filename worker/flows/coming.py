"""What is not there yet: doctors, appointments, lab tests. Said honestly, with a person as the way on."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows.heard import Command, Heard
from worker.flows.replies import button, buttons, step
from worker.flows.step import Place, Step
from worker.flows.wording import say

SUBJECTS = {
    "find_doctor": "coming.doctor",
    "book": "coming.book",
    "appointments": "coming.appointments",
    "cancel_appointment": "coming.appointments",
    "reschedule": "coming.appointments",
    "lab_tests": "coming.lab_tests",
}


def soon(place: Place, event: Heard, facts: Facts) -> Step:
    return step(place, buttons(say(SUBJECTS[event.intent]), button("agent"), button("search"), button("menu")))


COMMANDS: dict[str, Command] = dict.fromkeys(SUBJECTS, soon)
