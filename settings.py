"""What can be set from outside: one frozen value, read once from the environment, strict.

Nobody else reads `os.environ`. A value that does not parse stops the start with its name and what is allowed.
Names are those of the system this one succeeds where it had one. `.env.example` explains each to whoever fills it in;
a test holds the two together.
"""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models import office_hours


class BadSetting(Exception):
    """A setting that cannot be used. The text names it and says what is allowed; it never repeats a secret."""


def _text(raw: str) -> str:
    return raw


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError
        return value

    parse.__doc__ = f"a whole number from {low} to {high}"
    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(raw: str) -> float:
        value = float(raw)
        if not low <= value <= high:
            raise ValueError
        return value

    parse.__doc__ = f"a number from {low} to {high}"
    return parse


def _yes_no(raw: str) -> bool:
    """on or off"""
    return {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}[raw.lower()]


def _zone(raw: str) -> ZoneInfo:
    """a time zone name such as Africa/Lagos"""
    try:
        return ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as e:
        raise ValueError from e


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError
        return raw.rstrip("/")

    parse.__doc__ = "an address that begins with " + " or ".join(f"{s}://" for s in schemes)
    return parse


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError
        return raw

    parse.__doc__ = "one of " + ", ".join(allowed)
    return parse


def _keys(raw: str) -> tuple[str, ...]:
    """one or more Fernet keys (44 letters and figures each), separated by commas, the newest first"""
    keys = tuple(part.strip() for part in raw.split(",") if part.strip())
    if not keys or any(len(urlsafe_b64decode(key)) != 32 for key in keys):
        raise ValueError
    return keys


def _long(raw: str) -> str:
    """a random text of at least 16 characters"""
    if len(raw) < 16:
        raise ValueError
    return raw


# What the house says of its own accord (`worker.whatsapp.templates`; a test holds the two together).
TEMPLATE_KINDS = (
    *("payment_received", "payment_problem", "payment_refunded", "payment_not_started"),
    *("order_expired", "order_processing", "order_shipped", "order_ready", "order_delivered", "order_cancelled"),
    *("prescription_decided", "prescription_question", "person_answers"),
    *("visit_reminder", "visit_changed", "lab_result", "refill_due", "prescription_waits"),
)


def _matching(pattern: str, allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if not re.fullmatch(pattern, raw, re.ASCII):
            raise ValueError
        return raw

    parse.__doc__ = allowed
    return parse


def _template_names(raw: str) -> tuple[tuple[str, str, str], ...]:
    """kind=name or kind=name:language, separated by commas, each kind once and one that exists; kind= switches it off"""
    found = []
    for part in raw.split(","):
        one = re.fullmatch(r"([a-z_]+)=(?:([a-z0-9_]{1,512})(?::([a-z]{2,3}(?:_[A-Za-z]{2,4})?))?)?", part.strip(), re.ASCII)
        if one is None or one[1] not in TEMPLATE_KINDS:
            raise ValueError
        found.append((one[1], one[2] or "", one[3] or ""))
    if len({kind for kind, _, _ in found}) != len(found):
        raise ValueError
    return tuple(found)


def _folder_or_url(raw: str) -> str:
    """a folder's path, or an address such as s3://bucket/prefix"""
    if "\x00" in raw or ("://" in raw and not urlsplit(raw).scheme.isalnum()):
        raise ValueError
    return raw.rstrip("/")


def _keep_rule(raw: str) -> str:
    """how many of which, such as 7 daily, 4 weekly, 6 monthly; or everything"""
    found = re.findall(r"(\d{1,4}) *(daily|weekly|monthly|yearly)", raw)
    if raw != "everything" and (not found or re.sub(r"(\d{1,4}) *(daily|weekly|monthly|yearly)|[ ,]", "", raw)):
        raise ValueError
    if found and (len({period for _, period in found}) != len(found) or not any(int(count) for count, _ in found)):
        raise ValueError
    return raw


def _support_hours(raw: str) -> office_hours.Hours:
    """days and hours such as Mon-Fri 08:00-20:00, Sat 09:00-16:00 (holidays 10:00-14:00 too, where somebody is there), or always"""
    return office_hours.read(raw)


def _folder(raw: str) -> str:
    """a folder's path, from / on"""
    if not os.path.isabs(raw) or "\x00" in raw:
        raise ValueError
    return raw.rstrip("/") or "/"


def _setting(parse: Callable[[str], Any], default: Any = MISSING, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"parse": parse})


