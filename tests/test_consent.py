"""What a customer agreed to stays on file as they agreed to it, and an earlier wording is as good as today's."""

from __future__ import annotations

import pytest

import settings
from models import base, conversations
from tests.factories import NOW, a_customer
from tests.shops import run, shop
from worker import claimed
from worker.effects import Context, perform
from worker.flows.step import Effect, Happened
from worker.flows.wording import CONSENT_VERSION

__all__ = ["shop"]  # a fixture

SETTINGS = settings.read({"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1"})


def do(customer: int, effect: str, /, **args: str) -> Happened | None:
    return perform(Effect(effect, args), Context(customer, 0, NOW, SETTINGS, None))


@pytest.mark.parametrize("version", ["2026-11-en-1", CONSENT_VERSION])
def test_who_agreed_to_an_earlier_wording_is_registered_like_everybody(version: str) -> None:
    ada = a_customer(registered=False)
    do(ada, "register", name="Ada Obi", consent_version=version)

    held = conversations.claim(base.connection(), ada, lease_s=30)

    assert held is not None
    assert claimed.facts(held).registered


def test_a_name_that_changes_leaves_what_was_agreed_to_as_it_is() -> None:
    ada = a_customer(registered=False)
    do(ada, "register", name="Ada Obi", consent_version="2026-11")
    agreed = run('SELECT "consentVersion", "consentAt" FROM customers WHERE id = %s', ada)

    assert do(ada, "rename", name=" Ada  Nwosu ") == Happened("registered")

    assert run("SELECT name FROM customers WHERE id = %s", ada) == [("Ada Nwosu",)]
    assert run('SELECT "consentVersion", "consentAt" FROM customers WHERE id = %s', ada) == agreed == [("2026-11", NOW)]


def test_who_never_agreed_has_no_name_to_change() -> None:
    ada = a_customer(registered=False)

    assert do(ada, "rename", name="Ada Obi") == Happened("register_refused", {"code": "unknown_customer"})

    assert run("SELECT name FROM customers WHERE id = %s", ada) == [("",)]
