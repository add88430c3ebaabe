"""`openline restore`: put a station back, from a backup or from the other side (spec 5.8).

Rules of this file:
1. Nothing is lost by it: a store that is there is moved aside under a dated name, and a file that is there is kept.
2. What comes back is marked before it has its name: at its next start the station appends nothing until the other side
   has shown it its tail.
3. The record's place is held throughout, so that no station runs on it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from openline.cli import backing
from openline.cli.asking import Asking
from openline.cli.backing import Backup
from openline.cli.files import FILE, checked_accord, passphrase, passphrase_option, read_file, write_new
from openline.cli.founding import open_root
from openline.keys import tls
from openline.keys.keyfile import plain_key_file, seal_key_file
from openline.keys.secret import RootKeys, StationKeys, SystemEntropy
from openline.ports import PutMeta, Store
from openline.station import config as configs
from openline.station.config import Config
from openline.station.durable import sync_folder
from openline.station.files import check_secret
from openline.station.reading import read_secret
from openline.store import copying, open_store
from openline.store.lock import Lock
from openline.wire.errors import Misuse, StorageFault

PEER: Final = "peer"
MARK: Final = PutMeta("restoring", b"\x01")


@click.command()
@click.argument("config", type=FILE)
@click.option("--from", "source", required=True, metavar="DIR|peer", help="A backup's folder, or peer.")
@click.option("--root", "root_file", type=FILE, help="The root's key file: it issues a TLS certificate that is lost.")
@click.option("--root-passphrase-file", type=FILE, help="The passphrase of the root's key file; else it is asked.")
@click.option("--plain", is_flag=True, help="Put no passphrase on the new station keys (--from peer).")
@passphrase_option
def restore(
    config: Path,
    source: str,
    root_file: Path | None,
    root_passphrase_file: Path | None,
    plain: bool,
    passphrase_file: Path | None,
) -> None:
    """Put the station that CONFIG describes back, from a backup or from what the other side holds.

    Files that are there are kept, and a store that is there is moved aside. At its next start the station fetches what
    it lacks from the other side, and appends nothing before.
    """
    if source == PEER:
        root = None if root_file is None else open_root(root_file, root_passphrase_file)
        lines = _from_peer(config, root, plain, passphrase_file)
    else:
        lines = _from_backup(config, Path(source), passphrase_file)
    for line in lines:
        click.echo(line)


# ---- from a backup


def _from_backup(config_file: Path, folder: Path, passphrase_file: Path | None) -> list[str]:
    found = backing.verified(folder)
    told = []
    if not config_file.exists():
        write_new(config_file, read_file(folder / backing.CONFIG), secret=True)
        told.append(f"{config_file}: from the backup")
    config = configs.load(config_file)
    _check_down(config, config_file)
    told += _files_back(found, config, passphrase_file)
    checked_accord(read_file(config.station.accord), config.station.accord)
    told += _store_back(config.station.store, lambda path: _copied(folder / backing.RECORD, path))
    told += _console_back(found, config)
    of = found.manifest
    return [
        *told,
        f"{of.side} stands as it did on {_day(of.made_s)}: {of.entries:,} entries.",
        f"Next: openline up {config_file}; it appends nothing until {_other(found)} has shown it what came since.",
    ]


def _other(found: Backup) -> str:
    signed = checked_accord(read_file(found.folder / backing.ACCORD), found.folder / backing.ACCORD)
    return next(side.name for side in signed.accord.sides if side.name != found.manifest.side)


def _files_back(found: Backup, config: Config, passphrase_file: Path | None) -> list[str]:
    """Put every file of the station that is not there; what is there may be newer than the backup, and is kept."""
    told = []
    accord = read_file(found.folder / backing.ACCORD)
    if not config.station.accord.exists():
        _put(config.station.accord, accord, secret=False)
        told.append(f"{config.station.accord}: from the backup")
    elif read_file(config.station.accord) != accord:
        raise Misuse(
            f"{config.station.accord} is another accord than the backup's",
            next_step="Move it aside, or give the configuration of the accord that was backed up.",
        )
    named = backing.files_named(config)
    lacking = {key: path for key, path in named.items() if not path.exists()}
    told += [f"{path}: is there; kept" for path in named.values() if path.exists()]
    if lacking:
        secrets = backing.secrets_of(found, lambda: passphrase(passphrase_file, whose=f"the backup {found.folder}"))
        for key, path in lacking.items():
            if key not in secrets and key.startswith("console."):  # backups made before they held it
                told.append(f"{path}: not there, and not in the backup either; the console needs it ([{key}])")
                continue
            if key not in secrets:
                raise Misuse(f"{path}: not there, and not in the backup either ([{key}])")
            _put(path, secrets[key], secret=True)
            told.append(f"{path}: from the backup")
    return told


def _console_back(found: Backup, config: Config) -> list[str]:
    """Put the console's file back where none is: passkeys and roles as they were, nobody signed in, no code waiting."""
    if config.console is None:
        return []
    path = config.console.store
    if path.exists():
        return [f"{path}: is there; kept"]
    if backing.CONSOLE not in {file.name for file in found.manifest.files}:
        return [f"{path}: not in the backup; enrol officers anew: openline console enrol"]
    path.parent.mkdir(parents=True, exist_ok=True)
    _moved_aside(path)  # a log without its file would be read into this one
    _copied(found.folder / backing.CONSOLE, path)
    sync_folder(path.parent)
    return [
        f"{path}: from the backup",
        "  Whoever was revoked, or lost a role, since then has it back: openline console officers shows them.",
    ]


