"""A robot's half of a call: it speaks a test signal and measures what it hears (spec 5.10.3; extra `robot`).

Rules of this file:
1. Only this module knows aiortc, and it is imported when a robot is started: a station needs none of it.
2. The remote description is written here from the other side's half; none that came over a line is ever read.
3. What is heard is measured and forgotten: nothing is kept of what was said.
"""

from __future__ import annotations

import asyncio
import math
import re
from array import array
from typing import Any, Final, NamedTuple

from aioice import ice
from aiortc import AudioStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from openline.station.api import types_voice as t
from openline.wire.errors import invariant

RATE: Final = 8000
LOUD: Final = 8000  # of 32767: as loud as a calm voice
FULL: Final = 32768.0
PITCH_HZ: Final = {True: 140, False: 210}  # by whether we called: two robots on one line can be told apart
HARMONICS: Final = 6
SYLLABLES_HZ: Final = 4
LOOPBACK: Final = "127.0.0.1"


def _signal(pitch_hz: int) -> bytes:
    """A second of something like speech, as 16-bit samples: a hum with overtones, in syllables. Never words: nobody is
    to take it for a person."""
    samples = array("h")
    for at in range(RATE):
        second = at / RATE
        hum = sum(math.sin(2 * math.pi * pitch_hz * n * second) / n for n in range(1, HARMONICS + 1))
        samples.append(int(LOUD * hum / 2 * abs(math.sin(math.pi * SYLLABLES_HZ * second))))
    return samples.tobytes()


class Speaking(AudioStreamTrack):
    """The test signal, at the pace of speech."""

    def __init__(self, pitch_hz: int) -> None:
        super().__init__()
        self._second = _signal(pitch_hz)

    async def recv(self) -> Any:
        frame: Any = await super().recv()
        at = 2 * (frame.pts % RATE)
        piece = self._second[at : at + 2 * frame.samples]
        frame.planes[0].update(piece.ljust(frame.planes[0].buffer_size, b"\0"))
        return frame


class Heard(NamedTuple):
    """`seconds` of sound that came, and how loud it was: the root of its mean square, of 1."""

    seconds: float
    level: float

    @property
    def sound(self) -> bool:
        """Whether it was more than silence and the rounding of a codec."""
        return self.seconds > 0 and self.level > 0.01


class Talk:
    """One round: a connection with a certificate of its own. `caller`: whether our side placed the call."""

    def __init__(self, *, caller: bool) -> None:
        _see_this_machine()
        self.caller = caller
        self.samples, self.square = 0, 0.0
        self._pc: Any = RTCPeerConnection()
        self._pc.addTrack(Speaking(PITCH_HZ[caller]))
        self._pc.on("track", self._on_track)
        self._tasks: set[asyncio.Task[None]] = set()
        self._offer = ""

    @property
    def state(self) -> str:
        """new, connecting, connected, failed, closed."""
        return str(self._pc.connectionState)

    async def half(self) -> t.HandVoice:
        """Our half of this round."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        self._offer = self._pc.localDescription.sdp
        return t.HandVoice(
            fingerprint=_one(self._offer, r"a=fingerprint:sha-256 (\S+)").replace(":", "").lower(),
            ufrag=_one(self._offer, r"a=ice-ufrag:(\S+)"),
            pwd=_one(self._offer, r"a=ice-pwd:(\S+)"),
            payload_type=int(_one(self._offer, r"a=rtpmap:(\d+) opus/48000/2")),
        )

    async def connect(self, theirs: t.VoiceHalf, relay: t.VoiceRelay) -> None:
        """Speak with whoever has the certificate of their half, through our own relay and in no other way."""
        answer = description(theirs, relay, mid=_one(self._offer, r"a=mid:(\S+)"), caller=self.caller)
        await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def heard(self) -> Heard:
        level = math.sqrt(self.square / self.samples) / FULL if self.samples else 0.0
        return Heard(self.samples / 48_000, level)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._pc.close()

    def _on_track(self, track: Any) -> None:
        task = asyncio.ensure_future(self._listen(track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            samples = array("h", bytes(frame.planes[0]))[: frame.samples * len(frame.layout.channels)]
            self.samples += frame.samples
            self.square += sum(x * x for x in samples) / len(frame.layout.channels)


def description(theirs: t.VoiceHalf, relay: t.VoiceRelay, *, mid: str, caller: bool) -> str:
    """The remote description for our own end, of the form of spec 5.10.3."""
    digest = theirs.fingerprint.upper()
    kind = theirs.payload_type
    lines = (
        "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {mid}",
        f"m=audio 9 UDP/TLS/RTP/SAVPF {kind}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=sendrecv", "a=rtcp-mux",
        f"a=rtpmap:{kind} opus/48000/2", f"a=fmtp:{kind} minptime=20;useinbandfec=1;cbr=1",
        f"a=ice-ufrag:{theirs.ufrag}", f"a=ice-pwd:{theirs.pwd}",
        "a=fingerprint:sha-256 " + ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)),
        f"a=setup:{'active' if caller else 'passive'}",
        f"a=candidate:1 1 udp 2130706431 {relay.address} {relay.port} typ host", "a=end-of-candidates",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)


def _one(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    invariant(found is not None, f"our own offer has {pattern}")
    return found[1] if found else ""


def _see_this_machine() -> None:
    """aioice looks for peers by every address of a machine but its loopback one, which is the one that a robot beside
    its station needs, and where there is no network the only one."""
    if ice.get_host_addresses is not _addresses:
        ice.get_host_addresses = _addresses


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    return [*([LOOPBACK] if use_ipv4 else []), *_OTHERS(use_ipv4, use_ipv6)]


_OTHERS: Final = ice.get_host_addresses
