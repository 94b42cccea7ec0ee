"""Lab tests in the console: bookings of a day, the sample taken, the result uploaded, replaced and saved; by whom and by whom not."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from models import vault
from models.base import connection
from models.visits import desk as verbs
from models.visits import own_results
from tests.console import Desk, Seat, a_colleague, audited, form
from tests.console_sheet import desk, own_connection, words
from tests.factories import a_customer
from tests.visits_made import a_booking, a_doctor, a_pdf, a_test, a_visit, minutes_ago, state_of, told

__all__ = ["desk", "own_connection"]  # fixtures


def at(number: str, act: str = "") -> str:
    return f"/console/labs/{number}{f'/{act}' if act else ''}"


def upload(seat: Seat, number: str, content: bytes, key: str = "") -> TestResponse:
    """As the form of its page sends it."""
    key = key or form(seat.get(at(number)).text, at(number, "result"))["key"]
    answer = seat.post(at(number, "result"), {"key": key, "file": (io.BytesIO(content), "Zainab HIV.pdf")})
    answer.request.environ["wsgi.input"].close()  # the test client keeps long bodies in a file, and leaves it open
    return answer


def taken(customer: int = 0) -> str:
    return a_booking(a_test(), minutes_ago(60), customer=customer, state="done")


# ------------------------------------------------------------------------------------------------------------ lists


def test_a_day_shows_whose_sample_is_taken_where_and_what_is_still_to_come(desk: Desk) -> None:
    day = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
    booked = a_booking(a_test("Malaria test"), day, customer=a_customer(name="Kemi Bello"))
    done = a_booking(a_test("Lipid profile"), day + timedelta(hours=1), state="done", where="centre")
    seat = desk.seat("support")

    page = seat.get("/console/labs?day=2026-03-11").text

    assert re.findall(r'href="/console/labs/(\d+)"', page) == [booked, done]
    assert "10:00–10:30 Kemi Bello Malaria test at home Booked" in words(page)
    assert "Lipid profile at the centre Sample taken result to come" in words(page)


def test_results_to_come_are_a_list_of_their_own_in_pages_and_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connection().execute("UPDATE diagnostic_bookings SET state = 'cancelled' WHERE state = 'done'")
    monkeypatch.setattr(verbs, "PAGE", 2)  # as fifty-one of them would
    every = [taken() for _ in range(3)]
    seat = desk.seat("support")

    first = seat.get("/console/labs/due").text
    older = re.search(r'rel="next" href="([^"]+)"', first)[1]

    pages = [re.findall(r'class="over" href="/console/labs/(\d+)"', page) for page in (first, seat.get(older).text)]
    assert pages == [every[:2], every[2:]]
    assert "Results to come 3" in words(first)


def test_a_booking_is_marked_moved_and_cancelled_like_an_appointment(desk: Desk) -> None:
    ada = a_customer()
    over, comes = a_booking(a_test(), minutes_ago(30)), a_booking(a_test(), datetime.now(UTC) + timedelta(days=5), customer=ada)
    seat = desk.seat("support")

    seat.post(at(over, "done"))
    free = re.search(r'name="starts" value="([^"]+)"', seat.get(at(comes, "move")).text)[1]
    moved = seat.post(at(comes, "move"), {"starts": free})
    seat.post(at(comes, "cancel"), {"reason": "customer_asked"})

    assert (state_of(over), moved.status_code, state_of(comes)) == ("done", 303, "cancelled")
    assert "Sample taken" in words(seat.get(at(over)).text)
    assert [each["what"] for each in told(ada, "visit_changed")] == ["moved", "cancelled"]


# ------------------------------------------------------------------------------------------------------------ results


def test_a_result_is_uploaded_once_though_it_was_sent_twice_and_the_customer_is_told(desk: Desk) -> None:
    ada = a_customer()
    number, seat = taken(ada), desk.seat("pharmacist")
    key = form(seat.get(at(number)).text, at(number, "result"))["key"]

    answers = [upload(seat, number, a_pdf("Haemoglobin 13.1"), key) for _ in range(2)]

    assert [each.status_code for each in answers] == [303, 303]
    assert told(ada, "lab_result") == [{"number": number, "again": False}]
    page = words(seat.get(at(number)).text)
    assert "the present one" in page
    assert "Result added; the customer is told" in page
    assert "That was a mistake" not in page
    assert "result to come" not in page


def test_a_result_is_saved_and_never_opened_here_and_its_name_tells_nothing(desk: Desk) -> None:
    number, seat = taken(), desk.seat("pharmacist")
    content = a_pdf("Haemoglobin 13.1")
    upload(seat, number, content)

    answer = seat.get(at(number, "result"))

    assert answer.data == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="lab-result-{number}.pdf"'
    assert audited("lab.result_seen")[-1][0] == seat.staff.id


def test_another_takes_its_place_and_the_first_can_still_be_saved(desk: Desk) -> None:
    ada = a_customer()
    number, seat = taken(ada), desk.seat("pharmacist")
    upload(seat, number, a_pdf("first"))
    upload(seat, number, a_pdf("second"))

    page = seat.get(at(number)).text
    links = re.findall(rf'href="({at(number, "result")}[^"]*)"', page)

    assert "replaced" in words(page)
    assert [b"first" in seat.get(link).data for link in links] == [False, True]
    assert b"second" in vault.vault().get(own_results.stored_as(ada, number))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose the PDF with the result first."),
        (b"Haemoglobin 13.1", "This is no PDF, or not a whole one."),
        (b"\xff\xd8\xff\xe0 a picture", "This is no PDF, or not a whole one."),
        (a_pdf(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "holds scripts, files or forms"),
        (a_pdf(packed=b"<< /S /Launch >>"), "holds scripts, files or forms"),
        (a_pdf(catalog=b"/Encrypt 9 0 R"), "locked with a password"),
        (a_pdf() + b" " * 2_900_000, "The file is too large"),
    ],
)
def test_what_is_no_harmless_pdf_is_refused_with_a_sentence_and_nobody_hears_of_it(
    desk: Desk, content: bytes, sentence: str
) -> None:
    ada = a_customer()
    number, seat = taken(ada), desk.seat("pharmacist")

    answer = upload(seat, number, content)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert told(ada, "lab_result") == []
    assert audited("lab.refused")[-1][3]["code"] == "bad_file"


def test_a_file_larger_than_a_form_may_be_is_told_so(desk: Desk) -> None:
    number, seat = taken(), desk.seat("pharmacist")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + b" " * 3_200_000 + b"\r\n--x--\r\n"

    answer = seat.client.post(
        at(number, "result"), data=body, content_type="multipart/form-data; boundary=x", headers={"X-CSRFToken": seat.csrf()}
    )

    assert answer.status_code == 413
    assert "larger than 3 MB" in words(answer.text)


def test_without_a_sample_there_is_no_form_and_no_result(desk: Desk) -> None:
    number, seat = a_booking(a_test(), minutes_ago(30)), desk.seat("pharmacist")

    page, answer = seat.get(at(number)).text, upload(seat, number, a_pdf(), "key-of-a-page")

    assert 'type="file"' not in page
    assert answer.status_code == 422
    assert "Mark that its sample was taken first." in words(answer.text)


def test_while_the_vault_is_away_or_locked_the_page_says_so_and_nobody_is_told(desk: Desk, tmp_path: Any) -> None:
    ada = a_customer()
    number, seat = taken(ada), desk.seat("pharmacist")
    (tmp_path / "file").write_text("")
    vault.bind(str(tmp_path / "file"), desk.settings.media_keys)  # no folder
    away = upload(seat, number, a_pdf())
    vault.bind(desk.settings.media_url, ())
    locked = upload(seat, number, a_pdf())

    assert (away.status_code, locked.status_code) == (503, 503)
    assert told(ada, "lab_result") == []


@pytest.mark.parametrize(
    ("role", "page", "save", "add"),
    [
        ("pharmacist", 200, 200, 303),
        ("owner", 200, 200, 303),
        ("auditor", 200, 200, 403),
        ("support", 200, 403, 403),
        ("admin", 200, 403, 403),
        ("doctor", 403, 403, 403),
    ],
)
def test_who_may_look_at_results_and_who_may_add_them(desk: Desk, role: str, page: int, save: int, add: int) -> None:
    number = taken()
    upload(desk.seat("pharmacist"), number, a_pdf())
    seat = desk.seat(a_colleague("doctor", doctor=a_doctor())) if role == "doctor" else desk.seat(role)

    got = seat.get(at(number))
    answers = [got, seat.get(at(number, "result")), upload(seat, number, a_pdf("other"), "another-key")]

    assert [each.status_code for each in answers] == [page, save, add]
    assert (at(number, "result") in got.text) == (save == 200)


def test_other_numbers_and_other_files_lead_nowhere(desk: Desk) -> None:
    seat, number, other = desk.seat("pharmacist"), taken(), taken()
    upload(seat, other, a_pdf())
    theirs = (
        connection().execute("""SELECT "resultMediaRow" FROM diagnostic_bookings WHERE number = %s""", (other,)).fetchone()[0]
    )
    visit = a_visit(a_doctor(), minutes_ago(60))

    paths = [
        at(number, "result"),
        at(number, f"result?file={theirs}"),
        at(other, "result?file=99999999999999999999"),
        at(visit),
        at("x"),
    ]

    answers = [seat.get(path).status_code for path in paths]
    assert answers == [404, 404, 200, 404, 404]  # a number too large to be one asks for the present result
