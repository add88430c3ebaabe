"""A line over time: what was agreed above, what was observed below, calls beneath, over one axis.

Rules of this file:
1. The two states are two bands and never one; a state is a height and a hatching before it is a colour.
2. Where nothing is known nothing is drawn; where we were not watching, it is grey and says so.
3. However long the time and many the changes, a drawing has `COLUMNS` columns and `MARKERS` markers at most; a column
   shows the worst of what it covers (`station.columns`). The table beside it has every change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup

from openline.console import signs
from openline.console.draw import axis
from openline.console.draw.svg import element, joined, percent, rect, text
from openline.console.words import Words
from openline.station.api.types_duty import LineHistory, PastCall
from openline.station.columns import column_of, laid_out

COLUMNS: Final = 480
MARKERS: Final = 120
NAMED: Final = 60  # columns that a state's word takes on a wide page, at the least
LABEL: Final = 0.2  # of a narrow page's width that a label of the axis takes, with room beside it
ROOMY: Final = 210  # and on a narrow one
AGREED_Y, OBSERVED_Y, CALLS_Y, AXIS_Y = 4, 28, 64, 84
BAND: Final = 20
HEIGHT: Final = 90


class Look(NamedTuple):
    """How a state is drawn: how much of the band's height, from the bottom; its hatching; the class of its colour."""

    height: int
    hatching: str
    cls: str


FORMAL: Final = {
    "open": Look(4, "", "d-calm"),
    "restoring": Look(BAND, "diagonal", "d-note"),
    "suspended": Look(BAND, "", "d-warn"),
    "expired": Look(BAND, "dots", "d-warn"),
    "disputed": Look(BAND, "cross", "d-bad"),
}
OBSERVED: Final = {
    "through": Look(4, "", "d-calm"),
    "not_expected": Look(8, "dots", "d-calm"),
    "not_watching": Look(BAND, "sparse", "d-blank"),
    "our_side_cut": Look(BAND, "", "d-bad"),
    "their_station_down": Look(BAND, "bars", "d-warn"),
    "agreed_not_through": Look(BAND, "diagonal", "d-warn"),
    "path_down": Look(BAND, "dots", "d-warn"),
    "cannot_tell": Look(BAND, "cross", "d-warn"),
    "rang_unanswered": Look(12, "", "d-warn"),
    "declined": Look(12, "bars", "d-warn"),
    "deferred": Look(12, "diagonal", "d-note"),
    "read_no_reply": Look(12, "cross", "d-note"),
}
STRANGE: Final = Look(BAND, "cross", "d-bad")  # a state that this release does not know
MARKS: Final = {
    "": ("◇", "warn"),
    "not_rung": ("○", "warn"),
    "rang_unanswered": ("▲", "warn"),
    "declined": ("✕", "warn"),
    "deferred": ("◐", "note"),
    "interrupted": ("▼", "note"),
    "answered": ("●", ""),
}
RANK: Final = {outcome: rank for rank, outcome in enumerate(MARKS)}


class Run(NamedTuple):
    """A state over neighbouring columns."""

    state: str
    first: int
    columns: int


class Time(NamedTuple):
    """The time that is drawn, and the zone whose clock marks it."""

    from_s: int
    until_s: int
    zone: str

    def told(self, at_s: int) -> str:
        return f"{datetime.fromtimestamp(at_s, ZoneInfo(self.zone)):%Y-%m-%d %H:%M}"


def strip(line: LineHistory, time: Time, words: Words, number: int = 0) -> Markup:
    """The drawing of one line. `number` makes its ids its own on the page."""
    _ = words
    laid = laid_out(line.changes, time.from_s, time.until_s, COLUMNS)
    title = _("{line}: agreed above, observed below").format(line=line.line)
    span = _("From {start} to {end}. The table has every change.").format(
        start=time.told(time.from_s), end=time.told(time.until_s)
    )
    return element(
        "svg",
        {
            "class": "strip", "width": "100%", "height": HEIGHT, "role": "img",
            "aria-labelledby": f"strip-{number} strip-{number}-about",
        },
        element("title", {"id": f"strip-{number}"}, title),
        element("desc", {"id": f"strip-{number}-about"}, span),
        _axis(time),
        _band(AGREED_Y, laid.agreed, FORMAL, signs.FORMAL, words),
        _band(OBSERVED_Y, laid.observed, OBSERVED, signs.OBSERVED, words),
        joined(_calls(line.calls, time, words)),
    )  # fmt: skip


