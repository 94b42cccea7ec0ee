"""What keeps a pharmacist from signing by the way: another product, a paper that was used, an answer given to an earlier picture."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from models import base, prescriptions, vault
from models.base import connection
from models.prescriptions import approvals, deciding, queue
from models.prescriptions.case import case
from models.readings import Candidate
from tests import factories
from tests.console import MEDIA_KEY, Desk
from tests.console_sheet import JSON, a_paper, desk, fields, own_connection, row_of, state, two_lines, words
from tests.factories import KEY, a_customer, a_product, an_item, an_order

__all__ = ["desk", "own_connection"]  # fixtures


def test_another_product_is_refused_as_an_approval_and_taken_as_a_change(desk: Desk) -> None:
    refs = [a_product(name, generic="Cetirizine") for name in ("Cetirizine 10 mg Tablet", "Zyrtec 10 mg Tablet")]
    offered = tuple(Candidate(ref, "", "Cetirizine", "10 mg", "Tablet", 98.0) for ref in refs)
    number = a_paper(an_item("Tab Cetirizine 10mg", name="Cetirizine", strength="10mg", candidates=offered, chosen=refs[0]))
    ngozi = desk.seat()
    page = ngozi.get(f"/console/prescriptions/{number}").text
    sent = fields(page) | {"row-0-ref": refs[1], "row-0-outcome": "approved"}

    refused = ngozi.post(f"/console/prescriptions/{number}/approve", sent)
    done = ngozi.post(f"/console/prescriptions/{number}/approve", sent | {"row-0-outcome": "changed", "row-0-reason": "brand"})

    assert re.findall(r'data-change="(\w*)"', row_of(page, 0)) == ["", "brand"]
    assert "choose Change and a reason" in words(row_of(refused.text, 0))
    assert (refused.status_code, done.status_code, state(number)) == (409, 303, "approved")


def test_a_line_that_the_machine_misread_is_put_right_without_a_sentence_and_the_record_says_so(desk: Desk) -> None:
    losartan = a_product("Losartan 50 mg Tablet", generic="Losartan")
    number = a_paper(an_item("Tab Lorazepan 50mg", name="Lorazepan", strength="50mg"))
    ngozi = desk.seat()
    page = ngozi.get(f"/console/prescriptions/{number}").text
    sent = fields(page) | {"row-0-ref": losartan, "row-0-quantity": "1", "row-0-outcome": "changed", "row-0-reason": "misread"}

    answer = ngozi.post(f"/console/prescriptions/{number}/approve", sent)

    assert "The machine misread the paper" in words(row_of(page, 0))
    assert (answer.status_code, state(number)) == (303, "approved")
    told = case(connection(), number, now=datetime.now(UTC)).history[0].record
    assert [(line.reason, line.note, line.name) for line in told.lines] == [("misread", "", "Losartan 50 mg Tablet")]
    assert told.before[0]["name"] == "Lorazepan"


def test_a_product_that_was_searched_says_what_it_would_change(desk: Desk) -> None:
    number = a_paper(an_item(name="Norvasc", strength="5mg", form=""))
    stronger, added = a_product("Norvasc 10mg", generic="Amlodipine"), "&line=-1"
    ngozi = desk.seat()

    told = [
        ngozi.get(f"/console/prescriptions/{number}/rows/0/product?ref={stronger}{line}").text
        for line in ("&line=0", added, "&line=99")
    ]

    assert [re.findall(r'data-change="(\w*)"', each) for each in told] == [["strength"], [""], [""]]


def ordered_before(customer: int) -> int:
    """A prescription of this customer that was approved, and ordered."""
    ref = a_product("Amlodipine 5mg", sale_class="pom")
    number = a_paper(two_lines(ref)[0], customer=customer, minutes=60 * 24 * 11, state="approved")
    decision = connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, now(), 'approved', 1, 'Musa', '') RETURNING id""",
        (number,),
    )
    now = datetime.now(UTC)
    allowed = [approvals.Allowed(0, ref, 1)]
    with base.db.atomic():
        approvals.allow(decision.fetchone()[0], number, customer, allowed, expires_at=now.replace(year=now.year + 1), now=now)
    connection().execute("DELETE FROM cart_lines")
    an_order(customer, {ref: 1}, now=now)
    return number


