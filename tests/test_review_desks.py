"""The order and money desks against odd input: who may open what, texts of strangers, numbers and amounts out of range."""

from __future__ import annotations

import re

import pytest

from models.base import connection
from models.payments import settling, tasks
from models.values import Money
from tests.console import Desk, Seat, a_colleague, form
from tests.console_sheet import desk, own_connection, words
from tests.factories import NOW, a_customer, a_product, a_proof, an_attempt, an_order, order_id
from tests.fulfilling import a_paid_order

__all__ = ["desk", "own_connection"]  # fixtures

# Which roles each address lets in; everybody else is told that it is not for their role.
ALL, MOVE = ("owner", "admin", "pharmacist", "support", "auditor"), ("owner", "admin", "pharmacist", "support")
SEE_MONEY, MONEY = ("owner", "admin", "support", "auditor"), ("owner", "admin")
LETS_IN = {
    "orders.desk": ALL,
    "orders.one": ALL,
    "orders.process": MOVE,
    "orders.ship": MOVE,
    "orders.deliver": MOVE,
    "orders.cancel": MOVE,
    "orders.confirm": MONEY,
    "orders.refund": MONEY,
    "money.desk": SEE_MONEY,
    "money.one": SEE_MONEY,
    "money.close": MONEY,
    "money.give_back": MONEY,
}
EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'"


def routes(desk: Desk) -> dict[str, tuple[str, str]]:
    """endpoint -> (method, address), of both desks."""
    return {
        rule.endpoint: (method, re.sub(r"<[^>]*:(\w+)>", r"{\1}", rule.rule))
        for rule in desk.console.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in ("orders", "money")
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    }


def a_task() -> tuple[int, str]:
    attempt = an_attempt(a_customer())
    settling.settle(attempt.id, a_proof(attempt, amount=Money(5_000)), now=NOW)
    return tasks.of_order(attempt.order_number)[0].id, attempt.order_number


def ask(seat: Seat, method: str, path: str, data: dict[str, str] | None = None) -> int:
    return (seat.get(path) if method == "GET" else seat.post(path, data)).status_code


def test_every_address_of_both_desks_lets_in_the_roles_it_is_for_and_nobody_else(desk: Desk) -> None:
    (task, _), number = a_task(), a_paid_order()
    there = routes(desk)

    refused = {
        endpoint: {role for role in ALL if ask(desk.seat(role), method, path.format(number=number, task=task)) == 403}
        for endpoint, (method, path) in there.items()
    }
    strangers = {
        endpoint: ask(desk.browser(), method, path.format(number=number, task=task)) for endpoint, (method, path) in there.items()
    }

    assert refused == {endpoint: set(ALL) - set(roles) for endpoint, roles in LETS_IN.items()}
    assert set(strangers.values()) <= {303, 302, 401}


def test_what_strangers_wrote_is_text_on_every_page(desk: Desk) -> None:
    customer = a_customer(name=EVIL)
    ref = a_product(EVIL[:60])
    number = an_order(customer, {ref: 1}, payment="paystack")
    attempt = an_attempt(customer, number)
    settling.settle(attempt.id, a_proof(attempt, amount=Money(5_000), channel=EVIL[:30], transaction_id=EVIL), now=NOW)
    connection().execute(
        """UPDATE orders SET "shippingAddress" = %(evil)s, "riderName" = %(evil)s, "riderPhone" = %(evil)s WHERE id = %(id)s""",
        {"evil": EVIL, "id": order_id(number)},
    )
    task = tasks.of_order(number)[0].id
    connection().execute(
        "UPDATE payment_tasks SET detail = detail || jsonb_build_object('reason', %(evil)s::text, 'status', %(evil)s::text, "
        "'note', %(evil)s::text), reference = %(evil)s WHERE id = %(id)s",
        {"evil": EVIL, "id": task},
    )
    seat = desk.seat(a_colleague("owner", name=EVIL[:60]))

    pages = [
        seat.get(path, **headers).text
        for path in (
            f"/console/orders/{number}",
            "/console/orders?tab=all",
            "/console/orders?tab=trouble",
            "/console/money",
            f"/console/money/{task}",
            f"/console/orders?q={number}",
            f"/console/orders/{number}/refund?part=1&reason=other&amount=10",
            f"/console/orders?q={SCRIPT}",
            f"/console/orders/{number}/refund?amount={SCRIPT}&part=1&reason={SCRIPT}",
        )
        for headers in ({}, {"HX_Request": "true"})
    ]

    assert not [page for page in pages if "<script>alert" in page or "<img src=x" in page]
    assert any("&lt;script&gt;alert(1)" in page for page in pages)


