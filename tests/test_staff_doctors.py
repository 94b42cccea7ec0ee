"""Colleagues who are a doctor: bound to one, by the page and by the command line; and nothing of the kind left with another role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from models import base
from models import staff as people
from models.base import connection
from models.roles import Staff
from models.staff_cli import staff as commands
from models.values import Refused
from tests.console import (
    Desk,
    audited,
    cheap_hashes,  # noqa: F401 - a fixture
)
from tests.console_sheet import desk, words
from tests.visits_made import a_doctor

__all__ = ["desk"]  # a fixture


@pytest.fixture(autouse=True)
def nobody_yet(desk: Desk, cheap_hashes: None) -> Iterator[None]:
    base.bind(desk.settings.database_url)
    connection().execute("DELETE FROM staff")
    yield
    base.drop_connection()


def run(desk: Desk, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(commands, [words[0], "--database-url", desk.settings.database_url, *words[1:]])
    base.bind(desk.settings.database_url)
    return done.exit_code, done.output


@pytest.mark.parametrize(("doctor", "code"), [(None, "doctor_needed"), (987654, "unknown_doctor"), (2**40, "unknown_doctor")])
def test_a_doctor_is_bound_to_a_doctor_there_is(doctor: int | None, code: str) -> None:
    with pytest.raises(Refused) as no:
        people.add("amaka@x.example", "Amaka Obi", "doctor", doctor_id=doctor)

    assert no.value.code == code
    assert people.by_email("amaka@x.example") is None


def test_they_see_that_doctor_alone_and_with_another_role_no_doctor_is_left() -> None:
    doctor = a_doctor()
    made, _ = people.add("amaka@x.example", "Amaka Obi", "doctor", doctor_id=doctor)

    support = people.change_role(made.id, "support", "", doctor_id=doctor)

    assert made.only_doctor == doctor
    assert (support.only_doctor, people.get(made.id).doctor_id) == (None, None)
    assert audited("staff_added")[-1][3] == {"role": "doctor", "doctor": doctor}


def test_who_is_bound_to_nobody_any_more_is_limited_to_nobody() -> None:
    doctor = a_doctor()
    made, _ = people.add("amaka@x.example", "Amaka Obi", "doctor", doctor_id=doctor)

    connection().execute("DELETE FROM doctors WHERE id = %s", (doctor,))

    assert people.get(made.id).only_doctor == 0
    assert Staff(1, "a@x.example", "Ada", "owner").only_doctor is None


def test_the_command_line_takes_on_a_doctor_and_says_what_is_missing(desk: Desk) -> None:
    doctor = a_doctor()
    about = ("amaka@x.example", "--name", "Amaka Obi", "--role", "doctor")

    without, done = run(desk, "add", *about), run(desk, "add", *about, "--doctor", str(doctor))

    assert without[0] == 1
    assert "add --doctor ID" in without[1]
    assert done[0] == 0
    assert people.by_email("amaka@x.example").doctor_id == doctor


def test_the_page_takes_on_a_doctor_and_names_the_field_that_is_missing(desk: Desk) -> None:
    doctor, owner = a_doctor("Amaka Obi"), desk.seat("owner")
    given = {"name": "Amaka Obi", "email": "amaka@x.example", "role": "doctor", "licence": ""}

    without, done = owner.post("/console/staff/new", given), owner.post("/console/staff/new", given | {"doctor": str(doctor)})

    made = people.by_email("amaka@x.example")
    assert (without.status_code, done.status_code, made.doctor_id) == (422, 200, doctor)
    assert "Choose whose appointments they see." in words(without.text)
    assert "Appointments of Amaka Obi, Cardiology" in words(owner.get(f"/console/staff/{made.id}").text)
