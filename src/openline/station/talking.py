"""A call's voice as the loop runs it: the desk's halves and the blind relay, held to each other (spec 5.10).

Rules of this file:
1. The relay passes what the desk says and no longer than the call lasts; after every turn the two are made to agree.
2. What is told of a voice is what this station knows: halves, counts and ages, never content.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, NamedTuple

from openline.ports import Now
from openline.station import config as configs
from openline.station.desk import Desk
from openline.station.driver import Driver
from openline.station.duty import WAIT_S
from openline.station.voices import Half, Spoken, Talk
from openline.voice.passage import Address, Figures
from openline.voice.relay import Relay, Settings
from openline.wire.bundle import Voice
from openline.wire.errors import Refused
from openline.wire.said import say

SETTLE_MS: Final = 4_000  # chosen: twice what counts as speech; before that nothing is missed yet
NO_VOICE: Final = say("this station carries no voice: its configuration has no [voice]")


class VoiceState(NamedTuple):
    """How a call's voice stands. `trouble`: "" or `nothing_comes` (we send, and nothing comes from their relay),
    `nothing_goes` (our own browser sends nothing), `nothing` (neither)."""

    spoken: Spoken | None
    ours: Voice | None
    theirs: Voice | None
    paired: bool
    refused: str
    relay: Address | None
    figures: Figures | None
    trouble: str

    @property
    def stamp(self) -> str:
        """Two states with one stamp are alike, but for their counts."""
        rounds = [0 if each is None else each.round for each in (self.ours, self.theirs)]
        standing = "over" if self.spoken is None else "spoken" if self.spoken.answered else "rings"
        refused = "refused" if self.refused else ""
        return "-".join((standing, *map(str, rounds), "paired" if self.paired else "", refused, self.trouble))


class Talking:
    """Made before the runner runs. `voice`: the table of the configuration; None where calls are by text alone."""

    def __init__(self, runner: Driver, voice: configs.Voice | None) -> None:
        self.runner = runner
        self.relay: Relay | None = None
        self._inner: dict[bytes, Address] = {}
        if voice is not None:
            settings = Settings(
                listen=(voice.listen.host, voice.listen.port),
                peer=(voice.peer.host, voice.peer.port),
                inner=voice.inner,
                first_port=voice.first_port,
            )
            self.relay = Relay(settings, lambda: runner.clock.now().elapsed_ms)
            runner.beside.append(self.relay.run)
            runner.after_turn.append(self._follow)

    def _follow(self) -> None:
        """Have the relay pass what the desk says: no call that is over, and each round under its own tokens."""
        relay, calls = self.relay, self.runner.desk.calls
        if relay is None:
            return
        for call_id, talk in calls.voices.talks.items():
            if talk.ours is not None:
                theirs = talk.theirs.token if talk.paired and talk.theirs is not None else None
                relay.pair(call_id, talk.ours.token, theirs)
        for call_id in relay.open_calls():
            if calls.spoken(call_id) is None:
                relay.close(call_id)
                self._inner.pop(call_id, None)

    async def hand_in(self, call_id: bytes, half: Half) -> VoiceState:
        """Our browser's half of a call's voice; how it stands then.

        Raises:
            Refused: the call is not spoken, this station carries no voice, or too many calls have voice.
            StorageFault: the system has no port for the browser.
        """
        if self.relay is None:
            raise Refused(NO_VOICE, next_step=say("Speak by text: openline message."))

        def give(desk: Desk, now: Now) -> None:
            desk.at(now)
            desk.calls.voices.hand_in(call_id, half)

        spoken = self.runner.desk.calls.spoken(call_id)
        if spoken is not None and spoken.answered:
            self._inner[call_id] = await self.relay.open(call_id)
        await self.runner.ask(give)
        return self.state(call_id)

    async def wait(self, call_id: bytes, known: str | None) -> VoiceState:
        """How a call's voice stands, as soon as its stamp is not as `known`, or after some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                return await self.runner.until(lambda desk: self._unless(call_id, known))
        return self.state(call_id)

    def _unless(self, call_id: bytes, known: str | None) -> VoiceState | None:
        found = self.state(call_id)
        return None if found.stamp == known else found

    def state(self, call_id: bytes) -> VoiceState:
        """How a call's voice stands now."""
        calls = self.runner.desk.calls
        spoken = calls.spoken(call_id)
        talk = calls.voices.talks.get(call_id) if spoken is not None else None
        figures = None if self.relay is None or spoken is None else self.relay.figures(call_id)
        if spoken is None or talk is None:
            return VoiceState(spoken, None, None, False, "", None, None, "")
        return VoiceState(
            spoken, talk.ours, talk.theirs, talk.paired, talk.refused, self._inner.get(call_id), figures,
            self._trouble(talk, figures),
        )  # fmt: skip

    def _trouble(self, talk: Talk, figures: Figures | None) -> str:
        now_ms = self.runner.clock.now().elapsed_ms
        if figures is None or talk.paired_ms is None or now_ms - talk.paired_ms < SETTLE_MS:
            return ""
        if figures.sending and figures.hearing:
            return ""
        if figures.sending:
            return "nothing_comes"
        return "nothing_goes" if figures.hearing else "nothing"
