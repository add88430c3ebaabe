"""What a station's record holds at the end of a trial, and those who write to it meanwhile."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from openline.audit.check import Audit
from openline.station import exporting
from openline.station.api import types as t
from openline.store import open_store
from openline.wire import accord as accords
from openline.wire import entry as entries
from openline.wire.bodies import Message
from openline.wire.errors import OpenlineError
from tests.integration.pairs import Station


class Writer(threading.Thread):
    """Somebody who sends one message after another, and remembers which the station said it recorded."""

    def __init__(self, station: Station, name: str) -> None:
        super().__init__(daemon=True)
        self.station = station
        self.label = name
        self.recorded: dict[str, str] = {}  # id → text
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            text = f"{self.label} {number}"
            try:
                drafted = self.station.draft(t.Message(line="liaison", text=text))
            except OpenlineError:
                self.over.wait(0.05)  # the station is down: ask again when it may be up
                continue
            assert drafted.entry is not None
            self.recorded[drafted.entry.id] = text


def export(station: Station) -> Path:
    """The record of a station that is down, as its own side would export it."""
    out = station.folder / "record.openline"
    signed = accords.decode_signed((station.folder / "accord").read_bytes())
    store = open_store(station.store, must_exist=True)
    try:
        with out.open("xb") as file:
            exporting.export(file, store, signed, station.side, station.keys.station.station, int(time.time()))
    finally:
        store.close()
    return out


def audited(record: Path) -> Audit:
    with record.open("rb") as stream:
        return Audit(stream)


def texts(station: Station) -> dict[str, str]:
    """id → text of every message that a station holds."""
    store = open_store(station.store, must_exist=True)
    try:
        found = {}
        for kept in store.replay():
            body = entries.decode(kept.data).body
            if isinstance(body, Message):
                found[kept.id.hex()] = body.text
        return found
    finally:
        store.close()
