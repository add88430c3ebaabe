"""What goes in and out of the local API about duty: calls, check-ins, watches, alarms, drills, history, statements.

Rules of this file: as for `types`; a call goes by its id in hex.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from openline.station.api.types import Answer, Ask, Hex, LaneName

WordName: TypeAlias = Literal["answer", "decline", "defer"]
Comment = Annotated[str, Meta(max_length=200)]


class PlaceCall(Ask, frozen=True, kw_only=True):
    """`officer`: who wishes to speak; the one on watch, unless given."""

    line: str
    lane: LaneName = "liaison"
    officer: str | None = None


class PickUp(Ask, frozen=True, kw_only=True):
    """What the post says to a call that rings; `officer`: who says it, the one on watch unless given."""

    word: WordName
    officer: str | None = None


class Call(Answer, frozen=True, kw_only=True):
    """One call. `caller`: a side. `state`: placed, rang, ringing (here), talking, ended, or how it finished: not_rung,
    rang_unanswered, declined, deferred, answered, interrupted. `due_s`: of the check-in that it is, or 0. `sealed`:
    both seals of it are in the record. `officer`: ours who placed it or picked it up."""

    id: Hex
    line: str
    lane: LaneName
    caller: str
    due_s: int
    state: str
    over: bool
    started_s: int
    ended_s: int | None
    officer: str | None
    sealed: bool
    warnings: tuple[str, ...] = ()


class Calls(Answer, frozen=True, kw_only=True):
    """`lasting`: ringing here first, then placed and spoken; `last`: finished, newest first."""

    lasting: tuple[Call, ...]
    last: tuple[Call, ...]


class WatchOn(Ask, frozen=True, kw_only=True):
    """`post`: needed where the side has several."""

    officer: str
    post: str | None = None


class WatchOff(Ask, frozen=True, kw_only=True):
    post: str | None = None


class Watch(Answer, frozen=True, kw_only=True):
    """One watch. `until_s` null: it lasts. `relieved`: whom it took over from, at that moment."""

    post: str
    officer: str
    from_s: int
    until_s: int | None
    relieved: str | None


class Watches(Answer, frozen=True, kw_only=True):
    """`posts`: every post of this side; `now`: the watches that last; `log`: all that were asked for, newest first."""

    posts: tuple[str, ...]
    now: tuple[Watch, ...]
    log: tuple[Watch, ...]


class KnowAlarms(Ask, frozen=True, kw_only=True):
    """`officer`: who knows; the one on watch, unless given."""

    officer: str | None = None
    comment: Comment = ""


class Alarm(Answer, frozen=True, kw_only=True):
    """An alarm that sounds. `line` null: it is of no one line. `priority`: high sounds without a pause until it is
    acknowledged, medium each minute, low once. `again_s`: when it asks again, if it was acknowledged."""

    alarm: str
    line: str | None
    since_s: int
    priority: str
    acknowledged_by: str | None
    comment: str
    acknowledged_s: int | None
    again_s: int | None


class Way(Answer, frozen=True, kw_only=True):
    """A configured way to people. `failing`: why the last notice did not leave by it, "" if it did."""

    way: str
    delivered: int
    failed: int
    failing: str
    failing_since_s: int | None


class Alarms(Answer, frozen=True, kw_only=True):
    sounding: tuple[Alarm, ...]
    ways: tuple[Way, ...]


class Quieted(Answer, frozen=True, kw_only=True):
    """How many alarms an acknowledgement quieted, and those that sound."""

    count: int
    sounding: tuple[Alarm, ...]


class Tested(Answer, frozen=True, kw_only=True):
    """What came of a test by one way; `why`: why it did not leave, "" if it did."""

    way: str
    why: str
