"""Whole messages with one meaning: the words of menus and commands, typed in full.

Keys are folded words joined by one space. `PHRASES` is looked up with the whole message (after greetings and politeness
are taken off), then with `SMALL` words taken out of it, so that "please can you show me my cart" is "cart".
Hausa, Yoruba and Igbo words await a native speaker's eye; ambiguous ones ("wa", "ra", "e") count only where they stand alone
or before a name.
"""

from __future__ import annotations

from worker.understanding.tokens import phrase_list, word_set

_TABLE: dict[str, str] = {
    "menu": """
        menu; main menu; the menu; home; main; options; go to menu; back to menu; go home; show options; begin; fara;
        bere; malite; menue; manu; menyu; list of services; services; your services; what services
    """,
    "help": """
        help; help me; abeg help me; assist; assist me; assistance; what can you do; what do you do; what can i do;
        capabilities; features; commands; how does this work; how this work; how it works; how do i use this; how to use;
        who are you; what is this; what are you; instructions; guide; taimako; taimaka min; e ran mi lowo; ran mi lowo;
        eran mi lowo; nyere m aka; nyerem aka; hepl; hlep; halp; i need help; i want help; i need assistance; wetin you
        fit do; how far with this thing; how do i order; how can i order; how to order; how do i buy; how can i buy
    """,
    "back": "back; go back; return; go back one; previous menu; koma; pada; laghachi; take me back; before",
    "cancel": """
        cancel; cancel it; cancel that; cancel this; never mind; nevermind; forget it; leave am; leave it; abort; quit;
        soke; fagile; kagbuo; start over; start afresh; no longer; changed my mind; i changed my mind; cancl
    """,
    "agent": """
        agent; human; person; support; customer support; customer care; customer service; support agent; live agent; live
        chat; real person; operator; representative; attendant; staff; pharmacist; a pharmacist; complaint; complain;
        complaints; issue; problem; contact; contact us; contact support; call me; call me back; talk to agent; make
        person answer; make person answer me; make somebody answer; i want make person answer; i have a complaint; i have
        a problem; i have an issue; i get complain; i get complaint; i have a question; i have question; i get question;
        question; ask a question; ask pharmacist; speak to someone; person dey there; anybody there; is anybody there; is
        anyone there; connect me; where is my money; wey my
        money; where my money; my money; what happened to my money; wetin happen to my money; what about my
        money; not helpful; you are not helpful; this is not helping; useless bot
    """,
    "end": """
        end; end chat; end the chat; close; close chat; close the chat; stop chat; stop support; leave chat; exit chat;
        end support; end conversation; close conversation; end session
    """,
    "stop": """
        stop; unsubscribe; opt out; optout; opt-out; stop messages; stop messaging me; stop sending me messages; stop
        texting me; dont message me; do not message me; stop all messages; stop promotions; stop marketing; stop ads; make
        una stop; remove me; no more messages; daina; da duro; kwusi; stop it; stop this; stopp
    """,
    "stop_reminders": """
        stop reminders; stop reminder; stop the reminders; stop the reminder; stop reminding me; stop to remind me; no more
        reminders; no more reminder; no reminders; cancel reminder; cancel reminders; cancel my reminder; cancel my reminders;
        dont remind me; dont remind me again; do not remind me; do not remind me again; stop refill reminders; stop refill
        reminder; stop the refill reminder; no refill reminder; no dey remind me again; no remind me again; abeg stop to remind
        me; stop reminding me abeg
    """,
    "resume": """
        start; resume; subscribe; unstop; opt in; optin; opt-in; start again; restart messages; start messages; continue
        messages
    """,
    "next": "next; next page; next one; next please; nxt; forward; next list; na gaba",
    "previous": "previous; prev; previous page; page back; last page; previous one; previous list; page up",
    "more": """
        more; show more; see more; view more; load more; more results; more please; others; other ones; any other; what
        else; more options
    """,
    "skip": """
        skip; skip this; skip it; pass; not now; later; maybe later; any time; anytime; any day; anyday; whenever; any time you
        want; any time you are free
    """,
    "resend": """
        resend; resend code; send again; send code again; resend the code; new code; retry; try again; send it again; i
        did not get the code; i didnt get the code; no code
    """,
    "greeting": """
        hello; hi; hey; helo; hallo; heloo; hy; hii; yo; howdy; hiya; holla; good morning; good afternoon; good evening;
        good day; gud morning; gd morning; good am; gud afternoon;
        gd afternoon; gud evening; gd evening; gud day; gm; morning; afternoon; evening; greetings; how are you; how are you
        doing; how are you today; how far; how far na; how una dey; how you dey; how body; wetin dey; wetin dey happen;
        whats up; wassup; sup; xup; sannu; sannunku; ina kwana; ina wuni; ina yini; barka; barka da safiya; barka da
        yamma; salam; salaam; salamu alaikum; assalamu alaikum; assalam alaikum; asalamu alaikum; as-salamu alaykum; e
        kaaro; ekaaro; e kaasan; ekaasan; e kaale; ekaale; e kuurole; bawo ni; bawoni; e nle; ndewo; kedu; ututu oma; i
        bola chi; ibola chi; how is it going; nice to meet you; you there; are you there; hello there; hi there; hey
        there; anyone; good night
    """,
    "thanks": """
        thanks; thank you; thank u; thank you very much; thank you so much; thanks a lot; many thanks; thx; tnx; tanx;
        tanks; thnks; ty; appreciate; appreciated; i appreciate; much appreciated; nagode; na gode; mun gode; e se; ese; e
        se gan; o se; ose; adupe; daalu; dalu; imela; god bless you; god bless; well done; bless you; una do well; you do
        well; great service; ok thanks; okay thanks; ok thank you; okay thank you; alright thanks; nice; great; perfect;
        awesome; wonderful
    """,
    "yes": """
        yes; y; yea; yeah; yep; yup; ya; yh; ok; okay; okey; oki; k; kk; sure; alright; all right; right;
        confirm; confirmed; i confirm; agree; i agree; agreed; accept; i accept; accepted; oya; oya na; of course; fine;
        go ahead; proceed; continue; done; yes please; yes ok; yes sure; yes i agree; yes i do; that is correct; thats
        correct; that is right; thats right; true; absolutely; definitely; eh; ee; eeh; beeni; be e ni; e; eyy; na so; na
        im; no problem; no wahala; i consent; i gree; yes i gree; i don gree; i go gree; i dey agree; yes confirm; yes proceed; oo
    """,
    "no": """
        no; n; nope; no thanks; no thank you; no thank u; no tnx; no thx; nah; naa; nay; not really; no please; no o; noo;
        never; not at all; incorrect; wrong; disagree; i disagree; decline; i decline; beeko; rara; mba; aa; aaa; babu; i
        no want; i dont want; i do not want; dont; no i dont; that is wrong; thats wrong; not correct; not that; no sir;
        no ma
    """,
    "cart": """
        cart; basket; my cart; view cart; show cart; see cart; open cart; check cart; shopping cart; my basket; bag; kart;
        trolley; how much is everything; how much be everything; how much is all; how much be all; how
        much in all; how much altogether; how much is my total; what is my total; how much all; my total; what is in
        my cart; whats in my cart; wetin dey my cart; wetin dey inside my cart; cart total; total;
        subtotal; kwando; kwandona; agbon; agbon mi; nkata; nkata m
    """,
    "clear_cart": """
        clear; clear cart; clear my cart; clear all; empty cart; empty my cart; remove all; remove everything; delete all;
        delete everything; delete cart; delete my cart; remove all items; clear everything; cancel cart; reset cart; clear
        basket; empty basket
    """,
    "checkout": """
        checkout; check out; check-out; place order; place my order; place the order; proceed to checkout; buy now; order
        now; complete order; complete my order; finish order; confirm order; confirm my order; go to checkout; submit
        order; chekout; checkot; make order
    """,
    "track": """
        track; track order; track my order; track orders; tracking; order status; status of my order; status; where is my
        order; where is my package; where is my drug; where is my medicine; where is my delivery; wheres my order; where
        my order dey; where my order; where is it; my order status; delivery status; when will my order arrive; when will
        it arrive; when is my order coming; has my order shipped; my order never reach; my order never come; i never see
        my order; i have not received my order; ina odana; ina oda na; nibo ni oja mi wa; ebee ka ihe m no; ebee ka ihe m
        di; wey my order; wia my order; where my drug dey; where my medicine dey; where my package dey
    """,
    "orders": """
        orders; my orders; order history; view orders; past orders; previous orders; old orders; show orders; list orders;
        purchase history; order list; all orders; all my orders; history; my order; my purchases; what have i ordered
    """,
    "cancel_order": """
        cancel order; cancel my order; cancel the order; i want to cancel my order; cancel purchase; cancel last order
    """,
    "prescription": """
        prescription; prescriptions; send prescription; upload prescription; my prescription; my prescriptions; rx;
        script; upload; upload file; i have a prescription; i get prescription; doctor paper; doctors paper; prescription
        upload; new prescription; submit prescription; send my prescription; attach prescription; upload my prescription;
        takardar likita; iwe dokita; akwukwo dokita; i have a doctors note; doctors note; doctors prescription
    """,
    "pay": """
        pay; payment; make payment; pay now; pay for order; pay for my order; pay order; pay bill; i want to pay; i wan
        pay; make i pay; paying; retry payment; pay again; payment link; send payment link; biya;
        sanwo; kwuo ugwo; pay online; how much do i pay; how much am i to pay; how much i go pay; show payment
    """,
    "paid": """
        paid; i have paid; ive paid; i paid; i don pay; i don pay am; i done pay; already paid; i have already paid;
        payment made; payment done; payment sent; payment successful; i have made payment; i have made the payment; i made
        payment; i have made the transfer; transfer done; transfer made; i have transferred; i transferred; i don
        transfer; i don send the money; money sent; i sent the money; i have sent the money; have you received my payment;
        have you seen my payment; check my payment; check payment; confirm payment; confirm my payment; verify payment; na
        biya; mo ti san; mo ti sanwo; akwuola m ugwo; akwugo m ugwo; una don see my money; una don see the money; just
        paid; i just paid; i have just paid
    """,
    "book": """
        book; book appointment; book an appointment; appointment booking; make appointment; make an appointment; new
        appointment; schedule appointment; schedule an appointment; book doctor; book a doctor; schedule; appointment;
        consultation; book consultation; booking; reserve; doctor appointment; appoinment
    """,
    "find_doctor": """
        doctor; doctors; find doctor; find a doctor; find doctors; search doctor; search doctors; search for a doctor; i
        need a doctor; i need doctor; see doctor; see a doctor; i want to see a doctor; i wan see doctor; talk to doctor;
        talk to a doctor; speak to a doctor; speak to doctor; speak doctor; talk doctor; consult doctor; consult a doctor;
        doctor search; available doctors; list doctors; specialist; specialists; find specialist; dr; physician; clinic;
        likita; ganin likita; dokita; ri dokita; ihu dokita; hospital; show doctors; our doctors; chat with a doctor; meet
        a doctor; i need to see a doctor
    """,
    "appointments": """
        appointments; my appointments; view appointments; show appointments; my appointment; list appointments; upcoming
        appointments; my bookings; bookings; check appointments; check my appointment; view my appointments; when is my
        appointment; my lab tests; my lab test; my tests; my test; see my appointments; past appointments; what time is my
        appointment; when is my next appointment; where is my appointment; i missed my appointment; i cant make it; i can not
        make it; i cannot make it; i no fit come; i no fit come again; i no go fit come; i wont be able to come; i will not be
        able to come; i cant come; i cant come again; i am late for my appointment; i will be late for my appointment;
        missed my appointment; i will be late; i go late; i am running late; i missed it; was it booked; is it booked; has it been booked;
        am i booked; una don book am; you don book am; don book am; did you book it; have you booked it; is my booking confirmed;
        is my appointment booked; cant make it; no fit come; no fit come again
    """,
    "cancel_appointment": """
        cancel appointment; cancel my appointment; cancel the appointment; cancel booking; cancel my booking; cancel
        appointments
    """,
    "reschedule": """
        reschedule; reschedule appointment; reschedule my appointment; change appointment; change my appointment; move
        appointment; move my appointment; postpone; postpone my appointment; postpone appointment; change booking; shift
        my appointment
    """,
    "lab_tests": """
        lab test; lab tests; lab; laboratory; laboratory test; laboratory tests; tests; test; medical test; medical tests;
        diagnostic test; diagnostic tests; diagnostics; blood test; blood tests; book test; book a test; book lab test;
        book a lab test; screening; health screening; check up; checkup; check-up; medical check up; medical checkup;
        medical check-up; run test; run tests; i want to do a test; i wan do test; do test; do a test
    """,
    "lab_result": """
        result; results; my result; my results; lab result; lab results; test result; test results; my lab result; my test
        result; send my result; see my result; where is my result; wey my result; my result don come; my result don ready
    """,
    "health_products": """
        health products; health product; healthcare; health care; healthcare products; health care products; browse health
        products; browse products; equipment; medical equipment; devices; medical devices; supplies; medical supplies;
        wellness; wellness products; personal care; health items; healthcare product
    """,
    "account": """
        account; my account; profile; my profile; settings; account settings; my details; my info; view account; account
        info; account details; forgot password; forgot my password; i forgot my password; reset password; reset my
        password; change password; change my password; password reset; forget password; password
    """,
    "register": """
        register; sign up; signup; sign-up; create account; create an account; new account; open account; open an account;
        registration; join; i am new; im new; i want to register; registar; rejister; create my account
    """,
    "login": """
        login; log in; log-in; sign in; signin; sign-in; authenticate; log me in; i have an account; loggin; i already
        have an account; old account; claim account; claim my account
    """,
    "logout": """
        logout; log out; log-out; sign out; signout; sign-out; exit; bye; goodbye; good bye; bye bye; log me out; sign me
        out; o dabo; sai anjima; ka o di
    """,
    "my_data": """
        my data; export my data; download my data; show my data; see my data; what do you know about me; what data do you
        have; what do you hold about me; data export; export data; give me my data; send me my data; my information; what
        information do you have about me
    """,
    "delete_my_data": """
        delete my data; delete my account; delete account; close my account; close account; erase my data; erase me;
        forget me; remove my data; remove my account; delete me; delete all my data; delete my information; erase my
        account; remove my information; deactivate my account; deactivate account; clear my data
    """,
    "correct_data": """
        correct; correct my data; correct my name; change my name; update my name; update my details; change my details;
        correct my details; change my email; update my email; edit profile; edit my profile; update profile; edit my
        details; wrong name; my name is wrong; update my profile; change my number; change my phone number
    """,
    "hours": """
        hours; opening hours; opening time; opening times; open hours; business hours; working hours; are you open; are
        you open now; are you open today; are you open on sunday; are you open on sundays; are you open tomorrow; when do
        you open; when do you close; what time do you open; what time do you close; what time are you open; closing time;
        are you closed; una dey open; una don open; una don close; do you open on sunday; do you open on sundays; do you
        work on sunday; do you work on sundays; do you open on weekends; are you 24 hours; are you open 24 hours; do you
        open today
    """,
    "location_question": """
        location; your location; your address; where are you; where are you located; where is your shop; where is your
        store; where is your pharmacy; where is your office; what is your address; whats your address; shop address;
        pharmacy address; store address; where una dey; where una shop dey; una dey where; where is the pharmacy; where is
        the shop; where are you based; send your location; your office; how do i get there; nearest branch; branches; do
        you have a shop; do you have a physical store
    """,
    "delivery_question": """
        delivery fee; delivery cost; delivery price; how much is delivery; how much for delivery; delivery charges;
        delivery charge; do you deliver; do you do delivery; can you deliver; una dey deliver; how long does delivery
        take; delivery time; how long is delivery; is delivery free; free delivery; shipping cost; shipping fee; do you
        ship; how fast is delivery; do you offer delivery; una dey do delivery
    """,
    "search": """
        search medicines; search medicine; search products; search product; search drugs; search drug; search; find; find
        medicine; find medicines; find drug; find drugs; buy medicine; buy medicines; buy drugs; buy drug; i wan buy; i
        want to buy; i want to order; i want drugs; medicine; medicines; drug; drugs; products; product; browse; browse
        medicines; shop; shop now; buy; catalogue; catalog; price list; pricelist; i need drugs; i need medicine; i want
        medicine; new search; search again; i need; i need something; i want something; i need to buy;
        i need to buy drugs; i want to buy drugs; i wan buy something; i want to buy something; i dey find medicine; i want
        buy; can i buy; can i buy drugs; can i order; i need some drugs; i want to get some drugs; i want medicines;
        magani; oogun; ogwu; nema; saya; nema magani; saya magani; wa oogun; ra oogun;
        choo ogwu; zuo ogwu; how much; price; i wan buy medicine; i wan buy drug; i need a drug; meds; looking for
        medicine; order medicine; order drugs; order medicines
    """,
}

