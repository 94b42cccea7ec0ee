"""What a customer could have meant, as two or three things to type, for a text nobody understood."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import fuzz, process

from worker.understanding import numbers
from worker.understanding.tokens import Words, clean, read

MOST = 3
MAX_EXAMPLE = 40  # characters of the customer's own words in a suggestion

# What to type by words near to it. The first column is what is suggested.
_TOPICS: tuple[tuple[str, str], ...] = (
    ("menu", "menu options list services"),
    ("cart", "cart basket bag items total"),
    ("checkout", "checkout order buy pay delivery address cash place"),
    ("track", "track order where status package arrive delivery shipped"),
    ("my orders", "orders history previous bought receipt"),
    ("find paracetamol", "find search medicine drug tablet syrup medication price cost available treatment pharmacy"),
    ("health products", "thermometer gloves mask device equipment monitor products soap"),
    ("send prescription", "prescription paper doctor's photo picture upload script"),
    ("find a doctor", "doctor specialist clinic hospital physician nurse consult"),
    ("book appointment", "appointment booking schedule visit meeting slot date reschedule"),
    ("lab tests", "lab test blood screening sample result checkup"),
    ("my account", "account profile name email phone number details balance settings"),
    ("my data", "data privacy information delete export"),
    ("agent", "agent person human help complaint problem refund wrong talk speak pharmacist dose question"),
    ("pay", "pay payment card transfer bank paystack flutterwave money"),
)
_WORDS: dict[str, str] = {word: suggestion for suggestion, words in reversed(_TOPICS) for word in words.split()}
_CHOICES = tuple(_WORDS)
_ALWAYS = ("menu", "agent")


def suggest(text: str) -> tuple[str, ...]:
    """Two or three concrete things to type, the likeliest first; the last ones are always within reach (`menu`, `agent`).

    Bounded work on any text: the first dozen words are compared with about a hundred.
    """
    found: dict[str, None] = {}
    words = read(clean(text[:400]))
    for suggestion in (*_with_numbers(words), *_by_topic(words), *_ALWAYS):
        found.setdefault(suggestion)
    return tuple(found)[:MOST]


def _with_numbers(words: Words) -> Iterator[str]:
    """Two bare numbers are most likely a list number and a quantity; a long one an order."""
    counts = [n for n in map(numbers.count, words.keys[:6]) if n is not None]
    if len(words) == 2 and len(counts) == 2 and 1 <= counts[0] <= 10 and 1 <= counts[1] <= 99:
        yield f"add {counts[0]} {counts[1]}"
        yield str(counts[0])
        return
    longest = next((n for n in map(numbers.order_number, words.keys[:12]) if n is not None and len(n) >= 3), None)
    if longest:
        yield f"track {longest}"


def _by_topic(words: Words) -> Iterator[str]:
    for key in words.keys[:12]:
        if key in _WORDS:
            yield _WORDS[key]
        elif len(key) >= 4 and key.isalpha():
            near = process.extractOne(key, _CHOICES, scorer=fuzz.ratio, score_cutoff=78)
            if near and near[0][0] == key[0]:
                yield _WORDS[near[0]]
    named = [key for key in words.keys[:6] if len(key) >= 4 and key.isalpha() and key not in _WORDS]
    if 1 <= len(words) <= 3 and named:
        yield f"find {words.text(0, len(words))}"[:MAX_EXAMPLE]
