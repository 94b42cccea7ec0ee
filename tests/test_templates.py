"""Templates: what is submitted would be approved, what is filled would be taken, and settings say what each is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

import settings
from local.simulator.control import Simulator
from settings import BadSetting, Settings, read
from worker.flows.step import Outside, Template
from worker.whatsapp import outbound, templates_cli
from worker.whatsapp.client import Approval
from worker.whatsapp.templates import KNOWN, Known, Unfit, fill, named, places, rendered

BARE = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
# The contract with the flows that ask for them.
PARAMETERS = {
    "payment_received": 2,
    "payment_problem": 2,
    "payment_refunded": 2,
    "payment_not_started": 1,
    "order_expired": 1,
    "order_processing": 1,
    "order_shipped": 3,
    "order_ready": 2,
    "order_delivered": 1,
    "order_cancelled": 1,
    "prescription_decided": 0,
    "prescription_question": 0,
    "person_answers": 0,
    "visit_reminder": 3,
    "visit_changed": 0,
    "lab_result": 0,
    "refill_due": 1,
    "prescription_waits": 0,
}
EVERY = pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)


def told(**env: str) -> Settings:
    return read(BARE | env)


def test_the_kinds_are_those_that_flows_and_settings_know() -> None:
    assert {kind: len(known.parameters) for kind, known in KNOWN.items()} == PARAMETERS
    assert tuple(KNOWN) == settings.TEMPLATE_KINDS


@EVERY
def test_meta_would_take_the_text(known: Known) -> None:
    found = places(known.text)
    assert sorted(found) == list(range(1, len(known.parameters) + 1))
    assert len(known.samples) == len(known.parameters)
    assert not known.text.startswith("{{")
    assert not known.text.rstrip(" .!?").endswith("}}")
    assert len(known.text.split()) >= 3 * len(found) + 3  # too many places for its length is refused
    assert "\n" not in known.text


@EVERY
def test_a_template_says_nothing_of_medicines_and_advertises_nothing(known: Known) -> None:
    lowered = known.text.lower()
    assert not any(word in lowered for word in ("offer", "discount", "buy", "sale", "free", "tablet", "mg"))


@EVERY
def test_its_samples_fill_it_and_make_a_payload(known: Known) -> None:
    filled = fill(Outside(known.kind, known.samples), told())
    assert filled == Template(known.kind, "en", known.samples)
    payload = outbound.build(filled, number="2348031234567", bsuid=None, callback="1")
    assert payload["template"]["name"] == known.kind
    assert "{{" not in rendered(known.text, known.samples)


@pytest.mark.parametrize(
    "wrong",
    [
        Outside("order_eaten", ("1",)),
        Outside("order_shipped", ("12345", "Musa")),
        Outside("order_shipped", ("12345", "Musa", "0803", "x")),
        Outside("order_shipped", ("12345", "  ", "0803")),
        Outside("order_shipped", ("12345", "Musa\nBello", "0803")),
        Outside("order_shipped", ("12345", "Musa\tBello", "0803")),
        Outside("order_shipped", ("12345", "Musa     Bello", "0803")),
        Outside("order_shipped", ("12345", "Musa\u2028Bello", "0803")),
        Outside("order_shipped", ("12345", "M" * 1000, "0803")),
    ],
    ids=["kind", "too few", "too many", "empty", "line break", "tab", "five blanks", "line separator", "too long"],
)
def test_what_meta_would_refuse_is_refused_here(wrong: Outside) -> None:
    with pytest.raises(Unfit) as refused:
        fill(wrong, told())
    assert "Musa" not in str(refused.value)


def test_four_blanks_and_a_text_of_just_the_limit_pass() -> None:
    room = 1024 - len(rendered(KNOWN["order_shipped"].text, ("12345", "", "0803")))
    assert fill(Outside("order_shipped", ("12345", "M    " + "M" * (room - 5), "0803")), told()) is not None


def test_settings_say_name_and_language_and_switch_one_off() -> None:
    found = told(
        WHATSAPP_TEMPLATE_LANGUAGE="en_GB",
        WHATSAPP_TEMPLATE_PREFIX="drugsng_",
        WHATSAPP_TEMPLATE_NAMES="order_shipped=on_its_way:en, order_ready=ready, order_expired=",
    )
    assert named("order_delivered", found) == ("drugsng_order_delivered", "en_GB")
    assert named("order_shipped", found) == ("on_its_way", "en")
    assert named("order_ready", found) == ("ready", "en_GB")
    assert fill(Outside("order_expired", ("1",)), found) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WHATSAPP_TEMPLATE_LANGUAGE", "English"),
        ("WHATSAPP_TEMPLATE_PREFIX", "Drugs NG"),
        ("WHATSAPP_TEMPLATE_NAMES", "order_eaten=x"),
        ("WHATSAPP_TEMPLATE_NAMES", "order_shipped"),
        ("WHATSAPP_TEMPLATE_NAMES", "order_shipped=A Name"),
        ("WHATSAPP_TEMPLATE_NAMES", "order_shipped=x:english"),
        ("WHATSAPP_TEMPLATE_NAMES", "order_shipped=x,order_shipped=y"),
        ("WHATSAPP_TEMPLATE_NAMES", ","),
        ("WHATSAPP_BUSINESS_ACCOUNT_ID", "my account"),
        ("HELD_MAX_DAYS", "0"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start_with_its_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        told(**{name: value})


# ------------------------------------------------------------------------------------------------ for whoever submits them


def approved(kind: str, **more: str) -> Approval:
    found = {"name": kind, "language": "en", "status": "APPROVED", "category": "UTILITY", "text": KNOWN[kind].text}
    return Approval(**found | more)


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        (approved("order_ready"), ""),
        (approved("order_ready", language="fr"), "order_ready is not there in en, only in fr"),
        (approved("order_shipped"), "order_ready is not there in en"),
        (approved("order_ready", status="PAUSED"), "order_ready is paused"),
        (
            approved("order_ready", category="MARKETING"),
            "order_ready is marketing, not utility: it costs more and is not always delivered",
        ),
        (approved("order_ready", text="Come {{1}} to {{2}}!"), "order_ready has another text than ours"),
    ],
)
def test_check_says_what_is_wrong_with_a_template_at_meta(approval: Approval, said: str) -> None:
    assert templates_cli.judged(KNOWN["order_ready"], told(), [approval]) == said


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread(access_token="t", statuses=False) as made:
        yield made


@pytest.fixture
def command(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`drugsng templates ...` against the simulator."""
    env = BARE | {"WHATSAPP_API_BASE_URL": sim.url, "WHATSAPP_ACCESS_TOKEN": "t", "WHATSAPP_PHONE_NUMBER_ID": "106540352242922"}
    account = sim.call("GET", "config")["waba_id"]
    for name, value in (env | {"WHATSAPP_BUSINESS_ACCOUNT_ID": account}).items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    sim.reset()
    yield lambda *words: CliRunner().invoke(templates_cli.templates, words)
    settings.current.cache_clear()


