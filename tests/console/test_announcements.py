"""Announcements and minutes: written here, signed elsewhere, offered, signed by the other side, published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from openline.keys import notes
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.wire.accord import SignedAccord, decode_signed
from tests.console.officers import approved
from tests.integration.pairs import Pair, Station

TEXTS = {"text_ko": "통신선을 복원하였다.", "text_en": "The lines are restored.\r\nBoth sides."}
SAID = {"ko": "통신선을 복원하였다.", "en": "The lines are restored.\nBoth sides."}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def accord(pair: Pair) -> Iterator[SignedAccord]:
    """What both agreed; whatever was drafted is dropped afterwards."""
    yield decode_signed(pair.south.asking.get("/v1/accord", bytes))
    for station in pair.both:
        for each in station.asking.get("/v1/drafts", tuple[t.Drafted, ...]):
            station.asking.delete(f"/v1/drafts/{each.id}")


def signed(station: Station, accord: SignedAccord, text: bytes) -> bytes:
    """What `openline statement sign` writes where the station's side keeps its keys."""
    side = accord.accord.sides[station.side]
    given = notes.sign_statement(text.decode(), side.name, station.keys.announce)
    return notes.signed_by_one(text.decode(), side, given)


def downloaded(browser, **typed: str) -> bytes:
    answer = browser.post("/announcements/new", data={**typed, "step": "download"})
    assert "attachment" in answer.headers["content-disposition"]
    content: bytes = answer.content
    return content


def of_theirs(pair: Pair, accord: SignedAccord, texts: dict[str, str]) -> items.Offer:
    """An announcement that north offers."""
    text = pair.north.asking.post("/v1/offers/text", items.StatementText(texts=texts), bytes)
    found = pair.north.asking.post("/v1/offers/signed", signed(pair.north, accord, text), items.SignedStatement)
    command = t.Statement(texts=found.texts, ed25519=found.ed25519, mldsa44=found.mldsa44)
    entry = approved(pair.north, pair.north.draft(command))
    pair.wait_equal()
    return next(x for x in pair.south.asking.get("/v1/offers", items.Offers).offers if x.id == entry.id)


def test_what_is_to_be_signed_is_shown_and_downloaded_exactly(browser, pair, accord):
    """The page's words, the file's bytes and the note of the spec are one text."""
    page = unescape(browser.post("/announcements/new", data=TEXTS).text)
    text = notes.statement_text(accord.accord, accord.id, tuple(sorted(SAID.items())), "announcement")
    assert text in page
    assert "This page cannot sign it." in page
    assert "openline statement sign statement.txt" in page
    assert downloaded(browser, **TEXTS) == text.encode()
    assert downloaded(browser, kind="minute", **TEXTS).startswith(b"openline/minute/1\n")


def test_a_signed_file_becomes_a_draft(browser, pair, accord):
    """With our two signatures; it waits for its officers like any act."""
    data = signed(pair.south, accord, downloaded(browser, **TEXTS))
    answer = browser.post("/announcements/signed", files={"signed": ("statement.signed", data)})
    assert answer.status_code == 303, answer.text
    [draft] = pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    assert answer.headers["location"] == f"/drafts/{draft.id}?new=1"
    assert draft.kind == "announcement"


def test_files_that_are_not_ours_or_not_signed_are_refused(browser, pair, accord):
    """Theirs, an altered one, the bare text, none, and one that is far too long."""
    text = downloaded(browser, **TEXTS)
    ours = signed(pair.south, accord, text)
    for data in (
        signed(pair.north, accord, text), ours.replace(b"restored", b"restoreD"), text, b"", b"x" * 300_000,
    ):  # fmt: skip
        answer = browser.post("/announcements/signed", files={"signed": ("f", data)})
        assert answer.status_code == 400
        assert "Traceback" not in answer.text
    assert browser.post("/announcements/signed", data={"x": "y"}).status_code == 400
    assert pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...]) == ()


def test_theirs_is_accepted_by_signing_the_same_text(browser, pair, accord):
    """Shown side by side; another text of ours does not pass for it; then both have signed, and it is published."""
    offer = of_theirs(pair, accord, {"en": f"Restored. {HOSTILE}", "ko": "복원하였다."})
    path = f"/announcements/{offer.id}"
    page = browser.get(path).text
    assert HOSTILE not in page
    assert HOSTILE in unescape(page)
    assert 'lang="ko"' in page
    text = browser.get(f"{path}/text").content
    other = {"signed": ("f", signed(pair.south, accord, downloaded(browser, **TEXTS)))}
    wrong = browser.post(f"{path}/accept", data={"sure": "yes"}, files=other)
    assert (wrong.status_code, "it is another text than theirs" in wrong.text) == (400, True)
    right = {"signed": ("f", signed(pair.south, accord, text))}
    assert browser.post(f"{path}/accept", files=right).status_code == 400  # the second word is lacking
    assert browser.get(f"{path}/published").status_code == 409
    answer = browser.post(f"{path}/accept", data={"sure": "yes"}, files=right)
    found = re.fullmatch(r"/drafts/([0-9a-f]{8})\?new=1", answer.headers["location"])
    assert found is not None
    approved(pair.south, pair.south.asking.get(f"/v1/drafts/{found[1]}", t.Drafted))
    pair.wait_equal()
    note = browser.get(f"{path}/published")
    assert ".note" in note.headers["content-disposition"]
    assert dict(notes.verify_published(note.content, accord.accord)) == dict(offer.texts)
    assert "openline statement verify" in browser.get(path).text
    assert "signed by both" in browser.get("/announcements").text


def test_ours_is_taken_back_as_long_as_they_have_not_signed(browser, pair, accord):
    """With a second word."""
    data = signed(pair.south, accord, downloaded(browser, text_en="Soon."))
    browser.post("/announcements/signed", files={"signed": ("f", data)})
    [draft] = pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    entry = approved(pair.south, draft)
    path = f"/announcements/{entry.id}"
    assert browser.get(f"/acts/withdraw?ref={entry.id}").headers["location"] == path
    assert browser.post(f"{path}/withdraw", data={}).status_code == 400
    assert browser.post(f"{path}/withdraw", data={"sure": "yes"}).headers["location"].startswith("/drafts/")


def test_what_is_wrong_with_a_text_is_said(browser):
    """None, too long, a character that has no place in a note; what was typed stays."""
    assert "Write the text in one language or in both." in browser.post("/announcements/new", data={"x": "y"}).text
    long = browser.post("/announcements/new", data={"text_en": "x" * 4001, "text_ko": "글"})
    assert (long.status_code, "This is too long." in long.text, "글" in long.text) == (400, True, True)
    assert browser.post("/announcements/new", data={"text_en": "a\x07b"}).status_code == 409


def test_what_is_no_announcement_is_said(browser):
    """An id that means nothing."""
    for path in ("/announcements/" + "00" * 32, "/announcements/x/text", "/announcements/x/published"):
        assert browser.get(path).status_code == 400
