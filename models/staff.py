"""The people behind the counter: who they are, how they are taken on and dismissed, and how they sign in.

Times are the database's own clock throughout: locks and sessions do not care what a web server believes the hour is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import psycopg

from models import audit, passwords, sessions
from models.base import connection
from models.roles import ROLES, Staff
from models.values import Refused

PAGE = 100
NAME_LENGTH, EMAIL_LENGTH, LICENCE_LENGTH = 80, 120, 40
EMAIL = re.compile(r"[^@\s\x00-\x1f<>\"]{1,64}@[A-Za-z0-9.-]{1,90}\.[A-Za-z]{2,24}")
ONE_TIME_DAYS = 7  # a one-time password nobody used by then opens nothing

# Wrong passwords: after so many, browsers that never signed in to this account wait, longer each time, at most LOCK_MOST_S.
TRIES, LOCK_FIRST_S, LOCK_MOST_S = 5, 30, 900


COLUMNS = 'id, email, name, role, "licenceNumber", active, "mustChangePassword", "lastLoginAt", "doctorId"'


def get(staff_id: int) -> Staff | None:
    row = connection().execute(f"SELECT {COLUMNS} FROM staff WHERE id = %s", (staff_id,)).fetchone()
    return Staff(*row) if row else None


def by_email(email: str) -> Staff | None:
    row = connection().execute(f"SELECT {COLUMNS} FROM staff WHERE email = %s", (tidy_email(email),)).fetchone()
    return Staff(*row) if row else None


def everybody(*, after: str = "", limit: int = PAGE) -> list[Staff]:
    """In the order of their e-mail addresses, which come after `after`."""
    query = f"SELECT {COLUMNS} FROM staff WHERE email > %s ORDER BY email LIMIT %s"
    return [Staff(*row) for row in connection().execute(query, (after, limit))]


# --------------------------------------------------------------------------------------------------------- changing


def add(
    email: str,
    name: str,
    role: str,
    licence_number: str = "",
    *,
    doctor_id: int | None = None,
    by: Staff | None = None,
    address: str = "",
) -> tuple[Staff, str]:
    """A new colleague and their one-time password, which is told once and stored nowhere. `doctor_id`: whose visits a doctor sees.

    Raises Refused: bad_email, bad_name, unknown_role, licence_needed, licence_too_long, doctor_needed, unknown_doctor, email_taken,
    owners_only; Busy.
    """
    email, name, licence_number = tidy_email(email), " ".join(name.split()), " ".join(licence_number.split())
    _check(name, role, licence_number)
    if not EMAIL.fullmatch(email) or len(email) > EMAIL_LENGTH:
        raise Refused("bad_email")
    doctor_id = _doctor(role, doctor_id)
    _owners_only(by, role)
    password = passwords.one_time()
    stored = passwords.hashed(password)
    with connection().transaction():
        row = (
            connection()
            .execute(
                f"""INSERT INTO staff (email, name, role, "licenceNumber", "passwordHash", "passwordChangedAt", "doctorId")
                    VALUES (%s, %s, %s, %s, %s, now(), %s) ON CONFLICT (email) DO NOTHING RETURNING {COLUMNS}""",
                (email, name, role, licence_number, stored, doctor_id),
            )
            .fetchone()
        )
        if row is None:
            raise Refused("email_taken")
        made = Staff(*row)
        _noted(by, "staff_added", made.id, address, role=role, **({"doctor": doctor_id} if doctor_id else {}))
    return made, password


def change_role(
    staff_id: int, role: str, licence_number: str, *, doctor_id: int | None = None, by: Staff | None = None, address: str = ""
) -> Staff:
    """Another role, licence or doctor; their sessions end, so that no page of the old role stays open.

    Raises Refused: unknown_staff, own_account, owners_only, last_owner, unknown_role, licence_needed, licence_too_long, doctor_needed,
    unknown_doctor.
    """
    licence_number = " ".join(licence_number.split())
    with connection().transaction():
        before = _taken(staff_id, by)
        _check(before.name, role, licence_number)
        doctor_id = _doctor(role, doctor_id)
        _owners_only(by, before.role, role)
        if role != "owner":
            _not_the_last_owner(before)
        connection().execute(
            """UPDATE staff SET role = %s, "licenceNumber" = %s, "doctorId" = %s, "updatedAt" = now() WHERE id = %s""",
            (role, licence_number, doctor_id, staff_id),
        )
        sessions.end_all(staff_id)
        bound = {"doctor": doctor_id} if doctor_id else {}
        _noted(by, "staff_role_changed", staff_id, address, before=before.role, after=role, **bound)
    return replace(before, role=role, licence_number=licence_number, doctor_id=doctor_id)


def deactivate(staff_id: int, *, by: Staff | None = None, address: str = "") -> Staff:
    """Nobody of that name signs in any more, from this moment. Raises Refused: unknown_staff, own_account, owners_only, last_owner."""
    with connection().transaction():
        found = _taken(staff_id, by)
        _owners_only(by, found.role)
        _not_the_last_owner(found)
        connection().execute("""UPDATE staff SET active = false, "updatedAt" = now() WHERE id = %s""", (staff_id,))
        sessions.end_all(staff_id)
        _noted(by, "staff_deactivated", staff_id, address)
    return found


def renew_password(staff_id: int, *, by: Staff | None = None, address: str = "", activate: bool = False) -> tuple[Staff, str]:
    """A new one-time password: the old one and all sessions end, a lock is lifted. `activate` lets them in again.

    Raises Refused: unknown_staff, own_account, owners_only; Busy.
    """
    password = passwords.one_time()
    stored = passwords.hashed(password)
    with connection().transaction():
        found = _taken(staff_id, by)
        _owners_only(by, found.role)
        connection().execute(
            """UPDATE staff SET "passwordHash" = %s, "passwordChangedAt" = now(), "mustChangePassword" = true, "failedLogins" = 0,
                   "lockedUntil" = NULL, active = active OR %s, "updatedAt" = now() WHERE id = %s""",
            (stored, activate, staff_id),
        )
        sessions.end_all(staff_id)
        _noted(by, "staff_activated" if activate else "staff_password_renewed", staff_id, address)
    return found, password


def confirm(staff: Staff, password: str, *, address: str = "") -> bool:
    """Whether it is really them at the keyboard; a wrong try is noted. Raises Busy."""
    row = connection().execute("""SELECT "passwordHash" FROM staff WHERE id = %s AND active""", (staff.id,)).fetchone()
    if row is not None and passwords.matches(row[0], password):
        return True
    audit.note(staff, "password_not_confirmed", "staff", staff.id, address=address)
    return False


def change_password(staff: Staff, old: str, new: str, *, address: str = "") -> None:
    """Their own. Every session ends: the caller opens a new one. Raises Refused: wrong_password, same_password, and those of
    `passwords.weakness`; Busy."""
    if not confirm(staff, old, address=address):
        raise Refused("wrong_password")
    if why := passwords.weakness(new, own_words=(staff.email, staff.name)):
        raise Refused(why)
    if new == old:
        raise Refused("same_password")
    stored = passwords.hashed(new)
    with connection().transaction():
        connection().execute(
            """UPDATE staff SET "passwordHash" = %s, "passwordChangedAt" = now(), "mustChangePassword" = false, "failedLogins" = 0,
                   "lockedUntil" = NULL, "updatedAt" = now() WHERE id = %s""",
            (stored, staff.id),
        )
        sessions.end_all(staff.id)
        audit.note(staff, "password_changed", "staff", staff.id, address=address)


# -------------------------------------------------------------------------------------------------------- signing in


def sign_in(email: str, password: str, *, known: Collection[int] = (), address: str = "") -> Staff | None:
    """Who it is; None for whatever reason it is not, after the same work. Counts, locks and notes in the audit. Raises Busy.

    `known` are the ids of those who signed in with this browser before: their lock does not hold it back, so that a stranger who
    guesses cannot keep a colleague out.
    """
    query = f"""SELECT {COLUMNS}, "passwordHash", COALESCE("lockedUntil" > now(), false),
                    "mustChangePassword" AND "passwordChangedAt" < now() - {ONE_TIME_DAYS} * interval '1 day'
                FROM staff WHERE email = %s"""
    row = connection().execute(query, (tidy_email(email),)).fetchone()
    stored, locked, stale = row[-3:] if row else (None, False, False)
    found = Staff(*row[:-3]) if row else None
    right = passwords.matches(stored, password)
    if found is None or not right or not found.active or stale or (locked and found.id not in known):
        _failed(found, not right, locked, address)
        return None
    fresh = passwords.hashed(password) if passwords.is_outdated(stored) else stored
    with connection().transaction():
        done = connection().execute(
            """UPDATE staff SET "lastLoginAt" = now(), "failedLogins" = 0, "lockedUntil" = NULL, "passwordHash" = %s
               WHERE id = %s AND active AND "passwordHash" = %s""",
            (fresh, found.id, stored),
        )
        if not done.rowcount:  # changed or deactivated while we were looking
            return None
        audit.note(found, "signed_in", "staff", found.id, address=address)
    return found


def _failed(found: Staff | None, wrong: bool, locked: bool, address: str) -> None:
    """One transaction with one note, whether there is such an account or not. A try during a lock does not make it longer."""
    with connection().transaction():
        connection().execute(
            """UPDATE staff SET "failedLogins" = LEAST("failedLogins" + 1, 1000), "lockedUntil" = CASE
                   WHEN "failedLogins" + 1 >= %(tries)s THEN now() + interval '1 second'
                       * LEAST(%(first)s * 2 ^ LEAST("failedLogins" + 1 - %(tries)s, 20), %(most)s)
                   ELSE "lockedUntil" END
               WHERE id = %(id)s""",
            {
                "id": found.id if found and wrong and not locked else 0,
                "tries": TRIES,
                "first": LOCK_FIRST_S,
                "most": LOCK_MOST_S,
            },
        )
        why = "locked" if locked else "wrong_password" if wrong else "not_allowed"
        reason = why if found else "unknown_email"
        audit.note(None, "sign_in_failed", "staff", found.id if found else None, detail={"reason": reason}, address=address)


def tidy_email(email: str) -> str:
    return email.strip().lower()[: EMAIL_LENGTH + 1].replace("\x00", "")


def _check(name: str, role: str, licence_number: str) -> None:
    if not 2 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise Refused("bad_name")
    if role not in ROLES:
        raise Refused("unknown_role")
    if len(licence_number) > LICENCE_LENGTH or not licence_number.isprintable():
        raise Refused("licence_too_long")
    if role == "pharmacist" and not licence_number:
        raise Refused("licence_needed")


def _doctor(role: str, doctor_id: int | None) -> int | None:
    """Whose visits they see: a doctor's own, and no other role's."""
    if role != "doctor":
        return None
    if doctor_id is None:
        raise Refused("doctor_needed")
    there = connection().execute("SELECT FROM doctors WHERE id = %s", (doctor_id,)).fetchone() if doctor_id < 2**31 else None
    if there is None:
        raise Refused("unknown_doctor")
    return doctor_id


def doctors(conn: psycopg.Connection) -> list[tuple[int, str]]:
    """(id, name and specialty) of the doctors somebody can be bound to."""
    rows = conn.execute(
        "SELECT id, name || ', ' || specialty FROM doctors ORDER BY COALESCE(\"isActive\", true) DESC, name LIMIT 500"
    )
    return [(int(row[0]), str(row[1])) for row in rows]


def _owners_only(by: Staff | None, *roles: str) -> None:
    """Owners are made and changed by owners; the command line stands above."""
    if by is not None and by.role != "owner" and "owner" in roles:
        raise Refused("owners_only")


def _taken(staff_id: int, by: Staff | None) -> Staff:
    """The row, held until the transaction ends. One lock for all changes of staff: two owners who dismiss each other at the
    same moment must not both succeed."""
    if by is not None and by.id == staff_id:
        raise Refused("own_account")
    connection().execute("SELECT pg_advisory_xact_lock(hashtext('drugsng staff'))")
    if by is not None:
        still = get(by.id)
        if still is None or not still.may("staff.change"):
            raise Refused("not_allowed")
    found = get(staff_id)
    if found is None:
        raise Refused("unknown_staff")
    return found


def _not_the_last_owner(found: Staff) -> None:
    query = "SELECT count(*) FROM staff WHERE role = 'owner' AND active AND id <> %s"
    others = connection().execute(query, (found.id,)).fetchone()
    if found.role == "owner" and found.active and not others[0]:
        raise Refused("last_owner")


def _noted(by: Staff | None, act: str, staff_id: int, address: str, **detail: str | int) -> None:
    audit.note(by, act, "staff", staff_id, detail=detail, address=address, name=audit.COMMAND_LINE)


def names(conn: psycopg.Connection) -> list[tuple[int, str]]:
    """(id, name) of everybody, for the filter of the audit."""
    return [(int(row[0]), str(row[1])) for row in conn.execute("SELECT id, name FROM staff ORDER BY name LIMIT 500")]
