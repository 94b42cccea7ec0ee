"""Directions as doctors write them: what is understood, what is left open, and that nothing comes out that is not on the paper."""

from __future__ import annotations

import re
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.ocr import directions, sig
from worker.ocr.strengths import find
from worker.ocr.writing import spread, tidy

# phrase | code | times a day | dose | days | quantity | as needed
PHRASES = """
od | od | 1
OD | od | 1
o.d. | od | 1
O D | od | 1
0d | od | 1
daily | od | 1
dly | od | 1
once daily | od | 1
once a day | od | 1
every day | od | 1
1 tab od | od | 1 | 1 tablet
i od | od | 1 | 1
bd | bd | 2
b.d. | bd | 2
b.d | bd | 2
B D | bd | 2
bid | bd | 2
b.i.d. | bd | 2
bds | bd | 2
twice daily | bd | 2
twice a day | bd | 2
2 times a day | bd | 2
2x daily | bd | 2
2x/day | bd | 2
x2 daily | bd | 2
two times daily | bd | 2
12 hourly | 12hly | 2
12hly | 12hly | 2
every 12 hours | 12hly | 2
q12h | 12hly | 2
bis die | bd | 2
bis in die | bd | 2
tds | tds | 3
TDS | tds | 3
t.d.s. | tds | 3
t.d.s | tds | 3
t d s | tds | 3
td s | tds | 3
td5 | tds | 3
tid | tds | 3
t.i.d | tds | 3
three times daily | tds | 3
three times a day | tds | 3
thrice daily | tds | 3
trice daily | tds | 3
3 times daily | tds | 3
1 tab x 3 daily | tds | 3 | 1 tablet
1 tab 3x daily | tds | 3 | 1 tablet
ter die sumendum | tds | 3
8hly | 8hly | 3
8 hly | 8hly | 3
8 hourly | 8hly | 3
8hrly | 8hly | 3
8-hourly | 8hly | 3
q8h | 8hly | 3
q 8 h | 8hly | 3
every 8 hours | 8hly | 3
every eight hours | 8hly | 3
every 8hrs | 8hly | 3
qds | qds | 4
q.d.s. | qds | 4
qid | qds | 4
q.i.d | qds | 4
four times daily | qds | 4
4 times a day | qds | 4
6 hourly | 6hly | 4
6hly | 6hly | 4
every 6 hours | 6hly | 4
4 hourly | 4hly | 6
five times daily | 5x daily | 5
24hly | 24hly | 1
48 hourly | 48hly | 0.5
every 4 to 6 hours | 4-6hly |
4-6 hourly | 4-6hly |
6-8hrly | 6-8hly |
nocte | nocte | 1
noct | nocte | 1
i nocte | nocte | 1 | 1
at night | nocte | 1
at bedtime | nocte | 1
every night | nocte | 1
omni nocte | nocte | 1
od nocte | nocte | 1
h.s. | nocte | 1
mane | mane | 1
i mane | mane | 1 | 1
in the morning | mane | 1
every morning | mane | 1
od mane | mane | 1
mane and nocte | bd | 2
mane & nocte | bd | 2
morning and night | bd | 2
1 tab morning and night | bd | 2 | 1 tablet
alternate days | alt | 0.5
alt days | alt | 0.5
on alternate days | alt | 0.5
every other day | alt | 0.5
e.o.d | alt | 0.5
weekly | weekly | 0.1429
once weekly | weekly | 0.1429
once a week | weekly | 0.1429
twice weekly | 2x weekly | 0.2857
three times a week | 3x weekly | 0.4286
monthly | monthly | 0.0333
once monthly | monthly | 0.0333
every 2 weeks | every 2w | 0.0714
every 3 days | every 3d | 0.3333
fortnightly | fortnightly | 0.0714
stat | stat |
im stat | stat |
2 tabs stat | stat | | 2 tablets
single dose | stat |
qd | qd |
1-0-1 | bd | 2 | 1
1-1-1 | tds | 3 | 1
1+1+1 | tds | 3 | 1
1 - 0 - 1 | bd | 2 | 1
0-0-1 | nocte | 1 | 1
1-0-0 | mane | 1 | 1
1-1-1-1 | qds | 4 | 1
2-2-2 | tds | 3 | 2
½-0-½ | bd | 2 | 0.5
1-0-2 | bd | 2
1-0-1 x 7 days | bd | 2 | 1 | 7
1-0-1x7 days | bd | 2 | 1 | 7
i bd x 5/7 | bd | 2 | 1 | 5
ii tds x 3/7 | tds | 3 | 2 | 3
iii od x 3/7 | od | 1 | 3 | 3
iv bd x 3/7 | bd | 2 | | 3
iv tabs bd x 3/7 | bd | 2 | 4 tablets | 3
T bd | bd | 2 | 1
TT tds x 5/7 | tds | 3 | 2 | 5
ii daily x 2/52 | od | 1 | 2 | 14
1 bd x 1/12 | bd | 2 | 1 | 30
2/12 | | | | 60
1/7 | | | | 1
10/7 | | | | 10
3/52 | | | | 21
x 5 /7 | | | | 5
x5/7 | | | | 5
for 5/7 | | | | 5
x5d | | | | 5
x 5 days | | | | 5
x5days | | | | 5
for 5 days | | | | 5
for five days | | | | 5
for one week | | | | 7
for a week | | | | 7
x 2 weeks | | | | 14
x2wks | | | | 14
for 1 month | | | | 30
x 3 months | | | | 90
bdx5/7 | bd | 2 | | 5
1tabbd | bd | 2 | 1 tablet
1tabbdx5/7 | bd | 2 | 1 tablet | 5
ibd x 5/7 | bd | 2 | 1 | 5
2tds | tds | 3 | 2
tds5/7 | tds | 3 | | 5
5mltds | tds | 3 | 5 ml
tdspc | tds | 3
1 tab bd | bd | 2 | 1 tablet
1 tablet twice daily | bd | 2 | 1 tablet
one tablet twice daily after food | bd | 2 | 1 tablet
take one capsule three times daily for one week | tds | 3 | 1 capsule | 7
2 caps bd x 10/7 | bd | 2 | 2 capsules | 10
1/2 tab od | od | 1 | half a tablet
½ tab nocte | nocte | 1 | half a tablet
1½ tabs bd | bd | 2 | 1.5 tablets
1 1/2 tabs bd | bd | 2 | 1.5 tablets
half a tablet daily | od | 1 | half a tablet
1-2 tabs qds prn | qds | 4 | 1 to 2 tablets | | | prn
three (3) tablets daily for three (3) days | od | 1 | 3 tablets | 3
5 ml tds x 5/7 | tds | 3 | 5 ml | 5
10mls 8hly | 8hly | 3 | 10 ml
2.5ml bd | bd | 2 | 2.5 ml
1 tsp tds | tds | 3 | 1 teaspoon
2 teaspoonfuls bd | bd | 2 | 2 teaspoons
10 drops tds | tds | 3 | 10 drops
ii drops qds | qds | 4 | 2 drops
2 drops into both eyes qds x 7/7 | qds | 4 | 2 drops | 7
2 puffs qds prn | qds | 4 | 2 puffs | | | prn
1 puff bd | bd | 2 | 1 puff
1 sachet tds | tds | 3 | 1 sachet
insert 1 pv nocte x 6/7 | nocte | 1 | 1 | 6
1 pess nocte x 3/7 | nocte | 1 | 1 pessary | 3
1 supp pr stat | stat | | 1 suppository
apply bd | bd | 2
apply od sparingly x 7/7 | od | 1 | | 7
apply to affected area tds | tds | 3
1 vial iv 12hly x 3/7 | 12hly | 2 | 1 vial | 3
10 units sc bd | bd | 2 | 10 units
500mg tds x 5/7 | tds | 3 | 500mg | 5
take 10mg tds | tds | 3 | 10mg
1g 6 hourly prn | 6hly | 4 | 1g | | | prn
250mg po bd | bd | 2 | 250mg
prn | | | | | | prn
p.r.n. | | | | | | prn
sos | | | | | | prn
when needed | | | | | | prn
as required | | | | | | prn
ii tds prn | tds | 3 | 2 | | | prn
#30 | | | | | 30
# 30 | | | | | 30
no. 30 | | | | | 30
no 30 | | | | | 30
x30 | | | | | 30
30 tabs | | | | | 30
1 bottle | | | | | 1
one bottle | | | | | 1
(10) | | | | | 10
disp 20 | | | | | 20
dispense: 20 | | | | | 20
Mitte 28 | | | | | 28
Mitte: 28 | | | | | 28
Qty: 14 | | | | | 14
qty 14 tabs | | | | | 14
#30 (thirty) | | | | | 30
i bd x 5/7 #10 | bd | 2 | 1 | 5 | 10
1 tab bd x 5/7 (10) | bd | 2 | 1 tablet | 5 | 10
x 5 |
bd x 5 | bd | 2
1 tab tds x 14 | tds | 3 | 1 tablet
5-7 days |
bd x 3-5 days | bd | 2
bd or tds | |
review in 2 weeks |
25/03/2025 |
14:30 |
"""
ROWS = [tuple(part.strip() for part in (line + " | | | | | | ").split("|"))[:7] for line in PHRASES.strip().splitlines()]


