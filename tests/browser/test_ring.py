"""The ring, and what a page says when its station is gone: a page may be unarmed, frozen or cut off, and nobody may be
misled by it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from openline.station.api import types_items as items
from tests.browser import axe
from tests.browser import consoles as processes
from tests.browser.consoles import Consoles
from tests.browser.keyboard import press, write
from tests.integration.pairs import Station, make_pair

pytestmark = pytest.mark.slow
LONG_MS = 30_000


@pytest.fixture(scope="module")
def ringing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """A pair whose stations ring by a local program: it writes down that it was run."""
    folder = tmp_path_factory.mktemp("ring")
    program = "import pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write('rung\\n')"
    command = json.dumps([sys.executable, "-c", program, str(folder / "rung")])
    one = processes.start(make_pair(folder / "pair", extra=f"[alarm]\ncommand = {command}\n"))
    yield one
    one.stop()


@pytest.fixture
def quiet(ringing: Consoles) -> Iterator[Consoles]:
    """With no FLASH of an earlier test left unread."""
    yield ringing
    south = ringing.pair.south
    for each in south.asking.get("/v1/inbox", items.Inbox).items:
        if not each.opened:
            south.asking.post("/v1/inbox/open", items.Open(ref=each.ref, officer="kim"))
    south.wait_until(lambda: not sounding(south))


def sounding(station: Station) -> tuple[str, ...]:
    status = station.status()
    return () if status is None else status.alarms


def rung(ringing: Consoles) -> Path:
    return ringing.pair.south.folder.parent.parent / "rung"


def until_sounding(page: Page, kind: str) -> None:
    page.wait_for_function("kind => document.body.dataset.sounding === kind", arg=kind, timeout=LONG_MS)


def test_a_page_that_nobody_pressed_says_that_it_cannot_sound(quiet, visit):
    """A browser lets no page sound before a press. The alarm is on it all the same, and the page never claims to be
    armed; one press arms it."""
    one = visit(quiet.south.origin, officer="kim")
    one.page.get_by_text("Sound off").wait_for()

    quiet.pair.north.message("Answer at once.", precedence="FLASH")
    until_sounding(one.page, "high")

    assert one.page.locator("body").get_attribute("data-armed") == "false"
    one.page.get_by_text("A FLASH is not read yet").wait_for()
    one.page.locator("#arm").click()
    one.page.get_by_text("Sound on").wait_for()
    assert one.page.locator("body").get_attribute("data-armed") == "true"


def test_one_acknowledgement_quiets_every_console_of_the_side(quiet, visit):
    """Whoever gives it, and from whatever page, which is not left: the others fall silent without a press, and say
    whose word it was."""
    first, second = visit(f"{quiet.south.origin}/write", officer="kim"), visit(quiet.south.origin, officer="lee")
    text = first.page.get_by_label("Text", exact=True)
    write(first.page, text, "half a sentence")
    quiet.pair.north.message("Answer at once.", precedence="FLASH")
    for each in (first, second):
        until_sounding(each.page, "high")

    press(first.page, first.page.get_by_role("button", name="Acknowledge all"))

    for each in (first, second):
        until_sounding(each.page, "")
        each.page.get_by_text("known to kim").first.wait_for(timeout=LONG_MS)
    assert first.page.url.endswith("/write#main")
    assert text.input_value() == "half a sentence"


def test_the_station_rings_where_the_page_is_frozen(quiet, visit):
    """A browser may stop a page that nobody looks at: no script of it runs. The station's own way does."""
    one = visit(quiet.south.origin, officer="kim")
    one.page.get_by_role("heading", level=1).wait_for()
    before = rung(quiet).read_text() if rung(quiet).exists() else ""
    session = one.context.new_cdp_session(one.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})

    quiet.pair.north.message("Answer at once.", precedence="FLASH")
    quiet.pair.south.wait_until(lambda: rung(quiet).exists() and rung(quiet).read_text() != before)

    session.send("Page.setWebLifecycleState", {"state": "active"})
    until_sounding(one.page, "high")


def test_a_station_that_starts_again_is_missed_and_found(quiet, visit):
    """An open page says that it has no word, for how long, and greys what it shows; it heals by itself."""
    one = visit(quiet.south.origin, officer="kim")
    one.page.locator("table.lines").wait_for()
    band = one.page.locator("#lost")
    assert band.is_hidden()

    quiet.pair.south.stop()
    band.wait_for(timeout=LONG_MS)
    assert "No word from the station" in band.inner_text()
    assert "stale" in (one.page.locator("body").get_attribute("class") or "")

    quiet.pair.south.start()
    band.wait_for(state="hidden", timeout=LONG_MS)
    assert "stale" not in (one.page.locator("body").get_attribute("class") or "")
    quiet.pair.wait_through()


def test_a_console_that_is_gone_is_said_too(quiet, visit):
    """Its pages cannot know of the station, and say how old they are; a new page is the offline shell, which shows no
    line at all."""
    one = visit(quiet.south.origin, officer="kim")
    one.page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    one.page.reload()
    one.page.locator("table.lines").wait_for()
    one.watch.expect("WebSocket connection")
    one.watch.expect("ERR_CONNECTION_REFUSED")

    quiet.south.stop()
    one.page.locator("#lost").wait_for(timeout=LONG_MS)
    one.watch.expect("503 for GET /")
    one.page.reload()
    one.page.get_by_text("Nothing is known of any line from here").wait_for()
    assert one.page.locator("table").count() == 0
    axe.hold(one.page)

    quiet.south.start()
    one.page.locator("table.lines").wait_for(timeout=LONG_MS)  # it comes back by itself


def test_what_was_sent_to_a_console_that_is_gone_is_not_sent_again_by_itself(quiet, visit):
    """Nobody knows whether it arrived: the page says so, and leads to where one sees."""
    one = visit(quiet.south.origin, officer="kim")
    one.page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    one.page.reload()
    one.page.locator("table.lines").wait_for()
    for words in ("WebSocket connection", "ERR_CONNECTION_REFUSED", "503 for POST /calls"):
        one.watch.expect(words)
    quiet.south.stop()
    one.page.get_by_role("button", name="Call").first.click()
    one.page.get_by_text("What you sent may not have arrived").wait_for()
    assert one.page.locator("script").count() == 0
    quiet.south.start()
    one.page.get_by_role("link", name="to the board").click()
    one.page.locator("table.lines").wait_for()
