"""Picture intake: whatever shops serve becomes a plain JPEG, addressed by its content, and a thumbnail."""

import hashlib
import os
import warnings
from dataclasses import dataclass
from io import BytesIO
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, ImageOps, features

from distillation.models import Picture

MAX_PIXELS = 100_000_000
MAX_SCANS = 100  # of a progressive JPEG; usual are 10, and each goes over all pixels again
LEAST_SIDE = 64  # pixels: many LVLMs fail under 28, and people judge nothing by less
MOST_STRETCHED = 8  # times the shorter side
LONG_SIDE, QUALITY = 1024, 88
THUMBNAIL_LONG_SIDE, THUMBNAIL_QUALITY = 320, 80
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", *(("AVIF",) if features.check("avif") else ()))

# Pillow's own limit only warns up to twice its value; `_open` checks ours on the header, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
# What damaged metadata makes Pillow say concerns nobody: all metadata is dropped.
warnings.filterwarnings("ignore", module="PIL")


class BadPicture(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class EncodedPicture:
    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int

    def as_picture(self) -> Picture:
        digest = hashlib.sha256(self.jpeg).hexdigest()
        return Picture(digest=digest, width=self.width, height=self.height, size=len(self.jpeg))


def picture_store(data: bytes) -> Picture:
    """The stored picture of these bytes; raises BadPicture with the reason."""
    picture = picture_write(data)
    fields = {"width": picture.width, "height": picture.height, "size": picture.size}
    return Picture.objects.get_or_create(digest=picture.digest, defaults=fields)[0]


def picture_write(data: bytes) -> Picture:
    return files_write(picture_encode(data))


def files_write(encoded: EncodedPicture) -> Picture:
    """Write the files and give the row that is still to be saved: a row never lacks its files. Needs no database."""
    picture = encoded.as_picture()
    if not default_storage.exists(picture.name):
        # The picture comes last: where it is, the thumbnail is.
        _write(picture.thumbnail_name, encoded.thumbnail)
        _write(picture.name, encoded.jpeg)
    return picture


def _write(name: str, data: bytes) -> None:
    try:
        path = default_storage.path(name)
    except NotImplementedError:
        # An object store shows whole objects only.
        default_storage.save(name, ContentFile(data))
        return
    draft = f"{name}.{uuid4().hex}.part"
    try:
        os.replace(default_storage.path(default_storage.save(draft, ContentFile(data))), path)
    except OSError:  # of a full disk, half a file
        default_storage.delete(draft)
        raise


def picture_encode(data: bytes) -> EncodedPicture:
    image = _open(data)
    form = image.format
    try:
        image = _upright_rgb(image)
    except Exception as error:  # decoders raise anything on damaged data, and one picture must not end an import
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadPicture("truncated" if "truncated" in detail else f"broken {form} ({detail[:200]})") from error
    jpeg = _jpeg(image, LONG_SIDE, QUALITY)
    return EncodedPicture(jpeg, _jpeg(image, THUMBNAIL_LONG_SIDE, THUMBNAIL_QUALITY), *image.size)


def refuse_size(size: int) -> None:
    if size == 0:
        raise BadPicture("empty file")
    if size > settings.FETCH_MAX_BYTES:
        raise BadPicture(f"{size:,} bytes, more than {settings.FETCH_MAX_BYTES:,}")


def _open(data: bytes) -> Image.Image:
    refuse_size(len(data))
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except Exception as error:  # as above: headers, too, can be damaged in any way
        raise BadPicture(_unreadable(data)) from error
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise BadPicture(f"{pixels:,} pixels, more than {MAX_PIXELS:,}")
    _refuse_shape(*image.size)
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MAX_SCANS:
        raise BadPicture(f"a JPEG of more than {MAX_SCANS} scans")
    return image


def _refuse_shape(width: int, height: int) -> None:
    shorter, longer = sorted((width, height))
    if shorter < LEAST_SIDE:
        raise BadPicture(f"shorter side under {LEAST_SIDE} pixels: too small to judge by")
    if longer > MOST_STRETCHED * shorter:
        raise BadPicture(f"longer side over {MOST_STRETCHED} times the shorter: a strip, no picture")


def _unreadable(data: bytes) -> str:
    """What a file is that does not open; looks at its first bytes only."""
    head = data[:512]
    if all(byte >= 0x20 or byte in b"\t\n\f\r" for byte in head):
        return "not a picture (text)"
    Image.init()
    for form, (_, accepts) in Image.OPEN.items():
        if accepts and accepts(head) is True:
            return f"broken {form} header" if form in FORMATS else f"format {form} is not read"
    return "not a picture"


def _upright_rgb(image: Image.Image) -> Image.Image:
    """Decode the first frame, at reduced scale where JPEG allows it, and let nothing but its pixels through."""
    image.draft("RGB", (2 * LONG_SIDE, 2 * LONG_SIDE))
    image.load()
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey to white instead of scaling it.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if profile:
        image = _in_srgb(image, profile)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.info = {}
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The colours as meant; as they are where the profile is damaged or for another kind of picture."""
    if image.has_transparency_data or image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        mode = image.mode if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _jpeg(image: Image.Image, long_side: int, quality: int) -> bytes:
    copy = image.copy()
    copy.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    out = BytesIO()
    copy.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