def test_list_prints_all_that_the_form_of_meta_asks_for(command: Any) -> None:
    said = command("list").output
    assert "order_shipped  (en, utility)" in said
    assert KNOWN["order_shipped"].text in said
    assert "{{2}} rider, for example: Musa" in said
    found = json.loads(command("list", "--json").output)
    assert [one["called"] for one in found] == [[kind, "en"] for kind in KNOWN]


def test_check_is_content_when_all_are_approved(command: Any) -> None:
    done = command("check")
    assert (done.exit_code, done.output.count("approved")) == (0, len(KNOWN))


def test_check_reads_every_page_and_names_what_is_not_as_it_should_be(command: Any, sim: Simulator) -> None:
    for number in range(130):
        sim.template(f"other_{number}", text="Hello.")
    sim.call("DELETE", "templates?name=order_ready")
    sim.template("order_ready", text=KNOWN["order_ready"].text, status="PENDING")  # last, on the second page
    done = command("check")
    assert done.exit_code == 1
    assert [line.split() for line in done.output.splitlines() if line.startswith("!")] == [
        ["!", "order_ready", "order_ready", "is", "pending"]
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WHATSAPP_ACCESS_TOKEN", "wrong", "190"),
        ("WHATSAPP_BUSINESS_ACCOUNT_ID", "42", "100/33"),
        ("WHATSAPP_ACCESS_TOKEN", "", "needs"),
    ],
)
def test_check_says_why_it_could_not_ask(command: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    done = command("check")
    assert done.exit_code == 1
    assert said in done.output
