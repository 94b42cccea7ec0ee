"""What the web process counts for /metrics."""

from __future__ import annotations

from prometheus_client import Counter

REFUSED = Counter("drugsng_webhook_refused_total", "Webhooks not acknowledged, by reason", ["reason"])
IGNORED = Counter("drugsng_webhook_ignored_total", "Parts of webhooks neither stored nor handled, by reason", ["reason"])
