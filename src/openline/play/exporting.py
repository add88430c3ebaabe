"""A side's record out of the player, as any station exports it (spec 13)."""

from __future__ import annotations

from typing import BinaryIO

from openline.play.station import Station
from openline.station.desk import Desk
from openline.station.exporting import export as write_out
from openline.wire.errors import Refused


def export(station: Station, desk: Desk, out: BinaryIO) -> None:
    """Write the record of a side, down or up.

    Raises:
        Refused: the site is destroyed and holds nothing.
    """
    if station.signed is None or station.station_keys is None:
        raise Refused(f"the site of {station.name} is destroyed: it holds no record")
    with station.reading() as store:
        time_s = station.world.now(station.side).clock_s
        write_out(out, store, station.signed, station.side, station.station_keys.station, time_s)
