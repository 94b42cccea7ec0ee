"""PDF -> pages: rendered to pixels by pdfium, with what they say themselves where that is real text (`textlayer.py`).

A page is rendered to a number of pixels and never to a resolution: what size it claims to have is up to whoever made it.
Rendering cannot be interrupted from here; a page that takes too long is the business of the reader's limits.
"""

from __future__ import annotations

import math
from contextlib import closing, suppress

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from worker.ocr import textlayer
from worker.ocr.errors import Unreadable
from worker.ocr.sheets import MAX_PAGES, Loaded, Sheet, sheet

RENDER_SIDE = 2600  # A4 at 220 dpi: small print is 20 pixels high
MOST_DPI = 300  # of pages smaller than that: a slip of 60 mm has no more to show
LEAST_SIDE_PT, MOST_SIDE_PT = 1e-3, 1e7


def load(content: bytes) -> Loaded:
    """The first five pages, and how many more there are. Raises Unreadable."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as bad:
        raise Unreadable("encrypted_pdf" if _asks_for_password(bad, content) else "broken") from bad
    with closing(document):
        with suppress(pdfium.PdfiumError):
            document.init_forms()  # or what was typed into a form's fields stays unseen
        count = len(document)
        pages = [page for number in range(min(count, MAX_PAGES)) if (page := _page(document, number)) is not None]
    if not pages:
        raise Unreadable("broken")
    return Loaded(tuple(pages), max(0, count - MAX_PAGES), "pdf")


def _page(document: pdfium.PdfDocument, number: int) -> Sheet | None:
    """One page, None when it is damaged."""
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return None
    with closing(page):
        sides = page.get_size()
        if not all(math.isfinite(side) and LEAST_SIDE_PT < side < MOST_SIDE_PT for side in sides):
            return None
        scale = min(RENDER_SIDE / max(sides), MOST_DPI / 72)
        try:
            bitmap = page.render(scale=scale, rev_byteorder=True)
        except (pdfium.PdfiumError, ValueError):
            return None
        with closing(bitmap):
            pixels = np.array(bitmap.to_numpy())
            lines = textlayer.lines(page, bitmap, pixels)
    if lines:
        return Sheet(pixels, lines)
    return sheet(Image.fromarray(pixels))


def _asks_for_password(error: pdfium.PdfiumError, content: bytes) -> bool:
    """pdfium's last error may be that of an earlier file: what is locked also says so, in a part that is never packed."""
    return error.err_code == pdfium.raw.FPDF_ERR_PASSWORD and b"/Encrypt" in content
