"""Sentences about what is due: visits that come near, medicine that runs out, orders not paid, carts that were left."""

from __future__ import annotations

from collections.abc import Mapping

DUE: Mapping[str, str] = {
    "due.visit": "⏰ Reminder: your appointment is {day} at *{hour}*.",
    "due.today": "today, {day},",
    "due.tomorrow": "tomorrow, {day},",
    "due.closed": (
        "⚠️ Please do not set out yet: your appointment on {day} at *{hour}* may not take place. Our list says that nobody is there "
        "at that time. I am sorry."
    ),
    "due.gone": (
        "⚠️ Please do not set out yet: your appointment on {day} at *{hour}* may not take place. Our list says that it cannot be had "
        "any more. I am sorry."
    ),
    "due.closed_next": "Choose another time or cancel it here. Our team sees it on their list too.",
    "due.gone_next": "You can cancel it here. Our team sees it on their list too.",
    "due.closed_fee": "If you cancel, your fee of {fee} comes back whole.",
    "due.visit_when": "{day} at {hour}",
    "due.visit_what": "{title} ({detail})",
    "due.your_address": "the address you gave us",
    "weekday.0": "Mon",
    "weekday.1": "Tue",
    "weekday.2": "Wed",
    "weekday.3": "Thu",
    "weekday.4": "Fri",
    "weekday.5": "Sat",
    "weekday.6": "Sun",
    "due.unpaid": "Order *{number}* ({total}) is not paid yet. I keep it for you until *{until}*, then it is closed.",
    "due.unpaid_next": "If you have just paid, tap *I have paid*: I ask at once.",
    "due.cart_one": "There is still 1 product in your cart. Do you want to order it?",
    "due.cart_many": "There are still {count} products in your cart. Do you want to order them?",
    "due.cart_free": "Nothing is reserved for you until you order.",
    "due.waits": (
        "Your prescription still waits for our pharmacist. It takes longer than it should, and I am sorry. It is not lost: our team "
        "has been told, and the answer comes here."
    ),
    "due.waits_next": "If you cannot wait, tap *Talk to a person*.",
    "due.refill_ask": (
        "What our pharmacist approved should last about {days} days, until *{until}*. Shall I remind you some days before it runs out?"
    ),
    "due.refill_set": "I will remind you on *{when}*. Type *stop reminders* if you change your mind.",
    "due.refill_not": "All right, no reminder.",
    "due.refill_over": "It runs out too soon for a reminder. You can send your prescription any time.",
    "due.refill": "You asked me to remind you: your medicine should last until about *{until}*. Shall I put it into your cart again?",
    "due.refill_new": "Our pharmacist looks at your prescription again before you pay.",
    "due.again": "In your cart again: {names}.",
    "due.again_left": "Not to be had right now: {names}.",
    "due.again_none": "None of it can be had right now. Our pharmacist can help.",
    "due.stopped": "No more reminders of medicine. Appointments you booked are still reminded of.",
    "button.due_move": "Another time",
    "button.due_cancel": "Cancel it",
    "button.due_visit": "My appointment",
    "button.due_yes": "Yes, remind me",
    "button.due_no": "No, thanks",
    "button.due_again": "Order again",
    "button.due_stop": "No reminders",
    "hint.due.asking": "Tap *Yes, remind me* or *No, thanks*.",
}
