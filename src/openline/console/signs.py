"""How states look: each has a word, a shape and, where it is abnormal, a colour (research on control rooms: grey means
well, colour means look here).

Rules of this file: no state is told by colour alone; the words are the spec's, translated where they are shown; what
this release does not know is shown as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Generic, NamedTuple, Protocol, TypeVar


class Sign(NamedTuple):
    """`level`: calm, note, warn or bad, which is a class of the style sheet."""

    shape: str
    word: str
    level: str


FORMAL: Final = {
    "open": Sign("●", "open", "calm"),
    "restoring": Sign("◐", "restoring", "note"),
    "suspended": Sign("■", "suspended", "warn"),
    "expired": Sign("□", "expired", "warn"),
    "disputed": Sign("◆", "disputed", "bad"),
}
OBSERVED: Final = {
    "through": Sign("●", "through", "calm"),
    "not_expected": Sign("○", "not expected", "calm"),
    "agreed_not_through": Sign("▲", "agreed, not yet through", "warn"),
    "not_watching": Sign("◌", "we were not watching", "note"),
    "our_side_cut": Sign("▼", "our side is cut off", "bad"),
    "path_down": Sign("▲", "this path is down", "warn"),
    "their_station_down": Sign("▲", "their station is down", "warn"),
    "cannot_tell": Sign("?", "cannot tell from here", "warn"),
    "rang_unanswered": Sign("▲", "rang, not answered", "warn"),
    "declined": Sign("▲", "declined", "warn"),
    "deferred": Sign("▲", "deferred", "note"),
    "read_no_reply": Sign("▲", "read, no reply yet", "warn"),
}
ALARMS: Final = {
    "flash_unread": "A FLASH is not read yet",
    "call_ringing": "A call is ringing",
    "check_in_missed": "A check-in was missed",
    "immediate_overdue": "An IMMEDIATE is past half its due time",
    "peer_silent": "The other side is silent",
    "heads_differ": "The two records differ",
    "clock_offset": "The clocks are apart",
}
OUTCOMES: Final = {
    "": "not made yet",
    "not_rung": "did not ring",
    "rang_unanswered": "rang, not answered",
    "declined": "declined",
    "deferred": "deferred",
    "answered": "answered",
    "interrupted": "broke off",
}

TRIES: Final = {**OUTCOMES, "placed": "being rung", "rang": "rings there", "talking": "is being spoken on"}
STEPS: Final = {
    "open": "open", "suspended": "suspended", "proposed": "proposed", "accepted": "accepted", "confirmed": "confirmed",
    "effective": "in effect", "tested": "tested",
}  # fmt: skip
STANDINGS: Final = {
    "waiting": "waits for the other side's word",
    "agreed, waiting for their confirmation": "agreed, waits for the proposer's confirmation",
    "concluded": "agreed by both and confirmed",
    "withdrawn": "taken back",
}
LANES: Final = {"liaison": "liaison lane", "safety": "safety lane"}
DAYS: Final = {"working": "working days", "daily": "every day"}
CALLS: Final = {
    "placed": Sign("◐", "ringing them: no word from their station yet", "note"),
    "rang": Sign("◑", "it rings there", "note"),
    "ringing": Sign("▲", "ringing here", "bad"),
    "talking": Sign("●", "talking", "calm"),
    "not_rung": Sign("▲", "their station never said that it rang", "warn"),
    "rang_unanswered": Sign("▲", "it rang, and nobody answered", "warn"),
    "declined": Sign("▲", "declined", "warn"),
    "deferred": Sign("▲", "put off until later", "note"),
    "answered": Sign("●", "answered, and over", "calm"),
    "interrupted": Sign("▲", "broke off: the station stopped", "warn"),
    "ended": Sign("●", "ended", "calm"),
}

CARRIERS: Final = {"live": "live", "relay": "relay", "courier": "courier"}
ROLES: Final = {"officer": "officer", "releaser": "releaser", "supervisor": "supervisor", "auditor": "auditor"}
KINDS: Final = {
    name: name
    for name in (
        "acknowledgement", "message", "letter", "suspend", "propose", "accept", "withdraw", "receipt", "announcement",
        "checkpoint", "prekey", "key", "generation", "amendment", "fault", "document", "notice", "call", "seal",
        "presence", "minute", "service",
    )
}  # fmt: skip
# Kinds whose word has no room in a cell of a drawing.
SHORT: Final = {
    "acknowledgement": "ack",
    "announcement": "announce",
    "checkpoint": "check pt",
    "generation": "new gen",
}
PRECEDENCES: Final = {name: name for name in ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")}
RECEIPTS: Final = {
    "recorded": "recorded",
    "on_its_way": "on its way",
    "kept_by_relay": "kept by the relay",
    "delivered": "delivered",
    "shown": "shown there",
    "acknowledged": "acknowledged by an officer",
    "answered": "answered in writing",
}
FLAGS: Final = {
    "none": "",
    "crossed": "crossed a suspension on the way",
    "out_of_line": "sent although suspended",
}
FACTS: Final = {
    name: name
    for name in (
        "precedence", "exercise", "answer wanted within", "answers", "corrects", "translation of", "text", "form",
        "field", "title", "size in bytes", "SHA-256 of the pages", "lines and lanes", "from", "reason", "effective",
        "lifts", "of", "receipt", "officer on watch", "to", "outcome", "check-in due", "closes", "changes",
        "goes on from", "forks that it settles", "claims proof of", "presence", "entries under the checkpoint",
        "Merkle root",
    )
}  # fmt: skip
# What the officer who goes off says aloud, and the one who comes on says back.
BRIEF: Final = {
    "lines": "The state of each line: agreed, and observed",
    "alarms": "What sounds, who knows, and what is being done about it",
    "items": "What is unopened, and what is due from us and from them",
    "drafts": "Drafts that wait for a release, and offers that wait for our word",
    "calls": "The next check-ins, and who makes the call",
    "voice": "What their officers said by voice since the last handover",
    "armed": "Whether the alarm of this console is armed, and who is called if it fails",
}
VERDICTS: Final = {
    "verifies": "every entry and signature holds", "incomplete": "what is there holds, and entries are absent",
    "does not verify": "it does not hold: damaged, or altered",
}  # fmt: skip
# Every table of words that a page shows by a key: what a test holds the catalogues to.
WORDS: Final = (
    ALARMS, OUTCOMES, CARRIERS, ROLES, KINDS, SHORT, PRECEDENCES, RECEIPTS, FLAGS, FACTS, TRIES, STEPS, STANDINGS,
    LANES, DAYS, BRIEF, VERDICTS,
)  # fmt: skip


CHECK_INS_SHOWN: Final = 6  # chosen: three calls each way in a day fit a row
T = TypeVar("T")


class Several(NamedTuple, Generic[T]):
    """The first of those alike, and how many there are."""

    one: T
    how_many: int


def several(found: Iterable[T], *alike: str) -> list[Several[T]]:
    """What is the same in these attributes is told once, where the first of it stands: whoever makes very many of one
    thing hides nothing else by it."""
    groups: dict[tuple[object, ...], list[T]] = {}
    for each in found:
        groups.setdefault(tuple(getattr(each, name) for name in alike), []).append(each)
    return [Several(group[0], len(group)) for group in groups.values()]


class Alarm(Protocol):
    @property
    def alarm(self) -> str: ...
    @property
    def line(self) -> str | None: ...
    @property
    def acknowledged_by(self) -> str | None: ...


A = TypeVar("A", bound=Alarm)


class Sounding(NamedTuple, Generic[A]):
    """An alarm of one kind. `lines`: those it sounds for, each with how often."""

    one: A
    lines: Sequence[tuple[str, int]]
    how_many: int


def sounding(found: Iterable[A]) -> list[Sounding[A]]:
    """What sounds, each kind in one place with its lines, where the first of it stands: four lines that are silent at
    once are one thing to hear of, and hide nothing below them on a phone."""
    groups: dict[tuple[str, str | None], list[A]] = {}
    for each in found:
        groups.setdefault((each.alarm, each.acknowledged_by), []).append(each)
    return [
        Sounding(group[0], tuple(Counter(each.line for each in group if each.line).items()), len(group))
        for group in groups.values()
    ]


class Due(Protocol):
    @property
    def due_s(self) -> int: ...


D = TypeVar("D", bound=Due)


class Near(NamedTuple, Generic[D]):
    """Those check-ins of a day that are shown on the board, and how many others there are."""

    shown: Sequence[D]
    others: int


def nearest(check_ins: Sequence[D], now_s: int) -> Near[D]:
    """Of many check-ins a day the last two that were due and the next two to come: twenty lines of twelve each would
    put all but the first two off the screen."""
    if len(check_ins) <= CHECK_INS_SHOWN:
        return Near(check_ins, 0)
    past = [each for each in check_ins if each.due_s <= now_s]
    coming = [each for each in check_ins if each.due_s > now_s]
    shown = [*past[-2:], *coming[:2]]
    return Near(shown, len(check_ins) - len(shown))


def sign(table: dict[str, Sign], state: str) -> Sign:
    return table.get(state, Sign("?", state.replace("_", " "), "warn"))