def day(line: LineHistory, time: Time, words: Words) -> Markup:
    """What was agreed and observed of a line, small, for a board: two bands without words or axis."""
    _ = words
    laid = laid_out(line.changes, time.from_s, time.until_s, COLUMNS // 2)
    states = [run for run in runs(laid.observed) if run.state]
    told = ", ".join(dict.fromkeys(_(signs.sign(signs.OBSERVED, run.state).word) for run in states))
    label = _("Since {start}: {states}").format(start=time.told(time.from_s), states=told or _("nothing known"))
    return element(
        "svg", {"class": "strip-day", "width": "100%", "height": 34, "role": "img", "aria-label": label},
        _band(1, laid.agreed, FORMAL, signs.FORMAL, words, height=12, named=False),
        _band(17, laid.observed, OBSERVED, signs.OBSERVED, words, height=16, named=False),
    )  # fmt: skip


def runs(states: Sequence[str | None]) -> Iterator[Run]:
    """Neighbouring columns of one state; "" where nothing is known."""
    at = 0
    for state, same in groupby(state or "" for state in states):
        columns = sum(1 for _ in same)
        yield Run(state, at, columns)
        at += columns


def _band(
    y: int, states: Sequence[str | None], looks: dict[str, Look], table: dict[str, signs.Sign], words: Words, *,
    height: int = BAND, named: bool = True,
) -> Markup:  # fmt: skip
    columns, made = len(states), [rect("0", y, "100%", height, "d-ground")]
    for run in runs(states):
        if not run.state:
            continue
        look, sign = looks.get(run.state, STRANGE), signs.sign(table, run.state)
        tall = max(look.height * height // BAND, 3)
        x, width = percent(run.first, columns), percent(run.columns, columns)
        made.append(rect(x, y + height - tall, width, tall, look.cls))
        if look.hatching:
            made.append(rect(x, y + height - tall, width, tall, "", f"url(#d-{look.hatching})"))
        if named and run.columns >= NAMED:
            middle = percent(run.first + run.columns / 2, columns)
            cls = "d-label" if run.columns >= ROOMY else "d-label d-wide"
            made.append(text(middle, y + height - 6, f"{sign.shape} {words(sign.word)}", cls, "middle"))
    return joined(made)


def _calls(calls: Sequence[PastCall], time: Time, words: Words) -> Iterator[Markup]:
    """A marker for each call, or for several that are too near to be told apart: for the least answered of them."""
    _ = words

    def place(call: PastCall) -> int:
        return column_of(call.at_s * 1000, time.from_s * 1000, time.until_s * 1000, MARKERS)

    for column, near in groupby(calls, place):
        together = list(near)
        told = min(together, key=lambda call: RANK.get(call.outcome, -1))
        shape, cls = MARKS.get(told.outcome, ("?", "warn"))
        what = _("check-in") if told.check_in else _("call")
        title = f"{time.told(told.at_s)} {what}: {_(signs.OUTCOMES.get(told.outcome, told.outcome))}"
        if len(together) > 1:
            title += f" (+{len(together) - 1})"
        x = percent(column + 0.5, MARKERS)
        yield element(
            "text", {"x": x, "y": CALLS_Y, "class": f"d-mark {cls}".strip(), "text-anchor": "middle"},
            element("title", {}, title), shape,
        )  # fmt: skip


def _axis(time: Time) -> Markup:
    made, whole = [rect("0", AXIS_Y - 14, "100%", 1, "d-rule")], time.until_s - time.from_s
    marks = axis.marks(time.from_s, time.until_s, time.zone)
    shares = [(mark.at_s - time.from_s) / whole for mark in marks]
    for number, (mark, share) in enumerate(zip(marks, shares, strict=True)):
        x = percent(share, 1)
        anchor = "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        made.append(rect(x, 0, 1, AXIS_Y - 12, "d-rule"))
        near = shares[1] if number == 0 and anchor == "start" and len(shares) > 1 else shares[number - 1]
        if number in (0, len(marks) - 1) and anchor != "middle" and 0 < abs(near - share) < LABEL:
            continue  # on a phone it would run into the label beside it
        made.append(text(x, AXIS_Y, mark.label, "d-axis", anchor))
    return joined(made)


def swatch(look: Look) -> Markup:
    """A piece of a band, for the legend."""
    made = [rect("0", BAND - look.height, "100%", look.height, look.cls)]
    if look.hatching:
        made.append(rect("0", BAND - look.height, "100%", look.height, "", f"url(#d-{look.hatching})"))
    return element("svg", {"class": "swatch", "width": 32, "height": BAND, "aria-hidden": "true"}, *made)


def legend(lines: Sequence[LineHistory], words: Words) -> list[tuple[str, list[tuple[Markup, str]]]]:
    """The states that occur, each with a piece of its band, its shape and its word: the agreed, then the observed."""
    _ = words
    seen = {change.formal for line in lines for change in line.changes}, {
        change.observed for line in lines for change in line.changes
    }
    tables = (_("Agreed"), FORMAL, signs.FORMAL), (_("Observed"), OBSERVED, signs.OBSERVED)
    return [
        (
            title,
            [
                (swatch(look), f"{signs.sign(table, state).shape} {_(signs.sign(table, state).word)}")
                for state, look in looks.items()
                if state in states
            ],
        )
        for states, (title, looks, table) in zip(seen, tables, strict=True)
    ]
