"""What goes in and out of the local API about duty: calls, check-ins, watches, alarms, drills, history, statements.

Rules of this file: as for `types`; a call goes by its id in hex.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from openline.station.api.types import Answer, Ask, Hex, LaneName
from openline.wire.said import Sentence

WordName: TypeAlias = Literal["answer", "decline", "defer"]
Said = Annotated[str, Meta(min_length=1, max_length=1000)]
Source = Annotated[str, Meta(min_length=1, max_length=100)]
Comment = Annotated[str, Meta(max_length=200)]


class PlaceCall(Ask, frozen=True, kw_only=True):
    """`officer`: who wishes to speak; the one on watch, unless given. Where a call lasts on that line and lane,
    the answer is that call, with a warning (spec 5.6)."""

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
    both seals of it are in the record. `officer`: ours who placed it or picked it up. `attested`: false where
    the caller says of us what no word of ours says. `warnings_said`: what the warnings are made of, in their order."""

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
    attested: bool = True
    warnings: tuple[str, ...] = ()
    warnings_said: tuple[Sentence | None, ...] = ()


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
    """A configured way to people. `failing`: why the last notice did not leave by it, "" if it did; `failing_said`:
    what that is made of."""

    way: str
    delivered: int
    failed: int
    failing: str
    failing_since_s: int | None
    failing_said: Sentence | None = None


class Alarms(Answer, frozen=True, kw_only=True):
    sounding: tuple[Alarm, ...]
    ways: tuple[Way, ...]


class Quieted(Answer, frozen=True, kw_only=True):
    """How many alarms an acknowledgement quieted, and those that sound."""

    count: int
    sounding: tuple[Alarm, ...]


class Tested(Answer, frozen=True, kw_only=True):
    """What came of a test by one way; `why`: why it did not leave, "" if it did, and `why_said` what it is made of."""

    way: str
    why: str
    why_said: Sentence | None = None


class OrderDrill(Ask, frozen=True, kw_only=True):
    """`officer`: who orders it; the one on watch, unless given."""

    line: str
    officer: str | None = None


class DrillTry(Answer, frozen=True, kw_only=True):
    """One call of a drill. `state`: as of a call, since `seen_s`; "" where it was not rung, and `why` says why not, and
    `why_said` what that is made of."""

    at_s: int
    seen_s: int
    line: str
    state: str
    why: str
    why_said: Sentence | None = None


class SelfTest(Answer, frozen=True, kw_only=True):
    """How our own station was when the drill began. `carriers`: "up", or in words why not, and `carriers_said` what
    those are made of."""

    probes_ok: bool | None
    carriers: dict[str, str]
    clock_offset_ms: int | None
    heads_equal: bool
    heard_s: int | None
    observed: str
    carriers_said: dict[str, Sentence | None] = msgspec.field(default_factory=dict)


class Drill(Answer, frozen=True, kw_only=True):
    """A drill for a missed call. `steps`: rises with whatever there is to tell. `due_s`: of the check-in of ours that
    it makes up for, or 0. `statement`: the facts by language, for publishing, when it has ended."""

    line: str
    officer: str
    due_s: int
    started_s: int
    ended_s: int | None
    stopped: bool
    steps: int
    retries: int
    retry_after_s: int
    self_test: SelfTest
    tries: tuple[DrillTry, ...]
    other_lines: tuple[DrillTry, ...]
    statement: dict[str, str]


class NoteStatement(Ask, frozen=True, kw_only=True):
    """A statement in public about a line; `at_s`: when it was made; `officer`: who notes it."""

    line: str
    text: Said
    source: Source
    at_s: Annotated[int, Meta(ge=0)]
    officer: str | None = None


class NotedStatement(Answer, frozen=True, kw_only=True):
    """A public statement, as our officer noted it."""

    line: str
    text: str
    source: str
    at_s: int
    officer: str
    noted_s: int


class Change(Answer, frozen=True, kw_only=True):
    """From `at_s` on the line's liaison lane stood so."""

    at_s: int
    formal: str
    observed: str


class PastCall(Answer, frozen=True, kw_only=True):
    """A call that was tried, or a check-in that was due. `at_s`: when it was due, or began. `outcome`: of the last try;
    "" where nobody tried."""

    at_s: int
    check_in: bool
    outcome: str


class LineHistory(Answer, frozen=True, kw_only=True):
    """`calls`: the newest of that time, oldest first; `more_calls`: how many are left out before them. Calls outside
    the schedule are the last that the station keeps at hand; check-ins go as far back as the record."""

    line: str
    changes: tuple[Change, ...]
    calls: tuple[PastCall, ...] = ()
    more_calls: int = 0


class History(Answer, frozen=True, kw_only=True):
    """How lines stood from `from_s` to `until_s`, each from the first instant of it that is known."""

    side: str
    zone: str
    from_s: int
    until_s: int
    lines: tuple[LineHistory, ...]
    now_s: int = 0
