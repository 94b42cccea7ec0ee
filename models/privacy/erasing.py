"""Erasing one person: names, numbers, addresses, messages, pictures. Orders' money and pharmacists' decisions stay under a number.

What the law wants kept stays as long as RETENTION_PRESCRIPTION_DAYS says and no longer: a paper something was dispensed on (its
picture and reading, see `models.maintenance.retention`), what was ordered and paid, and the append-only records. Nothing of it
names the person any more.

Every unit is a transaction of its own and may run again; the telephone number goes last, so that a run that was broken off
finds the person once more. That it happened is a row of `audit`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg

from models import audit
from models.base import unit
from models.privacy.person import Person, of_customer
from models.values import Refused
from models.vault import vault

UNIT_S = 30.0
ROWS = 500
MOST_ROUNDS = 2_000
ERASED = "erased"

# What must end first -> how many.
OPEN = """
SELECT 'orders', count(*) FROM orders WHERE "customerId" = ANY(%(ids)s) AND (state = 'pending_payment'
    OR state IN ('paid', 'processing', 'shipped') AND "deliveryKind" NOT IN ('visit', 'lab'))
UNION ALL SELECT 'payments', count(*) FROM payment_attempts WHERE "customerId" = ANY(%(ids)s) AND status IN ('starting', 'open')
UNION ALL SELECT 'refunds', count(*) FROM refunds r JOIN orders o ON o.id = r."orderId"
    WHERE o."customerId" = ANY(%(ids)s) AND r.status IN ('wanted', 'sent', 'needs_attention')
UNION ALL SELECT 'money to be looked at', count(*) FROM payment_tasks k JOIN orders o ON o.id = k."orderId"
    WHERE o."customerId" = ANY(%(ids)s) AND k."closedAt" IS NULL
UNION ALL SELECT 'prescriptions', count(*) FROM prescriptions
    WHERE "customerId" = ANY(%(ids)s) AND state IN ('reading', 'waiting', 'asked')
UNION ALL SELECT 'appointments', count(*) FROM appointments
    WHERE ("customerId" = ANY(%(ids)s) OR "userId" = ANY(%(users)s)) AND state IN ('held', 'booked') AND "endsAt" > now()
UNION ALL SELECT 'lab tests', count(*) FROM diagnostic_bookings
    WHERE ("customerId" = ANY(%(ids)s) OR "userId" = ANY(%(users)s)) AND (state IN ('held', 'booked') AND "endsAt" > now()
        OR state = 'done' AND "resultAt" IS NULL AND "customerId" IS NOT NULL AND "endsAt" > now() - interval '30 days')
"""
# A paper something was ordered with is kept; its picture is not erased before its time.
KEPT_PAPERS = """
SELECT p.id FROM prescriptions p WHERE p."customerId" = ANY(%(ids)s) AND (p."orderId" IS NOT NULL
    OR EXISTS (SELECT FROM prescription_items i WHERE i."prescriptionId" = p.id AND i."orderId" IS NOT NULL))
"""
FILES = f"""
SELECT name FROM (SELECT m."storedAs" AS name FROM media m WHERE m."customerId" = ANY(%(ids)s) AND m."storedAs" <> ''
    AND NOT EXISTS (SELECT FROM prescriptions p WHERE p."mediaRow" = m.id AND p.id IN ({KEPT_PAPERS}))
UNION SELECT g.flat FROM prescription_pages g JOIN prescriptions p ON p.id = g."prescriptionId"
    WHERE p."customerId" = ANY(%(ids)s) AND p.id NOT IN ({KEPT_PAPERS})
UNION SELECT g.photo FROM prescription_pages g JOIN prescriptions p ON p.id = g."prescriptionId"
    WHERE p."customerId" = ANY(%(ids)s) AND p.id NOT IN ({KEPT_PAPERS})) files
