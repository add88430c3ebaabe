"""The inbox and one item's page: what is said before the other side is told anything, and what stands beside what."""

from __future__ import annotations

from typing import Any

import pytest

from openline.console.acting import Acting, Role
from openline.station.api import types as t
from openline.station.api import types_items as items
from tests.console import hostile
from tests.integration.pairs import Pair


def come(pair: Pair, command: Any) -> t.Entry:
    """Something of north's that south holds."""
    entry = pair.north.draft(command).entry
    assert entry is not None
    pair.wait_equal()
    return entry


def said(pair: Pair, text: str, **marks: Any) -> t.Entry:
    return come(pair, t.Message(line="liaison", text=text, **marks))


def receipt(pair: Pair, ref: str) -> str:
    one = pair.north.asking.get("/v1/inbox/item", items.One, ref=ref)
    assert one.item is not None
    return one.item.receipt


def test_the_list_shows_no_text_of_what_is_not_opened(browser, pair):
    """Its precedence, line and due time are there; what it says is for whoever opens it."""
    entry = said(pair, "not for the list", precedence="IMMEDIATE", due_s=1800)
    page = browser.get("/inbox").text
    assert f"/items/{entry.id}" in page
    assert "IMMEDIATE" in page
    assert "not for the list" not in page
    assert receipt(pair, entry.id) == "delivered"


def test_opening_is_said_beforehand_and_tells_them(browser, pair):
    """The page says what is sent before the button is pressed; looking sends nothing, opening sends the receipt."""
    entry = said(pair, "open me")
    page = browser.get(f"/items/{entry.id}").text
    assert "When you open it, their station is told that it was shown" in page
    assert receipt(pair, entry.id) == "delivered"
    answer = browser.post(f"/items/{entry.id}/open")
    opened = browser.get(f"/items/{entry.id}").text
    assert "shown here" in opened
    assert "shown there" not in opened
    assert (answer.status_code, answer.headers["location"]) == (303, f"/items/{entry.id}")
    pair.north.wait_until(lambda: receipt(pair, entry.id) == "shown")
    page = browser.get(f"/items/{entry.id}").text
    assert "When you open it" not in page
    assert "south: its station, signed" in page


def test_who_may_only_read_is_not_offered_to_open(browser, pair):
    """An auditor reads behind the fold, and the other side is told nothing."""
    entry = said(pair, "for the auditor")
    browser.gate.who = Acting("kim", frozenset({Role.AUDITOR}))
    page = browser.get(f"/items/{entry.id}").text
    assert "Read it without opening it" in page
    assert f"/items/{entry.id}/open" not in page


def test_a_correction_and_a_translation_stand_beside_what_they_name(browser, pair):
    """Both versions are on both pages, neither is erased; the translation says whose it is and that the original was
    corrected since."""
    first = said(pair, "at ten o’clock")
    second = said(pair, "at eleven o’clock", corrects=first.id)
    korean = said(pair, "열 시에", translation_of=first.id, language="ko")
    for entry in (first, second, korean):
        browser.post(f"/items/{entry.id}/open")
    page = browser.get(f"/items/{first.id}").text
    for text in ("at ten o’clock", "at eleven o’clock", "열 시에"):
        assert text in page
    assert "by the author of the original" in page
    assert "both versions stand" in page
    assert "the original was corrected" in page
    assert "at ten o’clock" in browser.get(f"/items/{second.id}").text
    assert "at ten o’clock" in browser.get(f"/items/{korean.id}").text


def test_a_translation_that_is_not_opened_yet_is_only_named(browser, pair):
    """What stands beside an item is not a way round opening."""
    first = said(pair, "one", due_s=60)
    other = said(pair, "other words for it", translation_of=first.id)
    browser.post(f"/items/{first.id}/open")
    page = browser.get(f"/items/{first.id}").text
    assert "other words for it" not in page
    assert other.ref in page


def test_an_exercise_is_a_band_on_its_page(browser, pair):
    """Nobody takes it for real."""
    entry = said(pair, "flood", exercise=True)
    assert 'class="band exercise"' in browser.get(f"/items/{entry.id}").text


def test_a_notice_is_read_in_the_readers_language(browser, pair):
    """The same signed fields under labels of the page's language; what no form knows stands under its own key."""
    fields = {"what": "adrift", "position": "37°57′N", "at": "02:10", "who": "five", "wanted": "a tow", "x-<b>": "odd"}
    entry = come(pair, t.Notice(line="liaison", lane="safety", form="distress", fields=fields))
    browser.post(f"/items/{entry.id}/open")
    english = browser.get(f"/items/{entry.id}").text
    korean = browser.get(f"/items/{entry.id}", headers={"accept-language": "ko"}).text
    assert "Distress and rescue" in english
    assert "조난 및 구조" in korean
    for page in (english, korean):
        assert "37°57′N" in page
        assert "x-&lt;b&gt;" in page


def test_nothing_of_theirs_is_markup(browser, pair):
    """Texts, fields, forms, languages, posts: whatever they write is text on every page that shows it."""
    entry = said(pair, hostile.TEXT, language=hostile.LANGUAGE, action=(hostile.NAME,), info=(hostile.NAME,))
    notice = come(pair, t.Notice(line="liaison", form=hostile.NAME, fields={hostile.NAME: hostile.TEXT}))
    for each in (entry, notice):
        hostile.hold(browser.get(f"/items/{each.id}").text)
        browser.post(f"/items/{each.id}/open")
        hostile.hold(browser.get(f"/items/{each.id}").text)
    hostile.hold(browser.get("/inbox").text)


def test_an_acknowledgement_is_drafted_for_the_officers_own_signature(browser, pair):
    """Pressing the button signs nothing: a draft waits, in that officer's name."""
    entry = said(pair, "note this")
    browser.post(f"/items/{entry.id}/open")
    answer = browser.post(f"/items/{entry.id}/acknowledge")
    assert answer.headers["location"].startswith("/drafts/")
    draft = answer.headers["location"].removeprefix("/drafts/").partition("?")[0]
    told = pair.south.asking.get(f"/v1/drafts/{draft}", t.Drafted)
    assert (told.kind, told.drafted_by, told.needed) == ("receipt", "kim", 1)
    pair.south.asking.delete(f"/v1/drafts/{draft}")


def test_our_own_item_is_not_acknowledged(browser, pair):
    """What the station refuses is said on the item's own page."""
    ours = pair.south.message("ours")
    answer = browser.post(f"/items/{ours.id}/acknowledge")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "ours" in answer.text


@pytest.mark.parametrize("ref", ["nothing", "north 0/999999", "%3Cscript%3E", "..%2f..%2fetc", "f" * 64])
def test_a_name_that_leads_nowhere_is_said(browser, ref):
    """No traceback, and nothing of it as markup."""
    answer = browser.get(f"/items/{ref}")
    assert answer.status_code == 400
    assert "<script>" not in answer.text.split("<main")[1]
