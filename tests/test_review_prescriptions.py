"""What a hostile reading of prescriptions found: papers, approvals and news that went astray, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from local.rehearsal import Play
from local.rehearsal.play import Turned
from local.rehearsal.prescriptions import Paper
from models import base, carts, checkout, customers, prescriptions, vault
from models.base import connection
from models.checkout import Wish
from models.prescriptions import Decided, Shown, receiving
from models.prescriptions.approvals import Allowed, allow
from models.readings import Item
from models.values import Refused
from tests.factories import FEE, KEY, NOW, a_cart, a_customer, a_prescription, a_product, a_reading, an_item, an_order, order_id
from tests.prescription_peers import an_inbox_row
from tests.servers import Databases
from tests.test_flows import a_customer as a_talk
from tests.test_flows import body, ids, say, tap
from web import front
from worker.flows.step import Happened

AMLODIPINE = an_item()
AMOXICILLIN = an_item("Cap Amoxicillin 500mg tds x 7", name="Amoxicillin", strength="500mg", form="capsule")


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    """One database for the module: every test brings its own customers and products."""
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://review", (KEY,))
        yield
        base.drop_connection()


def state_of(prescription: int) -> str:
    return connection().execute("SELECT state FROM prescriptions WHERE id = %s", (prescription,)).fetchone()[0]


def another_picture(customer: int, instead_of: int, media_id: str = "second") -> int:
    """A picture that came in place of a worse one."""
    received = prescriptions.receive(
        customer, an_inbox_row(customer), kind="image", media_id=media_id, replaces=instead_of, now=NOW
    )
    assert received is not None
    return received


def read_as(prescription: int, *items: Item) -> None:
    work = receiving.begin(prescription, 30)
    assert work is not None
    assert receiving.finish(work, a_reading(*items), [], [], written_on=None, same_within_bits=6)


def approved(customer: int, ref: str, quantity: int) -> None:
    """A pharmacist's yes, and with it a line in the cart."""
    prescription = a_prescription(customer, state="approved")
    decision = connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'approved', 1, 'Bola', '') RETURNING id""",
        (prescription, NOW),
    )
    later = NOW.replace(year=NOW.year + 1)
    allow(decision.fetchone()[0], prescription, customer, [Allowed(0, ref, quantity)], expires_at=later, now=NOW)


# -------------------------------------------------------------------------------------------- a picture in place of another


def test_a_paper_that_was_read_waits_again_when_the_picture_in_its_place_shows_another_paper() -> None:
    ada = a_customer()
    first_page = a_prescription(ada, a_reading(AMLODIPINE))

    second_page = another_picture(ada, first_page)
    read_as(second_page, AMOXICILLIN)

    assert (state_of(first_page), state_of(second_page)) == ("waiting", "waiting")


def test_a_paper_that_was_read_stays_replaced_by_a_better_picture_of_it() -> None:
    ada = a_customer()
    blurred = a_prescription(ada, a_reading(AMLODIPINE))

    read_as(another_picture(ada, blurred), AMLODIPINE, AMOXICILLIN)

    assert state_of(blurred) == "replaced"


def test_a_paper_that_was_read_waits_again_when_nothing_can_be_read_of_the_picture_in_its_place() -> None:
    ada = a_customer()
    blurred = a_prescription(ada, a_reading(AMLODIPINE))

    work = receiving.begin(another_picture(ada, blurred), 30)
    assert work is not None
    receiving.fail(work, "not_a_picture")

    assert state_of(blurred) == "waiting"


def test_a_paper_waits_again_when_the_customer_takes_back_the_picture_in_its_place() -> None:
    ada = a_customer()
    paper = a_prescription(ada, a_reading(AMLODIPINE), state="asked", pausedAt=NOW)
    wrong_one = another_picture(ada, paper)

    prescriptions.withdraw(ada, wrong_one, NOW)

    found = connection().execute('SELECT state, "replacedBy", "pausedAt" FROM prescriptions WHERE id = %s', (paper,))
    assert found.fetchone() == ("waiting", None, None)


def test_taking_back_a_picture_brings_back_nobody_elses_paper() -> None:
    ada, bola = a_customer(), a_customer()
    mine, theirs = a_prescription(ada, a_reading(AMLODIPINE)), a_prescription(bola, a_reading(AMLODIPINE))
    wrong_one = another_picture(ada, mine)
    connection().execute("""UPDATE prescriptions SET state = 'replaced', "replacedBy" = %s WHERE id = %s""", (wrong_one, theirs))

    prescriptions.withdraw(ada, wrong_one, NOW)

    assert (state_of(mine), state_of(theirs)) == ("waiting", "replaced")


# ------------------------------------------------------------------------------------------------------- orders and merges


def test_a_prescription_for_an_order_of_the_old_system_belongs_to_it() -> None:
    ada = a_customer()
    number = an_order(ada)
    connection().execute("""UPDATE orders SET "customerId" = NULL WHERE id = %s""", (order_id(number),))

    received = prescriptions.receive(ada, an_inbox_row(ada), kind="image", media_id="old", order_number=number, now=NOW)

    found = prescriptions.shown(ada, received or 0)
    assert found is not None
    assert found.order_number == number


def test_approved_lines_are_in_the_cart_after_a_merge_with_somebody_who_has_one() -> None:
    ref, vitamins = a_product("Amoxicillin", sale_class="pom"), a_product()
    before, after = a_customer(), a_cart({vitamins: 1})
    approved(before, ref, 2)

    customers.merge(connection(), source=before, target=after)

    assert [(x.product.ref, x.quantity, x.problem) for x in carts.of(after, now=NOW).lines] == [(vitamins, 1, ""), (ref, 2, "")]


def test_a_merge_fills_a_cart_only_as_far_as_carts_go() -> None:
    before, after = a_customer(), a_cart({a_product(f"Soap {n}"): 1 for n in range(carts.MOST_LINES - 1)})
    for name in ("Amoxicillin", "Amlodipine"):
        approved(before, a_product(name, sale_class="pom"), 1)

    customers.merge(connection(), source=before, target=after)

    held = connection().execute("""SELECT count(*) FROM cart_lines WHERE "customerId" = %s""", (after,)).fetchone()
    assert held == (carts.MOST_LINES,)


# ------------------------------------------------------------------------------------------------------- controlled drugs


def _later(do: object) -> tuple[threading.Thread, list[object]]:
    """Begun on a connection of its own; what it gave or raised."""
    given: list[object] = []

    def run() -> None:
        try:
            given.append(do())  # type: ignore[operator]
        except Exception as e:  # noqa: BLE001 - the test looks at what was raised
            given.append(e)
        base.drop_connection()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, given


def _until_somebody_waits_for_a_lock() -> None:
    for _ in range(400):
        if connection().execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waited")


@pytest.mark.parametrize("change", ["control = 'controlled'", '"isActive" = false', "\"saleClass\" = 'pom'"])
def test_what_becomes_unsaleable_while_a_checkout_waits_for_it_is_not_sold(change: str) -> None:
    ref = a_product("Cough linctus")
    ada = a_cart({ref: 1})
    wish = Wish("pickup", "cash", f"race-{change}")

    with connection().transaction():
        connection().execute(f"UPDATE products SET {change} WHERE id = %s", (int(ref[1:]),))
        thread, given = _later(lambda: checkout.place(ada, wish, delivery_fee=FEE, now=NOW))
        _until_somebody_waits_for_a_lock()
    thread.join(30)

    assert isinstance(given[0], Refused), given


# ------------------------------------------------------------------------------------------------------------- the door


def a_scope(path: str = "/webhook", **headers: str) -> SimpleNamespace:
    """A request as the web server gives it; `__` in a header's name stands for a dash."""
    return SimpleNamespace(
        path=path,
        proto="http",
        method="GET",
        scheme="http",
        query_string="",
        server="127.0.0.1:8000",
        client="10.0.0.1:4000",
        headers={name.replace("__", "-"): value for name, value in headers.items()},
    )


