"""Getting notices to people: every configured way by itself, tried again with growing pauses, never without an end.

Rules of this file:
1. A way that hangs or fails holds up no other way, and no turn of the desk.
2. What waits is bounded: of more than `WAITING_MAX` one is dropped, and so is what would go out beyond a way's hourly
   number; both count as failures and are said. Each alarm is bounded by itself, and alarms take turns: who rings a
   thousand times does not keep people from being told, soon, that a FLASH came, or that nothing comes any more.
3. A repeated sound is not tried again: the next one follows by itself. It waits for nothing either.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from openline.station.bells import Undelivered, Way
from openline.station.notices import Notice

WAITING_MAX: Final = 64
AGAIN_S: Final = (1.0, 5.0, 25.0, 60.0)
HOUR_S: Final = 3600.0


class Outcome(NamedTuple):
    """What came of one test. `why`: "" where it was delivered."""

    way: str
    why: str


@dataclass
class Post:
    """One way and what waits for it. `failing`: why the last notice did not leave, "" if it did."""

    way: Way
    waiting: deque[Notice] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    last: str = ""  # the alarm that had its turn
    went: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))  # by alarm
    delivered: int = 0
    failed: int = 0
    failing: str = ""
    failing_since_s: int = 0


class Delivery:
    """Delivers by `ways`. `clock_s`: our clock, for telling since when a way fails; `again_s`: the pauses between tries
    of one notice."""

    def __init__(
        self,
        ways: Sequence[Way],
        clock_s: Callable[[], int],
        log: Callable[..., Any] = lambda event, **fields: None,
        again_s: Sequence[float] = AGAIN_S,
    ) -> None:
        self.posts = [Post(way) for way in ways]
        self._clock_s = clock_s
        self._log = log
        self._again_s = tuple(again_s)

    def tell(self, notice: Notice) -> None:
        """Have a notice go by every way that takes its kind; returns at once."""
        for post in self.posts:
            if notice.event not in post.way.takes:
                continue
            if notice.event == "repeat" and post.waiting:
                continue
            post.waiting.append(notice)
            if len(post.waiting) > WAITING_MAX:
                [(alarm, _)] = Counter(each.alarm for each in post.waiting).most_common(1)
                post.waiting.remove(next(each for each in post.waiting if each.alarm == alarm))
                self._note(post, f"too many notices wait; the oldest of {alarm} was dropped")
            post.wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            for post in self.posts:
                group.create_task(self._serve(post))

    async def _serve(self, post: Post) -> None:
        while True:
            await post.wake.wait()
            post.wake.clear()
            while post.waiting:
                notice = _in_turn(post)
                if self._may_go(post, notice.alarm):
                    await self._deliver(post, notice)
                else:
                    self._note(post, f"more than {post.way.hourly} of {notice.alarm} in an hour; one was dropped")

    def _may_go(self, post: Post, alarm: str) -> bool:
        now_s, went = asyncio.get_running_loop().time(), post.went[alarm]
        while went and now_s - went[0] >= HOUR_S:
            went.popleft()
        if len(went) >= post.way.hourly:
            return False
        went.append(now_s)
        return True

    async def _deliver(self, post: Post, notice: Notice) -> None:
        pauses = () if notice.event == "repeat" else self._again_s
        for pause_s in (*pauses, None):
            try:
                await post.way.deliver(notice)
            except Undelivered as error:
                self._note(post, error.why, alarm=notice.alarm, again=pause_s is not None)
            else:
                self._went(post)
                return
            if pause_s is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await asyncio.Event().wait()

    def _went(self, post: Post) -> None:
        if post.failing:
            self._log("delivery_works_again", way=post.way.name)
        post.delivered += 1
        post.failing = ""

    def _note(self, post: Post, why: str, **fields: Any) -> None:
        post.failed += 1
        if not post.failing:
            post.failing_since_s = self._clock_s()
        post.failing = why
        self._log("delivery_failed", way=post.way.name, what=why, **fields)

    async def test(self, notice: Notice) -> list[Outcome]:
        """Deliver a test by every way at once, each once; what came of it."""
        return list(await asyncio.gather(*(self._test(post, notice) for post in self.posts)))

    async def _test(self, post: Post, notice: Notice) -> Outcome:
        try:
            await post.way.deliver(notice)
        except Undelivered as error:
            self._note(post, error.why, alarm=notice.alarm)
            return Outcome(post.way.name, error.why)
        self._went(post)
        return Outcome(post.way.name, "")


def _in_turn(post: Post) -> Notice:
    """Take what waits longest of the alarms that did not have the last turn, if there is any."""
    others = (each for each in post.waiting if each.alarm != post.last)
    notice = next(others, post.waiting[0])
    post.waiting.remove(notice)
    post.last = notice.alarm
    return notice
