"""History: drawn and told as a table, over any time, in either language."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from openline.console.draw import axis, strip, svg
from openline.console.words import words
from openline.core.silence import Observed
from openline.core.state import Formal
from openline.station.api.types_duty import Change, LineHistory, PastCall

DAY = 86_400
START = 1_627_344_000  # 27 July 2021, 00:00Z
TIME = strip.Time(START, START + DAY, "Asia/Seoul")


def line(*changes: tuple[int, str, str], calls: tuple[PastCall, ...] = ()) -> LineHistory:
    return LineHistory(
        line="west <1>", changes=tuple(Change(at_s=at, formal=x, observed=y) for at, x, y in changes), calls=calls
    )


def drawn(history: LineHistory, time: strip.Time = TIME, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(strip.strip(history, time, words(language)))


def bands(root: ElementTree.Element, cls: str) -> list[tuple[float, float]]:
    """Where rectangles of a class begin and how wide they are, in percent."""
    return [
        (float(each.get("x", "").rstrip("%")), float(each.get("width", "").rstrip("%")))
        for each in root.iter("rect")
        if each.get("class") == cls
    ]


def test_every_state_is_drawn_and_no_two_alike():
    """A state is told by its height and hatching, before any colour, within its band."""
    for table, names in ((strip.FORMAL, Formal), (strip.OBSERVED, Observed)):
        assert table.keys() == {str(name) for name in names}
        assert len({(look.height, look.hatching) for look in table.values()}) == len(table)


def test_a_drawing_is_where_time_says():
    """Suspended from noon: the block begins in the middle of the day and ends at its end."""
    root = drawn(line((START, "open", "through"), (START + DAY // 2, "suspended", "not_watching")))

    assert bands(root, "d-warn") == [(50.0, 50.0)]
    assert bands(root, "d-blank") == [(50.0, 50.0)]


def test_what_is_not_known_is_not_drawn():
    """Before the first change both bands are empty."""
    root = drawn(line((START + DAY // 4, "open", "through")))

    assert bands(root, "d-calm") == [(25.0, 75.0), (25.0, 75.0)]


def test_a_minute_of_fault_shows_in_five_years():
    """However long the time, the worst of a column is what it shows."""
    years = strip.Time(START, START + 5 * 365 * DAY, "Asia/Seoul")
    fault = START + 700 * DAY
    changes = (START, "open", "through"), (fault, "open", "our_side_cut"), (fault + 60, "open", "through")
    root = drawn(line(*changes), years)

    assert len(bands(root, "d-bad")) == 1


def test_a_drawing_is_bounded():
    """A hundred thousand changes and calls make no longer a drawing than a few thousand."""
    many = [(START + n, "open", "through" if n % 2 else "path_down") for n in range(0, DAY, 8)]
    calls = tuple(PastCall(at_s=START + n, check_in=True, outcome="answered") for n in range(1, DAY, 8))
    text = strip.strip(line(*many, calls=calls), TIME, words("ko"))

    assert len(text.encode()) < 120_000
    assert text.count("d-mark") <= strip.MARKERS


def test_the_least_answered_call_is_the_one_that_is_marked():
    """Several calls in one place: the one that nobody answered shows, and that there were more."""
    calls = tuple(
        PastCall(at_s=START + 3700 + n, check_in=True, outcome=x) for n, x in enumerate(["answered", "rang_unanswered"])
    )
    text = str(strip.strip(line((START, "open", "through"), calls=calls), TIME, words("en")))

    assert "▲</text>" in text
    assert "●</text>" not in text
    assert "rang, not answered (+1)" in text


def test_names_cannot_break_out():
    """A line's id is text, in title and all."""
    text = strip.strip(line((START, "open", "through")), TIME, words("en"))

    assert "west &lt;1&gt;" in text
    assert "style=" not in text + svg.patterns()


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (6, ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]),
        (24, ["12:00", "18:00", "07-28", "06:00"]),
        (24 * 7, ["07-29", "07-31", "08-02"]),
        (24 * 365, ["2021-09", "2021-11", "2022-01", "2022-03", "2022-05", "2022-07"]),
        (24 * 365 * 5, ["2022", "2023", "2024", "2025", "2026"]),
    ],
)
def test_an_axis_is_marked_at_round_times(hours, labels):
    """By our own clock, at no more instants than a phone has room for."""
    found = [mark.label for mark in axis.marks(START, START + hours * 3600, "Asia/Seoul")]

    assert found == labels


def test_a_day_of_summer_time_is_marked_by_the_wall_clock():
    """Where the zone changes, days still begin at midnight."""
    spring = 1_616_800_000
    found = axis.marks(spring, spring + 5 * DAY, "Europe/Berlin")

    assert all(re.fullmatch(r"\d\d-\d\d", mark.label) for mark in found)


@pytest.mark.parametrize("span", ["day", "week", "month", "year", "years"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_shows_each_span(browser, span, language):
    """Drawn, with the table beside it, in either language; the span that is shown is marked."""
    page = browser.get(f"/history?span={span}", headers={"accept-language": language})
    assert page.status_code == 200
    assert '<svg class="strip"' in page.text
    assert '<table class="cards">' in page.text
    assert 'aria-current="true">' in page.text.split("history-move")[1]


def test_earlier_leads_back_and_later_returns(browser):
    """One span at a time; at the present there is no later."""
    page = browser.get("/history?span=day").text
    assert 'rel="next"' not in page
    earlier = re.search(r'href="(/history[^"]*)" rel="prev"', page)
    before = browser.get(earlier[1].replace("&amp;", "&")).text
    assert 'rel="next"' in before
    assert re.search(r'href="(/history[^"]*)" rel="next"', before)


@pytest.mark.parametrize(
    "query",
    ["from=soon", "from=2021-07-27&to=2021-07-26", "from=2999-01-01", "span=century", "span=day&until=x", "until=-1"],
)
def test_a_time_that_cannot_be_read_is_said_and_kept(browser, query):
    """The error first, linked to its field, and what was typed still there; a history is shown all the same."""
    page = browser.get(f"/history?{query}")
    assert page.status_code == 400
    assert 'href="#from"' in page.text
    if "from=" in query:
        assert query.split("from=")[1].split("&")[0] in page.text


def test_a_chosen_time_is_shown(browser):
    """Two days of ours; and a line that there is not is refused."""
    assert browser.get("/history?from=2021-07-27&to=2021-07-29").status_code == 200
    assert browser.get("/history?line=nowhere").status_code == 400


def test_the_last_label_of_an_axis_does_not_run_into_the_one_before():
    """A mark at the very edge, a month after the one before, has its rule and no words."""
    noon_s, year_s = 1_620_000_000, 366 * DAY  # 3 May 2021, and the year before it
    root = drawn(line(), strip.Time(noon_s - year_s, noon_s, "Asia/Seoul"))
    labels = [each.text for each in root.iter() if each.get("class") == "d-axis"]
    assert labels == ["2020-07", "2020-09", "2020-11", "2021-01", "2021-03"]
    assert len([each for each in root.iter() if each.get("class") == "d-rule"]) == 1 + 6
