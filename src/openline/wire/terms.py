"""The words of the record that are numbers on the wire, and the small values that bodies are made of (spec 0, 3.4)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypeAlias


class Lane(IntEnum):
    """A class of traffic on a line (spec 0)."""

    LIAISON = 0
    SAFETY = 1


class Precedence(IntEnum):
    """How fast a message must move; not how important it is."""

    ROUTINE = 0
    PRIORITY = 1
    IMMEDIATE = 2
    FLASH = 3


class Level(IntEnum):
    """What a receipt attests; `delivered` is the signed acknowledgement itself and needs no receipt."""

    PAGES = 0
    SHOWN = 1
    ACKNOWLEDGED = 2


class Outcome(IntEnum):
    """How a call finished, as its caller records it (spec 3.4, kind 17)."""

    NOT_RUNG = 0
    RANG_UNANSWERED = 1
    DECLINED = 2
    DEFERRED = 3
    ANSWERED = 4
    INTERRUPTED = 5


class Phase(IntEnum):
    """A word of the called station about a call, signed by its station key (spec 5.6)."""

    RANG = 1
    ANSWERED = 2
    DECLINED = 3
    DEFERRED = 4


class Presence(IntEnum):
    SHOWN = 0
    WITHHELD = 1


class ProofKind(IntEnum):
    FORK = 1
    BAD_SIGNATURE = 2
    BAD_CHAIN = 3


class Head(NamedTuple):
    """The last entry of a chain, or any entry of it by its place and id."""

    gen: int
    seq: int
    id: bytes


class Approval(NamedTuple):
    """One officer's signature over an act (spec 3.6)."""

    officer: int
    counter: int
    signature: bytes


class Word(NamedTuple):
    """What the called station signed about a call: phase, its clock in seconds, signature."""

    phase: int
    time_s: int
    signature: bytes


class CheckIn(NamedTuple):
    """A scheduled call: second of the day, calling side, 0 = working days / 1 = daily, IANA zone."""

    at_s: int
    caller: int
    days: int
    zone: str

    @property
    def at(self) -> str:
        """The time of day for people: 09:00; with its seconds where it has any, for none of it may be hidden."""
        minutes, seconds = divmod(self.at_s, 60)
        return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


class Checkpoint44(NamedTuple):
    """The root of the author's chain at a size, signed twice (spec 3.8)."""

    size: int
    root: bytes
    ed25519: bytes
    mldsa44: bytes


Scope: TypeAlias = tuple[tuple[int, int], ...]  # (line, lane) pairs, ascending
Texts: TypeAlias = tuple[tuple[str, str], ...]  # (language, text) pairs, ascending by language
