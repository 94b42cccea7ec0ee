"""Who may not read prescriptions reads nothing of a customer's health in the console, at no address there is."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from models import clock, threads, vault
from models.base import connection
from models.roles import RIGHTS, ROLES
from tests.console import Desk, a_colleague
from tests.console_sheet import JPEG, a_paper, desk, two_lines, words
from tests.console_sheet import own_connection as connected
from tests.factories import a_product, an_order
from tests.talking import a_talk, ago, bot_says, bubbles, says, sends
from tests.visits_made import a_booking, a_doctor, a_test, a_visit

__all__ = ["connected", "desk"]  # fixtures
WITHOUT = sorted(set(ROLES) - RIGHTS["prescriptions.read"])
SECRET = re.compile(r"amlod\w+|metfor\w+|zylo\w+|allopur\w+|hepat\w+|pregnan\w+|\bgout\b", re.IGNORECASE)
PDF = b"%PDF-1.7 hepatitis reactive"
_ids = itertools.count(1)


@dataclass(frozen=True)
class Case:
    """A customer whose health is everywhere in the database, and what leads to them."""

    customer: int
    order: str
    paper: int
    booking: str
    visit: str
    files: tuple[str, ...]


def row(query: str, *given: Any) -> Any:
    return connection().execute(query, given).fetchone()[0]


def a_result(customer: int) -> tuple[str, str]:
    """(number of the booking, what to ask its file with): of a lab test."""
    n, number = next(_ids), a_booking(a_test("Liver panel"), ago(60), customer=customer, state="done")
    media = row(
        """INSERT INTO media ("customerId", kind, "mediaId", "mimeType", filename, purpose, "createdAt", "storedAs", "storedAt",
               "contentType")
           VALUES (%s, 'document', %s, 'application/pdf', 'hepatitis.pdf', 'lab_result', now(), %s, now(), 'application/pdf')
           RETURNING id""",
        *(customer, f"result{n}", vault.vault().put(PDF, room="labs", now=clock.utcnow())),
    )
    connection().execute(
        """UPDATE diagnostic_bookings SET notes = 'pregnant, be careful', "resultMediaRow" = %s WHERE number = %s""",
        (media, number),
    )
    event = row(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status) VALUES ('house', %s, %s, 'happened',
           '{"name": "lab_result", "data": {}}', 'done') RETURNING id""",
        *(f"lab_result:{n}", customer),
    )
    bot_says(customer, "Your result is here: liver values raised, see hepatologist", inboxId=event)
    bot_says(
        customer,
        "",
        inboxId=event,
        mediaRow=media,
        payload=Jsonb({"type": "document", "document": {"filename": "hepatitis.pdf", "caption": "Hepatitis B"}}),
    )
    return number, f"m{media}"


@pytest.fixture(scope="module")
def case(desk: Desk) -> Case:
    customer = a_talk("Please where is my order", minutes=3)
    ref = a_product("Zyloric 300 mg Tablet", sale_class="pom", generic="Allopurinol")
    paper = a_paper(*two_lines(ref), customer=customer)
    picture = sends(customer, "image", JPEG, "image/jpeg", caption="my paper for gout", purpose="prescription", minutes=50)
    pharmacist = a_colleague("pharmacist")
    decision = row(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'asked', %s, 'Ngozi', '') RETURNING id""",
        *(paper, ago(40), pharmacist.id),
    )
    connection().execute("""UPDATE prescriptions SET "pausedSeconds" = 600 WHERE id = %s""", (paper,))
    connection().execute(
        """INSERT INTO prescription_items ("prescriptionId", "decisionId", "customerId", line, "productId", quantity, "expiresAt")
           VALUES (%s, %s, %s, 0, %s, 1, now() + interval '1 day')""",
        (paper, decision, customer, int(ref[1:])),
    )
    says(customer, "Yes, pregnant, third month", minutes=39)
    bot_says(customer, "Our pharmacist asks: are you pregnant?", minutes=38.9)
    bot_says(customer, "*Your cart* 1. 1 × ZYLORIC 300 mg Tablet\n[Zyloric 300 mg T…]", minutes=20)
    says(customer, "add allopurinol", minutes=19)
    order = an_order(customer)
    connection().execute(
        """INSERT INTO order_items ("orderId", "productId", name, quantity, price, "prescriptionOnly", "createdAt", "updatedAt")
           SELECT id, %s, 'Zyloric 300 mg Tablet', 1, 9000, true, now(), now() FROM orders WHERE "orderNumber" = %s""",
        (int(ref[1:]), order),
    )
    threads.note(pharmacist, customer, "Gout, on zyloric since May", ago(2), clinical=True)
    booking, result = a_result(customer)
    visit = a_visit(a_doctor(), ago(-600), customer=customer, note="It may be gout, or hepatitis")
    return Case(customer, order, paper, booking, visit, (picture, result))


def addresses(desk: Desk, case: Case) -> list[str]:
    """Every page that can be asked for, filled with what is this customer's; and what pages ask for beside themselves."""
    found = []
    for rule in desk.console.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        for ref in case.files if "ref" in rule.arguments else ("",):
            own = {"orders": case.order, "prescriptions": case.paper, "visits": case.visit, "labs": case.booking}
            number = own.get((*rule.rule.split("/"), "", "")[2], 1)
            path = re.sub(r"<[^>]*:ref>", ref, rule.rule)
            path = re.sub(r"<int:customer>", str(case.customer), path)
            path = re.sub(r"<[^>]*number>", str(number), path)
            path = re.sub(r"<int:page>|<int:position>", "0", path)
            found.append(re.sub(r"<[^>]*>", "1", path).replace("/pages/0/1", "/pages/0/flat"))
    talk = f"/console/conversations/{case.customer}"
    return [
        *found,
        f"{talk}?before=out999999",
        f"{talk}/new?v=0",
        "/console/conversations?tab=all",
        "/console/conversations?q=Ada",
    ]


