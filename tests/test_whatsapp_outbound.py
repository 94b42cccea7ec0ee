from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whatsapp_payloads import steady
from worker.flows.step import AskLocation, Button, Buttons, Choices, Document, Link, Picture, Reply, Row, Section, Template, Text
from worker.whatsapp import limits
from worker.whatsapp.fitting import pieces, shorten
from worker.whatsapp.limits import units
from worker.whatsapp.outbound import OverLimit, build, check, fit, mark_read

NURSE = "👩🏾‍⚕️"  # one character to the eye: woman, skin, joiner, staff, selector
FLAG = "🇳🇬"


def built(reply: Reply, **changes: Any) -> dict[str, Any]:
    return build(reply, **({"number": "2348031234567", "bsuid": None, "callback": "out:7"} | changes))


TWO_ROWS = (Row("p1", "Panadol", "500 mg"), Row("p2", "Emzor"))

# reply -> type and content of its payload
PAYLOADS: list[tuple[Reply, str, dict[str, Any]]] = [
    (Text("Hello"), "text", {"preview_url": False, "body": "Hello"}),
    (
        Buttons("Sure?", (Button("yes", "Yes"), Button("no", "No")), "You can type too"),
        "interactive",
        {
            "type": "button",
            "body": {"text": "Sure?"},
            "footer": {"text": "You can type too"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
                    {"type": "reply", "reply": {"id": "no", "title": "No"}},
                ]
            },
        },
    ),
    (
        Choices("Which?", "Choose", (Section("", TWO_ROWS),), header="Found"),
        "interactive",
        {
            "type": "list",
            "header": {"type": "text", "text": "Found"},
            "body": {"text": "Which?"},
            "action": {
                "button": "Choose",
                "sections": [
                    {"rows": [{"id": "p1", "title": "Panadol", "description": "500 mg"}, {"id": "p2", "title": "Emzor"}]}
                ],
            },
        },
    ),
    (
        AskLocation("Where to?"),
        "interactive",
        {"type": "location_request_message", "body": {"text": "Where to?"}, "action": {"name": "send_location"}},
    ),
    (
        Link("Pay here", "Pay", "https://pay.example/1"),
        "interactive",
        {
            "type": "cta_url",
            "body": {"text": "Pay here"},
            "action": {"name": "cta_url", "parameters": {"display_text": "Pay", "url": "https://pay.example/1"}},
        },
    ),
    (Picture("https://shop.example/a.png", "Front"), "image", {"link": "https://shop.example/a.png", "caption": "Front"}),
    (Picture("1003383421387256"), "image", {"id": "1003383421387256"}),
    (Document("9", "receipt.pdf"), "document", {"id": "9", "filename": "receipt.pdf"}),
    (
        Template("order_update", "en", ("Ada", "12345")),
        "template",
        {
            "name": "order_update",
            "language": {"code": "en"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "12345"}]}],
        },
    ),
    (Template("hello", "en_US"), "template", {"name": "hello", "language": {"code": "en_US"}}),
]


@pytest.mark.parametrize(("reply", "kind", "content"), PAYLOADS)
def test_a_reply_becomes_the_payload_meta_documents(reply: Reply, kind: str, content: dict[str, Any]) -> None:
    assert built(reply) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+2348031234567",
        "biz_opaque_callback_data": "out:7",
        "type": kind,
        kind: content,
    }


def test_a_customer_without_a_number_is_written_to_by_user_id_and_the_number_wins_over_it() -> None:
    by_id = built(Text("hi"), number=None, bsuid="NG.8h2Kd93ksLq01")
    by_both = built(Text("hi"), number="+2348031234567", bsuid="NG.8h2Kd93ksLq01")
    assert (by_id.get("to"), by_id["recipient"]) == (None, "NG.8h2Kd93ksLq01")
    assert (by_both["to"], by_both.get("recipient")) == ("+2348031234567", None)
    with pytest.raises(OverLimit, match="address"):
        built(Text("hi"), number=None, bsuid=None)


def test_an_answer_can_quote_the_message_it_answers() -> None:
    assert built(Text("hi"), reply_to="wamid.1")["context"] == {"message_id": "wamid.1"}


