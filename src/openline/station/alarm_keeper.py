"""The keeper of alarms: when each began and ended, who acknowledged them, when they ask again (spec 8.5).

Rules of this file:
1. Which alarms sound is `alarms.causes`' to say; the keeper remembers, and never holds one up whose cause has ended.
2. One officer's acknowledgement quiets all that sound at that moment, and nothing that begins later: the same alarm
   for another cause sounds anew. It ends after `again_s`, and with the cause; an old one never says anything later.
3. What it keeps is durable with the turn in which it changed, and people are told after that.
4. Right after a start some causes cannot be seen yet; what sounded before is not said to have ended until they can.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from openline.core import silence
from openline.ports import Now
from openline.station import alarms
from openline.station.alarms import PRIORITY, Alarm, Cause, Priority
from openline.station.desk import Desk
from openline.wire import cbor

KEY: Final = "alarms"
LOOK_MS: Final = 1_000
REPEAT_MS: Final = {Priority.HIGH: 10_000, Priority.MEDIUM: 60_000}
AT_ONCE: Final = frozenset({"ringing", "silenced", "ended"})  # events after which an alarm begins or ends


class Acknowledged(NamedTuple):
    """An officer's word that they know. `at_ms`: elapsed."""

    officer: int
    comment: str
    at_s: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Sounding:
    """An alarm that sounds. `told_ms`: when people were last told by every way, `beat_ms`: when it last sounded."""

    cause: Cause
    since_s: int
    told_ms: int
    beat_ms: int
    acknowledged: Acknowledged | None = None

    @property
    def priority(self) -> Priority:
        return PRIORITY[self.cause.alarm]


class Told(NamedTuple):
    """What people are to be told. `event`: begin, repeat, again, acknowledged, end."""

    event: str
    sounding: Sounding


class AlarmKeeper:
    """Keeps one desk's alarms. `again_s`: after how long what lasts asks again, acknowledged or not."""

    def __init__(self, desk: Desk, again_s: int) -> None:
        self.desk = desk
        self.again_ms = 1000 * again_s
        self.sounding: dict[Cause, Sounding] = {}
        self.to_tell: list[Told] = []
        self._looked_ms: int | None = None
        self._flashes = 0

    # ---- across restarts

    def load(self, now: Now) -> None:
        """At start: what sounded before. An acknowledgement from a time that is not yet, by our clock, is none."""
        stored = self.desk.ctx.store.meta(KEY)
        plain: Any = [] if stored is None else cbor.decode(stored)
        for alarm, line, what, since_s, given in plain:
            acknowledged = None
            if given is not None:
                officer, comment, at_s = given
                age_ms = 1000 * (now.clock_s - at_s)
                if 0 <= age_ms < self.again_ms:
                    acknowledged = Acknowledged(officer, comment, at_s, now.elapsed_ms - age_ms)
            cause = Cause(Alarm(alarm), line, what)
            past = now.elapsed_ms - self.again_ms  # who was told before may not have heard it: it asks again
            self.sounding[cause] = Sounding(cause, since_s, past, past, acknowledged)

    def _save(self) -> None:
        plain: list[cbor.Value] = []
        for each in self.sounding.values():
            given = each.acknowledged
            said: cbor.Value = None if given is None else [given.officer, given.comment, given.at_s]
            plain.append([each.cause.alarm.value, each.cause.line, each.cause.what, each.since_s, said])
        self.desk.ctx.remember(KEY, cbor.encode(plain) if plain else None)

    # ---- looking

    def look_if_due(self, desk: Desk, now: Now) -> None:
        """At the end of a turn: look, if a second has passed or something came that cannot wait for it."""
        flashes = len(desk.ctx.record.ledger.flash)
        if self._looked_ms is None:  # the turn of the start: the heads were not compared yet
            self._looked_ms, self._flashes = now.elapsed_ms, flashes
            return
        late = now.elapsed_ms - self._looked_ms >= LOOK_MS
        if late or flashes != self._flashes or any(event.what in AT_ONCE for event in desk.ctx.effects.events):
            self._flashes = flashes
            self.look(now)

    def look(self, now: Now) -> None:
        """See what sounds now, and gather what people are to be told."""
        self._looked_ms = now.elapsed_ms
        ctx = self.desk.ctx
        found = dict.fromkeys(alarms.causes(ctx, self.desk.watch, self.desk.calls))
        changed = False
        for cause in found:
            if cause not in self.sounding:
                self._tell("begin", Sounding(cause, now.clock_s, now.elapsed_ms, now.elapsed_ms))
                changed = True
        for cause, each in list(self.sounding.items()):
            if cause not in found and not self._unseen_yet(cause.alarm, now):
                del self.sounding[cause]
                self.to_tell.append(Told("end", each))
                changed = True
            elif each.acknowledged is not None and now.elapsed_ms - each.acknowledged.at_ms >= self.again_ms:
                changed = True
                self._tell("again", replace(each, acknowledged=None, told_ms=now.elapsed_ms, beat_ms=now.elapsed_ms))
            elif each.acknowledged is None:
                self._sound(each, now)
        if changed:
            self._save()

    def _sound(self, each: Sounding, now: Now) -> None:
        if now.elapsed_ms - each.told_ms >= self.again_ms:
            self._tell("again", replace(each, told_ms=now.elapsed_ms, beat_ms=now.elapsed_ms))
            return
        every_ms = REPEAT_MS.get(each.priority)
        if every_ms is not None and now.elapsed_ms - each.beat_ms >= every_ms:
            self._tell("repeat", replace(each, beat_ms=now.elapsed_ms))

    def _tell(self, event: str, each: Sounding) -> None:
        self.sounding[each.cause] = each
        self.to_tell.append(Told(event, each))

    def _unseen_yet(self, alarm: Alarm, now: Now) -> bool:
        """Whether this cause cannot be seen yet: our station came up a short while ago."""
        watch = self.desk.watch
        if alarm is Alarm.PEER_SILENT:
            longest = max(watch.pulse_ms(n) for n in range(len(self.desk.ctx.accord.lines)))
            heard = max(watch.carriers.values(), default=watch.up_since_ms - 1) >= watch.up_since_ms
            return not heard and now.elapsed_ms - watch.up_since_ms <= silence.INTERVALS * longest
        if alarm is Alarm.HEADS_DIFFER:
            told = watch.unequal_since_ms is not None or watch.their_head is None
            return told and now.elapsed_ms - watch.up_since_ms < alarms.UNEQUAL_MS
        return alarm is Alarm.CLOCK_OFFSET and watch.offset_ms is None

    # ---- acknowledging

    def acknowledge(self, officer: int, comment: str, now: Now) -> list[Sounding]:
        """An officer quiets all that sounds now; what was quieted."""
        given = Acknowledged(officer, comment, now.clock_s, now.elapsed_ms)
        quieted = [replace(each, acknowledged=given) for each in self.sounding.values()]
        for each in quieted:
            self._tell("acknowledged", each)
        if quieted:
            self._save()
        return quieted

    def take_told(self) -> list[Told]:
        """What people are to be told, once the turn is durable."""
        told, self.to_tell = self.to_tell, []
        return told
