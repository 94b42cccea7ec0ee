"""The sheet in a photo: found where it is, left alone where it is not certain."""

import numpy as np
import pytest

from tests import ocr_photos
from worker.ocr import page


def _worst_corner(found, true):
    """The largest distance of a corner from its place, as a share of the sheet's diagonal, whichever corner is called first."""
    gaps = [np.linalg.norm(np.roll(found, turn, axis=0) - true, axis=1).max() for turn in range(4)]
    return min(gaps) / np.linalg.norm(true[2] - true[0])


@pytest.mark.parametrize("desk", ocr_photos.DESKS)
def test_a_sheet_on_any_desk_is_found_to_a_hundredth_of_its_size(desk):
    taken = ocr_photos.photo(ocr_photos.paper(1, table=True), 1, desk=desk, tilt=0.1, angle=6)

    sheet = page.find(ocr_photos.jpeg(taken.pixels))

    assert sheet is not None and _worst_corner(sheet.corners, taken.corners) < 0.01


@pytest.mark.parametrize("desk", ["plain", "wood", "stone"])
def test_a_dark_letterhead_belongs_to_the_sheet(desk):
    taken = ocr_photos.photo(ocr_photos.paper(2, band=True), 2, desk=desk)

    sheet = page.find(taken.pixels)

    assert sheet is not None and _worst_corner(sheet.corners, taken.corners) < 0.02


def test_a_shadow_across_the_paper_is_not_taken_for_a_sheet():
    taken = ocr_photos.photo(ocr_photos.paper(55), 5, desk="plain", fill=1.12, shadow=0.5)

    sheet = page.find(taken.pixels)

    assert sheet is None


def test_a_long_till_receipt_is_found():
    taken = ocr_photos.photo(ocr_photos.receipt(4), 4, desk="cloth", fill=0.9)

    sheet = page.find(taken.pixels)

    assert sheet is not None and _worst_corner(sheet.corners, taken.corners) < 0.02


def test_a_flat_scan_is_left_whole():
    scan = ocr_photos.jpeg(ocr_photos.paper(5, table=True))

    sheet = page.find(scan)

    assert sheet is None


@pytest.mark.parametrize("desk", ocr_photos.DESKS)
def test_an_empty_desk_holds_no_sheet(desk):
    empty = ocr_photos.photo(np.full((100, 70, 3), 128, np.uint8), 6, desk=desk, fill=0.01)

    sheet = page.find(empty.pixels)

    assert sheet is None


def test_the_flat_page_keeps_the_sheets_longer_sides_and_a_margin():
    corners = np.array([[100, 50], [500, 60], [520, 700], [90, 690]], np.float32)

    _, (width, height) = page.flattening(corners)

    assert (width, height) == (430 + 2 * page.margin_of(corners), 640 + 2 * page.margin_of(corners))
