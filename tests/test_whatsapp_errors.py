from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whatsapp_payloads import anything, steady
from worker.whatsapp.errors import CLASSES, CODES, classify, classify_code


def body(code: Any, **more: Any) -> bytes:
    return json.dumps({"error": {"message": f"(#{code}) refused", "type": "OAuthException", "code": code} | more}).encode()


# class -> the codes of Meta's table that belong to it
PUBLISHED = {
    "slow_down": [4, 80007, 130429, 131048, 131056, 131064, 132069, 133016],
    "retryable": [1, 2, 131000, 131016, 131057, 133004, 134101, 131053],
    "needs_template": [131047],
    "wait": [131049],
    "opt_out": [131050],
    "bad_recipient": [131026, 131021, 131030, 130403, 130472, 131060, 131062, 137000, 130497],
    "bad_content": [100, 131008, 131009, 131051, 131052, 131063, 132000, 132001, 132005, 132007, 132008, 132012, 132015],
    "bad_content (more)": [132016, 132068, 135000],
    "stop_sender": [0, 3, 10, 190, 200, 250, 299, 33, 368, 131005, 131031, 131037, 131042, 131045, 133010, 134011],
}


@pytest.mark.parametrize(("klass", "code"), [(klass.split()[0], code) for klass, codes in PUBLISHED.items() for code in codes])
def test_each_published_code_has_its_class_whatever_the_http_status(klass: str, code: int) -> None:
    assert {classify(status, body(code)).klass for status in (400, 401, 403, 404, 500, 503)} == {klass}
    assert classify(400, body(code)).code == str(code)
    assert classify_code(code).klass == klass


@pytest.mark.parametrize(
    ("status", "answer", "klass", "code"),
    [
        (500, body(999999), "retryable", "999999"),
        (502, body(999999), "retryable", "999999"),
        (429, body(999999), "slow_down", "999999"),
        (400, body(999999), "bad_content", "999999"),
        (400, body(999999, is_transient=True), "retryable", "999999"),
        (400, body(100, error_subcode=33), "stop_sender", "100/33"),
        (401, body(190, error_subcode=463), "stop_sender", "190"),
        (400, body("131047"), "needs_template", "131047"),
        (429, b"", "slow_down", "http_429"),
        (401, b"", "stop_sender", "http_401"),
        (404, b"<html>not here</html>", "bad_content", "http_404"),
        (500, b"<html>oops</html>", "retryable", "http_500"),
        (503, b"", "retryable", "http_503"),
        (502, b"<html>bad gateway</html>", "ambiguous", "http_502"),
        (504, b"", "ambiguous", "http_504"),
        (408, b"", "ambiguous", "http_408"),
        (302, b"", "retryable", "http_302"),
        (400, b'{"error": "text"}', "bad_content", "http_400"),
        (400, b'{"error": {"code": [1]}}', "bad_content", "http_400"),
        (400, b'{"error": {"code": true}}', "bad_content", "http_400"),
        (400, b"[" * 100_000, "bad_content", "http_400"),
        (500, b"\xff\xfe\x00", "retryable", "http_500"),
    ],
)
def test_unknown_codes_and_answers_that_are_no_json_are_judged_by_the_status(
    status: int, answer: bytes, klass: str, code: str
) -> None:
    found = classify(status, answer)
    assert (found.klass, found.code) == (klass, code)


def test_retry_after_is_honoured_in_seconds_and_ignored_when_it_makes_no_sense() -> None:
    assert classify(400, body(130429), "17").retry_after_s == 17
    assert classify(429, b"", "17").retry_after_s == 17
    assert classify(400, body(130429), "Wed, 21 Oct 2026 07:28:00 GMT").retry_after_s == 1
    assert classify(400, body(130429), "-5").retry_after_s == 1
    assert classify(400, body(130429), "99999999999").retry_after_s == 86_400


def test_only_the_pair_limit_lets_other_customers_go_on() -> None:
    assert classify(400, body(131056)).scope == "recipient"
    assert classify(400, body(130429)).scope == "sender"
    assert classify(401, b"").scope == "sender"
    assert classify(400, body(131026)).scope == "recipient"


def test_details_name_no_number_and_no_token_and_keep_the_trace() -> None:
    answer = body(
        131026, error_data={"details": "to +2348031234567 with EAAGm0PX4ZCpsBA1234567890 failed"}, fbtrace_id="AbC_dE-1f"
    )
    detail = classify(400, answer).detail
    assert detail == "(#131026) refused: to [id] with [token] failed (trace AbC_dE-1f)"
    assert classify(400, body(131026, error_data="odd")).detail == "(#131026) refused: odd"


def test_what_a_person_must_see_is_marked() -> None:
    assert classify(400, body(100)).alarming
    assert classify(401, body(190)).alarming
    assert classify(400, body(130497)).alarming
    assert not classify(400, body(131047)).alarming


def test_every_code_has_one_of_the_published_classes() -> None:
    assert set(CODES.values()) <= set(CLASSES)


@given(st.integers(100, 599), st.binary(max_size=60) | anything.map(lambda v: json.dumps(v).encode()) | anything.map(body))
@steady(300)
def test_no_answer_makes_classifying_fail(status: int, answer: bytes) -> None:
    found = classify(status, answer)
    assert found.klass in CLASSES
    assert len(found.detail) < 400
