"""Two exports side by side: one accord, common beginnings, who lacks what, and what cannot both be true (spec 13.8).

Rules of this file:
1. Each export is audited first; what is compared is the ids that the audits leave, not the files again.
2. To lag is no fault. Two entries at one place, each signed, are a fork, and proven; where one of the two is not sound,
   nothing is proven and the audit's verdict says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from openline.audit.check import Audit
from openline.audit.tracks import Mark, Track
from openline.audit.verdict import Kind, place_name
from openline.wire.bodies import ID_BYTES
from openline.wire.entry import Place


class Lack(NamedTuple):
    """So many entries from `first` on are in one export and not in the other: `export` 0 or 1, in the order given."""

    export: int
    first: Place
    entries: int


class Difference(NamedTuple):
    """The first place of a chain at which the two hold different entries: ids and byte offsets, in the order given."""

    place: Place
    ids: tuple[str, str]
    offsets: tuple[int, int]
    proven: bool


@dataclass
class Comparison:
    """What two exports have in common. `common` counts, per chain, the entries from its beginning that both hold."""

    sides: tuple[str, ...] = ()
    kinds: tuple[Kind, Kind] = (Kind.DOES_NOT_VERIFY, Kind.DOES_NOT_VERIFY)
    same_accord: bool = False
    common: dict[tuple[int, int], int] = field(default_factory=dict)
    lacks: list[Lack] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def heads_agree(self) -> bool:
        return self.same_accord and not self.lacks and not self.differences

    @property
    def holds(self) -> bool:
        """Whether the two can be copies of one record: neither is damaged, and nothing in one denies the other."""
        return self.same_accord and not self.differences and Kind.DOES_NOT_VERIFY not in self.kinds

    def to_plain(self) -> dict[str, Any]:
        """For programs: JSON values only."""
        return {
            "holds": self.holds,
            "same_accord": self.same_accord,
            "heads_agree": self.heads_agree,
            "verdicts": [str(kind) for kind in self.kinds],
            "common": [{"side": side, "gen": gen, "entries": count} for (side, gen), count in self.common.items()],
            "lacks": [{"export": x.export, "first": self._place(x.first), "entries": x.entries} for x in self.lacks],
            "differences": [
                {"place": self._place(x.place), "ids": list(x.ids), "offsets": list(x.offsets), "proven": x.proven}
                for x in self.differences
            ],
        }

    def _place(self, place: Place) -> dict[str, Any]:
        return {**place._asdict(), "name": place_name(self.sides, place)}


def compare(first: Audit, second: Audit) -> Comparison:
    """Compare the records of two audited exports."""
    found = Comparison(kinds=(first.verdict.kind, second.verdict.kind))
    found.same_accord = first.verdict.accord_id is not None and first.verdict.accord_id == second.verdict.accord_id
    if not found.same_accord:
        return found
    found.sides = first.verdict.sides
    for chain in sorted(first.tracks.keys() | second.tracks.keys()):
        _chain(found, chain, first.tracks.get(chain, Track(*chain)), second.tracks.get(chain, Track(*chain)))
    return found


def _chain(found: Comparison, chain: tuple[int, int], one: Track, other: Track) -> None:
    common = common_length(one, other)
    found.common[chain] = common
    if common < min(one.next_seq, other.next_seq):
        ids = (one.bytes_id_at(common).hex(), other.bytes_id_at(common).hex())
        sound = one.mark(common) is Mark.SOUND and other.mark(common) is Mark.SOUND
        offsets = (one.offsets[common], other.offsets[common])
        found.differences.append(Difference(one.place(common), ids, offsets, sound))
        return
    if one.next_seq != other.next_seq:
        short = 0 if one.next_seq < other.next_seq else 1
        found.lacks.append(Lack(short, one.place(common), abs(one.next_seq - other.next_seq)))


def common_length(one: Track, other: Track) -> int:
    """How many entries from the beginning on have the same ids in both: found by halving, for a prefix that agrees is
    compared as fast as memory is read."""
    low, high = 0, min(one.next_seq, other.next_seq)
    while low < high:
        middle = (low + high + 1) // 2
        span = slice(low * ID_BYTES, middle * ID_BYTES)
        if one.ids[span] == other.ids[span]:
            low = middle
        else:
            high = middle - 1
    return low
