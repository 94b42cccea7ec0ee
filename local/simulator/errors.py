"""Graph API errors: the documented HTTP status and title of each code, and the envelope they travel in.

Source: Meta, support/error-codes (read 2026-11-22). Throttles are HTTP 400 in that table, not 429. A code the table gives no
HTTP status for is answered with 400.
"""

from __future__ import annotations

from typing import Any

from local.simulator import wire

# code: (HTTP status, title)
CODES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "API Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    299: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    2500: (400, "Unknown path components"),
    80007: (400, "Rate limit issues"),
    130403: (400, "User is blocked"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "WhatsApp provided number needs display name approval before message can be sent"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam Rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Method not allowed"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131060: (400, "This message is currently unavailable"),
    131062: (400, "Business-scoped User ID (BSUID) recipients are not supported for this message."),
    131063: (400, "Marketing templates are disabled for the Cloud API"),
    131064: (400, "Template rate limit hit"),
    132000: (400, "Template Param Count Mismatch"),
    132001: (404, "Template does not exist"),
    132005: (400, "Template Hydrated Text Too Long"),
    132007: (400, "Template Format Character Policy Violated"),
    132008: (400, "Template Parameter Value Invalid"),
    132012: (400, "Template Parameter Format Mismatch"),
    132015: (400, "Template is Paused"),
    132016: (400, "Template is Disabled"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133000: (500, "Incomplete Deregistration"),
    133004: (503, "Server Temporarily Unavailable"),
    133005: (400, "Two step verification PIN Mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too Many two step verification PIN Guesses"),
    133009: (400, "Two step verification PIN Guessed Too Fast"),
    133010: (400, "Phone number Not Registered"),
    133015: (400, "Please wait a few minutes before attempting to register this phone number"),
    133016: (400, "Account register deregister rate limit exceeded"),
    134011: (400, "Payments terms not accepted"),
    134100: (400, "Only marketing messages supported"),
    134101: (400, "Template is still syncing"),
    134102: (400, "Template unavailable for use"),
    135000: (400, "Generic user error"),
    137000: (400, "Recipient identity key changed"),
}

HREF = "/documentation/business-messaging/whatsapp/support/error-codes"


class GraphError(Exception):
    """A refusal of the Graph API. `http` overrides the documented status, `subcode` is error_subcode."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        http: int | None = None,
        subcode: int | None = None,
        kind: str = "OAuthException",
        retry_after_s: int | None = None,
        transient: bool = False,
    ) -> None:
        documented, title = CODES.get(code, (400, "Unknown error"))
        self.code, self.details, self.subcode, self.kind = code, details, subcode, kind
        self.http = http or documented
        self.title = title
        self.message = message or f"(#{code}) {title}"
        self.retry_after_s = retry_after_s
        self.transient = transient
        super().__init__(f"{self.message}: {details}")

    def body(self) -> bytes:
        """The JSON envelope with a fresh fbtrace_id."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.transient:
            error["is_transient"] = True
        error["fbtrace_id"] = wire.trace_id()
        return wire.encode({"error": error})

    def status_error(self) -> dict[str, Any]:
        """The same refusal as it stands in `errors[]` of a failed status."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": HREF,
        }


def missing(parameter: str) -> GraphError:
    """A required parameter is not there: 131008, as the Cloud API says it for the parts of a message."""
    return GraphError(131008, f"Required parameter is missing: {parameter}")


def required(parameter: str) -> GraphError:
    """A required top-level parameter is not there: plain 100, as Graph itself says it."""
    return GraphError(100, message=f"(#100) The parameter {parameter} is required.")


def invalid(details: str) -> GraphError:
    """A value is wrong: 131009."""
    return GraphError(131009, details)


def too_long(path: str, limit: int) -> GraphError:
    return GraphError(100, message=f"(#100) Param {path} must be at most {limit} characters long.")


def unexpected(key: str, path: str) -> GraphError:
    return GraphError(100, message=f'(#100) Unexpected key "{key[:64]}" on param "{path}".')


def unknown_object(object_id: str, verb: str = "post") -> GraphError:
    """100 with subcode 33: no such object, or no right to it."""
    return GraphError(
        100,
        message=f"Unsupported {verb} request. Object with ID '{object_id[:64]}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api",
        subcode=33,
        kind="GraphMethodException",
    )
