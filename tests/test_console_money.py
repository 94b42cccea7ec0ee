"""Money that people look at, on its pages: tasks, differences, refunds under way; decided once, by who may, and on record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models import base, money_desk
from models.base import connection
from models.payments import accounts, reconciling, refunds, returning, settling, tasks
from models.payments.reconciling import Difference
from models.payments.tasks import KINDS, OUTCOMES
from models.values import Money, Refused
from tests import factories
from tests.console import Desk, Seat, a_colleague, audited, form
from tests.console_sheet import desk, words
from tests.factories import a_customer, a_proof, an_attempt, an_order
from tests.fulfilling import ACTS, a_paid_order, refused
from web.console import order_labels

__all__ = ["desk"]  # fixtures

NOW = datetime.now(UTC)
LATER = max(NOW, factories.NOW) + timedelta(hours=1)
SEERS, ACTORS = ("owner", "admin", "support", "auditor"), ("owner", "admin")


@pytest.fixture(autouse=True)
def own_connection(desk: Desk) -> Iterator[None]:
    base.bind(desk.settings.database_url)
    yield
    connection().execute("""UPDATE payment_tasks SET "closedAt" = now(), outcome = 'no_loss' WHERE "closedAt" IS NULL""")
    connection().execute("UPDATE refunds SET status = 'done' WHERE status <> 'failed'")
    base.drop_connection()


def a_short_payment(kobo: int = 5_000) -> tuple[int, str]:
    """The task of an order for which too little came, and the order's number."""
    attempt = an_attempt(a_customer())
    settling.settle(attempt.id, a_proof(attempt, amount=Money(kobo)), now=NOW)
    return tasks.of_order(attempt.order_number)[0].id, attempt.order_number


def a_failed_refund() -> tuple[int, str]:
    number = a_paid_order()
    ACTS["cancel"](number, a_colleague("support").id)
    work = refunds.claim(refunds.of_order(number)[0].id, 30, now=LATER)
    assert work is not None
    refunds.failed(work, "insufficient_balance", now=NOW)
    return tasks.of_order(number)[-1].id, number


def listed(seat: Seat, query: str = "") -> list[int]:
    return [int(n) for n in re.findall(r'class="over" href="/console/money/(\d+)"', seat.get(f"/console/money{query}").text)]


# --------------------------------------------------------------------------------------------------------------- lists


def test_tasks_differences_and_refunds_have_a_tab_each(desk: Desk) -> None:
    task, number = a_short_payment()
    mine = Difference("missing_here", "paystack", "777", "x-a1", None, Money(250_000))
    reconciling.record([mine, Difference("amount_differs", "flutterwave", "778", "y-a1", Money(100), Money(90))], now=NOW)
    going = a_paid_order()
    ACTS["cancel"](going, a_colleague("support").id)
    seat = desk.seat("support")

    pages = {tab: words(seat.get(f"/console/money?tab={tab}").text) for tab in money_desk.TABS}

    assert listed(seat) == [task]
    assert re.search(
        rf"Too little was paid Less came than the order costs; it is not paid\. [\w ]{{5,20}} {number} Paystack \S+ ₦50",
        pages["tasks"],
    )
    assert "To look at 1 Differences 2 Refunds under way 1 Closed" in pages["tasks"]
    assert re.search(r"Missing here .* 777|Missing here .* x-a1 ₦2,500", pages["differences"])
    assert "Amount differs" in pages["differences"]
    assert re.search(rf"{going} .{{5,20}} Goes out next Order cancelled", pages["refunds"], re.IGNORECASE)


def test_a_list_longer_than_a_page_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money_desk, "PAGE", 2)  # as twenty-six tasks would
    made = [a_short_payment()[0] for _ in range(3)]
    seat = desk.seat("support")
    more = re.search(r'rel="next" href="([^"]+)"', seat.get("/console/money").text)[1].replace("&amp;", "&")

    assert [listed(seat), listed(seat, more.removeprefix("/console/money"))] == [made[:2], made[2:]]


def test_a_task_shows_its_sentence_what_is_at_stake_and_where_to_look(desk: Desk) -> None:
    task, number = a_short_payment()
    seat = desk.seat("auditor")

    page = seat.get(f"/console/money/{task}")

    assert "Too little was paid, ₦50" in words(page.text)
    assert f'href="/console/orders/{number}"' in page.text
    assert f"{number}-a1" in page.text
    assert audited("money.task_seen")[-1] == (seat.staff.id, "payment_task", task, {"kind": "short", "number": number})


