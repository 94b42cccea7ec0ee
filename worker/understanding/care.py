"""Doctors and lab tests: specialties by any of their names, places, tests asked for by name."""

from __future__ import annotations

from typing import Any

from rapidfuzz import fuzz

from worker.understanding import cities
from worker.understanding.intent import Intent
from worker.understanding.own import CHILD, KIN, is_own, whose_of, without
from worker.understanding.tokens import Words, phrase_list, word_set

_SPECIALTIES = {
    "cardiology": "cardiologist cardiologists cardiology heart",
    "dermatology": "dermatologist dermatologists dermatology skin",
    "paediatrics": "paediatrician pediatrician paediatricians pediatricians paediatrics pediatrics pediatric paediatric "
    "peditrician children child childrens kid kids baby babies pikin pickin piken",
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
BY_ITSELF = frozenset(
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
DR_BRANDS = word_set(
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
SHELF = frozenset(
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
TESTED_NOISE = word_set(
    """
    lab labs laboratory test tests book do i want wan to a an the for my need get run please screening find search
    appointment have would like can you una how much is price of cost diagnostic diagnostics medical take at on
    """
)


def doctors(words: Words, first: int, end: int) -> Intent | None:
    """`cardiologist in Lagos`, `find eye doctor near Ikeja`, `i need a dentist`; None when no doctor is asked for."""
    first = _past_price(words, first, end)
    keys = tuple(_mended(key) for key in words.keys[first:end])
    meant = [key for key in keys if key in DOCTORS or key in BY_ITSELF]
    if not meant or len(keys) > 14 or (keys[0] == "my" and not _for_own(keys)):
        return None
    if meant == ["dr"] and (len(keys) > (4 if _VISITED.isdisjoint(keys) else 8) or not DR_BRANDS.isdisjoint(keys)):
        return None
    values: dict[str, Any] = {}
    known = [SPECIALTY[key] for key in keys if key in SPECIALTY]
    if known:  # "my pikin eye doctor": what for, not whom
        values["specialty"] = known[-1] if keys[0] == "my" else known[0]
    at = next((i for i in range(first, end) if words.keys[i] in _IN), None)
    town = cities.find(words.keys, first, end) if at is None else None
    name = _name(words, first, end if at is None and town is None else town[0] if town else at or end)
    if name:
        values["doctor"] = name
    if town:
        values["place"] = words.text(*town)
    if at is not None:
        start = at + 1
        while start < end and words.keys[start] in _NO_PLACE:
            start += 1
        if start < end:
            values["place"] = words.text(start, end)
    return Intent("find_doctor", values)


def _for_own(keys: tuple[str, ...]) -> bool:
    """Whether "my" is about whom or what the doctor is for ("my pikin doctor", "my mama wan see doctor"), and not about a doctor one
    has ("my doctor", "my eye doctor said")."""
    at = next(i for i, key in enumerate(keys) if key in DOCTORS or key in BY_ITSELF)
    between, after = keys[1:at], keys[at + 1 : at + 2]
    if not between or not _IS_ONE.isdisjoint(between) or not (between[0] in SPECIALTY or between[0] in KIN | CHILD):
        return False
    return not after or after[0] in _IN or after[0] in _POLITE


_IS_ONE = word_set("is na be was are no not said say the")
_POLITE = word_set("please pls plz abeg o oo biko ejo")


def _past_price(words: Words, first: int, end: int) -> int:
    """Where whom it is about begins in "how much is dr amaka", "wetin be the fee of dr bello"; `first` in anything else."""
    at = first
    while at < end - 1 and words.keys[at] in _PRICE:
        at += 1
    asked = not _PRICED.isdisjoint(words.keys[first:at])
    return at if asked and words.keys[at] in ("dr", "doctor", "prof", "dokita", "likita") else first


_PRICED = frozenset(("much", "price", "cost", "fee", "fees", "charge", "charges"))
_PRICE = _PRICED | word_set("how what whats wetin is be for of to the see book does do una consultation consult and please")


def _mended(key: str) -> str:
    """A long word for a specialist with a slip in it, as it is spelt: "cardiologst"."""
    if len(key) < LONG or key in SPECIALTY:
        return key
    return next((word for word in BY_ITSELF if word[:3] == key[:3] and fuzz.ratio(word, key) >= LIKE), key)


LONG, LIKE = 8, 88  # letters from which on a slip still says which word; rapidfuzz score


def _name(words: Words, first: int, end: int) -> str:
    """Whom somebody means by name: what stands behind "dr" or "doctor" and is nothing else we know."""
    titles = [i for i in range(first, end) if words.keys[i] in ("dr", "doctor", "dokita", "likita")]
    if not titles:
        return ""
    if titles[0] == end - 1 and 1 <= titles[0] - first <= 2:  # "hart doctor": a specialty misspelt
        strange = [i for i in range(first, titles[0]) if words.keys[i] not in _NO_NAME and words.keys[i] not in SPECIALTY]
        known = any(words.keys[i] in SPECIALTY for i in range(first, titles[0]))
        return "" if known else words.text(strange[0], titles[0]) if strange and words.keys[strange[0]].isalpha() else ""
    start = titles[0] + 1
    while end > start and words.keys[end - 1] in AVAILABLE:  # "is dr amaka available today"
        end -= 1
    named = [i for i in range(start, end) if words.keys[i] not in _NO_NAME and words.keys[i] not in SPECIALTY]
    whole = len(named) == end - start and 1 <= len(named) <= 4 and all(words.keys[i].isalpha() for i in named)
    return words.text(start, end) if whole else ""


AVAILABLE = word_set("available free now today around on duty dey there in for seat working")
_VISITED = AVAILABLE | word_set("see meet consult")


_NO_NAME = (
    DOCTORS
    | KIN
    | word_set(
        """
    for who that which please pls plz abeg now today tomorrow o oo sir ma me my i you we can could will would want wan need is
    are do does dey there here available near nearby close around good best nice any some a an the of to with and or who
    find search show see look looking looks talk speak book good
    online free cheap appointment appointments list said told gave give prescribed wrote not no yes your our
    address location phone number price fee male female lady man
    """
    )
)


def lab_query(words: Words, first: int, end: int) -> dict[str, Any]:
    """The test's name as values for `lab_tests`: {"query": "malaria test"} or {}."""
    start, stop = first, end
    while start < stop and (words.keys[start] in TESTED_NOISE or (start > first and is_own(words.keys[start - 1 : start + 1]))):
        start += 1
    while stop > start and words.keys[stop - 1] in ("please", "pls", "for", "me", "now", "tomorrow", "today", "appointment"):
        stop -= 1
    if start >= stop:
        return {}
    return {"query": words.text(start, stop)}


def tests(words: Words, first: int, end: int) -> Intent | None:
    """`malaria test`, `i want to do a blood test`; None for kits and strips, which are products."""
    keys = words.keys[first:end]
    whose = {"whose": whose_of(keys)} if whose_of(keys) else {}
    where, end = at_home(words, first, without(words, first, end))
    end = without(words, first, end)
    shelf = not SHELF.isdisjoint(words.keys[first:end])
    named = " ".join(key for key in words.keys[first:end] if key not in TESTED_NOISE)
    if named in TEST_NAMES and not shelf:
        return Intent("lab_tests", {"query": named} | ({"where": where} if where else {}) | whose)
    if len(keys) > 12 or shelf or TESTED.isdisjoint(keys):
        return None
    return Intent("lab_tests", lab_query(words, first, end) | ({"where": where} if where else {}) | whose)


TESTED = frozenset(("test", "tests", "screening", "checkup"))
# What nobody sells in a box, and everybody knows by its name.
TEST_NAMES = frozenset(
    phrase_list(
        """
        full blood count; fbc; pcv; packed cell volume; widal; hba1c; fasting blood sugar; fbs; rbs; random blood sugar; ecg;
        xray; x-ray; chest xray; chest x-ray; ultrasound; scan; pelvic scan; abdominal scan; mri; mri scan; ct scan; urinalysis;
        urine culture; stool culture; genotype; blood group; blood group and genotype; lipid profile; kidney function;
        liver function; lft; psa; esr;
        hiv screening; hepatitis b screening; hepatitis screening; thyroid function; semen analysis; sputum culture; creatinine; ferritin
        """
    )
)


def at_home(words: Words, first: int, end: int) -> tuple[str, int]:
    """`malaria test at home`, `blood test for my house`, `... at the centre`: where, and where that begins; ("", end) without."""
    for at in range(first + 1, end):
        if words.keys[at] not in ("at", "for", "in", "to"):
            continue
        rest = [key for key in words.keys[at + 1 : end] if key not in ("my", "the", "our", "your")]
        if rest[:1] and rest[0] in _HOME and len(rest) <= 2:
            return "home", at
        if rest[:1] and rest[0] in _CENTRE and len(rest) <= 2:
            return "centre", at
    return "", end


_HOME = frozenset(("home", "house", "office", "place"))
_CENTRE = frozenset(("centre", "center", "lab", "laboratory", "clinic"))


def results(keys: frozenset[str]) -> Intent | None:
    """`my result`, `is my malaria test result ready`, `my lab result don come out?`."""
    if _RESULTS.isdisjoint(keys) or not _NO_RESULTS.isdisjoint(keys):
        return None
    about = not (LAB_WORDS | _OWN).isdisjoint(keys) or len(keys) == 1
    return Intent("lab_result") if about else None


_RESULTS = frozenset(("result", "results"))
_OWN = frozenset(("my", "send", "ready", "out"))
_NO_RESULTS = word_set("kit kits strip strips book fast search find medicine drug drugs product products order orders payment")