PHRASES: dict[str, str] = {phrase: name for name, phrases in _TABLE.items() for phrase in phrase_list(phrases)}
LONGEST = max(phrase.count(" ") + 1 for phrase in PHRASES)

# Left out for the second look-up. Nothing that can be the meaning itself ("no", "not", "stop", "back").
SMALL = word_set(
    """
    please pls plz plss abeg biko jare kindly i we want wan wanna would like to can could you u me let us my the a an your
    our show view see open go check get give need take just now may must should hey hello hi ok okay so then want's im am
    id ill will it is do o na sha jor sir ma dear bring tell gimme lemme continue with for this new page section option
    button click tap use access some out
    """
)

# Taken off the beginning: politeness and greetings that other words follow.
OPENERS = phrase_list(
    """
    good morning; good afternoon; good evening; good day; gud morning; gd morning; gud afternoon; gd afternoon; gud evening; gd
    evening; gud day; my dia; dia; how far; how una dey; how are you; how
    you dey; hello; hi; hey; helo; hallo; hii; yo; sannu; ina kwana; ina wuni; barka; e kaaro; ekaaro; e kaasan; ekaasan;
    e kaale; bawo ni; ndewo; kedu; salam; assalamu alaikum; asalamu alaikum; please; pls; plz; plss; abeg; biko; jare;
    kindly; e jo; ejo; ejoo; e joo; dan allah; don allah; excuse me; sir; ma; madam; oga; doctor abeg; okay; ok; alright;
    oya; then; my dear; bros; sorry; thanks; thank you; nnoo; biko nu; mbok; dakun; e dakun; edakun; jowo; e jowo; ejowo;
    haba; omo; guy; chairman; boss; greetings
    """
)
# These too, but only where a comma or the like follows: "evening primrose" and "well life" are products.
PAUSED_OPENERS = frozenset(("morning", "evening", "afternoon", "well", "so", "dear", "and", "there", "today", "yes"))
# Taken off the end.
CLOSERS = phrase_list(
    """
    please; pls; plz; plss; abeg; biko; jare; sir; ma; madam; oga; o; oo; ooo; na; nah; sha; jor; jo; thanks; thank you;
    thank u; thx; tnx; dear; for me; urgently; asap; right now; now; now now; sharp sharp; quick; quickly; my
    dear; boss; god bless; kwa; ooh; oh; e jo; ejo; dan allah
    """
)

# A message without a word in it.
SYMBOLS: dict[str, str] = {
    symbol: name
    for name, symbols in {
        "help": "? 🆘",
        "yes": "👍 ✅ 👌 ✔ ☑",
        "no": "👎 ❌ ✖ ❎ 🚫",
        "greeting": "👋",
        "thanks": "🙏 ❤",
        "cart": "🛒 🛍",
        "menu": "🏠",
        "back": "🔙",
        "previous": "⬅ ◀",
        "next": "➡ ▶ ⏩ ⏭ ▶",
        "search": "💊 🔍 🔎",
        "stop": "🛑",
        "orders": "🧾",
        "track": "📦 🚚",
        "find_doctor": "👨 👩",
        "pay": "💳",
        "checkout": "🏁",
    }.items()
    for symbol in symbols.split()
}
