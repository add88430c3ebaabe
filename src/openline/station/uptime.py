"""When this station did not run: seen at its next start, from when it was last known to be up (spec 11.1).

Rules of this file: a station that is killed cannot note when, so a running one notes each minute that it runs; a gap
goes from the last such note to the start. What is shorter than that is no gap.
"""

from __future__ import annotations

from typing import Any, Final

from openline.core.silence import Gap
from openline.ports import Now
from openline.station.context import Context
from openline.wire import cbor

NOTED: Final = "up"
DOWN: Final = "down"
EVERY_S: Final = 60
SHORTEST_S: Final = EVERY_S + 5
KEPT: Final = 256  # chosen: a restart a day for most of a year


class Uptime:
    """The times at which one station did not run, oldest first."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.down: list[Gap] = []
        self.noted_ms: int | None = None

    def load(self, now: Now) -> Gap | None:
        """At start: the gaps of before, and the one that ends now, which is also given."""
        store = self.ctx.store
        plain: Any = cbor.decode(store.meta(DOWN) or cbor.encode([]))
        self.down = [Gap(from_s, until_s, down=True) for from_s, until_s in plain]
        noted = store.meta(NOTED)
        up_s: Any = None if noted is None else cbor.decode(noted)
        found = None
        if up_s is not None and now.clock_s - up_s >= SHORTEST_S:
            found = Gap(up_s, now.clock_s, down=True)
            self.down = [*self.down, found][-KEPT:]
            self.ctx.remember(DOWN, cbor.encode([[gap.from_s, gap.until_s] for gap in self.down]))
        self._note(now)
        return found

    def note_if_due(self, now: Now) -> None:
        """Each minute: we run."""
        if self.noted_ms is None or now.elapsed_ms - self.noted_ms >= 1000 * EVERY_S:
            self._note(now)

    def _note(self, now: Now) -> None:
        self.noted_ms = now.elapsed_ms
        self.ctx.remember(NOTED, cbor.encode(now.clock_s))
