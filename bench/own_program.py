"""What our own program has in its tables after some years, and what it writes all day, step of the schema by step.

Plain SQL and not the program's verbs: the tables of a step are written by the version of that step, which is not this one.
"""

from __future__ import annotations

import psycopg

# Step after which the rows are made -> statements. {customers} and {prescriptions} are numbers of rows.
ROWS = {
    "004": (
        """INSERT INTO customers (name, "userId") SELECT name, id FROM users ORDER BY id LIMIT {customers}""",
        """INSERT INTO customer_identities (kind, value, "customerId") SELECT 'number', '2348' || lpad(id::text, 9, '0'), id
            FROM customers""",
        """INSERT INTO conversations ("customerId", "lastInboundAt") SELECT id, now() FROM customers""",
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status)
            SELECT 'whatsapp', 'wamid.' || i, i, 'text', '{{"text": "Do you have paracetamol?"}}', 'done'
            FROM generate_series(1, {customers}) i""",
        """INSERT INTO outbox ("customerId", "inboxId", payload, status, "expiresAt", "externalId")
            SELECT i, i, '{{"type": "text", "text": {{"body": "Yes, we have."}}}}', 'read', now(), 'wamid.out.' || i
            FROM generate_series(1, {customers}) i""",
        """INSERT INTO media ("customerId", "inboxId", kind, "mediaId", purpose, "createdAt")
            SELECT i, i, 'image', 'media' || i, 'prescription', now() FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO timers (kind, "customerId", "fireAt", "firedAt")
            SELECT 'reminder', i, now(), now() FROM generate_series(1, {prescriptions}) i""",
    ),
    "006": (
        """INSERT INTO cart_lines ("customerId", "productId", quantity, "addedAt")
            SELECT i, 1 + i % 1000, 1, now() FROM generate_series(1, {prescriptions}) i""",
        """UPDATE orders SET "customerId" = id WHERE id <= {prescriptions}""",
        """INSERT INTO order_events ("orderId", at, what, who) SELECT id, now(), 'placed', 'customer' FROM orders
            WHERE id <= {customers}""",
        """INSERT INTO stock_reservations ("orderId", "productId", quantity, state, "reservedAt", "endedAt")
            SELECT i, 1 + i % 1000, 1, 'sold', now(), now() FROM generate_series(1, {prescriptions}) i""",
    ),
    "007": (
        """UPDATE prescriptions SET "customerId" = 1 + id % {customers}, "mediaRow" = id, state = 'approved'
            WHERE id <= {prescriptions}""",
        """INSERT INTO prescription_pages SELECT i, 1, md5(i::text), md5(i::text), 800, 600
            FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
            SELECT i, now(), 'approved', 1, 'A pharmacist', 'sealed' FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO prescription_items ("prescriptionId", "decisionId", "customerId", line, "productId", quantity, "expiresAt")
            SELECT "prescriptionId", id, 1 + id % {customers}, 1, 1 + id % 1000, 1, now() FROM prescription_decisions""",
    ),
    "009": (
        """INSERT INTO payment_attempts ("orderId", "customerId", number, provider, kind, reference, "amountKobo", mode, status,
                "createdAt", "updatedAt")
            SELECT i, i, 1, 'paystack', 'link', 'ref' || i, 1000, 'live', 'paid', now(), now()
            FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO payments ("orderId", "attemptId", provider, "transactionId", "amountKobo", currency, mode, settled, "createdAt")
            SELECT "orderId", id, provider, id::text, 1000, 'NGN', 'live', 'applied', now() FROM payment_attempts""",
        """INSERT INTO audit ("staffName", act) SELECT 'A pharmacist', 'prescription.seen'
            FROM generate_series(1, {prescriptions}) i""",
    ),
    "013": (
        """INSERT INTO old_files ("prescriptionId", state) SELECT i, 'stored' FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO customer_tokens ("tokenHash", purpose, "customerId", "createdAt", "expiresAt", "endsAt", once)
            SELECT sha256(i::text::bytea), 'account', i, now(), now(), now(), true FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO handovers ("customerId", reason, "openedAt", "closedAt")
            SELECT i, 'asked', now(), CASE WHEN i % 100 > 0 THEN now() END FROM generate_series(1, {prescriptions}) i""",
    ),
    "014": (
        """UPDATE appointments SET "customerId" = 1 + id % {customers}, number = 'V' || id, "bookingKey" = 'k' || id
            WHERE id <= {prescriptions} AND id % 2 = 0""",
        """INSERT INTO visit_events ("appointmentId", at, what, who) SELECT id, now(), 'booked', 'customer' FROM appointments
            WHERE "bookingKey" IS NOT NULL""",
    ),
    "015": (
        """INSERT INTO thread_notes ("customerId", "staffId", text, "createdAt")
            SELECT i, 1, 'calls back at four', now() FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO thread_reads ("staffId", "customerId", "lastInboxId") SELECT 1, i, i FROM generate_series(1, {prescriptions}) i""",
        """INSERT INTO thread_files ("mediaRow", state) SELECT id, 'done' FROM media WHERE id <= {prescriptions}""",
    ),
}  # fmt: skip
# Step from which on -> (the table whose id the %s are, statements); several statements are one transaction.
WRITES = {
    "004": (
        ("customers", """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
            VALUES ('whatsapp', 'w' || gen_random_uuid(), %s, 'text', '{"text": "hello"}')"""),
        ("inbox", """UPDATE inbox SET status = 'done', "handledAt" = now() WHERE id = %s"""),
        ("customers", """UPDATE conversations SET version = version + 1, memory = '{"page": 2}' WHERE "customerId" = %s""",
            """INSERT INTO outbox ("customerId", payload, "expiresAt") VALUES (%s, '{"type": "text"}', now() + interval '1 day')"""),
        ("outbox", """UPDATE outbox SET status = 'delivered', "updatedAt" = now() WHERE id = %s"""),
        ("customers", """INSERT INTO timers (kind, "customerId", "fireAt") VALUES ('reminder', %s, now())
            ON CONFLICT (kind, "customerId", subject) DO UPDATE SET "fireAt" = now(), "firedAt" = NULL"""),
        ("customers", """INSERT INTO media ("customerId", kind, "mediaId", purpose, "createdAt")
            VALUES (%s, 'image', gen_random_uuid(), 'prescription', now())"""),
        ("customers", """UPDATE customers SET "updatedAt" = now() WHERE id = %s"""),
    ),
    "006": (
        ("customers", """INSERT INTO cart_lines ("customerId", "productId", quantity, "addedAt") VALUES (%s, 7, 1, now())
            ON CONFLICT ("customerId", "productId") DO UPDATE SET quantity = cart_lines.quantity + 1"""),
        ("users", """INSERT INTO orders ("userId", "customerId", "orderNumber", state, "totalKobo", "totalAmount", "paymentMethod",
                "shippingAddress", "placementKey", "reservedUntil", "createdAt", "updatedAt")
            SELECT u, (SELECT id FROM customers WHERE id = u), 'D' || gen_random_uuid(), 'pending_payment', 125050, 1250.5, 'Paystack',
                'Street', gen_random_uuid(), now(), now(), now() FROM (VALUES (%s)) v (u)"""),
        ("orders", """UPDATE orders SET state = 'paid' WHERE id = %s""",
            """INSERT INTO order_events ("orderId", at, what, who) VALUES (%s, now(), 'paid', 'paystack')""",
            """UPDATE stock_reservations SET state = 'sold', "endedAt" = now() WHERE "orderId" = %s"""),
    ),
    "007": (
        ("customers", """INSERT INTO prescriptions ("customerId", "fileUrl", state, "nextTryAt", "createdAt", "updatedAt")
            VALUES (%s, '', 'reading', now(), now(), now())"""),
        ("prescriptions", """UPDATE prescriptions SET "leaseUntil" = now(), attempts = 1, version = version + 1 WHERE id = %s"""),
    ),
    "008": (
        ("customers", """INSERT INTO audit ("staffName", act, "customerId") VALUES ('A pharmacist', 'seen', %s)"""),
    ),
    "009": (
        ("payment_attempts", """UPDATE payment_attempts SET checks = 1, "checkedAt" = now() WHERE id = %s"""),
        ("payments", """UPDATE payments SET "feeKobo" = 15 WHERE id = %s"""),
        ("orders", """INSERT INTO payments ("orderId", provider, "transactionId", "amountKobo", currency, mode, settled, "createdAt")
            VALUES (%s, 'paystack', gen_random_uuid(), 100, 'NGN', 'live', 'double', now())"""),
    ),
    "011": (("orders", """UPDATE orders SET "riderName" = 'Musa', "shippedAt" = now() WHERE id = %s"""),),
    "012": (("outbox", """UPDATE outbox SET notice = '{"kind": "order_paid"}' WHERE id = %s"""),),
    "014": (
        ("customers", """INSERT INTO appointments ("userId", "customerId", "doctorId", number, state, "dateTime", "endsAt", "bookingKey",
                "createdAt", "updatedAt")
            SELECT (SELECT min(id) FROM users), c, 1 + c %% 3, 'V' || gen_random_uuid(), 'booked', at, at + interval '20 minutes',
                gen_random_uuid(), now(), now()
            FROM (SELECT c, now() + interval '100 days' + random() * interval '100 years' FROM (VALUES (%s)) v (c)) w (c, at)"""),
        ("appointments", """UPDATE appointments SET state = 'done', "updatedAt" = now() WHERE id = %s"""),
    ),
    "015": (
        ("customers", """INSERT INTO handovers ("customerId", reason, "openedAt", "waitingSince") VALUES (%s, 'asked', now(), now())
            ON CONFLICT DO NOTHING"""),
        ("customers", """INSERT INTO outbox ("customerId", payload, "expiresAt", "staffId", "staffKey")
            VALUES (%s, '{"type": "text"}', now() + interval '1 day', 1, gen_random_uuid())"""),
        ("customers", """INSERT INTO thread_reads ("staffId", "customerId", "lastInboxId") VALUES (1, %s, 9)
            ON CONFLICT ("staffId", "customerId") DO UPDATE SET "lastInboxId" = EXCLUDED."lastInboxId" + 1"""),
    ),
}  # fmt: skip


def fill(url: str, step: str, rows: dict[str, int]) -> None:
    """The rows that the version of this step ("004") would have by the time the next step comes."""
    with psycopg.connect(url, autocommit=True, application_name="drugsng bench") as conn:
        for statement in ROWS.get(step, ()):
            conn.execute(statement.format(customers=rows["users"], prescriptions=min(rows["prescriptions"], rows["users"])))
        if step in ROWS:
            conn.execute("ANALYZE")


def writes_at(step: str) -> tuple[tuple[str, ...], ...]:
    """What the program of this step and before writes."""
    return tuple(write for since, some in WRITES.items() if since <= step for write in some)
