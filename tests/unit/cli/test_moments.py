"""Times as officers type them."""

from __future__ import annotations

import pytest

from openline.cli.moments import instant_s, length_s
from openline.wire.errors import Misuse

NOW_S = 1_600_000_000  # 2020-09-13T12:26:40Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("30min", 1800), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("0s", 0)],
)
def test_a_length_of_time_has_units(text: str, seconds: int) -> None:
    """Seconds, minutes, hours, days, and several of them in a row."""
    assert length_s(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-5m", "1.5h", "30 m", "2w", "1h-", "٣m", "9" * 9 + "d" * 2])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    """A number alone, a fraction, a sign, another unit: nothing is guessed."""
    with pytest.raises(Misuse, match="no length of time"):
        length_s(text)


@pytest.mark.parametrize(
    ("text", "zone", "found"),
    [
        ("2020-09-13T12:26:40+00:00", "Asia/Seoul", NOW_S),
        ("2020-09-13T12:26:40Z", "Asia/Seoul", NOW_S),
        ("2020-09-13T21:26:40", "Asia/Seoul", NOW_S),
        ("2020-09-13T21:26:40", "UTC", NOW_S + 9 * 3600),
        ("2020-09-13 21:26", "Asia/Seoul", NOW_S - 40),
        ("+30m", "Asia/Seoul", NOW_S + 1800),
        ("now", "Asia/Seoul", NOW_S),
    ],
)
def test_a_time_is_in_our_zone_unless_it_says_otherwise(text: str, zone: str, found: int) -> None:
    """An offset counts; without one the side's zone does; a plus counts from now."""
    assert instant_s(text, zone, NOW_S) == found


@pytest.mark.parametrize("text", ["", "09:00", "tomorrow", "2020-09-13", "2020-13-01T09:00", "1960-01-01T09:00", "+"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """A day alone, an hour alone, a time before 1970, and words."""
    with pytest.raises(Misuse):
        instant_s(text, "UTC", NOW_S)


@pytest.mark.parametrize("text", ["2021-10-31T02:30", "2021-03-28T02:30"])
def test_an_hour_that_the_clocks_pass_twice_or_skip_wants_its_offset(text: str) -> None:
    """An act must not take effect an hour from what was meant."""
    with pytest.raises(Misuse, match="is skipped by the clocks of Europe/Berlin, or comes twice") as refused:
        instant_s(text, "Europe/Berlin", NOW_S)
    assert "+01:00" in refused.value.next_step
    assert instant_s(f"{text}+01:00", "Europe/Berlin", NOW_S)
