"""A side's record out of the player, as any station exports it (spec 13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from openline.play.station import Station
from openline.station.desk import Desk
from openline.wire.errors import Refused
from openline.wire.export import write_export

AT_ONCE = 1_000


def export(station: Station, desk: Desk, out: BinaryIO) -> None:
    """Write the record of a side, down or up.

    Raises:
        Refused: the site is destroyed and holds nothing.
    """
    if station.signed is None or station.station_keys is None:
        raise Refused(f"the site of {station.name} is destroyed: it holds no record")
    with station.reading() as store:

        def chains() -> Iterator[bytes]:
            for side, gen in sorted(store.heads()):
                seq = 0
                while kept := store.entries(side, gen, seq, AT_ONCE):
                    yield from (k.data for k in kept)
                    seq += len(kept)

        strays = [kept.data for kept in store.strays()]
        time_s = station.world.now(station.side).clock_s
        write_export(out, station.signed, station.side, chains(), strays, station.station_keys.station, time_s)
