"""Sentences about paying: the ways, the money on its way, and what becomes of an order.

How long a refund takes is the customer's bank's to decide; up to two weeks of working days is what we promise, and no earlier day.
"""

from __future__ import annotations

from collections.abc import Mapping

PAY: Mapping[str, str] = {
    # ------------------------------------------------------------------------------------------------------- the ways
    "provider.paystack": "Paystack",
    "provider.flutterwave": "Flutterwave",
    "provider.other": "the payment company",
    "way.link": "card or bank app ({provider})",
    "way.transfer": "bank transfer ({provider})",
    "way.ussd": "USSD code ({provider})",
    "way.ussd_of": "USSD code of {bank} ({provider})",
    "way.ask_bank": "A USSD code is made for one bank. Which bank is your account with? Type the number or the name:",
    "way.bank_again": "Please type a number of the list or the name of your bank. For another bank pay by *card* or *transfer*.",
    "way.line": "{number}. {title}: {about}",
    "way.line_bare": "{number}. {title}",
    "way.ask": "How would you like to pay online?",
    "way.ask_for": "Order *{number}*: *{total}*. How would you like to pay?",
    "way.again": "Please type a number of the list, or *card*, *transfer* or *ussd*.",
    "way.not_there": "That way of paying is not there right now. These are:",
    "row.way_link": "Card or bank app",
    "row.way_link.about": "on the secure page of {provider}",
    "row.way_transfer": "Bank transfer",
    "row.way_transfer.about": "you get an account number here",
    "row.way_ussd": "USSD code",
    "row.way_ussd.about": "you get a code to dial here",
    "row.way_other.about": "card, bank app or USSD on its secure page",
    "row.way_other_bank": "Another bank",
    "row.way_other_bank.about": "pay another way",
    "bank.gtbank": "GTBank",
    "bank.uba": "UBA",
    "bank.zenith": "Zenith Bank",
    "bank.sterling": "Sterling Bank",
    "bank.access": "Access Bank",
    "bank.first": "First Bank",
    "bank.fidelity": "Fidelity Bank",
    "bank.fcmb": "FCMB",
    "bank.wema": "Wema Bank",
    "bank.union": "Union Bank",
    "bank.stanbic": "Stanbic IBTC Bank",
    "bank.ecobank": "Ecobank",
    "bank.keystone": "Keystone Bank",
    "bank.unity": "Unity Bank",
    "checkout.cash_only": "Paying online is not possible here right now. You can pay in cash:",
    "checkout.online": "Payment: {way}",
    # ---------------------------------------------------------------------------------------------------- it begins
    "start.placed": "✅ Order *{number}* is placed: *{total}*.",
    "start.again": "Order *{number}*: *{total}*.",
    "start.link": "I am getting your payment page ready. It comes here in a moment.",
    "start.transfer": "I am getting an account number for your transfer. It comes here in a moment.",
    "start.ussd": "I am getting your code to dial. It comes here in a moment.",
    "start.held": "We keep your order for you until {until} (30 minutes). Please pay before that.",
    "start.still": "I am still waiting for {provider} with your payment for order *{number}*. It comes here by itself.",
    "start.switch": (
        "I first ask {provider} whether your money for order *{number}* is there. If not, the other way comes here: {way}. "
        "Please do not use the earlier one any more."
    ),
    "ready.link": (
        "Order *{number}*: *{total}*\n\nTap the button to pay on the secure page of {provider}. We never ask for your card number, "
        "PIN or OTP in this chat."
    ),
    "ready.transfer": "Order *{number}*: send exactly *{total}*, in one transfer, to this account:",
    "ready.account": "{account}",
    "ready.bank": "Bank: {bank}",
    "ready.name": "Name: {name}",
    "ready.fee": "The fee for the transfer is in that amount.",
    "ready.ussd": "Order *{number}*: *{total}*\n\nDial this code with the phone number your bank knows:",
    "ready.ussd_of": "Order *{number}*: *{total}*\n\nDial this code of {bank} with the phone number your bank knows:",
    "ready.code": "```{code}```",
    "ready.pin": "Type your PIN only on your phone's dial screen, never in this chat.",
    "ready.until": "Please pay before {until}.",
    "ready.own": "When the money is there, I tell you here by myself. It may take some minutes.",
    "ready.trust": (
        "You pay on the page or to the account of a licensed payment company, and the money comes to Drugs.ng. Nobody of us asks for "
        "your card number, PIN or OTP. If you are not sure, talk to a person, or cancel and order with cash on delivery."
    ),
    "ready.over": "The earlier way to pay is over. Please choose again:",
    # ---------------------------------------------------------------------------------------------------- being asked
    "pay.nothing": "You have no order to pay.",
    "pay.cash": "Order *{number}* is paid in cash when it arrives: {total}.",
    "pay.cash_pickup": "Order *{number}* is paid in cash when you pick it up: {total}.",
    "pay.paid": "Order *{number}* is already paid. Please do not pay again.",
    "pay.over": "Order *{number}* is closed. There is nothing to pay.",
    "pay.expired": (
        "Order *{number}* was not paid in time and is closed, so please do not pay it now. You can order again any time."
    ),
    "pay.expired_begun": "If you have paid, tap *I have paid*: I ask at once.",
    "pay.which": "Which order do you want to pay? Type a number:",
    "pay.which_again": "Please type a number of the list, or an order number.",
    "pay.line": "{at}. Order {number} - {total}",
    "pay.line_fee": "{at}. Order {number} - {total}, {what}",
    "pay.not_now": "All right. Type *pay* when you want to pay.",
    "pay.kept": "Order *{number}* still waits for your payment. Type *pay* when you are ready.",
    "pay.kept_until": (
        "Order *{number}* still waits for your payment. We keep it until {until}. Type *pay* when you are ready. After that it closes, "
        "and you can order again."
    ),
    "pay.kept_until_fee": (
        "Order *{number}* still waits for your payment. Your time is held until {until}. Type *pay* when you are ready. After that others "
        "can have it, and you can book again."
    ),
    "pay.nobody": "Paying online is not possible here right now. A person can help you.",
    "pay.no_cash": "This order was placed to be paid online. To pay in cash, cancel it and order again. Or pay it like this:",
    "pay.too_many": "Paying order *{number}* was tried very often. A person can help you now.",
    "pay.how": (
        "You can pay in cash when you get your order, or online: by card or bank app on the secure page of {provider}, by bank "
        "transfer (from any bank or app, OPay and PalmPay too) or with a USSD code. You choose when you check out."
    ),
    "pay.how_cash": "You pay in cash, when your order arrives or when you pick it up.",
    "paid.yes": "Yes, order *{number}* is paid. Thank you.",
    "paid.cash": (
        "Order *{number}* is a cash order: {total}, to be paid to the rider or at pick-up. If you sent money another "
        "way, please tell a person."
    ),
    "paid.asking": (
        "Thank you. I am asking {provider} whether your money for order *{number}* is there, and tell you here."
    ),
    "paid.none_begun": (
        "I do not see that a payment for order *{number}* was begun. Tap *Pay now* to pay it. If you sent money another way, please "
        "tell a person."
    ),
    "paid.none_begun_over": (
        "I do not see that a payment for order *{number}* was begun. If you sent money for it, please tell a person."
    ),
    "receipt.asking": (
        "Thank you. I keep your picture for our team, but a picture proves no payment: I am asking {provider} whether your money "
        "for order *{number}* is there, and tell you here."
    ),
    "receipt.or_prescription": "Was it a prescription? Then write *rx* and send it again.",
    "receipt.kept": "Thank you, I keep your picture for our team. A picture proves no payment.",
    # ---------------------------------------------------------------------------------------------- what became of it
    "news.delayed": (
        "{provider} is slow to answer. I am still trying to begin your payment for order *{number}*; nothing was charged. It comes "
        "here by itself."
    ),
    "news.not_started": (
        "{provider} does not answer right now, so your payment for order *{number}* could not begin. Nothing was charged."
    ),
    "news.not_started_next": "You can try again, or pay another way:",
    "checked.pending": "I asked {provider}: the money for order *{number}* is not there yet.",
    "checked.pending_next": (
        "It may take some minutes. I go on looking and tell you here by myself. Please do not pay a second time."
    ),
    "checked.failed": "I asked {provider}: the payment for order *{number}* did not go through.",
    "checked.failed_next": "If your bank took the money, it gives it back. You can try again, or pay another way.",
    "checked.unknown": "{provider} does not answer right now, so I do not know yet whether order *{number}* is paid.",
    "checked.unknown_next": "I go on asking and tell you here by myself. Please do not pay a second time.",
    "checked.over": (
        "Order *{number}* is closed, so please do not pay it now. If your money still comes, we find it, and a person or I tell you "
        "here."
    ),
    "news.with_team": (
        "Money came for order *{number}*, but it does not pay the order as it should. Our team looks after it and tells you here. "
        "Please do not pay again."
    ),
    "received.money": "✅ We have received *{amount}* for order *{number}*. Thank you.",
    "received.delivery": "We prepare it now, and tell you here when it is on its way.",
    "received.pickup": "We prepare it now, and tell you here when you can pick it up.",
    "received.rest": "That was more than needed. The rest goes back to you, usually within 1 to 10 working days; your bank decides.",
    "received.rest_looked_at": "That was more than needed. Our team looks at the difference and tells you here.",
    "problem.short": (
        "*{amount}* came for order *{number}*, which costs {total}. So it is not paid yet. Please send no more money before you hear "
        "from us."
    ),
    "problem.late": "*{amount}* came for order *{number}*, but the order was closed by then.",
    "problem.double": "Order *{number}* was paid twice. It needs only one payment, so *{amount}* is too much.",
    "problem.mismatch": "A payment of *{amount}* came for order *{number}*, but it does not fit the order. Please do not pay again.",
    "problem.team": "Nothing is lost: our team looks after it and tells you here.",
    "money.back": "Your money goes back the way it came, usually within 1 to 10 working days; your bank decides.",
    "money.if_paid": "Nothing is to be paid. If you have paid, your money goes back, usually within 1 to 10 working days.",
    "money.looked_at": "Our team looks after the money you paid and tells you here.",
    "money.none": "Nothing is to be paid.",
    "news.refunded": (
        "*{amount}* for order *{number}* was sent back to you. Your bank shows it usually within 1 to 10 working days."
    ),
    "news.rejected_some": (
        "Your transfer was not the exact amount asked, so it was not taken: it goes back to your bank account by itself."
    ),
    "news.rejected": (
        "Your transfer of *{amount}* was not the exact amount asked, so it was not taken: it goes back to your bank account by itself."
    ),
    "news.rejected_for": "Order *{number}* is not paid yet. It needs exactly {total}, in one transfer.",
    "news.expired": (
        "Order *{number}* was not paid in 30 minutes, so it is closed. If you did pay, we find your money and tell you here."
    ),
    "news.expired_team": (
        "Order *{number}* was not paid in full in 30 minutes, so it is closed. The money that came for it is safe: our team looks "
        "after it and tells you here."
    ),
    "news.expired_next": "You can order again any time.",
    "news.expired_begun": "You can order again any time. If you have paid, tap *I have paid*: I ask at once.",
    # ------------------------------------------------------------------------------------------------------- on its way
    "moved.processing": "We are preparing order *{number}*. I tell you here when it goes on.",
    "moved.shipped": "🛵 Order *{number}* is on its way to you.",
    "moved.rider": "Rider: {rider}",
    "moved.phone": "Phone: {phone}",
    "moved.cash": "Please have {total} in cash ready.",
    "moved.cash_pickup": "Please bring {total} in cash.",
    "moved.ready_at": "Order *{number}* is ready. You can pick it up at {address}.",
    "moved.ready": "Order *{number}* is ready. You can pick it up at our pharmacy.",
    "moved.delivered": "Order *{number}* was delivered. Thank you.",
    "moved.picked_up": "You have picked up order *{number}*. Thank you.",
    "moved.wrong": "If something is missing or wrong, tap *Talk to a person*.",
    "moved.cancelled": "We are sorry: order *{number}* was cancelled by our team.",
    "cancelled.out_of_stock": "Something in it is out of stock.",
    "cancelled.no_rider": "We have no rider who can bring it.",
    "cancelled.wrong_address": "Our rider could not find the address.",
    "cancelled.customer_asked": "You asked us to.",
    "cancelled.prescription": "Our pharmacist could not supply it on the prescription we have.",
    "cancelled.payment": "There was something wrong with the payment.",
    "outside.in_chat": "in the chat",
    "outside.rider": "our rider",
    "outside.pharmacy": "our pharmacy",
    "hint.paying.choosing_order": "Type which order you want to pay: its number in the list, or its order number.",
    "hint.paying.choosing_way": "Type a number of the list, or *card*, *transfer* or *ussd*. *back* shows the order.",
    "hint.paying.choosing_bank": "Type the number or the name of your bank. *back* shows the other ways to pay.",
    "hint.paying.open": (
        "Pay as shown above. *I have paid* makes me ask for your money, *another way* changes how you pay, *back* shows the order."
    ),
}  # fmt: skip
