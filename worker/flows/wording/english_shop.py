"""Sentences about products, the cart, checkout and orders."""

from __future__ import annotations

from collections.abc import Mapping

SHOP: Mapping[str, str] = {
    # ------------------------------------------------------------------------------------------------------- products
    "goods.no_price": "price on request",
    "goods.gone": "no longer sold",
    "goods.controlled": "not sold by chat",
    "goods.out_of_stock": "out of stock",
    "goods.few": "only {count} left",
    "goods.in_stock": "in stock",
    "goods.badge": " · Rx",
    "goods.legend": "Rx: needs a prescription.",
    "goods.pack_short": ", {pack}",
    "goods.line": "{number}. {name}{pack} - {price}, {stock}{badge}",
    "goods.rx": "Rx",
    "goods.title": "*{name}*",
    "goods.generic": "Generic: {generic}",
    "goods.kind": "{kind}",
    "goods.price": "{price}, {stock}",
    "goods.prescription_only": "Rx: a pharmacist must see your prescription before you pay.",
    "search.ask": "What are you looking for? Type a name, for example *paracetamol*, or what it is for, for example *headache*.",
    "search.found": "*{query}*: {first}-{last} of {total}",
    "search.found_corrected": "Showing *{name}* ({first}-{last} of {total}):",
    "search.mended": "Showing *{name}*:",
    "search.symptom": "Often asked for with \"{query}\" ({first}-{last} of {total}):",
    "search.symptom_hint": "Not sure which, or it is bad? Type *agent* for our pharmacist.",
    "search.symptom_rx": "All of these need a prescription (Rx): a doctor chooses. Type *agent* for our pharmacist.",
    "search.child_hint": "For a child our pharmacist says which is right: type *agent*.",
    "search.all": "Health products: {first}-{last} of {total}",
    "search.how": "Type a number to see it, or *add 1 2* for two of number 1.",
    "search.how_more": "Type a number to see it, *add 1 2* for two of number 1, or *next*.",
    "search.nothing": "I found nothing for \"{query}\".",
    "search.nothing_guessed": (
        "I did not understand \"{query}\", and no product has that name. Try *find paracetamol*, *cart* or *menu*."
    ),
    "search.nothing_hint": "Check the spelling or type the generic name. Our pharmacist can tell you whether we can get it.",
    "search.controlled": (
        "\"{query}\" is a controlled medicine. By law we never sell it through chat, also not with a prescription "
        "picture. Our pharmacist can tell you what is possible."
    ),
    "search.none_at_all": "There are no health products right now.",
    "search.not_in_medicine": "Not among our medicines, but here:",
    "search.not_in_health": "Not among our health products, but here:",
    "product.gone": "We no longer sell that product.",
    "product.controlled": (
        "This is a controlled medicine. By law we never sell it through chat, also not with a prescription picture. Our "
        "pharmacist can tell you what is possible."
    ),
    "product.none_left": (
        "It is out of stock, and we have none with the same generic. Our pharmacist can tell you when it is back."
    ),
    "product.instead": "The same generic, in stock:",
    "product.no_others": "We have no other product with the same generic and strength as {name} in stock.",
    "product.others": "The same generic and strength as *{name}*:",
    "product.how_many": "How many of {name}? Tap or type a number.",
    "product.how_many_again": "Please type how many as a number, for example *2*.",
    "product.not_this": "All right. What else are you looking for?",
    # ----------------------------------------------------------------------------------------------------- adding
    "adding.added": "Added: {name}. {quantity} in your cart, {total}.",
    "adding.needs_prescription": "Rx: send a photo of the prescription; you pay when our pharmacist has said yes.",
    "adding.nothing": "Nothing was added.",
    "adding.not_found": "I found nothing for \"{name}\".",
    "adding.no_number": (
        "I do not know what number {number} is: no list with it is open. Search first, for example *find paracetamol*."
    ),
    "adding.too_many_items": "I take {most} products at a time. Please send the others after these.",
    "adding.bad_quantity": "Please choose a quantity from 1 to 99.",
    "adding.what": "What shall I add? Type for example *add paracetamol x2*, or search and type *add 1 2* for two of number 1.",
    "adding.which": "Which *{name}* do you want? I will add {quantity}.",
    "adding.which_how": "Type the number, or *skip*.",
    "adding.choose_again": "Please type a number from 1 to {last}, or *skip*.",
    "refused.it": "this product",
    "refused.controlled": "{name} is a controlled medicine. By law we never sell it through chat.",
    "refused.out_of_stock": "{name} is out of stock.",
    "refused.less_stock": "Only {available} of {name} left. Your cart was not changed.",
    "refused.gone": "We no longer sell {name}.",
    "refused.too_many": "At most {limit} of {name} in one order. If you need more, ask our pharmacist.",
    "refused.no_price": "{name} has no price yet. Our team can tell you.",
    "refused.cart_full": "Your cart is full ({limit} products). Check out or remove something first.",
    "refused.not_in_cart": "That is not in your cart any more.",
    "refused.bad_quantity": "Please choose a quantity from 1 to 99.",
    "refused.other": "{name} cannot be added right now.",
    # ------------------------------------------------------------------------------------------------------------ cart
    "cart.empty": "Your cart is empty. Search for what you need, for example *find paracetamol*.",
    "cart.heading": "*Your cart*",
    "cart.heading_page": "*Your cart*: {first}-{last} of {total}",
    "cart.line": "{number}. {quantity} × {name} - {total}{problem}",
    "cart.approved": "\n   Rx: approved",
    "cart.total": "Total: *{total}*",
    "cart.payable": "Can be ordered now: *{total}*",
    "cart.how": "Type *checkout*, *change 1 to 3*, *remove 1* or *clear cart*.",
    "cart.edit": "Which line?",
    "cart.change_how": "Type the new quantity as a number (0 removes it).",
    "cart.no_line": "Your cart has no line {number}.",
    "cart.line_gone": "That is not in your cart any more.",
    "cart.which_line": "Which line? Type for example *remove 1* or *change 1 to 3*.",
    "cart.changed": "Changed: {name}, {quantity} in your cart.",
    "cart.removed": "Removed: {name}.",
    "cart.clear_ask": "Empty your cart? All {count} products are taken out.",
    "cart.clear_one": "Empty your cart? The one product in it is taken out.",
    "cart.clear_again": "Please tap *Yes, empty it* or *Keep my cart*.",
    "cart.cleared": "Your cart is empty now.",
    "problem.out_of_stock": "\n   ! out of stock",
    "problem.less_stock": "\n   ! only {available} left",
    "problem.gone": "\n   ! no longer sold",
    "problem.needs_prescription": "\n   Rx: needs a prescription",
    "problem.over_approved": "\n   Rx: only {approved} approved",
    "problem.controlled": "\n   ! not sold by chat",
    "problem.no_price": "\n   ! no price yet",
    "problem.other": "\n   ! cannot be ordered now",
    "problem_named.out_of_stock": "{name} is out of stock.",
    "problem_named.less_stock": "Only {available} of {name} left: change the quantity in your cart.",
    "problem_named.gone": "{name} is no longer sold.",
    "problem_named.over_approved": "Our pharmacist approved only {approved} of {name}: change the quantity in your cart.",
    "problem_named.controlled": "{name} is not sold by chat.",
    "problem_named.no_price": "{name} has no price yet.",
    "problem_named.other": "{name} cannot be ordered now.",
    # -------------------------------------------------------------------------------------------------------- checkout
    "checkout.needs_prescription": (
        "{names}: needs a prescription. Send a photo of it here; it stays in your cart until our pharmacist has said yes."
    ),
    "checkout.with_pharmacist": (
        "{names}: our pharmacist has your prescription and answers here. It stays in your cart until then."
    ),
    "checkout.nothing": "Nothing in your cart can be ordered right now.",
    "checkout.part": "The rest can be ordered now: *{total}*.",
    "checkout.part_again": "Please tap *Order the rest*, or type *cart* to change it.",
    "checkout.how": "Delivery or pick-up?",
    "checkout.delivery_fee": "Delivery: {fee}",
    "checkout.delivery_free": "Delivery: free",
    "checkout.pickup": "Pick-up: free, at our pharmacy",
    "checkout.pickup_at": "Pick-up: free, at {address}",
    "checkout.delivery_again": "Please tap *Deliver to me* or *I will pick it up*.",
    "checkout.address_needed": "For a delivery I need an address. You can also pick it up.",
    "checkout.payment": "How would you like to pay?",
    "checkout.payment_again": "Please tap how you pay. Cash works today.",
    "checkout.online_soon": "Paying online is coming soon. Today you can pay cash.",
    "checkout.summary": "*Please check your order*",
    "checkout.line": "{quantity} × {name} - {total}",
    "checkout.more_lines": "and {count} more",
    "checkout.fee": "Delivery: {fee}",
    "checkout.total": "Total: *{total}*",
    "checkout.to": "To: {address}",
    "checkout.cash_delivery": "Payment: cash on delivery",
    "checkout.cash_pickup": "Payment: cash at pick-up",
    "checkout.confirm_again": "Please tap *Place order* above or type *yes*. *back* changes the payment, *cancel* leaves.",
    "checkout.changed": "Something in your cart changed, so please check again:",
    "checkout.price_changed": "A price changed just now, so please check again:",
    "checkout.left": "That order was not finished. Let us start again from your cart:",
    "checkout.not_placed": "No order was placed. Your cart is kept.",
    "checkout.already": "Order *{number}* is already placed. I did not order it twice.",
    "checkout.placed": "✅ Order *{number}* is placed.",
    "checkout.pay_delivery": "Please have {total} in cash ready for the rider.",
    "checkout.pay_pickup": "Please bring {total} in cash. We tell you here when it is ready.",
    "checkout.follow": "Type *track {number}* to see where it is. You can cancel until it is sent.",
    "checkout.waiting": "{names}: still in your cart, waiting for a prescription. Send a photo of it here.",
    "checkout.refused_empty": "Your cart is empty, so there is nothing to order.",
    "checkout.refused_out_of_stock": "Sorry, only {available} of {name} left now. No order was placed. Please change your cart:",
    "checkout.refused_price_changed": "A price changed just now. No order was placed. Please look at your cart again:",
    "checkout.refused_nothing_payable": "Nothing in your cart can be ordered right now.",
    "checkout.refused_bad_address": "That address cannot be used.",
    "checkout.refused_too_many_open": (
        "You have several orders that are not finished. Please wait for one or cancel one before you place another."
    ),
    "checkout.refused_other": "The order could not be placed. Your cart is kept. A person can help.",
    "address.ask": "Where shall we bring it? Type street, number, area and city, or send your location with the button.",
    "address.same": "Shall we bring it here again?\n{address}",
    "address.landmark": (
        "Thank you for the location. Which house, and what is near it? For example: *No 5, blue gate opposite First "
        "Bank*."
    ),
    "address.landmark_again": (
        "Please describe the house or a landmark, so that the rider finds you. For example: *No 5, blue gate opposite "
        "First Bank*."
    ),
    "address.short": (
        "That is too short for our rider. Please type street, number, area and city, for example *12 Allen Avenue, "
        "Ikeja, Lagos*."
    ),
    "address.number": (
        "That looks like a number, not an address. Please type street, area and city, for example *12 Allen Avenue, "
        "Ikeja, Lagos*."
    ),
    "address.link": "I cannot open links. Please type the address, or send your location in WhatsApp.",
    "address.abroad": "That place is outside Nigeria, and we deliver only in Nigeria. Please type a Nigerian address.",
    "address.phone": "Which phone number can our rider call? For example *0803 123 4567*.",
    "address.phone_again": "That is not a valid phone number. For example *0803 123 4567*.",
    # ---------------------------------------------------------------------------------------------------------- orders
    "track.none": "You have no orders yet.",
    "track.heading": "*Your orders*",
    "track.heading_page": "*Your orders*: {first}-{last} of {total}",
    "track.line": "{at}. {number} - {status}, {total}",
    "track.how": "Type a number to see it.",
    "track.order": "Order *{number}*: {status}",
    "track.placed": "Placed {when}",
    "track.total": "Total: *{total}*",
    "track.pickup": "Pick-up at our pharmacy",
    "track.unknown": "I found no order {number} of yours. Please check the number.",
    "track.ask": "Please type the order number, for example *12345*.",
    "track.cancel_which": "Which order shall be cancelled? Type *cancel order* and its number.",
    "track.cancel_none": "None of your orders can be cancelled now.",
    "track.cancel_ask": "Cancel order *{number}* ({total})?",
    "track.cancel_again": "Please tap *Yes, cancel it* or *Keep the order* for {number}.",
    "track.cancelled": "Order *{number}* is cancelled. Nothing is to be paid.",
    "track.refused_already": "Order *{number}* is already closed. Nothing changed.",
    "track.refused_too_late": "Order *{number}* is already on its way and cannot be cancelled here. A person can help.",
    "status.pending_payment": "waiting for payment",
    "status.paid": "paid",
    "status.processing": "being prepared",
    "status.shipped": "on its way",
    "status.ready": "ready for pick-up",
    "status.delivered": "delivered",
    "status.cancelled": "cancelled",
    "status.expired": "expired, not paid in time",
    "status.refunded": "refunded",
    "payment.paid": "Payment: paid",
    "payment.cash": "Payment: cash on delivery",
    "payment.cash_pickup": "Payment: cash at pick-up",
    "payment.pending": "Payment: waiting",
    "payment.failed": "Payment: did not go through",
    "pay.nothing": "You have no order to pay.",
    "pay.cash": "Order *{number}* is paid in cash when it arrives: {total}. Paying online is coming soon.",
    "pay.cash_pickup": "Order *{number}* is paid in cash when you pick it up: {total}. Paying online is coming soon.",
    "pay.paid": "Order *{number}* is already paid. Please do not pay again.",
    "pay.over": "Order *{number}* is closed. There is nothing to pay.",
    "pay.soon": "Order *{number}*: {total}. Paying online is coming soon; a person can help you pay it now.",
    "paid.yes": "Yes, order *{number}* is paid. Thank you.",
    "paid.cash": (
        "Order *{number}* is a cash order: {total}, to be paid to the rider or at pick-up. If you sent money another "
        "way, please tell a person."
    ),
    "paid.not_seen": (
        "I do not see a payment for order *{number}* yet. If you sent money, please tell a person; a screenshot alone is "
        "no proof."
    ),
    "month.1": "Jan", "month.2": "Feb", "month.3": "Mar", "month.4": "Apr", "month.5": "May", "month.6": "Jun",
    "month.7": "Jul", "month.8": "Aug", "month.9": "Sep", "month.10": "Oct", "month.11": "Nov", "month.12": "Dec",
}  # fmt: skip
