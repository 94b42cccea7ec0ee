"""Passwords of staff: Argon2id, a few at a time, and none that anybody would try first.

A hash costs about a tenth of a second of one core and 64 MiB, on purpose. So at most HASHING run at once and WAITING more wait a
moment: a flood of logins is answered `Busy` instead of taking every thread of the web process, on which webhooks wait too.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN, LENGTH_MAX = 12, 200
HASHING, WAITING, WAIT_S = 1, 2, 2.0
# Letters and figures that nobody mistakes for each other when reading aloud; 16 of 31 are 79 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# Long enough for the rule and still the first to be tried; compared without case, spaces and punctuation.
_COMMON = """
    administrator administrator1 adminadminadmin iloveyouiloveyou letmeinletmein passwordpassword passwordpassword1
    password1234 password12345 password123456 password2024 password2025 password2026 passw0rd1234 p4ssw0rd1234 qwertyqwerty
    qwertyuiop12 qwertyuiop123 qwertyuiopasdf qwerty123456 qwerty1234567 qwerty12345678 1qaz2wsx3edc 1q2w3e4r5t6y
    1q2w3e4r5t6y7u abcdefghijkl abcdefgh1234 abcd12345678 abc123456789 a1b2c3d4e5f6 asdfghjkl123 asdfghjklqwe zxcvbnm12345
    welcome12345 welcome123456 changeme1234 changemenow1 changethisnow trustno1trustno1 monkeymonkey dragondragon
    superman1234 sunshine1234 football1234 liverpool1234 manchester123 arsenalarsenal chelseachelsea nigeria12345
    nigerianigeria naija1234567 lagosnigeria abujanigeria godisgood123 godisgreat123 jesusischrist jesuschrist1
    blessing12345 blessed12345 goodness1234 pharmacy1234 pharmacypharmacy pharmacist123 pharmacist1234 prescription
    prescriptions drugsng12345 drugsngdrugsng drugsngpharmacy drugsngconsole whatsapp1234 consoleconsole
"""
FORBIDDEN = frozenset(_COMMON.split())
_hasher = PasswordHasher(time_cost=2, memory_cost=64 * 1024, parallelism=1)
_hashing = threading.BoundedSemaphore(HASHING)
_inside = threading.BoundedSemaphore(HASHING + WAITING)
_nobodys = ""


class Busy(Exception):
    """Too many passwords are being checked at this moment; the same in a second may work."""


@contextmanager
def _turn() -> Iterator[None]:
    if not _inside.acquire(blocking=False):
        raise Busy
    try:
        if not _hashing.acquire(timeout=WAIT_S):
            raise Busy
        try:
            yield
        finally:
            _hashing.release()
    finally:
        _inside.release()


def hashed(password: str) -> str:
    """What is stored of it. Raises Busy."""
    with _turn():
        return _hasher.hash(_plain(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the one. None stands for an account that does not exist and takes as long as one that does. Raises Busy."""
    global _nobodys
    with _turn():
        if not _nobodys:
            _nobodys = _hasher.hash(secrets.token_urlsafe(16))
        try:
            return _hasher.verify(stored or _nobodys, _plain(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether it was made with other parameters than those of today, and is to be made anew while the password is at hand."""
    return _hasher.check_needs_rehash(stored)


def weakness(password: str, *, own_words: tuple[str, ...] = ()) -> str:
    """Why it may not be used: too_short, too_long, too_simple, too_common, own_name; "" when it may. `own_words`: e-mail, name."""
    plain = _plain(password)
    if len(plain) < LENGTH_MIN:
        return "too_short"
    if len(password) > LENGTH_MAX:
        return "too_long"
    if len(set(plain)) < 5 or _is_a_row(plain):
        return "too_simple"
    bare = _bare(plain)
    if bare in FORBIDDEN or bare.rstrip("0123456789") in FORBIDDEN:
        return "too_common"
    mine = [_bare(part) for word in own_words for part in (word.partition("@")[0], *word.replace("@", " ").split())]
    if any(len(word) >= 4 and word in bare and len(bare) - len(word) < 6 for word in mine):
        return "own_name"
    return ""


def one_time() -> str:
    """A password to be told once and changed at the first login, such as `k7mw-9fqt-x3hp-b2rd`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def _plain(password: str) -> str:
    """The same text from every keyboard; bounded, so that nobody makes us normalise megabytes."""
    return unicodedata.normalize("NFKC", password[: LENGTH_MAX * 2])


def _bare(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _is_a_row(text: str) -> bool:
    """123456789012, abcdefghijkl and the like, in either direction."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(text)} - {-9, 9}
    return steps in ({1}, {-1}, {0})
