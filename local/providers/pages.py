"""What a customer sees: the hosted payment page of a link, and a bank where transfers and dialled codes are paid.

The buttons do what happens in life: pay, be declined, leave, pay with an answer that comes late, pay twice, pay a wrong amount.
Afterwards the browser goes back to the merchant with the query each provider adds: Paystack `trxref` and `reference` (after success
only), Flutterwave `status`, `tx_ref` and `transaction_id`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from html import escape
from itertools import islice
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from local.peer.http_server import Request, Response
from local.providers.books import Charge, Transaction
from local.providers.desk import Desk, NotPossible
from local.providers.look import button, naira, note, page

NAMES = {"paystack": "Paystack", "flutterwave": "Flutterwave"}


class Pages:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def handle(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if request.method not in ("GET", "HEAD", "POST"):
            return page("Not allowed", note("This page is for looking and pressing buttons.", "bad"), 405)
        if path.startswith("/pay/"):
            charge = self.desk.books.codes.get(path.removeprefix("/pay/"))
            if charge is None:
                words = "This payment link is not known here. It may be older than the last start: ask for a new one."
                return page("Not found", note(words, "bad"), 404)
            return self._press(charge, _form(request)) if request.method == "POST" else self._hosted(charge)
        if path == "/bank":
            return self._bank_press(_form(request)) if request.method == "POST" else self._bank()
        if path == "":
            return self._start()
        return page("Not found", note("There is no such page.", "bad"), 404)

    # ----------------------------------------------------------------------------------------------- the hosted page

    def _hosted(self, charge: Charge, words: str = "", kind: str = "") -> Response:
        top = self._summary(charge)
        back = _back(charge)
        if charge.paid:
            words, kind = words or "This has been paid. Thank you.", kind or "good"
            twice = button("again", "Pay once more", "as a second tab or a second transfer would")
            return page("Paid", note(words, kind) + top + back + f'<div class="two">{twice}</div>')
        low, high = wrong_amounts(charge)
        late = f"paid {self.desk.config.late_s:g} s later"
        main = button("pay", f"Pay {naira(charge.kobo)}", kind="main")
        others = "".join(
            (
                button("decline", "Decline", "card refused"),
                button("leave", "Leave", "without paying"),
                button("late", "Answer late", late),
                button("twice", "Pay twice", "two payments"),
                button("little", "Too little", naira(low)),
                button("much", "Too much", naira(high)),
            )
        )
        acts = f'<section class="card"><h2>What happens?</h2>{main}<div class="two">{others}</div></section>'
        return page(f"Pay with {NAMES[charge.provider]}", note(words, kind) + top + acts)

    def _summary(self, charge: Charge) -> str:
        rows = {"To": charge.title or "Drugs.ng", "Reference": charge.reference, "From": charge.email}
        listed = "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())
        head = f'<h1>{NAMES[charge.provider]} (test)</h1><div class="amount">{naira(charge.kobo)}</div>'
        return f'<section class="card">{head}<dl>{listed}</dl></section>'

    def _press(self, charge: Charge, form: dict[str, str]) -> Response:
        try:
            return self._act(charge, form.get("act", ""))
        except NotPossible as no:
            return self._hosted(charge, f"Not possible: {no}.", "bad")

    def _act(self, charge: Charge, act: str) -> Response:
        desk = self.desk
        low, high = wrong_amounts(charge)
        if act in ("pay", "again"):
            return self._go(charge, desk.pay(charge, again=act == "again"))
        if act == "twice":
            first = desk.pay(charge)
            desk.pay(charge, again=True, late=True)
            return self._go(charge, first)
        if act in ("little", "much"):
            desk.still_open(charge, False, False)
            arrived = desk.transfer(charge, low if act == "little" else high)
            if arrived is None:
                return self._hosted(charge, "The transfer had another amount than asked: it was sent back to the sender.", "bad")
            return self._go(charge, arrived)
        if act == "decline":
            desk.decline(charge)
            return self._hosted(charge, "Declined: insufficient funds. You may try again.", "bad")
        if act == "late":
            desk.pay_later(charge, desk.config.late_s)
            words = f"Your bank has not answered yet. The money arrives in {desk.config.late_s:g} seconds."
            return page("On its way", note(words) + self._summary(charge) + _back(charge))
        if act == "leave":
            return self._left(charge)
        return self._hosted(charge, "That button is not known.", "bad")

    def _left(self, charge: Charge) -> Response:
        self.desk.leave(charge)
        if charge.provider == "flutterwave" and charge.return_url:
            return _redirect(_with(charge.return_url, {"status": "cancelled", "tx_ref": charge.reference}))
        if charge.leave_url and urlsplit(charge.leave_url).scheme in ("http", "https"):
            return _redirect(charge.leave_url)
        return page("Left", note("You left without paying. The link still works.") + self._summary(charge) + _back(charge))

    def _go(self, charge: Charge, paid: Transaction) -> Response:
        """Back to the merchant after a payment."""
        if urlsplit(charge.return_url).scheme not in ("http", "https"):
            return self._hosted(charge)
        return _redirect(_with(charge.return_url, returning(charge, paid)))

    # ----------------------------------------------------------------------------------------------- the bank

    def _bank(self, words: str = "", kind: str = "", status: int = 200) -> Response:
        """Money arrives in any account; accounts and codes that wait are listed."""
        form = (
            '<form method="post"><label for="to">Account number or USSD code</label>'
            '<input id="to" name="to" required maxlength="40" autocomplete="off">'
            '<label for="amount">Amount in naira (empty: what is asked)</label>'
            '<input id="amount" name="amount" inputmode="decimal" maxlength="14" autocomplete="off">'
            '<p></p><button class="main">Send money</button></form>'
        )
        waiting = "".join(self._waiting(charge) for charge in self.desk.books.open_offline())
        listed = waiting or '<section class="card">No account and no code waits for money.</section>'
        return page("Bank", note(words, kind) + f'<section class="card"><h2>Money arrives</h2>{form}</section>' + listed, status)

    def _waiting(self, charge: Charge) -> str:
        word = escape(charge.account or charge.ussd)
        head = f'<div class="number">{word}</div><dl><dt>{NAMES[charge.provider]}</dt><dd>{escape(charge.reference)}</dd></dl>'
        hidden = f'<input type="hidden" name="to" value="{word}">'
        amount = f'<input name="amount" aria-label="Amount in naira" inputmode="decimal" value="{charge.kobo / 100:.2f}">'
        if not charge.account:
            amount = f'<div class="amount">{naira(charge.kobo)}</div>'
        form = f'<form method="post"><div class="row"><div>{amount}</div><button>Money arrives</button></div>{hidden}</form>'
        return f'<section class="card">{head}{form}</section>'

    def _bank_press(self, form: dict[str, str]) -> Response:
        to, books = form.get("to", "").strip(), self.desk.books
        charge = books.accounts.get(to) or books.ussds.get(to)
        if charge is None:
            return self._bank("Nobody has this account number or code.", "bad", 404)
        kobo = _kobo(form.get("amount", ""), charge.kobo)
        if kobo is None:
            return self._bank("Write the amount in naira, like 2500 or 2500.50.", "bad", 400)
        try:
            arrived = self.desk.transfer(charge, kobo) if charge.account else self.desk.pay(charge)
        except NotPossible as no:
            return self._bank(f"Not possible: {no}.", "bad", 409)
        if arrived is None:
            return self._bank(f"{naira(kobo)} was sent back: it is not what was asked, or too late.", "bad")
        return self._bank(f"{naira(arrived.kobo)} arrived for {charge.reference}.", "good")

    def _start(self) -> Response:
        """The newest payments with their pages."""
        rows = ""
        for charge in islice(reversed(self.desk.books.charges.values()), 30):
            where = f"/pay/{charge.code}" if charge.kind == "link" else "/bank"
            state = "paid" if charge.paid else "open"
            words = f"{naira(charge.kobo)} <small>{NAMES[charge.provider]}, {escape(charge.reference)}, {state}</small>"
            rows += f'<li><a href="{where}">{words}</a></li>'
        rows = rows or "<li>No payment has been asked for yet.</li>"
        bank = '<p></p><a class="button" href="/bank">Transfers and USSD codes</a>'
        return page("Payments", f'<section class="card"><h2>Payments asked for</h2><ul>{rows}</ul>{bank}</section>')


def wrong_amounts(charge: Charge) -> tuple[int, int]:
    """Half of what is asked, and 500 naira more."""
    return max(1, charge.kobo // 200 * 100), charge.kobo + 50_000


def returning(charge: Charge, paid: Transaction) -> dict[str, str]:
    """What is added to the merchant's return address after success."""
    if charge.provider == "paystack":
        return {"trxref": charge.reference, "reference": charge.reference}
    return {"status": "successful", "tx_ref": charge.reference, "transaction_id": str(paid.id)}


def _with(url: str, more: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True) + list(more.items()))
    return urlunsplit(parts._replace(query=query))


def _redirect(url: str) -> Response:
    if not url.isprintable():
        return page("Not found", note("The merchant's return address cannot be used.", "bad"), 502)
    return Response(303, b"", "text/html; charset=utf-8", {"Location": url, "Cache-Control": "no-store"})


def _back(charge: Charge) -> str:
    if urlsplit(charge.return_url).scheme not in ("http", "https"):
        return ""
    return f'<a class="button" href="{escape(charge.return_url)}">Back to the shop</a><p></p>'


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body[:4096].decode("utf-8", "replace"), keep_blank_values=True))


def _kobo(text: str, asked: int) -> int | None:
    """Naira as written into kobo, `asked` for nothing written; None when it is no amount."""
    clean = text.replace(",", "").replace("₦", "").strip()
    if not clean:
        return asked
    try:
        found = Decimal(clean)
    except InvalidOperation:
        return None
    return int(found * 100) if found.is_finite() and 0 < found < 10**10 and found * 100 == int(found * 100) else None
