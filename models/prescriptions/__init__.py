"""Prescriptions: received by chat, read by machine, decided by a pharmacist.

Customers' side: `receive`, `answer`, `withdraw`, `shown`, `latest`, `decision`. The reader's side is in `receiving`, the pharmacist's in
`queue`, `case`, `deciding` and `approvals`.
"""

from models.prescriptions.answering import MORE_OF_ANSWER, answer, withdraw
from models.prescriptions.receiving import PageFiles, Work, receive, waiting_to_be_read
from models.prescriptions.shown import Decided, DecidedLine, Shown, ShownLine, beside, decision, latest, shown

__all__ = [
    "MORE_OF_ANSWER",
    "Decided",
    "DecidedLine",
    "PageFiles",
    "Shown",
    "ShownLine",
    "Work",
    "answer",
    "beside",
    "decision",
    "latest",
    "receive",
    "shown",
    "waiting_to_be_read",
    "withdraw",
]
