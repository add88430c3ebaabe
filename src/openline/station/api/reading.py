"""Reading single entries of the record for the API, in the names of the accord.

Rules of this file: it changes nothing; an entry is read from the store when it is asked for, for the record's memory
holds no bodies; what an entry states is its author's claim.
"""

from __future__ import annotations

from openline.audit.describe import Describer, Row
from openline.core import receipts
from openline.core.ledger import Item
from openline.core.receipts import Reached
from openline.station.api.citing import Citations
from openline.station.context import Context
from openline.wire import entry as entries
from openline.wire.entry import Entry, Place
from openline.wire.errors import Misuse
from openline.wire.said import Said, say


class Reading:
    """One station's record, an entry at a time."""

    def __init__(self, ctx: Context, citations: Citations) -> None:
        self.ctx = ctx
        self.citations = citations
        self.sides = tuple(side.name for side in ctx.accord.sides)

    def entry(self, identity: bytes, place: Place) -> tuple[Entry, int]:
        """An entry that the record holds, and when it came here, in seconds of our clock.

        Raises:
            Misuse: the record followed another branch of a fork since it was looked up.
            StorageFault: the store cannot be read.
        """
        kept = self.ctx.store.entry(identity)
        if kept is not None:
            return entries.decode(kept.data), kept.received_ms // 1000
        data = self.ctx.unstored.get(place)
        if data is None or entries.entry_id(data) != identity:
            raise Misuse(say("the record does not hold that entry any more"), next_step=say("Look at the list again."))
        return entries.decode(data), self.ctx.now.clock_s

    def row(self, entry: Entry) -> Row:
        """The entry in one line."""
        return Describer(self.ctx.accord, self.citations.name).row(entry)

    def ref(self, entry: Entry) -> str:
        return self.citations.ref(entry.id, entry.place)

    def named(self, identity: bytes | None) -> str:
        return "" if identity is None else self.citations.name(identity)

    def line(self, number: int) -> str:
        """A line by its id; by its number, if the accord has none of that."""
        lines = self.ctx.accord.lines
        return lines[number].id if number < len(lines) else f"line {number}"

    def officers(self, entry: Entry) -> tuple[str, ...]:
        """Who approved it, by name."""
        officers = self.ctx.accord.sides[entry.side].officers
        given = getattr(entry.body, "approvals", ())
        return tuple(officers[each.officer].name for each in given if each.officer < len(officers))

    def attested(self, item: Item) -> tuple[Reached, Said]:
        """How far an item got, and whose word that is (spec 7.1)."""
        reached = receipts.reached(self.ctx.record.ledger, item)
        return reached, self.word(item, reached)

    def receipts(self, item: Item) -> tuple[tuple[Reached, Said], ...]:
        """Every receipt that the record proves of an item, lowest first, each with whose word it is."""
        proven = receipts.all_reached(self.ctx.record.ledger, item)
        return tuple((reached, self.word(item, reached)) for reached in proven)

    def word(self, item: Item, reached: Reached) -> Said:
        """Whose word it is that an item got so far (spec 7.1)."""
        author, other = self.sides[item.place.side], self.sides[1 - item.place.side]
        match reached:
            case Reached.RECORDED:
                return say("{side}'s station", side=author)
            case Reached.DELIVERED | Reached.SHOWN:
                return say("{side}'s station", side=other)
            case Reached.ACKNOWLEDGED:
                return say("an officer of {side}, by signature", side=other)
            case Reached.ANSWERED:
                return say("{side}, by an item that answers it", side=other)
