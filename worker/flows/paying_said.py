"""What is said while a way to pay is on the screen: words that elsewhere would be looked for among the medicines.

Only what is understood as nothing else is read here, and only in phrases and words that leave little doubt: whoever wants a medicine
in the middle of paying gets it.
"""

from __future__ import annotations

from worker.flows.heard import Heard
from worker.understanding.paying import METHODS
from worker.understanding.tokens import clean, phrase_list, read, word_set

PAID, AGAIN, BROKEN, LATER, WAITING, TRUST = "paid", "again", "broken", "later", "waiting", "trust"

# What may be read anew; a sure search ("find link") or an order of several things is left alone, but for whole phrases.
_OPEN = frozenset(("unknown", "search", "advice"))
_MOST = 14  # words; a longer story is for a person

_PHRASES: dict[str, str] = {
    phrase: meaning
    for meaning, phrases in {
        PAID: """
            done; sent; check; check it; check am; check now; please check; confirm; confirm am; confirm it; sent it; sent am; i have
            done it; i have sent it; i don do am; i don send am; i don send; all done; it is done; did you get it; have you gotten it;
            you don get am; you see am; e don enter; e never enter; has it entered; did it enter; has it dropped; e don drop
        """,
        AGAIN: """
            send again; send it again; send am again; resend; what bank; which bank; which bank is it; what is the account; wey the
            account; wetin be the account; the account; the link; wey the link; wey the code; what is the code; the code; how much;
            how much is it; what is the amount; how do i pay it
        """,
        BROKEN: """
            not working; it is not working; e no work; e no dey work; error; network error; network problem; network bad; bad
            network; insufficient funds; insufficient fund; insufficient balance; wrong account; invalid account; declined; failed;
            another bank; different bank; other bank
        """,
        LATER: """
            later; not now; pay later; tomorrow; more time; extend time; add more time; i need more time; give me more time; give me
            time; how much time i get; how much time do i have; how long do i have; till when; until when; when will it expire;
            when does it expire; i no get money; i no get money now; i have no money now; no money; the time don pass; wait
        """,
        WAITING: """
            how long; how long will it take; how long does it take; how long e go take; how long i go wait; how many minutes; wetin
            happen; what is happening; any news; any update; still waiting; i am waiting; i dey wait; please wait
        """,
        TRUST: """
            is this safe; is it safe; is it safe to pay; is this a scam; is it a scam; is this scam; scam; fraud; na scam; na 419; is
            this legit; is this real; how do i know it is real; how do i know this is real; are you sure; can i trust you
        """,
    }.items()
    for phrase in phrase_list(phrases)
}
_SAYS_NOTHING = word_set("please pls abeg oo o oh ooo sir ma now na bro sis dear ok okay hello hi then and so but")
_WAY = word_set("link page site website account acct number code ussd card atm transfer payment app bank otp")
_WAY_ITSELF = word_set("link page account acct code details name")
_SENT = word_set("sent send transferred transfer made done used pushed credited alert")
_MONEY = word_set("money transfer payment alert cash funds it am opay palmpay moniepoint kuda everything")
_WENT = word_set("don done successful success successfully completed complete go gone sent made enter entered dropped drop")
_BROKEN = word_set(
    """
    failed fail fails failing declined decline reversed rejected error errors expired invalid stuck hanging loading opening opens
    open work works working wrong bad blank refused show
    """
)
_NOT = word_set("not no dont doesnt didnt isnt wont cant cannot never refuse refused")
_BROKEN_ALONE = word_set("failed fail declined reversed rejected error expired invalid stuck wrong blank")
_AGAIN = word_set("again resend repeat resent show what wetin wey which where deleted lost see find give name send")
_LATER = word_set("later tomorrow evening tonight afternoon morning weekend salary")

_BANKS = word_set(
    "gt gtb gtbank guaranty uba zenith sterling access first fidelity fcmb wema union stanbic ecobank eco keystone unity polaris bank"
)
_ABOUT_WAY = (
    _SAYS_NOTHING | _BANKS | word_set("no not use using make i want wan with my by for the a it pay instead rather let me try")
)


def way_named(event: Heard) -> str:
    """The way to pay that a message names beside nothing but a bank and small words: "ussd gtb", "no use flutterwave"; or ""."""
    keys = read(clean(event.text)).keys
    if event.tapped or event.intent not in ("unknown", "search") or len(keys) > _MOST:
        return ""
    named = ["card" if key == "app" else METHODS[key] for key in keys if (key in METHODS and key != "bank") or key == "app"]
    known = all(key in METHODS or key == "app" or key in _ABOUT_WAY for key in keys)
    return named[0] if named and known and named[0] != "cash" else ""


def meant(event: Heard) -> str:
    """One of the meanings above, or "" for what is not about the payment on the screen."""
    keys = tuple(key.replace("'", "") for key in read(clean(event.text)).keys)
    core = tuple(key for key in keys if key not in _SAYS_NOTHING)
    if not core or len(keys) > _MOST or event.tapped:
        return ""
    whole = _PHRASES.get(" ".join(core)) or _PHRASES.get(" ".join(keys))
    if whole and (event.intent in (*_OPEN, "add", "order", "yes", "resend") or whole == LATER):
        return whole
    if event.intent not in _OPEN:
        return ""
    return _by_words(frozenset(core))


def _by_words(keys: frozenset[str]) -> str:
    if not keys.isdisjoint(_WAY) and (
        not keys.isdisjoint(_BROKEN_ALONE) or not (keys.isdisjoint(_NOT) or keys.isdisjoint(_BROKEN))
    ):
        return BROKEN
    if not keys.isdisjoint(("scam", "fraud", "legit", "419")):
        return TRUST
    if not keys.isdisjoint(("pay", "paying", "money")) and not keys.isdisjoint(_LATER):
        return LATER
    if not keys.isdisjoint(_WAY_ITSELF) and not keys.isdisjoint(_AGAIN):
        return AGAIN
    if not keys.isdisjoint(_NOT):
        return ""
    told = not keys.isdisjoint(_SENT) and (not keys.isdisjoint(_MONEY) or any(key.isdigit() for key in keys))
    return PAID if told or not (keys.isdisjoint(_MONEY - {"it", "am"}) or keys.isdisjoint(_WENT)) else ""
