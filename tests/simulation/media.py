"""What a station's store stands on in a simulation: it outlives the process, and can be copied and put back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

from openline.ports import Store
from openline.store import open_store
from openline.store.memory import Disk, MemoryStore


class Medium(Protocol):
    def open(self) -> Store:
        """The store, for a process that has just started; whatever an earlier one had open is dead."""

    def close(self) -> None:
        """The process is gone, and with it what it had open."""

    def copy(self) -> Medium:
        """A backup: all that is committed now."""


class Memory:
    """A store in memory."""

    def __init__(self, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()

    def open(self) -> Store:
        return MemoryStore(self.disk)

    def close(self) -> None:
        self.disk.handle = None

    def copy(self) -> Memory:
        twin = Disk()
        twin.arrivals = self.disk.arrivals
        twin.entries, twin.places = dict(self.disk.entries), dict(self.disk.places)
        twin.chains = {key: list(seqs) for key, seqs in self.disk.chains.items()}
        twin.strays, twin.metas, twin.parts = dict(self.disk.strays), dict(self.disk.metas), dict(self.disk.parts)
        return Memory(twin)


class File:
    """A SQLite store in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store: Store | None = None
        self._copies = 0

    def open(self) -> Store:
        self.close()
        self._store = open_store(self.folder / "record.sqlite", sync="off")
        return self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None

    def copy(self) -> File:
        """Taken from outside, as a backup of the disk is: a committed record is whole on it at every instant."""
        self._copies += 1
        folder = self.folder.with_name(f"{self.folder.name}-{self._copies}")
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.lock"))
        return File(folder)
