"""Sentences about prescriptions: received, read, asked about, decided. Directions are only ever those of the paper."""

from __future__ import annotations

from collections.abc import Mapping

RX: Mapping[str, str] = {
    # -------------------------------------------------------------------------------------------------- sending one
    "prescription.send": (
        "Send a photo or PDF of the prescription here. Lay it flat, in good light, with all four corners in the picture. "
        "Our pharmacist looks at it."
    ),
    "prescription.send_for": (
        "Send a photo or PDF of the prescription for order *{number}* here. Lay it flat, in good light, with all four "
        "corners in the picture."
    ),
    "prescription.send_more": "To send another one, send its photo or PDF here.",
    "prescription.received": "Thank you, I have it.",
    "prescription.received_many": "I have your {count} files.",
    "prescription.received_for": "Thank you, I have it for order *{number}*.",
    "prescription.instead": "Thank you, I take this picture instead of the one before.",
    "prescription.next": (
        "I read it now, which takes about a minute. Then our pharmacist checks it. Both answers come here; there is nothing "
        "to pay yet."
    ),
    "prescription.next_many": (
        "I read them now, which takes about a minute. Then our pharmacist checks them. All answers come here; there is nothing "
        "to pay yet."
    ),
    "prescription.order_unknown": "I found no order {number} of yours, so it is kept without one.",
    "prescription.order_not_found": (
        "I found no order {number} of yours. You can send the prescription all the same: our pharmacist looks at it."
    ),
    "prescription.too_many_unread": (
        "I have many files of yours still to read, so I could not take this one. Please send it again when you have heard "
        "of the others."
    ),
    "prescription.held": "I have your picture too. It goes to our pharmacist when you have answered the question above.",
    "prescription.another": "I have that page too.",
    # ------------------------------------------------------------------------------------------------ what was read
    "read.intro": "*We read:*",
    "read.line": "{number}. {name}",
    "read.line_unsure": "{number}. {name} - *please check*",
    "read.raw": "   It says: {raw}",
    "read.directions": "   On the paper: {directions}",
    "read.have": "   We have: {product}, {price}",
    "read.have_none": "   {product}: out of stock now",
    "read.find": "   Our pharmacist will find it",
    "read.controlled": "   A controlled medicine: by law never sold through chat",
    "read.more": "and {count} more, which our pharmacist sees too",
    "read.unsure": "Where it says *please check*, I may have read wrongly. Our pharmacist reads those from your picture.",
    "read.of": "About your picture of {when}:",
    "read.of_several": "About picture {number} of those you sent at {when}:",
    "read.prices": "Prices are for one pack.",
    "read.waits": "Our pharmacist checks it against your picture and answers here. There is nothing to pay yet.",
    "read.ask": "Is this what the paper says?",
    "read.nothing": "I found no medicine on your picture. Our pharmacist looks at it all the same and answers here.",
    "read.too_old": (
        "Its date looks older than {days} days, and prescriptions are good for {days} days. You may need a new one: our "
        "pharmacist will say."
    ),
    "read.duplicate": "It looks like a paper you sent before. That is fine: our pharmacist sees both.",
    "read.right": "Thank you. Our pharmacist checks it against your picture and answers here.",
    "read.withdrawn": "All right, I took it back: our pharmacist will not look at it. You can send a prescription any time.",
    "read.check_again": "Please tap *Looks right* or *Something is wrong*.",
    "read.decided": "Our pharmacist has already decided about this prescription.",
    "read.gone": "I do not have that prescription any more. You can send it again.",
    "retake.dark": "It is too dark. Please take it again near a window or lamp, without your shadow on the paper.",
    "retake.blurred": "It is not sharp. Please hold the phone still, tap the paper on your screen, and take it again.",
    "retake.cropped": "A part is missing. Please take it again with all four corners of the paper in the picture.",
    "retake.blank": "I see nothing written on it. Please take it again with the written side up.",
    "retake.kept": "Our pharmacist sees this one all the same.",
    "retake.unreadable": "I could not read the picture.",
    "unread.empty": "The file came empty. Please send it again.",
    "unread.not_a_picture": "I cannot open that file. Please send a photo of the paper, or a PDF.",
    "unread.too_big": "The file is too big for me. Please take a photo of the paper with the camera here in WhatsApp.",
    "unread.too_many_pixels": "The picture is too big for me. Please take a photo with the camera here in WhatsApp.",
    "unread.encrypted_pdf": "The PDF is locked, so nobody can open it. Please send a photo of the paper, or the PDF without a lock.",
    "unread.broken": "The file came damaged. Please send it again, or take a new photo.",
    "unread.heic": "I cannot open this kind of photo (HEIC). Please take it with the camera here in WhatsApp.",
    "unread.media_gone": "WhatsApp no longer has that file. Please send it again.",
    "unread.not_fetched": "I could not get the file from WhatsApp. Please send it again.",
    "unread.other": "I could not read it myself. Our pharmacist reads it from your picture and answers here.",
    "correct.ask": (
        "What is wrong? Write it in your own words, for example *number 2 is 10 mg*. Send as many messages as you need, then "
        "tap *Done*."
    ),
    "correct.noted": "Noted for our pharmacist. Anything else? If not, tap *Done*.",
    "correct.done": "Thank you. Our pharmacist sees your words beside the picture and answers here.",
    "correct.nothing": "All right. Our pharmacist checks it against your picture and answers here.",
    # ---------------------------------------------------------------------------------------------------- a question
    "ask.intro": "Our pharmacist {name} has a question about your prescription:",
    "ask.open": "Our pharmacist waits for your answer:",
    "ask.type": "Type your answer here.",
    "ask.send": "Send it here.",
    "ask.later": "To answer, tap *Answer*.",
    "ask.answered": "Thank you. Our pharmacist has your answer, goes on with your prescription and tells you here.",
    "ask.added": "I added it to your answer for our pharmacist. For something else, tap *Menu*.",
    "ask.sent_picture": "(sent a picture instead of words)",
    "ask.quoted": '"{question}"',
    "ask.age": "How old is the person the medicine is for?",
    "ask.weight": "How many kg does the person the medicine is for weigh?",
    "ask.pregnant": "Is the person the medicine is for pregnant or breastfeeding?",
    "ask.allergies": "Is the person the medicine is for allergic to anything, for example a medicine? If not, type *none*.",
    "ask.other_medicines": "Which other medicines does the person take now? If none, type *none*.",
    "ask.which_strength": "Which strength is on the paper (for example 5 mg or 10 mg)? You can send a closer photo.",
    "ask.whole_picture": "Please send a photo of the whole paper, with all four corners in the picture.",
    "ask.original_date": "On which date did the doctor write it? You can send a photo of the date.",
    "ask.who_for": "Who is the medicine for? Please type the full name.",
    # ----------------------------------------------------------------------------------------------------- a decision
    "decided.approved": "✅ Our pharmacist {name} has checked your prescription.",
    "decided.approved_for": "✅ Our pharmacist {name} has checked your prescription for order *{number}*.",
    "decided.line": "{number}. {quantity} × {product} - {total}",
    "decided.directions": "   On the label: {directions}",
    "decided.brand": "   Instead of {raw}: another brand, the same medicine",
    "decided.strength": "   Instead of {raw}: another strength",
    "decided.form": "   Instead of {raw}: another form",
    "decided.quantity": "   Another quantity than on the paper",
    "decided.misread": "   I had read {raw}; our pharmacist read your paper",
    "decided.changed": "   Instead of {raw}",
    "decided.short": "   ! {why}, so it cannot be paid now",
    "decided.few": "   ! only {count} left: change the quantity to pay",
    "decided.pharmacist": "   Pharmacist: {note}",
    "decided.not": "*Not supplied:*",
    "decided.not_line": "• {raw}: {reason}",
    "decided.more": "and {count} more",
    "decided.total": "To pay now: *{total}*",
    "decided.cart": "With the rest of your cart: *{total}*",
    "decided.pay": "It is in your cart. Check out to pay, or change and remove what you do not want.",
    "decided.pay_changed": "Something is not as on your paper: keep it, or remove it with *Change or remove*. Then check out.",
    "decided.in_cart": "It is in your cart.",
    "decided.in_cart_changed": "It is in your cart. Something is not as on your paper: you can remove it there.",
    "decided.nothing": "Nothing of it can be paid right now. Our pharmacist can tell you what is possible.",
    "decided.note": "Our pharmacist adds: {note}",
    "decided.unknown": "Our pharmacist has decided about your prescription, but I cannot show it. Please ask here.",
    "decided.basket_again": "Tap *Check out* to pay for what was approved, or *Change or remove*.",
    "why.unreadable": "it cannot be read for certain",
    "why.controlled": "a controlled medicine, by law never sold through chat",
    "why.unsafe_dose": "the amount must be confirmed by your doctor first",
    "why.interaction": "it does not go together with another medicine; please talk to your doctor",
    "why.not_stocked": "we do not sell it; keep your paper for another pharmacy",
    "why.over_the_counter": "it needs no prescription; search for it here to order it",
    "why.already_supplied": "it was already supplied",
    "why.out_of_stock": "out of stock; our pharmacist can tell you when it is back",
    "why.other": "our pharmacist can tell you why",
    "why.noted": "{why} ({note})",
    "rejected.intro": "Our pharmacist {name} could not accept your prescription.",
    "rejected.unreadable": "It cannot be read well enough. Please send a clearer photo: flat, in good light, all four corners in it.",
    "rejected.not_a_prescription": "It does not show a prescription. Please send a photo of the paper your doctor signed.",
    "rejected.too_old": "It is too old: a prescription is good for {days} days. Please ask your doctor for a new one.",
    "rejected.no_prescriber": (
        "It does not show who wrote it. Please send a photo with the doctor's name, signature and stamp, or ask your doctor "
        "to add them."
    ),
    "rejected.wrong_patient": "It is written for somebody else. Please send the prescription of the person who needs the medicine.",
    "rejected.already_used": "It was already supplied once. Please ask your doctor for a new one.",
    "rejected.controlled": (
        "It is for a controlled medicine, which by law we never sell through chat. Our pharmacist can tell you what is possible."
    ),
    "rejected.unsafe": "Supplying it would not be safe. Please talk to your doctor, or ask our pharmacist, before you take anything.",
    "rejected.not_genuine": (
        "We could not confirm it with the doctor or hospital named on it. Please ask them to contact us, or bring the paper "
        "to our pharmacy."
    ),
    "rejected.other": "Please ask our pharmacist what to do next.",
    # ------------------------------------------------------------------------------------------------------- how it is
    "progress.reading": "Your prescription is being read right now. The answer comes here in about a minute.",
    "progress.waiting": "Your prescription of {when} is with our pharmacist, who answers here. There is nothing to pay yet.",
    "progress.approved": (
        "Your prescription of {when} was approved by our pharmacist. What you have not ordered yet waits in your cart: type *cart*."
    ),
    "progress.rejected": "Your prescription of {when} could not be accepted.",
    "progress.none": "You have no prescription here yet.",
}
