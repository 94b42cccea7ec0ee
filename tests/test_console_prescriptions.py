"""The queue and what is done with a prescription, through the real application on PostgreSQL: every act, every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from models.base import connection
from models.prescriptions import queue
from models.prescriptions.case import case
from tests.console import Desk, a_colleague, audited
from tests.console_sheet import (
    AMLODIPINE,
    a_paper,
    desk,
    fields,
    opened,
    own_connection,
    row_of,
    state,
    told_customer,
    two_lines,
    words,
)
from tests.factories import NOW, a_customer, a_product

__all__ = ["desk", "own_connection"]  # fixtures


READERS, LOOKERS = ("owner", "pharmacist", "auditor"), ("admin", "support")


@pytest.fixture(autouse=True)
def empty_queue(own_connection: None) -> Iterator[None]:
    yield
    connection().execute("UPDATE prescriptions SET state = 'withdrawn' WHERE state IN ('reading', 'waiting', 'asked')")


# --------------------------------------------------------------------------------------------------------------- the queue


def test_the_queue_names_who_waits_longest_first_and_what_is_remarkable(desk: Desk) -> None:
    a_paper(*two_lines(), customer=a_customer(name="Ada Obi"), minutes=5)
    a_paper(*two_lines(), customer=a_customer(name="Musa Bello"), minutes=75, flags=["duplicate", "unsure"])

    page = words(desk.seat().get("/console/prescriptions").text)

    assert "Waiting 2" in page
    assert re.search(r"\d+ 1 h Musa Bello Seen before Unsure lines \d+ 5 min Ada Obi", page)


def test_the_next_is_taken_up_and_a_colleague_gets_the_one_after(desk: Desk) -> None:
    first, second = a_paper(*two_lines(), minutes=30), a_paper(*two_lines(), minutes=10)

    places = [desk.seat().post("/console/prescriptions/next").headers["Location"] for _ in range(3)]

    assert places == [f"/console/prescriptions/{first}", f"/console/prescriptions/{second}", "/console/prescriptions"]
    assert [row[2] for row in audited("prescription.claimed")][-2:] == [first, second]


def test_what_is_left_for_now_goes_back_with_what_was_typed_and_the_next_is_taken(desk: Desk) -> None:
    first, second = a_paper(*two_lines(), minutes=30), a_paper(*two_lines(), minutes=10)
    ngozi = desk.seat()
    sent = opened(ngozi, first) | {"row-0-directions": "one in the morning"}

    answer = ngozi.post("/console/prescriptions/next", sent)

    assert answer.headers["Location"] == f"/console/prescriptions/{second}"
    assert queue.one(connection(), first).claimed_by is None
    assert 'value="one in the morning"' in desk.seat().get(f"/console/prescriptions/{first}").text


def test_a_list_longer_than_a_page_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)  # as twenty-six prescriptions would
    ids = [a_paper(*two_lines(), minutes=60 - n, pictures=False) for n in range(3)]
    ngozi = desk.seat()

    first = ngozi.get("/console/prescriptions").text
    second = ngozi.get(re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")).text

    listed = [[int(n) for n in re.findall(r'href="/console/prescriptions/(\d+)"', page)] for page in (first, second)]
    assert listed == [ids[:2], ids[2:]]


# --------------------------------------------------------------------------------------------------------------- roles


@pytest.mark.parametrize("role", LOOKERS)
def test_who_helps_customers_sees_how_far_it_is_and_nothing_of_what_it_says(desk: Desk, role: str) -> None:
    number = a_paper(*two_lines(), flags=["controlled", "unsure", "duplicate", "too_old", "blurred"])
    seat = desk.seat(role)

    listed = words(seat.get("/console/prescriptions").text)
    refused = [
        seat.get(f"/console/prescriptions/{number}{path}").status_code
        for path in ("", "/pages/0/flat", "/original", f"/beside/{number}", "/labels", "/products?q=amlo")
    ]

    assert "Blurred" in listed
    assert not re.search("Controlled|Unsure|Seen before|Too old|Take the next|Amlodipine", listed)
    assert refused == [403] * 6
    rights = {row[3]["right"] for row in audited("denied") if row[0] == seat.staff.id}
    assert rights == {"prescriptions.read", "prescriptions.decide"}


@pytest.mark.parametrize("role", READERS)
def test_who_may_look_sees_everything_and_changes_nothing_without_a_licence(desk: Desk, role: str) -> None:
    number = a_paper(*two_lines())
    seat = desk.seat(a_colleague(role, licence="" if role == "owner" else None))

    page = seat.get(f"/console/prescriptions/{number}").text

    assert AMLODIPINE in page
    assert ('id="approve"' in page) is (role == "pharmacist")
    assert (queue.one(connection(), number).claimed_by == seat.staff.id) is (role == "pharmacist")
    for act in ("approve", "reject", "ask", "pass-on", "again", "draft", "claim", "release") if role != "pharmacist" else ():
        assert seat.post(f"/console/prescriptions/{number}/{act}", {"version": "0"}).status_code == 403
    assert state(number) == "waiting"


def test_an_owner_with_a_licence_decides(desk: Desk) -> None:
    number = a_paper(*two_lines(a_product("Amlodipine 5mg", sale_class="pom")))
    owner = desk.seat(a_colleague("owner", licence="PCN/77"))

    answer = owner.post(f"/console/prescriptions/{number}/approve", opened(owner, number))

    assert (answer.status_code, state(number)) == (303, "approved")
    assert queue.one(connection(), number).verified_by == "Bisi Adeyemi (PCN/77)"


# --------------------------------------------------------------------------------------------------------------- acts


def test_an_approval_tells_the_customer_and_is_on_record(desk: Desk) -> None:
    number = a_paper(*two_lines(a_product("Amlodipine 5mg", sale_class="pom")))
    ngozi = desk.seat()
    given = {"note": "Take it with water.", "remark": "called the clinic", "checked-stamp": "1"}

    answer = ngozi.post(f"/console/prescriptions/{number}/approve", opened(ngozi, number) | given)

    assert (answer.status_code, state(number), told_customer(number)) == (303, "approved", ["prescription_decided"])
    assert f"Prescription {number}: approved" in words(ngozi.get("/console/prescriptions").text)
    record = case(connection(), number, now=NOW).history[0].record
    assert (record.note, record.remark, record.checked) == ("Take it with water.", "called the clinic", ("stamp",))
    assert [(line.outcome, line.quantity) for line in record.lines] == [("approved", 1), ("not_dispensed", 0)]
    assert audited("prescription.approved")[-1][:3] == (ngozi.staff.id, "prescription", number)


@pytest.fixture
def audit_is_broken(desk: Desk) -> Iterator[None]:
    """The database refuses to note any of these acts."""
    connection().execute("ALTER TABLE audit ADD CONSTRAINT broken CHECK (act NOT LIKE 'prescription.%%ed%%') NOT VALID")
    yield
    connection().execute("ALTER TABLE audit DROP CONSTRAINT broken")


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("approve", {}),
        ("reject", {"reject-reason": "too_old"}),
        ("ask", {"ask-question": "age"}),
        ("pass-on", {"pass-remark": "Look."}),
    ],
)
def test_what_cannot_be_noted_is_not_decided(desk: Desk, request: pytest.FixtureRequest, verb: str, more: dict[str, str]) -> None:
    number = a_paper(*two_lines(a_product("Amlodipine 5mg", sale_class="pom")))
    ngozi = desk.seat()
    sent = opened(ngozi, number)
    before = case(connection(), number, now=NOW)
    request.getfixturevalue("audit_is_broken")

    answer = ngozi.post(f"/console/prescriptions/{number}/{verb}", sent | more)

    assert (answer.status_code, told_customer(number)) == (500, [])
    after = case(connection(), number, now=NOW)
    assert (after.waiting.state, after.version, after.history, after.draft) == ("waiting", before.version, before.history, None)


def test_what_was_decided_is_shown_line_by_line_to_be_read_only(desk: Desk) -> None:
    number = a_paper(*two_lines(a_product("Amlodipine 5mg", sale_class="pom")))
    ngozi = desk.seat()
    added = {"row-2-line": "-1", "row-2-outcome": "approved", "row-2-ref": a_product("Zinc 20mg"), "row-2-quantity": "3"}
    told = {"note": "Take it with water.", "remark": "called the clinic", "checked-stamp": "1"}
    ngozi.post(f"/console/prescriptions/{number}/approve", opened(ngozi, number) | added | told)

    page = desk.seat("auditor").get(f"/console/prescriptions/{number}").text

    assert "Approved Amlodipine 5mg × 1" in words(row_of(page, 0))
    assert "Not dispensed Cannot be read" in words(row_of(page, 1))
    assert "Zinc 20mg" in words(row_of(page, 2))
    assert "× 3" in words(row_of(page, 2))
    assert re.search(r"To the customer: Take it with water\. Among us: called the clinic Stamp seen", words(page))
    assert "<select" not in page
    assert fields(page).keys() <= {"version", "answers", "but"}


def test_labels_are_there_after_the_approval_and_not_before(desk: Desk) -> None:
    number = a_paper(*two_lines(a_product("Amlodipine 5mg", sale_class="pom")))
    ngozi = desk.seat(a_colleague("pharmacist", name="Ngozi Eze", licence="PCN/9"))
    before = ngozi.get(f"/console/prescriptions/{number}/labels").status_code
    ngozi.post(f"/console/prescriptions/{number}/approve", opened(ngozi, number))

    label = words(ngozi.get(f"/console/prescriptions/{number}/labels").text)

    assert before == 404
    assert "Amlodipine 5mg" in label
    assert "1 tablet once a day for 30 days" in label
    assert f"Ngozi Eze, PCN/9 · Rx {number}" in label
    assert "Metfornin" not in label


def test_a_rejection_needs_a_reason_and_tells_the_customer(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    sent = opened(ngozi, number)

    refused = ngozi.post(f"/console/prescriptions/{number}/reject", sent)
    done = ngozi.post(f"/console/prescriptions/{number}/reject", sent | {"reject-reason": "too_old"})

    assert (refused.status_code, done.status_code) == (409, 303)
    assert "Choose a reason." in words(refused.text)
    assert (state(number), told_customer(number)) == ("rejected", ["prescription_decided"])
    assert "Too old" in words(ngozi.get(f"/console/prescriptions/{number}").text)


def test_a_question_goes_to_the_customer_and_the_sheet_waits_for_the_answer(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    sent = opened(ngozi, number) | {"row-0-note": "after food", "ask-question": "age"}

    answer = ngozi.post(f"/console/prescriptions/{number}/ask", sent)

    assert (answer.status_code, state(number), told_customer(number)) == (303, "asked", ["prescription_question"])
    listed = words(ngozi.get("/console/prescriptions?tab=asked").text)
    assert "Question open 1" in listed
    page = desk.seat().get(f"/console/prescriptions/{number}").text
    assert fields(page)["row-0-note"] == "after food"
    assert "How old is the patient?" in words(page)


@pytest.mark.parametrize(("verb", "more"), [("ask", {"ask-question": "age"}), ("pass-on", {"pass-remark": "Look at the dose."})])
def test_what_was_refused_for_want_of_a_word_is_done_when_it_is_there(desk: Desk, verb: str, more: dict[str, str]) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    sent = opened(ngozi, number)

    answers = [ngozi.post(f"/console/prescriptions/{number}/{verb}", sent | each) for each in ({}, more)]

    assert [answer.status_code for answer in answers] == [409, 303]


def test_what_is_passed_on_is_decided_by_another_pharmacist_who_reads_why(desk: Desk) -> None:
    number = a_paper(*two_lines(a_product("Amlodipine 5mg", sale_class="pom")))
    ngozi, musa = desk.seat(), desk.seat(a_colleague("pharmacist", name="Musa Bello"))
    sent = opened(ngozi, number) | {"row-0-directions": "half a tablet", "pass-remark": "Is the dose right?"}

    passed = ngozi.post(f"/console/prescriptions/{number}/pass-on", sent)

    assert (passed.status_code, told_customer(number)) == (303, [])
    mine = words(ngozi.get(f"/console/prescriptions/{number}").text)
    assert "You passed it on: another pharmacist must decide." in mine
    page = musa.get(f"/console/prescriptions/{number}").text
    assert "Ngozi Eze passed it on: Is the dose right?" in words(page)
    sent = fields(page)
    assert sent["row-0-directions"] == "half a tablet"
    musa.post(f"/console/prescriptions/{number}/approve", sent)
    assert state(number) == "approved"


def test_put_back_it_waits_again_for_anybody(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    sent = opened(ngozi, number)

    ngozi.post(f"/console/prescriptions/{number}/release", sent | {"note": "half done"})

    assert queue.one(connection(), number).claimed_by is None
    assert fields(desk.seat().get(f"/console/prescriptions/{number}").text)["note"] == "half done"


@pytest.mark.parametrize("path", ["999999", "999999/labels", "999999/pages/0/flat", "999999/original", "999999/beside/999998"])
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.seat().get(f"/console/prescriptions/{path}").status_code == 404


def test_a_token_is_asked_of_every_act(desk: Desk) -> None:
    number = a_paper(*two_lines())
    ngozi = desk.seat()
    for act in ("approve", "reject", "ask", "pass-on", "again", "draft", "claim", "release"):
        answer: Any = ngozi.client.post(f"/console/prescriptions/{number}/{act}", data={"version": "0"})
        assert answer.status_code == 400, act
    assert state(number) == "waiting"
