"""One line of a paper taken apart: item number, form, name words, strengths, directions. Knows no catalogue.

A line that holds two medicines comes apart in two rows; a line of the letterhead or about the patient is marked as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from worker.ocr import forms, sig, strengths
from worker.ocr.sig import Sig
from worker.ocr.slips import mended
from worker.ocr.strengths import Strength
from worker.ocr.writing import flat, spread, tidy
from worker.understanding.tokens import word_set

MOST_PIECES = 4  # medicines on one line

_ITEM_NUMBER = re.compile(r"^[\s\"'*~_|.,:-]*\(?(\d{1,2}|[il|])\s?[.)\]:,](?!\d)\s*(?=\D|$)", re.ASCII)
_ROMAN_NUMBER = re.compile(r"^\s*\(?(ii|iii|iv|v|vi|vii|viii|ix|x|[a-h](?=\s?\)))\s?[.)\]]\s*(?=[a-z])", re.ASCII)
_BARE_NUMBER = re.compile(r"^\s*(\d{1,2})\s+(?=[a-z]{3})", re.ASCII)
_BULLET = re.compile(r"^\s*[-*.>~+]+\s*(?=[a-z])")
_RX = re.compile(r"^\W*(?:r\s?[x/]|rx|r\.x|℞)(?![a-z])\W*")
_HEADING = re.compile(
    r"^\W*(?:(?:prescription|prescribed (?:drugs?|medicines?|medications?)|medications?|medicines?"
    r"|drugs?|treatment|current drugs?)"
    r"(?: (?:sheet|form|chart|list|order|name|given))?|s/?n[o.]?\b.*\b(?:drugs?|medicines?|medications?|items?)\b.*)\W*$"
)
_COLUMN = re.compile(r"\b(?:drug|medicine|medication|item|dose|dosage|strength|duration|frequency|route|qty|quantity)s?\b")
_LABEL_BEFORE_NAME = re.compile(r"^\W*(?:(?:drug|medicine|medication|item)(?: ?name)?|rx|treatment|prescription)\s*[:=-]\s*")
_SHORT_FORM = re.compile(r"^([tc])[.:]\s?(?=[a-z]{4})")
_SHORT_FORMS = {"t": "tablet", "c": "capsule"}
_WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*(?:'[a-z]{1,2}(?![a-z]))?")
_WITHIN_RUN = re.compile(r"[\s./+&'\-]*")
_INNER_NUMBER = re.compile(r"(?<=\s)\(?(\d{1,2})\s?[.)]\s?(?=[a-z]{3})", re.ASCII)
_BARE_STRENGTH = re.compile(r"[\s-]?(\d{1,4}(?:\.\d{1,2})?)(?![\d/.,]|\s?[/x-]\s?\d)(?=\s|$)", re.ASCII)
LEAST_BARE_STRENGTH = 5

# What a line about something else begins with. A colon or a full stop need not follow: OCR loses them.
_FIELD = re.compile(
    r"^\W*(?:patient|pt\b|name\b|full name|surname|first name|age\b|sex\b|gender|date\b|dated"
    r"|d\.?o\.?b|birth|address|addr\b|tel\b|telephone|phone"
    r"|mobile|gsm\b|fax|e-?mail|website|hosp(?:ital)?\.? ?(?:no|number|name)|card ?no|file ?no"
    r"|folder|reg(?:istration)?\.? ?no|ward|clinic\b|unit no|bed\b"
    r"|diagnos|d[xi]agnosis|dx\b|provisional|impression|complaints?|presenting|history|hx\b"
    r"|allerg|known allerg|nkda|note\b|n\.?b\.?\b|refills?|repeat\b|review|return\b|come back"
    r"|follow|next (?:visit|app)|see again|weight|wt\b|height|ht\b|bp\b|b\.p\b|pulse|temp\b|temperature|spo2|rbs|fbs|vital"
    r"|prescri(?:ber|bed by|bing)|doctor|physician|consultant|dr\b|prof\b|sign(?:ed|ature)?\b"
    r"|stamp|mdcn|folio|gmc\b|pharmacist\b|dispensed by|checked by|approved|nurse|matron"
    r"|rc\b|licen|bill|receipt|invoice|total\b|sub ?total|amount|cash|payment|change\b|vat\b"
    r"|gst|tax|balance|advice|plan\b|lab\b|investigations?|inv\b"
    r"|nhis|hmo\b|nhia|insurance|enrollee|occupation|religion|tribe|next of kin|genotype|blood group"
    r"|valid|expir|this prescription|not valid|serial|page\b"
    r"|thank|keep out|motto|your health|open |we care|www\b|http)"
)
_ELSEWHERE = re.compile(
    r"@|\bwww\b|\.com\b|(?<!\d)(?:\+?234|0)[ -]?\d{2,3}[ -]?\d{3,4}[ -]?\d{3,5}(?!\d)|\bp\.?\s?o\.? ?box\b"
    r"|\ballerg(?:y|ic|ies)\b|\b\d{2,3}\s?mm ?hg\b"
)
_PLACE = re.compile(
    r"\b(?:road|rd|street|str|avenue|ave|close|crescent|lane|plot|estate|junction|bus stop|opposite"
    r"|behind|state|lagos|abuja|nigeria)\b"
)
_FACILITY = re.compile(
    r"\b(?:hospital|clinics?|medical cent(?:re|er)|health ?care|health cent(?:re|er)|maternity"
    r"|pharmacy|diagnostics?|infirmary|limited|ltd|plc|specialist)\b"
)

NOT_NAMES = word_set(
    """a an and the of for to in on at by or as with be is it if then per each every from into when before after until till up
    rx sig take takes taken tk give given use apply insert inhale instil chew swallow drink dissolve inject daily dly once twice thrice
    times time day days week weeks wk wks month months hour hours hrs hourly hr min mins minutes morning afternoon evening night bedtime
    food meal meals water directed required needed necessary stat prn sos od bd bid tds tid qds qid nocte mane po im iv pr pv sc sl pc ac
    mg mcg ml mls g gm iu units unit kg no nos qty quantity disp dispense mitte supply total refill refills pack packs packet
    bottle bottles btl tube tubes sachet sachets strip strips card cards box x only max maximum dose doses drug drugs medicine medicines
    medication medications prescription item items s n sn duration dosage frequency strength route instruction instructions orally ii iii vi
    affected area areas eye eyes ear ears skin both left right same ditto continue continued complete finish finished course
    yes nil none see repeat one two three four five six seven eight nine ten half tablet tablets capsule capsules
    sparingly thinly liberally alternate alt weekly monthly fortnightly pls please"""
)


# An amount whose unit or figures came out wrong. It is no part of a name, and shows that there was an amount.
_GARBLED = re.compile(r"\d[\do]*[a-z]{1,4}\d?", re.ASCII)
_JOINING = ("and", "with")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may belong to a name, `text` as on the paper, at `start` to `end` of the row's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line, or the part of one that is about one medicine. `kind`: line, rx (heading of the list), field (about something else).

    `runs`: words that stand together and are neither form, strength, nor direction. `strength`: the first one that could be the
    product's; `sig` is what the rest says. `numbered`: an item number stands in front; `bare_number`: only a number and a blank.
    """

    line: int
    text: str
    kind: str
    numbered: int | None = None
    bare_number: bool = False
    bullet: bool = False
    runs: tuple[tuple[Word, ...], ...] = ()
    forms: tuple[str, ...] = ()
    strengths: tuple[Strength, ...] = ()
    strength: Strength | None = None
    sig: Sig = Sig()
    last_number: Fraction | None = None  # a whole number that ends the line and belongs to nothing else
    garbled: bool = False  # something like an amount that could not be read: "125rng", "4omg"
    place: bool = False  # an address or a letterhead by its words

    @property
    def words(self) -> int:
        return sum(len(run) for run in self.runs)


