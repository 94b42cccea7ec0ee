"""What codes mean, in the words of the console: reasons, questions, flags, doubts, and why something was refused."""

from __future__ import annotations

from models.values import Refused

OUTCOMES = {
    "approved": "Approve",
    "changed": "Change",
    "not_dispensed": "Not dispensed",
    "out_of_stock": "Out of stock",
}
BAD_PDFS = {
    "encrypted": "This PDF is locked with a password: the customer could not open it. Save it without one.",
    "active": "This PDF holds scripts, files or forms, which are never sent to a customer. Print it to a new PDF and send that.",
}
SETTLED = OUTCOMES | {"approved": "Approved", "changed": "Changed"}
CHANGES = {
    "brand": "Another brand",
    "strength": "Another strength",
    "quantity": "Another quantity",
    "form": "Another form",
    "misread": "The machine misread the paper",
    "other": "Other (say what)",
}
NOT_DISPENSED = {
    "unreadable": "Cannot be read",
    "controlled": "Controlled medicine",
    "unsafe_dose": "Dose is not safe",
    "interaction": "Interaction",
    "not_stocked": "We do not stock it",
    "over_the_counter": "Sold without prescription",
    "already_supplied": "Already supplied",
    "other": "Other (say what)",
}
REJECTIONS = {
    "unreadable": "Cannot be read",
    "not_a_prescription": "Not a prescription",
    "too_old": "Too old",
    "no_prescriber": "No prescriber or signature",
    "wrong_patient": "For another patient",
    "already_used": "Already used",
    "controlled": "Controlled medicine",
    "unsafe": "Not safe as written",
    "not_genuine": "Doubts that it is genuine",
    "other": "Other (say what)",
}
QUESTIONS = {
    "age": "How old is the patient?",
    "weight": "What does the patient weigh?",
    "pregnant": "Is the patient pregnant or breastfeeding?",
    "allergies": "Any allergies?",
    "other_medicines": "Which other medicines are taken?",
    "which_strength": "Which strength does the doctor mean?",
    "whole_picture": "A picture of the whole paper, please",
    "original_date": "When was it written?",
    "who_for": "Who is it for?",
    "other": "Own question (write it)",
}
CHECKED = {
    "signature": "Signature seen",
    "stamp": "Stamp seen",
    "date": "Date checked",
    "patient": "Patient's name checked",
}
# (words, tone)
FLAGS = {
    "duplicate": ("Seen before", "bad"),
    "too_old": ("Too old", "bad"),
    "future_date": ("Date in the future", "bad"),
    "no_date": ("No date read", "warn"),
    "controlled": ("Controlled", "bad"),
    "blurred": ("Blurred", "warn"),
    "dark": ("Dark", "warn"),
    "cropped": ("Cropped", "warn"),
    "blank": ("Blank", "warn"),
    "unsure": ("Unsure lines", "info"),
    "incomplete": ("More pages", "warn"),
    "no_medicine": ("No medicine read", "warn"),
}
# What those see who may see no more than how far a prescription is.
STATUS_FLAGS = ("blurred", "dark", "cropped", "blank", "incomplete")
DOUBTS = {
    "one_engine": "read by one engine only",
    "engines_differ": "two readings differ",
    "strength_missing": "no strength on the paper",
    "strength_unknown": "the catalogue has no such strength",
    "strength_repaired": "figures were repaired",
    "low_confidence": "hard to read",
    "close_candidates": "several products fit",
    "no_match": "not in the catalogue",
}
FAILURES = {
    "empty": "The file was empty.",
    "not_a_picture": "The file is no picture and no PDF.",
    "too_big": "The file is too large.",
    "too_many_pixels": "The picture is too large to be read.",
    "encrypted_pdf": "The PDF is locked with a password.",
    "broken": "The file is damaged.",
    "heic": "A picture format (HEIC) that could not be opened.",
    "killed_reader": "Reading it ended the reader each time; it was set aside.",
    "not_fetched": "WhatsApp did not give the file.",
    "media_gone": "Neither WhatsApp nor we have the file any more.",
    "not_read": "It could not be read by machine.",
}
STATES = {
    "reading": ("Being read", ""),
    "waiting": ("Waiting", "info"),
    "asked": ("Question open", "warn"),
    "approved": ("Approved", "good"),
    "rejected": ("Rejected", "bad"),
    "replaced": ("Replaced by a better picture", ""),
    "withdrawn": ("Withdrawn by the customer", ""),
}
OLD_STATES = {"Pending": ("Never decided", "warn"), "Verified": ("Approved then", "good"), "Rejected": ("Rejected then", "bad")}
OLD_FILES = {
    "stored": "in the vault",
    "waiting": "still to be fetched from the old system's storage",
    "given_up": "could not be fetched from the old system's storage",
    "none": "the old system had none",
}
REFUSALS = {
    "unknown": "There is no such prescription.",
    "decided": "It has been decided already.",
    "not_claimed": "You do not have it in hand any more.",
    "taken": "A colleague has it in hand.",
    "second_pharmacist": "You passed it on: another pharmacist must decide.",
    "changed_meanwhile": "It was changed meanwhile. Look again, then decide.",
    "no_licence": "Only somebody with a licence number signs.",
    "line_missing": "Say what becomes of this line.",
    "undecided": "Say what becomes of this line.",
    "gone": "This product is no longer in the catalogue: choose another.",
    "bad_quantity": "At least 1 pack.",
    "is_a_change": "As it was read, the paper names another product: choose Change and a reason, so that the customer hears of it.",
    "needs_remark": "Something above is marked red: tick “Patient's name checked”, or write among us why it is dispensed all the same.",
    "nothing_approved": "No line is approved. To dispense nothing, reject the prescription.",
    "bad_line": "This line cannot be understood: load the page again.",
    "no_product": "Choose a product.",
    "not_sold": "This product is not sold now (inactive, or without a price).",
    "controlled": "Controlled medicines are never sold here.",
    "too_many": "One order may hold at most {limit} of it, and at least 1.",
    "same_product_twice": "The same product stands in two lines: put the quantity into one.",
    "reason_missing": "Choose a reason.",
    "bad_reason": "Choose a reason from the list.",
    "note_missing": "Write a sentence.",
}


def refusal(no: Refused) -> str:
    """The sentence for a refusal."""
    sentence = REFUSALS.get(no.code, f"That was refused ({no.code}).")
    return sentence.format(limit=no.detail.get("limit", "")) if "{" in sentence else sentence


def failure(code: str) -> str:
    """Why a file could not be read, "" when it could."""
    return FAILURES.get(code, f"The file could not be read ({code}).") if code else ""