@pytest.mark.parametrize("who", ["this", "another"])
def test_of_a_paper_seen_before_it_is_said_who_sent_it_when_and_what_became_of_it(desk: Desk, who: str) -> None:
    first = a_customer()
    before = ordered_before(first)
    number = a_paper(*two_lines(), customer=first if who == "this" else a_customer(), flags=["duplicate"], duplicateOf=before)

    page = words(desk.seat().get(f"/console/prescriptions/{number}").text)

    day = connection().execute('SELECT "createdAt" FROM prescriptions WHERE id = %s', (before,)).fetchone()[0]
    assert f"sent before, as prescription {before}: by {who} customer on {day:%-d %b}" in page
    assert ", approved, ordered." in page


@pytest.mark.parametrize("answer", [{"checked-patient": "1"}, {"remark": "The clinic sent it twice."}])
def test_a_red_paper_is_approved_only_with_a_tick_or_a_remark(desk: Desk, answer: dict[str, str]) -> None:
    ref = a_product("Amlodipine 5mg", sale_class="pom")
    number = a_paper(two_lines(ref)[0], flags=["duplicate"])
    ngozi = desk.seat()
    page = ngozi.get(f"/console/prescriptions/{number}").text
    sent = fields(page) | {"row-0-outcome": "approved"}

    refused = ngozi.post(f"/console/prescriptions/{number}/approve", sent, **JSON)
    done = ngozi.post(f"/console/prescriptions/{number}/approve", sent | answer)

    assert "approving it needs the tick" in words(page)
    assert (refused.status_code, refused.json["code"], refused.json["row"]) == (409, "needs_remark", None)
    assert (done.status_code, state(number)) == (303, "approved")


def asked_and_answered(customer: int) -> int:
    number, signer = a_paper(*two_lines(), customer=customer), factories.a_colleague(name="Musa Bello")
    queue.claim(connection(), number, signer.id, minutes=5)
    with base.db.atomic():
        deciding.ask(number, signer, "age", version=0, now=datetime.now(UTC))
        prescriptions.answer(customer, number, "She is nine years old", datetime.now(UTC))
    return number


def test_what_was_said_about_a_replaced_picture_stands_on_the_sheet_of_the_new_one(desk: Desk) -> None:
    customer = a_customer()
    oldest, middle, number = asked_and_answered(customer), a_paper(*two_lines(), customer=customer), a_paper(*two_lines())
    connection().execute('UPDATE prescriptions SET "customerId" = %s WHERE id = %s', (customer, number))
    for old, new in ((oldest, middle), (middle, number)):
        connection().execute("""UPDATE prescriptions SET state = 'replaced', "replacedBy" = %s WHERE id = %s""", (new, old))

    page = desk.seat().get(f"/console/prescriptions/{number}").text

    shown = re.findall(r'<div class="card says before">.*?</div>', page, re.DOTALL)
    assert [re.search(r"/prescriptions/(\d+)", card)[1] for card in shown] == [str(middle), str(oldest)]
    assert re.search("Musa Bello asked, .*How old is the patient.*the customer answered, .*She is nine", words(shown[1]))


def test_what_nobody_can_open_any_more_does_not_lock_the_new_picture(desk: Desk) -> None:
    customer = a_customer()
    vault.bind(desk.settings.media_url, (KEY,))
    oldest = asked_and_answered(customer)
    vault.bind(desk.settings.media_url, (MEDIA_KEY,))
    number = a_paper(*two_lines(), customer=customer)
    connection().execute("""UPDATE prescriptions SET state = 'replaced', "replacedBy" = %s WHERE id = %s""", (number, oldest))

    answer = desk.seat().get(f"/console/prescriptions/{number}")

    assert (answer.status_code, "She is nine" in answer.text) == (200, False)


@pytest.mark.parametrize("path", ["", "/{0}", "/{0}/beside/{0}", "/{0}/labels"])
def test_the_navigation_says_where_one_is_on_nested_pages_too(desk: Desk, path: str) -> None:
    number = a_paper(two_lines(a_product("Amlodipine 5mg"))[0])
    ngozi = desk.seat()
    sent: dict[str, Any] = fields(ngozi.get(f"/console/prescriptions/{number}").text) | {"row-0-outcome": "approved"}
    ngozi.post(f"/console/prescriptions/{number}/approve", sent)

    page = ngozi.get(f"/console/prescriptions{path.format(number)}").text

    assert re.findall(r'aria-current="page">(\w+)</a>', page)[0] == "Prescriptions"
