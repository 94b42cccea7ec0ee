"""Migration 016 up, down and up again, with doctors who have hours, fees that were ordered, and a doctor among the staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import psycopg
import pytest

from models import base, orders
from models.migrating import migrate, rollback
from models.roles import Staff
from models.visits import agenda
from tests.factories import NOW, a_colleague, a_customer
from tests.servers import Databases
from tests.test_migrations_v1 import shape
from tests.visits_world import TWO, a_doctor, a_test, booked

STEP = "016_add_doctors_hours"


class Clinic(NamedTuple):
    url: str
    steps: int  # to roll back, so that 016 is gone
    doctor: int
    ada: int
    order: str
    staff: int


@pytest.fixture
def clinic(databases: Databases) -> Iterator[Clinic]:
    with databases.fresh() as url:
        base.bind(url)
        by = Staff(a_colleague().id, "x@pharmacy.example", "Bisi", "admin")
        ref, ada = a_doctor(fee=5000, languages="English, Igbo", zone="Europe/London"), a_customer()
        doctor = int(ref[1:])
        agenda.set_hours(doctor, [(1, 480, 900)], by=by, now=NOW)
        agenda.take_off(doctor, date(2026, 12, 1), date(2026, 12, 2), "Conference", by=by, now=NOW)
        agenda.block(doctor, TWO, TWO.replace(hour=14), "Theatre", by=by, now=NOW)
        agenda.announce(date(2026, 12, 8), "Day of mourning", by=by, now=NOW)
        a_test(home=True, centre="12 Marina, Lagos")
        order = booked(ada, ref, TWO.replace(hour=9)).order_number
        staff = ask(
            url, """UPDATE staff SET role = 'doctor', "doctorId" = %s WHERE id = %s RETURNING id""", doctor, a_colleague().id
        )
        steps = [row[0] for row in ask(url, "SELECT name FROM migratehistory ORDER BY name")]
        base.drop_connection()
        yield Clinic(url, sum(step >= STEP for step in steps), doctor, ada, order, staff[0][0])
        base.drop_connection()


def ask(url: str, statement: str, *values: object) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as conn:
        done = conn.execute(statement, values)
        return done.fetchall() if done.description else []


def everything(url: str) -> dict[str, list[Any]]:
    tables = {
        "doctors": 'SELECT id, "feeKobo", languages, zone, "slotMinutes", "worksHolidays" FROM doctors ORDER BY id',
        "tests": "SELECT id, home, centre, preparation FROM diagnostic_tests ORDER BY id",
        "hours": "SELECT * FROM doctor_hours ORDER BY id",
        "absences": "SELECT * FROM doctor_days_off ORDER BY id",
        "blocks": "SELECT * FROM doctor_blocks ORDER BY id",
        "holidays": "SELECT * FROM holiday_overrides ORDER BY day",
        "orders": 'SELECT id, "deliveryKind", state FROM orders ORDER BY id',
        "lines": 'SELECT id, "orderId", name, quantity, "priceKobo" FROM order_items ORDER BY id',
        "staff": 'SELECT id, role, active, "doctorId" FROM staff ORDER BY id',
    }
    return {name: ask(url, statement) for name, statement in tables.items()}


def test_a_clinic_goes_back_and_forth_without_losing_anything(clinic: Clinic) -> None:
    before, schema = everything(clinic.url), shape(clinic.url)

    rollback(clinic.url, clinic.steps)
    old = {row[0] for row in ask(clinic.url, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'")}
    migrate(clinic.url)

    assert not {"slotMinutes", "worksHolidays", "preparation", "fromMinute", "firstDay"} & old
    assert everything(clinic.url) == before
    assert shape(clinic.url) == schema
    assert ask(clinic.url, "SELECT to_regclass('rollback_016')") == [(None,)]
    base.bind(clinic.url)
    assert orders.get(clinic.ada, clinic.order).lines[0].name == "Dr Amaka Obi"


def test_while_it_is_gone_a_doctor_of_the_staff_cannot_sign_in_and_no_password_is_kept(clinic: Clinic) -> None:
    rollback(clinic.url, clinic.steps)

    assert ask(clinic.url, "SELECT role, active FROM staff WHERE id = %s", clinic.staff) == [("auditor", False)]
    kept = ask(clinic.url, "SELECT kept FROM rollback_016 WHERE source = 'staff'")
    assert kept == [({"id": clinic.staff, "role": "doctor", "active": True, "doctorId": clinic.doctor},)]


def test_a_role_given_meanwhile_stays_and_what_belongs_to_a_deleted_doctor_stays_kept(clinic: Clinic) -> None:
    rollback(clinic.url, clinic.steps)
    ask(clinic.url, "UPDATE staff SET role = 'support', active = true WHERE id = %s", clinic.staff)
    ask(clinic.url, "DELETE FROM doctors WHERE id = %s", clinic.doctor)

    migrate(clinic.url)

    assert ask(clinic.url, 'SELECT role, active, "doctorId" FROM staff WHERE id = %s', clinic.staff) == [("support", True, None)]
    assert ask(clinic.url, "SELECT count(*) FROM doctor_hours") == [(0,)]
    assert {source for (source,) in ask(clinic.url, "SELECT DISTINCT source FROM rollback_016")} == {
        "doctors",
        "doctor_hours",
        "doctor_days_off",
        "doctor_blocks",
    }


def test_the_wider_checks_still_refuse_what_is_none(clinic: Clinic) -> None:
    for statement in (
        "UPDATE orders SET \"deliveryKind\" = 'drone'",
        "UPDATE order_items SET name = NULL",
        "UPDATE staff SET role = 'king'",
        'UPDATE doctors SET "slotMinutes" = 0',
        'UPDATE doctor_hours SET "untilMinute" = 1441',
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            ask(clinic.url, statement)
