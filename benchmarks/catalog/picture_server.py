"""A shop's picture server with 1,700 good pictures and 300 bad ones; for benchmarks/catalog/pictures.py.

python -m benchmarks.catalog.picture_server --port PORT    serves until it is stopped; GET /ready answers when it can
"""

import argparse
import asyncio
import gzip
import json
import logging
import random
import struct
import zlib
from collections.abc import Awaitable, Callable
from functools import cache
from io import BytesIO

from aiohttp import web
from PIL import Image, PngImagePlugin

GOOD, BAD = 1_700, 300
FORMS = ("JPEG",) * 12 + ("PNG",) * 3 + ("WEBP",) * 3 + ("GIF", "AVIF")
FASTEST = {"AVIF": {"speed": 10}, "PNG": {"compress_level": 1}, "WEBP": {"method": 0}}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@cache
def scene(size: int) -> Image.Image:
    """A photograph's share of detail: smooth colours and a little noise."""
    small = Image.frombytes("RGB", (12, 12), random.Random(size).randbytes(432))
    noise = Image.effect_noise((size, size), 24).convert("RGB")
    return Image.blend(small.resize((size, size), Image.Resampling.BICUBIC), noise, 0.12)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def good(number: int) -> bytes:
    form = FORMS[number % len(FORMS)]
    image = scene(300 + 100 * (number % 6)).copy()
    mark = Image.frombytes("RGB", (4, 4), random.Random(number).randbytes(48))
    image.paste(mark.resize((64, 64), Image.Resampling.NEAREST), (20, 20))  # no two are alike
    if form == "GIF":
        image = image.quantize(method=Image.Quantize.FASTOCTREE)
    return encoded(image, form, **FASTEST.get(form, {}))


