"""A pharmacist's decision on a real PostgreSQL: who may take it, what it must say, what it sets in motion, and that it stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from models import base, carts, readings, vault
from models.base import connection
from models.prescriptions import deciding, queue, record
from models.prescriptions.case import case
from models.prescriptions.deciding import Decision, Signer
from models.prescriptions.record import Line
from models.values import Refused
from tests.factories import KEY, NOW, a_colleague, a_customer, a_prescription, a_product, a_reading, an_item
from tests.servers import Databases


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://deciding", (KEY,))
        yield
        base.drop_connection()


class Case:
    """A prescription of two lines in the hands of a pharmacist."""

    def __init__(self, **columns: Any) -> None:
        self.customer = a_customer()
        self.amlodipine = a_product("Amlodipine 5mg tablets", sale_class="pom", price="1200.00")
        read = a_reading(an_item(), an_item("Tab Diazepam 5mg nocte", name="Diazepam"))
        self.id = a_prescription(self.customer, read, **columns)
        self.signer = a_colleague()
        queue.claim(connection(), self.id, self.signer.id, minutes=10)
        self.yes = Line(0, "", "approved", ref=self.amlodipine, quantity=2, directions="1 tablet once a day for 30 days")
        self.no = Line(1, "", "not_dispensed", name="Diazepam", reason="controlled")

    def approve(self, *lines: Line, signer: Signer | None = None, version: int = 0, **more: Any) -> Decision:
        given = lines or (self.yes, self.no)
        who = signer or self.signer
        return deciding.approve(self.id, who, given, version=version, valid_days=90, now=NOW, **more)

    def suggest(self, ref: str) -> None:
        """As if the machine had found this product for the first line."""
        read = a_reading(an_item(chosen=ref), an_item("Tab Diazepam 5mg nocte", name="Diazepam"))
        sealed = vault.vault().seal(readings.dumps(read).encode())
        connection().execute("UPDATE prescriptions SET reading = %s WHERE id = %s", (sealed, self.id))

    def row(self, columns: str) -> tuple[Any, ...]:
        found = connection().execute(f"SELECT {columns} FROM prescriptions WHERE id = %s", (self.id,)).fetchone()
        assert found is not None
        return found

    def events(self) -> list[dict[str, Any]]:
        rows = connection().execute(
            """SELECT payload::text FROM inbox WHERE "customerId" = %s AND channel = 'house' ORDER BY id""", (self.customer,)
        )
        return [json.loads(row[0]) for row in rows]


def refusal(call: Any, *args: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return refused.value


def test_an_approval_is_recorded_told_and_put_into_the_basket() -> None:
    the = Case()

    decision = the.approve(note="Take it in the morning.")

    assert the.row('state, "verificationStatus"::text') == ("approved", "Verified")
    assert the.events() == [
        {"name": "prescription_decided", "data": {"prescription_id": the.id, "decision_id": decision.id}},
    ]
    (line,) = carts.of(the.customer).lines
    assert (line.product.ref, line.quantity, line.problem) == (the.amlodipine, 2, "")


def test_the_record_says_who_what_was_read_and_what_was_decided() -> None:
    the = Case()
    the.approve(remark="spoke with the doctor", checked=("signature", "date"))

    found = case(connection(), the.id, now=NOW)

    assert found is not None
    (past,) = found.history
    assert (past.record.staff, past.record.licence_number) == (the.signer.name, the.signer.licence_number)
    assert [(line.raw, line.outcome, line.reason) for line in past.record.lines] == [
        ("Tab Amlodipine 5mg od x 30/7", "approved", ""),
        ("Tab Diazepam 5mg nocte", "not_dispensed", "controlled"),
    ]
    assert past.record.before[0]["strength"] == "5mg"
    assert past.record.checked == ("signature", "date")


def test_a_decision_can_be_neither_changed_nor_removed() -> None:
    the = Case()
    decision = the.approve()

    for statement in (
        "UPDATE prescription_decisions SET kind = 'rejected' WHERE id = %s",
        "DELETE FROM prescription_decisions WHERE id = %s",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection().execute(statement, (decision.id,))


def test_nothing_clinical_is_stored_in_plain() -> None:
    the = Case()
    deciding.save_draft(the.id, the.signer.id, b'{"lines": "Amlodipine"}', version=0)
    the.approve(version=1)

    rows = (
        connection()
        .execute(
            """SELECT to_jsonb(p)::text || to_jsonb(d)::text FROM prescriptions p
           JOIN prescription_decisions d ON d."prescriptionId" = p.id WHERE p.id = %s""",
            (the.id,),
        )
        .fetchall()
    )
    assert rows
    assert "mlodipine" not in rows[0][0]
    plain = [bytes(x) for x in the.row("reading, coalesce(draft, '')")]
    assert all(b"mlodipine" not in x for x in plain)


def test_whoever_does_not_have_it_in_hand_cannot_decide() -> None:
    the = Case()

    assert refusal(the.approve, signer=a_colleague()).code == "not_claimed"
    queue.release(connection(), the.id, the.signer.id)
    assert refusal(the.approve).code == "not_claimed"


def test_a_claim_that_ran_out_decides_nothing() -> None:
    the = Case()
    connection().execute("""UPDATE prescriptions SET "claimedUntil" = now() - interval '1 second' WHERE id = %s""", (the.id,))

    assert refusal(the.approve).code == "not_claimed"
    assert the.row("state") == ("waiting",)


def test_nobody_without_a_licence_signs() -> None:
    the = Case()

    assert refusal(the.approve, signer=replace(the.signer, licence_number="")).code == "no_licence"


def test_what_changed_behind_ones_back_is_not_decided_upon() -> None:
    the = Case()
    deciding.save_draft(the.id, the.signer.id, b"{}", version=0)

    assert refusal(the.approve, version=0).code == "changed_meanwhile"


def test_of_two_decisions_at_once_one_counts() -> None:
    the = Case()
    the.approve()

    assert refusal(deciding.reject, the.id, the.signer, "unreadable", version=1, now=NOW).code == "decided"
    assert len(the.events()) == 1


def lines_refused(the: Case, *lines: Line) -> tuple[str, Any]:
    refused = refusal(the.approve, *lines)
    return refused.code, refused.detail.get("line")


def test_every_line_that_was_read_needs_an_outcome() -> None:
    the = Case()

    refused = refusal(the.approve, the.yes)

    assert (refused.code, refused.detail) == ("line_missing", {"read": 1})


def test_an_approval_that_approves_nothing_is_a_rejection() -> None:
    the = Case()
    never = replace(the.no, line=0, reason="not_stocked")

    assert lines_refused(the, never, the.no)[0] == "nothing_approved"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ref": ""}, "no_product"),
        ({"ref": "m999999"}, "no_product"),
        ({"quantity": 0}, "too_many"),
        ({"quantity": 5000}, "too_many"),
        ({"outcome": "perhaps"}, "bad_line"),
        ({"outcome": ""}, "undecided"),
        ({"line": 7}, "line_missing"),
        ({"outcome": "changed"}, "reason_missing"),
        ({"outcome": "changed", "reason": "mood"}, "bad_reason"),
        ({"outcome": "changed", "reason": "other"}, "note_missing"),
    ],
)
def test_a_line_that_cannot_be_dispensed_so_is_refused(change: dict[str, Any], code: str) -> None:
    the = Case()

    assert lines_refused(the, replace(the.yes, **change), the.no)[0] == code
    assert the.row("state") == ("waiting",)


def test_another_product_than_the_paper_names_is_a_change_with_a_reason() -> None:
    the = Case()
    norvasc = replace(the.yes, ref=a_product("Norvasc 5mg tablets", sale_class="pom", generic="Amlodipine"))
    the.suggest(the.amlodipine)

    refused = refusal(the.approve, norvasc, the.no)
    the.approve(replace(norvasc, outcome="changed", reason="brand"), the.no)

    assert (refused.code, refused.detail) == ("is_a_change", {"line": 0, "reason": "brand"})
    assert the.row("state") == ("approved",)


def test_what_the_machine_suggested_is_no_change_whatever_it_is_called() -> None:
    the = Case()
    other = a_product("Norvasc 10mg tablets", sale_class="pom")
    the.suggest(other)

    the.approve(replace(the.yes, ref=other), the.no)

    assert the.row("state") == ("approved",)


AGAINST = [
    ({"flags": ["duplicate"]}, "duplicate"),
    ({"writtenOn": date(2026, 1, 1)}, "too_old"),
    ({"writtenOn": NOW.date() + timedelta(days=2)}, "future_date"),
]


@pytest.mark.parametrize(("columns", "code"), AGAINST)
@pytest.mark.parametrize("answer", [{"checked": ("patient",)}, {"remark": "Spoke with the clinic."}])
def test_what_stands_against_the_paper_is_answered_before_it_is_approved(
    columns: dict[str, Any], code: str, answer: dict[str, Any]
) -> None:
    the = Case(**columns)

    refused = [refusal(the.approve, **each) for each in ({}, {"checked": ("stamp",), "remark": " "})]
    the.approve(**answer)

    assert [(no.code, no.detail["red"]) for no in refused] == [("needs_remark", (code,))] * 2
    assert the.row("state") == ("approved",)


def test_a_controlled_line_or_a_poor_picture_asks_for_no_remark() -> None:
    the = Case(flags=["controlled", "blurred", "no_date"])

    the.approve()

    assert the.row("state") == ("approved",)


def test_a_controlled_medicine_is_never_approved() -> None:
    the = Case()
    diazepam = a_product("Diazepam 5mg", sale_class="pom", control="controlled")

    assert lines_refused(the, replace(the.yes, ref=diazepam), the.no) == ("controlled", 0)


def test_one_product_stands_in_one_line() -> None:
    the = Case()

    twice = replace(the.yes, line=1, outcome="changed", reason="brand")

    assert lines_refused(the, the.yes, twice)[0] == "same_product_twice"


def test_a_line_the_pharmacist_added_is_signed_like_the_others() -> None:
    the = Case()
    added = Line(-1, "", "approved", ref=a_product("Zinc 20mg"), quantity=1, directions="1 tablet once a day")

    the.approve(the.yes, the.no, added)

    assert len(carts.of(the.customer).lines) == 2


def test_a_rejection_says_why_and_sells_nothing() -> None:
    the = Case()

    deciding.reject(the.id, the.signer, "too_old", version=0, now=NOW, note="It is from 2024.")

    assert the.row('state, "verificationStatus"::text') == ("rejected", "Rejected")
    assert [event["name"] for event in the.events()] == ["prescription_decided"]
    assert carts.of(the.customer).empty


def test_a_rejection_for_another_reason_needs_its_sentence() -> None:
    the = Case()

    assert refusal(deciding.reject, the.id, the.signer, "other", version=0, now=NOW).code == "note_missing"
    assert refusal(deciding.reject, the.id, the.signer, "mood", version=0, now=NOW).code == "bad_reason"


def test_a_question_stops_the_clock_and_keeps_the_draft() -> None:
    the = Case()
    deciding.save_draft(the.id, the.signer.id, b'{"lines": []}', version=0)

    decision = deciding.ask(the.id, the.signer, "age", version=1, now=NOW)

    state, paused, draft, claimed = the.row('state, "pausedAt", draft, "claimedBy"')
    assert (state, paused, claimed) == ("asked", NOW, None)
    assert draft is not None
    assert the.events() == [
        {"name": "prescription_question", "data": {"prescription_id": the.id, "decision_id": decision.id}},
    ]


def test_what_is_passed_on_needs_a_remark_and_another_pharmacist() -> None:
    the, musa = Case(), a_colleague(name="Musa Bello")
    assert refusal(deciding.pass_on, the.id, the.signer, " ", version=0, now=NOW).code == "note_missing"

    deciding.pass_on(the.id, the.signer, "Dose looks high for the age.", version=0, now=NOW)

    assert queue.claim(connection(), the.id, musa.id, minutes=10)
    the.approve(signer=musa, version=1)
    assert the.row("state") == ("approved",)
    assert [event["name"] for event in the.events()] == ["prescription_decided"]


@pytest.mark.parametrize(
    ("written_on", "days"),
    [(None, 90), (date(2026, 11, 13), 80), (date(2026, 1, 1), 7), (date(2027, 5, 1), 90)],
)
def test_an_approval_lasts_as_long_as_the_paper_and_at_least_a_week(written_on: date | None, days: int) -> None:
    the = Case(writtenOn=written_on)

    the.approve(remark="seen")

    row = connection().execute("""SELECT "expiresAt" FROM prescription_items WHERE "prescriptionId" = %s""", (the.id,)).fetchone()
    assert row is not None
    end: datetime = row[0].astimezone(UTC)
    assert abs(end - (NOW + timedelta(days=days))) <= timedelta(days=1)


def test_texts_are_bounded_and_hold_no_control_characters() -> None:
    the = Case()

    the.approve(replace(the.yes, directions="x" * 5000, note="a\x00b\n\nc"), the.no, note="n" * 5000)

    found = case(connection(), the.id, now=NOW)
    assert found is not None
    told = found.history[0].record
    assert (len(told.note), len(told.lines[0].directions), told.lines[0].note) == (600, 300, "ab c")
    assert record.dumps(told)
