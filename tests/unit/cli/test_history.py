"""`openline history`: changes as columns of a strip."""

from __future__ import annotations

from openline.cli.history import strip
from openline.core.silence import Observed
from openline.station.api.types_duty import Change, LineHistory
from openline.station.columns import ORDER
from openline.station.strip import OBSERVED


def history(*changes: tuple[int, str, str]) -> LineHistory:
    return LineHistory(
        line="west", changes=tuple(Change(at_s=at_s, formal=formal, observed=seen) for at_s, formal, seen in changes)
    )


def test_a_change_fills_its_columns():
    """Each column shows what was agreed at its end; what came before the first change is blank."""
    drawn = strip(history((1020, "open", "through"), (1060, "suspended", "not_expected")), 1000, 1100, 10)

    assert drawn.agreed == ["", "", *["open"] * 4, *["suspended"] * 4]
    assert drawn.observed == [None, None, *["through"] * 4, *["not_expected"] * 4]


def test_a_short_fault_is_not_hidden():
    """A fault of seconds between two long quiet times shows in its column, and in no other."""
    seen = history((1000, "open", "through"), (1052, "open", "path_down"), (1053, "open", "through"))

    drawn = strip(seen, 1000, 1100, 10)

    assert drawn.observed == [*["through"] * 5, "path_down", *["through"] * 4]


def test_nothing_known_is_nothing_drawn():
    """A line that was never looked at is blank."""
    drawn = strip(history(), 1000, 1100, 10)

    assert drawn.agreed == [""] * 10
    assert drawn.observed == [None] * 10


def test_states_are_ranked_as_they_are_drawn():
    """Which of two states a column shows, and in which order a legend names them, is one order."""
    assert tuple(OBSERVED) == ORDER
    assert set(ORDER) == set(Observed)
