"""How long the house really waits between tries to start a payment, beside what the settings say.

python -m bench.payment_waits

For each of some settings an order is paid at a provider that answers 503 to everything: the trade of payments begins it, the wait it
wrote down is read, and the row is made due at once instead of waiting. The plain waits are RETRY_INITIAL_DELAY_MS times
RETRY_BACKOFF_MULTIPLIER to the power of the tries before; each may be longer by up to a tenth, never above half an hour.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

from bench.figures import tell
from bench.rig import rig
from local.providers.control import Providers
from models import base
from models.base import connection
from models.payments import attempts
from models.payments.waits import JITTER, Retry
from tests import factories
from tests.payment_counter import environment, forget
from worker import broker, logs, payments

# RETRY_MAX_ATTEMPTS, RETRY_INITIAL_DELAY_MS, RETRY_BACKOFF_MULTIPLIER; the first is what is set when nothing is.
SETTINGS = ((3, 1000, 2.0), (1, 1000, 2.0), (5, 500, 3.0), (4, 60_000, 1.5), (6, 250, 1.0), (10, 60_000, 2.0))
ROW = "{:>12} {:>9} {:>11}  {:<74} {}"


def waited(retry: Retry) -> list[int]:
    """The waits, in ms, that a real attempt had to take before it was given up."""
    now = datetime.now(UTC)
    customer = factories.a_customer()
    number = factories.an_order(customer, {factories.a_product(): 1}, payment="paystack", now=now)
    attempt = attempts.begin(customer, number, "paystack", "link", mode="test", now=now)
    found: list[int] = []
    for _ in range(retry.max_attempts + 1):
        payments.start(attempt.id)
        row = connection().execute(
            """SELECT status, "nextTryAt" - "updatedAt" FROM payment_attempts WHERE id = %s""", (attempt.id,)
        ).fetchone()  # fmt: skip
        if row is None or row[0] != "starting":
            break
        found.append(row[1] // timedelta(milliseconds=1))
        connection().execute("""UPDATE payment_attempts SET "nextTryAt" = now() WHERE id = %s""", (attempt.id,))
    return found


def as_set(retry: Retry) -> list[int]:
    plain = (retry.delay(tries) for tries in range(1, retry.max_attempts + 1))
    return [each // timedelta(milliseconds=1) for each in plain if each is not None]


def main() -> int:
    logs.set_up("bench", level="CRITICAL", folder="")  # each try that fails is a line otherwise
    print(ROW.format("MAX_ATTEMPTS", "DELAY_MS", "MULTIPLIER", "plain waits, ms", "waited, ms"))
    sound = True
    with rig() as it, Providers.in_thread(webhooks=False) as providers:
        providers.fault(on="api", times=None, http=503)
        base.bind(it.database_url)
        made = broker.connect(it.redis_url)
        os.environ |= environment(providers, it.database_url, it.redis_url)
        for most, initial, multiplier in SETTINGS:
            os.environ |= {
                "RETRY_MAX_ATTEMPTS": str(most),
                "RETRY_INITIAL_DELAY_MS": str(initial),
                "RETRY_BACKOFF_MULTIPLIER": str(multiplier),
            }
            forget()
            retry = Retry(most, initial, multiplier)
            plain, found = as_set(retry), waited(retry)
            fits = [low <= each <= min(low * (1 + JITTER), 1_800_000) + 1 for low, each in zip(plain, found, strict=False)]
            sound = sound and len(plain) == len(found) and all(fits)
            print(ROW.format(most, initial, multiplier, " ".join(map(str, plain)) or "-", " ".join(map(str, found)) or "-"))
        forget()
        base.drop_connection()
        made.client.close()
    tell("waits between tries to start a payment", "as set" if sound else "NOT AS SET", "plain to a tenth longer", sound)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
