"""Composing: a command becomes a draft, or is refused with the rule that refuses it (spec 1).

Rules of this file:
1. It reads the record and writes nothing; the same command at the same record and instant gives the same draft.
2. A cut `liaison` lane refuses messages, notices, documents and unscheduled calls. A cut `safety` lane warns and sends:
   distress is never refused by software. Acts, letters and receipts always pass.
3. No rule is skipped for urgency.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from openline.core import state
from openline.core.ledger import Act, Item, Ledger, year_of
from openline.core.record import Record
from openline.core.release import Draft
from openline.core.state import Formal, Standing
from openline.core.wording import FORMAL, LANES
from openline.station import commands as c
from openline.wire import bodies
from openline.wire.bodies import (
    Accept,
    Amend,
    Announce,
    Document,
    Generation,
    Letter,
    Message,
    Minute,
    Notice,
    PresenceBody,
    Propose,
    Receipt,
    Service,
    Suspend,
    Withdraw,
)
from openline.wire.entry import check_fits
from openline.wire.errors import Malformed, Refused
from openline.wire.limits import LISTED_MAX
from openline.wire.said import say
from openline.wire.terms import Lane, Level

SENT: Final = {
    "message": say("message"),
    "notice": say("notice"),
    "document": say("document"),
    "answer": say("answer"),
    "call": say("call"),
}
STANDING: Final = {
    Standing.WAITING: say("waiting"),
    Standing.ACCEPTED: say("agreed, waiting for their confirmation"),
    Standing.CONCLUDED: say("concluded"),
    Standing.WITHDRAWN: say("withdrawn"),
}


def compose(record: Record, side: int, command: c.EntryCommand, now_s: int) -> Draft:
    """The draft that a command makes for `side` at an instant of its own clock.

    Raises:
        Refused: a rule refuses it; the message names the rule.
    """
    draft = _draft(record.ledger, side, command, now_s)
    try:
        bodies.from_plain(bodies.kind_of(draft.body), bodies.to_plain(draft.body))
        check_fits(draft.body)
    except Malformed as error:  # what we write must be what the other side reads
        raise Refused(
            say("this cannot be written: {why}", why=error.what), next_step=say("Shorten or correct it.")
        ) from None
    return draft


def _draft(ledger: Ledger, side: int, command: c.EntryCommand, now_s: int) -> Draft:
    match command:
        case c.SendMessage() | c.SendNotice() | c.SendDocument():
            return _tracked(ledger, side, command, now_s)
        case c.SendAnswer():
            return _answer(ledger, side, command, now_s)
        case c.SendService():
            return Draft(Service(line=command.line, text=command.text))
        case c.SendLetter():
            return Draft(Letter(to=command.to, age=command.age))
        case c.CutLines():
            return _suspend(ledger, command, now_s)
        case c.ProposeRestoration():
            return _propose(ledger, command, now_s)
        case c.AcceptOffer():
            return _accept(ledger, side, command, now_s)
        case c.WithdrawOffer():
            return Draft(Withdraw(target=_own_open_offer(ledger, side, command.target).id))
        case c.AmendLine():
            return _amend(ledger, command, now_s)
        case c.MakeStatement():
            make = Minute if command.minute else Announce
            return Draft(make(texts=command.texts, ed25519=command.ed25519, mldsa44=command.mldsa44))
        case c.SetPresence():
            return Draft(PresenceBody(mode=command.mode))
        case c.Acknowledge():
            item = received_item(ledger, side, command.target)
            place = item.place
            return Draft(
                Receipt(gen=place.gen, seq=place.seq, level=Level.ACKNOWLEDGED, officer=command.officer)
            )


def check_lane(ledger: Ledger, line: int, lane: Lane, now_s: int, what: str) -> tuple[str, ...]:
    """Whether ordinary traffic may be composed for (line, lane); the warnings it goes out with.

    Raises:
        Refused: the liaison lane is cut.
    """
    name = ledger.accord.lines[line].id
    if state.expired(ledger, line, now_s):
        why = say("line {line} has expired", line=name)
    elif (cut := state.cut(ledger, line, lane, now_s)) is not Formal.OPEN:
        lanes, states = LANES[lane.name.lower()], FORMAL[cut.value]
        why = say("the {lane} lane of {line} is {state}", lane=lanes, line=name, state=states)
    else:
        return ()
    if lane is Lane.SAFETY:
        return (say("{why}; this goes out all the same, because it is safety traffic", why=why),)
    raise Refused(
        say("{why}: no {what} is sent on it", why=why, what=SENT[what]),
        next_step=say("A letter, an announcement, a proposal and the safety lane still pass."),
    )


def _tracked(
    ledger: Ledger, side: int, command: c.SendMessage | c.SendNotice | c.SendDocument, now_s: int
) -> Draft:
    if command.corrects is not None and command.corrects not in ledger.items:
        raise Refused(say("what this corrects is not in our record"))
    if command.translation_of is not None and command.translation_of not in ledger.items:
        raise Refused(say("what this translates is not in our record"))
    what = {c.SendMessage: "message", c.SendNotice: "notice", c.SendDocument: "document"}[type(command)]
    warnings = check_lane(ledger, command.line, command.lane, now_s, what)
    common: dict[str, Any] = {
        "line": command.line,
        "lane": command.lane,
        "number": next_number(ledger, side, command.line, now_s),
        "precedence": command.precedence,
        "due_s": command.due_s,
        "exercise": command.exercise,
        "language": command.language,
        "corrects": command.corrects,
        "translation_of": command.translation_of,
        "action": command.action,
        "info": command.info,
    }
    if isinstance(command, c.SendMessage):
        return Draft(Message(text=command.text, **common), warnings)
    if isinstance(command, c.SendNotice):
        return Draft(Notice(form=command.form, fields=command.fields, **common), warnings)
    digest = command.digest or hashlib.sha256(command.pages).digest()
    return Draft(Document(size=len(command.pages), digest=digest, title=command.title, **common), warnings)


def next_number(ledger: Ledger, side: int, line: int, now_s: int) -> int:
    """The author's next message number on a line in the UTC year of `now_s`."""
    return ledger.numbers.get((side, line, year_of(now_s)), 0) + 1