def test_every_kind_outcome_and_reason_has_its_words() -> None:
    assert order_labels.TASKS.keys() >= KINDS.keys()
    assert set(order_labels.OUTCOMES) == set(OUTCOMES)
    for what in ("payment_short", "refund_wanted", "payment_task_closed"):
        assert order_labels.said(what, {}) != what


# --------------------------------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize("role", ["owner", "admin", "pharmacist", "support", "auditor"])
def test_who_may_look_and_who_may_decide(desk: Desk, role: str) -> None:
    task, number = a_short_payment()
    seat = desk.seat(role)

    looked = [seat.get(f"/console/money{path}").status_code for path in ("", f"/{task}", "?tab=refunds")]
    offered = "/close" in seat.get(f"/console/money/{task}").text
    acted = [seat.post(f"/console/money/{task}/{act}", {"outcome": "none"}).status_code for act in ("give-back", "close")]

    assert looked == [200 if role in SEERS else 403] * 3
    assert offered is (role in ACTORS)
    assert acted == [422 if role in ACTORS else 403] * 2
    assert (f"/console/money/{task}" in seat.get(f"/console/orders/{number}").text) is (role in SEERS)


# --------------------------------------------------------------------------------------------------------------- acts


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_task_is_closed_with_what_came_of_it_and_a_note_for_colleagues(desk: Desk, outcome: str) -> None:
    task, number = a_short_payment()
    seat = desk.seat("owner")

    answer = seat.post(f"/console/money/{task}/close", {"outcome": outcome, "note": "Paid <b>the rest</b> in cash"})

    assert answer.status_code == 303
    assert (tasks.get(task).outcome, tasks.get(task).closed_by) == (outcome, f"staff:{seat.staff.id}")
    page = seat.get(f"/console/money/{task}").text
    assert "Paid &lt;b&gt;the rest&lt;/b&gt; in cash" in page
    assert order_labels.OUTCOMES[outcome] in words(page)
    assert audited("money.closed")[-1][3] == {"kind": "short", "number": number, "outcome": outcome}
    assert task in listed(seat, "?tab=closed")


@pytest.mark.parametrize(
    ("sent", "sentence"), [({"outcome": ""}, "Choose what came"), ({"outcome": "kept", "note": "x" * 301}, "too long")]
)
def test_a_task_is_not_closed_without_an_outcome_or_with_a_novel(desk: Desk, sent: dict[str, str], sentence: str) -> None:
    task, _ = a_short_payment()

    answer = desk.seat("owner").post(f"/console/money/{task}/close", sent)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert tasks.get(task).closed_at is None


def test_a_payment_goes_back_from_its_task_after_its_amount_was_typed(desk: Desk) -> None:
    task, number = a_short_payment(123_400)
    seat, action = desk.seat("owner"), f"/console/money/{task}/give-back"
    sent = form(seat.get(f"/console/money/{task}").text, action)

    wrong = seat.post(action, sent | {"again": "12"})
    before = refunds.of_order(number)
    done = seat.post(action, sent | {"again": "1,234"})

    assert (wrong.status_code, before, done.status_code) == (422, [], 303)
    assert "The two amounts are not the same." in words(wrong.text)
    made = refunds.of_order(number)
    assert [(each.amount, each.reason, each.requested_by) for each in made] == [
        (Money(123_400), "short", f"staff:{seat.staff.id}")
    ]
    assert (tasks.get(task).outcome, audited("money.given_back")[-1][3]["refund"]) == ("refunded", made[0].id)
    assert accounts.violations() == []


def test_only_what_came_too_much_goes_back_from_its_task(desk: Desk) -> None:
    attempt = an_attempt(a_customer())
    settling.settle(attempt.id, a_proof(attempt, amount=attempt.amount + Money(7_000), fee=None), now=NOW)
    task = tasks.of_order(attempt.order_number)[0]
    seat, action = desk.seat("owner"), f"/console/money/{task.id}/give-back"

    seat.post(action, form(seat.get(f"/console/money/{task.id}").text, action) | {"again": "70"})

    assert [each.amount for each in refunds.of_order(attempt.order_number)] == [Money(7_000)]


def test_money_that_belongs_to_no_order_goes_back_from_its_task(desk: Desk) -> None:
    attempt = an_attempt(a_customer())
    settling.settle(None, replace(a_proof(attempt), reference="nobody-knows"), now=NOW)
    seat = desk.seat("owner")
    task = listed(seat)[0]
    action = f"/console/money/{task}/give-back"

    page = seat.get(f"/console/money/{task}").text
    seat.post(action, form(page, action) | {"again": str(attempt.amount)})

    assert "Unknown payment" in words(page)
    assert [(each.amount, each.order_number) for each in refunds.of_payment(tasks.get(task).payment_id)] == [(attempt.amount, "")]


