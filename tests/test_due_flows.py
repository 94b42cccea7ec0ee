"""What is said when something is due, and what is not said any more: the visit, the medicine, while a person talks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.rehearsal.facts import FakeFacts
from models.prescriptions import Decided, DecidedLine
from models.values import Money
from models.visits.values import Visit
from tests.fakes import FakeShop
from worker.flows import due, refill
from worker.flows.entry import turn
from worker.flows.step import Buttons, Happened, Place, Step
from worker.flows.wording import has
from worker.whatsapp.templates import KNOWN, fill

AT = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def visit_of(number: str = "V1", *, state: str = "booked", zone: str = "Africa/Lagos", **fields: Any) -> Visit:
    given = {
        "kind": "doctor",
        "title": "Amaka Obi",
        "detail": "Cardiology",
        "place": "12 Allen Avenue, Ikeja",
        "starts_at": AT,
    } | fields
    end = given["starts_at"] + timedelta(minutes=30)
    return Visit(
        number=number, state=state, zone=zone, ends_at=end, fee=Money(0), order_number="", held_until=None, ref="d1", **given
    )


@dataclass(frozen=True)
class Care:
    known: Visit | None
    why: str = ""

    def visit(self, number: str) -> Visit | None:
        return self.known if self.known and self.known.number == number else None

    def test(self, ref: str) -> None:
        return None

    def closed(self, visit: Visit) -> str:
        return self.why


@dataclass(frozen=True)
class Facts(FakeFacts):
    care: Any = None


def facts(visit: Visit | None = None, *, before: timedelta = timedelta(hours=24), why: str = "", **customer: Any) -> Facts:
    shop = FakeShop()
    shop.now = AT - before
    shop.customer = replace(shop.customer, name="Ada", registered=True, returning=True, **customer)
    return Facts(shop, Care(visit or visit_of(), why))


def near(minutes: int, **data: Any) -> Happened:
    return Happened("timer_due", {"kind": "visit_soon", "subject": f"V1:{minutes}", "until": None, **data})


def body(step: Step) -> str:
    return "\n".join(str(getattr(reply, "body", "")) for reply in step.replies)


def reason(step: Step) -> str:
    assert step.replies == ()
    return str(next(effect.args["reason"] for effect in step.effects if effect.name == "end_timer"))


def test_a_day_before_a_visit_its_day_time_doctor_and_place_are_said_with_three_buttons() -> None:
    then = turn(Place(), near(1440), facts())
    assert "your appointment is tomorrow, Tue 24 Nov, at *2:00 PM*" in body(then)
    assert "Dr Amaka Obi (Cardiology)" in body(then)
    assert "12 Allen Avenue, Ikeja" in body(then)
    shown = then.replies[0]
    assert isinstance(shown, Buttons)
    assert [button.id for button in shown.buttons] == ["visit:V1", "vmove:V1", "vcancel:V1"]


@pytest.mark.parametrize(("hour", "said"), [(0, "12:00 AM"), (1, "1:00 AM"), (7, "7:00 AM"), (12, "12:00 PM"), (15, "3:00 PM")])
def test_an_hour_before_it_is_today_at_an_hour_that_cannot_be_the_other_half_of_the_day(hour: int, said: str) -> None:
    visit = visit_of(starts_at=AT.replace(hour=hour) - timedelta(hours=1))
    shown = facts(visit)
    shown.shop.now = visit.starts_at - timedelta(minutes=20)
    day = "tomorrow" if hour == 0 else "today"
    assert f"your appointment is {day}, Tue 24 Nov, at *{said}*" in body(turn(Place(), near(60), shown))


def test_a_visit_in_another_zone_is_told_with_its_own_day_and_time_and_whose_time_that_is() -> None:
    """22:30 UTC on Monday: Tuesday in Lagos, still Monday in New York."""
    visit = visit_of(starts_at=datetime(2026, 11, 24, 22, 30, tzinfo=UTC), zone="America/New_York")
    shown = facts(visit)
    shown.shop.now = visit.starts_at - timedelta(minutes=55)
    then = turn(Place(), near(60), shown)
    assert "your appointment is today, Tue 24 Nov (New York time), at *5:30 PM*" in body(then)


@pytest.mark.parametrize("at", [datetime(2027, 3, 28, 11, 30, tzinfo=UTC), datetime(2026, 10, 25, 12, 30, tzinfo=UTC)])
def test_across_a_change_of_the_clocks_the_hour_is_the_clocks_there(at: datetime) -> None:
    """London's summer time begins on 28 March 2027 and ends on 25 October 2026: half past twelve there on either day."""
    shown = facts(visit_of(starts_at=at, zone="Europe/London"))
    shown.shop.now = at - timedelta(hours=24)
    assert re.search(r"tomorrow, Sun \d+ \w+( \d+)?( \(London time\))?, at \*12:30 PM\*", body(turn(Place(), near(1440), shown)))


