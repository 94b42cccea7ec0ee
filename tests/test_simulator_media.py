"""Files at the fake Graph API: types, sizes, addresses that end after five minutes, the bearer everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
import urllib3

from local.simulator.config import Config
from local.simulator.control import Simulator
from local.simulator.samples import sample

CONFIG = Config()
ADA = "2348031234567"
BEARER = {"Authorization": f"Bearer {CONFIG.access_token}"}
MB = 1024 * 1024
http = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread(window="off", statuses=False) as running:
        yield running
    http.clear()


def upload(sim: Simulator, content: bytes, mime_type: str, **fields: str) -> urllib3.BaseHTTPResponse:
    form = {"messaging_product": "whatsapp", "type": mime_type, "file": ("a file", content, mime_type), **fields}
    form = {k: v for k, v in form.items() if v != ""}
    return http.request("POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/media", fields=form, headers=BEARER)


def get(url: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return http.request("GET", url, headers=headers or BEARER)


def send(sim: Simulator, **content: object) -> tuple[int, object]:
    payload = {"messaging_product": "whatsapp", "to": ADA, **content}
    answer = http.request("POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/messages", json=payload, headers=BEARER)
    return answer.status, answer.json().get("error", {}).get("code")


def test_a_file_goes_up_and_comes_down_again_with_the_bearer(sim: Simulator) -> None:
    content = b"%PDF-1.4 hello"
    media_id = upload(sim, content, "application/pdf").json()["id"]

    about = get(f"{sim.url}/v23.0/{media_id}").json()
    down = get(about["url"])

    assert (about["mime_type"], about["file_size"], about["id"]) == ("application/pdf", len(content), media_id)
    assert about["sha256"] == hashlib.sha256(content).hexdigest()
    assert (down.status, down.data, down.headers["Content-Type"]) == (200, content, "application/pdf")
    assert get(about["url"], Authorization="Bearer wrong").status == 401
    assert get(about["url"], Accept="*/*").status == 401


def test_an_address_ends_after_five_minutes(sim: Simulator) -> None:
    media_id = upload(sim, b"x", "text/plain").json()["id"]
    url = get(f"{sim.url}/v23.0/{media_id}").json()["url"]

    sim.expire_media(after_s=290)
    assert get(url).status == 200
    sim.expire_media(after_s=11)
    assert get(url).status == 404
    assert get(get(f"{sim.url}/v23.0/{media_id}").json()["url"]).status == 200


def test_a_deleted_or_unknown_file_is_an_unknown_object(sim: Simulator) -> None:
    media_id = upload(sim, b"x", "text/plain").json()["id"]

    deleted = http.request("DELETE", f"{sim.url}/v23.0/{media_id}", headers=BEARER)
    gone, unknown = get(f"{sim.url}/v23.0/{media_id}"), get(f"{sim.url}/v23.0/123")

    assert deleted.json() == {"success": True}
    for answer in (gone, unknown):
        error = answer.json()["error"]
        assert (answer.status, error["code"], error["error_subcode"]) == (400, 100, 33)


def test_a_file_of_another_number_is_unknown(sim: Simulator) -> None:
    media_id = upload(sim, b"x", "text/plain").json()["id"]

    assert get(f"{sim.url}/v23.0/{media_id}?phone_number_id={CONFIG.phone_number_id}").status == 200
    assert get(f"{sim.url}/v23.0/{media_id}?phone_number_id=999").json()["error"]["error_subcode"] == 33


# Meta, business-phone-numbers/media, read 2026-11-22: the largest file of each kind.
LARGEST = {"image/png": 5 * MB, "audio/ogg": 16 * MB, "video/mp4": 16 * MB, "image/webp": 500 * 1024}


@pytest.mark.parametrize("mime_type", LARGEST)
def test_a_file_of_the_largest_size_is_taken_and_no_byte_more(sim: Simulator, mime_type: str) -> None:
    size = LARGEST[mime_type]

    assert upload(sim, b"x" * size, mime_type).status == 200
    assert upload(sim, b"x" * (size + 1), mime_type).json()["error"]["code"] == 100


@pytest.mark.parametrize("mime_type", ["image/gif", "image/svg+xml", "text/html", "application/zip", "nonsense"])
def test_a_type_whatsapp_does_not_take_is_refused(sim: Simulator, mime_type: str) -> None:
    answer = upload(sim, b"x", mime_type)

    assert (answer.status, answer.json()["error"]["code"]) == (400, 100)


def test_an_upload_needs_its_fields(sim: Simulator) -> None:
    assert upload(sim, b"", "text/plain").json()["error"]["code"] == 131009
    assert upload(sim, b"x", "text/plain", messaging_product="").json()["error"]["code"] == 100
    plain = http.request("POST", f"{sim.url}/v23.0/{CONFIG.phone_number_id}/media", body=b"x", headers=BEARER)
    assert plain.json()["error"]["code"] == 100


def test_an_uploaded_picture_can_be_sent_and_a_document_is_no_picture(sim: Simulator) -> None:
    picture = upload(sim, sample("image")[0], "image/jpeg").json()["id"]
    paper = upload(sim, b"%PDF", "application/pdf").json()["id"]
    header = {"type": "image", "image": {"id": picture}}
    action = {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "A"}}]}

    assert send(sim, type="image", image={"id": picture})[0] == 200
    assert (
        send(sim, type="interactive", interactive={"type": "button", "header": header, "body": {"text": "x"}, "action": action})[
            0
        ]
        == 200
    )
    assert send(sim, type="image", image={"id": paper})[0] == 200
    assert sim.messages(wait_for=3)[-1]["status"] in ("accepted", "failed")
    sim.settle()


def test_a_picture_of_a_customer_can_be_fetched_by_its_id(sim: Simulator) -> None:
    sim.send_media(ADA, b"\xff\xd8 a picture", "image/jpeg", caption="rx 12345")
    sim.send_media(ADA, b"%PDF a paper", "application/pdf", filename="rx.pdf")

    chat = get(f"{sim.url}/phone/state?keys={ADA}").json()["phones"][0]["chat"]
    mine = [m["payload"] for m in chat if m["mine"]]

    assert (mine[0]["type"], mine[0]["image"]["caption"]) == ("image", "rx 12345")
    assert (mine[1]["type"], mine[1]["document"]["filename"]) == ("document", "rx.pdf")
    about = get(f"{sim.url}/v23.0/{mine[0]['image']['id']}").json()
    assert get(about["url"]).data == b"\xff\xd8 a picture"


def test_faults_bite_look_ups_and_downloads_by_name(sim: Simulator) -> None:
    media_id = upload(sim, b"x", "text/plain").json()["id"]
    sim.fault(on="media", code=131000)
    sim.fault(on="download", http=503, body="")

    failed = get(f"{sim.url}/v23.0/{media_id}")
    url = get(f"{sim.url}/v23.0/{media_id}").json()["url"]

    assert failed.status == 500
    assert [get(url).status, get(url).status] == [503, 200]


def test_the_oldest_files_make_room(sim: Simulator) -> None:
    with Simulator.in_thread(media_bytes=250) as small:
        ids = [upload(small, b"x" * 100, "text/plain").json()["id"] for _ in range(4)]

        found = [get(f"{small.url}/v23.0/{media_id}").status for media_id in ids]

    assert found == [400, 400, 200, 200]
