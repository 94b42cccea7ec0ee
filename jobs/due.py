"""What becomes due by nothing happening: unpaid orders, carts that were left, prescriptions nobody looks at. All may run twice."""

from __future__ import annotations

from datetime import timedelta

from jobs.sweeps import UNIT_S
from models.base import unit
from models.due import finding
from settings import current
from worker import sentry
from worker.logs import log

NAMED = 20  # prescriptions in one alarm


def unpaid_orders() -> str:
    """Orders whose time to pay ends soon: their customers are reminded once."""
    with unit(UNIT_S) as conn:
        found = finding.unpaid_orders(conn)
    return f"{found} to remind" if found else ""


def abandoned_carts() -> str:
    """Carts nobody came back to: their customers are reminded once."""
    with unit(UNIT_S) as conn:
        found = finding.abandoned_carts(conn)
    return f"{found} to remind" if found else ""


def waiting_prescriptions() -> str:
    """Prescriptions that have waited too long while people were there: staff are told, and their customers, once each."""
    settings = current()
    wait = timedelta(minutes=settings.prescription_wait_minutes)
    with unit(UNIT_S) as conn, conn.transaction():
        (now,) = conn.execute("SELECT now()").fetchone() or ()
        found = finding.waiting_prescriptions(
            conn, wait=wait, hours=settings.support_hours, zone=settings.default_timezone, now=now
        )
    if not found:
        return ""
    log().error("prescriptions.wait_too_long", prescriptions=found[:NAMED], count=len(found))
    sentry.alarm("prescriptions wait too long", count=len(found), oldest=found[0])
    return f"{len(found)} wait too long"