def cut(text: str, line: int = 0) -> tuple[Row, ...]:
    """The rows of one line, usually one. Linear in its length, which is cut to 300 characters; never raises."""
    tidied = mended(spread(tidy(text)))[:400]
    pieces = _pieces(tidied)
    return tuple(_row(piece, line) for piece in pieces)


@lru_cache(maxsize=512)
def _row(tidied: str, line: int) -> Row:
    plain = flat(tidied)
    if _HEADING.match(plain) or (len(set(_COLUMN.findall(plain))) >= 3 and not re.search(r"\d", plain)):
        return Row(line, tidied, "rx")
    heading = _RX.match(plain)
    if heading and not re.search(r"[a-z0-9]{2}", plain[heading.end() :]):
        return Row(line, tidied, "rx")
    if (not heading and _FIELD.match(plain)) or _ELSEWHERE.search(plain):
        return Row(line, tidied, "field")
    start = heading.end() if heading else 0
    label = _LABEL_BEFORE_NAME.match(plain[start:])
    start += label.end() if label else 0
    number, bare, bullet, length = _number(plain[start:])
    return _taken_apart(tidied, plain, line, start + length, number, bare, bullet)


def _number(plain: str) -> tuple[int | None, bool, bool, int]:
    """The item number in front, whether it stands bare, whether a bullet does, and how long that is."""
    found = _ITEM_NUMBER.match(plain)
    if found:
        return (int(found[1]) if found[1].isdigit() else 1), False, False, found.end()
    roman = _ROMAN_NUMBER.match(plain)
    if roman and sig.read(plain[:12]).code == "":
        return 1, False, False, roman.end()
    found = _BARE_NUMBER.match(plain)
    if found:
        word = _WORD.match(plain, found.end())
        if word and not forms.form_of(word[0]) and word[0] not in NOT_NAMES:
            return int(found[1]), True, False, found.end()
        if word and forms.form_of(word[0]) and len(_WORD.findall(plain[word.end() :])) >= 1 and _names_after(plain[word.end() :]):
            return int(found[1]), True, False, found.end()
    bullet = _BULLET.match(plain)
    return None, False, bool(bullet), bullet.end() if bullet else 0


