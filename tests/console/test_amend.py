"""A change of a line's terms: it begins with what is in force, and only what differs is proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import msgspec
import pytest

from openline.console.forms import Typed
from openline.console.screens.acts_forms import effects
from openline.console.words import words
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.wire import terms as wire
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


def offered(**changes):
    told = {"ref": "north 0/1", "id": "00" * 32, "author": "north", "time_s": 1, "what": "", "standing": "waiting"}
    return items.Offer(kind="amendment", waits_for="us", line="liaison", **told, **changes)


@pytest.mark.parametrize(
    ("changes", "english"),
    [
        ({"check_ins": (t.CheckIn(at="09:00", caller="north", zone="Asia/Seou1"),)}, "never due: Asia/Seou1"),
        ({"check_ins": (t.CheckIn(at="09:00", caller="north", zone="../../etc/passwd"),)}, "never due: ../../etc"),
        ({"check_ins": ()}, "No check-in will be due"),
        ({"expires_s": 9}, "only what a suspended line passes"),
        ({"pulse_s": 86_400}, "only after: 3 days"),
        ({}, "It changes nothing."),
    ],
    ids=["a zone that looks like one", "a path", "no check-ins", "an expiry", "a rare sign of life", "nothing"],
)
def test_what_a_change_would_do_is_said_before_it_is_accepted(changes, english):
    """Where its figures do not show it by themselves; in both languages, and of nothing else."""
    [said] = effects(words("en"), offered(**changes))
    assert english in said
    [korean] = effects(words("ko"), offered(**changes))
    assert re.search("[가-힣]", korean)
    harmless = {"check_ins": (t.CheckIn(at="09:00", caller="north", zone="Asia/Seoul"),), "pulse_s": 30}
    assert effects(words("en"), offered(**harmless)) == []


def test_a_check_in_hides_no_second_of_its_time():
    """One at 09:00:59 is told so, and can be said again; a full minute needs no more."""
    assert wire.CheckIn(32_459, 0, 1, "Asia/Seoul").at == "09:00:59"
    assert wire.CheckIn(32_400, 0, 1, "Asia/Seoul").at == "09:00"
    told = msgspec.json.decode(b'{"at": "09:00:59", "caller": "north"}', type=t.CheckIn)
    assert told.at == "09:00:59"
