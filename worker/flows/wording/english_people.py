"""What is said around a talk with a person: when one is there, that it is over, and how it was."""

from __future__ import annotations

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    # --------------------------------------------------------------------------------------------- when people are there
    "team.today": "today at {time}",
    "team.tomorrow": "tomorrow at {time}",
    "team.day": "on {day} at {time}",
    "support.asked_until": (
        "I have told our team. A person will answer you here; they are here until {time} today.\n\nI stay quiet until then. Type "
        "*menu* to come back to me."
    ),
    "support.asked_away": (
        "Our team is away now and back {when}. Write here what they should know: I keep it for them, and they answer in this "
        "chat.\n\nType *menu* to go on with me meanwhile. In an emergency call *112*."
    ),
    "support.joined": "A colleague of our team writes to you here, so I stay quiet now. Type *menu* to come back to me.",
    "support.not_understood_away": "Our team is away now and back {when}. To leave them a message type *agent*.",
    "emergency.person_away": (
        "Our team is away now and back {when}, so nobody can answer here: please do not wait for it. I cannot help with this, and "
        "I will not offer products."
    ),
    "emergency.not_alone_away": (
        "You are not alone. Please call, or go to someone you trust, now. Our team is away now and back {when}; do not wait for it."
    ),
    # ------------------------------------------------------------------------- what cannot wait until a person has left
    "beside.approved": (
        "✅ Our pharmacist {name} has checked your prescription. Type *menu* for the list with prices; until then our colleague has "
        "this chat."
    ),
    "beside.answer": "What you type now goes to our colleague in this chat. To answer the pharmacist, type *menu* first.",
    "beside.stopped": "You will get no more offers from us; news of your orders still comes. Our colleague still has this chat.",
    # ------------------------------------------------------------------------------------------------------ it is over
    "support.left_kept": "You are back with me, the pharmacy's bot. Our team has your message: they are back {when} and answer here.",
    "support.returned_kept": (
        "Sorry, nobody could answer in time. Our team has your message: they are back {when} and answer here. Until then I can help "
        "with orders. In an emergency call *112*."
    ),
    "support.returned_booking": (
        "Sorry, nobody was free to answer yet. I am back. Shall we go on with your booking? Type a day and time, for example "
        "*tomorrow 2pm*, or *yes* to see the free days. In an emergency call *112*."
    ),
    "support.returned_answered": (
        "Our colleague has not answered for a while, so I am back and can help with orders. In an emergency call *112*. Shall I ask "
        "our team again?"
    ),
    "support.ended": "Our colleague has ended this chat. You are back with me, the pharmacy's bot.",
    "support.ended_unanswered": "If something is still open, type *agent* and a person comes back.",
    # ------------------------------------------------------------------------------------------------------ how it was
    "rating.ask": "How was your chat with our team? Tap *Rate*, or type a number from 1 (very bad) to 5 (very good).",
    "rating.ask_tap": "How was your chat with our team? Tap *Rate* if you like to tell us.",
    "rating.5": "5 Very good",
    "rating.4": "4 Good",
    "rating.3": "3 In between",
    "rating.2": "2 Bad",
    "rating.1": "1 Very bad",
    "open.rate": "Rate",
    "rating.thanks": "Thank you. If you want to say why, type it now; it goes to our team.",
    "rating.sorry": "Thank you for telling us, and sorry. If you want to say what went wrong, type it now; it goes to our team.",
    "rating.words_kept": "Thank you. I have passed that on.",
    "hint.rating.asked": "To rate the chat with our team type a number from 1 to 5.",
    "hint.rating.words": "Type a few words about the chat with our team, or *menu*.",
}
