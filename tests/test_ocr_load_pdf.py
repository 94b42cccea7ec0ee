"""PDF pages: pixels always, their own text only where it is what people see."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image

from tests import ocr_files
from tests.ocr_files import WORDS, pdf_page, typed
from worker.ocr.errors import Unreadable
from worker.ocr.load import Sheet, load

FULL = b"q 595 0 0 842 0 0 cm /I Do Q "
PICTURE = {"more": "/XObject<</I 5 0 R>>"}


def only(content: bytes) -> Sheet:
    (sheet,) = load(content).pages
    return sheet


def test_a_page_that_was_typed_gives_its_lines_where_they_stand() -> None:
    sheet = only(pdf_page(typed(left=50, top=780, size=12)))

    assert [text for text, _ in sheet.text_lines] == [" ".join(line.split()) for line in WORDS]
    _, first = sheet.text_lines[0]
    assert (first.left, first.top + first.height / 2) == pytest.approx((50 / 595, 1 - 784 / 842), abs=0.006)
    _, third = sheet.text_lines[2]
    ink = sheet.pixels[int(third.top * sheet.pixels.shape[0]) : int((third.top + third.height) * sheet.pixels.shape[0])]
    assert ink.min() < 60


def test_cells_of_a_table_make_one_line_from_left_to_right() -> None:
    cells = b"BT /F1 11 Tf 400 600 Td (twice daily with food) Tj ET BT /F1 11 Tf 60 600 Td (Metformin 850mg tablets) Tj ET "

    texts = [text for text, _ in only(pdf_page(typed() + cells)).text_lines]

    assert "Metformin 850mg tablets twice daily with food" in texts


def test_a_logo_and_ruled_lines_beside_the_text_do_not_count_against_it() -> None:
    logo = ocr_files.image_object(ocr_files.paper((300, 300)))
    content = b"q 90 0 0 90 40 740 cm /I Do Q 0 0 m 50 400 m 550 400 l S 50 380 m 550 380 l S " + typed(top=700)

    assert len(only(pdf_page(content, objects=[logo], **PICTURE)).text_lines) == len(WORDS)


def drawn(letters: int) -> bytes:
    """Letters as a pen draws them: strokes, not text."""
    return b"1.5 w " + b"".join(
        b"%d 300 m %d 312 l %d 300 l %d 311 l S " % (x, x + 4, x + 6, x + 9) for x in range(60, 60 + 14 * letters, 14)
    )


def test_a_signature_under_much_text_does_not_count_against_it() -> None:
    assert len(only(pdf_page(typed(list(WORDS) * 3) + drawn(4))).text_lines) == 3 * len(WORDS)


def test_a_line_added_by_pen_is_not_overlooked_however_much_is_typed_above_it() -> None:
    assert only(pdf_page(typed(list(WORDS) * 3) + drawn(20))).text_lines == ()


def shifted(words: Sequence[str]) -> list[str]:
    """As fonts without a map of their letters give them: every letter three on."""
    return ["".join(chr((ord(x) - 97 + 3) % 26 + 97) if x.isalpha() else x for x in line.lower()) for line in words]


def scan_of(content: bytes, part: float = 1.0) -> tuple[str, bytes]:
    """The upper part of a typed page as a picture, so that text laid over it lies exactly on its words."""
    pixels = only(pdf_page(content)).pixels
    return ocr_files.image_object(Image.fromarray(pixels[: int(part * pixels.shape[0])]))


SCAN = ocr_files.image_object(ocr_files.paper((600, 850)))
NOT_REAL = {
    "a scan without text": (FULL, [SCAN]),
    "a scanner's reading laid invisibly over the scan": (FULL + typed(mode=3), [SCAN]),
    "a scanner's reading hidden under the scan": (typed() + FULL, [SCAN]),
    "a letterhead over a prescription that is a picture": (
        typed() + b"q 500 0 0 350 40 200 cm /I Do Q",
        [ocr_files.image_object(ocr_files.paper((1000, 700)))],
    ),
    "a scanner's reading exactly under the scan": (typed() + FULL, [scan_of(typed())]),
    "a scanner's reading invisibly over a small scan": (
        b"q 595 0 0 336.8 0 505.2 cm /I Do Q " + typed(mode=3),
        [scan_of(typed(), 0.4)],
    ),
    "a scanner's reading hidden under a scan that is part of a form": (
        typed() + b"/I Do",
        [("/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Matrix[595 0 0 842 0 0]/Resources<</XObject<</J 6 0 R>>>>", b"/J Do"), SCAN],
    ),
    "invisible letters": (typed(mode=3), []),
    "white letters on white": (typed(colour="1 g"), []),
    "letters beside the page": (typed(left=2000), []),
    "letters with wrong numbers": (typed(shifted(WORDS)), []),
    "letters with wrong numbers that look like words": (
        typed(shifted(["before relief three hourly for four years or later"] * 3)),
        [],
    ),
    "a font of which only some letters have their number": (typed(["the XKCD of QWRT and ZZPL MNBV DFGH JKLP"] * 5), []),
    "a page number": (typed(["Page 1 of 1"]), []),
    "figures alone": (typed(["12345 67890 12345"] * 9), []),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("name", NOT_REAL)
def test_text_that_people_do_not_see_or_cannot_read_is_not_used(name: str) -> None:
    content, objects = NOT_REAL[name]

    assert only(pdf_page(content, objects=objects, **(PICTURE if objects else {}))).text_lines == ()


def test_one_hidden_line_among_many_seen_ones_is_left_out() -> None:
    hidden = b"BT /F1 12 Tf 1 g 50 200 Td (Tramadol 100mg capsules, thirty) Tj ET"

    texts = [text for text, _ in only(pdf_page(typed(list(WORDS) * 3) + hidden)).text_lines]

    assert len(texts) == 3 * len(WORDS)
    assert not any("Tramadol" in text for text in texts)


def test_lines_that_run_up_the_page_are_left_to_the_engine_which_turns_it() -> None:
    assert only(pdf_page(typed(), more="|/Rotate 90")).text_lines == ()


def test_what_was_typed_into_a_form_is_seen() -> None:
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(x)/F 4/P 3 0 R/Rect[100 400 400 430]/AP<</N 5 0 R>>>>"
    form = ocr_files.pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>",
            field,
            ("/Type/XObject/Subtype/Form/BBox[0 0 300 30]", b"0 g 0 0 300 30 re f"),
        ]
    )

    assert only(form).pixels.min() < 60


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        ("0 0 595 842", (2600, 1838)),
        ("0 0 420 298", (1242, 1750)),  # A6: 300 dpi and no more
        ("0 0 1000000 1000000", (2600, 2600)),
        ("0 0 14400 1", (325, 2600)),
        ("0 0 1 1", (32, 32)),
        ("0 0 0 0", (2600, 2010)),  # pdfium's own paper
        ("-1e38 -1e38 1e38 1e38", (2600, 2010)),
    ],
)
def test_a_page_has_as_many_pixels_as_we_want_whatever_it_claims(box: str, shape: tuple[int, int]) -> None:
    height, width = only(pdf_page(typed(), box=box)).pixels.shape[:2]

    assert (height, width) == pytest.approx(shape, abs=2)


def test_five_pages_of_five_hundred_are_read_and_the_rest_counted() -> None:
    loaded = load(pdf_page(typed(), box="0 0 200 200", pages=500))

    assert (len(loaded.pages), loaded.more_pages) == (5, 495)


LOCKED = f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{'41' * 32}>/U<{'42' * 32}>>>/ID[<{'43' * 16}><{'43' * 16}>]"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (ocr_files.pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"], LOCKED), "encrypted_pdf"),
        (ocr_files.pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]), "broken"),
        (b"%PDF-1.7\n" + b"no page in here " * 20, "broken"),
        (pdf_page(typed())[:300], "broken"),
        (ocr_files.pdf_that_is_its_own_child(), "broken"),
    ],
    ids=["locked", "no pages", "nothing in it", "cut", "a tree without end"],
)
def test_a_pdf_that_cannot_be_opened_says_why(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as told:
        load(content)

    assert told.value.code == code


def test_bytes_before_a_pdf_do_not_hide_it() -> None:
    assert load(b"\r\n\r\n" + pdf_page(typed())).kind == "pdf"
