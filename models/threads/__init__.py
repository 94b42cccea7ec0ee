"""A customer's thread with a person: who has it, what was said, what staff may do in it.

Staff answers are rows of the outbox: they leave in order with everything else that is said to this customer, with ticks. While a
thread is open the bot is silent. Every act is audited. After `reply` and `ask_to_write` enqueue `deliver` or `converse`, after
`give_back` `converse`; a sweep does it otherwise, some seconds later.
"""

from models.threads.answering import CAPTION_MAX, PDF_MAX, PICTURE_MAX, TEXT_MAX, ask_to_write, reply, send_file
from models.threads.canned import NOTE_MAX, canned, note, remove_canned, save_canned
from models.threads.files import media
from models.threads.holding import give_back, pass_on, take
from models.threads.lines import since, thread
from models.threads.lists import counts, inbox
from models.threads.values import TABS, Canned, Counts, Line, Row, Rows, Thread

__all__ = [
    "CAPTION_MAX",
    "NOTE_MAX",
    "PDF_MAX",
    "PICTURE_MAX",
    "TABS",
    "TEXT_MAX",
    "Canned",
    "Counts",
    "Line",
    "Row",
    "Rows",
    "Thread",
    "ask_to_write",
    "canned",
    "counts",
    "give_back",
    "inbox",
    "media",
    "note",
    "pass_on",
    "remove_canned",
    "reply",
    "save_canned",
    "send_file",
    "since",
    "take",
    "thread",
]
