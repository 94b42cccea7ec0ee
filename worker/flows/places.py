"""Going from one flow to another: what is taken along and what stays behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worker.flows.step import Place

# The list on the screen stays valid until another is shown; the last order placed must be known when its button is tapped twice;
# what happened while a person had the thread is told when the bot has it again; more of an answer may come for some minutes;
# who signed in again stays so.
TAKEN = ("shown", "placed", "misses", "unheard", "answered", "signed")
# For whom of the customer's own something is booked, until something else is done.
OF_CARE, WHOM = frozenset(("doctors", "labs", "booking")), "whom"


def go(place: Place, flow: str, state: str, *, take: Iterable[str] = (), leave: Iterable[str] = (), **memory: Any) -> Place:
    """Another flow and state, with the few things every flow takes along, those named in `take`, and new memory.

    Things named in `leave` stay behind, and memory given as None is not there.
    """
    along = (*TAKEN, *take, *((WHOM,) if flow in OF_CARE else ()))
    taken = {k: place.memory[k] for k in along if k in place.memory and k not in tuple(leave)}
    return Place(flow, state, {k: v for k, v in {**taken, **memory}.items() if v is not None})


def idle(place: Place, *, keep_list: bool = True) -> Place:
    """The menu level: nothing is asked, nothing is open but perhaps a list on the screen. Without it all begins afresh."""
    return go(place, "entry", "idle", leave=() if keep_list else ("shown", "answered"))