def test_a_header_with_an_underscore_does_not_pass_for_one_that_our_proxy_wrote() -> None:
    scope = a_scope(x__forwarded__for="198.51.100.7", x_forwarded_for="203.0.113.9")

    environ = front._environ(scope, b"")

    assert environ["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"


@pytest.mark.parametrize(("path", "threads"), [("/%63onsole/login", "console"), ("/console", "console"), ("/webhook", "web")])
def test_the_console_keeps_to_its_own_threads_however_its_address_is_written(path: str, threads: str) -> None:
    names: list[str] = []

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        names.append(threading.current_thread().name)
        start("200 OK", [])
        return [b""]

    asyncio.run(front.Front(application, 1).__rsgi__(a_scope(path), SimpleNamespace(response_bytes=lambda *_: None)))  # type: ignore[arg-type]

    assert names[0].startswith(threads)


# ------------------------------------------------------------------------------------------------- two questions at a time


def asked_about(play: Play, question: str) -> Turned:
    """A pharmacist asks about one more prescription of this customer."""
    number = len(play.shop.papers) + 1
    play.shop.papers.append(Paper(Shown(number, "asked", play.shop.now), Decided("asked", "", "", question, "Bola Ade")))
    return play.send(Happened("prescription_question", {"prescription_id": number, "decision_id": number}))


def test_a_second_question_does_not_take_the_answer_to_the_first() -> None:
    play = a_talk()
    asked_about(play, "age")
    second = asked_about(play, "pregnant")

    say(play, "34")

    assert [paper.said for paper in play.shop.papers] == [["34"], []]
    assert "rxask:2" in ids(second)


def test_a_question_about_another_paper_does_not_take_what_is_said_to_be_wrong_with_the_first() -> None:
    play = a_talk()
    play.shop.papers.append(Paper(Shown(1, "waiting", play.shop.now)))
    tap(play, "rxbad:1")
    asked_about(play, "age")

    say(play, "it is amoxicillin, not ampicillin")

    assert play.shop.papers[0].said == ["it is amoxicillin, not ampicillin"]


def test_a_second_question_about_the_same_paper_takes_the_place_of_the_first() -> None:
    play = a_talk()
    asked_about(play, "age")
    play.shop.papers[0].decided = Decided("asked", "", "", "pregnant", "Bola Ade")

    again = play.send(Happened("prescription_question", {"prescription_id": 1, "decision_id": 2}))

    assert "rxask:1" not in ids(again)
    assert "type your answer" in body(again).lower()
