"""What the flows make of the demo catalogue: which product a name plainly means, and what is said under a list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peewee import PostgresqlDatabase

from local.seed import catalogue as demo
from models import catalogue
from tests.servers import Databases
from worker.flows import adding, search
from worker.flows.step import Choices, Place


@pytest.fixture(scope="module")
def db(databases: Databases) -> Iterator[PostgresqlDatabase]:
    """The demo catalogue, once for the module: these tests only read."""
    with databases.fresh() as url:
        made = PostgresqlDatabase(url, prefer_psycopg3=True)
        demo.load(made)
        yield made
        made.close()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("panadol 500mg", "Panadol 500 mg Tablet"),
        ("panadol 500 tablets", "Panadol 500 mg Tablet"),
        ("paracetamol 500mg", "Paracetamol 500 mg Tablet"),
        ("emzor paracetamol 500 mg", "Emzor Paracetamol 500 mg Tablet"),
        ("augmentin 625", "Augmentin 625 Tablet"),
        ("coartem 80/480", "Coartem Tablet"),
        ("piriton 4mg", "Piriton 4 mg Tablet"),
        ("panadol", None),
        ("panadol extra 1000mg", None),
        ("emzor vitamin c", None),
        ("lonart", None),
        ("piriton", None),
    ],
)
def test_a_brand_with_its_strength_is_taken_and_anything_less_is_asked(
    db: PostgresqlDatabase, name: str, meant: str | None
) -> None:
    found = adding._certain(name, catalogue.search(db, name, limit=5))

    assert (found.name if found else None) == meant


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("panadol for baby", "For a child our pharmacist says which is right"),
        ("typhoid", "All of these need a prescription"),
        ("headache", "Not sure which"),
    ],
)
def test_a_list_that_could_be_taken_for_advice_names_the_pharmacist(db: PostgresqlDatabase, query: str, said: str) -> None:
    shown = search.show_page(Place(), catalogue.search(db, query, limit=5), query=query, offset=0)

    [reply] = shown.replies
    assert isinstance(reply, Choices)
    assert said in reply.body


def test_nothing_for_infants_is_first_for_a_headache_and_nothing_for_the_skin_is_for_a_running_stomach(
    db: PostgresqlDatabase,
) -> None:
    for_headache = catalogue.search(db, "my head dey pain me", limit=5).products
    for_stomach = catalogue.search(db, "belle dey run me", limit=10).products

    assert all(p.form == "Tablet" for p in for_headache)
    assert "Emzor Zinc" in " ".join(p.name for p in for_stomach[:3])
    assert not [p.name for p in for_stomach if p.form in ("Lotion", "Cream")]


def test_a_name_spelt_out_letter_by_letter_is_read_as_one_word(db: PostgresqlDatabase) -> None:
    assert catalogue.search(db, "p a n a d o l").products[0].name.startswith("Panadol 500 mg")


@pytest.mark.parametrize("name", ["swinol", "rophynol", "refnol", "tramol", "tramadol 225", "d5"])
def test_street_names_of_controlled_medicines_are_refused(db: PostgresqlDatabase, name: str) -> None:
    assert catalogue.search(db, name).controlled
