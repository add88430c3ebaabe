"""Durations and instants: exact, rounded up, inside the calendar."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.play import durations
from openline.wire.errors import Misuse


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("PT0S", 0),
        ("PT30M", 1_800_000),
        ("PT6H", 21_600_000),
        ("P1D", 86_400_000),
        ("P2W", 1_209_600_000),
        ("P1W1DT1H1M1S", 694_861_000),
        ("PT90M", 5_400_000),
        ("P413D", 35_683_200_000),
        ("PT1.5S", 1500),
        ("PT1,5S", 1500),
        ("PT1.5H", 5_400_000),
        ("P0.5W", 302_400_000),
        ("PT0.0001S", 1),
        ("PT1M0.9995S", 61_000),
        ("PT007M", 420_000),
    ],
)
def test_a_duration_is_read_exactly(text, milliseconds):
    """Weeks to seconds, with a fraction in the last part; what is left of a millisecond is rounded up."""
    assert durations.duration_ms(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no duration"),
        ("P", "without any part"),
        ("PT", "without any part"),
        ("P1DT", "without any part"),
        ("30M", "no duration"),
        ("PT30", "no duration"),
        ("pt30m", "no duration"),
        ("P1H", "no duration"),
        ("PT1D", "no duration"),
        ("PT1S1M", "no duration"),
        ("PT1M ", "no duration"),
        ("PT1M\n", "no duration"),
        ("+PT1M", "no duration"),
        ("PT.5S", "no duration"),
        ("PT5.S", "no duration"),
        ("PT1_0S", "no duration"),
        ("PT٣S", "no duration"),
        ("P1Y", "years or months"),
        ("P1M", "years or months"),
        ("P1Y2DT3H", "years or months"),
        ("-PT5M", "negative"),
        ("PT-5M", "no duration"),
        ("PT1.5H30M", "not its last"),
        ("P1.5DT1H", "not its last"),
        ("P400000W", "too long"),
        ("PT" + "9" * 400 + "S", "no duration"),
    ],
)
def test_what_is_no_duration_is_refused_with_its_reason(text, why):
    """Years, months, signs, parts out of order or without a unit are refused, each with its own reason."""
    with pytest.raises(Misuse, match=why):
        durations.duration_ms(text)


@given(st.fractions(0, 10**6), st.sampled_from("WDHMS"))
def test_a_duration_is_never_shortened(amount, unit):
    """Whatever the fraction, what is read is the exact duration or less than a millisecond more."""
    decimal = f"{float(amount):.9f}"
    exact = Fraction(decimal) * {"W": 604_800_000, "D": 86_400_000, "H": 3_600_000, "M": 60_000, "S": 1000}[unit]
    read = durations.duration_ms(("P" if unit in "WD" else "PT") + decimal + unit)

    assert exact <= read < exact + 1


@given(st.text("PTWDHMSY0123456789.,-+ ", max_size=14))
def test_any_text_is_a_duration_or_refused(text):
    """Any text gives a number of milliseconds that is not negative, or `Misuse`."""
    read = 0
    with suppress(Misuse):
        read = durations.duration_ms(text)

    assert read >= 0


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(8998, 12, 31)),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_an_instant_is_rounded_up_to_the_millisecond(moment, zone):
    """A time with an offset becomes its UTC instant, at most a millisecond late and never early."""
    aware = moment.replace(tzinfo=zone)
    back = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=durations.instant_ms(aware, "UTC"))

    assert timedelta() <= back - aware < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("moment", "zone", "utc"),
    [
        ("2020-06-09T12:00:00", "Asia/Seoul", "2020-06-09T03:00:00+00:00"),
        ("2017-01-02T09:00:00", "Asia/Pyongyang", "2017-01-02T00:30:00+00:00"),
        ("2019-01-02T09:00:00", "Asia/Pyongyang", "2019-01-02T00:00:00+00:00"),
        ("2021-10-31T02:30:00", "Europe/Vienna", "2021-10-31T00:30:00+00:00"),  # comes twice: the first
        ("2021-03-28T02:30:00", "Europe/Vienna", "2021-03-28T01:30:00+00:00"),  # skipped: the offset before
    ],
)
def test_a_local_time_is_one_of_the_zone(moment, zone, utc):
    """A time without an offset is read with its zone's rules of that day; of two the first is meant."""
    instant = durations.instant_ms(datetime.fromisoformat(moment), zone)

    assert durations.local_text(instant, "UTC") == utc


@pytest.mark.parametrize("moment", ["1969-12-31T23:59:59+00:00", "1970-01-01T00:00:00+09:00", "9000-01-01T00:00:00Z"])
def test_a_time_outside_the_calendar_is_refused(moment):
    """What lies before 1970 or after 8999 would leave calendar arithmetic or the record's numbers."""
    with pytest.raises(Misuse, match="1970 to 8999"):
        durations.instant_ms(datetime.fromisoformat(moment), "UTC")


@pytest.mark.parametrize("moment", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)])
def test_the_ends_of_the_calendar_do_not_overflow(moment):
    """The earliest and latest times that TOML can write are refused like any other outside."""
    for zone in (None, timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))):
        with pytest.raises(Misuse, match="1970 to 8999"):
            durations.instant_ms(moment.replace(tzinfo=zone), "Pacific/Kiritimati")


def test_the_last_instant_survives_the_widest_offset():
    """A clock that is a century fast at the last instant is still inside Python's calendar."""
    last = durations.instant_ms(datetime(8999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), "UTC")

    assert durations.in_span(last)
    assert not durations.in_span(last + 1)
    assert durations.local_text(last + durations.SKEW_S_MAX * 1000, "UTC").startswith("9100")


def test_seconds_are_rounded_up():
    """A millisecond past the second is the next second."""
    assert [durations.seconds_up(x) for x in (0, 1, 999, 1000, 1001)] == [0, 1, 1, 1, 2]


def test_a_time_in_a_message_reads_as_the_file_would_write_it():
    """Messages show times in the scenario's zone, with the milliseconds only where there are some."""
    assert durations.local_text(1_591_671_600_000, "Asia/Seoul") == "2020-06-09T12:00:00+09:00"
    assert durations.local_text(1_591_671_600_250, "Asia/Seoul") == "2020-06-09T12:00:00.250+09:00"
