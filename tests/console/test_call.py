"""The call's screens without a browser: who may do what, what is said where it fails, that nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from openline.console.acting import Acting, Role
from openline.station.api import types_duty as duty
from tests.console.conftest import Browser
from tests.integration.pairs import Pair, Station, make_pair

HALF = {"fingerprint": "ab" * 32, "ufrag": "user", "pwd": "p" * 22, "payload_type": 111}


def lasting(station: Station) -> list[duty.Call]:
    return list(station.asking.get("/v1/calls", duty.Calls).lasting)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations of these tests' own: a call leaves a mark on what is observed of its line."""
    made = make_pair(tmp_path_factory.mktemp("calls"))
    with made.through():
        yield made


@pytest.fixture
def call(browser: Browser, pair: Pair) -> Iterator[str]:
    """A call that kim placed from the board, and that rings in the north."""
    answer = browser.post("/calls", data={"line": "liaison"})
    assert answer.status_code == 303
    pair.north.wait_until(lambda: lasting(pair.north))
    yield answer.headers["location"].rpartition("/")[2]
    for station in pair.both:
        for each in lasting(station):
            end = "end" if each.state != "ringing" else "word"
            body = None if end == "end" else duty.PickUp(word="decline", officer="lee")
            station.asking.post(f"/v1/calls/{each.id}/{end}", body)
        station.wait_until(lambda station=station: not lasting(station))  # type: ignore[misc]


def answered(pair: Pair, call: str) -> None:
    pair.north.asking.post(f"/v1/calls/{call}/word", duty.PickUp(word="answer", officer="lee"))
    pair.south.wait_until(lambda: [each.state for each in lasting(pair.south)] == ["talking"])


def test_a_call_is_placed_shown_and_hung_up(browser: Browser, call: str, pair: Pair):
    """From the board's button to the list of those that finished."""
    page = browser.get(f"/calls/{call}").text
    assert "Hang up" in page
    assert "kim" in page
    assert browser.post(f"/calls/{call}/end").status_code == 303
    pair.south.wait_until(lambda: not lasting(pair.south))
    assert "nobody answered" in browser.get(f"/calls/{call}").text
    assert call in browser.get("/calls").text


def test_a_line_in_use_leads_to_its_call(browser: Browser, call: str, pair: Pair):
    """Pressing Call again, on any console of the side, rings nobody a second time."""
    assert browser.post("/calls", data={"line": "liaison"}).headers["location"] == f"/calls/{call}"
    assert len(lasting(pair.south)) == 1


def test_a_call_that_is_over_cannot_be_ended_again(browser: Browser, call: str, pair: Pair):
    """The page says so and stands; it is no blank error."""
    browser.post(f"/calls/{call}/end")
    pair.south.wait_until(lambda: not lasting(pair.south))
    answer = browser.post(f"/calls/{call}/end")
    assert answer.status_code == 409
    assert "this call is over" in answer.text
    assert "There is a problem" in answer.text


def test_text_beside_a_call_is_a_message_on_its_line(browser: Browser, call: str, pair: Pair):
    """By a form, or by the page's script, which is answered in JSON and not sent elsewhere."""
    answered(pair, call)
    assert browser.post(f"/calls/{call}/text", data={"text": "by form"}).status_code == 303
    by_script = browser.post(f"/calls/{call}/text", data={"text": "by script"}, headers={"accept": "application/json"})
    assert by_script.json() == {"says": "The message was sent."}
    page = browser.get(f"/calls/{call}").text
    assert "by form" in page
    assert "by script" in page


def test_nothing_that_was_typed_is_lost(browser: Browser, call: str, pair: Pair):
    """A log without a purpose is refused, and the summary stands in the field again."""
    answered(pair, call)
    browser.post(f"/calls/{call}/end")
    pair.south.wait_until(lambda: not lasting(pair.south))
    answer = browser.post(f"/calls/{call}/log", data={"summary": "All <well>."})
    assert answer.status_code == 400
    assert "All &lt;well&gt;.</textarea>" in answer.text
    assert browser.post(f"/calls/{call}/log", data={"summary": "All well.", "purpose": "check-in"}).status_code == 303
    assert re.search(r"Purpose: check-in\.\s*All well\.", browser.get(f"/calls/{call}").text)


def test_a_station_without_voice_says_so_in_json(browser: Browser, call: str, pair: Pair):
    """The page's script is told what is the matter, never an HTML page."""
    answered(pair, call)
    found = browser.get(f"/calls/{call}/voice").json()
    assert (found["available"], found["spoken"], found["caller"]) == (False, True, True)
    refused = browser.post(f"/calls/{call}/voice", json=HALF)
    assert refused.status_code == 409
    assert "no voice" in refused.json()["what"]


@pytest.mark.parametrize("half", [{}, {**HALF, "ufrag": "a\r\nb="}, {**HALF, "fingerprint": "zz"}, {**HALF, "more": 1}])
def test_what_is_no_half_is_refused(browser: Browser, call: str, half: dict[str, object]):
    """Nothing but the fields of a half, each of its form: no line of a description can come in by it."""
    assert browser.post(f"/calls/{call}/voice", json=half).status_code == 400


def test_an_auditor_sees_calls_and_touches_none(browser: Browser, call: str):
    """Every way to change something, and the voice itself, are an officer's."""
    browser.gate.who = Acting("kim", frozenset({Role.AUDITOR}))
    assert browser.get(f"/calls/{call}").status_code == 200
    for path in ("/calls", f"/calls/{call}/word", f"/calls/{call}/end", f"/calls/{call}/text", f"/calls/{call}/voice"):
        assert browser.post(path, data={}).status_code == 403
    assert browser.get(f"/calls/{call}/voice").status_code == 403


def test_a_strange_word_about_a_call_is_refused(browser: Browser, call: str):
    """Only answer, decline and defer are said to their station."""
    assert browser.post(f"/calls/{call}/word", data={"word": "shout"}).status_code == 400


def test_a_call_of_no_id_is_said_to_be_none(browser: Browser):
    """A path that somebody made up leads to words, not to a fault."""
    assert browser.get("/calls/0000000000000000").status_code == 400
    assert browser.get("/calls/zz").status_code == 400


def test_a_line_that_is_in_use_leads_to_its_call(browser: Browser, call: str, pair: Pair):
    """Who presses Call while the line rings comes to that call, and nothing rings twice: the station says which."""
    answer = browser.post("/calls", data={"line": "liaison"})
    assert answer.headers["location"] == f"/calls/{call}"
    assert [each.id for each in lasting(pair.north)] == [call]
