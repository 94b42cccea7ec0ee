"""The demo appointments: made by the house's own verbs, on any day of the week, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from peewee import PostgresqlDatabase

from local.seed import doctors, visits
from local.seed.orders import ADA, CHIDI, ZAINAB
from models import base
from models.base import connection
from tests.console import a_colleague
from tests.factories import a_customer
from tests.servers import Databases


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
        datetime(2026, 11, 22, 2, 0, tzinfo=UTC),  # a Sunday
        datetime(2026, 12, 25, 13, 0, tzinfo=UTC),
    ],
)
def test_there_are_appointments_on_any_day_and_none_is_added_twice(databases: Databases, now: datetime) -> None:
    with databases.fresh() as url:
        base.bind(url)
        for name, number in (ADA, CHIDI, ZAINAB):
            a_customer(name=name, number=number)
        a_colleague("pharmacist", email="musa@drugs.example")
        db = PostgresqlDatabase("postgresql://" + url.partition("://")[2], prefer_psycopg3=True)
        with db.connection_context():
            doctors.load(db)

        first, again = visits.load(now=now), visits.load(now=now)

        waiting = connection().execute("SELECT count(*) FROM inbox WHERE status = 'pending'").fetchone()[0]
        overdue = connection().execute("""SELECT count(*) FROM timers WHERE "fireAt" < %s""", (now,)).fetchone()[0]
        base.drop_connection()
    assert (again, waiting, overdue) == (0, 0, 0)
    assert first >= 8
