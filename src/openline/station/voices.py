"""The voice of answered calls: each side's half signed, sent and taken, so that two browsers can speak (spec 5.10).

Rules of this file:
1. A half goes by the line's own carriers, sealed, in a bundle of its own, and only of a call that was answered.
2. No address is in it: each side's browser speaks to its own station's relay, and to nothing else.
3. Halves of one round belong together. A browser that begins anew begins a round; whoever is behind follows.
4. What does not verify under their station key is refused, and the officer is told so; what stood before stands.
5. Everything here lives as long as the call, in memory alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from openline.keys import public
from openline.station.context import Context
from openline.wire import limits
from openline.wire.bundle import VOICE_TOKEN_BYTES, Payload, Voice
from openline.wire.errors import PeerFault, Refused
from openline.wire.said import say
from openline.wire.terms import Lane

REPEAT_MS: Final = 5_000  # spec 5.10.1: as a ring is


class Half(NamedTuple):
    """What a browser of ours hands in: the SHA-256 of its certificate, its name and password for ICE, and the RTP
    payload type under which it takes Opus."""

    fingerprint: bytes
    ufrag: str
    pwd: str
    payload_type: int

    @classmethod
    def of(cls, voice: Voice) -> Half:
        return cls(voice.fingerprint, voice.ufrag, voice.pwd, voice.payload_type)


class Spoken(NamedTuple):
    """A call that is not over. `answered`: it is spoken now; `caller`: ours placed it."""

    line: int
    lane: Lane
    answered: bool
    caller: bool


@dataclass
class Talk:
    """The voice of one call. `told`: the newest round of theirs of which they know that we hold it; `refused`: why a
    half of theirs did not count, in words; `paired_ms`: since when both halves are of one round."""

    line: int
    lane: Lane
    ours: Voice | None = None
    theirs: Voice | None = None
    repeat_ms: int | None = None
    told: int = 0
    refused: str = ""
    paired_ms: int | None = None

    @property
    def paired(self) -> bool:
        return self.ours is not None and self.theirs is not None and self.ours.round == self.theirs.round


class Voices:
    """`spoken` gives a call by its id, None where it is over or never was; `send` seals and sends on a line."""

    def __init__(
        self, ctx: Context, spoken: Callable[[bytes], Spoken | None], send: Callable[[int, Payload], None]
    ) -> None:
        self.ctx = ctx
        self._spoken = spoken
        self._send = send
        self.talks: dict[bytes, Talk] = {}

    # ---- our officer's browser

    def hand_in(self, call_id: bytes, half: Half) -> Talk:
        """Our browser's half: sent, and again until theirs says that it came. The same half again changes nothing.

        Raises:
            Refused: the call is not spoken now, or too many rounds were begun.
        """
        call = self._spoken(call_id)
        if call is None or not call.answered:
            raise Refused(
                say("there is no voice on a call that is not answered or is over"), next_step=say("See openline calls.")
            )
        talk = self.talks.setdefault(call_id, Talk(call.line, call.lane))
        if talk.ours is not None and Half.of(talk.ours) == half and not self._behind(talk):
            return talk
        number = self._round(talk)
        if number > limits.VOICE_ROUNDS_MAX:
            raise Refused(
                say("too many begins of this call's voice"), next_step=say("Hang up and ring again, or write.")
            )
        ctx = self.ctx
        token = ctx.entropy.bytes(VOICE_TOKEN_BYTES)
        made = Voice(call_id, call.line, call.lane, number, *half, token, 0, b"")
        signature = ctx.station_key().sign(public.voice_message(ctx.accord_id, ctx.us, made))
        talk.ours, talk.refused = made._replace(signature=signature), ""
        talk.repeat_ms = ctx.now.elapsed_ms + REPEAT_MS
        self._pair(talk)
        self._say(talk)
        return talk

    @staticmethod
    def _behind(talk: Talk) -> bool:
        return talk.ours is not None and talk.theirs is not None and talk.ours.round < talk.theirs.round

    def _round(self, talk: Talk) -> int:
        """Theirs where they began one that we have no half of; else the next."""
        ours = 0 if talk.ours is None else talk.ours.round
        theirs = 0 if talk.theirs is None else talk.theirs.round
        return theirs if theirs > ours else ours + 1

    def _pair(self, talk: Talk) -> None:
        talk.paired_ms = self.ctx.now.elapsed_ms if talk.paired else None

    def _say(self, talk: Talk) -> None:
        if talk.ours is not None:
            talk.told = 0 if talk.theirs is None else talk.theirs.round
            self._send(talk.line, Payload(voices=(talk.ours._replace(heard=talk.told),)))

    # ---- theirs

    def heard(self, voice: Voice) -> None:
        """A half of theirs. One of a call that is over, or of no call, is nothing.

        Raises:
            PeerFault: their station did not sign it, or it names another line than the call's.
        """
        ctx, call = self.ctx, self._spoken(voice.call_id)
        if call is None:
            return
        talk = self.talks.setdefault(voice.call_id, Talk(call.line, call.lane))
        try:
            if (voice.line, voice.lane) != (call.line, call.lane):
                raise PeerFault(say("a half of a call's voice that names another line or lane than the call's"))
            message = public.voice_message(ctx.accord_id, ctx.them, voice)
            public.verify(ctx.record.cursors[ctx.them].key, message, voice.signature)
        except PeerFault as error:
            talk.refused = error.what
            ctx.tell("voice_refused", line=call.line, id=voice.call_id)
            raise
        if talk.theirs is None or voice.round > talk.theirs.round:
            talk.theirs, talk.refused = voice, ""
            self._pair(talk)
            ctx.tell("voice", line=call.line, id=voice.call_id)
        self._answer(talk, voice)

    def _answer(self, talk: Talk, voice: Voice) -> None:
        """Say ours again to whoever lacks it, or does not know yet that we hold theirs; never for the sake of it."""
        if talk.ours is None or talk.theirs is None:
            return
        if voice.heard >= talk.ours.round or self._behind(talk):
            talk.repeat_ms = None
        if voice.heard < talk.ours.round or talk.told < talk.theirs.round:
            self._say(talk)

    # ---- time

    def next_ms(self) -> int | None:
        return min((talk.repeat_ms for talk in self.talks.values() if talk.repeat_ms is not None), default=None)

    def tick(self) -> None:
        """Say again what they may lack; forget the calls that are over."""
        now = self.ctx.now.elapsed_ms
        self.forget()
        for talk in self.talks.values():
            if talk.repeat_ms is not None and now >= talk.repeat_ms:
                talk.repeat_ms = now + REPEAT_MS
                self._say(talk)

    def forget(self) -> None:
        """Drop the voice of calls that are over."""
        for call_id in [each for each in self.talks if self._spoken(each) is None]:
            del self.talks[call_id]
