"""From a photo to a page: flat, upright, evenly lit, whatever came in."""

import cv2
import numpy as np
import pytest

from tests import ocr_photos
from worker.ocr import hashing, ink, light
from worker.ocr.clean import clean


def _slope(cleaned, corners):
    """Degrees by which the sheet's top edge falls on the cleaned page, between -45 and 45, and whether it lies on its side."""
    there = cv2.perspectiveTransform(corners.reshape(-1, 1, 2).astype(np.float32), cleaned.transform).reshape(-1, 2)
    across = there[1] - there[0]
    degrees = np.degrees(np.arctan2(across[1], across[0]))
    return (degrees + 45) % 90 - 45, round(degrees / 90) % 2 == 1


@pytest.mark.parametrize("angle", [-12, 8, 80, 97, 180, 263])
def test_a_page_at_any_angle_ends_level(angle):
    taken = ocr_photos.photo(ocr_photos.paper(21), 21, desk="cloth", angle=angle, fill=0.7)

    cleaned = clean(taken.pixels)

    slope, on_its_side = _slope(cleaned, taken.corners)
    assert abs(slope) < 0.6 and not on_its_side


@pytest.mark.parametrize("angle", [-14.0, -5.0, 0.0, 3.0, 14.0])
def test_a_scan_laid_askew_ends_level(angle):
    sheet = ocr_photos.paper(22, table=True)
    height, width = sheet.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    askew = cv2.warpAffine(sheet, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)

    cleaned = clean(askew)

    assert abs(cleaned.skew - angle) < 0.4


def test_a_shadow_is_gone_and_a_white_headline_on_its_dark_band_stays():
    taken = ocr_photos.photo(ocr_photos.paper(23, band=True), 23, desk="wood", shadow=0.5)

    cleaned = clean(taken.pixels)

    grey = cv2.cvtColor(cleaned.pixels, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    body = grey[int(height * 0.2) : int(height * 0.85), int(width * 0.1) : int(width * 0.9)]
    band = grey[int(height * 0.05) : int(height * 0.09), int(width * 0.2) : int(width * 0.4)]
    assert (body > 215).mean() > 0.9 and np.percentile(band, 95) - np.percentile(band, 5) > 60


def test_what_is_written_lies_within_the_tight_box():
    scan = np.full((1600, 1200, 3), 250, np.uint8)
    scan[500:1000, 300:657] = cv2.resize(ocr_photos.paper(24), (357, 500), interpolation=cv2.INTER_AREA)

    tight = clean(scan).tight

    assert tight.left < 0.28 and tight.top < 0.34 and tight.width < 0.4 and tight.height < 0.4


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 500, 3), np.uint8),
        np.full((500, 1, 3), 255, np.uint8),
        np.full((20, 1200, 3), 200, np.uint8),
        np.zeros((10, 10, 3), np.uint8),
        np.full((900, 700, 3), 255, np.uint8),
        np.zeros((900, 700, 3), np.uint8),
        np.random.default_rng(1).integers(0, 256, (900, 700, 3), np.uint8),
        np.random.default_rng(2).integers(0, 256, (8, 3000, 3), np.uint8),
    ],
    ids=["one row", "one column", "strip", "tiny", "white", "black", "noise", "noisy strip"],
)
def test_no_picture_is_too_odd(pixels):
    cleaned = clean(pixels)

    assert cleaned.pixels.ndim == 3 and cleaned.pixels.dtype == np.uint8 and min(cleaned.pixels.shape) >= 1


def test_the_same_paper_photographed_twice_hashes_nearer_than_another_of_the_form():
    first, other = ocr_photos.paper(31, form=2), ocr_photos.paper(32, form=2)

    one = clean(ocr_photos.photo(first, 1, desk="wood").pixels).picture_hash
    again = clean(ocr_photos.jpeg(ocr_photos.photo(first, 2, desk="cloth", angle=-5, shadow=0.3).pixels)).picture_hash
    third = clean(ocr_photos.photo(other, 3, desk="wood").pixels).picture_hash

    assert hashing.distance(one, again) <= hashing.NEAR < hashing.distance(one, third)


def test_tesseract_gets_large_letters_and_no_ruled_lines():
    sheet = ocr_photos.paper(25, table=True, size=20)

    grey = light.for_tesseract(sheet)

    longest = cv2.morphologyEx(255 - grey, cv2.MORPH_OPEN, np.ones((1, grey.shape[1] // 3), np.uint8)).max()
    assert grey.ndim == 2 and grey.shape[0] > sheet.shape[0] * 1.4 and longest < 100


def test_a_screen_with_light_letters_on_black_becomes_dark_letters_on_white():
    screen = 255 - ocr_photos.paper(26)

    cleaned = clean(ocr_photos.jpeg(screen))

    grey = cv2.cvtColor(cleaned.pixels, cv2.COLOR_RGB2GRAY)
    assert np.median(grey) > 220 and np.percentile(grey, 1) < 120 and cleaned.quality.complaint == ""


def test_a_photo_taken_in_the_dark_is_not_turned_to_its_negative():
    dim = ocr_photos.darkened(ocr_photos.photo(ocr_photos.paper(27), 27, desk="wood").pixels, 0.3)

    assert not ink.light_on_dark(dim)


def test_an_empty_sheet_is_neither_turned_nor_numbered():
    empty = ocr_photos.photo(ocr_photos.aged(8), 8, desk="wood", angle=3)

    cleaned = clean(ocr_photos.jpeg(empty.pixels))

    assert (cleaned.turned, cleaned.skew, cleaned.picture_hash) == (0, 0.0, None)
