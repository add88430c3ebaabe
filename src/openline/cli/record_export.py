"""Writing an export from a station's own store and keys (spec 13).

Rules of this file: the side is the one whose station key in force the key file holds; the file appears whole, under its
name, or not at all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from openline.cli.files import checked_accord, key_file, read_file, refuse_existing
from openline.keys.secret import StationKeys
from openline.ports import Store
from openline.store import open_store
from openline.wire import entry as entries
from openline.wire.accord import SignedAccord
from openline.wire.bodies import Generation, Key
from openline.wire.errors import Misuse, StorageFault
from openline.wire.export import write_export

AT_ONCE = 1_000


def export_to(store: str, accord: Path, keys: Path, out: Path, passphrase_file: Path | None) -> None:
    """Export the record in `store` to the new file `out`, signed with the station key in the key file.

    Raises:
        Misuse: a file is not what it should be, or is there already, or the key is not in force in this record.
        StorageFault: the store or the disk failed.
    """
    refuse_existing(out)
    signed = checked_accord(read_file(accord), accord)
    kind, secret = key_file(keys, passphrase_file)
    if kind != "station":
        raise Misuse(f"{keys} holds {kind} keys; an export is signed by a station")
    station = StationKeys.from_bytes(secret).station
    held = open_store(store, must_exist=True)
    try:
        side = _side_of(station.public, signed, held)
        partial = out.with_name(out.name + ".part")
        try:
            with partial.open("xb") as file:
                strays = (kept.data for kept in held.strays())
                write_export(file, signed, side, chains(held), strays, station, int(time.time()))
                file.flush()
                os.fsync(file.fileno())
            partial.rename(out)
        except OSError as error:
            raise StorageFault(f"{partial}: cannot be written: {error.strerror}") from None
        finally:
            partial.unlink(missing_ok=True)
    finally:
        held.close()


def chains(store: Store) -> Iterator[bytes]:
    """Every entry of both chains, in the order of an export."""
    for side, gen in sorted(store.heads()):
        yield from _chain(store, side, gen)


def _chain(store: Store, side: int, gen: int) -> Iterator[bytes]:
    seq = 0
    while kept := store.entries(side, gen, seq, AT_ONCE):
        yield from (one.data for one in kept)
        seq += len(kept)


def _side_of(key: bytes, signed: SignedAccord, store: Store) -> int:
    """The side whose station key in force is `key`."""
    for side in (0, 1):
        if _in_force(side, signed, store) == key:
            return side
    raise Misuse(
        "the station key in the key file is in force for neither side of this record",
        next_step="Give the key file of the station whose store this is, as it is now.",
    )


def _in_force(side: int, signed: SignedAccord, store: Store) -> bytes:
    generations = [gen for held, gen in store.heads() if held == side]
    key = signed.accord.sides[side].station
    for data in _chain(store, side, max(generations)) if generations else ():
        body = entries.decode(data).body
        if isinstance(body, Key | Generation):
            key = body.station
    return key
