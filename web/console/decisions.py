"""What is done with a prescription: approve, reject, ask, pass on. A page with its script asks for JSON and stays as it is when
something is refused; without, the same page comes back with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, jsonify, render_template, request, url_for

from models import clock
from models.base import db
from models.prescriptions import deciding
from models.prescriptions.deciding import Decision, Signer
from models.values import Refused
from models.vault import Locked
from web.console import casepage, errors, labels, sheet
from web.console.auth import go, needs, noted, settings, staff
from worker import messages
from worker.broker import hint_at

decisions = Blueprint("decisions", __name__)
Verb = Callable[[Signer, int], Decision]


@decisions.post("/<int:number>/approve")
@needs("prescriptions.decide")
def approve(number: int) -> Any:
    """Signs the lines as they stand on the sheet."""
    given = casepage.typed()

    def verb(signer: Signer, version: int) -> Decision:
        return deciding.approve(
            number,
            signer,
            sheet.lines(sheet.rows(casepage.find(number), given)),
            version=version,
            valid_days=settings().prescription_valid_days,
            now=clock.utcnow().astimezone(settings().default_timezone),
            note=given.get("note", ""),
            remark=given.get("remark", ""),
            checked=[code for code in labels.CHECKED if given.get(f"checked-{code}")],
        )

    return _decide(number, verb, "approved. The customer gets the priced basket.", "prescription.approved")


@decisions.post("/<int:number>/reject")
@needs("prescriptions.decide")
def reject(number: int) -> Any:
    """Nothing of it is dispensed."""
    reason, note = request.form.get("reject-reason", ""), request.form.get("reject-note", "")

    def verb(signer: Signer, version: int) -> Decision:
        remark = request.form.get("remark", "")
        return deciding.reject(number, signer, reason, version=version, now=clock.utcnow(), note=note, remark=remark)

    return _decide(number, verb, "rejected. The customer hears why.", "prescription.rejected")


@decisions.post("/<int:number>/ask")
@needs("prescriptions.decide")
def ask(number: int) -> Any:
    """The customer is asked; the sheet is kept as it stands."""
    question, note = request.form.get("ask-question", ""), request.form.get("ask-note", "")

    def verb(signer: Signer, version: int) -> Decision:
        later = deciding.save_draft(number, signer.id, casepage.as_draft(), version=version)
        return deciding.ask(number, signer, question, version=later, now=clock.utcnow(), note=note)

    return _decide(number, verb, "the customer is asked; it comes back with the answer.", "prescription.asked")


@decisions.post("/<int:number>/pass-on")
@needs("prescriptions.decide")
def pass_on(number: int) -> Any:
    """Another pharmacist decides; the sheet goes along."""
    remark = request.form.get("pass-remark", "")

    def verb(signer: Signer, version: int) -> Decision:
        later = deciding.save_draft(number, signer.id, casepage.as_draft(), version=version)
        return deciding.pass_on(number, signer, remark, version=later, now=clock.utcnow())

    return _decide(number, verb, "passed on to another pharmacist.", "prescription.passed_on")


@decisions.post("/<int:number>/again")
@needs("prescriptions.decide")
def again(number: int) -> Any:
    """The page anew, taken up if it is free, with what was typed laid over what has come meanwhile. Decides nothing."""
    why_not = casepage.try_to_claim(number)
    found = casepage.find(number)
    casepage.seen(found)
    given = casepage.typed()
    return casepage.page(found, given, wrong=why_not and f"{why_not} What you typed is still on this page.")


def _decide(number: int, verb: Verb, done: str, act: str) -> Any:
    """The verb and its row of the audit are one: nothing is decided that the audit does not know of, and of what is refused nothing
    is left, so that the version stays the one this page knows."""
    me = staff()
    try:
        with db.atomic():
            decision = verb(Signer(me.id, me.name, me.licence_number), casepage.version())
            noted(act, "prescription", number, decision.customer_id, {"decision": decision.id})
    except Refused as no:
        return _refused(number, no)
    except Locked as error:
        if not _wants_json():
            raise
        casepage.locked(number, error)
        return jsonify(wrong=" ".join(errors.LOCKED), code="locked"), 503
    hint_at(messages.CONVERSE, decision.customer_id)
    flash(f"Prescription {number}: {done}", "good")
    where = url_for("prescriptions.queue", done=number)
    return jsonify(go=where) if _wants_json() else go(where)


def _refused(number: int, no: Refused) -> Any:
    """Says so where it was asked. What this person may take up again is taken up at once, so that nothing typed is locked in."""
    if no.code == "unknown":
        abort(404)
    noted("prescription.refused", "prescription", number, detail={"code": no.code})
    taken_by = casepage.try_to_claim(number) if no.code == "not_claimed" else ""
    found = casepage.find(number)
    given = casepage.typed() if found.waiting.state in casepage.OPEN else None
    wrong = _sentence(no, taken_by, found)
    if not _wants_json():
        return casepage.page(found, given, wrong=wrong, refused=no, status=409)
    row = casepage.row_of(no, sheet.rows(found, given)) if given else None
    answer = {"wrong": wrong, "code": no.code, "row": row.position if row else None, "stale": no.code in casepage.STALE}
    return jsonify(answer), 409


def _sentence(no: Refused, taken_by: str, found: Any) -> str:
    if no.code == "changed_meanwhile":
        return casepage.what_changed(found)
    if no.code == "not_claimed":
        return taken_by or "You had not had it in hand any more; now you have again. Look whether anything changed, then decide."
    if no.code in ("reason_missing", "bad_reason") and request.endpoint == f"prescriptions.{decisions.name}.ask":
        return "Choose a question."
    if no.code == "decided":
        words = labels.STATES.get(found.waiting.state, ("decided",))[0].lower()
        return f"It is decided already: {words}{f' by {found.waiting.verified_by}' if found.waiting.verified_by else ''}."
    return labels.refusal(no)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


@decisions.get("/<int:number>/labels")
@needs("prescriptions.read")
def printed(number: int) -> Any:
    """Labels of what was approved, to be printed."""
    found = casepage.find(number)
    if found.waiting.state != "approved":
        abort(404)
    noted("prescription.labels", "prescription", number, found.customer_id)
    past = next(past for past in reversed(found.history) if past.record.kind == "approved")
    return render_template("prescriptions/labels.html", case=found, past=past, labels=labels)
