"""Whatever comes in whatever order: no turn raises, every reply can be sent, every place can be kept."""

from __future__ import annotations

import contextlib
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.rehearsal import Play, transcript
from worker.flows import entry
from worker.flows.heard import TAPS, WORDS
from worker.flows.step import (
    Buttons,
    Choices,
    Event,
    Happened,
    Said,
    SentBasket,
    SentContact,
    SentLocation,
    SentMedia,
    SentUnusable,
    Tapped,
)

REFS = [
    "m1",
    "m2",
    "m3",
    "m5",
    "m10",
    "m12",
    "m20",
    "m22",
    "m40",
    "m51",
    "h1",
    "h5",
    "h7",
    "m999",
    "x",
    "",
    "d1",
    "d3",
    "t1",
    "t1-home",
    "v61204",
]
SCRIPT = """
hi|menu|help|back|cancel|stop|resume|next|previous|more|yes|no|skip|cart|checkout|orders|track|track 480213|clear cart
1|2|3|5|0|7|12|480213|find paracetamol|find amoxil|panadol|vitamin c|amatem forte|tramadol|add 1 2|add 2
add paracetamol x2|add amoxil x1, coartem x2|remove 1|remove panadol|change 1 to 4|order 2 coartem and 1 vitamin c
i need 2 panadol|Ada Obi|my name is Ngozi|12 Allen Avenue, Ikeja, Lagos|ikeja|deliver|pickup|cash|transfer
checkout pickup cash|checkout 5 Marina Road, Lagos cash|register|login a@b.ng Secret99|account|change my name
delete my data|cancel order|cancel order 480213|pay 480213|i have paid|rx|rx 480213|health products|lab test
book 1 2026-12-15 14:00|i need a doctor|thanks|0803 123 4567|No 5, blue gate opposite First Bank|xqzt jkwpf|{}|*_~`|{0}
checkout pickup transfer|checkout pickup card|online|ussd|flutterwave|another way|pay|pay 480213 flutterwave|done|pay 300101
i have paid 300101|can i pay with opay|use paystack instead|send account number
2|4|9|heart doctor in ph|pikin doctor|dr amaka|book 1 tomorrow 2pm|book dr amaka friday 10am|tomorrow 2pm|friday|10am|at home
my appointments|reschedule 1 to monday 10am|cancel appointment 1|cancel it|malaria test|30/02/2027 10:00|book dr ngozi monday 9am
%s|\u202e|💊💊💊|two packs|-1|add 2 -3|99999|order
"""
LINES = [typed for line in SCRIPT.strip().splitlines() for typed in line.split("|")]

CHOICES = [
    "paystack-link",
    "paystack-transfer",
    "flutterwave-ussd",
    "yes",
    "no",
    "part",
    "edit",
    "cash",
    "online",
    "delivery",
    "pickup",
    "same",
    "new",
    "rename",
]

texts = st.one_of(st.sampled_from(LINES), st.sampled_from(LINES), st.text(max_size=60))
numbers = st.integers(0, 30).map(str)
ids = st.one_of(
    st.sampled_from(sorted(WORDS)),
    st.tuples(st.sampled_from(sorted(TAPS)), st.sampled_from(REFS), numbers, st.sampled_from(REFS)).map(":".join),
    st.tuples(
        st.sampled_from(["co", "acc", "consent"]),
        st.sampled_from(CHOICES),
    ).map(":".join),
    st.text(max_size=20),
)
media = st.builds(
    SentMedia,
    st.sampled_from(["image", "document", "audio", "video", "sticker"]),
    st.text(min_size=1, max_size=30),
    st.sampled_from(["image/jpeg", "application/pdf", "audio/ogg", "image/gif", ""]),
    st.sampled_from(["", "rx 480213", "rx 1", "x" * 2000, "*hi*"]),
    st.text(max_size=300),
    st.text(max_size=100),
)
events = st.one_of(
    texts.map(Said),
    texts.map(Said),
    st.just(SentMedia("image", "photo-1", "image/jpeg")),
    ids.map(Tapped),
    media,
    st.builds(SentLocation, st.floats(-90, 90), st.floats(-180, 180), st.text(max_size=40), st.text(max_size=40)),
    st.builds(SentContact, st.text(max_size=20), st.lists(st.sampled_from(["+2348031234567", "12", "x"]), max_size=2).map(tuple)),
    st.just(SentBasket((("sku", 2),))),
    st.sampled_from(["reaction", "poll", "order", "unsupported"]).map(SentUnusable),
    st.sampled_from(["session_ended", "timer_due", "agent_gone", "chat_opened", "order_paid"]).map(Happened),
)
directions = st.sampled_from(
    [
        "( prescription read: Amoxil 500 mg | 1 capsule; ? Norvasc; Tramal 50 mg )",
        "( prescription read, blurred: nothing )",
        "( prescription not read: broken )",
        '( pharmacist Bola Ade approves: 2 × Amoxil; no Tramal (other, "ask us"); out of stock: Augmentin )',
        "( pharmacist Bola Ade rejects: too_old )",
        "( pharmacist Bola Ade asks: age )",
        "( pharmacist Bola Ade asks: whole_picture )",
        "( somebody else's prescription is read )",
        "( 10 minutes later )",
        "( order 300101 of before, to be paid online: pending_payment )",
        "( the provider is ready )",
        "( the provider is slow )",
        "( the provider cannot be reached )",
        "( the provider says: pending )",
        "( the provider says: failed )",
        "( the money comes )",
        "( the money comes: ₦1 )",
        "( order 480213 expires )",
        "( staff: order 480213 is processing )",
        "( staff: order 480213 is shipped with Musa Bello )",
        "( staff: order 480213 is cancelled: payment )",
        "( a transfer of ₦900 is refused )",
        "( order 520301 expires )",
        "( d1 at 2026-11-24 14:00 is taken )",
        "( the clock goes on by 20 hours )",
    ]
)
# A number stands for what is on the screen: the button or row with that index is tapped.
steps = st.one_of(events, events, st.integers(0, 12), directions)
NO_REF = re.compile(r"\b[mh]\d{1,4}\b")


def on_screen(replies: tuple[object, ...]) -> list[str]:
    shown = [b.id for r in replies if isinstance(r, Buttons) for b in r.buttons]
    return shown + [row.id for r in replies if isinstance(r, Choices) for s in r.sections for row in s.rows]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=25), st.booleans(), st.booleans())
def test_any_sequence_of_events_is_answered_with_what_can_be_sent(
    sequence: list[Event | int | str], known: bool, number: bool
) -> None:
    play = Play()
    customer = play.shop.customer
    play.shop.customer = type(customer)(
        id=1, name="Ada Obi" if known else "", registered=known, returning=known, has_number=number
    )
    tappable: list[str] = []

    for each in sequence:
        if isinstance(each, str):
            with contextlib.suppress(ValueError):  # no prescription, payment or order it could happen to
                list(transcript.direct(play, each))
            continue
        event = Tapped(tappable[each % len(tappable)]) if isinstance(each, int) and tappable else each
        if isinstance(event, int):
            continue
        turned = play.send(event)  # checks limits and the place; raises for anything else
        tappable = on_screen(turned.replies) or tappable

        assert play.place.state in entry.FLOWS[play.place.flow]
        assert not play.place.state.startswith("waiting") or (play.place.flow in ("support", "prescription"))
        if isinstance(each, int):  # what is typed may well look like a reference
            assert not any(NO_REF.search(getattr(r, "body", "")) for r in turned.replies)
        assert all(1 <= quantity <= 10 for quantity in play.shop.lines.values())
        assert "m40" not in play.shop.lines
