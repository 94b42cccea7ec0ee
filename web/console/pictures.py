"""Pictures of prescriptions out of the vault: the flattened page, the photo as it was sent, the original file as a download."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

from models.base import connection
from models.prescriptions import case as cases
from models.prescriptions import old
from models.vault import Away, Gone, Locked, vault
from web.console import casepage, labels
from web.console.auth import needs, noted, staff
from web.console.errors import told
from worker.logs import log

pictures = Blueprint("pictures", __name__)
KINDS = ("flat", "photo")
AWAY = ("The pictures cannot be reached", "The place they are stored in does not answer. Try again in a minute.")
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "image/gif": ".gif",
    "image/heif": ".heic",
    "application/pdf": ".pdf",
}
# The page of a prescription notes that it was seen, and then asks for its pictures. Whoever asks for a picture alone is noted here,
# once in this time.
SEEN = """
SELECT EXISTS (SELECT FROM audit WHERE subject = 'prescription' AND "subjectId" = %s AND "staffId" = %s
    AND act IN ('prescription.seen', 'prescription.picture') AND at > now() - interval '1 hour'), "customerId"
FROM prescriptions WHERE id = %s
"""


@pictures.get("/<int:number>/pages/<int:page>/<kind>")
@needs("prescriptions.read")
def picture(number: int, page: int, kind: str) -> Response:
    """A JPEG of our own making: what customers sent is never shown by a browser as it is."""
    if kind not in KINDS:
        abort(404)
    found = next((p for p in cases.pages(connection(), number) if p.page == page), None)
    if found is None:
        abort(404)
    content = _content(found.flat if kind == "flat" else found.photo)
    seen, customer_id = connection().execute(SEEN, (number, staff().id, number)).fetchone()
    if not seen:
        noted("prescription.picture", "prescription", number, customer_id, {"page": page})
    answer = Response(content, content_type="image/jpeg")
    answer.headers["Content-Disposition"] = "inline"
    return answer


@pictures.get("/<int:number>/original")
@needs("prescriptions.read")
def original(number: int) -> Response:
    """The file as it was sent, to be saved and never to be opened here."""
    row = (
        connection()
        .execute(
            """SELECT m."storedAs", p."customerId", m."contentType" FROM prescriptions p JOIN media m ON m.id = p."mediaRow"
               WHERE p.id = %s AND m."storedAs" <> ''""",
            (number,),
        )
        .fetchone()
    )
    if row is None and (paper := old.one(connection(), number)) and paper.original:
        row = (paper.original, paper.customer_id, paper.content_type)
    if row is None:
        abort(404)
    content = _content(row[0])
    noted("prescription.original", "prescription", number, row[1])
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="prescription-{number}{SUFFIXES.get(row[2], "")}"'
    return answer


@pictures.get("/<int:number>/beside/<int:other>")
@needs("prescriptions.read")
def beside(number: int, other: int) -> str:
    """Two papers side by side: is it the same one?"""
    found = [casepage.find(each) for each in (number, other)]
    for case in found:
        noted("prescription.seen", "prescription", case.waiting.id, case.customer_id, {"beside": True})
    return render_template("prescriptions/beside.html", cases=found, labels=labels)


def _content(name: str) -> bytes:
    try:
        return vault().get(name)
    except Gone:
        abort(404)
    except Locked as e:
        log().error("console.vault_locked", reason=str(e))
        abort(404)
    except Away as e:
        log().warning("console.vault_away", reason=str(e))
        abort(make_response(told(503, AWAY, {"Retry-After": "30"})))
