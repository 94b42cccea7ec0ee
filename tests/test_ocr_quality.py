"""Which photos are asked for again: those nobody can read, for the right reason, and no others."""

import numpy as np
import pytest

from models.readings import Quality
from tests import ocr_photos
from worker.ocr.clean import clean
from worker.ocr.quality import complaint_after_reading


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


@pytest.mark.parametrize("seed", [8, 9])
def test_grain_a_fold_and_a_ring_of_tea_are_no_writing(seed):
    taken = ocr_photos.photo(ocr_photos.aged(seed), seed, desk="cloth", shadow=0.3)

    complaint = _complaint(taken.pixels)

    assert complaint == "blank"


@pytest.mark.parametrize("kind", ["hills", "fur"])
def test_a_picture_without_paper_is_blank(kind):
    assert _complaint(ocr_photos.scenery(1, kind)) == "blank"


def test_a_ruled_sheet_is_not_called_blurred_for_its_rules():
    taken = ocr_photos.photo(ocr_photos.ruled(ocr_photos.paper(16, size=22)), 16, desk="wood", size=(720, 1280))

    complaint = _complaint(taken.pixels)

    assert complaint == ""


@pytest.mark.parametrize("sigma", [7.0, 9.0])
def test_a_noisy_cameras_grain_does_not_pass_for_sharp_letters(taken, sigma):
    grain = np.random.default_rng(17).normal(0, 6, taken.shape)
    noisy = np.clip(ocr_photos.defocused(taken, sigma) + grain, 0, 255).astype(np.uint8)

    assert _complaint(noisy) == "blurred"


def test_a_table_whose_rules_run_out_of_the_picture_is_cropped():
    sheet = ocr_photos.paper(18, table=True)
    taken = ocr_photos.photo(sheet, 18, desk="wood", tilt=0.0, angle=1.0, fill=0.84)
    right = int(taken.corners[1][0] - 0.12 * (taken.corners[1][0] - taken.corners[0][0]))

    complaint = _complaint(np.ascontiguousarray(taken.pixels[:, :right]))

    assert complaint == "cropped"


def test_a_sheet_ruled_from_edge_to_edge_is_whole_when_only_its_margin_is_cut():
    sheet = ocr_photos.ruled(ocr_photos.paper(19))
    taken = ocr_photos.photo(sheet, 19, desk="wood", tilt=0.0, angle=1.0, fill=0.84)
    right = int(taken.corners[1][0] - 0.02 * (taken.corners[1][0] - taken.corners[0][0]))

    complaint = _complaint(np.ascontiguousarray(taken.pixels[:, :right]))

    assert complaint == ""


def test_specks_along_the_edge_of_a_copy_are_no_lines():
    copy = np.where(ocr_photos.paper(20) > 128, 255, 0).astype(np.uint8)
    for y in np.random.default_rng(20).integers(0, 1400, 90):
        copy[y : y + 14, :9] = 0

    assert _complaint(copy) == ""


@pytest.mark.parametrize(
    ("measured", "confidences", "letters", "complaint"),
    [
        ("blurred", [0.97] * 9, [12] * 9, ""),  # it could be read
        ("cropped", [0.97] * 9, [12] * 9, "cropped"),
        ("blurred", [0.4, 0.3], [9, 7], "blurred"),
        ("dark", [0.87], [45], "dark"),  # one word of 45 letters is a pattern
        ("", [0.3], [2], "blank"),
        ("cropped", [], [], "blank"),
        ("", [0.6, 0.5, 0.7], [9, 7, 11], ""),  # a hand that is hard to read is no fault of the photo
        ("blank", [], [], "blank"),
        ("shaken", [0.47, 0.3], [6, 7], "blurred"),
    ],
)
def test_what_was_read_decides_what_measuring_could_not(measured, confidences, letters, complaint):
    soft = Quality(
        sharpness=0.3, brightness=0.8
    )  # nothing amiss was measured, but letters drawn out by a hand that shook may hide
    quality = soft if measured == "shaken" else Quality(sharpness=0.7, brightness=0.8, complaint=measured)

    decided = complaint_after_reading(quality, confidences, letters)

    assert decided == complaint
