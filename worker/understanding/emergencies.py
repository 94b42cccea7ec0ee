"""Danger to life, found anywhere in a text of any length, in English, Pidgin, Hausa, Yoruba and Igbo.

A false alarm costs a customer one message; a missed one may cost a life. So words that mean danger count wherever they
stand, with two exceptions: a plain negation right before them ("no chest pain") and the names of products ("bleach",
"rat poison", "poison ivy cream", "bleeding gums"). Suicide is never negated away.

One pass over the words: each belongs to at most a few groups, and a rule is met when its two groups lie near each other.
The Hausa, Yoruba and Igbo words await a native speaker's eye.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from worker.understanding.tokens import fold, phrase_list, word_set

# The kind named when several are met: the first of these.
KINDS = (
    "suicide",
    "pregnancy_bleeding",
    "breathing",
    "chest_pain",
    "overdose",
    "poisoning",
    "unconscious",
    "convulsion",
    "stroke",
    "bleeding",
    "allergy",
    "bite",
    "other",
)

# Whole phrases, contiguous. Folded: no accents, no apostrophes.
PHRASES: dict[str, tuple[str, ...]] = {
    kind: phrase_list(phrases)
    for kind, phrases in {
        "suicide": """
            suicide; suicidal; kill myself; killing myself; kill my self; killing my self; end my life; ending my life;
            end it all; take my life; take my own life; taking my life; hang myself; hang my self; want to die; wan die;
            wanna die; want die; wish i was dead; wish i were dead; better off dead; self harm; self-harm; harm myself;
            hurt myself; cutting myself; no reason to live; tired of living; tired of life; no wan live; dont want to
            live; do not want to live; comot for this life; kashe kaina; kashe kai na; in mutu; pa ara mi; gbemi ara mi;
            gba emi ara mi; fe ku; igbu onwe m; gbuo onwe m; egbu onwe m; gbuo onwem; igbu onwem; egbu onwem; choro inwu;
            choro iwu
        """,
        "breathing": """
            not breathing; not breathe; doesnt breathe; doesn't breathe; no dey breathe; no breathe; stopped
            breathing; stop breathing; breath dey cease; breath dey cut; short of breath; shortness of breath;
            struggling to breathe; difficulty breathing; difficulty in breathing; trouble breathing; hard to
            breathe; gasping; choking; choked; suffocating; drowning; drowned; turning blue; breathlessness;
            breathless; asthma attack; bana iya numfashi; ba na iya numfashi; kasa numfashi; wahalar numfashi; ba
            ya numfashi; baya numfashi; bata numfashi; ba ta numfashi; numfashi ya dauke; ko le mi; ko lee mi; nko
            le mi; mi o le mi; mi o lee mi; mio le mi; emi ko le mi; ko mi mo; iku ume; ume na-akwusi; ume
            akwusila; anaghi eku ume; ekughi ume; enweghi ume
        """,
        "chest_pain": """
            chestpain; chest-pain; heart attack; cardiac arrest; ciwon kirji; ciwon zuciya; kirji na ciwo; kirjina na
            ciwo; kirjina yana ciwo; aya dun mi; aya n dun mi; aya ndun mi; aya dun; igbaya dun mi; igbaya n dun mi;
            igbaya ndun mi; irora aya; obi na-egbu m; obi na egbu m; mgbu obi; obi mgbu; obi na-awa m; obi na-afu m ufu;
            obi na afu m ufu
        """,
        "overdose": """
            overdose; overdosed; overdosing; over dose; over dosed; od on; too many tablets; too many pills; too many
            drugs; too many tabs; sha magani da yawa; shan magani da yawa; sha magunguna da yawa; oogun pupo ju; lo oogun
            ju; nuru ogwu gabiga; ogwu gabigara oke; nuo ogwu karia; nuru ogwu karia
        """,
        "poisoning": """
            poisoned; poisoning; been poison; drank poison; sha guba; shan guba; guba; majele; je majele; mu majele; nuru
            nsi; nuo nsi; riri nsi; rie nsi; onu nsi; nri nsi
        """,
        "unconscious": """
            unconscious; passed out; fainted; fainting; don faint; collapsed; don collapse; not waking up; wont wake up;
            no dey wake; unresponsive; not responding to anything; baby is not responding; child is not responding; son is not
            responding; daughter is not responding; mother is not responding; father is not responding; wife is not
            responding; husband is not responding; pikin no dey respond; ya suma; ta suma; sun suma; ti daku; o daku; tubo
            n'ala; tudara; electrocuted; electric shock
        """,
        "convulsion": """
            convulsion; convulsions; convulsing; convulse; convulsed; seizure; seizures; having a fit; having fits; having
            fit; dey jerk; foaming at the mouth; foam dey comot; farfadiya; jijjiga; warapa; giri; akwukwu
        """,
        "stroke": """
            having a stroke; having stroke; get stroke; had a stroke; don get stroke; face drooping; face dey bend; mouth
            don bend; shanyewar jiki; rolapa rolese
        """,
        "bleeding": """
            bleeding; dey bleed; bleed well well; haemorrhage; hemorrhage; haemorrhaging; hemorrhaging; vomiting blood;
            vomit blood; coughing blood; coughing up blood; cough blood; blood dey rush; blood dey comot; blood dey flow;
            blood dey pour; blood no gree stop; blood no stop; losing blood; lost a lot of blood; blood everywhere; blood
            coming out; blood is coming; seeing blood; dey see blood; zubar jini; zubda jini; zub da jini; jini yana zuba;
            jini na zuba; eje n da; eje nda; eje pupo; eje n jade; eje njade; nje eje; obara na-agba; obara na agba;
            na-agba obara; na agba obara; igba obara; obara na-aso; obara na aso
        """,
        "allergy": """
            anaphylaxis; anaphylactic; throat is closing; throat closing; throat dey close; throat swelling; tongue
            swelling; swollen throat; swollen tongue
        """,
        "bite": """
            snake bite; snake bit; snakebite; bitten by a snake; bitten by snake; snake don bite; snake bite me; scorpion
            sting; cizon maciji; maciji ya sare; ejo bu; ejo san; agwo tara
        """,
        "other": """
            emergency; ambulance; am dying; is dying; dey die; wan die o; life threatening; life and death; save my life;
            gaggawa; pajawiri
        """,
    }.items()
}

# Words that spell a danger word wrongly often enough to be known by heart; others are found by distance.
_MISSPELT: dict[str, str] = {
    wrong: right
    for right, words in {
        "suicide": "sucide suiside suicde siucide",
        "suicidal": "sucidal",
        "overdose": "overdoze ovadose",
        "unconscious": "unconcious unconsious",
        "seizure": "siezure seizer",
        "bleeding": "bleding bleading",
        "poisoned": "posioned poisend",
        "poisoning": "posioning",
        "chest": "chesst chets cheast",
        "pain": "pian",
        "breathe": "brethe breethe",
        "breath": "breth",
        "swallow": "swollow swalow",
        "swallowed": "swallowd",
        "pregnant": "pregant pregnat pregnent",
    }.items()
    for wrong in words.split()
}
_RARE = (
    "suicide",
    "suicidal",
    "overdose",
    "overdosed",
    "poisoned",
    "poisoning",
    "bleeding",
    "convulsion",
    "convulsing",
    "unconscious",
    "seizure",
)
_CORRECTED = frozenset(_MISSPELT) | {"acid"}
_NOT_MISSPELT = frozenset({"breeding", "blending", "bleedings", "poisons", "reading"})
_STRONG_ACIDS = frozenset(("hydrochloric", "sulphuric", "sulfuric", "nitric", "muriatic", "carbolic"))
_FUZZY_WORDS = 60  # a typo is looked for in the beginning; a long text repeats itself

# Groups of words, and which two of them near each other mean what: (kind, group, group, words between at most).
GROUPS: dict[str, frozenset[str]] = {
    group: word_set(words)
    for group, words in {
        "chest": "chest kirji kirjina igbaya",
        "hurt": """
            pain pains painful paining hurts hurting hurt tight tightness ache aches aching pressure heavy crushing ciwo
            dun ndun squeezing
        """,
        "unable": "cant cannot unable couldnt can't nofit struggling struggle hardly barely difficult",
        "fit": "fit",
        "breathe": "breathe breath breathing numfashi ume",
        "swallow": """
            swallow swallowed swallows drank drink drinks drinking drunk took taken ate eaten eat chop inhaled ingested
            licked
        """,
        "poison": """
            poison bleach sniper kerosene kero acid petrol fuel battery batteries otapiapia ota-piapia izal hypo jik
            dettol detergent insecticide pesticide herbicide rodenticide disinfectant turpentine thinner antifreeze
            mercury raid gramoxone ddvp nsi
        """,
        "whole": "whole entire all",
        "much": "many much",
        "container": "bottle pack packet sachet card strip tablets pills drugs medicine medicines",
        "pregnant": "pregnant pregnancy ciki juna oyun aboyun loyun ime belly-woman",
        "spotting": "spotting bleed bleeds",
        "blood": "blood bleed bleeds",
        "much_blood": "heavy heavily nonstop non-stop rushing gushing pouring",
    }.items()
}
RULES: tuple[tuple[str, str, str, int], ...] = (
    ("chest_pain", "chest", "hurt", 3),
    ("breathing", "unable", "breathe", 3),
    ("breathing", "fit", "breathe", 1),
    ("poisoning", "swallow", "poison", 4),
    ("pregnancy_bleeding", "pregnant", "spotting", 8),
    ("bleeding", "much_blood", "blood", 2),
)

_NEGATORS = word_set("no not never without dont doesnt didnt isnt arent wasnt havent hasnt ba babu kosi")
_BETWEEN = word_set(
    """
    have having has had any a an the get got getting feel feeling been longer more history of signs sign
    """
)
# What follows or precedes makes it a product or a thing of the body that is not an emergency.
_HARMLESS_AFTER = {
    "bleeding": word_set("gum gums time"),
    "choking": word_set("hazard"),
    "giri": word_set("giri"),
    "emergency": word_set("contraceptive contraceptives contraception pill pills kit light postinor"),
}
_HARMLESS_BEFORE = {"bleeding": frozenset(("gum", "gums"))}
# "stop breathing" and "not breathing" are meant as they stand; suicide is never negated away.
_NEVER_NEGATED = frozenset(("suicide", "breathing"))

# A pause (with the figures after it, which say nothing here) is a piece of its own: "no, chest pain" is no denial.
_PIECES = re.compile(r"[^\W\d_][\w\-]*|[,;.!?\n][\s\d,;.!?]*")

# Phrases by their first two words; a phrase of one word has "" for the second.
_BY_TWO: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
for _kind, _phrases in PHRASES.items():
    for _phrase in _phrases:
        _words = tuple(_phrase.split())
        _BY_TWO.setdefault((_words[0], _words[1] if len(_words) > 1 else ""), []).append((_words, _kind))
_FIRST = frozenset(first for first, _ in _BY_TWO)
_GROUP_OF: dict[str, list[str]] = {}
for _group, _members in GROUPS.items():
    for _member in _members:
        _GROUP_OF.setdefault(_member, []).append(_group)
_RULES_OF: dict[str, list[tuple[str, str, int]]] = {}
for _kind, _left, _right, _reach in RULES:
    _RULES_OF.setdefault(_left, []).append((_kind, _right, _reach))
    _RULES_OF.setdefault(_right, []).append((_kind, _left, _reach))
_PREGNANT = frozenset(GROUPS["pregnant"])
_TRIGGERS = _FIRST | frozenset(_GROUP_OF)


# So many of something swallowed is an overdose whoever took it; a child needs no number.
_COUNTED = re.compile(
    r"\b(?:swallowed|swallow|took|taken|drank|chopped|ate|eaten|(?:don|just) (?:take|chop|drink))\s+(?:about |like |over |up to |all )?"
    r"(?:[89]|[1-9]\d{1,2})\s+(?!m[gl]\b|mcg|min|h(?:ou)?rs?\b|days?\b|weeks?\b|months?\b|years?\b|times\b|am\b|pm\b|percent)[a-z]{3}"
)
_CHILD = word_set("baby babies pikin child children son daughter toddler kid kids infant boy girl grandson granddaughter pikins")
_SWALLOWED = word_set("swallowed ate eaten chopped drank drunk")
_SWALLOWED_IN_PIDGIN = word_set("swallow chop drink")  # after "don": "don swallow"
_MEDICINE = word_set(
    """
    tablet tablets tab tabs pill pills drug drugs medicine medicines medication capsule capsules syrup panadol paracetamol
    """
)
_UNABLE_TO = word_set("cant cannot couldnt wont unable refuse refuses refused hard difficult to can help fit how should")


def _child_swallowed(pieces: Sequence[str]) -> bool:
    """A child that got at medicine: "my baby swallowed 10 panadol tablets", but not "my child can't swallow tablets"."""
    for index, piece in enumerate(pieces[:200]):
        done = piece in _SWALLOWED or (piece in _SWALLOWED_IN_PIDGIN and index > 0 and pieces[index - 1] == "don")
        if not done or _CHILD.isdisjoint(pieces[max(0, index - 5) : index]):
            continue
        if not _UNABLE_TO.isdisjoint(pieces[max(0, index - 3) : index]) or not _NEGATORS.isdisjoint(
            pieces[max(0, index - 3) : index]
        ):
            continue
        if not _MEDICINE.isdisjoint(pieces[index + 1 : index + 7]):
            return True
    return False


def find(text: str) -> str | None:
    """The kind of emergency a text (cleaned, any length) speaks of, one of `KINDS`, or None. Linear in its length."""
    folded = fold(text)
    pieces = _corrected(_PIECES.findall(folded))
    where = [index for index, piece in enumerate(pieces) if piece in _TRIGGERS]
    if not where:
        return None
    kinds: set[str] = set()
    if _COUNTED.search(folded) or _child_swallowed(pieces):
        kinds.add("overdose")
    _phrases_in(pieces, where, kinds)
    _rules_in(pieces, where, kinds)
    if "bleeding" in kinds and not _PREGNANT.isdisjoint(pieces):
        kinds.add("pregnancy_bleeding")
    return next((kind for kind in KINDS if kind in kinds), None)


def _corrected(pieces: list[str]) -> list[str]:
    """The words with known and, in the beginning, likely misspellings of danger words put right."""
    clean = _CORRECTED.isdisjoint(pieces)
    for index, piece in enumerate(pieces[:_FUZZY_WORDS] if clean else pieces):
        known = _MISSPELT.get(piece)
        if known:
            pieces[index] = known
        elif piece == "acid" and index and _is_medicine_acid(pieces[index - 1]):
            pieces[index] = "medicine-acid"
        elif index < _FUZZY_WORDS and len(piece) >= 7 and piece[0] in "sopbcu" and piece not in _NOT_MISSPELT:
            for word in _RARE:
                if word[0] == piece[0] and OSA.distance(word, piece, score_cutoff=1) == 1:
                    pieces[index] = word
                    break
    return pieces


def _is_medicine_acid(before: str) -> bool:
    """Folic, ascorbic, mefenamic acid are medicines; sulphuric acid is not."""
    return before in ("amino", "stomach") or (before.endswith("ic") and before not in _STRONG_ACIDS)


def _phrases_in(pieces: Sequence[str], where: Sequence[int], kinds: set[str]) -> None:
    """Adds the kinds of the phrases met; a kind that is known already is not looked for again."""
    for index in where:
        piece = pieces[index]
        if piece not in _FIRST:
            continue
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        for second in ("", following):
            for words, kind in _BY_TWO.get((piece, second), ()):
                length = len(words)
                whole = length <= 2 or tuple(pieces[index : index + length]) == words
                if whole and kind not in kinds and not _excused(pieces, index, length, kind):
                    kinds.add(kind)
            if not following:
                break


def _rules_in(pieces: Sequence[str], where: Sequence[int], kinds: set[str]) -> None:
    """Adds the kinds of the rules met: two groups near each other."""
    last: dict[str, int] = {}
    for index in where:
        groups = _GROUP_OF.get(pieces[index], ())
        for group in groups:
            last[group] = index
        for group in groups:
            for kind, other, reach in _RULES_OF.get(group, ()):
                at = last.get(other)
                if at is None or at == index or kind in kinds or index - at - 1 > reach:
                    continue
                if not _excused(pieces, at, 1, kind):
                    kinds.add(kind)
        if "overdose" not in kinds and _too_much(pieces, index, last):
            kinds.add("overdose")


def _too_much(pieces: Sequence[str], index: int, last: dict[str, int]) -> bool:
    """Took too many / took too much / drank the whole bottle: three words, so beside the rules of two."""
    taken = last.get("swallow")
    if taken is None or index - taken > 6:
        return False
    before = pieces[index - 1] if index else ""
    if pieces[index] in ("many", "much"):
        return before == "too"
    return pieces[index] in GROUPS["container"] and index - last.get("whole", -99) <= 3 and last["whole"] > taken


def _excused(pieces: Sequence[str], index: int, length: int, kind: str) -> bool:
    """Whether the match at `index` is negated right before it, or is a product's name."""
    before = pieces[index - 1] if index else ""
    after = pieces[index + length] if index + length < len(pieces) else ""
    if after in _HARMLESS_AFTER.get(pieces[index], ()) or before in _HARMLESS_BEFORE.get(pieces[index], ()):
        return True
    if kind in _NEVER_NEGATED:
        return False
    for back in range(index - 1, max(-1, index - 5), -1):
        if pieces[back] in _NEGATORS:
            return True
        if pieces[back] not in _BETWEEN:
            return False
    return False
