"""Whether a draft of the station's is what an officer asked for, before it is signed.

Rules of this file: whatever the command names itself must stand in the body just so; what the station adds (numbers,
the suspensions that a proposal lists, all lines in force) is shown to the officer and not guessed here.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from openline.station.api import types as t
from openline.station.api.translate import check_in_told, day_text
from openline.wire import bodies
from openline.wire.accord import Accord
from openline.wire.bodies import Body
from openline.wire.terms import Lane, Scope

BODIES: Final[dict[type[t.Command], tuple[type[Body], ...]]] = {
    t.Message: (bodies.Message,),
    t.Notice: (bodies.Notice,),
    t.Document: (bodies.Document,),
    t.Reply: (bodies.Message,),
    t.Service: (bodies.Service,),
    t.Letter: (bodies.Letter,),
    t.Suspend: (bodies.Suspend,),
    t.Propose: (bodies.Propose,),
    t.Accept: (bodies.Accept,),
    t.Withdraw: (bodies.Withdraw,),
    t.Amend: (bodies.Amend,),
    t.Statement: (bodies.Announce, bodies.Minute),
    t.SetPresence: (bodies.PresenceBody,),
    t.Acknowledge: (bodies.Receipt,),
}


def agrees(accord: Accord, side: int, asked: t.Command, body: Body) -> bool:
    """Whether the body is of the kind asked for, and says what was asked."""
    if not isinstance(body, BODIES[type(asked)]):
        return False
    match asked, body:
        case (t.Message() | t.Notice() | t.Document(), bodies.Tracked()):
            return _marks(accord, asked, body) and _content(asked, body)
        case (t.Reply(), bodies.Message()):
            return (asked.text, asked.exercise, asked.due_s) == (body.text, body.exercise, body.due_s)
        case (t.Suspend(), bodies.Suspend()):
            said = (body.reason, body.from_s) == (asked.reason, asked.from_s)
            return said and _covers(accord, asked.lines, asked.lanes, body.scope)
        case (t.Propose(), bodies.Propose()):
            return body.effective_s == asked.effective_s and _covers(accord, asked.lines, asked.lanes, body.scope)
        case (t.Accept(), bodies.Accept()):
            signed = ((body.ed25519 or b"").hex(), (body.mldsa44 or b"").hex())
            return (body.target.hex(), *signed) == (asked.target, asked.ed25519, asked.mldsa44)
        case (t.Amend(), bodies.Amend()):
            return _line(accord, body.line) == asked.line and _changes(accord, side, asked, body)
        case (t.Statement(), bodies.Announce() | bodies.Minute()):
            return dict(body.texts) == asked.texts and isinstance(body, bodies.Minute) is asked.minute
        case (t.Acknowledge(), bodies.Receipt()):
            officers = accord.sides[side].officers
            return body.officer < len(officers) and officers[body.officer].name == asked.officer
        case _:
            return True


def _line(accord: Accord, number: int) -> str:
    return accord.lines[number].id if number < len(accord.lines) else ""


def _covers(accord: Accord, lines: tuple[str, ...], lanes: tuple[t.LaneName, ...], scope: Scope) -> bool:
    """Whether a scope is the one that was named; without lines, any with these lanes alone."""
    said = {(_line(accord, line), Lane(lane).name.lower()) for line, lane in scope}
    asked = set(lines) or {line for line, _ in said}
    return said == {(line, lane) for line in asked for lane in lanes}


def _changes(accord: Accord, side: int, asked: t.Amend, body: bodies.Amend) -> bool:
    known = accord.carriers
    ways = None if body.carriers is None else tuple(known[n].id if n < len(known) else "" for n in body.carriers)
    days = None if body.holidays is None else {day_text(n) for n in body.holidays}
    calls = None if body.check_ins is None else [check_in_told(accord, each) for each in body.check_ins]
    zone = accord.sides[side].zone  # where none was named
    wanted = None if asked.check_ins is None else [replace(x, zone=x.zone or zone) for x in asked.check_ins]
    return (
        (body.effective_s, body.expires_s, body.pulse_s) == (asked.effective_s, asked.expires_s, asked.pulse_s)
        and ways == asked.carriers
        and days == (None if asked.holidays is None else set(asked.holidays))
        and calls == wanted
    )


def _marks(accord: Accord, asked: t.Marked, body: bodies.Tracked) -> bool:
    return (
        _line(accord, body.line) == asked.line
        and Lane(body.lane).name.lower() == asked.lane
        and body.precedence.name == asked.precedence
        and (body.due_s, body.exercise, body.language) == (asked.due_s, asked.exercise, asked.language)
        and (set(body.action), set(body.info)) == (set(asked.action), set(asked.info))
        and (body.corrects is None) is (asked.corrects is None)
        and (body.translation_of is None) is (asked.translation_of is None)
        and body.answers is None
    )


def _content(asked: t.Marked, body: bodies.Tracked) -> bool:
    match asked, body:
        case (t.Message(), bodies.Message()):
            return body.text == asked.text
        case (t.Notice(), bodies.Notice()):
            return (body.form, dict(body.fields)) == (asked.form, asked.fields)
        case (t.Document(), bodies.Document()):
            return (body.digest.hex(), body.title) == (asked.pages, asked.title)
        case _:
            return False
