"""Colours kept, colours taken, pictures laid over one another: in whole pictures as in bands."""

import numpy as np
import pytest
import torch
from tiny_stylize import Rgb, gap, picture

from gesso.arts.stylize.color import BAND, LUMA, blended, laid_over, with_color_statistics, with_colors_of

TALL = 2 * BAND + 37


def gentle(height: int, width: int, seed: int) -> Rgb:
    """A picture far from black and white, so that nothing is clipped."""
    return (picture(height, width, seed) // 4 + 96).astype(np.uint8)


def luma(rgb: Rgb) -> np.ndarray:
    return rgb.astype(np.float64) @ LUMA


def chroma(rgb: Rgb) -> np.ndarray:
    return rgb - luma(rgb)[..., None]


def test_a_painting_in_the_colours_of_the_photo_has_its_own_light_and_the_photo_s_chroma() -> None:
    photo, painted = gentle(60, 50, 0), gentle(60, 50, 1)
    result = with_colors_of(painted, photo)
    assert gap(result, photo) > 20
    assert np.abs(luma(result) - luma(painted)).max() <= 0.51  # a rounded number is off by a half
    assert np.abs(chroma(result) - chroma(photo)).max() <= 1.01


def test_a_picture_in_its_own_colours_is_itself() -> None:
    photo = picture(40, 30)
    assert np.array_equal(with_colors_of(photo, photo), photo)


def test_colours_that_do_not_fit_are_clipped_and_do_not_wrap() -> None:
    red, white = np.full((2, 2, 3), (255, 0, 0), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert with_colors_of(white, red).tolist() == [[[255, 179, 179]] * 2] * 2  # 255 - 0.299 * 255 lighter
    assert with_colors_of(np.zeros_like(red), red).tolist() == [[[179, 0, 0]] * 2] * 2


def test_the_colours_of_a_style_are_taken_as_mean_and_covariance() -> None:
    photo = picture(200, 150)
    mean = torch.tensor([0.55, 0.45, 0.4])
    spread = torch.tensor([[0.10, 0.02, 0.01], [0.00, 0.07, -0.03], [0.00, 0.00, 0.05]])
    covariance = spread @ spread.T
    pixels = with_color_statistics(photo, mean, covariance).reshape(-1, 3) / 255.0
    np.testing.assert_allclose(pixels.mean(axis=0), mean, atol=0.003)
    np.testing.assert_allclose(np.cov(pixels.T), covariance, atol=0.0003)


def test_a_picture_that_has_the_colours_already_stays_as_it_is() -> None:
    photo = picture(200, 150)
    pixels = photo.reshape(-1, 3) / 255.0
    taken = torch.from_numpy(pixels.mean(axis=0)), torch.from_numpy(np.cov(pixels.T))
    assert gap(with_color_statistics(photo, *taken), photo) <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (24, 24)])
def test_a_flat_picture_takes_the_mean_colour(shape: tuple[int, int]) -> None:
    grey = np.full((*shape, 3), 90, np.uint8)
    result = with_color_statistics(grey, torch.tensor([0.8, 0.4, 0.2]), 0.02 * torch.eye(3))
    assert gap(result, np.broadcast_to(np.array([204, 102, 51], np.uint8), result.shape)) <= 1


def test_a_style_of_one_colour_gives_that_colour() -> None:
    result = with_color_statistics(picture(30, 30), torch.tensor([0.2, 0.4, 0.8]), torch.zeros(3, 3))
    assert gap(result, np.broadcast_to(np.array([51, 102, 204], np.uint8), result.shape)) <= 4


def test_none_of_a_painting_is_the_photo_and_all_of_it_the_painting() -> None:
    photo, painted = picture(20, 30), picture(20, 30, 1)
    assert np.array_equal(blended(photo, painted, 0.0), photo)
    assert np.array_equal(blended(photo, painted, 1.0), painted)
    half = np.rint((photo.astype(float) + painted) / 2).astype(np.uint8)
    assert gap(blended(photo, painted, 0.5), half) <= 1


def test_a_mask_says_it_pixel_by_pixel() -> None:
    photo, painted = picture(20, 30), picture(20, 30, 1)
    mask = np.zeros((20, 30), np.float32)
    mask[:, 15:] = 1
    result = blended(photo, painted, mask)
    assert np.array_equal(result[:, :15], photo[:, :15])
    assert np.array_equal(result[:, 15:], painted[:, 15:])


def test_paintings_lie_where_their_masks_are_white_and_the_photo_elsewhere() -> None:
    photo, first, second = (picture(20, 30, seed) for seed in range(3))
    left, right = np.zeros((2, 20, 30), np.float32)
    left[:, :10], right[:, 20:] = 1, 1
    result = laid_over(photo, [first, second], [left, right])
    assert np.array_equal(result[:, :10], first[:, :10])
    assert np.array_equal(result[:, 10:20], photo[:, 10:20])
    assert np.array_equal(result[:, 20:], second[:, 20:])


def test_where_masks_overlap_paintings_share_in_their_proportion() -> None:
    photo = np.zeros((1, 1, 3), np.uint8)
    first, second = np.full_like(photo, 200), np.full_like(photo, 80)
    white = np.ones((1, 1), np.float32)
    assert laid_over(photo, [first, second], [white, white]).tolist() == [[[140] * 3]]
    assert laid_over(photo, [first, second], [3 * white, white]).tolist() == [[[170] * 3]]
    assert laid_over(photo, [first, second], [0.5 * white, 0.25 * white]).tolist() == [[[120] * 3]]
    assert laid_over(photo, [first, second], [0 * white, 0 * white]).tolist() == [[[0] * 3]]


def test_bands_make_no_seams() -> None:
    photo, painted, other = (picture(TALL, 6, seed) for seed in range(3))
    mask = np.linspace(0, 1, TALL * 6).reshape(TALL, 6).astype(np.float32)
    fading = (1 - mask / 2).astype(np.float32)
    whole = {
        "colours": with_colors_of(painted, photo),
        "share": blended(photo, painted, 0.3),
        "mask": blended(photo, painted, mask),
        "masks": laid_over(photo, [painted, other], [mask, fading]),
    }
    for start, stop in ((0, 100), (BAND - 5, BAND + 5), (2 * BAND - 1, TALL)):
        rows = slice(start, stop)
        part = {
            "colours": with_colors_of(painted[rows], photo[rows]),
            "share": blended(photo[rows], painted[rows], 0.3),
            "mask": blended(photo[rows], painted[rows], mask[rows]),
            "masks": laid_over(photo[rows], [painted[rows], other[rows]], [mask[rows], fading[rows]]),
        }
        for name, rgb in whole.items():
            assert np.array_equal(rgb[rows], part[name]), name


def test_colours_are_taken_alike_in_every_band() -> None:
    tile = picture(BAND, 8)
    result = with_color_statistics(
        np.concatenate([tile, tile, tile[:37]]), torch.tensor([0.5, 0.4, 0.3]), 0.01 * torch.eye(3)
    )
    assert np.array_equal(result[:BAND], result[BAND : 2 * BAND])
    assert np.array_equal(result[:37], result[2 * BAND :])
