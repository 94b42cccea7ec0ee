"""Who works here, and what each role may do in the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ROLES = ("owner", "admin", "pharmacist", "support", "auditor", "doctor")
_EVERYBODY = frozenset(ROLES)
# A doctor works beside the pharmacy: they see their own patients' visits, and nothing of its customers, orders and money.
_ALL = _EVERYBODY - {"doctor"}
_COUNTER = _ALL - {"auditor"}
RIGHTS: dict[str, frozenset[str]] = {
    "self": _EVERYBODY,  # own password, own sessions
    "today": _EVERYBODY,
    "operations.see": frozenset({"owner", "admin", "support", "auditor"}),
    "prescriptions.status": _ALL,  # that there is one, since when it waits, who has it; nothing clinical
    "prescriptions.read": frozenset({"owner", "pharmacist", "auditor"}),  # picture, what was read, answers, decisions
    "prescriptions.decide": frozenset({"owner", "pharmacist"}),  # and a licence number, see `may`
    "threads.see": _ALL,  # what a customer and we say to each other; clinical lines only with prescriptions.read
    "threads.answer": _COUNTER,
    "orders.see": _ALL,
    "orders.move": _COUNTER,
    "money.see": frozenset({"owner", "admin", "support", "auditor"}),
    "money.act": frozenset({"owner", "admin"}),  # money goes back, or somebody answers for its not going
    "visits.see": _EVERYBODY,  # who comes when; a doctor's own alone, here and below: see `only_doctor`
    "visits.notes": frozenset({"owner", "pharmacist", "auditor", "doctor"}),  # what the patient wrote for the doctor
    "visits.mark": _COUNTER | {"doctor"},  # somebody came, or nobody did
    "visits.change": _COUNTER,  # moved or cancelled for the customer
    "hours.see": _EVERYBODY,  # when doctors work, days off, holidays
    "hours.change": frozenset({"owner", "admin", "doctor"}),
    "holidays.change": frozenset({"owner", "admin"}),
    "labs.see": _ALL,
    "labs.mark": _COUNTER,
    "labs.change": _COUNTER,
    "labs.read": frozenset({"owner", "pharmacist", "auditor"}),  # what came out
    "labs.results": frozenset({"owner", "pharmacist"}),  # puts it there, and so tells the customer
    "staff.see": frozenset({"owner", "admin", "auditor"}),
    "staff.change": frozenset({"owner", "admin"}),
    "audit.see": frozenset({"owner", "auditor"}),
}
NEEDS_LICENCE = frozenset({"prescriptions.decide"})  # who signs for a prescription is named with a licence


@dataclass(frozen=True, slots=True)
class Staff:
    id: int
    email: str
    name: str
    role: str
    licence_number: str = ""
    active: bool = True
    must_change_password: bool = False
    last_login_at: datetime | None = None
    doctor_id: int | None = None

    @property
    def only_doctor(self) -> int | None:
        """The doctor whose visits are all that this person may see; None: of everybody. Who is a doctor and bound to none sees those
        of nobody."""
        return (self.doctor_id or 0) if self.role == "doctor" else None

    def may(self, right: str) -> bool:
        """Whether this person may do it now; an unknown right is nobody's."""
        if not self.active or self.role not in RIGHTS.get(right, frozenset()):
            return False
        return right not in NEEDS_LICENCE or bool(self.licence_number)
