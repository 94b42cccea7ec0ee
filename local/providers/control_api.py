"""The control API under `/_sim/`: what tests, benchmarks and the pages of this fake ask for. JSON in, JSON out.

Wrong requests get 400 with a sentence in `error`, what a provider would not let happen 409, what is not there 404.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from local.peer.http_server import Request, Response
from local.peer.json_api import Json, payload_of, reply
from local.peer.poster import Poster
from local.providers import faults
from local.providers.books import PAID, Charge, Transaction, stamp
from local.providers.desk import Desk, NotPossible
from local.providers.webhooks import Item, encode, signature

MOST_WAIT_S = 60.0
FIXED = ("webhook_lanes", "keep", "keep_calls")


def shown(charge: Charge) -> Json:
    return {
        "provider": charge.provider,
        "reference": charge.reference,
        "kobo": charge.kobo,
        "kind": charge.kind,
        "code": charge.code,
        "account": charge.account,
        "ussd": charge.ussd,
        "email": charge.email,
        "return_url": charge.return_url,
        "metadata": charge.metadata,
        "expires_at": stamp(charge.expires) if charge.expires else None,
        "disabled": charge.disabled,
        "paid": charge.paid,
        "transactions": [_transaction(t) for t in charge.tries],
    }


def _transaction(found: Transaction) -> Json:
    kept = {"id": found.id, "status": found.status, "kobo": found.kobo, "fee": found.fee, "channel": found.channel}
    return kept | {"refunded": found.refunded}


class Control:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.routes: dict[tuple[str, str], Callable[[Request], Response | Awaitable[Response]]] = {
            ("GET", "health"): self._health,
            ("GET", "config"): lambda r: reply(self.desk.config.shown()),
            ("POST", "config"): self._configure,
            ("GET", "charges"): self._charges,
            ("GET", "charge"): lambda r: reply(shown(self._find(r.query))),
            ("GET", "ledger"): self._ledger,
            ("GET", "calls"): self._calls,
            ("GET", "webhooks"): self._webhooks,
            ("POST", "act"): self._act,
            ("POST", "release"): self._release,
            ("POST", "deliver"): self._deliver,
            ("GET", "faults"): lambda r: reply({"faults": [f.shown() for f in self.desk.faults.rules]}),
            ("POST", "faults"): self._fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "reset"): self._reset,
        }

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        route = self.routes.get((request.method, request.path.removeprefix("/_sim/").strip("/")))
        if route is None:
            return reply({"error": "no such control", "known": sorted(f"{m} /_sim/{p}" for m, p in self.routes)}, 404)
        try:
            return route(request)
        except NotPossible as refusal:
            return reply({"error": str(refusal)}, 409)
        except LookupError as missing:
            return reply({"error": str(missing.args[0] if missing.args else missing)}, 404)
        except (ValueError, TypeError) as trouble:
            return reply({"error": f"{trouble}"}, 400)

    def _find(self, asked: Json) -> Charge:
        """A charge by `reference` (with `provider` when both know it), `account`, `ussd` or `code`."""
        books = self.desk.books
        for key, known in (("account", books.accounts), ("ussd", books.ussds), ("code", books.codes)):
            if word := asked.get(key):
                if (found := known.get(str(word))) is None:
                    raise LookupError(f"no {key} {word}")
                return found
        reference = str(asked.get("reference", ""))
        for provider in [asked["provider"]] if asked.get("provider") else ["paystack", "flutterwave"]:
            if charge := books.find(str(provider), reference):
                return charge
        raise LookupError(f"no charge with the reference {reference!r}")

    # ----------------------------------------------------------------------------------------------- looking

    def _health(self, request: Request) -> Response:
        books = self.desk.books
        found = {"status": "ok", "charges": len(books.charges), "transactions": len(books.transactions)}
        found |= {"timers": self.desk.timers, "cpu_s": time.process_time(), "webhooks": self.desk.webhooks.shown()}
        return reply(found)

    def _configure(self, request: Request) -> Response:
        what = payload_of(request)
        if fixed := [name for name in FIXED if name in what]:
            raise ValueError(f"{fixed[0]} can only be set at the start")
        self.desk.configure(self.desk.config.changed(what))
        return reply(self.desk.config.shown())

    def _charges(self, request: Request) -> Response:
        """The newest first; `limit` (100), `provider`."""
        limit, provider = min(5000, int(request.query.get("limit", 100))), request.query.get("provider", "")
        found: list[Json] = []
        for charge in reversed(self.desk.books.charges.values()):
            if len(found) >= limit:
                break
            if provider in ("", charge.provider):
                found.append(shown(charge))
        return reply({"charges": found, "total": len(self.desk.books.charges)})

    def _ledger(self, request: Request) -> Response:
        """The truth about money, by reference and in sum; `entries` on demand (`entries=1`)."""
        sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("taken", "returned", "refunded", "reversed"), 0))
        wanted = request.query.get("reference", "")
        entries = [e for e in self.desk.books.ledger if wanted in ("", e.reference)]
        total = dict.fromkeys(("taken", "returned", "refunded", "reversed"), 0)
        for entry in entries:
            sums[entry.reference][entry.what] += entry.kobo
            total[entry.what] += entry.kobo
        found = {"references": sums, "total": total}
        return reply(found | ({"entries": [asdict(e) for e in entries]} if request.query.get("entries") else {}))

    def _calls(self, request: Request) -> Response:
        """Counts by `provider.what`, and the newest calls (`reference` narrows them)."""
        wanted, limit = request.query.get("reference", ""), min(20_000, int(request.query.get("limit", 2000)))
        found = [c for c in self.desk.books.calls if wanted in ("", c["reference"])][-limit:] if limit else []
        return reply({"counts": self.desk.books.counts, "calls": found})

    def _webhooks(self, request: Request) -> Response:
        sender = self.desk.webhooks
        return reply({**sender.shown(), "log": sender.lately(min(5000, int(request.query.get("limit", 500))))})

    # ----------------------------------------------------------------------------------------------- doing

    def _act(self, request: Request) -> Response:
        """What customers, banks and time do: `act` pay, decline, leave, later, transfer, tell, refund, end_refund, dispute,
        reverse, expire, disable; answered with the charge."""
        what = payload_of(request)
        charge, desk = self._find(what), self.desk
        kobo = what.get("kobo")
        if kobo is not None and (isinstance(kobo, bool) or not isinstance(kobo, int)):
            raise ValueError("kobo must be a whole number")
        more: Json = {}
        act = str(what.get("act", ""))
        if act == "pay":
            flags = {name: bool(what.get(name)) for name in ("again", "late")}
            made = desk.pay(charge, kobo, channel=str(what.get("channel", "")), **flags)
            more = {"transaction_id": made.id}
        elif act == "decline":
            more = {"transaction_id": desk.decline(charge, str(what.get("why") or "Insufficient Funds")).id}
        elif act == "leave":
            desk.leave(charge)
        elif act == "later":
            more = {"transaction_id": desk.pay_later(charge, float(what.get("seconds", desk.config.late_s)), kobo).id}
        elif act == "transfer":
            arrived = desk.transfer(charge, charge.kobo if kobo is None else kobo)
            more = {"transaction_id": arrived.id if arrived else None}
        elif act == "expire":
            charge.expires = time.time() - 1
        elif act == "disable":
            charge.disabled = True
        else:
            more = self._after_payment(act, charge, kobo, what)
        return reply(shown(charge) | more)

    def _after_payment(self, act: str, charge: Charge, kobo: int | None, what: Json) -> Json:
        """Acts on a finished transaction: the one of `transaction_id`, else the first that was paid."""
        desk, wanted = self.desk, what.get("transaction_id")
        paid = next((t for t in charge.tries if (t.id == wanted if wanted else t.paid_at)), None)
        if act not in ("tell", "refund", "end_refund", "dispute", "reverse"):
            raise ValueError(f"{act!r} is not an act; see control_api.Control._act")
        if paid is None:
            raise NotPossible("nothing has been paid here")
        if act == "tell":
            desk.tell_again(paid)
        elif act == "refund":
            left = paid.kobo - paid.refunded - paid.on_way
            if paid.status != PAID or not 0 < (kobo or left) <= left:
                raise NotPossible("there is less left of this payment")
            return {"refund_id": desk.refund(paid, kobo or left, "by hand").id}
        elif act == "end_refund":
            for refund in paid.refunds:
                desk.end_refund(refund, str(what.get("outcome", "done")))
        elif act == "dispute":
            return {"dispute_id": desk.dispute(paid)}
        else:
            desk.reverse(paid, int(what.get("dispute_id", 0)))
        return {}

    def _release(self, request: Request) -> Response:
        what = payload_of(request)
        sent = self.desk.webhooks.release(backwards=bool(what.get("backwards")), most=int(what.get("most", 0)))
        return reply({"released": sent})

    async def _deliver(self, request: Request) -> Response:
        """Posts any webhook once: `provider`, `body` (JSON) or `raw` (text as it is), signed unless `headers` or `signed`
        (forged, none) says else. Answered with the merchant's status."""
        what = payload_of(request)
        provider = str(what.get("provider", "paystack"))
        raw = str(what["raw"]).encode("utf-8", "surrogatepass") if "raw" in what else encode(what.get("body") or {})
        item = Item(provider, "by hand", "", raw, str(what.get("signed", "own")))
        item.headers = {str(k): str(v) for k, v in (what.get("headers") or {}).items()}
        poster = Poster()
        try:
            async with asyncio.timeout(MOST_WAIT_S):
                status = await self.desk.webhooks.post(poster, item)
        finally:
            poster.close()
        return reply({"status": status, "signature": signature(provider, raw, self.desk.config)})

    # ----------------------------------------------------------------------------------------------- faults

    def _fault(self, request: Request) -> Response:
        found = faults.parse(payload_of(request))
        self.desk.faults.add(found)
        return reply(found.shown())

    def _clear_faults(self, request: Request) -> Response:
        one = request.query.get("id")
        return reply({"cleared": self.desk.faults.clear(int(one) if one else None)})

    def _reset(self, request: Request) -> Response:
        self.desk.reset(bool(payload_of(request).get("settings", True)))
        return reply({"reset": True})