def _names_after(rest: str) -> bool:
    """Whether a name follows: "1 Tab Amlodipine 5mg", but not "1 tab bd"."""
    word = _WORD.search(rest)
    if word is None or word.start() > 2 or len(word[0]) < 4 or word[0] in NOT_NAMES:
        return False
    return not any(begin <= word.start() < end for begin, end in sig.read(rest).used)  # "1 cap 24hly"


def _taken_apart(tidied: str, plain: str, line: int, start: int, number: int | None, bare: bool, bullet: bool) -> Row:
    head = " " * start + plain[start:]
    short = _SHORT_FORM.match(plain[start:])
    if short:
        head = " " * (start + short.end()) + plain[start + short.end() :]
    found = [s for s in strengths.find(head) if not s.per_weight]
    chosen = _the_strength(head, found)
    taken = tuple((s.start, s.end) for s in found if s is chosen or _is_size(head, s))
    said = sig.read(head, taken)
    runs = _runs(tidied, head, found, said)
    if chosen is None and runs:
        bare_one = _bare_strength(head, runs[0][-1].end)
        if bare_one:
            chosen = bare_one
            found = [bare_one, *found]
            said = sig.read(head, ((chosen.start, chosen.end),))
    shapes = forms.find(_outside(head, said, found))
    if short:
        shapes = (_SHORT_FORMS[short[1]], *shapes)
    return Row(
        line=line,
        text=tidied,
        kind="line",
        numbered=number,
        bare_number=bare,
        bullet=bullet,
        runs=runs,
        forms=shapes,
        strengths=tuple(found),
        strength=_with_text(chosen, tidied),
        sig=said,
        last_number=_last_number(head, found, said),
        garbled=_is_garbled(head, found, said),
        place=bool(_PLACE.search(plain) or _FACILITY.search(plain)),
    )


def _with_text(strength: Strength | None, tidied: str) -> Strength | None:
    """The strength in the letters of the paper: `find` saw lower case."""
    if strength is None:
        return None
    again = [s for s in strengths.find(tidied) if s.start == strength.start]
    return again[0] if again else strength


def _the_strength(head: str, found: Sequence[Strength]) -> Strength | None:
    """The first amount that can be a product's strength: no volume, no size of a tube, no dose that "take" or "sig" leads."""
    for strength in found:
        if strength.volume or _is_size(head, strength):
            continue
        before = head[: strength.start].rstrip(" .:;-")
        if re.search(r"(?<![a-z])(?:take|tk|give|sig|swallow|inject|dose|start(?: with)?)$", before):
            return None
        return strength
    return None


def _is_size(head: str, strength: Strength) -> bool:
    """ "30g" on a cream, "15 g tube": how much is in it. A gram unit of five and more that no name of a tablet explains."""
    if not re.fullmatch(r"\d{1,4}\s?(?:g|gm|grams?)", head[strength.start : strength.end].strip()):
        return False
    return bool(strength.amounts) and strength.amounts[0][1] >= 5000


def _bare_strength(head: str, end: int) -> Strength | None:
    """ "Augmentin 625 bd", "Amlodipine 10 od": a number right after the name that is too large for a count of tablets."""
    found = _BARE_STRENGTH.match(head, end)
    if not found:
        return None
    number = strengths.value(found[1])
    if number is None or number < LEAST_BARE_STRENGTH:
        return None
    after = head[found.end() :].lstrip()
    if number < 20 and not re.match(r"[a-z]", after):
        return None
    if re.match(r"(?:tab|cap|days?|weeks?|months?|times|hour|hr|yr|year|puff|drop|ml|unit|sachet|pcs|/)", after):
        return None
    return Strength((("bare", number),), None, found[1], found.start(1), found.end(1))


