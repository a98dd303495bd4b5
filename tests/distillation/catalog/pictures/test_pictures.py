import hashlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, PngImagePlugin
from pytest_django import Settings

from distillation.catalog.pictures.store import FORMATS, BadPicture, picture_encode, picture_store
from distillation.models import Picture

RED, WHITE = (255, 0, 0), (255, 255, 255)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def stored(data: bytes) -> Image.Image:
    return Image.open(BytesIO(picture_encode(data).jpeg))


def reason(data: bytes) -> str:
    with pytest.raises(BadPicture) as caught:
        picture_encode(data)
    return caught.value.reason


def near(image: Image.Image, xy: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 8 for a, b in zip(image.getpixel(xy), colour, strict=True))


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


def png_claiming(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("form", FORMATS)
def test_formats_become_jpeg_of_the_same_size(form: str) -> None:
    image = stored(encoded(Image.new("RGB", (120, 80), RED), form))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (120, 80))


def test_long_side_is_at_most_1024_and_the_thumbnails_320() -> None:
    picture = picture_encode(encoded(Image.new("RGB", (4096, 1024)), "JPEG"))
    assert (picture.width, picture.height) == (1024, 256)  # 4096 x 1024 over 4
    assert Image.open(BytesIO(picture.thumbnail)).size == (320, 80)  # 1024 x 256 times 320 / 1024


def test_exif_rotation_is_applied() -> None:
    image = Image.new("RGB", (128, 64), WHITE)
    image.paste(RED, (0, 0, 64, 64))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: left becomes top
    upright = stored(encoded(image, "JPEG", exif=exif))
    assert upright.size == (64, 128)
    assert near(upright, (32, 10), RED)
    assert near(upright, (32, 116), WHITE)


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ((63, 200), "shorter side under 64 pixels: too small to judge by"),
        ((640, 79), "longer side over 8 times the shorter: a strip, no picture"),  # 8 x 79 = 632
    ],
)
def test_what_is_too_small_or_stretched_is_no_picture(size: tuple[int, int], why: str) -> None:
    assert reason(encoded(Image.new("RGB", size), "PNG")) == why


@pytest.mark.parametrize("size", [(64, 64), (640, 80)])
def test_just_large_enough_is_a_picture(size: tuple[int, int]) -> None:
    assert stored(encoded(Image.new("RGB", size), "PNG")).size == size


def test_metadata_is_stripped() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret"
    data = encoded(Image.new("RGB", (90, 90)), "JPEG", exif=exif, comment=b"secret", icc_profile=b"secret profile")
    assert b"secret" in data
    assert b"secret" not in picture_encode(data).jpeg


