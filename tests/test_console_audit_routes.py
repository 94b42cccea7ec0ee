"""Nothing is done and nothing clinical is seen in the console without a row of the audit: every address there is, one by one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import staff as people
from models import threads
from models.base import connection
from models.visits import agenda, results
from models.visits import desk as desk_verbs
from tests.console import (
    PASSWORD,
    Desk,
    Seat,
    a_colleague,
    cheap_hashes,  # noqa: F401 - a fixture
    form,
)
from tests.console_sheet import JPEG, a_paper, desk, opened, own_connection, two_lines
from tests.factories import a_product
from tests.fulfilling import an_order_in
from tests.talking import a_talk, sends
from tests.test_console_money import a_short_payment
from tests.visits_made import a_booking, a_doctor, a_pdf, a_test, a_visit, minutes_ago

__all__ = ["desk", "own_connection"]  # fixtures

NUMBER = "<string(maxlength=20):number>"
# What is no act and shows nobody's health, and so leaves no row; and why.
NOT_RECORDED = {
    "GET ": "figures",
    "GET /figures": "figures",
    "GET /login": "nobody is signed in yet",
    "GET /account/again": "a form",
    "GET /account/password": "own sessions",
    "GET /orders": "who, how much and how far; no medicine",
    "GET /money": "amounts and kinds of trouble",
    "GET /prescriptions": "who waits since when; nothing clinical",
    "GET /prescriptions/old": "who and when; nothing clinical",
    "GET /prescriptions/<int:number>/products": "the catalogue",
    "GET /prescriptions/<int:number>/rows/<int:position>": "an empty row",
    "GET /conversations": "who waits since when, and last words that are not about prescriptions",
    "GET /conversations/<int:customer>/new": "what came meanwhile into a page that is on record",
    "GET /conversations/<int:customer>/older": "more of a page that is on record",
    "GET /conversations/ready": "answers kept ready",
    "GET /visits": "who comes when; nothing clinical",
    "GET /visits/week": "the same",
    "GET /visits/closed": "the same",
    "GET /visits/doctors": "doctors",
    "GET /visits/doctors/<int:doctor>": "when a doctor works",
    "GET /visits/holidays": "public holidays",
    f"GET /visits/{NUMBER}/move": "free times, of a visit that is on record",
    "GET /labs": "who comes when",
    "GET /labs/week": "the same",
    "GET /labs/due": "whose result is to come",
    f"GET /labs/{NUMBER}/move": "free times, of a booking that is on record",
    "GET /staff": "colleagues",
    "GET /staff/new": "a form",
    "GET /staff/<int:number>": "a colleague",
    "GET /audit": "the record itself; that it is taken away is on record",
    "GET /static/<path:filename>": "our own files",
}


@dataclass(frozen=True)
class Try:
    """Someone at an address: what leads there, what is sent, and the act that must then be on record."""

    act: str
    role: str = "pharmacist"
    subject: Callable[[Seat], Any] = lambda seat: ""
    sent: dict[str, str] | Callable[[Seat, Any], dict[str, str]] = field(default_factory=dict)
    query: str = ""


def paper(seat: Seat) -> int:
    """One that waits, with a line for a product we have and one that nobody can read."""
    ref = a_product("Amlodipine 5mg", sale_class="pom", generic="Amlodipine")
    connection().execute("UPDATE products SET pack = '2 x 14', form = 'Tablet' WHERE id = %s", (ref[1:],))
    return a_paper(*two_lines(ref))


def approved_paper(seat: Seat) -> int:
    number = paper(seat)
    assert seat.post(f"/console/prescriptions/{number}/approve", opened(seat, number)).status_code == 303
    return number


def sheet(**more: str) -> Callable[[Seat, int], dict[str, str]]:
    return lambda seat, number: opened(seat, number) | more


def order_in(state: str) -> Callable[[Seat], str]:
    return lambda seat: an_order_in(state, "paystack")


def give_back(seat: Seat, number: str) -> dict[str, str]:
    action = f"/console/orders/{number}/refund"
    page = seat.get(f"{action}?part=1&amount=100&reason=goodwill").text
    return form(page, action) | {"again": "100"}


def task(seat: Seat) -> int:
    return a_short_payment(123_400)[0]


def give_task_back(seat: Seat, number: int) -> dict[str, str]:
    return form(seat.get(f"/console/money/{number}").text, f"/console/money/{number}/give-back") | {"again": "1234"}


def talk(seat: Seat) -> int:
    return a_talk()


def own_talk(seat: Seat) -> int:
    customer = a_talk()
    threads.take(seat.staff, customer, datetime.now(UTC))
    return customer


def with_picture(seat: Seat) -> str:
    customer = a_talk()
    return f"{customer}/files/{sends(customer, 'image', JPEG, 'image/jpeg')}"


def with_support(seat: Seat) -> dict[str, str]:
    return {"to": str(a_colleague("support").id)}


def ready(seat: Seat) -> int:
    return threads.save_canned(seat.staff, "/gone", "Goodbye", datetime.now(UTC)).id


def colleague(seat: Seat) -> int:
    return a_colleague("support").id


def own_address(seat: Seat, _: Any) -> dict[str, str]:
    return {"email": seat.staff.email, "password": PASSWORD}


PAPER, PICTURE = "/prescriptions/<int:number>", "/prescriptions/<int:number>/pages/<int:page>/<kind>"


def visit(state: str = "booked", minutes: int = 20) -> Callable[[Seat], str]:
    return lambda seat: a_visit(a_doctor(), minutes_ago(minutes), state=state)


def booking(state: str = "booked", minutes: int = 20) -> Callable[[Seat], str]:
    return lambda seat: a_booking(a_test(), minutes_ago(minutes), state=state)


def marked(seat: Seat, kind: str, number: str) -> str:
    desk_verbs.mark(kind, number, "done", by=seat.staff.id, zone="Africa/Lagos", now=datetime.now(UTC))
    return number


def free_time(seat: Seat, number: str) -> dict[str, str]:
    roof = "visits" if number.startswith("9") else "labs"
    page = seat.get(f"/console/{roof}/{number}/move").text
    return {"starts": re.search(r'name="starts" value="([^"]+)"', page)[1]}


def with_result(seat: Seat) -> str:
    number = booking("done")(seat)
    results.add(seat.staff, number, a_pdf(), "key-of-this-test", zone="Africa/Lagos", now=datetime.now(UTC))
    return number


def pdf(seat: Seat, number: str) -> dict[str, Any]:
    return {"key": "key-of-this-page", "file": (io.BytesIO(a_pdf()), "result.pdf")}


def absent(seat: Seat) -> str:
    made, day = a_doctor(), datetime.now(UTC).date() + timedelta(days=3)
    row = agenda.take_off(made, day, day, "", by=seat.staff, now=datetime.now(UTC)).id
    return f"{made}/days-off/{row}"


def blocked(seat: Seat) -> str:
    made, at = a_doctor(), datetime.now(UTC) + timedelta(days=3)
    row = agenda.block(made, at, at + timedelta(hours=1), "", by=seat.staff, now=datetime.now(UTC)).id
    return f"{made}/blocks/{row}"


def holiday(seat: Seat) -> str:
    day = datetime.now(UTC).date() + timedelta(days=40)
    agenda.announce(day, "Day of the test", by=seat.staff, now=datetime.now(UTC))
    return day.isoformat()


DAY = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
TRIES = {
    "POST /login": Try("signed_in", sent=own_address),
    "POST /logout": Try("signed_out"),
    "POST /account/password": Try(
        "password_changed", sent={"old": PASSWORD, "new": "green mangoes fall", "again": "green mangoes fall"}
    ),
    "POST /account/elsewhere": Try("signed_out_everywhere"),
    "POST /account/again": Try("password_confirmed", sent={"password": PASSWORD}),
    f"GET {PAPER}": Try("prescription.seen", subject=paper),
    f"GET {PICTURE}": Try("prescription.picture", "auditor", paper),
    f"GET {PAPER}/original": Try("prescription.original", "auditor", paper),
    f"GET {PAPER}/beside/<int:other>": Try("prescription.seen", "auditor", paper),
    f"GET {PAPER}/labels": Try("prescription.labels", subject=approved_paper),
    f"GET {PAPER}/rows/<int:position>/product": Try("prescription.seen", subject=paper, query="?line=0&ref=m1"),
    "POST /prescriptions/next": Try("prescription.claimed", subject=paper),
    f"POST {PAPER}/claim": Try("prescription.claimed", subject=paper),
    f"POST {PAPER}/release": Try("prescription.released", subject=paper, sent=sheet()),
    f"POST {PAPER}/draft": Try("prescription.drafted", subject=paper, sent=sheet()),
    f"POST {PAPER}/again": Try("prescription.seen", subject=paper, sent=sheet()),
    f"POST {PAPER}/approve": Try("prescription.approved", subject=paper, sent=sheet()),
    f"POST {PAPER}/reject": Try("prescription.rejected", subject=paper, sent=sheet(**{"reject-reason": "too_old"})),
    f"POST {PAPER}/ask": Try("prescription.asked", subject=paper, sent=sheet(**{"ask-question": "age"})),
    f"POST {PAPER}/pass-on": Try("prescription.passed_on", subject=paper, sent=sheet(**{"pass-remark": "Please look"})),
    f"GET /orders/{NUMBER}": Try("order.seen", subject=order_in("paid")),
    f"GET /orders/{NUMBER}/refund": Try("order.seen", "admin", order_in("paid"), query="?part=&reason=goodwill"),
    f"POST /orders/{NUMBER}/process": Try("order.process", subject=order_in("paid")),
    f"POST /orders/{NUMBER}/ship": Try(
        "order.ship", subject=order_in("paid"), sent={"rider": "Sani Musa", "phone": "08031234567"}
    ),
    f"POST /orders/{NUMBER}/deliver": Try("order.deliver", subject=order_in("shipped")),
    f"POST /orders/{NUMBER}/cancel": Try("order.cancel", subject=order_in("paid"), sent={"reason": "out_of_stock"}),
    f"POST /orders/{NUMBER}/refund": Try("order.refund", "admin", order_in("paid"), give_back),
    "GET /money/<int:task>": Try("money.task_seen", "auditor", task),
    "POST /money/<int:task>/close": Try("money.closed", "admin", task, {"outcome": "no_loss", "note": "Paid in cash"}),
    "POST /money/<int:task>/give-back": Try("money.given_back", "admin", task, give_task_back),
    "POST /staff/new": Try(
        "staff_added", "owner", sent={"name": "Ada Obi", "email": "ada@x.example", "role": "support", "licence": ""}
    ),
    "POST /staff/<int:number>/role": Try("staff_role_changed", "owner", colleague, {"role": "admin", "licence": ""}),
    "POST /staff/<int:number>/password": Try("staff_password_renewed", "owner", colleague),
    "POST /staff/<int:number>/end": Try("staff_deactivated", "owner", colleague),
    "GET /conversations/<int:customer>": Try("thread_seen", "support", talk),
    "GET /conversations/<int:customer>/files/<string(maxlength=80):ref>": Try("thread_file_seen", "support", with_picture),
    "POST /conversations/<int:customer>/take": Try("thread_taken", "support", talk),
    "POST /conversations/<int:customer>/reply": Try("thread_answered", "support", talk, {"text": "Good day", "key": "abcdefgh"}),
    "POST /conversations/<int:customer>/note": Try("thread_noted", "support", talk, {"note": "Calls at four"}),
    "POST /conversations/<int:customer>/pass-on": Try(
        "thread_passed_on", "support", own_talk, lambda seat, _: with_support(seat)
    ),
    "POST /conversations/<int:customer>/give-back": Try("thread_given_back", "support", own_talk),
    "POST /conversations/ready": Try("canned_answer_saved", "support", sent={"shortcut": "/hours", "text": "8 to 8"}),
    "POST /conversations/ready/<int:number>/remove": Try("canned_answer_removed", "support", ready),
    "GET /visits/print": Try("visits.printed", "support"),
    f"GET /visits/{NUMBER}": Try("visit.seen", "support", visit()),
    f"POST /visits/{NUMBER}/done": Try("visit.done", "support", visit()),
    f"POST /visits/{NUMBER}/no-show": Try("visit.no_show", "support", visit()),
    f"POST /visits/{NUMBER}/undo": Try("visit.undo", "support", lambda seat: marked(seat, "doctor", visit()(seat))),
    f"POST /visits/{NUMBER}/cancel": Try("visit.cancel", "support", visit(minutes=-3000), {"reason": "other"}),
    f"POST /visits/{NUMBER}/move": Try("visit.move", "support", visit(minutes=-3000), free_time),
    "POST /visits/doctors/<int:doctor>/hours": Try("doctor_hours_set", "admin", lambda seat: a_doctor(), {"day0": "09:00-12:00"}),
    "POST /visits/doctors/<int:doctor>/slots": Try("doctor_slots_set", "admin", lambda seat: a_doctor(), {"minutes": "20"}),
    "POST /visits/doctors/<int:doctor>/days-off": Try("doctor_taken_off", "admin", lambda seat: a_doctor(), {"first": DAY}),
    "POST /visits/doctors/<int:doctor>/days-off/<int:row>/remove": Try("doctor_came_back", "admin", absent),
    "POST /visits/doctors/<int:doctor>/blocks": Try(
        "doctor_blocked", "admin", lambda seat: a_doctor(), {"day": DAY, "from": "09:00", "until": "10:00"}
    ),
    "POST /visits/doctors/<int:doctor>/blocks/<int:row>/remove": Try("doctor_unblocked", "admin", blocked),
    "POST /visits/holidays": Try("holiday_announced", "admin", sent={"day": DAY, "name": "Day of the test"}),
    "POST /visits/holidays/<string(maxlength=10):day>/remove": Try("holiday_withdrawn", "admin", holiday),
    f"GET /labs/{NUMBER}": Try("lab.seen", "support", booking()),
    f"POST /labs/{NUMBER}/done": Try("lab.done", "support", booking()),
    f"POST /labs/{NUMBER}/no-show": Try("lab.no_show", "support", booking()),
    f"POST /labs/{NUMBER}/undo": Try("lab.undo", "support", lambda seat: marked(seat, "test", booking()(seat))),
    f"POST /labs/{NUMBER}/cancel": Try("lab.cancel", "support", booking(minutes=-3000), {"reason": "other"}),
    f"POST /labs/{NUMBER}/move": Try("lab.move", "support", booking(minutes=-3000), free_time),
    f"POST /labs/{NUMBER}/result": Try("lab.result_added", subject=booking("done"), sent=pdf),
    f"GET /labs/{NUMBER}/result": Try("lab.result_seen", subject=with_result),
    "GET /audit/file": Try("audit.exported", "auditor"),
}


def addresses(desk: Desk) -> set[str]:
    """Every method at every rule of the console, as the tables above write them."""
    rules = desk.console.url_map.iter_rules()
    return {f"{method} {rule.rule.removeprefix('/console')}" for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}


def filled(key: str, subject: Any) -> str:
    path = key.partition(" ")[2]
    path = path.replace("<int:customer>/files/<string(maxlength=80):ref>", str(subject))
    for rule in ("<int:doctor>/days-off/<int:row>", "<int:doctor>/blocks/<int:row>"):
        path = path.replace(rule, str(subject))
    path = path.replace("<string(maxlength=10):day>", str(subject)).replace("<int:doctor>", str(subject))
    for name in ("<int:customer>", NUMBER, "<int:number>", "<int:task>", "<int:other>"):
        path = path.replace(name, str(subject))
    return "/console" + path.replace("<int:page>", "0").replace("<kind>", "flat").replace("<int:position>", "0")


def rows_of(seat: Seat, since: int) -> list[str]:
    query = """SELECT act FROM audit WHERE id > %s AND "staffId" = %s AND address = '127.0.0.1'"""
    return [row[0] for row in connection().execute(query, (since, seat.staff.id))]


def test_every_address_either_leaves_a_row_or_has_a_reason_not_to(desk: Desk) -> None:
    assert addresses(desk) == set(TRIES) | set(NOT_RECORDED)
    assert not [key for key in NOT_RECORDED if key.startswith("POST")]


@pytest.mark.usefixtures("cheap_hashes")
@pytest.mark.parametrize("key", TRIES)
def test_what_is_done_or_seen_there_is_on_record(desk: Desk, key: str) -> None:
    wish = TRIES[key]
    seat = desk.seat(wish.role)
    subject = wish.subject(seat)
    sent = wish.sent(seat, subject) if callable(wish.sent) else wish.sent
    before = connection().execute("SELECT COALESCE(max(id), 0) FROM audit").fetchone()[0]

    path = filled(key, subject) + wish.query
    answer = seat.get(path) if key.startswith("GET") else seat.post(path, sent)

    assert answer.status_code in (200, 303)
    assert wish.act in rows_of(seat, before)


def test_what_a_page_does_by_itself_again_and_again_is_one_row_an_hour(desk: Desk) -> None:
    seat = desk.seat()
    number = paper(seat)
    for _ in range(3):
        seat.post(f"/console/prescriptions/{number}/claim")

    query = """SELECT count(*) FROM audit WHERE "staffId" = %s AND act = 'prescription.claimed'"""
    assert connection().execute(query, (seat.staff.id,)).fetchone()[0] == 1


def test_what_a_rule_forbids_among_colleagues_is_on_record_too(desk: Desk) -> None:
    admin, owner = desk.seat("admin"), a_colleague("owner")

    admin.post(f"/console/staff/{owner.id}/end")

    query = """SELECT detail FROM audit WHERE "staffId" = %s AND act = 'staff_refused'"""
    assert connection().execute(query, (admin.staff.id,)).fetchall() == [({"act": "end", "code": "owners_only"},)]
    assert people.get(owner.id).active
