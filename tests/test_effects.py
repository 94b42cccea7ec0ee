"""What flows ask and what they want done, against a real PostgreSQL: facts, effects and the outcomes that come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import psycopg
import pytest

import settings
from models import base, carts, orders
from models.base import connection
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_product, an_order, stock_of
from tests.shops import run, shop
from worker.database_facts import DatabaseFacts
from worker.effects import EFFECTS, Context, perform
from worker.facts import CustomerFacts, Facts, Pharmacy
from worker.flows.step import Effect, Happened

__all__ = ["shop"]  # a fixture


SETTINGS = settings.read(
    {"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1", "DELIVERY_FEE_KOBO": "150000"}
)
LAGOS = ZoneInfo("Africa/Lagos")


def facts_of(customer: int) -> DatabaseFacts:
    return DatabaseFacts(CustomerFacts(customer), NOW, LAGOS, Pharmacy("Drugs.ng Pharmacy"))


def do(customer: int, effect: str, /, *, inbox: int = 0, facts: DatabaseFacts | None = None, **args: Any) -> Happened | None:
    return perform(Effect(effect, args), Context(customer, inbox, NOW, SETTINGS, facts))


def said(customer: int, text: str = "my password is hunter2") -> int:
    """The inbox row of a message."""
    return int(
        run(
            """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
               VALUES ('whatsapp', gen_random_uuid(), %s, 'text', json_build_object('text', json_build_object('body', %s::text)))
               RETURNING id""",
            customer,
            text,
        )[0][0]
    )


# --------------------------------------------------------------------------------------------------- account


def test_registering_makes_a_user_nobody_can_sign_in_as() -> None:
    ada = a_customer(registered=False, number="2348031234567", bsuid="NG.1")

    assert do(ada, "register", name="  Ada   Obi ", consent_version="2026-11") == Happened("registered")

    assert run(
        """SELECT c.name, c."consentVersion", c."consentAt", u.name, u.email, u.password, u."phoneNumber", u."isActive"
           FROM customers c JOIN users u ON u.id = c."userId" WHERE c.id = %s""",
        ada,
    ) == [("Ada Obi", "2026-11", NOW, "Ada Obi", f"customer-{ada}@customers.invalid", "!", "+2348031234567", True)]


def test_registering_again_changes_the_name_and_makes_no_second_user() -> None:
    ada = a_customer(name="Ada Obi")
    (user,) = run('SELECT "userId" FROM customers WHERE id = %s', ada)[0]

    do(ada, "register", name="Ada Nwosu", consent_version="2026-12")

    assert run('SELECT name, "consentVersion", "userId" FROM customers WHERE id = %s', ada) == [("Ada Nwosu", "2026-12", user)]


def test_who_claimed_an_old_account_keeps_it_when_registering_again() -> None:
    ada = a_customer(registered=False)
    ((user,),) = run("""INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")
           VALUES ('Old Ada', 'claimed@example.com', 'x', '', now(), now()) RETURNING id""")  # fmt: skip
    run('UPDATE customers SET "userId" = %s WHERE id = %s', user, ada)

    do(ada, "register", name="Ada Obi", consent_version="1")

    assert run('SELECT name, "userId" FROM customers WHERE id = %s', ada) == [("Ada Obi", user)]
    assert run("SELECT 1 FROM users WHERE email = %s", f"customer-{ada}@customers.invalid") == []


def test_who_has_no_number_registers_all_the_same() -> None:
    ada, bola = (a_customer(number=None, bsuid=f"NG.{n}") for n in (11, 12))

    assert run(
        'SELECT DISTINCT u."phoneNumber" FROM users u JOIN customers c ON c."userId" = u.id WHERE c.id IN (%s, %s)', ada, bola
    ) == [("",)]


def test_an_account_of_the_old_system_is_not_taken_over_by_its_phone_number() -> None:
    run("""INSERT INTO users (name, email, password, "phoneNumber", "createdAt", "updatedAt")
           VALUES ('Old Ada', 'ada@example.com', 'x', '+2348099999999', now(), now())""")  # fmt: skip

    ada = a_customer(number="2348099999999")

    assert run('SELECT u.email FROM users u JOIN customers c ON c."userId" = u.id WHERE c.id = %s', ada) == [
        (f"customer-{ada}@customers.invalid",)
    ]


@pytest.mark.parametrize("name", ["", "   ", "a\x00b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    refused = do(a_customer(registered=False), "register", name=name, consent_version="1")

    assert refused == Happened("register_refused", {"code": "bad_name"})


def test_stop_and_resume_are_remembered() -> None:
    ada = a_customer()

    assert do(ada, "stop_messages") is None
    assert run('SELECT "marketingStoppedAt" FROM customers WHERE id = %s', ada) == [(NOW,)]
    assert do(ada, "resume_messages") is None
    assert run('SELECT "marketingStoppedAt" FROM customers WHERE id = %s', ada) == [(None,)]


# --------------------------------------------------------------------------------------------------- cart and order


def test_the_cart_tells_what_came_of_each_change() -> None:
    ada, ref = a_customer(), a_product("Zinc", price="100.50", stock=8)

    assert do(ada, "add_to_cart", ref=ref, quantity=2) == Happened(
        "added_to_cart", {"ref": ref, "name": "Zinc", "quantity": 2, "line_total_kobo": 20_100, "count": 1}
    )
    assert do(ada, "set_cart_quantity", ref=ref, quantity=3) == Happened(
        "cart_changed", {"ref": ref, "name": "Zinc", "quantity": 3}
    )
    assert do(ada, "set_cart_quantity", ref=ref, quantity=9) == Happened(
        "cart_refused", {"code": "less_stock", "ref": ref, "name": "Zinc", "available": 8}
    )
    assert do(ada, "remove_from_cart", ref=ref) == Happened("removed_from_cart", {"ref": ref, "name": "Zinc"})
    assert do(ada, "remove_from_cart", ref=ref) == Happened("cart_refused", {"code": "not_in_cart", "ref": ref})
    assert do(ada, "clear_cart") == Happened("cart_cleared", {"count": 0})


def an_order_effect(**changes: Any) -> Effect:
    return Effect("place_order", {"delivery": "delivery", "address": "12 Allen Avenue", "payment": "cash", "key": "k", **changes})


def test_an_order_is_placed_once_and_cancelled_once() -> None:
    ada, ref, rx = a_customer(), a_product("Zinc", price="100"), a_product("Insulin", sale_class="pom")
    for each in (ref, rx):
        do(ada, "add_to_cart", ref=each, quantity=1)
    context = Context(ada, 0, NOW, SETTINGS)

    placed = perform(an_order_effect(latitude=6.6, longitude=3.3), context)

    assert placed is not None
    number = placed.data["number"]
    assert placed == Happened(
        "order_placed",
        {"number": number, "total_kobo": 160_000, "delivery_fee_kobo": 150_000, "payment": "cash", "waiting": ["Insulin"]},
    )
    assert perform(an_order_effect(latitude=6.6, longitude=3.3), context) == placed
    assert do(ada, "cancel_order", number=number) == Happened("order_cancelled", {"number": number})
    assert do(ada, "cancel_order", number=number) == Happened("order_refused", {"code": "already", "number": number})
    assert do(a_customer(), "cancel_order", number=number) == Happened("order_refused", {"code": "unknown"})


@pytest.mark.parametrize(
    ("changes", "data"),
    [
        ({"address": "x"}, {"code": "bad_address"}),
        ({"expected_total_kobo": 1}, {"code": "price_changed", "total_kobo": 160_000}),
    ],
)
def test_an_order_that_is_refused_says_why(changes: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    ada = a_customer()
    do(ada, "add_to_cart", ref=a_product(price="100"), quantity=1)

    assert perform(an_order_effect(**changes), Context(ada, 0, NOW, SETTINGS)) == Happened("order_refused", data)


def test_a_refused_effect_leaves_the_turn_and_what_went_before_it_whole() -> None:
    ada, good, bad = a_customer(), a_product("Good"), a_product("Bad", stock=0)

    with base.db.atomic():
        do(ada, "add_to_cart", ref=good, quantity=1)
        assert do(ada, "add_to_cart", ref=bad, quantity=1) is not None
        assert do(ada, "place_order", delivery="delivery", address="", payment="cash", key="k") is not None
        do(ada, "add_to_cart", ref=good, quantity=1)

    assert [(line.product.ref, line.quantity) for line in carts.of(ada).lines] == [(good, 2)]


def test_a_turn_that_breaks_undoes_all_its_effects() -> None:
    ada, ref = a_customer(), a_product(stock=5)
    do(ada, "add_to_cart", ref=ref, quantity=2)

    def turn() -> None:
        with base.db.atomic():
            perform(an_order_effect(), Context(ada, 0, NOW, SETTINGS))
            assert stock_of(ref) == 3
            raise LookupError("a bug of the flow")

    with pytest.raises(LookupError):
        turn()

    assert (stock_of(ref), len(carts.of(ada).lines), orders.of(ada).total) == (5, 1, 0)


# --------------------------------------------------------------------------------------------------- people, files, time


def test_a_person_is_asked_for_and_left() -> None:
    ada = a_customer()

    assert do(ada, "hand_over", reason="asked") == Happened("handed_over")
    assert run("""SELECT reason, "closedAt" FROM handovers WHERE "customerId" = %s""", ada) == [("asked", None)]
    left = do(ada, "leave_agent")
    assert left is not None and (left.name, left.data["rate"]) == ("left_agent", False)
    assert run("""SELECT "closedAt" FROM handovers WHERE "customerId" = %s""", ada) == [(NOW,)]


def test_a_file_is_kept_once_with_what_it_is_for() -> None:
    ada = a_customer()
    inbox = said(ada)
    args = {"kind": "image", "media_id": "M1", "mime_type": "image/jpeg", "caption": "rx 12345", "filename": "", "sha256": "s"}

    for _ in range(2):
        assert do(ada, "keep_media", inbox=inbox, **args, purpose="prescription", order_number="12345") == Happened("media_kept")

    assert run("""SELECT "mediaId", "inboxId", purpose, "orderNumber" FROM media WHERE "customerId" = %s""", ada) == [
        ("M1", inbox, "prescription", "12345")
    ]


def test_a_password_typed_by_habit_is_gone_from_what_is_stored() -> None:
    ada = a_customer()
    inbox = said(ada, "my password is hunter2")

    assert do(ada, "forget_text", inbox=inbox) is None

    assert "hunter2" not in str(run("SELECT payload::text FROM inbox WHERE id = %s", inbox))


def test_a_timer_is_started_and_stopped() -> None:
    ada = a_customer()

    assert do(ada, "start_timer", kind="remind", minutes=15) is None
    assert run("""SELECT "fireAt" FROM timers WHERE "customerId" = %s""", ada) == [(NOW + timedelta(minutes=15),)]
    assert do(ada, "stop_timer", kind="remind") is None
    assert run("""SELECT 1 FROM timers WHERE "customerId" = %s""", ada) == []


def test_an_effect_nobody_knows_is_a_bug_and_not_silence() -> None:
    with pytest.raises(KeyError):
        do(a_customer(), "sell_the_shop")


def test_a_refusal_where_the_contract_has_none_travels_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused("no")

    # No verb behind these effects refuses today; one that begins to must not be swallowed.
    monkeypatch.setattr("worker.effects.people.support.hand_over", refuse)

    with pytest.raises(Refused):
        do(a_customer(), "hand_over", reason="asked")


def test_every_effect_of_the_contract_is_there() -> None:
    assert sorted(EFFECTS) == [
        "add_rating_words",
        "add_to_cart",
        "announce_answer",
        "answer_prescription",
        "ask_erasure",
        "await_answer",
        "book_test",
        "book_visit",
        "cancel_order",
        "cancel_visit",
        "check_payment",
        "clear_cart",
        "end_silence",
        "end_timer",
        "forget_text",
        "hand_over",
        "keep_media",
        "keep_my_data",
        "leave_agent",
        "link_my_data",
        "move_visit",
        "order_again",
        "place_order",
        "rate_thread",
        "receive_prescription",
        "register",
        "remind_refill",
        "remove_from_cart",
        "rename",
        "resume_messages",
        "set_cart_quantity",
        "start_payment",
        "start_timer",
        "stop_messages",
        "stop_refills",
        "stop_timer",
        "switch_payment",
        "withdraw_prescription",
    ]


# --------------------------------------------------------------------------------------------------- facts


class Counting(psycopg.Cursor):  # type: ignore[type-arg]
    """A cursor that counts what it is asked."""

    asked: ClassVar[list[str]] = []

    def execute(self, query, params=None, **more):  # type: ignore[no-untyped-def]
        self.asked.append(str(query))
        return super().execute(query, params, **more)


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The statements since, as they go to PostgreSQL."""
    conn = connection()
    conn.cursor_factory, plain = Counting, conn.cursor_factory
    Counting.asked.clear()
    yield Counting.asked
    conn.cursor_factory = plain


