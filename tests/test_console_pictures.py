"""Pictures of prescriptions: who gets them, that it is noted, and that nothing is kept by browsers or shown as it was sent."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from models import vault
from models.base import connection
from tests.console import Desk, audited
from tests.console_sheet import JPEG, a_paper, desk, own_connection, two_lines, words
from tests.factories import KEY

__all__ = ["desk", "own_connection"]  # fixtures


def seen(number: int) -> list[str]:
    rows = connection().execute(
        """SELECT act FROM audit WHERE subject = 'prescription' AND "subjectId" = %s AND act <> 'prescription.claimed' ORDER BY id""",
        (number,),
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize("kind", ["flat", "photo"])
def test_a_picture_comes_out_of_the_vault_and_no_browser_keeps_it(desk: Desk, kind: str) -> None:
    number = a_paper(*two_lines())

    answer = desk.seat().get(f"/console/prescriptions/{number}/pages/0/{kind}")

    assert (answer.status_code, answer.data, answer.content_type) == (200, JPEG, "image/jpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_was_sent_is_a_download_and_never_opened_here(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()

    answer = ngozi.get(f"/console/prescriptions/{number}/original")

    assert (answer.data, answer.content_type) == (JPEG, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="prescription-{number}.jpg"'
    assert audited("prescription.original")[-1][:3] == (ngozi.staff.id, "prescription", number)


def test_a_look_is_noted_once_however_many_pictures_its_page_asks_for(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()

    for path in ("", "/pages/0/flat", "/pages/0/photo", "/pages/0/flat"):
        ngozi.get(f"/console/prescriptions/{number}{path}")

    assert seen(number) == ["prescription.seen"]


def test_a_picture_that_is_asked_for_by_itself_is_noted_by_itself(desk: Desk) -> None:
    number = a_paper(*two_lines())
    desk.seat().get(f"/console/prescriptions/{number}")

    auditor = desk.seat("auditor")
    for _ in range(2):
        auditor.get(f"/console/prescriptions/{number}/pages/0/flat")

    assert audited("prescription.picture")[-1] == (auditor.staff.id, "prescription", number, {"page": 0})
    assert seen(number) == ["prescription.seen", "prescription.picture"]


@pytest.mark.parametrize("path", ["pages/1/flat", "pages/0/negative", "pages/0/flat/more"])
def test_what_is_no_picture_is_not_found(desk: Desk, path: str) -> None:
    assert desk.seat().get(f"/console/prescriptions/{a_paper(*two_lines())}/{path}").status_code == 404


def test_without_its_picture_the_page_can_still_be_used(desk: Desk) -> None:
    number = a_paper(*two_lines())
    connection().execute("""UPDATE prescription_pages SET flat = 'gone', photo = 'gone' WHERE "prescriptionId" = %s""", (number,))
    ngozi = desk.seat()

    page = ngozi.get(f"/console/prescriptions/{number}")
    picture = ngozi.get(f"/console/prescriptions/{number}/pages/0/flat")

    assert (page.status_code, picture.status_code) == (200, 404)
    assert "Approve" in words(page.text)


def test_a_picture_that_no_key_opens_is_not_found_and_noted_in_the_log(desk: Desk) -> None:
    number = a_paper(*two_lines())
    vault.bind(desk.settings.media_url, (KEY,))

    with capture_logs() as noted:
        assert desk.seat().get(f"/console/prescriptions/{number}/pages/0/flat").status_code == 404
    assert "console.vault_locked" in [line["event"] for line in noted]


def test_a_store_that_does_not_answer_is_told_in_a_sentence(desk: Desk, tmp_path: object) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    vault.bind(f"{tmp_path}/not-mounted", desk.settings.media_keys)

    answer = ngozi.get(f"/console/prescriptions/{number}/pages/0/flat")

    assert answer.status_code == 503
    assert "The pictures cannot be reached" in words(answer.text)
