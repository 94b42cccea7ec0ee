"""Running providers in the hands of a test or benchmark: start them, let customers pay, see what was asked, make them fail.

    with Providers.in_thread(webhook_url="http://127.0.0.1:8000/webhook") as pay:
        pay.fault(on="start", cut="after")
        ...
        pay.pay("12345-a1")
        assert pay.taken("12345-a1") == 250_000

`start` runs them in a process of their own, `in_thread` in a thread of this process, `at` talks to one that runs already.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from local.peer.running import Json, PeerError, Running
from local.providers.config import Config
from local.providers.program import PROGRAM


class ProvidersError(PeerError):
    """409: the provider would not let it happen."""


class Providers(Running[Config]):
    """`url` is PAYSTACK_BASE_URL and FLUTTERWAVE_BASE_URL; `config` has the keys."""

    program = PROGRAM
    error = ProvidersError

    # ----------------------------------------------------------------------------------------------- customers and banks

    def act(self, act: str, reference: str, **more: Any) -> Json:
        """Any act of control_api.Control._act on a charge; gives the charge (and transaction_id, refund_id, dispute_id)."""
        return self.call("POST", "act", {"act": act, "reference": reference, **more})

    def pay(self, reference: str, kobo: int | None = None, **more: Any) -> int:
        """The customer pays (another amount with `kobo`; `again` what is paid, `late` what is closed); the transaction's id."""
        return int(self.act("pay", reference, kobo=kobo, **more)["transaction_id"])

    def decline(self, reference: str, **more: Any) -> int:
        return int(self.act("decline", reference, **more)["transaction_id"])

    def leave(self, reference: str) -> None:
        self.act("leave", reference)

    def pay_later(self, reference: str, seconds: float, **more: Any) -> int:
        """Pending now, paid after so many seconds."""
        return int(self.act("later", reference, seconds=seconds, **more)["transaction_id"])

    def transfer(self, account: str, kobo: int | None = None) -> int | None:
        """Money arrives in an account; the transaction's id, or None when it was sent back."""
        found = self.call("POST", "act", {"act": "transfer", "account": account, "kobo": kobo})["transaction_id"]
        return None if found is None else int(found)

    def tell(self, reference: str, **more: Any) -> None:
        """The webhook of a finished payment once more."""
        self.act("tell", reference, **more)

    def dispute(self, reference: str) -> int:
        return int(self.act("dispute", reference)["dispute_id"])

    def reverse(self, reference: str) -> None:
        """The bank takes the money back."""
        self.act("reverse", reference)

    def end_refund(self, reference: str, outcome: str = "done") -> None:
        """Ends refunds that were left stuck: done, failed or needs-attention."""
        self.act("end_refund", reference, outcome=outcome)

    # ----------------------------------------------------------------------------------------------- what there is

    def charge(self, reference: str, **more: str) -> Json:
        """{provider, reference, kobo, kind, account, ussd, code, paid, transactions[{id, status, kobo, fee, refunded}], ...};
        ProvidersError 404 when it never arrived."""
        return self.call("GET", f"charge?{urlencode({'reference': reference, **more})}")

    def charges(self, limit: int = 100) -> list[Json]:
        return list(self.call("GET", f"charges?limit={limit}")["charges"])

    def ledger(self) -> dict[str, dict[str, int]]:
        """Kobo {taken, returned, refunded, reversed} by reference: the truth the property tests compare with."""
        return dict(self.call("GET", "ledger")["references"])

    def entries(self, reference: str = "") -> list[Json]:
        """Every movement {at, provider, reference, transaction_id, what, kobo}."""
        return list(self.call("GET", f"ledger?{urlencode({'entries': 1, 'reference': reference})}")["entries"])

    def taken(self, reference: str) -> int:
        """Kobo taken under a reference, refunds not subtracted."""
        found = self.call("GET", f"ledger?{urlencode({'reference': reference})}")["total"]
        return int(found["taken"])

    def counts(self) -> dict[str, int]:
        """Calls by `provider.what`: paystack.initialize, .verify, .fetch, .charge, .refund, .refunds, .list; flutterwave.payments,
        .verify, .verify_by_reference, .charges, .refund, .refunds, .list, .disable. Those cut before the work count too."""
        return dict(self.call("GET", "calls?limit=0")["counts"])

    def calls(self, reference: str = "") -> list[Json]:
        """The newest calls {at, provider, what, reference, status (0: cut before), fault}."""
        return list(self.call("GET", f"calls?{urlencode({'reference': reference, 'limit': 20_000})}")["calls"])

    def webhooks(self) -> Json:
        """{waiting, later, held, posts, taken, refused, given_up, dropped, log[{event, reference, status, attempt, took_s}]}"""
        return self.call("GET", "webhooks?limit=5000")

    def settle(self, timeout_s: float = 10.0) -> None:
        """Waits until no webhook is on its way or waits for a repeat; raises TimeoutError."""
        self._until(self._nothing_waits, timeout_s, "webhooks wait")

    def settle_all(self, timeout_s: float = 10.0) -> None:
        """As `settle`, and until late payments and refunds have come too."""
        self._until(lambda: self.health()["timers"] == 0, timeout_s, "payments or refunds are under way")
        self.settle(timeout_s)

    def _nothing_waits(self) -> bool:
        counts = self.health()["webhooks"]  # asked once: between two questions a repeat may have gone from one to the other
        return not (counts["waiting"] or counts["later"])

    def _until(self, done: Any, timeout_s: float, what: str) -> None:
        ends = time.monotonic() + timeout_s
        while not done():
            if time.monotonic() >= ends:
                raise TimeoutError(f"after {timeout_s} s {what} still")
            time.sleep(0.02)

    def health(self) -> Json:
        """Counters, and `cpu_s`, the processor time of the providers' process."""
        return self.call("GET", "health")

    # ----------------------------------------------------------------------------------------------- faults and settings

    def fault(self, **rule: Any) -> int:
        """Adds a fault (faults.Fault); gives its id. `times=None` lasts until cleared."""
        return int(self.call("POST", "faults", rule)["id"])

    def clear_faults(self, fault_id: int | None = None) -> None:
        self.call("DELETE", "faults" + (f"?id={fault_id}" if fault_id else ""))

    def verify_says(self, reference: str = "", /, *, times: int | None = 1, **change: Any) -> int:
        """Verify answers with other values in `data` so many times: status="pending", amount=1, currency="GHS",
        domain="live", reference="x", charged_amount=..., tx_ref=..."""
        return self.fault(on="verify", times=times, change=change, match={"reference": reference} if reference else {})

    def hold(self, **rule: Any) -> int:
        """Webhooks wait from now on, until `release`; gives the fault's id (clear it to let new ones through)."""
        return self.fault(on="webhook", hold=True, times=None, **rule)

    def release(self, *, backwards: bool = False, most: int = 0) -> int:
        """Sends held webhooks, all or so many; gives how many."""
        return int(self.call("POST", "release", {"backwards": backwards, "most": most})["released"])

    def deliver(self, provider: str, body: Json | None = None, **more: Any) -> int:
        """Posts any webhook once and gives the merchant's status; `more`: raw, headers, signed (own, forged, none)."""
        what = more if body is None else {"body": body, **more}
        return int(self.call("POST", "deliver", {"provider": provider, **what}, timeout_s=65)["status"])

    def configure(self, **settings: Any) -> Json:
        """Changes settings while running (config.Config)."""
        self.config = self.config.changed(settings)
        return self.call("POST", "config", settings)

    def reset(self, *, settings: bool = True) -> None:
        """As freshly started."""
        self.call("POST", "reset", {"settings": settings})
