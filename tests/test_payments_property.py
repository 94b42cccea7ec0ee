"""Whatever payers, providers, the clock and crashes do, in any order: every kobo is accounted for, and nothing is paid twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from models import base
from tests.payment_world import PAID, PROVIDERS, UNPAID, World, empty
from tests.servers import Databases

WHICH = st.integers(0, 9)
PROVIDER = st.sampled_from(PROVIDERS)


class Payments(RuleBasedStateMachine):
    world: World | None = None

    @initialize(stocks=st.tuples(st.integers(1, 4), st.integers(1, 6)), provider=PROVIDER)
    def open(self, stocks: tuple[int, int], provider: str) -> None:
        empty()
        self.world = World(stocks)
        self.world.order(0, 0, 1, provider)

    def teardown(self) -> None:
        if self.world:
            self.world.close()

    @rule(who=WHICH, what=WHICH, quantity=st.integers(1, 3), provider=PROVIDER)
    def order(self, who: int, what: int, quantity: int, provider: str) -> None:
        self.world.order(who, what, quantity, provider)

    @rule(which=WHICH, provider=PROVIDER)
    def begin(self, which: int, provider: str) -> None:
        self.world.begin(which, provider)

    @rule(which=WHICH, outcome=st.sampled_from(["opens", "fails", "gives_up", "death"]))
    def start(self, which: int, outcome: str) -> None:
        self.world.start(which, outcome)

    @rule(which=WHICH, switch=st.booleans(), provider=PROVIDER)
    def ask(self, which: int, switch: bool, provider: str) -> None:
        self.world.ask(which, switch, provider)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.world.cancel(which)

    @rule(which=WHICH, to=st.sampled_from(["processing", "shipped", "delivered", "cancelled", "refunded"]))
    def move(self, which: int, to: str) -> None:
        self.world.move(which, to)

    @rule(minutes=st.sampled_from([1, 15, 31, 60]))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes)

    @rule(answer=st.sampled_from([*UNPAID, "silence", "death"]))
    def look(self, answer: str) -> None:
        self.world.look(answer)

    @rule(outcome=st.sampled_from(["sent", "done", "refused", "attention", "death_before", "death_after"]))
    def refund(self, outcome: str) -> None:
        self.world.refund(outcome)

    @rule(which=WHICH, kobo=st.sampled_from([100, 60_000]))
    def staff(self, which: int, kobo: int) -> None:
        self.world.staff(which, kobo)

    @rule(which=WHICH, kobo=st.sampled_from([100, 60_000, 1_000_000]))
    def dashboard(self, which: int, kobo: int) -> None:
        self.world.dashboard(which, kobo)

    @rule()
    def night(self) -> None:
        self.world.night()

    @rule(which=WHICH, what=st.sampled_from(["exact", *PAID, *UNPAID, "reversed"]), crash=st.sampled_from([False, False, True]))
    def prove(self, which: int, what: str, crash: bool) -> None:
        self.world.prove(which, what, crash=crash)

    @precondition(lambda self: self.world and self.world.proofs)
    @rule(which=WHICH, how=st.sampled_from(["same", "reversed", "changed"]))
    def replay(self, which: int, how: str) -> None:
        self.world.replay(which, how)

    @rule(which=WHICH, first=st.sampled_from(["exact", "over"]),
          second=st.sampled_from(["same", "exact", "short", "cancel", "expire", "claim"]))  # fmt: skip
    def race(self, which: int, first: str, second: str) -> None:
        self.world.race(which, first, second)

    @invariant()
    def every_kobo_is_accounted_for(self) -> None:
        if self.world:
            self.world.check()


@pytest.fixture
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


@pytest.mark.usefixtures("shop")
def test_every_kobo_is_accounted_for_whatever_happens() -> None:
    run_state_machine_as_test(
        Payments,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )
