"""Going below step 004 and up again: who the customers are, and where their pictures lie, stay beside the old system's tables.

That step's way back drops its tables without keeping anything. Everything later steps keep as JSON names a customer's id, so
without these rows it could never be put back, and new customers would get the old ids. Conversations begin anew. What people
wrote and were told (inbox, outbox) is in the file of what is left over and does not return.

Version 1.x has a place for carts: the medicines in the baskets of people with an account go there.
"""

from __future__ import annotations

from models.migration_session import Session

STEP = "004"
SEES_CARTS = "006"

KEEP = """
DO $$
DECLARE
    name text;
BEGIN
    CREATE TABLE IF NOT EXISTS rollback_004
        (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL, "keptAt" timestamptz NOT NULL DEFAULT now());
    DELETE FROM rollback_004;  -- a rollback that was broken off before it dropped them: what is there now is newer
    FOREACH name IN ARRAY ARRAY['customers', 'customer_identities', 'conversations', 'media', 'handovers'] LOOP
        EXECUTE format('INSERT INTO rollback_004 (source, kept) SELECT %%L, to_jsonb(t) FROM %%I t', name, name);
    END LOOP;
    IF NOT EXISTS (SELECT FROM rollback_004) THEN
        DROP TABLE rollback_004;
    END IF;
END $$
"""
THERE = "SELECT to_regclass('customers') IS NOT NULL"
RETURN = """
DO $$
BEGIN
    IF to_regclass('rollback_004') IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO customers
    SELECT (jsonb_populate_record(NULL::customers, k.kept || '{"mergedInto": null}' || CASE
        WHEN EXISTS (SELECT FROM users u WHERE u.id = (k.kept->>'userId')::integer) THEN '{}'::jsonb
        ELSE '{"userId": null}' END)).*
    FROM rollback_004 k WHERE source = 'customers' ON CONFLICT DO NOTHING;
    UPDATE customers c SET "mergedInto" = (k.kept->>'mergedInto')::bigint FROM rollback_004 k
    WHERE source = 'customers' AND c.id = (k.kept->>'id')::bigint AND k.kept->>'mergedInto' IS NOT NULL;
    INSERT INTO customer_identities SELECT (jsonb_populate_record(NULL::customer_identities, kept)).*
    FROM rollback_004 WHERE source = 'customer_identities' ON CONFLICT DO NOTHING;
    INSERT INTO conversations ("customerId", "lastInboundAt")
    SELECT (kept->>'customerId')::bigint, (kept->>'lastInboundAt')::timestamptz
    FROM rollback_004 WHERE source = 'conversations' ON CONFLICT DO NOTHING;
    INSERT INTO media SELECT (jsonb_populate_record(NULL::media, kept || '{"inboxId": null}')).*
    FROM rollback_004 WHERE source = 'media' ON CONFLICT DO NOTHING;
    INSERT INTO handovers SELECT (jsonb_populate_record(NULL::handovers, kept)).*
    FROM rollback_004 WHERE source = 'handovers' ON CONFLICT DO NOTHING;
    PERFORM setval('customers_id_seq', max(id)) FROM customers HAVING max(id) > 0;
    PERFORM setval('media_id_seq', max(id)) FROM media HAVING max(id) > 0;
    PERFORM setval('handovers_id_seq', max(id)) FROM handovers HAVING max(id) > 0;
    DROP TABLE rollback_004;
END $$
"""
# The price is what the basket said it costs: the shelf's.
CARTS = """
INSERT INTO carts ("userId", "productId", quantity, price, "createdAt", "updatedAt")
SELECT c."userId", l."productId", l.quantity, p.price, l."addedAt", l."addedAt"
FROM cart_lines l JOIN customers c ON c.id = l."customerId" JOIN products p ON p.id = l."productId"
WHERE c."userId" IS NOT NULL
    AND NOT EXISTS (SELECT FROM carts o WHERE o."userId" = c."userId" AND o."productId" = l."productId")
"""
CARTS_THERE = "SELECT to_regclass('cart_lines') IS NOT NULL"


def before_going_down(session: Session, number: str) -> None:
    """Keeps what the way back of step `number` would not. May run twice."""
    run = session.database.execute_sql
    if number == STEP and run(THERE).fetchone()[0]:
        session.retried(lambda: run(KEEP), "keeping who the customers are")
    if number == SEES_CARTS and run(CARTS_THERE).fetchone()[0]:
        session.retried(lambda: run(CARTS), "giving carts back")


def after_coming_up(session: Session, number: str) -> None:
    """Puts back what `before_going_down` kept, before later steps put back what leans on it. May run twice."""
    if number == STEP:
        with session.database.atomic():
            session.database.execute_sql(RETURN)
