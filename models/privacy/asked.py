"""What customers ask for in the chat: a link to their data, and to be erased. The open request (`handovers`) is the queue.

Erasing is a background unit of the clock: the turn in which it is asked for still has to say so.
"""

from __future__ import annotations

from datetime import datetime

from models import support, tokens
from models.base import connection, unit
from models.maintenance.rounds import UNIT_S, Bounds
from models.privacy import erasing
from models.privacy.person import of_customer
from models.values import Refused

LINK, LINK_MINUTES = "mine", 15
REASON = "delete_my_data"
WAIT_MINUTES = 10  # time to say so, and to change one's mind
BY = "the customer, in the chat"

DUE = """
SELECT h.id, heir_of_customer(h."customerId") FROM handovers h
WHERE h."closedAt" IS NULL AND h.reason = %(reason)s AND h.id > %(after)s AND h."openedAt" < now() - %(wait)s * interval '1 minute'
    AND NOT EXISTS (SELECT FROM inbox i WHERE i."customerId" = heir_of_customer(h."customerId") AND i.status = 'pending')
ORDER BY h.id LIMIT 50
"""


def link(customer_id: int) -> str:
    """The token of a new link to this customer's data; links given out before open nothing any more."""
    tokens.end_all(customer_id, LINK)
    return tokens.issue(customer_id, LINK, minutes=LINK_MINUTES, once=True)


def ask_erasure(customer_id: int, now: datetime) -> None:
    """Notes the wish. Raises Refused: `still_open` with how many of what must end first."""
    person = of_customer(connection(), customer_id)
    waits = erasing.in_the_way(connection(), person) if person else {}
    if waits:
        raise Refused("still_open", **{what.replace(" ", "_"): count for what, count in waits.items()})
    support.hand_over(customer_id, REASON, now)


def take_back(customer_id: int, now: datetime) -> None:
    """The wish is withdrawn."""
    connection().execute(
        """UPDATE handovers SET "closedAt" = %s, "closedBy" = 'customer'
           WHERE "customerId" = %s AND reason = %s AND "closedAt" IS NULL""",
        (now, customer_id, REASON),
    )


def work(bounds: Bounds) -> tuple[int, int]:
    """How many were erased, and how many wait because something of theirs is open again. Raises Away."""
    done = waiting = after = 0
    while not bounds.over:
        with unit(UNIT_S) as conn:
            due = conn.execute(DUE, {"reason": REASON, "after": after, "wait": WAIT_MINUTES}).fetchall()
        if not due:
            break
        for request, customer in due:
            after = request
            try:
                erasing.erase(customer, by=BY)
            except Refused:
                waiting += 1
                continue
            with unit(UNIT_S) as conn:
                conn.execute(
                    """UPDATE handovers SET "closedAt" = now(), "closedBy" = 'erased' WHERE id = %s AND "closedAt" IS NULL""",
                    (request,),
                )
            done += 1
            if bounds.over:
                break
    return done, waiting
