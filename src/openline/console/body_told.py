"""A draft's body in words, field by field, decoded here from the very bytes that officers sign (spec 3.4, 3.6).

Rules of this file: every field that the bytes hold has its row, and those that mean something at their default have one
too; nothing is summed up; what this release does not know is shown as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Final, NamedTuple

from openline.console import notice_forms, telling
from openline.console.live import Look
from openline.console.words import Words
from openline.console.words import marked as _
from openline.wire import bodies, cbor
from openline.wire.bodies import Body
from openline.wire.errors import Malformed, OurFault
from openline.wire.said import say
from openline.wire.terms import CheckIn, Lane, Level, Precedence, Presence

LABELS: Final = {
    "line": _("Line"), "lane": _("Lane"), "number": _("Its number"), "precedence": _("Precedence"),
    "due_s": _("Answer wanted within"), "action": _("To act"), "info": _("To know"), "exercise": _("Exercise"),
    "language": _("Language"), "translation_of": _("Translates"), "corrects": _("Corrects"), "answers": _("Answers"),
    "text": _("Text"), "to": _("Sealed to"), "age": _("Sealed file"), "scope": _("Lines and lanes"),
    "from_s": _("From"), "reason": _("Reason"), "effective_s": _("Takes effect"), "lists": _("Lifts"),
    "target": _("Of"), "ed25519": _("Ed25519 signature"), "mldsa44": _("ML-DSA-44 signature"),
    "gen": "", "seq": "", "level": _("Receipt"), "officer": _("Officer"),
    "texts": _("Text"), "check_ins": _("Check-ins"), "carriers": _("Carriers"), "expires_s": _("Expires"),
    "holidays": _("Holidays"), "pulse_s": _("Sign of life every"), "size": _("Size"), "digest": _("SHA-256"),
    "title": _("Title"), "form": _("Form"), "fields": _("Fields"), "call_id": _("Call"), "mode": _("Presence"),
}  # fmt: skip
KINDS: Final = {
    "message": _("Message"), "notice": _("Notice"), "document": _("Document"), "letter": _("Letter"),
    "service": _("Service message"), "suspend": _("Suspension"), "propose": _("Proposal to restore"),
    "accept": _("Acceptance"), "withdraw": _("Withdrawal"), "receipt": _("Acknowledgement of an item"),
    "announce": _("Announcement"), "minute": _("Minute"), "amend": _("Amendment of the accord"),
    "presence": _("Presence"),
}  # fmt: skip
ALWAYS: Final = frozenset({"line", "lane", "precedence", "exercise", "from_s"})  # these say something at their default
LEVELS: Final = {
    Level.PAGES: _("its pages came whole"), Level.SHOWN: _("shown"), Level.ACKNOWLEDGED: _("acknowledged"),
}  # fmt: skip
PRESENCES: Final = {Presence.SHOWN: _("signs of life are sent"), Presence.WITHHELD: _("signs of life are withheld")}
DAYS: Final = (_("on working days"), _("daily"))
IN_PAGE: Final = {  # what the page itself reads out of the bytes that it signs (static/acts.js)
    **LABELS, **KINDS, "liaison": _("liaison lane"), "safety": _("safety lane"), "working days": _("working days"),
    "daily": _("every day"), "line #": _("line"), "pages": LEVELS[Level.PAGES], "shown": LEVELS[Level.SHOWN],
    "acknowledged": LEVELS[Level.ACKNOWLEDGED], **{each.name.lower(): each.name for each in Precedence},
}  # fmt: skip
EPOCH: Final = date(1970, 1, 1).toordinal()
BYTES_SHOWN: Final = 8


class Row(NamedTuple):
    """One field, in the reader's language. `at_s`: an instant instead of a value; `ref`: a name of the record."""

    label: str
    value: str = ""
    at_s: int | None = None
    ref: str = ""


def body_of(data: bytes) -> Body:
    """The body that approving officers sign.

    Raises:
        OurFault: the station gave bytes that are none.
    """
    try:
        match cbor.decode(data):
            case [int(kind), plain]:
                return bodies.from_plain(kind, plain)
            case _:
                raise Malformed(say("not a kind and a body"))
    except Malformed as error:
        raise OurFault(say("the station gave a draft that cannot be read: {why}", why=error.what)) from None


def kind(body: Body) -> str:
    """What it is: a sentence of ours, or its number."""
    if isinstance(body, bodies.Unknown):
        return f"kind {body.number_of_kind}"
    return KINDS.get(bodies.kind_name(type(body)), bodies.kind_name(type(body)))


