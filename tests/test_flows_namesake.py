"""A doctor's name typed where medicines are looked for: offered only when nothing of the shop is called so, and only letter for letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import settings
from local.rehearsal.care_goods import DOCTORS
from models import base
from models.visits.values import DoctorPage
from tests.factories import a_product
from tests.fakes import FakeFacts
from tests.servers import Databases
from tests.test_flows import a_customer, body, ids, say, tap
from tests.visit_talk import Customer
from tests.visits_world import a_doctor
from worker.flows import namesake
from worker.flows.step import Buttons

NAMES = [doctor.name for doctor, _ in DOCTORS.values()]


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url, pytest.MonkeyPatch.context() as environment:
        for name, value in {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1"}.items():
            environment.setenv(name, value)
        settings.current.cache_clear()
        base.bind(url)
        a_product("Florazim 200mg")  # before the first search: what is sold is held for a while
        yield
        base.drop_connection()
    settings.current.cache_clear()


def titles(customer: Customer) -> list[str]:
    return [b.title for reply in customer.replies if isinstance(reply, Buttons) for b in reply.buttons]


class Counted:
    """Facts that count how often doctors are looked for, and by which words."""

    def __init__(self, facts: FakeFacts) -> None:
        self.facts, self.asked = facts, []  # type: tuple[FakeFacts, list[str]]

    @property
    def care(self) -> Counted:
        return self

    def find(self, words: str, **paged: Any) -> DoctorPage:
        self.asked.append(words)
        return self.facts.care.find(words, **paged)


@pytest.mark.parametrize("typed", ["amaka", "Amaka", "amaka obi", "obi amaka", "find amaka", "AMAKA OBI", "prof amaka"])
def test_a_doctors_name_offers_the_doctor_by_a_tap(typed: str) -> None:
    asked = say(a_customer(), typed)

    assert "A doctor has that name: Dr Amaka Obi, Cardiology, Lagos." in body(asked)
    assert ids(asked) == ["doc:d1", "agent", "menu"]


def test_yes_means_the_doctor_who_was_offered() -> None:
    ada = a_customer()
    say(ada, "amaka")

    assert "*Dr Amaka Obi*" in body(say(ada, "yes"))


@pytest.mark.parametrize(
    ("before", "then", "answered"),
    [
        (("find paracetamol",), "2", "*Panadol 500 mg*"),
        (("2 panadol", "cart", "1"), "5", "5 × Panadol"),
        (("cart",), "hello", "What do you need"),
    ],
)
def test_what_is_open_stays_open_beside_a_doctors_name(before: tuple[str, ...], then: str, answered: str) -> None:
    ada = a_customer()
    say(ada, *before)

    offered = ids(say(ada, "amaka"))

    assert "doc:d1" in offered
    assert answered in body(say(ada, then))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_one_letter_wrong_missing_or_swapped_never_leads_to_a_doctor(name: str) -> None:
    word = max(name.lower().split(), key=len)
    slips = {f"{word[:-1]}x", word[:-1], word[1:], f"{word}e", f"{word[1]}{word[0]}{word[2:]}", f"{word}ol", f"{word} syrup"}
    known = {part for each in NAMES for part in each.lower().split()}

    led = {typed for typed in slips - known if any(id.startswith(("doc:", "dp:")) for id in ids(say(a_customer(), typed)))}

    assert led == set()


def test_doctors_are_looked_for_only_when_nothing_was_found() -> None:
    found = Counted(FakeFacts(a_customer().shop))

    namesake.called("amaka", found)  # type: ignore[arg-type]
    namesake.called("paracetamol 500", found)  # type: ignore[arg-type]
    namesake.called("what about the other thing I told you", found)  # type: ignore[arg-type]

    assert found.asked == ["amaka"]


@pytest.mark.parametrize("typed", ["panadol", "paracetamol", "find emzor", "amoxil", "tramadol", "codeine", "headache"])
def test_what_is_of_the_shop_or_refused_names_no_doctor(typed: str) -> None:
    asked = say(a_customer(), typed)

    assert not any(id.startswith(("doc:", "dp:")) for id in ids(asked))
    assert "that name" not in body(asked)


def test_several_of_a_name_are_offered_as_a_list() -> None:
    a_doctor("Dr Zubaida Okon")
    a_doctor("Dr Zubaida Wali", location="Kano")
    ada = Customer()

    asked = ada.say("zubaida")
    offered = titles(ada)
    listed = ada.tap("See these doctors")

    assert "Doctors have that name: Dr Zubaida " in asked
    assert offered == ["See these doctors", "Ask a pharmacist", "Menu"]
    assert "Dr Zubaida Okon" in listed
    assert "Dr Zubaida Wali" in listed


def test_a_product_goes_before_a_doctor_of_the_same_name_in_the_real_shop() -> None:
    a_doctor("Dr Florazim Edet")
    ada = Customer()

    assert "₦" in ada.say("florazim")
    assert not any(title.startswith("Dr ") for title in titles(ada))


def test_a_medicine_that_is_only_like_a_doctors_name_leads_to_nobody_in_the_real_shop() -> None:
    a_doctor("Dr Amoxila Ventoli")
    ada = Customer()

    heard = {typed: ada.say("menu", typed) for typed in ("amoxil", "ventolin", "amoxila forte", "amox")}

    assert [typed for typed, told in heard.items() if "Amoxila" in told] == []
    assert "A doctor has that name: Dr Amoxila Ventoli" in ada.say("menu", "amoxila")


@pytest.mark.parametrize("typed", ["yes", "ok", "sure", "👍"])
@pytest.mark.parametrize("before", ["find unobtainium forte", "search"])
def test_yes_after_nothing_was_found_is_asked_what_it_is_about(before: str, typed: str) -> None:
    ada = a_customer()
    say(ada, before)

    asked = say(ada, typed)

    assert "Type the name of a medicine" in body(asked)
    assert ids(asked) == ["health_products", "agent", "menu"]


def test_search_twice_asks_twice() -> None:
    ada = a_customer()

    first, second = body(say(ada, "search")), body(say(ada, "search"))

    assert first == second


def test_a_tap_on_the_doctor_shows_the_free_times() -> None:
    ada = a_customer()
    say(ada, "amaka")

    assert any(id.startswith("vat:d1:") for id in ids(tap(ada, "doc:d1")))