def test_what_a_test_asks_for_is_said_before_it() -> None:
    visit = visit_of(kind="test", title="Fasting blood sugar", detail="Blood", preparation="Nothing to eat for 8 hours")
    assert "Nothing to eat for 8 hours" in body(turn(Place(), near(1440), facts(visit)))


def test_a_template_names_the_date_alone_and_no_home() -> None:
    """It may lie unread until "tomorrow" is wrong, and the chat's list shows it to whoever looks at the phone."""
    visit = visit_of(kind="test", title="Malaria test", place="", where="home", address="7 Secret Close, Lagos")
    then = turn(Place(), near(1440), facts(visit))
    assert then.outside is not None
    assert then.outside.parameters == ("Malaria test", "Tue 24 Nov at 2:00 PM", "the address you gave us")


def test_after_a_reminder_cancel_it_is_about_that_appointment() -> None:
    then = turn(Place(), near(1440), facts())
    assert (then.place.flow, then.place.state, then.place.memory["number"]) == ("visits", "opened", "V1")


@pytest.mark.parametrize("zone", ["Africa/Lagos", "Europe/London"])
def test_its_template_can_be_filled(zone: str) -> None:
    then = turn(Place(), near(1440), facts(visit_of(place="", detail="", zone=zone)))
    assert then.outside is not None

    class Names:
        whatsapp_template_language, whatsapp_template_prefix, whatsapp_template_names = "en", "", ()

    assert fill(then.outside, Names()) is not None


@pytest.mark.parametrize(
    ("visit", "before", "why"),
    [
        (visit_of(state="cancelled"), timedelta(hours=24), "over"),
        (visit_of(state="held"), timedelta(hours=24), "over"),
        (visit_of(state="done"), timedelta(hours=24), "over"),
        (visit_of(state="no_show"), timedelta(hours=24), "over"),
        (visit_of(state="expired"), timedelta(hours=24), "over"),
        (visit_of("V2"), timedelta(hours=24), "over"),
        (visit_of(), timedelta(days=3), "moved"),
        (visit_of(), timedelta(hours=2, minutes=59), "too_late"),
        (visit_of(), timedelta(hours=-1), "too_late"),
    ],
)
def test_only_a_visit_that_is_booked_at_that_very_time_is_reminded_of(visit: Visit, before: timedelta, why: str) -> None:
    assert reason(turn(Place(), near(1440), facts(visit, before=before))) == why


def test_a_worker_that_comes_to_it_too_late_says_nothing() -> None:
    until = (AT - timedelta(hours=24, minutes=1)).isoformat()
    assert reason(turn(Place(), near(1440, until=until), facts())) == "too_late"


@pytest.mark.parametrize("subject", ["", "V1", "V1:", "V1:x", ":1440", "V1:30"])
def test_a_subject_that_means_nothing_says_nothing(subject: str) -> None:
    then = turn(Place(), Happened("timer_due", {"kind": "visit_soon", "subject": subject}), facts())
    assert reason(then) in ("unknown", "over")


def test_a_person_on_the_line_does_not_hide_a_visit() -> None:
    then = turn(Place("support", "waiting"), near(60), facts(before=timedelta(hours=1), with_agent=True))
    assert "2:00 PM" in body(then)
    assert not isinstance(then.replies[0], Buttons)
    assert then.place == Place("support", "waiting")


