"""An officer without a mouse: whatever is pressed was come to by Tab, as the page orders it.

Rules of this file: nothing is focused by a script; what Tab does not reach within a page is a fault of the page.
"""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Locator, Page

TABS_MAX: Final = 120  # more than any page has to press
HERE: Final = "element => element === document.activeElement"


def reach(page: Page, target: Locator) -> None:
    """Come to something by Tab alone."""
    target.wait_for()
    for _ in range(TABS_MAX):
        if target.evaluate(HERE):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Come to something by Tab, and press it."""
    reach(page, target)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    """Come to a field by Tab, and type in it."""
    reach(page, target)
    page.keyboard.type(text)
