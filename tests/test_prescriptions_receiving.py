"""A prescription from the message to the queue: what `receive`, a lease and its ends write, on a real PostgreSQL."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest

from models import base, customers, prescriptions, vault
from models.base import connection
from models.prescriptions import receiving
from models.prescriptions.receiving import MOST_UNREAD, PageFiles, Work
from models.vault import Locked
from tests.factories import NOW, a_customer, a_product, an_order, order_id
from tests.prescription_peers import a_prescription, a_reading, an_inbox_row, database, due, events, row

__all__ = ["database"]  # a fixture

LEASE_S = 30


def begun(prescription_id: int) -> Work:
    work = receiving.begin(prescription_id, LEASE_S)
    assert work is not None
    return work


def finished(work: Work, **more: object) -> int | None:
    return receiving.finish(
        work, a_reading(**more), [PageFiles("p/flat", "p/photo", 800, 600)], [], written_on=date(2026, 11, 20), same_within_bits=8
    )


def the_lease_runs_out(prescription_id: int) -> None:
    connection().execute(
        """UPDATE prescriptions SET "leaseUntil" = now() - interval '1 second' WHERE id = %s""", (prescription_id,)
    )


def test_a_file_that_came_is_a_row_that_waits_to_be_read_and_the_same_file_again_is_the_same_row() -> None:
    ada = a_customer()

    first = a_prescription(ada, media_id="m1", correlation_id="c1")
    again = a_prescription(ada, media_id="m1")

    assert first == again
    assert row(first, "customerId", "state", "orderId", "correlationId", "extractionStatus") == (
        ada,
        "reading",
        None,
        "c1",
        "pending",
    )
    assert connection().execute("SELECT count(*) FROM media").fetchone() == (1,)


def test_receiving_takes_two_statements_of_the_customers_turn(tmp_path: Path) -> None:
    ada = a_customer()
    inbox_id = an_inbox_row(ada)
    wire = connection().pgconn
    with (tmp_path / "wire").open("w+") as told:
        wire.trace(told.fileno())

        prescriptions.receive(ada, inbox_id, kind="image", media_id="m", replaces=1, order_number="1", now=NOW)

        wire.untrace()
        told.seek(0)
        assert sum("\tF\t" in line and ("\tExecute" in line or "\tQuery" in line) for line in told) == 2


def test_an_own_order_is_attached_and_somebody_elses_is_not() -> None:
    ada, bola = a_customer(), a_customer()
    number = an_order(ada, {a_product(): 1})

    own, others = a_prescription(ada, order_number=f"#{number}"), a_prescription(bola, order_number=number)

    assert (row(own, "orderId"), row(others, "orderId")) == (order_id(number), None)


def test_a_better_picture_takes_the_place_of_the_undecided_one_and_its_order() -> None:
    ada = a_customer()
    number = an_order(ada, {a_product(): 1})
    blurred = a_prescription(ada, order_number=number)

    better = a_prescription(ada, replaces=blurred)

    assert row(blurred, "state", "replacedBy") == ("replaced", better)
    assert row(better, "state", "orderId") == ("reading", order_id(number))


@pytest.mark.parametrize("state", ["approved", "rejected", "withdrawn"])
def test_what_is_decided_is_not_replaced(state: str) -> None:
    ada = a_customer()
    old = a_prescription(ada)
    connection().execute("UPDATE prescriptions SET state = %s WHERE id = %s", (state, old))

    a_prescription(ada, replaces=old)

    assert row(old, "state", "replacedBy") == (state, None)


def test_nobody_replaces_somebody_elses() -> None:
    theirs = a_prescription()

    a_prescription(replaces=theirs)

    assert row(theirs, "state") == "reading"


def test_who_sends_files_without_end_is_told_to_wait_and_nobody_else_is() -> None:
    ada = a_customer()
    for _ in range(MOST_UNREAD):
        a_prescription(ada)

    one_more = prescriptions.receive(ada, an_inbox_row(ada), kind="image", media_id="one more", now=NOW)

    assert one_more is None
    assert connection().execute("""SELECT count(*) FROM media WHERE "mediaId" = 'one more'""").fetchone() == (0,)
    assert a_prescription()


def test_of_two_who_take_it_up_one_has_it() -> None:
    number = a_prescription()
    both = threading.Barrier(2)
    got: list[Work | None] = []

    def take() -> None:
        with base.unit(10):
            both.wait(10)
            got.append(receiving.begin(number, LEASE_S))
        base.drop_connection()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert [work is None for work in got].count(True) == 1
    assert row(number, "attempts") == 1


def test_a_read_prescription_waits_for_a_pharmacist_and_its_conversation_hears_of_it_once() -> None:
    ada = a_customer()
    number = a_prescription(ada)

    customer = finished(begun(number), picture_hash=2**63 + 5)

    assert customer == ada
    assert row(number, "state", "extractionStatus", "failureReason", "writtenOn") == (
        "waiting",
        "extracted",
        "",
        date(2026, 11, 20),
    )
    assert row(number, "pictureHash") == 5 - 2**63
    assert row(number, "readyAt") is not None
    assert events() == [(ada, number)]
    assert receiving.begin(number, LEASE_S) is None
    pages = connection().execute("SELECT page, flat, photo, width, height FROM prescription_pages").fetchall()
    assert pages == [(0, "p/flat", "p/photo", 800, 600)]


def test_nothing_clinical_is_stored_in_plain() -> None:
    number = a_prescription()
    finished(begun(number), patient="Mrs Canary Bird")
    prescriptions.answer(row(number, "customerId"), number, "I am allergic to canaries", NOW)

    tables = ("prescriptions", "prescription_pages", "media", "inbox", "outbox")
    rows = [connection().execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    text = repr(rows).lower()
    assert "amoxil" not in text
    assert "canar" not in text


def test_a_frozen_worker_that_wakes_after_its_lease_writes_nothing() -> None:
    number = a_prescription()
    frozen = begun(number)
    the_lease_runs_out(number)
    assert finished(frozen) is None

    other = begun(number)

    assert finished(frozen) is None
    assert receiving.fail(frozen, "broken") is None
    for verb in (receiving.retry_later, receiving.died, receiving.put_off, receiving.keep):
        assert verb(frozen, 1.0) is False
    assert receiving.stored(frozen, size=1, content_type="x", sha256="y") is False
    assert finished(other) is not None
    assert len(events()) == 1


def test_a_lease_that_is_kept_goes_on() -> None:
    number = a_prescription()
    work = receiving.begin(number, 0.5)
    assert work is not None

    assert receiving.keep(work, LEASE_S)

    with pytest.raises(AssertionError):
        begun(number)
    assert row(number, "leaseUntil") > connection().execute("SELECT now() + interval '20 s'").fetchone()[0]


def test_attempts_that_ended_the_process_are_told_from_those_that_failed() -> None:
    number = a_prescription()
    receiving.retry_later(begun(number), 0)  # a failure
    begun(number)  # a kill -9
    the_lease_runs_out(number)
    receiving.died(begun(number), 0)
    receiving.put_off(begun(number), 0)  # nobody's fault

    assert begun(number).deaths == 2


def test_an_attempt_handed_back_is_no_death_and_does_not_disturb_whoever_has_it_now() -> None:
    number = a_prescription()
    lost = begun(number)
    receiving.hand_back([(lost.id, lost.version)])
    assert (row(number, "attempts"), row(number, "leaseUntil")) == (0, None)

    lost_too = begun(number)
    the_lease_runs_out(number)
    now_theirs = begun(number)
    receiving.hand_back([(lost_too.id, lost_too.version)])

    assert row(number, "attempts") == 1
    assert finished(now_theirs) is not None


def test_what_could_not_be_read_is_put_before_the_pharmacist_with_its_reason() -> None:
    ada = a_customer()
    number = a_prescription(ada)

    assert receiving.fail(begun(number), "encrypted_pdf") == ada

    assert row(number, "state", "extractionStatus", "failureReason", "reading") == ("waiting", "failed", "encrypted_pdf", None)
    assert events() == [(ada, number)]


def test_a_file_that_never_came_has_no_name_and_one_that_came_keeps_it() -> None:
    never, came = a_prescription(), a_prescription()
    receiving.fail(begun(never), "not_fetched")
    work = begun(came)
    receiving.stored(work, size=3, content_type="image/jpeg", sha256="ab")
    receiving.fail(work, "broken")

    names = dict(
        connection().execute("""SELECT p.id, m."storedAs" FROM prescriptions p JOIN media m ON m.id = p."mediaRow" """).fetchall()
    )

    assert names == {never: "", came: work.name}


def test_a_second_try_knows_what_the_first_one_stored() -> None:
    number = a_prescription()
    first = begun(number)
    receiving.stored(first, size=3, content_type="image/jpeg", sha256="ab")
    the_lease_runs_out(number)

    second = begun(number)

    assert (second.name, second.stored, second.sha256) == (first.name, True, "ab")
    assert not first.stored


@pytest.mark.parametrize("gone", ["withdrawn", "replaced"])
def test_what_the_customer_took_back_while_it_was_read_stays_taken_back(gone: str) -> None:
    ada = a_customer()
    number = a_prescription(ada)
    work = begun(number)
    if gone == "withdrawn":
        assert prescriptions.withdraw(ada, number, NOW)
    else:
        a_prescription(ada, replaces=number)

    assert finished(work) is None

    assert row(number, "state") == gone
    assert events() == []


def test_a_customer_merged_meanwhile_hears_of_it_as_who_they_are_now() -> None:
    old, heir = a_customer(), a_customer(bsuid="NG.1")
    number = a_prescription(old)
    work = begun(number)
    with connection().transaction():
        customers.merge(connection(), source=old, target=heir)

    assert finished(work) == heir

    assert events() == [(heir, number)]


def test_without_a_key_nothing_is_finished_and_nothing_lost(tmp_path: Path) -> None:
    number = a_prescription()
    work = begun(number)
    vault.bind(str(tmp_path), ())

    with pytest.raises(Locked):
        finished(work)

    assert row(number, "state") == "reading"


def test_the_sweep_finds_what_nobody_reads_and_nothing_else() -> None:
    lost, fresh, held, later, due_again, read, bare = (a_prescription() for _ in range(7))
    connection().execute("""UPDATE prescriptions SET "createdAt" = now() - interval '1 minute'""")
    connection().execute("""UPDATE prescriptions SET "createdAt" = now() WHERE id = %s""", (fresh,))
    begun(held)
    receiving.retry_later(begun(later), 60)
    receiving.retry_later(begun(due_again), 60)
    due(due_again)
    finished(begun(read))
    connection().execute("""DELETE FROM media WHERE id = (SELECT "mediaRow" FROM prescriptions WHERE id = %s)""", (bare,))

    found = receiving.waiting_to_be_read(connection(), older_than_s=3, limit=10)

    assert sorted(found) == sorted([lost, due_again, bare])
