"""Where a parcel goes, as people in Nigeria write it: there are few postcodes and many landmarks."""

from __future__ import annotations

import re
import unicodedata

from worker.flows.wording import cut

LEAST = 10  # letters and digits; fewer never found a door
LANDMARK_LEAST = 4
LONGEST = 300
# The mainland with a margin; Bakassi to Sokoto, Badagry to Lake Chad. Degrees.
SOUTH, NORTH, WEST, EAST = 4.0, 14.0, 2.6, 14.8

_WORDS = frozenset(
    [
        "street",
        "str",
        "st",
        "road",
        "rd",
        "avenue",
        "ave",
        "close",
        "crescent",
        "cres",
        "lane",
        "way",
        "drive",
        "estate",
        "house",
        "flat",
        "block",
        "plot",
        "phase",
        "layout",
        "junction",
        "bus",
        "stop",
        "busstop",
        "opposite",
        "opp",
        "beside",
        "behind",
        "near",
        "after",
        "off",
        "km",
        "expressway",
        "express",
        "market",
        "quarters",
        "village",
        "town",
        "city",
        "gra",
        "area",
        "ward",
        "compound",
        "building",
        "plaza",
        "hostel",
        "hall",
        "room",
        "floor",
        "lagos",
        "abuja",
        "kano",
        "ibadan",
        "kaduna",
        "enugu",
        "owerri",
        "onitsha",
        "aba",
        "jos",
        "ilorin",
        "benin",
        "warri",
        "uyo",
        "calabar",
        "port",
        "harcourt",
        "ikeja",
        "lekki",
        "yaba",
        "surulere",
        "ajah",
        "ikorodu",
        "wuse",
        "garki",
        "maitama",
        "gwarinpa",
        "kubwa",
        "lugbe",
        "asaba",
        "akure",
        "abeokuta",
        "osogbo",
        "bauchi",
        "sokoto",
        "maiduguri",
        "minna",
        "lokoja",
        "makurdi",
        "yola",
        "zaria",
    ]
)


def tidy(typed: str) -> str:
    """One line, as it will stand on the parcel: control characters and repeated blanks taken out."""
    kept = "".join(
        " " if c in "\r\n\t" or unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") else c for c in typed[: 4 * LONGEST]
    )
    return cut(" ".join(kept.split()), LONGEST)


def problem(typed: str) -> str:
    """Why a text cannot be an address: "short", "number" (a telephone or nothing but digits), "link", or "" when it can."""
    line = tidy(typed)
    letters, useful = sum(c.isalpha() for c in line), sum(c.isalnum() for c in line)
    if re.search(r"https?://|www\.|\S+@\S+\.\S", line, re.IGNORECASE):
        return "link"
    if useful and letters < 3 and useful >= 7:
        return "number"
    distinct = len({c for c in line.lower() if c.isalnum()})
    if useful < LEAST or len(line.split()) < 2 or distinct < 5:
        return "short"
    return ""


_BY = frozenset(("opposite", "opp", "beside", "behind", "near", "after", "before", "close", "around", "by"))
MARK_WORDS = 6


def landmark_only(typed: str) -> bool:
    """Whether a text says what a place is near, and neither street nor town: "opposite the big church"."""
    words = re.findall(r"[a-z]+|\d+", typed[:LONGEST].lower())
    bare = len(words) <= MARK_WORDS and "," not in typed and not any(w.isdigit() for w in words)
    return bare and bool(words) and words[0] in _BY and _WORDS.isdisjoint(words[1:])


def looks_like_one(typed: str) -> bool:
    """Whether a text that could also be a command is rather an address: "12 Checkout Road, Ikeja"."""
    words = re.findall(r"[a-z]+|\d+", typed[: 2 * LONGEST].lower())
    places = sum(w in _WORDS for w in words)
    return not problem(typed) and (places >= 2 or (places >= 1 and any(w.isdigit() for w in words)))


def join(landmark: str, pin: str) -> str:
    """The landmark in front, because the rider reads that first."""
    return cut(f"{landmark} - {pin}" if pin else landmark, LONGEST)


def in_nigeria(latitude: float, longitude: float) -> bool:
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST
