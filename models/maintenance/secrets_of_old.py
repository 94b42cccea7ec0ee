"""What the old program kept in the open within `sessions.data`: passwords while somebody registers, tokens, codes."""

from __future__ import annotations

# Keys of the bag that hold, or hold within them, a password, a bearer token or a code. The rest (lists, carts) is harmless.
SECRET_KEYS = (
    *("token", "userToken", "accessToken", "refreshToken", "sessionToken", "externalToken", "drugsngToken", "adminToken"),
    *("password", "plainPassword", "tempPassword", "newPassword", "passwordHash", "confirmPassword"),
    *("registrationData", "registration", "registrationInfo", "loginData", "credentials"),
    *("otp", "otpCode", "resetToken", "resetData"),
)
# What looks like one under a name nobody wrote down, at the first level of the bag. A POSIX pattern, matched without case.
LOOKS_SECRET = "|".join(("password", "token", "secret", "credential"))

KEYS = "ARRAY[" + ", ".join(f"'{key}'" for key in SECRET_KEYS) + "]"
# A bag may be anything JSON: only an object has keys.
HAS_SECRET = f"""(jsonb_typeof({{0}}) = 'object' AND ({{0}} ?| {KEYS}
    OR EXISTS (SELECT FROM jsonb_object_keys(CASE jsonb_typeof({{0}}) WHEN 'object' THEN {{0}} ELSE '{{{{}}}}' END) k
        WHERE k ~* '{LOOKS_SECRET}')))"""
FREED = f"""({{0}} - {KEYS} - ARRAY(SELECT k FROM jsonb_object_keys(CASE jsonb_typeof({{0}}) WHEN 'object' THEN {{0}} ELSE '{{{{}}}}' END) k
    WHERE k ~* '{LOOKS_SECRET}'))"""


def has_secret(column: str) -> str:
    """A condition: this jsonb column holds one. NULL counts as no."""
    return HAS_SECRET.format(column)


def freed(column: str) -> str:
    """The jsonb object without them."""
    return FREED.format(column)
