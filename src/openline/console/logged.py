"""A row of the console's log as a sentence, in the reader's language.

Rules of this file: a row tells what happened in words, and its bare facts stand beside it for whoever compares them; a
row that this release does not know, or that somebody broke, is told by its facts alone; nothing of a row is trusted to
have the type that it was written with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from openline.console import signs
from openline.console.accounts import journal
from openline.console.accounts.journal import Row
from openline.console.pages import CALENDAR_END_S, clock, day
from openline.console.words import Words
from openline.console.words import marked as _
from openline.station import sentences
from openline.wire.said import Sentence

FACT_MAX: Final = 80
ID_SHOWN: Final = 8
RAW: Final = frozenset({"assertion", "signature", "public_key", "said", "why_said"})  # for programs, not for a page
WHY: Final = {
    "it ran out": _("Nothing was done for too long, or its day was over."),
    "the watch is over": _("The watch of its post was over."),
    "ended from another session": _("It was ended from another session of this officer."),
    "signed out": _("The officer signed out."),
    "went off watch": _("The officer went off watch."),
}
BY: Final = {"code": _("by an enrolment code"), "passkey": _("by another passkey")}


class Told(NamedTuple):
    """`text`: what happened, "" where it has no words; `facts`: each short enough for a table, by its name."""

    text: str
    facts: list[tuple[str, str]]


def told(row: Row, words: Words, zone: str) -> Told:
    """A row in words. `zone`: whose clock times are told by, "Z" for Zulu."""
    sentence = _SENTENCES.get(row.kind)
    text = "" if sentence is None else sentence(_Facts(row.facts, words, zone))
    return Told(text, facts(row))


def facts(row: Row) -> list[tuple[str, str]]:
    """What a row holds, each fact short enough for a table."""
    held = {name: _instant(value) if name.endswith("_s") else value for name, value in row.facts.items()}
    if row.digest:
        held["digest"] = row.digest.hex()
    texts = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in held.items() if value not in (None, "") and name not in RAW
    ]  # fmt: skip
    return [(name, text if len(text) <= FACT_MAX else f"{text[:FACT_MAX]}…") for name, text in texts]


def _instant(value: Any) -> Any:
    """A time of the log, as people read it; whatever else stands there as it is."""
    in_calendar = isinstance(value, int) and 0 <= value < CALENDAR_END_S
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M}Z" if in_calendar else value


class _Facts:
    """The facts of a row, as the sentences want them; "–" for what is not there."""

    def __init__(self, held: Mapping[str, Any], words: Words, zone: str) -> None:
        self.held, self.words, self.zone = held, words, zone

    def text(self, name: str) -> str:
        found = self.held.get(name)
        return "–" if found in (None, "") else str(found)

    def passkey(self) -> str:
        found = self.text("credential")
        return found if len(found) <= ID_SHOWN else f"{found[:ID_SHOWN]}…"

    def until(self) -> str:
        found = self.held.get("expires_s")
        if not isinstance(found, int) or not 0 <= found < CALENDAR_END_S:
            return "–"
        return f"{day(found, self.zone)} {clock(found, self.zone)}"

    def roles(self, name: str) -> str:
        found = self.held.get(name)
        named = [self.words(signs.ROLES.get(str(each), str(each))) for each in found] if isinstance(found, list) else []
        return ", ".join(named) or self.words("none")

    def act(self) -> str:
        """What was released, in the reader's language where the row knows what it was made of."""
        kind, text = self.words(signs.KINDS.get(self.text("act"), "")), self.sentence("said")
        return f"{kind}: {text}" if kind and text else text or self.text("what")

    def sentence(self, name: str) -> str:
        """What the station or we ourselves said, in the reader's language; "" where the row holds no such thing."""
        try:
            return sentences.tell_all(msgspec.convert(self.held.get(name), tuple[Sentence, ...]), self.words)
        except msgspec.ValidationError:
            return ""


def _signed_in(x: _Facts) -> str:
    return x.words("With the passkey {passkey}.").format(passkey=x.passkey())


def _signed_out(x: _Facts) -> str:
    return x.words(WHY.get(x.text("why"), "")) or x.text("why")


def _refused(x: _Facts) -> str:
    _ = x.words
    return _("The passkey {passkey} counted {came} uses, and {had} before: there may be a copy of it.").format(
        passkey=x.passkey(), came=x.text("came"), had=x.text("had")
    )


def _code_made(x: _Facts) -> str:
    _ = x.words
    return _("An enrolment code for {officer}, until {until}.").format(officer=x.text("to"), until=x.until())


def _enrolled(x: _Facts) -> str:
    _ = x.words
    return _("The passkey “{label}” ({passkey}), {how}.").format(
        label=x.text("label"), passkey=x.passkey(), how=_(BY.get(x.text("by"), x.text("by")))
    )


def _removed(x: _Facts) -> str:
    _, many = x.words, x.held.get("credentials")
    if isinstance(many, list):
        return _("All passkeys of {officer}: {count}.").format(officer=x.text("of"), count=len(many))
    return _("A passkey of {officer}: {passkey}.").format(officer=x.text("of"), passkey=x.passkey())


def _reset_asked(x: _Facts) -> str:
    _ = x.words
    return _("That all passkeys of {officer} be taken away; another supervisor’s word does it until {until}.").format(
        officer=x.text("of"), until=x.until()
    )


def _roles(x: _Facts) -> str:
    _ = x.words
    return _("{officer} may now: {now}. Before: {before}.").format(
        officer=x.text("of"), now=x.roles("now"), before=x.roles("before")
    )


def _asserted(x: _Facts) -> str:
    _ = x.words
    return _("Draft {draft}, signature number {counter}, with the passkey {passkey}: {act}").format(
        draft=x.text("draft"), counter=x.text("counter"), passkey=x.passkey(), act=x.act()
    )


def _approved(x: _Facts) -> str:
    _, entry = x.words, x.held.get("entry")
    if entry:
        return _("Draft {draft}, signature number {counter}; recorded with it: {act}").format(
            draft=x.text("draft"), counter=x.text("counter"), act=x.act()
        )
    return _("Draft {draft}, signature number {counter}; it waits for another officer: {act}").format(
        draft=x.text("draft"), counter=x.text("counter"), act=x.act()
    )


def _not_approved(x: _Facts) -> str:
    _ = x.words
    return _("Draft {draft}, signature number {counter}: {act}. Why: {why}").format(
        draft=x.text("draft"), counter=x.text("counter"), act=x.act(), why=x.sentence("why_said") or x.text("why")
    )


_SENTENCES: Final[Mapping[str, Callable[[_Facts], str]]] = {
    journal.SIGNED_IN: _signed_in, journal.SIGNED_OUT: _signed_out, journal.REFUSED: _refused,
    journal.CODE_MADE: _code_made, journal.ENROLLED: _enrolled, journal.REMOVED: _removed,
    journal.RESET_ASKED: _reset_asked, journal.ROLES: _roles, journal.ASSERTED: _asserted,
    journal.APPROVED: _approved, journal.NOT_APPROVED: _not_approved,
}  # fmt: skip
