"""What every store holds a write to before it touches anything, and a row to after it has read it.

Rules of this file:
1. A write that breaks a rule is our own defect (`OurFault`), whatever store it was meant for; nothing of its batch
   is kept.
2. What was checked before writing is checked again after reading; then it is the disk that failed (`StorageFault`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openline.ports import Kept, PutEntry, PutMeta, PutPart, PutStray, Write
from openline.wire.entry import Place, entry_id
from openline.wire.errors import OurFault, StorageFault
from openline.wire.limits import GENERATION_MAX
from openline.wire.said import Said, say

NUMBER_MAX: Final = GENERATION_MAX  # the widest integer that SQLite and PostgreSQL both keep


def check(writes: Sequence[Write]) -> None:
    """Hold a batch to the rules that need no look at what is stored.

    Raises:
        OurFault: an id that is not that of its bytes, a number too wide to be kept in order, a key no database holds.
    """
    for write in writes:
        if isinstance(write, (PutEntry, PutStray)):
            if entry_id(write.data) != write.id:
                raise _broken(f"{name(write.place)} was handed over under an id that is not its own")
            if isinstance(write, PutEntry) and (write.place.gen > NUMBER_MAX or write.place.seq > NUMBER_MAX):
                raise _broken(f"{name(write.place)} is numbered beyond what can be kept in order")
        elif isinstance(write, PutMeta) and not write.key.isprintable():
            raise _broken(f"a durable value is named {write.key!r}")
        elif isinstance(write, PutPart) and not 0 <= write.index <= NUMBER_MAX:
            raise _broken(f"a part of pages is numbered {write.index}")


def checked(kept: Kept) -> Kept:
    """`kept` as it was read, if its bytes still have its id.

    Raises:
        StorageFault: the disk gave back other bytes than were written.
    """
    if entry_id(kept.data) != kept.id:
        raise StorageFault(
            say("{entry} is damaged on this disk: its bytes no longer have its id", entry=name(kept.place)),
            next_step=say(
                "Stop the station and restore the record, to a sound disk, from a backup or from the other side."
            ),
        )
    return kept


def taken(what: str) -> OurFault:
    """The fault of putting an entry where one stands: the chain was not followed."""
    return _broken(f"{what} is in the record already")


def name(place: Place) -> Said:
    seq, side, gen = str(place.seq), str(place.side), str(place.gen)
    return say("entry {seq} of side {side} in generation {gen}", seq=seq, side=side, gen=gen)


def _broken(what: str) -> OurFault:
    return OurFault(
        say("invariant broken: {why}", why=what),
        next_step=say("Stop this station and report this with the log; the record is unharmed."),
    )
