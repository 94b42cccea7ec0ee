"""Appointments and lab tests booked, moved and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import visits
from models.visits.values import Booked
from worker.effects.context import Context, Verb
from worker.flows.step import Happened

LONGEST_NOTE = 60  # who it is for, no letter to the doctor


def _book(context: Context, args: Mapping[str, Any]) -> Happened:
    ref, key, note = str(args["ref"]), str(args["key"]), str(args.get("note") or "")[:LONGEST_NOTE]
    return _told("visit_booked", visits.book(context.customer_id, ref, _at(args), key, now=context.now, note=note))


def _book_test(context: Context, args: Mapping[str, Any]) -> Happened:
    ref, where, address = str(args["ref"]), str(args["where"]), str(args.get("address") or "")
    key, note = str(args["key"]), str(args.get("note") or "")[:LONGEST_NOTE]
    done = visits.book_test(context.customer_id, ref, _at(args), where, address, key, now=context.now, note=note)
    return _told("visit_booked", done)


def _move(context: Context, args: Mapping[str, Any]) -> Happened:
    return _told("visit_moved", visits.reschedule(context.customer_id, str(args["number"]), _at(args), now=context.now))


def _cancel(context: Context, args: Mapping[str, Any]) -> Happened:
    visit, late, refund = visits.cancel(context.customer_id, str(args["number"]), now=context.now)
    return Happened("visit_cancelled", {"number": visit.number, "late": late, "refund_kobo": refund.kobo})


def _at(args: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(args["starts_at"]))


def _told(name: str, booked: Booked) -> Happened:
    return Happened(
        name,
        {
            "number": booked.number,
            "starts_at": booked.starts_at.isoformat(),
            "ends_at": booked.ends_at.isoformat(),
            "fee_kobo": booked.fee.kobo,
            "order_number": booked.order_number,
            "held_until": booked.held_until.isoformat() if booked.held_until else None,
        },
    )


VERBS: Mapping[str, Verb] = {"book_visit": _book, "book_test": _book_test, "move_visit": _move, "cancel_visit": _cancel}
REFUSALS: Mapping[str, str] = dict.fromkeys(VERBS, "visit_refused")
