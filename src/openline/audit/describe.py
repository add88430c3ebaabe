"""One entry in one line, in the words of the accord: what it is, on which line, and what it says.

Rules of this file: it tells what the entry states, as a claim of its author; nothing here is checked. An entry that
names another is told with the other's name where that was listed lately, else with the start of its id. What it is and
says is told in sentences (`wire.said`), in which what somebody wrote is a value.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from openline.audit.verdict import place_name
from openline.audit.words import KIND_WORDS, when
from openline.core.ledger import year_of
from openline.core.wording import LANES
from openline.wire import bodies
from openline.wire.accord import Accord
from openline.wire.bodies import Body
from openline.wire.entry import Entry, Place
from openline.wire.said import Said, say
from openline.wire.terms import Checkpoint44, Lane, Level, Outcome, Precedence, Presence, ProofKind, Scope

_SCOPED: Final = {KIND_WORDS["suspend"], KIND_WORDS["propose"]}  # their lines and lanes are told together
NAMED_MAX: Final = 65_536  # chosen: entries further back than this are told by their id

OUTCOMES: Final = {
    Outcome.NOT_RUNG: say("not rung"),
    Outcome.RANG_UNANSWERED: say("rang unanswered"),
    Outcome.DECLINED: say("declined"),
    Outcome.DEFERRED: say("deferred"),
    Outcome.ANSWERED: say("answered"),
    Outcome.INTERRUPTED: say("interrupted"),
}
CHANGES: Final = {
    "check-ins": say("check-ins"),
    "carriers": say("carriers"),
    "expiry": say("expiry"),
    "holidays": say("holidays"),
    "pulse": say("pulse"),
}
LEVELS: Final = {Level.PAGES: say("pages"), Level.SHOWN: say("shown"), Level.ACKNOWLEDGED: say("acknowledged")}
PRESENCE: Final = {Presence.SHOWN: say("shown"), Presence.WITHHELD: say("withheld")}
PROOFS: Final = {
    ProofKind.FORK: say("claims proof of fork"),
    ProofKind.BAD_SIGNATURE: say("claims proof of bad signature"),
    ProofKind.BAD_CHAIN: say("claims proof of bad chain"),
}


class Row(NamedTuple):
    """One entry, told. `lines` are the ids of the lines concerned, `lane` that of a body that has one; `ref` is how
    officers cite the entry, "" if they do not."""

    place: Place
    name: str
    id: bytes
    time_s: int
    kind: str
    lines: tuple[str, ...]
    lane: str
    ref: str
    what: str

    def to_plain(self) -> dict[str, Any]:
        """For programs: JSON values only."""
        plain = {**self._asdict(), "id": self.id.hex(), "lines": list(self.lines), "place": self.place._asdict()}
        return {**plain, "time": when(self.time_s)}

    def text(self) -> str:
        """For people: a line."""
        about = self.ref or " ".join((*self.lines, self.lane)[:2] if self.kind not in _SCOPED else ())
        parts = (when(self.time_s), f"{self.name:<14}", f"{self.kind:<15}", about, self.what)
        return "  ".join(part for part in parts if part).rstrip()


class Describer:
    """Tells entries in the order in which they are listed, and remembers how it called them. `known` names those that
    were not listed."""

    def __init__(self, accord: Accord, known: Callable[[bytes], str] | None = None) -> None:
        self._accord = accord
        self._known = known or (lambda identity: f"{identity.hex()[:12]}…")
        self._sides = tuple(side.name for side in accord.sides)
        self._names: OrderedDict[bytes, str] = OrderedDict()

    def row(self, entry: Entry) -> Row:
        """The entry in words."""
        body = entry.body
        name = place_name(self._sides, entry.place)
        ref = self._ref(entry, body)
        self._remember(entry.id, ref or name)
        lines = lines_of(body)
        return Row(
            place=entry.place,
            name=name,
            id=entry.id,
            time_s=entry.time_s,
            kind=kind_word(body),
            lines=tuple(self._line(number) for number in lines),
            lane=Lane(getattr(body, "lane", 0)).name.lower() if hasattr(body, "lane") else "",
            ref=ref,
            what=self._approved(entry.side, body, self._what(entry, body)),
        )

    def _remember(self, identity: bytes, name: str) -> None:
        self._names[identity] = name
        if len(self._names) > NAMED_MAX:
            self._names.popitem(last=False)

    def _named(self, identity: bytes) -> str:
        return self._names.get(identity) or self._known(identity)

    def _line(self, number: int) -> str:
        lines = self._accord.lines
        return lines[number].id if number < len(lines) else f"line {number}"

    def _ref(self, entry: Entry, body: Body) -> str:
        if not isinstance(body, bodies.Tracked):
            return ""
        return f"{self._sides[entry.side]}–{self._line(body.line)}–{year_of(entry.time_s)}–{body.number}"

    def _approved(self, side: int, body: Body, what: str) -> str:
        given = getattr(body, "approvals", ())
        names = ", ".join(self._officer(side, x.officer) for x in given)
        return say("{what}; approved by {names}", what=what, names=names) if given else what

    def _officer(self, side: int, number: int) -> str:
        officers = self._accord.sides[side].officers
        return officers[number].name if number < len(officers) else f"officer {number}"

    def _scope(self, scope: Scope) -> str:
        return _commas([
            say("{line} {lane}", line=self._line(line), lane=LANES[Lane(lane).name.lower()]) for line, lane in scope
        ])  # fmt: skip

    def _what(self, entry: Entry, body: Body) -> str:
        if isinstance(body, bodies.Tracked):
            return self._tracked(body)
        match body:
            case bodies.Suspend():
                what = self._scope(body.scope)
                if body.from_s:
                    what = say("{scope} from {at}", scope=what, at=when(body.from_s))
                return say("{what}: “{text}”", what=what, text=body.reason) if body.reason else what
            case bodies.Propose():
                lifted, scope = ", ".join(self._named(x) for x in body.lists), self._scope(body.scope)
                at = when(body.effective_s)
                return say("{scope} at {at}, lifting {lifted}", scope=scope, at=at, lifted=lifted)
            case bodies.Accept() | bodies.Withdraw():
                return self._named(body.target)
            case bodies.Receipt():
                about, officer = place_name(self._sides, Place(1 - entry.side, body.gen, body.seq)), body.officer
                level, name = LEVELS[body.level], self._officer(entry.side, officer)
                return say("{place} {level}, {officer} on watch", place=about, level=level, officer=name)
            case bodies.Announce() | bodies.Minute():
                return " / ".join(f"{language}: “{text}”" for language, text in body.texts)
            case _:
                return self._other(entry, body)

    def _tracked(self, body: bodies.Tracked) -> str:
        parts = _marks(body)
        if body.answers is not None:
            parts.append(say("answers {name}", name=self._named(body.answers)))
        if body.corrects is not None:
            parts.append(say("corrects {name}", name=self._named(body.corrects)))
        if body.translation_of is not None:
            parts.append(say("translates {name}", name=self._named(body.translation_of)))
        match body:
            case bodies.Message():
                parts.append(f"“{body.text}”")
            case bodies.Notice():
                parts.append(f"{body.form}: " + ", ".join(f"{key} = {value}" for key, value in body.fields))
            case bodies.Document():
                digest = f"{body.digest.hex()[:16]}…"
                what = say("“{title}”, {size} bytes, SHA-256 {digest}", title=body.title, size=body.size, digest=digest)
                parts.append(what)
            case _:
                parts.append("")
        return _together(parts)

    def _other(self, entry: Entry, body: Body) -> str:
        match body:
            case bodies.Letter():
                principals = self._accord.sides[1 - entry.side].principals
                to = principals[body.to].name if body.to < len(principals) else str(body.to)
                return say("to {principal}, sealed", principal=to)
            case bodies.Call():
                outcome = OUTCOMES[body.outcome]
                due = when(body.due_s)
                return say("{outcome}, the check-in of {at}", outcome=outcome, at=due) if body.due_s else outcome
            case bodies.Seal():
                what: str = OUTCOMES[body.outcome]
                if body.closes is not None:
                    what = say("{outcome}, closing {name}", outcome=what, name=self._named(body.closes))
                signed = body.checkpoint
                return what if signed is None else say("{what}, {checkpoint}", what=what, checkpoint=_root(signed))
            case bodies.Checkpoint():
                return _root(body.checkpoint)
            case bodies.Amend():
                what = _commas([CHANGES[name] for name in changed(body)])
                return say("at {at}: {what}", at=when(body.effective_s), what=what)
            case bodies.Generation():
                return self._generation(entry, body)
            case bodies.Fault():
                return PROOFS[body.proof]
            case bodies.PresenceBody():
                return PRESENCE[body.mode]
            case bodies.Service():
                return f"“{body.text}”"
            case _:
                return ""

    def _generation(self, entry: Entry, body: bodies.Generation) -> str:
        last = body.last
        what = say("goes on from the accord")
        if last is not None:
            what = say("goes on from {place}", place=place_name(self._sides, Place(entry.side, last.gen, last.seq)))
        return say("{what}, settling a fork", what=what) if body.forks else what


def kind_word(body: Body) -> str:
    """The word for an entry's kind; `unknown 99` for one that this release does not know."""
    if isinstance(body, bodies.Unknown):
        return f"unknown {body.number_of_kind}"
    return KIND_WORDS[bodies.kind_name(type(body))]


