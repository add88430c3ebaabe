"""A page whose session ended for want of an act: it shows nothing, it rings, and one press leads to the call."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from openline.station.api import types_duty as duty
from tests.browser import accounts, axe
from tests.browser.accounts import Site, keyring
from tests.browser.conftest import NARROW, Visit
from tests.browser.keyboard import press

pytestmark = pytest.mark.slow
LONG_MS = 30_000
CALL = re.compile(r"/calls/[0-9a-f]{16}$")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with accounts.linked(tmp_path_factory.mktemp("rest")) as made:
        yield made


@pytest.fixture
def kim(site: Site, visit) -> Iterator[Visit]:
    """On watch in the south, on a phone, with the sound on."""
    site.forget_everybody()
    one = visit(f"{site.origin}/sign-in", size=NARROW)
    keyring(one).plug()
    accounts.enrol(one, site.code("kim"))
    accounts.sign_in(one)
    one.page.get_by_role("button", name=re.compile("Come on watch|Keep this watch here")).click()
    one.page.locator("table.lines").wait_for()
    one.page.locator("#arm").click()
    yield one
    one.page.goto("about:blank")  # a page of a call that ends would be leaving while it is looked at
    for station in (site.north, site.station):
        for each in station.asking.get("/v1/calls", duty.Calls).lasting:
            if each.state != "ringing":
                station.asking.post(f"/v1/calls/{each.id}/end")


def left_alone(site: Site) -> None:
    """As long as the configuration lets a session last without an act, and longer."""
    with site.accounts() as kept:
        kept.database.change("UPDATE sessions SET seen_s = seen_s - 20000")


def ring(site: Site) -> str:
    return site.north.asking.post("/v1/calls", duty.PlaceCall(line="liaison"), duty.Call).id


def test_a_page_that_was_left_alone_rings_and_one_press_answers(site, kim):
    """Nothing of the line stands on it; a call sounds on it; the passkey alone leads to that call, at the same post."""
    page = kim.page
    page.evaluate("document.body.dataset.opened = 'here'")
    left_alone(site)
    page.get_by_role("heading", name="Signed out").wait_for(timeout=LONG_MS)
    assert "liaison" not in page.content()
    assert "kim" not in page.locator("body").inner_text()
    assert page.get_by_text("The line rings").is_hidden()
    axe.hold(page)

    call = ring(site)
    page.wait_for_function("() => document.body.dataset.sounding === 'call'", timeout=LONG_MS)
    page.get_by_text("The line rings").wait_for()
    assert page.locator("body").get_attribute("data-opened") == "here"  # the page was not loaded anew: it may sound
    assert page.locator("body").get_attribute("data-armed") == "true"
    assert "liaison" not in page.content()

    page.keyboard.press("c")
    page.wait_for_url(CALL)
    assert page.url.endswith(call)
    press(page, page.locator("#main").get_by_role("button", name="Answer"))
    site.north.wait_until(
        lambda: [x.state for x in site.north.asking.get("/v1/calls", duty.Calls).lasting] == ["talking"]
    )
    assert "on watch" in page.locator(".who").inner_text()


def test_a_page_at_rest_finds_its_console_again(site, kim):
    """Its console is killed and started anew by the station: meanwhile the page says in large words that it cannot
    ring, and then it rings, without having been loaded anew."""
    page = kim.page
    page.evaluate("document.body.dataset.opened = 'here'")
    left_alone(site)
    page.get_by_role("heading", name="Signed out").wait_for(timeout=LONG_MS)
    kim.watch.expect("WebSocket connection to")
    with site.console_killed():
        page.get_by_text("This page cannot ring now").wait_for(timeout=LONG_MS)
        assert page.get_by_text("This page rings all the same").is_hidden()
    page.get_by_text("This page cannot ring now").wait_for(state="hidden", timeout=LONG_MS)
    ring(site)
    page.wait_for_function("() => document.body.dataset.sounding === 'call'", timeout=LONG_MS)
    page.get_by_text("The line rings").wait_for()
    assert page.locator("body").get_attribute("data-opened") == "here"
    for each in site.north.asking.get("/v1/calls", duty.Calls).lasting:
        site.north.asking.post(f"/v1/calls/{each.id}/end")


def test_a_sign_in_page_that_rests_rings_too(site, kim):
    """Whoever loads the page anew comes to the sign-in page, and that rings as the other did, in their language."""
    left_alone(site)
    page = kim.page
    page.get_by_role("heading", name="Signed out").wait_for(timeout=LONG_MS)
    kim.context.add_cookies([{"name": "language", "value": "ko", "url": site.origin}])
    page.goto("/inbox")
    page.get_by_role("heading", name="로그아웃됨").wait_for()
    ring(site)
    rings = page.get_by_text("회선이 울리고 있습니다")
    rings.wait_for()
    axe.hold(page)
    for each in site.north.asking.get("/v1/calls", duty.Calls).lasting:
        site.north.asking.post(f"/v1/calls/{each.id}/end")
    rings.wait_for(state="hidden")


def test_a_handover_ends_the_rest(site, kim):
    """Whose watch another took is told nothing any more: the page is the sign-in page of everybody."""
    left_alone(site)
    kim.page.get_by_role("heading", name="Signed out").wait_for(timeout=LONG_MS)
    site.station.asking.post("/v1/watch/on", duty.WatchOn(officer="lee"), duty.Watch)
    kim.page.get_by_role("heading", name="Sign in").wait_for(timeout=LONG_MS)
    assert kim.page.get_by_text("The line rings").count() == 0
    site.station.asking.post("/v1/watch/off", duty.WatchOff(), duty.Watch)
