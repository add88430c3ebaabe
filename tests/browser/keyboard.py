"""An officer without a mouse: whatever is pressed was come to by Tab, as the page orders it, and was seen to be there.

Rules of this file: nothing is focused, filled or chosen by a script; what Tab does not reach within a page is a
fault of the page, and so is a place that has the keyboard and does not show it, or that the page covers; whoever wants
something of a page's content goes there by the first link of the page, which is for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page

TABS_MAX: Final = 160  # more than any page has to press
HELD_MAX: Final = 8  # of one after another in one place: a date and its time of day have this many parts
OPTIONS_MAX: Final = 40
HERE: Final = "element => element === document.activeElement"
# What has the keyboard, and what is wrong with how it shows that. What a script led to, and no key presses (the page's
# content, a fault's words), need not be framed.
SEEN: Final = """target => {
  const held = document.activeElement;
  if (!held || held === document.body) return { there: false, wrong: "", name: "", skip: false };
  const name = held.outerHTML.slice(0, 120), there = held === target;
  if (held.matches(".skip") && document.querySelector(held.hash)?.contains(target)) {
    return { there, wrong: "", name, skip: true };
  }
  if (held.tabIndex < 0) return { there, wrong: "", name };
  const { outlineStyle, outlineWidth } = getComputedStyle(held);
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) return { there, wrong: "is not framed", name };
  const boxes = [...held.getClientRects()];
  if (!boxes.length) return { there, wrong: "has no place", name };
  const [left, top] = [Math.max(0, boxes[0].left), Math.max(0, boxes[0].top)];
  const [right, bottom] = [Math.min(innerWidth, boxes[0].right), Math.min(innerHeight, boxes[0].bottom)];
  if (right - left < 4 || bottom - top < 4) return { there, wrong: "is outside the window", name };
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const over = document.elementFromPoint(x, y);
  const covered = over && !held.contains(over) && !over.contains(held) && !over.closest("label")?.contains(held);
  return { there, wrong: covered ? `is covered by ${over.outerHTML.slice(0, 80)}` : "", name };
}"""


def reach(page: Page, target: Locator, *, back: bool = False) -> None:
    """Come to something by Tab alone, or by Shift and Tab."""
    target.wait_for()
    last, times = "", 0
    for _ in range(TABS_MAX):
        seen = target.evaluate(SEEN)
        assert not seen["wrong"], f"{page.url}: what has the keyboard {seen['wrong']}: {seen['name']}"
        if seen["there"]:
            return
        times = times + 1 if seen["name"] == last else 0
        assert times < HELD_MAX or not last, f"{page.url}: Tab does not leave {last}"
        last = seen["name"]
        page.keyboard.press("Enter" if seen.get("skip") else "Shift+Tab" if back else "Tab")
    raise AssertionError(f"{page.url}: Tab does not lead to {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Come to something by Tab, and press it."""
    reach(page, target)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    """Come to a field by Tab, and type in it in the place of what is there."""
    reach(page, target)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def date(page: Page, target: Locator, value: str) -> None:
    """Come to a field of a day by Tab, and type `value`, an ISO date, in the order in which this browser asks."""
    year, month, day = value.split("-")
    reach(page, target)
    for typed in (month + day + year, day + month + year, year + month + day):
        page.keyboard.type(typed)
        if target.input_value() == value:
            return
        for _ in range(2):  # back to its first part
            page.keyboard.press("ArrowLeft")
    raise AssertionError(f"{page.url}: {value} cannot be typed in {target}")


def time_of_day(page: Page, target: Locator, value: str) -> None:
    """Come to a field of a time of day by Tab, and type `value`, as 14:00."""
    reach(page, target)
    page.keyboard.type(value.replace(":", ""))
    if target.input_value() != value:  # this browser counts to twelve, twice, and keeps the half that it had
        page.keyboard.type("a" if value < "12:00" else "p")
    assert target.input_value() == value


def choose(page: Page, target: Locator) -> None:
    """Come to the choice of one out of several by Tab, and go to this one by arrows."""
    group = page.locator(f"input[name='{target.get_attribute('name')}']")
    chosen = group.and_(page.locator(":checked"))
    reach(page, chosen if chosen.count() else group.first)
    for _ in range(group.count()):
        if target.is_checked():
            return
        page.keyboard.press("ArrowDown" if chosen.count() else "Space")
    raise AssertionError(f"{page.url}: arrows do not lead to {target}")


def pick(page: Page, target: Locator, value: str) -> None:
    """Come to a list by Tab, and go down to a value in it by arrows."""
    reach(page, target)
    page.keyboard.press("Home")
    for _ in range(OPTIONS_MAX):
        if target.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{page.url}: {value} is not in {target}")


def hand_in(page: Page, target: Locator, *files: Path) -> None:
    """Come to a field for files by Tab, and open the system's own choice of files, which is given these."""
    page.on("filechooser", lambda _: None)  # from before the press on: the browser would ask a person otherwise
    reach(page, target)
    with page.expect_file_chooser() as asked:
        page.keyboard.press("Enter")
    asked.value.set_files(list(files))


def single(page: Page, key: str) -> None:
    """Press one of the page's single keys, once the page is there."""
    page.wait_for_load_state()
    page.keyboard.press(key)