def test_each_question_is_one_statement_and_asked_once_a_turn(asked: list[str]) -> None:
    ada, ref = a_customer(), a_product("Coartem 20/120", generic="artemether; lumefantrine")
    number = an_order(ada, {a_product(): 1})
    facts = facts_of(ada)
    facts.search("coartem")  # the first search of a process also learns the shop's words
    questions = [
        facts.cart,
        lambda: facts.orders(limit=3),
        lambda: facts.order(number),
        lambda: facts.product(ref),
        lambda: facts.equivalents(ref),
        lambda: facts.browse("health"),
        lambda: facts.search("coartem tablet"),
    ]

    for question in questions:
        asked.clear()
        assert question() == question()
        assert len(asked) == 1


def test_facts_answer_what_the_flow_is_told() -> None:
    ada, ref, device = a_customer(), a_product("Zinc 20mg", price="100"), a_product("Thermometer X", kind="health")
    number = an_order(ada, {ref: 2})
    carts.add(ada, device, 1, now=NOW)
    facts: Facts = facts_of(ada)

    assert (facts.now, facts.zone, facts.customer.id, facts.pharmacy.name) == (NOW, LAGOS, ada, "Drugs.ng Pharmacy")
    assert [line.product.ref for line in facts.cart().lines] == [device]
    assert [order.number for order in facts.orders().orders] == [number]
    found = facts.order(number)
    assert found is not None
    assert found.total == Money(170_000)
    assert facts.order("1") is None
    product = facts.product(ref)
    assert product is not None
    assert product.name == "Zinc 20mg"
    assert facts.product("m999999") is None
    assert device in {p.ref for p in facts.browse("health", limit=50).products}
    assert facts.search("zinc 20mg").products[0].ref == ref


def test_a_flow_sees_what_it_has_just_changed() -> None:
    ada, ref = a_customer(), a_product()
    facts = facts_of(ada)
    assert facts.cart().empty

    do(ada, "add_to_cart", facts=facts, ref=ref, quantity=2)
    assert facts.cart().lines[0].quantity == 2

    do(ada, "register", facts=facts, name="Ada", consent_version="1")
    do(ada, "hand_over", facts=facts, reason="asked")
    do(ada, "stop_messages", facts=facts)
    assert facts.customer == CustomerFacts(ada, name="Ada", registered=True, marketing_stopped=True, with_agent=True)
