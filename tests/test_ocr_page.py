"""The sheet in a photo: found where it is, left alone where it is not certain."""

import numpy as np
import pytest

from tests import ocr_photos
from worker.ocr import beyond, page


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


def _paper_out_of_the_top(*, row, colour):
    """(420, 315, 3) float32 Lab: bright paper between x = 30 and 285 down to y = 380 on a dark desk; `row` from, to of another colour."""
    lab = np.full((420, 315, 3), (30.0, 5.0, 10.0), np.float32)
    lab[:380, 30:285] = (90.0, 0.0, 4.0)
    lab[row[0] : row[1], 30:285] = colour
    return lab


def _quad(top):
    return np.array([[29.5, top], [284.5, top], [284.5, 379.5], [29.5, 379.5]], np.float32)


def test_a_side_on_a_tinted_row_is_moved_out_as_the_papers_edges_go_on_beyond_it():
    lab = _paper_out_of_the_top(row=(60, 110), colour=(80.0, 0.0, -3.0))

    corners = beyond.freed(_quad(109.5), lab)

    assert corners[:2, 1].max() < 0 and np.allclose(corners[2:], _quad(0)[2:])


def test_a_coloured_letterhead_alone_is_not_the_sheet():
    lab = _paper_out_of_the_top(row=(0, 60), colour=(50.0, -30.0, 10.0))
    band = np.array([[29.5, 2.0], [284.5, 2.0], [284.5, 59.5], [29.5, 59.5]], np.float32)
    lab[:3] = (30.0, 5.0, 10.0)
    lab[60:, 30:285] += (0.0, -8.0, 2.0)  # a greenish paper: the edges of band and paper are of a kind

    corners = beyond.freed(band, lab)

    assert corners[2:, 1].min() > 300


def test_a_sheet_that_ends_where_its_side_is_stays_as_it_is():
    lab = _paper_out_of_the_top(row=(0, 60), colour=(30.0, 5.0, 10.0))

    corners = beyond.freed(_quad(59.5), lab)

    assert np.allclose(corners, _quad(59.5))
