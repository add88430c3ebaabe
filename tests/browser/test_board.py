"""The board in a browser: what it shows without a click, and that it shows what is so."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from openline.station.api import types_duty as duty
from tests.browser import axe
from tests.browser.conftest import NARROW, WIDE
from tests.browser.console_process import COOKIE
from tests.browser.keyboard import HERE, press, reach

pytestmark = pytest.mark.slow


def test_a_message_that_comes_is_on_the_open_board(visit, consoles):
    """Nobody reloads anything."""
    one = visit(consoles.south.origin, officer="kim")
    unopened = one.page.locator("dt:has-text('Unopened') + dd")
    before = int(unopened.inner_text())

    consoles.pair.north.message("good morning")

    one.page.wait_for_function(
        "before => [...document.querySelectorAll('dt')].find(x => x.textContent === 'Unopened')"
        ".nextElementSibling.textContent.trim() > before",
        arg=before,
    )


def test_a_form_of_our_own_page_is_taken(visit, consoles):
    """A browser says where a form came from only if the page lets it: a referrer policy of none makes it say null."""
    page = visit(f"{consoles.south.origin}/record?kind=message&text=a,b", officer="kim", language="en").page
    press(page, page.get_by_role("button", name="한국어"))
    page.wait_for_function("() => document.documentElement.lang === 'ko'")
    press(page, page.locator("button[name=theme][value=dark]"))
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    assert page.url.endswith("/record?kind=message&text=a%2Cb")  # as it was asked for


def test_the_keyboard_stays_where_it_was(visit, consoles):
    """A link has the keyboard whose words change with every message: it still has it. What had it and is gone leaves it
    at its place, which does nothing when it is pressed."""
    north, south = consoles.pair.both
    north.message("first")
    page = visit(consoles.south.origin, officer="kim").page
    waits = page.locator(".waits a[href='/inbox']")
    reach(page, waits)
    before = waits.inner_text()
    north.message("second")
    expect(waits).not_to_have_text(before)
    assert waits.evaluate(HERE)

    north.message("Answer at once.", precedence="FLASH")
    reach(page, page.get_by_role("button", name="Acknowledge all"))
    south.asking.post("/v1/alarms/acknowledge", duty.KnowAlarms(officer="lee"), duty.Quieted)
    page.locator(".bar").get_by_text("known to lee").first.wait_for()
    assert page.locator("[data-region=bar]").evaluate(HERE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/inbox"  # of the alarm, and on from there


COUNT = """async (selector) => {
    const address = document.querySelector("script[src$='/page.js']").src.replace("page.js", "live.js");
    const { onState } = await import(address);
    window.told = window.replaced = 0;
    onState(() => { window.told += 1; });
    new MutationObserver(() => { window.replaced += 1; })
        .observe(document.querySelector(selector), { childList: true });
}"""


def test_a_press_of_the_space_bar_is_not_lost_to_a_change(visit, consoles):
    """It is two events, as that of a mouse is."""
    north = consoles.pair.north
    north.message("Answer at once.", precedence="FLASH")
    page = visit(consoles.south.origin, officer="kim").page
    known = page.get_by_role("button", name="Acknowledge all")
    reach(page, known)
    page.evaluate(COUNT, "[data-region=bar]")
    page.keyboard.down("Space")
    before = page.evaluate("[window.told, window.replaced]")
    north.message("And at once.", precedence="FLASH")
    page.wait_for_function("([told]) => window.told > told", arg=before)
    assert page.evaluate("window.replaced") == before[1]

    page.keyboard.up("Space")

    page.get_by_text("known to kim").first.wait_for()


def test_a_press_is_not_lost_to_a_change(visit, consoles):
    """The board changes while a button is held down: it is pressed all the same, and the change is shown after."""
    one = visit(consoles.south.origin, officer="kim")
    link = one.page.get_by_role("link", name="Why?").first
    link.wait_for()
    one.page.evaluate(COUNT, "[data-region=board]")
    where = "(() => { const a = document.querySelector('.acts a').getBoundingClientRect(); return [a.x, a.y]; })()"
    left, top = one.page.evaluate(where)  # in one call: the board may be another one by the next
    one.page.mouse.move(left + 5, top + 5)
    one.page.mouse.down()
    before = one.page.evaluate("[window.told, window.replaced]")
    consoles.pair.north.message("while it is held")
    one.page.wait_for_function("([told]) => window.told > told + 1", arg=before)
    assert one.page.evaluate("window.replaced") == before[1]

    one.page.mouse.up()

    one.page.wait_for_url("**/why")


HEAD_MAX = 100  # of 844 pixels on a phone: two lines
# Found and measured in one look: the board may be another one by the next.
BOX = "selector => document.querySelector(selector).getBoundingClientRect().toJSON()"
FOLDED = "document.querySelector('.menu').open === false"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_first_screen_of_a_phone_is_the_lines(visit, consoles, language):
    """The head takes two lines: who, when, whether it can sound, and what waits. The first line's button to call is on
    the first screen, and nothing stands beside the page. Folded and unfolded, no rule of WCAG 2.2 AA is broken."""
    consoles.pair.north.message("what waits")
    one = visit(consoles.south.origin, officer="kim", size=NARROW, language=language)
    page = one.page
    page.locator(".waits a[href='/inbox'] strong").wait_for()
    assert page.evaluate(BOX, ".head")["height"] <= HEAD_MAX
    assert page.evaluate(BOX, "button.call")["bottom"] < NARROW[1]
    for each in (".head time", ".who", "#arm", ".waits a[href='/inbox']"):
        page.locator(each).first.wait_for()
    assert not page.get_by_role("navigation").is_visible()
    axe.hold(page)

    press(page, page.locator(".menu summary"))
    page.locator("nav a[href='/record']").wait_for()
    axe.hold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW[0]
    press(page, page.locator("nav a[href='/record']"))
    page.wait_for_url("**/record")
    assert page.evaluate(FOLDED)


def test_the_places_are_one_word_away_without_a_script(browser, consoles):
    """A page whose scripts do not run folds and unfolds all the same; a wide page shows every place unfolded."""
    for size, wide in ((NARROW, False), (WIDE, True)):
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": size[0], "height": size[1]}, base_url=consoles.south.origin
        )
        context.add_cookies([{"name": COOKIE, "value": "kim|officer|", "url": consoles.south.origin}])
        page = context.new_page()
        page.goto("/")
        if not wide:
            page.locator(".menu summary").press("Enter")
        page.get_by_role("link", name="Record", exact=True).click()
        page.get_by_role("heading", name="Record").wait_for()
        context.close()


def test_what_sounds_stands_above_the_menu(visit, consoles):
    """Whatever is unfolded: the alarm and its button stay on the first screen of a phone."""
    one = visit(consoles.south.origin, officer="kim", size=NARROW)
    one.page.locator(".menu summary").click()
    consoles.pair.north.message("Answer at once.", precedence="FLASH")
    known = one.page.get_by_role("button", name="Acknowledge all")
    known.wait_for()
    above, head = (one.page.evaluate(BOX, each)["y"] for each in ("[data-region='bar'] button", ".head"))
    assert above < head
    known.click()
    one.page.get_by_text("known to kim").first.wait_for()