def png_of(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"")]
    framed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Kind: (what is sent with status 200 as image/jpeg, what the reason says)."""
    photo = scene(200)
    whole = {form: encoded(photo, form) for form in ("JPEG", "PNG", "GIF", "WEBP", "AVIF")}
    scanned = encoded(photo, "JPEG", progressive=True)
    last = scanned.rindex(b"\xff\xda")
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * 80_000_000, zip=True)
    flipped = bytearray(whole["PNG"])
    flipped[len(flipped) // 2] ^= 0xFF
    return {
        "html": (b"<!doctype html><title>Sorry</title>", "not a picture (text)"),
        "text": (b"Not found", "not a picture (text)"),
        "json": (b'{"error": "no such picture"}', "not a picture (text)"),
        "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not a picture (text)"),
        "empty": (b"", "empty file"),
        "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "not a picture"),
        "zip": (b"PK\x03\x04" + bytes(200), "not a picture"),
        "zeros": (bytes(5_000), "not a picture"),
        "bytes": (bytes(range(256)) * 20, "not a picture"),
        "tiff": (encoded(photo, "TIFF"), "format TIFF is not read"),
        "bmp": (encoded(photo, "BMP"), "format BMP is not read"),
        "ico": (encoded(photo, "ICO"), "format ICO is not read"),
        "truncated-jpeg": (whole["JPEG"][: len(whole["JPEG"]) // 2], "truncated"),
        "truncated-png": (whole["PNG"][: len(whole["PNG"]) // 2], "truncated"),
        "truncated-gif": (whole["GIF"][: len(whole["GIF"]) // 2], "truncated"),
        "truncated-webp": (whole["WEBP"][: len(whole["WEBP"]) // 2], "WEBP"),
        "truncated-avif": (whole["AVIF"][: len(whole["AVIF"]) // 2], "AVIF"),
        "head-of-jpeg": (whole["JPEG"][:12], "broken JPEG header"),
        "head-of-png": (whole["PNG"][:12], "broken PNG header"),
        "head-of-gif": (whole["GIF"][:8], "broken GIF header"),
        "damaged-png": (bytes(flipped), "broken PNG"),
        "scans": (scanned[:last] + 200 * scanned[last:-2] + b"\xff\xd9", "more than 100 scans"),
        "text-bomb": (encoded(photo, "PNG", pnginfo=text), "broken PNG"),
        "png-bomb": (png_of(30_000, 30_000), "900,000,000 pixels, more than 100,000,000"),
        "gif-bomb": (b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + whole["GIF"][10:], "4,294,836,225 pixels"),
    }


def status(code: int, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=code, headers=headers)

    return answer


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"\xff" * 65_536)


async def ten_gigabytes(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "10000000000"})
    await response.prepare(request)
    return await endless(request)


async def drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"\xff")
        await asyncio.sleep(1)


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"\xff\xd8" * 100)
    request.transport.close()
    return response


async def reset(request: web.Request) -> web.StreamResponse:
    request.transport.abort()
    return web.Response()


async def zipped(request: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(bytes(9_000_000)), headers={"Content-Encoding": "gzip"})


async def loop(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": request.path})


BAD_ANSWERS: dict[str, tuple[Answer, str]] = {
    "403": (status(403), "answered 403 Forbidden"),
    "404": (status(404), "answered 404 Not Found"),
    "410": (status(410), "answered 410 Gone"),
    "429": (status(429), "answered 429 Too Many Requests"),
    "503": (status(503), "answered 503 Service Unavailable"),
    "204": (status(204), "answered 204 No Content"),
    "nowhere": (status(302), "without saying where to"),
    "loop": (loop, "more than 5 redirects"),
    "to-metadata": (status(302, Location="http://169.254.169.254/latest/"), "refused: 169.254.169.254"),
    "to-loopback": (status(302, Location="http://[::1]/"), "refused: ::1"),
    "to-file": (status(302, Location="file:///etc/passwd"), "refused: only http and https"),
    "reset": (reset, "did not answer in full"),
    "half": (half, "did not answer in full"),
    "zipped": (zipped, 'in the encoding "gzip"'),
    "endless": (endless, "more than 30,000,000 bytes"),
    "10-gb": (ten_gigabytes, "10,000,000,000 bytes, more than 30,000,000"),
    "drip": (drip, "took longer than"),
}
BAD_URLS = {
    "ftp://127.0.0.1/{}.jpg": "refused: only http and https",
    "http://user:secret@127.0.0.1/{}.jpg": "refused: the URL holds",
    "http://10.0.0.1/{}.jpg": "refused: 10.0.0.1 leads to 10.0.0.1",
    "http://0x0a000001/{}.jpg": "refused: 0x0a000001 leads to 10.0.0.1",
}
# An ordinary client and decoder would hang on these, fill the memory, or reach what they must not.
HOSTILE = {*BAD_URLS, "endless", "10-gb", "png-bomb", "gif-bomb", "to-metadata", "to-loopback"}


def application() -> web.Application:
    goods = [good(number) for number in range(GOOD)]
    files = bad_files()
    expected = {
        **{kind: reason for kind, (_, reason) in files.items()},
        **{kind: reason for kind, (_, reason) in BAD_ANSWERS.items()},
        **BAD_URLS,
    }

    async def answer_good(request: web.Request) -> web.Response:
        return web.Response(body=goods[int(request.match_info["number"])], content_type="image/jpeg")

    async def answer_bad(request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        if kind in files:
            return web.Response(body=files[kind][0], content_type="image/jpeg")
        return await BAD_ANSWERS[kind][0](request)

    async def ready(request: web.Request) -> web.Response:
        return web.Response(text=json.dumps(expected))

    app = web.Application()
    app.add_routes(
        [
            web.get("/ready", ready),
            web.get("/good/{number}.jpg", answer_good),
            web.get("/bad/{kind}/{number}.jpg", answer_bad),
        ]
    )
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    logging.disable()  # clients that have seen enough are what this is for
    web.run_app(application(), host="127.0.0.1", port=parser.parse_args().port, print=None, access_log=None)
