"""When check-ins are due: working days, holidays, and zones with the rules they had on that day (spec 5.6, 12.3)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.core import schedule
from openline.core.schedule import DAILY, WORKING, due_between, last_due, next_due
from openline.wire.limits import TIME_S_MAX
from openline.wire.terms import CheckIn

NINE, FIVE = 9 * 3600, 17 * 3600
SEOUL = CheckIn(NINE, 1, WORKING, "Asia/Seoul")
EVENING = CheckIn(FIVE, 1, DAILY, "Asia/Seoul")
DAY_S = 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - schedule.EPOCH


def utc(instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, UTC).strftime("%Y-%m-%d %H:%M")


def following(check_in: CheckIn, after: str, count: int, holidays: tuple[int, ...] = ()) -> list[str]:
    found, since = [], at(after)
    for _ in range(count):
        due = next_due((check_in,), holidays, since)
        assert due is not None
        found.append(utc(due.due_s))
        since = due.due_s
    return found


def test_working_days_are_monday_to_friday() -> None:
    """The ninth of June 2020 was a Tuesday; nobody rings on Saturday and Sunday."""
    days = following(SEOUL, "2020-06-08T12:00+09:00", 5)
    assert days == ["2020-06-09 00:00", "2020-06-10 00:00", "2020-06-11 00:00", "2020-06-12 00:00", "2020-06-15 00:00"]


def test_daily_is_every_day_holidays_too() -> None:
    """Holidays and weekends are for working-day check-ins alone."""
    days = following(EVENING, "2020-06-12T18:00+09:00", 3, (day("2020-06-13"),))
    assert days == ["2020-06-13 08:00", "2020-06-14 08:00", "2020-06-15 08:00"]


def test_a_lines_holidays_are_left_out() -> None:
    """Chuseok of 2020, Wednesday to Friday, and the weekend behind it: from Tuesday to Monday."""
    holidays = tuple(day(f"2020-{x}") for x in ("09-30", "10-01", "10-02"))
    assert following(SEOUL, "2020-09-28T12:00+09:00", 2, holidays) == ["2020-09-29 00:00", "2020-10-05 00:00"]


def test_a_year_of_holidays_has_no_next() -> None:
    """A search has an end: nothing comes within 400 days."""
    start = day("2020-01-01")
    assert next_due((SEOUL,), tuple(range(start, start + 420)), at("2020-01-02T00:00+09:00")) is None


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2015-08-14", "2015-08-14 00:00"),  # UTC+9 to the last
        ("2015-08-17", "2015-08-17 00:30"),  # Monday after the change of 15 August: UTC+8:30
        ("2018-05-04", "2018-05-04 00:30"),  # the last Friday
        ("2018-05-07", "2018-05-07 00:00"),  # Monday after 5 May 2018: UTC+9 again
    ],
)
def test_pyongyang_had_its_own_time_from_2015_to_2018(on: str, expected: str) -> None:
    """Nine o'clock there was half an hour later than in Seoul, on those days and no others."""
    pyongyang = CheckIn(NINE, 0, WORKING, "Asia/Pyongyang")
    assert due_between((pyongyang,), (), at(f"{on}T00:00+00:00") - 1, at(f"{on}T12:00+00:00")) == [
        (at(expected.replace(" ", "T") + "+00:00"), 0)
    ]


