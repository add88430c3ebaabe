"""The entries of an export in causal order: what an author had acknowledged comes before what it then wrote.

Rules of this file:
1. Two places in the file are read at once, one in each side's chain; nothing is kept of what was listed.
2. Where the order is open, the earlier time by its author's own clock comes first, then side 0.
3. Listing proves nothing: it reads what the file says. What cannot be read ends it with `Malformed`, which says where.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from openline.wire import accord as accords
from openline.wire import entry as entries
from openline.wire.accord import Accord
from openline.wire.entry import Entry
from openline.wire.errors import Malformed
from openline.wire.export import Opening, Reader, Tag, decode_opening, place_of

NOWHERE: Final = (-1, -1)


def open_export(stream: BinaryIO) -> tuple[Reader, Opening]:
    """A reader at the first entry, and what the export opens with.

    Raises:
        Malformed: not an export, or its accord cannot be read.
    """
    reader = Reader(stream)
    item = reader.next()
    if item is None or item.tag is not Tag.ACCORD:
        raise Malformed("an export without its accord")
    return reader, decode_opening(item.data)


def listed(first: BinaryIO, second: BinaryIO) -> Iterator[Entry]:
    """Every entry of both chains in causal order. `first` and `second` are the same export, opened twice.

    Raises:
        Malformed: a part of the file cannot be read; the message says where.
    """
    chains = (_chain(open_export(first)[0], 0), _chain(open_export(second)[0], 1))
    waiting = [next(chain, None) for chain in chains]
    listed_to = [NOWHERE, NOWHERE]
    while True:
        ready = [x for x in waiting if x is not None and _acknowledged(x) <= listed_to[1 - x.side]]
        # Nothing is ready only where an entry names one that is absent: then time alone decides.
        choice = ready or [x for x in waiting if x is not None]
        if not choice:
            return
        entry = min(choice, key=lambda x: (x.time_s, x.side))
        yield entry
        listed_to[entry.side] = (entry.gen, entry.seq)
        waiting[entry.side] = next(chains[entry.side], None)


def accord_of(stream: BinaryIO) -> tuple[Accord, bytes]:
    """The accord of an export and its id.

    Raises:
        Malformed: as `open_export`.
    """
    signed = open_export(stream)[1].signed
    return signed.accord, accords.accord_id(signed.document)


def _acknowledged(entry: Entry) -> tuple[int, int]:
    return NOWHERE if entry.ack is None else (entry.ack.gen, entry.ack.seq)


def _chain(reader: Reader, side: int) -> Iterator[Entry]:
    """One side's entries, all generations, in the order of the file."""
    while True:
        at = reader.offset
        try:
            item = reader.next()
            if item is None or item.tag is not Tag.ENTRY:
                return
            if place_of(item.data).side == side:
                yield entries.decode(item.data)
        except Malformed as error:
            raise Malformed(
                f"the export is damaged at byte {at:,}: {error.what}",
                next_step="Run `openline audit` on it: it says what still holds.",
            ) from None