@pytest.mark.parametrize("role", WITHOUT)
def test_no_page_of_the_console_tells_the_health_of_a_customer_to_who_may_not_read_it(desk: Desk, case: Case, role: str) -> None:
    seat = desk.seat(a_colleague(role, name="Emeka Udo"))
    told = {}

    for path in addresses(desk, case):
        for headers in ({}, {"HX_Request": "true"}):
            answer = seat.get(path, **headers)
            if secrets := SECRET.findall(answer.get_data().decode("utf-8", "replace").replace(PDF.decode(), "hepatitis")):
                told[path] = secrets

    assert told == {}


def test_who_may_read_it_finds_all_of_it_in_the_conversation(desk: Desk, case: Case) -> None:
    page = desk.seat("pharmacist").get(f"/console/conversations/{case.customer}").text

    assert {each.lower() for each in SECRET.findall(page)} >= {"zyloric", "allopurinol", "hepatologist", "pregnant", "gout"}
    assert "Liver panel" in page


def test_what_is_left_out_leaves_what_support_needs(desk: Desk, case: Case) -> None:
    seat = desk.seat("support")

    shown = bubbles(seat.get(f"/console/conversations/{case.customer}").text)

    assert any("*Your cart* 1. 1 × prescription medicine" in text for by, text in shown if by == "bot")
    assert any("Please where is my order" in text for by, text in shown)
    assert sum("Something about health" in text for _, text in shown) == 6


def test_what_is_said_to_a_person_is_shown_also_while_a_question_is_open(desk: Desk) -> None:
    customer = a_talk("I need a person", minutes=30)
    paper = a_paper(customer=customer)
    connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'asked', 1, 'Ngozi', '')""",
        (paper, ago(60)),
    )
    connection().execute("UPDATE prescriptions SET state = 'asked' WHERE id = %s", (paper,))
    says(customer, "An hour ago to the bot", minutes=50)
    says(customer, "My rider is lost", minutes=1)

    page = words(desk.seat("support").get(f"/console/conversations/{customer}").text)

    assert "My rider is lost" in page
    assert "An hour ago to the bot" not in page


def test_words_to_a_bot_are_no_last_words_in_the_list_of_who_may_not_read_them(desk: Desk) -> None:
    customer = a_talk(reason="my_data", name="Musa Bello")
    says(customer, "zyloric please")

    pages = {role: desk.seat(role).get("/console/conversations?tab=all").text for role in ("support", "pharmacist")}

    assert ["zyloric please" in page for page in pages.values()] == [False, True]


def a_question(paper: int, minutes: float) -> None:
    """A pharmacist asked so long ago, and has no answer yet."""
    connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'asked', 1, 'Ngozi', '')""",
        (paper, ago(minutes)),
    )
    connection().execute("UPDATE prescriptions SET state = 'asked' WHERE id = %s", (paper,))


@pytest.mark.parametrize("bot_spoke", [False, True])
def test_what_is_told_the_bot_after_a_message_was_left_is_no_last_word_for_who_may_not_read_it(
    desk: Desk, bot_spoke: bool
) -> None:
    left, asked = (
        a_talk("The rider took my change", name=name, minutes=90, reason="message") for name in ("Left It", "Was Asked")
    )
    a_question(a_paper(customer=asked), 60)
    says(asked, "Yes I am pregnant", minutes=2)
    if bot_spoke:
        for customer in (left, asked):
            bot_says(customer, "Thank you.", minutes=1)

    pages = {role: desk.seat(role).get("/console/conversations?tab=all").text for role in ("support", "pharmacist")}

    assert ["pregnant" in page for page in pages.values()] == [False, True]
    assert all("The rider took my change" in page for page in pages.values())


def test_a_file_that_was_sent_while_a_question_was_open_is_for_those_who_asked(desk: Desk) -> None:
    customer = a_talk(minutes=10)
    a_question(a_paper(customer=customer), 60)
    asked = sends(customer, "image", JPEG, "image/jpeg", minutes=50)
    talked = sends(customer, "image", JPEG, "image/jpeg", minutes=1)

    answers = {
        role: [desk.seat(role).get(f"/console/conversations/{customer}/files/{ref}").status_code for ref in (asked, talked)]
        for role in ("support", "pharmacist")
    }

    assert answers == {"support": [403, 200], "pharmacist": [200, 200]}


@pytest.mark.parametrize(("role", "kept"), [("pharmacist", True), ("support", False)])
def test_a_note_about_health_is_for_pharmacists(desk: Desk, role: str, kept: bool) -> None:
    seat, customer = desk.seat(role), a_talk()

    seat.post(f"/console/conversations/{customer}/note", {"note": "Has gout", "clinical": "1"}, HX_Request="true")

    assert row("""SELECT clinical FROM thread_notes WHERE "customerId" = %s""", customer) is kept
    assert ('name="clinical"' in seat.get(f"/console/conversations/{customer}").text) is kept


def test_a_doctor_who_works_here_opens_no_conversation() -> None:
    assert "doctor" not in RIGHTS["threads.see"]
