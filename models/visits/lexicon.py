"""Words for what doctors do, where they are, and which lab test is meant, in the languages people write here. Pure.

Spelling is British in what is shown; American and shortened words are known. Tests of the understanding hold every specialty it knows
against this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from models.lexicon import words_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What is shown: words that mean it. A word stands at one place only.
_SPECIALTIES: Mapping[str, str] = {
    "General practice": "gp gps headache general practitioner family physician internist internal ogalade fever malaria checkup",
    "Cardiology": "cardiologist cardiology cardiac cardio heart bp hypertension zuciya okan",
    "Dermatology": "dermatologist dermatology derma skin rash rashes eczema acne pimple pimples fata",
    "Paediatrics": "paediatrician pediatrician paediatrics pediatrics pediatric paediatric "
    "paed paeds pead ped peds child children childrens kid kids baby "
    "babies newborn infant pikin pickin piken yara omode umuaka",
    "Gynaecology": "gynaecologist gynecologist gynaecology gynecology gynae gyne gyna gyno gyn ob obgyn womb ovary "
    "obstetrician obstetrics antenatal "
    "pregnancy pregnant maternity fertility women womens woman fibroid mata aboyun",
    "Ophthalmology": "ophthalmologist ophthalmology optometrist optometry optician eye eyes cataract glaucoma ido oju anya",
    "Dentistry": "dentist dental dentistry orthodontist teeth tooth braces gum gums cleaning toothache hakori eyin",
    "Orthopaedics": "orthopaedic orthopedic orthopaedics orthopedics orthopedist bone bones joint "
    "joints back backache waist spine knee fracture kashi egungun okpukpu",
    "Neurology": "neurologist neurology nerve nerves brain stroke epilepsy",
    "Psychiatry": "psychiatrist psychiatry psychologist psychology therapist counsellor counselor counselling mental depression",
    "Urology": "urologist urology urinary urine prostate bladder",
    "Nephrology": "nephrologist nephrology kidney kidneys dialysis koda",
    "Ear, nose and throat": "ent otolaryngologist otolaryngology otorhinolaryngologist ear ears nose throat kunne eti nti",
    "Endocrinology": "endocrinologist endocrinology diabetes diabetic diabetologist sugar hormone hormones thyroid",
    "Gastroenterology": "gastroenterologist gastroenterology stomach stomachache ulcer belle liver ciki",
    "Oncology": "oncologist oncology cancer tumour tumor",
    "Surgery": "surgeon surgery surgical operation",
    "Physiotherapy": "physiotherapist physiotherapy physio rehabilitation",
    "Nutrition": "nutritionist dietician dietitian nutrition diet",
    "Pulmonology": "pulmonologist pulmonology respiratory lung lungs asthma chest",
    "Haematology": "haematologist hematologist haematology hematology sickle",
    "Rheumatology": "rheumatologist rheumatology arthritis",
    "Radiology": "radiologist radiology",
}
SPECIALTY: Mapping[str, str] = {word: name for name, words in _SPECIALTIES.items() for word in words.split()}
# Where two words of one title point elsewhere, the earlier here wins: a "Paediatric Surgeon" is for children.
_LEADING = ("Paediatrics", "Gynaecology", "Orthopaedics", "Neurology", "Cardiology", "Ophthalmology", "Dentistry", "Urology")
_TITLES = _words("practitioner physician general family medicine internal")

# What is shown: other names, and parts of it that people say instead. Several words are one name.
_CITIES: Mapping[str, str] = {
    "Lagos": "lag lagos|lasgidi|las gidi|gidi|eko|ikeja|lekki|vi|victoria island|lagos island|yaba|surulere|ikoyi|ajah|festac|ikorodu|"
    "maryland|gbagada|oshodi|agege|apapa|magodo|ogba|alimosho|egbeda|isolo|mushin|epe|badagry|lag|mainland|ojota|ogudu|sangotedo",
    "Abuja": "abj|fct|wuse|garki|maitama|asokoro|gwarinpa|kubwa|lugbe|jabi|utako|gwagwalada|nyanya|karu|lokogoma|apo",
    "Port Harcourt": "ph|phc|p h|portharcourt|port hacourt|pitakwa|garden city|rivers|trans amadi|rumuola|rumuokoro|obio akpor|eleme",
    "Ibadan": "ib|ibd|oyo|bodija|challenge|ui|dugbe|mokola|ring road ibadan",
    "Kano": "kn|kano city|sabon gari|nassarawa gra|fagge",
    "Enugu": "en|enu|coal city|nsukka|independence layout",
    "Kaduna": "kd|kad|kaduna city|zaria|barnawa",
    "Benin City": "benin|bc|edo|ugbowo|gra benin",
    "Calabar": "cal|cbr|cross river|canaan city",
    "Uyo": "akwa ibom|ewet",
    "Jos": "plateau|j town|rayfield",
    "Warri": "wafi|delta|effurun",
    "Owerri": "imo|new owerri",
    "Aba": "abia|enyimba city",
    "Umuahia": "",
    "Onitsha": "main market onitsha",
    "Awka": "anambra",
    "Asaba": "",
    "Ilorin": "kwara",
    "Abeokuta": "abk|ogun",
    "Akure": "ondo",
    "Ado Ekiti": "ekiti|ado",
    "Osogbo": "oshogbo|osun",
    "Ile Ife": "ife",
    "Maiduguri": "maid|borno",
    "Sokoto": "",
    "Minna": "niger state",
    "Makurdi": "benue",
    "Lokoja": "kogi",
    "Bauchi": "",
    "Gombe": "",
    "Yola": "adamawa",
    "Katsina": "",
    "Yenagoa": "bayelsa",
    "Abakaliki": "ebonyi",
    "Lafia": "",
    "London": "",
    "Online": "video|virtual|on phone|telemedicine|video call",
}

DOCTORS = _words("doc docs docter doctor doctors doctr dokita dr drs likita likitan specialist specialists consultant physician")
# Nothing by themselves beside "doctor".
FILLERS = DOCTORS | _words(
    """
    a afternoon an and any are at abeg around area available best book by can care cheap check city clinic consult consultation evening
    find for fit from get good have health help hospital i in is issue issues list matter me medical morning my near nearby nigeria now
    of on one or pain pls please problem problems see show side some specialty state that the there to today tomorrow town treat
    treatment treats very wan want we which who with you your need nwa na dey for un wetin wey where
    """
)


@cache
def cities() -> Mapping[tuple[str, ...], str]:
    """Every name of a place by its words, and the city that is meant."""
    names: dict[tuple[str, ...], str] = {}
    for city, others in _CITIES.items():
        for name in (city, *others.split("|")):
            words = tuple(words_of(name))
            if words:
                names.setdefault(words, city)
    return names


def shown_specialty(text: str) -> str:
    """What a doctor does as it is shown: "Consultant Cardiologist" is Cardiology; what no word is known of stays as it is."""
    return known_specialty(text) or " ".join(text.replace("|", " ").replace(":", " ").split())


def known_specialty(text: str) -> str:
    """The specialty that a title, or a word of people, names; "" for none."""
    words = words_of(text)
    found = [SPECIALTY[word] for word in words if word in SPECIALTY and word not in _TITLES]
    leading = next((name for name in _LEADING if name in found), "")
    if leading or found:
        return leading or found[0]
    return "General practice" if any(word in _TITLES for word in words) else ""


def city_of(text: str) -> str:
    """The city an address or a name of people is in; "" where none is known. The longest name counts, and the last of equals."""
    words = words_of(text)
    best: tuple[int, str] = (0, "")
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            city = cities().get(tuple(words[start : start + length]))
            if city and length >= best[0]:
                best = (length, city)
        if best[1]:
            return best[1]
    return ""


# Lab tests: names that mean the same, each of one word or several.
_SAME_TEST = (
    "blood count|full blood count|complete blood count|fbc|cbc|haemogram|pcv",
    "malaria|malaria parasite|mp|plasmodium|zazzabi|iba",
    "typhoid|widal|salmonella",
    "sugar|blood sugar|glucose|fbs|rbs|diabetes",
    "hba1c|a1c|glycated haemoglobin|hb1ac",
    "lipid|cholesterol|lipid profile",
    "thyroid|tsh|tft|thyroid function",
    "urinalysis|urine|pee",
    "stool|faeces|poo",
    "kidney|renal|kft|eucr|e u cr|creatinine|urea|electrolytes",
    "liver|lft|hepatic",
    "hepatitis b|hbsag|hbv|hepatitis",
    "hepatitis c|hcv|hepatitis",
    "hiv|retroviral|rvs|rvd|aids",
    "pregnancy|hcg|pregnant",
    "prostate|psa",
    "genotype|sickle cell|sickling|electrophoresis",
    "blood group|blood grouping|rhesus",
    "covid|covid 19|corona|pcr",
    "tuberculosis|tb|genexpert|sputum",
    "syphilis|vdrl|sti|std",
    "semen|sperm|fertility",
    "xray|x ray|radiograph",
    "ultrasound|scan|sonography",
    "ecg|ekg|electrocardiogram|heart",
    "pylori|h pylori|ulcer",
    "ferritin|iron|anaemia|anemia",
)
TEST_FILLERS = _words(
    """
    a an and any at can check do doing find for get go how i in is it lab laboratory me my need of on please pls run screening test
    testing tests the to wan want with you your dey
    """
)


@cache
def same_tests() -> tuple[tuple[frozenset[str], ...], ...]:
    """Names of lab tests by their words; those of a line mean the same."""
    return tuple(tuple(frozenset(words_of(name)) for name in line.split("|")) for line in _SAME_TEST)
