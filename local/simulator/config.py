"""What can be set at the start and changed while running (`POST /_sim/config`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from local.simulator import inbound

CHOICES = {"window": ("async", "sync", "off"), "read": ("phone", "always", "never")}


@dataclass(frozen=True, slots=True)
class Config:
    """Defaults suit a laptop; tests and benchmarks switch off what they do not need. Times in seconds, `latency_s` is the time
    every call of the Graph API takes."""

    webhook_url: str = "http://127.0.0.1:8000/webhook"
    app_secret: str = "demo-app-secret"
    access_token: str = "demo-access-token"
    phone_number_id: str = inbound.PHONE_NUMBER_ID
    verify_token: str = ""
    display_number: str = inbound.DISPLAY_NUMBER
    waba_id: str = inbound.WABA_ID
    business_name: str = "Drugs.ng"
    country_code: str = "234"
    window: str = "async"  # a closed 24 h window: async (failed status), sync (refused at once), off (never closed)
    statuses: bool = True
    read: str = "phone"  # who reads: phone (when its chat is open), always, never
    sent_after_s: float = 0.02
    delivered_after_s: float = 0.12
    read_after_s: float = 0.3
    latency_s: float = 0.0
    pair_limit: bool = False
    throughput_limit: bool = False
    templates: str = ""  # comma-separated name:language pairs that are approved; empty approves any
    webhook_lanes: int = 16
    webhook_batch: int = 1  # updates per POST at most, when several wait for one lane
    webhook_timeout_s: float = 10.0
    webhook_retries: int = 12
    webhook_retry_s: float = 0.5  # the first retry is at once, then this, doubling
    webhook_retry_most_s: float = 30.0
    keep_messages: int = 200_000
    keep_bytes: int = 256 * 1024 * 1024
    keep_chat: int = 500
    keep_customers: int = 100_000
    media_bytes: int = 256 * 1024 * 1024

    def changed(self, values: Mapping[str, Any]) -> Config:
        """A new Config; raises ValueError naming the key and what is allowed."""
        known = {f.name: f for f in fields(self)}
        clean: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name} is not a setting; known: {', '.join(sorted(known))}")
            clean[name] = _typed(name, value, getattr(self, name))
        return replace(self, **clean)

    def shown(self) -> dict[str, Any]:
        """All settings, secrets hidden."""
        secrets = ("app_secret", "access_token", "verify_token")
        return {k: ("set" if v else "not set") if k in secrets else v for k, v in asdict(self).items()}


def _typed(name: str, value: Any, default: Any) -> Any:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}, not {value!r}")
        return value
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        raise ValueError(f"{name} must be true or false, not {value!r}")
    if isinstance(default, (int, float)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e12:
            raise ValueError(f"{name} must be a number of 0 or more, not {value!r}")
        if isinstance(default, int):
            return max(1, int(value))
        return float(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string, not {value!r}")
    return value


_ENVIRONMENT = {
    "WHATSAPP_APP_SECRET": "app_secret",
    "WHATSAPP_ACCESS_TOKEN": "access_token",
    "WHATSAPP_PHONE_NUMBER_ID": "phone_number_id",
    "WHATSAPP_VERIFY_TOKEN": "verify_token",
    "SIMULATOR_WEBHOOK_URL": "webhook_url",
}


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """The defaults with what the environment says; empty variables count as not set."""
    environ = os.environ if environ is None else environ
    values = {name: environ[key].strip() for key, name in _ENVIRONMENT.items() if environ.get(key, "").strip()}
    return Config().changed(values)