def lines_of(body: Body) -> tuple[int, ...]:
    """The numbers of the lines that an entry concerns."""
    scope = getattr(body, "scope", None)
    if scope is not None:
        return tuple(dict.fromkeys(line for line, _ in scope))
    return (body.line,) if hasattr(body, "line") else ()


def _marks(body: bodies.Tracked) -> list[str]:
    marks: list[str] = [] if body.precedence is Precedence.ROUTINE else [body.precedence.name]
    if body.exercise:
        marks.append(say("EXERCISE"))
    if body.due_s:
        marks.append(say("answer within {length}", length=_length(body.due_s)))
    return marks


def _together(parts: Sequence[str]) -> str:
    """One after another; what somebody wrote may be the only one, and stays as it is."""
    whole = parts[-1]
    for part in reversed(parts[:-1]):
        whole = say("{first}; {then}", first=part, then=whole)
    return whole


def _commas(parts: Sequence[str]) -> str:
    whole = parts[-1] if parts else ""
    for part in reversed(parts[:-1]):
        whole = say("{first}, {then}", first=part, then=whole)
    return whole


def _length(time_s: int) -> Said:
    """A length of time in its largest whole unit, such as 10 min or 2 h."""
    if time_s % 86_400 == 0:
        return say("{amount} d", amount=str(time_s // 86_400))
    if time_s % 3600 == 0:
        return say("{amount} h", amount=str(time_s // 3600))
    return say("{amount} s", amount=str(time_s)) if time_s % 60 else say("{amount} min", amount=str(time_s // 60))


def changed(body: bodies.Amend) -> list[str]:
    """What an amendment changes, in the words of the accord."""
    changes = {
        "check-ins": body.check_ins,
        "carriers": body.carriers,
        "expiry": body.expires_s,
        "holidays": body.holidays,
        "pulse": body.pulse_s,
    }
    return [name for name, value in changes.items() if value is not None]


def _root(checkpoint: Checkpoint44) -> Said:
    return say("size {size}, root {root}", size=checkpoint.size, root=f"{checkpoint.root.hex()[:16]}…")
