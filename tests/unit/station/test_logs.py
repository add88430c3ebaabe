"""The station's log: one line an event, for programs or people, bounded where a stranger can cause it."""

from __future__ import annotations

import json

import pytest

from openline.station.config import Log
from openline.station.logs import PER_MINUTE, Bounds, Saying


@pytest.fixture
def file(tmp_path):
    return tmp_path / "station.log"


@pytest.fixture
def log_to():
    made = []

    def saying(config):
        made.append(Saying(config))
        return made[-1]

    yield saying
    for each in made:
        each.close()


def test_an_event_is_one_json_line_with_its_fields(file, log_to):
    """Event, level, instant and fields; what is empty is left out."""
    say = log_to(Log(file=file))
    say("carrier_down", carrier="fibre", why="", text=None)

    told = json.loads(file.read_text())
    assert (told["event"], told["level"], told["carrier"]) == ("carrier_down", "info", "fibre")
    assert set(told) == {"event", "level", "carrier", "timestamp"}


def test_people_read_text(file, log_to):
    """As text: when, how grave, what, and the fields."""
    log_to(Log(file=file, format="text"))("storage_fault", what="disk full")

    assert "error" in file.read_text()
    assert "storage_fault" in file.read_text()
    assert "what=disk full" in file.read_text()


def test_what_is_below_the_level_is_not_told(file, log_to):
    """A log of warnings leaves information out."""
    say = log_to(Log(file=file, level="warning"))
    say("up")
    say("strange", text="a place twice")

    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["strange"]


def test_a_flood_is_told_so_often_and_then_counted(file, log_to):
    """What the other side can cause fills no disk; how many were left out is said when its minute is over."""
    bounds = Bounds()
    told = [bounds.left_out("damaged", 0.5) for _ in range(PER_MINUTE + 7)]

    assert told == [0] * PER_MINUTE + [None] * 7
    assert bounds.left_out("damaged", 61) == 7
    assert bounds.left_out("up", 61) == 0
    say = log_to(Log(file=file))
    for _ in range(10 * PER_MINUTE):
        say("damaged", text="by fibre: it does not open")
    assert len(file.read_text().splitlines()) == PER_MINUTE


def test_a_log_that_was_moved_away_is_begun_anew(file, log_to):
    """Log rotation needs no signal."""
    say = log_to(Log(file=file))
    say("up")
    file.rename(file.with_suffix(".1"))
    say("up")

    assert len(file.read_text().splitlines()) == 1


def test_words_of_others_make_no_line_of_their_own(file, log_to):
    """A relay's or the other side's words are quoted in one line: nobody writes events into our log."""
    say = log_to(Log(file=file, format="text"))
    say("carrier_trouble", what="no\n2026-01-01T00:00:00Z info    up\x1b[2J")

    assert len(file.read_text().splitlines()) == 1
    assert "\x1b" not in file.read_text()
