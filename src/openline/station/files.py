"""The files a station starts from, opened and held against each other (docs/station.md).

Rules of this file: a secret that others can read is refused, because nobody would notice; whatever is wrong with a file
is told before anything listens or is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openline.keys import tls
from openline.keys.public import check_accord
from openline.keys.secret import PSK_BYTES, psk_check
from openline.station import config as configs
from openline.station.config import Config
from openline.station.key_file import KeyFile, Passphrase
from openline.station.reading import first_line, read, read_secret
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

    key_file: KeyFile


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
        _check_tls(config.station.tls, signed, us)
    for file in (config.station.keys, config.station.passphrase_file):
        if file is not None:
            read_secret(file)
    return Held(config=config, signed=signed, us=us, psk=psk)


def open_files(path: Path, ask: Passphrase, words: Path | None = None) -> Opened:
    """As `hold_files`, with the keys. `words`: a file whose first line opens the key file; else the one that the
    configuration names; where it names none, `ask` gives the passphrase.

    Raises:
        Misuse: as `hold_files`, or not the key file's passphrase.
        PeerFault: as `hold_files`.
    """
    held = hold_files(path)
    file = words or held.config.station.passphrase_file
    key_file = KeyFile.open(held.config.station.keys, ask if file is None else lambda _: first_line(file))
    return Opened(config=held.config, signed=held.signed, us=held.us, psk=held.psk, key_file=key_file)


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
        signed = accords.decode_signed(read(path))
    except Malformed as error:
        raise Misuse(f"{path}: not a signed accord: {error.what}", next_step="Name the file of the accord.") from None
    check_accord(signed)
    return signed


def _check_tls(path: Path, signed: SignedAccord, us: int) -> None:
    pem = read_secret(path)
    ours, theirs = signed.accord.sides[us], signed.accord.sides[1 - us]
    try:
        tls.check(pem, ours.root_ed25519)
    except Misuse as error:
        if _is_under(pem, theirs.root_ed25519):
            raise Misuse(
                f"{path}: is {theirs.name}'s, and this is the configuration of a station of {ours.name}",
                next_step="Correct [station] side, or put this side's own files there.",
            ) from None
        raise Misuse(f"{path}: {error.what}", next_step=error.next_step) from None


def _is_under(pem: bytes, root_ed25519: bytes) -> bool:
    try:
        tls.check(pem, root_ed25519)
    except Misuse:
        return False
    return True
