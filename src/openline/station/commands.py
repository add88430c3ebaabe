"""What an officer or a person's program asks of the station. Each is a plain value; `compose` turns those that make an
entry into a draft, the desk carries out the others (spec 1).

Rules of this file: lines, lanes and offers are named as the accord and the record name them; `None` for `lines` means
all lines in force at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from openline.wire.terms import CheckIn, Lane, Precedence, Presence, Texts


@dataclass(frozen=True, kw_only=True)
class Compose:
    """What messages, notices and documents have in common."""

    line: int
    lane: Lane = Lane.LIAISON
    precedence: Precedence = Precedence.ROUTINE
    due_s: int = 0
    exercise: bool = False
    language: str = ""
    corrects: bytes | None = None
    translation_of: bytes | None = None
    action: tuple[str, ...] = ()
    info: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SendMessage(Compose):
    text: str


@dataclass(frozen=True, kw_only=True)
class SendNotice(Compose):
    form: str
    fields: Texts = ()


@dataclass(frozen=True, kw_only=True)
class SendDocument(Compose):
    """`digest`: the SHA-256 of the pages, where it was taken before; empty where it was not."""

    pages: bytes
    title: str = ""
    digest: bytes = b""


@dataclass(frozen=True, kw_only=True)
class SendAnswer:
    """A message on the line and lane of what it answers."""

    to: bytes
    text: str
    precedence: Precedence = Precedence.ROUTINE
    due_s: int = 0
    exercise: bool = False
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class SendService:
    """Technicians' talk: never above ROUTINE, never an act; it passes a cut line."""

    line: int
    text: str


@dataclass(frozen=True, kw_only=True)
class SendLetter:
    """`age`: the file, sealed outside the station to principal number `to` of the other side."""

    to: int
    age: bytes


@dataclass(frozen=True, kw_only=True)
class CutLines:
    lines: tuple[int, ...] | None
    lanes: tuple[Lane, ...] = (Lane.LIAISON,)
    reason: str = ""
    from_s: int = 0


@dataclass(frozen=True, kw_only=True)
class ProposeRestoration:
    lines: tuple[int, ...] | None
    lanes: tuple[Lane, ...] = (Lane.LIAISON,)
    effective_s: int


@dataclass(frozen=True, kw_only=True)
class AcceptOffer:
    """`ed25519`, `mldsa44`: our announcement keys' signatures, for an announcement or minute."""

    target: bytes
    ed25519: bytes | None = None
    mldsa44: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class WithdrawOffer:
    target: bytes


@dataclass(frozen=True, kw_only=True)
class AmendLine:
    line: int
    effective_s: int
    check_ins: tuple[CheckIn, ...] | None = None
    carriers: tuple[int, ...] | None = None
    expires_s: int | None = None
    holidays: tuple[int, ...] | None = None
    pulse_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class MakeStatement:
    """An announcement (or, with `minute`, a minute) with our two signatures of its note."""

    texts: Texts
    ed25519: bytes
    mldsa44: bytes
    minute: bool = False


@dataclass(frozen=True, kw_only=True)
class SetPresence:
    mode: Presence


@dataclass(frozen=True, kw_only=True)
class Acknowledge:
    """An officer's own word that a message of theirs was taken note of."""

    target: bytes
    officer: int = 0


EntryCommand: TypeAlias = (
    SendMessage
    | SendNotice
    | SendDocument
    | SendAnswer
    | SendService
    | SendLetter
    | CutLines
    | ProposeRestoration
    | AcceptOffer
    | WithdrawOffer
    | AmendLine
    | MakeStatement
    | SetPresence
    | Acknowledge
)
