"""Why a line is silent: both states apart, the evidence with its ages and whose word it is, and what one may do."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from openline.station.api import types_duty

HOSTILE = '"><img src=x onerror=alert(1)>'
SEOUL = ZoneInfo("Asia/Seoul")


def said(**other: str) -> dict[str, str]:
    """A public statement as it is typed, an hour ago."""
    then = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 3600, SEOUL)
    return {
        "text": "The line was checked.", "source": "a ministry", "said_day": f"{then:%Y-%m-%d}",
        "said_time": f"{then:%H:%M}", **other,
    }  # fmt: skip


def test_both_states_are_two_sentences(browser):
    """What is agreed and what is observed stand in two boxes, each with its word and its sentence."""
    page = browser.get("/lines/liaison/why").text
    agreed, observed = page.split("What is observed", 1)
    assert "is formally open" in agreed
    assert "we hear their station on this line" in observed
    assert "we hear their station" not in agreed
    assert "The safety lane of liaison is formally open" in agreed


def test_it_is_said_in_korean_whole(browser):
    """No sentence of the explanation is left in English."""
    page = browser.get("/lines/liaison/why", headers={"accept-language": "ko"}).text

    assert "공식 상태는 개통입니다" in page
    assert "formally open" not in page


def test_every_layer_says_whose_word_it_is(browser):
    """A sign of life is their station's, a probe is ours."""
    page = browser.get("/lines/liaison/why").text
    rows = page.split("<tbody>")[-1].split("</tbody>")[0].split("<tr>")[1:]
    assert len(rows) >= 5
    for row in rows:
        assert row.count("<td") == 3
    by_name = {row.split("</th>")[0].split(">")[-1].strip(): row for row in rows}
    assert "sealed with their station&#39;s key: north" in by_name["Sign of life on this line"]
    assert "our own probes" in by_name["Our own network"]


def test_a_line_that_is_not_there_is_said(browser):
    """With the names of those that are."""
    page = browser.get("/lines/nowhere/why")
    assert page.status_code == 400
    assert "the accord has no line named nowhere" in page.text


def test_a_public_statement_is_noted_and_quoted(browser):
    """With its source and time; it is then evidence that the page shows."""
    answer = browser.post("/lines/liaison/statements", data=said(text=HOSTILE))
    assert (answer.status_code, answer.headers["location"]) == (303, "/lines/liaison/why#noted")
    page = browser.get("/lines/liaison/why").text
    assert HOSTILE not in page
    assert HOSTILE in unescape(page)
    assert "a ministry" in page


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"text": ""}, "Write what was said."),
        ({"source": ""}, "Say who said it, and where."),
        ({"said_day": ""}, "Give a day and a time of day."),
        ({"said_day": "2026-13-01"}, "Give a day and a time of day."),
        ({"said_day": "9999-12-31"}, "This has not been yet."),
        ({"text": "x" * 1001}, "This is too long."),
    ],
)
def test_a_statement_without_its_source_or_time_is_not_noted(browser, wrong, what):
    """What is wrong is said and linked to its field, and what was typed stays."""
    answer = browser.post("/lines/liaison/statements", data=said(**wrong))
    assert answer.status_code == 400
    assert what in answer.text
    name = next(iter(wrong))
    assert f'<a href="#{name}">' in answer.text
    if name != "text":
        assert "The line was checked." in answer.text


def test_the_drill_is_ordered_followed_and_broken_off(browser, pair):
    """By the officer who is signed in; its page says how far it is, and what comes of it in both languages."""
    link = browser.post("/lines/liaison/drill")
    assert link.headers["location"] == "/lines/liaison/why#drill"
    page = browser.get("/lines/liaison/why").text
    assert "The drill is running" in page
    assert "ordered by: kim" in page
    assert browser.post("/lines/liaison/drill").status_code == 409
    assert browser.post("/lines/liaison/drill/stop").status_code == 303
    page = browser.get("/lines/liaison/why").text
    assert "The drill was broken off" in page
    drill = pair.south.asking.get("/v1/drills/liaison", types_duty.Drill)
    for text in drill.statement.values():
        assert text.splitlines()[0] in unescape(page)
