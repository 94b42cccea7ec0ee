"""Sentences about files, and the hint of each state that waits for something."""

from __future__ import annotations

from collections.abc import Mapping

CARE: Mapping[str, str] = {
    "media.caption_read": "I have your picture and read it now; what it says comes here. Your words find:",
    "media.caption": "I kept the picture for our team but cannot read it myself. Your words find:",
    "media.voice": (
        "I cannot listen to voice notes. I have kept it for our team; please type what you need, or tap *Talk to a person*."
    ),
    "media.video": "I cannot watch videos. I have kept it for our team; please type what you need, or tap *Talk to a person*.",
    "media.file": "I can use photos (JPG, PNG, WEBP) and PDF files of prescriptions, but not this kind of file.",
    "media.location": "Thank you. I use a location for deliveries only: when you check out, I ask for it.",
    "media.location_care": (
        "Thank you. I use a location only where something is brought or collected, and ask for it then. For somebody near you, write "
        "the town, for example *eye doctor in Ibadan*."
    ),
    "media.contact": "I cannot use contact cards. Please type what you need.",
    "media.basket": (
        "I cannot take baskets from the WhatsApp catalogue. Please type what you want, for example *order 2 paracetamol "
        "and 1 vitamin c*."
    ),
    "media.unusable": "I cannot read this kind of message. Please type what you need.",
    # What `help` says where something is being asked.
    "hint.search.asking": "Type the name of a medicine, for example *paracetamol*, or what it is for.",
    "hint.search.listing": (
        "Type a number or a name from the list to see it, *add 1 2* to put two of number 1 in your cart, *next* and "
        "*previous* for other pages."
    ),
    "hint.product.open": "Tap *Add to cart*, or type *add 2* for number 2 of the list before.",
    "hint.product.choosing_quantity": "Type how many you want as a number, for example *2*.",
    "hint.adding.choosing": "Several products have that name. Type the number of the one you want, or *skip*.",
    "hint.cart.viewing": "Type *checkout* to order, *change 1 to 3*, *remove 1* or *clear cart*. A number opens that line.",
    "hint.cart.changing": "Type the new quantity as a number; 0 removes the line.",
    "hint.cart.confirming_clear": "Tap *Yes, empty it* to empty the cart, or type *no* to keep it.",
    "hint.checkout.confirming_part": "Tap *Order the rest* to order what can be ordered now, or type *cart*.",
    "hint.checkout.choosing_delivery": "Tap *Deliver to me* or *I will pick it up*.",
    "hint.checkout.giving_address": (
        "Type street, number, area and city, for example *12 Allen Avenue, Ikeja, Lagos*, or send your location."
    ),
    "hint.checkout.giving_landmark": "Describe the house or what is near it, so that the rider finds you.",
    "hint.checkout.giving_phone": "Type a phone number our rider can call, for example *0803 123 4567*.",
    "hint.checkout.choosing_payment": "Tap how you pay, or type *cash* or *online*.",
    "hint.checkout.choosing_way": "Type a number of the list, or *card*, *transfer*, *ussd* or *cash*. *back* goes back.",
    "hint.checkout.choosing_bank": "Type the number or the name of your bank. *back* shows the other ways to pay.",
    "hint.checkout.confirming": (
        "Tap *Place order* or type *yes* to order. *back* changes the payment, *cart* changes the products."
    ),
    "hint.account.giving_name": "Type your full name. I need it for orders, prescriptions and appointments; *no* leaves it.",
    "hint.account.giving_consent": "Tap *I agree* or *No, thanks*. Without your yes I keep nothing; you can still look around.",
    "hint.account.changing_name": "Type your correct full name.",
    "hint.account.signing_in": "Tap *Yes, it is me* or type *yes*. Searching needs no sign-in.",
    "hint.account.confirming_delete": "Tap *Yes, ask them* to send the request, or type *no*.",
    "hint.tracking.listing": "Type a number of the list, or an order number, to see the order.",
    "hint.tracking.opened": "You see one order. *back* shows all, *cancel order* cancels it while that is possible.",
    "hint.tracking.asking_number": "Type the order number, for example *12345*.",
    "hint.tracking.confirming_cancel": "Tap *Yes, cancel it* to cancel the order, or type *no* to keep it.",
    "hint.prescription.waiting_file": (
        "Send a photo or PDF of the prescription with the paperclip or camera below. *cancel* leaves."
    ),
    "hint.prescription.checking": "Look at what I read above: tap *Looks right* or *Something is wrong*.",
    "hint.prescription.correcting": "Write what is wrong in what I read, in your own words, then tap *Done*.",
    "hint.prescription.answering": "Our pharmacist asked you something about your prescription: type your answer.",
    "hint.prescription.basket": "Type *checkout* to pay for what was approved, or *cart* to change or remove something.",
}
