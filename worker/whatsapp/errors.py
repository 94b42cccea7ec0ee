"""Meta's refusals in nine classes, each with one thing to do. Pure.

| class | what to do |
|---|---|
| slow_down | wait `retry_after_s`, growing, with jitter; costs no attempt. `scope` "recipient" concerns that customer only |
| retryable | try again with back-off, a bounded number of times (`max_tries` where it is fewer than usual) |
| ambiguous | it may have been sent: wait for a status that names our callback, then send again |
| needs_template | the 24-hour window is closed: a template, or wait for the customer |
| wait | Meta will not deliver this now: not again for a day |
| opt_out | the customer stopped marketing: note it, never again |
| bad_recipient | this customer cannot get it: fail |
| bad_content | our message is wrong: fail, tell the engineers |
| stop_sender | nothing will go out: stop sending for all, keep the queue, alarm |

Source: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (pages of December 2025 and
September 2026, read 22 November 2026). Decided on `code`, never on HTTP status or title: Meta answers throttles with 400.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from models.wire import clean_detail

SLOW_DOWN, RETRYABLE, AMBIGUOUS = "slow_down", "retryable", "ambiguous"
NEEDS_TEMPLATE, WAIT, OPT_OUT = "needs_template", "wait", "opt_out"
BAD_RECIPIENT, BAD_CONTENT, STOP_SENDER = "bad_recipient", "bad_content", "stop_sender"

CLASSES = (SLOW_DOWN, RETRYABLE, AMBIGUOUS, NEEDS_TEMPLATE, WAIT, OPT_OUT, BAD_RECIPIENT, BAD_CONTENT, STOP_SENDER)

ONE_DAY_S = 86_400.0
RETRY_AFTER_MAX_S = ONE_DAY_S

_CODES: dict[str, tuple[int, ...]] = {
    SLOW_DOWN: (4, 80007, 130429, 131048, 131056, 131064, 132069, 133008, 133009, 133015, 133016),
    RETRYABLE: (1, 2, 131000, 131016, 131053, 131057, 133000, 133004, 134101),
    NEEDS_TEMPLATE: (131047,),
    WAIT: (131049,),
    OPT_OUT: (131050,),
    # 130497 (this business may not write to that country) stands with the recipients and not with the sender: one foreign
    # customer must not silence the bot for all.
    BAD_RECIPIENT: (130403, 130472, 130497, 131021, 131026, 131030, 131060, 131062, 137000),
    BAD_CONTENT: (
        *(100, 131008, 131009, 131051, 131052, 131055, 131063, 132000, 132001, 132005, 132007, 132008, 132012, 132015),
        *(132016, 132068, 133005, 133006, 134100, 134102, 135000),
    ),
    STOP_SENDER: (0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133010, 134011, *range(200, 300)),
}
CODES: dict[int, str] = {code: klass for klass, codes in _CODES.items() for code in codes}

# Seconds to wait where Meta says so or the limit's period tells; the sender grows them from there.
WAITS_S: dict[int, float] = {
    4: 60,
    80007: 300,
    130429: 1,
    131048: 3600,
    131056: 6,
    131064: 6 * 3600,
    131057: 60,
    131049: ONE_DAY_S,
    132069: 60,
    133015: 300,
    133016: ONE_DAY_S,
    134101: 600,
}
MAX_TRIES: dict[int, int] = {1: 3, 131053: 3}
# What concerns this customer alone, and (131064) templates alone: neither may silence the bot for all.
NOT_THE_SENDER = frozenset({131056, 131064})
# Trouble with the payment method: templates are billed, replies within the window are not. Told of a template it says nothing of
# replies (which find out for themselves), and one notice must not silence the bot for all.
BILLED_ALONE = frozenset({"131042"})

_BEARER = re.compile(r"\bEAA[A-Za-z0-9]{10,}|[Bb]earer\s+\S+")
_TRACE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{4,40}")


@dataclass(frozen=True, slots=True)
class SendError:
    """A refusal, classified. `code` is Meta's code as text ("131047", "100/33") or "http_502". `detail` has no phone numbers."""

    klass: str
    code: str
    detail: str = ""
    retry_after_s: float | None = None
    scope: str = "recipient"  # "sender": nobody should be written to meanwhile
    max_tries: int | None = None

    @property
    def alarming(self) -> bool:
        """Whether a person has to look: our message is wrong, our account is in trouble."""
        return self.klass in (BAD_CONTENT, STOP_SENDER) or self.code in ("130497", "131048", "131064")


def classify(http_status: int, body: bytes, retry_after: str | None = None) -> SendError:
    """What an answer other than success means. `body` may be anything: HTML of an edge proxy, nothing, another JSON.

    `retry_after`: the header's text; seconds only, dates are ignored.
    """
    error = _error_object(body)
    wait_s = _seconds(retry_after)
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    if code is None:
        klass, code_text = _by_status(http_status)
        return SendError(klass, code_text, "", wait_s, _scope(klass))
    found = classify_code(code, subcode=subcode, http_status=http_status, transient=error.get("is_transient") is True)
    return SendError(found.klass, found.code, _detail(error), wait_s or found.retry_after_s, found.scope, found.max_tries)


def classify_code(code: int, *, subcode: int | None = None, http_status: int = 400, transient: bool = False) -> SendError:
    """The same for a bare code, as in a `failed` status."""
    if (code, subcode) == (100, 33):  # object unknown: our number is gone, or the token has no right to it
        return SendError(STOP_SENDER, "100/33", scope="sender")
    klass = CODES.get(code)
    if klass is None:
        klass = RETRYABLE if transient else _by_status(http_status)[0]
        klass = RETRYABLE if klass == AMBIGUOUS else klass  # Meta itself answered, so it was not sent
    scope = "recipient" if code in NOT_THE_SENDER else _scope(klass)
    return SendError(klass, str(code), "", WAITS_S.get(code), scope, MAX_TRIES.get(code))


def _scope(klass: str) -> str:
    return "sender" if klass in (STOP_SENDER, SLOW_DOWN) else "recipient"


def _by_status(http_status: int) -> tuple[str, str]:
    """Class and code of an answer without an error of Meta's in it."""
    code = f"http_{http_status}"
    if http_status == 429:
        return SLOW_DOWN, code
    # A proxy in between gave up waiting, or lost the server behind it while it worked.
    if http_status in (408, 502, 504):
        return AMBIGUOUS, code
    if http_status == 401:
        return STOP_SENDER, code
    # Redirects are not followed: a captive portal or a proxy answers so, and Meta never saw the message.
    if http_status >= 500 or http_status < 400:
        return RETRYABLE, code
    return BAD_CONTENT, code


def _error_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and len(value) <= 12 and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12 else None


def _seconds(text: str | None) -> float | None:
    text = (text or "").strip()
    if not text or len(text) > 12 or not text.isascii() or not text.isdigit():
        return None
    return min(float(text), RETRY_AFTER_MAX_S)


def _detail(error: dict[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    parts = [part for part in (error.get("message"), details) if isinstance(part, str) and part.strip()]
    line = clean_detail(_BEARER.sub("[token]", ": ".join(dict.fromkeys(parts))[:2000]))
    trace = error.get("fbtrace_id")
    return f"{line} (trace {trace})" if isinstance(trace, str) and _TRACE.fullmatch(trace) else line
