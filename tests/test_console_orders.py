"""The order desk's pages through the real application: lists, search, one order, and who sees what of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from models import base, order_desk
from models.base import connection
from models.payments import settling
from models.values import Money
from tests.console import Desk, Seat, audited
from tests.console_sheet import desk, words
from tests.factories import a_colleague, a_customer, a_product, a_proof, an_attempt, an_order, order_id
from tests.fulfilling import ACTS, a_paid_order

__all__ = ["desk"]  # fixtures

MOVERS, LOOKERS = ("owner", "admin", "pharmacist", "support"), ("auditor",)
CLERKS = ("owner", "admin")


@pytest.fixture(autouse=True)
def own_connection(desk: Desk) -> Iterator[None]:
    base.bind(desk.settings.database_url)
    yield
    connection().execute(
        "UPDATE orders SET state = 'delivered' WHERE state IN ('pending_payment', 'paid', 'processing', 'shipped')"
    )
    connection().execute("""UPDATE payment_tasks SET "closedAt" = now() WHERE "closedAt" IS NULL""")
    base.drop_connection()


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def listed(seat: Seat, query: str) -> list[str]:
    return re.findall(r'class="over" href="/console/orders/([^"]+)"', seat.get(f"/console/orders{query}").text)


# --------------------------------------------------------------------------------------------------------------- lists


def test_each_tab_shows_its_orders_the_oldest_first(desk: Desk) -> None:
    ada = a_customer()
    to_pay = an_order(ada, payment="paystack")
    cash, paid, way = an_order(ada), a_paid_order(ada), an_order(ada)
    ACTS["ship"](way, a_colleague().id)
    short = an_attempt(ada)
    settling.settle(short.id, a_proof(short, amount=Money(100)), now=ago(1))
    seat = desk.seat("support")

    found = {tab: listed(seat, f"?tab={tab}") for tab in ("prepare", "way", "pay", "trouble", "all")}

    assert found == {
        "prepare": [cash, paid],
        "way": [way],
        "pay": [to_pay, short.order_number],
        "trouble": [short.order_number],
        "all": found["all"],
    }
    assert found["all"][:5] == [short.order_number, way, paid, cash, to_pay]
    assert "To prepare 2 On the way 1 With trouble 1 To pay 2" in words(seat.get("/console/orders").text)


def test_a_row_says_who_waits_since_when_for_how_much(desk: Desk) -> None:
    number = an_order(a_customer(name="Musa Bello"), {a_product(price="1200"): 3}, delivery="pickup", now=ago(300))

    page = words(desk.seat("support").get("/console/orders").text)

    assert f"{number} 5 h Musa Bello Preparing pick-up Cash on delivery 3 ₦3,600" in page


def test_a_list_longer_than_a_page_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_desk, "PAGE", 2)  # as twenty-six orders would
    ada = a_customer(name="Pagenta Obi")
    numbers = [an_order(ada) for _ in range(3)]
    seat = desk.seat("support")

    for query, expected in (("", [numbers[:2], numbers[2:]]), ("?q=pagenta", [numbers[:0:-1], numbers[:1]])):
        first = seat.get(f"/console/orders{query}").text
        more = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&").removeprefix("/console/orders")
        assert [listed(seat, query), listed(seat, more)] == expected


def test_a_refresh_brings_the_list_alone_and_keeps_nobody_signed_in(desk: Desk) -> None:
    page = desk.seat("support").get("/console/orders", HX_Request="true").text

    assert "To prepare" in page
    assert "<html" not in page


@pytest.mark.parametrize("query", ["?tab=none", "/0", "/999", "/%00", "/12345678901234567890123"])
def test_what_is_not_there_is_not_found(desk: Desk, query: str) -> None:
    assert desk.seat("support").get(f"/console/orders{query}").status_code in (400, 404)


def test_an_order_is_found_by_whatever_somebody_has_of_it(desk: Desk) -> None:
    ada = a_customer(name="Adaobi Nnamdi", number="2348091234599")
    an_order(a_customer(name="Somebody Else"))
    attempt = an_attempt(ada)
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=ago(1))
    seat = desk.seat("support")

    for text in (
        attempt.order_number,
        f"%23{attempt.order_number}",
        attempt.reference,
        proof.transaction_id,
        "08091234599",
        "%2B234 809 123 4599",
        "adaobi",
        "nnam ada",
    ):
        assert listed(seat, f"?q={text}") == [attempt.order_number], text


@pytest.mark.parametrize("text", ["zzz", "1", "'; --", "a:*", "%", "&", "\\", "08000000000", "<script>", "!!", "ada | b"])
def test_what_matches_nothing_finds_nothing(desk: Desk, text: str) -> None:
    an_order(a_customer(name="Ada Obi"))

    answer = desk.seat("support").client.get("/console/orders", query_string={"q": text})

    assert answer.status_code == 200
    assert "No order found" in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]


def test_a_search_reads_indexes_and_a_page_of_one_order_asks_few_questions(desk: Desk) -> None:
    number = a_paid_order()
    connection().execute("SET enable_seqscan = off")
    values = {"number": number, "text": number, "phones": ["2348031234567"], "words": "ada:*", "before": order_desk.NEWEST}
    plan = "\n".join(row[0] for row in connection().execute(f"EXPLAIN {order_desk.FOUND}", values).fetchall())
    connection().execute("RESET enable_seqscan")
    base.drop_connection()
    connection().execute("SELECT")
    statements: list[object] = []
    real = connection().cursor_factory

    class Counting(real):  # type: ignore[misc, valid-type]
        def execute(self, query: object, *args: object, **more: object) -> object:
            statements.append(query)
            return super().execute(query, *args, **more)

    connection().cursor_factory = Counting
    order_desk.case(number)

    assert "Seq Scan" not in plan
    assert len(statements) == 7


# --------------------------------------------------------------------------------------------------------------- one


def test_one_page_shows_goods_money_customer_and_everything_that_happened(desk: Desk) -> None:
    ada = a_customer(name="Folake Obi", number="2348031112223")
    attempt = an_attempt(ada, an_order(ada, {a_product("Zinc 20mg", price="700"): 2}, payment="paystack"))
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=ago(5))
    musa = desk.seat("pharmacist")
    number = attempt.order_number
    musa.post(f"/console/orders/{number}/process")

    page = words(desk.seat("owner").get(f"/console/orders/{number}").text)

    for expected in (
        f"Order {number}", "2 × Zinc 20mg ₦1,400", "Delivery ₦1,500", "Total ₦2,900", "Folake Obi", "2348031112223",
        "12 Allen Avenue, Ikeja", proof.transaction_id, attempt.reference, "₦2,900 taken: it pays the order", "fee ₦100",
        f"{musa.staff.name} Being prepared", "Customer Ordered",
    ):  # fmt: skip
        assert expected in page
    assert audited("order.seen")[-1][1:3] == ("order", order_id(number))


def test_an_order_of_the_old_system_is_shown_too(desk: Desk) -> None:
    user = connection().execute(
        """INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")
           VALUES ('Old Friend', 'old@friend.example', 'x', '+2348070000001', now(), now()) RETURNING id"""
    )
    made = connection().execute(
        """INSERT INTO orders ("userId", "totalAmount", "paymentMethod", "paymentStatus", status, "shippingAddress", "createdAt",
               "updatedAt") VALUES (%s, 2500, 'Paystack', 'Paid', 'Processing', 'Yaba', now(), now()) RETURNING id""",
        (user.fetchone()[0],),
    )
    number = str(made.fetchone()[0])
    seat = desk.seat("support")

    assert listed(seat, "?q=old fri") == listed(seat, "?q=0807 000 0001") == [number]
    page = words(seat.get(f"/console/orders/{number}").text)
    assert "Old Friend" in page
    assert "Paid in the old system." in page
    assert "Start preparing" in page


# --------------------------------------------------------------------------------------------------------------- rights


def test_who_may_not_read_prescriptions_sees_that_there_is_one_and_no_name(desk: Desk) -> None:
    number = an_order(a_customer(), {a_product("Zinc 20mg"): 1, (ref := a_product("Amlodipine 5mg")): 2})
    connection().execute("""UPDATE order_items SET "prescriptionOnly" = true WHERE "productId" = %s""", (int(ref[1:]),))

    pages = {role: words(desk.seat(role).get(f"/console/orders/{number}").text) for role in (*MOVERS, *LOOKERS)}

    for role, page in pages.items():
        reads = role in ("owner", "pharmacist", "auditor")
        assert ("Amlodipine" in page) is reads
        assert ("1 prescription medicine (2 packs" in page) is not reads
        assert "Zinc 20mg" in page


def test_a_customers_number_is_masked_for_who_only_looks(desk: Desk) -> None:
    number = an_order(a_customer(number="2348031112299"))

    pages = {role: desk.seat(role).get(f"/console/orders/{number}").text for role in (*MOVERS, *LOOKERS)}

    assert {role for role, page in pages.items() if "2348031112299" in page} == set(MOVERS)
    assert "234803•••2299" in pages["auditor"]


@pytest.mark.parametrize("role", [*MOVERS, *LOOKERS])
def test_a_role_is_offered_what_it_may_do_and_refused_the_rest(desk: Desk, role: str) -> None:
    seat, number = desk.seat(role), a_paid_order()
    page = seat.get(f"/console/orders/{number}").text

    answers = {
        act: seat.post(f"/console/orders/{number}/{act}", {"reason": "other", "again": "1"}).status_code
        for act in ("deliver", "refund", "process", "cancel")
    }
    asked = seat.get(f"/console/orders/{number}/refund?reason=other").status_code

    moves, pays = role in MOVERS, role in CLERKS
    assert (f'action="/console/orders/{number}/process"' in page, f'action="/console/orders/{number}/cancel"' in page) == (
        moves,
        moves,
    )
    assert (f'action="/console/orders/{number}/refund"' in page) is pays
    assert answers == {
        "deliver": 409 if moves else 403,
        "refund": 422 if pays else 403,
        "process": 303 if moves else 403,
        "cancel": 303 if moves else 403,
    }
    assert (asked == 403) is not pays
