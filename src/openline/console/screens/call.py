"""The call: ring, answer or decline or put off, speak, write beside it, end it and log what it was.

Rules of this file: whoever is rung sees it on every page (the bar) and answers it here; the voice itself is the page's
own (`static/call.js`), which asks here for what its station knows; text beside the call is a message on its line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec
from starlette.responses import Response

from openline.console.acting import ANYONE, DUTY
from openline.console.asked import FORM_BYTES_MAX, Asked
from openline.console.link import Unreachable
from openline.console.live import Look
from openline.console.pages import clock, day
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_duty as duty
from openline.station.api import types_items as items
from openline.station.api import types_voice as voices
from openline.station.api.answers import part
from openline.wire.errors import Misuse, OpenlineError, Refused
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.console.app import Console

WORDS: Final = ("answer", "decline", "defer")
BESIDE_MAX: Final = 20  # of the newest of what was written beside a call
JSON: Final = "application/json"


def sentences(words: Words) -> dict[str, str]:
    """What the page's own script says, in the reader's language."""
    _ = words
    return {
        "microphone": _("Asking for the microphone"),
        "no_microphone": _("No microphone: you hear them, and they do not hear you"),
        "no_voice": _("This station carries no voice. Write beside the call."),
        "waiting": _("Waiting for the other side's voice"),
        "connecting": _("Connecting"),
        "connected": _("You can speak"),
        "lost": _("The voice broke off; connecting again"),
        "failed": _("The voice does not come to stand. Write beside the call."),
        "elsewhere": _("The voice of this call is on another page of this station"),
        "over": _("The call is over"),
        "unreachable": _("The console does not answer"),
        "matched": _("Key matched: this is the certificate that their station signed"),
        "mismatch": _("Their certificate is not the one that their station signed. The call was ended."),
        "refused": _("A half of their voice was refused: their station's signature does not hold"),
        "nothing_comes": _("We send, and nothing comes from them"),
        "nothing_goes": _("We hear them, and nothing of ours goes out"),
        "nothing": _("Nothing passes either way"),
        "good": _("good"),
        "fair": _("fair"),
        "poor": _("poor"),
        "quality": _("Quality: {word} · loss: {loss} % · delay: {delay} ms · jitter: {jitter} ms"),
        "muted": _("Muted: speak again"),
        "speaking": _("Mute"),
        "sent": _("The message was sent."),
        "microphone_default": _("Microphone"),
        "speaker_default": _("Speaker"),
    }


async def calls(asked: Asked) -> Response:
    found = await asked.console.link.get("/v1/calls", duty.Calls)
    return await asked.page("calls.html", calls=found)


async def place(asked: Asked) -> Response:
    form = await asked.form()
    lane = "safety" if form["lane"] == "safety" else "liaison"
    body = duty.PlaceCall(line=form["line"], lane=cast(t.LaneName, lane), officer=asked.officer)
    found = await asked.console.link.post("/v1/calls", body, duty.Call)
    return asked.go(f"/calls/{found.id}")


async def _call(asked: Asked) -> duty.Call:
    return await asked.console.link.get(f"/v1/calls/{part(asked.path['call'])}", duty.Call)


async def call(asked: Asked, *, status: int = 200, error: OpenlineError | None = None, typed: str = "") -> Response:
    """The page of one call. `typed`: what an officer had written when it was refused."""
    found = await _call(asked)
    look = await asked.look()
    return await asked.page(
        "call.html", status=status, call=found, beside=await beside(asked.console, look, found.id),
        spoken=sentences(asked.words), error=None if error is None else asked.fault(error), typed=typed,
        mine=asked.acting is not None and found.officer == asked.acting.officer,
    )  # fmt: skip


async def word(asked: Asked) -> Response:
    form = await asked.form()
    if form["word"] not in WORDS:
        raise Misuse(say("this is no word about a call"), next_step=say("Answer, decline, or put it off."))
    body = duty.PickUp(word=cast(duty.WordName, form["word"]), officer=asked.officer)
    try:
        await asked.console.link.post(f"/v1/calls/{part(asked.path['call'])}/word", body, duty.Call)
    except Refused as error:
        return await call(asked, status=409, error=error)
    return asked.go(f"/calls/{asked.path['call']}")


async def end(asked: Asked) -> Response:
    try:
        await asked.console.link.post(f"/v1/calls/{part(asked.path['call'])}/end", None, duty.Call)
    except Refused as error:
        return await call(asked, status=409, error=error)
    return asked.go(f"/calls/{asked.path['call']}#log-title")  # what an ended call asks for has the keyboard


# ---- text beside it


async def text(asked: Asked) -> Response:
    """A message on the call's line. The page's script asks for JSON, for a page that goes away is a voice that ends."""
    form, found = await asked.form(), await _call(asked)
    script = asked.request.headers.get("accept") == JSON
    try:
        made = await _send(asked, found, form["text"])
    except (Refused, Misuse) as error:
        if script:
            return _json(asked.fault(error), 409)
        return await call(asked, status=409, error=error, typed=form["text"])
    waits = "" if made.entry is not None else asked.words("It waits for a second officer's release.")
    return _json({"says": waits or asked.words("The message was sent.")}) if script else asked.go(f"/calls/{found.id}")


async def log(asked: Asked) -> Response:
    """What the call was, as a message: so both records hold it."""
    form, found, _ = await asked.form(), await _call(asked), asked.words
    purpose = {"check-in": _("check-in"), "notice": _("notice"), "other": _("another purpose")}.get(form["purpose"])
    if purpose is None or not form["summary"]:
        error = Misuse(_("Say what the call was for, and a summary."), next_step=_("Fill both in."))
        return await call(asked, status=400, error=error, typed=form["summary"])
    began, ended = (f"{day(at, 'Z')} {clock(at, 'Z')}" for at in (found.started_s, found.ended_s or found.started_s))
    told = _("Call on {line}, {began} to {ended}. Purpose: {purpose}.").format(
        line=found.line, began=began, ended=ended, purpose=purpose
    )
    try:
        await _send(asked, found, f"{told}\n{form['summary']}")
    except (Refused, Misuse) as error:
        return await call(asked, status=409, error=error, typed=form["summary"])
    return asked.go(f"/calls/{found.id}")


async def _send(asked: Asked, found: duty.Call, written: str) -> t.Drafted:
    if not written:
        raise Misuse(asked.words("Nothing was written."), next_step=asked.words("Write something."))
    message = t.Message(line=found.line, lane=found.lane, text=written, language=asked.words.language)
    return await asked.console.link.post("/v1/drafts", message, t.Drafted)


async def opened(asked: Asked) -> Response:
    """A message that came beside a call stands before an officer: their side is told so."""
    form = await asked.form()
    await asked.console.link.post("/v1/inbox/open", items.Open(ref=form["ref"], officer=asked.officer), items.Opened)
    return _json({})


class Written(NamedTuple):
    """A message on a call's line since it began. `opened`: an officer here has seen it, or it is ours."""

    time_s: int
    by: str
    text: str
    ref: str
    opened: bool


