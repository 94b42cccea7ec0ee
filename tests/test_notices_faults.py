"""Whatever ends between a closed window and the template that stands for it: it is repeated, and nobody reads anything twice."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import base, outbox
from tests.notices_world import World, sim, world  # noqa: F401 - fixtures
from worker import conversation, delivery

SHIPPED = "Your order 12345 is on its way. It is brought by Musa (contact: 0803 123 4567). Please keep your phone near you."


class Ended(BaseException):
    """The process is gone: nothing of ours handles it."""


def ending(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool = False) -> None:
    """The process ends where `owner.name` is called the next time, before or after its work."""
    real = getattr(owner, name)

    def last(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(owner, name, real)
        if after:
            real(*args, **kwargs)
        raise Ended

    monkeypatch.setattr(owner, name, last)


def recovered(world: World) -> None:
    """Another worker and the sweeps come along, until all that can be done is done."""
    base.drop_connection()
    for _ in range(6):
        before = world.states()
        world.pump()
        world.rows("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
        world.serve()
        world.settle()
        if world.states() == before and not {"sending", "unsure", "queued"} & {status for _, status in before}:
            return


AT = {
    "before the refusal is noted": (delivery.notices, "hold", False),
    "before the template is marked as being sent": (outbox, "begin_send", False),
    "after the template is marked as being sent": (outbox, "begin_send", True),
    "before the customer is let go": (conversation.conversations, "let_go", False),
}


@pytest.mark.parametrize("at", AT)
def test_a_worker_that_ends_on_the_way_to_the_template_is_followed_by_one_that_sends_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    world.wrote(2)
    world.sim.window(world.number, open=False)
    world.sim.configure(window="sync")
    owner, name, after = AT[at]
    ending(monkeypatch, owner, name, after=after)
    with contextlib.suppress(Ended):
        world.shipped()
    recovered(world)
    assert world.seen() == [SHIPPED]
    assert world.states()[0] == ("reply", "replaced")


@pytest.mark.parametrize("at", ["before the turn is saved", "after it is saved", "after the template left"])
def test_a_worker_that_ends_in_a_turn_outside_the_window_is_followed_by_one_that_sends_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    world.wrote(30)
    if at == "after the template left":
        ending(monkeypatch, conversation.conversations, "let_go")
    else:
        ending(monkeypatch, conversation.conversations, "save", after=at == "after it is saved")
    with contextlib.suppress(Ended):
        world.shipped()
    if at == "after the template left":  # the status names our row, and settles it
        world.hear(world.ids("template")[0], "sent", "delivered")
    recovered(world)
    assert world.seen() == [SHIPPED]
    assert world.states() == [("template", "delivered"), ("reply", "replaced")]


@pytest.mark.parametrize("cut", ["after", "mid"])
def test_a_template_whose_answer_was_lost_is_settled_by_its_status_and_not_sent_again(world: World, cut: str) -> None:
    world.wrote(30)
    world.sim.fault(cut=cut)
    world.shipped()
    assert world.states()[0] == ("template", "unsure")
    recovered(world)
    assert world.seen() == [SHIPPED]
    assert world.states() == [("template", "delivered"), ("reply", "replaced")]


def test_settling_that_is_broken_off_leaves_neither_a_held_reply_nor_a_template_and_is_repeated(world: World) -> None:
    world.wrote(2)
    world.shipped()
    (row,) = world.ids()
    with contextlib.suppress(Ended), base.connection().transaction():
        world.hear(row, "failed", code=131047, settle=False)
    with contextlib.suppress(Ended), base.connection().transaction():
        outbox.settle(base.connection())
        raise Ended
    assert world.states() == [("reply", "accepted")]
    world.settle()
    assert world.states() == [("reply", "held"), ("template", "accepted")]


def test_a_hint_that_was_lost_after_settling_is_found_by_the_sweep(world: World) -> None:
    world.wrote(2)
    world.shipped()
    world.hear(world.ids()[0], "failed", code=131047, settle=False)
    outbox.settle(base.connection())
    assert world.states() == [("reply", "held"), ("template", "queued")]
    world.sweep()
    assert world.states() == [("reply", "held"), ("template", "accepted")]


def test_a_failed_status_of_a_reply_still_in_hand_makes_one_template_however_the_rest_of_the_turn_ends(world: World) -> None:
    world.wrote(2)
    world.sim.fault(http=500, match={"contains": "More about it"})
    world.shipped(button="Track")  # the second reply waits for its next try
    first, _ = world.ids()
    world.hear(first, "failed", code=131047)
    assert world.states() == [("reply", "held"), ("reply", "held"), ("template", "accepted")]


def test_a_late_sent_of_a_send_that_met_a_closed_window_does_not_unhold_it(world: World) -> None:
    world.wrote(2)
    world.shipped(button="Track")
    first, _ = world.ids()
    world.hear(first, "failed", code=131047)
    world.hear(first, "sent")
    assert world.states()[0] == ("reply", "held")


def test_many_who_settle_the_same_closed_windows_at_once_make_one_template_for_each_turn(world: World) -> None:
    world.wrote(2)
    for number in range(10):
        world.shipped(f"1000{number}", button="Track")
    for row in world.ids():
        world.hear(row, "sent", "failed", code=131047, settle=False)
    together, settled = threading.Barrier(4), []

    def settling() -> None:
        with psycopg.connect(base.db.database, autocommit=True) as conn:
            together.wait(10)
            settled.extend(outbox.settle(conn, limit=3).receipts for _ in range(20))

    threads = [threading.Thread(target=settling) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(settled) == 40
    assert sorted(world.states()) == sorted([("reply", "held")] * 20 + [("template", "queued")] * 10)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.integers(0, 1), st.sampled_from(("sent", "delivered", "read"))),
        st.tuples(st.just("closed"), st.integers(0, 1)),
        st.tuples(st.just("template"), st.sampled_from(("sent", "delivered", "read"))),
        st.tuples(st.just("template fails"), st.sampled_from((132015, 131026))),
        st.tuples(st.just("writes")),
        st.tuples(st.just("serve")),
        st.tuples(st.just("ends"), st.sampled_from(tuple(AT))),
    ),
    max_size=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=st.sampled_from(("open", "ours", "sync", "async")), steps=STEPS)
def test_whatever_order_statuses_and_ends_come_in_a_notice_arrives_and_never_in_two_forms(
    world: World, way: str, steps: list[tuple[Any, ...]]
) -> None:
    with pytest.MonkeyPatch.context() as patches:
        world.sim.reset()
        for table in ("outbox", "delivery_receipts", "template_troubles", "inbox"):
            world.rows(f"DELETE FROM {table}")
        world.rows("""UPDATE customers SET "marketingStoppedAt" = NULL""")
        world.wrote(30 if way == "ours" else 2)
        world.sim.window(world.number, open=way == "open")
        world.sim.configure(window="sync" if way == "sync" else "async")
        with contextlib.suppress(Ended):
            world.shipped(button="Track")
        contradicted: list[str] = []
        for step in steps:
            with contextlib.suppress(Ended):
                take(world, step, patches, contradicted)
    recovered(world)
    world.writes()
    recovered(world)
    check(world, contradicted=bool(contradicted))


def take(world: World, step: tuple[Any, ...], patches: pytest.MonkeyPatch, contradicted: list[str]) -> None:
    """One step, where WhatsApp could do such a thing. Notes in `contradicted` when it says of what arrived that it did not."""
    arrived = {int(m["biz_opaque_callback_data"]): m["status"] != "failed" for m in world.sim.messages(world.number)}
    replies = [row for row in world.ids() if row in arrived]
    templates = [row for row in world.ids("template") if row in arrived]
    match step:
        case ("hear", index, status) if index < len(replies) and arrived[replies[index]]:
            world.hear(replies[index], status)
        case ("closed", index) if index < len(replies):
            contradicted += ["closed"] if arrived[replies[index]] else []
            world.hear(replies[index], "failed", code=131047)
        case ("template", status) if templates:
            world.hear(templates[0], status)
        case ("template fails", code) if templates:
            contradicted.append("template")
            world.hear(templates[0], "failed", code=code)
        case ("writes",):
            world.writes()
        case ("serve",):
            world.serve()
        case ("ends", at):
            owner, name, after = AT[at]
            ending(patches, owner, name, after=after)
            world.serve()
            world.sweep()


def check(world: World, *, contradicted: bool) -> None:
    """Everything has an end; each turn made one template at most; in some form the notice went, and not in two by itself."""
    states = world.states()
    assert {status for _, status in states} <= {"accepted", "sent", "delivered", "read", "failed", "replaced"}, states
    assert states.count(("template", "queued")) == 0
    assert sum(1 for what, _ in states if what == "template") <= 1
    went = [what for what, status in states if status in ("accepted", "sent", "delivered", "read")]
    assert went, states
    by_template = any(what == "template" for what in went)
    news = world.rows("""SELECT status FROM outbox WHERE notice IS NOT NULL AND "standsFor" IS NULL""")
    arrived = [status for (status,) in news if status in ("delivered", "read")]
    assert contradicted or not (by_template and arrived), states
