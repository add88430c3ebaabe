"""An API command, with names, becomes a command of the desk, with the accord's numbers.

Rules of this file: it resolves names and nothing else; what the rules say of the command is `compose`'s to say. A name
that the accord lacks is the caller's mistake, and the answer lists what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from openline.core.schedule import EPOCH
from openline.station import commands as c
from openline.station.api import statements
from openline.station.api import types as t
from openline.station.api.citing import Citations
from openline.station.context import Context
from openline.wire.accord import Accord
from openline.wire.errors import Misuse
from openline.wire.said import say
from openline.wire.terms import CheckIn, Lane, Precedence, Presence
from openline.wire.zones import known

DAYS = {"working": 0, "daily": 1}
DAY_S = 86_400
NAMED: Final = {
    "line": say("line"),
    "officer of ours": say("officer of ours"),
    "principal of the other side": say("principal of the other side"),
    "carrier": say("carrier"),
    "side": say("side"),
}

T = TypeVar("T")


class Translator:
    """Knows the accord's names. `pages_of` gives the pages that were handed in under a digest.

    Raises, every method: Misuse.
    """

    def __init__(self, ctx: Context, citations: Citations, pages_of: Callable[[bytes], bytes]) -> None:
        self.ctx = ctx
        self.citations = citations
        self.pages_of = pages_of
        self.lines = [line.id for line in ctx.accord.lines]
        self.carriers = [carrier.id for carrier in ctx.accord.carriers]
        self.sides = [side.name for side in ctx.accord.sides]
        self.officers = [officer.name for officer in ctx.accord.sides[ctx.us].officers]
        self.principals = [p.name for p in ctx.accord.sides[ctx.them].principals]

    def line(self, name: str) -> int:
        return named("line", name, self.lines)

    def officer(self, name: str) -> int:
        return named("officer of ours", name, self.officers)

    def command(self, asked: t.AnyCommand) -> c.EntryCommand:
        """The desk's command."""
        return self._acts(asked) or self._traffic(asked)

    def _traffic(self, asked: t.AnyCommand) -> c.EntryCommand:
        match asked:
            case t.Message():
                return c.SendMessage(text=asked.text, **self._marks(asked))
            case t.Notice():
                fields = tuple(sorted(asked.fields.items()))
                return c.SendNotice(form=asked.form, fields=fields, **self._marks(asked))
            case t.Document():
                digest = bytes.fromhex(asked.pages)
                pages = self.pages_of(digest)
                return c.SendDocument(pages=pages, digest=digest, title=asked.title, **self._marks(asked))
            case t.Reply():
                return c.SendAnswer(
                    to=self.citations.resolve(asked.to),
                    text=asked.text,
                    precedence=Precedence[asked.precedence],
                    due_s=asked.due_s,
                    exercise=asked.exercise,
                    language=asked.language,
                )
            case t.Service():
                return c.SendService(line=self.line(asked.line), text=asked.text)
            case t.Letter():
                to = named("principal of the other side", asked.to, self.principals)
                return c.SendLetter(to=to, age=asked.age)
            case _:
                raise Misuse(say("{name} is not a command of this station", name=type(asked).__name__))

    def _acts(self, asked: t.AnyCommand) -> c.EntryCommand | None:
        match asked:
            case t.Suspend():
                return c.CutLines(
                    lines=self._lines(asked.lines),
                    lanes=lanes(asked.lanes),
                    reason=asked.reason,
                    from_s=asked.from_s,
                )
            case t.Propose():
                return c.ProposeRestoration(
                    lines=self._lines(asked.lines), lanes=lanes(asked.lanes), effective_s=asked.effective_s
                )
            case t.Accept():
                target = self.citations.resolve(asked.target)
                ed25519, mldsa44 = bytes.fromhex(asked.ed25519), bytes.fromhex(asked.mldsa44)
                statements.check_accept(self.ctx, self.ctx.record.ledger.offers.get(target), ed25519, mldsa44)
                return c.AcceptOffer(target=target, ed25519=ed25519 or None, mldsa44=mldsa44 or None)
            case t.Withdraw():
                return c.WithdrawOffer(target=self.citations.resolve(asked.target))
            case t.Amend():
                return self._amend(asked)
            case t.Statement():
                texts = tuple(sorted(asked.texts.items()))
                ed25519, mldsa44 = bytes.fromhex(asked.ed25519), bytes.fromhex(asked.mldsa44)
                statements.check(self.ctx, texts, ed25519, mldsa44, minute=asked.minute)
                return c.MakeStatement(texts=texts, ed25519=ed25519, mldsa44=mldsa44, minute=asked.minute)
            case t.SetPresence():
                return c.SetPresence(mode=Presence[asked.mode.upper()])
            case t.Acknowledge():
                return c.Acknowledge(
                    target=self.citations.resolve(asked.target), officer=self.officer(asked.officer)
                )
        return None

    def _marks(self, asked: t.Marked) -> dict[str, Any]:
        return {
            "line": self.line(asked.line),
            "lane": Lane[asked.lane.upper()],
            "precedence": Precedence[asked.precedence],
            "due_s": asked.due_s,
            "exercise": asked.exercise,
            "language": asked.language,
            "corrects": None if asked.corrects is None else self.citations.resolve(asked.corrects),
            "translation_of": (
                None if asked.translation_of is None else self.citations.resolve(asked.translation_of)
            ),
            "action": tuple(sorted(set(asked.action))),
            "info": tuple(sorted(set(asked.info))),
        }

    def _lines(self, names: Sequence[str]) -> tuple[int, ...] | None:
        return tuple(sorted({self.line(name) for name in names})) or None

    def _amend(self, asked: t.Amend) -> c.AmendLine:
        return c.AmendLine(
            line=self.line(asked.line),
            effective_s=asked.effective_s,
            check_ins=_each(asked.check_ins, self._check_in),
            carriers=_each(asked.carriers, lambda name: named("carrier", name, self.carriers)),
            expires_s=asked.expires_s,
            holidays=None if asked.holidays is None else tuple(sorted({day(text) for text in asked.holidays})),
            pulse_s=asked.pulse_s,
        )

    def _check_in(self, asked: t.CheckIn) -> CheckIn:
        hours, minutes, *seconds = map(int, asked.at.split(":"))
        at_s = hours * 3600 + minutes * 60 + sum(seconds)
        zone = asked.zone or self.ctx.accord.sides[self.ctx.us].zone
        if at_s >= DAY_S or not known(zone):
            raise Misuse(
                say("a check-in at {at} in {zone}: no such time, or no such zone here", at=asked.at, zone=zone)
            )
        return CheckIn(at_s, named("side", asked.caller, self.sides), DAYS[asked.days], zone)


