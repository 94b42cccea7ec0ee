"""The world failed: one error for every gateway (WhatsApp, payment providers), with what to do about it."""

from __future__ import annotations


class GatewayError(Exception):
    """An outside service did not do what was asked.

    `retryable`: asking again cannot do the thing twice and may help. `klass`: the gateway's own class (for WhatsApp see
    `worker.whatsapp.errors`); "ambiguous" means that it may have been done. `code`: the service's code, or ours in words.
    `detail`: one short line without personal data. `retry_after_s`: how long the service wants us to wait, if it said.
    """

    def __init__(
        self,
        *,
        retryable: bool,
        code: str,
        detail: str = "",
        klass: str = "",
        retry_after_s: float | None = None,
        scope: str = "",
        max_tries: int | None = None,
    ) -> None:
        super().__init__(f"{klass or 'gateway'} {code}: {detail}")
        self.retryable = retryable
        self.code = code
        self.detail = detail
        self.klass = klass
        self.retry_after_s = retry_after_s
        self.scope = scope
        self.max_tries = max_tries
