"""The three prescriptions that wait in the demo's queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from local.seed import __main__ as seed
from local.seed import catalogue, prescriptions
from models import base, vault
from models.base import connection
from models.prescriptions import queue
from models.prescriptions.case import Case, case
from models.vault import Vault
from tests.factories import KEY
from tests.servers import Databases

YEARS_LATER = datetime(2029, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def shop(databases: Databases, tmp_path: Path) -> Iterator[str]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind(str(tmp_path), (KEY,))
        connection()
        catalogue.load(base.db)
        yield url
        base.drop_connection()


def load(now: datetime | None = None) -> int:
    return prescriptions.load(base.db, vault.vault(), now=now)


def cases() -> list[Case]:
    found = [case(connection(), row.id, now=datetime.now(UTC)) for row in queue.page(connection(), "waiting")]
    return [each for each in found if each]


def test_three_papers_of_two_customers_wait_with_pictures_and_products_of_this_catalogue() -> None:
    assert load() == 3

    papers = cases()
    assert [paper.waiting.customer for paper in papers] == ["Obinna Maigida", "Folake Udeze", "Folake Udeze"]
    for paper in papers:
        assert [vault.vault().get(name)[:3] for page in paper.pages for name in (page.flat, page.photo)] == [b"\xff\xd8\xff"] * 2
        for item in paper.reading.items:
            name = connection().execute("SELECT name FROM products WHERE id = %s", (item.chosen[1:],)).fetchone()[0]
            assert name in [each.name for each in item.candidates if each.ref == item.chosen]


def test_a_second_time_adds_nothing_and_lets_untouched_ones_wait_as_on_the_first_day() -> None:
    load(datetime.now(UTC) - timedelta(days=3))

    assert load() == 0
    assert max(paper.waiting.waited_s for paper in cases()) < 3600


def test_years_later_no_demo_paper_is_too_old_or_of_the_future() -> None:
    load(YEARS_LATER)

    ages = [(YEARS_LATER.date() - date.fromisoformat(paper.reading.written_on)).days for paper in cases()]
    assert all(0 <= age <= 30 for age in ages)


def test_without_a_key_there_are_none_and_a_sentence_says_why(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDIA_KEYS", raising=False)

    assert "MEDIA_KEYS is not set" in seed.fill(shop)[-1]
    assert cases() == []


def test_a_vault_without_a_key_is_refused() -> None:
    with pytest.raises(vault.Locked):
        prescriptions.load(base.db, Vault("memory://none", ()))