def _put(path: Path, data: bytes, *, secret: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_new(path, data, secret=secret)


# ---- from the other side


def _from_peer(config_file: Path, root: RootKeys | None, plain: bool, passphrase_file: Path | None) -> list[str]:
    config = configs.load(config_file)
    signed = checked_accord(read_file(config.station.accord), config.station.accord)
    config = configs.load(config_file, signed.accord)
    check_secret(read_secret(config.station.secret), config.station.secret, signed)
    _check_down(config, config_file)
    told, keys_lost = [], not config.station.keys.exists()
    if keys_lost and not plain:
        _words_of(config, passphrase_file)  # before anything is made
    if config.station.tls is not None and not config.station.tls.exists():
        if root is None:
            raise Misuse(
                f"{config.station.tls} is lost too: the root must issue another",
                next_step="Give the root's key file: --root FILE.",
            )
        pem = tls.issue(root, SystemEntropy())
        tls.check(pem, signed.accord.sides[_us(config, signed.accord.sides)].root_ed25519)
        _put(config.station.tls, pem, secret=True)
        told.append(f"{config.station.tls}: a new certificate of the root")
    if keys_lost:
        told.append(_new_keys(config, plain, passphrase_file))
    told += _store_back(config.station.store, _empty)
    other = next(side.name for side in signed.accord.sides if side.name != config.station.side)
    with_root = " --root ROOT.key" if keys_lost else ""
    then = "; then its root begins a new generation" if keys_lost else ""
    return [*told, f"Next: openline up {config_file}{with_root}; it fetches the record from {other}{then}."]


def _us(config: Config, sides: tuple[object, ...]) -> int:
    return [getattr(side, "name", "") for side in sides].index(config.station.side)


def _new_keys(config: Config, plain: bool, passphrase_file: Path | None) -> str:
    path = config.station.keys
    secret = StationKeys.generate(SystemEntropy()).to_bytes()
    if plain:
        data = plain_key_file(secret, "station")
    else:
        words = passphrase(_words_of(config, passphrase_file), whose=str(path), new=True)
        data = seal_key_file(secret, "station", words, SystemEntropy())
    _put(path, data, secret=True)
    return f"{path}: new station keys"


def _words_of(config: Config, given: Path | None) -> Path | None:
    """Where the passphrase of the new keys is: what was given, else what the configuration names, which is lost as
    often as not when the site is."""
    named = config.station.passphrase_file
    if given is None and named is not None and not named.exists():
        raise Misuse(
            f"{named} is lost too: the new station keys need a passphrase from it",
            next_step=f"Write a new passphrase into it and chmod 600 {named}; or take passphrase_file out of the "
            "configuration, to be asked.",
        )
    return given or named


def _copied(record: Path, path: Path) -> None:
    """A copy that is its owner's alone from its first byte: a record is not for whoever else has the machine."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    shutil.copyfile(record, path)


def _empty(path: Path) -> None:
    open_store(str(path)).close()


# ---- the store


def _check_down(config: Config, config_file: Path) -> None:
    if Asking(config_file).is_running():
        raise Misuse(f"the station is running on {config.api.socket}", next_step="Stop it first.")


def _store_back(place: str, make: Callable[[Path], object]) -> list[str]:
    """Put a store that `make` makes in its place, marked as one that may lack a tail; what stood there stays, aside.

    Raises:
        StorageFault: a station has the store open, or the disk failed; what stood there stands.
        Misuse: a database that holds something already.
    """
    if "://" in place:
        return _database_back(place, make)
    path = Path(os.path.realpath(place))
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = Lock(str(path))
    fresh = path.with_name(f"{path.name}.restored")
    try:
        for left in (fresh, *_beside(fresh)):
            left.unlink(missing_ok=True)
        make(fresh)
        _mark(open_store(str(fresh), must_exist=True))
        for left in _beside(fresh):
            left.unlink(missing_ok=True)
        aside = _moved_aside(path)
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageFault(f"{path}: cannot be put back: {error.strerror}", next_step="Check that disk.") from None
    finally:
        lock.release()
    return [*([f"{path}: what stood there is now {aside}"] if aside else []), f"{path}: put back"]


def _mark(store: Store) -> None:
    try:
        store.commit([MARK])
    finally:
        store.close()


def _beside(path: Path) -> list[Path]:
    return [Path(f"{path}{end}") for end in ("-wal", "-shm", ".lock")]


def _moved_aside(path: Path) -> Path | None:
    """Give what stands at `path` a dated name, with its log; the store first, for a log without it is harmless."""
    parts = [Path(f"{path}{end}") for end in ("", "-wal", "-shm")]
    if not any(part.exists() for part in parts):
        return None
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    number, aside = 0, path.with_name(f"{path.name}.{stamp}")
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.{stamp}.{number}")
    for part in parts:
        with suppress(FileNotFoundError):
            part.rename(f"{aside}{str(part)[len(str(path)) :]}")
    return aside


def _database_back(url: str, make: Callable[[Path], object]) -> list[str]:
    """Fill an empty database server's store. It cannot be moved aside from here: whoever owns it does that."""
    into = open_store(url)
    try:
        if into.count() or into.metas(""):
            raise Misuse(
                "the database holds a record already; nothing was written",
                next_step="Give [store] another schema or database, or rename the schema that is there.",
            )
        into.commit([MARK])  # first: what breaks off here must not be taken for a whole record
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy")
            make(copy)
            held = open_store(str(copy), must_exist=True)
            try:
                copying.put_all(held, into)
            finally:
                held.close()
    finally:
        into.close()
    return ["the database is filled"]


def _day(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
