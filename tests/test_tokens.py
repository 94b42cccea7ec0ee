"""Customers' tokens: only digests are stored; a link works once; a token lives while it is used, up to a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from models import base, tokens
from models.base import connection
from tests.factories import a_customer
from tests.maintenance_world import ask, one, place, world

__all__ = ["place", "world"]  # fixtures


def later(minutes: int) -> None:
    connection().execute(
        """UPDATE customer_tokens SET "expiresAt" = "expiresAt" - %(m)s * interval '1 minute',
               "endsAt" = "endsAt" - %(m)s * interval '1 minute'""",
        {"m": minutes},
    )


def check(token: str, purpose: str = "session") -> tokens.Held | None:
    return tokens.check(token, purpose, minutes=60, threshold_minutes=5)


def test_nothing_in_the_database_opens_anything(world: str) -> None:
    token = tokens.issue(a_customer(), "session", minutes=60)

    assert token not in str(ask("SELECT t::text, encode(\"tokenHash\", 'escape') FROM customer_tokens t"))
    assert len(one('SELECT "tokenHash" FROM customer_tokens')) == 32


def test_a_token_is_renewed_only_when_five_minutes_or_less_are_left(world: str) -> None:
    token = tokens.issue(a_customer(), "session", minutes=60)
    later(54)
    early = check(token)
    later(1)
    late = check(token)
    later(59)

    assert early is not None and not early.renewed
    assert late is not None and late.renewed
    assert check(token) is not None, "it began anew"


def test_a_token_nobody_uses_ends_after_an_hour(world: str) -> None:
    token = tokens.issue(a_customer(), "session", minutes=60)
    later(60)

    assert check(token) is None


def test_after_a_day_even_a_used_one_ends(world: str) -> None:
    token = tokens.issue(a_customer(), "session", minutes=60)
    alive = 0
    for _ in range(40):
        later(56)
        alive += check(token) is not None

    assert alive == 25, "56 minutes each, in a day"


def test_a_link_works_once_and_of_two_at_the_same_moment_one(world: str) -> None:
    token = tokens.issue(ada := a_customer(), "claim", minutes=5, subject="x@example.com", once=True)

    def use(_: int) -> tokens.Held | None:
        try:
            return tokens.use(token, "claim")
        finally:
            base.drop_connection()

    with ThreadPoolExecutor(8) as pool:
        found = [held for held in pool.map(use, range(8)) if held]

    assert [(held.customer_id, held.subject) for held in found] == [(ada, "x@example.com")]
    assert tokens.use(token, "claim") is None


def test_a_token_is_good_for_its_purpose_and_its_kind_alone(world: str) -> None:
    ada = a_customer()
    link, session = tokens.issue(ada, "claim", minutes=5, once=True), tokens.issue(ada, "session", minutes=5)

    assert tokens.use(link, "other") is None
    assert check(link, "claim") is None
    assert tokens.use(session, "session") is None
    assert check("x" * 30) is None
    assert check("") is None
    assert check("x" * 5000) is None


def test_everything_of_a_customer_can_be_ended_at_once(world: str) -> None:
    ada = a_customer()
    first, second = (tokens.issue(ada, "session", minutes=60) for _ in range(2))
    tokens.end(first)

    assert check(first) is None
    assert tokens.end_all(ada) == 1
    assert check(second) is None
