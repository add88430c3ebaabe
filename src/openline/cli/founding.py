"""A side's files before and at the table: what `openline init` makes, reads and checks (spec 3.5).

Rules of this file: nothing is overwritten; secrets are their owner's alone; a folder of keys is opened whole or not at
all, and which side it is the keys say, never a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import click

from openline.cli.files import passphrase, read_file, write_new
from openline.cli.keys import Keys, keys_of
from openline.keys import cards
from openline.keys.cards import Card, Half, PostPlan, Sheet
from openline.keys.founding import SideKeys
from openline.keys.keyfile import open_key_file, open_plain_key_file, plain_key_file, seal_key_file
from openline.keys.secret import (
    PSK_BYTES,
    AnnounceKeys,
    OfficerKey,
    PrincipalKey,
    RootKeys,
    StationKeys,
)
from openline.ports import Entropy
from openline.wire import limits
from openline.wire.accord import Accord
from openline.wire.errors import Malformed, Misuse

ROOT_FILE: Final = "root.keys"
STATION_FILE: Final = "station.keys"
ANNOUNCE_FILE: Final = "announce.keys"
SECRET_FILE: Final = "table.secret"
_KEY_FILES: Final = ("*.key", "*.keys")
H = TypeVar("H", Card, Half, Sheet)


@dataclass(frozen=True, kw_only=True)
class SidePlan:
    """What a side answers before its keys are made."""

    name: str
    zone: str
    language: str
    officers: tuple[str, ...]
    principals: tuple[str, ...]
    posts: tuple[PostPlan, ...]


def new_folder(at: Path) -> None:
    """Make a folder for secrets, or take an empty one.

    Raises:
        Misuse: something is in it, or it cannot be made.
    """
    try:
        at.mkdir(mode=0o700, parents=True, exist_ok=True)
        full = any(at.iterdir())
    except OSError as error:
        raise Misuse(f"{at}: cannot be made: {error.strerror}", next_step="Give another place.") from None
    if full:
        raise Misuse(f"{at} is not empty; nothing was written", next_step="Give a folder that is not there yet.")


@contextmanager
def all_or_none(at: Path) -> Iterator[None]:
    """Files written into the folder `at` meanwhile are all there in the end, or none of them is: half a set of keys is
    of no use, and is in the way of the next try."""
    before = set(at.iterdir())
    try:
        yield
    except BaseException:
        for half_made in set(at.iterdir()) - before:
            with suppress(OSError):  # what went wrong is told, not what came of it
                half_made.unlink()
        raise


def make_side(at: Path, plan: SidePlan, words: str | None, entropy: Entropy) -> Card:
    """Make all keys of a side in the new folder `at`, its card and its half of the secret. `words`: the passphrase of
    every key file, None for none.

    Raises:
        Misuse: the folder is not empty.
        StorageFault: the disk did not take it.
    """
    new_folder(at)
    keys = SideKeys.generate(entropy, officers=plan.officers, principals=plan.principals)
    files: list[tuple[str, str, Keys]] = [
        (ROOT_FILE, "root", keys.root),
        (STATION_FILE, "station", keys.station),
        (ANNOUNCE_FILE, "announce", keys.announce),
    ]
    people: list[tuple[str, Sequence[OfficerKey | PrincipalKey]]] = [
        ("officer", keys.officers),
        ("principal", list(keys.principals.values())),
    ]
    for kind, persons in people:
        for number, person in enumerate(persons, 1):
            files.append((f"{kind}-{number}-{file_word(person.name)}.key", kind, person))
    card = Card(keys.public_side(plan.name, plan.zone, language=plan.language), plan.posts)
    half = Half(plan.name, entropy.bytes(PSK_BYTES))
    with all_or_none(at):
        for name, kind, made in files:
            secret = made.to_bytes()
            data = plain_key_file(secret, kind) if words is None else seal_key_file(secret, kind, words, entropy)
            write_new(at / name, data, secret=True)
        write_new(at / f"{file_word(plan.name)}.card", cards.encode(card), secret=False)
        write_new(at / f"{file_word(plan.name)}.half", cards.encode(half), secret=True)
    return card


def file_word(name: str) -> str:
    """A name as part of a file's name: letters and digits of any script stay, all else becomes `_`."""
    return re.sub(r"[^\w-]", "_", name)


def handed(files: Sequence[Path], of: type[H], what: str, count: int) -> list[H]:
    """Those of `files` that are an `of`, in their order; other kinds of handed files are passed over.

    Raises:
        Misuse: there are not `count` of them.
        PeerFault: one of the files is none that sides hand each other.
    """
    found = [x for x in map(read_handed, files) if isinstance(x, of)]
    if len(found) != count:
        raise Misuse(f"{what}: {count} are needed, {len(found)} given", next_step="Give both sides' files.")
    return found


