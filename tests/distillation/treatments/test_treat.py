"""Treatments on pictures that are drawn here, so what each takes away is known."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from distillation.treatments import TREATED, Untreatable, parse_pictures, treat
from distillation.treatments.imaging import filled, foreground

RED, BLUE = (200, 30, 30), (30, 30, 200)


def jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def product(size: int = 336, colour: tuple[int, int, int] = RED, *, rough: bool = True) -> bytes:
    """A square with a rough surface in the middle of a white picture."""
    image, at = Image.new("RGB", (size, size), "white"), size // 4
    noise = np.random.default_rng(1).integers(-60, 60, (size // 2, size // 2, 1)) if rough else 0
    surface = np.clip(np.full((size // 2, size // 2, 3), colour) + noise, 0, 255).astype(np.uint8)
    image.paste(Image.fromarray(surface), (at, at))
    return jpeg(image)


def pixels(stored: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(stored))).astype(int)


def test_the_same_picture_gives_the_same_file_and_no_two_treatments_share_one():
    once, again = ({name: treat(product(112), name, "a").digest for name in TREATED} for _ in range(2))
    assert once == again
    assert len(set(once.values())) == len(TREATED)


def test_grey_takes_the_colour_and_nothing_else():
    effects = treat(product(), "grey@1", "a").effects
    # All of the red quarter of the picture moves to other bins, and none of the white.
    assert (effects.texture, effects.outline) == (pytest.approx(1, abs=0.05), pytest.approx(1, abs=0.05))
    assert effects.colour == pytest.approx(0.75, abs=0.03)


def test_the_median_takes_the_texture_and_leaves_the_outline():
    effects = treat(product(), "median@1", "a").effects
    assert effects.texture < 0.3
    assert effects.outline > 0.7


@pytest.mark.parametrize("name", ["grey@1", "median@1", "blur@1", "shuffle@1", "edges@1"])
def test_large_pictures_lose_as_much_as_small_ones(name: str):
    large = Image.open(BytesIO(product(336))).resize((1008, 1008), Image.Resampling.LANCZOS)
    small, same = treat(product(336), name, "a"), treat(jpeg(large), name, "a")
    assert max(same.width, same.height) == 1008
    assert same.effects.texture == pytest.approx(small.effects.texture, rel=0.25, abs=0.05)


def test_shuffling_keeps_every_tile():
    image = Image.new("RGB", (64, 64))
    for n in range(64):
        image.paste((4 * n, 0, 0), (n % 8 * 8, n // 8 * 8, n % 8 * 8 + 8, n // 8 * 8 + 8))
    before, after = (pixels(x)[4::8, 4::8, 0].ravel() for x in (jpeg(image), treat(jpeg(image), "shuffle@1", "a").jpeg))
    assert not np.allclose(before, after, atol=3)
    assert np.allclose(np.sort(before), np.sort(after), atol=4)


def test_each_picture_is_shuffled_in_its_own_way():
    assert treat(product(), "shuffle@1", "a").digest != treat(product(), "shuffle@1", "b").digest


def test_the_palette_shows_the_products_colours_in_their_proportion():
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).rectangle((50, 50, 149, 149), fill=RED)
    ImageDraw.Draw(image).rectangle((50, 50, 74, 149), fill=BLUE)  # a quarter of the product
    row = pixels(treat(jpeg(image), "palette@1", "a").jpeg)[100]
    assert (row[:, 0] > row[:, 2]).mean() == pytest.approx(0.75, abs=0.06)


def test_a_silhouette_is_black_where_the_product_is():
    shape = pixels(treat(product(), "silhouette@1", "a").jpeg)[..., 0]
    assert (shape < 128).mean() == pytest.approx(0.25, abs=0.02)
    assert (shape[168, 168] < 10, shape[10, 10] > 245) == (True, True)


def test_a_silhouette_needs_a_background_that_can_be_told():
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    with pytest.raises(Untreatable, match="no mask"):
        treat(jpeg(Image.fromarray(noise)), "silhouette@1", "a")


def test_a_grey_picture_made_grey_is_unchanged():
    with pytest.raises(Untreatable, match="unchanged"):
        treat(product(colour=(120, 120, 120)), "grey@1", "a")


def test_a_small_coloured_part_is_a_change():
    image = Image.new("RGB", (300, 300), (128, 128, 128))
    ImageDraw.Draw(image).rectangle((0, 0, 19, 19), fill=RED)  # 400 of 90,000 pixels
    treat(jpeg(image), "grey@1", "a")


def test_a_damaged_picture_says_so():
    with pytest.raises(Untreatable, match="unreadable"):
        treat(b"no picture", "grey@1", "a")


def test_names_have_a_version():
    assert (parse_pictures("grey"), parse_pictures("grey@1"), parse_pictures("as-is")) == ("grey@1", "grey@1", "as-is")


@pytest.mark.parametrize(("name", "words"), [("gray", "known are as-is, grey"), ("grey@9", "no longer made")])
def test_unknown_names_are_refused(name: str, words: str):
    with pytest.raises(ValueError, match=words):
        parse_pictures(name)


def test_holes_are_filled_and_bays_are_not():
    mask = np.ones((9, 9), dtype=bool)
    mask[4, 4] = False  # a hole
    mask[:3, 1] = False  # a bay, open at the top
    assert (~filled(mask)).nonzero()[0].tolist() == [0, 1, 2]


def test_the_foreground_is_what_differs_from_the_border():
    found = foreground(Image.open(BytesIO(product(rough=False))))
    assert found.trusted
    assert found.mask.mean() == pytest.approx(0.25, abs=0.01)
