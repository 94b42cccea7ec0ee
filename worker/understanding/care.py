"""Doctors and lab tests: specialties by any of their names, places, tests asked for by name."""

from __future__ import annotations

from typing import Any

from worker.understanding.intent import Intent
from worker.understanding.tokens import Words, word_set

_SPECIALTIES = {
    "cardiology": "cardiologist cardiologists cardiology heart",
    "dermatology": "dermatologist dermatologists dermatology skin",
    "paediatrics": "paediatrician pediatrician paediatricians pediatricians paediatrics pediatrics pediatric paediatric "
    "peditrician children child childrens baby",
    "gynaecology": "gynaecologist gynecologist gynaecologists gynecologists gynaecology gynecology gynae gyne gyna obgyn "
    "ob-gyn obstetrician women womens woman",
    "ophthalmology": "ophthalmologist ophthalmology optometrist optician eye eyes",
    "dentistry": "dentist dentists dental dentistry teeth tooth",
    "orthopaedics": "orthopaedic orthopedic orthopaedics orthopedics orthopedist bone bones",
    "neurology": "neurologist neurologists neurology nerve nerves brain",
    "psychiatry": "psychiatrist psychiatrists psychiatry psychologist psychology therapist counsellor counselor mental",
    "urology": "urologist urologists urology kidney prostate",
    "ear nose throat": "ent otolaryngologist ear throat",
    "general practice": "gp general family physician",
    "endocrinology": "endocrinologist endocrinology diabetes hormone",
    "gastroenterology": "gastroenterologist gastroenterology stomach",
    "oncology": "oncologist oncology cancer",
    "surgery": "surgeon surgeons surgery",
    "physiotherapy": "physiotherapist physiotherapy physio",
    "nutrition": "nutritionist dietician dietitian nutrition",
    "pulmonology": "pulmonologist pulmonology chest lung lungs",
    "haematology": "haematologist hematologist haematology hematology",
}
SPECIALTY: dict[str, str] = {word: name for name, words in _SPECIALTIES.items() for word in words.split()}
# Words that mean a doctor by themselves; "eye" or "skin" need "doctor" beside them ("eye drops" is a product).
DOCTORS: frozenset[str] = word_set("doctor doctors dr specialist specialists physician likita dokita docter doctr")
_BY_ITSELF = frozenset(
    word
    for word in SPECIALTY
    if word.endswith(
        (
            "logist",
            "logists",
            "trician",
            "tricians",
            "trist",
            "trists",
            "dentist",
            "dentists",
            "therapist",
            "surgeon",
            "surgeons",
            "obgyn",
        )
    )
    or word in ("gynae", "dietician", "dietitian", "nutritionist", "optician", "gp", "obstetrician")
)
# Brands that carry a doctor's name: "Dr Meyer's gripe water".
_DR_BRANDS = word_set(
    """
    meyer meyers greg gregs brown browns kisi kisis vamis hommels botsford jessy adrian wenger syrup tablet tablets caplet
    caplets capsule tonic cream soap water
    """
)
_IN = frozenset(("in", "at", "near", "around", "within", "inside"))
_NO_PLACE = frozenset(("me", "my", "here", "area", "you", "us", "the", "your", "a"))

LAB_WORDS: frozenset[str] = frozenset(
    ("test", "tests", "screening", "laboratory", "lab", "checkup", "check-up", "diagnostic", "diagnostics")
)
# With these a test is a thing on the shelf: "malaria test kit", "pregnancy test strip".
_SHELF = frozenset(
    (
        "kit",
        "kits",
        "strip",
        "strips",
        "device",
        "machine",
        "meter",
        "cassette",
        "rapid",
        "card",
        "cards",
        "combo",
        "step",
        "response",
        "instrument",
        "self",
        "home",
        "pregnancy",
        "ovulation",
        "sell",
        "buy",
    )
)
_TESTED_NOISE = word_set(
    """
    lab labs laboratory test tests book do i want wan to a an the for my need get run please screening find search
    appointment have would like can you una how much is price of cost diagnostic diagnostics medical take at on
    """
)


def doctors(words: Words, first: int, end: int) -> Intent | None:
    """`cardiologist in Lagos`, `find eye doctor near Ikeja`, `i need a dentist`; None when no doctor is asked for."""
    keys = words.keys[first:end]
    meant = [key for key in keys if key in DOCTORS or key in _BY_ITSELF]
    if not meant or len(keys) > 14 or keys[0] in ("my",):
        return None
    if meant == ["dr"] and (len(keys) > 4 or not _DR_BRANDS.isdisjoint(keys)):
        return None
    values: dict[str, Any] = {}
    specialty = next((SPECIALTY[key] for key in keys if key in SPECIALTY), None)
    if specialty:
        values["specialty"] = specialty
    at = next((i for i in range(first, end) if words.keys[i] in _IN), None)
    if at is not None:
        start = at + 1
        while start < end and words.keys[start] in _NO_PLACE:
            start += 1
        if start < end:
            values["place"] = words.text(start, end)
    return Intent("find_doctor", values)


def lab_query(words: Words, first: int, end: int) -> dict[str, Any]:
    """The test's name as values for `lab_tests`: {"query": "malaria test"} or {}."""
    start, stop = first, end
    while start < stop and words.keys[start] in _TESTED_NOISE:
        start += 1
    while stop > start and words.keys[stop - 1] in ("please", "pls", "for", "me", "now", "tomorrow", "today", "appointment"):
        stop -= 1
    if start >= stop:
        return {}
    return {"query": words.text(start, stop)}


def tests(words: Words, first: int, end: int) -> Intent | None:
    """`malaria test`, `i want to do a blood test`; None for kits and strips, which are products."""
    keys = words.keys[first:end]
    if len(keys) > 10 or not any(key in ("test", "tests", "screening", "checkup") for key in keys) or not _SHELF.isdisjoint(keys):
        return None
    return Intent("lab_tests", lab_query(words, first, end))
