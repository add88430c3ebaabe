"""Where a line stands on its way back to open, from what the station says of the record."""

from __future__ import annotations

from typing import Any

import pytest

from openline.console.standing import ACCEPTED, CONCLUDED, Step, places
from openline.station.api import types as t
from openline.station.api import types_items

NOW = 1_000_000


def line(formal: str) -> t.LineState:
    return t.LineState(
        id="west", lanes={"liaison": t.LaneState(formal=formal, cut=formal != "open")}, observed="through", says="",
        heard_ms=0, carriers=(), next_check_in_s=None, check_ins=(), expires_s=0,
    )  # fmt: skip


def status(formal: str) -> t.Status:
    return t.Status(
        version="", side="south", other="north", now_s=NOW, up_s=0, restoring=False, lines=(line(formal),), carriers=(),
        alarms=(), acknowledged={}, remarks=(), watch=(), heads=t.Heads(ours="", theirs="", equal=True, entries=0),
        waiting=0, unopened=0, drafts=0, calls=0,
    )  # fmt: skip


def cut(from_s: int = NOW - 100, ends_s: int | None = None) -> types_items.Suspension:
    scope = (types_items.Suspended(line="west", lane="liaison", ends_s=ends_s),)
    return types_items.Suspension(
        ref="r", id="aa", author="north", time_s=from_s, from_s=from_s, reason="", scope=scope
    )


def offer(standing: str, effective_s: int = NOW + 100, **more: Any) -> types_items.Offer:
    return types_items.Offer(
        ref="o", id="bb", kind="propose", author="south", time_s=NOW - 50, what="", standing=standing, waits_for="",
        scope=(("west", "liaison"),), effective_s=effective_s, **more,
    )  # fmt: skip


def since_called(line: str) -> types_items.Offer:
    """A restoration in effect, since which a call was answered on a line."""
    return offer(CONCLUDED, NOW - 10, answered_s={line: NOW - 5})


@pytest.mark.parametrize(
    ("formal", "cuts", "offers", "reached"),
    [
        ("open", (), (), Step.OPEN),
        ("suspended", (cut(),), (), Step.SUSPENDED),
        ("suspended", (cut(),), (offer("waiting"),), Step.PROPOSED),
        ("suspended", (cut(),), (offer("waiting", lapsed=True),), Step.SUSPENDED),
        ("suspended", (cut(),), (offer("withdrawn"),), Step.SUSPENDED),
        ("suspended", (cut(),), (offer(ACCEPTED),), Step.ACCEPTED),
        ("restoring", (cut(ends_s=NOW + 100),), (offer(CONCLUDED),), Step.CONFIRMED),
        ("suspended", (cut(ends_s=NOW + 100), cut()), (offer(CONCLUDED),), Step.SUSPENDED),
        ("open", (cut(ends_s=NOW - 10),), (offer(CONCLUDED, NOW - 10),), Step.EFFECTIVE),
        ("open", (cut(ends_s=NOW - 10),), (since_called("east"),), Step.EFFECTIVE),
        ("open", (cut(ends_s=NOW - 10),), (since_called("west"),), Step.TESTED),
        ("suspended", (cut(ends_s=NOW - 10), cut()), (since_called("west"),), Step.SUSPENDED),
    ],
)
def test_each_step_is_reached_by_what_the_record_holds(formal, cuts, offers, reached):
    """Not sooner: an offer that lapsed or was taken back is none, a call on another line tests nothing."""
    [place] = places(status(formal), cuts, offers)
    assert place.reached is reached


def test_a_suspension_to_come_is_told_and_cuts_nothing_yet():
    """Who made it and from when."""
    [place] = places(status("open"), (cut(from_s=NOW + 60),), ())
    assert (place.reached, len(place.coming), place.cuts) == (Step.OPEN, 1, ())