@dataclass(frozen=True, slots=True)
class Settings:
    # Where the rows and the hints live.
    database_url: str = _setting(_url("postgresql", "postgres"), secret=True)
    redis_url: str = _setting(_url("redis", "rediss"), secret=True)

    # WhatsApp. Empty secrets switch the webhook off (404): never "verify against an empty key".
    whatsapp_app_secret: str = _setting(_text, "", secret=True)
    whatsapp_app_secret_previous: str = _setting(_text, "", secret=True)
    whatsapp_verify_token: str = _setting(_text, "", secret=True)
    whatsapp_access_token: str = _setting(_text, "", secret=True)
    whatsapp_phone_number_id: str = _setting(_text, "")
    whatsapp_api_base_url: str = _setting(_url("https", "http"), "https://graph.facebook.com")
    whatsapp_api_version: str = _setting(_text, "v26.0")
    whatsapp_read_receipts: bool = _setting(_yes_no, True)
    whatsapp_messages_per_second: int = _setting(_whole(1, 1000), 80)
    whatsapp_business_account_id: str = _setting(_matching(r"\d{1,32}", "the number of the business account, digits only"), "")
    whatsapp_template_language: str = _setting(
        _matching(r"[a-z]{2,3}(_[A-Za-z]{2,4})?", "a language code of Meta's such as en or en_GB"), "en"
    )
    whatsapp_template_prefix: str = _setting(_matching(r"[a-z0-9_]{1,200}", "small letters, figures and underscores"), "")
    whatsapp_template_names: tuple[tuple[str, str, str], ...] = _setting(_template_names, ())

    # The conversation.
    default_timezone: ZoneInfo = _setting(_zone, ZoneInfo("Africa/Lagos"))
    session_idle_timeout_minutes: int = _setting(_whole(1, 24 * 60), 10)
    token_expiry_minutes: int = _setting(_whole(1, 24 * 60), 60)
    token_refresh_threshold_minutes: int = _setting(_whole(0, 60), 5)
    reply_max_age_minutes: int = _setting(_whole(1, 24 * 60), 15)
    held_max_days: int = _setting(_whole(1, 90), 7)
    agent_return_minutes: int = _setting(_whole(1, 24 * 60), 30)
    support_hours: office_hours.Hours = _setting(_support_hours, office_hours.Hours())
    event_max_attempts: int = _setting(_whole(1, 20), 5)
    event_max_deaths: int = _setting(_whole(1, 20), 3)
    send_max_attempts: int = _setting(_whole(1, 20), 6)
    lease_seconds: int = _setting(_whole(5, 600), 30)
    unsure_wait_seconds: float = _setting(_number(0.5, 600), 8.0)

    # Prescriptions: where files are kept sealed, and how they are read.
    media_url: str = _setting(_folder_or_url, "media")
    media_keys: tuple[str, ...] = _setting(_keys, (), secret=True)
    media_max_bytes: int = _setting(_whole(10_000, 24_000_000), 16_000_000)
    prescription_valid_days: int = _setting(_whole(1, 3650), 90)
    prescription_wait_minutes: int = _setting(_whole(5, 24 * 60), 30)
    ocr_engine: str = _setting(_one_of("auto", "ppocr", "tesseract"), "auto")
    ocr_timeout_seconds: int = _setting(_whole(5, 600), 60)
    ocr_memory_mib: int = _setting(_whole(400, 16_000), 1600)
    ocr_max_attempts: int = _setting(_whole(1, 20), 5)
    ocr_max_deaths: int = _setting(_whole(1, 20), 3)
    tesseract_cmd: str = _setting(_text, "tesseract")
    tessdata_prefix: str = _setting(_text, "")

    # The console for staff. Without a secret key it answers 404.
    console_secret_key: str = _setting(_long, "", secret=True)
    console_session_hours: int = _setting(_whole(1, 24), 10)
    console_idle_minutes: int = _setting(_whole(5, 480), 30)
    console_claim_minutes: int = _setting(_whole(1, 120), 10)
    console_secure_cookies: bool = _setting(_yes_no, True)
    proxy_hops: int = _setting(_whole(0, 5), 0)

    # Payments (used by the payment processes).
    paystack_secret_key: str = _setting(_text, "", secret=True)
    paystack_secret_key_previous: str = _setting(_text, "", secret=True)
    paystack_base_url: str = _setting(_url("https", "http"), "https://api.paystack.co")
    flutterwave_secret_key: str = _setting(_text, "", secret=True)
    flutterwave_secret_key_previous: str = _setting(_text, "", secret=True)
    flutterwave_secret_hash: str = _setting(_text, "", secret=True)
    flutterwave_secret_hash_previous: str = _setting(_text, "", secret=True)
    flutterwave_base_url: str = _setting(_url("https", "http"), "https://api.flutterwave.com")
    public_base_url: str = _setting(_text, "")
    payment_email_domain: str = _setting(_text, "customers.drugs.ng")
    retry_max_attempts: int = _setting(_whole(0, 10), 3)
    retry_initial_delay_ms: int = _setting(_whole(1, 600_000), 1000)
    retry_backoff_multiplier: float = _setting(_number(1, 10), 2.0)

    # The pharmacy itself, as the law wants it shown.
    pharmacy_name: str = _setting(_text, "Drugs.ng Pharmacy")
    pharmacy_address: str = _setting(_text, "")
    pharmacy_licence_number: str = _setting(_text, "")
    pharmacy_phone: str = _setting(_text, "")
    delivery_fee_kobo: int = _setting(_whole(0, 100_000_00), 150_000)

    # How long what is kept, and where what is put away goes.
    retention_messages_days: int = _setting(_whole(14, 3650), 30)
    retention_set_aside_days: int = _setting(_whole(14, 3650), 90)
    retention_sessions_days: int = _setting(_whole(1, 3650), 30)
    retention_prescription_days: int = _setting(_whole(365, 36500), 1825)
    session_archive_dir: str = _setting(_folder, "")
    old_files_fetch: bool = _setting(_yes_no, True)
    backup_dir: str = _setting(_folder, "")
    backup_keep: str = _setting(_keep_rule, "7 daily, 4 weekly, 6 monthly")

    # Watching.
    log_level: str = _setting(_one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
    log_dir: str = _setting(_text, "logs")
    sentry_dsn: str = _setting(_text, "", secret=True)
    sentry_environment: str = _setting(_text, "development")
    metrics_token: str = _setting(_text, "", secret=True)

    # Sizes of the processes.
    worker_threads: int = _setting(_whole(1, 128), 16)
    worker_processes: int = _setting(_whole(1, 64), 1)
    ocr_processes: int = _setting(_whole(1, 32), 1)
    payment_threads: int = _setting(_whole(1, 16), 16)
    web_threads: int = _setting(_whole(1, 256), 8)
    web_processes: int = _setting(_whole(1, 64), 1)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The app secrets that verify, newest first: two during a rotation, none when the webhook is switched off."""
        return tuple(s for s in (self.whatsapp_app_secret, self.whatsapp_app_secret_previous) if s)


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from a mapping of upper-case names. Raises BadSetting for the first value that cannot be used."""
    values: dict[str, Any] = {}
    for f in fields(Settings):
        name = f.name.upper()
        raw = environment.get(name, "").strip()
        if not raw:
            if f.default is MISSING:
                raise BadSetting(f"{name} is not set: it must be {f.metadata['parse'].__doc__}.")
            continue
        parse = f.metadata["parse"]
        try:
            values[f.name] = parse(raw)
        except (ValueError, KeyError) as e:
            raise BadSetting(f"{name} cannot be used: it must be {parse.__doc__}.") from e
    return Settings(**values)


@cache
def current() -> Settings:
    """This process's settings, read once."""
    return read(os.environ)
