"""Key presses as keyboards of other layouts send them: what is printed, and where it lies."""

from playwright.sync_api import Page

# What the places of a PC keyboard print without Shift, from KeyA on, after the digits. French: AZERTY; Russian: ЙЦУКЕН;
# Arabic (101), whose KeyB writes a ligature.
_LETTERS = {
    "fr": "qbcdefghijkl,noparstuvzxyw",
    "ru": "фисвуапршолдьтщзйкыегмцчня",
    "ar": "شﻻؤيثبلاهتنمةىخحضقسفعرصءغئ",
}
_DIGITS = {"fr": "à&é\"'(-è_ç", "ru": "0123456789", "ar": "٠١٢٣٤٥٦٧٨٩"}


def codes(layout: str) -> dict[str, str]:
    """What each place prints."""
    letters = {f"Key{chr(ord('A') + place)}": printed for place, printed in enumerate(_LETTERS[layout])}
    return letters | {f"Digit{digit}": printed for digit, printed in enumerate(_DIGITS[layout])}


def place_of(layout: str, name: str) -> str:
    """Where a person finds a key that the page names: by its letter where one is printed, else by its place."""
    printed = {text: code for code, text in codes(layout).items()}
    return printed.get(name) or (f"Digit{name}" if name.isdigit() else f"Key{name.upper()}")


def press(page: Page, layout: str, *names: str) -> None:
    """Through the browser's own input, below Playwright's keyboard, which knows only an American one."""
    session = page.context.new_cdp_session(page)
    for name in names:
        code = place_of(layout, name)
        printed = codes(layout)[code]
        for kind in ("keyDown", "keyUp"):
            text = {"text": printed} if kind == "keyDown" else {}
            session.send("Input.dispatchKeyEvent", {"type": kind, "key": printed, "code": code, **text})
    session.detach()


def tell(page: Page, layout: str) -> None:
    """Let the browser tell the page of this layout, as it tells of the one that the system has."""
    page.add_init_script(f"navigator.keyboard.getLayoutMap = async () => new Map(Object.entries({codes(layout)!r}))")
