"""Strengths are put right where nothing else can be meant, and left alone everywhere else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.ocr.repair import repaired

CERTAIN = [
    ("8omg", "80mg"),
    ("soomg", "500mg"),
    ("5OOmg", "500mg"),
    ("l0mg", "10mg"),
    ("I0mg", "10mg"),
    ("IOmg", "10mg"),
    ("lmg", "1mg"),
    ("Smg", "5mg"),
    ("2s0mg", "250mg"),
    ("Z00MG", "200MG"),
    ("4CC mg", "400 mg"),
    ("O.5mg", "0.5mg"),
    ("0.O5%", "0.05%"),
    ("Tabs Lisinopril 2Omg i daily", "Tabs Lisinopril 20mg i daily"),
    ("Artemether 8O/48Omg", "Artemether 80/480mg"),
    ("Ceftriaxone IG stat", "Ceftriaxone 1G stat"),
    # units
    ("5mq", "5mg"),
    ("500 m9", "500 mg"),
    ("10m6 daily", "10mg daily"),
    ("500rng", "500mg"),
    ("10m1", "10ml"),
    ("125mg/5mI", "125mg/5ml"),
    ("200 MGG", "200 mcg"),
    # swallowed blanks
    ("500mgtab", "500mg tab"),
    ("40mgi nocte", "40mg i nocte"),
    ("5mlbd", "5ml bd"),
    ("500mgx5/7", "500mg x5/7"),
    ("bdx5/7", "bd x5/7"),
    ("itds", "i tds"),
    ("1.Tabs Amoxil", "1. Tabs Amoxil"),
    # durations, times, names
    ("x 1/l2", "x 1/12"),
    ("x l/7", "x 1/7"),
    ("i 0d x 4/52", "i od x 4/52"),
    ("Dr. 0.A. Nwosu", "Dr. O.A. Nwosu"),
]
LEFT = [
    "|400mg",  # the line of a table, or a 1
    "I400mg",
    "l25mg",
    "S250mg",
    "o5mg",
    "B0mg",
    "Sig: 1 tab",
    "Sig g",
    "so mg",
    "IgG 5",
    "Tetanus IG",
    "Human Immunoglobulin IG",
    "x 717",
    "Refills: 0. Dr X",
    "20D",
    "5cc",
    "4CC ng",
    "1,000mg",
    "10 mg i od",
    "500/25mg",
    "Take 5 mls",
    "08:44:00",
    "11/06/2025",
    "0803 555 0142",
    "",
]


@pytest.mark.parametrize(("seen", "meant"), CERTAIN)
def test_what_can_only_be_one_thing_is_put_right(seen: str, meant: str) -> None:
    assert repaired(seen) == meant


@pytest.mark.parametrize("seen", LEFT)
def test_what_may_be_another_thing_is_left(seen: str) -> None:
    assert repaired(seen) == seen


@pytest.mark.parametrize("meant", sorted({meant for _, meant in CERTAIN}))
def test_a_repaired_line_needs_no_second_repair(meant: str) -> None:
    assert repaired(meant) == meant


_WRITTEN = st.text(alphabet="0123456789OoIlSsBZzC.,/|% mgqlrnitdbx", max_size=24)


@given(_WRITTEN)
def test_no_repair_changes_how_many_signs_a_line_has_but_for_blanks_and_units(text: str) -> None:
    signs = re.sub(r"rn|m[gq9]g|mcg", "m", text.replace(" ", ""), flags=re.IGNORECASE)

    after = re.sub(r"rn|m[gq9]g|mcg", "m", repaired(text).replace(" ", ""), flags=re.IGNORECASE)

    assert len(after) in (len(signs), len(signs) + 1)  # "rnq" becomes "mg"


@given(_WRITTEN)
def test_figures_that_were_read_stay_as_they_were_read(text: str) -> None:
    before = [c for c in text if c.isdigit()]
    after = iter([c for c in repaired(text) if c.isdigit()])

    assert all(figure in after for figure in before if figure not in "0169")  # these four may have been letters
