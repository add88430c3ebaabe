"""Writing an export from a running station, or from a station's own store and keys (spec 13).

Rules of this file: the side is the one whose station key in force the key file holds; the file appears whole, under its
name, or not at all.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openline.cli.asking import Asking, asking
from openline.cli.files import checked_accord, key_file, read_file, refuse_existing
from openline.keys.secret import SigningKey, StationKeys
from openline.ports import Store
from openline.station.exporting import chain, export
from openline.store import open_store
from openline.wire import entry as entries
from openline.wire.accord import SignedAccord
from openline.wire.bodies import Generation, Key
from openline.wire.errors import Misuse, StorageFault


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
    held_keys = StationKeys.from_bytes(secret)
    held = open_store(store, must_exist=True)
    try:
        side, station = _signer(held_keys, signed, held)
        with whole(out) as partial, partial.open("xb") as file:
            export(file, held, signed, side, station, int(time.time()))
            file.flush()
            os.fsync(file.fileno())
    finally:
        held.close()


def export_from(asked: Asking, out: Path) -> None:
    """Have a running station export its record to the new file `out`.

    Raises:
        Misuse: `out` is there already, or no station is running.
        StorageFault: a disk failed, here or there.
    """
    refuse_existing(out)
    with whole(out) as partial:
        asked.fetch("/v1/record/export", partial)


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A path beside `out` that takes its name when all is written, and leaves nothing where it is not."""
    partial = out.with_name(out.name + ".part")
    try:
        yield partial
        partial.rename(out)
    except OSError as error:
        raise StorageFault(f"{partial}: cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def fetched(station: Path) -> Iterator[Path]:
    """An export of the running station, for as long as it is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        asked = asking(station)
        out = Path(folder, f"{asked.config.station.side} (running)")
        export_from(asked, out)
        yield out


def _signer(keys: StationKeys, signed: SignedAccord, store: Store) -> tuple[int, SigningKey]:
    """The side whose station key in force is one of `keys`, and that key."""
    for side in (0, 1):
        if (key := keys.signing(_in_force(side, signed, store))) is not None:
            return side, key
    raise Misuse(
        "the station key in the key file is in force for neither side of this record",
        next_step="Give the key file of the station whose store this is, as it is now.",
    )


def _in_force(side: int, signed: SignedAccord, store: Store) -> bytes:
    generations = [gen for held, gen in store.heads() if held == side]
    key = signed.accord.sides[side].station
    for data in chain(store, side, max(generations)) if generations else ():
        body = entries.decode(data).body
        if isinstance(body, Key | Generation):
            key = body.station
    return key
