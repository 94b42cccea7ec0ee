"""Prescriptions of the old system in the console: shown to the same people, with the same line in the audit for every look."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest

from models import vault
from models.base import connection
from tests.console import Desk, audited
from tests.console_sheet import JPEG, a_paper, desk, own_connection, two_lines

__all__ = ["desk", "own_connection"]  # fixtures
_serial = count(1)


def an_old_paper(file: str = "stored", url: str = "https://files.example/rx.jpg", text: str = "Tab Lisinopril 10mg") -> int:
    """The number of a prescription as the old program left it; `file` is the state of its row in old_files, "" for no row."""
    conn, n = connection(), next(_serial)
    phone = f"+23480399{n:05}"
    (user,) = conn.execute(
        """INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")
           VALUES ('Bola Ade', %s, 'x', %s, now(), now()) RETURNING id""",
        (f"bola{n}@example.com", phone),
    ).fetchone()
    (order,) = conn.execute(
        """INSERT INTO orders ("userId", "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
           VALUES (%s, 10, 'Paystack', 'here', now(), now()) RETURNING id""",
        (user,),
    ).fetchone()
    (number,) = conn.execute(
        """INSERT INTO prescriptions ("orderId", "fileUrl", "extractedText", "verificationStatus", "verifiedBy", "pharmacistNotes",
               "createdAt", "updatedAt") VALUES (%s, %s, %s, 'Verified', 'Pharm. Tolu', 'twice a day', now(), now()) RETURNING id""",
        (order, url, text),
    ).fetchone()
    if file:
        name = vault.vault().put(JPEG, room="old-prescriptions", now=datetime.now(UTC)) if file == "stored" else ""
        conn.execute(
            """INSERT INTO old_files ("prescriptionId", state, "storedAs", "contentType") VALUES (%s, %s, %s, 'image/jpeg')""",
            (number, file, name),
        )
    return int(number)


def test_the_page_shows_what_the_old_system_noted_and_where_the_file_is_saved(desk: Desk) -> None:
    number = an_old_paper(text="Tab <b>Lisinopril</b>")

    page = desk.seat().get(f"/console/prescriptions/{number}").text

    assert all(words in page for words in ("Bola Ade", "Pharm. Tolu", "twice a day", "Approved then"))
    assert "Tab &lt;b&gt;Lisinopril&lt;/b&gt;" in page
    assert f"/console/prescriptions/{number}/original" in page


def test_the_file_comes_out_of_the_vault_as_a_download(desk: Desk) -> None:
    number = an_old_paper()

    answer = desk.seat().get(f"/console/prescriptions/{number}/original")

    assert (answer.data, answer.content_type) == (JPEG, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="prescription-{number}.jpg"'


def test_every_look_at_the_page_and_every_saving_is_noted(desk: Desk) -> None:
    number, ngozi = an_old_paper(), desk.seat()

    for path in ("", "/original", ""):
        ngozi.get(f"/console/prescriptions/{number}{path}")

    seen = [row for row in audited("prescription.seen") if row[2] == number]
    assert seen == [(ngozi.staff.id, "prescription", number, {"old": True})] * 2
    assert audited("prescription.original")[-1][:3] == (ngozi.staff.id, "prescription", number)


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("pharmacist", 200), ("auditor", 200), ("admin", 403), ("support", 403)]
)
@pytest.mark.parametrize("path", ["", "/original"])
def test_those_see_it_who_see_any_prescription(desk: Desk, role: str, status: int, path: str) -> None:
    number = an_old_paper()

    assert desk.seat(role).get(f"/console/prescriptions/{number}{path}").status_code == status


@pytest.mark.parametrize(
    ("file", "url", "says"),
    [
        ("waiting", "https://files.example/x.jpg", "still to be fetched"),
        ("", "https://files.example/x.jpg", "still to be fetched"),
        ("given_up", "https://files.example/x.jpg", "could not be fetched"),
        ("", " ", "the old system had none"),
    ],
)
def test_a_file_that_is_not_there_is_told_and_cannot_be_saved(desk: Desk, file: str, url: str, says: str) -> None:
    number, ngozi = an_old_paper(file, url), desk.seat()

    page = ngozi.get(f"/console/prescriptions/{number}").text

    assert says in page
    assert ngozi.get(f"/console/prescriptions/{number}/original").status_code == 404


def test_the_list_has_them_newest_first_and_a_page_at_a_time(desk: Desk) -> None:
    numbers = [an_old_paper() for _ in range(26)]
    ngozi = desk.seat()

    first = ngozi.get("/console/prescriptions/old").text
    second = ngozi.get(f"/console/prescriptions/old?before={numbers[1]}").text

    assert f"/console/prescriptions/old?before={numbers[1]}" in first
    assert f'prescriptions/{numbers[25]}"' in first
    assert f'prescriptions/{numbers[0]}"' not in first
    assert f'prescriptions/{numbers[0]}"' in second


def test_the_list_tells_whoever_may_not_read_them_nothing_of_what_they_say(desk: Desk) -> None:
    number = an_old_paper(text="Tab Rare 5mg")

    page = desk.seat("support").get("/console/prescriptions/old").text

    assert "Tab Rare" not in page
    assert f'prescriptions/{number}"' not in page


def test_the_queue_leads_to_them_when_there_are_any(desk: Desk) -> None:
    connection().execute("DELETE FROM prescriptions WHERE state IS NULL")
    without = desk.seat().get("/console/prescriptions").text
    an_old_paper()

    with_them = desk.seat().get("/console/prescriptions").text

    assert ("Of the old system" in without, "Of the old system" in with_them) == (False, True)


def test_one_of_ours_is_shown_as_ever(desk: Desk) -> None:
    number = a_paper(*two_lines())

    page = desk.seat().get(f"/console/prescriptions/{number}").text

    assert "Amlodipine" in page
