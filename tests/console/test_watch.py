"""The watch: who holds it, what whoever comes on must know, and the handover at one recorded moment."""

from __future__ import annotations

from html import unescape

import pytest

from openline.console.acting import Acting, Role
from openline.station.api import types_duty, types_items
from tests.console.consoles import consoles
from tests.integration.pairs import Pair

HOSTILE = "<b onmouseover=alert(1)>x</b>"


def sounding(pair: Pair) -> tuple[types_duty.Alarm, ...]:
    return pair.south.asking.get("/v1/alarms", types_duty.Alarms).sounding


@pytest.fixture
def lee(pair: Pair) -> types_duty.Watch:
    """Officer lee holds south's watch."""
    return pair.south.asking.post("/v1/watch/on", types_duty.WatchOn(officer="lee"), types_duty.Watch)


def test_taking_the_watch_says_the_moment_and_both_names(browser, pair, lee):
    """As the station recorded them; the log has it too."""
    page = browser.get("/watch").text
    assert "Held by: <strong>lee</strong>" in page
    answer = browser.post("/watch/on", data={"post": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/watch?taken=1")
    page = browser.get(answer.headers["location"]).text
    assert "The watch was taken at" in page
    assert "took over from: lee" in page
    found = pair.south.asking.get("/v1/watch", types_duty.Watches)
    assert [(each.officer, each.relieved) for each in found.now] == [("kim", "lee")]


def test_going_off_is_warned_of_and_asks_for_a_second_word(browser, pair):
    """Without it the officer stays on watch; with it the post is unattended, and the page says so."""
    browser.post("/watch/on", data={"post": ""})
    assert "The post will be unattended" in browser.get("/watch/off?post=").text
    assert browser.post("/watch/off", data={"post": ""}).status_code == 400
    assert pair.south.asking.get("/v1/watch", types_duty.Watches).now != ()
    assert browser.post("/watch/off", data={"post": "", "sure": "yes"}).headers["location"] == "/watch"
    assert pair.south.asking.get("/v1/watch", types_duty.Watches).now == ()
    assert "unattended" in browser.get("/watch").text


def test_an_officer_ends_no_watch_but_their_own(browser, pair, lee):
    """Whoever should have it takes it over instead."""
    answer = browser.post("/watch/off", data={"post": "", "sure": "yes"})
    assert (answer.status_code, "You do not hold this post." in answer.text) == (409, True)
    assert [each.officer for each in pair.south.asking.get("/v1/watch", types_duty.Watches).now] == ["lee"]


def test_a_post_that_there_is_not_is_refused(browser):
    """With the station's words."""
    assert browser.post("/watch/on", data={"post": "crow's nest"}).status_code in (400, 409)


def test_the_relief_sees_what_is_unopened_and_due(browser, pair):
    """With precedence and due time; what they wrote runs nothing."""
    ref = pair.north.message(HOSTILE, precedence="IMMEDIATE", due_s=7200).ref
    pair.wait_equal()
    page = browser.get("/watch").text
    due = page.split("Answers due from us")[1].split("Answers due from them")[0]
    assert f'IMMEDIATE · <bdi class="whole-name">{ref}</bdi>' in unescape(due)
    assert HOSTILE not in page


def test_whoever_acknowledges_says_what_is_being_done(browser, pair):
    """The next officer reads it beside the alarm, with the name; it is text."""
    ref = pair.north.message("at once", precedence="FLASH").ref
    pair.south.wait_until(lambda: any(x.alarm == "flash_unread" for x in sounding(pair)))
    assert "What is being done about what sounds" in browser.get("/watch").text
    assert browser.post("/alarms/acknowledge", data={"comment": HOSTILE}).status_code == 303
    page = browser.get("/watch").text
    assert HOSTILE not in page
    assert HOSTILE in unescape(page)
    pair.south.asking.post("/v1/inbox/open", types_items.Open(ref=ref, officer="kim"), types_items.Opened)


def test_without_a_way_to_people_the_page_says_so(browser):
    """And a test of none shows none as delivered."""
    for page in (browser.get("/watch"), browser.post("/watch/test")):
        assert page.status_code == 200
        assert "alarms reach nobody who does not look at a console" in page.text


def test_presence_is_withheld_and_shown_again(browser, pair):
    """It is a lawful state, in the record; both sides see it."""

    def said(mode: str) -> str:
        answer = browser.post("/watch/presence", data={"mode": mode})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/watch?recorded=")
        page: str = browser.get(answer.headers["location"]).text
        return page

    try:
        assert "We send no signs of life." in said("withheld")
    finally:
        assert "We send signs of life" in said("shown")


def test_who_may_only_look_sees_and_cannot_press(browser):
    """An auditor reads the log; no form is there for them."""
    browser.gate.who = Acting("kim", frozenset({Role.AUDITOR}))
    page = browser.get("/watch").text
    assert "The log of watches" in page
    assert "I take the watch" not in page
    assert 'action="/watch' not in page


def test_with_accounts_the_session_takes_and_leaves_the_post_with_the_officer(pair, tmp_path):
    """Taking over ends the other's session; going off ends one's own; who holds no post keeps what they had."""
    with consoles(pair.south.folder / "station.sock", tmp_path) as at:
        kim, lee = at.officer("kim"), at.officer("lee")
        assert kim.post("/watch/on", data={"post": ""}).headers["location"] == "/watch?taken=1"
        assert lee.post("/watch/off", data={"post": "", "sure": "yes"}).status_code == 409
        assert lee.post("/watch/on", data={"post": ""}).status_code == 303
        assert "took over from: kim" in lee.get("/watch?taken=1").text
        assert kim.get("/watch").status_code == 303  # signed out by the handover
        answer = lee.post("/watch/off", data={"post": "", "sure": "yes"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert lee.get("/watch").status_code == 303
    assert pair.south.asking.get("/v1/watch", types_duty.Watches).now == ()
