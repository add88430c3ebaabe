"""One call's way through our relay: what may pass from our browser to their relay and back (spec 5.10.2).

Rules of this file:
1. It is blind: it looks at where a datagram came from, how long it is and which token it bears; never at what it says.
2. It holds a bounded state: one browser's address, two tokens, two buckets, some counts.
3. No clock: the time, elapsed and in milliseconds, comes with each datagram.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from openline.wire.bundle import VOICE_TOKEN_BYTES
from openline.wire.limits import VOICE_DATAGRAM_BYTES_MAX

RATE_PER_S: Final = 250  # chosen: Opus is 50, RTCP and checks of the path a few; five times that
BURST: Final = 500  # chosen: two seconds that came at once
BROWSER_GONE_MS: Final = 2_000  # chosen: after that, another address of our own network may take the call's place
WINDOW_MS: Final = 2_000
SPEECH_PER_WINDOW: Final = 20  # chosen: a fifth of Opus at 50 a second; checks of a path alone are three

Address = tuple[str, int]


@dataclass
class Count:
    """What passed one way. `last_ms`: when the last did; `recent`: how many in the window that was full last."""

    packets: int = 0
    bytes: int = 0
    last_ms: int | None = None
    window_ms: int = 0
    in_window: int = 0
    recent: int = 0

    def add(self, size: int, now_ms: int) -> None:
        self._turn(now_ms)
        self.packets += 1
        self.bytes += size
        self.in_window += 1
        self.last_ms = now_ms

    def speaks(self, now_ms: int) -> bool:
        """Whether as many came of late as speech takes, silence between words included."""
        self._turn(now_ms)
        return max(self.recent, self.in_window) >= SPEECH_PER_WINDOW

    def _turn(self, now_ms: int) -> None:
        if now_ms - self.window_ms >= WINDOW_MS:
            self.recent = self.in_window if now_ms - self.window_ms < 2 * WINDOW_MS else 0
            self.window_ms, self.in_window = now_ms, 0


@dataclass
class Bucket:
    """No more than `RATE_PER_S` for long, and no more than `BURST` at once."""

    left: float = BURST
    at_ms: int = 0

    def takes(self, now_ms: int) -> bool:
        self.left = min(BURST, self.left + (now_ms - self.at_ms) * RATE_PER_S / 1000)
        self.at_ms = now_ms
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Figures(NamedTuple):
    """How a call's voice passes here. Counts are of packets and bytes since it began; ages are in milliseconds, None
    for never. `sending`, `hearing`: whether speech passes that way just now, though it be silence."""

    sent_packets: int
    sent_bytes: int
    heard_packets: int
    heard_bytes: int
    sent_age_ms: int | None
    heard_age_ms: int | None
    sending: bool
    hearing: bool
    dropped: int


@dataclass
class Passage:
    """`ours`: the token that opens our relay; `theirs`: the one that opens theirs, None until their half is there."""

    ours: bytes
    theirs: bytes | None = None
    browser: Address | None = None
    browser_ms: int = 0
    sent: Count = field(default_factory=Count)
    heard: Count = field(default_factory=Count)
    dropped: int = 0
    _out: Bucket = field(default_factory=Bucket)
    _in: Bucket = field(default_factory=Bucket)

    def begin(self, ours: bytes, theirs: bytes | None) -> None:
        """A round's tokens; with another token of ours, another browser may speak at once."""
        if ours != self.ours:
            self.browser = None
        self.ours, self.theirs = ours, theirs

    def from_browser(self, data: bytes, source: Address, now_ms: int) -> bytes | None:
        """What goes to their relay for a datagram on our inner leg; None for nothing. The first that sends is our
        browser; another address counts when that one is silent."""
        if self.browser is not None and source != self.browser and now_ms - self.browser_ms < BROWSER_GONE_MS:
            self.dropped += 1
            return None
        self.browser, self.browser_ms = source, now_ms
        if self.theirs is None or not self._fits(len(data), self._out, now_ms):
            self.dropped += 1
            return None
        self.sent.add(len(data), now_ms)
        return self.theirs + data

    def from_relay(self, data: bytes, now_ms: int) -> bytes | None:
        """What goes to our browser for a datagram of theirs that bears our token; None for nothing."""
        if not hmac.compare_digest(data[:VOICE_TOKEN_BYTES], self.ours):
            return None
        inner = data[VOICE_TOKEN_BYTES:]
        if not self._fits(len(inner), self._in, now_ms):
            self.dropped += 1
            return None
        self.heard.add(len(inner), now_ms)
        return inner

    @staticmethod
    def _fits(size: int, bucket: Bucket, now_ms: int) -> bool:
        return 0 < size <= VOICE_DATAGRAM_BYTES_MAX and bucket.takes(now_ms)

    def figures(self, now_ms: int) -> Figures:
        ages = [None if x.last_ms is None else now_ms - x.last_ms for x in (self.sent, self.heard)]
        return Figures(
            self.sent.packets, self.sent.bytes, self.heard.packets, self.heard.bytes, ages[0], ages[1],
            self.sent.speaks(now_ms), self.heard.speaks(now_ms), self.dropped,
        )  # fmt: skip
