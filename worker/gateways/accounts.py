"""The accounts the pharmacy has with providers, as the settings name them."""

from __future__ import annotations

from settings import Settings
from worker.gateways.flutterwave import Flutterwave
from worker.gateways.payments import Gateway
from worker.gateways.paystack import Paystack


def gateways(settings: Settings) -> dict[str, Gateway]:
    """Those that have a secret key, by name. Opens no connection. Raises ValueError for a key that is none of the provider's."""
    found: list[Gateway] = []
    if settings.paystack_secret_key:
        found.append(Paystack.of(settings.paystack_secret_key, settings.paystack_base_url))
    if settings.flutterwave_secret_key:
        found.append(Flutterwave.of(settings.flutterwave_secret_key, settings.flutterwave_base_url))
    return {gateway.name: gateway for gateway in found}
