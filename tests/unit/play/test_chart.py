"""The strip chart: what a column shows, how the axis is named, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import click
import pytest

from openline.core.silence import Observed
from openline.core.state import Formal
from openline.play.chart import Samples, chart
from openline.play.engine import Player
from openline.play.loading import load
from openline.play.telling import Teller
from openline.station.columns import NO_RECORD
from openline.station.strip import FORMAL, OBSERVED, axis
from tests.unit.cli.scenarios import ABSENT, CARRIER_DOWN, DESTROYED, HEAD, LATER, UNANSWERED

START_MS = 1_591_572_600_000  # 8 June 2020, 08:30 in Seoul
SUSPENDED = """
[[step]]
at = 2020-06-08T09:06:00+09:00
by = "north"
do = "suspend"
lines = ["west"]
"""


@contextmanager
def playing(folder: Path, *parts: str) -> Iterator[Player]:
    player = Player(load("".join((HEAD, *parts)), "day.toml"), 1, folder)
    try:
        yield player
    finally:
        player.close()


def drawn(folder: Path, columns: int, *parts: str) -> tuple[Samples, list[str]]:
    """The South's chart of a play, without its colours."""
    with playing(folder, *parts) as player:
        samples = Samples(player, 1, columns)
        player.play(samples.watch)
        return samples, [click.unstyle(row) for row in chart(samples)]


def test_two_rows_a_line_and_what_the_symbols_mean(tmp_path):
    """Agreed above, observed below, one symbol a column; the legend names what occurs and nothing else."""
    _, rows = drawn(tmp_path, 20, ABSENT, UNANSWERED, SUSPENDED, LATER)

    assert rows == [
        "panmunjom   " + "━" * 20,
        "  observed  " + "━" * 11 + "▒" * 9,
        "west        " + "━" * 16 + "█" * 4,
        "  observed  " + "━" * 20,
        "                      09:00",
        "            8 June 2020",
        "",
        "agreed    ━ open   █ suspended",
        "observed  ▒ rang_unanswered   ━ through",
        "as south sees the liaison lane; a column is 1.0 minutes",
    ]


def test_an_hours_fault_is_not_hidden_by_the_days_around_it(tmp_path):
    """Of all that is observed in a column, what comes first in the order of `OBSERVED` is shown."""
    mended = CARRIER_DOWN.replace("08:55", "09:03").replace("carrier_down", "carrier_up")
    samples, _ = drawn(tmp_path, 1, CARRIER_DOWN, mended, LATER)

    assert samples.observed[0] == [Observed.PATH_DOWN]
    assert samples.observed[1] == [Observed.THROUGH]


def test_a_destroyed_site_has_no_agreed_state(tmp_path):
    """From the moment the site is gone nothing is agreed as far as it can say, and it watches nothing."""
    samples, rows = drawn(tmp_path, 2, DESTROYED, LATER)

    assert samples.agreed[0] == [NO_RECORD, NO_RECORD]
    assert samples.observed[0] == [Observed.NOT_WATCHING] * 2
    assert rows[-3] == "agreed"


def test_every_state_has_a_symbol_of_its_own():
    """No state is told from another by colour alone, in either row; a symbol takes one column."""
    assert set(FORMAL) == {*Formal, NO_RECORD}
    assert set(OBSERVED) == set(Observed)
    for marks in (FORMAL, OBSERVED):
        assert len({mark.symbol for mark in marks.values()}) == len(marks)
        assert all(len(mark.symbol) == 1 for mark in marks.values())


@pytest.mark.parametrize("columns", [1, 97])
def test_looking_changes_nothing(tmp_path, columns):
    """A play that is charted is told alike, and leaves the same entries at the same times, as one that is not."""
    parts = (ABSENT, UNANSWERED, SUSPENDED, CARRIER_DOWN.replace("08:55", "09:07"), LATER)
    told = []
    for name in ("watched", "alone"):
        (tmp_path / name).mkdir()
        with playing(tmp_path / name, *parts) as player:
            teller = Teller(player, quiet=True)
            if name == "watched":
                for side in (0, 1):
                    Samples(player, side, columns)
            player.play(teller.tell)
            kept = [[(k.place, k.received_ms) for k in station.store.replay()] for station in player.stations]
        told.append((teller.as_json(1), kept))

    assert told[0] == told[1]
    assert [len(each) for each in told[0][1]] == [4, 4]


@pytest.mark.parametrize("minutes", [1, 10, 60, 300, 1_440, 7_200, 43_200, 144_000, 691_200, 5_760_000, 57_600_000])
@pytest.mark.parametrize("columns", [20, 84, 200])
def test_the_axis_has_room_for_its_names(minutes, columns):
    """Whatever the length of a play, its instants are named in order without touching, within the columns."""
    upper, lower = axis(START_MS, START_MS + minutes * 60_000, "Asia/Seoul", columns)

    assert max(len(upper), len(lower)) <= columns
    assert "2020" in lower
    names = upper.split(" ")
    assert all(name == "" or name[0].isalnum() for name in names)
    years = [int(word) for word in lower.split() if len(word) == 4 and word.isdigit()]
    assert years
    assert all(a <= b for a, b in pairwise(years))


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0.1, "09:00"), (2, "00:00"), (30, "18 Jun"), (480, "Jul")],
)
def test_the_axis_is_named_by_the_finest_scale_that_fits(days, expected):
    """Hours within a day, days within months, months within years."""
    upper, _ = axis(START_MS, START_MS + int(days * 86_400_000), "Asia/Seoul", 84)

    assert expected in upper


def test_a_month_stands_where_it_begins():
    """The name of a month begins in the column that its first day falls into."""
    upper, lower = axis(START_MS, START_MS + 480 * 86_400_000, "Asia/Seoul", 96)  # five days a column

    days = (datetime(2021, 1, 1) - datetime(2020, 6, 8, 8, 30)).total_seconds() / 86_400
    assert upper.index("Jan") == lower.index("2021") == int(days / 5)
