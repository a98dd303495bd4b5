"""Uploads as a browser leaves them, and ZIPs of pictures."""

import zipfile
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image

from accounts.models import User
from distillation.models import Upload
from distillation.uploads.services import upload_store


def sent(name: str, data: bytes, *, by: User, part: str = "products") -> Upload:
    return upload_store(file=ContentFile(data, name), part=part, by=by)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(name, data)
    return packed.getvalue()


def png(colour: str) -> bytes:
    data = BytesIO()
    Image.new("RGB", (80, 80), colour).save(data, "PNG")
    return data.getvalue()
