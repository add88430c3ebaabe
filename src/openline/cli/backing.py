"""A station's backup: one new folder from which it can stand up again; made, verified, taken apart.

Rules of this file:
1. A backup appears whole under its name or not at all, and never over anything.
2. What is secret in it lies under a passphrase of its own, but where the station's own keys lie open and its operator
   says that the backup's may too.
3. The store is copied before the keys are read, and both again if the keys changed meanwhile: a backup must never hold
   a record that names a key which it lacks.
4. The console's file is there too, where the station has one: passkeys, roles and the log of releases, without sessions
   and codes (ADR 0028).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from openline import __version__
from openline.console.accounts.database import copy_apart
from openline.console.accounts.journal import check_apart
from openline.keys.keyfile import SECRET_BYTES_MAX, open_key_file, seal_key_file
from openline.keys.secret import SystemEntropy
from openline.station.config import Config
from openline.station.durable import sync_folder
from openline.store import copying
from openline.wire import cbor
from openline.wire.accord import SignedAccord
from openline.wire.codecs import many, octets, pair, row, uint, utf8
from openline.wire.errors import Malformed, Misuse, StorageFault

FORMAT: Final = 1
MANIFEST: Final = "MANIFEST.json"
RECORD: Final = "record.sqlite"
CONFIG: Final = "station.toml"
ACCORD: Final = "accord"
SEALED: Final = "secrets.sealed"
OPEN: Final = "secrets.open"
CONSOLE: Final = "console.sqlite"
KIND: Final = "backup"
TRIES: Final = 5  # chosen: keys change once in a while; whoever changes them five times meanwhile waits
_PIECE: Final = 1024 * 1024

_SECRETS: Final = row(pair, uint(FORMAT), many(row(pair, utf8(), octets(most=SECRET_BYTES_MAX)), 1024))

Secrets = dict[str, bytes]  # by the key of the configuration that names the file, such as "station.keys"


class File(msgspec.Struct, frozen=True):
    """One file of a backup and what is to be in it."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself. `heads`: the last entry of each chain, as "side generation/number"."""

    format: int
    openline: str
    made_s: int
    side: str
    accord: str
    accord_id: str
    entries: int
    heads: tuple[str, ...]
    sealed: bool
    files: tuple[File, ...]


class Backup(NamedTuple):
    """A backup that was verified."""

    folder: Path
    manifest: Manifest


# ---- what a configuration names


def files_named(config: Config) -> dict[str, Path]:
    """The files that a station reads at its start, but the accord: by the key of the configuration."""
    found: dict[str, Path] = {}
    for table in ("station", "api"):
        found.update(_paths(table, getattr(config, table)))
    for carrier in config.carrier:
        found.update(_paths(f"carrier.{carrier.id}", carrier))
    if config.console is not None:
        found.update(_paths("console", config.console))
    if config.alarm.mail is not None:
        found.update(_paths("alarm.mail", config.alarm.mail))
    for not_read in ("station.accord", "api.socket", "console.store"):
        found.pop(not_read, None)
    return found


def _paths(prefix: str, table: msgspec.Struct) -> Iterator[tuple[str, Path]]:
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if isinstance(value, Path):
            yield f"{prefix}.{field.encode_name}", value


# ---- making


class Source(NamedTuple):
    """A station to back up. `copy` writes a copy of its store to a path where nothing is."""

    config_file: Path
    config: Config
    signed: SignedAccord
    copy: Callable[[Path], None]
    now_s: int


