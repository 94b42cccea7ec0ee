"""What can be set at the start and changed while running (`POST /_sim/config`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from local.peer.config import PeerConfig


@dataclass(frozen=True, slots=True)
class Config(PeerConfig):
    """Defaults suit a laptop. Times in seconds; `minute_s` is how long one minute of the providers' retry ladders takes here."""

    CHOICES: ClassVar = {
        "fee_bearer": ("merchant", "customer"),
        "paystack_wrong_transfer": ("rejected", "taken"),
        "paystack_second_payment": ("taken", "returned"),
        "flutterwave_repeat": ("tried", "always"),
        "flutterwave_shape": ("nested", "flat"),
        "refund_outcome": ("done", "failed", "needs-attention", "stuck"),
    }
    SECRETS: ClassVar = frozenset({"paystack_secret_key", "flutterwave_secret_key", "flutterwave_secret_hash"})
    ENVIRONMENT: ClassVar = {
        "PAYSTACK_SECRET_KEY": "paystack_secret_key",
        "FLUTTERWAVE_SECRET_KEY": "flutterwave_secret_key",
        "FLUTTERWAVE_SECRET_HASH": "flutterwave_secret_hash",
        "PROVIDERS_WEBHOOK_URL": "webhook_url",
    }

    webhook_url: str = "http://127.0.0.1:8000/webhook"  # "/paystack" and "/flutterwave" are added
    paystack_secret_key: str = "sk_test_4f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
    flutterwave_secret_key: str = "FLWSECK_TEST-4f1e2d3c4b5a69788796a5b4c3d2e1f0-X"
    flutterwave_secret_hash: str = "demo-secret-hash"
    public_url: str = ""  # where the hosted pages are; empty: where the request came to
    latency_s: float = 0.0
    verify_latency_s: float = 0.0
    late_s: float = 20.0  # "answer late" on the hosted page
    fee_bearer: str = "merchant"
    paystack_minimum_kobo: int = 5_000
    # A transfer of another amount than asked is sent back (as documented), or kept, which is worse than the real one.
    paystack_wrong_transfer: str = "rejected"
    # A second payment under one reference: kept as a transaction of its own, which only the list shows, or sent back.
    paystack_second_payment: str = "taken"
    paystack_not_found: int = 404
    flutterwave_not_found: int = 400
    # When a repeated tx_ref is refused: once somebody tried to pay under it, or always.
    flutterwave_repeat: str = "tried"
    flutterwave_shape: str = "nested"
    flutterwave_failed_webhooks: bool = True
    flutterwave_pending_webhooks: bool = False
    flutterwave_refund_webhooks: bool = True
    refund_outcome: str = "done"
    refund_after_s: float = 0.5
    webhooks: bool = True
    webhook_lanes: int = 8
    webhook_timeout_s: float = 10.0
    webhook_retries: int = 12
    flutterwave_retries: bool = True  # the switch in the dashboard
    minute_s: float = 0.2
    pretty: bool = False  # webhook bodies with irregular blanks
    keep: int = 200_000
    keep_calls: int = 20_000

    def mode(self, provider: str) -> str:
        """`test` or `live`, as the key of the provider says."""
        if provider == "paystack":
            return "live" if self.paystack_secret_key.startswith("sk_live_") else "test"
        return "test" if self.flutterwave_secret_key.startswith("FLWSECK_TEST") else "live"
