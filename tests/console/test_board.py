"""The board: what it says when our own station is the one that is not well, and how long until the next check-in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openline.console.words import words
from openline.station.api import types as t
from openline.station.sentences import ahead


def shown(browser, language: str = "en", **changed: Any) -> str:
    """The region of the lines, with the station's status changed."""
    browser.get("/")
    look = browser.portal.call(browser.console.watcher.now)
    status = msgspec.structs.replace(look.status, **changed)
    part: str = browser.console.pages.part("board_lines.html", words(language), look=look._replace(status=status))
    return part


def test_our_own_network_that_does_not_answer_is_said_first(browser):
    """Before any line, because a silence may be ours; and not where probes answer or there are none."""
    failing = shown(browser, probes_ok=False)
    assert failing.index("Our own network does not answer") < failing.index("<table")
    for ok in (True, None):
        assert "Our own network" not in shown(browser, probes_ok=ok)


@pytest.mark.parametrize(("wants_root", "what"), [(True, "keys are lacking"), (False, "waits for a path")])
def test_a_station_that_comes_back_says_how_far_it_is(browser, wants_root, what):
    """What it holds, what the other side says it holds, and what it waits for."""
    back = t.Return(holds=("south 0/3",), they_hold=("south 0/9",), wants_root=wants_root)
    look = browser.portal.call(browser.console.watcher.now)
    down = tuple(msgspec.structs.replace(each, up=False, state="cut") for each in look.status.carriers)
    page = shown(browser, coming_back=back, carriers=down)
    for words_ in ("fetching its own record back", "south 0/3", "south 0/9", what):
        assert words_ in page


def test_the_next_check_in_says_how_long_until(browser):
    """In the page's language, counting."""
    lines = shown(browser, now_s=1_000_000)
    assert "data-until" not in lines  # this line has no check-ins
    look = browser.portal.call(browser.console.watcher.now)
    due = t.CheckInState(due_s=1_000_000 + 25_080, caller="south", outcome="", complete=False)
    line = msgspec.structs.replace(look.status.lines[0], check_ins=(due,))
    assert 'in <time data-until="1025080">6 h 58 min</time>' in shown(browser, now_s=1_000_000, lines=(line,))
    assert "6시간 58분" in shown(browser, "ko", now_s=1_000_000, lines=(line,))


def test_the_safety_lane_is_on_every_line(browser):
    """By itself, whatever the liaison lane is."""
    assert "safety lane: " in shown(browser)


@pytest.mark.parametrize(
    ("seconds", "told"), [(-5, "0 min"), (59, "0 min"), (3599, "59 min"), (3600, "1 h 0 min"), (90_000, "1 days 1 h")]
)
def test_lengths_of_time_ahead(seconds, told):
    """In two units at most."""
    assert ahead(seconds, words("en")) == told