WHERE name > %(after)s ORDER BY name LIMIT {ROWS}
"""
PAPERS = (
    f"""DELETE FROM prescription_pages g USING prescriptions p
        WHERE p.id = g."prescriptionId" AND p."customerId" = ANY(%(ids)s) AND p.id NOT IN ({KEPT_PAPERS})""",
    f"""UPDATE prescriptions SET reading = NULL, draft = NULL, answers = NULL, "extractedText" = NULL, "pictureHash" = NULL,
            "pharmacistNotes" = NULL, "mediaRow" = NULL
        WHERE "customerId" = ANY(%(ids)s) AND id NOT IN ({KEPT_PAPERS})""",
    f"""DELETE FROM media m WHERE m."customerId" = ANY(%(ids)s)
        AND NOT EXISTS (SELECT FROM prescriptions p WHERE p."mediaRow" = m.id AND p.id IN ({KEPT_PAPERS}))""",
    """UPDATE media SET caption = '', filename = '' WHERE "customerId" = ANY(%(ids)s)""",
)
# What is still on its way says that it was done: it goes with the messages when their days are over.
MESSAGES = (
    f"""UPDATE inbox SET payload = '{{}}', reason = '{ERASED}' WHERE id IN (
        SELECT id FROM inbox WHERE "customerId" = ANY(%(ids)s) AND status <> 'pending' AND reason <> '{ERASED}' LIMIT {ROWS})""",
    f"""UPDATE outbox SET payload = '{{}}', notice = NULL, reason = '{ERASED}' WHERE id IN (
        SELECT id FROM outbox WHERE "customerId" = ANY(%(ids)s) AND status NOT IN ('queued', 'sending', 'unsure')
            AND reason <> '{ERASED}' LIMIT {ROWS})""",
)
# Of an adopted database: what the old spelling of a value was, for the way back.
ORIGINALS = """
DELETE FROM drugsng_adopted_values v WHERE (v."table" = 'users' AND v."rowId" = ANY(%(users)s))
    OR (v."table" = 'sessions' AND v."rowId" IN (SELECT id FROM sessions WHERE "phoneNumber" = ANY(%(numbers)s)))
    OR (v."table" IN ('support_chats', 'support_ratings') AND (v.old = ANY(%(numbers)s) OR v.new = ANY(%(numbers)s)))
    OR (v."table" = 'prescriptions' AND v."rowId" IN (SELECT p.id FROM prescriptions p JOIN orders o ON o.id = p."orderId"
        WHERE o."userId" = ANY(%(users)s)))