@pytest.mark.parametrize(
    ("zone", "wall", "on", "expected"),
    [
        ("Europe/Berlin", "09:00", "2024-03-29", "2024-03-29 08:00"),  # winter time
        ("Europe/Berlin", "09:00", "2024-03-31", "2024-03-31 07:00"),  # the day of the change
        ("Europe/Berlin", "02:30", "2024-03-31", "2024-03-31 01:30"),  # skipped: with the offset before the change
        ("Europe/Berlin", "02:30", "2024-10-27", "2024-10-27 00:30"),  # comes twice: the first
        ("America/New_York", "09:00", "2024-03-10", "2024-03-10 13:00"),
        ("Australia/Lord_Howe", "09:00", "2024-04-07", "2024-04-06 22:30"),  # half an hour of summer time
        ("Asia/Kathmandu", "09:00", "2024-04-07", "2024-04-07 03:15"),
        ("Pacific/Kiritimati", "09:00", "2024-04-07", "2024-04-06 19:00"),  # fourteen hours ahead
    ],
)
def test_a_wall_clock_time_is_read_with_the_rules_of_its_day(zone: str, wall: str, on: str, expected: str) -> None:
    """Summer time, zones off by quarters of an hour, times that come twice or not at all."""
    hours, minutes = wall.split(":")
    check_in = CheckIn(int(hours) * 3600 + int(minutes) * 60, 0, DAILY, zone)
    middle = at(expected.replace(" ", "T") + "+00:00")
    assert [utc(x.due_s) for x in due_between((check_in,), (), middle - 3600, middle + 3600)] == [expected]
    assert schedule.local_day(middle, zone) == day(on)


def test_a_year_of_daily_calls_is_as_many_as_its_days() -> None:
    """No change of the clock drops a call or doubles one."""
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe"):
        noon = CheckIn(12 * 3600, 0, DAILY, zone)
        after = at("2024-01-01T00:00+00:00") - 12 * 3600 * 2
        assert len(due_between((noon,), (), after, after + 366 * DAY_S)) == 366


def test_of_several_check_ins_the_first_comes_first() -> None:
    """Each is told with its index in the line's list; one due at the same instant comes with the lower."""
    both = (EVENING, SEOUL)
    found = due_between(both, (), at("2020-06-09T00:00+09:00"), at("2020-06-10T00:00+09:00"))
    assert [(utc(x.due_s), x.index) for x in found] == [("2020-06-09 00:00", 1), ("2020-06-09 08:00", 0)]
    nearest = next_due(both, (), at("2020-06-09T10:00+09:00"))
    assert nearest == (at("2020-06-09T17:00+09:00"), 0)


def test_the_last_one_due() -> None:
    """Back from an instant, that instant included, no further than the beginning."""
    since = at("2020-06-01T00:00+09:00")
    found = last_due((SEOUL,), (), at("2020-06-08T08:59+09:00"), since)
    assert found == (at("2020-06-05T09:00+09:00"), 0)
    assert last_due((SEOUL,), (), at("2020-06-08T09:00+09:00"), since) == (at("2020-06-08T09:00+09:00"), 0)
    assert last_due((SEOUL,), (), at("2020-06-05T09:00+09:00"), at("2020-06-05T09:01+09:00")) is None


@given(
    st.integers(at("2010-01-01T00:00+00:00"), at("2030-01-01T00:00+00:00")),
    st.integers(0, DAY_S - 1),
    st.sampled_from([WORKING, DAILY]),
    st.sampled_from(["Asia/Pyongyang", "Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns"]),
)
def test_next_and_last_agree_with_the_list(after: int, at_s: int, days: int, zone: str) -> None:
    """Three questions about one schedule have one answer."""
    check_ins = (CheckIn(at_s, 0, days, zone),)
    week = due_between(check_ins, (), after, after + 7 * DAY_S)
    assert next_due(check_ins, (), after) == week[0]
    assert last_due(check_ins, (), after + 7 * DAY_S, after + 1) == week[-1]
    assert all(after < x.due_s <= after + 7 * DAY_S for x in week)


@pytest.mark.parametrize("at_s", [schedule.END_S - 1, schedule.END_S, 253_402_300_799, TIME_S_MAX])
def test_nothing_is_due_where_calendars_end(at_s: int) -> None:
    """An instant that the other side chose, up to the last that an entry may hold: an answer, and no fault."""
    daily = (CheckIn(9 * 3600, 0, DAILY, "Pacific/Kiritimati"), CheckIn(0, 1, WORKING, "Pacific/Niue"))
    assert schedule.next_due(daily, (), at_s) is None
    assert schedule.due_between(daily, (), at_s, TIME_S_MAX) == []
    last = schedule.last_due(daily, (), at_s, 0)
    assert last is not None
    assert last.due_s < schedule.END_S
