"""What the local API tells of the record: windows of both chains, one entry, the heads and their comparison.

Rules of this file: as `types`; what an entry states is its author's claim; a window names its neighbours, so that
whoever asks never needs the whole.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from openline.station.api.types import Answer, Hex
from openline.wire.said import Sentence, Value

Compare: TypeAlias = Literal["agree", "behind", "ahead", "differ"]


class Spot(Answer, frozen=True, kw_only=True):
    """A place in a chain that is known from where it stands."""

    gen: int
    seq: int


class Fact(Answer, frozen=True, kw_only=True):
    """One thing that an entry states. `name`: English, always the same word for the same thing."""

    name: str
    value: Value


class RecordEntry(Answer, frozen=True, kw_only=True):
    """One entry. `side`: its author; `ref`: how officers cite it, else its place. `ack`: what it newly acknowledges of
    the other chain; `acked_by`: the other side's first entry that acknowledges it. `sealed`: nobody here may read what
    it says, for it is a letter, or nobody opened it yet (`unopened`)."""

    id: Hex
    place: str
    side: str
    ours: bool
    gen: int
    seq: int
    time_s: int
    kind: str
    ref: str
    lines: tuple[str, ...]
    lane: str
    facts: tuple[Fact, ...]
    ack: Spot | None = None
    acked_by: Spot | None = None
    sealed: bool = False
    unopened: bool = False


class RecordWindow(Answer, frozen=True, kw_only=True):
    """Entries of both chains, effects before their causes: the newest first. `older`, `newer`: what to ask for as
    `before` and `after` to go on; "" where there is nothing. `looked`: how many entries were looked at for these, and
    `looked_to_s` the time of the last of them; where `older` is not "" there may be more that fit."""

    us: str
    them: str
    entries: tuple[RecordEntry, ...]
    older: str
    newer: str
    looked: int
    looked_to_s: int | None
    all: int


class Approved(Answer, frozen=True, kw_only=True):
    """An officer's approval of an entry, under the officer's own key."""

    officer: str
    counter: int
    signature: Hex


class RecordOne(Answer, frozen=True, kw_only=True):
    """One entry whole. `previous`: the id that it follows; `acknowledges`: what of the other side its author had
    acknowledged by it; `acknowledged_by`: the other side's first entry that acknowledges it; `data`: its bytes, of
    which `id` is SHA-256(0x00 ‖ data) (spec 3.3) and `sha256` the plain digest. `receipt`, `attested`, `flag`: of an
    item; `attested` says whose word the receipt is."""

    entry: RecordEntry
    received_s: int
    previous: Hex
    signature: Hex
    acknowledges: str
    acknowledged_by: str
    approvals: tuple[Approved, ...]
    size: int
    sha256: Hex
    data: Hex
    receipt: str = ""
    attested: Sentence | None = None
    flag: str = ""


class ChainHead(Answer, frozen=True, kw_only=True):
    """A chain as it is held here. `acknowledged`: how far the other side has acknowledged it."""

    side: str
    ours: bool
    place: str
    id: Hex
    time_s: int
    entries: int
    acknowledged: str


class RecordHeads(Answer, frozen=True, kw_only=True):
    """Both heads. `equal`: the other side's newest word about both is the same as ours; `accord`: its id. As JSON it is
    also the file that officers give each other (`station/heads_file.py`)."""

    chains: tuple[ChainHead, ...]
    equal: bool
    accord: Hex = ""


class Compared(Answer, frozen=True, kw_only=True):
    """A head that the other side named, held against this record. `agree`: it is the head here too; `behind`: it is
    held here, and `more` entries follow it; `ahead`: the place is beyond what is held here; `differ`: another entry
    stands at the place here, `id`."""

    verdict: Compare
    place: str
    side: str
    ours: bool
    id: Hex
    more: int
