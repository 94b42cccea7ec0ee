"""Invented people and places. No name is a real person's or a real facility's; the telephone numbers cannot be dialled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GIVEN = (
    "Adaeze", "Bamidele", "Chiamaka", "Danladi", "Ebiere", "Folake", "Gbenga", "Hauwa", "Idara", "Jumoke",
    "Kelechi", "Ladi", "Mfon", "Nkechi", "Oghenekaro", "Preye", "Rukayat", "Somto", "Timipre", "Uduak",
    "Verodje", "Wuraola", "Yewande", "Zainab", "Obinna", "Sade", "Bala", "Ekaette",
)  # fmt: skip
FAMILY = (
    "Adeyinka-Cole", "Bakare", "Chukwuneta", "Dantsoho", "Ekanem", "Fagbamigbe", "Garba-Yola", "Harcourt-Pepple",
    "Ikpeme", "Jolaoso", "Kalu-Uche", "Lawanson", "Maigida", "Nwachi", "Odusote", "Peterside-Ilo",
    "Rotiba", "Shekarau-Dan", "Tamunoibi", "Udeze", "Wokocha", "Yakmut", "Zubair",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facility:
    """A place that writes prescriptions. `title` as on its paper; `motto` may be empty."""

    title: str
    place: str
    contact: str
    motto: str = ""


CLINICS = (
    Facility("Palmgrove Court Clinic", "9 Olorunda Close, Gbagada, Lagos", "Tel 0800 555 0117 / 0800 555 0118", "Care with a smile"),
    Facility("Zuma Ridge Medical Centre", "Suite 4, Kubwa Gate Plaza, Abuja", "0800 555 0163  hello@zumaridge.example"),
    Facility("New Dawn Hospital & Maternity", "61 Old Ikom Road, Calabar", "Tel: 0800 555 0185", "Every life is a gift"),
    Facility("Harmattan Family Practice", "3 Yahaya Crescent, Kaduna North", "Phone: 0800 555 0129"),
    Facility("Creekside Consultants", "22 Abuloma Bypass, Port Harcourt", "0800 555 0174 - creekside.example"),
)  # fmt: skip
TEACHING = (
    Facility(
        "Plateau Highlands University Teaching Hospital",
        "P.M.B. 2907, Bukuru Road, Jos",
        "www.phuth.example",
        "Service, Learning, Compassion",
    ),
    Facility(
        "Osse River State University Teaching Hospital", "P.M.B. 414, Ifon Expressway", "0800 555 0140", "To heal and to teach"
    ),
    Facility("Federal Medical Centre Kanti", "Kanti Ring Road, P.M.B. 55", "fmckanti.example", "Health for the people"),
)
DENTAL = (
    Facility("Bright Molar Dental Studio", "1st Floor, 18 Adekoya Street, Ikeja", "0800 555 0102"),
    Facility("Ivory Arch Dental Clinic", "Plot 7, Independence Layout, Enugu", "Tel. 0800 555 0191"),
)
PHARMACIES = (
    Facility("GREENLEAF PHARMACY", "Shop 12, Sabo Market Rd, Yaba", "0800 555 0155"),
    Facility("TRUSTWELL CHEMISTS", "KM 4 Airport Road, Benin", "0800 555 0136"),
)
ADDRESSES = (
    "14 Unity Close",
    "Block C, Flat 5, Ogba Estate",
    "27 Mission Hill",
    "Compound 3, Rayfield",
    "5 Creek Lane",
    "House 9, Lugbe Phase 2",
)
DIAGNOSES = (
    "HTN",
    "T2DM",
    "Malaria, uncomplicated",
    "URTI",
    "Peptic ulcer disease",
    "Osteoarthritis",
    "UTI",
    "Asthma",
    "Dyslipidaemia",
    "Tinea corporis",
)


def person(rng: np.random.Generator) -> str:
    """Given and family name."""
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def doctor(rng: np.random.Generator) -> str:
    """A prescriber as papers name them."""
    initials = "".join(str(rng.choice(list("ABCDEFGIJKLMNOSTU"))) + "." for _ in range(int(rng.integers(1, 3))))
    return f"Dr. {initials} {rng.choice(FAMILY)}"
