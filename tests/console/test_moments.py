"""Instants as officers type them."""

from __future__ import annotations

import pytest

from openline.console.moments import suggested, typed_s
from openline.console.words import words

EN = words("en")


def test_a_day_and_a_time_are_on_our_own_clock():
    """Not on the machine's, and not in Zulu."""
    assert typed_s(EN, "2021-07-27", "10:00", "Asia/Seoul") == 1_627_347_600


@pytest.mark.parametrize("clock", ["02:30"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_time_that_clocks_skip_or_pass_twice_is_refused(day, clock):
    """An act must not take effect an hour from what was meant."""
    assert typed_s(EN, day, clock, "Europe/Berlin") == "Our clocks skip this time or pass it twice. Choose another."


@pytest.mark.parametrize(
    ("day", "clock"),
    [("", ""), ("2026-01-01", "25:00"), ("x", "10:00"), ("2026-01-01", "10:00+02:00"), ("1960-01-01", "10:00"),
     ("0001-01-01", "00:00")],
)  # fmt: skip
def test_what_is_no_time_is_said(day, clock):
    """Whatever was typed."""
    assert typed_s(EN, day, clock, "Asia/Seoul") == "Give a day and a time of day."


def test_what_is_suggested_is_a_full_hour_to_come():
    """At least as far ahead as asked."""
    day, clock = suggested(1_627_347_601, "Asia/Seoul", 7200)
    assert (day, clock) == ("2021-07-27", "13:00")
