"""The station's key file: opened, written anew, and the keys in it changed without a moment at which a crash costs them
(spec 3.7, 4.2).

Rules of this file:
1. A private half is durable before the entry that names it, and stays until the record names the next one durably: at
   every moment the file holds the key in force, whichever step a crash cut short.
2. The file is written whole under another name and renamed; it keeps the form it had: under its passphrase, or plain.
3. What was begun is taken up: a rotation that a crash cut short goes on with the keys that are in the file.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Final

from openline.keys.keyfile import open_key_file, open_plain_key_file, plain_key_file, seal_key_file
from openline.keys.secret import SigningKey, StationKeys, XwingKey
from openline.ports import Entropy
from openline.station.context import Event
from openline.station.runner import Runner
from openline.wire.entry import Entry
from openline.wire.errors import Malformed, Misuse, OpenlineError, StorageFault

KEYS_HEAD: Final = b"\xa0"  # bare keys are a CBOR map, a key file an array
KIND: Final = "station"

Passphrase = Callable[[str], str]


class KeyFile:
    """The station's keys and the file they are in. `words`: its passphrase; None where it is plain."""

    def __init__(self, path: Path, keys: StationKeys, words: str | None) -> None:
        self.path = path
        self.keys = keys
        self.words = words

    @classmethod
    def open(cls, path: Path, passphrase: Passphrase) -> KeyFile:
        """Open a key file, or a plain set that its owner alone may read.

        Raises:
            Misuse: another file, another passphrase, or one that others may read.
        """
        data = _read(path)
        if is_plain(data):
            if os.stat(path).st_mode & 0o077:
                raise Misuse(f"{path}: others may read this station's keys", next_step=f"chmod 600 {path}")
            words, (kind, secret) = None, open_plain_key_file(data) or (KIND, data)
        else:
            words = passphrase(str(path))
            kind, secret = open_key_file(data, words)
        if kind != KIND:
            raise Misuse(f"{path} holds {kind} keys; a station needs its own")
        try:
            return cls(path, StationKeys.from_bytes(secret), words)
        except Malformed as error:
            raise Misuse(f"{path}: no station keys: {error.what}") from None

    async def write(self, entropy: Entropy) -> None:
        """Write the keys as they are now; they are durable when this returns.

        Raises:
            StorageFault: the disk did not take them; the file is as it was.
        """
        secret, words = self.keys.to_bytes(), self.words
        await asyncio.to_thread(lambda: replace_file(self.path, _form(secret, words, entropy)))


def _form(secret: bytes, words: str | None, entropy: Entropy) -> bytes:
    return plain_key_file(secret, KIND) if words is None else seal_key_file(secret, KIND, words, entropy)


def is_plain(data: bytes) -> bool:
    """Whether no passphrase protects a key file: it says so, or is the bare keys."""
    return data[:1] >= KEYS_HEAD or open_plain_key_file(data) is not None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step="Check the configuration.") from None


def replace_file(path: Path, data: bytes) -> None:
    """Put new content under a name, whole or not at all, for its owner alone.

    Raises:
        StorageFault: the disk did not take it; the file is as it was.
    """
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(path.name + ".new")
    try:
        with suppress(FileNotFoundError):
            unfinished.unlink()
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StorageFault(
            f"{path}: cannot be written: {error.strerror}", next_step="Make room there, then do it again."
        ) from None


class Keeper:
    """Changes the keys of a running station. One for the life of the process; `attach` gives it each new desk."""

    def __init__(self, file: KeyFile, entropy: Entropy, say: Callable[..., None]) -> None:
        self.file = file
        self.entropy = entropy
        self.say = say
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, runner: Runner) -> None:
        """A desk came up: end what a crash cut short, and listen for what asks for another key file."""

        def told(event: Event) -> None:
            if event.what == "prekey_used":
                self._begin(self._retire(runner, event.id))
            elif event.what == "whole":
                self._begin(self._settle(runner))

        runner.listeners.append(told)
        self._begin(self._settle(runner))

    def _begin(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def rotate(self, runner: Runner) -> Entry:
        """Take a new station key and a new prekey into use; the entry that names the station key.

        Raises:
            Refused: this station is restoring.
            StorageFault: the key file or the record could not be written; do it again, it goes on from there.
        """
        async with self._one:
            await runner.ask(lambda desk, now: desk.check_appending())
            keys = self.file.keys
            if keys.next_station is None:
                keys.next_station = SigningKey.generate(self.entropy)
                keys.add_prekey(XwingKey.generate(self.entropy))
            await self.file.write(self.entropy)
            made = await runner.ask(lambda desk, now: desk.name_keys(now))
            await self._promote(runner)
            return made

    async def _settle(self, runner: Runner) -> None:
        async with self._one:
            await self._promote(runner)

    async def _promote(self, runner: Runner) -> None:
        """Forget the station key of before, once the record names the next one durably. Where the disk does not take
        that now, the next start does it."""
        ctx = runner.desk.ctx
        if not self.file.keys.settle(ctx.record.cursors[ctx.us].key):
            return
        self.say("station_key_changed")
        await self._write()

    async def _retire(self, runner: Runner, used: bytes) -> None:
        """They seal to this prekey now: destroy those before it, and what was learnt by them."""
        async with self._one:
            if self.file.keys.retire_prekeys(used) and await self._write():
                runner.post(lambda desk, now: desk.sealer.forget_before(used))

    async def _write(self) -> bool:
        try:
            await self.file.write(self.entropy)
        except OpenlineError as error:
            self.say("key_file_not_written", what=error.what, next_step=error.next_step)
            return False
        return True
