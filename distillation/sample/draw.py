"""Draw the sample's pictures: python draw.py FONT.woff2 (see README.md for the font; needs playwright and Pillow)."""

import sys
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Thing(NamedTuple):
    """One emoji; its centre and size in hundredths of the picture, its distance to the floor in those of its size."""

    emoji: str
    x: float = 50
    y: float = 48
    size: float = 66
    turn: float = 0
    floor: float = 52


class Shot(NamedTuple):
    name: str
    things: list[Thing]
    background: str = "white"
    width: int = 720
    height: int = 720


GREY, WARM, COOL, SAND, MINT, ROSE = "#e9eaec", "#f1e7db", "#dfe8f0", "#efe3c8", "#dcebe2", "#f1dfe0"

SHOTS = [
    Shot("camera", [Thing("📷", size=70)]),
    Shot("backpack", [Thing("🎒", size=74)], GREY, 640, 760),
    Shot("laptop", [Thing("💻", size=88)], COOL, 800, 640),
    Shot("mouse", [Thing("🖱️", size=70, turn=-24, floor=46)]),
    Shot("keyboard", [Thing("⌨️", size=104, turn=-6, floor=36)], GREY, 800, 600),
    Shot("headphones", [Thing("🎧", size=74)], WARM),
    Shot("smartphone", [Thing("📱", x=46, size=84, turn=-8)], COOL, 640, 760),
    Shot("batteries", [Thing("🔋", x=34, y=46, size=46, turn=-14), Thing("🔋", x=66, y=54, size=46, turn=10)]),
    Shot("controller", [Thing("🎮", size=92, turn=-10, floor=44)], ROSE, 800, 640),
    Shot("monitor", [Thing("🖥️", size=88)], "white", 800, 680),
    Shot("microphone", [Thing("🎙️", size=72)], GREY, 640, 760),
    Shot("flashlight", [Thing("🔦", size=74)], SAND, 760, 680),
    Shot("radio", [Thing("📻", size=74)], WARM, 760, 680),
    Shot("telescope", [Thing("🔭", size=78)], COOL),
    Shot("printer", [Thing("🖨️", size=74)], "white", 760, 700),
    Shot("watch", [Thing("⌚", size=74, turn=8)], MINT, 640, 760),
    Shot("running-shoe", [Thing("👟", size=96, floor=38)], "white", 800, 640),
    Shot("socks", [Thing("🧦", size=70)], MINT),
    Shot("hiking-boot", [Thing("🥾", size=74)], SAND, 760, 700),
    Shot("t-shirt", [Thing("👕", size=76)], GREY),
    Shot("jeans", [Thing("👖", size=100)], "white", 600, 780),
    Shot("scarf", [Thing("🧣", size=76)], COOL),
    Shot("gloves", [Thing("🧤", size=72)], GREY),
    Shot("coat", [Thing("🧥", size=92)], "white", 640, 780),
    Shot("dress", [Thing("👗", size=98)], ROSE, 600, 780),
    Shot("sun-hat", [Thing("👒", size=92, turn=-6, floor=44)], SAND, 760, 640),
    Shot("sunglasses", [Thing("🕶️", size=118, floor=24)], "white", 800, 560),
    Shot("dress-shirt", [Thing("👔", size=76)], COOL, 680, 760),
    Shot("handbag", [Thing("👜", size=74)], WARM, 680, 740),
    Shot("cap", [Thing("🧢", size=88, floor=44)], GREY, 760, 640),
    Shot("suitcase", [Thing("🧳", size=76)], MINT, 660, 780),
]

PAGE = """<style>
@font-face {{ font-family: Drawn; src: url("{font}"); }}
body {{ margin: 0; width: {width}px; height: {height}px; position: relative; overflow: hidden; background: {ground}; }}
p {{ font-family: Drawn; line-height: 1; margin: 0; position: absolute; white-space: nowrap; }}
i {{ position: absolute; border-radius: 50%; background: radial-gradient(#0006, #0000 68%); }}
</style>{things}"""


def ground(colour: str) -> str:
    """White as shops have it, or a lit wall over a floor."""
    if colour == "white":
        return "white"
    return f"radial-gradient(ellipse at 50% 36%, #fffd, #fff0 62%), linear-gradient({colour} 70%, #0002 170%) {colour}"


def placed(thing: Thing, shot: Shot) -> str:
    side = thing.size / 100 * min(shot.width, shot.height)
    left, top = thing.x / 100 * shot.width, thing.y / 100 * shot.height
    centre = "transform: translate(-50%, -50%)"
    floor = top + thing.floor / 100 * side
    shadow = f"left: {left}px; top: {floor}px; width: {1.1 * side}px; height: {0.16 * side}px; {centre}"
    look = f"left: {left}px; top: {top}px; font-size: {side / 1.17}px; {centre} rotate({thing.turn}deg)"
    return f'<i style="{shadow}"></i><p style="{look}">{thing.emoji}</p>'


def draw(page: Page, shot: Shot, font: str) -> Image.Image:
    page.set_viewport_size({"width": shot.width, "height": shot.height})
    things = "".join(placed(thing, shot) for thing in shot.things)
    page.set_content(
        PAGE.format(font=font, width=shot.width, height=shot.height, ground=ground(shot.background), things=things)
    )
    page.evaluate("document.fonts.load('20px Drawn', '📷')")
    page.evaluate("document.fonts.ready")
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def main(font: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.route(
            "http://sample/font", lambda route: route.fulfill(path=font, headers={"Access-Control-Allow-Origin": "*"})
        )
        for shot in SHOTS:
            draw(page, shot, "http://sample/font").save(HERE / f"img/{shot.name}.jpg", quality=86, optimize=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
