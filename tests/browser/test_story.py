"""A scenario that plays on both sides' consoles: the band, its paces, the next step, a person at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.browser.plays import Story, played

pytestmark = pytest.mark.slow

STORY = """
[scenario]
title = "A morning"
start = 2021-07-27T08:30:00+09:00
zone = "Asia/Seoul"
sides = ["north", "south"]
[[carrier]]
id = "copper"
kind = "live"
latency_ms = 20
[[line]]
id = "panmunjom"
carriers = ["copper"]
[[step]]
at = 2021-07-27T09:10:00+09:00
by = "north"
do = "message"
ref = "m"
line = "panmunjom"
text = "Good morning."
note = "The first words."
invented = true
[[step]]
at = 2021-07-27T12:30:00+09:00
fault = "station_down"
side = "south"
note = "The power fails."
source = "a newspaper"
[[step]]
at = 2021-07-27T12:40:00+09:00
fault = "station_up"
side = "south"
"""


@pytest.fixture
def story(driver, tmp_path: Path) -> Iterator[Story]:
    """The consoles of a small story that has just begun."""
    with played(STORY, tmp_path) as made:
        yield made


def test_both_sides_live_through_it(story, visit):
    """The next step is taken on one side's page and seen on both; what is invented says so; time runs as it is told."""
    north, south = visit(story.north), visit(story.south, language="ko")
    band = south.page.locator(".band")
    expect(band).to_contain_text("모의 시간")
    expect(north.page.locator(".band")).to_contain_text("The first words. invented")
    axe.hold(north.page)
    axe.hold(south.page)

    north.page.get_by_role("button", name="Next step").click()
    expect(north.page.locator(".band")).to_contain_text("Now 1/3")
    expect(band).to_contain_text("1/3")
    expect(south.page.locator("dt", has_text="기록").locator("+ dd")).to_contain_text(re.compile(r"[1-9]"))

    north.page.get_by_role("button", name="Pause").click()
    expect(north.page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    expect(band.get_by_role("button", name="일시 정지")).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_the_band_is_one_line(story, visit):
    """The rest is behind a press, and stays unfolded while the play goes on; the next step needs no unfolding."""
    one = visit(story.south, language="ko", size=NARROW)
    page, band = one.page, one.page.locator(".band")
    height = "() => document.querySelector('.band').getBoundingClientRect().height"
    assert page.evaluate(height) < 56
    assert page.get_by_role("button", name="일시 정지").is_hidden()
    assert page.get_by_role("button", name="Officer 2").is_hidden()
    axe.hold(page)

    page.get_by_text("메뉴").click()  # where a name that the head has no room for stands whole
    page.get_by_role("link", name="담당관: Officer 1").wait_for()
    band.locator("summary").click()
    page.get_by_role("button", name="Officer 2").wait_for()
    axe.hold(page)
    visit(story.north).page.get_by_role("button", name="Next step").click()
    expect(band.locator("summary")).to_contain_text("1/3")
    page.get_by_role("button", name="일시 정지").wait_for()


def test_a_person_sits_down_at_a_desk(story, visit):
    """What comes is left for them, and the band says who sits there, and as whom."""
    south = visit(story.south)
    south.page.get_by_role("button", name="Sit down here").click()
    expect(south.page.locator(".band")).to_contain_text("You sit at this desk.")
    south.page.get_by_role("button", name="Officer 2").click()
    expect(south.page.locator(".who")).to_contain_text("Officer 2")

    south.page.get_by_role("button", name="Next step").click()
    expect(south.page.locator("dt", has_text="Unopened").locator("+ dd")).to_have_text("1")


def test_the_play_goes_on_while_a_station_is_down_in_it(story, visit):
    """Its console says that nobody answers, keeps the band, and can bring the play to where the station is up again."""
    south = visit(story.south)
    for _ in range(2):
        step = south.page.locator(".band .step").first.inner_text()
        south.page.get_by_role("button", name="Next step").click()
        expect(south.page.locator(".band .step").first).not_to_have_text(step)
    expect(south.page.locator("#lost")).to_contain_text("down in this play")
    expect(south.page.locator(".band")).to_contain_text("The power fails.")

    south.page.get_by_role("button", name="Next step").click()
    expect(south.page.locator("#lost")).to_be_hidden()
    expect(south.page.locator(".band")).to_contain_text("The story is at its end")


def test_an_officer_of_a_trial_cuts_a_line_in_the_page(story, visit):
    """The browser signs with the officer's key that the demo made, and asks for no passkey; both sides see the cut."""
    south, north = visit(story.south + "/acts/suspend?line=panmunjom"), visit(story.north)
    page = south.page
    page.get_by_role("button", name="Go on: see what would be signed").click()
    for sure in page.locator("main input[type=checkbox]").all():
        sure.check()
    page.get_by_role("button", name="Draft the suspension").click()
    sign = page.get_by_role("button", name=re.compile("Sign and release"))
    page.locator("[data-key=here]").wait_for()
    sign.click()

    page.wait_for_url(re.compile("/record/entry"))
    expect(north.page.locator("table.lines")).to_contain_text("suspended")
