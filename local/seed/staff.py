"""The demo colleagues: one of each role, all with the same password, for a console nobody but this machine reaches."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import Database

from models import passwords

PASSWORD = "harmattan morning tea"


@dataclass(frozen=True, slots=True)
class Colleague:
    email: str
    name: str
    role: str
    licence: str = ""
    doctor: str = ""  # of the demo doctors, whose visits they see


# Names and numbers are invented.
COLLEAGUES = (
    Colleague("ngozi@drugs.example", "Ngozi Okonjo-Bassey", "pharmacist", "PCN/DEMO/20417"),
    Colleague("musa@drugs.example", "Musa Danladi", "pharmacist", "PCN/DEMO/18863"),
    Colleague("bisi@drugs.example", "Bisi Adeyemi-Cole", "owner"),
    Colleague("tunde@drugs.example", "Tunde Afolayan", "admin"),
    Colleague("femi@drugs.example", "Femi Onwuka", "support"),
    Colleague("hauwa@drugs.example", "Hauwa Sani-Bello", "auditor"),
    Colleague("amarachi@drugs.example", "Amarachi Okonkwo-Bright", "doctor", doctor="Dr Amarachi Okonkwo-Bright"),
)


def load(db: Database) -> int:
    """How many were added. Whoever is there already keeps the password they chose."""
    there = {row[0] for row in db.execute_sql("SELECT email FROM staff").fetchall()}
    missing = [each for each in COLLEAGUES if each.email not in there]
    stored = passwords.hashed(PASSWORD) if missing else ""
    for each in missing:
        db.execute_sql(
            """INSERT INTO staff (email, name, role, "licenceNumber", "doctorId", "passwordHash", "passwordChangedAt",
                   "mustChangePassword")
               VALUES (%s, %s, %s, %s, (SELECT min(id) FROM doctors WHERE name = NULLIF(%s, '')), %s, now(), false)
               ON CONFLICT (email) DO NOTHING""",
            (each.email, each.name, each.role, each.licence, each.doctor, stored),
        )
    return len(missing)
