"""What codes of conversations mean, in the words of the console: reasons, ticks, who spoke, and why something was refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.threads import TEXT_MAX
from models.threads.holding import MARGIN
from models.values import Refused
from web.console.labels import BAD_PDFS

TABS = {"mine": "Mine", "unassigned": "Unassigned", "all": "All"}
WAIT_WARN_S, WAIT_BAD_S = 5 * 60, 15 * 60  # from when on a customer has waited too long for comfort; and much too long
WINDOW_WARN = timedelta(hours=2)  # of the 24 hours in which everything may be said
# (words, tone)
REASONS = {
    "asked": ("asked for a person", ""),
    "not_understood": ("not understood", "info"),
    "emergency": ("emergency", "bad"),
    "my_data": ("wants their data", "info"),
    "correct_data": ("wants their data corrected", "info"),
    "delete_my_data": ("wants to be deleted", "warn"),
    "message": ("left a message", "info"),
}
# (sign, words)
TICKS = {
    "queued": ("◷", "waits to be sent"),
    "sending": ("◷", "being sent"),
    "unsure": ("◷", "not yet known whether it arrived"),
    "accepted": ("✓", "taken by WhatsApp"),
    "sent": ("✓", "sent"),
    "delivered": ("✓✓", "delivered"),
    "read": ("✓✓", "read"),
    "failed": ("!", "not delivered"),
    "expired": ("!", "too old, not sent"),
    "replaced": ("✓", "said by a template"),
    "held": ("⏸", "waits until the customer writes"),
}
KINDS = {
    "image": "Picture",
    "sticker": "Sticker",
    "audio": "Voice note",
    "video": "Video",
    "document": "Document",
    "location": "Place on the map",
    "contact": "Contact",
    "contacts": "Contact",
    "interactive": "Menu",
    "template": "Template",
    "basket": "Order from the catalogue",
    "reaction": "Reaction",
}
# Of an appointment or a lab test.
VISITS = {
    "held": ("Fee awaited", "info"),
    "booked": ("Booked", "good"),
    "done": ("Done", ""),
    "no_show": ("Did not come", "warn"),
    "cancelled": ("Cancelled", ""),
    "expired": ("Not paid", ""),
}
BAD_FILES = {
    "empty": "The file is empty.",
    "too_big": "The file is too large; WhatsApp and this page take 3 MB at most.",
    "kind": "Only JPEG and PNG pictures, PDFs and voice notes (Ogg with Opus, MP3, M4A, AAC, AMR) can be sent.",
    **BAD_PDFS,
}
REFUSALS = {
    "not_open": "This conversation is with the bot again: nothing was sent.",
    "window_closed": "The 24 hours since the customer last wrote are over: nothing was sent. Ask them to write first.",
    "too_long": "This is longer than WhatsApp takes ({most:,} characters). Make it shorter.",
    "empty": "Write something first.",
    "unknown": "That is not there any more.",
    "gone": "The file is not there any more.",
    "away": "The file could not be put away, so nothing was sent. What you wrote is still here; try again in a minute.",
    "clinical": "Only pharmacists see this.",
    "shortcut": "A shortcut is a slash and letters, like /hours.",
    "too_many": "There are as many ready answers as can be kept. Remove one first.",
    "right": "Your role does not include this.",
}


def why(no: Refused) -> str:
    """The sentence for a refusal."""
    if no.code == "taken_by":
        return (
            f"{no.detail.get('name') or 'A colleague'} has this conversation now: nothing was sent. What you wrote is still here."
        )
    if no.code == "bad_file":
        return BAD_FILES.get(str(no.detail.get("why", "")), BAD_FILES["kind"])
    if no.code == "window_closed" and no.detail.get("stopped"):
        return "The 24 hours are over, and this customer wants no messages from us: nothing can be sent until they write again."
    return REFUSALS.get(no.code, "That is not possible now.").format(most=no.detail.get("most", TEXT_MAX))


def waits(since: datetime | None, now: datetime) -> tuple[float, str]:
    """(seconds, tone) of somebody who waits since then."""
    seconds = (now - since).total_seconds() if since else 0.0
    return seconds, "bad" if seconds >= WAIT_BAD_S else "warn" if seconds >= WAIT_WARN_S else ""


def window(ends_at: datetime | None, now: datetime) -> tuple[str, str]:
    """(words, tone) of the 24-hour clock."""
    if ends_at is None:
        return "", ""
    left = ends_at - MARGIN - now
    if left <= timedelta():
        return "24 h are over", "bad"
    hours, minutes = divmod(int(left.total_seconds() // 60), 60)
    return f"{hours} h {minutes:02} left" if hours else f"{minutes} min left", "warn" if left < WINDOW_WARN else ""


def reason(code: str) -> tuple[str, str]:
    return REASONS.get(code, (code.replace("_", " "), ""))


FILE_LIMIT = 2_900_000  # bytes; a form of more than 3 MB does not reach us
