"""The bot's sentences in English, by key. Short, for a cheap phone held in one hand; `{name}` is filled in by `say`.

Facts in them: 112 and 767 are the emergency numbers of Nigeria and of Lagos State. Asterisks make words bold in WhatsApp; we use
them for what is to be typed and for order numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.flows.wording.english_care import CARE
from worker.flows.wording.english_due import DUE
from worker.flows.wording.english_pay import PAY
from worker.flows.wording.english_people import PEOPLE
from worker.flows.wording.english_rx import RX
from worker.flows.wording.english_shop import SHOP
from worker.flows.wording.english_titles import TITLES
from worker.flows.wording.english_visits import VISITS

TALK: Mapping[str, str] = {
    # ------------------------------------------------------------------------------------------- welcome, menu, help
    "welcome.hello": "👋 Welcome to {pharmacy}. Find medicines, order, send a prescription and track it, all in this chat.",
    "welcome.licence": "Licence: {licence}",
    "welcome.address": "Address: {address}",
    "welcome.person": "Type *agent* for a person at any time.",
    "welcome.one_line": "👋 Welcome to {pharmacy}. Type *menu* to see all we do.",
    "welcome.again": "Yes, I am here. Type what you need, for example *find paracetamol*, or *menu*.",
    "welcome.back": "Hello. What do you need today?",
    "welcome.back_named": "Hello {name}. What do you need today?",
    "welcome.what_now": "What do you need today?",
    "menu.intro": "What do you need? Tap *Open menu* or type a number:",
    "menu.line": "{number} {title}",
    "thanks": "You are welcome. Type *menu* whenever you need us.",
    "help.intro": "Write what you need in your own words. For example:",
    "help.examples": (
        "• *find paracetamol*\n• *add 2* or *order 2 paracetamol and 1 vitamin c*\n• *cart*, *checkout*\n• *track "
        "12345*, *pay 12345*\n• *rx 12345*, then a photo of the prescription\n• *skin doctor in Lagos*, *malaria test at home*, *my "
        "appointments*"
    ),
    "help.words": "*menu*, *back*, *cancel*, *agent* and *stop* work everywhere.",
    "help.leave": "Or type *back*, *cancel* or *menu*.",
    "about.phone": "Phone: {phone}",
    "about.fee": "Delivery costs {fee} for each order. Pick-up is free.",
    "about.no_fee": "Delivery and pick-up are free.",
    "about.hours": "You can order here day and night. For opening hours and delivery times, our team knows best.",
    "cancel.nothing": (
        "Nothing is open, so there is nothing to cancel. To cancel an order, type for example *cancel order 12345*."
    ),
    "cancel.done": "Stopped. Your cart is kept.",
    "entry.not_understood": "I did not understand that. Try *find paracetamol*, *cart* or *track 12345*.",
    "entry.no_words": "I can only read words. Type what you need, for example *find paracetamol*, or *menu*.",
    "entry.unclear": "I did not understand that.",
    "entry.no_such_number": "The menu has the numbers 0 to 9. For an order, type for example *track 12345*.",
    "entry.all_right": "All right. Type *menu* whenever you need something.",
    "entry.nothing_asked": "There is no open question right now. What do you need? Type for example *find paracetamol*.",
    "entry.stale": "That button is no longer in use. Here is the way on:",
    "list.and": "{first} and {last}",
    "list.no_more": "That was the end of the list.",
    "list.first": "This is the first page.",
    "list.no_number": "There is no {number} in this list. Choose {numbers}, or type *menu*.",
    "session.ended": "This chat was quiet for a while, so I closed what was open. Write any time to start again.",
    "session.ended_cart": "This chat was quiet for a while, so I closed what was open. Your cart is kept: type *cart* any time.",
    "failed.event": (
        "Sorry, something went wrong on our side with your last message. Please send it again, or type *agent* for a person."
    ),
    # --------------------------------------------------------------------------------------------------- a person
    "support.asked": (
        "I have told our team. A person will answer you here as soon as one is free.\n\nI stay quiet until then. Type "
        "*menu* to come back to me."
    ),
    "support.not_understood": (
        "I did not understand that either, so I have asked a person to help you here.\n\nYou can go on meanwhile: type for "
        "example *find paracetamol*, *cart* or *menu*."
    ),
    "support.left": "You are back with me, the pharmacy's bot.",
    "support.returned": (
        "Sorry, nobody was free to answer yet. I am back and can help with orders. In an emergency call "
        "*112*. Shall I ask our team again?"
    ),
    "support.no_chat": "You are not in a chat with a person right now.",
    "support.rate": "Thank you. Ratings open after a chat with a person. To tell us something now, tap *Talk to a person*.",
    "advice.pharmacist": (
        "I am a bot and give no medical advice: how to take a medicine, and whether it is safe for you, is for our "
        "pharmacist to say.\n\nTap *Ask a pharmacist*. If somebody is very ill, call *112*."
    ),
    "emergency.numbers": "🚨 If someone's life is in danger, call *112* now (in Lagos also *767*) or go to the nearest hospital.",
    "emergency.person": (
        "I have alerted our team and a person will answer here, but do not wait for it. I cannot help with this, and I "
        "will not offer products."
    ),
    "emergency.not_alone": (
        "You are not alone. Please call, or go to someone you trust. I have alerted our team and a person will answer "
        "here, but do not wait for it."
    ),
    # ------------------------------------------------------------------------------------------------ name and consent
    "account.why_checkout": "Before your first order I need your name and your consent.",
    "account.why_orders": "Orders are personal, so I need your name and your consent first.",
    "account.why_prescription": "A prescription is personal, so I need your name and your consent first.",
    "account.why_file": "I have your picture, but it is not with our pharmacist yet: I need your name and your consent first.",
    "account.why_register": "Good. This takes two short steps and no password.",
    "account.ask_name": "What is your full name?",
    "account.why_name": (
        "Our pharmacist must know who a medicine is for, and the rider asks for you by name. No name is kept before you "
        "agree. *no* leaves it.\n\nWhat is your full name?"
    ),
    "account.why_name_visit": (
        "They must know there who is coming, and a result must reach the right person. No name is kept before you agree. *no* leaves "
        "it.\n\nWhat is your full name?"
    ),
    "account.day_or_name": "If that is your name, type it with your surname.",
    "account.bad_name": "That does not look like a name. Please type it in letters, for example *Ada Obi*.",
    "account.consent": (
        "Thank you, {name}. We keep your name, number, orders, prescriptions, appointments and test results to care for you "
        "safely and as the law requires, under the NDPA 2023. That is health data. You can see it or ask us to delete it at "
        "any time.\n\nDo you agree?"
    ),
    "account.consent_again": "Please tap *I agree* or *No, thanks*. Without your yes I keep nothing.",
    "account.consent_there": "You have already agreed. Type *my data* to see what we hold, or *delete my data*.",
    "account.registered": "Thank you, {name}. You are registered.",
    "account.refused": (
        "That is fine. I keep no name and no files. You can look at medicines and prices without it; for an order or an "
        "appointment I would ask again."
    ),
    "account.already": "You are registered as {name}.",
    "account.no_login": "No sign-in is needed: your WhatsApp tells me that you are {name}. Please never type a password here.",
    "account.no_login_new": (
        "No sign-in and no password here: your WhatsApp is enough. Accounts of the old system are linked by our team: "
        "type *agent*."
    ),
    "account.password": (
        "Please never type a password in a chat. I have removed it from what we keep; delete the message on your phone "
        "too, and change that password where you use it."
    ),
    "account.password_only": "Nothing here needs a password: your WhatsApp is enough.",
    "account.unknown": (
        "You are not registered. I only know your WhatsApp contact and what you wrote in this chat. Registering takes "
        "your name and your consent."
    ),
    "account.is": "*My account*\nName: {name}",
    "account.messages_on": "Offers and reminders: on",
    "account.messages_off": "Offers and reminders: off",
    "account.held": (
        "We hold your name, WhatsApp contact, orders, prescriptions, appointments, test results and this chat. Your "
        "WhatsApp is your key: no password."
    ),
    "account.ask_new_name": "What is your correct full name?",
    "account.renamed": "Done. Your name is now {name}.",
    "account.stopped": (
        "Done. You get no more offers or reminders. I still answer you and tell you about your orders and appointments. "
        "Type *resume* to switch them on again."
    ),
    "account.resumed": "Done. Offers and reminders are on again. Type *stop* to switch them off.",
    "account.logout": (
        "Done: I closed what was open in this chat. Your cart is kept. Whoever uses this WhatsApp can open your account, "
        "so lock your phone."
    ),
    "signing.out": (
        "You are logged out, and what was open is closed. Your cart is kept. Before I show orders, prescriptions or your data "
        "again, I ask whether it is you. Whoever holds this phone can answer that, so lock it. *login* ends the asking."
    ),
    "signing.ask": "You logged out of this chat. Is it you again?",
    "signing.again": "Please tap *Yes, it is me*, or type *yes*.",
    "signing.no": "All right: nothing of your own is shown. You can still search, or talk to a person.",
    "account.delete_ask": (
        "I can delete your data for good: your name, number, addresses, chats, cart and the files you sent. What was ordered "
        "and paid, our pharmacists' decisions and papers that something was dispensed on must be kept for the years pharmacy "
        "law sets. They stay without your name and are deleted after that.\n\nShall I delete it?"
    ),
    "account.delete_again": "Please tap *Yes, delete it* or type *no*.",
    "account.delete_recorded": (
        "Your data will be deleted within the hour. After that I do not know you any more: if you write again, we start anew."
        "\n\nType *no* in the next 10 minutes if you change your mind."
    ),
    "account.delete_open": "I cannot delete your data yet. Something of yours is still open:",
    "account.delete_then": "Nothing was deleted. When that is over or cancelled, type *delete my data* again.",
    "still.orders": "• Orders under way: {count}",
    "still.money": "• Payments or refunds not settled: {count}",
    "still.prescriptions": "• Prescriptions our pharmacist has not decided: {count}",
    "still.visits": "• Appointments to come: {count}",
    "still.labs": "• Lab tests to come, or without their result: {count}",
    "account.delete_not": "Nothing was changed.",
    "data.intro": "This is what we hold about you:",
    "data.name": "• Name: {name}",
    "data.no_name": "• No name",
    "data.number": "• Your WhatsApp number",
    "data.no_number": "• Your WhatsApp id, no number",
    "data.orders": "• Orders: {count}",
    "data.cart": "• Products in your cart: {count}",
    "data.visits": "• Appointments and lab tests: {count}",
    "data.results": "• Results of lab tests: {count}",
    "data.messages": "• This chat, and the files you sent",
    "data.link": "The link below gives you all of it as a file. It works once, for 15 minutes: pass it to nobody.",
    "data.rights": "To correct your name open *account*. To have everything deleted type *delete my data*.",
    "data.request": "I have asked our team for the full copy; you get it here within 30 days.\n\nType *menu* to come back to me.",
}

ENGLISH: Mapping[str, str] = {**TITLES, **VISITS, **TALK, **SHOP, **CARE, **RX, **PAY, **DUE, **PEOPLE}