def test_what_is_being_asked_stays_asked() -> None:
    place = Place("checkout", "choosing_delivery", {})
    then = turn(place, near(60), facts(before=timedelta(hours=1)))
    assert then.place == place
    shown = then.replies[0]
    assert isinstance(shown, Buttons)
    assert [button.id for button in shown.buttons] == ["visit:V1", "co:delivery", "co:pickup"]


def test_stop_does_not_silence_what_was_booked() -> None:
    assert turn(Place(), near(60), facts(before=timedelta(hours=1), marketing_stopped=True)).replies


@pytest.mark.parametrize("kind", ["refill", "refill_ask"])
def test_medicine_waits_while_a_person_talks(kind: str) -> None:
    shop_facts = facts(with_agent=True)
    subject = "1:2026-12-23"
    then = (
        due._refill_ask(Place(), subject, shop_facts)
        if kind == "refill_ask"
        else due._refill(Place(), subject, known(shop_facts))
    )
    assert then.replies == ()
    assert [(e.name, e.args["kind"], e.args["subject"]) for e in then.effects] == [("start_timer", kind, subject)]


def known(shop_facts: Facts) -> Facts:
    """As if the pharmacist had approved prescription 1."""
    from local.rehearsal.prescriptions import Paper
    from models.prescriptions import Shown

    shown = Shown(1, "approved", AT - timedelta(days=3))
    paper = Paper(shown)
    paper.decided = decided(("1 tablet daily for 30 days", 1, ""))
    shop_facts.shop.papers.append(paper)
    return shop_facts


# --------------------------------------------------------------------------------------------------- how long it lasts


def decided(*lines: tuple[str, int, str], outcome: str = "approved") -> Decided:
    product = FakeShop().product("m50")
    assert product is not None
    given = tuple(
        DecidedLine("x", outcome, replace(product, pack=pack), quantity, directions, "", "")
        for directions, quantity, pack in lines
    )
    return Decided("approved", "", "", "", "Bola Ade", given)


@pytest.mark.parametrize(
    ("directions", "packs", "pack", "days"),
    [
        ("1 tablet daily for 30 days", 1, "", 30),
        ("1 tablet twice a day for 3 months", 1, "", 90),
        ("1 tablet daily for 4 weeks", 1, "30 tablets", 28),
        ("1 tablet daily for 90 days", 1, "30 tablets", 30),
        ("1 tablet daily for 90 days", 2, "3 x 10", 60),
        ("1 tablet daily", 1, "28 tablets", 28),
        ("1 tablet twice a day", 2, "10 x 10 tablets", 100),
        ("1 capsule three times a day for 7 days", 1, "", None),
        ("1 tablet daily for 14 days", 1, "", None),
        ("1 tablet when needed", 1, "30 tablets", None),
        ("1 tablet daily as needed for 30 days", 1, "30 tablets", None),
        ("1 tablet daily", 1, "", None),
        ("1 tablet daily", 1, "5 mg", None),
        ("5 ml daily", 1, "100 ml", None),
        ("", 1, "30 tablets", None),
        ("as the doctor said", 1, "30 tablets", None),
    ],
)
def test_how_long_medicine_lasts_is_what_directions_and_packs_say_and_never_guessed(
    directions: str, packs: int, pack: str, days: int | None
) -> None:
    assert refill.lasts(decided((directions, packs, pack))) == days


def test_the_first_to_run_out_counts_and_a_short_course_does_not() -> None:
    found = decided(("1 tablet daily for 60 days", 1, ""), ("1 tablet daily for 30 days", 1, ""), ("1 daily for 5 days", 1, ""))
    assert refill.lasts(found) == 30


def test_what_was_not_dispensed_is_not_reminded_of() -> None:
    assert refill.lasts(decided(("1 tablet daily for 30 days", 1, ""), outcome="not_dispensed")) is None


def test_every_reminder_that_can_come_late_has_a_template() -> None:
    assert {"visit_reminder", "refill_due", "prescription_waits"} <= set(KNOWN)
    assert has("hint.due.asking")