def red_and_green_swapped() -> bytes:
    """sRGB with the primaries of red and green exchanged, and without its name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_colours_are_those_that_the_profile_means(form: str) -> None:
    image = stored(encoded(Image.new("RGB", (120, 80), RED), form, icc_profile=red_and_green_swapped()))
    assert near(image, (90, 70), (0, 255, 0))
    assert "icc_profile" not in image.info


def test_a_profile_does_not_cost_the_transparency() -> None:
    image = Image.new("RGBA", (120, 80), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 30, 40))
    left = stored(encoded(image, "PNG", icc_profile=red_and_green_swapped()))
    assert near(left, (5, 20), (0, 255, 0))
    assert near(left, (55, 20), WHITE)


def test_a_profile_of_another_kind_of_picture_is_ignored() -> None:
    grey = encoded(Image.new("L", (120, 80), 128), "JPEG", icc_profile=red_and_green_swapped())
    assert near(stored(grey), (90, 70), (128, 128, 128))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_costs_only_the_rotation() -> None:
    data = encoded(Image.new("RGB", (120, 80), RED), "JPEG", exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff garbage")
    assert stored(data).size == (120, 80)


def test_transparency_lies_on_white() -> None:
    clear = stored(encoded(Image.new("RGBA", (90, 90), (0, 0, 0, 0)), "PNG"))
    palette = Image.new("P", (90, 90), 0)
    palette.putpalette([0, 0, 0])
    assert near(clear, (4, 4), WHITE)
    assert near(stored(encoded(palette, "PNG", transparency=0)), (4, 4), WHITE)


def test_16_bit_grey_is_scaled() -> None:
    middle = stored(encoded(Image.new("I;16", (90, 90), 32768), "PNG"))
    assert near(middle, (4, 4), (128, 128, 128))  # 32768 / 256


def test_cmyk_jpeg() -> None:
    image = stored(encoded(Image.new("CMYK", (90, 90), (0, 255, 255, 0)), "JPEG"))
    assert image.mode == "RGB"
    assert near(image, (4, 4), RED)  # no cyan, all magenta and yellow


def test_animated_gif_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (90, 90), RED), Image.new("RGB", (90, 90), WHITE)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert near(stored(data), (4, 4), RED)


@pytest.mark.parametrize("text", [b"Not found", b"<html><body>404</body></html>", "Café".encode()])
def test_text_named_jpg(text: bytes) -> None:
    assert reason(text) == "not a picture (text)"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_truncated(form: str) -> None:
    data = encoded(noise(200, 200), form)
    assert reason(data[: len(data) // 2]) == "truncated"


def test_truncated_webp() -> None:
    data = encoded(noise(200, 200), "WEBP")
    assert "WEBP" in reason(data[: len(data) // 2])


def test_header_only() -> None:
    assert reason(encoded(noise(20, 20), "JPEG")[:12]) == "broken JPEG header"


def test_empty_file() -> None:
    assert reason(b"") == "empty file"


def test_30000_by_30000_png_is_refused_on_its_header() -> None:
    assert reason(png_claiming(30_000, 30_000)) == "900,000,000 pixels, more than 100,000,000"


def test_too_many_bytes() -> None:
    assert reason(b"\xff" * 30_000_001) == "30,000,001 bytes, more than 30,000,000"


def test_the_setting_moves_the_limit(settings: Settings) -> None:
    """The same bytes are too many under one setting and a picture under another."""
    data = encoded(Image.new("RGB", (120, 90), RED), "PNG")
    settings.FETCH_MAX_BYTES = len(data) - 1
    assert reason(data) == f"{len(data)} bytes, more than {len(data) - 1}"
    settings.FETCH_MAX_BYTES = len(data)
    assert stored(data).size == (120, 90)


def test_other_formats_are_named() -> None:
    assert reason(encoded(Image.new("RGB", (90, 90)), "TIFF")) == "format TIFF is not read"


def test_arbitrary_bytes() -> None:
    assert reason(bytes(range(256))) == "not a picture"


def test_text_bomb_in_png_is_a_reason() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 80_000_000, zip=True)
    assert reason(encoded(Image.new("RGB", (90, 90)), "PNG", pnginfo=info)).startswith("broken PNG")


def test_jpeg_of_endless_scans_is_refused_on_its_header() -> None:
    """Each scan, of a few bytes, makes a decoder go over all pixels once more."""
    data = encoded(noise(64, 64), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    scan = data[last:-2]  # up to the end-of-image marker
    assert reason(data[:last] + 100 * scan + b"\xff\xd9") == "a JPEG of more than 100 scans"


@pytest.mark.django_db
def test_stored_under_the_digest_of_its_bytes() -> None:
    picture = picture_store(encoded(Image.new("RGB", (120, 80), RED), "PNG"))
    data = default_storage.open(picture.name).read()
    assert hashlib.sha256(data).hexdigest() == picture.digest
    assert (picture.width, picture.height, picture.size) == (120, 80, len(data))
    assert default_storage.exists(picture.thumbnail_name)


@pytest.mark.django_db
def test_the_same_picture_is_stored_once(media: Path) -> None:
    data = encoded(Image.new("RGB", (120, 80), RED), "PNG")
    assert picture_store(data) == picture_store(data)
    assert Picture.objects.count() == 1
    assert len([path for path in media.rglob("*") if path.is_file()]) == 2  # the picture and its thumbnail
