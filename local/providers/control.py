"""Running providers in the hands of a test or benchmark: start them, let customers pay, see what was asked, make them fail.

    with Providers.in_thread(webhook_url="http://127.0.0.1:8000/webhook") as pay:
        pay.fault(on="start", cut="after")
        ...
        pay.pay("12345-a1")
        assert pay.taken("12345-a1") == 250_000

`start` runs them in a process of their own, `in_thread` in a thread of this process, `at` talks to one that runs already.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import urllib3

from local.providers.config import Config
from local.providers.server import Server

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]


class ProvidersError(RuntimeError):
    """Refused: `status` (409: the provider would not let it happen) and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status


class Providers:
    """`url` is PAYSTACK_BASE_URL and FLUTTERWAVE_BASE_URL; `config` has the keys. Safe to use from several threads."""

    def __init__(self, url: str, config: Config | None = None) -> None:
        self.url = url.rstrip("/")
        self.config = config or Config()
        self.http = urllib3.PoolManager(maxsize=8, retries=False)
        self.process: subprocess.Popen[str] | None = None
        self._thread: tuple[threading.Thread, asyncio.AbstractEventLoop, asyncio.Event] | None = None

    # ----------------------------------------------------------------------------------------------- start and stop

    @classmethod
    def at(cls, url: str, **settings: Any) -> Self:
        """One that runs already; `settings` as it was started with (for the keys)."""
        return cls(url, Config().changed(settings))

    @classmethod
    def start(cls, *, port: int = 0, **settings: Any) -> Self:
        """In a process of its own on a free port; `settings` as in config.Config. It ends with this object or this process."""
        config = Config().changed(settings)
        command = [sys.executable, "-m", "local.providers", "--port", str(port), "--stop-with-stdin"]
        for name, value in settings.items():
            command += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        found = cls(line.split(" ")[3] if line.startswith("Providers listening on ") else "", config)
        found.process = process
        if not found.url:
            found.stop()
            raise RuntimeError(f"the payment providers did not start: {line.strip() or 'see their standard error'}")
        return found

    @classmethod
    def in_thread(cls, *, port: int = 0, **settings: Any) -> Self:
        """In a thread of this process: starts in milliseconds, shares the interpreter."""
        config = Config().changed(settings)
        ready: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = []
        trouble: list[BaseException] = []
        up = threading.Event()

        async def run() -> None:
            server = Server(config)
            try:
                bound = await server.start("127.0.0.1", port)
            except OSError as error:
                trouble.append(error)
                up.set()
                return
            end = asyncio.Event()
            ready.append((bound, asyncio.get_running_loop(), end))
            up.set()
            await end.wait()
            await server.stop()

        thread = threading.Thread(target=lambda: asyncio.run(run()), name="providers", daemon=True)
        thread.start()
        if not up.wait(10) or trouble:
            raise RuntimeError("the payment providers did not start") from (trouble[0] if trouble else None)
        bound, loop, end = ready[0]
        found = cls(f"http://127.0.0.1:{bound}", config)
        found._thread = (thread, loop, end)
        return found

    def stop(self) -> None:
        """Ends them, if they were started here."""
        self.http.clear()
        if self.process is not None:
            process, self.process = self.process, None
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            process.stdout.close()
        if self._thread is not None:
            thread, loop, end = self._thread
            self._thread = None
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(end.set)
            thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

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
        self._until(lambda: not any(self.health()["webhooks"][k] for k in ("waiting", "later")), timeout_s, "webhooks wait")

    def settle_all(self, timeout_s: float = 10.0) -> None:
        """As `settle`, and until late payments and refunds have come too."""
        self._until(lambda: self.health()["timers"] == 0, timeout_s, "payments or refunds are under way")
        self.settle(timeout_s)

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

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, timeout_s: float = 10.0) -> Json:
        """One call of the control API. Raises ProvidersError."""
        raw = None if body is None else json.dumps(body).encode()
        answer = self.http.request(method, f"{self.url}/_sim/{path}", body=raw, timeout=timeout_s)
        found: Json = answer.json()
        if answer.status != 200:
            raise ProvidersError(answer.status, str(found.get("error", found)))
        return found
