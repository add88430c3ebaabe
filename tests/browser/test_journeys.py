"""Whole journeys of an officer, through every screen that they lead over, by keyboard alone or by touch alone: a missed
call to the end of its drill, a cut to its tested restoration, a watch handed over, a FLASH answered on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from openline.station.api import types_duty as duty
from openline.station.api import types_items as items
from tests.browser import accounts, axe
from tests.browser.accounts import Site, keyring
from tests.browser.conftest import NARROW
from tests.browser.keyboard import date, press, single, time_of_day, write
from tests.browser.plays import Story, played

pytestmark = pytest.mark.slow
LONG_MS = 60_000
CALL = re.compile(r"/calls/[0-9a-f]{16}$")

STORY = """
[scenario]
title = "A missed call"
start = 2021-07-27T08:59:30+09:00
zone = "Asia/Seoul"
sides = ["north", "south"]
[[carrier]]
id = "copper"
kind = "live"
latency_ms = 20
[[line]]
id = "panmunjom"
carriers = ["copper"]
check_ins = [{ at = "09:00", caller = "south", days = "working" }]
[[line]]
id = "west"
carriers = ["copper"]
[[step]]
at = 2021-07-27T08:59:40+09:00
by = "north"
do = "desk"
mode = "absent"
note = "Nobody sits at the north's desk."
[[step]]
at = 2021-07-27T09:05:30+09:00
by = "north"
do = "desk"
line = "west"
mode = "absent"
[[step]]
at = 2021-07-27T09:20:00+09:00
by = "north"
do = "desk"
line = "west"
mode = "absent"
[[step]]
at = 2021-07-27T15:00:00+09:00
by = "north"
do = "desk"
line = "west"
mode = "absent"
"""


@pytest.fixture
def story(driver, tmp_path: Path) -> Iterator[Story]:
    with played(STORY, tmp_path) as made:
        yield made


def next_step(page: Page) -> None:
    """The play goes on to its next step, and stands there a moment."""
    step = page.locator(".band .step").first.inner_text()
    press(page, page.get_by_role("button", name="Next step"))
    expect(page.locator(".band .step").first).not_to_have_text(step, timeout=LONG_MS)


def sit_down(page: Page) -> None:
    """A person takes the desk; time runs as it does outside, but where a test goes on to the next step."""
    press(page, page.get_by_role("button", name="1×", exact=True))
    press(page, page.get_by_role("button", name="Sit down here"))
    expect(page.locator(".band")).to_contain_text("You sit at this desk.")


def test_a_missed_call_is_drilled_to_its_end(story, visit):
    """Nobody answers at nine. The alarm leads to why, that to the drill: it tests our station, rings again, tries the
    other line, and states the facts for the public. By keyboard alone."""
    one = visit(story.south)
    page = one.page
    sit_down(page)
    for _ in range(2):
        next_step(page)
    expect(page.locator(".bar")).to_contain_text("A check-in was missed")
    press(page, page.get_by_role("button", name=re.compile("Acknowledge all")))
    expect(page.locator(".bar")).to_contain_text("known to")
    press(page, page.get_by_role("link", name="Why silent, and the drill"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Why silent: panmunjom")
    expect(page.locator("main")).to_contain_text("rang, not answered")
    axe.hold(page)

    press(page, page.get_by_role("button", name="Order the drill"))
    drill = page.get_by_role("region", name="The drill")
    expect(drill).to_contain_text("Self-test")
    expect(drill).to_contain_text("Ring again 1/")
    expect(drill).to_contain_text("for the check-in due: 09:00")
    next_step(page)
    press(page, page.get_by_role("button", name="60×"))
    expect(drill).to_contain_text("The drill has ended", timeout=LONG_MS)
    for words in ("Ring again 2/", "Other line: west", "Statement of facts, for publishing", "facts by south"):
        expect(drill).to_contain_text(words)
    expect(drill).to_contain_text("south 측의 사실 설명")
    axe.hold(page)


def signed(page: Page) -> None:
    """Sign and release the draft that the page shows, by keyboard; it is in the record then."""
    expect(page.locator("[data-key=here]")).to_be_attached()
    press(page, page.get_by_role("button", name=re.compile("Sign and release")))
    page.wait_for_url(re.compile("/record/entry"))


def step_reached(page: Page, step: str) -> None:
    row = page.locator("tr", has=page.get_by_role("rowheader", name="panmunjom liaison lane"))
    expect(row.locator("[aria-current=step]")).to_contain_text(step, timeout=LONG_MS)


def test_a_cut_is_lifted_by_both_and_tested_by_a_call(story, visit, other_browser):
    """Cut by the south alone; proposed by it, accepted by the north, confirmed by itself; in effect at its time; tested
    when a call was answered on the other console. Each step is on both sides' open pages, and leads to the next; every
    press by keyboard alone."""
    south, north = visit(story.south).page, visit(story.north, within=other_browser).page
    for each in (south, north):
        sit_down(each)
    press(south, south.get_by_role("link", name="Cut and restore"))
    press(south, south.get_by_role("link", name="Suspend panmunjom").first)
    write(south, south.get_by_label("Reason"), "leaflets")
    press(south, south.get_by_role("button", name="Go on"))
    press(south, south.locator("#sure"), "Space")
    press(south, south.get_by_role("button", name="Draft the suspension"))
    signed(south)

    north.goto(f"{story.north}/acts")
    step_reached(north, "suspended")
    expect(north.locator("main")).to_contain_text("“leaflets”")
    press(south, south.get_by_role("link", name="Cut and restore"))
    step_reached(south, "suspended")
    press(south, south.get_by_role("link", name="Propose to restore panmunjom").first)
    date(south, south.locator("#effective_day"), "2021-07-27")
    time_of_day(south, south.locator("#effective_time"), "14:00")
    press(south, south.get_by_role("button", name="Go on"))
    press(south, south.get_by_role("button", name="Draft the proposal"))
    signed(south)

    step_reached(north, "proposed")
    press(north, north.get_by_role("link", name="Look at it and accept"))
    press(north, north.locator("#sure"), "Space")
    press(north, north.get_by_role("button", name="Draft the acceptance"))
    signed(north)
    south.goto(f"{story.south}/acts")
    north.goto(f"{story.north}/acts")
    for each in (south, north):
        step_reached(each, "confirmed")
    while south.get_by_role("button", name="Next step").is_enabled():  # past two in the afternoon
        next_step(south)
    for each in (south, north):
        step_reached(each, "in effect")

    press(south, south.get_by_role("button", name="Test it by a call panmunjom"))
    south.wait_for_url(CALL)
    north.get_by_role("button", name="Answer the call").wait_for()
    single(north, "c")
    north.wait_for_url(CALL)
    expect(south.locator("main")).to_contain_text("talking")
    single(south, "e")
    expect(south.locator("main")).to_contain_text("sealed by both", timeout=LONG_MS)
    for each, origin in ((south, story.south), (north, story.north)):
        each.goto(f"{origin}/acts")
        step_reached(each, "tested")
    axe.hold(south)


# ---- with passkeys, at a real station


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with accounts.linked(tmp_path_factory.mktemp("journeys")) as made:
        yield made


@pytest.fixture
def officer(site: Site, visit):
    """Signs an officer in, in a window of their own, by a passkey of their own."""
    site.forget_everybody()

    def make(name: str, **how):
        one = visit(f"{site.origin}/sign-in", **how)
        keyring(one).plug()
        accounts.enrol(one, site.code(name))
        accounts.sign_in(one)
        return one

    yield make
    for each in site.station.asking.get("/v1/watch", duty.Watches).now:
        site.station.asking.post("/v1/watch/off", duty.WatchOff(post=each.post or None), duty.Watch)


def test_a_watch_is_handed_over(site, officer, other_browser):
    """Whoever comes looks, is told aloud, and takes it, by keyboard alone: one moment, both names, and the page of
    whoever was relieved is the sign-in page, at once."""
    site.north.message("Before the handover.", precedence="PRIORITY", due_s=3600)
    relieved = officer("kim").page
    press(relieved, relieved.get_by_role("button", name="Come on watch"))
    relieved.wait_for_url("**/")
    comes = officer("lee", within=other_browser).page
    press(comes, comes.get_by_role("link", name=re.compile("Go on without a watch")))
    press(comes, comes.get_by_role("link", name="Watch", exact=True))
    expect(comes.locator("#relief ~ [data-region]").first).to_contain_text("PRIORITY")
    for each in comes.locator("[aria-labelledby=brief] input").all():
        press(comes, each, "Space")
    axe.hold(comes)
    press(comes, comes.get_by_role("button", name="I take the watch"))
    expect(comes.locator(".band")).to_contain_text("took over from: kim")
    expect(relieved.get_by_role("heading", level=1)).to_have_text("Sign in", timeout=LONG_MS)

    [watch] = site.station.asking.get("/v1/watch", duty.Watches).now
    assert (watch.officer, watch.relieved) == ("lee", "kim")
    assert "on watch" in comes.locator(".who").inner_text()


def test_a_flash_is_answered_on_a_phone_by_touch(site, officer):
    """From the alarm at the top to the answer in the other side's record: each tap's place is on the page that the tap
    before led to, and large enough for a finger."""
    page = officer("kim", size=NARROW).page
    page.get_by_role("button", name="Come on watch").tap()
    page.wait_for_url("**/")
    asked = site.north.message("Is the road open?", precedence="FLASH")
    page.get_by_role("button", name=re.compile("Acknowledge all")).tap()
    expect(page.locator(".bar").first).to_contain_text("known to kim")
    page.get_by_role("link", name="Go to it in the inbox").first.tap()
    page.get_by_role("link", name=re.compile(asked.ref)).tap()
    page.get_by_role("button", name=re.compile("Open it and tell them so")).tap()
    answer = page.get_by_label("Your answer")
    answer.tap()
    answer.fill("Open until noon.")
    page.get_by_role("button", name="Go on: check it").tap()
    page.get_by_label("It cannot wait: send it as FLASH").tap()
    send = page.get_by_role("button", name="Send it")
    box = send.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    send.tap()
    page.get_by_role("heading", name=re.compile("Message")).wait_for()
    inbox = site.north.asking
    site.north.wait_until(lambda: any("noon" in x.text for x in inbox.get("/v1/inbox", items.Inbox).items))
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW[0]


def test_what_is_typed_outlives_a_station_that_starts_again(consoles, visit):
    """The page says that nobody answers, keeps every letter, heals by itself, and the same press then goes through."""
    one = visit(f"{consoles.south.origin}/write", officer="kim")
    page, south = one.page, consoles.pair.south
    write(page, page.get_by_label("Text", exact=True), "Typed before the power failed.")
    south.stop()
    page.locator("#lost").wait_for(timeout=LONG_MS)
    expect(page.get_by_label("Text", exact=True)).to_have_value("Typed before the power failed.")

    south.start()
    page.locator("#lost").wait_for(state="hidden", timeout=LONG_MS)
    consoles.pair.wait_through()
    press(page, page.get_by_role("button", name="Go on: check it"))
    press(page, page.get_by_role("button", name="Send it"))
    page.wait_for_url(re.compile("/items/|/outbox"))
    north = consoles.pair.north
    north.wait_until(lambda: any("power" in x.text for x in north.asking.get("/v1/inbox", items.Inbox).items))
