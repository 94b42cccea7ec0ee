"""The accounts the pharmacy has with providers, as the settings name them."""

from __future__ import annotations

from collections.abc import Mapping

from settings import Settings
from worker.gateways import flutterwave, paystack
from worker.gateways.flutterwave import Flutterwave
from worker.gateways.payments import Gateway
from worker.gateways.paystack import Paystack

# Whose customers each provider makes codes to dial for, by words of ours; the first is asked when nobody chose.
USSD_BANKS: Mapping[str, tuple[str, ...]] = {
    "paystack": tuple(paystack.USSD_TYPES),
    "flutterwave": tuple(flutterwave.USSD_BANKS),
}


def gateways(settings: Settings) -> dict[str, Gateway]:
    """Those that have a secret key, by name. Opens no connection.

    Raises ValueError for a key that is none of the provider's, and for a test key beside a live one: who chose that provider
    would get real goods for test money.
    """
    found: list[Gateway] = []
    if settings.paystack_secret_key:
        found.append(Paystack.of(settings.paystack_secret_key, settings.paystack_base_url))
    if settings.flutterwave_secret_key:
        found.append(Flutterwave.of(settings.flutterwave_secret_key, settings.flutterwave_base_url))
    if len({gateway.mode for gateway in found}) > 1:
        raise ValueError("one of them is a test key and the other a live key")
    return {gateway.name: gateway for gateway in found}