async def beside(console: Console, look: Look, call_id: str) -> list[Written]:
    """What was written on a call's line since it began, by both sides, oldest first."""
    found = await console.link.get(f"/v1/calls/{part(call_id)}", duty.Call)
    inbox = await console.link.get("/v1/inbox", items.Inbox)
    outbox = await console.link.get("/v1/outbox", items.Outbox)
    theirs = [
        Written(each.received_s, each.author, each.text, each.ref, each.opened)
        for each in inbox.items
        if each.line == found.line and each.kind == "message" and each.received_s >= found.started_s
    ]
    ours = [
        Written(each.time_s, look.us.name, each.what, each.ref, True)
        for each in (*outbox.waiting, *outbox.recent)
        if each.line == found.line and each.kind == "message" and each.time_s >= found.started_s
    ]
    return sorted([*theirs, *ours])[-BESIDE_MAX:]


# ---- what the page's script asks


async def voice(asked: Asked) -> Response:
    """How the voice of a call stands, when it stands otherwise than the page knows."""
    path = f"/v1/calls/{part(asked.path['call'])}/voice"
    try:
        found = await asked.console.link.get(path, voices.Voice, unless=asked.query.get("unless"))
    except OpenlineError as error:
        return _json(asked.fault(error), 503 if isinstance(error, Unreachable) else 409)
    return _json(msgspec.to_builtins(found))


async def hand_voice(asked: Asked) -> Response:
    """Our browser's half."""
    path = f"/v1/calls/{part(asked.path['call'])}/voice"
    try:
        body = msgspec.json.decode(await _body(asked), type=voices.HandVoice)
        found = await asked.console.link.post(path, body, voices.Voice)
    except msgspec.DecodeError as error:
        return _json(asked.fault(Misuse(say("this is no half of a voice: {why}", why=str(error)))), 400)
    except OpenlineError as error:
        return _json(asked.fault(error), 503 if isinstance(error, Unreachable) else 409)
    return _json(msgspec.to_builtins(found))


async def _body(asked: Asked) -> bytes:
    data = bytearray()
    async for piece in asked.request.stream():
        data += piece
        if len(data) > FORM_BYTES_MAX:
            raise Misuse(say("this is too long"), next_step=say("Send less at once."))
    return bytes(data)


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type=JSON)


# ---- live


async def standing(console: Console, look: Look, words: Words, call_id: str) -> str:
    """The region that says how a call stands."""
    found = await console.link.get(f"/v1/calls/{part(call_id)}", duty.Call)
    return console.pages.part("call_state.html", words, look=look, call=found)


async def written(console: Console, look: Look, words: Words, call_id: str) -> str:
    """The region of what was written beside a call."""
    return console.pages.part("call_beside.html", words, look=look, beside=await beside(console, look, call_id))


async def lasting(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of all calls."""
    return console.pages.part(
        "calls_list.html", words, look=look, calls=await console.link.get("/v1/calls", duty.Calls)
    )


REGIONS: Final = {"call": standing, "call-beside": written, "calls": lasting}

PLACES: Final = (
    Place("GET", "/calls", calls, ANYONE, "Calls", nav=2),
    Place("POST", "/calls", place, DUTY),
    Place("GET", "/calls/{call}", call, ANYONE),
    Place("POST", "/calls/{call}/word", word, DUTY),
    Place("POST", "/calls/{call}/end", end, DUTY),
    Place("POST", "/calls/{call}/text", text, DUTY),
    Place("POST", "/calls/{call}/log", log, DUTY),
    Place("POST", "/calls/{call}/opened", opened, DUTY),
    Place("GET", "/calls/{call}/voice", voice, DUTY),
    Place("POST", "/calls/{call}/voice", hand_voice, DUTY),
)
