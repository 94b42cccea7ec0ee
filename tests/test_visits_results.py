"""Results of lab tests: which files are taken, that they lie sealed, that one counts and none is lost, who hears of it, who looked."""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pypdfium2 as pdfium
import pytest
from cryptography.fernet import Fernet

from models import base, customers, pdf_files, vault
from models.base import connection
from models.roles import Staff
from models.values import Refused
from models.visits import desk, own_results, results
from tests.children import wait_until
from tests.console import a_colleague, audited
from tests.factories import NOW, a_customer
from tests.servers import Databases
from tests.visits_made import a_booking, a_doctor, a_pdf, a_test, a_visit, state_of, told

ZONE = "Africa/Lagos"
COLLECTED = NOW - timedelta(days=1)


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(autouse=True)
def own_connection(house: str, tmp_path: object) -> Iterator[None]:
    base.bind(house)
    vault.bind(str(tmp_path), (Fernet.generate_key().decode(),))
    yield
    vault.bind("", ())
    base.drop_connection()


@pytest.fixture
def ngozi() -> Staff:
    return a_colleague("pharmacist")


def add(staff: Staff, number: str, content: bytes = b"", key: str = "key-of-the-page", **more: object) -> results.Stored:
    return results.add(staff, number, content or a_pdf(), key, zone=ZONE, now=NOW, **more)


def refusal(act: object, *given: object, **named: object) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*given, **named)
    return caught.value


def present(customer: int, number: str) -> bytes:
    """What this customer would be sent."""
    return vault.vault().get(own_results.stored_as(customer, number))


def booked(**wish: object) -> tuple[int, str]:
    customer = a_customer()
    return customer, a_booking(a_test(), COLLECTED, customer=customer, **({"state": "done"} | wish))


# ------------------------------------------------------------------------------------------------------------ which files


def test_a_pdf_of_pages_is_taken_packed_or_not() -> None:
    plain, packed = a_pdf(), a_pdf(packed=b"<< /Type /Font >>")

    assert [pdf_files.refusal(each) for each in (plain, packed)] == ["", ""]
    assert [len(pdfium.PdfDocument(each)) for each in (plain, packed)] == [1, 1]  # what the tests call a PDF is one


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"Haemoglobin 13.1", "kind"),
        (b"\x89PNG\r\n\x1a\n" + a_pdf(), "kind"),
        (b"<html>" + a_pdf(), "kind"),
        (b"%PDF-1.4\n" + b"x" * 100, "kind"),
        (a_pdf()[:-40], "kind"),
        (b"%PDF-1.4\nstartxref\n0\n%%EOF\n", "kind"),
        (a_pdf() + b" " * pdf_files.SIZE_MAX, "too_big"),
        (a_pdf(catalog=b"/Encrypt 8 0 R"), "encrypted"),
    ],
)
def test_what_is_no_whole_open_pdf_is_refused_with_its_reason(content: bytes, why: str) -> None:
    assert pdf_files.refusal(content) == why


@pytest.mark.parametrize(
    "act",
    [
        b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
        b"/OpenAction << /S /J#61v#61Script /JS (app.alert(1)) >>",
        b"/OpenAction<</S/Launch/F(cmd.exe)>>",
        b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>",
        b"/AcroForm << /XFA 5 0 R >>",
        b"/AA << /O << /S /SubmitForm /F (https://x.example) >> >>",
        b"/A << /S /GoToE /T << /R /C >> >>",
        b"/A << /S /GoToR /F (\\\\\\\\host\\\\share) >>",
    ],
)
def test_a_pdf_that_would_do_something_is_refused_wherever_it_says_so(act: bytes) -> None:
    written = [a_pdf(catalog=act), a_pdf(packed=b"<< " + act + b" >>"), a_pdf(packed=b"<< " + act + b" >>", filter=b"")]

    assert [pdf_files.refusal(each) for each in written] == ["active"] * 3


def test_a_link_and_the_page_it_opens_at_are_what_any_program_writes() -> None:
    usual = b"/OpenAction [3 0 R /XYZ null null 0] /Names << /Dests 7 0 R >> /A << /S /URI /URI (https://drugs.example) >>"

    assert pdf_files.refusal(a_pdf(catalog=usual)) == ""


def test_what_cannot_be_looked_into_is_refused() -> None:
    odd = [
        a_pdf(packed=b"<< /A 1 >>", filter=b"/LZWDecode"),
        a_pdf(packed=b"<< /A 1 >>", filter=b"[/ASCII85Decode /FlateDecode]"),
        a_pdf(packed=b"<< /A 1 >>").replace(zlib.compress(b"9 0 << /A 1 >>")[:4], b"\x00\x00\x00\x00"),
    ]

    assert [pdf_files.refusal(each) for each in odd] == ["active"] * 3


def test_a_bomb_is_not_unpacked() -> None:
    bomb = a_pdf(packed=b" " * (pdf_files.UNPACKED_MAX + 10))

    assert len(bomb) < 100_000
    assert pdf_files.refusal(bomb) == "active"


# ------------------------------------------------------------------------------------------------------------ kept


def test_a_result_lies_sealed_and_its_customer_is_told_once_under_its_number(ngozi: Staff, tmp_path: object) -> None:
    customer, number = booked()

    stored = add(ngozi, number, a_pdf("Haemoglobin 13.1"))

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert files[0].relative_to(tmp_path).parts[0] == results.ROOM
    assert b"Haemoglobin" not in files[0].read_bytes()
    assert b"%PDF" not in files[0].read_bytes()
    assert told(customer, "lab_result") == [{"number": number, "again": False}]
    assert (stored.customer_id, stored.replaced, stored.again) == (customer, False, False)