def read_handed(file: Path) -> cards.Handed:
    try:
        return cards.decode(read_file(file))
    except Malformed as error:
        raise Malformed(f"{file}: {error.what}", next_step="Have it handed over again.") from None


def open_side(at: Path, agreed: Accord, passphrase_file: Path | None) -> tuple[int, SideKeys]:
    """All the keys of a side of the accord from the key files in `at`, and that side's number; one passphrase is asked
    for, and any that differs.

    Raises:
        Misuse: a key is missing, the root is of neither side, or a file is no key file or under another passphrase.
    """
    opened = _open_all(at, passphrase_file)
    root = _only(opened, RootKeys, at)
    us = side_of(agreed, root, at)
    side = agreed.sides[us]
    officers = {x.public: x for x in opened if isinstance(x, OfficerKey)}
    principals = {x.key.public: x for x in opened if isinstance(x, PrincipalKey)}
    lost = [f"officer {x.name}" for x in side.officers if x.key not in officers]
    lost += [f"principal {x.name}" for x in side.principals if x.key not in principals]
    if lost:
        raise Misuse(
            f"{at} lacks the key of {lost[0]}, which proves its possession by signing",
            next_step="Bring that person's key file to the table.",
        )
    return us, SideKeys(
        root=root,
        station=_only(opened, StationKeys, at),
        announce=_only(opened, AnnounceKeys, at),
        officers=[officers[x.key] for x in side.officers],
        principals={x.name: principals[x.key] for x in side.principals},
    )


def side_of(agreed: Accord, root: RootKeys, folder: Path) -> int:
    """The number of the side whose root this is.

    Raises:
        Misuse: it is of neither.
    """
    roots = [side.root_ed25519 for side in agreed.sides]
    if root.ed25519.public not in roots:
        raise Misuse(
            f"the root in {folder} is of neither side of this accord",
            next_step="Take the folder of keys that this side's card was made with.",
        )
    return roots.index(root.ed25519.public)


def open_root(file: Path, passphrase_file: Path | None) -> RootKeys:
    """The root's keys from their key file.

    Raises:
        Misuse: it holds others.
    """
    [root] = _open([file], passphrase_file)
    if not isinstance(root, RootKeys):
        raise Misuse(f"{file}: not the root's key file", next_step=f"Give {ROOT_FILE}.")
    return root


def root_of(at: Path, passphrase_file: Path | None) -> RootKeys:
    """The root's keys of a side's folder; as `open_root`."""
    return open_root(at / ROOT_FILE, passphrase_file)


K = TypeVar("K", RootKeys, StationKeys, AnnounceKeys)


def _only(opened: Sequence[Keys], of: type[K], at: Path) -> K:
    found = [x for x in opened if isinstance(x, of)]
    if len(found) != 1:
        raise Misuse(f"{at} holds {len(found)} {of.__name__}, not one", next_step="Give one side's folder of keys.")
    return found[0]


def _open_all(at: Path, passphrase_file: Path | None) -> list[Keys]:
    files = sorted(file for pattern in _KEY_FILES for file in at.glob(pattern))
    if not files:
        raise Misuse(f"{at}: no key files there", next_step="Give the folder that openline init keys made.")
    return _open(files, passphrase_file)


def _open(files: Sequence[Path], passphrase_file: Path | None) -> list[Keys]:
    words: str | None = None
    opened: list[Keys] = []
    for file in files:
        data = read_file(file)
        read = open_plain_key_file(data)
        if read is None:
            whose = str(file) if len(files) == 1 else f"the keys in {file.parent}"
            words = words or passphrase(passphrase_file, whose=whose)
            try:
                read = open_key_file(data, words)
            except Misuse as error:
                if passphrase_file is not None:
                    raise Misuse(f"{file}: {error.what}", next_step=error.next_step) from None
                click.echo(f"{file}: {error.what}", err=True)
                read = _under_its_own(file, data)
        opened.append(keys_of(file, *read))
    return opened


def _under_its_own(file: Path, data: bytes) -> tuple[str, bytes]:
    """A key file that is under another passphrase than the rest, opened.

    Raises:
        Misuse: not its passphrase either.
    """
    try:
        return open_key_file(data, passphrase(None, whose=str(file)))
    except Misuse as error:
        raise Misuse(f"{file}: {error.what}", next_step=error.next_step) from None


def check_name(text: str, what: str) -> str:
    """A name as the accord takes it.

    Raises:
        Misuse: it is too long, empty, or does not show on one line.
    """
    if not text or not text.isprintable() or len(text.encode()) > limits.NAME_BYTES_MAX:
        raise Misuse(
            f'{what} "{text}" is not 1 to {limits.NAME_BYTES_MAX} bytes of printable text',
            next_step="Give another name.",
        )
    return text