def received_item(ledger: Ledger, side: int, target: bytes) -> Item:
    """The message, notice or document of the *other* side that a receipt or an answer is about.

    Raises:
        Refused: not in our record, our own, or a letter.
    """
    item = ledger.items.get(target)
    if item is None:
        raise Refused(say("our record does not hold that message"))
    if item.place.side == side:
        raise Refused(say("that message is our own: only the side that received it acknowledges or answers it"))
    if item.letter:
        raise Refused(say("a letter is sealed to its principal; a station neither acknowledges nor answers it"))
    return item


def _answer(ledger: Ledger, side: int, command: c.SendAnswer, now_s: int) -> Draft:
    item = received_item(ledger, side, command.to)
    lane = Lane(item.lane)
    warnings = check_lane(ledger, item.line, lane, now_s, "answer")
    number = next_number(ledger, side, item.line, now_s)
    body = Message(
        line=item.line,
        lane=lane,
        number=number,
        text=command.text,
        answers=item.id,
        precedence=command.precedence,
        due_s=command.due_s,
        exercise=command.exercise,
        language=command.language,
    )
    return Draft(body, warnings)


def scope_of(
    ledger: Ledger, lines: tuple[int, ...] | None, lanes: tuple[Lane, ...], now_s: int
) -> tuple[tuple[int, int], ...]:
    """Lines and lanes written out; all lines in force at that moment for None.

    Raises:
        Refused: every line of the accord has expired.
    """
    if lines is None:
        lines = tuple(n for n in range(ledger.line_count()) if not state.expired(ledger, n, now_s))
    if not lines:
        raise Refused(say("no line of the accord is in force"))
    return tuple(sorted({(line, lane) for line in lines for lane in lanes}))