def test_the_customer_has_the_present_result_and_nobody_else_has_it(ngozi: Staff) -> None:
    (customer, number), other = booked(), a_customer()
    add(ngozi, number, a_pdf("Haemoglobin 13.1"))

    assert b"Haemoglobin 13.1" in present(customer, number)
    assert own_results.numbers(customer) == (number,)
    assert own_results.stored_as(other, number) is None
    assert own_results.stored_as(customer, "L999") is None


def test_another_result_takes_the_place_of_the_first_which_is_kept(ngozi: Staff) -> None:
    customer, number = booked()
    first = add(ngozi, number, a_pdf("first"), "key-of-page-1")
    second = add(ngozi, number, a_pdf("second"), "key-of-page-2")

    assert b"second" in present(customer, number)
    assert [(each.id, each.present) for each in results.of_booking(connection(), first.booking_id)] == [
        (second.id, True),
        (first.id, False),
    ]
    assert b"first" in results.seen(ngozi, number, first.id)
    assert [each["again"] for each in told(customer, "lab_result")] == [False, True]


def test_a_form_sent_twice_is_one_result_also_at_the_same_moment(house: str, ngozi: Staff) -> None:
    customer, number = booked()
    done: list[results.Stored] = []

    def one() -> None:
        try:
            done.append(add(ngozi, number))
        finally:
            base.drop_connection()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(each.again for each in done) == [False, True, True, True]
    assert len({each.id for each in done}) == 1
    assert len(told(customer, "lab_result")) == 1


@pytest.mark.parametrize("state", ["held", "booked", "no_show", "cancelled", "expired"])
def test_there_is_no_result_without_a_sample(ngozi: Staff, state: str) -> None:
    customer, number = booked(state=state)

    assert refusal(add, ngozi, number).code == "not_collected"
    assert told(customer, "lab_result") == []


def test_a_doctors_visit_has_no_result(ngozi: Staff) -> None:
    assert refusal(add, ngozi, a_visit(a_doctor(), COLLECTED, state="done")).code == "unknown"


@pytest.mark.parametrize("role", ["support", "admin", "auditor", "doctor"])
def test_who_may_not_is_refused_and_nothing_is_written(role: str, tmp_path: object) -> None:
    customer, number = booked()

    assert refusal(add, a_colleague(role), number).code == "right"
    assert told(customer, "lab_result") == []
    assert list(tmp_path.rglob("*")) == []


def test_without_a_key_nothing_is_stored_and_nobody_is_told(ngozi: Staff, tmp_path: object) -> None:
    customer, number = booked()
    vault.bind(str(tmp_path), ())

    with pytest.raises(vault.Locked):
        add(ngozi, number)

    assert told(customer, "lab_result") == []
    assert own_results.stored_as(customer, number) is None


# ------------------------------------------------------------------------------------------------------------ looked at


def test_every_look_is_on_record_with_which_file_and_by_whom(ngozi: Staff) -> None:
    _, number = booked()
    stored = add(ngozi, number)

    content = results.seen(ngozi, number)

    assert pdfium.PdfDocument(io.BytesIO(content))
    assert audited("lab.result_seen")[-1] == (ngozi.id, "lab", stored.booking_id, {"file": stored.id})
    assert audited("lab.result_added")[-1] == (ngozi.id, "lab", stored.booking_id, {"file": stored.id, "replaces": None})


@pytest.mark.parametrize("role", ["support", "admin", "doctor"])
def test_who_may_not_read_results_sees_none(ngozi: Staff, role: str) -> None:
    _, number = booked()
    add(ngozi, number)

    assert refusal(results.seen, a_colleague(role), number).code == "right"


def test_a_file_of_another_booking_or_another_kind_is_not_to_be_had_by_its_row(ngozi: Staff) -> None:
    customer, number = booked()
    _, other = booked()
    add(ngozi, number)
    theirs = add(ngozi, other)
    picture = connection().execute(
        """INSERT INTO media ("customerId", kind, "mediaId", purpose, "createdAt", "storedAs")
           VALUES (%s, 'image', 'x', 'prescription', now(), 'prescriptions/2026/11/x') RETURNING id""",
        (customer,),
    )

    assert refusal(results.seen, ngozi, number, theirs.id).code == "unknown"
    assert refusal(results.seen, ngozi, number, picture.fetchone()[0]).code == "unknown"


def test_a_sample_with_a_result_stays_taken(ngozi: Staff) -> None:
    number = a_booking(a_test(), COLLECTED)
    desk.mark("test", number, "done", by=ngozi.id, zone=ZONE, now=NOW)
    add(ngozi, number)

    assert refusal(desk.undo, "test", number, by=ngozi.id, zone=ZONE, now=NOW).code == "has_result"
    assert state_of(number) == "done"


def test_a_result_that_comes_while_its_customer_becomes_another_is_theirs_who_they_are_then(house: str, ngozi: Staff) -> None:
    customer, number = booked()
    heir, given = a_customer(), []

    def adds() -> None:
        try:
            given.append(add(ngozi, number))
        finally:
            base.drop_connection()

    adding = threading.Thread(target=adds)
    with psycopg.connect(house) as merging:
        merging.execute("SELECT FROM customers WHERE id = ANY(%s) FOR UPDATE", ([customer, heir],))
        adding.start()
        wait_until(lambda: connection().execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() != (0,), "the lock")
        customers.merge(merging, source=customer, target=heir)
    adding.join(20)

    assert [stored.customer_id for stored in given] == [heir]
    assert told(heir, "lab_result") == [{"number": number, "again": False}]
