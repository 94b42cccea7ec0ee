"""An answer of staff outside the 24-hour window: it waits, and one template asks the customer to write, once until they do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models.base import connection

KIND = "person_answers"
# An answer whose window WhatsApp found closed is told of by an event that names it.
TOLD_OF = """
UPDATE outbox o SET "inboxId" = i.id FROM inbox i
WHERE i.id = %(event)s AND o.id = (i.payload->'data'->>'row')::bigint AND o."customerId" = %(customer)s AND o.status = 'held'
    AND o."staffId" IS NOT NULL
"""
# Nobody who wrote meanwhile is asked to, nobody who said `stop`, and nobody twice.
ANNOUNCE = """
INSERT INTO outbox ("customerId", "inboxId", payload, status, "expiresAt", "standsFor", notice, "staffId")
SELECT o."customerId", o."inboxId", %(payload)s::json, 'queued', now() + interval '1 day', o."inboxId", o.notice, o."staffId"
FROM outbox o JOIN customers c ON c.id = o."customerId" AND c."marketingStoppedAt" IS NULL
JOIN conversations v ON v."customerId" = o."customerId"
WHERE o."inboxId" = %(event)s AND o."customerId" = %(customer)s AND o.status = 'held' AND NOT EXISTS (
    SELECT FROM outbox t WHERE t."customerId" = o."customerId" AND t."standsFor" IS NOT NULL AND t.notice->>'kind' = %(kind)s
        AND t.status NOT IN ('failed', 'expired', 'replaced')
        AND t."createdAt" > COALESCE(v."lastInboundAt", t."createdAt" - interval '1 second'))
LIMIT 1
ON CONFLICT ("standsFor") WHERE "standsFor" IS NOT NULL DO NOTHING
RETURNING id
"""


def announce(customer_id: int, inbox_id: int, payload: Mapping[str, Any]) -> bool:
    """Puts the template into the outbox for the answer that was given with this event, or that the event names. False when none is
    wanted."""
    given = {"customer": customer_id, "event": inbox_id, "payload": json.dumps(dict(payload)), "kind": KIND}
    connection().execute(TOLD_OF, given)
    return connection().execute(ANNOUNCE, given).fetchone() is not None
