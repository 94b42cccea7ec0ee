"""A folder of published webhook bodies with an index of what is in them, when the environment names one.

`WHATSAPP_EXAMPLES` is a folder with `index.json`: a list of {file, n_messages, n_statuses, wa_ids, message_ids, expected_text}.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from models.envelope import InboundItem, split
from worker.flows.step import Event, Said, SentMedia, Tapped
from worker.whatsapp.inbound import read

_FOLDER = os.environ.get("WHATSAPP_EXAMPLES", "")
_INDEX: list[dict[str, Any]] = json.loads((Path(_FOLDER) / "index.json").read_text()) if _FOLDER else []

pytestmark = pytest.mark.skipif(not _FOLDER, reason="WHATSAPP_EXAMPLES names no folder of published bodies")


def _phone_number_id(value: Any) -> str | None:
    """The first phone_number_id anywhere in a body: the examples come from many accounts."""
    if isinstance(value, dict) and isinstance(value.get("phone_number_id"), str):
        return str(value["phone_number_id"])
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(_phone_number_id, inner) if found), None)


def _words(event: Event) -> str | None:
    match event:
        case Said(text):
            return text
        case Tapped(_, title):
            return title
        case SentMedia(caption=caption):
            return caption or None
    return None


@pytest.mark.parametrize("entry", _INDEX, ids=[entry["file"] for entry in _INDEX])
def test_a_published_body_is_read_as_its_index_says(entry: dict[str, Any]) -> None:
    text = (Path(_FOLDER) / entry["file"]).read_text()
    envelope = split(json.loads(text), _phone_number_id(json.loads(text)) or "none")
    messages: list[InboundItem] = [item for item in envelope.messages if item.field == "messages"]
    assert len(messages) == entry["n_messages"]
    assert len(envelope.statuses) == entry["n_statuses"]
    assert [item.external_id for item in messages] == entry["message_ids"]
    assert all(wa_id in (item.number, item.bsuid) for wa_id, item in zip(entry["wa_ids"], messages, strict=True))
    assert not [item for item in envelope.messages if item.disposition == "quarantine"]
    events = [read(item.kind, json.loads(item.payload_json)) for item in messages]
    if entry["expected_text"] is not None:
        assert [_words(event) for event in events] == [entry["expected_text"]]