def _outside(head: str, said: Sig, found: Sequence[Strength]) -> str:
    """The text without strengths; forms in a dose ("1 tab") count too, so directions stay in."""
    for strength in found:
        head = head[: strength.start] + " " * (strength.end - strength.start) + head[strength.end :]
    return head


def _runs(tidied: str, head: str, found: Sequence[Strength], said: Sig) -> tuple[tuple[Word, ...], ...]:
    closed = [(s.start, s.end) for s in found] + list(said.used)
    runs: list[list[Word]] = []
    last = -1
    for match in _WORD.finditer(head):
        start, end = match.span()
        if match[0] in _JOINING and last >= 0 and _WITHIN_RUN.fullmatch(head[last:start]):
            last = end  # "Cold and Catarrh" is one name
            continue
        letter = len(match[0]) == 1 and tidied[start:end].isupper() and last >= 0  # "Primolut N", "Vitamin A"
        if any(start < stop and end > begin for begin, stop in closed) or (not letter and _is_no_name(match[0])):
            last = -1
            continue
        if last >= 0 and _WITHIN_RUN.fullmatch(head[last:start]):
            runs[-1].append(Word(tidied[start:end], start, end))
        else:
            runs.append([Word(tidied[start:end], start, end)])
        last = end
        if len(runs) > 12:
            break
    return tuple(tuple(run[:16]) for run in runs)


def _is_no_name(word: str) -> bool:
    return word in NOT_NAMES or bool(forms.form_of(word)) or _GARBLED.fullmatch(word) is not None


def _last_number(head: str, found: Sequence[Strength], said: Sig) -> Fraction | None:
    match = re.search(r"(?<![\w./-])(\d{1,4})\s*$", head, re.ASCII)
    closed = [(s.start, s.end) for s in found] + list(said.used)
    if not match or any(match.start() < stop and match.end() > begin for begin, stop in closed):
        return None
    return Fraction(match[1]) or None


def _is_garbled(head: str, found: Sequence[Strength], said: Sig) -> bool:
    closed = [(s.start, s.end) for s in found] + list(said.used)
    words = [m for m in _WORD.finditer(head) if _GARBLED.fullmatch(m[0]) and re.match(r"\d[\do]+[a-z]|\d[a-z]{2}", m[0])]
    return any(not any(m.start() < stop and m.end() > begin for begin, stop in closed) for m in words)


# --------------------------------------------------------------------------------------------------- two on one line


def _pieces(tidied: str) -> list[str]:
    """The parts of a line that each name a medicine: where the next item number stands, at a comma or semicolon between two names
    with strengths, and where a name with a strength follows a direction."""
    plain = flat(tidied)
    if _FIELD.match(plain):
        return [tidied]
    places = _inner_numbers(plain) or _inner_names(tidied, plain)
    cuts = [0, *places[: MOST_PIECES - 1], len(tidied)]
    return [tidied[a:b].strip(" ,;") for a, b in pairwise(cuts) if tidied[a:b].strip(" ,;")] or [tidied]


def _inner_numbers(plain: str) -> list[int]:
    first = _ITEM_NUMBER.match(plain)
    if not first or not first[1].isdigit():
        return []
    expected, places = int(first[1]) + 1, []
    for match in _INNER_NUMBER.finditer(plain, first.end()):
        if int(match[1]) == expected:
            places.append(match.start())
            expected += 1
    return places


def _inner_names(tidied: str, plain: str) -> list[int]:
    found = [s for s in strengths.find(plain) if not s.volume and not s.per_weight and s.amounts]
    if len(found) < 2:
        return []
    places = []
    said = sig.read(plain, tuple((s.start, s.end) for s in found))
    for before, after in pairwise(found):
        between = plain[before.end : after.start]
        words = [w for w in _WORD.finditer(between) if w[0] not in NOT_NAMES and not forms.form_of(w[0]) and len(w[0]) >= 4]
        words = [w for w in words if not any(before.end + w.start() < b and before.end + w.end() > a for a, b in said.used)]
        if not words or not re.fullmatch(r"[\s\w().'/-]*", between[words[0].start() :]):
            continue
        lead = between[: words[0].start()]
        directed = any(before.end <= a and b <= before.end + words[0].start() for a, b in said.used)
        if (
            re.search(r"[,;]\s*(?:[a-z]{3,5}\.?\s*)?$", lead)
            or directed
            or ("+" not in lead and re.search(r"\b(?:and|&)\s*$", lead))
        ):
            form = re.search(r"(?:^|[\s,;])((?:tabs?|caps?|syr|susp|inj|tablets?|capsules?|cream|gutt|supp)\.?\s+)$", lead)
            places.append(before.end + (form.start(1) if form else words[0].start()))
    return places
