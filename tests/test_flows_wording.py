"""The catalogue of sentences: complete, used, within WhatsApp's limits, and proof against what customers write."""

from __future__ import annotations

import ast
import hashlib
import re
import string
from pathlib import Path

import pytest

import worker.flows
from worker.flows.replies import button, row
from worker.flows.wording import CONSENT_VERSION, ENGLISH, Sentence, cut, plain, say, units

FOLDER = Path(worker.flows.__file__).parent
EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
FORMATTED = re.compile(r"\{(\w+)\}")
# Longest values a sentence can be given: customers' and catalogue words are cut by `plain`, names of lists by `listing`.
LONG = "W" * 160


def sources() -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in [*FOLDER.glob("*.py"), FOLDER / "wording" / "__init__.py"]]


def keys_in_code() -> tuple[set[str], set[str]]:
    """Keys written out in the code, and the beginnings of keys that are put together there."""
    whole, begun = set(), set()
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z]+(\.[\w:.]+)+", node.value):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button":
                named = [a.value for a in node.args if isinstance(a, ast.Constant)]
                whole.update(f"button.{name}" for name in named[-1:])
    return whole, begun


def test_every_key_in_the_code_has_a_sentence() -> None:
    whole, _ = keys_in_code()
    families = {key.split(".")[0] for key in ENGLISH}

    missing = {k for k in whole if k.split(".")[0] in families and not k.endswith("_") and k not in ENGLISH}

    assert missing == set()


def test_every_sentence_is_used() -> None:
    whole, begun = keys_in_code()
    extra = {"thanks", "failed.event", "booked.no_file", "result.no_file"}  # without a dot; said by the loop; by the sender

    unused = {key for key in ENGLISH if key not in whole | extra and not any(b and key.startswith(b) for b in begun)}

    assert unused == set()


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_a_sentence_fits_its_place_with_the_longest_values(key: str) -> None:
    family = "menu" if re.match(r"menu\.\d", key) else key.split(".")[0]
    limit = 72 if key.endswith(".about") else {"button": 20, "open": 20, "row": 24, "menu": 24}.get(family, 1024)
    limit = 1024 if key in ("menu.intro", "menu.line") else limit
    values = dict.fromkeys(FORMATTED.findall(ENGLISH[key]), LONG if limit == 1024 else "123")

    sentence = say(key, **values)

    assert 1 <= units(sentence) <= limit or sentence == ""
    assert len(EMOJI.findall(sentence)) <= 1


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_a_sentence_has_whole_marks_and_plain_places(key: str) -> None:
    sentence = ENGLISH[key]
    fields = [(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(sentence) if name is not None]

    assert sentence.count("*") % 2 == 0
    assert all(name.isidentifier() and not spec and not conversion for name, spec, conversion in fields)


def test_the_version_of_the_consent_changes_with_its_words() -> None:
    words = hashlib.sha256(ENGLISH["account.consent"].encode()).hexdigest()[:12]

    assert {CONSENT_VERSION: words} == {"2026-11-en-2": "cc5249cc2301"}, "other words need another CONSENT_VERSION"


def test_the_bot_gives_no_dose_and_no_diagnosis() -> None:
    dose = re.compile(
        r"\b(dose|dosage|twice (a|daily)|daily|times a day|every \d|you have (malaria|an infection)|diagnos)", re.IGNORECASE
    )

    assert [key for key, sentence in ENGLISH.items() if dose.search(sentence)] == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("*bold* _it_ ~gone~ `code`", "bold it gone 'code'"),
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("\u202eabc\u2066", "abc"),
        ("x" * 500, "x" * 159 + "…"),
    ],
)
def test_a_customers_words_format_nothing(typed: str, shown: str) -> None:
    assert plain(typed) == shown


def test_a_sentence_of_ours_keeps_its_marks_inside_another() -> None:
    assert say("cart.total", total=Sentence("*x*")) == "Total: **x**"
    assert say("cart.total", total="*x*") == "Total: *x*"


@pytest.mark.parametrize("limit", [1, 2, 5, 20])
@pytest.mark.parametrize("text", ["💊" * 30, "a" * 30, "👨‍👩‍👧 family pack", "Artemether/Lumefantrine dispersible"])
def test_what_is_cut_fits_in_utf16_units_and_never_ends_in_half_a_character(text: str, limit: int) -> None:
    short = cut(text, limit)

    assert units(short) <= limit
    assert short.encode("utf-8").decode("utf-8") == short


def test_rows_and_buttons_are_cut_to_what_a_phone_shows() -> None:
    long_row = row("p:m1", "Emzor Paracetamol with a very long name", "d" * 200)

    assert (units(long_row.title) <= 24, units(long_row.description) <= 72) == (True, True)
    assert units(button("s::0:" + "q" * 500, "more").id) == 200
