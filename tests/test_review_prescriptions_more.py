"""Failing tests for findings whose fix is in files others are working on; move into tests/ with the patches of the report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models import base, catalogue, checkout, media, orders, vault
from models.base import connection, db
from models.checkout import Wish
from tests.factories import FEE, KEY, NOW, a_customer, a_product, order_id
from tests.servers import Databases
from tests.test_review_prescriptions import approved
from web.console.pictures import SUFFIXES


@pytest.fixture
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://review-pending", (KEY,))
        yield
        base.drop_connection()


@pytest.mark.usefixtures("shop")
def test_an_order_that_left_the_house_never_frees_its_approvals_even_when_the_old_program_cancels_it() -> None:
    ada, ref = a_customer(), a_product("Amoxicillin", sale_class="pom")
    approved(ada, ref, 2)
    number = checkout.place(ada, Wish("pickup", "cash", "k"), delivery_fee=FEE, now=NOW).number
    orders.move(order_id(number), "shipped", who="test", now=NOW)

    connection().execute("UPDATE orders SET status = 'Cancelled' WHERE id = %s", (order_id(number),))
    orders.expire_due(NOW)

    assert connection().execute('SELECT count(*) FROM prescription_items WHERE "usedAt" IS NULL').fetchone() == (0,)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["Codeine linctus", "Tramadol 100mg", "Diazepam 5mg tablets"])
def test_a_controlled_drug_among_the_health_products_is_controlled_all_the_same(name: str) -> None:
    found = catalogue.get(db, a_product(name, kind="health"))

    assert found is not None
    assert found.control == "controlled"


def test_every_kind_of_file_that_we_know_has_a_suffix() -> None:
    kinds = {kind for _, kind in media._BEGINNINGS} | {"image/webp", "image/heif"}

    assert kinds <= set(SUFFIXES)