def test_a_failed_refund_is_tried_again_once(desk: Desk) -> None:
    task, number = a_failed_refund()
    seat, action = desk.seat("admin"), f"/console/money/{task}/give-back"
    page = words(seat.get("/console/money?tab=refunds").text)
    sent = form(seat.get(f"/console/money/{task}").text, action)
    total = refunds.of_order(number)[0].amount

    answers = [seat.post(action, sent | {"again": str(total)}).status_code for _ in range(2)]

    assert re.search(rf"{number} .{{5,20}} Failed try again or close", page)
    assert answers == [303, 303]
    assert [each.status for each in refunds.of_order(number)] == ["failed", "wanted"]
    assert accounts.violations() == []


def test_who_comes_second_reads_who_decided_what(desk: Desk) -> None:
    task, _ = a_short_payment()
    desk.seat(a_colleague("owner", name="Bisi Cole")).post(f"/console/money/{task}/close", {"outcome": "kept"})

    answer = desk.seat("admin").post(f"/console/money/{task}/close", {"outcome": "by_hand"})

    assert answer.status_code == 409
    assert re.search(r"Nothing was changed\. Bisi Cole closed it at \d\d:\d\d: the money stays with us\.", words(answer.text))
    assert tasks.get(task).outcome == "kept"


def test_what_is_not_with_us_or_is_going_back_is_not_given_back(desk: Desk) -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=NOW)
    settling.settle(attempt.id, a_proof(attempt, state="reversed", transaction_id=proof.transaction_id), now=NOW)
    gone = tasks.of_order(attempt.order_number)[0].id
    refund_waits, _ = a_short_payment()
    payment = tasks.get(refund_waits).payment_id
    returning.want(payment, Money(100), "goodwill", by="staff:1", now=NOW)
    seat = desk.seat("owner")

    assert "give-back" not in seat.get(f"/console/money/{gone}").text + seat.get(f"/console/money/{refund_waits}").text
    for task in (gone, refund_waits):
        assert refused(lambda task=task: money_desk.give_back(task, Money(0), by=1, now=NOW)).code == "nothing_left"


def test_a_page_that_shows_another_amount_than_is_left_gives_nothing_back(desk: Desk) -> None:
    task, number = a_short_payment(9_000)

    no = refused(lambda: money_desk.give_back(task, Money(8_000), by=1, now=NOW))

    assert (no.code, no.detail) == ("changed", {"left_kobo": 9_000})
    assert refunds.of_order(number) == []


@pytest.mark.parametrize("path", ["/999999", f"/{2**63}", "/0"])
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    seat = desk.seat("owner")

    assert seat.get(f"/console/money{path}").status_code == 404
    assert seat.post(f"/console/money{path}/close", {"outcome": "kept"}).status_code == 404


def test_nothing_is_decided_without_a_token_or_by_looking(desk: Desk) -> None:
    task, _ = a_short_payment()
    seat = desk.seat("owner")

    for act in ("close", "give-back"):
        assert seat.client.post(f"/console/money/{task}/{act}", data={"outcome": "kept"}).status_code == 400
        assert seat.get(f"/console/money/{task}/{act}").status_code in (404, 405)
    assert tasks.get(task).closed_at is None


# --------------------------------------------------------------------------------------------------------------- today


def test_today_says_what_is_to_prepare_and_what_money_is_to_be_looked_at(desk: Desk) -> None:
    a_short_payment()
    a_failed_refund()
    connection().execute("UPDATE orders SET state = 'delivered' WHERE state IN ('paid', 'processing')")
    an_order(a_customer(), now=NOW - timedelta(hours=5))

    owner, pharmacist = (words(desk.seat(role).get("/console/figures").text) for role in ("owner", "pharmacist"))

    assert re.search(r"To prepare 1 oldest since 5 h", owner)
    assert re.search(r"To look at 2 .* Refunds failed 1 the money is still with us", owner)
    assert "To prepare" in pharmacist
    assert "Refunds failed" not in pharmacist


def test_unknown_outcomes_are_refused_by_the_verb_itself(desk: Desk) -> None:
    task, _ = a_short_payment()

    with pytest.raises(Refused, match="bad_outcome"):
        money_desk.close(task, "vanished", by=1, now=NOW)
