"""What a customer may ask about their own data: a link to all of it, and to be erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.privacy import asked
from worker.effects.context import Context, Verb
from worker.flows.step import Happened


def _link_my_data(context: Context, args: Mapping[str, Any]) -> Happened:
    """`url` is empty where the house has no public address: then a person sends it."""
    base_url = context.settings.public_base_url
    return Happened("my_data_linked", {"url": f"{base_url}/mine/{asked.link(context.customer_id)}" if base_url else ""})


def _ask_erasure(context: Context, args: Mapping[str, Any]) -> Happened:
    asked.ask_erasure(context.customer_id, context.now)
    return Happened("erasure_asked")


def _keep_my_data(context: Context, args: Mapping[str, Any]) -> None:
    asked.take_back(context.customer_id, context.now)


VERBS: Mapping[str, Verb] = {"link_my_data": _link_my_data, "ask_erasure": _ask_erasure, "keep_my_data": _keep_my_data}
REFUSALS: Mapping[str, str] = {"ask_erasure": "erasure_refused"}
