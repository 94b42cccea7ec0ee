"""Files of `media` whose time is over leave the vault, batch by batch; their rows stay, emptied, and go with the messages."""

from __future__ import annotations

from models.base import unit
from models.maintenance.rounds import UNIT_S, Bounds, keep_place, place
from models.vault import vault

ROWS = 50  # of one batch: each file is a call to where the vault is
EMPTY = """UPDATE media SET "storedAs" = '', "storedAt" = NULL, caption = '', filename = '' WHERE id = ANY(%s)"""


def remove(bounds: Bounds, name: str, aged: str, *, days: int) -> tuple[int, bool]:
    """How many files left the vault, and whether all whose time is over did. Raises Away when the vault cannot be reached.

    `aged` selects id and name in the vault, taking %(after)s, %(days)s and %(rows)s; the round keeps its place under `name`.
    Files go first: a run that ends in between finds the row again, and removing a file twice is nothing.
    """
    done = 0
    while not bounds.over:
        with unit(UNIT_S) as conn:
            after = int(place(conn, name) or 0)
            found = conn.execute(aged, {"after": after, "days": days, "rows": min(bounds.rows, ROWS)}).fetchall()
        for _, file in found:
            vault().remove(file)
        with unit(UNIT_S) as conn, conn.transaction():
            conn.execute(EMPTY, ([row[0] for row in found],))
            keep_place(conn, name, str(found[-1][0]) if found else "0")
        done += len(found)
        if not found:
            return done, True
    return done, False