def make(source: Source, folder: Path, words: str | None) -> Manifest:
    """Make a backup in the new `folder`; `words` is its passphrase, None leaves its secrets open.

    Raises:
        Misuse: something is at `folder`, or a file that the configuration names cannot be read.
        StorageFault: a disk failed; nothing is left of the backup.
    """
    if os.path.lexists(folder):
        raise Misuse(f"{folder} is there already; nothing was written", next_step="Give another name.")
    with _unfinished(folder) as unfinished:
        secrets = _store_and_secrets(source, unfinished / RECORD)
        name, data = OPEN, _pack(secrets)
        if words is not None:
            name, data = SEALED, seal_key_file(data, KIND, words, SystemEntropy())
        _put(unfinished / name, data)
        _put(unfinished / CONFIG, _bytes_of(source.config_file))
        _put(unfinished / ACCORD, _bytes_of(source.config.station.accord))
        console = source.config.console
        if console is not None and console.store.exists():
            copy_apart(console.store, unfinished / CONSOLE)
        manifest = _manifest(source, unfinished, sealed=words is not None)
        _put(unfinished / MANIFEST, json.dumps(msgspec.to_builtins(manifest), ensure_ascii=False, indent=1).encode())
    return manifest


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A folder beside the one that is to be, which takes its name when all of it is durable."""
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
    except OSError as error:
        raise Misuse(f"{folder}: no folder can be made there: {error.strerror}", next_step="Give another.") from None
    try:
        yield made
        sync_folder(made)
        made.rename(folder)
        sync_folder(folder.absolute().parent)
    except OSError as error:
        raise StorageFault(f"{folder}: cannot be written: {error.strerror}", next_step="Check that disk.") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _store_and_secrets(source: Source, copy: Path) -> Secrets:
    named = files_named(source.config)
    for _ in range(TRIES):
        before = _bytes_of(named["station.keys"])
        copy.unlink(missing_ok=True)
        source.copy(copy)
        secrets = {key: _bytes_of(path) for key, path in named.items()}
        if secrets["station.keys"] == before:
            return secrets
    raise StorageFault("the station's keys change all the time", next_step="Back it up when they have changed.")


def _manifest(source: Source, folder: Path, *, sealed: bool) -> Manifest:
    held = copying.contents(str(folder / RECORD))
    return Manifest(
        format=FORMAT,
        openline=__version__,
        made_s=source.now_s,
        side=source.config.station.side,
        accord=source.signed.accord.name,
        accord_id=source.signed.id.hex(),
        entries=held.entries,
        heads=heads_of(held, source.signed),
        sealed=sealed,
        files=tuple(_described(path) for path in sorted(folder.iterdir())),
    )


def heads_of(held: copying.Contents, signed: SignedAccord) -> tuple[str, ...]:
    """The last entry of each chain of a copy, in words."""
    sides = [side.name for side in signed.accord.sides]
    return tuple(f"{sides[side]} {gen}/{place.seq}" for (side, gen), (place, _) in held.heads.items())


def _described(path: Path) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return File(path.name, path.stat().st_size, digest.hexdigest())


def _put(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step="Check the configuration.") from None


def _pack(secrets: Secrets) -> bytes:
    if sum(map(len, secrets.values())) > SECRET_BYTES_MAX // 2:
        raise Misuse(f"the files that the configuration names hold more than {SECRET_BYTES_MAX // 2} bytes")
    rows: list[cbor.Value] = [[key, data] for key, data in sorted(secrets.items())]
    return cbor.encode([FORMAT, rows])


def _unpack(data: bytes) -> Secrets:
    try:
        read: tuple[int, tuple[tuple[str, bytes], ...]] = _SECRETS.read(cbor.decode(data))
    except Malformed as error:
        raise Misuse(f"not the secrets of a backup of this release: {error.what}") from None
    return dict(read[1])


# ---- verifying


def verified(folder: Path, *, thorough: bool = True) -> Backup:
    """A backup whose every file is there as it was made.

    Raises:
        Misuse: there is no backup, or one of another release.
        StorageFault: a file is missing, altered or damaged.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        raise Misuse(
            f"{folder}: no backup there", next_step=f"Name the folder that holds its {MANIFEST}."
        ) from None
    if manifest.format != FORMAT:
        raise Misuse(f"{folder}: a backup of format {manifest.format}; this release knows {FORMAT}")
    for file in manifest.files:
        path = folder / Path(file.name).name
        try:
            found = _described(path)
        except OSError as error:
            raise StorageFault(f"{path}: {error.strerror}", next_step=_ANOTHER) from None
        if found != file:
            raise StorageFault(f"{path} is not as it was when the backup was made", next_step=_ANOTHER)
    names = {file.name for file in manifest.files}
    if lacking := {RECORD, CONFIG, ACCORD, SEALED if manifest.sealed else OPEN} - names:
        raise StorageFault(f"{folder}: its {MANIFEST} does not name {min(lacking)}", next_step=_ANOTHER)
    held = copying.contents(str(folder / RECORD), thorough=thorough)
    if held.entries != manifest.entries:
        raise StorageFault(f"{folder}: {held.entries} entries where it says {manifest.entries}", next_step=_ANOTHER)
    if CONSOLE in names and thorough and (wrong := _log_wrong(folder / CONSOLE)):
        raise StorageFault(f"{folder / CONSOLE}: its log is broken: {wrong}", next_step=_ANOTHER)
    return Backup(folder, manifest)


def _log_wrong(file: Path) -> str:
    """What is wrong with the log in the console's file of a backup; "" if nothing. The file is left as it is."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, CONSOLE)
        shutil.copyfile(file, copy)
        return check_apart(copy).wrong


_ANOTHER: Final = "Use another backup, or fetch the record from the other side: openline restore CONFIG --from peer."


def secrets_of(backup: Backup, words: Callable[[], str]) -> Secrets:
    """What is secret in a backup, its passphrase asked for where it has one.

    Raises:
        Misuse: another passphrase.
    """
    if not backup.manifest.sealed:
        return _unpack((backup.folder / OPEN).read_bytes())
    kind, data = open_key_file((backup.folder / SEALED).read_bytes(), words())
    if kind != KIND:
        raise Misuse(f"{backup.folder / SEALED} holds {kind} keys, not a backup's secrets")
    return _unpack(data)


def facts(backup: Backup) -> dict[str, Any]:
    """A backup for programs."""
    return {"folder": str(backup.folder), **msgspec.to_builtins(backup.manifest)}
