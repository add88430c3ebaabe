"""What tests of backup, restoring and keys share: verbs run in this process, and a root's key file."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Final

from click.testing import CliRunner, Result

from openline.cli.main import cli
from openline.keys.keyfile import Cost, seal_key_file
from openline.keys.secret import SystemEntropy
from openline.ports import Now
from openline.station.commands import SendMessage
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.store import open_store
from openline.wire import accord as accords
from tests.integration.pairs import Station

TURN: Final = 1_000
WORDS: Final = "correct horse battery"


def run(*words: object, code: int = 0) -> Result:
    """`openline` with these words; it ends with this exit code."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == code, f"{words}: {result.exit_code}: {result.output} {result.exception!r}"
    return result


def words_file(folder: Path) -> Path:
    path = folder / "words"
    path.write_text(WORDS + "\n")
    path.chmod(0o600)
    return path


def root_file(station: Station, folder: Path) -> Path:
    """The root's key file, as a side keeps it away from its station."""
    path = folder / f"root-{station.name}.key"
    secret = station.keys.root.to_bytes()
    path.write_bytes(seal_key_file(secret, "root", WORDS, SystemEntropy(), cost=Cost(8, 1, 1)))
    return path


def destroy(station: Station) -> None:
    """The site is gone; what lies in the safe, accord, secret and configuration, is put into a new folder."""
    kept = {name: (station.folder / name).read_bytes() for name in ("accord", "table.secret", "station.toml")}
    shutil.rmtree(station.folder)
    station.folder.mkdir()
    for name, data in kept.items():
        (station.folder / name).write_bytes(data)
        (station.folder / name).chmod(0o600)


def fill(station: Station, count: int) -> None:
    """Put so many messages into the record of a station that is down, as its own desk would."""
    signed = accords.decode_signed((station.folder / "accord").read_bytes())
    psk = (station.folder / "table.secret").read_bytes()
    store = open_store(str(station.folder / "record.sqlite"), sync="off")
    desk = Desk(Identity(signed, station.side, station.keys.station, psk), store, SystemEntropy())
    now = Now(time.time_ns() // 1_000_000, 0)
    desk.start(now)
    for first in range(0, count, TURN):
        for number in range(first, min(first + TURN, count)):
            desk.record(desk.release(desk.draft(SendMessage(line=0, text=f"message {number}"), now)), now)
        store.commit(desk.take().writes)
        desk.committed()
    store.close()
