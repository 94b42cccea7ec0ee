"""What a flow asks to be done, done: effect name -> verb of the models, and what came of it as an event of the same turn.

Everything happens in the turn's transaction. A verb that refuses has undone what it did (its savepoint), so the turn goes
on and the flow explains. Effects a flow of ours does not know how to ask for are a bug and travel up.
"""

from __future__ import annotations

from models.values import Refused
from worker.effects import account, due, paying, people, prescribing, privacy, shopping, visits
from worker.effects.context import Context
from worker.flows.step import Effect, Happened

__all__ = ["EFFECTS", "Context", "perform"]

_PARTS = (account, shopping, paying, prescribing, people, due, privacy, visits)
_VERBS = {name: verb for part in _PARTS for name, verb in part.VERBS.items()}
_REFUSALS = {name: outcome for part in _PARTS for name, outcome in part.REFUSALS.items()}
EFFECTS = frozenset(_VERBS)


def perform(effect: Effect, context: Context) -> Happened | None:
    """Does it, and gives the outcome where the effect has one. Raises KeyError for an unknown effect or a missing argument."""
    try:
        happened = _VERBS[effect.name](context, effect.args)
    except Refused as no:
        refused = _REFUSALS.get(effect.name)
        if refused is None:
            raise
        happened = Happened(refused, {"code": no.code, **no.detail})
    if context.facts is not None:
        context.facts.forget()
    return happened
