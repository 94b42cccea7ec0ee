"""What the shop in memory sells: a few of everything a transcript needs. Prices are made up."""

from __future__ import annotations

from models.catalogue import Product
from models.values import Money

# ref, name, generic, strength, form, pack, naira (0: none), stock, prescription-only, control, words for what it is for
_ROWS: tuple[tuple[str, str, str, str, str, str, int, int, bool, str, str], ...] = (
    ("m1", "Emzor Paracetamol", "Paracetamol", "500 mg", "tablet", "pack of 96", 1200, 40, False, "none", "headache fever pain"),
    ("m2", "Panadol", "Paracetamol", "500 mg", "tablet", "pack of 20", 950, 25, False, "none", "headache fever pain"),
    (
        "m3",
        "Panadol Extra",
        "Paracetamol + Caffeine",
        "500/65 mg",
        "tablet",
        "pack of 16",
        1150,
        3,
        False,
        "none",
        "headache fever pain",
    ),
    ("m4", "Emzor Paracetamol Syrup", "Paracetamol", "125 mg/5 ml", "syrup", "60 ml", 800, 12, False, "none", "fever children"),
    ("m5", "M&B Paracetamol", "Paracetamol", "500 mg", "tablet", "pack of 100", 1350, 0, False, "none", "headache fever pain"),
    ("m6", "Paracetamol Injection", "Paracetamol", "150 mg/ml", "injection", "10 ampoules", 3200, 9, True, "none", "fever pain"),
    (
        "m7",
        "Boska",
        "Paracetamol + Aspirin + Caffeine",
        "",
        "powder",
        "pack of 10 sachets",
        600,
        30,
        False,
        "none",
        "headache pain",
    ),
    ("m10", "Amoxil", "Amoxicillin", "500 mg", "capsule", "pack of 21", 4800, 15, True, "none", "infection"),
    ("m11", "Augmentin", "Amoxicillin + Clavulanic acid", "625 mg", "tablet", "pack of 14", 9500, 6, True, "none", "infection"),
    ("m12", "Beecham Amoxil", "Amoxicillin", "500 mg", "capsule", "pack of 100", 15500, 0, True, "none", "infection"),
    (
        "m20",
        "Coartem",
        "Artemether + Lumefantrine",
        "20/120 mg",
        "tablet",
        "pack of 24",
        2600,
        20,
        False,
        "none",
        "malaria fever",
    ),
    (
        "m21",
        "Lonart DS",
        "Artemether + Lumefantrine",
        "80/480 mg",
        "tablet",
        "pack of 6",
        2100,
        18,
        False,
        "none",
        "malaria fever",
    ),
    (
        "m22",
        "Amatem Forte",
        "Artemether + Lumefantrine",
        "80/480 mg",
        "softgel",
        "pack of 6",
        2300,
        0,
        False,
        "none",
        "malaria fever",
    ),
    ("m30", "Vitamin C", "Ascorbic acid", "100 mg", "tablet", "pack of 100", 700, 50, False, "none", "cold vitamin"),
    ("m31", "Emzor Vitamin C Syrup", "Ascorbic acid", "100 mg/5 ml", "syrup", "100 ml", 900, 14, False, "none", "cold vitamin"),
    ("m40", "Tramal", "Tramadol", "50 mg", "capsule", "pack of 10", 2500, 10, True, "controlled", "pain"),
    ("m41", "Valium", "Diazepam", "5 mg", "tablet", "pack of 30", 1800, 10, True, "controlled", "sleep"),
    ("m50", "Norvasc", "Amlodipine", "5 mg", "tablet", "pack of 30", 6200, 11, True, "none", "blood pressure"),
    ("m51", "Insulin Mixtard", "Insulin human", "100 IU/ml", "vial", "10 ml", 0, 4, True, "none", "diabetes"),
    ("h1", "Digital Thermometer", "", "", "device", "1 piece", 2500, 22, False, "none", "fever temperature"),
    ("h2", "Blood Pressure Monitor", "", "", "device", "1 piece", 28500, 5, False, "none", "blood pressure"),
    ("h3", "First Aid Box", "", "", "kit", "1 box", 7500, 8, False, "none", "wound"),
    ("h4", "Nitrile Gloves", "", "", "consumable", "box of 100", 6800, 16, False, "none", "gloves"),
    ("h5", "Malaria Rapid Test Kit", "", "", "test", "pack of 5", 4300, 0, False, "none", "malaria test"),
    ("h6", "Hand Sanitiser", "", "", "gel", "250 ml", 1100, 60, False, "none", "hygiene"),
    ("h7", "Cotton Wool", "", "", "consumable", "100 g", 650, 35, False, "none", "wound"),
)


def on_sale() -> dict[str, tuple[Product, str]]:
    """Products by reference, each with the words it is for."""
    return {row[0]: (_product(row), row[10]) for row in _ROWS}


def _product(row: tuple[str, str, str, str, str, str, int, int, bool, str, str]) -> Product:
    ref, name, generic, strength, form, pack, naira, stock, prescription_only, control, _ = row
    return Product(
        ref=ref,
        kind="medicine" if ref[0] == "m" else "health",
        name=name,
        generic=generic,
        strength=strength,
        form=form,
        pack=pack,
        price=Money.from_naira(naira) if naira else None,
        stock=stock,
        prescription_only=prescription_only,
        control=control,
        registration_number="",
        description="",
        category="",
        active=True,
        image_url="",
    )