def test_reading_and_typing_are_one_payload() -> None:
    assert mark_read("wamid.1") == {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    assert mark_read("wamid.1", typing=True)["typing_indicator"] == {"type": "text"}


def rows(count: int, **changes: str) -> tuple[Row, ...]:
    return tuple(Row(**({"id": f"r{n}", "title": f"Row {n}"} | changes)) for n in range(count))


OVER: list[tuple[str, Reply]] = [
    ("text.body", Text("x" * 4097)),
    ("text.body", Text("😀" * 2049)),
    ("text.body", Text(" \n")),
    ("buttons.body", Buttons("x" * 1025, (Button("a", "A"),))),
    ("buttons.count", Buttons("x", ())),
    ("buttons.count", Buttons("x", tuple(Button(str(n), str(n)) for n in range(4)))),
    ("buttons.title", Buttons("x", (Button("a", "x" * 21),))),
    ("buttons.id", Buttons("x", (Button("a" * 257, "A"),))),
    ("buttons.footer", Buttons("x", (Button("a", "A"),), "f" * 61)),
    ("buttons.titles_differ", Buttons("x", (Button("a", "A"), Button("b", "A")))),
    ("buttons.ids_differ", Buttons("x", (Button("a", "A"), Button("a", "B")))),
    ("list.body", Choices("x" * 1025, "b", (Section("", rows(1)),))),
    ("list.button", Choices("x", "b" * 21, (Section("", rows(1)),))),
    ("list.header", Choices("x", "b", (Section("", rows(1)),), header="h" * 61)),
    ("list.rows", Choices("x", "b", (Section("a", rows(6)), Section("b", rows(5))))),
    ("list.rows", Choices("x", "b", (Section("a", ()),))),
    ("list.rows_in_section", Choices("x", "b", (Section("a", rows(1)), Section("b", ())))),
    ("list.sections", Choices("x", "b", tuple(Section(str(n), rows(1)) for n in range(11)))),
    ("list.section_title", Choices("x", "b", (Section("", rows(1)), Section("b", rows(1))))),
    ("list.section_title", Choices("x", "b", (Section("s" * 25, rows(1)),))),
    ("list.row_id", Choices("x", "b", (Section("", rows(1, id="i" * 201)),))),
    ("list.row_title", Choices("x", "b", (Section("", rows(1, title="t" * 25)),))),
    ("list.row_description", Choices("x", "b", (Section("", rows(1, description="d" * 73)),))),
    ("list.row_ids_differ", Choices("x", "b", (Section("", rows(2, id="same")),))),
    ("ask_location.body", AskLocation("x" * 1025)),
    ("link.label", Link("x", "l" * 21, "https://a.example")),
    ("link.url", Link("x", "l", "javascript:alert(1)")),
    ("picture.caption", Picture("1", "c" * 1025)),
    ("picture.source", Picture("ftp://x/y")),
    ("document.filename", Document("1", "")),
    ("template.language", Template("a", "English!")),
    ("template.parameter", Template("a", "en", ("",))),
]


@pytest.mark.parametrize(("limit", "reply"), OVER)
def test_a_reply_over_a_limit_is_refused_with_the_name_of_the_limit(limit: str, reply: Reply) -> None:
    with pytest.raises(OverLimit) as refusal:
        check(reply)
    assert refusal.value.limit == limit
    with pytest.raises(OverLimit):
        built(reply)


def test_a_reply_exactly_at_its_limits_passes() -> None:
    full = Section("s" * 24, tuple(Row(f"{n}" + "i" * 199, "t" * 24, "d" * 72) for n in range(10)))
    check(Choices("x" * 1024, "b" * 20, (full,), "h" * 60, "f" * 60))
    check(Buttons("x" * 1024, tuple(Button(f"{n}" + "i" * 255, f"{n}" + "t" * 19) for n in range(3)), "f" * 60))
    check(Text("😀" * 2048))


def test_a_long_text_is_split_at_paragraphs_and_keeps_its_words_in_order() -> None:
    paragraph = " ".join(f"word{n}" for n in range(150))
    text = "\n\n".join([paragraph] * 10)
    parts = fit(Text(text))
    assert 3 <= len(parts) <= 4
    assert all(isinstance(part, Text) and part.body.startswith("word0 ") and part.body.endswith("word149") for part in parts)
    assert " ".join(part.body for part in parts if isinstance(part, Text)).split() == text.split()


def test_a_text_without_borders_is_cut_between_characters_people_see() -> None:
    for unit in (NURSE, FLAG, "e\u0301", "1\ufe0f\u20e3"):
        parts = pieces(unit * 3000, 4096)
        assert "".join(parts) == unit * 3000
        assert all(len(part) % len(unit) == 0 and units(part) <= 4096 for part in parts)


def test_labels_are_shortened_with_an_ellipsis_and_never_inside_a_character() -> None:
    assert shorten("Paracetamol 500mg Tablets Extra", 24) == "Paracetamol 500mg…"
    assert shorten("Paracetamolparacetamolparacetamol", 24) == "Paracetamolparacetamolp…"
    assert shorten("exactly twenty-four char", 24) == "exactly twenty-four char"
    assert shorten("Dr Ada " + NURSE * 4, 20) == f"Dr Ada {NURSE}…"
    assert shorten("abc" + FLAG * 5, 10) == f"abc{FLAG}…"


def test_an_empty_text_is_no_message_and_an_interactive_one_never_loses_its_taps() -> None:
    assert fit(Text(" \u0000 ")) == ()
    assert fit(Buttons("", (Button("a", "A"),))) == (Buttons("…", (Button("a", "A"),)),)
    assert fit(Buttons("Just words", ())) == (Text("Just words"),)
    assert fit(Choices("Nothing found", "Choose", ())) == (Text("Nothing found"),)


def test_a_long_body_goes_ahead_as_text_and_the_taps_come_last() -> None:
    body = "\n\n".join(f"Paragraph {n} " + "x" * 400 for n in range(15))
    *before, last = fit(Buttons(body, (Button("ok", "OK"),)))
    assert all(isinstance(part, Text) for part in before)
    assert isinstance(last, Buttons)
    assert last.buttons == (Button("ok", "OK"),)
    assert " ".join(part.body for part in (*before, last) if isinstance(part, (Text, Buttons))).split() == body.split()


def test_more_than_three_buttons_become_a_list_and_more_than_ten_rows_several() -> None:
    (as_list,) = fit(Buttons("Pick", tuple(Button(f"b{n}", f"Button {n}") for n in range(5))))
    assert isinstance(as_list, Choices)
    assert [row.id for row in as_list.sections[0].rows] == ["b0", "b1", "b2", "b3", "b4"]
    two = fit(Choices("Pick", "Choose", (Section("A", rows(7)), Section("B", tuple(Row(f"x{n}", f"X {n}") for n in range(8))))))
    shown = [[(s.title, len(s.rows)) for s in part.sections] for part in two if isinstance(part, Choices)]
    assert shown == [[("A", 7), ("B", 3)], [("B", 5)]]


def test_button_titles_that_become_equal_when_shortened_are_told_apart() -> None:
    (reply,) = fit(Buttons("Which?", (Button("a", "Paracetamol 500mg tablets"), Button("b", "Paracetamol 500mg tablet pack"))))
    assert isinstance(reply, Buttons)
    assert [button.id for button in reply.buttons] == ["a", "b"]
    assert len({button.title for button in reply.buttons}) == 2


def test_ids_and_addresses_are_never_shortened() -> None:
    for reply in (
        Buttons("x", (Button("a" * 257, "A"),)),
        Choices("x", "b", (Section("", rows(1, id="i" * 201)),)),
        Link("x", "l", "https://a.example/" + "x" * 2000),
    ):
        with pytest.raises(OverLimit):
            fit(reply)


def test_line_breaks_in_template_parameters_become_blanks() -> None:
    assert fit(Template("order_update", "en", ("two\nlines\tand    blanks",))) == (
        Template("order_update", "en", ("two lines and blanks",)),
    )


words = st.text(st.characters(exclude_categories=()), max_size=300) | st.builds(
    lambda unit, times: unit * times, st.sampled_from([NURSE, FLAG, "a ", "x", "\n\n", "é", "😀"]), st.integers(0, 3000)
)
some_rows = st.lists(st.builds(Row, st.uuids().map(str), words, words), max_size=14).map(tuple)
replies: st.SearchStrategy[Reply] = st.one_of(
    st.builds(Text, words),
    st.builds(Buttons, words, st.lists(st.builds(Button, st.uuids().map(str), words), max_size=6).map(tuple), words),
    st.builds(Choices, words, words, st.lists(st.builds(Section, words, some_rows), max_size=4).map(tuple), words, words),
    st.builds(AskLocation, words),
    st.builds(Link, words, words, st.just("https://a.example/x")),
    st.builds(Picture, st.just("12345"), words),
    st.builds(Document, st.just("12345"), words, words),
    st.builds(Template, st.just("t"), st.just("en"), st.lists(words, max_size=3).map(tuple)),
)


@given(replies)
@steady(200)
def test_whatever_a_flow_says_fits_afterwards_and_every_tap_survives(reply: Reply) -> None:
    parts = fit(reply)
    for part in parts:
        json.dumps(built(part)).encode("ascii")
        json.dumps(built(part), ensure_ascii=False).encode("utf-8")
        assert fit(part) == (part,)
    assert sorted(_taps(*parts)) == sorted(_taps(reply))


@given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(3, 60))
@steady(300)
def test_shortened_and_split_text_keeps_to_the_limit_and_loses_nothing(text: str, limit: int) -> None:
    assert units(shorten(text, limit)) <= limit
    parts = pieces(text, limit)
    assert all(units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_the_published_limits_are_what_they_were_when_read() -> None:
    assert (limits.TEXT_BODY, limits.BUTTONS_TITLE, limits.LIST_ROWS, limits.LIST_ROW_TITLE) == (4096, 20, 10, 24)
    assert (limits.LIST_ROW_DESCRIPTION, limits.CALLBACK, limits.NUMBER_PER_SECOND, limits.PAIR_BURST) == (72, 512, 80, 45)


def _taps(*parts: Reply) -> list[str]:
    found: list[str] = []
    for part in parts:
        if isinstance(part, Buttons):
            found += [button.id for button in part.buttons]
        if isinstance(part, Choices):
            found += [row.id for section in part.sections for row in section.rows]
    return found
