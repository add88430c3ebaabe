"""The files a station starts from, opened and held against each other (docs/station.md).

Rules of this file: a secret that others can read is refused, because nobody would notice; whatever is wrong with a file
is told before anything listens or is sent.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openline.keys import tls
from openline.keys.keyfile import open_key_file, open_plain_key_file
from openline.keys.public import check_accord
from openline.keys.secret import PSK_BYTES, StationKeys, psk_check
from openline.station import config as configs
from openline.station.config import Config
from openline.wire import accord as accords
from openline.wire.accord import SignedAccord
from openline.wire.errors import Malformed, Misuse


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the configuration names, but the keys and the record. `us` is our side's number."""

    config: Config
    signed: SignedAccord
    us: int
    psk: bytes


@dataclass(frozen=True, kw_only=True)
class Opened(Held):
    """What a station knows before it has looked at its record."""

    keys: StationKeys


def hold_files(path: Path) -> Held:
    """The configuration at `path` and all it names but the store, held against each other; no passphrase is needed.

    Raises:
        Misuse: a mistake in the configuration; a file missing, wrong, readable by others, or of another accord.
        PeerFault: the accord's signatures do not hold.
    """
    config = configs.load(path)
    signed = read_accord(config.station.accord)
    config = configs.load(path, signed.accord)
    us = [side.name for side in signed.accord.sides].index(config.station.side)
    psk = read_secret(config.station.secret)
    check_secret(psk, config.station.secret, signed)
    if config.station.tls is not None:
        _check_tls(config.station.tls, signed.accord.sides[us].root_ed25519)
    for file in (config.station.keys, config.station.passphrase_file):
        if file is not None:
            read_secret(file)
    return Held(config=config, signed=signed, us=us, psk=psk)


def open_files(path: Path, ask: Callable[[Path], str]) -> Opened:
    """As `hold_files`, with the keys. `ask` gives the passphrase of a key file that has one, where the configuration
    names no file for it.

    Raises:
        Misuse: as `hold_files`, or not the key file's passphrase.
        PeerFault: as `hold_files`.
    """
    held = hold_files(path)
    keys = _station_keys(held.config, ask)
    return Opened(config=held.config, signed=held.signed, us=held.us, psk=held.psk, keys=keys)


def check_secret(psk: bytes, path: Path, signed: SignedAccord) -> None:
    """Hold the pre-shared secret, read from `path`, against the accord.

    Raises:
        Misuse: it is another.
    """
    if len(psk) != PSK_BYTES or psk_check(psk) != signed.accord.psk_check:
        raise Misuse(
            f"{path}: not the secret that this accord was made with",
            next_step="Take the table.secret that lay beside the document when it was signed.",
        )


def read_accord(path: Path) -> SignedAccord:
    """The signed accord at `path`, all its signatures checked.

    Raises:
        Misuse: it cannot be read, or is none.
        PeerFault: a signature does not hold.
    """
    try:
        signed = accords.decode_signed(_read(path))
    except Malformed as error:
        raise Misuse(f"{path}: not a signed accord: {error.what}", next_step="Name the file of the accord.") from None
    check_accord(signed)
    return signed


def read_secret(path: Path) -> bytes:
    """A file that holds a secret.

    Raises:
        Misuse: it cannot be read, or others can read it too.
    """
    data = _read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misuse(f"{path}: others can read or change this secret", next_step=f"chmod 600 {path}")
    return data


def first_line(path: Path) -> str:
    """A passphrase, password or token: the first line of a secret file.

    Raises:
        Misuse: it cannot be read, is empty or no text, or others can read it too.
    """
    try:
        words = read_secret(path).decode().split("\n", 1)[0].removesuffix("\r")
    except UnicodeDecodeError:
        words = ""
    if not words:
        raise Misuse(f"{path}: no text in its first line", next_step="Put the passphrase, password or token there.")
    return words


def _station_keys(config: Config, ask: Callable[[Path], str]) -> StationKeys:
    path, words = config.station.keys, config.station.passphrase_file
    data = read_secret(path)
    read = open_plain_key_file(data)
    if read is None:
        passphrase = first_line(words) if words else ask(path)
        try:
            read = open_key_file(data, passphrase)
        except Misuse as error:
            raise Misuse(f"{path}: {error.what}", next_step="Give the passphrase of this key file.") from None
    kind, secret = read
    if kind != "station":
        raise Misuse(f"{path} holds keys of kind {kind}", next_step="Name the file of the station's keys.")
    try:
        return StationKeys.from_bytes(secret)
    except Malformed as error:
        raise Misuse(f"{path} holds keys of another release: {error.what}") from None


def _check_tls(path: Path, root_ed25519: bytes) -> None:
    pem = read_secret(path)
    try:
        tls.check(pem, root_ed25519)
    except Misuse as error:
        raise Misuse(f"{path}: {error.what}", next_step=error.next_step) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step="Check the name of the file.") from None