def ids(body: Body) -> list[bytes]:
    """The entries that it names."""
    named = [getattr(body, name, None) for name in ("translation_of", "corrects", "answers", "target")]
    return [each for each in (*named, *getattr(body, "lists", ())) if each is not None]


def rows(body: Body, look: Look, names: Mapping[bytes, str], words: Words) -> list[Row]:
    """Every field. `names`: how the entries of `ids` are cited here."""
    if isinstance(body, bodies.Unknown):
        return [Row("CBOR", cbor.encode(body.plain).hex())]
    return [row for name, value in _held(body) for row in _Telling(body, look, names, words).rows(name, value)]


def _held(body: Body) -> Iterator[tuple[str, Any]]:
    for each in fields(body):  # type: ignore[arg-type]
        value = getattr(body, each.name)
        if each.name != "approvals" and (value != each.default or each.name in ALWAYS):
            yield each.name, value


class _Telling(NamedTuple):
    """One body's fields, one at a time."""

    body: Body
    look: Look
    names: Mapping[bytes, str]
    words: Words

    def rows(self, name: str, value: Any) -> Iterator[Row]:
        """The row of a field; several of one that holds several things."""
        words, label = self.words, self.words(LABELS.get(name, name))
        match name:
            case "fields":
                for each in notice_forms.told(getattr(self.body, "form", ""), dict(value)):
                    yield Row(words(each.label) if each.known else each.label, each.value)
            case "texts":
                yield from (Row(f"{label} ({language})", text) for language, text in value)
            case "lists":
                yield from (Row(label, ref=self.names.get(each, each.hex())) for each in value)
            case "translation_of" | "corrects" | "answers" | "target":
                yield Row(label, ref=self.names.get(value, value.hex()))
            case "effective_s" | "expires_s" | "from_s":
                nothing = _("when it is recorded") if name == "from_s" else _("never")
                yield Row(label, at_s=value) if value else Row(label, words(nothing))
            case "seq":
                place = f"{self.look.them.name} {getattr(self.body, 'gen', 0)}/{value}"
                yield Row(words(LABELS["target"]), ref=place)
            case "gen":
                return  # told with its place
            case _:
                said = self._sentence(name, value)
                yield Row(label, words(said) if said else self._plain(name, value))

    def _sentence(self, name: str, value: Any) -> str:
        """A sentence of ours that a value is; "" for what is data."""
        match name:
            case "lane":
                return telling.LANES[Lane(value).name.lower()]
            case "precedence":
                return Precedence(value).name
            case "level":
                return LEVELS[Level(value)]
            case "mode":
                return PRESENCES[Presence(value)]
            case "exercise":
                return _("Yes") if value else _("No: it is real")
            case "due_s" | "pulse_s":
                return telling.SPANS.get(value, f"{value:,} s")
            case "form":
                return notice_forms.title(value) if value in notice_forms.FORMS else ""
            case _:
                return ""

    def _plain(self, name: str, value: Any) -> str:
        look = self.look
        match name:
            case "line":
                return self._line(value)
            case "scope":
                return ", ".join(self._scope(*each) for each in value)
            case "officer":
                return _named([each.name for each in look.us.officers], value)
            case "to":
                return _named([each.name for each in look.them.principals], value)
            case "carriers":
                return ", ".join(_named([each.id for each in look.agreed.carriers], each) for each in value)
            case "check_ins":
                return "; ".join(self._check_in(each) for each in value) or "–"
            case "holidays":
                return ", ".join(_day(each) for each in value) or "–"
            case "size":
                return f"{value:,} B"
        if isinstance(value, bytes):
            return value.hex() if name == "digest" else f"{len(value):,} B: {value[:BYTES_SHOWN].hex()}…"
        return ", ".join(value) if isinstance(value, tuple) else str(value)

    def _line(self, number: int) -> str:
        return _named([line.id for line in self.look.agreed.lines], number)

    def _scope(self, line: int, lane: int) -> str:
        return f"{self._line(line)} ({self.words(telling.LANES[Lane(lane).name.lower()])})"

    def _check_in(self, check_in: CheckIn) -> str:
        caller = self.look.agreed.sides[check_in.caller].name
        return f"{check_in.at} {check_in.zone}, {caller}, {self.words(DAYS[check_in.days])}"


def _named(names: list[str], number: int) -> str:
    return names[number] if number < len(names) else f"{number}?"


def _day(number: int) -> str:
    try:
        return date.fromordinal(number + EPOCH).isoformat()
    except (ValueError, OverflowError):
        return str(number)