def _read(phrase: str) -> sig.Sig:
    return sig.read(spread(tidy(phrase)))


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len({row[0] for row in ROWS}) >= 200


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_phrase_says_what_a_pharmacist_reads_in_it(row: tuple[str, ...]) -> None:
    phrase, code, times, dose, days, quantity, needed = row
    said = _read(phrase)
    told = (
        said.code,
        round(float(said.times), 4) if said.times else None,
        directions.dose(said),
        said.duration_days,
        float(said.quantity) if said.quantity is not None else None,
        said.as_needed,
    )
    given_out = float(quantity) if quantity else None
    assert told == (code, float(times) if times else None, dose, int(days) if days else None, given_out, needed == "prn")


WORDS = {
    ("1 tab bd x 5/7 pc", "tablet"): "1 tablet twice a day for 5 days, after food",
    ("i bd x 5/7", "tablet"): "1 tablet twice a day for 5 days",
    ("ii caps tds ac x 1/52", "capsule"): "2 capsules three times a day for 7 days, before food",
    ("1-0-1 x 7 days", "tablet"): "1 tablet in the morning and at night for 7 days",
    ("1-0-2", "tablet"): "1-0-2 through the day",
    ("½ tab nocte x 1/12", "tablet"): "half a tablet at night for 1 month",
    ("ii stat then i prn x 2/7", "capsule"): "2 capsules at once, then 1 capsule for 2 days, when needed",
    ("apply od sparingly x 7/7", "cream"): "apply thinly once a day for 7 days",
    ("5 ml tds x 5/7", "syrup"): "5 ml three times a day for 5 days",
    ("i gutt qds both eyes", "drops"): "1 drop into both eyes four times a day",
    ("2 puffs qds prn", "inhaler"): "2 puffs four times a day, when needed",
    ("1 tab 4-6 hourly prn", "tablet"): "1 tablet every 4 to 6 hours, when needed",
    ("1g im stat", "injection"): "1g into the muscle at once",
    ("i od po", "tablet"): "1 tablet once a day",
    ("i alt days x 2/52", "tablet"): "1 tablet every other day for 2 weeks",
}


