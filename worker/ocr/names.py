"""Names of medicines, as catalogues and papers write them, brought to one form to be compared.

Two names are the same medicine when their substances are: salts fall away ("Metformin Hydrochloride"), other names meet
("acetaminophen" and "paracetamol"), the old British spelling meets the new ("sulphate", "cephalexin").
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from models.lexicon import lexicon
from worker.ocr.forms import form_of
from worker.ocr.writing import flat
from worker.understanding.tokens import word_set

_WORD = re.compile(r"[a-z0-9]+(?:[.'][a-z0-9]+)*")
NOTE = re.compile(r"\([^()]{0,80}\)|#+|\*+|_+|&#?\d{1,5};?|\[[^\[\]]{0,80}\]|\(r\)|\(tm\)")
_AMOUNT = re.compile(
    r"\d{1,7}(?:[.,/]\d{1,7})*\s?(?:mg|mcg|g|gm|ml|iu|i\.u|%|units?|mu)?(?![a-z0-9])(?:\s?/\s?\d{0,4}\s?(?:ml|g))?"
)
_EDITION = re.compile(r"\b(?:b\.?p\.?|u\.?s\.?p\.?|ph\.? ?eur|b\.?p\.?c|i\.?p|pharm)\b\.?")
SUBSTANCES = re.compile(r"\s*(?:;|\+|,|/|&|\band\b|\bwith\b|\|)\s*")
_SALTS = word_set(
    """hydrochloride hcl dihydrochloride sodium potassium calcium disodium sulphate sulfate phosphate maleate besylate besilate
    trihydrate dihydrate monohydrate hemihydrate anhydrous mesylate mesilate acetate succinate tartrate bitartrate citrate fumarate
    hydrobromide bromide butylbromide nitrate stearate ethylsuccinate valerate dipropionate propionate furoate bisulphate bisulfate
    magnesium proxetil axetil medoxomil cilexetil etexilate pivoxil lactate malate salt base hydrate edisylate tosylate pamoate
    embonate gluconate diethylamine"""
)
# A salt of these is another medicine: ferrous sulfate is not ferrous fumarate.
_METALS = word_set(
    """ferrous ferric iron zinc magnesium calcium sodium potassium aluminium aluminum lithium ammonium silver barium selenium copper
    hyoscine bismuth methyl benzyl strontium"""
)
_SPELLINGS = (
    (re.compile(r"^sulph|(?<=\s)sulph"), "sulf"),
    (re.compile(r"sulphate"), "sulfate"),
    (re.compile(r"^ceph(?=al|ra|ad)"), "cef"),
    (re.compile(r"^oestr"), "estr"),
    (re.compile(r"amoxyc"), "amoxic"),
    (re.compile(r"haem"), "hem"),
    (re.compile(r"aluminum"), "aluminium"),
)


@lru_cache(maxsize=32768)
def spelled(word: str) -> str:
    """A word in the international spelling."""
    for pattern, put in _SPELLINGS:
        word = pattern.sub(put, word)
    return word


def name_words(name: str) -> tuple[str, ...]:
    """The words of a product's name without strength, form, editor's notes and pharmacopoeia: "Augmentin 625mg Tablets" is
    ("augmentin",)."""
    plain = _EDITION.sub(" ", NOTE.sub(" ", flat(name)[:200]))
    plain = _AMOUNT_ALONE.sub(" ", plain)
    given = _WORD.findall(plain.replace("-", " "))
    kept = [word for word in given if not form_of(word) and word not in _DROPPED]
    return ("oral", *kept) if given[:2] == ["oral", "rehydration"] else tuple(kept)


_AMOUNT_ALONE = re.compile(rf"(?<![a-z0-9])(?:{_AMOUNT.pattern})")
_DROPPED = word_set(
    "mg ml mcg iu bp usp oral for the of x s film coated and with chewable dispersible vaginal effervescent paediatric"
)


@lru_cache(maxsize=16384)
def substances(generic: str) -> tuple[str, ...]:
    """The substances of a catalogue's generic field, each once, sorted, without salts, under one name each."""
    plain = NOTE.sub(" ", flat(generic)[:400])
    plain = re.sub(r"\d[\d.,/]*\s?(?:mg|mcg|g|ml|iu|%)?", lambda found: found[0] if found[0].isdigit() else " ", plain)
    found = {substance for part in SUBSTANCES.split(plain) if (substance := canonical(base(part)))}
    return tuple(sorted(found))[:12]


def base(substance: str) -> str:
    """One substance without its salt, in the international spelling."""
    given = [spelled(word) for word in _WORD.findall(substance)]
    while len(given) > 1 and given[-1] in _SALTS and given[-2] not in _METALS and given[0] not in _METALS:
        given.pop()
    return " ".join(given)


def canonical(substance: str) -> str:
    """The name under which a substance is known here: "acetaminophen" is "paracetamol"."""
    return _canonicals().get(substance, substance)


# For a search in the shop near enough, on a prescription another medicine.
_OF_THEIR_OWN = frozenset(("prednisone", "valproic acid", "zinc sulfate", "calcium carbonate"))


@cache
def _canonicals() -> dict[str, str]:
    """Other names of single substances, from the lexicon's alternatives: the first of them stands for all."""
    known = lexicon()
    found: dict[str, str] = {}
    for name, choices in known.names.items():
        if name in known.brands or name in _OF_THEIR_OWN or not choices or any(len(choice) != 1 for choice in choices):
            continue
        first = base(choices[0][0])
        found.setdefault(spelled(name), first)
        if len(choices) > 1 and name == choices[0][0]:
            found.update((base(choice[0]), first) for choice in choices[1:])
    return {name: target for name, target in found.items() if name != target}


@cache
def known_elsewhere() -> dict[str, frozenset[str]]:
    """Names of medicines that a shop may not carry, each with the medicines it may be ("a+b"). They stand in the way of a near
    name: prednisone must not become prednisolone because only the latter is for sale."""
    known = lexicon()
    found = {
        " ".join(map(spelled, name.split())): frozenset(medicine_of(choice) for choice in choices if choice)
        for name, choices in known.names.items()
        if choices and name not in _OF_THEIR_OWN
    }
    for line in (Path(__file__).parent / "substances.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            for name in line.split(","):
                plain = base(name.strip())
                found.setdefault(plain, frozenset((canonical(plain),)))
    return found


def medicine_of(parts: tuple[str, ...]) -> str:
    """What makes two products the same medicine: their substances, joined."""
    return "+".join(sorted({canonical(base(part)) for part in parts}))
