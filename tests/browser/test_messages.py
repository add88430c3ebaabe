"""Inbox, writing, outbox, release and documents in a browser: each journey by keyboard, and nothing typed is lost."""

from __future__ import annotations

import pytest
from PIL import Image

from openline.station.api import types as t
from openline.station.api import types_items as items
from tests.browser.keyboard import choose, hand_in, press, single, write
from tests.console import hostile

pytestmark = pytest.mark.slow

def test_a_message_is_opened_and_answered_by_keyboard(visit, consoles):
    """From the inbox to the answer in the record of the other side: no mouse, and the receipt is sent where it said."""
    pair = consoles.pair
    theirs = pair.north.message("Is the road open?", precedence="FLASH")
    pair.wait_equal()
    one = visit(f"{consoles.south.origin}/inbox", officer="kim")
    page = one.page
    press(page, page.get_by_role("link", name=theirs.ref))
    page.get_by_role("button", name="Open it and tell them so").wait_for()
    single(page, "o")
    write(page, page.get_by_label("Your answer"), "Yes, from 10:00.")
    press(page, page.get_by_role("button", name="Go on: check it"))
    page.get_by_role("heading", name="Check before it goes").wait_for()
    assert page.locator(".figures").inner_text() == "10:00"
    press(page, page.get_by_label("It cannot wait: send it as FLASH"), "Space")
    press(page, page.get_by_role("button", name="Send it"))
    page.get_by_text("It is in the record, and on its way.").wait_for()
    pair.wait_equal()
    item = pair.north.asking.get("/v1/inbox/item", items.One, ref=theirs.id).item
    assert item is not None
    assert [each.receipt for each in item.receipts] == ["delivered", "shown", "answered"]


def test_a_document_is_handed_in_and_looked_through_by_keyboard(visit, consoles, tmp_path):
    """From the board to its second page, and to what is printed."""
    first, second = (Image.new("RGB", (300, 400), colour) for colour in ("white", "grey"))
    first.save(tmp_path / "road.pdf", save_all=True, append_images=[second])
    page = visit(consoles.south.origin, officer="kim").page
    press(page, page.get_by_role("link", name="Write", exact=True))
    press(page, page.locator(".kinds").get_by_role("link", name="Document"))
    hand_in(page, page.get_by_label("File", exact=True), tmp_path / "road.pdf")
    write(page, page.get_by_label("Title"), "The northern road")
    press(page, page.get_by_role("button", name="Go on: check it"))
    press(page, page.get_by_role("button", name="Send it"))
    page.get_by_text("It is in the record, and on its way.").wait_for()
    press(page, page.get_by_role("link", name="To its pages"))
    press(page, page.get_by_role("link", name="Next page"))
    page.wait_for_url("**page=2")
    page.wait_for_function("() => document.querySelector('figure.page img').naturalWidth > 0")
    press(page, page.get_by_role("link", name="To print"))
    page.wait_for_url("**/print")


def test_an_open_inbox_shows_what_comes(visit, consoles):
    """Nobody reloads anything."""
    one = visit(f"{consoles.south.origin}/inbox", officer="kim")
    entry = consoles.pair.north.message("live", precedence="IMMEDIATE", due_s=1800)
    one.page.get_by_role("link", name=entry.ref).wait_for()


def test_an_open_item_shows_how_far_it_gets(visit, consoles):
    """The receipt that the other side sends is on the page of whoever waits for it, and what is typed there stays."""
    north, south = consoles.pair.both
    entry = south.message("Shown yet?")
    consoles.pair.wait_equal()
    one = visit(f"{consoles.south.origin}/items/{entry.id}", officer="kim")
    north.asking.post("/v1/inbox/open", items.Open(ref=entry.id, officer="kim"), items.Opened)
    one.page.locator("[data-region^=receipts]").get_by_text("north: its station, signed").nth(1).wait_for()
    assert "shown there" in one.page.locator("[data-region^=receipts]").inner_text()