@pytest.mark.parametrize(("phrase", "form"), WORDS, ids=[phrase for phrase, _ in WORDS])
def test_directions_come_out_in_plain_words(phrase: str, form: str) -> None:
    assert directions.words(_read(phrase), form) == WORDS[phrase, form]


QUANTITIES = [
    ("i bd x 5/7", "tablet", "", (10.0, True)),
    ("ii tds x 3/7", "capsule", "", (18.0, True)),
    ("1-0-2 x 7 days", "tablet", "", (21.0, True)),
    ("½ od x 7/7", "tablet", "", (4.0, True)),
    ("500mg tds x 5/7", "capsule", "250mg", (30.0, True)),
    ("500mg tds x 5/7", "capsule", "500mg", (15.0, True)),
    ("500mg tds x 5/7", "capsule", "", (None, False)),
    ("500mg tds x 5/7", "capsule", "300mg", (None, False)),
    ("i bd x 5/7", "", "", (None, False)),
    ("i bd", "tablet", "", (None, False)),
    ("bd x 5/7", "tablet", "", (None, False)),
    ("1-2 bd x 5/7", "tablet", "", (None, False)),
    ("i bd prn x 5/7", "tablet", "", (None, False)),
    ("5ml tds x 5/7", "syrup", "", (None, False)),
    ("i bd x 5/7 #12", "tablet", "", (12.0, False)),
    ("1 bottle", "syrup", "", (1.0, False)),
    ("2 packs", "tablet", "", (None, False)),
    ("once weekly i x 4/52", "tablet", "", (4.0, True)),
]


@pytest.mark.parametrize(("phrase", "form", "strength", "wanted"), QUANTITIES)
def test_a_quantity_is_given_or_follows_from_what_is_written(
    phrase: str, form: str, strength: str, wanted: tuple[float | None, bool]
) -> None:
    of = find(strength)[0] if strength else None
    assert directions.quantity(_read(phrase), form, of) == wanted


def test_frequencies_that_contradict_stay_open() -> None:
    said = _read("1 tab bd tds x 5/7")
    assert (said.code, said.times, said.contradicts) == ("", None, True)


ALPHABET = st.text(alphabet="0123456789/-+.,x#()½ \tabcdimnopqrstuvwl'", max_size=120) | st.text(max_size=120)


@given(ALPHABET)
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    said = _read(text)
    assert all(0 <= start <= end for start, end in said.used)


WRITTEN = """bd tds od prn x for days weeks 5/7 2/52 tab caps ml 12 5 7 3 250 # no ( ) / nocte"""


@given(st.lists(st.sampled_from(WRITTEN.split()), max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_number_is_given_out_that_is_not_written(parts: list[str]) -> None:
    text = " ".join(parts)
    said = _read(text)
    figures = {Fraction(figure) for figure in re.findall(r"\d+", text)}
    whole = {Fraction(a) / Fraction(b) for a, b in re.findall(r"(\d+) ?/ ?(\d+)", text) if int(b)}
    whole |= {a + b for a in figures for b in whole if b < 1}
    assert said.quantity is None or said.quantity in figures
    assert said.dose is None or said.dose in figures | whole
    assert said.duration_days is None or any(said.duration_days == n * u for n in figures for u in (1, 7, 30))


@pytest.mark.parametrize("unit", ["1 ", "bd ", "(", "5/7", "every 8 ", "½", "a a ", "1-0-", "then ", "mane and "])
def test_the_reader_is_linear_in_hostile_text(unit: str) -> None:
    text = (unit * 400)[:400]
    begun = time.process_time()
    for _ in range(5):
        sig.read(text)
    assert time.process_time() - begun < 1.0
