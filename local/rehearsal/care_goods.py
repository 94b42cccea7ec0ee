"""Doctors and lab tests of the rehearsal. All invented."""

from __future__ import annotations

from models.values import Money
from models.visits.values import Doctor, Test

# name, specialty, place, rating, fee in naira, languages, zone, minutes of a slot, words people use for the specialty
_DOCTORS: tuple[tuple[str, str, str, float | None, int, str, str, int, str], ...] = (
    ("Dr Amaka Obi", "Cardiology", "Lagos", 4.8, 15_000, "English, Igbo", "Africa/Lagos", 30, "heart"),
    ("Dr Tunde Bello", "Cardiology", "Port Harcourt", 4.5, 12_000, "English, Yoruba", "Africa/Lagos", 30, "heart"),
    ("Dr Ngozi Eze", "Paediatrics", "Port Harcourt", 4.9, 0, "English, Igbo", "Africa/Lagos", 60, "children child pikin baby"),
    ("Dr Musa Ibrahim", "General practice", "Abuja", 4.2, 5_000, "English, Hausa", "Africa/Lagos", 30, "gp family"),
    ("Dr Kemi Ade", "General practice", "Lagos", 4.6, 6_000, "English, Yoruba", "Africa/Lagos", 30, "gp family"),
    ("Dr Chidi Okafor", "General practice", "Lagos", 4.4, 6_000, "English", "Africa/Lagos", 30, "gp family"),
    ("Dr Bola Ojo", "General practice", "Ibadan", None, 4_000, "English, Yoruba", "Africa/Lagos", 30, "gp family"),
    ("Dr Halima Sani", "General practice", "Kano", 4.1, 4_500, "English, Hausa", "Africa/Lagos", 30, "gp family"),
    ("Dr Uche Nwosu", "General practice", "Enugu", 4.0, 4_500, "English, Igbo", "Africa/Lagos", 30, "gp family"),
    ("Dr Sarah Cole", "Dermatology", "Online", 4.7, 20_000, "English", "Europe/London", 30, "skin"),
    ("Dr Ife Ajayi", "Dentistry", "Lagos", 4.3, 8_000, "English, Yoruba", "Africa/Lagos", 30, "dentist teeth tooth"),
    ("Dr Ada Umeh", "Gynaecology", "Lagos", 4.6, 12_000, "English, Igbo", "Africa/Lagos", 30, "women gynae"),
    ("Dr Yusuf Lawal", "Ophthalmology", "Abuja", 4.2, 9_000, "English, Hausa", "Africa/Lagos", 30, "eye eyes"),
    ("Dr Emeka Udo", "Orthopaedics", "Uyo", 4.0, 11_000, "English", "Africa/Lagos", 30, "bone bones"),
    ("Dr Grace Etim", "Neurology", "Lagos", 4.5, 18_000, "English", "Africa/Lagos", 30, "brain nerve"),
    ("Dr Dayo Alabi", "Psychiatry", "Lagos", 4.8, 14_000, "English, Yoruba", "Africa/Lagos", 60, "mental"),
    ("Dr Peter Ekong", "Urology", "Calabar", 3.9, 10_000, "English", "Africa/Lagos", 30, "kidney prostate"),
)
# name, category, naira, sample, how long, result after, at home, preparation
_TESTS: tuple[tuple[str, str, int, str, str, str, bool, str], ...] = (
    ("Malaria parasite test", "Infections", 3_500, "Blood", "15 minutes", "24 hours", True, ""),
    ("Typhoid test", "Infections", 4_000, "Blood", "15 minutes", "24 hours", True, ""),
    ("Fasting blood sugar", "Diabetes", 3_000, "Blood", "15 minutes", "24 hours", True, "Only water for 8 hours before."),
    ("HbA1c", "Diabetes", 9_500, "Blood", "15 minutes", "48 hours", True, ""),
    ("Full blood count", "Blood", 6_000, "Blood", "15 minutes", "24 hours", True, ""),
    ("Chest X-ray", "Imaging", 12_000, "None", "30 minutes", "48 hours", False, "Leave jewellery at home."),
)  # fmt: skip
CENTRE = "Drugs.ng Lab, 5 Marina Road, Lagos"

DOCTORS: dict[str, tuple[Doctor, str]] = {
    f"d{n}": (
        Doctor(
            f"d{n}",
            name,
            specialty,
            place,
            rating,
            Money.from_naira(fee),
            tuple(languages.split(", ")),
            "https://pictures.example/amaka.jpg" if n == 1 else "",
            zone,
            minutes,
        ),
        words,
    )
    for n, (name, specialty, place, rating, fee, languages, zone, minutes, words) in enumerate(_DOCTORS, start=1)
}
TESTS: dict[str, Test] = {
    f"t{n}": Test(f"t{n}", name, category, Money.from_naira(price), sample, takes, after, home, CENTRE, preparation)
    for n, (name, category, price, sample, takes, after, home, preparation) in enumerate(_TESTS, start=1)
}
