"""What goes in and out of the local API about the voice of calls (spec 5.10).

Rules of this file: as for `types`. No address is here but that of this station's own relay.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from openline.station.api.types import Answer, Ask, Hex
from openline.wire import limits
from openline.wire.said import Sentence

Trouble: TypeAlias = Literal["", "nothing_comes", "nothing_goes", "nothing"]
Fingerprint = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
_ICE = "^[A-Za-z0-9+/]+$"
Ufrag = Annotated[
    str, Meta(pattern=_ICE, min_length=limits.ICE_UFRAG_CHARS_MIN, max_length=limits.ICE_UFRAG_CHARS_MAX)
]
Pwd = Annotated[str, Meta(pattern=_ICE, min_length=limits.ICE_PWD_CHARS_MIN, max_length=limits.ICE_PWD_CHARS_MAX)]
PayloadType = Annotated[int, Meta(ge=96, le=127)]


class HandVoice(Ask, frozen=True, kw_only=True):
    """Our browser's half: the SHA-256 of its certificate, its name and password for ICE, and the RTP payload type
    under which it takes Opus."""

    fingerprint: Fingerprint
    ufrag: Ufrag
    pwd: Pwd
    payload_type: PayloadType


class VoiceHalf(Answer, frozen=True, kw_only=True):
    """One side's half, as its station signed it."""

    round: int
    fingerprint: str
    ufrag: str
    pwd: str
    payload_type: int


class VoiceRelay(Answer, frozen=True, kw_only=True):
    """Where our browser speaks: the inner leg of our own station's relay."""

    address: str
    port: int


class VoiceFigures(Answer, frozen=True, kw_only=True):
    """What passed our relay since the call's voice began. Ages are in milliseconds; null is never. `sending`,
    `hearing`: speech passes just now, though it be silence. `dropped`: too long, too many, or from elsewhere."""

    sent_packets: int
    sent_bytes: int
    heard_packets: int
    heard_bytes: int
    sent_age_ms: int | None
    heard_age_ms: int | None
    sending: bool
    hearing: bool
    dropped: int


class Voice(Answer, frozen=True, kw_only=True):
    """How the voice of one call stands. `available`: whether this station carries voice at all. `caller`: whether we
    placed the call. `paired`: both halves are of one round. `refused`: why a half of theirs did not count, made of
    `refused_said`. `trouble`: `nothing_comes` while we send, `nothing_goes` from our own browser, `nothing` either way.
    `stamp`: give it as `unless` to be answered when something else than the figures changed."""

    call: Hex
    available: bool
    spoken: bool
    over: bool
    caller: bool
    ours: VoiceHalf | None
    theirs: VoiceHalf | None
    paired: bool
    refused: str
    relay: VoiceRelay | None
    figures: VoiceFigures | None
    trouble: Trouble
    stamp: str
    refused_said: Sentence | None = None
