"""Why silent, cut and restore, announcements and the watch in a browser: for everybody, by keyboard, live, attacked."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from openline.station.api import types as t
from openline.station.api import types_duty
from tests.browser.consoles import Consoles

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def clean(consoles: Consoles) -> Iterator[Consoles]:
    """Both consoles; what was drafted at south is dropped afterwards."""
    yield consoles
    asking = consoles.pair.south.asking
    for each in asking.get("/v1/drafts", tuple[t.Drafted, ...]):
        asking.delete(f"/v1/drafts/{each.id}")


def test_a_cut_is_drafted_by_keyboard_alone(visit, clean):
    """The line is marked, the reason typed, what it does is read, the second word given; then it waits for release."""
    one = visit(clean.south.origin + "/acts/suspend", officer="kim")
    page = one.page
    page.get_by_label("liaison", exact=False).and_(page.locator("input[name=line]")).focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").focus()
    page.keyboard.type("leaflets")
    page.get_by_role("button", name="Go on").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Only both sides together restore").first.wait_for()
    page.locator("#sure").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Draft the suspension").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/drafts/*")
    [draft] = clean.pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    assert draft.kind == "suspend"


def test_their_clock_and_zulu_are_said_while_a_time_is_typed(visit, clean):
    """Before anything is sent."""
    one = visit(clean.south.origin + "/acts/propose", officer="kim")
    one.page.locator("#effective_day").fill("2031-07-27")
    one.page.locator("#effective_time").fill("10:00")
    assert one.page.locator("output[data-moment=effective]").inner_text() == (
        "north: 2031-07-27 10:00 · 2031-07-27 01:00Z"
    )


def test_what_changes_is_on_the_open_page(visit, clean):
    """Whoever has the watch, and since when; nobody reloads anything."""
    one = visit(clean.south.origin + "/watch", officer="kim", language="en")
    clean.pair.south.asking.post("/v1/watch/on", types_duty.WatchOn(officer="lee"), types_duty.Watch)
    one.page.locator("[data-region=posts]").get_by_text("lee").first.wait_for()
    one.page.get_by_role("button", name="I take the watch").click()
    one.page.get_by_text("The watch was taken at").wait_for()
    assert "took over from: lee" in one.page.locator(".band").inner_text()


def test_what_somebody_said_runs_nothing(visit, clean):
    """A public statement that is markup is text, in English and Korean, on the page and after it changed live."""
    said = types_duty.NoteStatement(
        line="liaison", text=HOSTILE, source=HOSTILE, at_s=int(time.time()) - 60, officer="kim"
    )
    one = visit(clean.south.origin + "/lines/liaison/why", officer="kim", language="ko")
    dialogs: list[str] = []
    one.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    clean.pair.south.asking.post("/v1/statements", said, types_duty.NotedStatement)
    one.page.locator("[data-region^='why:']").get_by_text("onerror").first.wait_for()
    one.page.reload()
    one.page.locator("#noted ~ ul").get_by_text("onerror").first.wait_for()
    assert dialogs == []
    assert one.page.locator("main img").count() == 0
