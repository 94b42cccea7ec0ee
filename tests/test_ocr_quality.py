"""Which photos are asked for again: those nobody can read, for the right reason, and no others."""

import numpy as np
import pytest

from tests import ocr_photos
from worker.ocr.clean import clean


def _complaint(pixels):
    return clean(ocr_photos.jpeg(pixels)).quality.complaint


@pytest.fixture(scope="module")
def taken():
    return ocr_photos.photo(ocr_photos.paper(7, table=True), 7, desk="wood").pixels


@pytest.mark.parametrize(
    ("seed", "desk", "band", "shadow"),
    [
        (11, "wood", False, 0.0),
        (12, "stone", True, 0.0),
        (13, "cloth", False, 0.5),
        (14, "plain", True, 0.4),
        (15, "bright", False, 0.0),
    ],
)
def test_a_readable_photo_is_not_asked_for_again(seed, desk, band, shadow):
    taken = ocr_photos.photo(ocr_photos.paper(seed, band=band, form=seed), seed, desk=desk, shadow=shadow)

    complaint = _complaint(taken.pixels)

    assert complaint == ""


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_a_little_out_of_focus_is_still_readable(taken, sigma):
    assert _complaint(ocr_photos.defocused(taken, sigma)) == ""


@pytest.mark.parametrize("sigma", [4.0, 6.0, 10.0])
def test_letters_melted_together_are_blurred(taken, sigma):
    assert _complaint(ocr_photos.defocused(taken, sigma)) == "blurred"


@pytest.mark.parametrize("degrees", [0, 45, 90, 135])
def test_a_hand_that_shook_in_any_direction_is_blurred(taken, degrees):
    assert _complaint(ocr_photos.shaken(taken, 17, degrees)) == "blurred"


def test_a_dim_room_is_still_readable(taken):
    assert _complaint(ocr_photos.darkened(taken, 0.35)) == ""


@pytest.mark.parametrize("light", [0.08, 0.03])
def test_a_photo_in_the_dark_is_dark(taken, light):
    assert _complaint(ocr_photos.darkened(taken, light)) == "dark"


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_lines_that_run_out_of_the_picture_are_cropped(seed):
    near = ocr_photos.photo(ocr_photos.paper(seed), seed, fill=1.5)

    complaint = _complaint(near.pixels)

    assert complaint == "cropped"


def test_an_empty_sheet_is_blank():
    empty = ocr_photos.photo(np.full((1400, 1000, 3), 240, np.uint8), 8, desk="wood")

    complaint = _complaint(empty.pixels)

    assert complaint == "blank"
