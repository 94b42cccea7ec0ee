"""How a talk with a person was: one to five and a few words, once for each thread, kept beside who answered in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.base import connection
from models.support import RATING_DAYS

WORDS_MAX = 500
LATEST = """
SELECT id FROM handovers
WHERE "customerId" = %(customer)s AND "closedAt" > %(after)s AND answers > 0 AND (%(thread)s = 0 OR id = %(thread)s)
ORDER BY id DESC LIMIT 1
"""
# Another number changes the rating while there are no words to it: people tap beside it.
RATE = """
UPDATE handovers SET rating = %(stars)s, "ratedAt" = %(now)s, "ratingAskedAt" = COALESCE("ratingAskedAt", %(now)s)
WHERE id = %(id)s AND (rating IS NULL OR COALESCE("ratingWords", '') = '') RETURNING id
"""
ADD_WORDS = """
UPDATE handovers SET "ratingWords" = %(words)s
WHERE id = %(thread)s AND "customerId" = %(customer)s AND rating IS NOT NULL AND COALESCE("ratingWords", '') = '' RETURNING id
"""


def rate(customer_id: int, thread: int, stars: int, now: datetime) -> int | None:
    """The thread that was rated: this one, or with 0 the last; None when there is none to rate, or it was rated with words."""
    if not 1 <= stars <= 5:
        return None
    given = {"customer": customer_id, "thread": thread, "after": now - timedelta(days=RATING_DAYS)}
    found = connection().execute(LATEST, given).fetchone()
    row = connection().execute(RATE, {"id": found[0], "stars": stars, "now": now}).fetchone() if found else None
    return int(row[0]) if row else None


def add_words(customer_id: int, thread: int, words: str) -> bool:
    """Words to a rating, once."""
    kept = " ".join(words.replace("\x00", "").split())[:WORDS_MAX]
    return bool(connection().execute(ADD_WORDS, {"customer": customer_id, "thread": thread, "words": kept}).fetchone())
