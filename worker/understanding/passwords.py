"""Passwords typed by habit: found, so that they can be hidden before anything is stored or logged.

The system before this one wanted `register John Doe john@example.com MyPassword123` and `login john@example.com secret`.
Nobody needs a password here, but people will type them for years.
"""

from __future__ import annotations

import re

from worker.understanding.intent import Intent
from worker.understanding.tokens import fold, word_set

HIDDEN = "[hidden]"

_EMAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){1,6}")
_REGISTER = frozenset(("register", "signup", "sign-up", "registration", "registar", "join"))
_LOGIN = frozenset(("login", "log-in", "signin", "sign-in", "authenticate", "loggin"))
_TWO_WORDS = {
    ("sign", "up"): "register",
    ("create", "account"): "register",
    ("create", "an"): "register",
    ("new", "account"): "register",
    ("sign", "in"): "login",
    ("log", "in"): "login",
}
_LABELS = frozenset(("password", "passwd", "passcode", "pwd", "pass", "pin", "passwrd", "pasword"))
_FILLER = word_set(
    """
    account to my the please pls with as is me am i here now and name email password pass pin for an a it = : - new user
    be dey na want on of from using abeg back again in into into reset change forgot forget forgotten lost change update
    link help what do you need without email: name: no not cant cannot remember have dont wrong incorrect
    """
)
_STRONG = re.compile(r"(?=\S*[A-Za-z])(?=\S*\d)\S{6,}|(?=\S*[A-Za-z0-9])(?=\S*[!@#$%^&*?])\S{6,}")
_MAX_WORDS = 40


def find(text: str) -> tuple[str, list[tuple[int, int]], str, str] | None:
    """Purpose, spans of the secrets in `text`, name and e-mail when a password stands in a registration or login; or None.

    `text` is cleaned (tokens.clean). Purpose is `register`, `login` or `other` ("my password is ...").
    """
    parts = [(found[0], found.start()) for found in re.finditer(r"\S+", text[:600])][:_MAX_WORDS]
    keys = [fold(part).strip('.,;:!?="()') for part, _ in parts]
    purpose, after = _purpose(keys)
    if purpose == "":
        return _labelled(parts, keys)
    email, email_at = "", -1
    for index in range(after, len(parts)):
        if _EMAIL.fullmatch(parts[index][0].strip(".,;<>()")):
            email, email_at = parts[index][0].strip(".,;<>()"), index
            break
    rest = [i for i in range(after, len(parts)) if i != email_at and keys[i] and keys[i] not in _FILLER]
    if purpose == "login":
        secrets = rest if email else [i for i in rest if i > rest[0] or _STRONG.fullmatch(parts[i][0])] if rest else []
    elif email:
        secrets = [i for i in rest if i > email_at or _STRONG.fullmatch(parts[i][0])]
    else:
        secrets = [i for i in rest if _STRONG.fullmatch(parts[i][0])]
    if not secrets:
        return None
    name = (
        " ".join(parts[i][0].strip(",;") for i in rest if i < (email_at if email else secrets[0]))
        if purpose == "register"
        else ""
    )
    return purpose, [(parts[i][1], parts[i][1] + len(parts[i][0])) for i in secrets], name, email


def _purpose(keys: list[str]) -> tuple[str, int]:
    """Register or login and where its arguments begin; "" when the message begins with neither."""
    for at in range(min(6, len(keys))):
        if keys[at] in _REGISTER:
            return "register", at + 1
        if keys[at] in _LOGIN:
            return "login", at + 1
        pair = _TWO_WORDS.get((keys[at], keys[at + 1])) if at + 1 < len(keys) else None
        if pair:
            return pair, at + 2
        if keys[at] not in _FILLER and keys[at] not in ("hi", "hello", "let", "like", "would", "can", "wan"):
            break
    return "", 0


def _labelled(parts: list[tuple[str, int]], keys: list[str]) -> tuple[str, list[tuple[int, int]], str, str] | None:
    """`my password is Secret1`, `password: secret`: what follows the label."""
    for index, key in enumerate(keys):
        joined = re.match(r"(?i)(?:password|passcode|pwd)\s*[:=]\s*(?=\S)", parts[index][0])
        if joined and joined.end() < len(parts[index][0]):
            start = parts[index][1]
            return "other", [(start + joined.end(), start + len(parts[index][0]))], "", ""
        if key not in _LABELS:
            continue
        linked = index + 1 < len(keys) and (keys[index + 1] in ("is", "be", "na", "") or parts[index][0][-1:] in ":=")
        rest = range(index + 1, len(keys))
        follow = next((i for i in rest if keys[i] and keys[i] not in _FILLER and not _EMAIL.fullmatch(parts[i][0])), None)
        if follow is not None and (linked or _STRONG.fullmatch(parts[follow][0])):
            return "other", [(parts[follow][1], parts[follow][1] + len(parts[follow][0]))], "", ""
    return None


def hide(text: str) -> str:
    """The text with everything that looks like a password replaced by `[hidden]`; the same text when there is none.

    Positions are looked for in the text as it came, so run it on what is about to be stored.
    """
    found = find(text)
    if not found:
        return text
    for start, end in sorted(found[1], reverse=True):
        text = text[:start] + HIDDEN + text[end:]
    return text


def intent(text: str) -> Intent | None:
    """`password_like` with its purpose and what else was given, never the secret; None when there is none."""
    found = find(text)
    if not found:
        return None
    purpose, _, name, email = found
    values = {"purpose": purpose} | ({"name": name} if name else {}) | ({"email": email} if email else {})
    return Intent("password_like", values)
