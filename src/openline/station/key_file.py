"""The file that holds a station's keys: opened, and written anew, whole or not at all (spec 3.7).

Rules of this file: it keeps the form it had, under its passphrase or plain; what others can read is refused, because
nobody would notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from openline.keys.keyfile import open_key_file, open_plain_key_file, plain_key_file, seal_key_file
from openline.keys.secret import StationKeys
from openline.ports import Entropy
from openline.station.durable import replace_file
from openline.station.reading import read_secret
from openline.wire.errors import Malformed, Misuse

KEYS_HEAD: Final = b"\xa0"  # bare keys are a CBOR map, a key file an array
KIND: Final = "station"

Passphrase = Callable[[Path], str]


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
        data, words = read_secret(path), None
        if is_plain(data):
            kind, secret = open_plain_key_file(data) or (KIND, data)
        else:
            words = passphrase(path)
            try:
                kind, secret = open_key_file(data, words)
            except Misuse as error:
                raise Misuse(f"{path}: {error.what}", next_step="Give the passphrase of this key file.") from None
        if kind != KIND:
            raise Misuse(f"{path} holds keys of kind {kind}", next_step="Name the file of the station's keys.")
        try:
            return cls(path, StationKeys.from_bytes(secret), words)
        except Malformed as error:
            raise Misuse(f"{path} holds keys of another release: {error.what}") from None

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
