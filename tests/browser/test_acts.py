"""Why silent, cut and restore, announcements and the watch in a browser: for everybody, by keyboard, live, attacked."""

from __future__ import annotations

import io
import signal
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from openline.keys import notes
from openline.station.api import types as t
from openline.station.api import types_duty
from openline.station.api import types_items as items
from openline.wire import accord as accords
from tests.browser.consoles import Consoles
from tests.browser.keyboard import HERE, choose, date, hand_in, press, time_of_day, write
from tests.integration.pairs import Station

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
    press(page, page.locator("input[name=line]"), "Space")
    write(page, page.get_by_label("Reason"), "leaflets")
    choose(page, page.get_by_label("At a time to come"))
    date(page, page.locator("#from_day"), "2031-07-27")
    time_of_day(page, page.locator("#from_time"), "10:00")
    press(page, page.get_by_role("button", name="Go on"))
    page.get_by_text("Only both sides together restore").first.wait_for()
    press(page, page.locator("#sure"), "Space")
    press(page, page.get_by_role("button", name="Draft the suspension"))
    page.wait_for_url("**/drafts/*")
    [draft] = clean.pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    assert draft.kind == "suspend"


def test_their_clock_and_zulu_are_said_while_a_time_is_typed(visit, clean):
    """Before anything is sent."""
    one = visit(clean.south.origin + "/acts/propose", officer="kim")
    date(one.page, one.page.locator("#effective_day"), "2031-07-27")
    time_of_day(one.page, one.page.locator("#effective_time"), "10:00")
    assert one.page.locator("output[data-moment=effective]").inner_text() == (
        "north: 2031-07-27 10:00 · 2031-07-27 01:00Z"
    )


def test_what_changes_is_on_the_open_page(visit, clean):
    """Whoever has the watch, and since when; nobody reloads anything."""
    one = visit(clean.south.origin + "/watch", officer="kim", language="en")
    clean.pair.south.asking.post("/v1/watch/on", types_duty.WatchOn(officer="lee"), types_duty.Watch)
    one.page.locator("[data-region=posts]").get_by_text("lee").first.wait_for()
    press(one.page, one.page.get_by_role("button", name="I take the watch"))
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


def test_what_was_said_in_public_is_noted_by_keyboard(visit, clean):
    """From the board to the reasons of a silence, and to a note of our own among them."""
    page = visit(clean.south.origin, officer="kim").page
    press(page, page.get_by_role("link", name="Why").first)
    press(page, page.locator("summary", has_text="Note a public statement"))
    write(page, page.get_by_label("What was said"), "The lines are open.")
    write(page, page.get_by_label("Who said it, and where"), "a ministry")
    date(page, page.locator("#said_day"), "2026-01-05")
    time_of_day(page, page.locator("#said_time"), "10:00")
    press(page, page.get_by_role("button", name="Note it"))
    page.locator("#noted ~ ul").get_by_text("The lines are open.").first.wait_for()


def test_a_statement_is_written_and_offered_by_keyboard(visit, clean, tmp_path):
    """Its bytes are saved, signed where the keys are, and brought back; then the offer waits for its officers."""
    south = clean.pair.south
    page = visit(f"{clean.south.origin}/announcements", officer="kim").page
    press(page, page.get_by_role("link", name="Write a statement"))
    write(page, page.get_by_label("Text in Korean"), "회선이 다시 열렸다.")
    write(page, page.get_by_label("Text in English"), "The lines are open again.")
    press(page, page.get_by_role("button", name="Go on"))
    with page.expect_download() as waiting:
        press(page, page.get_by_role("button", name="Download what is to be signed"))
    text = waiting.value.path().read_text(encoding="utf-8")
    side = accords.decode_signed(south.asking.call("GET", "/v1/accord")).accord.sides[south.side]
    signed = tmp_path / "statement.signed"
    signed.write_bytes(notes.signed_by_one(text, side, notes.sign_statement(text, side.name, south.keys.announce)))
    hand_in(page, page.get_by_label("Signed file"), signed)
    press(page, page.get_by_role("button", name="Draft the offer from it"))
    page.wait_for_url("**/drafts/*")
    [draft] = south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    assert draft.kind == "announcement"


def test_a_load_is_packed_and_taken_in_by_keyboard(visit, clean, tmp_path):
    """Each for a station that stands still meanwhile: what the stick held is named, and so is that it came whole."""
    north, south = clean.pair.both
    page = visit(clean.south.origin, officer="kim").page
    with standing_still(south):
        sent = north.message("by hand")
        load = north.asking.post("/v1/courier/load", None, bytes)
    with standing_still(north):
        south.message("by hand, too")
        press(page, page.get_by_role("link", name="Carried by hand"))
        with page.expect_download() as waiting:
            press(page, page.get_by_role("button", name="Pack and download"))
        assert zipfile.is_zipfile(waiting.value.path())
    with zipfile.ZipFile(io.BytesIO(load)) as read:
        read.extractall(tmp_path)
    hand_in(page, page.get_by_label("Load files of the stick"), *tmp_path.glob("*.load"))
    press(page, page.get_by_role("button", name="Take in"))
    page.get_by_role("region", name="What came").get_by_text("whole").first.wait_for()
    clean.pair.wait_equal()
    assert south.asking.get("/v1/inbox/item", items.One, ref=sent.id).item is not None


@contextmanager
def standing_still(station: Station) -> Iterator[None]:
    """A station that neither sends nor takes anything, until the end."""
    assert station.process is not None
    station.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        station.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    "path", ["/acts/suspend", "/acts/propose", "/acts/amend?line=liaison", "/announcements/new", "/write"]
)
def test_a_form_that_is_refused_leads_to_what_is_wrong(visit, clean, path):
    """What is wrong has the keyboard; its first link leads to the field, by keyboard alone."""
    one = visit(clean.south.origin + path, officer="kim")
    page = one.page
    one.watch.expect("400 for POST")
    press(page, page.locator("main form button.primary").first)
    page.locator(".fault").first.wait_for()
    page.wait_for_function("() => document.activeElement.classList.contains('fault')")
    link = page.locator(".fault a").first
    name = (link.get_attribute("href") or "").removeprefix("#")
    page.keyboard.press("Tab")
    assert link.evaluate(HERE)
    page.keyboard.press("Enter")
    field = page.locator(f"[id='{name}']")
    if not field.evaluate(HERE):  # several fields together
        page.keyboard.press("Tab")
    assert field.evaluate("element => element.contains(document.activeElement)")

