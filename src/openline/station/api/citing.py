"""How people name what is in the record, and what they mean (spec 1.3).

Rules of this file: officers cite a message, notice or document as side–line–year–number, with dashes or hyphens;
anything may be named by its place, `north 0/17` or `north:0/17`, and by its id in hex. What names nothing, or two
things, is refused with what it could have been.
"""

from __future__ import annotations

import re
from typing import Final

from openline.core.ledger import year_of
from openline.station.context import Context
from openline.wire.bodies import Tracked
from openline.wire.entry import Entry, Place
from openline.wire.errors import Misuse
from openline.wire.said import say

_PLACE: Final = re.compile(r"^(.+?)[ :](\d{1,19})/(\d{1,19})$")
_CITED: Final = re.compile(r"^(.+)[-–](\d{4})[-–](\d{1,19})$")
_ID_PREFIX_MIN: Final = 8

Citation = tuple[int, int, int, int]  # side, line, year, number


class Citations:
    """Names of what the record holds; fed with every entry, from before the desk's start on."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._ids: dict[Citation, bytes] = {}
        self._cites: dict[bytes, Citation] = {}
        self._sides = tuple(side.name for side in ctx.accord.sides)
        self._lines = tuple(line.id for line in ctx.accord.lines)
        ctx.hear(self._on_entry, Tracked)
        ctx.on_rebuild.append(self._forget)

    def _forget(self) -> None:
        """Another branch of a fork is followed: all entries are told again."""
        self._ids, self._cites = {}, {}

    def _on_entry(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, Tracked) and body.line < len(self._lines):
            cited = (entry.side, body.line, year_of(entry.time_s), body.number)
            self._ids.setdefault(cited, entry.id)
            self._cites[entry.id] = cited

    def ref(self, identity: bytes, place: Place) -> str:
        """The name officers use: the citation, or the place of what is not cited."""
        cited = self._cites.get(identity)
        if cited is None or self._ids[cited] != identity:  # one number twice is the author's doing: name the place
            return self.place(place)
        side, line, year, number = cited
        return f"{self._sides[side]}–{self._lines[line]}–{year}–{number}"

    def name(self, identity: bytes) -> str:
        """The name of what another entry names; the start of its id where it leads to nothing that is kept by id."""
        ledger = self.ctx.record.ledger
        for known in (ledger.items, ledger.offers, ledger.suspensions):
            if identity in known:
                return self.ref(identity, known[identity].place)
        return f"{identity.hex()[:12]}…"

    def place(self, place: Place) -> str:
        return f"{self._sides[place.side]} {place.gen}/{place.seq}"

    def resolve(self, text: str) -> bytes:
        """The id of what `text` names.

        Raises:
            Misuse: it names nothing that the record holds.
        """
        found = self._by_place(text) or self._by_citation(text) or self._by_id(text)
        if found is None:
            raise Misuse(
                say("nothing in the record is named {text}", text=text),
                next_step=say(
                    "Write {side}–{line}–2026–17, {side} 0/17, or an id in hex.",
                    side=self._sides[0],
                    line=self._lines[0],
                ),
            )
        return found

    def spot(self, text: str) -> Place | None:
        """The place that `text` names, whether or not anything is held there."""
        match = _PLACE.match(text)
        if match is None or match[1] not in self._sides:
            return None
        return Place(self._sides.index(match[1]), int(match[2]), int(match[3]))

    def _by_place(self, text: str) -> bytes | None:
        place = self.spot(text)
        return None if place is None else self.ctx.record.id_at(*place)

    def _by_citation(self, text: str) -> bytes | None:
        match = _CITED.match(text)
        if match is None:
            return None
        for side, name in enumerate(self._sides):
            for line, identity in enumerate(self._lines):
                if match[1] in (f"{name}–{identity}", f"{name}-{identity}"):
                    return self._ids.get((side, line, int(match[2]), int(match[3])))
        return None

    def _by_id(self, text: str) -> bytes | None:
        if len(text) < _ID_PREFIX_MIN or re.fullmatch("[0-9a-f]+", text) is None:
            return None
        ledger = self.ctx.record.ledger
        known = (*ledger.items, *ledger.offers, *ledger.suspensions)
        found = {identity for identity in known if identity.hex().startswith(text)}
        return found.pop() if len(found) == 1 else None
