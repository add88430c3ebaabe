"""A change of a line's terms: it begins with what is in force, and only what differs is proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from openline.console.forms import Typed
from openline.station.api import types as t
from tests.integration.pairs import Pair

BASE = {"line": "liaison", "rows": "2", "carrier": "fibre", "holidays": "", "expires": "never", "pulse": "1"}


@pytest.fixture
def sheet(browser, pair: Pair) -> Iterator[dict[str, str]]:
    """The form as it comes, with a time to come; what was drafted is dropped afterwards."""
    page = browser.get("/acts/amend?line=liaison").text
    names = dict(re.findall('name="(effective_day|effective_time)" type="[a-z]*" value="([^"]*)"', page))
    yield {**BASE, **names}
    for each in pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...]):
        pair.south.asking.delete(f"/v1/drafts/{each.id}")


def test_a_line_is_chosen_first(browser):
    """All of them are there; one that is not is said."""
    assert "/acts/amend?line=liaison" in browser.get("/acts/amend").text
    assert browser.get("/acts/amend?line=nowhere").status_code == 400


def test_only_what_differs_is_proposed(browser, pair, sheet):
    """A check-in more and another pulse; carriers, holidays and expiry are left out, and are said to stay."""
    changed = {**sheet, "pulse": "30", "at0": "09:00", "caller0": "south", "days0": "working", "zone0": ""}
    page = unescape(browser.post("/acts/amend", data=changed).text)
    assert "What is not listed here stays as it is." in page
    assert "09:00 south · working days · Asia/Seoul" in page
    assert page.count('<th scope="row">') == 2
    answer = browser.post("/acts/amend", data={**changed, "step": "do"})
    assert answer.headers["location"].startswith("/drafts/")
    [draft] = pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...])
    assert draft.kind == "amendment"
    assert "pulse" in draft.what
    assert draft.id in browser.get("/acts").text


def test_a_change_of_nothing_is_no_change(browser, pair, sheet):
    """It is said, and nothing is drafted."""
    answer = browser.post("/acts/amend", data={**sheet, "step": "do"})
    assert (answer.status_code, "This changes nothing." in answer.text) == (400, True)
    assert pair.south.asking.get("/v1/drafts", tuple[t.Drafted, ...]) == ()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"at0": "25:00", "caller0": "south", "days0": "daily"}, "Give a time of day, as 09:00."),
        ({"at0": "09:00", "caller0": "east", "days0": "daily"}, "Say who calls, and on which days."),
        ({"at0": "09:00", "caller0": "south", "days0": "never"}, "Say who calls, and on which days."),
        ({"holidays": "tomorrow"}, "Write each day as 2021-10-04"),
        ({"pulse": "0"}, "Give whole seconds"),
        ({"pulse": "1e3"}, "Give whole seconds"),
        ({"carrier": "none of ours"}, "A line has at least one carrier."),
        ({"expires": "at", "until_day": "2001-01-01", "until_time": "00:00"}, "This is past."),
        ({"effective_day": ""}, "Give a day and a time of day."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(browser, sheet, wrong, what):
    """Nothing that was typed is lost."""
    answer = browser.post("/acts/amend", data={**sheet, "holidays": "2021-10-04", **wrong})
    assert answer.status_code == 400
    assert what in answer.text
    if "holidays" not in wrong:
        assert "2021-10-04" in answer.text


def test_a_zone_that_nobody_knows_is_refused_by_the_station(browser, sheet):
    """With the station's own words."""
    wrong = {**sheet, "at0": "09:00", "caller0": "south", "days0": "daily", "zone0": "Nowhere/At all", "step": "do"}
    answer = browser.post("/acts/amend", data=wrong)
    assert (answer.status_code, "no such zone here" in answer.text) == (400, True)


def test_what_a_form_holds_goes_on_to_the_next_page_and_its_steps_do_not():
    """A second word given once is not given for ever."""
    typed = Typed(sure="yes", step="do", reason="x", line=("a", "b"))
    assert typed.kept() == [("reason", "x"), ("line", "a"), ("line", "b")]
