"""What can be set at the start and changed while running (`POST /_sim/config`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from local.peer.config import PeerConfig
from local.simulator import inbound


@dataclass(frozen=True, slots=True)
class Config(PeerConfig):
    """Defaults suit a laptop; tests and benchmarks switch off what they do not need. Times in seconds, `latency_s` is the time
    every call of the Graph API takes."""

    CHOICES: ClassVar = {"window": ("async", "sync", "off"), "read": ("phone", "always", "never")}
    SECRETS: ClassVar = frozenset({"app_secret", "access_token", "verify_token"})
    ENVIRONMENT: ClassVar = {
        "WHATSAPP_APP_SECRET": "app_secret",
        "WHATSAPP_ACCESS_TOKEN": "access_token",
        "WHATSAPP_PHONE_NUMBER_ID": "phone_number_id",
        "WHATSAPP_VERIFY_TOKEN": "verify_token",
        "SIMULATOR_WEBHOOK_URL": "webhook_url",
    }
    LEAST_WHOLE: ClassVar = 1  # lanes, sizes and counts: with none of one it would stand still
    MOST: ClassVar = 1e12

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
