"""The routes about the voice of calls (spec 5.10).

Rules of this file: as for `routes`: a route resolves names, asks one thing of the station, and tells the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from openline.station.api import types_voice as t
from openline.station.api.app import Asked, Route
from openline.station.api.routes_duty import call_id
from openline.station.talking import VoiceState
from openline.station.voices import Half
from openline.wire.bundle import Voice
from openline.wire.said import sentence_of

if TYPE_CHECKING:
    from openline.station.api.routes import Service


def voice_told(service: Service, call: bytes, state: VoiceState) -> t.Voice:
    spoken, relay, figures = state.spoken, state.relay, state.figures
    return t.Voice(
        call=call.hex(),
        available=service.talking.relay is not None,
        spoken=spoken is not None and spoken.answered,
        over=spoken is None,
        caller=spoken is not None and spoken.caller,
        ours=_half(state.ours),
        theirs=_half(state.theirs),
        paired=state.paired,
        refused=state.refused,
        refused_said=sentence_of(state.refused),
        relay=None if relay is None else t.VoiceRelay(address=relay[0], port=relay[1]),
        figures=None if figures is None else t.VoiceFigures(**figures._asdict()),
        trouble=cast(t.Trouble, state.trouble),
        stamp=state.stamp,
    )


def _half(voice: Voice | None) -> t.VoiceHalf | None:
    if voice is None:
        return None
    return t.VoiceHalf(
        round=voice.round,
        fingerprint=voice.fingerprint.hex(),
        ufrag=voice.ufrag,
        pwd=voice.pwd,
        payload_type=voice.payload_type,
    )


async def _hand_in(service: Service, asked: Asked) -> t.Voice:
    body: t.HandVoice = asked.body
    call = call_id(asked)
    service.duty.call(call)
    half = Half(bytes.fromhex(body.fingerprint), body.ufrag, body.pwd, body.payload_type)
    return voice_told(service, call, await service.talking.hand_in(call, half))


async def _voice(service: Service, asked: Asked) -> t.Voice:
    call = call_id(asked)
    service.duty.call(call)
    return voice_told(service, call, await service.talking.wait(call, asked.query.get("unless")))


UNLESS: Final = (("unless", "a stamp: the answer waits until there is another, for some seconds"),)

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST", "/v1/calls/{call}/voice", "Hand in our browser's half of an answered call's voice.", _hand_in,
        takes=t.HandVoice, gives=t.Voice,
    ),
    Route(
        "GET", "/v1/calls/{call}/voice", "How a call's voice stands, and what passes.", _voice, gives=t.Voice,
        query=UNLESS,
    ),
)  # fmt: skip