def test_what_was_typed_outlives_the_console(visit, consoles):
    """The console is gone in the middle of a text: the page says so, and the text is there when it is back. It goes out
    and is seen in the outbox, by keyboard alone."""
    one = visit(f"{consoles.south.origin}/write?kind=notice&form=question", officer="kim")
    page = one.page
    for words in ("WebSocket", "ERR_CONNECTION_REFUSED"):
        one.watch.expect(words)
    write(page, page.get_by_label("Subject"), "Route")
    write(page, page.get_by_label("Question", exact=True), "Which road, and until when?")
    choose(page, page.get_by_label("PRIORITY"))
    consoles.south.stop()
    try:
        page.locator("#lost").wait_for(state="visible")
        assert page.get_by_label("Question", exact=True).input_value() == "Which road, and until when?"
    finally:
        consoles.south.start()
    page.goto(f"{consoles.south.origin}/write?kind=notice&form=question")
    page.get_by_text("What you typed before is here again.").wait_for()
    assert page.get_by_label("Subject").input_value() == "Route"
    assert page.get_by_label("PRIORITY").is_checked()
    press(page, page.get_by_role("button", name="Go on: check it"))
    press(page, page.get_by_role("button", name="Send it"))
    page.get_by_text("It is in the record, and on its way.").wait_for()
    press(page, page.locator("main").get_by_role("link", name="Outbox"))
    page.locator("main tr", has_text="Which road").wait_for()
    page.goto(f"{consoles.south.origin}/write?kind=notice&form=question")
    assert page.get_by_label("Subject").input_value() == ""


def test_one_press_sends_once(visit, consoles):
    """However fast a hand is."""
    south = consoles.pair.south
    one = visit(f"{consoles.south.origin}/write", officer="kim")
    one.page.get_by_label("Text", exact=True).fill("once and only once")
    one.page.get_by_role("button", name="Go on: check it").click()
    one.page.get_by_role("button", name="Send it").dblclick()
    one.page.get_by_text("It is in the record, and on its way.").wait_for()
    found = south.asking.get("/v1/outbox", items.Outbox)
    assert sum("once and only once" in each.what for each in (*found.waiting, *found.recent)) == 1


def test_nothing_that_they_write_runs(visit, consoles):
    """Scripts, handlers, forms, names, titles, languages: every page that shows them runs none, and asks nothing of
    anybody else. The watch over the page fails on any breach of policy."""
    pair = consoles.pair
    north, south = pair.both
    text = north.message(hostile.TEXT, language=hostile.LANGUAGE, action=(hostile.NAME,), info=(hostile.NAME,))
    notice = north.draft(t.Notice(line="liaison", form=hostile.NAME, fields={hostile.NAME: hostile.TEXT})).entry
    pages = north.asking.post("/v1/pages", b"<script>alert(1)</script>", dict[str, str])["pages"]
    document = north.draft(t.Document(line="liaison", pages=pages, title=hostile.TEXT)).entry
    pair.wait_equal()
    assert notice is not None
    assert document is not None
    south.wait_until(lambda: south.asking.get("/v1/inbox/item", items.One, ref=document.id).item.pages_here)
    one = visit(f"{consoles.south.origin}/inbox", officer="kim")
    dialogs = []
    one.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for each in (text, notice, document):
        one.page.goto(f"{consoles.south.origin}/items/{each.id}")
        one.page.get_by_role("button", name="Open it and tell them so").click()
        one.page.get_by_role("heading", name="Receipts").wait_for()
        one.page.goto(f"{consoles.south.origin}/write?translation_of={each.id}")
    one.page.goto(f"{consoles.south.origin}/documents/{document.id}")
    one.page.goto(f"{consoles.south.origin}/inbox")
    one.page.goto(f"{consoles.south.origin}/documents")
    assert dialogs == []