SCRIPT = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
ODD = (
    "-1",
    "0",
    "1" * 400,
    "9" * 5000,
    "99999999999999999999",
    "%C3%A9",
    "a" * 10_000,
    "%F0%9F%98%80",
    "%00",
    "1e5",
    "%D9%A1%D9%A2",
    "' OR 1=1--",
    "NaN",
)


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_input_is_a_mistake_of_ours(desk: Desk, odd: str) -> None:
    seat, number = desk.seat("owner"), a_paid_order()
    task, _ = a_task()
    raw = odd.replace("%00", "\0") if odd == "%00" else odd
    sent = dict.fromkeys(
        ("rider", "phone", "reason", "kobo", "again", "seen", "whole", "outcome", "note", "currency", "part", "amount"), raw
    )

    statuses = [
        *(
            ask(seat, "GET", path)
            for path in (
                f"/console/orders/{odd[:2000]}",
                f"/console/money/{odd[:6000]}",
                f"/console/orders?after={odd}",
                f"/console/orders?q={odd}",
                f"/console/orders?tab={odd}",
                f"/console/money?after={odd}",
                f"/console/money?tab=refunds&after={odd}",
                f"/console/orders/{number}/refund?part={odd}&amount={odd}&reason=other",
                f"/console/orders?q=ada&after={odd}",
                f"/console/orders?tab=all&after={odd}",
                f"/console/money?tab=closed&after={odd}",
            )
        ),
        *(ask(seat, "POST", f"/console/orders/{number}/{act}", sent) for act in ("ship", "deliver", "refund", "cancel")),
        *(ask(seat, "POST", f"/console/money/{task}/{act}", sent) for act in ("close", "give-back")),
        ask(seat, "POST", f"/console/money/{odd[:6000]}/close", sent),
        ask(seat, "POST", f"/console/money/{task}/give-back", sent | {"again": "50", "kobo": "5000"}),
    ]

    assert not [status for status in statuses if status >= 500]


def test_money_of_an_order_of_many_millions_can_go_back(desk: Desk) -> None:
    dear, customer = a_product("Imiglucerase 400 units", price="30000000.00"), a_customer()
    number = an_order(customer, {dear: 1}, payment="paystack")
    attempt = an_attempt(customer, number)
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    seat = desk.seat("owner")
    page = seat.get(f"/console/orders/{number}/refund?reason=goodwill").text
    sent = form(page, f"/console/orders/{number}/refund")

    answer = seat.post(f"/console/orders/{number}/refund", sent | {"again": "30,001,500"})

    assert answer.status_code == 303


def test_a_payment_in_another_currency_is_shown_and_goes_back_in_it(desk: Desk) -> None:
    attempt = an_attempt(a_customer())
    settling.settle(attempt.id, a_proof(attempt, amount=Money(1_234, "USD")), now=NOW)
    task = tasks.of_order(attempt.order_number)[0].id
    seat = desk.seat("owner")
    seat.get(f"/console/orders/{attempt.order_number}")
    page = seat.get(f"/console/money/{task}").text

    answer = seat.post(f"/console/money/{task}/give-back", form(page, f"/console/money/{task}/give-back") | {"again": "12.34"})

    assert "USD 12.34" in page
    assert answer.status_code == 303


def test_a_difference_that_one_side_lacks_is_shown(desk: Desk) -> None:
    task = tasks.open(
        "missing_here", "paystack:77", now=NOW, provider="paystack", amount=Money(4_000), ours_kobo=0, theirs_kobo=4_000
    )

    assert "We have nothing" in words(desk.seat("support").get(f"/console/money/{task}").text)
