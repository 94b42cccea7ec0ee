"""The buttons of what is being asked: when news repeats the question, they come under it and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from worker.flows import aside
from worker.flows.replies import button
from worker.flows.step import Button, Place
from worker.flows.wording import say

Offered = tuple[Button, ...]


def offered(place: Place, *otherwise: Button) -> Offered:
    """The buttons that answer what is being asked; `otherwise` where nothing is asked."""
    if not aside.busy(place):
        return otherwise
    known = ANSWERS.get((place.flow, place.state))
    return known(place) if known else (button("menu"), button("agent"))


def _delivery(place: Place) -> Offered:
    return button("co:delivery"), button("co:pickup"), button("cart")


def _address(place: Place) -> Offered:
    same = (button("co:same"), button("co:new")) if place.memory.get("offered") else ()
    return (*same, button("co:pickup"), button("cart"))


def payment(place: Place) -> Offered:
    cash = "cash_pickup" if place.memory.get("delivery") == "pickup" else "cash"
    return button("co:cash", cash), button("co:online"), button("cart")


def way(place: Place) -> Offered:
    return button("co:online", "ways"), button("co:cash"), button("cart")


def order(place: Place) -> Offered:
    yes = Button(f"co:yes:{place.memory.get('key', '')}", say("button.place_order"))
    return yes, button("co:edit"), button("cart")


def _quantity(place: Place) -> Offered:
    return tuple(Button(f"add:{place.memory['ref']}:{n}", str(n)) for n in (1, 2, 3))


def _line(place: Place) -> Offered:
    return button(f"out:{place.memory['ref']}", "remove"), button("cart"), button("checkout")


def _empty(place: Place) -> Offered:
    return Button(f"clear:{place.memory['version']}", say("button.clear_yes")), button("cart", "keep")


def _cancel(place: Place) -> Offered:
    number = place.memory["number"]
    return Button(f"ocy:{number}", say("button.cancel_yes")), button(f"o:{number}", "keep_order")


def _days(place: Place) -> Offered:
    return button(f"vdays:{place.memory['subject']}:", "other_times"), button("menu"), button("agent")


def booking(place: Place) -> Offered:
    code = str(place.memory.get("subject", ""))
    yes = button(f"vyes:{place.memory.get('key', '')}", "move_yes" if code.startswith("v") else "book_yes")
    return yes, button(f"vdays:{code}:", "other_time"), button("menu")


def _where(place: Place) -> Offered:
    ref = str(place.memory["subject"]).partition("-")[0]
    return button(f"vdays:{ref}-home:", "lab_home"), button(f"vdays:{ref}-centre:", "lab_centre"), button("menu")


def visit(place: Place) -> Offered:
    return button(f"vcy:{place.memory['number']}", "cancel_yes"), button(f"visit:{place.memory['number']}", "visit_keep")


def _wrong(place: Place) -> Offered:
    number = place.memory["id"]
    # "Not a prescription" may stand there already, about another picture
    return button(f"rxend:{number}", "rx_done"), button("agent", "pharmacist"), button("menu")


ANSWERS: Mapping[tuple[str, str], Callable[[Place], Offered]] = {
    ("product", "choosing_quantity"): _quantity,
    ("adding", "choosing"): lambda place: (button("skip"), button("cart"), button("menu")),
    ("cart", "changing"): _line,
    ("cart", "confirming_clear"): _empty,
    ("checkout", "confirming_part"): lambda place: (
        button("co:part", "order_rest"),
        button("cart"),
        button("agent", "pharmacist"),
    ),
    ("checkout", "choosing_delivery"): _delivery,
    ("checkout", "giving_address"): _address,
    ("checkout", "giving_landmark"): lambda place: (button("co:pickup"), button("cart")),
    ("checkout", "giving_phone"): lambda place: (button("co:pickup"), button("cart")),
    ("checkout", "choosing_payment"): payment,
    ("checkout", "choosing_way"): way,
    ("checkout", "choosing_bank"): way,
    ("checkout", "confirming"): order,
    ("account", "giving_consent"): lambda place: (button("consent:yes"), button("consent:no")),
    ("account", "changing_name"): lambda place: (button("account", "keep_name"), button("menu")),
    ("account", "signing_in"): lambda place: (button("in:yes"), button("menu"), button("agent")),
    ("account", "confirming_delete"): lambda place: (
        Button("acc:delete", say("button.delete_yes")),
        Button("acc:keep", say("button.keep_data")),
    ),
    ("tracking", "confirming_cancel"): _cancel,
    ("paying", "choosing_order"): lambda place: (button("pay", "which_order"), button("menu"), button("agent")),
    ("paying", "choosing_bank"): lambda place: (
        button(f"other:{place.memory['number']}", "ways"),
        button("menu"),
        button("agent"),
    ),
    ("paying", "choosing_way"): lambda place: (
        button(f"other:{place.memory['number']}", "ways"),
        button("menu"),
        button("agent"),
    ),
    ("due", "asking"): lambda place: (
        Button(f"refill:yes:{place.memory['prescription']}:{place.memory['until']}", say("button.due_yes")),
        Button(f"refill:no:{place.memory['prescription']}:{place.memory['until']}", say("button.due_no")),
    ),
    ("booking", "choosing_where"): _where,
    ("booking", "choosing_day"): _days,
    ("booking", "choosing_slot"): _days,
    ("booking", "confirming"): booking,
    ("visits", "confirming_cancel"): visit,
    ("prescription", "correcting"): _wrong,
    ("prescription", "answering"): lambda place: (button("agent", "pharmacist"), button("menu")),
}
