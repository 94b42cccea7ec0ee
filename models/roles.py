"""Who works here, and what each role may do in the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ROLES = ("owner", "admin", "pharmacist", "support", "auditor")
_ALL = frozenset(ROLES)
RIGHTS: dict[str, frozenset[str]] = {
    "self": _ALL,  # own password, own sessions
    "today": _ALL,
    "operations.see": frozenset({"owner", "admin", "support", "auditor"}),
    "prescriptions.status": _ALL,  # that there is one, since when it waits, who has it; nothing clinical
    "prescriptions.read": frozenset({"owner", "pharmacist", "auditor"}),  # picture, what was read, answers, decisions
    "prescriptions.decide": frozenset({"owner", "pharmacist"}),  # and a licence number, see `may`
    "orders.see": _ALL,
    "orders.move": frozenset({"owner", "admin", "pharmacist", "support"}),
    "money.see": frozenset({"owner", "admin", "support", "auditor"}),
    "money.act": frozenset({"owner", "admin"}),  # money goes back, or somebody answers for its not going
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

    def may(self, right: str) -> bool:
        """Whether this person may do it now; an unknown right is nobody's."""
        if not self.active or self.role not in RIGHTS.get(right, frozenset()):
            return False
        return right not in NEEDS_LICENCE or bool(self.licence_number)
