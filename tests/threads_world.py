"""What tests of threads put into a house: staff, a customer who asked for a person, what was said so far."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

from models import staff, support
from models.base import connection
from models.roles import Staff
from models.threads import waiting
from models.threads.waiting import Patience
from settings import Settings, read
from tests.factories import a_colleague, a_customer

SETTINGS: Settings = read({"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1"})
PATIENCE = Patience(30, SETTINGS.support_hours, SETTINGS.default_timezone)
_serial = itertools.count(1)


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    found = connection().execute(query, values or None)
    return found.fetchall() if found.description else []


def now() -> datetime:
    """The database's clock, which is the one rows are written by."""
    return rows("SELECT now()")[0][0]


def somebody(name: str = "Bola", role: str = "support") -> Staff:
    found = staff.get(a_colleague(name=name, role=role).id)
    assert found is not None
    return found


def said(customer: int, text: str = "hello", *, kind: str = "text", status: str = "done", **payload: Any) -> int:
    """A message of the customer; their window is open from now on. Gives the id of its row."""
    content = payload or {"text": {"body": text}}
    ((number,),) = rows(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status) VALUES ('whatsapp', %s, %s, %s, %s, %s)
           RETURNING id""",
        *(f"wamid.t{next(_serial)}", customer, kind, json.dumps({"type": kind, **content}), status),
    )
    rows("""UPDATE conversations SET "lastInboundAt" = now() WHERE "customerId" = %s""", customer)
    return int(number)


def a_thread(reason: str = "asked", **customer: Any) -> int:
    """The id of a customer who has just asked for a person."""
    made = a_customer(**customer)
    asked = said(made, "agent")
    with connection().transaction():
        support.hand_over(made, reason, now(), asked)
        waiting.arm(made, now(), PATIENCE)
    return made


def wrote(customer: int, hours_ago: float) -> None:
    """When the customer wrote last."""
    rows(
        """UPDATE conversations SET "lastInboundAt" = %s WHERE "customerId" = %s""", now() - timedelta(hours=hours_ago), customer
    )


def said_by_staff(customer: int) -> list[tuple[str, str]]:
    """(words, status) of what staff said, in order."""
    return rows(
        """SELECT COALESCE(payload->'text'->>'body', payload->'image'->>'caption'), status FROM outbox
           WHERE "customerId" = %s AND "staffId" IS NOT NULL AND "standsFor" IS NULL ORDER BY id""",
        customer,
    )


def timer(customer: int) -> datetime | None:
    found = rows(
        """SELECT "fireAt" FROM timers WHERE "customerId" = %s AND kind = 'agent_return' AND "firedAt" IS NULL""", customer
    )
    return found[0][0] if found else None


def talking(customer: int) -> bool:
    return bool(rows("""SELECT "withAgentSince" IS NOT NULL FROM customers WHERE id = %s""", customer)[0][0])
