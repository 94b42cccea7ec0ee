"""Two at one order at once, each with a connection of their own: one of them is first, and everything adds up afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Barrier, Thread

import pytest

from models import base, fulfilment, money_desk, orders
from models.base import connection
from models.payments import accounts, refunds, settling, tasks
from models.values import Money, Refused
from tests.factories import NOW, a_colleague, a_customer, a_product, a_proof, an_attempt, an_order, order_id, stock_of
from tests.fulfilling import ACTS, a_paid_order, state_of, told

ROUNDS = 6


@pytest.fixture(autouse=True)
def shop(database_url: str) -> Iterator[None]:
    base.bind(database_url)
    yield
    base.drop_connection()


def at_once(*acts: Callable[[], object]) -> list[str]:
    """What came of each: "done", or the code of its refusal."""
    ready, came = Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        connection().execute("SELECT")
        ready.wait(10)
        try:
            act()
            came[place] = "done"
        except Refused as no:
            came[place] = no.code
        finally:
            base.drop_connection()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return came


def events(number: str, what: str) -> int:
    query = """SELECT count(*) FROM order_events WHERE "orderId" = %s AND what = %s"""
    return int(connection().execute(query, (order_id(number), what)).fetchone()[0])


def test_of_two_who_ship_one_is_first_and_the_customer_hears_it_once() -> None:
    for _ in range(ROUNDS):
        ada = a_customer()
        number, pair = an_order(ada), [a_colleague().id, a_colleague().id]

        came = at_once(*(partial(ACTS["ship"], number, by) for by in pair))

        assert sorted(came) == ["done", "moved"]
        assert (events(number, "shipped"), len(told(ada))) == (1, 1)


def test_a_customer_who_cancels_while_it_is_handed_to_the_rider_gets_one_of_both() -> None:
    for _ in range(ROUNDS):
        ada, ref = a_customer(), a_product(stock=5)
        number, by = a_paid_order(ada, lines={ref: 2}), a_colleague().id

        ours, theirs = at_once(partial(ACTS["ship"], number, by), partial(orders.cancel, ada, number, now=NOW))

        if ours == "done":
            assert (theirs, state_of(number), stock_of(ref)) == ("too_late", "shipped", 3)
        else:
            assert (ours, theirs, state_of(number), stock_of(ref)) == ("moved", "done", "cancelled", 5)
        assert accounts.violations() == []


def test_nothing_is_shipped_once_all_of_its_money_goes_back() -> None:
    for _ in range(ROUNDS):
        number, by = a_paid_order(), a_colleague().id

        shipped, returned = at_once(partial(ACTS["ship"], number, by), partial(ACTS["refund"], number, by))

        assert returned == "done"
        assert shipped in ("done", "refunding")
        assert (state_of(number) == "shipped") == (shipped == "done")
        # Whoever was first: when it left the house its refund was not yet asked for.
        first = connection().execute(
            """SELECT what FROM order_events WHERE "orderId" = %s AND what IN ('shipped', 'refund_wanted') ORDER BY id LIMIT 1""",
            (order_id(number),),
        )
        assert first.fetchone()[0] == ("shipped" if shipped == "done" else "refund_wanted")


def test_two_refunds_at_once_are_one() -> None:
    for _ in range(ROUNDS):
        number, by = a_paid_order(), a_colleague().id
        seen = fulfilment.standing(number).seen

        act = partial(fulfilment.refund, number, Money(100), "goodwill", by=by, now=NOW, seen=seen)

        assert sorted(at_once(act, act, act)) == ["changed", "changed", "done"]
        assert len(refunds.of_order(number)) == 1


def test_two_who_cancel_and_deliver_what_is_paid_just_now_leave_nothing_unaccounted() -> None:
    for _ in range(ROUNDS):
        attempt = an_attempt(a_customer())
        number, by, proof = attempt.order_number, a_colleague().id, a_proof(attempt)

        at_once(
            partial(settling.settle, attempt.id, proof, now=NOW),
            partial(ACTS["cancel"], number, by),
            partial(ACTS["ship"], number, by),
        )

        assert state_of(number) in ("cancelled", "shipped")
        assert accounts.violations() == []
        returned = sum(each.amount.kobo for each in refunds.of_order(number))
        assert returned == (proof.amount.kobo if state_of(number) == "cancelled" else 0)


def test_a_task_is_decided_once() -> None:
    for _ in range(ROUNDS):
        attempt, by = an_attempt(a_customer()), a_colleague().id
        settling.settle(attempt.id, a_proof(attempt, amount=Money(5_000)), now=NOW)
        task = tasks.of_order(attempt.order_number)[0].id

        give = partial(money_desk.give_back, task, Money(5_000), by=by, now=NOW)
        keep = partial(money_desk.close, task, "kept", by=by, now=NOW)

        came = at_once(give, keep, give)

        assert sorted(came) == ["closed", "closed", "done"]
        assert len(refunds.of_order(attempt.order_number)) == (came[1] != "done")
