from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.envelope import split
from tests.whatsapp_payloads import ADA, ADA_ID, OTHER_ID, OUR_NUMBER, anything, body, names, steady
from worker.flows.step import Happened, Said, SentBasket, SentContact, SentLocation, SentMedia, SentUnusable, Tapped
from worker.whatsapp.inbound import READERS, asked_about, quoted_id, read, referral

# payload file -> the event its (only) message becomes
EVENTS: dict[str, Any] = {
    "text": Said("find paracetamol"),
    "text_astral_emoji": Said("😀 ₦500 👩🏾‍⚕️ Ọ̀kan"),
    "text_lone_surrogate_and_nul": Said("a�b�c"),
    "text_without_text": Said(""),
    "text_body_is_a_number": Said("5"),
    "text_forwarded": Said("see this"),
    "text_answering_with_quote": Said("this one"),
    "text_from_an_advertisement": Said("Hello! Can I get more info?"),
    "advertisement_without_words": Happened("ad_clicked", {"source_type": "ad", "source_id": "99"}),
    "text_about_a_product": Said("Is this available?"),
    "bsuid_from_empty": Said("hi"),
    "image": SentMedia("image", "m1", "image/jpeg", "rx 12345", "", "AAAA"),
    "image_without_id": SentUnusable("image"),
    "image_id_is_a_number": SentMedia("image", "1003383421387256", "image/jpeg"),
    "document": SentMedia("document", "m2", "application/pdf", "my paper", "rx.pdf"),
    "audio_voice_note": SentMedia("audio", "m3", "audio/ogg"),
    "voice_old_name": SentMedia("audio", "m4", "audio/ogg"),
    "video": SentMedia("video", "m5", "video/mp4", "look"),
    "sticker": SentMedia("sticker", "m6", "image/webp"),
    "location": SentLocation(6.4541, 3.3947, "Lekki", "1 Admiralty Way"),
    "location_as_strings": SentLocation(6.4541, 3.3947),
    "location_off_the_globe": SentUnusable("location"),
    "location_without_longitude": SentUnusable("location"),
    "contact_card": SentContact("Dr Bello", ("+2348035550001",)),
    "contact_own_number": SentContact("Ada Obi", (f"+{ADA}",), own=True),
    "contact_in_vcard": SentContact("Ada", (f"+{ADA}",), own=True),
    "contacts_empty": SentUnusable("contacts"),
    "button_reply": Tapped("cart.add:3", "Add"),
    "list_reply": Tapped("product:3", "Panadol"),
    "list_reply_without_id": Said("Panadol"),
    "interactive_without_content": SentUnusable("interactive"),
    "interactive_of_a_new_kind": SentUnusable("hologram_reply"),
    "form_answer": Happened("form_answered", {"name": "flow", "answers": {"flow_token": "t", "age": 31}}),
    "form_answer_invalid_json": SentUnusable("nfm_reply"),
    "form_answer_with_surrogate": Happened("form_answered", {"name": "flow", "answers": {"a": "�", "b": None}}),
    "form_answer_missing": SentUnusable("nfm_reply"),
    "call_permission_reply": SentUnusable("call_permission_reply"),
    "template_button": Tapped("reminder.keep:8", "Yes, please"),
    "template_button_without_payload": Tapped("Yes, please", "Yes, please"),
    "reaction": SentUnusable("reaction"),
    "order": SentBasket((("sku-1", 2), ("sku-2", 1)), "quick please"),
    "order_empty": SentUnusable("order"),
    "request_welcome": Happened("chat_opened", {}),
    "unsupported": SentUnusable("unsupported"),
    "unsupported_poll": SentUnusable("poll_creation"),
    "edit": SentUnusable("edit"),
    "type_unknown": SentUnusable("telepathy"),
    "number_changed": Happened(
        "number_changed",
        {"old_number": ADA, "new_number": "2348059999999", "old_user_id": ADA_ID, "new_user_id": OTHER_ID},
    ),
    "number_changed_old_form": Happened("number_changed", {"old_number": ADA, "new_number": "2348059999999"}),
    "user_id_changed": Happened("user_id_changed", {"old_user_id": ADA_ID, "new_user_id": OTHER_ID}),
    "user_id_changed_number_stays": Happened("user_id_changed", {"new_number": ADA, "new_user_id": OTHER_ID}),
    "identity_changed": Happened("identity_changed", {"old_number": ADA}),
    "user_id_update": Happened("user_id_changed", {"old_user_id": ADA_ID, "new_user_id": OTHER_ID}),
    "marketing_stopped": Happened("marketing_stopped", {"category": "marketing_messages"}),
    "marketing_resumed": Happened("marketing_resumed", {"category": "marketing_messages"}),
}


def the_item(name: str) -> Any:
    (item,) = split(body(name), OUR_NUMBER).messages
    return item


@pytest.mark.parametrize("name", EVENTS)
def test_a_stored_message_becomes_the_event_it_is(name: str) -> None:
    item = the_item(name)
    assert read(item.kind, json.loads(item.payload_json)) == EVENTS[name]


def test_what_a_message_refers_to_is_found_beside_its_event() -> None:
    payload = {name: json.loads(the_item(name).payload_json) for name in names() if name.startswith(("text", "button"))}
    assert quoted_id(payload["button_reply"]) == "wamid.OURS2"
    assert quoted_id(payload["text_answering_with_quote"]) == "wamid.OURS1"
    assert quoted_id(payload["text_forwarded"]) == ""
    assert referral(payload["text_from_an_advertisement"])["source_id"] == "99"
    assert referral(payload["text"]) == {}
    assert asked_about(payload["text_about_a_product"]) == "sku-7"


def test_a_text_longer_than_any_phone_sends_is_cut() -> None:
    assert read("text", {"text": {"body": "a" * 100_000}}) == Said("a" * 65_536)


@given(st.sampled_from([*READERS, "nonsense", ""]), anything)
@steady(200)
def test_no_payload_makes_reading_fail(kind: str, payload: Any) -> None:
    assert read(kind, payload) is not None


@given(st.sampled_from(sorted(EVENTS)), st.data())
@steady(400)
def test_any_part_of_a_real_message_replaced_by_anything_gives_a_storable_event(name: str, data: Any) -> None:
    item = the_item(name)
    payload = json.loads(item.payload_json)
    holder: Any = payload
    for _ in range(data.draw(st.integers(0, 3))):
        keys = [k for k in (holder if isinstance(holder, dict) else range(len(holder))) if isinstance(holder[k], (dict, list))]
        if not keys:
            break
        holder = holder[data.draw(st.sampled_from(keys))]
    if not holder:
        return
    holder[data.draw(st.sampled_from(list(holder if isinstance(holder, dict) else range(len(holder)))))] = data.draw(anything)
    written = repr(read(item.kind, payload))
    assert "\\x00" not in written
    assert "\\ud8" not in written


def test_splitting_and_reading_load_nothing_heavy() -> None:
    code = "import sys, models.envelope, worker.whatsapp.inbound; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30).stdout.split()
    )
    assert not loaded & {"cv2", "numpy", "dramatiq", "peewee", "urllib3", "flask", "redis"}