"""
OLD_TABLES = (
    """DELETE FROM sessions_archive WHERE "phoneNumber" = ANY(%(numbers)s)""",
    """DELETE FROM sessions WHERE "phoneNumber" = ANY(%(numbers)s)""",
    """UPDATE support_chats SET message = '', "customerPhoneNumber" = 'erased' WHERE "customerPhoneNumber" = ANY(%(numbers)s)""",
    """UPDATE support_ratings SET feedback = NULL, "customerPhoneNumber" = 'erased' WHERE "customerPhoneNumber" = ANY(%(numbers)s)""",
    """DELETE FROM otps WHERE email = ANY(%(emails)s)""",
    """DELETE FROM carts WHERE "userId" = ANY(%(users)s)""",
    """UPDATE appointments SET notes = NULL WHERE "userId" = ANY(%(users)s)""",
    """UPDATE diagnostic_bookings SET notes = NULL, "sampleCollectionLocation" = 'erased' WHERE "userId" = ANY(%(users)s)""",
    """UPDATE orders SET "shippingAddress" = 'erased' WHERE "userId" = ANY(%(users)s)""",
    """UPDATE users SET name = 'erased', email = 'erased-' || id || '@customers.invalid', password = '!', "phoneNumber" = '',
        "drugsngUserId" = NULL, "drugsngToken" = NULL, "isActive" = false, "updatedAt" = now() WHERE id = ANY(%(users)s)""",
)
OUR_TABLES = (
    """UPDATE orders SET "shippingAddress" = 'erased', latitude = NULL, longitude = NULL WHERE "customerId" = ANY(%(ids)s)""",
    """UPDATE payment_attempts SET way = '{}' WHERE "customerId" = ANY(%(ids)s)""",
    """DELETE FROM cart_lines WHERE "customerId" = ANY(%(ids)s)""",
    """DELETE FROM customer_tokens WHERE "customerId" = ANY(%(ids)s)""",
    """DELETE FROM timers WHERE "customerId" = ANY(%(ids)s)""",
    """UPDATE handovers SET "closedAt" = now(), "closedBy" = 'erased' WHERE "customerId" = ANY(%(ids)s) AND "closedAt" IS NULL""",
    """UPDATE handovers SET "ratingWords" = NULL WHERE "customerId" = ANY(%(ids)s) AND "ratingWords" IS NOT NULL""",
    """DELETE FROM thread_notes WHERE "customerId" = ANY(%(ids)s)""",
    """DELETE FROM thread_reads WHERE "customerId" = ANY(%(ids)s)""",
    """UPDATE appointments SET notes = NULL WHERE "customerId" = ANY(%(ids)s)""",
    """UPDATE diagnostic_bookings SET notes = NULL, "sampleCollectionLocation" = 'erased' WHERE "customerId" = ANY(%(ids)s)""",
    """UPDATE conversations SET flow = 'entry', state = 'idle', memory = '{}', "idleAt" = NULL WHERE "customerId" = ANY(%(ids)s)""",
    """UPDATE customers SET name = '', "profileName" = '', "consentVersion" = NULL, "consentAt" = NULL, "withAgentSince" = NULL,
        "marketingStoppedAt" = coalesce("marketingStoppedAt", now()), "updatedAt" = now() WHERE id = ANY(%(ids)s)""",
    """DELETE FROM customer_identities WHERE "customerId" = ANY(%(ids)s)""",
)


@dataclass(frozen=True, slots=True)
class Erased:
    """`files` left the vault, `messages` were emptied; `kept` papers stay until their retention ends."""

    files: int
    messages: int
    kept: int
    already: bool = field(default=False)


def in_the_way(conn: psycopg.Connection, person: Person) -> dict[str, int]:
    """What must end before anything can be erased, and how many of each; {} when nothing."""
    return {
        what: count
        for what, count in conn.execute(OPEN, {"ids": list(person.ids), "users": list(person.users)}).fetchall()
        if count
    }


def erase(customer_id: int, *, by: str) -> Erased:
    """Does it, and notes that it was done and by whom. May run twice, and goes on where it was broken off.

    Raises Refused: `unknown_customer`; `still_open` with what and how many. Raises Away when the vault cannot be reached.
    """
    with unit(UNIT_S) as conn:
        person = of_customer(conn, customer_id)
        if person is None:
            raise Refused("unknown_customer")
        if not conn.execute("""SELECT 1 FROM customer_identities WHERE "customerId" = ANY(%s)""", (list(person.ids),)).fetchone():
            return Erased(0, 0, 0, already=True)
        open_things = in_the_way(conn, person)
        if open_things:
            raise Refused("still_open", **open_things)
        values = {"ids": list(person.ids), "users": list(person.users)}
        values |= {"numbers": list(person.numbers), "emails": list(person.emails)}
        kept = len(conn.execute(KEPT_PAPERS, values).fetchall())
    files = _files(values)
    messages = _messages(values)
    with unit(UNIT_S) as conn, conn.transaction():
        # Whoever orders or books holds these rows meanwhile: it is seen below, or finds nobody registered.
        conn.execute("SELECT FROM customers WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (list(person.ids),))
        if in_the_way(conn, person):  # ordered meanwhile: what was emptied is gone, who it was is not
            raise Refused("still_open", **in_the_way(conn, person))
        adopted = conn.execute("SELECT to_regclass('drugsng_adopted_values') IS NOT NULL").fetchone()
        for statement in (*((ORIGINALS,) if adopted and adopted[0] else ()), *OLD_TABLES, *OUR_TABLES):
            conn.execute(statement, values)  # type: ignore[arg-type]
        detail = {"files": files, "messages": messages, "kept_papers": kept}
        audit.note(None, "customer_erased", "customer", customer_id, customer_id, detail, name=by)
    return Erased(files, messages, kept)


def _files(values: dict[str, object]) -> int:
    """Files first: a run that ends in between finds their names again, and removing a file twice is nothing."""
    done, after = 0, ""
    for _ in range(MOST_ROUNDS):
        with unit(UNIT_S) as conn:
            names = [row[0] for row in conn.execute(FILES, values | {"after": after}).fetchall()]  # type: ignore[arg-type]
        for name in names:
            vault().remove(name)
        done += len(names)
        if len(names) < ROWS:
            break
        after = names[-1]
    with unit(UNIT_S) as conn, conn.transaction():
        for statement in PAPERS:
            conn.execute(statement, values)  # type: ignore[arg-type]
    return done


def _messages(values: dict[str, object]) -> int:
    done = 0
    for statement in MESSAGES:
        for _ in range(MOST_ROUNDS):
            with unit(UNIT_S) as conn:
                count = conn.execute(statement, values).rowcount  # type: ignore[arg-type]
            done += count
            if count < ROWS:
                break
    return done
