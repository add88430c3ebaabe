"""What the local API tells of the accord, by names: who the sides are, who acts for them, and what takes two officers.

Rules of this file: as `types`. Lines are told as they are in force now, amendments included.
"""

from __future__ import annotations

from typing import Final

from openline.station.api.types import Answer, CheckIn, Hex

TRIAL: Final = "trial on one machine"  # an accord of this name is for trying, and nothing else: both sides signed it


class AgreedOfficer(Answer, frozen=True, kw_only=True):
    """An officer, and the Ed25519 key that signs for them."""

    name: str
    key: Hex


class AgreedPrincipal(Answer, frozen=True, kw_only=True):
    """A person letters are sealed to: `recipient` is what an age file names, `key` checks what they sign."""

    name: str
    recipient: str
    key: Hex


class AgreedPost(Answer, frozen=True, kw_only=True):
    """A desk, and the lines that it answers."""

    name: str
    lines: tuple[str, ...]


class AgreedSide(Answer, frozen=True, kw_only=True):
    """One side. `language`: of what it writes, "" if the accord names none."""

    name: str
    language: str
    zone: str
    officers: tuple[AgreedOfficer, ...]
    principals: tuple[AgreedPrincipal, ...]
    posts: tuple[AgreedPost, ...]


class AgreedLine(Answer, frozen=True, kw_only=True):
    """A line as it is in force now. `expires_s` 0: it does not expire."""

    id: str
    carriers: tuple[str, ...]
    check_ins: tuple[CheckIn, ...]
    holidays: tuple[str, ...]
    expires_s: int
    pulse_s: int


class AgreedCarrier(Answer, frozen=True, kw_only=True):
    """A way for bundles. `kind`: live, relay or courier."""

    id: str
    kind: str
    latency_ms: int


class Agreed(Answer, frozen=True, kw_only=True):
    """The accord, for programs that show it. `us`: this side's place in `sides`. `digits`: what both delegations read
    aloud at the table. `two_person`: kinds of entries that two officers release."""

    id: Hex
    name: str
    founded_s: int
    digits: str
    us: int
    sides: tuple[AgreedSide, AgreedSide]
    lines: tuple[AgreedLine, ...]
    carriers: tuple[AgreedCarrier, ...]
    two_person: tuple[str, ...]


class Changes(Answer, frozen=True, kw_only=True):
    """`turns`: how many turns this start of the station has seen; `started_s`: when it started, by its clock."""

    turns: int
    started_s: int
