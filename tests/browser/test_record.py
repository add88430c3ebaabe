"""The record and the history in a browser: for everybody, on a screen and on a phone, with a keyboard alone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.keyboard import date, pick, press, single, write

pytestmark = pytest.mark.slow
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(autouse=True)
def spoken(consoles):
    """Each side has said something, and the other has it: there are chains to draw."""
    pair = consoles.pair
    status = pair.south.status()
    if status is None or status.heads.entries < 6:
        for _ in range(2):
            pair.south.message("good morning")
            pair.north.message("good morning to you")
            pair.wait_equal()


@pytest.mark.parametrize(("size", "shown", "hidden"), [(WIDE, "wide", "narrow"), (NARROW, "narrow", "wide")])
def test_one_drawing_of_the_chains_is_shown(visit, consoles, size, shown, hidden):
    """Across on a wide page, down on a narrow one; the other is met by neither eye nor keyboard."""
    one = visit(f"{consoles.south.origin}/record", officer="kim", size=size)

    assert one.page.locator(f"svg.chains-{shown}").is_visible()
    assert not one.page.locator(f"svg.chains-{hidden}").is_visible()
    smallest = one.page.evaluate(
        "shown => Math.min(...[...document.querySelectorAll(`svg.chains-${shown} .c-cell`)]"
        ".map(x => Math.min(x.getBoundingClientRect().width, x.getBoundingClientRect().height)))",
        shown,
    )
    assert smallest >= 24


def test_an_entry_is_reached_by_keyboard_alone(visit, consoles):
    """From the drawing to the entry, whose cell is marked there, and back to the list."""
    consoles.pair.south.message("by keyboard")
    one = visit(f"{consoles.south.origin}/record", officer="kim")
    press(one.page, one.page.locator("svg.chains-wide a").last)
    one.page.wait_for_url("**/record/entry?**")

    assert one.page.locator("svg.chains-wide a[aria-current=true] .c-chosen").is_visible()
    press(one.page, one.page.get_by_role("link", name="Record", exact=True).last)
    one.page.wait_for_url("**/record")


def test_the_record_is_searched_filtered_and_compared_by_keyboard(visit, consoles):
    """The single key goes to the search; a kind and a day narrow it; the heads that the page reads out are compared."""
    consoles.pair.south.message("the culvert at km 40")
    page = visit(f"{consoles.south.origin}/record", officer="kim").page
    single(page, "/")
    page.keyboard.type("culvert")
    pick(page, page.get_by_label("Kind"), "message")
    date(page, page.get_by_label("On the day"), f"{datetime.now(SEOUL):%Y-%m-%d}")
    press(page, page.get_by_role("button", name="Find"))
    page.wait_for_url("**kind=message**")
    assert "culvert" in page.locator("td .quoted").first.inner_text()
    press(page, page.get_by_role("link", name="Show everything"))
    press(page, page.get_by_role("link", name="Compare heads with theirs"))
    read_out = page.locator("main .panel").first
    place, digits = read_out.get_by_role("link").inner_text(), read_out.locator(".digits").inner_text()
    write(page, page.get_by_label("Place", exact=True), place)
    write(page, page.get_by_label("Digits of its id"), digits)
    press(page, page.get_by_role("button", name="Compare", exact=True))
    page.get_by_text("They agree: the same entry is the head here.").wait_for()


def test_what_the_other_side_wrote_runs_nothing(visit, consoles):
    """Markup in a message is text on the record, in the list, in the drawing's titles and on its own page."""
    text = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    consoles.pair.south.message(text)
    one = visit(f"{consoles.south.origin}/record?kind=message", officer="kim")

    assert one.page.locator("td .quoted", has_text=text).count() >= 1
    assert one.page.locator("td img, td script").count() == 0


def test_the_export_is_downloaded_whole(visit, consoles):
    """One press, one file."""
    one = visit(f"{consoles.south.origin}/record", officer="kim")
    with one.page.expect_download() as waiting:
        press(one.page, one.page.get_by_role("link", name="Export the record"))
    download = waiting.value

    assert download.suggested_filename.endswith(".openline")
    assert download.path().stat().st_size > 1000


def test_history_is_zoomed_by_links(visit, consoles):
    """A year, then a day earlier: each is a link, and the drawing is there, and its table; by keyboard alone."""
    page = visit(f"{consoles.south.origin}/history", officer="kim").page
    press(page, page.get_by_role("link", name="Year", exact=True))
    page.wait_for_url("**span=year**")
    press(page, page.get_by_role("link", name="Day", exact=True))
    page.wait_for_url("**span=day**")
    table = page.get_by_role("table", name="Changes")
    fold = page.locator("summary", has_text="As a table")
    before = table.is_visible()
    press(page, fold)
    assert table.is_visible() is not before
    press(page, page.get_by_role("link", name="Earlier"))
    page.wait_for_url("**until=**")

    assert page.get_by_role("link", name="Later").is_visible()


def test_the_board_has_the_last_day_of_each_line(visit, consoles):
    """A small drawing a line, which leads to its history."""
    one = visit(consoles.south.origin, officer="kim")
    one.page.locator("svg.strip-day").first.wait_for()
    press(one.page, one.page.locator(".days a").first)

    one.page.wait_for_url("**/history?span=day&line=**")
