"""Towns as customers here name them, so that "heart doctor ph" has a place without an "in" before it."""

from __future__ import annotations

from collections.abc import Sequence

# State capitals, the largest other towns, and parts of Lagos and Abuja that are named like towns; and their usual short forms.
# None of them is a medicine, a complaint or a first name on its own.
_CITIES = """
    lagos; lag; abuja; abj; fct; port harcourt; portharcourt; portharcort; ph; phc; ibadan; ib; kano; kaduna; benin city; benin;
    enugu; onitsha; aba; owerri; warri;
    asaba; awka; umuahia; abakaliki; calabar; uyo; yenagoa; akure; abeokuta; ado ekiti; osogbo; oshogbo; ilorin;
    lokoja; minna; lafia; jos; makurdi; bauchi; gombe; yola; jalingo; damaturu; maiduguri; dutse; katsina; sokoto;
    birnin kebbi; gusau; zaria; ogbomosho; ile ife; ikeja; lekki; victoria island; surulere; yaba; ikorodu; ajah; wuse; garki;
    gwarinpa; maitama; kubwa; nnewi; nsukka; bonny; sapele; ughelli; ijebu ode; sagamu; ota; badagry; festac; apapa; gbagada;
"""
_BY_FIRST: dict[str, list[tuple[str, ...]]] = {}
for _city in _CITIES.split(";"):
    if _city.strip():
        _words = tuple(_city.split())
        _BY_FIRST.setdefault(_words[0], []).append(_words)


_SHORT = {
    "lag": "Lagos", "abj": "Abuja", "fct": "Abuja", "ib": "Ibadan",
    "ph": "Port Harcourt", "phc": "Port Harcourt", "portharcourt": "Port Harcourt", "portharcort": "Port Harcourt",
}  # fmt: skip


def name(typed: str) -> str:
    """A place as it is written: "ph" is Port Harcourt, "lagos" is Lagos."""
    return _SHORT.get(typed.strip().casefold(), typed.title() if typed.islower() else typed)


def find(keys: Sequence[str], first: int, end: int) -> tuple[int, int] | None:
    """Where the last town in this range of folded words begins and ends; None without one."""
    found = None
    for at in range(first, end):
        for words in sorted(_BY_FIRST.get(keys[at], ()), key=len, reverse=True):
            if at + len(words) <= end and tuple(keys[at : at + len(words)]) == words:
                found = at, at + len(words)
                break
    return found
