"""One entry in one line, in the words of the accord: what it is, on which line, and what it says.

Rules of this file: it tells what the entry states, as a claim of its author; nothing here is checked. An entry that
names another is told with the other's name where that was listed lately, else with the start of its id.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from openline.audit.verdict import place_name
from openline.audit.words import KIND_WORDS, when
from openline.core.ledger import year_of
from openline.wire import bodies
from openline.wire.accord import Accord
from openline.wire.bodies import Body
from openline.wire.entry import Entry, Place
from openline.wire.terms import Checkpoint44, Lane, Precedence, Scope

_SCOPED: Final = {KIND_WORDS["suspend"], KIND_WORDS["propose"]}  # their lines and lanes are told together
NAMED_MAX: Final = 65_536  # chosen: entries further back than this are told by their id


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
            what=self._what(entry, body) + self._approved(entry.side, body),
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

    def _approved(self, side: int, body: Body) -> str:
        given = getattr(body, "approvals", ())
        return "; approved by " + ", ".join(self._officer(side, x.officer) for x in given) if given else ""

    def _officer(self, side: int, number: int) -> str:
        officers = self._accord.sides[side].officers
        return officers[number].name if number < len(officers) else f"officer {number}"

    def _scope(self, scope: Scope) -> str:
        return ", ".join(f"{self._line(line)} {Lane(lane).name.lower()}" for line, lane in scope)

    def _what(self, entry: Entry, body: Body) -> str:
        if isinstance(body, bodies.Tracked):
            return _marks(body) + self._tracked(body)
        match body:
            case bodies.Suspend():
                start = f" from {when(body.from_s)}" if body.from_s else ""
                return f"{self._scope(body.scope)}{start}" + (f": “{body.reason}”" if body.reason else "")
            case bodies.Propose():
                lifted = ", ".join(self._named(x) for x in body.lists)
                return f"{self._scope(body.scope)} at {when(body.effective_s)}, lifting {lifted}"
            case bodies.Accept() | bodies.Withdraw():
                return self._named(body.target)
            case bodies.Receipt():
                about = place_name(self._sides, Place(1 - entry.side, body.gen, body.seq))
                return f"{about} {body.level.name.lower()}, {self._officer(entry.side, body.officer)} on watch"
            case bodies.Announce() | bodies.Minute():
                return " / ".join(f"{language}: “{text}”" for language, text in body.texts)
            case _:
                return self._other(entry, body)

    def _tracked(self, body: bodies.Tracked) -> str:
        named = [(body.answers, "answers"), (body.corrects, "corrects"), (body.translation_of, "translates")]
        about = "".join(f"{word} {self._named(target)}; " for target, word in named if target is not None)
        match body:
            case bodies.Message():
                return f"{about}“{body.text}”"
            case bodies.Notice():
                return f"{about}{body.form}: " + ", ".join(f"{key} = {value}" for key, value in body.fields)
            case bodies.Document():
                return f"{about}“{body.title}”, {body.size:,} bytes, SHA-256 {body.digest.hex()[:16]}…"
            case _:
                return about

    def _other(self, entry: Entry, body: Body) -> str:
        match body:
            case bodies.Letter():
                principals = self._accord.sides[1 - entry.side].principals
                return f"to {principals[body.to].name if body.to < len(principals) else body.to}, sealed"
            case bodies.Call():
                due = f", the check-in of {when(body.due_s)}" if body.due_s else ""
                return f"{body.outcome.name.lower().replace('_', ' ')}{due}"
            case bodies.Seal():
                closes = f", closing {self._named(body.closes)}" if body.closes is not None else ""
                return f"{body.outcome.name.lower().replace('_', ' ')}{closes}" + _checkpoint(body.checkpoint)
            case bodies.Checkpoint():
                return _checkpoint(body.checkpoint).removeprefix(", ")
            case bodies.Amend():
                return f"at {when(body.effective_s)}: {', '.join(changed(body))}"
            case bodies.Generation():
                last = body.last
                held = "" if last is None else place_name(self._sides, Place(entry.side, last.gen, last.seq))
                return f"goes on from {held or 'the accord'}" + (", settling a fork" if body.forks else "")
            case bodies.Fault():
                return f"claims proof of {body.proof.name.lower().replace('_', ' ')}"
            case bodies.PresenceBody():
                return body.mode.name.lower()
            case bodies.Service():
                return f"“{body.text}”"
            case _:
                return ""


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


def _marks(body: bodies.Tracked) -> str:
    marks = [] if body.precedence is Precedence.ROUTINE else [body.precedence.name]
    if body.exercise:
        marks.append("EXERCISE")
    if body.due_s:
        marks.append(f"answer within {_length(body.due_s)}")
    return "".join(f"{mark}; " for mark in marks)


def _length(time_s: int) -> str:
    """A length of time in its largest whole unit, such as 10 min or 2 h."""
    units = (86_400, "d"), (3600, "h"), (60, "min"), (1, "s")
    unit, name = next(each for each in units if time_s % each[0] == 0)
    return f"{time_s // unit} {name}"


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


def _checkpoint(checkpoint: Checkpoint44 | None) -> str:
    return "" if checkpoint is None else f", size {checkpoint.size:,}, root {checkpoint.root.hex()[:16]}…"
