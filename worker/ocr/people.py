"""Names of people in the fields of a paper: what can be one and what cannot."""

from __future__ import annotations

import re

from worker.ocr.writing import flat
from worker.understanding.tokens import word_set

MOST_LETTERS = 80  # of a name
_FILL = re.compile(r"[_.…·]{3,}|_+|\.{2,}")
_TITLE = re.compile(
    r"^(?:(?:mr|mrs|miss|ms|master|mstr|chief|alh(?:aji)?|alhaja|hajia|pastor|rev|baby|engr|barr|prof)\.?\s+)+", re.IGNORECASE
)
PLACES = re.compile(
    r"\b(?:hosp[il]ta[il]s?|c[il]in[il]cs?|infirmary|maternity|medicare|med[il]ca[il]\s(?:centre"
    r"|center|services?|c[il]inic|practice|consultants?)|hea[il]th\s?(?:care|centre|center|post"
    r"|clinic|services?|facility)|healthcare|centre|center|surgery|po[il]yc[il]inic"
    r"|specia[il]ists?|fami[il]y\s(?:health|practice|clinic|medicine|doctors)|family health"
    r"|dispensary|denta[il]|consu[il]tants?|eye (?:clinic|centre|care)"
    r"|phc|fmc|luth|uch|uth|lasuth|oauthc|abuth|amc|diagnostics?|foundation|medical (?:hall"
    r"|home)|nursing home|teaching)\b"
)
_LABELS = word_set(
    """date age sex gender address signature stamp prescription diagnosis drug hospital tablets mg dob
    prescriber doctor facility licence license issued clinic ward folder"""
)


def clean(text: str) -> str:
    return " ".join(_FILL.sub(" ", text).split()).strip(" .,:;-_|/'\"=~*")[:MOST_LETTERS]


def is_name(value: str) -> bool:
    """Words of letters, one to six, and no word of a form or a place."""
    plain = flat(value)
    words = re.findall(r"[^\W\d_]+", _TITLE.sub("", plain))
    if not words or len(words) > 7 or sum(map(len, words)) < 3 or any(c.isdigit() for c in plain):
        return False
    if PLACES.search(plain) or ":" in plain or "@" in plain:
        return False
    return not set(words) & _LABELS
