"""The same paper again: the same file, or another photo of it, from whomever.

A hash of the picture proposes, what was read decides: papers that one clinic fills in on its own form look nearly alike. The day
on the paper does not decide. It is easily misread, and a paper used twice is what is looked for; so a repeat of last month's
prescription is pointed out too, and the pharmacist sees both.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import psycopg

from models.readings import Item, Reading, loads
from models.vault import Locked, vault

# Two readings that end at the same moment must see each other; "same paper" as a lock of its own.
LOCK = 0x44_0B5C21B
# Papers of the past that count. Longer than any is valid; older ones are refused for their age.
LOOK_BACK_DAYS = 400
MOST_COMPARED = 5  # the nearest of each: own and others', approved and not
# Of the letters of a name: so alike are two readings of one name, and seldom two people or two medicines.
ALIKE = 0.7

FIND = """
WITH me AS (
    SELECT p.id, p."customerId", m.sha256, m."storedAt" IS NOT NULL AS known FROM prescriptions p
    LEFT JOIN media m ON m.id = p."mediaRow" WHERE p.id = %(id)s
), alike AS (
    SELECT p.id, p."customerId", p.state, p.reading, -1 AS off FROM me
    JOIN media m ON me.known AND m.sha256 = me.sha256 AND m."storedAt" IS NOT NULL
    JOIN prescriptions p ON p."mediaRow" = m.id
    UNION ALL
    SELECT p.id, p."customerId", p.state, p.reading, bit_count((p."pictureHash" # %(hash)s::bigint)::bit(64))::integer
    FROM prescriptions p WHERE p."pictureHash" IS NOT NULL AND p."createdAt" > now() - %(days)s * interval '1 day'
        AND bit_count((p."pictureHash" # %(hash)s::bigint)::bit(64)) <= %(bits)s
), named AS (
    SELECT alike.*, CASE WHEN alike."customerId" = me."customerId" THEN 0 ELSE 2 END
        + CASE WHEN alike.state = 'approved' THEN 0 ELSE 1 END AS rank
    FROM alike, me
    WHERE alike.id <> me.id AND NOT (alike."customerId" = me."customerId" AND alike.state IN ('replaced', 'withdrawn'))
), nearest AS (
    SELECT id, rank, off, reading, row_number() OVER (PARTITION BY rank ORDER BY off, id) AS place FROM named
)
SELECT id, off < 0, reading FROM nearest WHERE place <= %(most)s ORDER BY rank, id, off
"""


def find(conn: psycopg.Connection, prescription_id: int, read: Reading | None, *, within_bits: int) -> int | None:
    """Another prescription of the same file or, with a reading, of the same paper. None: there is none.

    Of several, one of the same customer, who is told so; then one that was approved, which matters most to the pharmacist; then the
    oldest. Pictures may be of one paper when at most `within_bits` of their hashes' 64 bits differ. What the same customer replaced by a
    better picture or took back is not counted. Holds a lock until the transaction ends.
    """
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    picture_hash = signed(read.picture_hash) if read else None
    values = {"id": prescription_id, "hash": picture_hash, "bits": within_bits, "days": LOOK_BACK_DAYS, "most": MOST_COMPARED}
    for number, same_file, sealed in conn.execute(FIND, values).fetchall():
        if same_file or read is None or same_paper(read, opened(sealed)):
            return int(number)
    return None


def same_paper(one: Reading, other: Reading) -> bool:
    """Whether two readings may be of one paper: not of two patients, and at least half of the shorter list of medicines in both.
    What was not read says nothing."""
    if one.patient and other.patient and not _within(one.patient, other.patient):
        return False
    fewer, more = sorted(([_named(item) for item in one.items], [_named(item) for item in other.items]), key=len)
    found = sum(any(_alike(each, again) for again in more) for each in fewer)
    return not fewer or 2 * found >= len(fewer)


def signed(picture_hash: int | None) -> int | None:
    """A hash of 64 bits as PostgreSQL's bigint holds it."""
    if picture_hash is None:
        return None
    bits = picture_hash & 0xFFFF_FFFF_FFFF_FFFF
    return bits - (1 << 64) if bits >> 63 else bits


def opened(sealed: bytes | None) -> Reading:
    """A sealed reading; an empty one where there is none, or no key opens it."""
    try:
        return loads(vault().open(sealed)) if sealed else Reading()
    except Locked:  # under a key that was taken away: it cannot be told, so a person looks
        return Reading()


def _named(item: Item) -> str:
    return f"{item.name or item.raw} {item.strength}"[:60].lower()


def _within(one: str, other: str) -> bool:
    """As `_alike`, but of the shorter: one photo may show a title or a first name that the other does not."""
    blocks = SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= ALIKE * min(len(one), len(other))


def _alike(one: str, other: str) -> bool:
    letters = SequenceMatcher(None, one, other, autojunk=False)  # the first two are upper bounds of the third, and cheap
    return letters.real_quick_ratio() >= ALIKE and letters.quick_ratio() >= ALIKE and letters.ratio() >= ALIKE