def lanes(names: Sequence[str]) -> tuple[Lane, ...]:
    return tuple(sorted({Lane[name.upper()] for name in names}))


def day(text: str) -> int:
    """A day as 2021-10-04, counted since 1970-01-01."""
    try:
        return date.fromisoformat(text).toordinal() - EPOCH
    except ValueError:
        raise Misuse(say("{text} is no day", text=text), next_step=say("Write it as 2021-10-04.")) from None


def check_in_told(accord: Accord, check_in: CheckIn) -> t.CheckIn:
    """A scheduled call as the API tells it."""
    how_often: t.Days = "working" if check_in.days == DAYS["working"] else "daily"
    return t.CheckIn(
        at=check_in.at, caller=accord.sides[check_in.caller].name, days=how_often, zone=check_in.zone
    )


def day_text(number: int) -> str:
    """A day of the record for people; its bare number where the calendar ends."""
    try:
        return date.fromordinal(number + EPOCH).isoformat()
    except (ValueError, OverflowError):
        return f"day {number}"


def named(what: str, name: str, known_names: Sequence[str]) -> int:
    """The number of a name of the accord."""
    if name not in known_names:
        there = ", ".join(known_names) or say("none")
        raise Misuse(
            say("the accord has no {what} named {name}", what=NAMED[what], name=name),
            next_step=say("There is: {names}.", names=there),
        )
    return known_names.index(name)


def _each(values: Sequence[Any] | None, turn: Callable[[Any], T]) -> tuple[T, ...] | None:
    return None if values is None else tuple(turn(value) for value in values)
