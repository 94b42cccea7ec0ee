"""Doors of the `prescriptions` queue."""

from __future__ import annotations

import dramatiq

from models.base import Unavailable
from worker import messages


@dramatiq.actor(actor_name=messages.READ_PRESCRIPTION.actor, queue_name=messages.READ_PRESCRIPTION.queue, throws=(Unavailable,))
def read_prescription(prescription_id: int) -> None:
    """Reads this prescription's file. May run twice: the second finds it claimed, or read."""
    from worker import prescriptions  # what it takes along is loaded where prescriptions are read, and nowhere else

    prescriptions.read(prescription_id)