def _suspend(ledger: Ledger, command: c.CutLines, now_s: int) -> Draft:
    if command.from_s and command.from_s < now_s:
        raise Refused(say("a suspension cannot begin in the past"), next_step=say("Leave the time out to cut now."))
    scope = scope_of(ledger, command.lines, command.lanes, now_s)
    return Draft(Suspend(scope=scope, from_s=command.from_s, reason=command.reason))


def _propose(ledger: Ledger, command: c.ProposeRestoration, now_s: int) -> Draft:
    if command.effective_s < now_s:
        raise Refused(say("a restoration cannot take effect in the past"))
    scope = scope_of(ledger, command.lines, command.lanes, now_s)
    active = [span for line, lane in scope for span in state.active_spans(ledger, line, lane, now_s)]
    if not active:
        raise Refused(say("no suspension is active on these lines and lanes: there is nothing to restore"))
    # Whoever suspends three hundred times must not make a restoration impossible to write (spec 1.3).
    first = sorted(active, key=lambda span: (span.ends_s is not None, span.starts_s, span.act.id))
    oldest = list(dict.fromkeys(span.act.id for span in first))
    lists, more = tuple(sorted(oldest[:LISTED_MAX])), len({x.act.id for x in active if x.ends_s is None}) - LISTED_MAX
    warned = (say("of so many suspensions the oldest are listed; how many stay and need another proposal: {count}",
                  count=more),) if more > 0 else ()  # fmt: skip
    return Draft(Propose(scope=scope, effective_s=command.effective_s, lists=lists), warned)


def _offer(ledger: Ledger, target: bytes) -> Act:
    offer = ledger.offers.get(target)
    if offer is None:
        raise Refused(say("our record holds no such proposal, amendment, announcement or minute"))
    return offer


def _accept(ledger: Ledger, side: int, command: c.AcceptOffer, now_s: int) -> Draft:
    offer = _offer(ledger, command.target)
    if offer.place.side == side:
        raise Refused(say("our own proposal is the other side's to accept"))
    standing, effective = state.standing(ledger, offer), state.effective_s(offer)
    open_once = standing in (Standing.WAITING, Standing.WITHDRAWN)  # its station withdraws what lapsed: by a timer
    if open_once and effective is not None and effective < now_s:
        raise Refused(say("its effective time has passed"), next_step=say("Propose again with a time to come."))
    if standing is not Standing.WAITING:
        raise Refused(say("this cannot be accepted: it is {state}", state=STANDING[standing]))
    if isinstance(offer.body, Generation) and state.concluded_generation(ledger, offer) is not None:
        raise Refused(say("this generation is accepted already"))
    return Draft(Accept(target=offer.id, ed25519=command.ed25519, mldsa44=command.mldsa44))


def _own_open_offer(ledger: Ledger, side: int, target: bytes) -> Act:
    offer = _offer(ledger, target)
    if offer.place.side != side or isinstance(offer.body, Generation):
        raise Refused(say("only its proposer can withdraw it"))
    standing = state.standing(ledger, offer)
    if standing is not Standing.WAITING:
        raise Refused(
            say("this cannot be withdrawn: it is {state}", state=STANDING[standing]),
            next_step=say("A restoration that is agreed can be answered by a new suspension."),
        )
    return offer


def _amend(ledger: Ledger, command: c.AmendLine, now_s: int) -> Draft:
    if command.effective_s < now_s:
        raise Refused(say("an amendment cannot take effect in the past"))
    return Draft(
        Amend(
            line=command.line,
            effective_s=command.effective_s,
            check_ins=command.check_ins,
            carriers=command.carriers,
            expires_s=command.expires_s,
            holidays=command.holidays,
            pulse_s=command.pulse_s,
        )
    )
